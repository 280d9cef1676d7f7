use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use maxatac_core::batches::{Ahead, BufferPool, Order};
use maxatac_core::sampling::{self, Example, Regions, SampledChrom, Settings};
use maxatac_core::window::Preloaded;
use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::batch::{Batches, new_pool, to_arrays};
use crate::error::{column, spans, to_python};
use crate::interrupt::cancellable;
use crate::memory::Memory;
use crate::reader::{WindowReader, target};

/// Draws windows and turns them into batches; each batch is a pure function of (seed, stream, epoch, index).
///
/// Parameters
/// ----------
/// reader : WindowReader
///     Of signal and binding. Samplers that share it share what is decoded.
/// chroms : list of str
///     The chromosomes to draw from; all must be in the genome.
/// roi_chrom : numpy.ndarray, shape (regions,), int32
///     Index into ``chroms``.
/// roi_start : numpy.ndarray, shape (regions,), int64
///     First base of the region's 1,024-bp window.
/// roi_track : numpy.ndarray, shape (regions,), int32
///     The region's own cell type, -1 for none: then one is always drawn.
/// batch_size : int
/// rand_ratio : float
///     Share of a batch that is random windows: clear of the blacklist, at most half N.
/// blacklist : dict of str to numpy.ndarray, shape (intervals, 2), int64, optional
/// shuffle_cell_type : bool
///     Give each region a cell type drawn uniformly, not its own.
/// reverse_complement : bool
///     Reverse complement each example with probability 1/2.
/// jitter : int
///     Shift each region by a uniform -jitter..jitter bp.
/// quantitative : bool
///     Targets are the bin's mean times ``target_scale_factor``, not 0 or 1.
/// target_scale_factor : float
/// seed, stream : int
///
/// Raises
/// ------
/// ValueError
///     If arguments do not fit together.
/// RegionError
///     If a region leaves its chromosome, the pool is empty, or no random window exists.
/// GenomeError, TrackError, OSError
///     If a chromosome is unknown to the genome, or a file cannot be read.
/// ResourceError
///     If a thread cannot be started, or there is no memory for what is to be held.
#[pyclass(frozen, module = "maxatac._core")]
pub(crate) struct Sampler {
    inner: Arc<sampling::Sampler>,
    reader: Py<WindowReader>,
    buffers: Arc<BufferPool>,
    stream: u64,
    rows: Range<usize>,
}

