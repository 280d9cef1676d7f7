//! BAM files: the header's list of sequences, and aligned reads one after the other.
//!
//! A BAM file is a BGZF file. Inflated, it starts with `BAM\1`, the header as text, and the list of sequences with their
//! lengths. Names and lengths are taken from that list alone. The text is only looked into, because programs write all
//! kinds of text and none of it may stop the reading of good records.
//!
//! A record has fixed numbers (sequence, position, flags, lengths of what follows), then the name, the CIGAR, the bases,
//! the qualities and the tags. Numbers are little-endian. This module decodes records itself: a [`Record`] is a view of
//! the inflated bytes, of which a run needs a few numbers only.
//!
//! # Examples
//!
//! ```no_run
//! use maxatac_core::alignment::BamReader;
//! use maxatac_core::io::EndBlock;
//!
//! # fn main() -> maxatac_core::Result<()> {
//! let mut reads = BamReader::open("reads.bam", 2, EndBlock::Required)?;
//! let mut mapped = 0;
//! while let Some(read) = reads.next()? {
//!     mapped += u64::from(!read.is_unmapped());
//! }
//! # Ok(())
//! # }
//! ```

use std::path::Path;

use crate::error::{Error, Fault, FileKind, Result, reserve};
use crate::io::{EndBlock, Inflated, PositionedFile};

const MAGIC: &[u8; 4] = b"BAM\x01";
/// Bytes of the numbers that each record starts with, without its size.
const FIXED: usize = 32;
/// Bytes of the header's text that are looked into.
const MOST_TEXT: usize = 64 << 20;
/// The longest name of a sequence.
const MOST_NAME: usize = 1 << 16;
/// Bytes that are read at once where the file says how many there are.
const PIECE: usize = 1 << 20;
/// The largest record: as htslib, less than 2^31 bytes.
const MOST_RECORD: usize = (1 << 31) - 1;

/// Bits of the flags of a read.
pub mod flag {
    /// The read is one of a pair.
    pub const PAIRED: u16 = 0x1;
    /// The aligner found both mates where they should be.
    pub const PROPER: u16 = 0x2;
    /// The read is not aligned.
    pub const UNMAPPED: u16 = 0x4;
    /// Its mate is not aligned.
    pub const MATE_UNMAPPED: u16 = 0x8;
    /// It is aligned to the reverse strand.
    pub const REVERSE: u16 = 0x10;
    /// It is the first of the pair.
    pub const FIRST: u16 = 0x40;
    /// It is the second of the pair.
    pub const LAST: u16 = 0x80;
    /// Another place where the read may come from.
    pub const SECONDARY: u16 = 0x100;
    /// It did not pass the controls of the sequencer.
    pub const QC_FAILED: u16 = 0x200;
    /// A program took it for a duplicate.
    pub const DUPLICATE: u16 = 0x400;
    /// Another part of a read whose main part is aligned elsewhere.
    pub const SUPPLEMENTARY: u16 = 0x800;
}

/// What a BAM file says before its reads.
#[derive(Clone, Debug, Default)]
pub struct BamHeader {
    /// Names of the sequences, from the binary list.
    pub names: Vec<String>,
    /// Their lengths in bp.
    pub lengths: Vec<u32>,
    /// The order that the text claims, such as `coordinate`.
    pub order: Option<String>,
    /// Names and command lines of the programs that the text lists, as text.
    pub programs: Vec<String>,
    /// Whether the text lists other sequences, or other lengths, than the binary list.
    pub text_differs: bool,
}

impl BamHeader {
    /// Reads the header of a file, whether the file has its end block or not.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        BamReader::open(path, 1, EndBlock::Optional).map(|reader| reader.header)
    }

    /// Takes from the text what it can.
    fn look_into(&mut self, text: &[u8]) {
        let mut listed = 0;
        let mut differs = false;
        for line in text.split(|&byte| byte == b'\n') {
            let line = line.trim_ascii_end();
            let mut fields = line.split(|&byte| byte == b'\t');
            let kind = fields.next();
            let find = |tag: &[u8]| {
                let mut fields = fields.clone();
                let found = fields.find_map(|field| field.strip_prefix(tag));
                found.map(String::from_utf8_lossy)
            };
            match kind {
                Some(b"@HD") if self.order.is_none() => {
                    self.order = find(b"SO:").map(std::borrow::Cow::into_owned);
                }
                Some(b"@PG") => {
                    let words = [find(b"ID:"), find(b"PN:"), find(b"CL:")];
                    let words: Vec<_> = words.into_iter().flatten().collect();
                    self.programs.push(words.join(" "));
                }
                Some(b"@SQ") => {
                    let name = self.names.get(listed).map(String::as_str);
                    let length = self.lengths.get(listed).map(ToString::to_string);
                    differs |= find(b"SN:").as_deref() != name
                        || find(b"LN:").as_deref() != length.as_deref();
                    listed += 1;
                }
                _ => {}
            }
        }
        self.text_differs = differs || (listed > 0 && listed != self.names.len());
    }
}

