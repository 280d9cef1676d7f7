//! Batches as numpy arrays in memory that comes back, and the iterator that has them ready.

use std::sync::{Arc, Mutex, PoisonError};

use maxatac_core::batches::{Ahead, Batch, BatchInputs, Buffer, BufferPool, Next};
use maxatac_core::window::CHANNELS;
use numpy::ndarray::{ArrayViewMut, Dimension, IntoDimension};
use numpy::{Element, PyArray, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::to_python;
use crate::geometry::{BINS, WINDOW};
use crate::interrupt::PATIENCE;

/// Batches that may wait to be used again: those ahead, the one in use, and what a backend holds on to.
const POOLED_BATCHES: usize = 6;

/// A pool for the buffers of batches, each of up to three.
pub(crate) fn new_pool() -> Arc<BufferPool> {
    BufferPool::new(3 * POOLED_BATCHES)
}

/// What owns the memory of an array; numpy lets go of it with the last array that uses the memory.
#[pyclass(module = "maxatac._core")]
struct Lease {
    buffer: Buffer,
}

/// Makes an array of a buffer, without a copy.
fn array<T: Element + bytemuck::Pod, D: Dimension>(
    py: Python<'_>,
    buffer: Buffer,
    shape: impl IntoDimension<Dim = D>,
) -> PyResult<Bound<'_, PyArray<T, D>>> {
    let owner = Bound::new(py, Lease { buffer })?;
    let mut lease = owner.borrow_mut();
    let values = bytemuck::cast_slice_mut(&mut lease.buffer);
    let view = ArrayViewMut::from_shape(shape.into_dimension(), values)
        .map_err(|error| pyo3::exceptions::PyValueError::new_err(error.to_string()))?;
    // SAFETY: the memory lives as long as `owner`, which the array keeps alive, and does not move; nothing else looks at it until
    // `owner` is gone, since no method of `Lease` exists.
    Ok(unsafe { PyArray::borrow_from_array(&view, owner.clone().into_any()) })
}

/// `(inputs, targets)`, or `((codes, signal), targets)`.
pub(crate) fn to_arrays(py: Python<'_>, batch: Batch) -> PyResult<Bound<'_, PyTuple>> {
    let inputs = input_arrays(py, batch.inputs)?;
    (inputs, target_array(py, batch.targets)?).into_pyobject(py)
}

/// `inputs`, or `(codes, signal)`.
pub(crate) fn input_arrays(py: Python<'_>, inputs: BatchInputs) -> PyResult<Bound<'_, PyAny>> {
    let window = WINDOW as usize;
    match inputs {
        BatchInputs::OneHot(floats) => {
            let rows = floats.floats().len() / (window * CHANNELS);
            Ok(array::<f32, _>(py, floats, [rows, window, CHANNELS])?.into_any())
        }
        BatchInputs::Compact { codes, signal } => {
            let rows = codes.len() / window;
            let codes = array::<u8, _>(py, codes, [rows, window])?;
            let signal = array::<f32, _>(py, signal, [rows, window])?;
            Ok((codes, signal).into_pyobject(py)?.into_any())
        }
    }
}

/// Targets, windows x bins.
pub(crate) fn target_array(py: Python<'_>, targets: Buffer) -> PyResult<Bound<'_, PyArray2<f32>>> {
    let rows = targets.floats().len() / BINS;
    array(py, targets, [rows, BINS])
}

/// Batches of one epoch in order, of which a few are always made ahead, by threads of the loader.
///
/// What :meth:`Sampler.batches` returns. At most four batches, and no more than fit into 256 MiB (but one), are ready or in
/// the making. Dropping the iterator stops the threads.
#[pyclass(module = "maxatac._core")]
pub(crate) struct Batches {
    /// None once it has been closed.
    ahead: Mutex<Option<Ahead>>,
}

impl Batches {
    pub(crate) fn new(ahead: Ahead) -> Self {
        Self {
            ahead: Mutex::new(Some(ahead)),
        }
    }

    fn wait(&self) -> Next {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        ahead
            .as_mut()
            .map_or(Next::End, |ahead| ahead.next(PATIENCE))
    }
}

#[pymethods]
impl Batches {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    /// The next batch; waits until it is ready.
    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        loop {
            match py.detach(|| self.wait()) {
                Next::Ready(Ok(batch)) => return to_arrays(py, *batch).map(Some),
                Next::Ready(Err(error)) => return Err(to_python(py, error)),
                Next::NotYet => py.check_signals()?,
                Next::End => return Ok(None),
            }
        }
    }

    /// Stops the threads and lets go of the batches made ahead.
    fn close(&self, py: Python<'_>) {
        py.detach(|| {
            let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
            *ahead = None;
        });
    }
}
