//! What can go wrong, by kind.

use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use bytemuck::Zeroable;
use thiserror::Error;

/// A path in a message: bytes that are no UTF-8 text as `\\xe9`, so that no two paths look the same.
#[derive(Debug)]
pub struct Shown<'a>(pub &'a Path);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.as_os_str().as_bytes().utf8_chunks() {
            f.write_str(chunk.valid())?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// The result of every call of this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of a reader or of what is built on it.
///
/// The kinds are what a caller can act on; the messages name the file, and the place in it where that is known.
#[derive(Debug, Error)]
pub enum Error {
    /// The operating system could not open or read a file.
    #[error("{}: {source}", Shown(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// A file's bytes are not what its format asks for: another format, damaged or cut short.
    #[error("{}: not a valid {kind} file: {fault} (at byte {offset})", Shown(path))]
    Format {
        /// The format that was expected.
        kind: FileKind,
        /// The file.
        path: PathBuf,
        /// Where in the file the unexpected bytes, or the structure that they belong to, start.
        offset: u64,
        /// What was found and what was expected.
        fault: Fault,
    },

    /// A line of a text file is not what its format asks for, or does not fit the genome.
    #[error("{}: line {line}: {reason}", Shown(path))]
    Line {
        /// The file's format.
        kind: FileKind,
        /// The file.
        path: PathBuf,
        /// Which line, 1-based.
        line: u64,
        /// What was found and what was expected.
        reason: String,
    },

    /// A file is no longer what it was when it was opened.
    #[error(
        "{}: this {kind} file was changed while it was in use: it had {opened_len} bytes when it was opened, and has {len} now",
        Shown(path)
    )]
    Changed {
        /// The file's format.
        kind: FileKind,
        /// The file.
        path: PathBuf,
        /// Its length in bytes when it was opened.
        opened_len: u64,
        /// Its length in bytes now.
        len: u64,
    },

    /// A file has no chromosome of that name.
    #[error(
        "{}: this {kind} file has no chromosome {chrom:?}; {known}",
        Shown(path)
    )]
    UnknownChrom {
        /// The file's format.
        kind: FileKind,
        /// The file.
        path: PathBuf,
        /// The name that was asked for.
        chrom: String,
        /// A few of the names that the file does have, in words.
        known: String,
    },

    /// A region is not inside its chromosome.
    #[error(
        "{}: {chrom}:{start}-{end} is not inside the chromosome, which is {size} bp long",
        Shown(path)
    )]
    OutOfBounds {
        /// The file's format.
        kind: FileKind,
        /// The file.
        path: PathBuf,
        /// The chromosome's name.
        chrom: String,
        /// The region's start, 0-based.
        start: i64,
        /// The region's end, not included.
        end: i64,
        /// The chromosome's length in bp.
        size: u32,
    },

    /// Settings, or numbers of tracks, chromosomes and regions, that do not fit together.
    #[error("{0}")]
    Settings(String),

    /// Data that a file of this format cannot hold, or not in this order.
    #[error("{0}")]
    Unwritable(String),

    /// A call that only a fault of the program makes: a buffer of the wrong length, a number that stands for nothing.
    #[error("{0}")]
    Misuse(String),

    /// A region, or a set of regions, that cannot serve its purpose.
    #[error("{0}")]
    Region(String),

    /// The machine, or a limit set for the process, does not give what is needed: threads or memory.
    #[error("{0}")]
    Resource(String),

    /// The caller asked for a stop.
    #[error("stopped before the end")]
    Cancelled,
}

impl Error {
    /// The file that the error is about, if it is about one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Io { path, .. }
            | Self::Format { path, .. }
            | Self::Line { path, .. }
            | Self::Changed { path, .. }
            | Self::UnknownChrom { path, .. }
            | Self::OutOfBounds { path, .. } => Some(path),
            _ => None,
        }
    }

    /// `threads` could not be started.
    pub fn no_threads(threads: usize, error: &dyn fmt::Display) -> Self {
        let plural = if threads == 1 { "" } else { "s" };
        Self::Resource(format!(
            "{threads} thread{plural} could not be started: {error}; use fewer, or raise the limit of the process (ulimit -u, ulimit -v)"
        ))
    }
}

