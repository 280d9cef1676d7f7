//! What may be taken of the machine's memory, and a cache that keeps within it.
//!
//! Two kinds of data share one limit. What is *held* stays until its owner is dropped. What is left of the limit, at least
//! an eighth of it or 64 MiB, is a [`Cache`] for all else.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Parts of the cache, each behind a lock of its own, so that threads seldom wait for each other.
const SHARDS: u64 = 16;

/// What the cache's own book-keeping takes for each value, about.
const ENTRY_BYTES: u64 = 96;

/// The most of the limit that is kept for the cache.
const MOST_RESERVED: u64 = 64 << 20;

/// A limit on bytes, and how many of them are held.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    held: AtomicU64,
    /// Whether something was refused since anything was last given back.
    full: AtomicBool,
}

/// Bytes held of a [`Budget`], which are given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Reserved {
    budget: Arc<Budget>,
    pub(crate) bytes: u64,
}

impl Reserved {
    /// Adds what another one holds of the same budget.
    pub(crate) fn merge(&mut self, mut other: Self) {
        debug_assert!(Arc::ptr_eq(&self.budget, &other.budget));
        self.bytes += std::mem::take(&mut other.bytes);
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
        self.budget.full.store(false, Ordering::Relaxed);
    }
}

impl Budget {
    /// A limit of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self {
            limit,
            held: AtomicU64::new(0),
            full: AtomicBool::new(false),
        }
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
            budget: Arc::clone(self),
            bytes,
        })
    }

    /// Counts bytes that are needed whatever the limit.
    pub(crate) fn hold_always(self: &Arc<Self>, bytes: u64) -> Reserved {
        self.held.fetch_add(bytes, Ordering::Relaxed);
        Reserved {
            budget: Arc::clone(self),
            bytes,
        }
    }

    /// Whether something had to be refused: then nothing more need be made in order to be held.
    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Bytes that are held.
    pub fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }
}

/// What is taken of a [`Budget`] and its [`Cache`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// The limit, in bytes.
    pub limit: u64,
    /// Bytes that stay as long as their owners do.
    pub held: u64,
    /// Bytes in the cache.
    pub cached: u64,
    /// Values that had to be made because they were neither held nor cached.
    pub missed: u64,
}

/// Which value of which owner.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Key {
    pub(crate) owner: u32,
    pub(crate) part: u32,
    pub(crate) index: u32,
}

/// Values that can be made again, in what is left of a [`Budget`].
#[derive(Debug)]
pub struct Cache<V> {
    /// The limit, of which what is held is taken.
    pub budget: Arc<Budget>,
    owners: AtomicU32,
    shards: Vec<Mutex<Shard<V>>>,
    missed: AtomicU64,
}

#[derive(Debug)]
struct Shard<V> {
    entries: HashMap<Key, Entry<V>>,
    /// Oldest first; a value that was asked for since it came gets a second turn (the clock algorithm).
    order: VecDeque<Key>,
    bytes: u64,
}

#[derive(Debug)]
struct Entry<V> {
    value: Arc<V>,
    bytes: u64,
    asked_for: bool,
}