/// Reads a BAM file from its start to its end.
#[derive(Debug)]
pub struct BamReader {
    bytes: Inflated,
    header: BamHeader,
    /// Bytes of the record that was given last, still to be marked as used.
    given: usize,
    /// A record that does not lie in one part of the inflated bytes.
    record: Vec<u8>,
}

impl BamReader {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if it cannot be read; [`Error::Format`] if it is no BAM file, is damaged or cut short, lacks the
    /// end block where that is required, or lists a sequence twice.
    pub fn open(path: impl AsRef<Path>, threads: usize, end: EndBlock) -> Result<Self> {
        let file = PositionedFile::open(path, FileKind::Bam)?;
        Self::from_file(file, threads, end)
    }

    /// The same for a file that is open.
    ///
    /// # Errors
    ///
    /// As [`BamReader::open`].
    pub fn from_file(file: PositionedFile, threads: usize, end: EndBlock) -> Result<Self> {
        let mut reader = Self {
            bytes: Inflated::new(file, threads, end)?,
            header: BamHeader::default(),
            given: 0,
            record: Vec::new(),
        };
        reader.read_header()?;
        Ok(reader)
    }

    /// What the file says before its reads.
    pub fn header(&self) -> &BamHeader {
        &self.header
    }

    /// Where in the file the next read comes from.
    pub fn offset(&self) -> u64 {
        self.bytes.offset()
    }

    /// The error for a read that is not as it should be.
    pub fn damaged(&self, reason: impl Into<String>) -> Error {
        self.bytes.damaged(reason)
    }

