//! BAM files: their headers, and the cut sites of their reads.

use std::path::PathBuf;

use maxatac_core::alignment::{
    BamHeader, BamReader, BamSettings, BamTallies, Duplicates, Fate, Room, SiteStore, add_bam,
};
use maxatac_core::error::{Error, Fault};
use maxatac_core::io::EndBlock;
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::to_python;
use crate::interrupt::watched;
use crate::path::FilePath;

/// Read what a BAM file says before its reads.
///
/// Names and lengths come from the binary list. The text is only looked into, and cannot make a file unreadable.
///
/// Parameters
/// ----------
/// path : str, bytes or os.PathLike
///
/// Returns
/// -------
/// dict
///     ``chrom_sizes``: lengths in bp by name, in the order of the file; ``order``: what the text claims, or None;
///     ``programs``: name and command line of each program that the text lists; ``text_differs``: whether the text
///     lists other sequences than the binary list; ``has_end_block``: whether the file has the block that ends it.
///
/// Raises
/// ------
/// OSError
///     If the file cannot be read.
/// ReadsError
///     If it is no BAM file, is damaged, or lists a sequence twice.
#[pyfunction]
pub(crate) fn bam_header(py: Python<'_>, path: FilePath) -> PyResult<Bound<'_, PyDict>> {
    let read = || -> Result<(BamHeader, bool), Error> {
        let (reader, has_end_block) = match BamReader::open(&path.path, 1, EndBlock::Required) {
            Err(Error::Format {
                fault: Fault::NoEndBlock,
                ..
            }) => (BamReader::open(&path.path, 1, EndBlock::Optional)?, false),
            opened => (opened?, true),
        };
        Ok((reader.header().clone(), has_end_block))
    };
    let (header, has_end_block) = py.detach(read).map_err(|error| to_python(py, error))?;
    let sizes = PyDict::new(py);
    for (name, length) in header.names.iter().zip(&header.lengths) {
        sizes.set_item(name, length)?;
    }
    let told = PyDict::new(py);
    told.set_item("chrom_sizes", sizes)?;
    told.set_item("order", header.order)?;
    told.set_item("programs", header.programs)?;
    told.set_item("text_differs", header.text_differs)?;
    told.set_item("has_end_block", has_end_block)?;
    Ok(told)
}

/// Reads BAM files into the store; what was counted.
pub(crate) fn add<'py>(
    py: Python<'py>,
    store: &mut SiteStore,
    chroms: &[String],
    paths: Vec<FilePath>,
    settings: &BamSettings,
    room: &Room,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let paths: Vec<PathBuf> = paths.into_iter().map(|path| path.path).collect();
    let tallies = watched(py, progress, |watch| {
        add_bam(store, chroms, &paths, settings, room, &watch)
    })?;
    told(py, &tallies)
}

/// The tag of that name.
pub(crate) fn tag(name: &str) -> PyResult<[u8; 2]> {
    name.as_bytes().try_into().map_err(|_| {
        PyValueError::new_err(format!(
            "barcode_tag: found {name:?}; expected two letters such as CB"
        ))
    })
}

/// What to do about duplicates, as two options say it.
pub(crate) fn duplicates(skip: bool, trust_marks: bool) -> PyResult<Duplicates> {
    match (skip, trust_marks) {
        (true, true) => Err(PyValueError::new_err(
            "skip_deduplication and trust_marks exclude each other",
        )),
        (true, false) => Ok(Duplicates::Keep),
        (false, true) => Ok(Duplicates::Marked),
        (false, false) => Ok(Duplicates::Find),
    }
}

fn told<'py>(py: Python<'py>, tallies: &BamTallies) -> PyResult<Bound<'py, PyDict>> {
    let told = PyDict::new(py);
    for (name, count) in [
        ("records", tallies.records),
        ("depth", tallies.depth),
        ("secondary", tallies.secondary),
        ("supplementary", tallies.supplementary),
        ("qc_failed", tallies.qc_failed),
        ("marked", tallies.marked),
        ("primary", tallies.primary),
        ("barcoded", tallies.barcoded),
        ("without_bases", tallies.without_bases),
        ("clipped_5p", tallies.clipped_5p),
        ("split_pairs", tallies.split_pairs),
        ("pairs", tallies.pairs),
        ("unique_pairs", tallies.unique_pairs),
        ("over_10kb", tallies.over_10kb),
        ("unsorted", tallies.unsorted),
    ] {
        told.set_item(name, count)?;
    }
    for (fate, name) in Fate::ALL {
        told.set_item(name, tallies.fates[fate as usize])?;
    }
    told.set_item("other_chrom", tallies.other_chroms.clone())?;
    told.set_item("multiplicity", tallies.multiplicity.clone())?;
    let lengths = tallies.fragment_lengths.iter();
    let lengths = PyArray1::from_iter(py, lengths.map(|count| *count as i64));
    told.set_item("fragment_lengths", lengths)?;
    Ok(told)
}
