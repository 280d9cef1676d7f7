//! Writers of small 2bit and bigWig files, and a small set of them, for tests.
//!
//! The writers know nothing of the readers, and write what other programs rarely do: either byte order, old versions, trees of
//! many levels, several sections in a block, a hole in front of the data.

use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use libdeflater::{CompressionLvl, Compressor};

use crate::sampling::{Regions, SampledChrom, Sampler, Settings};
use crate::track::Memory;
use crate::window::{Files, Geometry, Target, WindowReader};
use crate::{BigWig, Strand, TwoBit};

/// What tests return, so that they can use `?`.
pub type TestResult<T = ()> = Result<T, Box<dyn Error>>;

/// A file in the folder for temporary files that is removed when dropped.
pub struct TempFile(PathBuf);

impl TempFile {
    /// Writes a file; its name is made unique.
    pub fn new(name: &str, bytes: &[u8]) -> io::Result<Self> {
        Self::with_hole(name, bytes, 0, &[])
    }

    /// Writes a file that has `hole` bytes, which take no space on most file systems, between two parts.
    pub fn with_hole(name: &str, head: &[u8], hole: u64, tail: &[u8]) -> io::Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let unique = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("maxatac-core-{}-{unique}-{name}", process::id());
        let temp = Self(env::temp_dir().join(name));
        let file = File::create(temp.path())?;
        let tail_offset = head.len() as u64 + hole;
        file.set_len(tail_offset + tail.len() as u64)?;
        file.write_all_at(head, 0)?;
        file.write_all_at(tail, tail_offset)?;
        Ok(temp)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        // A file that cannot be removed must not hide why the test failed.
        let _ = fs::remove_file(&self.0);
    }
}

/// The bases of a region as upper-case letters, N included.
pub fn letters_at(genome: &TwoBit, chrom: usize, start: u32, end: u32) -> crate::Result<String> {
    let mut codes = vec![0; (end - start) as usize];
    let strand = Strand::Forward;
    genome.codes(chrom, start, end, strand, &mut codes, &mut Vec::new())?;
    let letter = |code| char::from(b"ACGTN"[usize::from(code)]);
    Ok(codes.into_iter().map(letter).collect())
}

/// The byte order to write in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

/// Both byte orders.
pub const ENDIANS: [Endian; 2] = [Endian::Little, Endian::Big];

/// Bytes with numbers of one byte order appended.
struct Writer {
    bytes: Vec<u8>,
    endian: Endian,
}

impl Writer {
    fn new(endian: Endian) -> Self {
        Self {
            bytes: Vec::new(),
            endian,
        }
    }

    fn put<const N: usize>(&mut self, little: [u8; N], big: [u8; N]) -> &mut Self {
        self.bytes.extend(match self.endian {
            Endian::Little => little,
            Endian::Big => big,
        });
        self
    }

    fn u16(&mut self, value: u16) -> &mut Self {
        self.put(value.to_le_bytes(), value.to_be_bytes())
    }

    fn u32(&mut self, value: u32) -> &mut Self {
        self.put(value.to_le_bytes(), value.to_be_bytes())
    }

    fn u64(&mut self, value: u64) -> &mut Self {
        self.put(value.to_le_bytes(), value.to_be_bytes())
    }

    fn f32(&mut self, value: f32) -> &mut Self {
        self.u32(value.to_bits())
    }

    fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend(bytes);
        self
    }

    /// Zeros up to a length.
    fn pad(&mut self, length: usize) -> &mut Self {
        self.bytes.resize(length, 0);
        self
    }
}

/// A 2bit file to write.
pub struct TwoBitFile<'a> {
    /// Names, and letters out of `ACGTNacgtn`.
    pub sequences: &'a [(&'a str, &'a str)],
    /// 0, or 1 for 64-bit offsets.
    pub version: u32,
    /// Byte order.
    pub endian: Endian,
    /// Unused bytes between the index and the records.
    pub hole: u64,
}

