//! A bigWig whose blocks are decoded once and read many times.
//!
//! Inflating a block takes 20 to 100 times as long as reading one window out of it, and batches come back to the same
//! blocks again and again. [`DecodedTrack`] therefore keeps blocks in the smallest form that gives the same numbers, as far
//! as a [`Memory`] allows: those decoded at start for good, others in its cache.
//!
//! To a window, no data and NaN are both 0, and neighbours of one value are one run. That is what is kept: a sound block
//! becomes runs without gaps, of which only the ends are stored, or values base by base where that is shorter.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rayon::prelude::*;

use crate::bigwig::{BigWig, BlockRef, Intervals, Runs, Scratch};
use crate::error::{Error, Result, with_capacity};
use crate::memory::{BlockKey, Memory, Reserved};

/// Values that are written at once where a run is shorter, as most are; the surplus is overwritten by the runs after it.
const STRIDE: usize = 16;

/// Bytes that an allocation takes besides what was asked for, about.
const ALLOCATION_BYTES: u64 = 16;

/// What messages call the memory that decoded blocks take.
const DECODED: &str = "decoded track data";

/// One decoded block.
#[derive(Debug, PartialEq)]
pub(crate) struct Block {
    start: u32,
    end: u32,
    form: Form,
}

#[derive(Debug, PartialEq)]
enum Form {
    /// One value from start to end.
    Uniform(f32),
    /// Runs one after the other.
    Runs(PackedRuns),
    /// A value for each base.
    Bases(Box<[f32]>),
    /// Items as they are, because they overlap each other or those of other blocks: where there is none, what lies there
    /// stays. Later ones count.
    Items(Box<Runs>),
}

impl Block {
    /// The smallest form of sound items.
    fn of_runs(runs: &ContiguousRuns) -> Result<Self> {
        Ok(Self {
            start: runs.start,
            end: runs.start + runs.bases(),
            form: Form::of_runs(runs)?,
        })
    }

    /// Items as they are.
    fn of_items(items: Runs) -> Self {
        Self {
            start: items.starts.iter().copied().min().unwrap_or(0),
            end: items.ends.iter().copied().max().unwrap_or(0),
            form: Form::Items(Box::new(items)),
        }
    }

    /// A value for each base from 0 on.
    #[cfg(test)]
    pub(crate) fn of_bases(values: impl Iterator<Item = f32>) -> Result<Self> {
        let mut runs = ContiguousRuns::default();
        for (base, value) in (0..).zip(values) {
            runs.push(base, base + 1, value);
        }
        Self::of_runs(&runs)
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> u64 {
        let elsewhere = match &self.form {
            Form::Uniform(_) => return size_of::<Self>() as u64,
            Form::Runs(runs) => 4 * runs.words.len(),
            Form::Bases(values) => 4 * values.len(),
            Form::Items(items) => 12 * items.len() + size_of::<Runs>(),
        };
        (size_of::<Self>() + elsewhere) as u64 + ALLOCATION_BYTES
    }

    /// Writes what it holds of the window that starts at `start`. Between the block's start and end, what it holds nothing
    /// for becomes 0, unless it keeps items as they are; all else stays.
    fn paint(&self, start: u32, window: &mut PaintedWindow) {
        let end = start + window.values.len() as u32;
        let (from, to) = (self.start.max(start), self.end.min(end));
        if from >= to {
            return;
        }
        let place = (from - start) as usize..(to - start) as usize;
        let (from, to) = (from - self.start, to - self.start);
        let values = &mut window.values;
        match &self.form {
            Form::Uniform(value) => values[place].fill(*value),
            Form::Bases(bases) => {
                values[place].copy_from_slice(&bases[from as usize..to as usize]);
            }
            Form::Runs(runs) => runs.paint(from, self.end - self.start, place, values),
            Form::Items(items) => {
                for (from, to, value) in items.iter() {
                    let (from, to) = (from.max(start), to.min(end));
                    if from < to {
                        let value = if value.is_nan() { 0.0 } else { value };
                        values[(from - start) as usize..(to - start) as usize].fill(value);
                    }
                }
            }
        }
    }
}

/// Runs without gaps, in one piece of memory: their values, the places of a few of them, their ends.
///
/// A window begins anywhere in thousands of runs. Bisecting them all would miss the processor's cache a dozen times; so the
/// region is cut into steps of a power of two, and the places say which run each step begins in.
#[derive(Debug, PartialEq)]
struct PackedRuns {
    words: Box<[u32]>,
    runs: u32,
    /// Steps are `1 << shift` bases long.
    shift: u8,
    /// Whether ends, counted from the block's start, have 16 bits; else 32.
    is_short: bool,
}

/// Runs in one step, about.
const RUNS_PER_STEP: usize = 16;

impl PackedRuns {
    fn new(runs: &ContiguousRuns) -> Result<Self> {
        let (count, bases) = (runs.values.len(), runs.bases());
        let is_short = u16::try_from(bases).is_ok();
        let mut shift = 0;
        while (bases as usize >> shift) > count / RUNS_PER_STEP {
            shift += 1;
        }
        let steps = (bases as usize >> shift) + 1;
        let ends_words = if is_short { count.div_ceil(2) } else { count };
        let mut words = with_capacity(count + steps + ends_words, DECODED)?;
        words.extend(runs.values.iter().map(|value| value.to_bits()));
        let mut run = 0;
        words.extend((0..steps).map(|step| {
            while run < count && (runs.ends[run] - runs.start) as usize <= step << shift {
                run += 1;
            }
            run as u32
        }));
        let ends = runs.ends.iter().map(|end| end - runs.start);
        if is_short {
            words.resize(count + steps + ends_words, 0);
            let slots: &mut [u16] = bytemuck::cast_slice_mut(&mut words[count + steps..]);
            for (slot, end) in slots.iter_mut().zip(ends) {
                *slot = end as u16;
            }
        } else {
            words.extend(ends);
        }
        Ok(Self {
            words: words.into(),
            runs: count as u32,
            shift,
            is_short,
        })
    }

