use maxatac_core::error::Error;
use maxatac_core::spans::merge;
use maxatac_core::track::{Sums, Transform, transform};
use numpy::PyReadonlyArray2;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::{interval, spans, to_python};
use crate::interrupt::cancellable;
use crate::track::Track;
use crate::writer::BigWigWriter;

fn pool(py: Python<'_>, threads: usize) -> PyResult<rayon::ThreadPool> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .thread_name(|number| format!("maxatac-track-{number}"))
        .build();
    pool.map_err(|error| to_python(py, Error::no_threads(threads, &error)))
}

/// Writes tracks whose values are a function of those of another track.
///
/// Values are computed in 64 bits and rounded once.
///
/// Parameters
/// ----------
/// method : str
///     ``linear``, which is ``(value - subtract) / divide``, cut to lie from ``low`` to ``high``; ``arcsinh``; or
///     ``log1p``.
/// subtract, divide, low, high : float
///     Of the linear method.
/// threads : int
/// memory : int
///     Bytes that values on their way may take. The result depends on neither.
///
/// Raises
/// ------
/// ResourceError
///     If the threads cannot be started.
/// ValueError
///     If there is no such method.
#[pyclass(frozen, module = "maxatac._core")]
pub(crate) struct TrackTransform {
    inner: Transform,
    pool: rayon::ThreadPool,
    memory: u64,
}

#[pymethods]
impl TrackTransform {
    #[new]
    #[pyo3(signature = (
        method, *, subtract = 0.0, divide = 1.0, low = f64::NEG_INFINITY, high = f64::INFINITY, threads = 1,
        memory = u64::MAX
    ))]
    fn new(
        py: Python<'_>,
        method: &str,
        subtract: f64,
        divide: f64,
        low: f64,
        high: f64,
        threads: usize,
        memory: u64,
    ) -> PyResult<Self> {
        let inner = match method {
            "linear" => Transform::Linear {
                subtract,
                divide,
                low,
                high,
            },
            "arcsinh" => Transform::Arcsinh,
            "log1p" => Transform::Log1p,
            _ => {
                return Err(PyValueError::new_err(format!(
                    "method {method:?}; expected linear, arcsinh or log1p"
                )));
            }
        };
        let pool = pool(py, threads)?;
        Ok(Self {
            inner,
            pool,
            memory,
        })
    }

    /// The new value of one, as it is written.
    fn apply(&self, value: f32) -> f32 {
        self.inner.apply(value)
    }

    /// Write a chromosome of a track with its new values.
    ///
    /// A chromosome that the track lacks has no data. No data and NaN are 0. Neighbours of one value become one run. Where 0 stays 0, bases whose new value is 0 are
    /// left out; else every base of the chromosome gets a value.
    ///
    /// Parameters
    /// ----------
    /// track : Track
    /// chrom : str
    /// size : int
    ///     Its length in bp.
    /// without : numpy.ndarray, shape (spans, 2), int64
    ///     Bases that get the value ``excluded`` whatever they have: start and end of each span.
    /// excluded : float
    /// writer : BigWigWriter
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If the file cannot be written.
    /// ResourceError
    ///     If there is too little memory.
    /// TrackError
    ///     If the written file lacks the chromosome, or the track is damaged or shorter than ``size``.
    /// ValueError
    ///     As ``BigWigWriter.write``, such as for a new value that is too large for 32 bits.
    fn write(
        &self,
        py: Python<'_>,
        track: &Bound<'_, Track>,
        chrom: &str,
        size: u32,
        without: PyReadonlyArray2<'_, i64>,
        excluded: f32,
        writer: &mut BigWigWriter,
    ) -> PyResult<()> {
        let without = merge(spans(&without, "without")?);
        let file = &track.get().inner;
        writer.with_inner(|writer| {
            cancellable(py, |is_cancelled| {
                let (kind, memory) = (self.inner, self.memory);
                self.pool.install(|| {
                    transform(
                        file,
                        chrom,
                        size,
                        kind,
                        &without,
                        excluded,
                        memory,
                        writer,
                        is_cancelled,
                    )
                })
            })
        })
    }
}

