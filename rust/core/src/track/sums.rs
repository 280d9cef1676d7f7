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
    sums: Vec<f64>,
    pieces: PieceWriter,
}

/// What was met in a region of a track that was added.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Added {
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
        let bases = end.saturating_sub(start) as usize;
        self.start = start;
        if self.sums.len() == bases {
            self.sums.fill(0.0);
        } else {
            self.sums = Vec::new();
            self.sums = zeroed(bases, "the sums of tracks")?;
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
        let pieces = self.sums.par_chunks_mut(PIECE as usize).enumerate();
        let added = pieces.map_init(RunScratch::default, |buffers, (number, sums)| {
            if is_cancelled() {
                return Err(Error::Cancelled);
            }
            let start = first + number as u32 * PIECE;
            let end = start + sums.len() as u32;
            let mut infinite = None;
            let not_a_number = read_runs(track, chrom, (start, end), buffers, |runs, region| {
                for (from, to, value) in runs.iter() {
                    let (from, to) = (from.max(region.0), to.min(region.1));
                    if from >= to || value == 0.0 {
                        continue;
                    }
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
                not_a_number,
                infinite,
            })
        });
        added.try_reduce(Added::default, |one, other| {
            Ok(Added {
                not_a_number: one.not_a_number + other.not_a_number,
                infinite: one.infinite.or(other.infinite),
            })
        })
    }

    /// Sets the sums of bases in the spans, which are sorted and apart, to 0.
    pub fn clear(&mut self, spans: &[Span]) {
        let end = self.start + self.sums.len() as u32;
        for (from, to) in inside(spans, self.start, end) {
            self.sums[(from - self.start) as usize..(to - self.start) as usize].fill(0.0);
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
            sums,
            pieces,
        } = self;
        let make = |(start, end): Span, _: &mut RunScratch| {
            let mut joined = JoinedRuns::new(false);
            let sums = &sums[(start - *first) as usize..(end - *first) as usize];
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
        let region = (*first, *first + sums.len() as u32);
        pieces.write(writer, chrom, region, memory, make, is_cancelled)?;
        if is_last {
            pieces.finish(writer, chrom)?;
        }
        Ok(())
    }
}