    /// Words that the runs would take.
    fn words(runs: &ContiguousRuns) -> usize {
        let count = runs.values.len();
        let is_short = u16::try_from(runs.bases()).is_ok();
        count + count / RUNS_PER_STEP + if is_short { count.div_ceil(2) } else { count }
    }

    /// Writes the values from base `from` of the block, which has `bases`, into `place`.
    fn paint(&self, from: u32, bases: u32, place: Range<usize>, values: &mut [f32]) {
        let count = self.runs as usize;
        let (floats, rest) = self.words.split_at(count);
        let (places, ends) = rest.split_at((bases as usize >> self.shift) + 1);
        let step = from as usize >> self.shift;
        let first = places[step] as usize;
        let last = places
            .get(step + 1)
            .map_or(count, |&place| place as usize + 1);
        let around = first..last.min(count);
        let floats = bytemuck::cast_slice(floats);
        if self.is_short {
            let ends: &[u16] = &bytemuck::cast_slice(ends)[..count];
            let before = ends[around].partition_point(|&end| u32::from(end) <= from);
            let ends = ends[first + before..].iter().map(|&end| u32::from(end));
            paint_runs(&floats[first + before..], ends, from, place, values);
        } else {
            let before = ends[around].partition_point(|&end| end <= from);
            let ends = ends[first + before..].iter().copied();
            paint_runs(&floats[first + before..], ends, from, place, values);
        }
    }
}

impl Form {
    fn of_runs(runs: &ContiguousRuns) -> Result<Self> {
        if let [] | [_] = runs.values[..] {
            return Ok(Self::Uniform(runs.values.first().copied().unwrap_or(0.0)));
        }
        let bases = runs.bases() as usize;
        if bases > PackedRuns::words(runs) {
            return PackedRuns::new(runs).map(Self::Runs);
        }
        let mut values = with_capacity(bases, DECODED)?;
        for (&value, &end) in runs.values.iter().zip(&runs.ends) {
            values.resize((end - runs.start) as usize, value);
        }
        Ok(Self::Bases(values.into()))
    }
}

/// Writes the runs that begin at `from` (or before it) until `place` is full.
fn paint_runs(
    floats: &[f32],
    ends: impl Iterator<Item = u32>,
    mut from: u32,
    place: Range<usize>,
    values: &mut [f32],
) {
    let mut at = place.start;
    for (&value, end) in floats.iter().zip(ends) {
        let length = (end - from) as usize;
        if at + length >= place.end {
            values[at..place.end].fill(value);
            return;
        }
        if at + STRIDE <= place.end {
            values[at..at + STRIDE].fill(value);
            if length > STRIDE {
                values[at + STRIDE..at + length].fill(value);
            }
        } else {
            values[at..at + length].fill(value);
        }
        at += length;
        from = end;
    }
}

/// Sorted items with their gaps and NaN as runs of 0, and neighbours of one value as one run.
#[derive(Debug, Default)]
struct ContiguousRuns {
    start: u32,
    ends: Vec<u32>,
    values: Vec<f32>,
    /// Whether an item began before the one before it ended: then what is here is of no use.
    is_disordered: bool,
}

impl ContiguousRuns {
    fn bases(&self) -> u32 {
        self.ends.last().map_or(0, |end| end - self.start)
    }