impl TwoBitFile<'_> {
    /// Writes the file.
    pub fn write(&self) -> io::Result<TempFile> {
        let (head, tail) = self.parts();
        TempFile::with_hole("genome.2bit", &head, self.hole, &tail)
    }

    /// The file's bytes; for a file without a hole.
    ///
    /// # Panics
    ///
    /// If there is a hole.
    pub fn bytes(&self) -> Vec<u8> {
        assert_eq!(self.hole, 0);
        let (head, tail) = self.parts();
        [head, tail].concat()
    }

    fn parts(&self) -> (Vec<u8>, Vec<u8>) {
        let offset_size = if self.version == 0 { 4 } else { 8 };
        let index_size: usize = self
            .sequences
            .iter()
            .map(|(name, _)| 1 + name.len() + offset_size)
            .sum();

        let mut head = Writer::new(self.endian);
        head.u32(0x1A41_2743).u32(self.version);
        head.u32(self.sequences.len() as u32).u32(0);
        let mut records = Writer::new(self.endian);
        for (name, letters) in self.sequences {
            let offset = (16 + index_size + records.bytes.len()) as u64 + self.hole;
            head.raw(&[name.len() as u8]).raw(name.as_bytes());
            if self.version == 0 {
                head.u32(offset as u32);
            } else {
                head.u64(offset);
            }

            records.u32(letters.len() as u32);
            for runs in [
                letter_runs(letters, |letter| matches!(letter, b'N' | b'n')),
                letter_runs(letters, |letter| letter.is_ascii_lowercase()),
            ] {
                records.u32(runs.len() as u32);
                for (start, _) in &runs {
                    records.u32(*start);
                }
                for (start, end) in &runs {
                    records.u32(end - start);
                }
            }
            records.u32(0);
            for four in letters.as_bytes().chunks(4) {
                let byte = four.iter().enumerate().fold(0, |byte, (place, letter)| {
                    let code = match letter.to_ascii_uppercase() {
                        b'C' => 1,
                        b'A' => 2,
                        b'G' => 3,
                        _ => 0,
                    };
                    byte | code << (6 - 2 * place)
                });
                records.raw(&[byte]);
            }
        }
        (head.bytes, records.bytes)
    }
}

/// The half-open runs of letters for which something holds.
pub fn letter_runs(letters: &str, holds: impl Fn(u8) -> bool) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for (place, letter) in (0..).zip(letters.bytes()) {
        match runs.last_mut() {
            _ if !holds(letter) => {}
            Some(run) if run.1 == place => run.1 += 1,
            _ => runs.push((place, place + 1)),
        }
    }
    runs
}

/// The intervals of a section, as one of the three kinds.
#[derive(Clone, Debug)]
pub enum Items {
    /// Start, end, value.
    BedGraph(Vec<(u32, u32, f32)>),
    /// Start and value, all of one length.
    VariableStep(u32, Vec<(u32, f32)>),
    /// First start, distance, length; values.
    FixedStep(u32, u32, u32, Vec<f32>),
}

impl Items {
    /// Start, end and value of each; the end must not pass the largest 32-bit number.
    pub fn intervals(&self) -> Vec<(u32, u32, f32)> {
        match self {
            Self::BedGraph(items) => items.clone(),
            Self::VariableStep(span, items) => items
                .iter()
                .map(|(start, value)| (*start, start + span, *value))
                .collect(),
            Self::FixedStep(start, step, span, values) => (0..)
                .zip(values)
                .map(|(place, value)| {
                    let start = start + place * step;
                    (start, start + span, *value)
                })
                .collect(),
        }
    }
}

/// Intervals of one chromosome, by its number.
pub type Section = (u32, Items);

