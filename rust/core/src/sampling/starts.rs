//! Where a window may start: the places at which it covers no more than so many bases of a set of runs.
//!
//! Used with the blacklist (no base at all) and with runs of N (at most half of the window).
//!
//! ```
//! use maxatac_core::sampling::starts::allowed;
//!
//! // Windows of 4 on a chromosome of 20 with the run 8..10: none may touch it.
//! let clean = allowed(&[(8, 10)], 20, 4, 0);
//! assert_eq!(clean, [(0, 5), (10, 17)]);
//! // One base of it is allowed: one more start on either side.
//! assert_eq!(allowed(&[(8, 10)], 20, 4, 1), [(0, 6), (9, 17)]);
//! ```

use crate::spans::Span;

/// Sorted, disjoint intervals of the starts `s` with `0 <= s`, `s + length <= size` at which `s..s + length` covers at most `limit` bases of `runs`.
///
/// `runs` are half-open, sorted and disjoint. The coverage as a function of the start is piecewise linear: it grows by one
/// a base while the window's right edge moves through a run, and falls while the left edge does.
pub fn allowed(runs: &[Span], size: u32, length: u32, limit: u32) -> Vec<Span> {
    if size < length || length == 0 {
        return Vec::new();
    }
    let last = i64::from(size - length);
    let length = i64::from(length);
    let mut turns: Vec<(i64, i64)> = Vec::with_capacity(4 * runs.len());
    for &(start, end) in runs {
        let (start, end) = (i64::from(start), i64::from(end));
        turns.extend([
            (start - length, 1),
            (end - length, -1),
            (start, -1),
            (end, 1),
        ]);
    }
    turns.sort_unstable();

    let limit = i64::from(limit);
    let mut starts = Vec::new();
    let mut turns = turns.into_iter().peekable();
    let (mut position, mut slope, mut covered) =
        (turns.peek().map_or(0, |turn| turn.0.min(0)), 0, 0);
    while position <= last {
        while let Some(&(at, change)) = turns.peek() {
            if at > position {
                break;
            }
            slope += change;
            turns.next();
        }
        let next = turns.peek().map_or(last + 1, |turn| turn.0.min(last + 1));
        // Within position..next the coverage is covered + slope * (s - position).
        let (from, to) = match slope {
            1.. => (
                position,
                next.min(position + (limit - covered).div_euclid(slope) + 1),
            ),
            0 if covered <= limit => (position, next),
            0 => (next, next),
            _ => (
                position.max(position + (covered - limit + (-slope) - 1).div_euclid(-slope)),
                next,
            ),
        };
        let from = from.max(0);
        if from < to {
            push(&mut starts, from as u32, to as u32);
        }
        covered += slope * (next - position);
        position = next;
    }
    starts
}

fn push(starts: &mut Vec<Span>, from: u32, to: u32) {
    match starts.last_mut() {
        Some(last) if last.1 == from => last.1 = to,
        _ => starts.push((from, to)),
    }
}

/// The starts of all windows that may be drawn on some chromosomes, in one row.
#[derive(Debug)]
pub(crate) struct AllStarts {
    runs: Vec<Run>,
    count: u64,
}

/// Starts side by side on one chromosome.
#[derive(Debug)]
struct Run {
    /// How many starts the runs before this one have.
    before: u64,
    chrom: u32,
    from: u32,
}

impl AllStarts {
    /// Takes the starts of each chromosome, in the order of the chromosomes.
    pub(crate) fn new(chroms: impl IntoIterator<Item = Vec<Span>>) -> Self {
        let (mut runs, mut count) = (Vec::new(), 0);
        for (starts, chrom) in chroms.into_iter().zip(0..) {
            for (from, to) in starts {
                let before = count;
                runs.push(Run {
                    before,
                    chrom,
                    from,
                });
                count += u64::from(to - from);
            }
        }
        Self { runs, count }
    }

    /// How many starts there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The chromosome and the start at a place in the row, which is below the count.
    pub(crate) fn at(&self, place: u64) -> (u32, u32) {
        let run = self.runs.partition_point(|run| run.before <= place) - 1;
        let Run {
            before,
            chrom,
            from,
        } = self.runs[run];
        (chrom, from + (place - before) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::random::{Draw, Key};
    use crate::spans::merge;

    fn naive(runs: &[Span], size: u32, length: u32, limit: u32) -> Vec<u32> {
        let inside = |base: u32| runs.iter().any(|run| run.0 <= base && base < run.1);
        (0..(size + 1).saturating_sub(length))
            .filter(|&s| (s..s + length).filter(|&b| inside(b)).count() as u32 <= limit)
            .collect()
    }

    #[test]
    fn agrees_with_counting_every_base() {
        for index in 0..400 {
            let key = Key {
                seed: 1,
                stream: 0,
                epoch: 0,
                index,
            };
            let mut draw = Draw::new(key, 0);
            let size = 1 + draw.below(60) as u32;
            let length = 1 + draw.below(12) as u32;
            let limit = draw.below(u64::from(length)) as u32;
            let runs = (0..draw.below(6))
                .map(|_| {
                    let start = draw.below(u64::from(size)) as u32;
                    (start, (start + draw.below(15) as u32).min(size))
                })
                .collect();
            let runs = merge(runs);
            let got: Vec<u32> = allowed(&runs, size, length, limit)
                .iter()
                .flat_map(|&(a, b)| a..b)
                .collect();
            assert_eq!(
                got,
                naive(&runs, size, length, limit),
                "{runs:?} size {size} length {length} limit {limit}"
            );
        }
    }

    #[test]
    fn nothing_fits_on_a_short_chromosome() {
        assert!(allowed(&[], 3, 4, 0).is_empty());
        assert_eq!(allowed(&[], 4, 4, 0), [(0, 1)]);
    }

    #[test]
    fn every_start_has_its_place() {
        let chroms = [vec![(3, 5), (9, 10)], vec![], vec![(0, 2)]];
        let all = AllStarts::new(chroms);
        let found: Vec<_> = (0..all.count()).map(|place| all.at(place)).collect();
        assert_eq!(found, [(0, 3), (0, 4), (0, 9), (2, 0), (2, 1)]);
    }
}
