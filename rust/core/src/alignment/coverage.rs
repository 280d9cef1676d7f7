//! The coverage of a chromosome with windows around cut sites, as runs of equal counts.
//!
//! The window of a site reaches `slop` bases to both sides, within the chromosome. A window that touches the blacklist
//! does not count. All windows are equally long but for those at the ends of the chromosome; so sorted by their starts,
//! they are sorted by their ends too, and one pass with a queue of the windows that are open gives the runs.

use std::collections::{BTreeMap, VecDeque};

use crate::error::Result;
use crate::spans::Span;

/// Counts below this have their bases in a list, others in a tree.
const LISTED: usize = 4096;

/// The windows around the sites of a chromosome.
#[derive(Clone, Copy, Debug)]
pub struct Windows<'a> {
    /// Bases on both sides of a site.
    pub slop: u32,
    /// The blacklist of the chromosome: spans that are sorted and apart.
    pub without: &'a [Span],
}

/// What became of the sites of a chromosome.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SiteUse {
    /// Sites whose windows count.
    pub used: u64,
    /// Sites that lie in the blacklist.
    pub in_blacklist: u64,
    /// Other sites whose windows touch the blacklist.
    pub near_blacklist: u64,
    /// Sites outside of the chromosome, whose windows are too.
    pub outside: u64,
}

/// Tells which windows count, for sites that come sorted.
#[derive(Debug)]
pub(super) struct Filter<'a> {
    length: i64,
    slop: i64,
    without: &'a [Span],
    pub(super) seen: SiteUse,
}

impl<'a> Filter<'a> {
    pub(super) fn new(length: u32, windows: Windows<'a>) -> Self {
        Self {
            length: length.into(),
            slop: windows.slop.into(),
            without: windows.without,
            seen: SiteUse::default(),
        }
    }

    /// The window of `times` sites at a position; `None` if it does not count.
    pub(super) fn window(&mut self, position: i64, times: u64) -> Option<Span> {
        let start = (position - self.slop).max(0);
        let end = (position + self.slop + 1).min(self.length);
        if start >= end {
            self.seen.outside += times;
            return None;
        }
        let passed = self.without.iter();
        let passed = passed.take_while(|span| i64::from(span.1) <= start).count();
        self.without = &self.without[passed..];
        if self
            .without
            .first()
            .is_none_or(|span| i64::from(span.0) >= end)
        {
            self.seen.used += times;
            return Some((start as u32, end as u32));
        }
        let mut touched = self
            .without
            .iter()
            .take_while(|span| i64::from(span.0) <= position);
        if touched.any(|span| position < i64::from(span.1)) {
            self.seen.in_blacklist += times;
        } else {
            self.seen.near_blacklist += times;
        }
        None
    }
}

/// Makes runs of windows that come sorted.
#[derive(Debug, Default)]
pub(super) struct Sweep {
    /// Where open windows end, and how many do there.
    ends: VecDeque<(u32, u64)>,
    /// The run that may go on.
    start: u32,
    run: u64,
    /// The count from `at` on, if nothing else happens there.
    at: u32,
    count: u64,
}

impl Sweep {
    /// Adds `times` windows, and gives the runs that nothing can change any more.
    pub(super) fn add(
        &mut self,
        (start, end): Span,
        times: u64,
        emit: &mut impl FnMut(u32, u32, u64) -> Result<()>,
    ) -> Result<()> {
        self.close_until(start, emit)?;
        self.go_to(start, emit)?;
        self.count += times;
        match self.ends.back_mut() {
            Some((last, open)) if *last == end => *open += times,
            _ => self.ends.push_back((end, times)),
        }
        Ok(())
    }

    /// Gives the runs that are left.
    pub(super) fn finish(
        mut self,
        emit: &mut impl FnMut(u32, u32, u64) -> Result<()>,
    ) -> Result<()> {
        self.close_until(u32::MAX, emit)?;
        self.end_run(emit)
    }

    fn close_until(
        &mut self,
        position: u32,
        emit: &mut impl FnMut(u32, u32, u64) -> Result<()>,
    ) -> Result<()> {
        while let Some((end, times)) = self.ends.front().copied()
            && end <= position
        {
            self.ends.pop_front();
            self.go_to(end, emit)?;
            self.count -= times;
        }
        Ok(())
    }

