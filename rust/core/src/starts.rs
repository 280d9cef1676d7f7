//! Where a window may start: the places at which it covers no more than so many bases of a set of runs.
//!
//! Used with the blacklist (no base at all) and with runs of N (at most half of the window).
//!
//! ```
//! use maxatac_core::starts::{allowed, intersect};
//!
//! // Windows of 4 on a chromosome of 20 with the run 8..10: none may touch it.
//! let clean = allowed(&[(8, 10)], 20, 4, 0);
//! assert_eq!(clean, [(0, 5), (10, 17)]);
//! // One base of it is allowed: one more start on either side.
//! assert_eq!(allowed(&[(8, 10)], 20, 4, 1), [(0, 6), (9, 17)]);
//! assert_eq!(intersect(&clean, &[(3, 12)]), [(3, 5), (10, 12)]);
//! ```

/// Half-open intervals of window starts, sorted and disjoint.
pub type Starts = Vec<(u32, u32)>;

/// The starts `s` with `0 <= s`, `s + length <= size` at which `s..s + length` covers at most `limit` bases of `runs`.
///
/// `runs` are half-open, sorted and disjoint. The coverage as a function of the start is piecewise linear: it grows by one
/// a base while the window's right edge moves through a run, and falls while the left edge does.
pub fn allowed(runs: &[(u32, u32)], size: u32, length: u32, limit: u32) -> Starts {
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
    let mut starts = Starts::new();
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

fn push(starts: &mut Starts, from: u32, to: u32) {
    match starts.last_mut() {
        Some(last) if last.1 == from => last.1 = to,
        _ => starts.push((from, to)),
    }
}

/// The starts that are in both lists.
pub fn intersect(a: &[(u32, u32)], b: &[(u32, u32)]) -> Starts {
    let (mut i, mut j) = (0, 0);
    let mut both = Starts::new();
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let (from, to) = (x.0.max(y.0), x.1.min(y.1));
        if from < to {
            both.push((from, to));
        }
        if x.1 < y.1 {
            i += 1;
        } else {
            j += 1;
        }
    }
    both
}

/// Sorts runs and joins those that touch or overlap; empty ones go.
pub fn merge(mut runs: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    runs.retain(|run| run.0 < run.1);
    runs.sort_unstable();
    let mut merged: Vec<(u32, u32)> = Vec::with_capacity(runs.len());
    for run in runs {
        match merged.last_mut() {
            Some(last) if run.0 <= last.1 => last.1 = last.1.max(run.1),
            _ => merged.push(run),
        }
    }
    merged
}

/// Whether `start..end` touches one of the sorted, disjoint `runs`.
pub fn touches(runs: &[(u32, u32)], start: u32, end: u32) -> bool {
    let first = runs.partition_point(|run| run.1 <= start);
    runs.get(first).is_some_and(|run| run.0 < end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Draw, Key};

    fn naive(runs: &[(u32, u32)], size: u32, length: u32, limit: u32) -> Vec<u32> {
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
    fn touching_is_half_open() {
        let runs = [(5, 8), (12, 13)];
        assert!(!touches(&runs, 0, 5));
        assert!(touches(&runs, 0, 6));
        assert!(touches(&runs, 7, 8));
        assert!(!touches(&runs, 8, 12));
        assert!(!touches(&runs, 13, 20));
    }
}
