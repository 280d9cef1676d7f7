//! Reads windows: of some places of the genome, in some pairs of tracks.
//!
//! An input is `window` rows of five floats: A, C, G, T, signal, 5' to 3' on the strand asked for. A target is one float
//! per bin, in the same order. Whatever reads the same files shares one [`WindowReader`], and with it what is decoded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::bins::{Target, targets};
use crate::bigwig::BigWig;
use crate::error::{Error, FileKind, Result};
use crate::sequence::{INPUT_CHANNELS as CHANNELS, Strand, TwoBit};
use crate::spans::Span;
use crate::track::{DecodedTrack, Decoder, Memory, PaintedWindow};

/// Windows that a thread takes at once.
const PIECE: usize = 16;

/// The shape of windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Window length in bp.
    pub window: u32,
    /// Bin width in bp; divides the window.
    pub bin: u32,
}

/// What windows are read from.
#[derive(Clone, Debug)]
pub struct Files {
    /// The sequence.
    pub genome: Arc<TwoBit>,
    /// The signal of each pair of tracks.
    pub signal: Vec<Arc<BigWig>>,
    /// The binding of each pair; none at all where no targets are read.
    pub binding: Vec<Arc<BigWig>>,
}

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Index of the pair of tracks.
    pub track: u32,
    /// Index into the chromosomes of the genome.
    pub chrom: u32,
    /// First base.
    pub start: u32,
    /// Whether it is read as its reverse complement.
    pub reverse: bool,
}

/// Where inputs go.
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

/// What the targets are, and where they go.
#[derive(Debug)]
pub struct Targets<'a> {
    /// What they are.
    pub target: Target,
    /// Windows x bins.
    pub out: &'a mut [f32],
}

/// The parts of a chromosome that are to be held in memory; each list is sorted and disjoint.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Index into the chromosomes of the genome.
    pub chrom: u32,
    /// Of every signal track.
    pub signal: Vec<Span>,
    /// Of every binding track.
    pub binding: Vec<Span>,
}

/// What decoding at start took and holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Preloaded {
    /// Blocks held.
    pub blocks: usize,
    /// Blocks that would have been held if the memory had been larger.
    pub left_out: usize,
    /// Bytes held besides those that were held before.
    pub bytes: u64,
    /// Time taken.
    pub elapsed: Duration,
}

/// A genome and pairs of tracks, of which windows are read by several threads within a limit of memory.
#[derive(Debug)]
pub struct WindowReader {
    /// The genome.
    pub genome: Arc<TwoBit>,
    /// The shape of its windows.
    pub geometry: Geometry,
    /// What is decoded, and its limit.
    pub memory: Arc<Memory>,
    signal: Vec<Track>,
    binding: Vec<Track>,
    pool: rayon::ThreadPool,
}

#[derive(Debug)]
struct Track {
    file: DecodedTrack,
    /// Its index of each chromosome of the genome; none where it has no data: zeros.
    chroms: Vec<Option<usize>>,
}

impl WindowReader {
    /// Starts the threads; nothing is decoded yet.
    ///
    /// A chromosome that a track lacks reads as zeros. Readers may share a memory.
    ///
    /// # Errors
    ///
    /// [`Error::Settings`] for what does not fit together, [`Error::Resource`] if the threads cannot be started.
    pub fn new(
        files: Files,
        geometry: Geometry,
        memory: Arc<Memory>,
        threads: usize,
    ) -> Result<Self> {
        let Files {
            genome,
            signal,
            binding,
        } = files;
        let Geometry { window, bin } = geometry;
        let problem = if window == 0 || bin == 0 || !window.is_multiple_of(bin) {
            format!("bins of {bin} bp do not divide windows of {window} bp")
        } else if threads == 0 {
            "threads is 0".to_owned()
        } else if signal.is_empty() || !(binding.is_empty() || binding.len() == signal.len()) {
            format!(
                "{} signal and {} binding tracks",
                signal.len(),
                binding.len()
            )
        } else {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .thread_name(|index| format!("maxatac-loader-{index}"))
                .build()
                .map_err(|error| Error::no_threads(threads, &error))?;
            let open = |file: Arc<BigWig>| {
                let chroms = genome.chroms().iter();
                Track {
                    chroms: chroms.map(|chrom| file.chrom_index(&chrom.name)).collect(),
                    file: DecodedTrack::new(file, Arc::clone(&memory)),
                }
            };
            return Ok(Self {
                signal: signal.into_iter().map(open).collect(),
                binding: binding.into_iter().map(open).collect(),
                genome,
                geometry,
                memory,
                pool,
            });
        };
        Err(Error::Settings(problem))
    }

