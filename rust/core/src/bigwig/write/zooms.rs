//! Zoom levels: summaries of windows, each level with windows four times as wide as those of the one before it.
//!
//! Windows start at multiples of their width, so that a window of one level is made of four of the level before. A
//! summary reaches from the first to the last base with data in its window. Levels are made as the data comes, and
//! chosen at the end: those that are small beside the data and have at most half of the summaries of the level before.

use super::ITEMS_PER_BLOCK;
use super::output::{Bytes, Packer, WHAT};
use super::tree::Block;
use crate::error::{Result, reserve};

/// Width in bp of the windows of the first level.
const FIRST_REDUCTION: u64 = 160;
const FACTOR: u64 = 4;
/// Programs in Java have no larger number.
const LARGEST_REDUCTION: u64 = (1 << 31) - 1;

/// Bytes of a summary in the file.
const RECORD_SIZE: u64 = 32;
/// A level is given up beyond this many summaries if it is too large beside the data that came so far.
const SURE_AFTER: u64 = 1 << 16;
/// Most bytes of a compressed level.
const MOST_BYTES: usize = 64 << 20;

/// What is known of a region's values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Summary {
    chrom: u32,
    start: u32,
    end: u32,
    /// Bases with a value.
    pub(super) bases: u64,
    pub(super) min: f32,
    pub(super) max: f32,
    pub(super) sum: f64,
    pub(super) sum_of_squares: f64,
}

impl Summary {
    pub(super) fn of(chrom: u32, start: u32, end: u32, value: f32) -> Self {
        let (bases, number) = (end - start, f64::from(value));
        Self {
            chrom,
            start,
            end,
            bases: bases.into(),
            min: value,
            max: value,
            sum: f64::from(bases) * number,
            sum_of_squares: f64::from(bases) * number * number,
        }
    }

    /// Adds a region that comes behind this one.
    pub(super) fn add(&mut self, other: &Self) {
        self.end = other.end;
        self.bases += other.bases;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.sum_of_squares += other.sum_of_squares;
    }

    fn put(&self, bytes: &mut Vec<u8>) {
        for number in [self.chrom, self.start, self.end, self.bases as u32] {
            bytes.put_u32(number);
        }
        for number in [
            self.min,
            self.max,
            self.sum as f32,
            self.sum_of_squares as f32,
        ] {
            bytes.put_f32(number);
        }
    }
}

/// One level.
#[derive(Debug, Default)]
pub(super) struct Level {
    /// Width in bp of its windows.
    pub(super) reduction: u32,
    /// The window that data is added to, and where it ends.
    current: Option<(Summary, u64)>,
    /// Summaries that are not in a block yet, as bytes, and the region that they cover.
    pending: Vec<u8>,
    region: (u32, u32, u32),
    packed: Vec<u8>,
    /// Summaries in all.
    pub(super) records: u64,
    /// Compressed blocks.
    pub(super) bytes: Vec<u8>,
    /// Their offsets are places in `bytes`.
    pub(super) blocks: Vec<Block>,
    /// Whether the level turned out too large; it then only passes its summaries on.
    is_given_up: bool,
}

impl Level {
    /// Adds a region that lies in one window; returns the summary of the window before, if this is another.
    fn add(&mut self, part: Summary) -> Option<Summary> {
        if let Some((current, end)) = &mut self.current
            && current.chrom == part.chrom
            && u64::from(part.start) < *end
        {
            current.add(&part);
            return None;
        }
        let reduction = u64::from(self.reduction);
        let end = (u64::from(part.start) / reduction + 1) * reduction;
        self.current.replace((part, end)).map(|(done, _)| done)
    }

    fn store(&mut self, done: &Summary, packer: &mut Packer) -> Result<()> {
        self.records += 1;
        if self.is_given_up {
            return Ok(());
        }
        // A block never spans chromosomes; not every reader would take that.
        let is_full = self.pending.len() as u64 == ITEMS_PER_BLOCK as u64 * RECORD_SIZE;
        if is_full || self.region.0 != done.chrom {
            self.flush(packer)?;
        }
        if self.pending.is_empty() {
            self.region = (done.chrom, done.start, done.end);
        }
        self.region.2 = done.end;
        reserve(&mut self.pending, RECORD_SIZE as usize, WHAT)?;
        done.put(&mut self.pending);
        Ok(())
    }

