//! The R-tree from regions to blocks.
//!
//! A header of 48 bytes (magic number, children per node, number of blocks, the region covered, ...), then nodes: a
//! byte that is 1 for a leaf, one unused, a 16-bit count, and that many entries. An entry is a region (number of the
//! first chromosome, start on it, number of the last chromosome, end on it), with the offset and the size of a block
//! in a leaf, else with the offset of a node.

use std::collections::HashSet;

use crate::error::Result;
use crate::io::bytes::{ByteOrder, Fields};
use crate::io::file::PositionedFile;

pub(super) const MAGIC: u32 = 0x2468_ACE0;
const HEADER_SIZE: u64 = 48;
const NODE_HEADER_SIZE: u64 = 4;
pub(super) const LEAF_ENTRY_SIZE: u64 = 32;
pub(super) const INNER_ENTRY_SIZE: u64 = 24;

/// Where a block is, and which part of a chromosome it covers, as the index says.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct BlockRef {
    /// The file's number of the first chromosome that the block has data of.
    pub first_chrom: u32,
    /// The file's number of the last one.
    pub last_chrom: u32,
    /// Start on the chromosome, 0-based.
    pub start: u32,
    /// End on the chromosome, not included.
    pub end: u32,
    /// Where the block's bytes start in the file.
    pub offset: u64,
    /// How many bytes the block has in the file.
    pub size: u64,
}

/// An index whose header has been found in order.
#[derive(Debug)]
pub(super) struct Index {
    root: u64,
    /// How many blocks it leads to, as its header says.
    blocks: u64,
}

/// A region of the index: it may reach over several chromosomes.
struct Span {
    first_chrom: u32,
    start: u32,
    last_chrom: u32,
    end: u32,
}

impl Span {
    fn read(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            first_chrom: fields.u32()?,
            start: fields.u32()?,
            last_chrom: fields.u32()?,
            end: fields.u32()?,
        })
    }

    fn touches(&self, chrom: u32) -> bool {
        (self.first_chrom..=self.last_chrom).contains(&chrom)
    }

    /// The part on a chromosome, which may be empty.
    fn on(&self, chrom: u32, size: u32) -> (u32, u32) {
        let start = if chrom == self.first_chrom {
            self.start
        } else {
            0
        };
        let end = if chrom == self.last_chrom {
            self.end.min(size)
        } else {
            size
        };
        (start, end)
    }
}

impl Index {
    pub(super) fn open(file: &PositionedFile, order: ByteOrder, offset: u64) -> Result<Self> {
        let bytes = file.read_vec(offset, HEADER_SIZE + NODE_HEADER_SIZE)?;
        let mut fields = Fields::new(&bytes, order);
        let magic = fields.u32().unwrap_or_default();
        let _children = fields.u32();
        if magic != MAGIC {
            let reason = format!("index starts with {magic:#010x}, expected {MAGIC:#010x}");
            return Err(file.damaged(offset, reason));
        }
        Ok(Self {
            root: offset + HEADER_SIZE,
            blocks: fields.u64().unwrap_or_default(),
        })
    }

    /// Fails if the last node of each level is not in the file to its end; looks at no other.
    ///
    /// The index comes after what it leads to, so this notices a file that is cut. Nodes are added to `seen`, which
    /// may be shared between the trees of a file.
    pub(super) fn check_end(
        &self,
        file: &PositionedFile,
        order: ByteOrder,
        seen: &mut HashSet<u64>,
    ) -> Result<()> {
        let mut offset = self.root;
        loop {
            if !seen.insert(offset) {
                return Err(file.damaged(offset, "index comes to the same node twice"));
            }
            let node = NodeHead::read(file, order, offset)?;
            let entries = offset + NODE_HEADER_SIZE;
            file.check_inside(entries, u64::from(node.count) * node.entry_size())?;
            if node.is_leaf || node.count == 0 {
                return Ok(());
            }
            let last = entries + u64::from(node.count - 1) * node.entry_size();
            let bytes = file.read_vec(last, node.entry_size())?;
            let mut fields = Fields::new(&bytes, order);
            offset = Span::read(&mut fields)
                .and_then(|_| fields.u64())
                .ok_or_else(|| file.damaged(offset, "index has an incomplete node"))?;
        }
    }

    /// Reads every node once, and fails as [`Self::walk`] does.
    ///
    /// Also fails if there are fewer blocks than the index should have, or one of a chromosome that is not in `ids`.
    /// `ids` are the numbers of all chromosomes, sorted.
    pub(super) fn check_nodes(
        &self,
        file: &PositionedFile,
        order: ByteOrder,
        ids: &[u32],
    ) -> Result<()> {
        let mut blocks = 0;
        let enters = |_: &Span| true;
        self.walk(file, order, enters, |node, leaf| {
            blocks += 1;
            let ends = [leaf.span.first_chrom, leaf.span.last_chrom];
            match ends.iter().find(|id| ids.binary_search(id).is_err()) {
                None => Ok(()),
                Some(id) => Err(file.damaged(
                    node,
                    format!(
                        "index has a block of chromosome number {id}, which the file does not list"
                    ),
                )),
            }
        })?;
        if blocks < self.blocks {
            let reason = format!("index has {blocks} blocks, its header says {}", self.blocks);
            return Err(file.damaged(self.root - HEADER_SIZE, reason));
        }
        Ok(())
    }