    /// The next read, or `None` at the end of the file.
    ///
    /// # Errors
    ///
    /// [`Error::Format`] if the file is damaged or cut short, with the place in it.
    #[allow(clippy::should_implement_trait)] // each record borrows the reader
    pub fn next(&mut self) -> Result<Option<Record<'_>>> {
        self.bytes.consume(self.given);
        self.given = 0;
        let part = self.bytes.fill()?;
        if part.is_empty() {
            return Ok(None);
        }
        let whole = part.split_first_chunk().and_then(|(size, rest)| {
            let size = u32::from_le_bytes(*size) as usize;
            (size <= rest.len()).then_some(size)
        });
        if let Some(size) = whole {
            if size < FIXED {
                return Err(self.too_small(size));
            }
            self.given = 4 + size;
        } else {
            self.gather()?;
        }
        let sequences = self.header.names.len();
        let bytes = match whole {
            Some(size) => &self.bytes.fill()?[4..4 + size],
            None => &self.record,
        };
        let layout = match Layout::new(bytes, sequences) {
            Ok(layout) => layout,
            Err(reason) => {
                let reason = format!("{reason}, in a record of {} bytes", bytes.len());
                return Err(self.damaged(reason));
            }
        };
        let bytes = match whole {
            Some(size) => &self.bytes.fill()?[4..4 + size],
            None => &self.record,
        };
        Ok(Some(Record::new(bytes, &layout)))
    }

    /// Copies a record that lies in several parts.
    fn gather(&mut self) -> Result<()> {
        let size = self.number("the size of a record")? as usize;
        if size < FIXED {
            return Err(self.too_small(size));
        }
        if size > MOST_RECORD {
            return Err(self.damaged(format!("a record of {size} bytes; expected less than 2^31")));
        }
        let mut record = std::mem::take(&mut self.record);
        record.clear();
        let result = self.append(&mut record, size, "a record");
        self.record = record;
        result
    }

    fn too_small(&self, size: usize) -> Error {
        self.damaged(format!(
            "a record of {size} bytes; expected at least {FIXED}"
        ))
    }

    fn read_header(&mut self) -> Result<()> {
        self.check_magic()?;
        let length = self.number("the length of the header's text")? as usize;
        let mut text = Vec::new();
        self.append(&mut text, length.min(MOST_TEXT), "the header's text")?;
        let mut skipped = text.len();
        while skipped < length {
            let step = self.bytes.fill()?.len().min(length - skipped);
            if step == 0 {
                return Err(self.cut("the header's text"));
            }
            self.bytes.consume(step);
            skipped += step;
        }
        let count = self.number("the number of sequences")?;
        for _ in 0..count {
            self.read_sequence()?;
        }
        self.check_twice()?;
        // Some writers fill the text up with NUL.
        let end = text.iter().rposition(|&byte| byte != 0);
        self.header.look_into(&text[..end.map_or(0, |end| end + 1)]);
        Ok(())
    }

    fn check_magic(&mut self) -> Result<()> {
        let mut magic = [0; 4];
        let length = self.bytes.read(&mut magic)?;
        if magic == *MAGIC {
            return Ok(());
        }
        let found = match &magic[..length] {
            b"CRAM" => "is a CRAM file: convert it with samtools view -b",
            [b'@', b'H' | b'S' | b'R' | b'P' | b'C', ..] => {
                "looks like SAM text: convert it with samtools view -b"
            }
            _ => "does not start as a BAM file does",
        };
        Err(self.fault(Fault::OtherFormat(found.into())))
    }

    fn read_sequence(&mut self) -> Result<()> {
        let length = self.number("the length of a sequence's name")? as usize;
        if length == 0 || length > MOST_NAME {
            return Err(self.damaged(format!(
                "a sequence's name of {length} bytes; expected 1 to {MOST_NAME}"
            )));
        }
        let mut name = Vec::new();
        self.append(&mut name, length, "a sequence's name")?;
        let end = name.iter().position(|&byte| byte == 0);
        name.truncate(end.unwrap_or(length));
        let size = self.number("the length of a sequence")?;
        let BamHeader { names, lengths, .. } = &mut self.header;
        reserve(names, 1, "the names of sequences")?;
        reserve(lengths, 1, "the names of sequences")?;
        names.push(String::from_utf8_lossy(&name).into_owned());
        lengths.push(size);
        Ok(())
    }

    /// Which of two sequences of one name is meant could not be known.
    fn check_twice(&self) -> Result<()> {
        let mut names: Vec<&str> = self.header.names.iter().map(String::as_str).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(self.damaged(format!("the header lists {:?} twice", pair[0]))),
            None => Ok(()),
        }
    }

    fn number(&mut self, what: &str) -> Result<u32> {
        let mut bytes = [0; 4];
        if self.bytes.read(&mut bytes)? < 4 {
            return Err(self.cut(what));
        }
        Ok(u32::from_le_bytes(bytes))
    }

    /// Appends the next bytes. Memory grows with what is there, not with what the file claims.
    fn append(&mut self, to: &mut Vec<u8>, length: usize, what: &str) -> Result<()> {
        let end = to.len() + length;
        while to.len() < end {
            let part = self.bytes.fill()?;
            let part = &part[..part.len().min(end - to.len()).min(PIECE)];
            if part.is_empty() {
                return Err(self.cut(what));
            }
            let length = part.len();
            reserve(to, length, "a part of a BAM file")?;
            to.extend_from_slice(part);
            self.bytes.consume(length);
        }
        Ok(())
    }

    fn cut(&self, what: &str) -> Error {
        self.fault(Fault::Cut(format!("the file ends inside {what}")))
    }

    fn fault(&self, fault: Fault) -> Error {
        self.bytes.file().fault(self.bytes.offset(), fault)
    }
}

/// An aligned read: a view of the bytes of its record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The number of the sequence, or -1.
    pub sequence: i32,
    /// The leftmost aligned base, 0-based, or -1.
    pub position: i32,
    /// The mapping quality.
    pub mapq: u8,
    /// See [`flag`].
    pub flags: u16,
    /// The number of the mate's sequence, or -1.
    pub mate_sequence: i32,
    /// The signed length of the template, as the aligner tells it.
    pub template_length: i32,
    /// The name, without its NUL.
    pub name: &'a [u8],
    /// The qualities of the bases; 255 each where they are missing.
    pub qualities: &'a [u8],
    cigar: &'a [[u8; 4]],
    tags: &'a [u8],
}

/// Where the parts of a record end.
#[derive(Clone, Copy, Debug)]
struct Layout {
    name: usize,
    cigar: usize,
    bases: usize,
    qualities: usize,
}

