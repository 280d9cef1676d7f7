//! 2bit files: the sequences of a genome, four bases to the byte.
//!
//! On disk, all integers in the byte order that the magic number `0x1A412743` is written in:
//!
//! | part | content |
//! |---|---|
//! | header | magic number, version (0, or 1 for 64-bit offsets), number of sequences, reserved: 4 bytes each |
//! | index | per sequence: length of the name (1 byte), name, offset of the record (4 bytes, or 8 in version 1) |
//! | record | number of bases; number of N runs, their starts, their lengths; the same for masked (lower-case) runs; reserved: 4 bytes each; then the packed bases |
//!
//! The packed bases have an entry for N as well, which means nothing: where an N run lies, it is not looked at.
//! See the [format's page](https://genome.ucsc.edu/FAQ/FAQformat.html#format7).
//!
//! [`TwoBit::open`] reads the index and the N runs of all sequences, and checks that every record lies inside the
//! file; bases are read when asked for. The [crate's page](crate) has an example.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::one_hot::{self, BASES_PER_BYTE, CHANNELS, INPUT_CHANNELS, Strand};
use crate::chrom::{Chrom, ChromList};
use crate::error::{Error, Fault, FileKind, Result, Shown, with_capacity, zeroed};
use crate::io::bytes::{ByteOrder, Fields};
use crate::io::file::{PositionedFile, ReadAhead};
use crate::memory::{Budget, Reserved};
use crate::spans::{Span, inside, merge};

const MAGIC: u32 = 0x1A41_2743;
const HEADER_SIZE: u64 = 16;

/// An open 2bit file, to be shared between threads.
#[derive(Debug)]
pub struct TwoBit {
    file: PositionedFile,
    chroms: ChromList,
    records: Vec<Record>,
}

/// Where the parts of a sequence's record are.
#[derive(Debug)]
struct Record {
    /// Half-open, sorted, apart from each other, inside the sequence.
    n_runs: Vec<Span>,
    dna_offset: u64,
    /// The packed bases, once they are held in memory.
    held: OnceLock<HeldBases>,
}

/// Packed bases, with their part of a [`Budget`].
#[derive(Debug)]
struct HeldBases {
    packed: Box<[u8]>,
    _reserved: Reserved,
}

impl Record {
    /// Where N lies in `start..end`, counted along `strand`.
    fn unknown(
        &self,
        start: u32,
        end: u32,
        strand: Strand,
    ) -> impl Iterator<Item = Range<usize>> + '_ {
        inside(&self.n_runs, start, end).map(move |(from, to)| match strand {
            Strand::Forward => (from - start) as usize..(to - start) as usize,
            Strand::Reverse => (end - to) as usize..(end - from) as usize,
        })
    }
}

