//! A bigWig whose blocks are decoded once and read many times.
//!
//! Inflating a block takes 20 to 100 times as long as reading one window out of it, and batches come back to the same
//! blocks again and again. [`DecodedTrack`] therefore keeps blocks in the smallest form that gives the same numbers, as far
//! as a [`Memory`] allows: those decoded at start for good, others in its cache.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rayon::prelude::*;

use super::Memory;
use super::block::{Block, ContiguousRuns, PaintedWindow};
use crate::bigwig::{BigWig, Blocks, Scratch};
use crate::error::{Error, Result};
use crate::memory::{Key, Reserved};

/// A bigWig with its decoded blocks.
#[derive(Debug)]
pub struct DecodedTrack {
    file: Arc<BigWig>,
    /// What is held of each chromosome's blocks.
    chroms: Vec<OnceLock<Box<[OnceLock<Block>]>>>,
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
            number: memory.new_owner(),
            held: Mutex::new(memory.budget.hold_always(0)),
            memory,
        }
    }

    /// The chromosome's blocks, and what is held of them.
    fn chrom(&self, chrom: usize) -> Result<(&Blocks, &[OnceLock<Block>])> {
        let blocks = self.file.chrom_blocks(chrom)?;
        if let Some(held) = self.chroms[chrom].get() {
            return Ok((blocks, held));
        }
        let held = self.chroms[chrom].get_or_init(|| {
            let slots = blocks.refs().len() * size_of::<OnceLock<Block>>();
            let reserved = self
                .memory
                .budget
                .hold_always(blocks.bytes() + slots as u64);
            self.held().merge(reserved);
            blocks.refs().iter().map(|_| OnceLock::new()).collect()
        });
        Ok((blocks, held))
    }

    /// Decodes every block that touches one of the sorted, disjoint `regions`, in parallel on the current rayon pool.
    ///
    /// Those for which the memory has no room are left alone. Gives how many are held and how many are left alone.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`] as soon as `is_cancelled` says so, besides the errors of reading.
    pub fn preload(
        &self,
        chrom: usize,
        regions: &[(u32, u32)],
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<(usize, usize)> {
        let (blocks, slots) = self.chrom(chrom)?;
        let mut wanted: Vec<usize> = regions
            .iter()
            .flat_map(|&(start, end)| blocks.overlapping(start, end))
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
                let slot = &slots[index];
                if slot.get().is_none() && !self.memory.budget.is_full() {
                    let block = self.decode(chrom, blocks, index, decoder)?;
                    let bytes = block.bytes() - size_of::<Block>() as u64;
                    if let Some(reserved) = self.memory.budget.hold(bytes)
                        && slot.set(block).is_ok()
                    {
                        self.held().merge(reserved);
                    }
                }
                Ok(usize::from(slot.get().is_some()))
            })
            .sum::<Result<usize>>()?;
        Ok((held, all - held))
    }

    /// Bytes that it holds in the memory.
    pub fn held_bytes(&self) -> u64 {
        self.held().bytes
    }

    /// The number is still valid after a panic elsewhere.
    fn held(&self) -> MutexGuard<'_, Reserved> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decode(
        &self,
        chrom: usize,
        blocks: &Blocks,
        index: usize,
        decoder: &mut Decoder,
    ) -> Result<Block> {
        let Decoder { scratch, runs } = decoder;
        let block = &blocks.refs()[index];
        if blocks.are_apart() {
            runs.clear();
            self.file.decode_into(chrom, block, scratch, runs)?;
            if !runs.is_disordered {
                return Block::of_runs(runs);
            }
        }
        let items = self.file.decode(chrom, block, scratch)?;
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
        let (blocks, slots) = self.chrom(chrom)?;
        for index in blocks.overlapping(start, end) {
            if let Some(block) = slots[index].get() {
                block.paint(start, window);
                continue;
            }
            let key = Key {
                owner: self.number,
                part: chrom as u32,
                index: index as u32,
            };
            if let Some(block) = self.memory.get(key) {
                block.paint(start, window);
                continue;
            }
            let block = Arc::new(self.decode(chrom, blocks, index, decoder)?);
            self.memory.insert(key, &block, block.bytes());
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
            let (mut scratch, mut decoder) = (Scratch::default(), Decoder::default());
            let mut window = PaintedWindow::default();
            for (limit, some_held) in [(0, false), (1000, true), (10_000, true), (1 << 40, true)] {
                let memory = Arc::new(Memory::new(limit));
                let track = DecodedTrack::new(Arc::clone(&file), Arc::clone(&memory));
                let held = track.preload(0, &[(0, 50)], &go_on)?;
                assert_eq!(held.0 > 0, some_held, "limit {limit}");
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
        assert_eq!(track.preload(0, &[(0, 50)], &go_on)?.0, 3);

        // The first two regions lie in the same two blocks.
        let twice = Arc::new(Memory::new(1 << 40));
        let other = DecodedTrack::new(file, Arc::clone(&twice));
        assert_eq!(other.preload(0, &[(4, 6), (8, 9), (44, 46)], &go_on)?.0, 3);
        assert_eq!(twice.usage(), once.usage());
        assert_eq!(other.preload(0, &[(0, 50)], &go_on)?.0, 3);
        assert_eq!(twice.usage(), once.usage());
        Ok(())
    }

    #[test]
    fn what_is_held_needs_no_file() -> TestResult {
        let (temp, file) = open(&overlapping_blocks())?;
        let track = DecodedTrack::new(file, Arc::new(Memory::new(1 << 40)));
        assert_eq!(track.preload(0, &[(0, 1)], &go_on)?.0, 1);
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
        for (limit, missed) in [(1 << 40, 3), (0, 6)] {
            let memory = Arc::new(Memory::new(limit));
            let track = DecodedTrack::new(Arc::clone(&file), Arc::clone(&memory));
            let (mut decoder, mut window) = (Decoder::default(), PaintedWindow::default());
            for _ in 0..2 {
                track.paint(0, 0, 50, &mut decoder, &mut window)?;
            }
            assert_eq!(memory.usage().missed, missed);
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
