//! The bytes of a file that is plain text, gzip, or BGZF, as one stream.
//!
//! Members of both kinds may follow each other, as `cat a.gz b.gz` leaves them, and an empty block in the middle is
//! nothing. CRC-32 and length of each member are compared. A file that is cut is an error: inside a member when it is
//! met, and as far as the last bytes tell, when the file is opened.
//!
//! With one thread, the file is read and inflated when bytes are asked for. With more, one thread reads ahead, and a pool
//! inflates the blocks of a part. A gzip member that is no block is inflated by the thread that reads ahead. The bytes, the
//! errors and their order are the same whatever the threads.
//!
//! # Examples
//!
//! ```no_run
//! use maxatac_core::error::FileKind;
//! use maxatac_core::io::{EndBlock, Inflated};
//!
//! # fn main() -> maxatac_core::Result<()> {
//! let mut bytes = Inflated::open("fragments.tsv.gz", FileKind::Fragments, 1, EndBlock::Required)?;
//! let mut lines = 0;
//! loop {
//!     let part = bytes.fill()?;
//!     if part.is_empty() {
//!         break;
//!     }
//!     lines += part.iter().filter(|&&byte| byte == b'\n').count();
//!     let length = part.len();
//!     bytes.consume(length);
//! }
//! # Ok(())
//! # }
//! ```

use std::any::Any;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::{Crc, Decompressor, crc32};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::file::PositionedFile;
use super::gzip::{BLOCK, Member, TRAILER, Tail, is_compressed, member, tail, trailer};
use crate::error::{Error, Fault, FileKind, Result, reserve, zeroed};

/// Deflated bytes that are read at a time: what keeps some dozen threads busy, and any member's header.
const WINDOW: usize = 1 << 20;

/// Most bytes that are inflated at a time.
const MOST_INFLATED: usize = 4 << 20;

/// How many inflated parts wait at most.
const PARTS_AHEAD: usize = 2;

/// Whether a BGZF file must end with the empty block that tells that it is whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EndBlock {
    /// A file without it is an error.
    Required,
    /// A file without it is read: some old writers leave it out.
    Optional,
}

/// The inflated bytes of a file, in order.
#[derive(Debug)]
pub struct Inflated {
    file: Arc<PositionedFile>,
    is_compressed: bool,
    parts: Parts,
    part: Part,
    /// Bytes of the part that are used up.
    used: usize,
    has_failed: bool,
}

/// Where the parts come from.
#[derive(Debug)]
enum Parts {
    Here(Box<Source>),
    Ahead(Ahead),
}

/// Inflated bytes that follow each other.
#[derive(Debug, Default)]
struct Part {
    /// Longer than what is inflated, so that no part has to be zeroed twice.
    bytes: Vec<u8>,
    length: usize,
    /// Where in the file the member starts that bytes of the part, from a place on, come from.
    members: Vec<(usize, u64)>,
}

impl Inflated {
    /// Opens a regular file; `kind` is what errors call its format.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, is cut inside its last block, or lacks the end block where that is required.
    pub fn open(
        path: impl AsRef<Path>,
        kind: FileKind,
        threads: usize,
        end: EndBlock,
    ) -> Result<Self> {
        Self::new(PositionedFile::open(path, kind)?, threads, end)
    }

    /// The same of a file that is open.
    pub fn new(file: PositionedFile, threads: usize, end: EndBlock) -> Result<Self> {
        let file = Arc::new(file);
        let mut source = Source::new(Arc::clone(&file), end)?;
        let is_compressed = source.is_compressed;
        let parts = if threads > 1 && is_compressed {
            source.pool = Some(pool(threads)?);
            Parts::Ahead(Ahead::start(source)?)
        } else {
            Parts::Here(Box::new(source))
        };
        Ok(Self {
            file,
            is_compressed,
            parts,
            part: Part::default(),
            used: 0,
            has_failed: false,
        })
    }