/// A bigWig file to write.
pub struct BigWigFile<'a> {
    /// Name, number and length of each chromosome.
    pub chroms: &'a [(&'a str, u32, u32)],
    /// The sections of each block.
    pub blocks: &'a [Vec<Section>],
    /// 1 to 4.
    pub version: u16,
    /// Byte order.
    pub endian: Endian,
    /// Whether blocks are compressed.
    pub compressed: bool,
    /// Children per node of both trees.
    pub children: usize,
    /// Unused bytes between the chromosomes and the blocks.
    pub hole: u64,
}

/// Where the parts of a file have ended up.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// The chromosome tree.
    pub chrom_tree: usize,
    /// The first block.
    pub blocks: usize,
    /// The index.
    pub index: usize,
    /// The end of the index: the first zoom level, or the magic number at the end.
    pub zooms: usize,
}

/// First chromosome and start on it, last chromosome and end on it.
type Span = [u32; 4];

impl BigWigFile<'_> {
    /// Writes the file, without zoom levels.
    pub fn write(&self) -> TestResult<TempFile> {
        let (head, tail, _) = self.parts(0)?;
        Ok(TempFile::with_hole("track.bw", &head, self.hole, &tail)?)
    }

    /// The file's bytes, and where its parts are; for a file without a hole, and without zoom levels.
    ///
    /// # Panics
    ///
    /// If there is a hole.
    pub fn bytes(&self) -> TestResult<(Vec<u8>, Places)> {
        self.bytes_with_zooms(0)
    }

    /// The file's bytes with zoom levels, each of one summary per block, and where its parts are.
    ///
    /// # Panics
    ///
    /// If there is a hole.
    pub fn bytes_with_zooms(&self, levels: u16) -> TestResult<(Vec<u8>, Places)> {
        assert_eq!(self.hole, 0);
        let (head, tail, places) = self.parts(levels)?;
        Ok(([head, tail].concat(), places))
    }

    fn parts(&self, zoom_levels: u16) -> TestResult<(Vec<u8>, Vec<u8>, Places)> {
        let mut head = Writer::new(self.endian);
        let zoom_headers_end = 64 + 24 * usize::from(zoom_levels);
        head.pad(zoom_headers_end);
        let chrom_tree = head.bytes.len();
        self.put_chrom_tree(&mut head);

        let tail_offset = head.bytes.len() as u64 + self.hole;
        let mut tail = Writer::new(self.endian);
        tail.u32(self.blocks.len() as u32);
        let mut leaves = Vec::new();
        let mut largest = 0;
        for sections in self.blocks {
            let mut block = Writer::new(self.endian);
            for section in sections {
                put_section(&mut block, section);
            }
            largest = largest.max(block.bytes.len());
            let span = block_span(sections);
            leaves.push(self.put_block(&mut tail, tail_offset, span, block.bytes)?);
        }
        let index_offset = tail_offset + tail.bytes.len() as u64;
        self.put_index(&mut tail, tail_offset, &leaves);
        let zooms = tail_offset as usize + tail.bytes.len();

        let mut zoom_headers = Writer::new(self.endian);
        for level in 0..zoom_levels {
            let data_offset = tail_offset + tail.bytes.len() as u64;
            let leaves = self.put_summaries(&mut tail, tail_offset)?;
            let index_offset = tail_offset + tail.bytes.len() as u64;
            self.put_index(&mut tail, tail_offset, &leaves);
            zoom_headers.u32(10 << (2 * level)).u32(0);
            zoom_headers.u64(data_offset).u64(index_offset);
        }
        tail.u32(0x888F_FC26);

        let mut header = Writer::new(self.endian);
        header.u32(0x888F_FC26).u16(self.version).u16(zoom_levels);
        header
            .u64(chrom_tree as u64)
            .u64(tail_offset)
            .u64(index_offset);
        header.u16(0).u16(0).u64(0).u64(0);
        header.u32(if self.compressed { largest as u32 } else { 0 });
        header.u64(0);
        header.raw(&zoom_headers.bytes);
        head.bytes[..zoom_headers_end].copy_from_slice(&header.bytes);

        let places = Places {
            chrom_tree,
            blocks: tail_offset as usize + 4,
            index: index_offset as usize,
            zooms,
        };
        Ok((head.bytes, tail.bytes, places))
    }

    /// Appends a block; returns its entry in an index.
    fn put_block(
        &self,
        tail: &mut Writer,
        tail_offset: u64,
        span: Span,
        bytes: Vec<u8>,
    ) -> TestResult<(Span, Vec<u8>)> {
        let stored = if self.compressed {
            compress(&bytes)?
        } else {
            bytes
        };
        let mut target = Writer::new(self.endian);
        target.u64(tail_offset + tail.bytes.len() as u64);
        target.u64(stored.len() as u64);
        tail.raw(&stored);
        Ok((span, target.bytes))
    }

    /// Appends the data of a zoom level: chromosome, start, end, bases; smallest, largest, sum, sum of squares.
    fn put_summaries(
        &self,
        tail: &mut Writer,
        tail_offset: u64,
    ) -> TestResult<Vec<(Span, Vec<u8>)>> {
        tail.u32(self.blocks.len() as u32);
        let mut leaves = Vec::new();
        for sections in self.blocks {
            let span = block_span(sections);
            let [chrom, start, _, end] = span;
            let mut summary = Writer::new(self.endian);
            summary.u32(chrom).u32(start).u32(end).u32(1);
            summary.f32(0.0).f32(1.0).f32(1.0).f32(1.0);
            leaves.push(self.put_block(tail, tail_offset, span, summary.bytes)?);
        }
        Ok(leaves)
    }

    fn put_chrom_tree(&self, head: &mut Writer) {
        let mut chroms = self.chroms.to_vec();
        chroms.sort_unstable();
        let name_size = chroms.iter().map(|(name, ..)| name.len()).max();
        let name_size = name_size.unwrap_or(1);

        head.u32(0x78CA_8C91).u32(self.children as u32);
        head.u32(name_size as u32).u32(8);
        head.u64(chroms.len() as u64).u64(0);
        let mut leaves = Vec::new();
        for (name, id, size) in chroms {
            let mut name = name.as_bytes().to_vec();
            name.resize(name_size, 0);
            let mut value = Writer::new(self.endian);
            value.u32(id).u32(size);
            leaves.push((name, value.bytes));
        }
        let base = head.bytes.len() as u64;
        let key = |name: &Vec<u8>| name.clone();
        let first = |names: &[Vec<u8>]| names[0].clone();
        put_tree(head, base, self.children, &leaves, key, first);
    }

    fn put_index(&self, tail: &mut Writer, tail_offset: u64, leaves: &[(Span, Vec<u8>)]) {
        let whole = leaves.iter().map(|leaf| leaf.0).reduce(join);
        let whole = whole.unwrap_or_default();
        let end = tail_offset + tail.bytes.len() as u64;
        tail.u32(0x2468_ACE0).u32(self.children as u32);
        tail.u64(leaves.len() as u64);
        for number in whole {
            tail.u32(number);
        }
        tail.u64(end).u32(1).u32(0);
        let base = tail_offset + tail.bytes.len() as u64;
        let endian = self.endian;
        let key = |span: &Span| {
            let mut key = Writer::new(endian);
            for number in span {
                key.u32(*number);
            }
            key.bytes
        };
        let all = |spans: &[Span]| spans.iter().copied().reduce(join).unwrap_or_default();
        put_tree(tail, base, self.children, leaves, key, all);
    }
}

