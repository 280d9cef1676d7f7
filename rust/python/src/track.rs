use std::sync::Arc;

use maxatac_core::bigwig::{BigWig, Scratch};
use maxatac_core::error::zeroed;
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyMappingProxy, PyString};

use crate::error::{interval, to_python};
use crate::path::FilePath;
use crate::sizes::Sizes;

type Columns<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<f32>>,
);

/// A signal track in bigWig format.
///
/// Parameters
/// ----------
/// path : str, bytes or os.PathLike
///     The file; opened once, read with positioned reads, usable from several threads.
///
/// Raises
/// ------
/// OSError
///     If the file cannot be read.
/// TrackError
///     If it is not a valid bigWig file.
#[pyclass(frozen, module = "maxatac._core")]
pub(crate) struct Track {
    pub(crate) inner: Arc<BigWig>,
    path: Py<PyString>,
    sizes: Sizes,
}

#[pymethods]
impl Track {
    #[new]
    fn new(py: Python<'_>, path: FilePath) -> PyResult<Self> {
        let FilePath { path, text } = path;
        let inner = py
            .detach(|| BigWig::open(&path))
            .map_err(|error| to_python(py, error))?;
        Ok(Self {
            inner: Arc::new(inner),
            path: text,
            sizes: Sizes::new(),
        })
    }

    /// str: The path it was opened with.
    #[getter]
    fn path(&self, py: Python<'_>) -> Py<PyString> {
        self.path.clone_ref(py)
    }

    /// mapping of str to int: Length in bp of each chromosome, in the order of the file; not to be changed.
    #[getter]
    fn chrom_sizes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        self.sizes.of(py, self.inner.chroms())
    }

    /// Signal at each base of an interval.
    ///
    /// Parameters
    /// ----------
    /// chrom : str
    /// start, end : int
    ///     0-based, half-open, in bp.
    ///
    /// Returns
    /// -------
    /// numpy.ndarray, shape (end - start,), float32
    ///     NaN where the track has no data.
    ///
    /// Raises
    /// ------
    /// RegionError
    ///     If ``start`` is negative or beyond ``end``.
    /// TrackError
    ///     If the chromosome is unknown, the interval leaves it, or the file is damaged or was changed since it was
    ///     opened.
    fn values<'py>(
        &self,
        py: Python<'py>,
        chrom: &str,
        start: i64,
        end: i64,
    ) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let (from, to) = interval(start, end)?;
        let read = || {
            let index = self.inner.require_chrom(chrom)?;
            // The reader refuses what leaves the chromosome; no memory is taken for it.
            let bases = (to - from).min(self.inner.chroms()[index].size);
            let mut out = zeroed(bases as usize, "the values of an interval")?;
            self.inner
                .values(index, from, to, &mut out, &mut Scratch::default())?;
            Ok(out)
        };
        let out = py.detach(read).map_err(|error| to_python(py, error))?;
        Ok(PyArray1::from_vec(py, out))
    }

    /// The items of the file that overlap an interval, as they are stored.
    ///
    /// Returns
    /// -------
    /// starts, ends : numpy.ndarray, shape (items,), int64
    /// values : numpy.ndarray, shape (items,), float32
    ///
    /// Raises
    /// ------
    /// RegionError, TrackError
    ///     As ``values``.
    fn intervals<'py>(
        &self,
        py: Python<'py>,
        chrom: &str,
        start: i64,
        end: i64,
    ) -> PyResult<Columns<'py>> {
        let (from, to) = interval(start, end)?;
        let read = || {
            let index = self.inner.require_chrom(chrom)?;
            self.inner.intervals(index, from, to)
        };
        let runs = py.detach(read).map_err(|error| to_python(py, error))?;
        let wide =
            |column: Vec<u32>| PyArray1::from_vec(py, column.into_iter().map(i64::from).collect());
        Ok((
            wide(runs.starts),
            wide(runs.ends),
            PyArray1::from_vec(py, runs.values),
        ))
    }

    /// Read every block of a chromosome, and compare it with the index.
    ///
    /// A block is also compared when it is read, but a window does not find a block that the index leaves out. Once this
    /// has returned, no window of the chromosome lacks data that the file holds.
    ///
    /// Raises
    /// ------
    /// TrackError
    ///     If a block holds data outside of the region that the index gives it, or as ``values``.
    fn check_blocks(&self, py: Python<'_>, chrom: &str) -> PyResult<()> {
        let check = || {
            let index = self.inner.require_chrom(chrom)?;
            self.inner.check_blocks(index)
        };
        py.detach(check).map_err(|error| to_python(py, error))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let path = self.path.bind(py).repr()?;
        Ok(format!(
            "Track({path}, {} chromosomes)",
            self.inner.chroms().len()
        ))
    }
}
