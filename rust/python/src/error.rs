//! Core errors become the exceptions of `maxatac.errors` and of Python's own tree.

use std::path::Path;

use maxatac_core::error::{Error, FileKind, Shown};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::PyErr;
use pyo3::exceptions::{PyKeyboardInterrupt, PyOSError, PyValueError};
use pyo3::prelude::*;

pyo3::import_exception!(maxatac.errors, GenomeError);
pyo3::import_exception!(maxatac.errors, TrackError);
pyo3::import_exception!(maxatac.errors, ReadsError);
pyo3::import_exception!(maxatac.errors, RegionError);
pyo3::import_exception!(maxatac.errors, ResourceError);

/// Turns a core error into the exception that names it in Python; that of a file has the path as `path` too,
/// and that of a line the line as `line`.
pub(crate) fn to_python(py: Python<'_>, error: Error) -> PyErr {
    let message = match message(py, &error) {
        Ok(message) => message,
        Err(error) => return error,
    };
    let line = match &error {
        Error::Line { line, .. } => Some(*line),
        _ => None,
    };
    match error {
        Error::Io { path, source } => os_error(py, &path, &source, message),
        Error::Format { kind, path, .. }
        | Error::Line { kind, path, .. }
        | Error::Changed { kind, path, .. }
        | Error::UnknownChrom { kind, path, .. }
        | Error::OutOfBounds { kind, path, .. } => {
            let exception = match kind {
                FileKind::TwoBit => GenomeError::new_err(message),
                FileKind::BigWig => TrackError::new_err(message),
                FileKind::Bam | FileKind::Fragments | FileKind::Bed | FileKind::Bedpe => {
                    ReadsError::new_err(message)
                }
            };
            let value = exception.value(py);
            let set = value.setattr("path", path);
            match set.and_then(|()| line.map_or(Ok(()), |line| value.setattr("line", line))) {
                Ok(()) => exception,
                Err(error) => error,
            }
        }
        Error::Settings(_) | Error::Unwritable(_) | Error::Misuse(_) => {
            PyValueError::new_err(message)
        }
        Error::Region(_) => RegionError::new_err(message),
        Error::Resource(_) => ResourceError::new_err(message),
        Error::Cancelled => PyKeyboardInterrupt::new_err(message),
    }
}

/// The message, in which a path is spelt as Python spells it.
fn message(py: Python<'_>, error: &Error) -> PyResult<Py<PyAny>> {
    let message = error.to_string().into_pyobject(py)?.into_any();
    let message = match error.path() {
        Some(path) if path.to_str().is_none() => {
            message.call_method1("replace", (Shown(path).to_string(), path.as_os_str()))?
        }
        _ => message,
    };
    Ok(message.unbind())
}

/// `OSError(errno, text, path)`, of which Python makes `FileNotFoundError`, `PermissionError` and so on.
fn os_error(py: Python<'_>, path: &Path, source: &std::io::Error, message: Py<PyAny>) -> PyErr {
    let Some(errno) = source.raw_os_error() else {
        return PyOSError::new_err(message);
    };
    let made = py
        .import("os")
        .and_then(|os| os.call_method1("strerror", (errno,)))
        .and_then(|text| {
            py.get_type::<PyOSError>()
                .call1((errno, text, path.as_os_str()))
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

/// A column of numbers as Python gives it, checked to fit the core's unsigned coordinates.
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

/// Spans as Python gives them, one a row, checked to fit the core's unsigned coordinates.
pub(crate) fn spans(array: &PyReadonlyArray2<'_, i64>, name: &str) -> PyResult<Vec<(u32, u32)>> {
    // Refuses what is not aligned; rows are then taken from the view, which knows the memory order.
    array.as_slice()?;
    let rows = array.as_array();
    if rows.ncols() != 2 {
        return Err(PyValueError::new_err(format!(
            "{name}: expected columns start and end"
        )));
    }
    rows.rows()
        .into_iter()
        .map(|row| interval(row[0], row[1]))
        .collect()
}