    fn go_to(
        &mut self,
        position: u32,
        emit: &mut impl FnMut(u32, u32, u64) -> Result<()>,
    ) -> Result<()> {
        if position > self.at {
            self.end_run(emit)?;
            self.at = position;
        }
        Ok(())
    }

    /// Ends the run at `at` if the count has changed there.
    fn end_run(&mut self, emit: &mut impl FnMut(u32, u32, u64) -> Result<()>) -> Result<()> {
        if self.count != self.run {
            if self.run > 0 {
                emit(self.start, self.at, self.run)?;
            }
            (self.start, self.run) = (self.at, self.count);
        }
        Ok(())
    }
}

/// How many bases have which count above 0.
#[derive(Debug, Default)]
pub struct CountHistogram {
    listed: Vec<u64>,
    others: BTreeMap<u64, u64>,
}

impl CountHistogram {
    /// Adds bases with a count.
    pub fn add(&mut self, count: u64, bases: u64) {
        let Some(place) = usize::try_from(count).ok().filter(|place| *place < LISTED) else {
            *self.others.entry(count).or_default() += bases;
            return;
        };
        if place >= self.listed.len() {
            self.listed.resize(place + 1, 0);
        }
        self.listed[place] += bases;
    }

    /// Counts and their bases, by count.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let listed = (0..).zip(self.listed.iter().copied());
        let listed = listed.filter(|(_, bases)| *bases > 0);
        listed.chain(self.others.iter().map(|(count, bases)| (*count, *bases)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The runs of sites, given as positions that are sorted.
    fn runs(
        positions: &[i64],
        length: u32,
        windows: Windows<'_>,
    ) -> (Vec<(u32, u32, u64)>, SiteUse) {
        let mut filter = Filter::new(length, windows);
        let (mut sweep, mut found) = (Sweep::default(), Vec::new());
        let mut emit = |start, end, count| {
            found.push((start, end, count));
            Ok(())
        };
        for position in positions {
            if let Some(window) = filter.window(*position, 1) {
                assert!(sweep.add(window, 1, &mut emit).is_ok());
            }
        }
        assert!(sweep.finish(&mut emit).is_ok());
        (found, filter.seen)
    }

    fn windows(slop: u32, without: &[Span]) -> Windows<'_> {
        Windows { slop, without }
    }

    #[test]
    fn windows_are_cut_at_the_ends() {
        for (positions, expected) in [
            (vec![0], vec![(0, 3, 1)]),
            (vec![-2, 49], vec![(0, 1, 1), (47, 50, 1)]),
            (vec![-3, 52], vec![]),
            (vec![51], vec![(49, 50, 1)]),
            (vec![10, 10], vec![(8, 13, 2)]),
            (vec![10, 15], vec![(8, 18, 1)]),
            (vec![10, 16], vec![(8, 13, 1), (14, 19, 1)]),
            // One window ends where another begins, and the count stays.
            (vec![10, 11, 15], vec![(8, 9, 1), (9, 14, 2), (14, 18, 1)]),
        ] {
            let (found, seen) = runs(&positions, 50, windows(2, &[]));
            assert_eq!(found, expected, "{positions:?}");
            assert_eq!(seen.used + seen.outside, positions.len() as u64);
        }
    }

    #[test]
    fn windows_that_touch_the_blacklist_do_not_count() {
        let without = [(20, 22), (30, 31), (49, 50)];
        let positions = [17, 18, 20, 21, 23, 24, 28, 30, 33, 46, 47, 48];
        let (found, seen) = runs(&positions, 50, windows(2, &without));
        let expected = [(15, 20, 1), (22, 27, 1), (31, 36, 1), (44, 49, 1)];
        assert_eq!(found, expected);
        let expected = SiteUse {
            used: 4,
            in_blacklist: 3,
            near_blacklist: 5,
            outside: 0,
        };
        assert_eq!(seen, expected);
    }

    #[test]
    fn large_counts_are_counted_too() {
        let mut histogram = CountHistogram::default();
        for (count, bases) in [
            (1 << 40, 3),
            (2, 5),
            (LISTED as u64, 1),
            (2, 1),
            (1 << 40, 4),
        ] {
            histogram.add(count, bases);
        }
        let found: Vec<(u64, u64)> = histogram.iter().collect();
        assert_eq!(found, [(2, 6), (LISTED as u64, 1), (1 << 40, 7)]);
    }
}
