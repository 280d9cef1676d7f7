//! Blocks of a bigWig file: inflating them and taking their intervals out.
//!
//! A block is a section: a header of 24 bytes (chromosome's number, start, end, step, span, kind, unused byte, number
//! of intervals), then the intervals. Nothing forbids several sections in a row, so all are read.

use std::fmt;

use libdeflater::{DecompressionError, Decompressor};

use super::index::BlockRef;
use crate::error::Result;
use crate::io::bytes::{ByteOrder, Fields};
use crate::io::file::PositionedFile;

/// Most bytes that a block may have, in the file or inflated. A section has at most 65,535 intervals of 12 bytes;
/// without a limit, a damaged size would ask for as much memory as it says.
const LARGEST_BLOCK: u64 = 64 * 1024 * 1024;

/// How many bytes deflate can make of one, and of the few bytes around it.
const LARGEST_RATIO: u64 = 1032;

/// Intervals with a value each.
///
/// Intervals of one file come in the file's order, which in a sound file means sorted and without overlap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runs {
    /// Where each starts, 0-based.
    pub starts: Vec<u32>,
    /// Where each ends, not included; larger than its start.
    pub ends: Vec<u32>,
    /// The value of every base in it; may be NaN if the file says so.
    pub values: Vec<f32>,
}

impl Runs {
    /// The number of intervals.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there is no interval.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Removes all intervals, keeps the memory.
    pub fn clear(&mut self) {
        self.starts.clear();
        self.ends.clear();
        self.values.clear();
    }

    /// Start, end and value of each interval.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32, f32)> + '_ {
        let regions = self.starts.iter().zip(&self.ends);
        regions
            .zip(&self.values)
            .map(|((start, end), value)| (*start, *end, *value))
    }
}

/// What takes the intervals of a block, in the order of the file.
pub trait Intervals {
    /// So many more may come.
    fn reserve(&mut self, additional: usize);

    /// The value of every base of `start..end`, which is not empty.
    fn push(&mut self, start: u32, end: u32, value: f32);

    /// Intervals of one width, above 0, each beginning where the one before it ends; the last ends below 2^32.
    fn push_side_by_side(
        &mut self,
        start: u32,
        width: u32,
        values: impl ExactSizeIterator<Item = f32>,
    ) {
        let mut start = start;
        for value in values {
            self.push(start, start + width, value);
            start += width;
        }
    }
}

impl Intervals for Runs {
    fn reserve(&mut self, additional: usize) {
        self.starts.reserve(additional);
        self.ends.reserve(additional);
        self.values.reserve(additional);
    }

    fn push(&mut self, start: u32, end: u32, value: f32) {
        self.starts.push(start);
        self.ends.push(end);
        self.values.push(value);
    }
}

/// What a thread needs to read blocks: a decompressor, and buffers that grow to the largest block it has met.
#[derive(Default)]
pub struct Scratch {
    decompressor: Decompressor,
    stored: Vec<u8>,
    inflated: Vec<u8>,
}

impl Scratch {
    /// The bytes of a block, inflated where the header's `inflated_size` says that blocks are compressed.
    pub(super) fn load(
        &mut self,
        file: &PositionedFile,
        block: &BlockRef,
        inflated_size: u32,
    ) -> Result<&[u8]> {
        file.check_inside(block.offset, block.size)?;
        if block.size > LARGEST_BLOCK {
            let reason = format!(
                "block of {} bytes, expected at most {LARGEST_BLOCK}",
                block.size
            );
            return Err(file.damaged(block.offset, reason));
        }
        self.stored.resize(block.size as usize, 0);
        file.read_exact_at(&mut self.stored, block.offset)?;
        file.check_unchanged()?;
        if inflated_size == 0 {
            return Ok(&self.stored);
        }

        let limit = u64::from(inflated_size)
            .min(LARGEST_BLOCK)
            .min(LARGEST_RATIO * (block.size + 1)) as usize;
        if self.inflated.len() < limit {
            self.inflated.resize(limit, 0);
        }
        let room = self.inflated.get_mut(..limit).unwrap_or_default();
        let inflated = self
            .decompressor
            .zlib_decompress(&self.stored, room)
            .map_err(|error| {
                let reason = match error {
                    DecompressionError::BadData => "block is not a sound zlib stream".to_owned(),
                    DecompressionError::InsufficientSpace => {
                        format!(
                            "block inflates to more than the {limit} bytes that the header allows"
                        )
                    }
                };
                file.damaged(block.offset, reason)
            })?;
        Ok(self.inflated.get(..inflated).unwrap_or_default())
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch")
            .field("stored", &self.stored.len())
            .field("inflated", &self.inflated.len())
            .finish_non_exhaustive()
    }
}