    /// How many signal and how many binding tracks there are.
    pub fn tracks(&self) -> (usize, usize) {
        (self.signal.len(), self.binding.len())
    }

    /// Decodes and holds what windows come back to, as far as the memory goes: first blocks, then sequences.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`] soon after `is_cancelled` says so, besides the errors of reading.
    pub fn hold(
        &self,
        wanted: &[Wanted],
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Preloaded> {
        let (begin, bytes) = (Instant::now(), self.held_bytes());
        let (mut blocks, mut left_out) = (0, 0);
        self.pool.install(|| {
            let binding = self.binding.iter().map(|track| (track, true));
            let signal = self.signal.iter().map(|track| (track, false));
            for (track, is_binding) in binding.chain(signal) {
                for part in wanted {
                    if let Some(there) = track.chroms[part.chrom as usize] {
                        let spans = if is_binding {
                            &part.binding
                        } else {
                            &part.signal
                        };
                        let (held, left) = track.file.preload(there, spans, is_cancelled)?;
                        blocks += held;
                        left_out += left;
                    }
                }
            }
            // Last, because a block that is not held costs a hundred times as much as a sequence that is not.
            for part in wanted {
                if is_cancelled() {
                    return Err(Error::Cancelled);
                }
                self.genome.hold(part.chrom as usize, &self.memory.budget)?;
            }
            Ok(())
        })?;
        self.memory.shrink();
        Ok(Preloaded {
            blocks,
            left_out,
            bytes: self.held_bytes() - bytes,
            elapsed: begin.elapsed(),
        })
    }

    fn held_bytes(&self) -> u64 {
        let tracks = self.binding.iter().chain(&self.signal);
        tracks.map(|track| track.file.held_bytes()).sum()
    }

    /// Reads the inputs and the targets of windows, or one of the two, overwriting all that the buffers held.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`] for a window that leaves its chromosome, [`Error::Misuse`] for one of a track or a chromosome
    /// that does not exist and for a buffer of another length than the windows take. Else the first read error met; what
    /// the buffers then hold is not defined.
    pub fn read(
        &self,
        windows: &[Window],
        mut inputs: Option<Inputs>,
        mut targets: Option<Targets>,
    ) -> Result<()> {
        let (rows, length) = (windows.len(), self.geometry.window as usize);
        let bins = length / self.geometry.bin as usize;
        self.check_windows(windows, targets.is_some())?;
        let fits = match &inputs {
            Some(Inputs::OneHot(floats)) => floats.len() == rows * length * CHANNELS,
            Some(Inputs::Compact { codes, signal }) => {
                [codes.len(), signal.len()] == [rows * length; 2]
            }
            None => true,
        };
        let out = targets.as_ref().map(|targets| targets.out.len());
        if !fits || out.is_some_and(|out| out != rows * bins) {
            let problem = format!("the buffers are not as long as {rows} windows take");
            return Err(Error::Misuse(problem));
        }
        // The lengths are right, so there is always enough to take off.
        let jobs = windows.iter().map(|window| Job {
            window,
            input: inputs.as_mut().map(|inputs| match inputs {
                Inputs::OneHot(floats) => {
                    let floats = floats.split_off_mut(..length * CHANNELS);
                    Inputs::OneHot(floats.unwrap_or_default())
                }
                Inputs::Compact { codes, signal } => Inputs::Compact {
                    codes: codes.split_off_mut(..length).unwrap_or_default(),
                    signal: signal.split_off_mut(..length).unwrap_or_default(),
                },
            }),
            targets: targets.as_mut().map(|Targets { target, out }| Targets {
                target: *target,
                out: out.split_off_mut(..bins).unwrap_or_default(),
            }),
        });
        self.run(jobs.collect())
    }

    fn check_windows(&self, windows: &[Window], needs_binding: bool) -> Result<()> {
        let tracks = if needs_binding {
            self.binding.len()
        } else {
            self.signal.len()
        };
        let chroms = self.genome.chroms();
        for window in windows {
            let Window { track, chrom, .. } = *window;
            let Some(known) = chroms
                .get(chrom as usize)
                .filter(|_| (track as usize) < tracks)
            else {
                return Err(Error::Misuse(format!(
                    "a window has track {track} of {tracks} and chromosome {chrom} of {}",
                    chroms.len()
                )));
            };
            let end = u64::from(window.start) + u64::from(self.geometry.window);
            known.check_inside((window.start, end), FileKind::TwoBit, self.genome.path())?;
        }
        Ok(())
    }

    fn run(&self, mut jobs: Vec<Job>) -> Result<()> {
        // Neighbours in the genome share blocks: read one after the other, they find them in the processor's cache.
        jobs.sort_unstable_by_key(|Job { window, .. }| (window.track, window.chrom, window.start));
        if self.pool.current_num_threads() == 1 {
            let mut scratch = Scratch::default();
            return jobs
                .into_iter()
                .try_for_each(|job| self.run_one(job, &mut scratch));
        }
        let failed = AtomicBool::new(false);
        self.pool.install(|| {
            let first_error = jobs
                .into_par_iter()
                .with_min_len(PIECE)
                .map_init(Scratch::default, |scratch, job| {
                    if failed.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    self.run_one(job, scratch)
                        .inspect_err(|_| failed.store(true, Ordering::Relaxed))
                })
                .find_first(Result::is_err);
            first_error.unwrap_or(Ok(()))
        })
    }

    fn run_one(&self, job: Job, scratch: &mut Scratch) -> Result<()> {
        let Window {
            track,
            chrom,
            start,
            reverse,
        } = *job.window;
        let (track, chrom) = (track as usize, chrom as usize);
        let (end, strand) = (start + self.geometry.window, Strand::of(reverse));
        let Scratch {
            sequence,
            painted,
            decoder,
        } = scratch;
        if let Some(input) = job.input {
            self.signal[track].paint(chrom, start, end, decoder, painted)?;
            let values = painted.values();
            match input {
                Inputs::OneHot(floats) => {
                    let genome = &self.genome;
                    genome.input(chrom, start, strand, values, floats, sequence)?;
                }
                Inputs::Compact { codes, signal } => {
                    self.genome
                        .codes(chrom, start, end, strand, codes, sequence)?;
                    signal.copy_from_slice(values);
                    if reverse {
                        signal.reverse();
                    }
                }
            }
        }
        if let Some(Targets { target, out }) = job.targets {
            self.binding[track].paint(chrom, start, end, decoder, painted)?;
            targets(painted.values(), self.geometry.bin as usize, target, out);
            if reverse {
                out.reverse();
            }
        }
        Ok(())
    }
}

impl Track {
    /// Fills the window with the track's values: 0 everywhere on a chromosome that it lacks.
    fn paint(
        &self,
        chrom: usize,
        start: u32,
        end: u32,
        decoder: &mut Decoder,
        window: &mut PaintedWindow,
    ) -> Result<()> {
        if let Some(there) = self.chroms[chrom] {
            return self.file.paint(there, start, end, decoder, window);
        }
        window.clear((end - start) as usize);
        Ok(())
    }
}

/// A window, and where its parts go.
struct Job<'a> {
    window: &'a Window,
    input: Option<Inputs<'a>>,
    targets: Option<Targets<'a>>,
}

