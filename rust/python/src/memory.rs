use std::sync::Arc;

use maxatac_core::track;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Bytes that decoded blocks may take unless the caller says otherwise.
const MEMORY: u64 = 4 << 30;

/// A limit on the bytes that decoded track data may take, to be shared by readers of windows.
///
/// Parameters
/// ----------
/// limit : int
///     Bytes. A sampler first fills it with what its batches come back to: the binding tracks, and the signal that its regions
///     touch. The rest, at least an eighth or 64 MiB, caches what else is read.
#[pyclass(frozen, module = "maxatac._core")]
pub(crate) struct Memory {
    pub(crate) inner: Arc<track::Memory>,
}

#[pymethods]
impl Memory {
    #[new]
    fn new(limit: u64) -> Self {
        Self {
            inner: Arc::new(track::Memory::new(limit)),
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
        summary.set_item("inflated", usage.missed)?;
        Ok(summary)
    }
}

/// A limit of its own, or one that is shared.
pub(crate) fn memory_of(argument: Option<&Bound<'_, PyAny>>) -> PyResult<Arc<track::Memory>> {
    let limit = match argument {
        None => MEMORY,
        Some(argument) => match argument.cast::<Memory>() {
            Ok(shared) => return Ok(Arc::clone(&shared.get().inner)),
            Err(_) => argument.extract()?,
        },
    };
    Ok(Arc::new(track::Memory::new(limit)))
}