impl Layout {
    /// Finds the parts; the reason if the bytes are no record.
    fn new(bytes: &[u8], sequences: usize) -> std::result::Result<Self, String> {
        let Some(fixed) = bytes.first_chunk::<FIXED>() else {
            return Err("the numbers at the start are incomplete".into());
        };
        for number in [word(fixed, 0) as i32, word(fixed, 20) as i32] {
            if number < -1 || (number >= 0 && number as usize >= sequences) {
                return Err(format!("sequence {number} of {sequences}"));
            }
        }
        let position = word(fixed, 4) as i32;
        if position < -1 {
            return Err(format!("position {position}"));
        }
        let bases = word(fixed, 16) as usize;
        let name = FIXED + usize::from(fixed[8]);
        let cigar = name + 4 * usize::from(short(fixed, 12));
        let layout = Self {
            name,
            cigar,
            bases: cigar + bases.div_ceil(2),
            qualities: cigar + bases.div_ceil(2) + bases,
        };
        if layout.qualities > bytes.len() {
            return Err("its parts are longer than the whole".into());
        }
        if name == FIXED || bytes[name - 1] != 0 {
            return Err("a name without its end".into());
        }
        let (operations, _) = bytes[name..cigar].as_chunks::<4>();
        match operations.iter().find(|operation| operation[0] & 15 > 8) {
            Some(operation) => Err(format!("CIGAR operation {}", operation[0] & 15)),
            None => Ok(layout),
        }
    }
}

fn word(fixed: &[u8; FIXED], at: usize) -> u32 {
    u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]])
}

fn short(fixed: &[u8; FIXED], at: usize) -> u16 {
    u16::from_le_bytes([fixed[at], fixed[at + 1]])
}

impl<'a> Record<'a> {
    fn new(bytes: &'a [u8], layout: &Layout) -> Self {
        let (fixed, _) = bytes.split_first_chunk().unwrap_or((&[0; FIXED], &[]));
        Self {
            sequence: word(fixed, 0) as i32,
            position: word(fixed, 4) as i32,
            mapq: fixed[9],
            flags: short(fixed, 14),
            mate_sequence: word(fixed, 20) as i32,
            template_length: word(fixed, 28) as i32,
            name: &bytes[FIXED..layout.name - 1],
            cigar: bytes[layout.name..layout.cigar].as_chunks().0,
            qualities: &bytes[layout.bases..layout.qualities],
            tags: &bytes[layout.qualities..],
        }
    }

    /// Whether any of the bits is set.
    pub fn has(&self, bits: u16) -> bool {
        self.flags & bits != 0
    }

    /// Whether the read has no place, by its flag or for lack of a position.
    pub fn is_unmapped(&self) -> bool {
        self.has(flag::UNMAPPED) || self.sequence < 0 || self.position < 0
    }

    /// Whether it lies on the reverse strand.
    pub fn is_reverse(&self) -> bool {
        self.has(flag::REVERSE)
    }

    /// Where the alignment starts and ends, and how many bases are clipped before and behind it.
    ///
    /// M, D, N, = and X move on the sequence; I, S, H and P do not. An alignment of no base ends 1 base behind its
    /// start, as in htslib.
    pub fn extent(&self) -> Extent {
        let (mut length, mut before, mut behind) = (0, 0, 0);
        let mut is_inside = false;
        for operation in self.cigar {
            let operation = u32::from_le_bytes(*operation);
            let size = i64::from(operation >> 4);
            match operation & 15 {
                4 | 5 if is_inside => behind += size,
                4 | 5 => before += size,
                kind => {
                    is_inside = true;
                    behind = 0;
                    length += if matches!(kind, 0 | 2 | 3 | 7 | 8) {
                        size
                    } else {
                        0
                    };
                }
            }
        }
        if !is_inside {
            behind = before;
        }
        let start = i64::from(self.position);
        Extent {
            start,
            end: start + length.max(1),
            before,
            behind,
        }
    }

    /// What decides between duplicates: the sum of the qualities of 15 and more.
    pub fn score(&self) -> u32 {
        let good = |&quality: &u8| if quality >= 15 { u32::from(quality) } else { 0 };
        self.qualities.iter().map(good).fold(0, u32::wrapping_add)
    }

    /// The text of a tag, such as `CB`; `None` if the read has none of that name, or no text under it.
    pub fn tag(&self, name: [u8; 2]) -> Option<&'a [u8]> {
        let mut rest = self.tags;
        loop {
            let (head, value) = rest.split_first_chunk::<3>()?;
            let [first, second, kind] = *head;
            let length = match kind {
                b'A' | b'c' | b'C' => 1,
                b's' | b'S' => 2,
                b'i' | b'I' | b'f' => 4,
                b'Z' | b'H' => value.iter().position(|&byte| byte == 0)? + 1,
                b'B' => {
                    let (head, _) = value.split_first_chunk::<5>()?;
                    let size = match head[0] {
                        b'c' | b'C' => 1,
                        b's' | b'S' => 2,
                        _ => 4,
                    };
                    let count = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
                    5 + size * count as usize
                }
                _ => return None,
            };
            if [first, second] == name {
                let text = value.get(..length)?;
                return match kind {
                    b'Z' => text.split_last().map(|(_, text)| text),
                    b'A' => Some(text),
                    _ => None,
                };
            }
            rest = value.get(length..)?;
        }
    }
}

