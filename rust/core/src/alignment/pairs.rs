//! Mates of a file, joined by their names in whatever order the reads come.
//!
//! A read waits in memory for its mate, as a few numbers under a hash of 128 bits of its name. In a file that is sorted
//! by position or by name few wait at a time. When more wait than there is memory for, they and all reads that follow
//! go to buckets by hash, and the buckets are joined one after the other.
//!
//! The result does not depend on which of the two happens.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;

use bytemuck::{Pod, Zeroable};

use super::spill::Spill;
use crate::error::{Result, reserve};

/// Bytes that a waiting read takes, with what a hash table has in reserve.
const WAITING: u64 = 2 * (size_of::<u128>() + size_of::<Mate>()) as u64;
/// Buckets for the hashes of all names.
const NAME_BUCKETS: u32 = 256;
const WHAT: &str = "reads that wait for their mates";

/// What is kept of a read: a mapped, primary one.
#[repr(C)]
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
pub(super) struct Mate {
    /// The number of the sequence in the list of all files.
    pub(super) sequence: u32,
    /// Where the read with its clipped bases starts and ends; these four as [`place`] gives them.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Where its aligned part starts, and where its 5' end is: the start of a forward read, the end of a reverse one.
    pub(super) position: u32,
    pub(super) five: u32,
    pub(super) score: u32,
    pub(super) barcode: u32,
    pub(super) flags: u16,
    pub(super) mapq: u8,
    /// 1 if bases are clipped at the 5' end.
    pub(super) is_clipped: u8,
}

/// A place that clipped bases can push in front of its sequence, as a number that is not negative.
pub(super) fn place(position: i64) -> u32 {
    position.saturating_add(1 << 30).clamp(0, u32::MAX.into()) as u32
}

/// The position of a [`place`].
pub(super) fn position(place: u32) -> i64 {
    i64::from(place) - (1 << 30)
}

/// A read whose mate was found, or that has none in its file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Joined<'a> {
    Pair(&'a Mate, &'a Mate, &'a [u8]),
    Orphan(&'a Mate, &'a [u8]),
}

/// Why mates cannot be joined, or what went wrong on the way.
#[derive(Debug)]
pub(super) enum Unjoined {
    /// The same name and mate twice, by the hash of the name.
    Twice(u128),
    Failed(crate::Error),
}

impl From<crate::Error> for Unjoined {
    fn from(error: crate::Error) -> Self {
        Self::Failed(error)
    }
}

type Waiting<T> = HashMap<u128, T, BuildHasherDefault<Hashed>>;

/// The mates of a file.
#[derive(Debug)]
pub(super) struct Mates {
    waiting: Waiting<Mate>,
    /// Names of those that wait, if orphans are to have one.
    names: Option<Waiting<Box<[u8]>>>,
    limit: usize,
    buckets: u32,
    spill: Spill,
    is_spilling: bool,
    /// Hashes of all names whose reads are joined.
    seen: Spill,
    record: Vec<u8>,
}

impl Mates {
    /// Takes up to `memory` bytes, and then space in the folder `dir`; `file_size` tells how many reads to expect.
    pub(super) fn new(dir: &Path, memory: u64, file_size: u64, with_names: bool) -> Result<Self> {
        let buckets = (file_size >> 24).clamp(16, 1024) as u32;
        Ok(Self {
            waiting: Waiting::default(),
            names: with_names.then(Waiting::default),
            limit: (memory / 2 / WAITING) as usize,
            buckets,
            spill: Spill::new(buckets as usize, dir, memory / 2)?,
            is_spilling: false,
            seen: Spill::new(NAME_BUCKETS as usize, dir, memory / 4)?,
            record: Vec::new(),
        })
    }

    /// Adds a read; its mate, if that came before.
    pub(super) fn add(
        &mut self,
        name: &[u8],
        mate: &Mate,
    ) -> std::result::Result<Option<Mate>, Unjoined> {
        let hash = hash(name);
        if self.is_spilling {
            self.put(hash, mate, name)?;
            return Ok(None);
        }
        if let Some(other) = self.waiting.remove(&hash) {
            if number(&other) == number(mate) {
                return Err(Unjoined::Twice(hash));
            }
            if let Some(names) = &mut self.names {
                names.remove(&hash);
            }
            self.saw(hash)?;
            return Ok(Some(other));
        }
        self.waiting.insert(hash, *mate);
        if let Some(names) = &mut self.names {
            names.insert(hash, name.into());
        }
        if self.waiting.len() > self.limit {
            self.is_spilling = true;
            let mut names = self.names.take().unwrap_or_default();
            for (hash, mate) in std::mem::take(&mut self.waiting) {
                let name = names.remove(&hash).unwrap_or_default();
                self.put(hash, &mate, &name)?;
            }
        }
        Ok(None)
    }

