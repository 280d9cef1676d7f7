use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use maxatac_core::Strand;
use maxatac_core::ahead::{Ahead, Order};
use maxatac_core::bins::Target;
use maxatac_core::buffer::BufferPool;
use maxatac_core::error::zeroed;
use maxatac_core::sampler::{self, CHANNELS, Regions, SampledChrom, Settings, Window};
use maxatac_core::{memory, sampler::Preloaded};
use numpy::{PyArray1, PyArray3, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::batch::{Batches, cancellable, new_pool, to_arrays};
use crate::error::to_python;
use crate::genome::Genome;
use crate::track::Track;

/// Window length in bp and bin width in bp of every model of this package.
pub(crate) const WINDOW: u32 = 1024;
pub(crate) const BIN: u32 = 32;
/// Bytes that decoded blocks may take unless the caller says otherwise.
const MEMORY: u64 = 4 << 30;

/// A limit on the bytes that decoded track data may take, to be shared by samplers.
///
/// Parameters
/// ----------
/// limit : int
///     Bytes. A sampler first fills it with what its batches come back to: the binding tracks, and the signal that its regions
///     touch. The rest, at least an eighth or 64 MiB, caches what else is read.
#[pyclass(frozen, module = "maxatac._core")]
pub(crate) struct Memory {
    inner: Arc<memory::Memory>,
}

#[pymethods]
impl Memory {
    #[new]
    fn new(limit: u64) -> Self {
        Self {
            inner: Arc::new(memory::Memory::new(limit)),
        }
    }

    /// dict: ``limit``, ``held`` and ``cached`` in bytes, and ``inflated``, the blocks read from files since the start.
    #[getter]
    fn usage<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let usage = self.inner.usage();
        let summary = PyDict::new(py);
        summary.set_item("limit", usage.limit)?;
        summary.set_item("held", usage.held)?;
        summary.set_item("cached", usage.cached)?;
        summary.set_item("inflated", usage.inflated)?;
        Ok(summary)
    }
}

/// A limit of its own, or one that is shared.
fn memory_of(argument: Option<&Bound<'_, PyAny>>) -> PyResult<Arc<memory::Memory>> {
    let limit = match argument {
        None => MEMORY,
        Some(argument) => match argument.cast::<Memory>() {
            Ok(shared) => return Ok(Arc::clone(&shared.get().inner)),
            Err(_) => argument.extract()?,
        },
    };
    Ok(Arc::new(memory::Memory::new(limit)))
}

/// Draws windows and turns them into batches; each batch is a pure function of (seed, stream, epoch, index).
///
/// Parameters
/// ----------
/// genome : Genome
/// signal, binding : list of Track
///     ATAC-seq and ChIP-seq signal of each cell type; row i of both is cell type i. A chromosome that a track lacks
///     reads as zeros.
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
/// threads : int
///     Threads that fill a batch; the numbers do not depend on it.
/// memory : int or Memory, optional
///     Bytes that decoded track data may take, alone or shared with other samplers; 4 GiB by default. The numbers do not
///     depend on it.
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
///     If the threads cannot be started, or there is no memory for what is to be held.
#[pyclass(frozen, module = "maxatac._core")]
pub(crate) struct Sampler {
    inner: Arc<sampler::Sampler>,
    memory: Arc<memory::Memory>,
    buffers: Arc<BufferPool>,
    stream: u64,
    rows: Range<usize>,
}

