//! How the cut sites of a chromosome are spread: how many lie in each bin and in given spans, and a sample of them.

use super::site::CutSite;
use super::store::Sites;
use crate::error::{Error, Result, reserve, zeroed};
use crate::spans::Span;

/// What to look at.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The width of a bin in bp, above 0.
    pub width: u32,
    /// The blacklist: spans that are sorted and apart. Its sites are in no bin and no span.
    pub without: &'a [Span],
    /// Spans whose sites are counted, such as peaks; sorted and apart.
    pub within: &'a [Span],
    /// One of so many sites is a sample; with 0 there is none.
    pub step: u64,
}

/// Where sites lie.
#[derive(Debug, Default)]
pub struct Spread {
    /// How many sites are in each bin; sites outside of the chromosome are in the bin at its end.
    pub bins: Vec<u64>,
    /// How many are in the blacklist.
    pub in_blacklist: u64,
    /// How many of the others are in the spans.
    pub within: u64,
    /// Sites at even steps, by position.
    pub sample: Vec<CutSite>,
}

/// Tells which positions, in rising order, are in spans.
struct Rising<'a>(&'a [Span]);

impl Rising<'_> {
    fn holds(&mut self, position: i64) -> bool {
        while let [first, rest @ ..] = self.0
            && i64::from(first.1) <= position
        {
            self.0 = rest;
        }
        self.0
            .first()
            .is_some_and(|span| i64::from(span.0) <= position)
    }
}

impl Sites {
    /// Looks where the sites of a group on a chromosome lie.
    ///
    /// # Errors
    ///
    /// Those of [`Sites::coverage`]; [`Error::Misuse`] for bins without a width.
    pub fn spread(
        &self,
        group: u32,
        chrom: u32,
        places: Places<'_>,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Spread> {
        let Places { width, step, .. } = places;
        if width == 0 {
            return Err(Error::Misuse("bins have no width".into()));
        }
        let (mut without, mut within) = (Rising(places.without), Rising(places.within));
        let mut found = Spread::default();
        let mut number: u64 = 0;
        let work = |start: i64, keys: Vec<u32>| {
            if found.bins.is_empty() {
                let bins = self.length(chrom).div_ceil(width);
                found.bins = zeroed(bins as usize, "bins of cut sites")?;
            }
            let last = i64::from(self.length(chrom)) - 1;
            for key in keys {
                let position = start + i64::from(key >> 1);
                if step > 0 && number.is_multiple_of(step) {
                    reserve(&mut found.sample, 1, "cut sites")?;
                    let is_reverse = key & 1 == 1;
                    found.sample.push(CutSite {
                        group,
                        chrom,
                        position,
                        is_reverse,
                    });
                }
                number += 1;
                if without.holds(position) {
                    found.in_blacklist += 1;
                    continue;
                }
                found.within += u64::from(within.holds(position));
                let bin = position.min(last).max(0) / i64::from(width);
                if let Some(count) = found.bins.get_mut(bin as usize) {
                    *count += 1;
                }
            }
            Ok(())
        };
        self.each_sorted_tile(group, chrom, work, is_cancelled)?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alignment::{ReadLabel, SiteStore};
    use crate::testing::TestResult;

    #[test]
    fn sites_are_counted_by_bin_and_span() -> TestResult {
        let dir = std::env::temp_dir();
        let mut store = SiteStore::new(&[8_000_000, 0], 1, &dir, 1 << 20, false)?;
        let positions = [
            -4, 0, 99, 100, 150, 199, 250, 4_194_304, 7_999_950, 8_000_003,
        ];
        for (number, position) in positions.into_iter().enumerate() {
            let is_reverse = number % 2 == 1;
            let site = CutSite {
                group: 0,
                chrom: 0,
                position,
                is_reverse,
            };
            store.push(site, ReadLabel::default())?;
        }
        let sites = store.finish(2)?;
        let places = Places {
            width: 100,
            without: &[(100, 150), (200, 250), (7_999_900, 8_000_000)],
            within: &[(0, 1), (99, 151), (4_194_304, 4_194_305)],
            step: 3,
        };
        let found = sites.spread(0, 0, places, &|| false)?;
        assert_eq!(found.bins.len(), 80_000);
        let bins: Vec<_> = (0..).zip(&found.bins).filter(|bin| *bin.1 > 0).collect();
        assert_eq!(
            bins,
            [(0, &3), (1, &2), (2, &1), (41_943, &1), (79_999, &1)]
        );
        assert_eq!((found.in_blacklist, found.within), (2, 4));
        let sample: Vec<_> = found
            .sample
            .iter()
            .map(|site| (site.position, site.is_reverse))
            .collect();
        assert_eq!(
            sample,
            [(-4, false), (100, true), (250, false), (8_000_003, true)]
        );
        assert!(sites.spread(0, 1, places, &|| false)?.bins.is_empty());
        assert!(
            sites
                .spread(0, 0, Places { width: 0, ..places }, &|| false)
                .is_err()
        );
        assert!(sites.spread(0, 0, places, &|| true).is_err());
        Ok(())
    }
}
