//! The parts of the loader, one by one, and the coverage of cut sites: `make bench-core`.
//!
//! The loader reads what `maxatac simulate` has written to `core_sparse` and `core_dense` in the folder that `MAXATAC_BENCH_DATA`
//! names, since how long a block takes depends on what is in it. Windows are those of the ATAC-seq peaks.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::{Criterion, Throughput};
use maxatac_core::alignment::{CountHistogram, CutSite, ReadLabel, Scale, SiteStore, Windows};
use maxatac_core::bigwig::BigWigWriter;
use maxatac_core::sampling::{Regions, SampledChrom, Sampler, Settings};
use maxatac_core::track::{DecodedTrack, Decoder, Memory, PaintedWindow};
use maxatac_core::window::{
    CHANNELS, Files, Geometry, Inputs, Target, Targets, Window, WindowReader, targets,
};
use maxatac_core::{BigWig, BlockRef, Runs, Scratch, Strand, TwoBit};

type BenchResult<T = ()> = Result<T, Box<dyn Error>>;

const WINDOW: u32 = 1024;
const BIN: u32 = 32;
const BATCH: usize = 1000;
const SEED: u64 = 1;
const SITES: u64 = 1_000_000;
const SITES_CHROM: u32 = 5_000_000;

/// Floats of the input of one window.
const FLOATS: usize = WINDOW as usize * CHANNELS;

fn main() -> BenchResult {
    let Some(folder) = std::env::var_os("MAXATAC_BENCH_DATA").map(PathBuf::from) else {
        // `cargo test --all-targets` runs this too.
        println!("nothing measured: `make bench-core` simulates the data and says where it is");
        return Ok(());
    };
    let mut criterion = Criterion::default().configure_from_args();
    cut_sites(&mut criterion)?;
    one_hot(&mut criterion, &Data::open(&folder.join("core_sparse"))?)?;
    bins(&mut criterion);
    for kind in ["sparse", "dense"] {
        let data = Data::open(&folder.join(format!("core_{kind}")))?;
        decode(&mut criterion, kind, &data)?;
        paint(&mut criterion, kind, &data)?;
        batches(&mut criterion, kind, &data)?;
    }
    criterion.final_summary();
    Ok(())
}

/// The files of one cell type, and the windows of its peaks.
struct Data {
    genome: Arc<TwoBit>,
    signal: Arc<BigWig>,
    binding: Arc<BigWig>,
    /// Index of the chromosome in the genome, and first base.
    windows: Vec<(u32, u32)>,
}

impl Data {
    fn open(folder: &Path) -> BenchResult<Self> {
        let genome = TwoBit::open(folder.join("genome.2bit"))?;
        let peaks = fs::read_to_string(folder.join("CellA_atac_peaks.narrowPeak"))?;
        let mut windows = Vec::new();
        for line in peaks.lines() {
            let mut fields = line.split('\t');
            let (Some(chrom), Some(start), Some(end)) =
                (fields.next(), fields.next(), fields.next())
            else {
                return Err(format!("{}: not a peak: {line}", folder.display()).into());
            };
            let chrom = genome.require_chrom(chrom)?;
            let middle = u32::midpoint(start.parse()?, end.parse()?);
            let last = genome.chroms()[chrom].size - WINDOW;
            windows.push((chrom as u32, middle.saturating_sub(WINDOW / 2).min(last)));
        }
        Ok(Self {
            genome: Arc::new(genome),
            signal: Arc::new(BigWig::open(folder.join("CellA_atac.bw"))?),
            binding: Arc::new(BigWig::open(folder.join("SIMTF_CellA_binding.bw"))?),
            windows,
        })
    }

    /// The windows, over and over; their neighbours in the list are far apart in the genome.
    fn endless(&self) -> impl Iterator<Item = (u32, u32)> {
        let step = self.windows.len() / 2 + 1;
        let count = self.windows.len();
        (0..).map(move |turn: usize| self.windows[turn * step % count])
    }

    fn regions(&self) -> Regions {
        Regions {
            chrom: self.windows.iter().map(|&(chrom, _)| chrom).collect(),
            start: self.windows.iter().map(|&(_, start)| start).collect(),
            track: vec![Some(0); self.windows.len()],
        }
    }
}

