//! Weighted sums of tracks, base by base.

use rayon::prelude::*;

use super::pieces::{JoinedRuns, PIECE, PieceWriter};
use super::runs::{RunScratch, read_runs};
use crate::bigwig::{BigWig, BigWigWriter};
use crate::error::{Error, Result, zeroed};
use crate::spans::{Span, inside};

/// Sums of a region, in 64 bits, to which tracks are added one after the other.
#[derive(Debug, Default)]
pub struct Sums {
    start: u32,
    bases: Vec<f64>,
    pieces: PieceWriter,
}

/// What was met in a region of a track that was added.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Added {
    /// Bases with a value other than 0.
    pub covered: i64,
    /// Bases whose value is NaN, which counts as 0; where intervals overlap, none are counted.
    pub not_a_number: i64,
    /// The first interval with an infinite value.
    pub infinite: Option<(u32, u32, f32)>,
}

impl Sums {
    /// Begins a region; all sums are 0.
    ///
    /// # Errors
    ///
    /// [`Error::Resource`] if there is too little memory.
    pub fn begin(&mut self, start: u32, end: u32) -> Result<()> {
        let count = end.saturating_sub(start) as usize;
        self.start = start;
        if self.bases.len() == count {
            self.bases.fill(0.0);
        } else {
            self.bases = Vec::new();
            self.bases = zeroed(count, "the sums of tracks")?;
        }
        Ok(())
    }