impl TwoBit {
    /// Opens a file and reads everything but the bases.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::from_file(PositionedFile::open(path, FileKind::TwoBit)?)
    }

    /// Reads everything but the bases of a file that is open already.
    pub fn from_file(file: PositionedFile) -> Result<Self> {
        let mut reader = ReadAhead::new(&file);
        let (order, version, sequences) = read_header(&file, &mut reader)?;
        let index = read_index(&file, &mut reader, order, version, sequences)?;
        let (chroms, records) = read_sequences(&file, &mut reader, order, index)?;
        file.check_unchanged()?;
        Ok(Self {
            file,
            chroms,
            records,
        })
    }

    /// The path that the file was opened under.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The sequences in the order of the file's index.
    pub fn chroms(&self) -> &[Chrom] {
        self.chroms.as_slice()
    }

    /// The place of a name in [`Self::chroms`].
    pub fn chrom_index(&self, name: &str) -> Option<usize> {
        self.chroms.index(name)
    }

    /// The place of a name in [`Self::chroms`], or the error that says which names there are.
    pub fn require_chrom(&self, name: &str) -> Result<usize> {
        self.chroms.require(name, FileKind::TwoBit, self.path())
    }

    /// The stretches of unknown bases: half-open, sorted, apart from each other.
    ///
    /// # Panics
    ///
    /// If `chrom` is not a place in [`Self::chroms`].
    pub fn n_runs(&self, chrom: usize) -> &[Span] {
        &self.records[chrom].n_runs
    }

    /// Writes the one-hot form of `start..end` along `strand`: A, C, G, T of each base; N is all zeros.
    ///
    /// `scratch` is reused from call to call and holds nothing of meaning.
    ///
    /// # Errors
    ///
    /// If `out` does not hold exactly four floats per base, besides the errors of reading.
    pub fn one_hot(
        &self,
        chrom: usize,
        start: u32,
        end: u32,
        strand: Strand,
        out: &mut [f32],
        scratch: &mut Vec<u8>,
    ) -> Result<()> {
        self.region(chrom, start, end)?;
        let bases = (end - start) as usize;
        check_room(bases, CHANNELS, out.len())?;
        let mut codes = zeroed(bases, "the bases of a region")?;
        self.codes(chrom, start, end, strand, &mut codes, scratch)?;
        for (code, row) in codes.into_iter().zip(out.chunks_exact_mut(CHANNELS)) {
            row.fill(0.0);
            // N is behind the last channel.
            if let Some(channel) = row.get_mut(usize::from(code)) {
                *channel = 1.0;
            }
        }
        Ok(())
    }

    /// Writes one-hot bases with a signal behind each: `signal.len()` x 5 floats from `start` on, along the strand.
    ///
    /// `signal` is in the order of the file; it is turned round for the reverse strand as the bases are.
    ///
    /// # Errors
    ///
    /// If `out` does not hold exactly that many floats, besides the errors of reading.
    pub fn input(
        &self,
        chrom: usize,
        start: u32,
        strand: Strand,
        signal: &[f32],
        out: &mut [f32],
        scratch: &mut Vec<u8>,
    ) -> Result<()> {
        let end = u32::try_from(signal.len())
            .ok()
            .and_then(|length| start.checked_add(length));
        let end = end.unwrap_or(u32::MAX);
        let record = self.region(chrom, start, end)?;
        check_room(signal.len(), INPUT_CHANNELS, out.len())?;
        let packed = self.packed(record, start, end, scratch)?;
        one_hot::encode_input(packed, start as usize % BASES_PER_BYTE, strand, signal, out);
        for range in record.unknown(start, end, strand) {
            one_hot::clear(range, out);
        }
        Ok(())
    }

    /// Keeps the packed bases of a chromosome in memory, if that has room for them: reading them from the file costs a system
    /// call for each window. Whether they are kept.
    pub fn hold(&self, chrom: usize, memory: &Arc<Budget>) -> Result<bool> {
        let (Chrom { size, .. }, record) = self.record(chrom)?;
        let bytes = u64::from(*size).div_ceil(BASES_PER_BYTE as u64);
        if record.held.get().is_none()
            && let Some(reserved) = memory.hold(bytes)
        {
            let packed = self.file.read_vec(record.dna_offset, bytes)?.into();
            self.file.check_unchanged()?;
            // Where another thread was faster, this one's bytes are given back.
            let _ = record.held.set(HeldBases {
                packed,
                _reserved: reserved,
            });
        }
        Ok(record.held.get().is_some())
    }

    /// Writes a number for each base of `start..end`: 0 to 3 for A, C, G, T, the channels of [`Self::one_hot`], and 4 for N.
    ///
    /// # Errors
    ///
    /// If `out` does not hold exactly `end - start` numbers, besides the errors of reading.
    pub fn codes(
        &self,
        chrom: usize,
        start: u32,
        end: u32,
        strand: Strand,
        out: &mut [u8],
        scratch: &mut Vec<u8>,
    ) -> Result<()> {
        let record = self.region(chrom, start, end)?;
        check_room((end - start) as usize, 1, out.len())?;
        let packed = self.packed(record, start, end, scratch)?;
        one_hot::encode_codes(packed, start as usize % BASES_PER_BYTE, strand, out);
        for range in record.unknown(start, end, strand) {
            out[range].fill(one_hot::UNKNOWN);
        }
        Ok(())
    }

    fn record(&self, chrom: usize) -> Result<(&Chrom, &Record)> {
        match (self.chroms.get(chrom), self.records.get(chrom)) {
            (Some(chrom), Some(record)) => Ok((chrom, record)),
            _ => Err(Error::Misuse(format!(
                "{}: there is no sequence number {chrom}",
                Shown(self.path())
            ))),
        }
    }

    /// The record of a chromosome in which `start..end` is known to lie.
    fn region(&self, chrom: usize, start: u32, end: u32) -> Result<&Record> {
        let (chrom, record) = self.record(chrom)?;
        chrom.check_inside((start, end.into()), FileKind::TwoBit, self.path())?;
        Ok(record)
    }

    /// The bytes that hold `start..end`, and no others: held in memory, or read into the buffer.
    fn packed<'a>(
        &self,
        record: &'a Record,
        start: u32,
        end: u32,
        buffer: &'a mut Vec<u8>,
    ) -> Result<&'a [u8]> {
        let per_byte = BASES_PER_BYTE as u32;
        let (first, last) = (start / per_byte, end.div_ceil(per_byte));
        if let Some(held) = record.held.get()
            && let Some(packed) = held.packed.get(first as usize..(last.max(first)) as usize)
        {
            return Ok(packed);
        }
        buffer.resize(last.saturating_sub(first) as usize, 0);
        let offset = record.dna_offset + u64::from(first);
        self.file.read_exact_at(buffer, offset)?;
        // Any bytes are bases: nothing else tells that these are no longer those of the file that was opened.
        self.file.check_unchanged()?;
        Ok(buffer)
    }
}

