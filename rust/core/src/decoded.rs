//! A bigWig whose blocks are decoded once and read many times.
//!
//! Inflating a block takes 20 to 100 times as long as reading one window out of it, and batches come back to the same
//! blocks again and again. [`DecodedTrack`] keeps each block it has decoded, as sorted runs or, where every item has the
//! same width and spacing (`fixedStep`), as values alone, until a [`Budget`] shared by all tracks of a sampler is spent.
//! Blocks beyond the budget are decoded for the window at hand and dropped. What a window holds is the same either way.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use crate::bigwig::{BigWig, BlockRef, Runs, Scratch};
use crate::error::Result;

/// Bytes that decoded blocks may take together.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    used: AtomicU64,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self {
            limit,
            used: AtomicU64::new(0),
        }
    }

    /// The bytes taken so far.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: u64) -> bool {
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|&sum| sum <= self.limit)
            })
            .is_ok()
    }

    fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// One decoded block.
#[derive(Debug, PartialEq)]
enum Block {
    /// Items in file order; `sorted` if they neither overlap nor run backwards.
    Runs { runs: Runs, sorted: bool },
    /// Items of one width at one distance.
    Steps {
        start: u32,
        step: u32,
        span: u32,
        values: Vec<f32>,
    },
}

impl Block {
    fn new(runs: Runs) -> Self {
        if let Some((start, step, span)) = even_steps(&runs) {
            let values = runs.values;
            return Self::Steps {
                start,
                step,
                span,
                values,
            };
        }
        let sorted = runs
            .starts
            .iter()
            .skip(1)
            .zip(&runs.ends)
            .all(|(start, end)| start >= end);
        Self::Runs { runs, sorted }
    }

    fn bytes(&self) -> u64 {
        let items = match self {
            Self::Runs { runs, .. } => 3 * runs.values.len(),
            Self::Steps { values, .. } => values.len(),
        };
        (4 * items + size_of::<Self>()) as u64
    }

    /// Calls `fill(from, to, value)` for the part of each item inside `start..end`, in file order.
    fn for_each(&self, start: u32, end: u32, mut fill: impl FnMut(u32, u32, f32)) {
        let mut item = |from: u32, to: u32, value: f32| {
            let (from, to) = (from.max(start), to.min(end));
            if from < to {
                fill(from, to, value);
            }
        };
        match self {
            Self::Runs { runs, sorted } => {
                let Runs {
                    starts,
                    ends,
                    values,
                } = runs;
                let first = if *sorted {
                    ends.partition_point(|&e| e <= start)
                } else {
                    0
                };
                let items = starts.iter().zip(ends).zip(values).skip(first);
                for ((&from, &to), &value) in items {
                    if *sorted && from >= end {
                        break;
                    }
                    item(from, to, value);
                }
            }
            Self::Steps {
                start: origin,
                step,
                span,
                values,
            } => {
                let first = (start.saturating_sub(*origin) / step) as usize;
                for (index, &value) in values.iter().enumerate().skip(first) {
                    let from = origin + index as u32 * step;
                    if from >= end {
                        break;
                    }
                    item(from, from + span, value);
                }
            }
        }
    }
}

/// Start, step and span of items that are all as wide and as far apart as each other, without overlap.
fn even_steps(runs: &Runs) -> Option<(u32, u32, u32)> {
    let (&[first, second, ..], Some(end)) = (runs.starts.as_slice(), runs.ends.first()) else {
        return None;
    };
    let (step, span) = (second.checked_sub(first)?, end - first);
    let even = step >= span
        && runs
            .starts
            .windows(2)
            .all(|pair| pair[0].checked_add(step) == Some(pair[1]))
        && runs
            .starts
            .iter()
            .zip(&runs.ends)
            .all(|(start, end)| end - start == span);
    even.then_some((first, step, span))
}

/// The blocks of one chromosome.
#[derive(Debug)]
struct ChromBlocks {
    blocks: Vec<BlockRef>,
    /// The largest end among this block and those before it: rises even where blocks overlap.
    reach: Vec<u32>,
    decoded: Vec<OnceLock<Block>>,
}