    /// Adds a track times `weight`, on the current rayon pool; no data and NaN add nothing.
    ///
    /// # Errors
    ///
    /// Those of reading, and [`Error::Cancelled`] as soon as `is_cancelled` says so.
    pub fn add(
        &mut self,
        track: &BigWig,
        chrom: usize,
        weight: f64,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Added> {
        let first = self.start;
        let pieces = self.bases.par_chunks_mut(PIECE as usize).enumerate();
        let added = pieces.map_init(RunScratch::default, |buffers, (number, sums)| {
            if is_cancelled() {
                return Err(Error::Cancelled);
            }
            let start = first + number as u32 * PIECE;
            let end = start + sums.len() as u32;
            let (mut covered, mut infinite) = (0, None);
            let not_a_number = read_runs(track, chrom, (start, end), buffers, |runs, region| {
                for (from, to, value) in runs.iter() {
                    let (from, to) = (from.max(region.0), to.min(region.1));
                    if from >= to || value == 0.0 {
                        continue;
                    }
                    covered += i64::from(to - from);
                    if value.is_infinite() {
                        infinite.get_or_insert((from, to, value));
                    }
                    let value = weight * f64::from(value);
                    for sum in &mut sums[(from - start) as usize..(to - start) as usize] {
                        *sum += value;
                    }
                }
            })?;
            Ok(Added {
                covered,
                not_a_number,
                infinite,
            })
        });
        added.try_reduce(Added::default, |one, other| {
            Ok(Added {
                covered: one.covered + other.covered,
                not_a_number: one.not_a_number + other.not_a_number,
                infinite: one.infinite.or(other.infinite),
            })
        })
    }

    /// Sets the sums of bases in the spans, which are sorted and apart, to 0.
    pub fn clear(&mut self, spans: &[Span]) {
        let end = self.start + self.bases.len() as u32;
        for (from, to) in inside(spans, self.start, end) {
            self.bases[(from - self.start) as usize..(to - self.start) as usize].fill(0.0);
        }
    }

    /// Writes the sums divided by `divisor`, rounded once, on the current rayon pool; 0 is left out.
    ///
    /// Neighbours of one value become one run, across regions too: the last run waits for the next region, unless this
    /// is the chromosome's last one. The result does not depend on `memory`, the bytes that values on their way may take.
    ///
    /// # Errors
    ///
    /// Those of writing, and [`Error::Cancelled`] as soon as `is_cancelled` says so.
    pub fn write(
        &mut self,
        chrom: &str,
        divisor: f64,
        is_last: bool,
        memory: u64,
        writer: &mut BigWigWriter,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<()> {
        let Self {
            start: first,
            bases,
            pieces,
        } = self;
        let make = |(start, end): Span, _: &mut RunScratch| {
            let mut joined = JoinedRuns::new(false);
            let sums = &bases[(start - *first) as usize..(end - *first) as usize];
            let mut rest = sums;
            while let Some(sum) = rest.first() {
                let bits = sum.to_bits();
                let same = rest.iter().take_while(|other| other.to_bits() == bits);
                let length = same.count();
                let at = start + (sums.len() - rest.len()) as u32;
                joined.push(at, at + length as u32, (sum / divisor) as f32);
                rest = &rest[length..];
            }
            Ok(joined.into_runs())
        };
        let region = (*first, *first + bases.len() as u32);
        pieces.write(writer, chrom, region, memory, make, is_cancelled)?;
        if is_last {
            pieces.finish(writer, chrom)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{BigWigFile, Endian, Items, Section, TempFile, TestResult};

    const SIZE: u32 = 3 * PIECE;

    fn written(intervals: &[(u32, u32, f32)]) -> TestResult<(TempFile, BigWig)> {
        let temp = TempFile::new("summed.bw", &[])?;
        let mut writer = BigWigWriter::create(temp.path(), [("chr1", SIZE.into())], 0)?;
        writer.write("chr1", intervals.iter().copied())?;
        writer.finish()?;
        let track = BigWig::open(temp.path())?;
        Ok((temp, track))
    }

    /// Sums two tracks in regions of the given length, and reads the mean back.
    fn mean(
        one: &BigWig,
        other: &BigWig,
        part: u32,
        memory: u64,
    ) -> TestResult<Vec<(u32, u32, f32)>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
        let temp = TempFile::new("mean.bw", &[])?;
        let mut writer = BigWigWriter::create(temp.path(), [("chr1", SIZE.into())], 0)?;
        let mut sums = Sums::default();
        let go_on = || false;
        for start in (0..SIZE).step_by(part as usize) {
            let end = (start + part).min(SIZE);
            sums.begin(start, end)?;
            pool.install(|| sums.add(one, 0, 3.0, &go_on))?;
            pool.install(|| sums.add(other, 0, 1.0, &go_on))?;
            sums.clear(&[(2, 4), (SIZE - 1, SIZE)]);
            let is_last = end == SIZE;
            pool.install(|| sums.write("chr1", 4.0, is_last, memory, &mut writer, &go_on))?;
        }
        writer.finish()?;
        let runs = BigWig::open(temp.path())?.intervals(0, 0, SIZE)?;
        Ok(runs.iter().collect())
    }

    #[test]
    fn runs_are_joined_across_pieces_and_regions() -> TestResult {
        let (_one, one) = written(&[(0, 5, 1.0), (10, SIZE, 2.0)])?;
        let (_other, other) = written(&[(1, 2, f32::NAN), (3, 10, 4.0), (20, 30, -6.0)])?;
        let expected = [
            (0, 2, 0.75),
            (4, 5, 1.75),
            (5, 10, 1.0),
            (10, 20, 1.5),
            (30, SIZE - 1, 1.5),
        ];
        for (part, memory) in [(SIZE, u64::MAX), (PIECE, 0), (PIECE / 2 + 3, u64::MAX)] {
            assert_eq!(mean(&one, &other, part, memory)?, expected, "{part}");
        }
        Ok(())
    }

    #[test]
    fn what_is_no_number_is_told() -> TestResult {
        let infinite = (8, 12, f32::INFINITY);
        let items = Items::BedGraph(vec![(0, 5, f32::NAN), infinite, (20, 30, f32::NAN)]);
        let blocks: Vec<Vec<Section>> = vec![vec![(0, items)]];
        let file = BigWigFile {
            chroms: &[("chr1", 0, 40)],
            blocks: &blocks,
            version: 4,
            endian: Endian::Little,
            compressed: true,
            children: 3,
            hole: 0,
        };
        let temp = file.write()?;
        let track = BigWig::open(temp.path())?;
        let mut sums = Sums::default();
        sums.begin(3, 25)?;
        let added = sums.add(&track, 0, 1.0, &|| false)?;
        assert_eq!((added.covered, added.not_a_number), (4, 7));
        assert_eq!(added.infinite, Some(infinite));
        let cancelled = sums.add(&track, 0, 1.0, &|| true);
        assert!(matches!(cancelled, Err(Error::Cancelled)));
        Ok(())
    }
}
