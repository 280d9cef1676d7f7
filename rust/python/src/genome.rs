use std::sync::Arc;

use maxatac_core::error::zeroed;
use maxatac_core::{Strand, TwoBit};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyMappingProxy, PyString};

use crate::error::{interval, to_python};
use crate::path::FilePath;
use crate::sizes::Sizes;

/// A genome in UCSC's 2bit format.
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
/// GenomeError
///     If it is not a valid 2bit file.
#[pyclass(frozen, module = "maxatac._core")]
pub(crate) struct Genome {
    pub(crate) inner: Arc<TwoBit>,
    path: Py<PyString>,
    sizes: Sizes,
}

#[pymethods]
impl Genome {
    #[new]
    fn new(py: Python<'_>, path: FilePath) -> PyResult<Self> {
        let FilePath { path, text } = path;
        let inner = py
            .detach(|| TwoBit::open(&path))
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

    /// mapping of str to int: Length in bp of each sequence, in the order of the file; not to be changed.
    #[getter]
    fn chrom_sizes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyMappingProxy>> {
        self.sizes.of(py, self.inner.chroms())
    }

    /// One-hot bases of an interval.
    ///
    /// Parameters
    /// ----------
    /// chrom : str
    /// start, end : int
    ///     0-based, half-open, in bp.
    /// reverse_complement : bool
    ///     Read the other strand, 5' to 3'.
    ///
    /// Returns
    /// -------
    /// numpy.ndarray, shape (end - start, 4), float32
    ///     Columns A, C, G, T; N is all zeros.
    ///
    /// Raises
    /// ------
    /// RegionError
    ///     If ``start`` is negative or beyond ``end``.
    /// GenomeError
    ///     If the chromosome is unknown, the interval leaves it, or the file is damaged or was changed since it was
    ///     opened.
    #[pyo3(signature = (chrom, start, end, *, reverse_complement = false))]
    fn one_hot<'py>(
        &self,
        py: Python<'py>,
        chrom: &str,
        start: i64,
        end: i64,
        reverse_complement: bool,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let (from, to) = interval(start, end)?;
        let strand = Strand::of(reverse_complement);
        let read = || {
            let index = self.inner.require_chrom(chrom)?;
            // The reader refuses what leaves the chromosome; no memory is taken for it.
            let bases = (to - from).min(self.inner.chroms()[index].size);
            let mut out = zeroed(4 * bases as usize, "the one-hot bases of an interval")?;
            self.inner
                .one_hot(index, from, to, strand, &mut out, &mut Vec::new())?;
            Ok(out)
        };
        let out = py.detach(read).map_err(|error| to_python(py, error))?;
        PyArray1::from_vec(py, out).reshape([(to - from) as usize, 4])
    }

    /// Runs of N on a chromosome.
    ///
    /// Returns
    /// -------
    /// numpy.ndarray, shape (runs, 2), int64
    ///     Start and end of each, 0-based, half-open, sorted.
    fn n_intervals<'py>(
        &self,
        py: Python<'py>,
        chrom: &str,
    ) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let index = self
            .inner
            .require_chrom(chrom)
            .map_err(|error| to_python(py, error))?;
        let runs = self.inner.n_runs(index);
        let flat: Vec<i64> = runs
            .iter()
            .flat_map(|&(start, end)| [i64::from(start), i64::from(end)])
            .collect();
        PyArray1::from_vec(py, flat).reshape([runs.len(), 2])
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let path = self.path.bind(py).repr()?;
        Ok(format!(
            "Genome({path}, {} sequences)",
            self.inner.chroms().len()
        ))
    }
}
