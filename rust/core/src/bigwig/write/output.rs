//! The file that is written, the compression of blocks, and numbers as bytes.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use libdeflater::{CompressionLvl, Compressor};

use crate::error::{Error, Result, reserve, with_capacity};

/// What messages call the memory that is needed.
pub(super) const WHAT: &str = "writing a bigWig file";

/// How many bytes are gathered before they are written.
const BUFFER: usize = 256 * 1024;

/// Little-endian numbers at the end of a vector.
pub(super) trait Bytes: Extend<u8> {
    fn put_u16(&mut self, number: u16) {
        self.extend(number.to_le_bytes());
    }

    fn put_u32(&mut self, number: u32) {
        self.extend(number.to_le_bytes());
    }

    fn put_u64(&mut self, number: u64) {
        self.extend(number.to_le_bytes());
    }

    fn put_f32(&mut self, number: f32) {
        self.extend(number.to_le_bytes());
    }

    fn put_f64(&mut self, number: f64) {
        self.extend(number.to_le_bytes());
    }
}

impl Bytes for Vec<u8> {}

/// A file that grows at its end; errors name it.
#[derive(Debug)]
pub(super) struct Output {
    file: File,
    path: PathBuf,
    buffer: Vec<u8>,
    /// How many bytes are in the file.
    written: u64,
}

impl Output {
    pub(super) fn create(path: &Path) -> Result<Self> {
        let path = path.to_path_buf();
        let buffer = with_capacity(BUFFER, WHAT)?;
        match File::create(&path) {
            Ok(file) => Ok(Self {
                file,
                path,
                buffer,
                written: 0,
            }),
            Err(source) => Err(Error::Io { path, source }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the next bytes will stand.
    pub(super) fn position(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<()> {
        if self.buffer.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        if bytes.len() > BUFFER {
            return self.append(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes over bytes that are there already.
    pub(super) fn put_at(&mut self, bytes: &[u8], offset: u64) -> Result<()> {
        self.flush()?;
        let result = self.file.write_all_at(bytes, offset);
        self.named(result)
    }

    /// Puts everything on the disk; some file systems tell only now that it is full.
    pub(super) fn sync(&mut self) -> Result<()> {
        self.flush()?;
        let result = self.file.sync_all();
        self.named(result)
    }

    fn flush(&mut self) -> Result<()> {
        let buffer = std::mem::take(&mut self.buffer);
        self.append(&buffer)?;
        self.buffer = buffer;
        self.buffer.clear();
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let result = self.file.write_all_at(bytes, self.written);
        self.named(result)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn named(&self, result: io::Result<()>) -> Result<()> {
        result.map_err(|source| Error::Io {
            path: self.path.clone(),
            source,
        })
    }
}

/// Compresses blocks, and remembers how large the largest was before.
pub(super) struct Packer {
    compressor: Compressor,
    /// Bytes of the largest block so far, not compressed.
    pub(super) largest: usize,
}

impl Packer {
    /// Compresses a block over what is in `packed`.
    pub(super) fn pack(&mut self, raw: &[u8], packed: &mut Vec<u8>) -> Result<()> {
        self.largest = self.largest.max(raw.len());
        let bound = self.compressor.zlib_compress_bound(raw.len());
        if packed.len() < bound {
            reserve(packed, bound - packed.len(), WHAT)?;
            packed.resize(bound, 0);
        }
        let size = self
            .compressor
            .zlib_compress(raw, packed)
            .expect("the bound is the most that there can be");
        packed.truncate(size);
        Ok(())
    }
}

impl Default for Packer {
    fn default() -> Self {
        Self {
            compressor: Compressor::new(CompressionLvl::default()),
            largest: 0,
        }
    }
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer")
            .field("largest", &self.largest)
            .finish_non_exhaustive()
    }
}
