//! Draws windows and turns them into batches.
//!
//! Choosing and reading are apart. [`Sampler::plan`] says which windows batch `index` of `epoch` holds, a pure function of
//! the seed; [`Sampler::read`] fetches them. A batch is `batch_size` examples, first those drawn from the pool of regions of
//! interest, then random windows of the genome.
//!
//! An input is `window` rows of five floats: A, C, G, T, signal, 5' to 3' on the strand that was drawn. A target is one
//! float per bin, in the same order.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::bigwig::BigWig;
use crate::bins::{Target, targets};
use crate::chrom::in_words;
use crate::decoded::{DecodedTrack, Decoder, PaintedWindow};
use crate::error::{Error, Result};
use crate::memory::Memory;
use crate::one_hot::{INPUT_CHANNELS, Strand};
use crate::random::{BATCH_LANE, Draw, Key};
use crate::starts::{Starts, allowed, intersect, merge, touches};
use crate::twobit::TwoBit;

/// Values per base of an input: A, C, G, T, signal.
pub const CHANNELS: usize = INPUT_CHANNELS;

/// How often a shifted window that touches the blacklist is drawn anew before it stays in place.
const JITTER_TRIES: usize = 16;

/// What shapes a batch.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Examples per batch.
    pub batch_size: usize,
    /// Share of a batch that is random windows of the genome, 0 to 1.
    pub random_ratio: f64,
    /// Window length in bp.
    pub window: u32,
    /// Bin width in bp; divides the window.
    pub bin: u32,
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
    /// Threads that fill a batch, at least 1.
    pub threads: usize,
}

/// A chromosome from which windows are drawn.
#[derive(Clone, Debug)]
pub struct SampledChrom {
    /// Its name, the same in all files.
    pub name: String,
    /// Sorted, disjoint intervals that random and shifted windows keep clear of.
    pub blacklist: Vec<(u32, u32)>,
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

/// One example of a batch: what will be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The region it was drawn from; none for a random window.
    pub region: Option<u32>,
    /// Index of the pair of tracks.
    pub track: u32,
    /// Index into the sampled chromosomes.
    pub chrom: u32,
    /// First base.
    pub start: u32,
    /// Whether it is read as its reverse complement.
    pub reverse: bool,
}

/// Where the inputs of a batch go.
#[derive(Debug)]
pub enum Inputs<'a> {
    /// A, C, G, T, signal: windows x length x 5 floats.
    OneHot(&'a mut [f32]),
    /// The same in a quarter of the memory, for a device that makes the one-hot form itself.
    Compact {
        /// 0 to 3 for A, C, G, T and 4 for N: windows x length.
        codes: &'a mut [u8],
        /// Windows x length.
        signal: &'a mut [f32],
    },
}

/// What decoding at start took and holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Preloaded {
    /// Blocks held.
    pub blocks: usize,
    /// Blocks that would have been held if the memory had been larger.
    pub left_out: usize,
    /// Bytes held, by this sampler alone.
    pub bytes: u64,
    /// Time taken.
    pub elapsed: Duration,
}

#[derive(Debug)]
struct Chrom {
    size: u32,
    genome: usize,
    blacklist: Vec<(u32, u32)>,
    /// Starts of windows that are clear of the blacklist and at most half N.
    starts: Starts,
    /// Random starts on the chromosomes before this one.
    starts_before: u64,
}

#[derive(Debug)]
struct Track {
    file: DecodedTrack,
    /// Its index of each sampled chromosome; none where it has no data: zeros.
    chroms: Vec<Option<usize>>,
}

/// Draws and reads batches.
#[derive(Debug)]
pub struct Sampler {
    settings: Settings,
    genome: Arc<TwoBit>,
    chroms: Vec<Chrom>,
    random_starts: u64,
    signal: Vec<Track>,
    binding: Vec<Track>,
    regions: Regions,
    memory: Arc<Memory>,
    pool: rayon::ThreadPool,
    preloaded: Preloaded,
}