#[pymethods]
impl Sampler {
    #[new]
    #[pyo3(signature = (
        reader, *, chroms, roi_chrom, roi_start, roi_track, batch_size, seed, stream = 0, rand_ratio = 0.0,
        blacklist = None, shuffle_cell_type = true, reverse_complement = false, jitter = 0, quantitative = false,
        target_scale_factor = 1.0,
    ))]
    fn new(
        py: Python<'_>,
        reader: &Bound<'_, WindowReader>,
        chroms: Vec<String>,
        roi_chrom: PyReadonlyArray1<'_, i32>,
        roi_start: PyReadonlyArray1<'_, i64>,
        roi_track: PyReadonlyArray1<'_, i32>,
        batch_size: usize,
        seed: u64,
        stream: u64,
        rand_ratio: f64,
        blacklist: Option<HashMap<String, PyReadonlyArray2<'_, i64>>>,
        shuffle_cell_type: bool,
        reverse_complement: bool,
        jitter: u32,
        quantitative: bool,
        target_scale_factor: f32,
    ) -> PyResult<Self> {
        let blacklist = blacklist.unwrap_or_default();
        let chroms = chroms
            .into_iter()
            .map(|name| {
                let blacklist = blacklist
                    .get(&name)
                    .map(|rows| spans(rows, "blacklist"))
                    .transpose()?
                    .unwrap_or_default();
                Ok(SampledChrom { name, blacklist })
            })
            .collect::<PyResult<_>>()?;
        let regions = Regions {
            chrom: column(&roi_chrom, "roi_chrom")?,
            start: column(&roi_start, "roi_start")?,
            track: roi_track
                .as_slice()?
                .iter()
                .map(|&track| u32::try_from(track).ok())
                .collect(),
        };
        let settings = Settings {
            batch_size,
            random_ratio: rand_ratio,
            shuffle_tracks: shuffle_cell_type,
            reverse_complement,
            jitter,
            target: target(quantitative, target_scale_factor.into()),
            seed,
        };
        let shared = Arc::clone(&reader.get().inner);
        let inner = cancellable(py, |is_cancelled| {
            sampling::Sampler::new(shared, chroms, regions, settings, is_cancelled)
        })?;
        Ok(Self {
            inner: Arc::new(inner),
            reader: reader.clone().unbind(),
            buffers: new_pool(),
            stream,
            rows: 0..batch_size,
        })
    }

    /// A sampler of another stream of random numbers that shares the files and decoded tracks of this one.
    ///
    /// Parameters
    /// ----------
    /// stream : int
    ///
    /// Returns
    /// -------
    /// Sampler
    fn with_stream(&self, py: Python<'_>, stream: u64) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            reader: self.reader.clone_ref(py),
            buffers: Arc::clone(&self.buffers),
            stream,
            rows: self.rows.clone(),
        }
    }

    /// A sampler of a part of each batch, for one of several processes that share it, with the files and decoded tracks of
    /// this one.
    ///
    /// Its plans and batches are rows of those of the whole batch, bit for bit, and cost what the rows cost.
    ///
    /// Parameters
    /// ----------
    /// start, stop : int
    ///     Rows of the whole batch, whatever the rows of this sampler are: 0 <= start < stop <= ``batch_size``.
    ///
    /// Returns
    /// -------
    /// Sampler
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If these are no rows of a batch.
    fn with_rows(&self, py: Python<'_>, start: usize, stop: usize) -> PyResult<Self> {
        let batch_size = self.batch_size();
        if start >= stop || stop > batch_size {
            return Err(PyValueError::new_err(format!(
                "rows {start} to {stop} of a batch of {batch_size}"
            )));
        }
        Ok(Self {
            rows: start..stop,
            ..self.with_stream(py, self.stream)
        })
    }

    /// int: Examples of each batch that come from the regions of interest.
    #[getter]
    fn roi_per_batch(&self) -> usize {
        self.inner.region_count()
    }

    /// int: Examples of each batch as a whole.
    #[getter]
    fn batch_size(&self) -> usize {
        self.inner.settings.batch_size
    }

    /// tuple of int: First row of each batch that is read, and the one behind the last; see :meth:`with_rows`.
    #[getter]
    fn rows(&self) -> (usize, usize) {
        (self.rows.start, self.rows.end)
    }

    /// WindowReader: What reads its windows.
    #[getter]
    fn reader(&self, py: Python<'_>) -> Py<WindowReader> {
        self.reader.clone_ref(py)
    }

    /// Memory: The limit on decoded track data, and what is taken of it.
    #[getter]
    fn memory(&self) -> Memory {
        self.reader.get().memory()
    }

    /// dict: What was decoded when the sampler was made: ``blocks`` of track data and their ``bytes``, how many had to be
    /// ``left_out`` because the memory was full, and the ``seconds`` it took.
    #[getter]
    fn decoded<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let Preloaded {
            blocks,
            left_out,
            bytes,
            elapsed,
        } = self.inner.preloaded;
        let summary = PyDict::new(py);
        summary.set_item("blocks", blocks)?;
        summary.set_item("left_out", left_out)?;
        summary.set_item("bytes", bytes)?;
        summary.set_item("seconds", elapsed.as_secs_f64())?;
        Ok(summary)
    }

    /// The windows of a batch: what will be read.
    ///
    /// Returns
    /// -------
    /// dict of str to numpy.ndarray, shape (rows,)
    ///     ``roi`` int64 (row of the pool, -1 for a random window), ``track`` int32, ``chrom`` int32 (index into
    ///     ``chroms``), ``start`` int64 (bp), ``reverse`` bool.
    fn plan<'py>(&self, py: Python<'py>, epoch: u64, index: u64) -> PyResult<Bound<'py, PyDict>> {
        let rows = self.rows.clone();
        let examples = py.detach(|| self.inner.plan(self.stream, epoch, index, rows));
        let plan = PyDict::new(py);
        let narrow = |part: fn(&Example) -> u32| {
            PyArray1::from_iter(py, examples.iter().map(|e| part(e).cast_signed()))
        };
        let roi = examples.iter().map(|e| e.region.map_or(-1, i64::from));
        plan.set_item("roi", PyArray1::from_iter(py, roi))?;
        plan.set_item("track", narrow(|e| e.window.track))?;
        plan.set_item("chrom", narrow(|e| e.chrom))?;
        plan.set_item(
            "start",
            PyArray1::from_iter(py, examples.iter().map(|e| i64::from(e.window.start))),
        )?;
        plan.set_item(
            "reverse",
            PyArray1::from_iter(py, examples.iter().map(|e| e.window.reverse)),
        )?;
        Ok(plan)
    }

    /// A batch, read.
    ///
    /// Parameters
    /// ----------
    /// epoch, index : int
    /// compact : bool
    ///     Hand out the inputs in a quarter of the memory, for a device that makes the one-hot form itself.
    ///
    /// Returns
    /// -------
    /// inputs : numpy.ndarray, shape (rows, 1024, 5), float32
    ///     A, C, G, T, signal, 5' to 3' on the strand that was drawn; no data is 0. If compact, a tuple of codes, shape
    ///     (rows, 1024), uint8, 0 to 3 for A, C, G, T and 4 for N, and signal, shape (rows, 1024), float32. There are
    ///     ``batch_size`` rows unless the sampler is one of a part.
    /// targets : numpy.ndarray, shape (rows, 32), float32
    ///     One number per 32-bp bin, in the same order.
    ///
    /// Raises
    /// ------
    /// GenomeError, TrackError, OSError
    ///     If a file turns out to be damaged, or was cut short since it was opened.
    /// ResourceError
    ///     If there is no memory for a batch.
    #[pyo3(signature = (epoch, index, *, compact = false))]
    fn batch<'py>(
        &self,
        py: Python<'py>,
        epoch: u64,
        index: u64,
        compact: bool,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let order = self.order(epoch, compact);
        let batch = py.detach(|| order.read(&self.inner, &self.buffers, index));
        to_arrays(py, batch.map_err(|error| to_python(py, error))?)
    }

    /// The batches ``start`` to ``stop`` of an epoch, made ahead by threads of the loader while the caller works on one.
    ///
    /// Parameters
    /// ----------
    /// epoch, start, stop : int
    /// compact : bool
    ///     See :meth:`batch`.
    ///
    /// Returns
    /// -------
    /// Batches
    ///     An iterator of what :meth:`batch` returns.
    #[pyo3(signature = (epoch, start, stop, *, compact = false))]
    fn batches(
        &self,
        py: Python<'_>,
        epoch: u64,
        start: u64,
        stop: u64,
        compact: bool,
    ) -> PyResult<Batches> {
        let (sampler, buffers) = (Arc::clone(&self.inner), Arc::clone(&self.buffers));
        let ahead = Ahead::start(sampler, buffers, self.order(epoch, compact), start..stop)
            .map_err(|error| to_python(py, error))?;
        Ok(Batches::new(ahead))
    }
}

impl Sampler {
    fn order(&self, epoch: u64, compact: bool) -> Order {
        Order {
            stream: self.stream,
            epoch,
            rows: self.rows.clone(),
            compact,
        }
    }
}