    /// The bytes that come next, and nothing at the end of the file only.
    ///
    /// # Errors
    ///
    /// If the file is damaged, cut or changed. What lies before the damage is given first.
    pub fn fill(&mut self) -> Result<&[u8]> {
        while self.used == self.part.length {
            self.used = 0;
            if !self.next()? {
                self.part.length = 0;
                break;
            }
        }
        let part = self.used..self.part.length;
        Ok(self.part.bytes.get(part).unwrap_or_default())
    }

    fn next(&mut self) -> Result<bool> {
        if self.has_failed {
            let reason = "a file cannot be read on after an error";
            return Err(Error::Misuse(reason.into()));
        }
        let next = match &mut self.parts {
            Parts::Here(source) => source.next(&mut self.part),
            Parts::Ahead(ahead) => ahead.next(&mut self.part),
        };
        self.has_failed = next.is_err();
        next
    }

    /// Marks bytes that [`Inflated::fill`] gave as used.
    pub fn consume(&mut self, length: usize) {
        self.used = self.part.length.min(self.used + length);
    }

    /// Fills the buffer, or as much of it as the file has bytes for; returns how much.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let bytes = self.fill()?;
            let length = rest.len().min(bytes.len());
            if length == 0 {
                break;
            }
            rest[..length].copy_from_slice(&bytes[..length]);
            self.consume(length);
            filled += length;
        }
        Ok(filled)
    }

    /// Where in the file the next byte comes from: the byte itself, or the start of its member.
    pub fn offset(&self) -> u64 {
        let members = &self.part.members;
        let next = members.partition_point(|&(place, _)| place <= self.used);
        let (place, offset) = members
            .get(next.saturating_sub(1))
            .copied()
            .unwrap_or_default();
        if self.is_compressed {
            offset
        } else {
            offset + (self.used - place) as u64
        }
    }

    /// Whether the file is gzip or BGZF.
    pub fn is_compressed(&self) -> bool {
        self.is_compressed
    }

    /// The file.
    pub fn file(&self) -> &PositionedFile {
        &self.file
    }

    /// The error for bytes that are not what the format asks for, at the next byte.
    pub fn damaged(&self, reason: impl Into<String>) -> Error {
        self.file.damaged(self.offset(), reason)
    }
}

fn pool(threads: usize) -> Result<ThreadPool> {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| Error::no_threads(threads, &error))
}

/// A thread that inflates parts before they are asked for.
#[derive(Debug)]
struct Ahead {
    /// `None` once the last part has come.
    parts: Option<Receiver<Result<Option<Part>>>>,
    /// Gives parts back whose memory is used again.
    used: Sender<Part>,
    thread: Option<JoinHandle<()>>,
}

impl Ahead {
    fn start(source: Source) -> Result<Self> {
        let (sender, parts) = sync_channel(PARTS_AHEAD);
        let (used, receiver) = channel();
        let thread = Builder::new()
            .spawn(move || read_ahead(source, &sender, &receiver))
            .map_err(|error| Error::no_threads(1, &error))?;
        Ok(Self {
            parts: Some(parts),
            used,
            thread: Some(thread),
        })
    }

    fn next(&mut self, part: &mut Part) -> Result<bool> {
        // Nobody takes it where the thread has ended.
        let _ = self.used.send(std::mem::take(part));
        let Some(parts) = &self.parts else {
            return Ok(false);
        };
        match parts.recv() {
            Ok(Ok(Some(next))) => {
                *part = next;
                Ok(true)
            }
            Ok(end) => {
                self.stop();
                end.map(|_| false)
            }
            // The thread ends without a last word in a panic only.
            Err(_) => match self.stop() {
                Some(panic) => std::panic::resume_unwind(panic),
                None => Ok(false),
            },
        }
    }

    /// Ends the thread, and returns its panic.
    fn stop(&mut self) -> Option<Box<dyn Any + Send>> {
        // Without a receiver, sending fails.
        self.parts = None;
        self.thread.take()?.join().err()
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.stop();
    }
}