/// Where a read lies, 0-based and half-open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Extent {
    /// The first aligned base.
    pub start: i64,
    /// The end of the last.
    pub end: i64,
    /// Clipped bases in front of the first.
    pub before: i64,
    /// Clipped bases behind the last.
    pub behind: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{BamRead, TestResult, bam, bgzf};

    const READ: BamRead<'_> = BamRead {
        name: "r1",
        flags: flag::PAIRED | flag::REVERSE,
        place: (1, 100),
        mate: (0, 30),
        cigar: &[],
        qualities: &[14, 15, 40],
        tags: b"NMC\x01XBBS\x02\0\0\0\x01\0\x02\0CBZAC-1\0XAAq",
    };

    fn opened(bytes: Vec<u8>) -> Result<BamReader> {
        let file = PositionedFile::in_memory("a.bam", bytes, FileKind::Bam)?;
        BamReader::from_file(file, 1, EndBlock::Optional)
    }

    #[test]
    fn a_record_is_read_whole_whatever_the_blocks() -> TestResult {
        let bytes = bam(
            b"@HD\tSO:unknown\n\0",
            &[("chr1", 900), ("2", 800)],
            &[READ; 3],
        )?;
        for block in [1, 7, 60_000] {
            let mut bam = opened(bgzf(&bytes, block)?)?;
            assert_eq!(bam.header().names, ["chr1", "2"]);
            assert_eq!(bam.header().lengths, [900, 800]);
            assert_eq!(bam.header().order.as_deref(), Some("unknown"));
            let mut count = 0;
            while let Some(read) = bam.next()? {
                assert_eq!(
                    (read.sequence, read.position, read.name),
                    (1, 100, &b"r1"[..])
                );
                assert_eq!((read.mapq, read.score()), (60, 55));
                assert!(read.is_reverse() && !read.is_unmapped());
                assert_eq!(read.tag(*b"CB"), Some(&b"AC-1"[..]));
                assert_eq!(read.tag(*b"XA"), Some(&b"q"[..]));
                assert_eq!((read.tag(*b"NM"), read.tag(*b"XX")), (None, None));
                count += 1;
            }
            assert_eq!(count, 3);
        }
        Ok(())
    }

    #[test]
    fn extents_are_those_of_aligned_bases() -> TestResult {
        type Operations<'a> = &'a [(u32, u8)];
        #[rustfmt::skip]
        let cases: [(Operations<'_>, (i64, i64, i64)); 5] = [
            (&[(5, b'S'), (10, b'M'), (100, b'N'), (10, b'M'), (3, b'I'), (20, b'M'), (2, b'D'), (5, b'M'), (4, b'S')], (247, 5, 4)),
            (&[(3, b'H'), (2, b'S'), (10, b'='), (1, b'X'), (2, b'H')], (111, 5, 2)),
            (&[(4, b'S'), (3, b'P'), (10, b'M')], (110, 4, 0)),
            (&[], (101, 0, 0)),
            (&[(7, b'S')], (101, 7, 7)),
        ];
        for (cigar, (end, before, behind)) in cases {
            let bytes = bam(b"", &[("1", 9), ("2", 9)], &[BamRead { cigar, ..READ }])?;
            let mut bam = opened(bytes)?;
            let read = bam.next()?.ok_or("there is a read")?;
            let expected = Extent {
                start: 100,
                end,
                before,
                behind,
            };
            assert_eq!(read.extent(), expected);
        }
        Ok(())
    }

    #[test]
    fn any_cut_is_an_error_or_a_shorter_file() -> TestResult {
        let bytes = bam(b"@CO\tx\n", &[("chr1", 900), ("2", 800)], &[READ; 2])?;
        let one = bam(b"@CO\tx\n", &[("chr1", 900), ("2", 800)], &[READ])?.len();
        let none = bam(b"@CO\tx\n", &[("chr1", 900), ("2", 800)], &[])?.len();
        for length in 0..bytes.len() {
            let read = || -> Result<u32> {
                let mut bam = opened(bytes[..length].to_vec())?;
                let mut count = 0;
                while bam.next()?.is_some() {
                    count += 1;
                }
                Ok(count)
            };
            match read() {
                Ok(count) => assert!([(none, 0), (one, 1)].contains(&(length, count))),
                Err(error) => assert!(matches!(error, Error::Format { .. }), "{error}"),
            }
        }
        Ok(())
    }
}