/// Weighted sums of tracks, base by base, in 64 bits; region by region.
///
/// Parameters
/// ----------
/// threads : int
/// memory : int
///     Bytes that values on their way may take, beside the sums. The result depends on neither.
///
/// Raises
/// ------
/// ResourceError
///     If the threads cannot be started.
#[pyclass(module = "maxatac._core")]
pub(crate) struct TrackSums {
    inner: Sums,
    pool: rayon::ThreadPool,
    memory: u64,
}

type Added = (i64, i64, Option<(u32, u32, f32)>);

#[pymethods]
impl TrackSums {
    #[new]
    #[pyo3(signature = (*, threads = 1, memory = u64::MAX))]
    fn new(py: Python<'_>, threads: usize, memory: u64) -> PyResult<Self> {
        Ok(Self {
            inner: Sums::default(),
            pool: pool(py, threads)?,
            memory,
        })
    }

    /// Begin a region, in which all sums are 0; it takes 8 bytes a base.
    ///
    /// Parameters
    /// ----------
    /// start, end : int
    ///     0-based, half-open, in bp.
    ///
    /// Raises
    /// ------
    /// RegionError
    ///     If ``start`` is negative or beyond ``end``.
    /// ResourceError
    ///     If there is too little memory.
    fn begin(&mut self, py: Python<'_>, start: i64, end: i64) -> PyResult<()> {
        let (start, end) = interval(start, end)?;
        let begun = self.inner.begin(start, end);
        begun.map_err(|error| to_python(py, error))
    }

    /// Add a track times ``weight``; no data and NaN add nothing.
    ///
    /// Returns
    /// -------
    /// covered : int
    ///     Bases with a value other than 0.
    /// not_a_number : int
    ///     Bases whose value is NaN; where intervals overlap, none are counted.
    /// infinite : tuple of int, int and float, or None
    ///     Start, end and value of the first interval with an infinite value.
    ///
    /// Raises
    /// ------
    /// ResourceError
    ///     If there is too little memory.
    /// TrackError
    ///     As ``Track.values``.
    fn add(
        &mut self,
        py: Python<'_>,
        track: &Bound<'_, Track>,
        chrom: &str,
        weight: f64,
    ) -> PyResult<Added> {
        let (inner, pool) = (&mut self.inner, &self.pool);
        let file = &track.get().inner;
        let added = cancellable(py, |is_cancelled| {
            let index = file.require_chrom(chrom)?;
            pool.install(|| inner.add(file, index, weight, is_cancelled))
        })?;
        Ok((added.covered, added.not_a_number, added.infinite))
    }

    /// Set the sums of some bases to 0.
    ///
    /// Parameters
    /// ----------
    /// without : numpy.ndarray, shape (spans, 2), int64
    ///     Start and end of each span.
    fn clear(&mut self, without: PyReadonlyArray2<'_, i64>) -> PyResult<()> {
        self.inner.clear(&merge(spans(&without, "without")?));
        Ok(())
    }

    /// Write the sums divided by ``divisor``; bases of value 0 are left out.
    ///
    /// Neighbours of one value become one run, across regions too: the last run waits for the next region, unless this is
    /// the last one of its chromosome.
    ///
    /// Parameters
    /// ----------
    /// writer : BigWigWriter
    /// chrom : str
    /// divisor : float
    /// is_last : bool
    ///
    /// Raises
    /// ------
    /// OSError, ResourceError, TrackError, ValueError
    ///     As ``TrackTransform.write``.
    fn write(
        &mut self,
        py: Python<'_>,
        writer: &mut BigWigWriter,
        chrom: &str,
        divisor: f64,
        is_last: bool,
    ) -> PyResult<()> {
        let (inner, pool, memory) = (&mut self.inner, &self.pool, self.memory);
        writer.with_inner(|writer| {
            cancellable(py, |is_cancelled| {
                pool.install(|| inner.write(chrom, divisor, is_last, memory, writer, is_cancelled))
            })
        })
    }
}