    fn add(&mut self, end: u32, value: f32) {
        match (self.values.last(), self.ends.last_mut()) {
            (Some(last), Some(last_end)) if last.to_bits() == value.to_bits() => *last_end = end,
            _ => {
                self.ends.push(end);
                self.values.push(value);
            }
        }
    }
}

impl Intervals for ContiguousRuns {
    fn reserve(&mut self, _additional: usize) {}

    fn push_side_by_side(
        &mut self,
        start: u32,
        width: u32,
        values: impl ExactSizeIterator<Item = f32>,
    ) {
        let mut end = start;
        let mut values = values;
        let Some(first) = values.next() else { return };
        end += width;
        self.push(start, end, first);
        if self.is_disordered {
            return;
        }
        let mut last = self.values.last().map_or(0, |value| value.to_bits());
        for value in values {
            let bits = if value.is_nan() { 0 } else { value.to_bits() };
            if bits != last {
                if let Some(last_end) = self.ends.last_mut() {
                    *last_end = end;
                }
                self.ends.push(end + width);
                self.values.push(f32::from_bits(bits));
                last = bits;
            }
            end += width;
        }
        if let Some(last_end) = self.ends.last_mut() {
            *last_end = end;
        }
    }

    fn push(&mut self, start: u32, end: u32, value: f32) {
        let reached = *self.ends.last().unwrap_or(&start);
        if self.ends.is_empty() {
            self.start = start;
        } else if start > reached {
            self.add(start, 0.0);
        } else if start < reached {
            self.is_disordered = true;
            return;
        }
        self.add(end, if value.is_nan() { 0.0 } else { value });
    }
}

/// The values of a window of one track.
#[derive(Debug, Default)]
pub struct PaintedWindow {
    values: Vec<f32>,
}

impl PaintedWindow {
    /// One value per base; 0 where there is no data or NaN.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Makes it `len` zeros.
    pub(crate) fn clear(&mut self, len: usize) {
        self.values.clear();
        self.values.resize(len, 0.0);
    }
}

/// The blocks of one chromosome.
#[derive(Debug)]
struct ChromBlocks {
    /// Where blocks overlap: the largest end among each block and those before it, which rises.
    reach: Option<Vec<u32>>,
    /// Where they do not: how many blocks end at or before each multiple of `1 << shift`; bisecting would miss the cache.
    places: Vec<u32>,
    shift: u8,
    held: Vec<OnceLock<Block>>,
}

impl ChromBlocks {
    fn new(blocks: &[BlockRef]) -> Self {
        let next = blocks.iter().skip(1);
        let are_apart = next
            .zip(blocks)
            .all(|(next, block)| next.start >= block.end);
        let reach = (!are_apart).then(|| {
            let mut furthest = 0;
            let ends = blocks.iter().map(|block| {
                furthest = furthest.max(block.end);
                furthest
            });
            ends.collect()
        });
        let last_end = blocks.iter().map(|block| block.end).max().unwrap_or(0) as usize;
        let mut shift = 0;
        while last_end >> shift > blocks.len() {
            shift += 1;
        }
        let mut block = 0;
        let place = |step: usize| {
            while blocks
                .get(block)
                .is_some_and(|block| block.end as usize <= step << shift)
            {
                block += 1;
            }
            block as u32
        };
        Self {
            places: if reach.is_none() {
                (0..=last_end >> shift).map(place).collect()
            } else {
                Vec::new()
            },
            reach,
            shift,
            held: blocks.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    fn bytes(&self) -> u64 {
        let block = size_of::<BlockRef>() + size_of::<OnceLock<Block>>();
        let numbers = self.places.len() + self.reach.as_ref().map_or(0, Vec::len);
        (self.held.len() * block + 4 * numbers) as u64
    }

    fn overlapping<'a>(
        &'a self,
        blocks: &'a [BlockRef],
        start: u32,
        end: u32,
    ) -> impl Iterator<Item = usize> + 'a {
        let first = match &self.reach {
            Some(reach) => reach.partition_point(|&reach| reach <= start),
            // Behind the last step, there is no block.
            None => self
                .places
                .get(start as usize >> self.shift)
                .map_or(blocks.len(), |&place| place as usize),
        };
        let rest = blocks[first..].iter().enumerate();
        rest.take_while(move |(_, block)| block.start < end)
            .filter(move |(_, block)| block.end > start)
            .map(move |(index, _)| first + index)
    }
}

/// How many of the blocks asked for are held, and how many are not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Decoded and kept.
    pub held: usize,
    /// Left alone for want of memory.
    pub left_out: usize,
}