fn read_ahead(mut source: Source, parts: &SyncSender<Result<Option<Part>>>, used: &Receiver<Part>) {
    loop {
        let mut part = used.try_recv().unwrap_or_default();
        let next = source.next(&mut part).map(|more| more.then_some(part));
        let is_last = !matches!(next, Ok(Some(_)));
        if parts.send(next).is_err() || is_last {
            return;
        }
    }
}
/// What gives the parts.
#[derive(Debug)]
struct Source {
    file: Arc<PositionedFile>,
    /// Inflates blocks; without it, they are inflated one by one.
    pool: Option<ThreadPool>,
    end: EndBlock,
    is_compressed: bool,
    /// Bytes of the file, of which those in `start..stop` are not inflated yet.
    window: Vec<u8>,
    start: usize,
    stop: usize,
    /// Where the byte at `start` lies in the file.
    offset: u64,
    blocks: Vec<Block>,
    stream: Option<Stream>,
    /// Whether the last member was a block with data.
    lacks_end: bool,
    /// What is told after the bytes before it.
    failed: Option<Error>,
}

/// A block of the window, and where it is inflated to.
#[derive(Clone, Copy, Debug)]
struct Block {
    offset: u64,
    /// Places in the window.
    deflated: (usize, usize),
    /// Places in the part.
    inflated: (usize, usize),
    crc: u32,
}

/// A gzip member that is no block.
struct Stream {
    offset: u64,
    inflate: Decompress,
    crc: Crc,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

impl Source {
    fn new(file: Arc<PositionedFile>, end: EndBlock) -> Result<Self> {
        let mut start = [0; 2];
        let is_compressed = file.len() >= 2 && {
            file.read_exact_at(&mut start, 0)?;
            is_compressed(&start)
        };
        let source = Self {
            file,
            pool: None,
            end,
            is_compressed,
            window: Vec::new(),
            start: 0,
            stop: 0,
            offset: 0,
            blocks: Vec::new(),
            stream: None,
            lacks_end: false,
            failed: None,
        };
        if is_compressed {
            source.check_tail()?;
        }
        Ok(source)
    }

    /// Fails if the last bytes tell that the file was cut.
    fn check_tail(&self) -> Result<()> {
        let length = self.file.len().min(2 * BLOCK as u64);
        let offset = self.file.len() - length;
        let bytes = self.file.read_vec(offset, length)?;
        match tail(&bytes) {
            Tail::NoEndBlock if self.end == EndBlock::Required => Err(self.no_end_block()),
            Tail::InBlock(place) => Err(self.cut(offset + place as u64)),
            Tail::Ended | Tail::NoEndBlock => Ok(()),
        }
    }

    /// Inflates the next part; `false` at the end of the file.
    fn next(&mut self, part: &mut Part) -> Result<bool> {
        part.length = 0;
        part.members.clear();
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.refill()?;
        if self.start == self.stop && self.stream.is_none() {
            if self.lacks_end && self.end == EndBlock::Required {
                return Err(self.no_end_block());
            }
            self.file.check_unchanged()?;
            return Ok(false);
        }
        if part.bytes.is_empty() {
            let length = usize::try_from(self.file.len()).unwrap_or(usize::MAX);
            let length = length.saturating_mul(64).clamp(BLOCK, MOST_INFLATED);
            part.bytes = zeroed(length, "the bytes of a file")?;
        }
        if !self.is_compressed {
            self.copy(part);
        } else if self.stream.is_some() {
            self.inflate_stream(part)?;
        } else {
            self.find_blocks(part)?;
            self.inflate_blocks(part);
        }
        Ok(true)
    }

    /// Moves what is left of the window to its start, and fills the rest.
    fn refill(&mut self) -> Result<()> {
        if self.window.is_empty() {
            let length = usize::try_from(self.file.len()).unwrap_or(usize::MAX);
            self.window = zeroed(length.min(WINDOW), "a part of a file")?;
        }
        self.window.copy_within(self.start..self.stop, 0);
        self.stop -= self.start;
        self.start = 0;
        let next = self.offset + self.stop as u64;
        let left = usize::try_from(self.file.len() - next).unwrap_or(usize::MAX);
        let stop = self.stop + left.min(self.window.len() - self.stop);
        self.file
            .read_exact_at(&mut self.window[self.stop..stop], next)?;
        self.stop = stop;
        Ok(())
    }

