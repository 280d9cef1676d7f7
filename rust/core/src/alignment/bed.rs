//! Cut sites as BED files, compressed with BGZF.
//!
//! BGZF is gzip in blocks of up to 64 KiB, each with its compressed size in an extra field of its header, and an empty
//! block at the end. Every program that reads gzip reads it, and some read it with several threads. The format is
//! described in the [SAM specification](https://samtools.github.io/hts-specs/SAMv1.pdf), section 4.1.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use libdeflater::{CompressionLvl, Compressor, Crc};
use rayon::prelude::*;

use super::coverage::{Filter, Windows};
use super::store::Sites;
use crate::error::{Error, Result, reserve, zeroed};

const WHAT: &str = "lines of a BED file";
/// Bytes of text in a block, as in other programs.
const BLOCK: usize = 0xff00;
/// Bytes in front of and behind the compressed data of a block.
const HEAD: usize = 18;
const TAIL: usize = 8;
/// The empty block at the end, which some programs compare byte by byte.
const END: [u8; 28] = *b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0\x1b\0\x03\0\0\0\0\0\0\0\0\0";
/// Text is compressed once there is so much of it.
const ENOUGH: usize = 256 * BLOCK;
/// Level 6 takes twice as long and saves a few percent.
const LEVEL: i32 = 4;

/// The columns of a BED file behind chromosome, start and end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BedColumns {
    /// The name, which is the barcode of a fragment.
    Name,
    /// Name, mapping quality and strand.
    NameQualityStrand,
}

/// A BED file that is being written.
#[derive(Debug)]
pub struct BedWriter {
    file: File,
    path: PathBuf,
    columns: BedColumns,
    text: Vec<u8>,
}

impl BedWriter {
    /// Creates a file, or empties one.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if it cannot be written.
    pub fn create(path: impl AsRef<Path>, columns: BedColumns) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        match File::create(&path) {
            Ok(file) => Ok(Self {
                file,
                path,
                columns,
                text: Vec::new(),
            }),
            Err(source) => Err(Error::Io { path, source }),
        }
    }

    /// Appends the windows of a chromosome that count, by position, strand, name and quality; returns how many.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be written or the sites cannot be read, [`Error::Resource`] if there is too
    /// little memory, [`Error::Misuse`] if the sites have no labels, [`Error::Cancelled`] if `is_cancelled` says so.
    pub fn write(
        &mut self,
        sites: &Sites,
        name: &str,
        (group, chrom): (u32, u32),
        windows: Windows<'_>,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<u64> {
        let length = sites.length(chrom);
        let columns = self.columns;
        let mut lines = 0;
        sites.each_labelled_tile(
            group,
            chrom,
            |tile| {
                let mut filter = Filter::new(length, windows);
                let mut text = Vec::new();
                for (position, is_reverse, label) in tile {
                    let Some(window) = filter.window(position, 1) else {
                        continue;
                    };
                    reserve(&mut text, name.len() + label.name.len() + 64, WHAT)?;
                    text.extend_from_slice(name.as_bytes());
                    put_number(&mut text, window.0);
                    put_number(&mut text, window.1);
                    text.push(b'\t');
                    text.extend_from_slice(if label.name.is_empty() {
                        b"."
                    } else {
                        label.name
                    });
                    if columns == BedColumns::NameQualityStrand {
                        put_number(&mut text, label.quality.into());
                        text.extend_from_slice(if is_reverse { b"\t-" } else { b"\t+" });
                    }
                    text.push(b'\n');
                }
                Ok((text, filter.seen.used))
            },
            |(text, used)| {
                lines += used;
                reserve(&mut self.text, text.len(), WHAT)?;
                self.text.extend_from_slice(&text);
                drop(text);
                if self.text.len() >= ENOUGH {
                    let whole = self.text.len() / BLOCK * BLOCK;
                    self.compress(whole, sites)?;
                }
                Ok(())
            },
            is_cancelled,
        )?;
        Ok(lines)
    }

    /// Writes what is left, and puts the file on the disk.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be written.
    pub fn finish(mut self, sites: &Sites) -> Result<()> {
        self.compress(self.text.len(), sites)?;
        self.put(&END)?;
        let synced = self.file.sync_all();
        self.named(synced)
    }

    /// Compresses and writes the first `len` bytes of the text.
    fn compress(&mut self, len: usize, sites: &Sites) -> Result<()> {
        let text = std::mem::take(&mut self.text);
        for part in text[..len].chunks(ENOUGH) {
            let packed: Vec<Result<Vec<u8>>> = sites.pool().install(|| {
                let blocks = part.par_chunks(BLOCK);
                blocks.map(pack).collect()
            });
            for packed in packed {
                self.put(&packed?)?;
            }
        }
        self.text = text;
        self.text.drain(..len);
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        self.named(written)
    }

    fn named(&self, result: std::io::Result<()>) -> Result<()> {
        result.map_err(|source| Error::Io {
            path: self.path.clone(),
            source,
        })
    }
}

/// A tab and a number as text.
fn put_number(text: &mut Vec<u8>, number: u32) {
    let (mut digits, mut at, mut rest) = ([0; 10], 10, number);
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    text.push(b'\t');
    text.extend_from_slice(&digits[at..]);
}

/// Makes a block of text.
fn pack(text: &[u8]) -> Result<Vec<u8>> {
    let level = CompressionLvl::new(LEVEL).unwrap_or_default();
    let mut compressor = Compressor::new(level);
    let bound = compressor.deflate_compress_bound(text.len());
    let mut block = zeroed(HEAD + bound + TAIL, WHAT)?;
    let size = compressor
        .deflate_compress(text, &mut block[HEAD..HEAD + bound])
        .expect("the bound is the most that there can be");
    block.truncate(HEAD + size);
    let mut crc = Crc::new();
    crc.update(text);
    block.extend(crc.sum().to_le_bytes());
    block.extend((text.len() as u32).to_le_bytes());
    // Magic number, deflate, "there are extra fields", no time, no level, unknown system; 6 bytes of extra fields, of
    // which one is named BC and has 2 bytes: the length of the block minus 1.
    let head = [31, 139, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, b'B', b'C', 2, 0];
    block[..HEAD - 2].copy_from_slice(&head);
    let len = u16::try_from(block.len() - 1).expect("text of a block never grows to 64 KiB");
    block[HEAD - 2..HEAD].copy_from_slice(&len.to_le_bytes());
    Ok(block)
}
