//! Making a track piece by piece: pieces in parallel, written in order.

use rayon::prelude::*;

use super::runs::RunScratch;
use crate::bigwig::{BigWigWriter, Runs};
use crate::error::{Error, Result};
use crate::spans::Span;

/// Bases of a piece. A piece with another value on each base takes 3 MB, and some for each thread are made at a time.
pub(super) const PIECE: u32 = 1 << 18;

/// Pieces that are made at a time for each thread, where the memory allows.
const PIECES_PER_THREAD: usize = 2;

/// Bytes that a piece takes while it is made and written, at most: twice its runs, as vectors grow.
const BYTES_PER_PIECE: u64 = 2 * 12 * PIECE as u64;

/// Runs in which neighbours of one value are one, and 0 is left out or kept.
#[derive(Debug)]
pub(super) struct JoinedRuns {
    runs: Runs,
    keeps_zeros: bool,
}

impl JoinedRuns {
    pub(super) fn new(keeps_zeros: bool) -> Self {
        Self {
            runs: Runs::default(),
            keeps_zeros,
        }
    }

    /// Adds a run, which comes behind the last one. Values are compared bit by bit.
    pub(super) fn push(&mut self, start: u32, end: u32, value: f32) {
        if value == 0.0 && !self.keeps_zeros {
            return;
        }
        let Runs {
            starts,
            ends,
            values,
        } = &mut self.runs;
        match (ends.last_mut(), values.last()) {
            (Some(last_end), Some(last))
                if *last_end == start && last.to_bits() == value.to_bits() =>
            {
                *last_end = end;
            }
            _ => {
                starts.push(start);
                ends.push(end);
                values.push(value);
            }
        }
    }

    pub(super) fn into_runs(self) -> Runs {
        self.runs
    }
}

/// How many pieces the current rayon pool makes at a time, in so many bytes: at least one, while another is written.
fn pieces_at_a_time(memory: u64) -> usize {
    let most = PIECES_PER_THREAD * rayon::current_num_threads();
    let room = usize::try_from(memory / (2 * BYTES_PER_PIECE)).unwrap_or(most);
    room.clamp(1, most)
}

/// Writes the pieces of a chromosome in order, and joins runs across their borders.
#[derive(Debug, Default)]
pub(super) struct PieceWriter {
    /// The last run, which the next piece may go on with.
    last: Option<(u32, u32, f32)>,
}

impl PieceWriter {
    /// Makes the pieces of `region` in parallel on the current rayon pool and writes them, all but the last run.
    ///
    /// What is written does not depend on `memory`, the bytes that values on their way may take.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`] as soon as `is_cancelled` says so, besides those of `make` and of writing.
    pub(super) fn write(
        &mut self,
        writer: &mut BigWigWriter,
        chrom: &str,
        region: Span,
        memory: u64,
        make: impl Fn(Span, &mut RunScratch) -> Result<Runs> + Sync,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<()> {
        let starts: Vec<u32> = (region.0..region.1).step_by(PIECE as usize).collect();
        let make_some = |starts: &[u32]| -> Result<Vec<Runs>> {
            let pieces = starts
                .par_iter()
                .map_init(RunScratch::default, |buffers, start| {
                    if is_cancelled() {
                        return Err(Error::Cancelled);
                    }
                    let end = start.saturating_add(PIECE).min(region.1);
                    make((*start, end), buffers)
                });
            pieces.collect()
        };
        let mut ready = Vec::new();
        // Some pieces are made while those before them are written.
        for some in starts
            .chunks(pieces_at_a_time(memory))
            .map(Some)
            .chain([None])
        {
            let (written, next) = rayon::join(
                || {
                    ready
                        .into_iter()
                        .try_for_each(|runs| self.put(writer, chrom, runs))
                },
                || some.map_or(Ok(Vec::new()), make_some),
            );
            written?;
            ready = next?;
        }
        Ok(())
    }

    /// Writes the last run; the next piece is of another chromosome.
    pub(super) fn finish(&mut self, writer: &mut BigWigWriter, chrom: &str) -> Result<()> {
        writer.write(chrom, self.last.take())
    }

    fn put(&mut self, writer: &mut BigWigWriter, chrom: &str, mut runs: Runs) -> Result<()> {
        let (Some(start), Some(value)) = (runs.starts.first_mut(), runs.values.first()) else {
            return Ok(());
        };
        match self.last.take() {
            Some((from, to, last)) if to == *start && last.to_bits() == value.to_bits() => {
                *start = from;
            }
            last => writer.write(chrom, last)?,
        }
        if let (Some(start), Some(end), Some(value)) =
            (runs.starts.pop(), runs.ends.pop(), runs.values.pop())
        {
            self.last = Some((start, end, value));
        }
        writer.write(chrom, runs.iter())
    }
}