    /// Whether the window reaches to the end of the file.
    fn is_at_end(&self) -> bool {
        self.offset + (self.stop - self.start) as u64 == self.file.len()
    }

    fn advance(&mut self, length: usize) {
        self.start += length;
        self.offset += length as u64;
    }

    fn copy(&mut self, part: &mut Part) {
        let length = self.stop - self.start;
        part.bytes[..length].copy_from_slice(&self.window[self.start..self.stop]);
        part.length = length;
        part.members.push((0, self.offset));
        self.advance(length);
    }

    /// Lists the blocks that lie whole in the window, up to the first member that is none, and starts with that if there
    /// is no block before it.
    fn find_blocks(&mut self, part: &mut Part) -> Result<()> {
        self.blocks.clear();
        let mut inflated = 0;
        while self.start < self.stop {
            let rest = &self.window[self.start..self.stop];
            let (header, size) = match member(rest) {
                Member::Block { header, size } if size <= rest.len() => (header, size),
                Member::Stream { header } => {
                    if self.blocks.is_empty() {
                        self.start_stream(header);
                    }
                    break;
                }
                Member::Other(reason) => {
                    self.failed = Some(self.file.damaged(self.offset, reason));
                    break;
                }
                Member::Block { .. } | Member::Cut => {
                    if self.is_at_end() {
                        self.failed = Some(self.cut(self.offset));
                    } else if self.start == 0 {
                        let reason = "a gzip member whose header has no end";
                        self.failed = Some(self.file.damaged(self.offset, reason));
                    }
                    break;
                }
            };
            let Some((crc, length)) = trailer(&rest[..size]) else {
                break;
            };
            let length = length as usize;
            if length > BLOCK {
                let reason = format!("a BGZF block of {length} bytes; the most are {BLOCK}");
                self.failed = Some(self.file.damaged(self.offset, reason));
                break;
            }
            if inflated + length > part.bytes.len() {
                break;
            }
            reserve(&mut self.blocks, 1, "the blocks of a file")?;
            self.blocks.push(Block {
                offset: self.offset,
                deflated: (self.start + header, self.start + size - TRAILER),
                inflated: (inflated, inflated + length),
                crc,
            });
            part.members.push((inflated, self.offset));
            inflated += length;
            self.lacks_end = length > 0;
            self.advance(size);
        }
        part.length = inflated;
        Ok(())
    }

    /// Inflates the blocks that were found; the first that fails ends the part.
    fn inflate_blocks(&mut self, part: &mut Part) {
        let (window, mut free) = (&self.window, part.bytes.as_mut_slice());
        let mut targets = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let (bytes, rest) = free.split_at_mut(block.inflated.1 - block.inflated.0);
            targets.push((block, bytes));
            free = rest;
        }
        let inflate = |inflate: &mut Decompressor, (block, bytes): (&Block, &mut [u8])| {
            let (start, stop) = block.deflated;
            let error = inflate_block(inflate, &window[start..stop], bytes, block.crc).err()?;
            Some((*block, error))
        };
        let failed = if let Some(pool) = &self.pool {
            pool.install(|| {
                let found = targets.into_par_iter();
                let found = found.map_init(Decompressor::new, inflate);
                found.find_map_first(|failed| failed)
            })
        } else {
            let mut decompressor = Decompressor::new();
            let mut found = targets.into_iter();
            found.find_map(|target| inflate(&mut decompressor, target))
        };
        if let Some((block, reason)) = failed {
            part.length = block.inflated.0;
            self.failed = Some(self.file.damaged(block.offset, reason));
        }
    }

    fn start_stream(&mut self, header: usize) {
        self.stream = Some(Stream {
            offset: self.offset,
            inflate: Decompress::new(false),
            crc: Crc::new(),
        });
        self.lacks_end = false;
        self.advance(header);
    }

