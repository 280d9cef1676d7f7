use std::collections::HashMap;
use std::sync::Arc;

use maxatac_core::Strand;
use maxatac_core::bins::Target;
use maxatac_core::sampler::{self, CHANNELS, Regions, SampledChrom, Settings, Window};
use numpy::{PyArray1, PyArray2, PyArray3, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::to_python;
use crate::genome::Genome;
use crate::track::Track;

/// Window length in bp and bin width in bp of every model of this package.
const WINDOW: u32 = 1024;
const BIN: u32 = 32;
/// Bytes that decoded blocks may take unless the caller says otherwise.
const MEMORY: u64 = 4 << 30;

type Batch<'py> = (Bound<'py, PyArray3<f32>>, Bound<'py, PyArray2<f32>>);

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
/// memory : int, optional
///     Bytes that decoded track blocks may take; 4 GiB by default. The numbers do not depend on it.
///
/// Raises
/// ------
/// ValueError
///     If arguments do not fit together.
/// RegionError
///     If a region leaves its chromosome, the pool is empty, or no random window exists.
/// GenomeError, TrackError, OSError
///     If a chromosome is unknown to the genome, or a file cannot be read.
#[pyclass(frozen, module = "maxatac._core")]
pub(crate) struct Sampler {
    inner: Arc<sampler::Sampler>,
    stream: u64,
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
        memory: Option<u64>,
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
            memory: memory.unwrap_or(MEMORY),
        };
        let genome = genome.get().inner.clone();
        let files = |tracks: Vec<Bound<'_, Track>>| {
            tracks
                .iter()
                .map(|track| track.get().inner.clone())
                .collect()
        };
        let (signal, binding) = (files(signal), files(binding));
        let inner = py
            .detach(|| sampler::Sampler::new(genome, signal, binding, chroms, regions, settings))
            .map_err(|error| to_python(py, error))?;
        Ok(Self {
            inner: Arc::new(inner),
            stream,
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
            stream,
        }
    }

    /// int: Examples of each batch that come from the regions of interest.
    #[getter]
    fn roi_per_batch(&self) -> usize {
        self.inner.region_count()
    }

    /// int: Examples of each batch.
    #[getter]
    fn batch_size(&self) -> usize {
        self.inner.settings().batch_size
    }

    /// dict: Blocks and bytes of track data that were decoded when the sampler was made, and the seconds it took.
    #[getter]
    fn decoded<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let preloaded = self.inner.preloaded();
        let summary = PyDict::new(py);
        summary.set_item("blocks", preloaded.blocks)?;
        summary.set_item("bytes", preloaded.bytes)?;
        summary.set_item("seconds", preloaded.elapsed.as_secs_f64())?;
        Ok(summary)
    }

    /// The windows of a batch: what will be read.
    ///
    /// Returns
    /// -------
    /// dict of str to numpy.ndarray, shape (batch_size,)
    ///     ``roi`` int64 (row of the pool, -1 for a random window), ``track`` int32, ``chrom`` int32 (index into
    ///     ``chroms``), ``start`` int64 (bp), ``reverse`` bool.
    fn plan<'py>(&self, py: Python<'py>, epoch: u64, index: u64) -> PyResult<Bound<'py, PyDict>> {
        let windows = py.detach(|| self.inner.plan(self.stream, epoch, index));
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
    /// Returns
    /// -------
    /// inputs : numpy.ndarray, shape (batch_size, 1024, 5), float32
    ///     A, C, G, T, signal, 5' to 3' on the strand that was drawn; no data is 0.
    /// targets : numpy.ndarray, shape (batch_size, 32), float32
    ///     One number per 32-bp bin, in the same order.
    ///
    /// Raises
    /// ------
    /// GenomeError, TrackError, OSError
    ///     If a file turns out to be damaged, or was cut short since it was opened.
    fn batch<'py>(&self, py: Python<'py>, epoch: u64, index: u64) -> PyResult<Batch<'py>> {
        let examples = self.inner.settings().batch_size;
        let (window, bins) = (WINDOW as usize, (WINDOW / BIN) as usize);
        let read = || {
            let mut inputs = vec![0.0; examples * window * CHANNELS];
            let mut targets = vec![0.0; examples * bins];
            self.inner.read(
                &self.inner.plan(self.stream, epoch, index),
                &mut inputs,
                &mut targets,
            )?;
            Ok((inputs, targets))
        };
        let (inputs, targets) = py.detach(read).map_err(|error| to_python(py, error))?;
        let inputs = PyArray1::from_vec(py, inputs).reshape([examples, window, CHANNELS])?;
        let targets = PyArray1::from_vec(py, targets).reshape([examples, bins])?;
        Ok((inputs, targets))
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
        let mut inputs = vec![0.0; starts.len() * WINDOW as usize * CHANNELS];
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

fn column<T: numpy::Element + Copy + TryInto<u32> + std::fmt::Display>(
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
