use std::path::PathBuf;
use std::sync::Arc;

use maxatac_core::bigwig::{BigWig, Scratch};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyMappingProxy;

use crate::error::{interval, to_python};
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
/// path : str or os.PathLike
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
    path: PathBuf,
    sizes: Sizes,
}

#[pymethods]
impl Track {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let inner = py
            .detach(|| BigWig::open(&path))
            .map_err(|error| to_python(py, error))?;
        Ok(Self {
            inner: Arc::new(inner),
            path,
            sizes: Sizes::new(),
        })
    }

    /// str: The path it was opened with.
    #[getter]
    fn path(&self) -> String {
        self.path.display().to_string()
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
            let mut out = vec![0.0; (to - from).min(self.inner.chroms()[index].size) as usize];
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

    fn __repr__(&self) -> String {
        format!(
            "Track({:?}, {} chromosomes)",
            self.path(),
            self.inner.chroms().len()
        )
    }
}