    /// Gives what is not joined yet.
    pub(super) fn finish(
        mut self,
        mut each: impl FnMut(Joined<'_>) -> Result<()>,
    ) -> std::result::Result<(), Unjoined> {
        let names = self.names.take().unwrap_or_default();
        for (hash, mate) in std::mem::take(&mut self.waiting) {
            self.saw(hash)?;
            let name = names.get(&hash).map(AsRef::as_ref).unwrap_or_default();
            each(Joined::Orphan(&mate, name))?;
        }
        let empty = Spill::new(0, Path::new(""), 0)?;
        let spilled = std::mem::replace(&mut self.spill, empty).finish();
        let mut bytes = Vec::new();
        for bucket in 0..self.buckets {
            spilled.read(bucket, &mut bytes)?;
            self.join(&bytes, &mut each)?;
        }
        drop(spilled);
        check_seen(self.seen)
    }

    /// Joins the reads of a bucket.
    fn join(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(Joined<'_>) -> Result<()>,
    ) -> std::result::Result<(), Unjoined> {
        let mut waiting: Waiting<(Mate, &[u8])> = Waiting::default();
        let mut rest = bytes;
        while let Some((hash, mate, name, behind)) = record(rest) {
            rest = behind;
            let Some((other, other_name)) = waiting.remove(&hash) else {
                waiting.insert(hash, (mate, name));
                continue;
            };
            if number(&other) == number(&mate) {
                return Err(Unjoined::Twice(hash));
            }
            self.saw(hash)?;
            let name = if name.is_empty() { other_name } else { name };
            each(Joined::Pair(&other, &mate, name))?;
        }
        for (hash, (mate, name)) in waiting {
            self.saw(hash)?;
            each(Joined::Orphan(&mate, name))?;
        }
        Ok(())
    }

    fn put(&mut self, hash: u128, mate: &Mate, name: &[u8]) -> Result<()> {
        self.record.clear();
        self.record.extend(hash.to_ne_bytes());
        self.record.extend_from_slice(bytemuck::bytes_of(mate));
        self.record.push(name.len() as u8);
        self.record.extend_from_slice(name);
        let bucket = bucket(hash, self.buckets);
        self.spill.push(bucket, &self.record)
    }

    fn saw(&mut self, hash: u128) -> Result<()> {
        let bucket = bucket(hash, NAME_BUCKETS);
        self.seen.push(bucket, &((hash >> 64) as u64).to_ne_bytes())
    }
}

/// Refuses a name that was joined twice.
fn check_seen(seen: Spill) -> std::result::Result<(), Unjoined> {
    let seen = seen.finish();
    let (mut bytes, mut hashes): (_, Vec<u64>) = (Vec::new(), Vec::new());
    for bucket in 0..NAME_BUCKETS {
        seen.read(bucket, &mut bytes)?;
        let (words, _) = bytes.as_chunks();
        hashes.clear();
        reserve(&mut hashes, words.len(), WHAT)?;
        hashes.extend(words.iter().map(|word| u64::from_ne_bytes(*word)));
        hashes.sort_unstable();
        if let Some(twice) = hashes.windows(2).find(|pair| pair[0] == pair[1]) {
            let twice = u128::from(twice[0]) << 64 | u128::from(bucket) << 32;
            return Err(Unjoined::Twice(twice));
        }
    }
    Ok(())
}

/// Whether a name is the one of [`Unjoined::Twice`].
pub(super) fn is_twice(name: &[u8], twice: u128) -> bool {
    let hash = hash(name);
    hash >> 64 == twice >> 64 && bucket(hash, NAME_BUCKETS) == bucket(twice, NAME_BUCKETS)
}

/// The bucket of a hash, by bits that a hash table in it does not choose places by.
fn bucket(hash: u128, buckets: u32) -> u32 {
    (hash >> 32) as u32 % buckets
}

/// The first record of a bucket, and what follows.
fn record(bytes: &[u8]) -> Option<(u128, Mate, &[u8], &[u8])> {
    let (hash, rest) = bytes.split_first_chunk()?;
    let (mate, rest) = rest.split_first_chunk::<{ size_of::<Mate>() }>()?;
    let (&length, rest) = rest.split_first()?;
    let (name, rest) = rest.split_at_checked(length.into())?;
    Some((
        u128::from_ne_bytes(*hash),
        bytemuck::pod_read_unaligned(mate),
        name,
        rest,
    ))
}

/// Which mate of its pair a read is: the bits for first and last.
pub(super) fn number(mate: &Mate) -> u16 {
    mate.flags & (super::bam::flag::FIRST | super::bam::flag::LAST)
}

/// A hash of 128 bits, as good as random for names that nobody chose to collide.
fn hash(name: &[u8]) -> u128 {
    const KEYS: [u64; 4] = [
        0x9e37_79b9_7f4a_7c15,
        0xd1b5_4a32_d192_ed03,
        0x8cb9_2ba7_2f3d_8dd7,
        0xaef1_7502_108e_f2d9,
    ];
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    };
    let (mut low, mut high) = (name.len() as u64 ^ KEYS[0], name.len() as u64 ^ KEYS[1]);
    for chunk in name.chunks(16) {
        let mut words = [0; 16];
        words[..chunk.len()].copy_from_slice(chunk);
        let words = u128::from_le_bytes(words);
        let (first, second) = (words as u64, (words >> 64) as u64);
        low = fold(low ^ first, second ^ KEYS[2]).wrapping_add(second);
        high = fold(high ^ second, first ^ KEYS[3]).wrapping_add(first);
    }
    u128::from(fold(high ^ KEYS[2], KEYS[0])) << 64 | u128::from(fold(low ^ KEYS[3], KEYS[1]))
}

/// Takes the lower half of a hash as it is.
#[derive(Debug, Default)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::super::bam::flag::{FIRST, LAST};
    use super::*;
    use crate::testing::TestResult;

