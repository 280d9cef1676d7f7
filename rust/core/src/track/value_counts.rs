//! How many bases of a track have which value: percentiles follow from that, without a list of the values.
//!
//! The bits of floats above 0 are ordered as the floats are. So a percentile takes two passes with little memory: the
//! first counts bases by the upper 16 bits, the *level* of a value, and says which level holds the percentile; the
//! second counts the bases of that level by the lower 16 bits, which is by value.
//!
//! Values of one level are whole multiples of one number: their upper bits are the same, and the lower 16 bits count on
//! from there. So the sums of these counts, and of their squares, give the exact sums of the values and of their squares.

use super::block::ContiguousRuns;
use super::runs::{RunScratch, read_runs};
use crate::bigwig::BigWig;
use crate::error::{Result, reserve, zeroed};
use crate::spans::Span;

/// Levels of the floats above 0: a sign bit of 0, and 15 bits.
const LEVELS: usize = 1 << 15;
/// Values of a level.
const LEVEL_SIZE: usize = 1 << 16;
/// Marks levels that are not counted.
const ABSENT: u32 = u32::MAX;
/// Bases read at a time where intervals overlap.
const WHAT: &str = "counts of values";

/// Sums over the bases of a level, which are exact up to 2^32 bases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LowerBits {
    /// Of the lower 16 bits of the values.
    pub sum: u64,
    /// Of the squares of these.
    pub sum_of_squares: u64,
}

/// Bases by value, gathered region by region. Values that are 0 or less, infinite or NaN do not count.
#[derive(Debug)]
pub struct ValueCounts {
    /// For each level, the place in the counts of its first value.
    places: Vec<u32>,
    /// The bits of a value that are added to that place.
    mask: u32,
    bases: Vec<i64>,
    /// For each level; empty where bases are counted by value.
    lower_bits: Vec<LowerBits>,
    /// The smallest and the largest value other than 0.
    range: Option<(f32, f32)>,
    below_zero: i64,
    infinite: Option<(u32, u32, f32)>,
    are_whole: bool,
    not_a_number: i64,
    buffers: RunScratch,
}

impl ValueCounts {
    /// Counts by level, or, of some levels, by value.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Resource`] if there is too little memory.
    pub fn new(of: Option<&[u16]>) -> Result<Self> {
        let mut places = zeroed(LEVELS, WHAT)?;
        let (size, mask) = if let Some(levels) = of {
            places.fill(ABSENT);
            for (level, first) in levels.iter().zip((0..).step_by(LEVEL_SIZE)) {
                if let Some(place) = places.get_mut(usize::from(*level)) {
                    *place = first;
                }
            }
            (levels.len() * LEVEL_SIZE, LEVEL_SIZE as u32 - 1)
        } else {
            for (place, level) in places.iter_mut().zip(0..) {
                *place = level;
            }
            (LEVELS, 0)
        };
        let sums = if of.is_none() { LEVELS } else { 0 };
        let mut lower_bits = Vec::new();
        reserve(&mut lower_bits, sums, WHAT)?;
        lower_bits.resize(sums, LowerBits::default());
        Ok(Self {
            places,
            mask,
            bases: zeroed(size, WHAT)?,
            lower_bits,
            range: None,
            below_zero: 0,
            infinite: None,
            are_whole: true,
            not_a_number: 0,
            buffers: RunScratch::default(),
        })
    }

    /// Bases by level; of chosen levels, bases by value, 65,536 for each level, in the order that they were given in.
    pub fn bases(&self) -> &[i64] {
        &self.bases
    }

