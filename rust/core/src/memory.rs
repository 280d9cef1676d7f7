//! What decoded track blocks may take of the machine's memory.
//!
//! Two kinds of blocks share one limit. Those decoded at start are *held*: the regions of interest come back to them
//! in every epoch, and nothing is looked up to find them. What is left of the limit, at least an eighth of it or
//! 64 MiB, is a cache for all others: random windows, and whatever did not fit at start.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::decoded::Block;

/// Parts of the cache, each behind a lock of its own, so that threads seldom wait for each other.
const SHARDS: u64 = 16;

/// What the cache's own book-keeping takes for each block, about.
const ENTRY_BYTES: u64 = 96;

/// The most that is kept back from the blocks held, for the cache.
const MOST_RESERVED: u64 = 64 << 20;

/// A limit on bytes, shared by the tracks of one or more samplers.
#[derive(Debug)]
pub struct Memory {
    limit: u64,
    held: AtomicU64,
    /// Whether something was refused since anything was last given back.
    full: AtomicBool,
    tracks: AtomicU32,
    shards: Vec<Mutex<Shard>>,
    inflated: AtomicU64,
}

/// What [`Memory`] has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// The limit, in bytes.
    pub limit: u64,
    /// Bytes of blocks and indexes that stay as long as their tracks do.
    pub held: u64,
    /// Bytes in the cache.
    pub cached: u64,
    /// Blocks that had to be read from a file and inflated after the start, because they were neither held nor cached.
    pub inflated: u64,
}

/// Which block of which track.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct BlockKey {
    pub(crate) track: u32,
    pub(crate) chrom: u32,
    pub(crate) index: u32,
}

/// Bytes taken of a [`Memory`], which are given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Reserved {
    memory: Arc<Memory>,
    bytes: u64,
}

impl Reserved {
    /// Adds what another one has taken of the same memory.
    pub(crate) fn merge(&mut self, mut other: Self) {
        debug_assert!(Arc::ptr_eq(&self.memory, &other.memory));
        self.bytes += std::mem::take(&mut other.bytes);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        self.memory.held.fetch_sub(self.bytes, Ordering::Relaxed);
        self.memory.full.store(false, Ordering::Relaxed);
    }
}

#[derive(Debug, Default)]
struct Shard {
    blocks: HashMap<BlockKey, Entry>,
    /// Oldest first; a block that was asked for since it came gets a second turn (the clock algorithm).
    order: VecDeque<BlockKey>,
    bytes: u64,
}

#[derive(Debug)]
struct Entry {
    block: Arc<Block>,
    bytes: u64,
    asked_for: bool,
}

impl Memory {
    /// A limit of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self {
            limit,
            held: AtomicU64::new(0),
            full: AtomicBool::new(false),
            tracks: AtomicU32::new(0),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            inflated: AtomicU64::new(0),
        }
    }

    /// What is taken of it.
    pub fn usage(&self) -> MemoryUse {
        MemoryUse {
            limit: self.limit,
            held: self.held.load(Ordering::Relaxed),
            cached: self.shards.iter().map(|shard| lock(shard).bytes).sum(),
            inflated: self.inflated.load(Ordering::Relaxed),
        }
    }

    /// A number for a track, by which its blocks are told from others'.
    pub(crate) fn new_track(&self) -> u32 {
        self.tracks.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes bytes for something to be held, unless they would not leave the cache its part.
    pub(crate) fn hold(self: &Arc<Self>, bytes: u64) -> Option<Reserved> {
        let most = self.limit - (self.limit / 8).min(MOST_RESERVED);
        let taken = self
            .held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
                held.checked_add(bytes).filter(|&sum| sum <= most)
            })
            .is_ok();
        if !taken {
            self.full.store(true, Ordering::Relaxed);
            return None;
        }
        Some(Reserved {
            memory: Arc::clone(self),
            bytes,
        })
    }

    /// Whether something had to be refused: then nothing more need be decoded in order to be held.
    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Counts bytes that are needed whatever the limit: the index of a track.
    pub(crate) fn hold_always(self: &Arc<Self>, bytes: u64) -> Reserved {
        self.held.fetch_add(bytes, Ordering::Relaxed);
        Reserved {
            memory: Arc::clone(self),
            bytes,
        }
    }

    /// Counts a block that was inflated for a window.
    pub(crate) fn count_inflated(&self) {
        self.inflated.fetch_add(1, Ordering::Relaxed);
    }

    /// A cached block.
    pub(crate) fn cached(&self, key: BlockKey) -> Option<Arc<Block>> {
        let mut shard = self.shard(key);
        let entry = shard.blocks.get_mut(&key)?;
        entry.asked_for = true;
        Some(Arc::clone(&entry.block))
    }

    /// Puts a block into the cache, in place of older ones; one too large for its part of the cache stays out.
    pub(crate) fn cache(&self, key: BlockKey, block: &Arc<Block>) {
        let bytes = block.bytes() + ENTRY_BYTES;
        let room = self.room();
        if bytes > room {
            return;
        }
        let mut shard = self.shard(key);
        if shard.blocks.contains_key(&key) {
            return;
        }
        shard.shrink(room - bytes);
        shard.bytes += bytes;
        shard.order.push_back(key);
        let entry = Entry {
            block: Arc::clone(block),
            bytes,
            asked_for: false,
        };
        shard.blocks.insert(key, entry);
    }

    /// Drops the cached blocks of a track.
    pub(crate) fn forget(&self, track: u32) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            let mut bytes = 0;
            shard.blocks.retain(|key, entry| {
                bytes += if key.track == track { entry.bytes } else { 0 };
                key.track != track
            });
            shard.order.retain(|key| key.track != track);
            shard.bytes -= bytes;
        }
    }

    /// Makes the cache fit into what the blocks held have left of the limit.
    pub(crate) fn shrink_cache(&self) {
        let room = self.room();
        for shard in &self.shards {
            lock(shard).shrink(room);
        }
    }

    /// Bytes that one part of the cache may take.
    fn room(&self) -> u64 {
        self.limit.saturating_sub(self.held.load(Ordering::Relaxed)) / SHARDS
    }

    fn shard(&self, key: BlockKey) -> MutexGuard<'_, Shard> {
        let spread = u64::from(key.index) + u64::from(key.chrom) * 7 + u64::from(key.track) * 11;
        lock(&self.shards[(spread % SHARDS) as usize])
    }
}