/// A bigWig with its decoded blocks.
#[derive(Debug)]
pub struct DecodedTrack {
    file: Arc<BigWig>,
    chroms: Vec<OnceLock<ChromBlocks>>,
    memory: Arc<Memory>,
    /// Its number in the memory.
    number: u32,
    /// What it holds there.
    held: Mutex<Reserved>,
}

impl DecodedTrack {
    /// Wraps an open bigWig; nothing is decoded yet.
    pub fn new(file: Arc<BigWig>, memory: Arc<Memory>) -> Self {
        let chroms = file.chroms().iter().map(|_| OnceLock::new()).collect();
        Self {
            file,
            chroms,
            number: memory.new_track(),
            held: Mutex::new(memory.hold_always(0)),
            memory,
        }
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The chromosome's index in this file.
    pub fn chrom_index(&self, name: &str) -> Option<usize> {
        self.file.chrom_index(name)
    }

    /// The chromosome's blocks, and what is held of them.
    fn chrom(&self, chrom: usize) -> Result<(&[BlockRef], &ChromBlocks)> {
        let blocks = self.file.blocks(chrom)?;
        if let Some(known) = self.chroms[chrom].get() {
            return Ok((blocks, known));
        }
        let known = self.chroms[chrom].get_or_init(|| {
            let known = ChromBlocks::new(blocks);
            self.held().merge(self.memory.hold_always(known.bytes()));
            known
        });
        Ok((blocks, known))
    }

    /// Decodes every block that touches one of the sorted, disjoint `regions`, in parallel on the current rayon pool.
    ///
    /// Those for which the memory has no room are left alone.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`] as soon as `is_cancelled` says so, besides the errors of reading.
    pub fn preload(
        &self,
        chrom: usize,
        regions: &[(u32, u32)],
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Held> {
        let (blocks, known) = self.chrom(chrom)?;
        let mut wanted: Vec<usize> = regions
            .iter()
            .flat_map(|&(start, end)| known.overlapping(blocks, start, end))
            .collect();
        // Regions that are close to each other ask for the same blocks.
        wanted.sort_unstable();
        wanted.dedup();
        let all = wanted.len();
        let held = wanted
            .into_par_iter()
            .map_init(Decoder::default, |decoder, index| {
                if is_cancelled() {
                    return Err(Error::Cancelled);
                }
                let slot = &known.held[index];
                if slot.get().is_none() && !self.memory.is_full() {
                    let block = self.decode(chrom, blocks, known, index, decoder)?;
                    let bytes = block.bytes() - size_of::<Block>() as u64;
                    if let Some(reserved) = self.memory.hold(bytes)
                        && slot.set(block).is_ok()
                    {
                        self.held().merge(reserved);
                    }
                }
                Ok(usize::from(slot.get().is_some()))
            })
            .sum::<Result<usize>>()?;
        Ok(Held {
            held,
            left_out: all - held,
        })
    }

    /// Bytes that it holds in the memory.
    pub fn held_bytes(&self) -> u64 {
        self.held().bytes()
    }

    /// A number is as good after a panic elsewhere as before.
    fn held(&self) -> MutexGuard<'_, Reserved> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decode(
        &self,
        chrom: usize,
        blocks: &[BlockRef],
        known: &ChromBlocks,
        index: usize,
        decoder: &mut Decoder,
    ) -> Result<Block> {
        let Decoder { scratch, runs } = decoder;
        if known.reach.is_none() {
            runs.ends.clear();
            runs.values.clear();
            runs.is_disordered = false;
            self.file
                .decode_into(chrom, &blocks[index], scratch, runs)?;
            if !runs.is_disordered {
                return Block::of_runs(runs);
            }
        }
        let items = self.file.decode(chrom, &blocks[index], scratch)?;
        Ok(Block::of_items(items))
    }

    /// Fills the window with the values of `start..end`; 0 where there is no data or NaN.
    ///
    /// Where items overlap, which they should not, the last one counts, in the order of [`BigWig::blocks`] and, inside a block,
    /// of the file.
    pub fn paint(
        &self,
        chrom: usize,
        start: u32,
        end: u32,
        decoder: &mut Decoder,
        window: &mut PaintedWindow,
    ) -> Result<()> {
        window.clear((end - start) as usize);
        let (blocks, known) = self.chrom(chrom)?;
        for index in known.overlapping(blocks, start, end) {
            if let Some(block) = known.held[index].get() {
                block.paint(start, window);
                continue;
            }
            let key = BlockKey {
                track: self.number,
                chrom: chrom as u32,
                index: index as u32,
            };
            if let Some(block) = self.memory.cached(key) {
                block.paint(start, window);
                continue;
            }
            let block = Arc::new(self.decode(chrom, blocks, known, index, decoder)?);
            self.memory.count_inflated();
            self.memory.cache(key, &block);
            block.paint(start, window);
        }
        Ok(())
    }
}

impl Drop for DecodedTrack {
    fn drop(&mut self) {
        self.memory.forget(self.number);
    }
}

/// What a thread needs to decode blocks.
#[derive(Debug, Default)]
pub struct Decoder {
    scratch: Scratch,
    runs: ContiguousRuns,
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::testing::{BigWigFile, Endian, Items, Section, TempFile, TestResult, same};

