//! Paths are bytes to the system; Python writes those that are no text with surrogates.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use pyo3::exceptions::PyUnicodeEncodeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// A path as `os.fsencode` reads it: str, bytes or os.PathLike.
pub(crate) struct FilePath {
    pub(crate) path: PathBuf,
    /// The same as str.
    pub(crate) text: Py<PyString>,
}

impl<'a, 'py> FromPyObject<'a, 'py> for FilePath {
    type Error = PyErr;

    fn extract(path: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let py = path.py();
        let os = py.import("os")?;
        let path = os.call_method1("fspath", (path,))?;
        let text = match path.cast::<PyString>() {
            Ok(text) => text.clone(),
            Err(_) => os.call_method1("fsdecode", (&path,))?.cast_into()?,
        };
        let bytes: Vec<u8> = match os.call_method1("fsencode", (&path,)) {
            // The encoding of the environment lacks a character. The names of files are UTF-8 all the same.
            Err(error) if error.is_instance_of::<PyUnicodeEncodeError>(py) => path
                .call_method1("encode", ("utf-8", "surrogateescape"))?
                .extract()?,
            encoded => encoded?.extract()?,
        };
        Ok(Self {
            path: OsString::from_vec(bytes).into(),
            text: text.unbind(),
        })
    }
}
