use maxatac_core::Chrom;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyMapping, PyMappingProxy};

/// Lengths of chromosomes by name, as Python sees them.
///
/// Made once: a draft genome has tens of thousands of sequences, and the lengths are asked for with each of them.
pub(crate) struct Sizes(PyOnceLock<Py<PyMappingProxy>>);

impl Sizes {
    pub(crate) const fn new() -> Self {
        Self(PyOnceLock::new())
    }

    pub(crate) fn of<'py>(
        &self,
        py: Python<'py>,
        chroms: &[Chrom],
    ) -> PyResult<Bound<'py, PyMappingProxy>> {
        self.0
            .get_or_try_init(py, || {
                let sizes = PyDict::new(py);
                for chrom in chroms {
                    sizes.set_item(&chrom.name, chrom.size)?;
                }
                let sizes = sizes.into_any().cast_into::<PyMapping>()?;
                Ok(PyMappingProxy::new(py, &sizes).unbind())
            })
            .map(|sizes| sizes.bind(py).clone())
    }
}
