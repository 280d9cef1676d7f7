//! What can go wrong, by kind.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// The result of every call of this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of a reader or of what is built on it.
///
/// The kinds are what a caller can act on; the messages name the file, and the place in it where that is known.
#[derive(Debug, Error)]
pub enum Error {
    /// The operating system could not open or read a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// A file's bytes are not what its format asks for: another format, damaged or cut short.
    #[error("{}: not a valid {kind} file: {reason} (at byte {offset})", path.display())]
    Format {
        /// The format that was expected.
        kind: FileKind,
        /// The file.
        path: PathBuf,
        /// Where in the file the unexpected bytes, or the structure that they belong to, start.
        offset: u64,
        /// What was found and what was expected.
        reason: String,
    },

    /// A file is no longer what it was when it was opened.
    #[error(
        "{}: this {kind} file was changed while it was in use: it had {opened_len} bytes when it was opened, and has {len} now",
        path.display()
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
    #[error("{}: this {kind} file has no chromosome {chrom:?}; {known}", path.display())]
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
    #[error("{}: {chrom}:{start}-{end} is not inside the chromosome, which is {size} bp long", path.display())]
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

    /// An argument that no caller should have passed.
    #[error("{0}")]
    InvalidArgument(String),

    /// A region, or a set of regions, that cannot serve its purpose.
    #[error("{0}")]
    Region(String),

    /// The caller asked for a stop.
    #[error("stopped before the end")]
    Cancelled,
}

/// The formats that this crate reads.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FileKind {
    /// A genome's sequences in 2bit form.
    TwoBit,
    /// A track of values along a genome.
    BigWig,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TwoBit => "2bit",
            Self::BigWig => "bigWig",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_file_and_the_place() {
        let path = PathBuf::from("hg38.2bit");
        let format = Error::Format {
            kind: FileKind::TwoBit,
            path: path.clone(),
            offset: 16,
            reason: "file ends early".into(),
        };
        assert_eq!(
            format.to_string(),
            "hg38.2bit: not a valid 2bit file: file ends early (at byte 16)"
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