impl ChromBlocks {
    fn new(blocks: &[BlockRef]) -> Self {
        let mut furthest = 0;
        let reach = blocks
            .iter()
            .map(|block| {
                furthest = furthest.max(block.end);
                furthest
            })
            .collect();
        Self {
            blocks: blocks.to_vec(),
            reach,
            decoded: blocks.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    fn overlapping(&self, start: u32, end: u32) -> impl Iterator<Item = usize> {
        let first = self.reach.partition_point(|&reach| reach <= start);
        let last = self.blocks.partition_point(|block| block.start < end);
        (first..last.max(first)).filter(move |&index| self.blocks[index].end > start)
    }
}

/// A bigWig with its decoded blocks.
#[derive(Debug)]
pub struct DecodedTrack {
    file: Arc<BigWig>,
    chroms: Vec<OnceLock<ChromBlocks>>,
    budget: Arc<Budget>,
}

impl DecodedTrack {
    /// Wraps an open bigWig; nothing is decoded yet.
    pub fn new(file: Arc<BigWig>, budget: Arc<Budget>) -> Self {
        let chroms = file.chroms().iter().map(|_| OnceLock::new()).collect();
        Self {
            file,
            chroms,
            budget,
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

    fn chrom(&self, chrom: usize) -> Result<&ChromBlocks> {
        if let Some(blocks) = self.chroms[chrom].get() {
            return Ok(blocks);
        }
        let blocks = ChromBlocks::new(self.file.blocks(chrom)?);
        Ok(self.chroms[chrom].get_or_init(|| blocks))
    }

    /// Decodes every block that touches one of the sorted, disjoint `regions`, in parallel on the current rayon pool.
    ///
    /// Returns how many blocks are now held. Those that no longer fit the budget are left for later.
    pub fn preload(&self, chrom: usize, regions: &[(u32, u32)]) -> Result<usize> {
        let blocks = self.chrom(chrom)?;
        let mut wanted: Vec<usize> = regions
            .iter()
            .flat_map(|&(start, end)| blocks.overlapping(start, end))
            .collect();
        // Where blocks overlap, two regions may ask for the same ones.
        wanted.sort_unstable();
        wanted.dedup();
        wanted
            .into_par_iter()
            .map_init(Scratch::default, |scratch, index| {
                self.with_block(chrom, blocks, index, scratch, |_| ())?;
                Ok(usize::from(blocks.decoded[index].get().is_some()))
            })
            .sum()
    }

    fn with_block<T>(
        &self,
        chrom: usize,
        blocks: &ChromBlocks,
        index: usize,
        scratch: &mut Scratch,
        read: impl FnOnce(&Block) -> T,
    ) -> Result<T> {
        let slot = &blocks.decoded[index];
        if let Some(block) = slot.get() {
            return Ok(read(block));
        }
        let block = Block::new(self.file.decode(chrom, &blocks.blocks[index], scratch)?);
        let bytes = block.bytes();
        if !self.budget.take(bytes) {
            return Ok(read(&block));
        }
        let mut is_first = false;
        let block = slot.get_or_init(|| {
            is_first = true;
            block
        });
        if !is_first {
            // Another thread has decoded it as well, and its copy stays.
            self.budget.give_back(bytes);
        }
        Ok(read(block))
    }

    /// Calls `fill(from, to, value)` for each piece of data inside `start..end`; later pieces overrule earlier ones.
    pub fn for_each(
        &self,
        chrom: usize,
        start: u32,
        end: u32,
        scratch: &mut Scratch,
        mut fill: impl FnMut(u32, u32, f32),
    ) -> Result<()> {
        let blocks = self.chrom(chrom)?;
        for index in blocks.overlapping(start, end) {
            self.with_block(chrom, blocks, index, scratch, |block| {
                block.for_each(start, end, &mut fill);
            })?;
        }
        Ok(())
    }
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

    fn pieces(block: &Block, start: u32, end: u32) -> Vec<(u32, u32, f32)> {
        let mut found = Vec::new();
        block.for_each(start, end, |from, to, value| found.push((from, to, value)));
        found
    }

    #[test]
    fn even_items_are_kept_as_values() {
        let block = Block::new(runs(&[(10, 13, 1.0), (15, 18, 2.0), (20, 23, 3.0)]));
        assert!(matches!(
            block,
            Block::Steps {
                start: 10,
                step: 5,
                span: 3,
                ..
            }
        ));
        assert_eq!(
            pieces(&block, 0, 100),
            [(10, 13, 1.0), (15, 18, 2.0), (20, 23, 3.0)]
        );
        assert_eq!(pieces(&block, 12, 16), [(12, 13, 1.0), (15, 16, 2.0)]);
        assert_eq!(pieces(&block, 13, 15), []);
        assert_eq!(pieces(&block, 17, 21), [(17, 18, 2.0), (20, 21, 3.0)]);
    }

    #[test]
    fn uneven_items_are_bisected() {
        let block = Block::new(runs(&[(10, 13, 1.0), (13, 18, 2.0), (30, 33, 3.0)]));
        assert!(matches!(block, Block::Runs { sorted: true, .. }));
        assert_eq!(pieces(&block, 12, 14), [(12, 13, 1.0), (13, 14, 2.0)]);
        assert_eq!(pieces(&block, 18, 30), []);
    }

    #[test]
    fn unsorted_items_keep_their_order() {
        let block = Block::new(runs(&[(10, 20, 1.0), (5, 15, 2.0), (0, 4, 3.0)]));
        assert!(matches!(block, Block::Runs { sorted: false, .. }));
        assert_eq!(pieces(&block, 12, 14), [(12, 14, 1.0), (12, 14, 2.0)]);
    }

    #[test]
    fn a_budget_never_exceeds_its_limit() {
        let budget = Budget::new(10);
        assert!(budget.take(6));
        assert!(!budget.take(5));
        assert!(budget.take(4));
        assert_eq!(budget.used(), 10);
        budget.give_back(6);
        assert_eq!(budget.used(), 4);
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

    #[test]
    fn every_region_is_the_same_whatever_is_kept() -> TestResult {
        let (_temp, file) = open(&overlapping_blocks())?;
        let mut scratch = Scratch::new();
        for (limit, kept_of_all) in [(0, 0), (150, 1), (u64::MAX, 4)] {
            let budget = Arc::new(Budget::new(limit));
            let track = DecodedTrack::new(Arc::clone(&file), Arc::clone(&budget));
            let kept = track.preload(0, &[(0, 50)])? + track.preload(1, &[(0, 10)])?;
            assert_eq!(kept, kept_of_all, "limit {limit}");
            assert!(budget.used() <= limit);
            for (chrom, (_, _, size)) in CHROMS.into_iter().enumerate() {
                for (start, end) in (0..=size).flat_map(|s| (s..=size).map(move |e| (s, e))) {
                    let mut expected = vec![9.0; (end - start) as usize];
                    file.values(chrom, start, end, &mut expected, &mut scratch)?;
                    let mut found = vec![f32::NAN; expected.len()];
                    track.for_each(chrom, start, end, &mut scratch, |from, to, value| {
                        assert!(start <= from && from < to && to <= end);
                        found[(from - start) as usize..(to - start) as usize].fill(value);
                    })?;
                    assert!(same(&found, &expected), "{chrom}:{start}-{end} {found:?}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn a_block_is_held_and_counted_once() -> TestResult {
        let (_temp, file) = open(&overlapping_blocks())?;
        let once = Arc::new(Budget::new(u64::MAX));
        let track = DecodedTrack::new(Arc::clone(&file), Arc::clone(&once));
        assert_eq!(track.preload(0, &[(0, 50)])?, 3);

        // The first two regions lie in the same two blocks.
        let twice = Arc::new(Budget::new(u64::MAX));
        let track = DecodedTrack::new(file, Arc::clone(&twice));
        assert_eq!(track.preload(0, &[(4, 6), (8, 9), (44, 46)])?, 3);
        assert_eq!(twice.used(), once.used());
        assert_eq!(track.preload(0, &[(0, 50)])?, 3);
        assert_eq!(twice.used(), once.used());
        Ok(())
    }

    #[test]
    fn what_is_held_needs_no_file() -> TestResult {
        let (temp, file) = open(&overlapping_blocks())?;
        let track = DecodedTrack::new(file, Arc::new(Budget::new(u64::MAX)));
        assert_eq!(track.preload(0, &[(0, 1)])?, 1);
        File::options().write(true).open(temp.path())?.set_len(99)?;

        let mut scratch = Scratch::new();
        let mut found = Vec::new();
        track.for_each(0, 0, 3, &mut scratch, |from, to, value| {
            found.push((from, to, value));
        })?;
        assert_eq!(found, [(0, 3, 1.0)]);
        assert!(track.preload(0, &[(0, 50)]).is_err());
        let beyond = track.for_each(0, 40, 50, &mut scratch, |_, _, _| ());
        assert!(beyond.is_err());
        Ok(())
    }
}