#[pymethods]
impl Sampler {
    #[new]
    #[pyo3(signature = (
        genome, signal, binding, *, chroms, roi_chrom, roi_start, roi_track, batch_size, seed, stream = 0,
        rand_ratio = 0.0, blacklist = None, shuffle_cell_type = true, reverse_complement = false, jitter = 0,
        quantitative = false, target_scale_factor = 1.0, threads = 1, memory = None,
    ))]
    fn new(
        py: Python<'_>,
        genome: &Bound<'_, Genome>,
        signal: Vec<Bound<'_, Track>>,
        binding: Vec<Bound<'_, Track>>,
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
        threads: usize,
        memory: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let blacklist = blacklist.unwrap_or_default();
        let chroms = chroms
            .into_iter()
            .map(|name| {
                let blacklist = blacklist
                    .get(&name)
                    .map(intervals)
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
            window: WINDOW,
            bin: BIN,
            shuffle_tracks: shuffle_cell_type,
            reverse_complement,
            jitter,
            target: if quantitative {
                Target::Mean {
                    scale: target_scale_factor,
                }
            } else {
                Target::Binary
            },
            seed,
            threads,
        };
        let memory = memory_of(memory)?;
        let genome = genome.get().inner.clone();
        let files = |tracks: Vec<Bound<'_, Track>>| {
            tracks
                .iter()
                .map(|track| track.get().inner.clone())
                .collect()
        };
        let (signal, binding) = (files(signal), files(binding));
        let inner = cancellable(py, |is_cancelled| {
            sampler::Sampler::new(
                genome,
                signal,
                binding,
                chroms,
                regions,
                settings,
                &memory,
                is_cancelled,
            )
        })?;
        Ok(Self {
            inner: Arc::new(inner),
            memory,
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
    fn with_stream(&self, stream: u64) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            memory: Arc::clone(&self.memory),
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
    fn with_rows(&self, start: usize, stop: usize) -> PyResult<Self> {
        let batch_size = self.batch_size();
        if start >= stop || stop > batch_size {
            return Err(PyValueError::new_err(format!(
                "rows {start} to {stop} of a batch of {batch_size}"
            )));
        }
        Ok(Self {
            rows: start..stop,
            ..self.with_stream(self.stream)
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
        self.inner.settings().batch_size
    }

    /// tuple of int: First row of each batch that is read, and the one behind the last; see :meth:`with_rows`.
    #[getter]
    fn rows(&self) -> (usize, usize) {
        (self.rows.start, self.rows.end)
    }

    /// Memory: The limit on decoded track data, and what is taken of it.
    #[getter]
    fn memory(&self) -> Memory {
        Memory {
            inner: Arc::clone(&self.memory),
        }
    }

    /// dict: What was decoded when the sampler was made: ``blocks`` of track data and their ``bytes``, how many had to be
    /// ``left_out`` for want of memory, and the ``seconds`` it took.
    #[getter]
    fn decoded<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let Preloaded {
            blocks,
            left_out,
            bytes,
            elapsed,
        } = self.inner.preloaded();
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
        let windows = py.detach(|| self.inner.plan_rows(self.stream, epoch, index, rows));
        let plan = PyDict::new(py);
        let narrow = |part: fn(&Window) -> u32| {
            PyArray1::from_iter(py, windows.iter().map(|w| part(w).cast_signed()))
        };
        let roi = windows.iter().map(|w| w.region.map_or(-1, i64::from));
        plan.set_item("roi", PyArray1::from_iter(py, roi))?;
        plan.set_item("track", narrow(|w| w.track))?;
        plan.set_item("chrom", narrow(|w| w.chrom))?;
        plan.set_item(
            "start",
            PyArray1::from_iter(py, windows.iter().map(|w| i64::from(w.start))),
        )?;
        plan.set_item(
            "reverse",
            PyArray1::from_iter(py, windows.iter().map(|w| w.reverse)),
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
        let batch = py
            .detach(|| order.read(&self.inner, &self.buffers, index))
            .map_err(|error| to_python(py, error))?;
        to_arrays(py, batch)
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

/// Windows of one chromosome and one signal track, as a sampler would read them.
///
/// Parameters
/// ----------
/// genome : Genome
/// track : Track
///     ATAC-seq signal; a chromosome that it lacks reads as zeros.
/// chrom : str
/// starts : numpy.ndarray, shape (windows,), int64
///     First base of each 1,024-bp window.
/// reverse_complement : bool
///
/// Returns
/// -------
/// numpy.ndarray, shape (windows, 1024, 5), float32
///     A, C, G, T, signal, 5' to 3' on the strand asked for; no data is 0.
///
/// Raises
/// ------
/// GenomeError, TrackError, OSError
///     If a window leaves its chromosome, or a file is damaged.
#[pyfunction]
#[pyo3(signature = (genome, track, chrom, starts, *, reverse_complement = false))]
pub(crate) fn read_windows<'py>(
    py: Python<'py>,
    genome: &Bound<'py, Genome>,
    track: &Bound<'py, Track>,
    chrom: &str,
    starts: PyReadonlyArray1<'py, i64>,
    reverse_complement: bool,
) -> PyResult<Bound<'py, PyArray3<f32>>> {
    let starts: Vec<u32> = column(&starts, "starts")?;
    let strand = if reverse_complement {
        Strand::Reverse
    } else {
        Strand::Forward
    };
    let (genome, track) = (genome.get(), track.get());
    let read = || {
        let mut inputs = zeroed(
            starts.len() * WINDOW as usize * CHANNELS,
            "a batch of windows",
        )?;
        sampler::read_windows(
            &genome.inner,
            &track.inner,
            chrom,
            &starts,
            WINDOW,
            strand,
            &mut inputs,
        )?;
        Ok(inputs)
    };
    let inputs = py.detach(read).map_err(|error| to_python(py, error))?;
    PyArray1::from_vec(py, inputs).reshape([starts.len(), WINDOW as usize, CHANNELS])
}

pub(crate) fn column<T: numpy::Element + Copy + TryInto<u32> + std::fmt::Display>(
    array: &PyReadonlyArray1<'_, T>,
    name: &str,
) -> PyResult<Vec<u32>> {
    let narrow = |&value: &T| {
        value
            .try_into()
            .map_err(|_| PyValueError::new_err(format!("{name}: {value} is not within 0..2^32")))
    };
    array.as_slice()?.iter().map(narrow).collect()
}

fn intervals(array: &PyReadonlyArray2<'_, i64>) -> PyResult<Vec<(u32, u32)>> {
    // Refuses what is not aligned; rows are then taken from the view, which knows the memory order.
    array.as_slice()?;
    let rows = array.as_array();
    if rows.ncols() != 2 {
        return Err(PyValueError::new_err(
            "blacklist: expected columns start and end",
        ));
    }
    rows.rows()
        .into_iter()
        .map(|row| crate::error::interval(row[0], row[1]))
        .collect()
}