fn check_room(bases: usize, width: usize, room: usize) -> Result<()> {
    if room == bases * width {
        return Ok(());
    }
    Err(Error::Misuse(format!(
        "{bases} bases take {width} numbers each, but there is room for {room}"
    )))
}

/// The byte order, the version and the number of sequences.
fn read_header(file: &PositionedFile, reader: &mut ReadAhead) -> Result<(ByteOrder, u32, u32)> {
    let bytes = reader.bytes(0, HEADER_SIZE)?;
    let magic = bytes.first_chunk().copied().unwrap_or_default();
    let order = ByteOrder::of_magic(magic, MAGIC).ok_or_else(|| {
        let found = u32::from_le_bytes(magic);
        let reason = format!("magic number is {found:#010x}, expected {MAGIC:#010x}");
        file.fault(0, Fault::OtherFormat(reason))
    })?;

    let mut fields = Fields::new(bytes, order);
    let (version, sequences) = (|| {
        let (_magic, version, sequences) = (fields.u32()?, fields.u32()?, fields.u32()?);
        Some((version, sequences))
    })()
    .ok_or_else(|| file.damaged(0, "header is incomplete"))?;
    if version > 1 {
        let reason = format!("version is {version}, expected 0 or 1");
        return Err(file.fault(4, Fault::OtherFormat(reason)));
    }
    Ok((order, version, sequences))
}

