//! The blocks of one chromosome, and which of them overlap a region.

use super::index::BlockRef;

/// The blocks of a chromosome by start, with an index of how far they reach.
#[derive(Debug)]
pub(crate) struct Blocks {
    refs: Vec<BlockRef>,
    /// Whether none begins before the end of the one before it.
    are_apart: bool,
    /// For each multiple of `1 << shift`: how many blocks, counted from the first, lie before it to the last base. Bisecting
    /// thousands of blocks would miss the processor's cache.
    places: Vec<u32>,
    shift: u8,
}

impl Blocks {
    /// Takes blocks that are sorted by start.
    pub(super) fn new(refs: Vec<BlockRef>) -> Self {
        let last_end = refs.iter().map(|block| block.end).max().unwrap_or(0) as usize;
        let mut shift = 0;
        while last_end >> shift > refs.len() {
            shift += 1;
        }
        let mut first = 0;
        let places = (0..=last_end >> shift).map(|step| {
            while refs
                .get(first)
                .is_some_and(|block| block.end as usize <= step << shift)
            {
                first += 1;
            }
            first as u32
        });
        Self {
            places: places.collect(),
            are_apart: refs.is_sorted_by(|one, next| one.end <= next.start),
            shift,
            refs,
        }
    }

    /// The blocks, by start; those with the same start in the order of the file.
    pub(crate) fn refs(&self) -> &[BlockRef] {
        &self.refs
    }

    /// Whether none begins before the end of the one before it, as in every file of a sound writer.
    pub(crate) fn are_apart(&self) -> bool {
        self.are_apart
    }

    /// Bytes that this takes.
    pub(crate) fn bytes(&self) -> u64 {
        (size_of_val(&*self.refs) + size_of_val(&*self.places)) as u64
    }

    /// The numbers of the blocks that overlap `start..end`, rising.
    pub(crate) fn overlapping(&self, start: u32, end: u32) -> impl Iterator<Item = usize> + '_ {
        // Behind the last step, there is no block.
        let step = start as usize >> self.shift;
        let first = self.places.get(step);
        let first = first.map_or(self.refs.len(), |&place| place as usize);
        let rest = self.refs[first..].iter().enumerate();
        rest.take_while(move |(_, block)| block.start < end)
            .filter(move |(_, block)| block.end > start)
            .map(move |(index, _)| first + index)
    }
}