fn join(one: Span, other: Span) -> Span {
    let first = [one[0], one[1]].min([other[0], other[1]]);
    let last = [one[2], one[3]].max([other[2], other[3]]);
    [first[0], first[1], last[0], last[1]]
}

fn block_span(sections: &[Section]) -> Span {
    let spans = sections.iter().flat_map(|(chrom, items)| {
        let intervals = items.intervals().into_iter();
        intervals.map(|(start, end, _)| [*chrom, start, *chrom, end])
    });
    spans.reduce(join).unwrap_or_default()
}

fn put_section(block: &mut Writer, (chrom, items): &Section) {
    let intervals = items.intervals();
    let start = intervals.first().map_or(0, |interval| interval.0);
    let end = intervals.last().map_or(0, |interval| interval.1);
    let (step, span, kind) = match items {
        Items::BedGraph(_) => (0, 0, 1),
        Items::VariableStep(span, _) => (0, *span, 2),
        Items::FixedStep(_, step, span, _) => (*step, *span, 3),
    };
    block.u32(*chrom).u32(start).u32(end).u32(step).u32(span);
    block.raw(&[kind, 0]).u16(intervals.len() as u16);
    for (start, end, value) in intervals {
        match items {
            Items::BedGraph(_) => block.u32(start).u32(end).f32(value),
            Items::VariableStep(..) => block.u32(start).f32(value),
            Items::FixedStep(..) => block.f32(value),
        };
    }
}

