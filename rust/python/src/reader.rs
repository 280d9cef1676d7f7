use std::sync::Arc;

use maxatac_core::batches::{BatchInputs, BufferPool};
use maxatac_core::window::{self, Files, Target, Targets, Window};
use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::batch::{input_arrays, new_pool, target_array};
use crate::error::{column, to_python};
use crate::genome::Genome;
use crate::geometry::{BINS, GEOMETRY, WINDOW};
use crate::memory::{Memory, memory_of};
use crate::track::Track;

/// Reads windows of a genome and of the tracks of some cell types.
///
/// What samplers, validation and prediction read through one reader is decoded once, within one limit of memory. Windows may
/// be read from several threads.
///
/// Parameters
/// ----------
/// genome : Genome
/// signal : list of Track
///     ATAC-seq signal of each cell type. A chromosome that a track lacks reads as zeros, and so do
///     bases beyond the end of a shorter one.
/// binding : list of Track, optional
///     ChIP-seq signal of each cell type, in the same order, for targets.
/// threads : int
///     Threads that read windows; the numbers do not depend on it.
/// memory : int or Memory, optional
///     Bytes that decoded track data may take, alone or shared with other readers; 4 GiB by default. The numbers do not
///     depend on it.
///
/// Raises
/// ------
/// ValueError
///     If there is no signal, binding of another number of cell types, or no thread.
/// ResourceError
///     If the threads cannot be started.
#[pyclass(frozen, module = "maxatac._core")]
pub(crate) struct WindowReader {
    pub(crate) inner: Arc<window::WindowReader>,
    buffers: Arc<BufferPool>,
    genome: Py<Genome>,
    signal: Py<PyTuple>,
    binding: Py<PyTuple>,
}

#[pymethods]
impl WindowReader {
    #[new]
    #[pyo3(signature = (genome, signal, binding = None, *, threads = 1, memory = None))]
    fn new(
        py: Python<'_>,
        genome: &Bound<'_, Genome>,
        signal: Vec<Bound<'_, Track>>,
        binding: Option<Vec<Bound<'_, Track>>>,
        threads: usize,
        memory: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let binding = binding.unwrap_or_default();
        let files = |tracks: &[Bound<'_, Track>]| {
            let files = tracks.iter().map(|track| track.get().inner.clone());
            files.collect()
        };
        let files = Files {
            genome: genome.get().inner.clone(),
            signal: files(&signal),
            binding: files(&binding),
        };
        let memory = memory_of(memory)?;
        let inner = py
            .detach(|| window::WindowReader::new(files, GEOMETRY, memory, threads))
            .map_err(|error| to_python(py, error))?;
        Ok(Self {
            inner: Arc::new(inner),
            buffers: new_pool(),
            genome: genome.clone().unbind(),
            signal: PyTuple::new(py, signal)?.unbind(),
            binding: PyTuple::new(py, binding)?.unbind(),
        })
    }

    /// Genome: The genome.
    #[getter]
    fn genome(&self, py: Python<'_>) -> Py<Genome> {
        self.genome.clone_ref(py)
    }

    /// tuple of Track: ATAC-seq signal of each cell type.
    #[getter]
    fn signal(&self, py: Python<'_>) -> Py<PyTuple> {
        self.signal.clone_ref(py)
    }

    /// tuple of Track: ChIP-seq signal of each cell type; empty, if there is none.
    #[getter]
    fn binding(&self, py: Python<'_>) -> Py<PyTuple> {
        self.binding.clone_ref(py)
    }

    /// Memory: The limit on decoded track data, and what is taken of it.
    #[getter]
    pub(crate) fn memory(&self) -> Memory {
        Memory {
            inner: Arc::clone(&self.inner.memory),
        }
    }

