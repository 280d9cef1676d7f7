//! Draws windows: which ones batch `index` of `epoch` holds, a pure function of the seed.
//!
//! A batch is `batch_size` examples, first those drawn from the pool of regions of interest, then random windows of the
//! genome. A [`WindowReader`] reads them.

use std::ops::Range;
use std::sync::Arc;

use super::random::{BATCH_LANE, Draw, Key};
use super::starts::{AllStarts, allowed};
use crate::chrom::in_words;
use crate::error::{Error, Result};
use crate::spans::{Span, intersect, merge, touches};
use crate::window::{Preloaded, Target, Wanted, Window, WindowReader};

/// How often a shifted window that touches the blacklist is drawn anew before it stays in place.
const JITTER_TRIES: usize = 16;

/// What shapes a batch.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Examples per batch.
    pub batch_size: usize,
    /// Share of a batch that is random windows of the genome, 0 to 1.
    pub random_ratio: f64,
    /// Give each region a track drawn uniformly, not its own.
    pub shuffle_tracks: bool,
    /// Reverse complement each example with probability 1/2.
    pub reverse_complement: bool,
    /// Shift each region by a uniform -jitter..=jitter bp.
    pub jitter: u32,
    /// What the targets are.
    pub target: Target,
    /// The run's seed.
    pub seed: u64,
}

/// A chromosome from which windows are drawn.
#[derive(Clone, Debug)]
pub struct SampledChrom {
    /// Its name, the same in all files.
    pub name: String,
    /// Sorted, disjoint intervals that random and shifted windows keep clear of.
    pub blacklist: Vec<Span>,
}

/// Regions of interest, as columns of one length.
#[derive(Clone, Debug, Default)]
pub struct Regions {
    /// Index into the sampled chromosomes.
    pub chrom: Vec<u32>,
    /// First base of the window.
    pub start: Vec<u32>,
    /// The region's own track, or none: then one is drawn even when tracks are not shuffled.
    pub track: Vec<Option<u32>>,
}

/// One example of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The region it was drawn from; none for a random window.
    pub region: Option<u32>,
    /// Index into the sampled chromosomes.
    pub chrom: u32,
    /// What will be read.
    pub window: Window,
}

#[derive(Debug)]
struct Chrom {
    size: u32,
    genome: u32,
    blacklist: Vec<Span>,
}

/// Draws batches, which its reader reads.
#[derive(Debug)]
pub struct Sampler {
    /// The settings it was made with.
    pub settings: Settings,
    /// What reads its windows.
    pub reader: Arc<WindowReader>,
    /// What was decoded at start.
    pub preloaded: Preloaded,
    chroms: Vec<Chrom>,
    /// Of windows that are clear of the blacklist and at most half N.
    random_starts: AllStarts,
    regions: Regions,
}

