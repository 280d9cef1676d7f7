//! Files that are read at positions, by many threads at once.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::{Error, Fault, FileKind, Result, zeroed};

/// How many bytes [`ReadAhead`] fetches at least.
const READ_AHEAD: usize = 16 * 1024;

/// An open file whose reads say where they start, so that no two readers share a position.
#[derive(Debug)]
pub struct PositionedFile {
    source: Source,
    path: PathBuf,
    kind: FileKind,
    state: State,
}

/// Where the bytes come from.
#[derive(Debug)]
enum Source {
    Disk(File),
    /// For the fuzz targets, to which a file per input would be most of the work.
    #[cfg(any(test, feature = "testing"))]
    Memory(Vec<u8>),
}

impl Source {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Self::Disk(file) => file.read_at(buffer, offset),
            #[cfg(any(test, feature = "testing"))]
            Self::Memory(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let mut rest = bytes.get(start..).unwrap_or_default();
                io::Read::read(&mut rest, buffer)
            }
        }
    }

    fn state(&self) -> io::Result<State> {
        match self {
            Self::Disk(file) => file.metadata().map(|metadata| State::of(&metadata)),
            #[cfg(any(test, feature = "testing"))]
            Self::Memory(bytes) => Ok(State {
                len: bytes.len() as u64,
                modified: None,
            }),
        }
    }
}

/// What tells that a file has been written to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct State {
    len: u64,
    modified: Option<SystemTime>,
}

impl State {
    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

impl PositionedFile {
    /// Opens a regular file for reading; `kind` is what errors call its format.
    pub fn open(path: impl AsRef<Path>, kind: FileKind) -> Result<Self> {
        let path = path.as_ref();
        let io_error = |source| Error::Io {
            path: path.to_path_buf(),
            source,
        };
        let source = Source::Disk(Self::open_regular(path).map_err(io_error)?);
        Self::new(source, path, kind)
    }

    /// A file that has its bytes in memory; errors name it as `path`.
    #[cfg(any(test, feature = "testing"))]
    pub fn in_memory(path: impl AsRef<Path>, bytes: Vec<u8>, kind: FileKind) -> Result<Self> {
        Self::new(Source::Memory(bytes), path.as_ref(), kind)
    }

    fn new(source: Source, path: &Path, kind: FileKind) -> Result<Self> {
        let path = path.to_path_buf();
        match source.state() {
            Ok(state) => Ok(Self {
                source,
                path,
                kind,
                state,
            }),
            Err(source) => Err(Error::Io { path, source }),
        }
    }

    fn open_regular(path: &Path) -> io::Result<File> {
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
        File::open(path)
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
        self.state.len
    }

    /// Fails if the file has been written to, or cut, since it was opened.
    ///
    /// The operating system tells this by length and time of last change. What was read before a call that succeeds
    /// is what the file held when it was opened; so the call comes after the reads. A file that was replaced by
    /// another of its name, rather than written to, is still the one that was opened.
    pub fn check_unchanged(&self) -> Result<()> {
        let state = self.source.state().map_err(|source| Error::Io {
            path: self.path.clone(),
            source,
        })?;
        if state == self.state {
            Ok(())
        } else {
            Err(Error::Changed {
                kind: self.kind,
                path: self.path.clone(),
                opened_len: self.state.len,
                len: state.len,
            })
        }
    }

    /// Fills the buffer with the bytes that start at `offset`.
    ///
    /// A file that ends before the buffer is full is a format error.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        let wanted = buffer.len() as u64;
        self.check_inside(offset, wanted)?;
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.source.read_at(rest, offset + filled as u64) {
                Ok(0) => {
                    // The file has become shorter since it was opened.
                    self.check_unchanged()?;
                    return Err(self.ends_early(offset, wanted));
                }
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
        let mut bytes = zeroed(length, "a part of a file")?;
        self.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    /// Fails unless `length` bytes from `offset` on lie inside the file.
    pub(crate) fn check_inside(&self, offset: u64, length: u64) -> Result<()> {
        match offset.checked_add(length) {
            Some(end) if end <= self.len() => Ok(()),
            _ => Err(self.ends_early(offset, length)),
        }
    }

    /// The error for bytes at `offset` that are not as they should be.
    pub(crate) fn damaged(&self, offset: u64, reason: impl Into<String>) -> Error {
        self.fault(offset, Fault::Damaged(reason.into()))
    }

    /// The error for a fault of the bytes at `offset`.
    pub(crate) fn fault(&self, offset: u64, fault: Fault) -> Error {
        Error::Format {
            kind: self.kind,
            path: self.path.clone(),
            offset,
            fault,
        }
    }

    fn ends_early(&self, offset: u64, wanted: u64) -> Error {
        let len = self.len();
        self.fault(offset, Fault::EndsEarly { wanted, len })
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
                matches!(
                    &result,
                    Err(Error::Format {
                        fault: Fault::EndsEarly { .. },
                        ..
                    })
                ),
                "{result:?}"
            );
        }
        Ok(())
    }

    #[test]
    fn a_change_after_opening_is_noticed() -> TestResult {
        let changes: [fn(&File) -> io::Result<()>; 3] = [
            |file| file.set_len(5),
            |file| file.set_len(11),
            |file| file.write_all_at(b"x", 2),
        ];
        for change in changes {
            let temp = TempFile::new("changing.bin", b"0123456789")?;
            let writer = File::options().write(true).open(temp.path())?;
            // The clock of a file system may stand still for some milliseconds.
            writer.set_modified(SystemTime::UNIX_EPOCH)?;
            let file = PositionedFile::open(temp.path(), FileKind::BigWig)?;
            assert_eq!(file.read_vec(3, 4)?, b"3456");
            file.check_unchanged()?;
            change(&writer)?;
            let result = file.check_unchanged();
            assert!(matches!(result, Err(Error::Changed { .. })), "{result:?}");
        }
        Ok(())
    }

    #[test]
    fn a_read_beyond_a_new_end_names_the_change() -> TestResult {
        let temp = TempFile::new("shrinking.bin", b"0123456789")?;
        let file = PositionedFile::open(temp.path(), FileKind::BigWig)?;
        File::options().write(true).open(temp.path())?.set_len(5)?;
        let result = file.read_vec(3, 4).map_err(|error| error.to_string());
        let words = "this bigWig file was changed while it was in use: it had 10 bytes when it was opened, and has 5 now";
        assert!(result.is_err_and(|text| text.ends_with(words)));
        Ok(())
    }

    #[test]
    fn a_file_in_memory_reads_like_one_on_disk() -> TestResult {
        let temp = TempFile::new("memory.bin", b"0123456789")?;
        let disk = PositionedFile::open(temp.path(), FileKind::TwoBit)?;
        let memory =
            PositionedFile::in_memory(temp.path(), b"0123456789".to_vec(), FileKind::TwoBit)?;
        memory.check_unchanged()?;
        for (offset, length) in [(0, 10), (3, 4), (10, 0), (8, 3), (11, 0), (u64::MAX, 1)] {
            let read = |file: &PositionedFile| {
                let bytes = file.read_vec(offset, length);
                bytes.map_err(|error| error.to_string())
            };
            assert_eq!(read(&memory), read(&disk), "{length} bytes from {offset}");
        }
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