    fn mate(flags: u16, score: u32) -> Mate {
        Mate {
            score,
            flags,
            ..Mate::zeroed()
        }
    }

    /// Pairs and orphans by their scores, and the name of each.
    fn joined(
        reads: &[(&str, u16)],
        memory: u64,
    ) -> std::result::Result<Vec<(u32, u32, String)>, Unjoined> {
        let mut found = Vec::new();
        let mut put = |joined: Joined<'_>| {
            let (a, b, name) = match joined {
                Joined::Pair(a, b, name) => (a.score.min(b.score), a.score.max(b.score), name),
                Joined::Orphan(read, name) => (read.score, 0, name),
            };
            found.push((a, b, String::from_utf8_lossy(name).into_owned()));
            Ok(())
        };
        let mut mates = Mates::new(&std::env::temp_dir(), memory, 0, true)?;
        for ((name, flags), score) in reads.iter().zip(1..) {
            let read = mate(*flags, score);
            if let Some(other) = mates.add(name.as_bytes(), &read)? {
                put(Joined::Pair(&other, &read, name.as_bytes()))?;
            }
        }
        mates.finish(put)?;
        found.sort_unstable();
        Ok(found)
    }

    #[test]
    fn mates_are_joined_in_memory_and_on_disk() -> TestResult {
        let reads = [
            ("a", FIRST),
            ("b", LAST),
            ("c", LAST),
            ("b", FIRST),
            ("a", LAST),
        ];
        for memory in [0, WAITING * 3, 1 << 20] {
            let found = joined(&reads, memory).map_err(|error| format!("{error:?}"))?;
            let names = |a, b, name: &str| (a, b, name.to_owned());
            assert_eq!(
                found,
                [names(1, 5, "a"), names(2, 4, "b"), names(3, 0, "c")]
            );
        }
        Ok(())
    }

    #[test]
    fn a_mate_twice_is_found_however_far_apart() {
        let pair = [("a", FIRST), ("a", LAST)];
        let cases: [&[(&str, u16)]; 3] = [
            &[("a", FIRST), ("a", FIRST)],
            &[pair[0], pair[1], ("b", FIRST), pair[0], pair[1]],
            &[pair[0], pair[1], ("a", LAST)],
        ];
        for reads in cases {
            for memory in [0, WAITING * 3, 1 << 20] {
                match joined(reads, memory) {
                    Err(Unjoined::Twice(hash)) => {
                        assert!(is_twice(b"a", hash) && !is_twice(b"b", hash));
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    #[test]
    fn names_that_differ_have_other_hashes() {
        let names = (0..20_000).map(|number| format!("A00:{number}:{}", number % 7));
        let mut hashes: Vec<u128> = names.map(|name| hash(name.as_bytes())).collect();
        hashes.extend([hash(b""), hash(b"\0"), hash(&[0; 16]), hash(&[0; 17])]);
        let count = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), count);
        for part in [hash_low, hash_high] {
            let mut parts: Vec<u64> = hashes.iter().map(part).collect();
            parts.sort_unstable();
            parts.dedup();
            assert_eq!(parts.len(), count);
        }
    }

    fn hash_low(hash: &u128) -> u64 {
        *hash as u64
    }

    fn hash_high(hash: &u128) -> u64 {
        (*hash >> 64) as u64
    }

    #[test]
    fn places_in_front_of_a_sequence_are_numbers() {
        for at in [-1 << 30, -7, 0, 5, i64::from(i32::MAX)] {
            assert_eq!(position(place(at)), at);
        }
        assert_eq!(place(i64::MIN), 0);
        assert_eq!(place(i64::MAX), u32::MAX);
    }
}
