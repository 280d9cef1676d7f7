//! Settings and counts of text files, for `CutSites.add_text`.

use maxatac_core::alignment::{Bad, Barcodes, Ends, TextKind, TextSettings, TextTallies};
use maxatac_core::io::{EndBlock, Inflated};
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyMapping};

use crate::error::to_python;
use crate::path::FilePath;

/// Look at the last bytes of a text file: whether it was cut off, as far as these tell.
///
/// Parameters
/// ----------
/// path : str, bytes or os.PathLike
///     Plain, gzip or BGZF.
///
/// Raises
/// ------
/// OSError
///     If the file cannot be read.
/// ReadsError
///     If it is BGZF and ends inside a block, or without the empty block that marks its end.
#[pyfunction]
pub(crate) fn check_end(py: Python<'_>, path: FilePath) -> PyResult<()> {
    let kind = TextKind::Fragments.file_kind();
    let opened = py.detach(|| Inflated::open(&path.path, kind, 1, EndBlock::Required));
    opened.map(drop).map_err(|error| to_python(py, error))
}

pub(crate) fn kind(name: &str) -> PyResult<TextKind> {
    match name {
        "fragments" => Ok(TextKind::Fragments),
        "bed" => Ok(TextKind::Bed),
        "bedpe" => Ok(TextKind::Bedpe),
        _ => Err(PyValueError::new_err(format!(
            "kind is {name:?}; expected fragments, bed or bedpe"
        ))),
    }
}

pub(crate) fn ends(shift: &str) -> PyResult<Ends> {
    match shift {
        "none" => Ok(Ends::Aligned),
        "10x" | "+4/-4" => Ok(Ends::Cut),
        _ => Err(PyValueError::new_err(format!(
            "shift is {shift:?}; expected none, 10x or +4/-4"
        ))),
    }
}

pub(crate) fn barcodes(barcodes: Option<&Bound<'_, PyMapping>>) -> PyResult<Option<Barcodes>> {
    barcodes.map(|found| found.items()?.extract()).transpose()
}

pub(crate) fn to_dict<'py>(
    py: Python<'py>,
    path: &FilePath,
    settings: &TextSettings,
    tallies: &TextTallies,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let (dropped, first) = (PyDict::new(py), PyDict::new(py));
    for ((_, name), lines) in Bad::ALL.iter().zip(&tallies.dropped) {
        let file = path.text.bind(py);
        let shown = lines.first.iter();
        let shown = shown.map(|(line, text)| format!("{file}, line {line}: {text}"));
        dropped.set_item(name, lines.lines)?;
        first.set_item(name, shown.collect::<Vec<_>>())?;
    }
    let multiplicity = PyDict::new(py);
    for (times, count) in &tallies.multiplicity {
        multiplicity.set_item(times, count)?;
    }
    let lengths = tallies.fragment_lengths.iter().map(|&count| count as i64);
    dict.set_item("records", tallies.records)?;
    dict.set_item("dropped", dropped)?;
    dict.set_item("first_dropped", first)?;
    dict.set_item("other_chrom", &tallies.other_chroms)?;
    dict.set_item("orphans", tallies.orphans)?;
    dict.set_item("not_proper", tallies.not_proper)?;
    dict.set_item("no_barcode", tallies.no_barcode)?;
    dict.set_item("too_long", tallies.too_long)?;
    dict.set_item("over_10kb", tallies.over_10kb)?;
    dict.set_item("duplicates", tallies.duplicates)?;
    dict.set_item("compared", tallies.equal.map_or(0, |_| tallies.good))?;
    dict.set_item("equal", tallies.equal.unwrap_or(0))?;
    dict.set_item("sites", tallies.sites)?;
    dict.set_item("depth", tallies.sites)?;
    dict.set_item("fragment_lengths", PyArray1::from_iter(py, lengths))?;
    dict.set_item("multiplicity", multiplicity)?;
    dict.set_item("pairs", tallies.pairs)?;
    dict.set_item("unique_pairs", tallies.unique_pairs)?;
    if let Some(listed) = &settings.barcodes {
        let met = tallies
            .met
            .iter()
            .map(|&place| PyBytes::new(py, &listed[place].0));
        dict.set_item("barcodes_met", met.collect::<Vec<_>>())?;
        dict.set_item("barcoded", tallies.good + tallies.too_long)?;
    }
    Ok(dict)
}
