//! Lines that stand for the same fragment.

use std::path::Path;

use rustc_hash::FxHasher;
use std::hash::Hasher;

use super::spill::Spill;
use crate::error::{Error, Result, reserve, with_capacity, zeroed};

const WHAT: &str = "fragments";
/// A bucket has the fragments that start within 2 to this power bp.
const TILE_BITS: u32 = 22;
/// Bytes of the numbers in front of a name.
const HEAD: usize = 16;
/// Fragments that were seen more often are counted with those that were seen so often.
const MOST: usize = 4096;

/// How many fragments were seen once, twice and so on.
#[derive(Clone, Debug)]
pub(super) struct Multiplicity {
    counts: Vec<u64>,
    /// How many different fragments there are.
    pub(super) distinct: u64,
    /// How often they were seen in all.
    pub(super) seen: u64,
}

impl Multiplicity {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            counts: zeroed(MOST + 1, WHAT)?,
            distinct: 0,
            seen: 0,
        })
    }

    pub(super) fn count(&mut self, seen: u64) {
        self.counts[seen.min(MOST as u64) as usize] += 1;
        self.distinct += 1;
        self.seen = self.seen.saturating_add(seen);
    }

    /// Pairs of how often, and how many; those that there are.
    pub(super) fn entries(&self) -> Vec<(u64, u64)> {
        let counts = (0..).zip(self.counts.iter().copied());
        counts.filter(|&(_, count)| count > 0).collect()
    }
}

/// A fragment or a read on a chromosome.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Fragment<'a> {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) group: u32,
    /// 0 of a fragment, 1 of a forward read, 2 of a reverse one.
    pub(super) strand: u8,
    pub(super) quality: u8,
    pub(super) name: &'a [u8],
}

impl Fragment<'_> {
    /// Whether both are one: names count if they are barcodes.
    fn is_equal(&self, other: &Self, with_names: bool) -> bool {
        (self.start, self.end, self.group, self.strand)
            == (other.start, other.end, other.group, other.strand)
            && (!with_names || self.name == other.name)
    }

    fn hash(&self, with_names: bool) -> u64 {
        let mut hasher = FxHasher::default();
        hasher.write_u32(self.end);
        hasher.write_u32(self.group);
        hasher.write_u8(self.strand);
        if with_names {
            hasher.write(self.name);
        }
        hasher.finish()
    }
}

/// Counts equal fragments as long as they come in the order of their starts.
#[derive(Debug)]
pub(super) struct EqualCounter {
    with_names: bool,
    is_sorted: bool,
    /// The chromosomes that are done.
    done: Vec<bool>,
    chrom: Option<u32>,
    start: u32,
    /// What tells the fragments with this start apart.
    hashes: Vec<u64>,
    multiplicity: Multiplicity,
}

impl EqualCounter {
    pub(super) fn new(chroms: usize, with_names: bool) -> Result<Self> {
        Ok(Self {
            with_names,
            is_sorted: true,
            done: zeroed::<u8>(chroms, WHAT)?
                .into_iter()
                .map(|_| false)
                .collect(),
            chrom: None,
            start: 0,
            hashes: Vec::new(),
            multiplicity: Multiplicity::new()?,
        })
    }

    pub(super) fn add(&mut self, chrom: u32, fragment: &Fragment<'_>) -> Result<()> {
        if !self.is_sorted {
            return Ok(());
        }
        let is_next_chrom = self.chrom != Some(chrom);
        if is_next_chrom || fragment.start != self.start {
            self.end_start();
            if is_next_chrom {
                if let Some(last) = self.chrom.replace(chrom) {
                    self.done[last as usize] = true;
                }
                self.is_sorted = !self.done[chrom as usize];
            } else {
                self.is_sorted = fragment.start > self.start;
            }
            self.start = fragment.start;
        }
        reserve(&mut self.hashes, 1, WHAT)?;
        self.hashes.push(fragment.hash(self.with_names));
        Ok(())
    }

    fn end_start(&mut self) {
        if let [_] = self.hashes[..] {
            self.multiplicity.count(1);
        } else {
            self.hashes.sort_unstable();
            for equal in self.hashes.chunk_by(|one, other| one == other) {
                self.multiplicity.count(equal.len() as u64);
            }
        }
        self.hashes.clear();
    }

    /// How often fragments were seen; `None` if they came in another order.
    pub(super) fn finish(mut self) -> Option<Multiplicity> {
        self.end_start();
        self.is_sorted.then_some(self.multiplicity)
    }
}

/// Keeps one of equal fragments, in whatever order they come.
#[derive(Debug)]
pub(super) struct Merger {
    with_names: bool,
    /// The first bucket of each chromosome.
    firsts: Vec<u32>,
    spill: Spill,
    record: Vec<u8>,
}

impl Merger {
    /// Fragments take up to `memory` bytes, and then space in the folder `dir`.
    pub(super) fn new(lengths: &[u32], dir: &Path, memory: u64, with_names: bool) -> Result<Self> {
        let mut firsts = with_capacity(lengths.len() + 1, WHAT)?;
        let mut total = 0;
        for length in lengths {
            firsts.push(total);
            total += (length >> TILE_BITS) + 1;
        }
        firsts.push(total);
        Ok(Self {
            with_names,
            spill: Spill::new(total as usize, dir, memory)?,
            firsts,
            record: Vec::new(),
        })
    }

    pub(super) fn add(&mut self, chrom: u32, fragment: &Fragment<'_>) -> Result<()> {
        let Ok(length) = u16::try_from(fragment.name.len()) else {
            let reason = "the name in a line has 65,536 bytes or more";
            return Err(Error::Region(reason.into()));
        };
        self.record.clear();
        for number in [fragment.start, fragment.end, fragment.group] {
            self.record.extend(number.to_ne_bytes());
        }
        self.record.extend([fragment.strand, fragment.quality]);
        self.record.extend(length.to_ne_bytes());
        self.record.extend(fragment.name);
        let bucket = self.firsts[chrom as usize] + (fragment.start >> TILE_BITS);
        self.spill.push(bucket, &self.record)
    }

    /// Gives one of each set of equal fragments, by chromosome and start, and counts how often each was there.
    pub(super) fn finish(
        self,
        multiplicity: &mut Multiplicity,
        mut keep: impl FnMut(u32, &Fragment<'_>) -> Result<()>,
    ) -> Result<()> {
        let spilled = self.spill.finish();
        let mut bytes = Vec::new();
        for (chrom, range) in (0..).zip(self.firsts.windows(2)) {
            for bucket in range[0]..range[1] {
                spilled.read(bucket, &mut bytes)?;
                let mut fragments = read_fragments(&bytes)?;
                fragments.sort_unstable();
                for equal in fragments.chunk_by(|one, other| one.is_equal(other, self.with_names)) {
                    multiplicity.count(equal.len() as u64);
                    keep(chrom, &equal[0])?;
                }
            }
        }
        Ok(())
    }
}

fn read_fragments(mut bytes: &[u8]) -> Result<Vec<Fragment<'_>>> {
    let mut fragments = Vec::new();
    while let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() {
        let number =
            |at: usize| u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let length = usize::from(u16::from_ne_bytes([head[14], head[15]]));
        let (name, rest) = rest.split_at(length);
        reserve(&mut fragments, 1, WHAT)?;
        fragments.push(Fragment {
            start: number(0),
            end: number(4),
            group: number(8),
            strand: head[12],
            quality: head[13],
            name,
        });
        bytes = rest;
    }
    Ok(fragments)
}
