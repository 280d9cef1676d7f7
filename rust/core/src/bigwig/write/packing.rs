//! Blocks of data on their way to the file: compressed as they come, or by several threads while more blocks are made.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::output::{Output, Packer, WHAT};
use super::tree;
use crate::error::{Error, Result, reserve};

/// How many blocks a thread compresses at a time: enough to make up for waking it.
const BLOCKS_AT_ONCE: usize = 32;

/// A block that is not in the file yet. Its memory is used again.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) chrom: u32,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) raw: Vec<u8>,
    packed: Vec<u8>,
}

/// Blocks that are compressed at once, and what compresses them.
#[derive(Debug)]
struct Batch {
    blocks: Vec<Waiting>,
    /// How many of the blocks are filled.
    filled: usize,
    packer: Packer,
}

impl Batch {
    fn of(blocks: usize) -> Self {
        let blocks = std::iter::repeat_with(Waiting::default).take(blocks);
        Self {
            blocks: blocks.collect(),
            filled: 0,
            packer: Packer::default(),
        }
    }

    fn pack(&mut self) -> Result<()> {
        for block in &mut self.blocks[..self.filled] {
            self.packer.pack(&block.raw, &mut block.packed)?;
        }
        Ok(())
    }

    /// Writes the blocks, which are compressed, and empties the batch.
    fn write(&mut self, output: &mut Output, blocks: &mut Vec<tree::Block>) -> Result<()> {
        reserve(blocks, self.filled, WHAT)?;
        for block in &self.blocks[..self.filled] {
            blocks.push(tree::Block {
                chrom: block.chrom,
                start: block.start,
                end: block.end,
                size: block.packed.len() as u32,
                offset: output.position(),
            });
            output.put(&block.packed)?;
        }
        self.filled = 0;
        Ok(())
    }
}

/// A batch that a thread has; behind a lock only so that the writer can be shared.
type Away = Mutex<Receiver<(Result<()>, Batch)>>;

/// Blocks on their way to the file, in their order.
#[derive(Debug)]
pub(super) struct Packing {
    /// The batch that is being filled.
    current: Batch,
    /// Batches that are being compressed, the oldest first.
    away: VecDeque<Away>,
    /// Batches that are free.
    free: Vec<Batch>,
    /// `None` if the caller's thread compresses.
    pool: Option<ThreadPool>,
    largest: usize,
}

impl Packing {
    /// Compresses with the caller's thread.
    pub(super) fn new() -> Self {
        Self {
            current: Batch::of(1),
            away: VecDeque::new(),
            free: Vec::new(),
            pool: None,
            largest: 0,
        }
    }

    /// Compresses with threads, while the caller's thread makes more blocks.
    pub(super) fn with_threads(threads: usize) -> Result<Self> {
        if threads < 2 {
            return Ok(Self::new());
        }
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let batches = std::iter::repeat_with(|| Batch::of(BLOCKS_AT_ONCE));
        Ok(Self {
            current: Batch::of(BLOCKS_AT_ONCE),
            // One more than there are threads, so that none waits for the caller.
            free: batches.take(threads + 1).collect(),
            pool: Some(pool.map_err(|error| Error::no_threads(threads, &error))?),
            ..Self::new()
        })
    }

    /// The next block to fill; the caller then calls [`Packing::filled`].
    pub(super) fn next(&mut self) -> &mut Waiting {
        &mut self.current.blocks[self.current.filled]
    }

    /// Takes the block of [`Packing::next`].
    pub(super) fn filled(
        &mut self,
        output: &mut Output,
        blocks: &mut Vec<tree::Block>,
    ) -> Result<()> {
        let raw = &self.current.blocks[self.current.filled].raw;
        self.largest = self.largest.max(raw.len());
        self.current.filled += 1;
        if self.current.filled == self.current.blocks.len() {
            self.send(output, blocks)?;
        }
        Ok(())
    }

    /// Writes all blocks so far.
    pub(super) fn write(
        &mut self,
        output: &mut Output,
        blocks: &mut Vec<tree::Block>,
    ) -> Result<()> {
        self.send(output, blocks)?;
        while !self.away.is_empty() {
            self.write_oldest(output, blocks)?;
        }
        Ok(())
    }

    /// Bytes of the largest block so far, not compressed.
    pub(super) fn largest(&self) -> usize {
        self.largest
    }

    /// Has the current batch compressed.
    fn send(&mut self, output: &mut Output, blocks: &mut Vec<tree::Block>) -> Result<()> {
        if self.pool.is_some() && self.free.is_empty() {
            self.write_oldest(output, blocks)?;
        }
        let (Some(pool), Some(free)) = (&self.pool, self.free.pop()) else {
            self.current.pack()?;
            return self.current.write(output, blocks);
        };
        let mut batch = std::mem::replace(&mut self.current, free);
        let (sender, receiver) = channel();
        pool.spawn(move || {
            let result = batch.pack();
            // The receiver is gone if the writer is.
            let _ = sender.send((result, batch));
        });
        self.away.push_back(Mutex::new(receiver));
        Ok(())
    }

    /// Waits for the oldest batch that is being compressed, and writes it.
    fn write_oldest(&mut self, output: &mut Output, blocks: &mut Vec<tree::Block>) -> Result<()> {
        let Some(oldest) = self.away.pop_front() else {
            return Ok(());
        };
        let received = oldest.into_inner().map(|receiver| receiver.recv());
        let Ok(Ok((result, mut batch))) = received else {
            return Err(Error::Resource(format!("a thread for {WHAT} has ended")));
        };
        result?;
        batch.write(output, blocks)?;
        self.free.push(batch);
        Ok(())
    }
}
