//! Readers of 2bit and bigWig files, a writer of bigWig files, one-hot encoding and the window sampler of maxATAC.
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
//! genome.one_hot(chr1, 0, 3, Strand::Forward, &mut one_hot, 4, &mut scratch)?;
//! assert_eq!(one_hot, [1., 0., 0., 0., /* A */ 0., 1., 0., 0., /* C */ 0., 0., 1., 0. /* G */]);
//!
//! genome.one_hot(chr1, 2, 5, Strand::Reverse, &mut one_hot, 4, &mut scratch)?;
//! assert_eq!(one_hot, [0., 0., 0., 0., /* N */ 1., 0., 0., 0., /* A */ 0., 1., 0., 0. /* C */]);
//! # std::fs::remove_file(path)?;
//! # Ok(())
//! # }
//! ```

pub mod ahead;
pub mod bigwig;
pub mod bins;
pub mod buffer;
mod bytes;
pub mod chrom;
pub mod decoded;
pub mod error;
pub mod file;
pub mod memory;
mod one_hot;
pub mod random;
pub mod sampler;
pub mod starts;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod twobit;

pub use bigwig::{BigWig, BlockRef, Runs, Scratch};
pub use chrom::Chrom;
pub use error::{Error, FileKind, Result};
pub use file::PositionedFile;
pub use one_hot::Strand;
pub use twobit::TwoBit;