    fn runs(items: &[(u32, u32, f32)]) -> Runs {
        Runs {
            starts: items.iter().map(|item| item.0).collect(),
            ends: items.iter().map(|item| item.1).collect(),
            values: items.iter().map(|item| item.2).collect(),
        }
    }

    fn block_of(items: &[(u32, u32, f32)], is_alone: bool) -> Result<Block> {
        let mut runs = ContiguousRuns::default();
        for &(start, end, value) in items {
            runs.push(start, end, value);
        }
        if is_alone && !runs.is_disordered {
            return Block::of_runs(&runs);
        }
        Ok(Block::of_items(self::runs(items)))
    }

    /// What a block paints of each region of `0..size`, held against painting items one by one.
    fn check(items: &[(u32, u32, f32)], is_alone: bool, size: u32) -> Result<Block> {
        let block = block_of(items, is_alone)?;
        let background = if is_alone { 0.0 } else { 0.5 };
        let mut bases = vec![background; size as usize];
        for &(from, to, value) in items {
            let value = if value.is_nan() { 0.0 } else { value };
            bases[from as usize..to as usize].fill(value);
        }
        for (start, end) in (0..size).flat_map(|start| (start..=size).map(move |end| (start, end)))
        {
            let mut window = PaintedWindow::default();
            window.clear((end - start) as usize);
            window.values[..(end - start) as usize].fill(background);
            block.paint(start, &mut window);
            let expected = &bases[start as usize..end as usize];
            assert!(
                same(window.values(), expected),
                "{block:?} {start}-{end} {window:?}"
            );
        }
        Ok(block)
    }

    #[test]
    fn the_smallest_form_is_kept_and_paints_the_same() -> TestResult {
        let block = check(&[], true, 5)?;
        assert_eq!(block.form, Form::Uniform(0.0));
        let block = check(&[(3, 5, 1.0), (5, 9, 1.0)], true, 20)?;
        assert_eq!(block.form, Form::Uniform(1.0));
        let block = check(&[(3, 4, 1.0), (4, 5, f32::NAN), (7, 9, 2.0)], true, 12)?;
        assert!(
            matches!(
                block.form,
                Form::Runs(PackedRuns {
                    runs: 3,
                    is_short: true,
                    ..
                })
            ),
            "{block:?}"
        );
        let block = check(
            &[(3, 4, 1.0), (4, 5, 2.0), (5, 6, -0.0), (6, 7, 0.0)],
            true,
            12,
        )?;
        assert!(matches!(block.form, Form::Bases(_)), "{block:?}");
        // What is written at once must not reach behind the block.
        check(
            &[
                (3, 4, 1.0),
                (4, 5, 5.0),
                (5, 60, 2.0),
                (60, 62, 6.0),
                (62, 63, 7.0),
                (63, 64, 8.0),
            ],
            true,
            90,
        )?;
        // Longer and shorter than what is written at once, and as long.
        let block = check(
            &[
                (1, 2, 1.0),
                (2, 10, 2.0),
                (10, 19, 3.0),
                (19, 36, 4.0),
                (40, 41, f32::INFINITY),
            ],
            true,
            45,
        )?;
        assert!(
            matches!(
                block.form,
                Form::Runs(PackedRuns {
                    runs: 6,
                    is_short: true,
                    ..
                })
            ),
            "{block:?}"
        );
        Ok(())
    }