/// A zlib stream of the bytes.
pub fn compress(bytes: &[u8]) -> TestResult<Vec<u8>> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut stored = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor.zlib_compress(bytes, &mut stored)?;
    stored.truncate(length);
    Ok(stored)
}

/// Appends a tree, root first, to bytes that will start at `base` less what they are now.
///
/// Both trees of a bigWig are built alike: leaf entries are a key and some bytes, inner ones a key that stands for all
/// keys below and an offset.
fn put_tree<K: Clone>(
    out: &mut Writer,
    base: u64,
    children: usize,
    leaves: &[(K, Vec<u8>)],
    encode: impl Fn(&K) -> Vec<u8>,
    merge: impl Fn(&[K]) -> K,
) {
    // From the leaves up: the keys of each level's entries.
    let mut levels: Vec<Vec<K>> = vec![leaves.iter().map(|leaf| leaf.0.clone()).collect()];
    while let Some(below) = levels.last().filter(|level| level.len() > children) {
        let above = below.chunks(children).map(&merge).collect();
        levels.push(above);
    }

    let key_size = leaves.first().map_or(0, |leaf| encode(&leaf.0).len());
    let leaf_size = key_size + leaves.first().map_or(0, |leaf| leaf.1.len());
    let node_size = |level: usize| 4 + children * if level == 0 { leaf_size } else { key_size + 8 };
    let nodes = |level: usize| levels[level].len().div_ceil(children).max(1);

    let mut next_level = base;
    for (level, keys) in levels.iter().enumerate().rev() {
        next_level += (nodes(level) * node_size(level)) as u64;
        let mut chunks: Vec<&[K]> = keys.chunks(children).collect();
        if chunks.is_empty() {
            chunks.push(&[]);
        }
        for (node, chunk) in chunks.into_iter().enumerate() {
            let end = out.bytes.len() + node_size(level);
            out.raw(&[u8::from(level == 0), 0]).u16(chunk.len() as u16);
            for (place, key) in chunk.iter().enumerate() {
                let entry = node * children + place;
                out.raw(&encode(key));
                if level == 0 {
                    out.raw(&leaves[entry].1);
                } else {
                    out.u64(next_level + (entry * node_size(level - 1)) as u64);
                }
            }
            out.pad(end);
        }
    }
}

/// The value of every base, NaN where there is none; later intervals overwrite earlier ones.
pub fn dense(intervals: &[(u32, u32, f32)], size: u32) -> Vec<f32> {
    let mut values = vec![f32::NAN; size as usize];
    for (start, end, value) in intervals {
        for base in *start..(*end).min(size) {
            values[base as usize] = *value;
        }
    }
    values
}

/// Whether two lists of values are the same, NaN equal to NaN.
pub fn same(one: &[f32], other: &[f32]) -> bool {
    let bits = |values: &[f32]| {
        values
            .iter()
            .map(|value| value.to_bits())
            .collect::<Vec<_>>()
    };
    bits(one) == bits(other)
}

/// Start, end and value.
pub type Item = (u32, u32, f32);