impl<V> Cache<V> {
    /// A cache within a budget of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        let shard = || {
            Mutex::new(Shard {
                entries: HashMap::new(),
                order: VecDeque::new(),
                bytes: 0,
            })
        };
        Self {
            budget: Arc::new(Budget::new(limit)),
            owners: AtomicU32::new(0),
            shards: (0..SHARDS).map(|_| shard()).collect(),
            missed: AtomicU64::new(0),
        }
    }

    /// What is taken of the limit.
    pub fn usage(&self) -> MemoryUse {
        MemoryUse {
            limit: self.budget.limit,
            held: self.budget.held(),
            cached: self.shards.iter().map(|shard| lock(shard).bytes).sum(),
            missed: self.missed.load(Ordering::Relaxed),
        }
    }

    /// A number by which the values of an owner are told from others'.
    pub(crate) fn new_owner(&self) -> u32 {
        self.owners.fetch_add(1, Ordering::Relaxed)
    }

    /// A cached value.
    pub(crate) fn get(&self, key: Key) -> Option<Arc<V>> {
        let mut shard = self.shard(key);
        let entry = shard.entries.get_mut(&key)?;
        entry.asked_for = true;
        Some(Arc::clone(&entry.value))
    }

    /// Counts a value of so many bytes that had to be made, and puts it into the cache in place of older ones; one too large
    /// for its part of the cache stays out.
    pub(crate) fn insert(&self, key: Key, value: &Arc<V>, bytes: u64) {
        self.missed.fetch_add(1, Ordering::Relaxed);
        let bytes = bytes + ENTRY_BYTES;
        let room = self.room();
        if bytes > room {
            return;
        }
        let mut shard = self.shard(key);
        if shard.entries.contains_key(&key) {
            return;
        }
        shard.shrink(room - bytes);
        shard.bytes += bytes;
        shard.order.push_back(key);
        let entry = Entry {
            value: Arc::clone(value),
            bytes,
            asked_for: false,
        };
        shard.entries.insert(key, entry);
    }

    /// Drops the cached values of an owner.
    pub(crate) fn forget(&self, owner: u32) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            let mut bytes = 0;
            shard.entries.retain(|key, entry| {
                bytes += if key.owner == owner { entry.bytes } else { 0 };
                key.owner != owner
            });
            shard.order.retain(|key| key.owner != owner);
            shard.bytes -= bytes;
        }
    }

    /// Makes the cache fit into what is left of the limit.
    pub(crate) fn shrink(&self) {
        let room = self.room();
        for shard in &self.shards {
            lock(shard).shrink(room);
        }
    }

    /// Bytes that one part of the cache may take.
    fn room(&self) -> u64 {
        self.budget.limit.saturating_sub(self.budget.held()) / SHARDS
    }

    fn shard(&self, key: Key) -> MutexGuard<'_, Shard<V>> {
        let spread = u64::from(key.index) + u64::from(key.part) * 7 + u64::from(key.owner) * 11;
        lock(&self.shards[(spread % SHARDS) as usize])
    }
}

impl<V> Shard<V> {
    fn shrink(&mut self, room: u64) {
        while self.bytes > room
            && let Some(key) = self.order.pop_front()
        {
            match self.entries.get_mut(&key) {
                Some(entry) if entry.asked_for => {
                    entry.asked_for = false;
                    self.order.push_back(key);
                }
                Some(entry) => {
                    self.bytes -= entry.bytes;
                    self.entries.remove(&key);
                }
                None => {}
            }
        }
    }
}

/// The cache is still valid after a panic of a thread that held the lock.
fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE_BYTES: u64 = 4_000;

    fn key(index: u32) -> Key {
        Key {
            owner: 0,
            part: 0,
            index,
        }
    }

    #[test]
    fn what_is_held_leaves_the_cache_its_part() {
        let budget = Arc::new(Budget::new(800));
        let mut first = budget.hold(300);
        let second = budget.hold(300);
        assert!(first.is_some() && second.is_some());
        assert!(budget.hold(101).is_none());
        let third = budget.hold(100);
        assert!(third.is_some() && budget.is_full());
        // What has become of two is given back once.
        if let (Some(first), Some(third)) = (&mut first, third) {
            first.merge(third);
            assert_eq!(first.bytes, 400);
        }
        assert!(budget.is_full());
        drop(second);
        assert!(!budget.is_full());
        assert_eq!(budget.held(), 400);
        let last = budget.hold(299);
        assert_eq!(budget.held(), 699);
        drop((first, last));
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn the_cache_keeps_within_its_room_and_what_was_asked_for_longest() {
        // Each of the 16 parts has room for three values.
        let cache = Cache::new(16 * 13_000);
        let value = Arc::new("value");
        for round in 0..3 {
            cache.insert(key(16 * round), &value, VALUE_BYTES);
        }
        assert!(cache.get(key(0)).is_some());
        cache.insert(key(16 * 3), &value, VALUE_BYTES);
        assert!(cache.get(key(0)).is_some());
        assert!(cache.get(key(16)).is_none());
        assert!(cache.get(key(32)).is_some());
        assert!(cache.usage().cached <= 13_000);

        // More is held now, so that one value fits.
        let held = cache.budget.hold(16 * 8_000);
        assert!(held.is_some());
        cache.shrink();
        assert_eq!(cache.usage().cached, VALUE_BYTES + ENTRY_BYTES);
        cache.forget(0);
        assert_eq!(cache.usage().cached, 0);
    }

    #[test]
    fn a_value_larger_than_the_cache_stays_out() {
        let cache = Cache::new(100);
        cache.insert(key(0), &Arc::new("value"), VALUE_BYTES);
        assert!(cache.get(key(0)).is_none());
        assert_eq!(cache.usage().cached, 0);
    }
}