fn read_sequences(
    file: &PositionedFile,
    reader: &mut ReadAhead,
    order: ByteOrder,
    index: Index,
) -> Result<(ChromList, Vec<Record>)> {
    let mut chroms = ChromList::default();
    let mut records = Vec::with_capacity(index.entries.len());
    // No writer lets records overlap. If they could, a small file would ask for its length in N runs per sequence.
    let mut n_run_bytes = 0;
    for (name, offset) in index.entries {
        if offset < index.end {
            let reason = format!("the record of sequence {name:?} starts inside the index");
            return Err(file.damaged(offset, reason));
        }
        let counts = read_counts(file, reader, order, offset)?;
        n_run_bytes += 2 * 4 * u64::from(counts.n_runs);
        if n_run_bytes > file.len() {
            return Err(file.damaged(
                offset,
                "the sequences have more N runs than the file has room for",
            ));
        }
        let bytes = reader.bytes(offset + 8, 2 * 4 * u64::from(counts.n_runs))?;
        records.push(Record {
            n_runs: runs(bytes, order, counts.size),
            dna_offset: counts.dna_offset,
            held: OnceLock::new(),
        });
        let size = counts.size;
        chroms.push(Chrom { name, size }).map_err(|name| {
            let reason = format!("sequence name {name:?} is listed twice");
            file.damaged(HEADER_SIZE, reason)
        })?;
    }
    Ok((chroms, records))
}

/// Names and record offsets, and where the index ends.
struct Index {
    entries: Vec<(String, u64)>,
    end: u64,
}

fn read_index(
    file: &PositionedFile,
    reader: &mut ReadAhead,
    order: ByteOrder,
    version: u32,
    sequences: u32,
) -> Result<Index> {
    let offset_size: u64 = if version == 0 { 4 } else { 8 };
    // Names may be empty, so this is the least that the index takes.
    file.check_inside(HEADER_SIZE, u64::from(sequences) * (1 + offset_size))?;

    let mut entries = with_capacity(sequences as usize, "the names of the sequences")?;
    let mut at = HEADER_SIZE;
    for _ in 0..sequences {
        let name_size = u64::from(reader.bytes(at, 1)?.first().copied().unwrap_or_default());
        let mut fields = Fields::new(reader.bytes(at + 1, name_size + offset_size)?, order);
        let (name, offset) = (|| {
            let name = fields.take(name_size as usize)?;
            let offset = if version == 0 {
                fields.u32()?.into()
            } else {
                fields.u64()?
            };
            Some((name, offset))
        })()
        .ok_or_else(|| file.damaged(at, "index entry is incomplete"))?;
        let name = str::from_utf8(name)
            .map_err(|_| file.damaged(at + 1, "sequence name is not UTF-8 text"))?;
        entries.push((name.to_owned(), offset));
        at += 1 + name_size + offset_size;
    }
    Ok(Index { entries, end: at })
}

/// The numbers in a record, and where its parts are.
struct Counts {
    size: u32,
    n_runs: u32,
    dna_offset: u64,
}

fn read_counts(
    file: &PositionedFile,
    reader: &mut ReadAhead,
    order: ByteOrder,
    offset: u64,
) -> Result<Counts> {
    let mut word = |offset| -> Result<u32> {
        Fields::new(reader.bytes(offset, 4)?, order)
            .u32()
            .ok_or_else(|| file.damaged(offset, "record is incomplete"))
    };
    let size = word(offset)?;
    let n_runs = word(offset + 4)?;
    let masks_at = offset + 8 + 2 * 4 * u64::from(n_runs);
    let masks = word(masks_at)?;
    let mask_offset = masks_at + 4;
    let reserved_at = mask_offset + 2 * 4 * u64::from(masks);
    file.check_inside(mask_offset, 2 * 4 * u64::from(masks) + 4)?;
    let dna_offset = reserved_at + 4;
    file.check_inside(dna_offset, u64::from(size).div_ceil(BASES_PER_BYTE as u64))?;
    Ok(Counts {
        size,
        n_runs,
        dna_offset,
    })
}

