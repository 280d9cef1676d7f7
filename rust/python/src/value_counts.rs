use maxatac_core::spans::merge;
use maxatac_core::track;
use numpy::{PyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::error::{interval, spans, to_python};
use crate::track::Track;

type Found<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<u64>>,
    Bound<'py, PyArray1<u64>>,
);

/// How many bases have which value, for percentiles without a list of the values.
///
/// The bits of floats above 0 are ordered as the floats are. The upper 16 bits are the level of a value. Values that are
/// 0 or less, infinite or NaN do not count; ``range``, ``below_zero``, ``infinite`` and ``not_a_number`` tell of them.
///
/// Parameters
/// ----------
/// levels : list of int, optional
///     Count the values of these levels one by one. By default, bases are counted by level.
///
/// Raises
/// ------
/// ResourceError
///     If there is too little memory.
#[pyclass(module = "maxatac._core")]
pub(crate) struct ValueCounts {
    inner: track::ValueCounts,
}

#[pymethods]
impl ValueCounts {
    #[new]
    #[pyo3(signature = (levels = None))]
    fn new(py: Python<'_>, levels: Option<Vec<u16>>) -> PyResult<Self> {
        let inner = track::ValueCounts::new(levels.as_deref());
        let inner = inner.map_err(|error| to_python(py, error))?;
        Ok(Self { inner })
    }

    /// Add the bases of an interval of a track.
    ///
    /// Parameters
    /// ----------
    /// track : Track
    /// chrom : str
    /// start, end : int
    ///     0-based, half-open, in bp.
    /// without : numpy.ndarray, shape (spans, 2), int64
    ///     Bases that do not count: start and end of each span.
    ///
    /// Raises
    /// ------
    /// RegionError, TrackError
    ///     As ``Track.values``. Some of the bases are counted then.
    /// ResourceError
    ///     If there is too little memory.
    fn add(
        &mut self,
        py: Python<'_>,
        track: &Bound<'_, Track>,
        chrom: &str,
        start: i64,
        end: i64,
        without: PyReadonlyArray2<'_, i64>,
    ) -> PyResult<()> {
        let (from, to) = interval(start, end)?;
        let without = merge(spans(&without, "without")?);
        let (counts, file) = (&mut self.inner, &track.get().inner);
        let add = || {
            let index = file.require_chrom(chrom)?;
            counts.add(file, index, from, to, &without)
        };
        py.detach(add).map_err(|error| to_python(py, error))
    }

    /// numpy.ndarray, shape (32768,) or (65536 * levels,), int64: Bases by level; with ``levels``, bases by the lower
    /// 16 bits of their values, one level after the other.
    #[getter]
    fn bases<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        PyArray1::from_slice(py, self.inner.bases())
    }

    /// What is counted, without the places that have no base.
    ///
    /// Returns
    /// -------
    /// places : numpy.ndarray, shape (n,), int64
    ///     Levels; with ``levels``, places in ``bases``.
    /// bases : numpy.ndarray, shape (n,), int64
    /// sums, squares : numpy.ndarray, shape (n,), uint64
    ///     Sum of the lower 16 bits of the values over the bases, and of their squares: exact up to 2^32 bases. With
    ///     ``levels``, 0.
    fn found<'py>(&self, py: Python<'py>) -> Found<'py> {
        let (mut places, mut bases) = (Vec::new(), Vec::new());
        let (mut sums, mut squares) = (Vec::new(), Vec::new());
        for (place, count, of) in self.inner.found() {
            places.push(place as i64);
            bases.push(count);
            sums.push(of.sum);
            squares.push(of.sum_of_squares);
        }
        (
            PyArray1::from_vec(py, places),
            PyArray1::from_vec(py, bases),
            PyArray1::from_vec(py, sums),
            PyArray1::from_vec(py, squares),
        )
    }

    /// float: The largest value so far, of the levels or not; 0 if none is above it.
    #[getter]
    fn largest(&self) -> f32 {
        self.inner.largest()
    }

    /// tuple of float, or None: The smallest and the largest finite value so far other than 0.
    #[getter]
    fn range(&self) -> Option<(f32, f32)> {
        self.inner.range()
    }

    /// int: Bases so far whose value is below 0, and finite.
    #[getter]
    fn below_zero(&self) -> i64 {
        self.inner.below_zero()
    }

    /// tuple of int, int and float, or None: Start, end and value of the first interval that was found to be infinite.
    #[getter]
    fn infinite(&self) -> Option<(u32, u32, f32)> {
        self.inner.infinite()
    }

    /// bool: Whether all values so far are whole numbers, of the levels or not.
    #[getter]
    fn are_whole(&self) -> bool {
        self.inner.are_whole()
    }

    /// int: Bases so far whose value is NaN, those that do not count too.
    #[getter]
    fn not_a_number(&self) -> i64 {
        self.inner.not_a_number()
    }
}