/// Packed bases and a signal to the rows of a window.
fn one_hot(criterion: &mut Criterion, data: &Data) -> BenchResult {
    let mut group = criterion.benchmark_group("one-hot and signal");
    group.throughput(Throughput::Elements(1));
    let signal: Vec<f32> = (0..WINDOW).map(|base| base as f32).collect();
    let (mut out, mut scratch) = (vec![0.0; FLOATS], Vec::new());
    for (name, strand) in [("forward", Strand::Forward), ("reverse", Strand::Reverse)] {
        let mut windows = data.endless();
        let mut read = || -> BenchResult {
            let (chrom, start) = windows.next().ok_or("no peaks")?;
            let chrom = chrom as usize;
            data.genome
                .input(chrom, start, strand, &signal, &mut out, &mut scratch)?;
            Ok(())
        };
        // What fails once fails before anything is measured.
        read()?;
        group.bench_function(name, |bencher| bencher.iter(&mut read));
    }
    group.finish();
    Ok(())
}

/// The bases of a window to its targets.
fn bins(criterion: &mut Criterion) {
    let values: Vec<f32> = (0..WINDOW)
        .map(|base| f32::from(u8::from(base / 150 % 3 == 1)))
        .collect();
    let mut out = vec![0.0; (WINDOW / BIN) as usize];
    let mut group = criterion.benchmark_group("targets");
    group.throughput(Throughput::Elements(1));
    group.bench_function("binary", |bencher| {
        bencher.iter(|| {
            targets(
                black_box(&values),
                BIN as usize,
                Target::Binary,
                black_box(&mut out),
            );
        });
    });
    group.finish();
}

/// Cut sites everywhere on a chromosome, as dense as those of 20 million reads on 100 Mb.
fn cut_sites(criterion: &mut Criterion) -> BenchResult {
    let folder = std::env::temp_dir();
    let gather = || -> BenchResult<SiteStore> {
        let mut store = SiteStore::new(&[SITES_CHROM], 1, &folder, 1 << 30, false)?;
        for number in 0..SITES {
            let place = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
            let site = CutSite {
                group: 0,
                chrom: 0,
                position: (place % u64::from(SITES_CHROM)) as i64,
                is_reverse: number % 2 == 1,
            };
            store.push(site, ReadLabel::default())?;
        }
        Ok(store)
    };
    let windows = Windows {
        slop: 20,
        without: &[],
    };
    let sites = gather()?.finish(1)?;
    let count = || -> BenchResult<CountHistogram> {
        let mut counts = CountHistogram::default();
        let add = |start, end, count| {
            counts.add(count, u64::from(end - start));
            Ok(())
        };
        sites.coverage(0, 0, windows, add, &|| false)?;
        Ok(counts)
    };
    let path = folder.join(format!("maxatac-bench-{}.bw", std::process::id()));
    let write = || -> BenchResult {
        let mut track = BigWigWriter::create(&path, [("chr1", SITES_CHROM.into())], 10)?;
        let scale = Scale {
            factor: 0.1,
            clip: None,
        };
        sites.write_track(&mut track, "chr1", (0, 0), windows, scale, &|| false)?;
        Ok(track.finish()?)
    };
    let mut group = criterion.benchmark_group("cut sites");
    group
        .throughput(Throughput::Elements(SITES))
        .sample_size(10);
    group.bench_function("gather", |bencher| bencher.iter(gather));
    group.bench_function("count", |bencher| bencher.iter(count));
    group.bench_function("track", |bencher| bencher.iter(write));
    group.finish();
    fs::remove_file(path)?;
    Ok(())
}