/// The runs that a record stores as all starts, then all lengths: sorted, merged and cut at the sequence's end.
fn runs(bytes: &[u8], order: ByteOrder, size: u32) -> Vec<Span> {
    let (words, _) = bytes.as_chunks::<4>();
    let (starts, lengths) = words.split_at(words.len() / 2);
    let runs = starts.iter().zip(lengths).map(|(start, length)| {
        let start = order.u32(*start);
        (start, start.saturating_add(order.u32(*length)).min(size))
    });
    merge(runs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        ENDIANS, Endian, TempFile, TestResult, TwoBitFile, letter_runs, letters_at,
    };

    /// N at both ends and inside, masks at both ends, lengths of every remainder by 4, an empty one, one all N.
    const SEQUENCES: [(&str, &str); 6] = [
        ("chr1", "nnACGTacgtNNNNNGATTACAttgcaNNcgtatgn"),
        ("chr2", "TTAGGCATCGAT"),
        ("empty", ""),
        ("gap", "NNNNN"),
        ("one", "g"),
        ("scaffold_1.1 of many", "CCCGGGAAATTTACGTN"),
    ];

    fn file(version: u32, endian: Endian) -> TwoBitFile<'static> {
        TwoBitFile {
            sequences: &SEQUENCES,
            version,
            endian,
            hole: 0,
        }
    }

    fn open(bytes: &[u8]) -> TestResult<Result<TwoBit>> {
        let temp = TempFile::new("genome.2bit", bytes)?;
        Ok(TwoBit::open(temp.path()))
    }

    fn reason(bytes: &[u8]) -> TestResult<String> {
        match open(bytes)? {
            Err(Error::Format { fault, .. }) => Ok(fault.to_string()),
            other => Err(format!("expected a format error, got {other:?}").into()),
        }
    }

    /// One-hot form by way of letters.
    fn one_hot_of(letters: &str, strand: Strand) -> Vec<f32> {
        let mut letters = letters.to_uppercase();
        if strand == Strand::Reverse {
            letters = letters
                .chars()
                .rev()
                .map(|letter| match letter {
                    'A' => 'T',
                    'C' => 'G',
                    'G' => 'C',
                    'T' => 'A',
                    other => other,
                })
                .collect();
        }
        let base = |letter| ['A', 'C', 'G', 'T'].map(|name| f32::from(u8::from(name == letter)));
        letters.chars().flat_map(base).collect()
    }

    #[test]
    fn every_region_of_every_version_is_read() -> TestResult {
        for (version, endian) in [0, 1].into_iter().flat_map(|v| ENDIANS.map(|e| (v, e))) {
            let temp = file(version, endian).write()?;
            let genome = TwoBit::open(temp.path())?;
            assert_eq!(genome.path(), temp.path());
            assert_eq!(genome.chroms().len(), SEQUENCES.len());
            let mut scratch = vec![1, 2, 3];
            for (chrom, (name, letters)) in SEQUENCES.iter().enumerate() {
                let size = letters.len() as u32;
                assert_eq!(genome.chroms()[chrom].name, *name);
                assert_eq!(genome.chroms()[chrom].size, size);
                assert_eq!(genome.chrom_index(name), Some(chrom));
                let is_n = |letter| matches!(letter, b'N' | b'n');
                assert_eq!(genome.n_runs(chrom), letter_runs(letters, is_n));

                for (start, end) in (0..=size).flat_map(|s| (s..=size).map(move |e| (s, e))) {
                    let part = &letters[start as usize..end as usize];
                    assert_eq!(letters_at(&genome, chrom, start, end)?, part.to_uppercase());
                    for strand in [Strand::Forward, Strand::Reverse] {
                        let mut out = vec![9.0; 4 * part.len()];
                        genome.one_hot(chrom, start, end, strand, &mut out, &mut scratch)?;
                        assert_eq!(out, one_hot_of(part, strand), "{name}:{start}-{end}");
                    }
                }
            }
        }
        Ok(())
    }

    #[test]
    fn what_is_held_is_counted_as_long_as_it_is_there() -> TestResult {
        let temp = file(0, Endian::Little).write()?;
        let genome = TwoBit::open(temp.path())?;
        let memory = Arc::new(Budget::new(1000));
        assert!(genome.hold(0, &memory)? && genome.hold(0, &memory)?);
        assert_eq!(memory.held(), 9);
        drop(genome);
        assert_eq!(memory.held(), 0);

        // What could not be read is not held.
        let genome = TwoBit::open(temp.path())?;
        std::fs::write(temp.path(), "")?;
        assert!(genome.hold(0, &memory).is_err());
        assert_eq!(memory.held(), 0);
        Ok(())
    }

    #[test]
    fn threads_share_a_file() -> TestResult {
        fn is_shared<T: Send + Sync>(_: &T) {}
        let temp = file(1, Endian::Big).write()?;
        is_shared(&TwoBit::open(temp.path())?);
        Ok(())
    }

    #[test]
    fn a_file_may_have_no_sequences() -> TestResult {
        for (version, endian) in [0, 1].into_iter().flat_map(|v| ENDIANS.map(|e| (v, e))) {
            let sequences = &[];
            let file = TwoBitFile {
                sequences,
                ..file(version, endian)
            };
            let genome = TwoBit::open(file.write()?.path())?;
            assert!(genome.chroms().is_empty());
            let error = genome
                .require_chrom("chr1")
                .map_err(|error| error.to_string());
            assert!(error.is_err_and(|text| text.ends_with("\"chr1\"; it has none at all")));
        }
        Ok(())
    }

    #[test]
    fn tens_of_thousands_of_sequences_and_long_names_are_read() -> TestResult {
        let long = "n".repeat(255);
        let mut names: Vec<String> = (0..30_000)
            .map(|number| format!("contig_{number}"))
            .collect();
        names.push(long.clone());
        let letters = ["ACGTN", "TTTTTTT", "NAC", "g"];
        let sequences: Vec<(&str, &str)> = names
            .iter()
            .enumerate()
            .map(|(place, name)| (name.as_str(), letters[place % letters.len()]))
            .collect();
        let file = TwoBitFile {
            sequences: &sequences,
            ..file(0, Endian::Little)
        };
        let temp = file.write()?;
        let genome = TwoBit::open(temp.path())?;
        assert_eq!(genome.chroms().len(), 30_001);
        for name in ["contig_0", "contig_17", "contig_29999", &long] {
            let chrom = genome.require_chrom(name)?;
            let expected = sequences[chrom].1.to_uppercase();
            let size = genome.chroms()[chrom].size;
            assert_eq!(letters_at(&genome, chrom, 0, size)?, expected);
        }
        Ok(())
    }

    #[test]
    fn what_is_not_there_is_refused() -> TestResult {
        let temp = file(0, Endian::Little).write()?;
        let genome = TwoBit::open(temp.path())?;
        let one_hot = |chrom, start, end, room| {
            let mut out = vec![0.0; room];
            let strand = Strand::Forward;
            genome.one_hot(chrom, start, end, strand, &mut out, &mut Vec::new())
        };
        assert!(one_hot(1, 8, 12, 16).is_ok());
        for (start, end) in [(8, 13), (9, 8), (u32::MAX, u32::MAX), (0, u32::MAX)] {
            let codes = genome.codes(1, start, end, Strand::Forward, &mut [], &mut Vec::new());
            for bounds in [one_hot(1, start, end, 99), codes] {
                assert!(
                    matches!(&bounds, Err(Error::OutOfBounds { chrom, size: 12, .. }) if chrom == "chr2"),
                    "{bounds:?}"
                );
            }
        }
        for (chrom, room) in [(1, 15), (1, 17), (6, 16)] {
            let argument = one_hot(chrom, 8, 12, room);
            assert!(matches!(argument, Err(Error::Misuse(_))), "{argument:?}");
        }
        let unknown = genome.require_chrom("2").map_err(|error| error.to_string());
        assert!(unknown.is_err_and(|text| {
            text.ends_with("no chromosome \"2\"; it has chr1, chr2, empty, gap, one and 1 more")
        }));
        Ok(())
    }

    #[test]
    fn runs_are_sorted_merged_and_cut() {
        for (starts, lengths, expected) in [
            (vec![], vec![], vec![]),
            (vec![2, 8], vec![3, 2], vec![(2, 5), (8, 10)]),
            (vec![8, 2], vec![5, 3], vec![(2, 5), (8, 10)]),
            (vec![2, 5, 4], vec![3, 1, 1], vec![(2, 6)]),
            (vec![2, 3], vec![6, 1], vec![(2, 8)]),
            (vec![3, 3], vec![0, 0], vec![]),
            (
                vec![9, 10, 4_000_000_000],
                vec![u32::MAX, 1, 1],
                vec![(9, 10)],
            ),
        ] {
            let words = [starts, lengths].concat();
            let bytes: Vec<u8> = words
                .iter()
                .flat_map(|word| u32::to_le_bytes(*word))
                .collect();
            assert_eq!(runs(&bytes, ByteOrder::Little, 10), expected, "{words:?}");
        }
    }

    #[test]
    fn damaged_files_are_explained() -> TestResult {
        let two = [("one", "ACGTNNNN"), ("two", "NNCC")];
        let good = TwoBitFile {
            sequences: &two,
            ..file(0, Endian::Little)
        }
        .bytes();
        assert!(open(&good)?.is_ok());
        // Header 0..16, index 16..32 with offsets at 20 and 28, records from 32 on.
        let damage = |at: usize, bytes: &[u8]| -> TestResult<String> {
            let mut damaged = good.clone();
            damaged[at..at + bytes.len()].copy_from_slice(bytes);
            reason(&damaged)
        };
        for (at, bytes, expected) in [
            (
                0,
                b">chr".as_slice(),
                "magic number is 0x7268633e, expected 0x1a412743",
            ),
            (4, &[2], "version is 2, expected 0 or 1"),
            (8, &[0xff; 4], "file ends early: 21474836475 bytes expected"),
            (16, &[200], "file ends early: 204 bytes expected"),
            (17, &[0xff], "sequence name is not UTF-8 text"),
            (25, b"one", "sequence name \"one\" is listed twice"),
            (
                20,
                &[31, 0],
                "the record of sequence \"one\" starts inside the index",
            ),
            (20, &[0xff; 4], "file ends early: 4 bytes expected"),
            (32, &[0xff; 4], "file ends early: 1073741824 bytes expected"),
            (36, &[0xff; 4], "file ends early: 4 bytes expected"),
            (
                48,
                &[0xff; 4],
                "file ends early: 34359738364 bytes expected",
            ),
        ] {
            let found = damage(at, bytes)?;
            assert!(found.starts_with(expected), "{found}");
        }
        assert!(reason(&good[..good.len() - 1])?.starts_with("file ends early: 1 bytes"));
        assert!(reason(&[])?.starts_with("file ends early: 16 bytes"));
        Ok(())
    }

    #[test]
    fn n_runs_are_not_read_once_per_sequence() -> TestResult {
        // Every entry of the index leads to the same record with its many N runs.
        let letters = "AN".repeat(2000);
        let names: Vec<String> = (0..200).map(|number| number.to_string()).collect();
        let mut sequences: Vec<(&str, &str)> =
            names.iter().map(|name| (name.as_str(), "")).collect();
        sequences[0].1 = &letters;
        let mut bytes = TwoBitFile {
            sequences: &sequences,
            ..file(0, Endian::Little)
        }
        .bytes();
        assert!(open(&bytes)?.is_ok());

        let mut at = 16;
        let mut first = None;
        for name in &names {
            at += 1 + name.len();
            let record =
                *first.get_or_insert([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
            bytes[at..at + 4].copy_from_slice(&record);
            at += 4;
        }
        assert!(reason(&bytes)?.contains("more N runs than the file has room for"));
        Ok(())
    }
}
