//! Files that are read at positions, by many threads at once.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, FileKind, Result};

/// How many bytes [`ReadAhead`] fetches at least.
const READ_AHEAD: usize = 16 * 1024;

/// An open file whose reads say where they start, so that no two readers share a position.
#[derive(Debug)]
pub struct PositionedFile {
    file: File,
    path: PathBuf,
    kind: FileKind,
    len: u64,
}

impl PositionedFile {
    /// Opens a regular file for reading; `kind` is what errors call its format.
    pub fn open(path: impl AsRef<Path>, kind: FileKind) -> Result<Self> {
        let path = path.as_ref();
        Self::open_regular(path)
            .map(|(file, len)| Self {
                file,
                path: path.to_path_buf(),
                kind,
                len,
            })
            .map_err(|source| Error::Io {
                path: path.to_path_buf(),
                source,
            })
    }

    fn open_regular(path: &Path) -> io::Result<(File, u64)> {
        // Asked before opening, because opening a named pipe waits for a writer.
        let metadata = fs::metadata(path)?;
        if metadata.is_dir() {
            return Err(io::Error::new(
                ErrorKind::IsADirectory,
                "is a directory, expected a file",
            ));
        }
        if !metadata.is_file() {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                "is not a regular file",
            ));
        }
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        Ok((file, len))
    }

    /// The path that the file was opened under.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file's format.
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// The file's length in bytes when it was opened.
    #[allow(clippy::len_without_is_empty)] // an empty file is an error like any other file that is cut short
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Fills the buffer with the bytes that start at `offset`.
    ///
    /// A file that ends before the buffer is full is a format error.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        let wanted = buffer.len() as u64;
        self.check_inside(offset, wanted)?;
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, offset + filled as u64) {
                // The file has become shorter since it was opened.
                Ok(0) => return Err(self.ends_early(offset, wanted)),
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(Error::Io {
                        path: self.path.clone(),
                        source,
                    });
                }
            }
        }
        Ok(())
    }

    /// The `length` bytes that start at `offset`, which are known to exist before memory is set aside for them.
    pub(crate) fn read_vec(&self, offset: u64, length: u64) -> Result<Vec<u8>> {
        self.check_inside(offset, length)?;
        let length = usize::try_from(length).map_err(|_| self.ends_early(offset, length))?;
        let mut bytes = vec![0; length];
        self.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    /// Fails unless `length` bytes from `offset` on lie inside the file.
    pub(crate) fn check_inside(&self, offset: u64, length: u64) -> Result<()> {
        match offset.checked_add(length) {
            Some(end) if end <= self.len => Ok(()),
            _ => Err(self.ends_early(offset, length)),
        }
    }

    /// The error for bytes at `offset` that are not as they should be.
    pub(crate) fn damaged(&self, offset: u64, reason: impl Into<String>) -> Error {
        Error::Format {
            kind: self.kind,
            path: self.path.clone(),
            offset,
            reason: reason.into(),
        }
    }

    fn ends_early(&self, offset: u64, wanted: u64) -> Error {
        let reason = format!(
            "file ends early: {wanted} bytes expected here, but the file has {} bytes in all",
            self.len
        );
        self.damaged(offset, reason)
    }
}

/// Small reads that mostly move forward, served from one larger read.
#[derive(Debug)]
pub(crate) struct ReadAhead<'a> {
    file: &'a PositionedFile,
    buffer: Vec<u8>,
    buffer_offset: u64,
}

impl<'a> ReadAhead<'a> {
    pub(crate) fn new(file: &'a PositionedFile) -> Self {
        Self {
            file,
            buffer: Vec::new(),
            buffer_offset: 0,
        }
    }

    /// The `length` bytes that start at `offset`.
    pub(crate) fn bytes(&mut self, offset: u64, length: u64) -> Result<&[u8]> {
        self.file.check_inside(offset, length)?;
        let buffer_end = self.buffer_offset + self.buffer.len() as u64;
        if offset < self.buffer_offset || offset + length > buffer_end {
            let ahead = length.max(READ_AHEAD as u64).min(self.file.len() - offset);
            self.buffer.clear();
            self.buffer.resize(ahead as usize, 0);
            self.buffer_offset = offset;
            self.file.read_exact_at(&mut self.buffer, offset)?;
        }
        let first = (offset - self.buffer_offset) as usize;
        self.buffer
            .get(first..first + length as usize)
            .ok_or_else(|| self.file.ends_early(offset, length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TempFile, TestResult};

    #[test]
    fn reads_are_exact() -> TestResult {
        let temp = TempFile::new("positioned.bin", b"0123456789")?;
        let file = PositionedFile::open(temp.path(), FileKind::BigWig)?;
        assert_eq!(file.len(), 10);
        assert_eq!(file.path(), temp.path());
        let mut buffer = [0; 4];
        file.read_exact_at(&mut buffer, 6)?;
        assert_eq!(&buffer, b"6789");
        file.read_exact_at(&mut [], 10)?;
        assert_eq!(file.read_vec(2, 3)?, b"234");
        Ok(())
    }

    #[test]
    fn a_short_read_is_a_format_error() -> TestResult {
        let temp = TempFile::new("short.bin", b"0123456789")?;
        let file = PositionedFile::open(temp.path(), FileKind::BigWig)?;
        for result in [
            file.read_exact_at(&mut [0; 4], 7),
            file.read_exact_at(&mut [0; 1], u64::MAX >> 1),
            file.read_vec(8, 3).map(drop),
            file.read_vec(8, u64::MAX).map(drop),
        ] {
            assert!(
                matches!(&result, Err(Error::Format { reason, .. }) if reason.starts_with("file ends early")),
                "{result:?}"
            );
        }
        Ok(())
    }

    #[test]
    fn a_file_that_shrinks_after_opening_is_a_format_error() -> TestResult {
        let temp = TempFile::new("shrinking.bin", b"0123456789")?;
        let file = PositionedFile::open(temp.path(), FileKind::BigWig)?;
        File::options().write(true).open(temp.path())?.set_len(5)?;
        let result = file.read_vec(3, 4);
        assert!(matches!(result, Err(Error::Format { .. })), "{result:?}");
        Ok(())
    }

    #[test]
    fn what_is_not_a_file_is_an_io_error() {
        for (path, kind) in [
            ("no/such/file", ErrorKind::NotFound),
            ("/", ErrorKind::IsADirectory),
            ("/dev/null", ErrorKind::InvalidInput),
        ] {
            let result = PositionedFile::open(path, FileKind::TwoBit);
            assert!(
                matches!(&result, Err(Error::Io { path: found, source }) if found == Path::new(path) && source.kind() == kind),
                "{result:?}"
            );
        }
    }

    #[test]
    fn reading_ahead_gives_the_same_bytes() -> TestResult {
        let bytes: Vec<u8> = (0..50_000u32).map(|i| (i % 251) as u8).collect();
        let temp = TempFile::new("ahead.bin", &bytes)?;
        let file = PositionedFile::open(temp.path(), FileKind::TwoBit)?;
        let mut ahead = ReadAhead::new(&file);
        for (offset, length) in [
            (0, 16),
            (16, 100),
            (16_380, 8),
            (49_990, 10),
            (3, 40_000),
            (50_000, 0),
        ] {
            assert_eq!(
                ahead.bytes(offset, length)?,
                &bytes[offset as usize..(offset + length) as usize]
            );
        }
        assert!(ahead.bytes(49_990, 11).is_err());
        assert!(ahead.bytes(u64::MAX, 2).is_err());
        Ok(())
    }
}
