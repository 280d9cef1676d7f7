//! Reading a region as sorted runs, whatever the order in the file.

use super::block::ContiguousRuns;
use crate::bigwig::{BigWig, Intervals, Scratch};
use crate::error::{Result, zeroed};
use crate::spans::Span;

/// Bases read at a time where intervals overlap.
const PIECE: u32 = 1 << 20;

/// Buffers of [`read_runs`], to be used again.
#[derive(Debug, Default)]
pub(super) struct RunScratch {
    scratch: Scratch,
    runs: ContiguousRuns,
}

/// Reads a region in order: runs without gaps, and the part of the region that they are to be cut to.
///
/// Between two parts there is no data. NaN is 0, as no data is. Where intervals overlap, the last one counts, as in
/// [`BigWig::values`]. Gives the number of bases that are NaN; where intervals overlap, none are counted.
///
/// # Errors
///
/// Those of reading, and [`crate::Error::Resource`] if there is too little memory. Some of the runs are taken then.
pub(super) fn read_runs(
    track: &BigWig,
    chrom: usize,
    region: Span,
    buffers: &mut RunScratch,
    mut take: impl FnMut(&ContiguousRuns, Span),
) -> Result<i64> {
    let (start, end) = region;
    track.check_region(chrom, start, end)?;
    let blocks = track.chrom_blocks(chrom)?;
    if !blocks.are_apart() {
        read_painted(track, chrom, region, &mut buffers.scratch, &mut take)?;
        return Ok(0);
    }
    let mut not_a_number = 0;
    for index in blocks.overlapping(start, end) {
        let block = &blocks.refs()[index];
        let region = (block.start.max(start), block.end.min(end));
        let runs = &mut buffers.runs;
        runs.clear();
        let mut counting = CountingNan {
            runs,
            region,
            bases: 0,
        };
        track.decode_into(chrom, block, &mut buffers.scratch, &mut counting)?;
        let bases = counting.bases;
        if buffers.runs.is_disordered {
            read_painted(track, chrom, region, &mut buffers.scratch, &mut take)?;
        } else {
            not_a_number += bases;
            take(&buffers.runs, region);
        }
    }
    Ok(not_a_number)
}

/// Reads a region base by base.
fn read_painted(
    track: &BigWig,
    chrom: usize,
    region: Span,
    scratch: &mut Scratch,
    take: &mut impl FnMut(&ContiguousRuns, Span),
) -> Result<()> {
    for start in (region.0..region.1).step_by(PIECE as usize) {
        let end = start.saturating_add(PIECE).min(region.1);
        let mut values = zeroed((end - start) as usize, "values of a track")?;
        track.values(chrom, start, end, &mut values, scratch)?;
        let mut runs = ContiguousRuns::default();
        runs.push_side_by_side(start, 1, values.into_iter());
        take(&runs, (start, end));
    }
    Ok(())
}

/// Passes intervals on, and counts the bases of a region whose value is NaN.
struct CountingNan<'a> {
    runs: &'a mut ContiguousRuns,
    region: Span,
    bases: i64,
}

impl Intervals for CountingNan<'_> {
    fn reserve(&mut self, additional: usize) {
        self.runs.reserve(additional);
    }

    fn push(&mut self, start: u32, end: u32, value: f32) {
        if value.is_nan() {
            let (start, end) = (start.max(self.region.0), end.min(self.region.1));
            self.bases += i64::from(end.saturating_sub(start));
        }
        self.runs.push(start, end, value);
    }

    fn push_side_by_side(
        &mut self,
        start: u32,
        width: u32,
        values: impl ExactSizeIterator<Item = f32>,
    ) {
        let (from, to) = self.region;
        let mut end = start;
        let bases = &mut self.bases;
        let counted = values.inspect(|value| {
            let start = end;
            end += width;
            if value.is_nan() {
                *bases += i64::from(end.min(to).saturating_sub(start.max(from)));
            }
        });
        self.runs.push_side_by_side(start, width, counted);
    }
}