    #[test]
    fn a_wide_block_has_wide_ends() -> TestResult {
        let items = [(5, 10, 1.0), (10, 65_541, 2.0), (70_000, 70_001, 3.0)];
        let block = block_of(&items, true)?;
        assert!(
            matches!(
                block.form,
                Form::Runs(PackedRuns {
                    runs: 4,
                    is_short: false,
                    ..
                })
            ),
            "{block:?}"
        );
        let mut window = PaintedWindow::default();
        for (start, expected) in [
            (8, [1.0, 1.0, 2.0, 2.0]),
            (65_539, [2.0, 2.0, 0.0, 0.0]),
            (69_998, [0.0, 0.0, 3.0, 0.0]),
            (90_000, [0.0; 4]),
        ] {
            window.clear(4);
            block.paint(start, &mut window);
            assert_eq!(window.values(), expected);
        }
        // A few runs of more than 2^31 bases are one step, of 2^32.
        let block = block_of(&[(5, 10, 1.0), (10, 3_000_000_000, 2.0)], true)?;
        assert!(block.bytes() < 200, "{block:?}");
        window.clear(4);
        block.paint(8, &mut window);
        assert_eq!(window.values(), [1.0, 1.0, 2.0, 2.0]);
        window.clear(2);
        block.paint(2_999_999_999, &mut window);
        assert_eq!(window.values(), [2.0, 0.0]);
        // One base less, and sixteen bits are enough.
        let block = block_of(&[(5, 10, 1.0), (10, 65_540, 2.0)], true)?;
        assert!(
            matches!(
                block.form,
                Form::Runs(PackedRuns {
                    runs: 2,
                    is_short: true,
                    ..
                })
            ),
            "{block:?}"
        );
        window.clear(2);
        block.paint(65_539, &mut window);
        assert_eq!(window.values(), [2.0, 0.0]);
        Ok(())
    }

    #[test]
    fn items_that_overlap_keep_their_order_and_their_gaps() -> TestResult {
        let block = check(&[(10, 20, 1.0), (5, 15, 2.0), (0, 4, 3.0)], true, 25)?;
        assert!(matches!(block.form, Form::Items(_)));
        let block = check(&[(3, 5, 1.0), (7, 9, f32::NAN)], false, 12)?;
        assert!(matches!(block.form, Form::Items(_)));
        Ok(())
    }

    /// Two chromosomes; the blocks of the first overlap, and its second one ends before the first does.
    fn overlapping_blocks() -> Vec<Vec<Section>> {
        vec![
            vec![(0, Items::BedGraph(vec![(0, 5, 1.0), (20, 40, 2.0)]))],
            vec![(0, Items::FixedStep(3, 4, 3, vec![3.0, f32::NAN, 0.0]))],
            vec![(0, Items::VariableStep(2, vec![(30, 4.0), (45, 5.0)]))],
            vec![(1, Items::BedGraph(vec![(7, 9, 6.0)]))],
        ]
    }

    const CHROMS: [(&str, u32, u32); 2] = [("chr1", 0, 50), ("chr2", 1, 10)];

    fn open(blocks: &[Vec<Section>]) -> TestResult<(TempFile, Arc<BigWig>)> {
        let file = BigWigFile {
            chroms: &CHROMS,
            blocks,
            version: 4,
            endian: Endian::Little,
            compressed: true,
            children: 2,
            hole: 0,
        };
        let temp = file.write()?;
        let track = BigWig::open(temp.path())?;
        Ok((temp, Arc::new(track)))
    }

    fn go_on() -> bool {
        false
    }

