//! Readers of 2bit and bigWig files, a writer of bigWig files, one-hot encoding, the reader and sampler of maxATAC's
//! windows, and the way from aligned reads to tracks of cut sites.
//!
//! A **2bit** file holds the sequences of a genome with four bases to the byte, together with the places where the
//! base is not known (N). A **bigWig** file holds one number per base of a genome: sorted intervals with a value
//! each, packed into compressed blocks, with an R-tree to find the blocks that overlap a region. Neither format says
//! in which byte order it was written other than by its magic number; both orders are read.
//!
//! Coordinates are 0-based and half-open everywhere. A reader is opened once and then shared between threads: all
//! reads are positioned, and what one thread needs for itself (buffers, a decompressor) is passed in. Bytes of a file
//! are never trusted: a damaged file is an [`Error`], not a panic and not an allocation without bound.
//!
//! # Examples
//!
//! Encode the start of a sequence. The file is small enough to be written here: one sequence, `ACGTN`.
//!
//! ```
//! use maxatac_core::{Strand, TwoBit};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
//! let mut bytes = words(&[0x1A41_2743, 0, 1, 0]); // magic number, version, sequences, reserved
//! bytes.extend(b"\x04chr1"); // length of the name, name
//! bytes.extend(words(&[25])); // where the sequence's record starts
//! bytes.extend(words(&[5, 1, 4, 1, 0, 0])); // bases; N runs, their starts, their lengths; masked runs; reserved
//! bytes.extend([0b10_01_11_00, 0]); // A C G T, then a place holder for N
//!
//! let path = std::env::temp_dir().join(format!("maxatac-core-example-{}.2bit", std::process::id()));
//! std::fs::write(&path, bytes)?;
//!
//! let genome = TwoBit::open(&path)?;
//! let chr1 = genome.require_chrom("chr1")?;
//! let (mut one_hot, mut scratch) = ([0.0; 12], Vec::new());
//!
//! genome.one_hot(chr1, 0, 3, Strand::Forward, &mut one_hot, &mut scratch)?;
//! assert_eq!(one_hot, [1., 0., 0., 0., /* A */ 0., 1., 0., 0., /* C */ 0., 0., 1., 0. /* G */]);
//!
//! genome.one_hot(chr1, 2, 5, Strand::Reverse, &mut one_hot, &mut scratch)?;
//! assert_eq!(one_hot, [0., 0., 0., 0., /* N */ 1., 0., 0., 0., /* A */ 0., 1., 0., 0. /* C */]);
//! # std::fs::remove_file(path)?;
//! # Ok(())
//! # }
//! ```

pub mod bigwig;
pub mod chrom;
pub mod error;
pub mod memory;
pub mod spans;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

/// Bytes of files.
pub mod io {
    pub(crate) mod bytes;
    pub(crate) mod file;
    pub(crate) mod gzip;
    mod inflate;

    pub use self::file::PositionedFile;
    pub use self::inflate::{EndBlock, Inflated};
}

/// The bases of a genome.
pub mod sequence {
    mod one_hot;
    mod twobit;

    pub use self::one_hot::{INPUT_CHANNELS, Strand};
    pub use self::twobit::TwoBit;
}

/// A signal along a genome: its blocks, decoded once and read many times.
pub mod track {
    mod block;
    mod decoded;
    mod pieces;
    mod runs;
    mod sums;
    mod transform;
    mod value_counts;

    pub use self::block::{Block, PaintedWindow};
    pub use self::decoded::{DecodedTrack, Decoder};
    pub use self::sums::{Added, Sums};
    pub use self::transform::{Transform, transform};
    pub use self::value_counts::{LowerBits, ValueCounts};

    /// The memory that tracks share: blocks that are held, and a cache of others.
    pub type Memory = crate::memory::Cache<Block>;
}

/// Inputs and targets of windows.
pub mod window {
    mod bins;
    mod reader;

    pub use crate::sequence::INPUT_CHANNELS as CHANNELS;

    pub use self::bins::{Target, targets};
    pub use self::reader::{
        Files, Geometry, Inputs, Preloaded, Targets, Wanted, Window, WindowReader,
    };
}

/// From aligned reads to the coverage of cut sites.
pub mod alignment {
    pub mod bam;
    mod bed;
    mod coverage;
    mod duplicates;
    mod equal;
    mod from_bam;
    mod line;
    mod pairs;
    mod signal;
    mod site;
    mod spill;
    mod spread;
    mod store;
    mod text;

    pub use self::bam::{BamHeader, BamReader};
    pub use self::bed::{BedColumns, BedWriter};
    pub use self::coverage::{CountHistogram, SiteUse, Windows};
    pub use self::from_bam::{
        BamSettings, BamTallies, Duplicates, Fate, Room, add_bam, add_bam_files,
    };
    pub use self::line::TextKind;
    pub use self::signal::Scale;
    pub use self::site::{CutSite, ReadLabel};
    pub use self::spill::{Spill, Spilled};
    pub use self::spread::{Places, Spread};
    pub use self::store::{MARGIN, SiteStore, Sites};
    pub use self::text::{
        Bad, Barcodes, Dropped, Ends, TextSettings, TextTallies, add_lines, add_text,
    };
}

/// Which windows a batch holds.
pub mod sampling {
    pub mod random;
    mod sampler;
    pub mod starts;

    pub use self::sampler::{Example, Regions, SampledChrom, Sampler, Settings};
}

/// Batches that are read ahead of their use, into memory that is used again.
pub mod batches {
    mod ahead;
    mod buffer;

    pub use self::ahead::{Ahead, Batch, BatchInputs, Next, Order};
    pub use self::buffer::{Buffer, BufferPool};
}

pub use bigwig::{BigWig, BlockRef, Runs, Scratch};
pub use chrom::Chrom;
pub use error::{Error, Fault, FileKind, Result};
pub use io::PositionedFile;
pub use sequence::{Strand, TwoBit};