    fn flush(&mut self, packer: &mut Packer) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let bytes = &mut self.packed;
        packer.pack(&self.pending, bytes)?;
        reserve(&mut self.blocks, 1, WHAT)?;
        reserve(&mut self.bytes, bytes.len(), WHAT)?;
        let (chrom, start, end) = self.region;
        self.blocks.push(Block {
            chrom,
            start,
            end,
            size: bytes.len() as u32,
            offset: self.bytes.len() as u64,
        });
        self.bytes.extend_from_slice(bytes);
        self.pending.clear();
        Ok(())
    }

    /// Whether the summaries take at most half of the bytes that the data takes, both before compression.
    fn is_small(&self, data_bytes: u64) -> bool {
        2 * RECORD_SIZE * self.records <= data_bytes
    }

    fn give_up(&mut self) {
        self.is_given_up = true;
        (self.pending, self.packed, self.bytes, self.blocks) = Default::default();
    }
}

/// All levels of a file that is being written.
#[derive(Debug)]
pub(super) struct Zooms {
    levels: Vec<Level>,
    most: usize,
    /// Bytes of the data so far, before compression.
    pub(super) data_bytes: u64,
}

impl Zooms {
    /// At most `most` levels, none of which has windows wider than the `longest` chromosome.
    pub(super) fn new(longest: u32, most: usize) -> Self {
        let widest = u64::from(longest.max(1)).min(LARGEST_REDUCTION);
        let first = FIRST_REDUCTION.min(widest);
        let reductions = std::iter::successors(Some(first), |reduction| Some(reduction * FACTOR))
            .take_while(|reduction| *reduction <= widest)
            .map(|reduction| Level {
                reduction: reduction as u32,
                ..Level::default()
            });
        Self {
            levels: if most > 0 {
                reductions.collect()
            } else {
                Vec::new()
            },
            most,
            data_bytes: 0,
        }
    }

    /// Adds an interval.
    pub(super) fn add(
        &mut self,
        chrom: u32,
        start: u32,
        end: u32,
        value: f32,
        packer: &mut Packer,
    ) -> Result<()> {
        let Some(reduction) = self.levels.first().map(|level| level.reduction) else {
            return Ok(());
        };
        let mut start = start;
        while start < end {
            let window_end = (start / reduction + 1).saturating_mul(reduction);
            let stop = window_end.min(end);
            self.add_part(0, Summary::of(chrom, start, stop, value), packer)?;
            start = stop;
        }
        Ok(())
    }

    fn add_part(&mut self, number: usize, part: Summary, packer: &mut Packer) -> Result<()> {
        let level = self.levels.get_mut(number);
        match level.and_then(|level| level.add(part)) {
            Some(done) => self.close(number, done, packer),
            None => Ok(()),
        }
    }

    /// Stores the summary of a window that is complete, and adds it to the next level.
    fn close(&mut self, number: usize, done: Summary, packer: &mut Packer) -> Result<()> {
        let is_last = number + 1 == self.levels.len();
        let level = &mut self.levels[number];
        level.store(&done, packer)?;
        let is_too_large = level.records > SURE_AFTER && !level.is_small(self.data_bytes);
        if !is_last && !level.is_given_up && (is_too_large || level.bytes.len() > MOST_BYTES) {
            level.give_up();
        }
        self.add_part(number + 1, done, packer)
    }

    /// Completes all levels and returns those to write, the one with the narrowest windows first.
    pub(super) fn finish(&mut self, packer: &mut Packer) -> Result<Vec<Level>> {
        for number in 0..self.levels.len() {
            if let Some((done, _)) = self.levels[number].current.take() {
                self.close(number, done, packer)?;
            }
            self.levels[number].flush(packer)?;
        }
        let mut kept: Vec<Level> = Vec::new();
        let levels = std::mem::take(&mut self.levels);
        let last = levels.len().saturating_sub(1);
        for (number, level) in levels.into_iter().enumerate() {
            let is_small =
                level.records <= ITEMS_PER_BLOCK as u64 || level.is_small(self.data_bytes);
            let is_shorter = kept
                .last()
                .is_none_or(|before| 2 * level.records <= before.records);
            // The last level is kept where there would be none; it has the fewest summaries.
            let is_only = number == last && kept.is_empty();
            if !level.is_given_up && level.records > 0 && (is_only || is_small && is_shorter) {
                kept.push(level);
            }
        }
        kept.truncate(self.most);
        Ok(kept)
    }
}