impl Shard {
    fn shrink(&mut self, room: u64) {
        while self.bytes > room
            && let Some(key) = self.order.pop_front()
        {
            match self.blocks.get_mut(&key) {
                Some(entry) if entry.asked_for => {
                    entry.asked_for = false;
                    self.order.push_back(key);
                }
                Some(entry) => {
                    self.bytes -= entry.bytes;
                    self.blocks.remove(&key);
                }
                None => {}
            }
        }
    }
}

/// A thread that panicked while it held the lock has left a cache that is no worse than before.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Result;

    fn key(index: u32) -> BlockKey {
        BlockKey {
            track: 0,
            chrom: 0,
            index,
        }
    }

    /// A block of 4,000 bytes and its own fields.
    fn block() -> Result<Arc<Block>> {
        Block::of_bases((0..1000u16).map(f32::from)).map(Arc::new)
    }

    #[test]
    fn what_is_held_leaves_the_cache_its_part() {
        let memory = Arc::new(Memory::new(800));
        let mut first = memory.hold(300);
        let second = memory.hold(300);
        assert!(first.is_some() && second.is_some());
        assert!(memory.hold(101).is_none());
        let third = memory.hold(100);
        assert!(third.is_some() && memory.is_full());
        // What has become of two is given back once.
        if let (Some(first), Some(third)) = (&mut first, third) {
            first.merge(third);
            assert_eq!(first.bytes(), 400);
        }
        assert!(memory.is_full());
        drop(second);
        assert!(!memory.is_full());
        assert_eq!(memory.usage().held, 400);
        let last = memory.hold(299);
        assert_eq!(memory.usage().held, 699);
        drop((first, last));
        assert_eq!(memory.usage().held, 0);
    }

    #[test]
    fn the_cache_keeps_within_its_room_and_what_was_asked_for_longest() -> Result<()> {
        // Each of the 16 parts has room for three blocks.
        let memory = Arc::new(Memory::new(16 * 13_000));
        let block = block()?;
        assert!(block.bytes() >= 4000);
        for round in 0..3 {
            memory.cache(key(16 * round), &block);
        }
        assert!(memory.cached(key(0)).is_some());
        memory.cache(key(16 * 3), &block);
        assert!(memory.cached(key(0)).is_some());
        assert!(memory.cached(key(16)).is_none());
        assert!(memory.cached(key(32)).is_some());
        assert!(memory.usage().cached <= 13_000);

        // More is held now, so that one block fits.
        let held = memory.hold(16 * 8_000);
        assert!(held.is_some());
        memory.shrink_cache();
        assert!((4_000..5_000).contains(&memory.usage().cached));
        memory.forget(0);
        assert_eq!(memory.usage().cached, 0);
        Ok(())
    }

    #[test]
    fn a_block_larger_than_the_cache_stays_out() -> Result<()> {
        let memory = Memory::new(100);
        memory.cache(key(0), &block()?);
        assert!(memory.cached(key(0)).is_none());
        assert_eq!(memory.usage().cached, 0);
        Ok(())
    }
}