    /// What is counted, without the places that have no base: place, bases, and the sums of a level.
    ///
    /// A place is a level; of chosen levels, it is that of [`Self::bases`], and there are no sums.
    pub fn found(&self) -> impl Iterator<Item = (usize, i64, LowerBits)> + '_ {
        let found = self.bases.iter().enumerate();
        found
            .filter(|(_, bases)| **bases > 0)
            .map(|(place, bases)| {
                let sums = self.lower_bits.get(place).copied();
                (place, *bases, sums.unwrap_or_default())
            })
    }

    /// The largest value so far, of a chosen level or not; 0 if none is above it.
    pub fn largest(&self) -> f32 {
        self.range.map_or(0.0, |(_, largest)| largest.max(0.0))
    }

    /// The smallest and the largest finite value so far other than 0, those below 0 too.
    pub fn range(&self) -> Option<(f32, f32)> {
        self.range
    }

    /// Bases so far whose value is below 0, and finite.
    pub fn below_zero(&self) -> i64 {
        self.below_zero
    }

    /// The first interval that was found to be infinite, as far as it lies in the region that was added.
    pub fn infinite(&self) -> Option<(u32, u32, f32)> {
        self.infinite
    }

    /// Whether all values so far are whole numbers, of a chosen level or not.
    pub fn are_whole(&self) -> bool {
        self.are_whole
    }

    /// Bases so far whose value is NaN, those in excluded spans too. Where intervals overlap, none are counted.
    pub fn not_a_number(&self) -> i64 {
        self.not_a_number
    }

    /// Adds the bases of `start..end`, but those in the spans `without`, which are sorted and apart.
    ///
    /// Where intervals overlap, the last one counts, as in [`BigWig::values`].
    ///
    /// # Errors
    ///
    /// Those of reading, and [`crate::Error::Resource`] if there is too little memory. Some of the bases are counted
    /// then.
    pub fn add(
        &mut self,
        track: &BigWig,
        chrom: usize,
        start: u32,
        end: u32,
        without: &[Span],
    ) -> Result<()> {
        let mut buffers = std::mem::take(&mut self.buffers);
        let add = |runs: &ContiguousRuns, region| self.add_runs(runs, region, without);
        let not_a_number = read_runs(track, chrom, (start, end), &mut buffers, add);
        self.buffers = buffers;
        self.not_a_number += not_a_number?;
        Ok(())
    }

    fn add_runs(&mut self, runs: &ContiguousRuns, region: Span, without: &[Span]) {
        let first = without.partition_point(|span| span.1 <= region.0);
        let mut without = without[first..].iter().peekable();
        for (start, end, value) in runs.iter() {
            let (start, end) = (start.max(region.0), end.min(region.1));
            if start >= end || value == 0.0 {
                continue;
            }
            while without.next_if(|span| span.1 <= start).is_some() {}
            let excluded = without.clone().take_while(|span| span.0 < end);
            let excluded: u32 = excluded
                .map(|span| span.1.min(end) - span.0.max(start))
                .sum();
            let bases = end - start - excluded;
            if bases == 0 {
                continue;
            }
            if value.is_infinite() {
                self.infinite.get_or_insert((start, end, value));
                continue;
            }
            let (smallest, largest) = self.range.get_or_insert((value, value));
            (*smallest, *largest) = (smallest.min(value), largest.max(value));
            if value < 0.0 {
                self.below_zero += i64::from(bases);
                continue;
            }
            self.are_whole &= value.trunc() == value;
            let bits = value.to_bits();
            let place = self.places[(bits >> 16) as usize];
            if place == ABSENT {
                continue;
            }
            let (place, lower) = (place as usize, u64::from(bits & 0xffff));
            self.bases[place + (bits & self.mask) as usize] += i64::from(bases);
            if let Some(sums) = self.lower_bits.get_mut(place) {
                let sum = lower * u64::from(bases);
                sums.sum = sums.sum.wrapping_add(sum);
                sums.sum_of_squares = sums.sum_of_squares.wrapping_add(lower.wrapping_mul(sum));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bigwig::BigWigWriter;
    use crate::testing::{BigWigFile, Endian, Items, Section, TempFile, TestResult};

    /// Places and counts of what is not 0.
    fn found(counts: &ValueCounts) -> Vec<(usize, i64)> {
        let found = counts.found();
        found.map(|(place, bases, _)| (place, bases)).collect()
    }

    #[test]
    fn bases_are_counted_by_level_and_by_value() -> TestResult {
        let temp = TempFile::new("counted.bw", &[])?;
        let mut track = BigWigWriter::create(temp.path(), [("chr1", 100)], 0)?;
        let next = 1.0_f32.next_up();
        let intervals = [
            (0, 4, 1.0),
            (4, 5, -2.0),
            (6, 9, next),
            (9, 10, 0.0),
            (20, 60, 3.0),
        ];
        track.write("chr1", intervals)?;
        track.finish()?;
        let track = BigWig::open(temp.path())?;

        let mut counts = ValueCounts::new(None)?;
        counts.add(&track, 0, 0, 30, &[])?;
        counts.add(&track, 0, 30, 100, &[])?;
        assert_eq!(found(&counts), [(0x3f80, 7), (0x4040, 40)]);
        assert_eq!((counts.largest(), counts.are_whole()), (3.0, false));
        assert_eq!(
            (counts.range(), counts.below_zero()),
            (Some((-2.0, 3.0)), 1)
        );
        let sums: Vec<u64> = counts.found().map(|(_, _, sums)| sums.sum).collect();
        assert_eq!(sums, [3, 0]);

        let mut part = ValueCounts::new(None)?;
        let without = [(0, 3), (5, 7), (8, 9), (30, 35), (36, 37), (49, 70)];
        part.add(&track, 0, 2, 50, &without)?;
        assert_eq!(found(&part), [(0x3f80, 2), (0x4040, 23)]);

        let mut by_value = ValueCounts::new(Some(&[0x4040, 0x3f80]))?;
        by_value.add(&track, 0, 0, 100, &[])?;
        let second = 1 << 16;
        assert_eq!(found(&by_value), [(0, 40), (second, 4), (second + 1, 3)]);

        let mut other = ValueCounts::new(Some(&[0x4040]))?;
        other.add(&track, 0, 0, 6, &[])?;
        assert_eq!(found(&other), []);
        assert_eq!((other.largest(), other.are_whole()), (1.0, true));
        assert!(other.add(&track, 0, 0, 101, &[]).is_err());
        Ok(())
    }

    #[test]
    fn nan_is_counted_within_the_region() -> TestResult {
        let bed = Items::BedGraph(vec![(2, 9, 1.0), (9, 20, f32::NAN)]);
        let fixed = Items::FixedStep(30, 10, 10, vec![1.0, f32::NAN, 2.0, f32::NAN]);
        let blocks: Vec<Vec<Section>> = vec![vec![(0, bed)], vec![(0, fixed)]];
        let file = BigWigFile {
            chroms: &[("chr1", 0, 80)],
            blocks: &blocks,
            version: 4,
            endian: Endian::Little,
            compressed: true,
            children: 3,
            hole: 0,
        };
        let temp = file.write()?;
        let track = BigWig::open(temp.path())?;
        for (start, end, bases) in [(0, 80, 31), (12, 65, 23), (0, 9, 0), (45, 46, 1)] {
            let mut counts = ValueCounts::new(None)?;
            counts.add(&track, 0, start, end, &[])?;
            assert_eq!(counts.not_a_number(), bases, "{start}-{end}");
        }
        Ok(())
    }

    #[test]
    fn of_intervals_that_overlap_the_last_counts() -> TestResult {
        let inside: Vec<Section> = vec![(0, Items::BedGraph(vec![(0, 50, 1.0), (10, 20, 2.0)]))];
        let other = vec![(0, Items::BedGraph(vec![(15, 30, f32::INFINITY)]))];
        for (blocks, ones) in [(vec![inside.clone()], 35), (vec![inside, other], 25)] {
            let file = BigWigFile {
                chroms: &[("chr1", 0, 60)],
                blocks: &blocks,
                version: 4,
                endian: Endian::Little,
                compressed: true,
                children: 3,
                hole: 0,
            };
            let temp = file.write()?;
            let mut counts = ValueCounts::new(None)?;
            counts.add(&BigWig::open(temp.path())?, 0, 5, 60, &[(12, 13)])?;
            let twos = if ones == 25 { 4 } else { 9 };
            assert_eq!(found(&counts), [(0x3f80, ones), (0x4000, twos)]);
            assert_eq!((counts.largest(), counts.are_whole()), (2.0, true));
        }
        Ok(())
    }
}