    /// Inflates more of the member, up to its end.
    fn inflate_stream(&mut self, part: &mut Part) -> Result<()> {
        let Some(mut stream) = self.stream.take() else {
            return Ok(());
        };
        part.members.push((0, stream.offset));
        let mut has_ended = false;
        while part.length < part.bytes.len() && !has_ended {
            self.refill()?;
            let deflated = &self.window[self.start..self.stop];
            let free = &mut part.bytes[part.length..];
            let (read, written) = (stream.inflate.total_in(), stream.inflate.total_out());
            let status = stream
                .inflate
                .decompress(deflated, free, FlushDecompress::None);
            let read = (stream.inflate.total_in() - read) as usize;
            let written = (stream.inflate.total_out() - written) as usize;
            stream
                .crc
                .update(&part.bytes[part.length..part.length + written]);
            part.length += written;
            self.advance(read);
            match status {
                Ok(Status::StreamEnd) => has_ended = true,
                Ok(Status::Ok | Status::BufError) if read + written > 0 => {}
                Ok(_) => {
                    self.failed = Some(self.cut(stream.offset));
                    return Ok(());
                }
                Err(_) => {
                    self.failed = Some(self.not_inflated(stream.offset));
                    return Ok(());
                }
            }
        }
        if has_ended {
            self.finish_stream(&stream)
        } else {
            self.stream = Some(stream);
            Ok(())
        }
    }

    /// Compares the trailer of a member with what was inflated.
    fn finish_stream(&mut self, stream: &Stream) -> Result<()> {
        self.refill()?;
        let found = self.window[self.start..self.stop]
            .get(..TRAILER)
            .and_then(trailer);
        let Some((crc, length)) = found else {
            self.failed = Some(self.cut(stream.offset));
            return Ok(());
        };
        if (crc, length) != (stream.crc.sum(), stream.inflate.total_out() as u32) {
            self.failed = Some(self.not_inflated(stream.offset));
        }
        self.advance(TRAILER);
        Ok(())
    }

    fn not_inflated(&self, offset: u64) -> Error {
        let reason = "a gzip member that cannot be inflated, or whose CRC-32 or length differs";
        self.file.damaged(offset, reason)
    }

    /// The error for a file that ends inside the member at `offset`.
    fn cut(&self, offset: u64) -> Error {
        let len = self.file.len();
        let reason = format!(
            "the file ends inside the gzip member that starts here, after {len} bytes in all: a copy or a download was not finished"
        );
        self.file.fault(offset, Fault::Cut(reason))
    }

    fn no_end_block(&self) -> Error {
        self.file.fault(self.file.len(), Fault::NoEndBlock)
    }
}