impl Sampler {
    /// Checks everything against everything, then decodes the binding tracks and what of the signal tracks the regions touch.
    ///
    /// A chromosome that a track lacks reads as zeros. The genome must have all of them. Samplers may share a memory.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`] soon after `is_cancelled` says so, besides the errors of arguments and files.
    pub fn new(
        genome: Arc<TwoBit>,
        signal: Vec<Arc<BigWig>>,
        binding: Vec<Arc<BigWig>>,
        chroms: Vec<SampledChrom>,
        regions: Regions,
        settings: Settings,
        memory: &Arc<Memory>,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Self> {
        check(&settings, &signal, &binding, &regions, chroms.len())?;
        let mut known = Vec::with_capacity(chroms.len());
        let mut random_starts = 0;
        let names: Vec<String> = chroms.iter().map(|chrom| chrom.name.clone()).collect();
        for SampledChrom { name, blacklist } in chroms {
            let index = genome.require_chrom(&name)?;
            let size = genome.chroms()[index].size;
            let blacklist = merge(blacklist);
            let clear = allowed(&blacklist, size, settings.window, 0);
            let sequenced = allowed(
                genome.n_runs(index),
                size,
                settings.window,
                settings.window / 2,
            );
            let starts = intersect(&clear, &sequenced);
            let starts_here: u64 = starts.iter().map(|&(from, to)| u64::from(to - from)).sum();
            known.push(Chrom {
                size,
                genome: index,
                blacklist,
                starts,
                starts_before: random_starts,
            });
            random_starts += starts_here;
        }
        for (row, (&chrom, &start)) in regions.chrom.iter().zip(&regions.start).enumerate() {
            let size = known[chrom as usize].size;
            if u64::from(start) + u64::from(settings.window) > u64::from(size) {
                let name = &names[chrom as usize];
                let window = settings.window;
                return Err(Error::Region(format!(
                    "region {row}: {name}:{start}, {window} bp long, does not fit into {size} bp"
                )));
            }
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(settings.threads)
            .thread_name(|index| format!("maxatac-loader-{index}"))
            .build()
            .map_err(|error| Error::no_threads(settings.threads, &error))?;
        let open = |file: Arc<BigWig>| Track {
            chroms: names.iter().map(|name| file.chrom_index(name)).collect(),
            file: DecodedTrack::new(file, Arc::clone(memory)),
        };
        let mut sampler = Self {
            genome,
            chroms: known,
            random_starts,
            signal: signal.into_iter().map(open).collect(),
            binding: binding.into_iter().map(open).collect(),
            regions,
            memory: Arc::clone(memory),
            pool,
            preloaded: Preloaded::default(),
            settings,
        };
        let drawn = sampler.region_count();
        if drawn > 0 && sampler.regions.start.is_empty() {
            return Err(Error::Region(
                "the pool of regions of interest is empty".to_owned(),
            ));
        }
        if drawn < sampler.settings.batch_size && random_starts == 0 {
            return Err(Error::Region(format!(
                "no {}-bp window of {} is clear of the blacklist and at most half N: random windows cannot be drawn",
                sampler.settings.window,
                in_words(&names)
            )));
        }
        let begin = Instant::now();
        let (blocks, left_out) = sampler.pool.install(|| sampler.preload(is_cancelled))?;
        memory.shrink_cache();
        let tracks = sampler.binding.iter().chain(&sampler.signal);
        sampler.preloaded = Preloaded {
            blocks,
            left_out,
            bytes: tracks.map(|track| track.file.held_bytes()).sum(),
            elapsed: begin.elapsed(),
        };
        Ok(sampler)
    }

    /// Decodes what batches come back to; how many blocks are held, and how many are not for want of memory.
    fn preload(&self, is_cancelled: &(dyn Fn() -> bool + Sync)) -> Result<(usize, usize)> {
        let whole: Vec<_> = self.chroms.iter().map(|c| vec![(0, c.size)]).collect();
        let touched = self.touched();
        let binding = self.binding.iter().map(|track| (track, &whole));
        let signal = self.signal.iter().map(|track| (track, &touched));
        let (mut held, mut left_out) = (0, 0);
        for (track, regions) in binding.chain(signal) {
            for (regions, there) in regions.iter().zip(&track.chroms) {
                if let Some(there) = *there {
                    let preloaded = track.file.preload(there, regions, is_cancelled)?;
                    held += preloaded.held;
                    left_out += preloaded.left_out;
                }
            }
        }
        // Last, because a block that is not held costs a hundred times as much as a sequence that is not.
        for chrom in &self.chroms {
            if is_cancelled() {
                return Err(Error::Cancelled);
            }
            self.genome.hold(chrom.genome, &self.memory)?;
        }
        Ok((held, left_out))
    }

    /// The bases of each chromosome that a region's window can reach, as sorted, disjoint intervals.
    fn touched(&self) -> Vec<Vec<(u32, u32)>> {
        let mut touched = vec![Vec::new(); self.chroms.len()];
        let reach = self.settings.jitter;
        for (&chrom, &start) in self.regions.chrom.iter().zip(&self.regions.start) {
            let size = self.chroms[chrom as usize].size;
            let end = start
                .saturating_add(self.settings.window)
                .saturating_add(reach)
                .min(size);
            touched[chrom as usize].push((start.saturating_sub(reach), end));
        }
        touched.into_iter().map(merge).collect()
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What was decoded at start.
    pub fn preloaded(&self) -> Preloaded {
        self.preloaded
    }

    /// How many examples of a batch come from the pool: `batch_size * (1 - random_ratio)`, half to even.
    pub fn region_count(&self) -> usize {
        let share = 1.0 - self.settings.random_ratio;
        (self.settings.batch_size as f64 * share)
            .round_ties_even()
            .max(0.0) as usize
    }

    /// The windows of one batch of a stream (training, batch-norm statistics, ...).
    ///
    /// While the pool has as many regions as the batch needs, none is drawn twice. A smaller pool is used whole as often as
    /// it fits, and the rest is drawn without replacement.
    pub fn plan(&self, stream: u64, epoch: u64, index: u64) -> Vec<Window> {
        self.plan_rows(stream, epoch, index, 0..self.settings.batch_size)
    }

    /// A part of the windows of one batch, for one of several processes that share it: `rows` of [`Sampler::plan`].
    ///
    /// Which regions the batch has is drawn as a whole; what else a window draws, it draws alone. So the cost is that of the
    /// rows, but for a few ns for each example of the batch.
    ///
    /// # Panics
    ///
    /// If `rows` is not within the batch.
    pub fn plan_rows(
        &self,
        stream: u64,
        epoch: u64,
        index: u64,
        rows: Range<usize>,
    ) -> Vec<Window> {
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
            .map(|(lane, region)| {
                let mut draw = Draw::new(key, lane as u64);
                // Both are drawn for every example, wanted or not, so that switching one option moves nothing else.
                let track = draw.below(self.signal.len() as u64) as u32;
                let reverse = draw.coin() && self.settings.reverse_complement;
                match region {
                    Some(region) => self.region_window(region as u32, track, reverse, &mut draw),
                    None => self.random_window(track, reverse, &mut draw),
                }
            })
            .collect()
    }

    fn region_window(
        &self,
        region: u32,
        drawn_track: u32,
        reverse: bool,
        draw: &mut Draw,
    ) -> Window {
        let row = region as usize;
        let track = match self.regions.track[row] {
            Some(own) if !self.settings.shuffle_tracks => own,
            _ => drawn_track,
        };
        let chrom = self.regions.chrom[row];
        let start = self.shifted(chrom, self.regions.start[row], draw);
        Window {
            region: Some(region),
            track,
            chrom,
            start,
            reverse,
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
        let last = i64::from(size - self.settings.window);
        for _ in 0..JITTER_TRIES {
            let shift = draw.below(2 * jitter as u64 + 1) as i64 - jitter;
            let moved = (i64::from(start) + shift).clamp(0, last) as u32;
            if !touches(blacklist, moved, moved + self.settings.window) {
                return moved;
            }
        }
        start
    }

    fn random_window(&self, track: u32, reverse: bool, draw: &mut Draw) -> Window {
        let rank = draw.below(self.random_starts);
        let chrom = self
            .chroms
            .partition_point(|chrom| chrom.starts_before <= rank)
            - 1;
        let mut rest = rank - self.chroms[chrom].starts_before;
        let mut start = 0;
        for &(from, to) in &self.chroms[chrom].starts {
            let width = u64::from(to - from);
            if rest < width {
                start = from + rest as u32;
                break;
            }
            rest -= width;
        }
        Window {
            region: None,
            track,
            chrom: chrom as u32,
            start,
            reverse,
        }
    }

    /// Reads windows into `inputs` and `targets` (windows x bins), overwriting both.
    ///
    /// # Errors
    ///
    /// The first read error met; what the buffers then hold is not defined.
    pub fn read(&self, windows: &[Window], inputs: Inputs, targets: &mut [f32]) -> Result<()> {
        let window = self.settings.window as usize;
        let bins = window / self.settings.bin as usize;
        let rows = windows.len();
        let lengths = match &inputs {
            Inputs::OneHot(floats) => [floats.len() / CHANNELS, floats.len().div_ceil(CHANNELS)],
            Inputs::Compact { codes, signal } => [codes.len(), signal.len()],
        };
        if lengths != [rows * window; 2] || targets.len() != rows * bins {
            let [one, other] = lengths;
            let targets = targets.len();
            return Err(Error::InvalidArgument(format!(
                "buffers of {one} and {other} bases and {targets} bins for {rows} windows"
            )));
        }
        let targets = targets.chunks_exact_mut(bins);
        match inputs {
            Inputs::OneHot(floats) => {
                let inputs = floats.chunks_exact_mut(window * CHANNELS);
                self.read_all(windows, inputs.map(Input::OneHot).zip(targets))
            }
            Inputs::Compact { codes, signal } => {
                let codes = codes.chunks_exact_mut(window);
                let inputs = codes.zip(signal.chunks_exact_mut(window));
                let inputs = inputs.map(|(codes, signal)| Input::Compact { codes, signal });
                self.read_all(windows, inputs.zip(targets))
            }
        }
    }

    fn read_all<'a>(
        &self,
        windows: &[Window],
        slots: impl Iterator<Item = (Input<'a>, &'a mut [f32])>,
    ) -> Result<()> {
        let mut examples: Vec<_> = slots.zip(windows).collect();
        // Neighbours in the genome share blocks: read one after the other, they find them in the processor's cache.
        examples.sort_unstable_by_key(|(_, window)| (window.track, window.chrom, window.start));
        if self.settings.threads == 1 {
            let mut scratch = ReadScratch::default();
            for ((input, target), window) in examples {
                self.read_window(window, input, target, &mut scratch)?;
            }
            return Ok(());
        }
        let failed = AtomicBool::new(false);
        self.pool.install(|| {
            let first_error = examples
                .into_par_iter()
                .with_min_len(16)
                .map_init(
                    ReadScratch::default,
                    |scratch, ((input, target), window)| {
                        if failed.load(Ordering::Relaxed) {
                            return Ok(());
                        }
                        self.read_window(window, input, target, scratch)
                            .inspect_err(|_| failed.store(true, Ordering::Relaxed))
                    },
                )
                .find_first(Result::is_err);
            first_error.unwrap_or(Ok(()))
        })
    }

    fn read_window(
        &self,
        window: &Window,
        input: Input,
        target: &mut [f32],
        scratch: &mut ReadScratch,
    ) -> Result<()> {
        let (start, end) = (window.start, window.start + self.settings.window);
        let strand = if window.reverse {
            Strand::Reverse
        } else {
            Strand::Forward
        };
        let ReadScratch {
            sequence,
            painted,
            decoder,
        } = scratch;
        let track = window.track as usize;

        self.signal[track].paint(window.chrom, start, end, decoder, painted)?;
        let chrom = self.chroms[window.chrom as usize].genome;
        input.fill(
            &self.genome,
            chrom,
            start,
            strand,
            painted.values(),
            sequence,
        )?;

        self.binding[track].paint(window.chrom, start, end, decoder, painted)?;
        let bin = self.settings.bin as usize;
        targets(painted.values(), bin, self.settings.target, target);
        if window.reverse {
            target.reverse();
        }
        Ok(())
    }
}

impl Track {
    /// Fills the window with the track's values: 0 everywhere on a chromosome that it lacks.
    fn paint(
        &self,
        chrom: u32,
        start: u32,
        end: u32,
        decoder: &mut Decoder,
        window: &mut PaintedWindow,
    ) -> Result<()> {
        if let Some(there) = self.chroms[chrom as usize] {
            return self.file.paint(there, start, end, decoder, window);
        }
        window.clear((end - start) as usize);
        Ok(())
    }
}

/// What a thread needs to read windows.
#[derive(Default)]
struct ReadScratch {
    sequence: Vec<u8>,
    painted: PaintedWindow,
    decoder: Decoder,
}

/// Where one input goes.
enum Input<'a> {
    OneHot(&'a mut [f32]),
    Compact {
        codes: &'a mut [u8],
        signal: &'a mut [f32],
    },
}

impl Input<'_> {
    /// Writes the bases and the values of a window of `values.len()` bp, along the strand.
    fn fill(
        self,
        genome: &TwoBit,
        chrom: usize,
        start: u32,
        strand: Strand,
        values: &[f32],
        sequence: &mut Vec<u8>,
    ) -> Result<()> {
        match self {
            Self::OneHot(floats) => genome.input(chrom, start, strand, values, floats, sequence)?,
            Self::Compact { codes, signal } => {
                let end = start + values.len() as u32;
                genome.codes(chrom, start, end, strand, codes, sequence)?;
                signal.copy_from_slice(values);
                if strand == Strand::Reverse {
                    signal.reverse();
                }
            }
        }
        Ok(())
    }
}

/// Bytes of decoded blocks that [`read_windows`] keeps: its windows come in order, and neighbours share blocks.
const WINDOWS_MEMORY: u64 = 16 << 20;

/// Reads windows of one chromosome and one signal track, as a sampler would: `starts.len()` x `window` x 5 floats.
pub fn read_windows(
    genome: &TwoBit,
    track: &Arc<BigWig>,
    chrom: &str,
    starts: &[u32],
    window: u32,
    strand: Strand,
    inputs: &mut [f32],
) -> Result<()> {
    let index = genome.require_chrom(chrom)?;
    let there = track.chrom_index(chrom);
    let memory = Arc::new(Memory::new(WINDOWS_MEMORY));
    let track = Track {
        file: DecodedTrack::new(Arc::clone(track), memory),
        chroms: vec![there],
    };
    let mut scratch = ReadScratch::default();
    let per_input = window as usize * CHANNELS;
    for (&start, input) in starts.iter().zip(inputs.chunks_exact_mut(per_input)) {
        let end = start.checked_add(window).ok_or_else(|| {
            Error::InvalidArgument(format!("window start {start} is beyond any chromosome"))
        })?;
        let ReadScratch {
            sequence,
            painted,
            decoder,
        } = &mut scratch;
        track.paint(0, start, end, decoder, painted)?;
        Input::OneHot(input).fill(genome, index, start, strand, painted.values(), sequence)?;
    }
    Ok(())
}

fn check(
    settings: &Settings,
    signal: &[Arc<BigWig>],
    binding: &[Arc<BigWig>],
    regions: &Regions,
    chroms: usize,
) -> Result<()> {
    let rows = regions.start.len();
    let tracks = signal.len();
    let problem = if settings.batch_size == 0 {
        "batch_size is 0".to_owned()
    } else if !(0.0..=1.0).contains(&settings.random_ratio) {
        format!("random ratio {} is not within 0..1", settings.random_ratio)
    } else if settings.window == 0
        || settings.bin == 0
        || !settings.window.is_multiple_of(settings.bin)
    {
        format!(
            "bins of {} bp do not divide windows of {} bp",
            settings.bin, settings.window
        )
    } else if settings.threads == 0 {
        "threads is 0".to_owned()
    } else if tracks == 0 || tracks != binding.len() {
        format!("{tracks} signal and {} binding tracks", binding.len())
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
    Err(Error::InvalidArgument(problem))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::{
        BigWigFile, Endian, Items, Section, TempFile, TestResult, TwoBitFile, dense, same,
    };

    /// Start, end and value.
    type Item = (u32, u32, f32);

    const LETTERS: &str = "NNACGTTGCANACGGTTANNNNNNNNNNCATG";
    const SIZE: u32 = LETTERS.len() as u32;
    /// Of two cell types, on `chr1` only; the genome has `chr2` too.
    const SIGNAL: [&[Item]; 2] = [
        &[(2, 9, 0.5), (12, 20, f32::NAN), (25, 32, 0.25)],
        &[(0, 32, 1.0)],
    ];
    const BINDING: [&[Item]; 2] = [
        &[(4, 6, 1.0), (9, 13, 1.0)],
        &[(13, 16, 0.75), (16, 17, f32::NAN)],
    ];

    fn settings() -> Settings {
        Settings {
            batch_size: 6,
            random_ratio: 0.5,
            window: 8,
            bin: 4,
            shuffle_tracks: true,
            reverse_complement: true,
            jitter: 3,
            target: Target::Binary,
            seed: 5,
            threads: 1,
        }
    }

    fn regions() -> Regions {
        Regions {
            chrom: vec![0, 0, 1, 0],
            start: vec![0, 24, 3, 11],
            track: vec![Some(0), Some(1), None, Some(1)],
        }
    }

    fn chroms() -> Vec<SampledChrom> {
        let chrom = |name: &str, blacklist| SampledChrom {
            name: name.to_owned(),
            blacklist,
        };
        vec![chrom("chr1", vec![(18, 19)]), chrom("chr2", vec![])]
    }

    pub(crate) struct Files {
        genome: Arc<TwoBit>,
        signal: Vec<Arc<BigWig>>,
        binding: Vec<Arc<BigWig>>,
        /// Removed when dropped.
        temps: Vec<TempFile>,
    }

    fn files() -> TestResult<Files> {
        let genome = TwoBitFile {
            sequences: &[("chr1", LETTERS), ("chr2", "CATGATTACAGG")],
            version: 0,
            endian: Endian::Little,
            hole: 0,
        };
        let mut temps = vec![genome.write()?];
        let genome = Arc::new(TwoBit::open(temps[0].path())?);
        let mut open = |items: &[Item]| -> TestResult<Arc<BigWig>> {
            let blocks: Vec<Vec<Section>> = items
                .iter()
                .map(|item| vec![(0, Items::BedGraph(vec![*item]))])
                .collect();
            let file = BigWigFile {
                chroms: &[("chr1", 0, SIZE)],
                blocks: &blocks,
                version: 4,
                endian: Endian::Little,
                compressed: true,
                children: 2,
                hole: 0,
            };
            let temp = file.write()?;
            let track = BigWig::open(temp.path())?;
            temps.push(temp);
            Ok(Arc::new(track))
        };
        let signal = SIGNAL
            .map(&mut open)
            .into_iter()
            .collect::<TestResult<_>>()?;
        let binding = BINDING
            .map(&mut open)
            .into_iter()
            .collect::<TestResult<_>>()?;
        Ok(Files {
            genome,
            signal,
            binding,
            temps,
        })
    }

    /// A sampler of larger batches, and its files.
    pub(crate) fn open_wide(memory: u64) -> TestResult<(Sampler, Files)> {
        let files = files()?;
        let settings = Settings {
            batch_size: 100,
            threads: 2,
            ..settings()
        };
        let sampler = open_within(memory, &files, regions(), settings)?;
        Ok((sampler, files))
    }

    /// Cuts all files off behind their headers.
    pub(crate) fn cut_files(files: &Files) -> TestResult {
        for temp in &files.temps {
            let file = std::fs::File::options().write(true).open(temp.path())?;
            file.set_len(80)?;
        }
        Ok(())
    }

    fn open_sampler(files: &Files, regions: Regions, settings: Settings) -> Result<Sampler> {
        open_within(u64::MAX, files, regions, settings)
    }

    fn open_within(
        memory: u64,
        files: &Files,
        regions: Regions,
        settings: Settings,
    ) -> Result<Sampler> {
        Sampler::new(
            Arc::clone(&files.genome),
            files.signal.clone(),
            files.binding.clone(),
            chroms(),
            regions,
            settings,
            &Arc::new(Memory::new(memory)),
            &|| false,
        )
    }

    fn read(sampler: &Sampler, windows: &[Window]) -> Result<(Vec<f32>, Vec<f32>)> {
        let mut inputs = vec![9.0; windows.len() * 8 * CHANNELS];
        let mut targets = vec![9.0; windows.len() * 2];
        sampler.read(windows, Inputs::OneHot(&mut inputs), &mut targets)?;
        Ok((inputs, targets))
    }

    /// Input and target of a window of `chr1`, base by base.
    fn slow(window: Window) -> (Vec<f32>, Vec<f32>) {
        let bases = window.start as usize..window.start as usize + 8;
        let values = |items| -> Vec<f32> {
            let values = &dense(items, SIZE)[bases.clone()];
            let known = |value: &f32| if value.is_nan() { 0.0 } else { *value };
            values.iter().map(known).collect()
        };
        let track = window.track as usize;
        let (mut signal, binding) = (values(SIGNAL[track]), values(BINDING[track]));
        let mut letters = LETTERS.as_bytes()[bases.clone()].to_vec();
        let is_bound = |bin: &[f32]| bin.iter().sum::<f32>() > 2.0;
        let mut target: Vec<f32> = binding
            .chunks(4)
            .map(|bin| f32::from(u8::from(is_bound(bin))))
            .collect();
        let mut channels = *b"ACGT";
        if window.reverse {
            signal.reverse();
            letters.reverse();
            target.reverse();
            channels.reverse();
        }
        let mut input = Vec::new();
        for (letter, value) in letters.into_iter().zip(signal) {
            input.extend(channels.map(|known| f32::from(u8::from(known == letter))));
            input.push(value);
        }
        (input, target)
    }

    #[test]
    fn every_window_is_read_right() -> TestResult {
        let files = files()?;
        for memory in [0, 1000, u64::MAX] {
            let sampler = open_within(memory, &files, regions(), settings())?;
            for (track, reverse) in [(0, false), (0, true), (1, false), (1, true)] {
                let window = |chrom, start| Window {
                    region: None,
                    track,
                    chrom,
                    start,
                    reverse,
                };
                for start in 0..=SIZE - 8 {
                    let window = window(0, start);
                    let (inputs, targets) = read(&sampler, &[window])?;
                    let (expected, labels) = slow(window);
                    assert!(same(&inputs, &expected), "{window:?} {inputs:?}");
                    assert!(same(&targets, &labels), "{window:?} {targets:?}");
                }
                // A chromosome that the tracks lack: bases, and no signal.
                let (inputs, targets) = read(&sampler, &[window(1, 4)])?;
                for row in inputs.chunks(CHANNELS) {
                    assert!(same(&[row[..4].iter().sum(), row[4]], &[1.0, 0.0]));
                }
                assert!(same(&targets, &[0.0; 2]));
            }
        }
        Ok(())
    }

    #[test]
    fn threads_and_memory_change_nothing() -> TestResult {
        let files = files()?;
        let wide = Settings {
            batch_size: 100,
            ..settings()
        };
        let one = open_sampler(&files, regions(), wide.clone())?;
        for (threads, memory) in [(1, 0), (2, 1000), (3, u64::MAX)] {
            let settings = Settings {
                threads,
                ..wide.clone()
            };
            let other = open_within(memory, &files, regions(), settings)?;
            for index in 0..5 {
                let windows = one.plan(1, 2, index);
                assert_eq!(windows, other.plan(1, 2, index));
                let (expected, found) = (read(&one, &windows)?, read(&other, &windows)?);
                assert!(same(&found.0, &expected.0) && same(&found.1, &expected.1));
            }
        }
        Ok(())
    }

    #[test]
    fn rows_of_a_plan_are_the_plan() -> TestResult {
        let files = files()?;
        // A pool that serves a batch, one that is used more than once, and no pool at all.
        for (batch_size, random_ratio) in [(6, 0.5), (9, 0.0), (7, 1.0)] {
            let settings = Settings {
                batch_size,
                random_ratio,
                ..settings()
            };
            let sampler = open_sampler(&files, regions(), settings)?;
            for index in 0..20 {
                let whole = sampler.plan(1, 2, index);
                assert_eq!(whole.len(), batch_size);
                for cut in 0..=batch_size {
                    let mut parts = sampler.plan_rows(1, 2, index, 0..cut);
                    assert_eq!(parts.len(), cut);
                    parts.extend(sampler.plan_rows(1, 2, index, cut..batch_size));
                    assert_eq!(parts, whole);
                }
            }
        }
        Ok(())
    }

    #[test]
    fn compact_inputs_hold_the_same() -> TestResult {
        let files = files()?;
        for threads in [1, 2] {
            let settings = Settings {
                batch_size: 100,
                threads,
                ..settings()
            };
            let sampler = open_sampler(&files, regions(), settings)?;
            let windows = sampler.plan(0, 0, 0);
            let (inputs, targets) = read(&sampler, &windows)?;
            let (mut codes, mut signal) = (vec![9; 800], vec![9.0; 800]);
            let mut same_targets = vec![9.0; 200];
            let compact = Inputs::Compact {
                codes: &mut codes,
                signal: &mut signal,
            };
            sampler.read(&windows, compact, &mut same_targets)?;
            assert!(same(&same_targets, &targets));
            for ((row, code), value) in inputs.chunks(CHANNELS).zip(codes).zip(signal) {
                let mut expected = [0.0, 0.0, 0.0, 0.0, value];
                if code < 4 {
                    expected[usize::from(code)] = 1.0;
                }
                assert!(code <= 4 && same(row, &expected), "{row:?} {code} {value}");
            }
        }
        Ok(())
    }

    #[test]
    fn windows_are_where_they_may_be() -> TestResult {
        let files = files()?;
        let sampler = open_sampler(&files, regions(), settings())?;
        assert_eq!(sampler.region_count(), 3);
        let Regions { chrom, start, .. } = regions();
        for window in (0..500).flat_map(|index| sampler.plan(0, 0, index)) {
            let end = window.start + 8;
            assert!(end <= [SIZE, 12][window.chrom as usize], "{window:?}");
            match window.region {
                Some(row) => {
                    assert_eq!(window.chrom, chrom[row as usize]);
                    assert!(window.start.abs_diff(start[row as usize]) <= 3);
                }
                None if window.chrom == 0 => {
                    let letters = &LETTERS[window.start as usize..end as usize];
                    assert!(letters.matches('N').count() <= 4, "{letters}");
                }
                None => {}
            }
            // The region at 11 touches the blacklist itself; where it moves to must not.
            let stays = window.region == Some(3) && window.start == 11;
            let is_clear = window.chrom == 1 || end <= 18 || window.start >= 19;
            assert!(is_clear || stays, "{window:?}");
        }
        Ok(())
    }

    #[test]
    fn arguments_that_do_not_fit_are_errors() -> TestResult {
        type Change = fn(&mut Settings, &mut Regions);
        let changes: [(Change, &str); 11] = [
            (|s, _| s.batch_size = 0, "batch_size is 0"),
            (|s, _| s.random_ratio = 1.5, "random ratio 1.5 is not"),
            (|s, _| s.random_ratio = f64::NAN, "random ratio NaN is not"),
            (|s, _| s.bin = 3, "bins of 3 bp do not divide windows of 8"),
            (|s, _| s.window = 0, "bins of 4 bp do not divide windows"),
            (|s, _| s.threads = 0, "threads is 0"),
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
        let files = files()?;
        for (change, expected) in changes {
            let (mut settings, mut regions) = (settings(), regions());
            change(&mut settings, &mut regions);
            match open_sampler(&files, regions, settings) {
                Err(error) => assert!(error.to_string().starts_with(expected), "{error}"),
                Ok(_) => return Err(format!("accepted: {expected}").into()),
            }
        }
        Ok(())
    }

    #[test]
    fn buffers_of_another_size_are_errors() -> TestResult {
        let sampler = open_sampler(&files()?, regions(), settings())?;
        let window = sampler.plan(0, 0, 0)[0];
        for (inputs, targets) in [(39, 2), (40, 1), (41, 2)] {
            let mut inputs = vec![0.0; inputs];
            let result = sampler.read(
                &[window],
                Inputs::OneHot(&mut inputs),
                &mut vec![0.0; targets],
            );
            assert!(
                matches!(result, Err(Error::InvalidArgument(_))),
                "{result:?}"
            );
        }
        Ok(())
    }
}
