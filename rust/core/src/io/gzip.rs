//! The headers of gzip members and BGZF blocks.
//!
//! A gzip file is a row of members: header, deflate stream, CRC-32 and length of what was deflated. A BGZF file is a gzip
//! file whose members, here called blocks, tell their own size in an extra field of the header and hold at most 64 KiB;
//! its last block is empty, so that a file cut between two blocks is seen to be cut.

use std::ops::Range;

/// The block that ends a BGZF file.
pub(crate) const END_BLOCK: [u8; 28] = [
    0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, b'B', b'C', 2, 0, 0x1b, 0, 3, 0, 0, 0, 0, 0, 0, 0,
    0, 0,
];

/// The most bytes that a block has, deflated or not.
pub(crate) const BLOCK: usize = 1 << 16;

/// CRC-32 and length behind the deflate stream.
pub(crate) const TRAILER: usize = 8;

/// The first bytes of a gzip member.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

const HAS_HEADER_CRC: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

/// What starts at a place of a compressed file.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Member {
    /// A BGZF block of so many bytes in all, of which the first are its header.
    Block { header: usize, size: usize },
    /// A gzip member of unknown size; its header has so many bytes.
    Stream { header: usize },
    /// A header that goes on behind the bytes given.
    Cut,
    /// Something else.
    Other(&'static str),
}

/// Whether a file that starts like this is a gzip file.
pub(crate) fn is_compressed(start: &[u8]) -> bool {
    start.starts_with(&MAGIC)
}

/// Reads the header at the start of `bytes`, which are not empty.
pub(crate) fn member(bytes: &[u8]) -> Member {
    read_header(bytes).unwrap_or(Member::Cut)
}

fn read_header(bytes: &[u8]) -> Option<Member> {
    let known = bytes.len().min(MAGIC.len());
    if bytes.get(..known)? != MAGIC.get(..known)? {
        return Some(Member::Other("expected a gzip member"));
    }
    let flags = *bytes.get(3)?;
    if *bytes.get(2)? != 8 || flags & RESERVED != 0 {
        return Some(Member::Other("a gzip member of an unknown kind"));
    }
    let mut header = 10;
    if flags & HAS_EXTRA != 0 {
        let length = usize::from(u16_at(bytes, header)?);
        let extra = header + 2..header + 2 + length;
        header = extra.end;
        let block_size = block_size(bytes.get(extra)?);
        if let (HAS_EXTRA, Some(size)) = (flags, block_size) {
            return Some(if size < header + TRAILER {
                Member::Other("a BGZF block that is smaller than its header")
            } else {
                Member::Block { header, size }
            });
        }
    }
    for text in [HAS_NAME, HAS_COMMENT] {
        if flags & text != 0 {
            header += 1 + memchr::memchr(0, bytes.get(header..)?)?;
        }
    }
    if flags & HAS_HEADER_CRC != 0 {
        if u16_at(bytes, header)? != libdeflater::crc32(bytes.get(..header)?) as u16 {
            return Some(Member::Other("a gzip member whose header has another CRC"));
        }
        header += 2;
    }
    (header <= bytes.len()).then_some(Member::Stream { header })
}

/// The size of the block, from the field `BC` of its header.
fn block_size(mut extra: &[u8]) -> Option<usize> {
    loop {
        let length = usize::from(u16_at(extra, 2)?);
        if extra.starts_with(b"BC") && length == 2 {
            return u16_at(extra, 4).map(|size| usize::from(size) + 1);
        }
        extra = extra.get(4 + length..)?;
    }
}

/// CRC-32 and length, from the trailer at the end of a member.
pub(crate) fn trailer(member: &[u8]) -> Option<(u32, u32)> {
    let (crc, length) = member.last_chunk::<TRAILER>()?.split_at(4);
    let number = |bytes: &[u8]| bytes.try_into().ok().map(u32::from_le_bytes);
    Some((number(crc)?, number(length)?))
}

/// How a file's last bytes end it.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Tail {
    /// With an empty block, or not with a block at all: then only reading tells.
    Ended,
    /// With a block that has data: the end block is missing.
    NoEndBlock,
    /// Inside the block that starts at this place of `bytes`.
    InBlock(usize),
}

/// Looks for blocks in the last bytes of a file; `bytes` holds at least two of the largest size, or the whole file.
pub(crate) fn tail(bytes: &[u8]) -> Tail {
    if bytes.ends_with(&END_BLOCK) {
        return Tail::Ended;
    }
    // As written by every BGZF writer: a header whose only extra field is the block's size.
    let start = |at: &Range<usize>| {
        bytes.get(at.clone()).is_some_and(|bytes| {
            bytes.starts_with(END_BLOCK.get(..4).unwrap_or_default())
                && bytes.get(10..) == END_BLOCK.get(10..16)
        })
    };
    let places = memchr::memchr_iter(MAGIC[0], bytes).map(|at| at..at + 16);
    for Range { start: first, .. } in places.filter(start) {
        let mut at = first;
        let mut length = None;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            match member(rest) {
                Member::Block { size, .. } => match rest.get(..size) {
                    Some(block) => {
                        length = trailer(block).map(|(_, length)| length);
                        at += size;
                    }
                    None => return Tail::InBlock(at),
                },
                Member::Cut => return Tail::InBlock(at),
                Member::Stream { .. } => return Tail::Ended,
                // The header was none, only bytes that look like one.
                Member::Other(_) => {
                    length = None;
                    break;
                }
            }
        }
        match length {
            Some(0) => return Tail::Ended,
            Some(_) => return Tail::NoEndBlock,
            None => {}
        }
    }
    Tail::Ended
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_le_bytes(*bytes))
}
