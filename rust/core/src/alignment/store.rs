//! The cut sites of a sample, by group and chromosome, whatever the order in which they come.
//!
//! A chromosome is divided into *tiles* of 4 Mb. The sites of a group in a tile make a bucket of a [`Spill`], 4 bytes
//! each. Tiles are sorted one by one when they are needed, so that the work on a chromosome takes the memory of a few
//! tiles, whatever its length.

use std::path::Path;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::coverage::{Filter, SiteUse, Sweep, Windows};
use super::site::{CutSite, ReadLabel};
use super::spill::{Spill, Spilled};
use crate::error::{Error, Result, with_capacity, zeroed};

const WHAT: &str = "cut sites";
/// A tile has 2 to this power bp.
const TILE_BITS: u32 = 22;
const TILE: i64 = 1 << TILE_BITS;
/// How far outside of its chromosome a site may lie, in bp.
pub const MARGIN: i64 = 1024;
/// Bytes of a site, without its label: the place in the tile, and in the lowest bit the strand.
const KEY_SIZE: usize = 4;
/// Bytes of the numbers in front of a name: the mapping quality, and the length of the name.
const LABEL_HEAD: usize = 3;

/// Fewer keys are sorted by comparison.
const SORTED_BY_DIGITS: usize = 1 << 13;
/// Two digits of so many bits hold a key.
const DIGIT_BITS: u32 = (TILE_BITS + 1).div_ceil(2);

/// Bytes of sites that are read at once, if they are not of a single tile.
const MOST_AT_ONCE: u64 = 64 << 20;

/// Which buckets there are.
#[derive(Debug)]
struct Tiles {
    lengths: Vec<u32>,
    /// The first tile of each chromosome, and the number of all tiles.
    firsts: Vec<u32>,
    groups: u32,
}

impl Tiles {
    fn new(lengths: &[u32], groups: usize) -> Result<Self> {
        let mut firsts = with_capacity(lengths.len() + 1, WHAT)?;
        let mut total: u64 = 0;
        for length in lengths {
            firsts.push(total as u32);
            total += ((i64::from(*length) + 2 * MARGIN) >> TILE_BITS) as u64 + 1;
        }
        firsts.push(total as u32);
        let buckets = total.saturating_mul(groups as u64);
        if u32::try_from(buckets).is_err() {
            return Err(Error::Resource(format!(
                "{groups} groups on {} chromosomes are too many",
                lengths.len()
            )));
        }
        Ok(Self {
            lengths: lengths.to_vec(),
            firsts,
            groups: groups as u32,
        })
    }

    fn per_group(&self) -> u32 {
        self.firsts[self.lengths.len()]
    }

    fn check(&self, group: u32, chrom: u32) -> Result<()> {
        if group < self.groups && (chrom as usize) < self.lengths.len() {
            Ok(())
        } else {
            Err(Error::Misuse(format!(
                "found group {group} and chromosome {chrom}; there are {} and {}",
                self.groups,
                self.lengths.len()
            )))
        }
    }

    /// The bucket of a tile of a chromosome.
    fn bucket(&self, group: u32, chrom: u32, tile: u32) -> u32 {
        group * self.per_group() + self.firsts[chrom as usize] + tile
    }

    fn of_chrom(&self, chrom: u32) -> u32 {
        self.firsts[chrom as usize + 1] - self.firsts[chrom as usize]
    }

    fn number(&self, group: u32, chrom: u32) -> usize {
        group as usize * self.lengths.len() + chrom as usize
    }
}

/// Where a tile starts, as a position of its chromosome.
fn tile_start(tile: u32) -> i64 {
    (i64::from(tile) << TILE_BITS) - MARGIN
}

/// Cut sites that are being gathered.
#[derive(Debug)]
pub struct SiteStore {
    tiles: Tiles,
    spill: Spill,
    counts: Vec<u64>,
    has_labels: bool,
    record: Vec<u8>,
}

impl SiteStore {
    /// Makes an empty store.
    ///
    /// Sites take up to `memory` bytes, and then space in the folder `dir`. Their labels are kept if `with_labels`, for
    /// BED files.
    ///
    /// # Errors
    ///
    /// [`Error::Resource`] for more groups and chromosomes than there is memory for.
    pub fn new(
        chrom_lengths: &[u32],
        groups: usize,
        dir: &Path,
        memory: u64,
        with_labels: bool,
    ) -> Result<Self> {
        let tiles = Tiles::new(chrom_lengths, groups)?;
        let buckets = tiles.per_group() as usize * groups;
        Ok(Self {
            spill: Spill::new(buckets, dir, memory)?,
            counts: zeroed(groups * chrom_lengths.len(), WHAT)?,
            tiles,
            has_labels: with_labels,
            record: Vec::new(),
        })
    }