/// What a block was found to hold, to be compared with what the index says.
#[derive(Debug)]
pub(super) struct Content {
    /// The region from the first to the last base with data of the chromosome asked for; the end is 0 if there is none.
    pub(super) start: u32,
    pub(super) end: u32,
    /// The first chromosome that the index does not name for the block.
    pub(super) foreign_chrom: Option<u32>,
}

impl Content {
    fn add(&mut self, start: u32, end: u32) {
        self.start = self.start.min(start);
        self.end = self.end.max(end);
    }
}

/// What a section says about all of its intervals.
struct Section {
    chrom: u32,
    start: u32,
    step: u32,
    span: u32,
    kind: u8,
    count: u16,
}

impl Section {
    fn read(fields: &mut Fields) -> Option<Self> {
        let (chrom, start, _end) = (fields.u32()?, fields.u32()?, fields.u32()?);
        let (step, span) = (fields.u32()?, fields.u32()?);
        let (kind, _reserved, count) = (fields.u8()?, fields.u8()?, fields.u16()?);
        Some(Self {
            chrom,
            start,
            step,
            span,
            kind,
            count,
        })
    }

    fn interval_size(&self) -> std::result::Result<usize, String> {
        match self.kind {
            1 => Ok(12),
            2 => Ok(8),
            3 => Ok(4),
            other => Err(format!("section of kind {other}, expected 1 to 3")),
        }
    }

    /// The values of a fixed-step section without gaps and overlaps that lies inside the chromosome: most sections of tracks that
    /// have a value for every base.
    fn side_by_side<'a>(&self, words: &'a [[u8; 4]], chrom_size: u32) -> Option<&'a [[u8; 4]]> {
        let bases = u64::from(self.span) * words.len() as u64;
        let is_inside = u64::from(self.start) + bases <= u64::from(chrom_size);
        (self.kind == 3 && self.span == self.step && self.span > 0 && is_inside).then_some(words)
    }

    /// Appends the intervals in `words`, cut at the chromosome's end.
    fn append(
        &self,
        words: &[[u8; 4]],
        number: impl Fn([u8; 4]) -> u32,
        chrom_size: u32,
        intervals: &mut impl Intervals,
        content: &mut Content,
    ) {
        if let Some(values) = self.side_by_side(words, chrom_size) {
            if !values.is_empty() {
                content.add(self.start, self.start + self.span * values.len() as u32);
            }
            let values = values.iter().map(|value| f32::from_bits(number(*value)));
            intervals.push_side_by_side(self.start, self.span, values);
            return;
        }
        let mut add = |start: u32, end: u32, value: [u8; 4]| {
            let end = end.min(chrom_size);
            if start < end {
                content.add(start, end);
                intervals.push(start, end, f32::from_bits(number(value)));
            }
        };
        match self.kind {
            1 => {
                for &[start, end, value] in words.as_chunks().0 {
                    add(number(start), number(end), value);
                }
            }
            2 => {
                for &[start, value] in words.as_chunks().0 {
                    let start = number(start);
                    add(start, start.saturating_add(self.span), value);
                }
            }
            _ => {
                let mut start = self.start;
                for &value in words {
                    add(start, start.saturating_add(self.span), value);
                    // At the largest number there is, intervals are beyond every chromosome.
                    start = start.saturating_add(self.step);
                }
            }
        }
    }
}

/// Appends the intervals of one chromosome from the bytes of a block; a message if they are damaged.
pub(super) fn parse(
    bytes: &[u8],
    order: ByteOrder,
    block: &BlockRef,
    chrom: u32,
    chrom_size: u32,
    intervals: &mut impl Intervals,
) -> std::result::Result<Content, String> {
    let mut content = Content {
        start: u32::MAX,
        end: 0,
        foreign_chrom: None,
    };
    let mut fields = Fields::new(bytes, order);
    let mut sections = 0;
    // Zeros behind a section are padding.
    while sections == 0 || fields.rest().iter().any(|byte| *byte != 0) {
        sections += 1;
        let section = Section::read(&mut fields)
            .ok_or_else(|| format!("header of section {sections} is cut off"))?;
        let length = usize::from(section.count) * section.interval_size()?;
        let data = fields.take(length).ok_or_else(|| {
            format!(
                "section {sections} has {} intervals, of which only a part is there",
                section.count
            )
        })?;
        if section.chrom == chrom {
            intervals.reserve(section.count.into());
            let (words, _) = data.as_chunks();
            let found = &mut content;
            match order {
                ByteOrder::Little => {
                    section.append(words, u32::from_le_bytes, chrom_size, intervals, found);
                }
                ByteOrder::Big => {
                    section.append(words, u32::from_be_bytes, chrom_size, intervals, found);
                }
            }
        } else if section.count > 0
            && !(block.first_chrom..=block.last_chrom).contains(&section.chrom)
        {
            content.foreign_chrom.get_or_insert(section.chrom);
        }
    }
    Ok(content)
}
