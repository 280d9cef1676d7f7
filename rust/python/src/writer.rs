use maxatac_core::{Result, bigwig};
use numpy::{PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::error::{column, to_python};
use crate::path::FilePath;

const AFTER_AN_ERROR: &str = "the bigWig file cannot be finished after an error";

/// A bigWig file that is being written, block by block.
///
/// The file is complete after ``close``. Dropped earlier, it leaves a file that no reader takes for a bigWig file.
///
/// Parameters
/// ----------
/// path : str, bytes or os.PathLike
///     Created, or emptied.
/// chrom_sizes : mapping of str to int
///     Lengths in bp. All are in the file, with data or without, in the byte order of their names.
/// max_zooms : int
///     Most zoom levels, 0 to 10.
/// threads : int
///     Threads that compress; the file does not depend on them.
///
/// Raises
/// ------
/// OSError
///     If the file cannot be written, here and in every method.
/// ResourceError
///     If there is too little memory, here and in every method; if the threads cannot be started.
/// ValueError
///     If there is no chromosome, one has an empty name or a length of 2^32 bp or more, or ``max_zooms`` is above 10.
#[pyclass(module = "maxatac._core")]
pub(crate) struct BigWigWriter {
    /// `None` once the file is closed, or an error has made it worthless: its disk space is then free again.
    inner: Option<bigwig::BigWigWriter>,
    has_failed: bool,
}

#[pymethods]
impl BigWigWriter {
    #[new]
    #[pyo3(signature = (path, chrom_sizes, *, max_zooms = 10, threads = 1))]
    fn new(
        py: Python<'_>,
        path: FilePath,
        chrom_sizes: &Bound<'_, PyMapping>,
        max_zooms: usize,
        threads: usize,
    ) -> PyResult<Self> {
        let sizes: Vec<(String, u64)> = chrom_sizes.items()?.extract()?;
        let create =
            || bigwig::BigWigWriter::create(path.path, sizes, max_zooms)?.with_threads(threads);
        let inner = py.detach(create).map_err(|error| to_python(py, error))?;
        Ok(Self {
            inner: Some(inner),
            has_failed: false,
        })
    }

    /// Append intervals of a chromosome.
    ///
    /// Parameters
    /// ----------
    /// chrom : str
    ///     Chromosomes come in the byte order of their names.
    /// starts, ends : numpy.ndarray, shape (intervals,), int64
    ///     0-based, half-open, sorted, without overlap.
    /// values : numpy.ndarray, shape (intervals,), float32
    ///     NaN is left out.
    ///
    /// Raises
    /// ------
    /// TrackError
    ///     If the chromosome is not in the file.
    /// ValueError
    ///     If an interval is empty, out of order, beyond the chromosome's end or infinite, or after an earlier error.
    fn write(
        &mut self,
        py: Python<'_>,
        chrom: &str,
        starts: PyReadonlyArray1<'_, i64>,
        ends: PyReadonlyArray1<'_, i64>,
        values: PyReadonlyArray1<'_, f32>,
    ) -> PyResult<()> {
        if starts.len() != ends.len() || starts.len() != values.len() {
            return Err(PyValueError::new_err(format!(
                "found {} starts, {} ends and {} values; expected as many of each",
                starts.len(),
                ends.len(),
                values.len()
            )));
        }
        let (starts, ends) = (column(&starts, "starts")?, column(&ends, "ends")?);
        let values = values.as_slice()?;
        let intervals = starts.into_iter().zip(ends).zip(values);
        let intervals = intervals.map(|((start, end), value)| (start, end, *value));
        self.append(py, |writer| writer.write(chrom, intervals))
    }

    /// Append neighbouring bins of one width.
    ///
    /// Parameters
    /// ----------
    /// chrom : str
    ///     As in ``write``.
    /// start, span : int
    ///     Where the first bin begins, and the width of each, in bp.
    /// values : numpy.ndarray, shape (bins,), float32
    ///     NaN is left out.
    ///
    /// Raises
    /// ------
    /// TrackError, ValueError
    ///     As ``write``.
    fn write_bins(
        &mut self,
        py: Python<'_>,
        chrom: &str,
        start: u32,
        span: u32,
        values: PyReadonlyArray1<'_, f32>,
    ) -> PyResult<()> {
        let values = values.as_slice()?;
        self.append(py, |writer| writer.write_bins(chrom, start, span, values))
    }

    /// Write what is left, and put the file on the disk. Does nothing the second time.
    fn close(&mut self, py: Python<'_>) -> PyResult<()> {
        match self.inner.take() {
            Some(writer) => {
                let result = py.detach(|| writer.finish());
                self.has_failed = result.is_err();
                result.map_err(|error| to_python(py, error))
            }
            None if self.has_failed => Err(PyValueError::new_err(AFTER_AN_ERROR)),
            None => Ok(()),
        }
    }
}

impl BigWigWriter {
    pub(crate) fn append(
        &mut self,
        py: Python<'_>,
        work: impl FnOnce(&mut bigwig::BigWigWriter) -> Result<()> + Send,
    ) -> PyResult<()> {
        self.with_inner(|writer| {
            py.detach(|| work(writer))
                .map_err(|error| to_python(py, error))
        })
    }

    /// Works on the file, unless it is closed; an error makes it worthless.
    pub(crate) fn with_inner<T>(
        &mut self,
        work: impl FnOnce(&mut bigwig::BigWigWriter) -> PyResult<T>,
    ) -> PyResult<T> {
        let Some(writer) = &mut self.inner else {
            return Err(PyValueError::new_err(if self.has_failed {
                AFTER_AN_ERROR
            } else {
                "the bigWig file is closed"
            }));
        };
        let result = work(writer);
        if result.is_err() {
            (self.inner, self.has_failed) = (None, true);
        }
        result
    }
}