/// What a thread needs to read windows.
#[derive(Default)]
struct Scratch {
    sequence: Vec<u8>,
    painted: PaintedWindow,
    decoder: Decoder,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{SmallSet, TestResult, dense, same};

    const SIZE: u32 = SmallSet::SIZE;

    fn read(reader: &WindowReader, windows: &[Window]) -> Result<(Vec<f32>, Vec<f32>)> {
        let mut inputs = vec![9.0; windows.len() * 8 * CHANNELS];
        let mut targets = vec![9.0; windows.len() * 2];
        reader.read(
            windows,
            Some(Inputs::OneHot(&mut inputs)),
            Some(binary(&mut targets)),
        )?;
        Ok((inputs, targets))
    }

    fn binary(out: &mut [f32]) -> Targets<'_> {
        let target = Target::Binary;
        Targets { target, out }
    }

    fn window(track: u32, chrom: u32, start: u32, reverse: bool) -> Window {
        Window {
            track,
            chrom,
            start,
            reverse,
        }
    }

    /// Every window of both chromosomes in both tracks and on both strands.
    fn windows() -> Vec<Window> {
        let mut windows = Vec::new();
        for (track, reverse) in [(0, false), (0, true), (1, false), (1, true)] {
            for (chrom, size) in [(0, SIZE), (1, 12)] {
                windows.extend((0..=size - 8).map(|start| window(track, chrom, start, reverse)));
            }
        }
        windows
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
        let (mut signal, binding) = (
            values(SmallSet::SIGNAL[track]),
            values(SmallSet::BINDING[track]),
        );
        let mut letters = SmallSet::LETTERS.as_bytes()[bases.clone()].to_vec();
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
        let set = SmallSet::write()?;
        for memory in [0, 1000, u64::MAX] {
            let reader = set.reader(memory, 1)?;
            for window in windows() {
                let (inputs, targets) = read(&reader, &[window])?;
                if window.chrom == 0 {
                    let (expected, labels) = slow(window);
                    assert!(same(&inputs, &expected), "{window:?} {inputs:?}");
                    assert!(same(&targets, &labels), "{window:?} {targets:?}");
                    continue;
                }
                // A chromosome that the tracks lack: bases, and no signal.
                for row in inputs.chunks(CHANNELS) {
                    assert!(same(&[row[..4].iter().sum(), row[4]], &[1.0, 0.0]));
                }
                assert!(same(&targets, &[0.0; 2]));
            }
        }
        Ok(())
    }

    #[test]
    fn threads_memory_and_what_is_held_change_nothing() -> TestResult {
        let set = SmallSet::write()?;
        let windows = windows();
        let expected = read(&*set.reader(u64::MAX, 1)?, &windows)?;
        let wanted = Wanted {
            chrom: 0,
            signal: vec![(0, 10)],
            binding: vec![(0, SIZE)],
        };
        for (threads, memory) in [(1, 0), (2, 1000), (3, u64::MAX)] {
            let reader = set.reader(memory, threads)?;
            for round in 0..2 {
                let found = read(&reader, &windows)?;
                assert!(same(&found.0, &expected.0) && same(&found.1, &expected.1));
                let held = reader.hold(std::slice::from_ref(&wanted), &|| false)?;
                assert!(round == 0 || held.bytes == 0, "held twice: {held:?}");
                assert_eq!(held.blocks + held.left_out, 6);
            }
        }
        Ok(())
    }

    #[test]
    fn parts_and_compact_inputs_hold_the_same() -> TestResult {
        let set = SmallSet::write()?;
        let windows = windows();
        let bases = windows.len() * 8;
        for threads in [1, 2] {
            let reader = set.reader(u64::MAX, threads)?;
            let (inputs, targets) = read(&reader, &windows)?;
            let (mut codes, mut signal) = (vec![9; bases], vec![9.0; bases]);
            let mut alone = vec![9.0; targets.len()];
            let compact = Inputs::Compact {
                codes: &mut codes,
                signal: &mut signal,
            };
            reader.read(&windows, Some(compact), None)?;
            reader.read(&windows, None, Some(binary(&mut alone)))?;
            assert!(same(&alone, &targets));
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
    fn what_does_not_fit_is_an_error() -> TestResult {
        type Change = fn(&mut Files, &mut Geometry, &mut usize);
        let set = SmallSet::write()?;
        let changes: [(Change, &str); 5] = [
            (
                |_, g, _| g.bin = 3,
                "bins of 3 bp do not divide windows of 8",
            ),
            (|_, g, _| g.window = 0, "bins of 4 bp do not divide windows"),
            (|_, _, threads| *threads = 0, "threads is 0"),
            (|f, _, _| f.signal.clear(), "0 signal and 2 binding tracks"),
            (|f, _, _| f.binding.truncate(1), "2 signal and 1 binding"),
        ];
        for (change, expected) in changes {
            let (mut files, mut geometry, mut threads) = (set.files.clone(), SmallSet::GEOMETRY, 1);
            change(&mut files, &mut geometry, &mut threads);
            let memory = Arc::new(Memory::new(0));
            match WindowReader::new(files, geometry, memory, threads) {
                Err(Error::Settings(reason)) => assert!(reason.starts_with(expected), "{reason}"),
                other => return Err(format!("{expected}: {other:?}").into()),
            }
        }
        let reader = set.reader(0, 1)?;
        for (inputs, targets) in [(39, 2), (40, 1), (41, 2)] {
            let (mut inputs, mut targets) = (vec![0.0; inputs], vec![0.0; targets]);
            let result = reader.read(
                &[window(0, 0, 0, false)],
                Some(Inputs::OneHot(&mut inputs)),
                Some(binary(&mut targets)),
            );
            assert!(matches!(result, Err(Error::Misuse(_))), "{result:?}");
        }
        for far in [window(2, 0, 0, false), window(0, 2, 0, false)] {
            assert!(matches!(read(&reader, &[far]), Err(Error::Misuse(_))));
        }
        for start in [25, u32::MAX] {
            let result = read(&reader, &[window(0, 0, start, false)]);
            assert!(
                matches!(result, Err(Error::OutOfBounds { .. })),
                "{result:?}"
            );
        }
        Ok(())
    }
}
