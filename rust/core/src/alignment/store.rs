//! The cut sites of a sample, by group and chromosome, whatever the order in which they come.
//!
//! A chromosome is divided into *tiles* of 4 Mb. The sites of a group in a tile make a bucket of a [`Spill`], 4 bytes
//! each. Tiles are sorted one by one when they are needed, so that the work on a chromosome takes the memory of a few
//! tiles, whatever its length.

use std::path::Path;

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

    /// Ends the gathering.
    ///
    /// # Errors
    ///
    /// None yet.
    pub fn finish(self) -> Result<Sites> {
        Ok(Sites {
            tiles: self.tiles,
            spilled: self.spill.finish(),
            counts: self.counts,
            has_labels: self.has_labels,
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

    /// The sites of a group on a chromosome, by position, those of the forward strand first.
    ///
    /// # Errors
    ///
    /// Those of reading the folder; [`Error::Misuse`] for a group or a chromosome that there is not.
    pub fn sorted(&self, group: u32, chrom: u32) -> Result<Vec<CutSite>> {
        self.tiles.check(group, chrom)?;
        let mut sites = with_capacity(self.count(group, chrom) as usize, WHAT)?;
        let mut bytes = Vec::new();
        for tile in 0..self.tiles.of_chrom(chrom) {
            let bucket = self.tiles.bucket(group, chrom, tile);
            self.spilled.read(bucket, &mut bytes)?;
            let mut keys = self.keys(&bytes)?;
            keys.sort_unstable();
            sites.extend(keys.into_iter().map(|key| CutSite {
                group,
                chrom,
                position: tile_start(tile) + i64::from(key >> 1),
                is_reverse: key & 1 == 1,
            }));
        }
        Ok(sites)
    }

    /// The keys of the sites of a bucket.
    fn keys(&self, bytes: &[u8]) -> Result<Vec<u32>> {
        let mut keys = with_capacity(bytes.len() / KEY_SIZE, WHAT)?;
        let mut rest = bytes;
        while let Some((key, behind)) = rest.split_first_chunk() {
            keys.push(u32::from_ne_bytes(*key));
            rest = behind;
            if self.has_labels {
                let (head, behind) = rest.split_at(LABEL_HEAD);
                let len = u16::from_ne_bytes([head[1], head[2]]);
                rest = &behind[usize::from(len)..];
            }
        }
        Ok(keys)
    }
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
            let sites = store.finish()?;
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
}