    /// The blocks of a chromosome in the order of the tree, which is that of the file.
    ///
    /// Among them are those whose region on the chromosome is empty, or ends before it starts.
    pub(super) fn blocks(
        &self,
        file: &PositionedFile,
        order: ByteOrder,
        chrom: u32,
        size: u32,
    ) -> Result<Vec<BlockRef>> {
        let mut found = Vec::new();
        let mut block_bytes = 0;
        let touches = |span: &Span| span.touches(chrom);
        self.walk(file, order, touches, |node, leaf| {
            file.check_inside(leaf.offset, leaf.size)?;
            // No writer lets blocks share bytes. If they could, a small file would hold endless data.
            block_bytes += leaf.size;
            if block_bytes > file.len() {
                let reason = "index lists blocks of more bytes than the file has";
                return Err(file.damaged(node, reason));
            }
            let (start, end) = leaf.span.on(chrom, size);
            found.push(BlockRef {
                first_chrom: leaf.span.first_chrom,
                last_chrom: leaf.span.last_chrom,
                start,
                end,
                offset: leaf.offset,
                size: leaf.size,
            });
            Ok(())
        })?;
        Ok(found)
    }

    /// Visits the leaves in the tree's order, below the entries that `enters` accepts; `visit` gets the node's offset as well.
    ///
    /// Fails where an entry names chromosomes that its parent does not: they would not be found. Positions are not
    /// compared, because nothing is looked up by those of nodes, and where blocks are out of order they are wrong.
    fn walk(
        &self,
        file: &PositionedFile,
        order: ByteOrder,
        enters: impl Fn(&Span) -> bool,
        mut visit: impl FnMut(u64, Leaf) -> Result<()>,
    ) -> Result<()> {
        let mut seen = HashSet::new();
        let mut bytes_read = 0;
        let mut nodes = vec![(self.root, (0, u32::MAX))];
        while let Some((offset, chroms)) = nodes.pop() {
            // Nodes that lead back to themselves, or overlap, would make a small file endless.
            if !seen.insert(offset) || bytes_read > file.len() {
                return Err(file.damaged(offset, "index comes to the same node twice"));
            }
            let node = NodeHead::read(file, order, offset)?;
            let length = u64::from(node.count) * node.entry_size();
            let entries = file.read_vec(offset + NODE_HEADER_SIZE, length)?;
            bytes_read += NODE_HEADER_SIZE + length;

            let mut fields = Fields::new(&entries, order);
            let first_child = nodes.len();
            for _ in 0..node.count {
                let incomplete = || file.damaged(offset, "index has an incomplete node");
                let span = Span::read(&mut fields).ok_or_else(incomplete)?;
                let target = fields.u64().ok_or_else(incomplete)?;
                let (first, last) = (span.first_chrom, span.last_chrom);
                if first > last || first < chroms.0 || last > chroms.1 {
                    let reason = format!(
                        "index has an entry for the chromosomes number {first} to {last} in a node for {} to {}",
                        chroms.0, chroms.1
                    );
                    return Err(file.damaged(offset, reason));
                }
                let size = if node.is_leaf {
                    fields.u64().ok_or_else(incomplete)?
                } else {
                    0
                };
                if !enters(&span) {
                    continue;
                }
                if node.is_leaf {
                    let leaf = Leaf {
                        span,
                        offset: target,
                        size,
                    };
                    visit(offset, leaf)?;
                } else {
                    nodes.push((target, (first, last)));
                }
            }
            // The last one pushed is taken first.
            if let Some(children) = nodes.get_mut(first_child..) {
                children.reverse();
            }
        }
        Ok(())
    }
}

/// An entry that leads to a block.
struct Leaf {
    span: Span,
    offset: u64,
    size: u64,
}

/// What stands in front of a node's entries.
struct NodeHead {
    is_leaf: bool,
    count: u16,
}

impl NodeHead {
    fn read(file: &PositionedFile, order: ByteOrder, offset: u64) -> Result<Self> {
        let head = file.read_vec(offset, NODE_HEADER_SIZE)?;
        let mut fields = Fields::new(&head, order);
        let (kind, count) = (|| {
            let (kind, _reserved) = (fields.u8()?, fields.u8()?);
            Some((kind, fields.u16()?))
        })()
        .ok_or_else(|| file.damaged(offset, "index has an incomplete node"))?;
        if kind > 1 {
            let reason = format!("index has a node of kind {kind}, expected 0 or 1");
            return Err(file.damaged(offset, reason));
        }
        Ok(Self {
            is_leaf: kind == 1,
            count,
        })
    }

    fn entry_size(&self) -> u64 {
        if self.is_leaf {
            LEAF_ENTRY_SIZE
        } else {
            INNER_ENTRY_SIZE
        }
    }
}
