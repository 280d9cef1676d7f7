//! Bytes in buckets, in memory up to a limit and then in one temporary file.
//!
//! The file has no name: it is removed from its folder as soon as it is open, and so it is gone when the process ends,
//! however it ends. There are as many buckets as wanted for one open file. A bucket without bytes takes 4 bytes, in
//! pages that are not touched.
//!
//! When the limit is reached, the bytes of all buckets are written in the order of the buckets, as a *run*, and are
//! forgotten in memory. A bucket is read from one stretch of each run. Reading buckets in their order so reads each run
//! from its start to its end.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result, reserve, with_capacity, zeroed};

const WHAT: &str = "buckets";
/// How many bytes are gathered before they are written.
const BUFFER: usize = 1 << 20;
/// Bytes that a bucket with data takes beside its data: its place in the list, and what the allocator adds.
const OVERHEAD: usize = size_of::<Pending>() + 16;
/// Least bytes that a bucket is given.
const SMALLEST: usize = 24;
/// Names that are tried for the temporary file.
const TRIES: usize = 1000;

/// Buckets that are being filled.
#[derive(Debug)]
pub struct Spill {
    dir: PathBuf,
    memory: usize,
    /// For each bucket, 1 + its place in `pending`, or 0.
    places: Vec<u32>,
    pending: Vec<Pending>,
    /// Bytes that `pending` takes.
    held: usize,
    file: Option<File>,
    runs: Vec<Run>,
}

/// The bytes of a bucket that are not in the file.
#[derive(Debug)]
struct Pending {
    bytes: Vec<u8>,
    bucket: u32,
}

/// What was written at once: the buckets in their order, and where each ends in the file.
#[derive(Debug, Default)]
struct Run {
    start: u64,
    buckets: Vec<u32>,
    ends: Vec<u64>,
}

impl Run {
    fn end(&self) -> u64 {
        self.ends.last().copied().unwrap_or(self.start)
    }

    /// Where the bytes of a bucket start and end.
    fn stretch(&self, bucket: u32) -> Option<(u64, u64)> {
        let at = self.buckets.binary_search(&bucket).ok()?;
        let start = at.checked_sub(1).map_or(self.start, |at| self.ends[at]);
        Some((start, self.ends[at]))
    }
}

impl Spill {
    /// Makes empty buckets, whose bytes take up to `memory` bytes, and then space in the folder `dir`.
    ///
    /// Nothing is created in the folder before the limit is reached.
    ///
    /// # Errors
    ///
    /// [`Error::Resource`] for more buckets than there is memory for.
    pub fn new(buckets: usize, dir: &Path, memory: u64) -> Result<Self> {
        if u32::try_from(buckets).is_err() {
            return Err(Error::Resource(format!(
                "{buckets} buckets; expected fewer than 2^32"
            )));
        }
        Ok(Self {
            dir: dir.to_path_buf(),
            memory: usize::try_from(memory).unwrap_or(usize::MAX),
            places: zeroed(buckets, WHAT)?,
            pending: Vec::new(),
            held: 0,
            file: None,
            runs: Vec::new(),
        })
    }

    /// Adds bytes to a bucket.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] with the folder if the bytes cannot be written, such as on a full disk. [`Error::Resource`] if
    /// there is too little memory. [`Error::Misuse`] for a bucket that there is not.
    pub fn push(&mut self, bucket: u32, bytes: &[u8]) -> Result<()> {
        let Some(place) = self.places.get_mut(bucket as usize) else {
            return Err(Error::Misuse(format!("there is no bucket {bucket}")));
        };
        if *place == 0 {
            reserve(&mut self.pending, 1, WHAT)?;
            self.pending.push(Pending {
                bytes: Vec::new(),
                bucket,
            });
            *place = self.pending.len() as u32;
            self.held += OVERHEAD;
        }
        let into = &mut self.pending[*place as usize - 1].bytes;
        if into.capacity() - into.len() < bytes.len() {
            let before = into.capacity();
            let more = bytes.len().max(SMALLEST).max(before / 4);
            if into.try_reserve_exact(more).is_err() {
                return Err(Error::Resource(format!(
                    "{} bytes of memory for {WHAT} could not be had; ask for less, or raise the limit of the process (ulimit -v)",
                    before + more
                )));
            }
            self.held += into.capacity() - before;
        }
        into.extend_from_slice(bytes);
        if self.held > self.memory {
            self.flush()?;
        }
        Ok(())
    }