/// A small genome with the tracks of two cell types, and what a sampler of them needs: windows of 8 bp, bins of 4.
pub struct SmallSet {
    /// What windows are read from.
    pub files: Files,
    /// Removed when dropped.
    temps: Vec<TempFile>,
}

impl SmallSet {
    /// The bases of `chr1`; the genome has `chr2` too.
    pub const LETTERS: &str = "NNACGTTGCANACGGTTANNNNNNNNNNCATG";
    /// How many there are.
    pub const SIZE: u32 = Self::LETTERS.len() as u32;
    /// The signal, on `chr1` only.
    pub const SIGNAL: [&[Item]; 2] = [
        &[(2, 9, 0.5), (12, 20, f32::NAN), (25, 32, 0.25)],
        &[(0, 32, 1.0)],
    ];
    /// The binding, on `chr1` only.
    pub const BINDING: [&[Item]; 2] = [
        &[(4, 6, 1.0), (9, 13, 1.0)],
        &[(13, 16, 0.75), (16, 17, f32::NAN)],
    ];
    /// The windows.
    pub const GEOMETRY: Geometry = Geometry { window: 8, bin: 4 };

    /// Writes and opens the files.
    pub fn write() -> TestResult<Self> {
        let genome = TwoBitFile {
            sequences: &[("chr1", Self::LETTERS), ("chr2", "CATGATTACAGG")],
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
                chroms: &[("chr1", 0, Self::SIZE)],
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
        let mut all = |tracks: [&[Item]; 2]| -> TestResult<Vec<_>> {
            tracks.into_iter().map(&mut open).collect()
        };
        let files = Files {
            genome,
            signal: all(Self::SIGNAL)?,
            binding: all(Self::BINDING)?,
        };
        Ok(Self { files, temps })
    }

    /// A reader within so many bytes.
    pub fn reader(&self, memory: u64, threads: usize) -> crate::Result<Arc<WindowReader>> {
        let (files, memory) = (self.files.clone(), Arc::new(Memory::new(memory)));
        WindowReader::new(files, Self::GEOMETRY, memory, threads).map(Arc::new)
    }

    /// Settings of a sampler.
    pub fn settings() -> Settings {
        Settings {
            batch_size: 6,
            random_ratio: 0.5,
            shuffle_tracks: true,
            reverse_complement: true,
            jitter: 3,
            target: Target::Binary,
            seed: 5,
        }
    }

    /// A pool of regions.
    pub fn regions() -> Regions {
        Regions {
            chrom: vec![0, 0, 1, 0],
            start: vec![0, 24, 3, 11],
            track: vec![Some(0), Some(1), None, Some(1)],
        }
    }

    /// A sampler with these settings and regions.
    pub fn sampler(
        reader: Arc<WindowReader>,
        regions: Regions,
        settings: Settings,
    ) -> crate::Result<Sampler> {
        let chroms = [("chr1", vec![(18, 19)]), ("chr2", vec![])];
        let chroms = chroms.map(|(name, blacklist)| SampledChrom {
            name: name.to_owned(),
            blacklist,
        });
        Sampler::new(reader, chroms.into(), regions, settings, &|| false)
    }

    /// Batches of 100, read by two threads within so many bytes.
    pub fn wide_sampler(&self, memory: u64) -> crate::Result<Arc<Sampler>> {
        let settings = Settings {
            batch_size: 100,
            ..Self::settings()
        };
        Self::sampler(self.reader(memory, 2)?, Self::regions(), settings).map(Arc::new)
    }

    /// Cuts all files off behind their headers.
    pub fn cut(&self) -> io::Result<()> {
        for temp in &self.temps {
            File::options().write(true).open(temp.path())?.set_len(80)?;
        }
        Ok(())
    }
}

/// A BGZF block that holds these bytes, at most 64 KiB less some that cannot be made smaller.
pub fn bgzf_block(bytes: &[u8]) -> TestResult<Vec<u8>> {
    let mut block = crate::io::gzip::END_BLOCK[..16].to_vec();
    let deflated = deflate(bytes)?;
    let size = u16::try_from(18 + deflated.len() + 8 - 1)?;
    block.extend(size.to_le_bytes());
    block.extend(deflated);
    block.extend(libdeflater::crc32(bytes).to_le_bytes());
    block.extend(u32::try_from(bytes.len())?.to_le_bytes());
    Ok(block)
}

/// A BGZF file of blocks that hold `block` bytes each, with the block that ends it.
pub fn bgzf(bytes: &[u8], block: usize) -> TestResult<Vec<u8>> {
    let mut file = Vec::new();
    for bytes in bytes.chunks(block) {
        file.extend(bgzf_block(bytes)?);
    }
    file.extend(crate::io::gzip::END_BLOCK);
    Ok(file)
}

/// A gzip member as `gzip` writes it, with the name of a file.
pub fn gzip(bytes: &[u8]) -> TestResult<Vec<u8>> {
    let mut member = b"\x1f\x8b\x08\x08\0\0\0\0\0\x03a name\0".to_vec();
    member.extend(deflate(bytes)?);
    member.extend(libdeflater::crc32(bytes).to_le_bytes());
    member.extend(u32::try_from(bytes.len())?.to_le_bytes());
    Ok(member)
}

fn deflate(bytes: &[u8]) -> TestResult<Vec<u8>> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut deflated = vec![0; compressor.deflate_compress_bound(bytes.len())];
    let length = compressor.deflate_compress(bytes, &mut deflated)?;
    deflated.truncate(length);
    Ok(deflated)
}