    #[test]
    fn every_region_is_the_same_whatever_is_kept() -> TestResult {
        let apart = vec![
            vec![(0, Items::BedGraph(vec![(0, 5, 1.0), (7, 9, 2.0)]))],
            vec![(0, Items::FixedStep(9, 4, 3, vec![3.0, f32::NAN, 0.0]))],
            vec![(0, Items::VariableStep(2, vec![(30, 4.0), (45, 5.0)]))],
        ];
        for blocks in [overlapping_blocks(), apart] {
            let (_temp, file) = open(&blocks)?;
            let (mut scratch, mut decoder) = (Scratch::new(), Decoder::default());
            let mut window = PaintedWindow::default();
            for (limit, some_held) in [(0, false), (1000, true), (10_000, true), (1 << 40, true)] {
                let memory = Arc::new(Memory::new(limit));
                let track = DecodedTrack::new(Arc::clone(&file), Arc::clone(&memory));
                let held = track.preload(0, &[(0, 50)], &go_on)?;
                assert_eq!(held.held > 0, some_held, "limit {limit}");
                for (chrom, (_, _, size)) in CHROMS.into_iter().enumerate() {
                    for (start, end) in (0..=size).flat_map(|s| (s..=size).map(move |e| (s, e))) {
                        let mut expected = vec![9.0; (end - start) as usize];
                        file.values(chrom, start, end, &mut expected, &mut scratch)?;
                        for value in &mut expected {
                            *value = if value.is_nan() { 0.0 } else { *value };
                        }
                        track.paint(chrom, start, end, &mut decoder, &mut window)?;
                        let found = window.values();
                        assert!(same(found, &expected), "{chrom}:{start}-{end} {found:?}");
                    }
                }
                drop(track);
                assert_eq!((memory.usage().held, memory.usage().cached), (0, 0));
            }
        }
        Ok(())
    }

    #[test]
    fn a_block_is_held_and_counted_once() -> TestResult {
        let (_temp, file) = open(&overlapping_blocks())?;
        let once = Arc::new(Memory::new(1 << 40));
        let track = DecodedTrack::new(Arc::clone(&file), Arc::clone(&once));
        assert_eq!(track.preload(0, &[(0, 50)], &go_on)?.held, 3);

        // The first two regions lie in the same two blocks.
        let twice = Arc::new(Memory::new(1 << 40));
        let other = DecodedTrack::new(file, Arc::clone(&twice));
        assert_eq!(
            other.preload(0, &[(4, 6), (8, 9), (44, 46)], &go_on)?.held,
            3
        );
        assert_eq!(twice.usage(), once.usage());
        assert_eq!(other.preload(0, &[(0, 50)], &go_on)?.held, 3);
        assert_eq!(twice.usage(), once.usage());
        Ok(())
    }

    #[test]
    fn what_is_held_needs_no_file() -> TestResult {
        let (temp, file) = open(&overlapping_blocks())?;
        let track = DecodedTrack::new(file, Arc::new(Memory::new(1 << 40)));
        assert_eq!(track.preload(0, &[(0, 1)], &go_on)?.held, 1);
        File::options().write(true).open(temp.path())?.set_len(99)?;

        let (mut decoder, mut window) = (Decoder::default(), PaintedWindow::default());
        track.paint(0, 0, 3, &mut decoder, &mut window)?;
        assert_eq!(window.values(), [1.0; 3]);
        assert!(track.preload(0, &[(0, 50)], &go_on).is_err());
        assert!(track.paint(0, 40, 50, &mut decoder, &mut window).is_err());
        Ok(())
    }

    #[test]
    fn what_is_not_held_is_inflated_once_while_it_is_cached() -> TestResult {
        let (_temp, file) = open(&overlapping_blocks())?;
        for (limit, inflated) in [(1 << 40, 3), (0, 6)] {
            let memory = Arc::new(Memory::new(limit));
            let track = DecodedTrack::new(Arc::clone(&file), Arc::clone(&memory));
            let (mut decoder, mut window) = (Decoder::default(), PaintedWindow::default());
            for _ in 0..2 {
                track.paint(0, 0, 50, &mut decoder, &mut window)?;
            }
            assert_eq!(memory.usage().inflated, inflated);
        }
        Ok(())
    }

    #[test]
    fn a_cancelled_preload_is_an_error() -> TestResult {
        let (_temp, file) = open(&overlapping_blocks())?;
        let track = DecodedTrack::new(file, Arc::new(Memory::new(1 << 40)));
        let result = track.preload(0, &[(0, 50)], &|| true);
        assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
        Ok(())
    }
}
