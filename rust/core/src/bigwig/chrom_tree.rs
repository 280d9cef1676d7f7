//! The B+ tree from chromosome names to numbers and lengths.
//!
//! A header of 32 bytes (magic number, children per node, bytes per name, bytes per value, number of names), then
//! nodes: a byte that is 1 for a leaf, one unused, a 16-bit count, and that many entries. An entry is a name, padded
//! with zero bytes, with a number and a length in a leaf, else with the offset of a node.

use std::collections::HashSet;

use crate::chrom::{Chrom, ChromList};
use crate::error::Result;
use crate::io::bytes::{ByteOrder, Fields};
use crate::io::file::PositionedFile;

pub(super) const MAGIC: u32 = 0x78CA_8C91;
const HEADER_SIZE: u64 = 32;
const NODE_HEADER_SIZE: u64 = 4;
/// Bytes behind the name: number and length, or an offset.
pub(super) const VALUE_SIZE: u32 = 8;

/// Reads all chromosomes: names and lengths by number, and the numbers.
pub(super) fn read(
    file: &PositionedFile,
    order: ByteOrder,
    offset: u64,
) -> Result<(ChromList, Vec<u32>)> {
    let (name_size, expected) = read_header(file, order, offset)?;
    let mut found = read_leaves(file, order, offset + HEADER_SIZE, name_size)?;
    if found.len() as u64 != expected {
        let reason = format!(
            "chromosome tree has {} names, its header says {expected}",
            found.len()
        );
        return Err(file.damaged(offset, reason));
    }

    found.sort_by_key(|(id, _)| *id);
    let mut chroms = ChromList::default();
    let mut ids: Vec<u32> = Vec::with_capacity(found.len());
    for (id, chrom) in found {
        if ids.last() == Some(&id) {
            let reason = format!("chromosome number {id} is given twice");
            return Err(file.damaged(offset, reason));
        }
        ids.push(id);
        chroms.push(chrom).map_err(|name| {
            file.damaged(offset, format!("chromosome name {name:?} is listed twice"))
        })?;
    }
    Ok((chroms, ids))
}

/// Bytes per name, and the number of names.
fn read_header(file: &PositionedFile, order: ByteOrder, offset: u64) -> Result<(u32, u64)> {
    let bytes = file.read_vec(offset, HEADER_SIZE)?;
    let mut fields = Fields::new(&bytes, order);
    let (magic, name_size, value_size, chroms) = (|| {
        let (magic, _block_size) = (fields.u32()?, fields.u32()?);
        Some((magic, fields.u32()?, fields.u32()?, fields.u64()?))
    })()
    .ok_or_else(|| file.damaged(offset, "chromosome tree has no complete header"))?;
    if magic != MAGIC {
        let reason = format!("chromosome tree starts with {magic:#010x}, expected {MAGIC:#010x}");
        return Err(file.damaged(offset, reason));
    }
    if value_size != VALUE_SIZE {
        let reason =
            format!("chromosome tree has values of {value_size} bytes, expected {VALUE_SIZE}");
        return Err(file.damaged(offset, reason));
    }
    Ok((name_size, chroms))
}

fn read_leaves(
    file: &PositionedFile,
    order: ByteOrder,
    root: u64,
    name_size: u32,
) -> Result<Vec<(u32, Chrom)>> {
    let entry_size = u64::from(name_size) + u64::from(VALUE_SIZE);
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut bytes_read = 0;
    let mut nodes = vec![root];
    while let Some(offset) = nodes.pop() {
        // Nodes that lead back to themselves, or overlap, would make a small file endless.
        if !seen.insert(offset) || bytes_read > file.len() {
            return Err(file.damaged(offset, "chromosome tree comes to the same node twice"));
        }
        let head = file.read_vec(offset, NODE_HEADER_SIZE)?;
        let mut fields = Fields::new(&head, order);
        let (is_leaf, count) = (|| {
            let (is_leaf, _reserved) = (fields.u8()?, fields.u8()?);
            Some((is_leaf, fields.u16()?))
        })()
        .ok_or_else(|| file.damaged(offset, "chromosome tree has an incomplete node"))?;
        if is_leaf > 1 {
            let reason = format!("chromosome tree has a node of kind {is_leaf}, expected 0 or 1");
            return Err(file.damaged(offset, reason));
        }

        let entries = file.read_vec(offset + NODE_HEADER_SIZE, u64::from(count) * entry_size)?;
        bytes_read += NODE_HEADER_SIZE + entries.len() as u64;
        let mut fields = Fields::new(&entries, order);
        for _ in 0..count {
            let incomplete = || file.damaged(offset, "chromosome tree has an incomplete node");
            let name = fields.take(name_size as usize).ok_or_else(incomplete)?;
            if is_leaf == 1 {
                let (id, size) = fields.u32().zip(fields.u32()).ok_or_else(incomplete)?;
                let length = name.iter().position(|byte| *byte == 0);
                let (name, padding) = name.split_at(length.unwrap_or(name.len()));
                let name = str::from_utf8(name)
                    .map_err(|_| file.damaged(offset, "chromosome name is not UTF-8 text"))?
                    .to_owned();
                // Where the length of names is wrong, names run into numbers.
                if name.contains(char::is_control) || padding.iter().any(|byte| *byte != 0) {
                    let reason = format!("chromosome name {name:?} does not end where it should");
                    return Err(file.damaged(offset, reason));
                }
                found.push((id, Chrom { name, size }));
            } else {
                nodes.push(fields.u64().ok_or_else(incomplete)?);
            }
        }
    }
    Ok(found)
}