    /// Ends the filling.
    pub fn finish(self) -> Spilled {
        Spilled(self)
    }

    /// Writes what is in memory as a run.
    fn flush(&mut self) -> Result<()> {
        let mut pending = std::mem::take(&mut self.pending);
        self.held = 0;
        pending.sort_unstable_by_key(|pending| pending.bucket);
        let file = if let Some(file) = &self.file {
            file
        } else {
            let file = unnamed(&self.dir).map_err(|source| self.io_error(source))?;
            self.file.insert(file)
        };
        let start = self.runs.last().map_or(0, Run::end);
        let mut run = Run {
            start,
            buckets: with_capacity(pending.len(), WHAT)?,
            ends: with_capacity(pending.len(), WHAT)?,
        };
        let mut buffer = with_capacity(BUFFER, WHAT)?;
        let (mut written, mut end) = (start, start);
        let write = |bytes: &[u8], written: &mut u64| -> io::Result<()> {
            file.write_all_at(bytes, *written)?;
            *written += bytes.len() as u64;
            Ok(())
        };
        let mut put = |bytes: &[u8]| -> io::Result<()> {
            if buffer.len() + bytes.len() > BUFFER {
                write(&buffer, &mut written)?;
                buffer.clear();
            }
            if bytes.len() > BUFFER {
                return write(bytes, &mut written);
            }
            buffer.extend_from_slice(bytes);
            Ok(())
        };
        for Pending { bytes, bucket } in pending {
            if let Err(source) = put(&bytes) {
                return Err(self.io_error(source));
            }
            self.places[bucket as usize] = 0;
            end += bytes.len() as u64;
            run.buckets.push(bucket);
            run.ends.push(end);
        }
        if let Err(source) = write(&buffer, &mut written) {
            return Err(self.io_error(source));
        }
        self.runs.push(run);
        Ok(())
    }

    fn io_error(&self, source: io::Error) -> Error {
        Error::Io {
            path: self.dir.clone(),
            source,
        }
    }
}

