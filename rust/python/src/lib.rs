//! `maxatac._core`: the compiled part of maxatac.
//!
//! Each function checks its arguments, lets go of the interpreter, calls `maxatac-core` and converts what comes back.
//! There is no other logic here.

// Docstrings here are Python's, in NumPy style; arguments arrive by value because PyO3 extracts them so.
#![allow(clippy::doc_markdown, clippy::needless_pass_by_value)]

mod alignment;
mod arithmetic;
mod bam;
mod batch;
mod error;
mod genome;
mod geometry;
mod interrupt;
mod memory;
mod path;
mod reader;
mod sampler;
mod sizes;
mod text;
mod track;
mod value_counts;
mod writer;

use pyo3::prelude::*;

/// The compiled part of maxatac: readers of 2bit and bigWig files, a writer of bigWig files, the reader and the sampler
/// of windows, and the cut sites of aligned reads.
#[pymodule]
mod _core {
    #[pymodule_export]
    use super::alignment::CutSites;
    #[pymodule_export]
    use super::arithmetic::TrackSums;
    #[pymodule_export]
    use super::arithmetic::TrackTransform;
    #[pymodule_export]
    use super::bam::bam_header;
    #[pymodule_export]
    use super::batch::Batches;
    #[pymodule_export]
    use super::genome::Genome;
    #[pymodule_export]
    use super::memory::Memory;
    #[pymodule_export]
    use super::reader::WindowReader;
    #[pymodule_export]
    use super::sampler::Sampler;
    #[pymodule_export]
    use super::text::check_end;
    #[pymodule_export]
    use super::track::Track;
    #[pymodule_export]
    use super::value_counts::ValueCounts;
    #[pymodule_export]
    use super::writer::BigWigWriter;
}