/// A read of a BAM file.
#[derive(Clone, Copy, Debug)]
pub struct BamRead<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its flags.
    pub flags: u16,
    /// Number of the sequence, and the leftmost base.
    pub place: (i32, i32),
    /// Number of the mate's sequence, and its leftmost base.
    pub mate: (i32, i32),
    /// Lengths and letters of the operations.
    pub cigar: &'a [(u32, u8)],
    /// One for each base.
    pub qualities: &'a [u8],
    /// As they stand in the file.
    pub tags: &'a [u8],
}

/// A BAM file, inflated.
pub fn bam(text: &[u8], sequences: &[(&str, u32)], reads: &[BamRead<'_>]) -> TestResult<Vec<u8>> {
    let mut file = b"BAM\x01".to_vec();
    file.extend(u32::try_from(text.len())?.to_le_bytes());
    file.extend(text);
    file.extend(u32::try_from(sequences.len())?.to_le_bytes());
    for (name, length) in sequences {
        file.extend(u32::try_from(name.len() + 1)?.to_le_bytes());
        file.extend(name.as_bytes());
        file.push(0);
        file.extend(length.to_le_bytes());
    }
    for read in reads {
        let mut record = Vec::new();
        record.extend(read.place.0.to_le_bytes());
        record.extend(read.place.1.to_le_bytes());
        record.extend([u8::try_from(read.name.len() + 1)?, 60, 0, 0]);
        record.extend(u16::try_from(read.cigar.len())?.to_le_bytes());
        record.extend(read.flags.to_le_bytes());
        record.extend(u32::try_from(read.qualities.len())?.to_le_bytes());
        record.extend(read.mate.0.to_le_bytes());
        record.extend(read.mate.1.to_le_bytes());
        record.extend(0_i32.to_le_bytes());
        record.extend(read.name.as_bytes());
        record.push(0);
        for (size, letter) in read.cigar {
            let code = b"MIDNSHP=X".iter().position(|known| known == letter);
            let code = u32::try_from(code.ok_or("no such operation")?)?;
            record.extend((size << 4 | code).to_le_bytes());
        }
        record.extend(vec![0x11; read.qualities.len().div_ceil(2)]);
        record.extend(read.qualities);
        record.extend(read.tags);
        file.extend(u32::try_from(record.len())?.to_le_bytes());
        file.extend(record);
    }
    Ok(file)
}