/// Opens a new file for reading and writing, and takes its name away.
fn unnamed(dir: &Path) -> io::Result<File> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let mut tries = 0;
    loop {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = dir.join(format!(".maxatac-{}-{number}.tmp", process::id()));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        match options.open(&path) {
            Ok(file) => {
                fs::remove_file(&path)?;
                return Ok(file);
            }
            // Another machine may use the folder too.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < TRIES => {
                tries += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Buckets that are full; several threads may read them at once.
#[derive(Debug)]
pub struct Spilled(Spill);

impl Spilled {
    /// The number of bytes of a bucket.
    pub fn len(&self, bucket: u32) -> u64 {
        let runs = self.0.runs.iter().filter_map(|run| run.stretch(bucket));
        let written: u64 = runs.map(|(start, end)| end - start).sum();
        written + self.pending(bucket).len() as u64
    }

    /// Whether a bucket has no bytes.
    pub fn is_empty(&self, bucket: u32) -> bool {
        self.len(bucket) == 0
    }

    /// Reads all bytes of a bucket, in the order in which they were added, over those of `bytes`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] with the folder if they cannot be read. [`Error::Resource`] if there is too little memory.
    pub fn read(&self, bucket: u32, bytes: &mut Vec<u8>) -> Result<()> {
        bytes.clear();
        let len = usize::try_from(self.len(bucket)).unwrap_or(usize::MAX);
        reserve(bytes, len, WHAT)?;
        if let Some(file) = &self.0.file {
            for (start, end) in self.0.runs.iter().filter_map(|run| run.stretch(bucket)) {
                let from = bytes.len();
                bytes.resize(from + (end - start) as usize, 0);
                file.read_exact_at(&mut bytes[from..], start)
                    .map_err(|source| self.0.io_error(source))?;
            }
        }
        bytes.extend_from_slice(self.pending(bucket));
        Ok(())
    }

    /// The bytes that the file has.
    pub fn bytes_on_disk(&self) -> u64 {
        self.0.runs.last().map_or(0, Run::end)
    }

    fn pending(&self, bucket: u32) -> &[u8] {
        let place = self.0.places.get(bucket as usize).copied().unwrap_or(0);
        match (place as usize).checked_sub(1) {
            Some(at) => &self.0.pending[at].bytes,
            None => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestResult;

    #[test]
    fn buckets_keep_their_bytes_in_order_whatever_the_memory() -> TestResult {
        let mut expected = vec![Vec::new(); 50];
        let pushes: Vec<(u32, Vec<u8>)> = (0..5000_u32)
            .map(|number| {
                let bytes = number.to_le_bytes().repeat(1 + number as usize % 3);
                (number * 7919 % 47, bytes)
            })
            .collect();
        for (bucket, bytes) in &pushes {
            expected[*bucket as usize].extend_from_slice(bytes);
        }
        for (memory, is_written) in [(1 << 20, false), (3000, true), (0, true)] {
            let mut spill = Spill::new(50, &std::env::temp_dir(), memory)?;
            for (bucket, bytes) in &pushes {
                spill.push(*bucket, bytes)?;
            }
            assert!(spill.push(50, b"x").is_err());
            let spilled = spill.finish();
            assert_eq!(spilled.bytes_on_disk() > 0, is_written);
            let mut bytes = vec![1];
            for (bucket, expected) in (0..).zip(&expected) {
                spilled.read(bucket, &mut bytes)?;
                assert_eq!(&bytes, expected, "bucket {bucket}, memory {memory}");
                assert_eq!(spilled.len(bucket), expected.len() as u64);
                assert_eq!(spilled.is_empty(bucket), expected.is_empty());
            }
        }
        Ok(())
    }

    #[test]
    fn what_is_larger_than_the_buffer_is_written_too() -> TestResult {
        let mut spill = Spill::new(3, &std::env::temp_dir(), 0)?;
        let large: Vec<u8> = (0..=255).cycle().take(2 * BUFFER + 3).collect();
        for (bucket, bytes) in [(1, &large[..10]), (2, &large), (1, &large[10..])] {
            spill.push(bucket, bytes)?;
        }
        let (spilled, mut bytes) = (spill.finish(), Vec::new());
        for bucket in [1, 2] {
            spilled.read(bucket, &mut bytes)?;
            assert!(bytes == large, "bucket {bucket}");
        }
        Ok(())
    }

    #[test]
    fn the_folder_has_no_file_and_is_named_in_errors() -> TestResult {
        let dir = std::env::temp_dir().join(format!("maxatac-spill-{}", process::id()));
        let mut spill = Spill::new(2, &dir, 0)?;
        let error = spill.push(0, b"abc");
        assert!(matches!(error, Err(Error::Io { path, .. }) if path == dir));

        fs::create_dir(&dir)?;
        let mut spill = Spill::new(2, &dir, 0)?;
        spill.push(0, b"abc")?;
        assert_eq!(fs::read_dir(&dir)?.count(), 0);
        fs::remove_dir(&dir)?;
        let mut bytes = Vec::new();
        spill.finish().read(0, &mut bytes)?;
        assert_eq!(bytes, b"abc");
        Ok(())
    }
}
