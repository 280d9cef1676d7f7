//! The forms in which a decoded block is kept.
//!
//! To a window, no data and NaN are both 0, and neighbours of one value are one run. That is what is kept: a sound block
//! becomes runs without gaps, of which only the ends are stored, or values base by base where that is shorter.

use std::ops::Range;

use crate::bigwig::{Intervals, Runs};
use crate::error::{Result, with_capacity};

/// Values that are written at once where a run is shorter, as most are; the surplus is overwritten by the runs after it.
const STRIDE: usize = 16;

/// Bytes that an allocation takes besides what was asked for, about.
const ALLOCATION_BYTES: u64 = 16;

/// What messages call the memory that decoded blocks take.
const DECODED: &str = "decoded track data";

/// One decoded block.
#[derive(Debug, PartialEq)]
pub struct Block {
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
    pub(super) fn of_runs(runs: &ContiguousRuns) -> Result<Self> {
        Ok(Self {
            start: runs.start,
            end: runs.start + runs.bases(),
            form: Form::of_runs(runs)?,
        })
    }

    /// Items as they are.
    pub(super) fn of_items(items: Runs) -> Self {
        Self {
            start: items.starts.iter().copied().min().unwrap_or(0),
            end: items.ends.iter().copied().max().unwrap_or(0),
            form: Form::Items(Box::new(items)),
        }
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> u64 {
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
    pub(super) fn paint(&self, start: u32, window: &mut PaintedWindow) {
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
pub(super) struct ContiguousRuns {
    start: u32,
    ends: Vec<u32>,
    values: Vec<f32>,
    /// Whether an item began before the one before it ended: then the runs are not valid.
    pub(super) is_disordered: bool,
}

impl ContiguousRuns {
    /// Removes all runs, keeps the memory.
    pub(super) fn clear(&mut self) {
        self.ends.clear();
        self.values.clear();
        self.is_disordered = false;
    }

    fn bases(&self) -> u32 {
        self.ends.last().map_or(0, |end| end - self.start)
    }

    /// Start, end and value of each run.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u32, f32)> + '_ {
        let starts = std::iter::once(self.start).chain(self.ends.iter().copied());
        let regions = starts.zip(&self.ends);
        regions
            .zip(&self.values)
            .map(|((start, end), value)| (start, *end, *value))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TestResult, same};

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
}