impl Sampler {
    /// Checks that everything fits together, then decodes the binding tracks, and the signal tracks where the regions lie.
    ///
    /// The genome must have all of the chromosomes.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`] soon after `is_cancelled` says so, besides the errors of settings, regions and files.
    pub fn new(
        reader: Arc<WindowReader>,
        chroms: Vec<SampledChrom>,
        regions: Regions,
        settings: Settings,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Self> {
        check(&settings, &reader, &regions, chroms.len())?;
        let window = reader.geometry.window;
        let genome = &reader.genome;
        let (mut known, mut starts) = (Vec::new(), Vec::new());
        let names: Vec<String> = chroms.iter().map(|chrom| chrom.name.clone()).collect();
        for SampledChrom { name, blacklist } in chroms {
            let index = genome.require_chrom(&name)?;
            let size = genome.chroms()[index].size;
            let blacklist = merge(blacklist);
            let clear = allowed(&blacklist, size, window, 0);
            let sequenced = allowed(genome.n_runs(index), size, window, window / 2);
            starts.push(intersect(&clear, &sequenced));
            known.push(Chrom {
                size,
                genome: index as u32,
                blacklist,
            });
        }
        for (row, (&chrom, &start)) in regions.chrom.iter().zip(&regions.start).enumerate() {
            let size = known[chrom as usize].size;
            if u64::from(start) + u64::from(window) > u64::from(size) {
                let name = &names[chrom as usize];
                return Err(Error::Region(format!(
                    "region {row}: {name}:{start}, {window} bp long, does not fit into {size} bp"
                )));
            }
        }
        let mut sampler = Self {
            reader,
            chroms: known,
            random_starts: AllStarts::new(starts),
            regions,
            preloaded: Preloaded::default(),
            settings,
        };
        let drawn = sampler.region_count();
        if drawn > 0 && sampler.regions.start.is_empty() {
            return Err(Error::Region(
                "the pool of regions of interest is empty".to_owned(),
            ));
        }
        if drawn < sampler.settings.batch_size && sampler.random_starts.count() == 0 {
            return Err(Error::Region(format!(
                "no {window}-bp window of {} is clear of the blacklist and at most half N: random windows cannot be drawn",
                in_words(&names)
            )));
        }
        sampler.preloaded = sampler.reader.hold(&sampler.wanted(), is_cancelled)?;
        Ok(sampler)
    }

    /// What batches come back to: all binding, and the signal that a region's window can reach.
    fn wanted(&self) -> Vec<Wanted> {
        let mut touched = vec![Vec::new(); self.chroms.len()];
        let reach = self.settings.jitter;
        for (&chrom, &start) in self.regions.chrom.iter().zip(&self.regions.start) {
            let end = start
                .saturating_add(self.reader.geometry.window)
                .saturating_add(reach)
                .min(self.chroms[chrom as usize].size);
            touched[chrom as usize].push((start.saturating_sub(reach), end));
        }
        let parts = self.chroms.iter().zip(touched);
        parts
            .map(|(chrom, touched)| Wanted {
                chrom: chrom.genome,
                signal: merge(touched),
                binding: vec![(0, chrom.size)],
            })
            .collect()
    }

    /// How many examples of a batch come from the pool: `batch_size * (1 - random_ratio)`, half to even.
    pub fn region_count(&self) -> usize {
        let share = 1.0 - self.settings.random_ratio;
        (self.settings.batch_size as f64 * share)
            .round_ties_even()
            .max(0.0) as usize
    }

    /// The windows of `rows` of one batch of a stream (training, batch-norm statistics, ...).
    ///
    /// While the pool has as many regions as the batch needs, none is drawn twice. A smaller pool is used whole as often as
    /// it fits, and the rest is drawn without replacement.
    ///
    /// Several processes may share a batch. Which regions it has is drawn as a whole; what else a window draws, it draws
    /// alone. So the cost is that of the rows, but for a few ns for each example of the batch.
    ///
    /// # Panics
    ///
    /// If `rows` is not within the batch.
    pub fn plan(&self, stream: u64, epoch: u64, index: u64, rows: Range<usize>) -> Vec<Example> {
        let key = Key {
            seed: self.settings.seed,
            stream,
            epoch,
            index,
        };
        let mut drawn: Vec<Option<u64>> = Vec::with_capacity(self.settings.batch_size);
        let pool = self.regions.start.len() as u64;
        let mut missing = self.region_count() as u64;
        while pool > 0 && missing >= pool {
            drawn.extend((0..pool).map(Some));
            missing -= pool;
        }
        let rest = Draw::new(key, BATCH_LANE).distinct(missing, pool);
        drawn.extend(rest.into_iter().map(Some));
        drawn.resize(self.settings.batch_size, None);
        rows.clone()
            .zip(drawn[rows].iter().copied())
            .map(|(lane, region)| self.example(region, Draw::new(key, lane as u64)))
            .collect()
    }

    /// Draws what is left open of a window: of a region, or of any place.
    fn example(&self, region: Option<u64>, mut draw: Draw) -> Example {
        // Both are drawn for every example, wanted or not, so that switching one option moves nothing else.
        let mut track = draw.below(self.reader.tracks().0 as u64) as u32;
        let reverse = draw.coin() && self.settings.reverse_complement;
        let (chrom, start) = if let Some(row) = region.map(|row| row as usize) {
            if let Some(own) = self.regions.track[row].filter(|_| !self.settings.shuffle_tracks) {
                track = own;
            }
            let chrom = self.regions.chrom[row];
            let start = self.shifted(chrom, self.regions.start[row], &mut draw);
            (chrom, start)
        } else {
            let place = draw.below(self.random_starts.count());
            self.random_starts.at(place)
        };
        Example {
            region: region.map(|row| row as u32),
            chrom,
            window: Window {
                track,
                chrom: self.chroms[chrom as usize].genome,
                start,
                reverse,
            },
        }
    }

    /// The start moved by a uniform -jitter..=jitter, clamped into the chromosome and clear of the blacklist.
    fn shifted(&self, chrom: u32, start: u32, draw: &mut Draw) -> u32 {
        let jitter = i64::from(self.settings.jitter);
        if jitter == 0 {
            return start;
        }
        let Chrom {
            size, blacklist, ..
        } = &self.chroms[chrom as usize];
        let window = self.reader.geometry.window;
        let last = i64::from(size - window);
        for _ in 0..JITTER_TRIES {
            let shift = draw.below(2 * jitter as u64 + 1) as i64 - jitter;
            let moved = (i64::from(start) + shift).clamp(0, last) as u32;
            if !touches(blacklist, moved, moved + window) {
                return moved;
            }
        }
        start
    }
}

fn check(
    settings: &Settings,
    reader: &WindowReader,
    regions: &Regions,
    chroms: usize,
) -> Result<()> {
    let rows = regions.start.len();
    let (tracks, binding) = reader.tracks();
    let problem = if settings.batch_size == 0 {
        "batch_size is 0".to_owned()
    } else if !(0.0..=1.0).contains(&settings.random_ratio) {
        format!("random ratio {} is not within 0..1", settings.random_ratio)
    } else if binding == 0 {
        format!("{tracks} signal and {binding} binding tracks")
    } else if regions.chrom.len() != rows
        || regions.track.len() != rows
        || u32::try_from(rows).is_err()
    {
        format!(
            "columns of {}, {rows} and {} regions",
            regions.chrom.len(),
            regions.track.len()
        )
    } else if let Some(chrom) = regions
        .chrom
        .iter()
        .find(|&&chrom| chrom as usize >= chroms)
    {
        format!("a region lies on chromosome {chrom} of {chroms}")
    } else if let Some(track) = regions
        .track
        .iter()
        .flatten()
        .find(|&&track| track as usize >= tracks)
    {
        format!("a region has track {track} of {tracks}")
    } else {
        return Ok(());
    };
    Err(Error::Settings(problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{SmallSet, TestResult};

    fn open(set: &SmallSet, regions: Regions, settings: Settings) -> Result<Sampler> {
        SmallSet::sampler(set.reader(u64::MAX, 1)?, regions, settings)
    }

    #[test]
    fn rows_of_a_plan_are_the_plan() -> TestResult {
        let set = SmallSet::write()?;
        // A pool that serves a batch, one that is used more than once, and no pool at all.
        for (batch_size, random_ratio) in [(6, 0.5), (9, 0.0), (7, 1.0)] {
            let settings = Settings {
                batch_size,
                random_ratio,
                ..SmallSet::settings()
            };
            let sampler = open(&set, SmallSet::regions(), settings)?;
            for index in 0..20 {
                let whole = sampler.plan(1, 2, index, 0..batch_size);
                assert_eq!(whole.len(), batch_size);
                for cut in 0..=batch_size {
                    let mut parts = sampler.plan(1, 2, index, 0..cut);
                    assert_eq!(parts.len(), cut);
                    parts.extend(sampler.plan(1, 2, index, cut..batch_size));
                    assert_eq!(parts, whole);
                }
            }
        }
        Ok(())
    }

    #[test]
    fn windows_are_where_they_may_be() -> TestResult {
        let set = SmallSet::write()?;
        let sampler = open(&set, SmallSet::regions(), SmallSet::settings())?;
        let batch_size = sampler.settings.batch_size;
        assert_eq!(sampler.region_count(), 3);
        let Regions { chrom, start, .. } = SmallSet::regions();
        for example in (0..500).flat_map(|index| sampler.plan(0, 0, index, 0..batch_size)) {
            let window = example.window;
            let end = window.start + 8;
            assert!(
                end <= [SmallSet::SIZE, 12][window.chrom as usize],
                "{window:?}"
            );
            match example.region {
                Some(row) => {
                    assert_eq!(window.chrom, chrom[row as usize]);
                    assert!(window.start.abs_diff(start[row as usize]) <= 3);
                }
                None if window.chrom == 0 => {
                    let letters = &SmallSet::LETTERS[window.start as usize..end as usize];
                    assert!(letters.matches('N').count() <= 4, "{letters}");
                }
                None => {}
            }
            // The region at 11 touches the blacklist itself; where it moves to must not.
            let stays = example.region == Some(3) && window.start == 11;
            let is_clear = window.chrom == 1 || end <= 18 || window.start >= 19;
            assert!(is_clear || stays, "{window:?}");
        }
        Ok(())
    }

    #[test]
    fn arguments_that_do_not_fit_are_errors() -> TestResult {
        type Change = fn(&mut Settings, &mut Regions);
        let changes: [(Change, &str); 8] = [
            (|s, _| s.batch_size = 0, "batch_size is 0"),
            (|s, _| s.random_ratio = 1.5, "random ratio 1.5 is not"),
            (|s, _| s.random_ratio = f64::NAN, "random ratio NaN is not"),
            (|_, r| r.track.truncate(3), "columns of 4, 4 and 3 regions"),
            (|_, r| r.chrom[1] = 2, "a region lies on chromosome 2 of 2"),
            (|_, r| r.track[1] = Some(2), "a region has track 2 of 2"),
            (
                |_, r| r.start[1] = 25,
                "region 1: chr1:25, 8 bp long, does not fit into 32 bp",
            ),
            (
                |_, r| *r = Regions::default(),
                "the pool of regions of interest is empty",
            ),
        ];
        let set = SmallSet::write()?;
        for (change, expected) in changes {
            let (mut settings, mut regions) = (SmallSet::settings(), SmallSet::regions());
            change(&mut settings, &mut regions);
            match open(&set, regions, settings) {
                Err(error) => assert!(error.to_string().starts_with(expected), "{error}"),
                Ok(_) => return Err(format!("accepted: {expected}").into()),
            }
        }
        Ok(())
    }
}
