//! Batches as numpy arrays in memory that comes back, and the iterator that has them ready.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use maxatac_core::ahead::{Ahead, Batch, BatchInputs, Next};
use maxatac_core::buffer::{Buffer, BufferPool};
use maxatac_core::error::Error;
use numpy::ndarray::{ArrayViewMut, Dimension, IntoDimension};
use numpy::{Element, PyArray};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::to_python;
use crate::sampler::{BIN, WINDOW};

/// Batches that may wait to be used again: those ahead, the one in use, and what a backend holds on to.
const POOLED_BATCHES: usize = 6;

/// How often a wait looks for Ctrl-C.
const PATIENCE: Duration = Duration::from_millis(100);

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
    let (window, bins) = (WINDOW as usize, (WINDOW / BIN) as usize);
    let examples = batch.targets.floats().len() / bins;
    let targets = array::<f32, _>(py, batch.targets, [examples, bins])?;
    let inputs = match batch.inputs {
        BatchInputs::OneHot(floats) => {
            array::<f32, _>(py, floats, [examples, window, 5])?.into_any()
        }
        BatchInputs::Compact { codes, signal } => {
            let codes = array::<u8, _>(py, codes, [examples, window])?;
            let signal = array::<f32, _>(py, signal, [examples, window])?;
            (codes, signal).into_pyobject(py)?.into_any()
        }
    };
    (inputs, targets).into_pyobject(py)
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

/// Runs `work` on a thread of its own, and tells it to stop when Ctrl-C or another signal's handler raises.
pub(crate) fn cancellable<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&(dyn Fn() -> bool + Sync)) -> Result<T, Error> + Send,
) -> PyResult<T> {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::thread::Builder;

    let cancelled = AtomicBool::new(false);
    py.detach(|| {
        std::thread::scope(|scope| {
            let (sender, receiver) = channel();
            let flag = &cancelled;
            let is_cancelled = move || flag.load(Ordering::Relaxed);
            let thread = Builder::new().spawn_scoped(scope, move || {
                let result = work(&is_cancelled);
                // The receiver outlives the thread.
                let _ = sender.send(());
                result
            });
            let thread = match thread {
                Ok(thread) => thread,
                Err(error) => return Ok(Err(Error::no_threads(1, &error))),
            };
            let mut interrupt = Ok(());
            while receiver.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                if interrupt.is_ok() {
                    #[allow(clippy::redundant_closure_for_method_calls)]
                    // the method alone is not general enough
                    let signals = Python::attach(|py| py.check_signals());
                    interrupt = signals;
                    cancelled.store(interrupt.is_err(), Ordering::Relaxed);
                }
            }
            let result = thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            interrupt.map(|()| result)
        })
    })?
    .map_err(|error| to_python(py, error))
}
