//! Core errors become the exceptions of `maxatac.errors` and of Python's own tree.

use maxatac_core::error::{Error, FileKind};
use pyo3::PyErr;
use pyo3::exceptions::{PyKeyboardInterrupt, PyValueError};
use pyo3::prelude::*;

pyo3::import_exception!(maxatac.errors, GenomeError);
pyo3::import_exception!(maxatac.errors, TrackError);
pyo3::import_exception!(maxatac.errors, RegionError);

/// Turns a core error into the exception that names it in Python; that of a file has the path as `path` too.
pub(crate) fn to_python(py: Python<'_>, error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::Io { path, source } => os_error(py, &path, &source),
        Error::Format { kind, path, .. }
        | Error::Changed { kind, path, .. }
        | Error::UnknownChrom { kind, path, .. }
        | Error::OutOfBounds { kind, path, .. } => {
            let exception = match kind {
                FileKind::TwoBit => GenomeError::new_err(message),
                FileKind::BigWig => TrackError::new_err(message),
            };
            match exception.value(py).setattr("path", path) {
                Ok(()) => exception,
                Err(error) => error,
            }
        }
        Error::InvalidArgument(_) => PyValueError::new_err(message),
        Error::Region(_) => RegionError::new_err(message),
        Error::Cancelled => PyKeyboardInterrupt::new_err(message),
    }
}

/// `OSError(errno, text, path)`, of which Python makes `FileNotFoundError`, `PermissionError` and so on.
fn os_error(py: Python<'_>, path: &std::path::Path, source: &std::io::Error) -> PyErr {
    let path = path.display().to_string();
    let Some(errno) = source.raw_os_error() else {
        return pyo3::exceptions::PyOSError::new_err(format!("{path}: {source}"));
    };
    let made = py
        .import("os")
        .and_then(|os| os.call_method1("strerror", (errno,)))
        .and_then(|text| {
            py.get_type::<pyo3::exceptions::PyOSError>()
                .call1((errno, text, path))
        });
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// An interval as Python gives it, checked to fit the core's unsigned coordinates.
pub(crate) fn interval(start: i64, end: i64) -> PyResult<(u32, u32)> {
    match (u32::try_from(start), u32::try_from(end)) {
        (Ok(from), Ok(to)) if from <= to => Ok((from, to)),
        _ => Err(RegionError::new_err(format!(
            "interval {start}..{end}: expected 0 <= start <= end < 2^32"
        ))),
    }
}
