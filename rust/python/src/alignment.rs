use maxatac_core::alignment::{SiteStore, Sites};
use numpy::PyArray1;
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::error::to_python;
use crate::path::FilePath;

/// The cut sites of a sample, by group and chromosome.
///
/// Sites are added from files in any order; after ``finish`` their coverage is counted and written.
///
/// Parameters
/// ----------
/// chrom_sizes : mapping of str to int
///     Lengths in bp of the chromosomes whose sites are kept.
/// temp_dir : str, bytes or os.PathLike
///     Folder for the sites that do not fit in memory. The file there has no name, and is gone when the process ends.
/// memory : int
///     Bytes that sites may take before they go to the folder.
/// threads : int
///     Threads that read and sort.
/// groups : int
///     Number of groups, such as cell types, that are kept apart.
/// with_labels : bool
///     Whether names and mapping qualities are kept, for BED files.
///
/// Raises
/// ------
/// ValueError
///     If there is no group or thread, or a chromosome has 2^32 bp or more.
/// ResourceError
///     If there is too little memory, here and in every method.
#[pyclass(module = "maxatac._core")]
pub(crate) struct CutSites {
    names: Vec<String>,
    threads: usize,
    state: State,
}

/// Sites are added first and used then; `None` after an error, when the sites are not all there.
enum State {
    Filling(SiteStore),
    Full(Sites),
    Failed,
}

#[pymethods]
impl CutSites {
    #[new]
    #[pyo3(signature = (chrom_sizes, *, temp_dir, memory, threads = 1, groups = 1, with_labels = false))]
    fn new(
        py: Python<'_>,
        chrom_sizes: &Bound<'_, PyMapping>,
        temp_dir: FilePath,
        memory: u64,
        threads: usize,
        groups: usize,
        with_labels: bool,
    ) -> PyResult<Self> {
        let sizes: Vec<(String, u64)> = chrom_sizes.items()?.extract()?;
        let mut lengths = Vec::with_capacity(sizes.len());
        let mut names = Vec::with_capacity(sizes.len());
        for (name, size) in sizes {
            let Ok(length) = u32::try_from(size) else {
                return Err(PyValueError::new_err(format!(
                    "chromosome {name} is {size} bp long; expected less than 2^32"
                )));
            };
            lengths.push(length);
            names.push(name);
        }
        if groups == 0 || threads == 0 {
            return Err(PyValueError::new_err(format!(
                "found {groups} groups and {threads} threads; expected 1 or more of each"
            )));
        }
        let store = SiteStore::new(&lengths, groups, &temp_dir.path, memory, with_labels)
            .map_err(|error| to_python(py, error))?;
        Ok(Self {
            names,
            threads,
            state: State::Filling(store),
        })
    }

    /// End the adding of sites.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     After an error in adding them.
    fn finish(&mut self, py: Python<'_>) -> PyResult<()> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Filling(store) => {
                let sites = py.detach(|| store.finish());
                self.state = State::Full(sites.map_err(|error| to_python(py, error))?);
                Ok(())
            }
            State::Full(sites) => {
                self.state = State::Full(sites);
                Ok(())
            }
            State::Failed => Err(failed()),
        }
    }

    /// Get the sites of a group on a chromosome, sorted.
    ///
    /// Parameters
    /// ----------
    /// group : int
    /// chrom : str
    ///
    /// Returns
    /// -------
    /// positions : numpy.ndarray, shape (sites,), int64
    /// reverse : numpy.ndarray, shape (sites,), bool
    ///     Whether the read lies on the reverse strand.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If the folder cannot be read.
    /// ValueError
    ///     Before ``finish``, after an error, or for a group that there is not.
    /// KeyError
    ///     For a chromosome that there is not.
    fn sites<'py>(
        &self,
        py: Python<'py>,
        group: u32,
        chrom: &str,
    ) -> PyResult<(Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<bool>>)> {
        let (sites, chrom) = (self.full()?, self.number(chrom)?);
        let (positions, reverse): (Vec<i64>, Vec<bool>) = py
            .detach(|| {
                let sites = sites.sorted(group, chrom)?;
                Ok(sites
                    .into_iter()
                    .map(|site| (site.position, site.is_reverse))
                    .unzip())
            })
            .map_err(|error| to_python(py, error))?;
        Ok((
            PyArray1::from_vec(py, positions),
            PyArray1::from_vec(py, reverse),
        ))
    }
}

impl CutSites {
    /// Adds sites with `work`. After an error nothing more can be done, because some sites are there and some are not.
    #[allow(dead_code)] // the readers use it
    pub(crate) fn add<T>(
        &mut self,
        work: impl FnOnce(&mut SiteStore, &[String], usize) -> PyResult<T>,
    ) -> PyResult<T> {
        let State::Filling(store) = &mut self.state else {
            return Err(match self.state {
                State::Failed => failed(),
                _ => PyValueError::new_err("sites cannot be added after finish"),
            });
        };
        let result = work(store, &self.names, self.threads);
        if result.is_err() {
            self.state = State::Failed;
        }
        result
    }

    fn full(&self) -> PyResult<&Sites> {
        match &self.state {
            State::Full(sites) => Ok(sites),
            State::Filling(_) => Err(PyValueError::new_err("the sites are not finished")),
            State::Failed => Err(failed()),
        }
    }

    fn number(&self, chrom: &str) -> PyResult<u32> {
        let found = self.names.iter().position(|name| name == chrom);
        found
            .map(|number| number as u32)
            .ok_or_else(|| PyKeyError::new_err(chrom.to_owned()))
    }
}

fn failed() -> PyErr {
    PyValueError::new_err("the sites cannot be used after an error")
}