/// A block of a track from the file to runs.
fn decode(criterion: &mut Criterion, kind: &str, data: &Data) -> BenchResult {
    let mut group = criterion.benchmark_group("decode a block");
    for (name, track) in [("signal", &data.signal), ("binding", &data.binding)] {
        let blocks: Vec<BlockRef> = track.blocks(0)?.to_vec();
        let bases: u64 = blocks
            .iter()
            .map(|block| u64::from(block.end - block.start))
            .sum();
        group.throughput(Throughput::Elements(bases / blocks.len() as u64));
        let mut endless = blocks.iter().cycle();
        let (mut scratch, mut runs) = (Scratch::default(), Runs::default());
        let mut read = || -> BenchResult {
            runs.clear();
            let block = endless.next().ok_or("no blocks")?;
            track.decode_into(0, block, &mut scratch, &mut runs)?;
            Ok(())
        };
        read()?;
        group.bench_function(format!("{kind} {name}, bases"), |bencher| {
            bencher.iter(&mut read);
        });
    }
    group.finish();
    Ok(())
}

/// The signal of a window from decoded blocks.
fn paint(criterion: &mut Criterion, kind: &str, data: &Data) -> BenchResult {
    let track = DecodedTrack::new(Arc::clone(&data.signal), Arc::new(Memory::new(u64::MAX)));
    // A chromosome has a number in the genome and another one in the track.
    let mut there = Vec::new();
    for chrom in data.genome.chroms() {
        let index = data.signal.require_chrom(&chrom.name)?;
        track.preload(index, &[(0, chrom.size)], &|| false)?;
        there.push(index);
    }
    let mut group = criterion.benchmark_group("paint a window");
    group.throughput(Throughput::Elements(1));
    let (mut decoder, mut window) = (Decoder::default(), PaintedWindow::default());
    let mut windows = data.endless();
    let mut read = || -> BenchResult {
        let (chrom, start) = windows.next().ok_or("no peaks")?;
        let chrom = there[chrom as usize];
        track.paint(chrom, start, start + WINDOW, &mut decoder, &mut window)?;
        Ok(())
    };
    read()?;
    group.bench_function(kind, |bencher| bencher.iter(&mut read));
    group.finish();
    Ok(())
}

/// Which windows a batch holds, and the whole batch, on one thread into memory that is used again.
fn batches(criterion: &mut Criterion, kind: &str, data: &Data) -> BenchResult {
    let chroms = data.genome.chroms().iter().map(|chrom| SampledChrom {
        name: chrom.name.clone(),
        blacklist: Vec::new(),
    });
    let settings = Settings {
        batch_size: BATCH,
        random_ratio: 0.0,
        shuffle_tracks: true,
        reverse_complement: true,
        jitter: 480,
        target: Target::Binary,
        seed: SEED,
    };
    let files = Files {
        genome: Arc::clone(&data.genome),
        signal: vec![Arc::clone(&data.signal)],
        binding: vec![Arc::clone(&data.binding)],
    };
    let geometry = Geometry {
        window: WINDOW,
        bin: BIN,
    };
    let memory = Arc::new(Memory::new(u64::MAX));
    let reader = Arc::new(WindowReader::new(files, geometry, memory, 1)?);
    let sampler = Sampler::new(reader, chroms.collect(), data.regions(), settings, &|| {
        false
    })?;
    let mut group = criterion.benchmark_group("batch");
    group.throughput(Throughput::Elements(BATCH as u64));
    let mut index = 0;
    group.bench_function(format!("{kind}, plan"), |bencher| {
        bencher.iter(|| {
            index += 1;
            sampler.plan(0, 0, index, 0..BATCH)
        });
    });
    let mut inputs = vec![0.0; BATCH * FLOATS];
    let mut outputs = vec![0.0; BATCH * (WINDOW / BIN) as usize];
    let plan = |index| -> Vec<Window> {
        let examples = sampler.plan(0, 0, index, 0..BATCH).into_iter();
        examples.map(|example| example.window).collect()
    };
    let plans: Vec<_> = (0..16).map(plan).collect();
    let mut endless = plans.iter().cycle();
    let mut read = || -> BenchResult {
        let plan = endless.next().ok_or("no plans")?;
        let targets = Targets {
            target: Target::Binary,
            out: &mut outputs,
        };
        let inputs = Inputs::OneHot(&mut inputs);
        sampler.reader.read(plan, Some(inputs), Some(targets))?;
        Ok(())
    };
    read()?;
    group.bench_function(format!("{kind}, read"), |bencher| bencher.iter(&mut read));
    group.finish();
    Ok(())
}
