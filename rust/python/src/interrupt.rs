//! Ctrl-C while the core works.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::Duration;

use maxatac_core::error::Error;
use pyo3::prelude::*;

use crate::error::to_python;

/// How often a wait looks for Ctrl-C.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);

/// Runs `work` on a thread of its own, and tells it to stop when Ctrl-C or another signal's handler raises.
pub(crate) fn cancellable<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&(dyn Fn() -> bool + Sync)) -> Result<T, Error> + Send,
) -> PyResult<T> {
    telling(py, |_| Ok(()), work)
}

/// The same for work that says how many bytes it has read; `progress` is called some times a second with how many more.
pub(crate) fn watched<T: Send>(
    py: Python<'_>,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce(&(dyn Fn(u64) -> bool + Sync)) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let read = AtomicU64::new(0);
    let mut before = 0;
    let tell = |py: Python<'_>| {
        let Some(progress) = &progress else {
            return Ok(());
        };
        let now = read.load(Ordering::Relaxed);
        let more = now - before;
        before = now;
        progress.call1(py, (more,)).map(drop)
    };
    telling(py, tell, |is_cancelled| {
        work(&|bytes| {
            read.store(bytes, Ordering::Relaxed);
            is_cancelled()
        })
    })
}

/// Runs `work` as `cancellable` does; calls `tell` now and then, which also stops the work if it raises.
fn telling<T: Send>(
    py: Python<'_>,
    mut tell: impl FnMut(Python<'_>) -> PyResult<()> + Send,
    work: impl FnOnce(&(dyn Fn() -> bool + Sync)) -> Result<T, Error> + Send,
) -> PyResult<T> {
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
                    interrupt = Python::attach(|py| py.check_signals().and_then(|()| tell(py)));
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
