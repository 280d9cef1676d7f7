//! Blocks of data that wait to be compressed: by one thread as they come, or by several, some blocks each.

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::output::{Output, Packer, WHAT};
use super::tree;
use crate::error::{Error, Result, reserve};

/// How many blocks each of several threads compresses at a time: enough to make up for starting it.
const BLOCKS_PER_THREAD: usize = 32;

/// A block on its way to the file. Its memory is used again.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) chrom: u32,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) raw: Vec<u8>,
    packed: Vec<u8>,
}

/// Blocks that wait, and those who compress them.
#[derive(Debug)]
pub(super) struct Packing {
    waiting: Vec<Waiting>,
    /// How many of `waiting` are filled.
    filled: usize,
    packers: Vec<Packer>,
    /// `None` if the caller's thread does the work.
    pool: Option<ThreadPool>,
}

impl Packing {
    /// Compresses with the caller's thread.
    pub(super) fn new() -> Self {
        Self {
            waiting: vec![Waiting::default()],
            filled: 0,
            packers: vec![Packer::default()],
            pool: None,
        }
    }

    /// Compresses with threads.
    pub(super) fn with_threads(threads: usize) -> Result<Self> {
        if threads < 2 {
            return Ok(Self::new());
        }
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| Error::no_threads(threads, &error))?;
        let blocks = threads * BLOCKS_PER_THREAD;
        Ok(Self {
            waiting: std::iter::repeat_with(Waiting::default)
                .take(blocks)
                .collect(),
            filled: 0,
            packers: std::iter::repeat_with(Packer::default)
                .take(threads)
                .collect(),
            pool: Some(pool),
        })
    }

    /// The next block to fill; the caller then calls [`Packing::filled`].
    pub(super) fn next(&mut self) -> &mut Waiting {
        &mut self.waiting[self.filled]
    }

    /// Takes the block of [`Packing::next`], and writes all that wait once there are enough.
    pub(super) fn filled(
        &mut self,
        output: &mut Output,
        blocks: &mut Vec<tree::Block>,
    ) -> Result<()> {
        self.filled += 1;
        if self.filled == self.waiting.len() {
            self.write(output, blocks)?;
        }
        Ok(())
    }

    /// Compresses and writes what waits.
    pub(super) fn write(
        &mut self,
        output: &mut Output,
        blocks: &mut Vec<tree::Block>,
    ) -> Result<()> {
        let waiting = &mut self.waiting[..self.filled];
        self.filled = 0;
        match &self.pool {
            Some(pool) if waiting.len() > 1 => {
                let share = waiting.len().div_ceil(self.packers.len());
                let mut results = Vec::new();
                results.resize_with(self.packers.len(), || Ok(()));
                let shares = waiting.chunks_mut(share).zip(&mut self.packers);
                pool.in_place_scope(|scope| {
                    for ((blocks, packer), result) in shares.zip(&mut results) {
                        scope.spawn(move |_| *result = pack_all(blocks, packer));
                    }
                });
                results.into_iter().collect::<Result<()>>()?;
            }
            _ => pack_all(waiting, &mut self.packers[0])?,
        }
        reserve(blocks, waiting.len(), WHAT)?;
        for block in waiting {
            blocks.push(tree::Block {
                chrom: block.chrom,
                start: block.start,
                end: block.end,
                size: block.packed.len() as u32,
                offset: output.position(),
            });
            output.put(&block.packed)?;
        }
        Ok(())
    }

    /// Bytes of the largest block so far, not compressed.
    pub(super) fn largest(&self) -> usize {
        let largest = self.packers.iter().map(|packer| packer.largest);
        largest.max().unwrap_or(0)
    }
}

fn pack_all(blocks: &mut [Waiting], packer: &mut Packer) -> Result<()> {
    for block in blocks {
        packer.pack(&block.raw, &mut block.packed)?;
    }
    Ok(())
}
