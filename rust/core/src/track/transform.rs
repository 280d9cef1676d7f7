//! Another track, whose values are a function of those of one.

use super::block::ContiguousRuns;
use super::pieces::{JoinedRuns, PieceWriter};
use super::runs::{RunScratch, read_runs};
use crate::bigwig::{BigWig, BigWigWriter, Runs};
use crate::error::Result;
use crate::spans::{Span, inside};

/// What becomes of a value, computed in 64 bits and rounded once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Transform {
    /// `(value - subtract) / divide`, cut to lie from `low` to `high`.
    Linear {
        /// What is taken away.
        subtract: f64,
        /// What is divided by.
        divide: f64,
        /// The smallest result.
        low: f64,
        /// The largest result.
        high: f64,
    },
    /// The inverse hyperbolic sine.
    Arcsinh,
    /// `ln(1 + value)`.
    Log1p,
}

impl Transform {
    /// The new value of a base.
    ///
    /// ```
    /// use maxatac_core::track::Transform;
    ///
    /// let halved = Transform::Linear { subtract: 0.0, divide: 2.0, low: 0.0, high: 1.0 };
    /// assert_eq!([0.0, 1.0, 9.0].map(|value| halved.apply(value)), [0.0, 0.5, 1.0]);
    /// ```
    pub fn apply(&self, value: f32) -> f32 {
        let value = f64::from(value);
        let new = match *self {
            Self::Linear {
                subtract,
                divide,
                low,
                high,
            } => ((value - subtract) / divide).max(low).min(high),
            // Odd by definition; computed of the absolute value, which loses no digits below 0.
            Self::Arcsinh => value.abs().asinh().copysign(value),
            Self::Log1p => value.ln_1p(),
        };
        // Never -0.
        new as f32 + 0.0
    }
}

