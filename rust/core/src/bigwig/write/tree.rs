//! The two trees of a bigWig file, root first, level by level, all nodes of a tree of one size.

use super::output::{Bytes, Output};
use super::{ITEMS_PER_BLOCK, chrom_tree, index};
use crate::chrom::Chrom;
use crate::error::Result;

/// Most entries of a node, as in UCSC's programs.
const CHILDREN: usize = 256;

/// A block of the file, as the index knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) chrom: u32,
    pub(super) start: u32,
    pub(super) end: u32,
    /// Bytes in the file.
    pub(super) size: u32,
    pub(super) offset: u64,
}

/// Writes the tree from names to numbers and lengths; the numbers are the places in `chroms`, which is sorted.
pub(super) fn write_chroms(output: &mut Output, chroms: &[Chrom]) -> Result<()> {
    let name_size = chroms.iter().map(|chrom| chrom.name.len()).max();
    let name_size = name_size.unwrap_or(0);
    let children = chroms.len().min(CHILDREN);
    let mut head = Vec::new();
    head.put_u32(chrom_tree::MAGIC);
    head.put_u32(children as u32);
    head.put_u32(name_size as u32);
    head.put_u32(chrom_tree::VALUE_SIZE);
    head.put_u64(chroms.len() as u64);
    head.put_u64(0);
    output.put(&head)?;

    let put_name = |bytes: &mut Vec<u8>, name: &str| {
        bytes.extend_from_slice(name.as_bytes());
        bytes.resize(bytes.len() + name_size - name.len(), 0);
    };
    let entry_size = name_size + chrom_tree::VALUE_SIZE as usize;
    let put = |bytes: &mut Vec<u8>, below: Below<Chrom>| match below {
        Below::Entry(number, chrom) => {
            put_name(bytes, &chrom.name);
            bytes.put_u32(number as u32);
            bytes.put_u32(chrom.size);
        }
        Below::Node(chroms, offset) => {
            put_name(bytes, &chroms[0].name);
            bytes.put_u64(offset);
        }
    };
    write_nodes(output, chroms, children, [entry_size; 2], put)
}

/// Writes the index of blocks that are sorted, with `base` added to their offsets.
pub(super) fn write_index(output: &mut Output, blocks: &[Block], base: u64) -> Result<()> {
    let children = blocks.len().clamp(1, CHILDREN);
    let mut head = Vec::new();
    head.put_u32(index::MAGIC);
    head.put_u32(children as u32);
    head.put_u64(blocks.len() as u64);
    put_span(&mut head, blocks);
    // Where the blocks end.
    head.put_u64(output.position());
    head.put_u32(ITEMS_PER_BLOCK as u32);
    head.put_u32(0);
    output.put(&head)?;

    let sizes = [index::LEAF_ENTRY_SIZE, index::INNER_ENTRY_SIZE].map(|size| size as usize);
    let put = |bytes: &mut Vec<u8>, below: Below<Block>| match below {
        Below::Entry(_, block) => {
            put_span(bytes, std::slice::from_ref(block));
            bytes.put_u64(base + block.offset);
            bytes.put_u64(block.size.into());
        }
        Below::Node(blocks, offset) => {
            put_span(bytes, blocks);
            bytes.put_u64(offset);
        }
    };
    write_nodes(output, blocks, children, sizes, put)
}

/// From the start of the first block to the end of the last; zeros if there is none.
fn put_span(bytes: &mut Vec<u8>, blocks: &[Block]) {
    let first = blocks
        .first()
        .map_or((0, 0), |block| (block.chrom, block.start));
    let last = blocks
        .last()
        .map_or((0, 0), |block| (block.chrom, block.end));
    for number in [first.0, first.1, last.0, last.1] {
        bytes.put_u32(number);
    }
}

/// What an entry of a node leads to.
enum Below<'a, T> {
    /// In a leaf: an item and its number.
    Entry(usize, &'a T),
    /// In any other node: the items below a node, and where that node is.
    Node(&'a [T], u64),
}

/// Writes the nodes of a tree over `items`.
///
/// `sizes` are the bytes of an entry of a leaf and of any other node. Nodes that are not full are padded, so that all
/// nodes of a level have one size.
fn write_nodes<T>(
    output: &mut Output,
    items: &[T],
    children: usize,
    sizes: [usize; 2],
    put_entry: impl Fn(&mut Vec<u8>, Below<T>),
) -> Result<()> {
    // How many items are below an entry of a node, from the leaves to the root.
    let mut reach = vec![1];
    while reach[reach.len() - 1] * children < items.len() {
        reach.push(reach[reach.len() - 1] * children);
    }
    for level in (0..reach.len()).rev() {
        let is_leaf = level == 0;
        let node_size = |level: usize| 4 + children * sizes[usize::from(level > 0)];
        // Every level has a node, if only an empty one.
        let nodes = items.len().div_ceil(reach[level] * children).max(1);
        let next_level = output.position() + (nodes * node_size(level)) as u64;
        let mut entries = items.chunks(reach[level]).enumerate();
        let mut bytes = Vec::with_capacity(node_size(level));
        for node in 0..nodes {
            let count = items
                .len()
                .div_ceil(reach[level])
                .saturating_sub(node * children)
                .min(children);
            bytes.clear();
            bytes.extend([u8::from(is_leaf), 0]);
            bytes.put_u16(count as u16);
            for (number, below) in entries.by_ref().take(count) {
                if is_leaf {
                    put_entry(&mut bytes, Below::Entry(number, &below[0]));
                } else {
                    let offset = next_level + (number * node_size(level - 1)) as u64;
                    put_entry(&mut bytes, Below::Node(below, offset));
                }
            }
            bytes.resize(node_size(level), 0);
            output.put(&bytes)?;
        }
    }
    Ok(())
}