/// What is wrong with the bytes of a file.
#[derive(Debug, Error)]
pub enum Fault {
    /// They are of another format, or of a version that is not read: another file was meant.
    #[error("{0}")]
    OtherFormat(String),

    /// The file ends too early: a copy or a download was not finished.
    #[error("file ends early: {wanted} bytes expected here, but the file has {len} bytes in all")]
    EndsEarly {
        /// Bytes that should follow from the place named.
        wanted: u64,
        /// Bytes that the file has.
        len: u64,
    },

    /// The file ends inside a part that was to be whole, in words: a copy or a download was not finished.
    #[error("{0}")]
    Cut(String),

    /// A BGZF file without the empty block at its end.
    #[error(
        "the empty block that ends a BGZF file is missing: the file was cut, or its writer leaves that block out"
    )]
    NoEndBlock,

    /// Something else is not as it should be.
    #[error("{0}")]
    Damaged(String),
}

/// A value for each of `len` items, all zero, or the error that says how much memory they need.
///
/// # Errors
///
/// [`Error::Resource`], where `vec!` would end the process.
pub fn zeroed<T: Zeroable>(len: usize, what: &str) -> Result<Vec<T>> {
    bytemuck::allocation::try_zeroed_vec(len).map_err(|()| no_memory::<T>(len, what))
}

/// Room for items, or the error that says how much memory they need.
pub(crate) fn with_capacity<T>(len: usize, what: &str) -> Result<Vec<T>> {
    let mut items = Vec::new();
    match items.try_reserve_exact(len) {
        Ok(()) => Ok(items),
        Err(_) => Err(no_memory::<T>(len, what)),
    }
}

/// Makes room for more items, or returns the error that says how much memory they need.
pub(crate) fn reserve<T>(items: &mut Vec<T>, additional: usize, what: &str) -> Result<()> {
    items
        .try_reserve(additional)
        .map_err(|_| no_memory::<T>(items.len().saturating_add(additional), what))
}

fn no_memory<T>(len: usize, what: &str) -> Error {
    let bytes = (len as u64).saturating_mul(size_of::<T>() as u64);
    Error::Resource(format!(
        "{bytes} bytes of memory for {what} could not be had; ask for less, or raise the limit of the process (ulimit -v)"
    ))
}

/// The formats that this crate reads.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FileKind {
    /// A genome's sequences in 2bit form.
    TwoBit,
    /// A track of values along a genome.
    BigWig,
    /// Aligned reads.
    Bam,
    /// Fragments with barcodes, as 10x Genomics writes them.
    Fragments,
    /// Reads or fragments, one a line.
    Bed,
    /// Pairs of reads, one a line.
    Bedpe,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TwoBit => "2bit",
            Self::BigWig => "bigWig",
            Self::Bam => "BAM",
            Self::Fragments => "fragments",
            Self::Bed => "BED",
            Self::Bedpe => "BEDPE",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_a_path_that_are_no_text_are_seen() {
        for (bytes, expected) in [
            (b"a/b.bw".as_slice(), "a/b.bw"),
            ("\u{3b2}.bw".as_bytes(), "\u{3b2}.bw"),
            (b"\xe9\xff/\xce\xb2.bw", "\\xe9\\xff/\u{3b2}.bw"),
        ] {
            let path = Path::new(std::ffi::OsStr::from_bytes(bytes));
            assert_eq!(Shown(path).to_string(), expected);
        }
    }

    #[test]
    fn messages_name_the_file_and_the_place() {
        let path = PathBuf::from("hg38.2bit");
        let format = Error::Format {
            kind: FileKind::TwoBit,
            path: path.clone(),
            offset: 16,
            fault: Fault::Damaged("record is incomplete".into()),
        };
        assert_eq!(
            format.to_string(),
            "hg38.2bit: not a valid 2bit file: record is incomplete (at byte 16)"
        );

        let bounds = Error::OutOfBounds {
            kind: FileKind::TwoBit,
            path,
            chrom: "chr1".into(),
            start: -3,
            end: 1021,
            size: 1000,
        };
        assert_eq!(
            bounds.to_string(),
            "hg38.2bit: chr1:-3-1021 is not inside the chromosome, which is 1000 bp long"
        );
    }
}