    /// The numbers by which windows name chromosomes: their places among the sequences of the genome.
    ///
    /// Parameters
    /// ----------
    /// names : sequence of str
    ///
    /// Returns
    /// -------
    /// numpy.ndarray, shape (names,), int32
    ///
    /// Raises
    /// ------
    /// GenomeError
    ///     If the genome lacks one.
    fn chrom_numbers<'py>(
        &self,
        py: Python<'py>,
        names: Vec<String>,
    ) -> PyResult<Bound<'py, PyArray1<i32>>> {
        let number = |name: &String| {
            let number = self.inner.genome.require_chrom(name);
            number.map(|number| number as i32)
        };
        let numbers = names.iter().map(number).collect::<Result<Vec<_>, _>>();
        Ok(PyArray1::from_vec(
            py,
            numbers.map_err(|error| to_python(py, error))?,
        ))
    }

    /// The inputs of windows.
    ///
    /// Parameters
    /// ----------
    /// track : numpy.ndarray, shape (windows,), int32
    ///     Cell type of each.
    /// chrom : numpy.ndarray, shape (windows,), int32
    ///     See :meth:`chrom_numbers`.
    /// start : numpy.ndarray, shape (windows,), int64
    ///     First base of each 1,024-bp window.
    /// reverse : numpy.ndarray, shape (windows,), bool, optional
    ///     Whether it is read as its reverse complement; none is by default.
    /// compact : bool
    ///     Hand out the inputs in a quarter of the memory, for a device that makes the one-hot form itself.
    ///
    /// Returns
    /// -------
    /// numpy.ndarray, shape (windows, 1024, 5), float32
    ///     A, C, G, T, signal, 5' to 3' on the strand asked for; no data is 0. If compact, as :meth:`Sampler.batch`.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If the columns differ in length, or name a cell type or chromosome that does not exist.
    /// GenomeError, TrackError, OSError
    ///     If a window leaves its chromosome, or a file turns out to be damaged, or was cut short since it was opened.
    /// ResourceError
    ///     If there is no memory for the windows.
    #[pyo3(signature = (track, chrom, start, reverse = None, *, compact = false))]
    fn inputs<'py>(
        &self,
        py: Python<'py>,
        track: PyReadonlyArray1<'_, i32>,
        chrom: PyReadonlyArray1<'_, i32>,
        start: PyReadonlyArray1<'_, i64>,
        reverse: Option<PyReadonlyArray1<'_, bool>>,
        compact: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let windows = windows(&track, &chrom, &start, reverse.as_ref())?;
        let read = || {
            let bases = windows.len() * WINDOW as usize;
            let mut inputs = BatchInputs::take(&self.buffers, bases, compact)?;
            self.inner.read(&windows, Some(inputs.as_inputs()), None)?;
            Ok(inputs)
        };
        let inputs = py.detach(read).map_err(|error| to_python(py, error))?;
        input_arrays(py, inputs)
    }

    /// The targets of windows.
    ///
    /// Parameters
    /// ----------
    /// track, chrom, start, reverse
    ///     As in :meth:`inputs`.
    /// quantitative : bool
    ///     The bin's mean times ``target_scale_factor``, not 1 where the bin's sum exceeds half its width, else 0.
    /// target_scale_factor : float
    ///
    /// Returns
    /// -------
    /// numpy.ndarray, shape (windows, 32), float32
    ///     One number per 32-bp bin, along the strand asked for; no data counts as 0.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     As :meth:`inputs`, and if the reader has no binding.
    /// GenomeError, TrackError, OSError, ResourceError
    ///     As :meth:`inputs`.
    #[pyo3(signature = (
        track, chrom, start, reverse = None, *, quantitative = false, target_scale_factor = 1.0
    ))]
    fn targets<'py>(
        &self,
        py: Python<'py>,
        track: PyReadonlyArray1<'_, i32>,
        chrom: PyReadonlyArray1<'_, i32>,
        start: PyReadonlyArray1<'_, i64>,
        reverse: Option<PyReadonlyArray1<'_, bool>>,
        quantitative: bool,
        target_scale_factor: f64,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let windows = windows(&track, &chrom, &start, reverse.as_ref())?;
        let target = target(quantitative, target_scale_factor);
        let read = || {
            let mut targets = self.buffers.take(4 * BINS * windows.len())?;
            let out = targets.floats_mut();
            self.inner
                .read(&windows, None, Some(Targets { target, out }))?;
            Ok(targets)
        };
        let targets = py.detach(read).map_err(|error| to_python(py, error))?;
        target_array(py, targets)
    }
}

/// What Python asks for as targets.
pub(crate) fn target(quantitative: bool, scale: f64) -> Target {
    if quantitative {
        Target::Mean { scale }
    } else {
        Target::Binary
    }
}

fn windows(
    track: &PyReadonlyArray1<'_, i32>,
    chrom: &PyReadonlyArray1<'_, i32>,
    start: &PyReadonlyArray1<'_, i64>,
    reverse: Option<&PyReadonlyArray1<'_, bool>>,
) -> PyResult<Vec<Window>> {
    let rows = start.len();
    let strands = reverse.map_or(rows, |reverse| reverse.len());
    if [track.len(), chrom.len(), strands] != [rows; 3] {
        return Err(PyValueError::new_err(format!(
            "columns of {}, {}, {rows} and {strands} windows",
            track.len(),
            chrom.len()
        )));
    }
    let track = column(track, "track")?;
    let chrom = column(chrom, "chrom")?;
    let start = column(start, "start")?;
    let reverse = reverse.map(PyReadonlyArray1::as_slice).transpose()?;
    let places = track.into_iter().zip(chrom).zip(start).enumerate();
    Ok(places
        .map(|(row, ((track, chrom), start))| Window {
            track,
            chrom,
            start,
            reverse: reverse.is_some_and(|reverse| reverse[row]),
        })
        .collect())
}