/// Writes a chromosome of `size` bp of a track with other values, on the current rayon pool.
///
/// A chromosome that the track lacks has no data. No data and NaN are 0. Bases in the spans `without`, which are sorted and apart, get the value `excluded`. Neighbours of
/// one value become one run. Where 0 stays 0, bases whose new value is 0 are left out; else every base gets a value.
///
/// The result does not depend on `memory`, the bytes that values on their way may take.
///
/// # Errors
///
/// Those of reading and writing, and [`crate::Error::Cancelled`] as soon as `is_cancelled` says so.
pub fn transform(
    track: &BigWig,
    name: &str,
    size: u32,
    transform: Transform,
    without: &[Span],
    excluded: f32,
    memory: u64,
    writer: &mut BigWigWriter,
    is_cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<()> {
    let chrom = track.chrom_index(name);
    if let Some(chrom) = chrom {
        track.check_region(chrom, 0, size)?;
    }
    let make = |piece: Span, buffers: &mut RunScratch| {
        transformed(track, chrom, transform, without, excluded, piece, buffers)
    };
    let mut pieces = PieceWriter::default();
    pieces.write(writer, name, (0, size), memory, make, is_cancelled)?;
    pieces.finish(writer, name)
}

fn transformed(
    track: &BigWig,
    chrom: Option<usize>,
    transform: Transform,
    without: &[Span],
    excluded: f32,
    piece: Span,
    buffers: &mut RunScratch,
) -> Result<Runs> {
    let zero = transform.apply(0.0);
    let mut joined = JoinedRuns::new(zero != 0.0);
    let mut without = inside(without, piece.0, piece.1).peekable();
    // Bases up to here are done.
    let mut at = piece.0;
    let mut push = |start: u32, end: u32, value: f32| {
        let mut start = start;
        while let Some(&(from, to)) = without.peek()
            && from < end
        {
            if start < from {
                joined.push(start, from, value);
            }
            let stop = to.min(end);
            if start < stop {
                joined.push(start.max(from), stop, excluded);
            }
            start = start.max(stop);
            if to > end {
                break;
            }
            without.next();
        }
        if start < end {
            joined.push(start, end, value);
        }
    };
    let take = |runs: &ContiguousRuns, region: Span| {
        for (start, end, value) in runs.iter() {
            let (start, end) = (start.max(region.0), end.min(region.1));
            if start >= end {
                continue;
            }
            if at < start {
                push(at, start, zero);
            }
            push(start, end, transform.apply(value));
            at = end;
        }
    };
    if let Some(chrom) = chrom {
        read_runs(track, chrom, piece, buffers, take)?;
    }
    if at < piece.1 {
        push(at, piece.1, zero);
    }
    Ok(joined.into_runs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TempFile, TestResult};
    use crate::track::pieces::PIECE;

    const SIZE: u32 = 2 * PIECE + 7;

    fn transformed(
        kind: Transform,
        without: &[Span],
        excluded: f32,
    ) -> TestResult<Vec<(u32, u32, f32)>> {
        let source = TempFile::new("source.bw", &[])?;
        let mut writer = BigWigWriter::create(source.path(), [("chr1", SIZE.into())], 0)?;
        let middle = (10, PIECE + 10, 4.0);
        writer.write("chr1", [(0, 3, 1.0), (3, 6, 1.0), middle])?;
        writer.finish()?;
        let result = TempFile::new("result.bw", &[])?;
        let sizes = [("chr1", SIZE.into()), ("chr2", 9)];
        let mut writer = BigWigWriter::create(result.path(), sizes, 0)?;
        let track = BigWig::open(source.path())?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
        for (name, size) in [("chr1", SIZE), ("chr2", 9)] {
            let writer = &mut writer;
            pool.install(|| {
                transform(
                    &track,
                    name,
                    size,
                    kind,
                    without,
                    excluded,
                    0,
                    writer,
                    &|| false,
                )
            })?;
        }
        writer.finish()?;
        let written = BigWig::open(result.path())?;
        let runs = [written.intervals(0, 0, SIZE)?, written.intervals(1, 0, 9)?];
        Ok(runs.iter().flat_map(Runs::iter).collect())
    }

    #[test]
    fn zero_is_left_out_where_it_stays_zero() -> TestResult {
        let halved = Transform::Linear {
            subtract: 0.0,
            divide: 2.0,
            low: 0.0,
            high: 1.0,
        };
        let found = transformed(halved, &[(1, 2), (5, 12), (PIECE, PIECE + 1)], 0.0)?;
        let expected = [
            (0, 1, 0.5),
            (2, 5, 0.5),
            (12, PIECE, 1.0),
            (PIECE + 1, PIECE + 10, 1.0),
        ];
        assert_eq!(found, expected);
        Ok(())
    }

    #[test]
    fn every_base_has_a_value_where_zero_becomes_another() -> TestResult {
        let moved = Transform::Linear {
            subtract: 4.0,
            divide: 1.0,
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
        };
        let found = transformed(moved, &[(1, 2), (7, 8), (PIECE - 1, PIECE + 20)], -4.0)?;
        let expected = [
            (0, 1, -3.0),
            (1, 2, -4.0),
            (2, 6, -3.0),
            (6, 10, -4.0),
            (10, PIECE - 1, 0.0),
            (PIECE - 1, SIZE, -4.0),
            (0, 9, -4.0),
        ];
        assert_eq!(found, expected);
        Ok(())
    }

    #[test]
    fn functions_are_odd_or_lose_no_digits() {
        assert_eq!(Transform::Arcsinh.apply(-1e-20), -1e-20);
        assert_eq!(Transform::Arcsinh.apply(1.0), 0.881_373_6);
        assert_eq!(Transform::Log1p.apply(1e-20), 1e-20);
        let negated = Transform::Linear {
            subtract: 0.0,
            divide: -1.0,
            low: -1.0,
            high: 1.0,
        };
        assert_eq!(negated.apply(0.0).to_bits(), 0);
    }
}