    /// The lengths of the chromosomes in bp.
    pub fn chrom_lengths(&self) -> &[u32] {
        &self.tiles.lengths
    }

    /// The number of groups.
    pub fn groups(&self) -> u32 {
        self.tiles.groups
    }

    /// Whether labels are kept; whoever has to make one up need not do so if they are not.
    pub fn has_labels(&self) -> bool {
        self.has_labels
    }

    /// Adds a site.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] with the folder if it cannot be written to. [`Error::Resource`] if there is too little memory.
    /// [`Error::Region`] for a site [`MARGIN`] or more outside of its chromosome, and for a name of 65,536 bytes or
    /// more. [`Error::Misuse`] for a group or a chromosome that there is not.
    pub fn push(&mut self, site: CutSite, label: ReadLabel<'_>) -> Result<()> {
        let CutSite { group, chrom, .. } = site;
        self.tiles.check(group, chrom)?;
        let place = site.position.saturating_add(MARGIN);
        let length = i64::from(self.tiles.lengths[chrom as usize]);
        if place < 0 || place >= length + 2 * MARGIN {
            return Err(Error::Region(format!(
                "a cut site at {} lies outside of its chromosome, which is {length} bp long",
                site.position
            )));
        }
        let bucket = self.tiles.bucket(group, chrom, (place >> TILE_BITS) as u32);
        let key = ((place & (TILE - 1)) as u32) << 1 | u32::from(site.is_reverse);
        let key = key.to_ne_bytes();
        self.counts[self.tiles.number(group, chrom)] += 1;
        if !self.has_labels {
            return self.spill.push(bucket, &key);
        }
        let Ok(len) = u16::try_from(label.name.len()) else {
            return Err(Error::Region(format!(
                "the name of a read or the barcode of a fragment has {} bytes; expected fewer than 65,536",
                label.name.len()
            )));
        };
        self.record.clear();
        self.record.extend(key);
        self.record.push(label.quality);
        self.record.extend(len.to_ne_bytes());
        self.record.extend_from_slice(label.name);
        self.spill.push(bucket, &self.record)
    }

    /// Ends the gathering; `threads` sort the sites when they are needed.
    ///
    /// # Errors
    ///
    /// [`Error::Resource`] if the threads cannot be started.
    pub fn finish(self, threads: usize) -> Result<Sites> {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        Ok(Sites {
            tiles: self.tiles,
            spilled: self.spill.finish(),
            counts: self.counts,
            has_labels: self.has_labels,
            pool: pool.map_err(|error| Error::no_threads(threads, &error))?,
        })
    }
}

/// Cut sites that are all there; several threads may work on them at once.
#[derive(Debug)]
pub struct Sites {
    tiles: Tiles,
    spilled: Spilled,
    counts: Vec<u64>,
    has_labels: bool,
    pool: ThreadPool,
}

impl Sites {
    /// The lengths of the chromosomes in bp.
    pub fn chrom_lengths(&self) -> &[u32] {
        &self.tiles.lengths
    }

    /// The number of sites of a group on a chromosome; 0 for what there is not.
    pub fn count(&self, group: u32, chrom: u32) -> u64 {
        match self.tiles.check(group, chrom) {
            Ok(()) => self.counts[self.tiles.number(group, chrom)],
            Err(_) => 0,
        }
    }

    /// Whether the sites have labels.
    pub fn has_labels(&self) -> bool {
        self.has_labels
    }

    /// The sites of a group on a chromosome, by position, those of the forward strand first.
    ///
    /// # Errors
    ///
    /// Those of reading the folder; [`Error::Misuse`] for a group or a chromosome that there is not.
    pub fn sorted(&self, group: u32, chrom: u32) -> Result<Vec<CutSite>> {
        self.tiles.check(group, chrom)?;
        let mut sites = with_capacity(self.count(group, chrom) as usize, WHAT)?;
        let work = |start, keys: Vec<u32>| {
            sites.extend(keys.into_iter().map(|key| CutSite {
                group,
                chrom,
                position: start + i64::from(key >> 1),
                is_reverse: key & 1 == 1,
            }));
            Ok(())
        };
        self.each_tile(group, chrom, |bytes| self.sorted_keys(bytes), work, &|| {
            false
        })?;
        Ok(sites)
    }