/// Inflates a block to exactly these bytes, or tells what is wrong with it.
fn inflate_block(
    inflate: &mut Decompressor,
    deflated: &[u8],
    bytes: &mut [u8],
    crc: u32,
) -> std::result::Result<(), String> {
    match inflate.deflate_decompress(deflated, bytes) {
        Ok(length) if length == bytes.len() => {}
        _ => {
            return Err(format!(
                "a BGZF block that cannot be inflated to the {} bytes that it names",
                bytes.len()
            ));
        }
    }
    let found = crc32(bytes);
    if found == crc {
        Ok(())
    } else {
        Err(format!(
            "a BGZF block with the CRC-32 {found:08x} instead of {crc:08x}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::gzip::END_BLOCK;
    use crate::testing::{TestResult, bgzf, bgzf_block, gzip};

    const THREADS: [usize; 3] = [1, 2, 64];

    fn open(bytes: &[u8], threads: usize, end: EndBlock) -> Result<Inflated> {
        let file = PositionedFile::in_memory("reads.gz", bytes.to_vec(), FileKind::Fragments)?;
        Inflated::new(file, threads, end)
    }

    fn read_all(bytes: &[u8], threads: usize) -> (Vec<u8>, Option<Error>) {
        let mut all = Vec::new();
        let mut inflated = match open(bytes, threads, EndBlock::Required) {
            Ok(inflated) => inflated,
            Err(error) => return (all, Some(error)),
        };
        loop {
            match inflated.fill() {
                Ok([]) => return (all, None),
                Ok(part) => {
                    all.extend(part);
                    let length = part.len();
                    inflated.consume(length);
                }
                Err(error) => return (all, Some(error)),
            }
        }
    }

    /// Bytes that deflate to about half their length.
    fn sample(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b'a' + (state >> 28) as u8
        };
        (0..length).map(next).collect()
    }

    #[test]
    fn all_members_are_read_whatever_their_kind_and_order() -> TestResult {
        let (one, two) = (sample(2_300_000), sample(400_000));
        let (first, second) = (bgzf(&one, 65_280)?, bgzf(&two, 300)?);
        let (third, fourth) = (gzip(&one)?, gzip(&two)?);
        let cases: [[&[&[u8]]; 2]; 10] = [
            [&[], &[]],
            [&[b"\x1f"], &[b"\x1f"]],
            [&[&one], &[&one]],
            [&[&END_BLOCK], &[]],
            [&[&first], &[&one]],
            [&[&first, &second], &[&one, &two]],
            [&[&third, &fourth], &[&one, &two]],
            [&[&first, &fourth], &[&one, &two]],
            [&[&third, &second], &[&one, &two]],
            [
                &[
                    &END_BLOCK, &second, &END_BLOCK, &END_BLOCK, &third, &END_BLOCK,
                ],
                &[&two, &one],
            ],
        ];
        for threads in THREADS {
            for (case, [members, expected]) in cases.iter().enumerate() {
                let (found, error) = read_all(&members.concat(), threads);
                assert!(error.is_none(), "case {case}: {error:?}");
                assert!(found == expected.concat(), "case {case}");
            }
        }
        Ok(())
    }

    #[test]
    fn bytes_of_any_member_header_are_understood() -> TestResult {
        let plain = gzip(b"text")?;
        let deflated = &plain[17..];
        let headers: [&[u8]; 4] = [
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
            b"\x1f\x8b\x08\x10\0\0\0\0\0\x03a remark\0",
            b"\x1f\x8b\x08\x1e\0\0\0\0\0\x03\x05\0XX\x01\0zname\0remark\0\x6c\xb2",
            // The field of a BGZF block beside a name: not a block that can be found by its size.
            b"\x1f\x8b\x08\x0c\0\0\0\0\0\x03\x06\0BC\x02\0\xff\xffname\0",
        ];
        for header in headers {
            let (found, error) = read_all(&[header, deflated].concat(), 1);
            assert!(error.is_none(), "{header:?}: {error:?}");
            assert_eq!(found, b"text");
        }
        Ok(())
    }

    #[test]
    fn a_cut_file_is_an_error_at_the_start_where_its_end_tells() -> TestResult {
        let text = sample(400_000);
        let whole = bgzf(&text, 65_280)?;
        let block = bgzf_block(&text[..65_280])?.len();
        for threads in THREADS {
            // (bytes left, what is told, whether opening tells it)
            for (left, is_no_end) in [
                (whole.len() - 28, true),
                (block, true),
                (3 * block, false),
                (whole.len() - 1, false),
                (whole.len() - 27, false),
                (block + 5, false),
                (block + 17, false),
            ] {
                let result = open(&whole[..left], threads, EndBlock::Required).map(drop);
                let is_border = matches!(
                    &result,
                    Err(Error::Format {
                        fault: Fault::NoEndBlock,
                        ..
                    })
                );
                let is_cut = matches!(
                    &result,
                    Err(Error::Format {
                        fault: Fault::Cut(_),
                        ..
                    })
                );
                assert!(
                    if is_no_end {
                        is_border
                    } else {
                        is_border || is_cut
                    },
                    "{left}: {result:?}"
                );
            }
            let mut lenient = open(&whole[..whole.len() - 28], threads, EndBlock::Optional)?;
            let mut found = vec![0; text.len() + 1];
            assert_eq!(lenient.read(&mut found)?, text.len());
            assert!(found[..text.len()] == text);

            let member = gzip(&text)?;
            for left in [
                member.len() - 1,
                member.len() - 4,
                member.len() - 8,
                100_000,
                12,
                3,
            ] {
                let (found, error) = read_all(&member[..left], threads);
                assert!(text.starts_with(&found));
                let is_cut = matches!(
                    &error,
                    Some(Error::Format {
                        fault: Fault::Cut(_),
                        offset: 0,
                        ..
                    })
                );
                assert!(is_cut, "{left}: {error:?}");
            }
        }
        Ok(())
    }

    #[test]
    fn a_flipped_byte_is_an_error_that_names_the_block() -> TestResult {
        let text = sample(700_000);
        let whole = bgzf(&text, 60_000)?;
        let block = bgzf_block(&text[..60_000])?.len();
        for threads in THREADS {
            for at in [block + 100, block + 20_000, 2 * block - 6, 2 * block - 2] {
                let mut flipped = whole.clone();
                flipped[at] ^= 0x10;
                let (found, error) = read_all(&flipped, threads);
                assert!(found == text[..60_000], "{at}: {} bytes", found.len());
                let is_named =
                    matches!(&error, Some(Error::Format { offset, .. }) if *offset == block as u64);
                assert!(is_named, "{at}: {error:?}");
            }
            let mut member = gzip(&text)?;
            let length = member.len();
            for at in [length / 2, length - 5, length - 1] {
                member[at] ^= 1;
                let (_, error) = read_all(&member, threads);
                assert!(
                    matches!(error, Some(Error::Format { offset: 0, .. })),
                    "{error:?}"
                );
                member[at] ^= 1;
            }
        }
        Ok(())
    }

    #[test]
    fn a_file_can_be_left_before_its_end() -> TestResult {
        // More parts than wait: the thread that reads ahead has to be told.
        let whole = bgzf(&sample(700_000), 100)?.repeat(9);
        for threads in THREADS {
            drop(open(&whole, threads, EndBlock::Required)?);
            let mut inflated = open(&whole, threads, EndBlock::Required)?;
            assert!(!inflated.fill()?.is_empty());
        }
        Ok(())
    }

    #[test]
    fn nothing_is_read_after_an_error() -> TestResult {
        let cut = &gzip(b"text")?[..20];
        for threads in THREADS {
            let mut inflated = open(cut, threads, EndBlock::Required)?;
            let result = loop {
                match inflated.fill().map(<[u8]>::len) {
                    Ok(length) => inflated.consume(length),
                    Err(error) => break error,
                }
            };
            assert!(matches!(result, Error::Format { .. }), "{result:?}");
            assert!(matches!(inflated.fill(), Err(Error::Misuse(_))));
        }
        Ok(())
    }

    #[test]
    fn what_follows_the_last_member_is_an_error() -> TestResult {
        for (behind, threads) in [
            (b"text".as_slice(), 1),
            (b"\0\0\0", 2),
            (b"\x1f\x8b\x09\0\0\0", 1),
        ] {
            let file = [&gzip(b"text")?, behind].concat();
            let (found, error) = read_all(&file, threads);
            assert_eq!(found, b"text");
            let offset = (file.len() - behind.len()) as u64;
            assert!(matches!(error, Some(Error::Format { offset: at, .. }) if at == offset));
        }
        Ok(())
    }

    #[test]
    fn places_are_those_of_the_file() -> TestResult {
        let file = [
            gzip(b"one")?,
            bgzf_block(b"two")?,
            bgzf_block(b"three")?,
            END_BLOCK.to_vec(),
        ];
        let mut inflated = open(&file.concat(), 1, EndBlock::Required)?;
        let mut places = Vec::new();
        let mut byte = [0];
        while !inflated.fill()?.is_empty() {
            places.push(inflated.offset());
            inflated.read(&mut byte)?;
        }
        let second = file[0].len() as u64;
        let third = second + file[1].len() as u64;
        let expected = [[0; 3].as_slice(), &[second; 3], &[third; 5]].concat();
        assert_eq!(places, expected);

        let mut plain = open(b"plain", 1, EndBlock::Required)?;
        plain.fill()?;
        plain.consume(3);
        assert_eq!(plain.offset(), 3);
        Ok(())
    }
}