    /// Gives the runs of equal coverage with windows around the sites to `emit`, as start, end and count, without
    /// those of count 0.
    ///
    /// # Errors
    ///
    /// Those of reading the folder and of `emit`; [`Error::Misuse`] for a group or a chromosome that there is not;
    /// [`Error::Cancelled`] if `is_cancelled` says so.
    pub fn coverage(
        &self,
        group: u32,
        chrom: u32,
        windows: Windows<'_>,
        mut emit: impl FnMut(u32, u32, u64) -> Result<()>,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<SiteUse> {
        self.tiles.check(group, chrom)?;
        let mut filter = Filter::new(self.length(chrom), windows);
        let mut sweep = Sweep::default();
        let work = |start, keys: Vec<u32>| {
            for equal in keys.chunk_by(|key, next| key >> 1 == next >> 1) {
                let (position, times) = (start + i64::from(equal[0] >> 1), equal.len() as u64);
                if let Some(window) = filter.window(position, times) {
                    sweep.add(window, times, &mut emit)?;
                }
            }
            Ok(())
        };
        self.each_tile(
            group,
            chrom,
            |bytes| self.sorted_keys(bytes),
            work,
            is_cancelled,
        )?;
        sweep.finish(&mut emit)?;
        Ok(filter.seen)
    }

    /// Gives sites with their labels, sorted by position, strand, name and quality, to `take`; several threads take
    /// those of different tiles at once. What `take` makes of a tile goes to `work`, in the order of the tiles.
    ///
    /// # Errors
    ///
    /// Those of [`Sites::coverage`] and of `work`; [`Error::Misuse`] if there are no labels.
    pub(super) fn each_labelled_tile<T: Send>(
        &self,
        group: u32,
        chrom: u32,
        take: impl Fn(&mut dyn Iterator<Item = (i64, bool, ReadLabel<'_>)>) -> Result<T> + Sync,
        mut work: impl FnMut(T) -> Result<()>,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<()> {
        self.tiles.check(group, chrom)?;
        if !self.has_labels {
            return Err(Error::Misuse("the sites have no labels".into()));
        }
        let read = |start: i64, bytes: &[u8]| {
            let mut records = with_capacity(Records(bytes).count(), WHAT)?;
            records.extend(Records(bytes));
            records.sort_unstable();
            let sites = records.into_iter();
            let mut sites = sites.map(|(key, name, quality)| {
                let label = ReadLabel { name, quality };
                (start + i64::from(key >> 1), key & 1 == 1, label)
            });
            take(&mut sites)
        };
        self.each_tile_at(group, chrom, read, |_, made| work(made), is_cancelled)
    }

    pub(super) fn pool(&self) -> &ThreadPool {
        &self.pool
    }

    pub(super) fn length(&self, chrom: u32) -> u32 {
        self.tiles.lengths[chrom as usize]
    }

    /// Gives the keys of each tile, sorted, and the position of its first base to `work`. A key is twice the place in
    /// the tile, and 1 more on the reverse strand.
    pub(super) fn each_sorted_tile(
        &self,
        group: u32,
        chrom: u32,
        work: impl FnMut(i64, Vec<u32>) -> Result<()>,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<()> {
        self.tiles.check(group, chrom)?;
        self.each_tile(
            group,
            chrom,
            |bytes| self.sorted_keys(bytes),
            work,
            is_cancelled,
        )
    }

    fn each_tile<T: Send>(
        &self,
        group: u32,
        chrom: u32,
        read: impl Fn(&[u8]) -> Result<T> + Sync,
        work: impl FnMut(i64, T) -> Result<()>,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<()> {
        self.each_tile_at(group, chrom, |_, bytes| read(bytes), work, is_cancelled)
    }

    /// Has `read` look at the bytes of each tile, several tiles at once, and gives what it returns to `work`, in the
    /// order of the tiles. Both get the position of the tile's first base.
    fn each_tile_at<T: Send>(
        &self,
        group: u32,
        chrom: u32,
        read: impl Fn(i64, &[u8]) -> Result<T> + Sync,
        mut work: impl FnMut(i64, T) -> Result<()>,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<()> {
        if self.count(group, chrom) == 0 {
            return Ok(());
        }
        let read = |tile: &u32| {
            let mut bytes = Vec::new();
            let bucket = self.tiles.bucket(group, chrom, *tile);
            self.spilled.read(bucket, &mut bytes)?;
            read(tile_start(*tile), &bytes)
        };
        let mut tiles = 0..self.tiles.of_chrom(chrom);
        while !tiles.is_empty() {
            if is_cancelled() {
                return Err(Error::Cancelled);
            }
            let (mut batch, mut size) = (Vec::new(), 0);
            while batch.len() < self.pool.current_num_threads() && size < MOST_AT_ONCE {
                let Some(tile) = tiles.next() else { break };
                let len = self.spilled.len(self.tiles.bucket(group, chrom, tile));
                if len > 0 {
                    size += len;
                    batch.push(tile);
                }
            }
            let made: Vec<Result<T>> = match &*batch {
                [tile] => vec![read(tile)],
                _ => self.pool.install(|| batch.par_iter().map(read).collect()),
            };
            for (tile, made) in batch.into_iter().zip(made) {
                work(tile_start(tile), made?)?;
            }
        }
        Ok(())
    }

    fn sorted_keys(&self, bytes: &[u8]) -> Result<Vec<u32>> {
        let mut keys;
        if self.has_labels {
            keys = with_capacity(Records(bytes).count(), WHAT)?;
            keys.extend(Records(bytes).map(|(key, ..)| key));
        } else {
            keys = with_capacity(bytes.len() / KEY_SIZE, WHAT)?;
            let numbers = bytes.as_chunks().0.iter();
            keys.extend(numbers.map(|number| u32::from_ne_bytes(*number)));
        }
        sort_keys(&mut keys)?;
        Ok(keys)
    }
}

/// The sites of a bucket that has labels: key, name and quality of each.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = (u32, &'a [u8], u8);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, rest) = self.0.split_first_chunk()?;
        let ([quality, len @ ..], rest) = rest.split_first_chunk::<LABEL_HEAD>()?;
        let (name, rest) = rest.split_at_checked(u16::from_ne_bytes(*len).into())?;
        self.0 = rest;
        Some((u32::from_ne_bytes(*key), name, *quality))
    }
}

/// Sorts keys.
fn sort_keys(keys: &mut Vec<u32>) -> Result<()> {
    if keys.len() < SORTED_BY_DIGITS {
        keys.sort_unstable();
        return Ok(());
    }
    if keys.is_sorted() {
        return Ok(());
    }
    let mut other = zeroed(keys.len(), WHAT)?;
    for digit in 0..2 {
        let place = |key: u32| (key >> (digit * DIGIT_BITS)) as usize & ((1 << DIGIT_BITS) - 1);
        let mut starts = [0_u32; 1 << DIGIT_BITS];
        for key in keys.iter() {
            starts[place(*key)] += 1;
        }
        let mut start = 0;
        for count in &mut starts {
            start += std::mem::replace(count, start);
        }
        for key in keys.iter() {
            let at = &mut starts[place(*key)];
            other[*at as usize] = *key;
            *at += 1;
        }
        std::mem::swap(keys, &mut other);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestResult;

    fn site(group: u32, chrom: u32, position: i64, is_reverse: bool) -> CutSite {
        CutSite {
            group,
            chrom,
            position,
            is_reverse,
        }
    }

    #[test]
    fn sites_come_sorted_by_group_and_chromosome() -> TestResult {
        let sites = [
            site(0, 0, 7_000_000, false),
            site(0, 0, 104, true),
            site(0, 0, 104, false),
            site(1, 0, 3, true),
            site(0, 1, u32::MAX.into(), true),
            site(0, 0, -4, true),
            site(0, 1, i64::from(u32::MAX) + 4, false),
        ];
        let mut expected = sites;
        expected.sort_unstable();
        for (with_labels, memory) in [(false, 1 << 20), (true, 1 << 20), (true, 0)] {
            let dir = std::env::temp_dir();
            let mut store = SiteStore::new(&[8_000_000, u32::MAX], 2, &dir, memory, with_labels)?;
            for (site, name) in sites
                .into_iter()
                .zip(["r1", "", "r3", "r4", "r5", "r6", "r7"])
            {
                let label = ReadLabel {
                    name: name.as_bytes(),
                    quality: 60,
                };
                store.push(site, label)?;
            }
            assert!(
                store
                    .push(site(0, 0, 8_001_024, false), ReadLabel::default())
                    .is_err()
            );
            assert!(
                store
                    .push(site(2, 0, 1, false), ReadLabel::default())
                    .is_err()
            );
            let sites = store.finish(2)?;
            assert_eq!(sites.count(0, 0), 4);
            assert_eq!(sites.count(1, 1), 0);
            let mut found = Vec::new();
            for group in 0..2 {
                for chrom in 0..2 {
                    found.extend(sites.sorted(group, chrom)?);
                }
            }
            assert_eq!(found, expected);
        }
        Ok(())
    }

    #[test]
    fn keys_are_sorted_by_digits() -> TestResult {
        let number = |number: u32| number.wrapping_mul(2_654_435_761) >> (31 - TILE_BITS);
        let mut keys: Vec<u32> = (0..3 * SORTED_BY_DIGITS as u32).map(number).collect();
        let mut expected = keys.clone();
        expected.sort_unstable();
        assert!(keys.iter().any(|key| key >> TILE_BITS == 1));
        sort_keys(&mut keys)?;
        assert_eq!(keys, expected);
        Ok(())
    }
}
