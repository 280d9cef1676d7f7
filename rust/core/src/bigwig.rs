//! bigWig files: one value per base of a genome, where there is one.
//!
//! On disk, all numbers in the byte order that the magic number `0x888FFC26` is written in:
//!
//! | part | content |
//! |---|---|
//! | header | magic number, version (1 to 4), offsets of the other parts, size of the largest block when inflated (0: blocks are not compressed) |
//! | chromosome tree | B+ tree from names to numbers and lengths |
//! | blocks | zlib streams, each a section of a few hundred to thousand intervals of one chromosome |
//! | index | R-tree from regions to blocks |
//! | zoom levels, summary | the same at lower resolution; not read here |
//!
//! A section holds its intervals in one of three ways: bedGraph (start, end, value), variable step (start, value, a
//! shared length) or fixed step (value; start, distance and length shared). The format is described by
//! [Kent et al. 2010](https://doi.org/10.1093/bioinformatics/btq351) and its supplement.
//!
//! [`BigWig::open`] reads the header and the chromosomes, and checks that the file is there to its end. The part of the index that belongs to a chromosome is read
//! when that chromosome is first asked for, and kept. Blocks are not kept: [`BigWig::decode`] reads one and inflates
//! it, and whoever needs it again keeps the [`Runs`].
//!
//! # Odd and damaged files
//!
//! | found | behaviour |
//! |---|---|
//! | values that are NaN, infinite or negative | read as they are |
//! | intervals that overlap | the last one counts, see [`BigWig::values`] |
//! | intervals or blocks out of order, where the index covers them | read in the order of the file |
//! | a block with data outside of the region, or of the chromosomes, that the index gives it | [`Error::Format`] from whatever reads the block; from all reads of the chromosome if that region is empty |
//! | an index with fewer blocks than its header says | [`Error::Format`] |
//! | a node of the index with chromosomes that its parent, or the chromosome tree, does not name | [`Error::Format`] |
//! | names of chromosomes with control characters, or with more behind their end | [`Error::Format`] |
//! | intervals that are empty, or beyond the chromosome's end | left out, or cut at the end |
//! | an index with a node that is reached twice, by a circle or otherwise; nodes whose sizes add up to more than the file's | [`Error::Format`] |
//! | blocks whose sizes add up to more than the file's, or that lie outside of it | [`Error::Format`] |
//! | a block that is no sound zlib stream, or inflates to more than the header says, or than 64 MiB | [`Error::Format`] |
//! | a file that is cut, if only in its zoom levels | [`Error::Format`] |
//! | a file that is written to, or cut, while it is open | [`Error::Changed`] from whatever then reads it |
//!
//! No count or size is believed before it has been held against the file's length, so memory is bounded by that: what
//! a block inflates to by 1,032 times its size, and by 64 MiB.
//!
//! # Examples
//!
//! The values of a region, with the bases that have none counted as 0:
//!
//! ```no_run
//! use maxatac_core::{BigWig, Scratch};
//!
//! # fn main() -> maxatac_core::Result<()> {
//! let track = BigWig::open("GM12878.bw")?;
//! let chr1 = track.require_chrom("chr1")?;
//! let (mut values, mut scratch) = (vec![0.0; 1024], Scratch::default());
//! track.values(chr1, 10_000, 11_024, &mut values, &mut scratch)?;
//! let sum: f32 = values.iter().filter(|value| !value.is_nan()).sum();
//! # let _ = sum;
//! # Ok(())
//! # }
//! ```

mod block;
mod blocks;
mod chrom_tree;
mod header;
mod index;
mod write;

use std::path::Path;
use std::sync::OnceLock;

use self::header::Header;
use self::index::Index;
use crate::chrom::{Chrom, ChromList};
use crate::error::{Error, FileKind, Result, Shown};
use crate::io::bytes::ByteOrder;
use crate::io::file::PositionedFile;

pub(crate) use self::blocks::Blocks;

pub use self::block::{Intervals, Runs, Scratch};
pub use self::index::BlockRef;
pub use self::write::BigWigWriter;

/// An open bigWig file, to be shared between threads.
#[derive(Debug)]
pub struct BigWig {
    file: PositionedFile,
    order: ByteOrder,
    /// Size of the largest block when inflated, as the header says; 0 if blocks are not compressed.
    inflated_size: u32,
    chroms: ChromList,
    /// The number by which the rest of the file knows each chromosome.
    ids: Vec<u32>,
    /// `None` for a file without any data.
    index: Option<Index>,
    /// Set when all nodes of the index have been found in order.
    index_is_sound: OnceLock<()>,
    blocks: Vec<OnceLock<Blocks>>,
}

impl BigWig {
    /// Opens a file and reads its header and chromosomes.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::from_file(PositionedFile::open(path, FileKind::BigWig)?)
    }

    /// Reads header and chromosomes of a file that is open already.
    pub fn from_file(file: PositionedFile) -> Result<Self> {
        let (order, header) = Header::read(&file)?;
        let (chroms, ids) = chrom_tree::read(&file, order, header.chrom_tree_offset)?;
        let index = match header.index_offset {
            0 => {
                header::check_without_data(&file, order)?;
                None
            }
            offset => Some(Index::open(&file, order, offset)?),
        };
        header::check_zoom_levels(&file, order, header.zoom_levels)?;
        file.check_unchanged()?;
        let blocks = ids.iter().map(|_| OnceLock::new()).collect();
        Ok(Self {
            file,
            order,
            inflated_size: header.inflated_size,
            chroms,
            ids,
            index,
            index_is_sound: OnceLock::new(),
            blocks,
        })
    }

    /// The path that the file was opened under.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The chromosomes, by the number that the file gives them.
    pub fn chroms(&self) -> &[Chrom] {
        self.chroms.as_slice()
    }

    /// The place of a name in [`Self::chroms`].
    pub fn chrom_index(&self, name: &str) -> Option<usize> {
        self.chroms.index(name)
    }

    /// The place of a name in [`Self::chroms`], or the error that says which names there are.
    pub fn require_chrom(&self, name: &str) -> Result<usize> {
        self.chroms.require(name, FileKind::BigWig, self.path())
    }

    /// The blocks that hold a chromosome's data, by start; those with the same start in the order of the file.
    ///
    /// Read from the index on the first call and kept. A block that spans several chromosomes is listed for each,
    /// with the part of its region that lies on it.
    pub fn blocks(&self, chrom: usize) -> Result<&[BlockRef]> {
        Ok(self.chrom_blocks(chrom)?.refs())
    }

    /// The blocks that may hold data of `start..end`, in the order of [`Self::blocks`].
    pub fn blocks_overlapping(
        &self,
        chrom: usize,
        start: u32,
        end: u32,
    ) -> Result<impl Iterator<Item = &BlockRef> + '_> {
        let blocks = self.chrom_blocks(chrom)?;
        let refs = blocks.refs();
        Ok(blocks.overlapping(start, end).map(|index| &refs[index]))
    }

    /// The intervals of a block that belong to a chromosome, in the order of the file.
    pub fn decode(&self, chrom: usize, block: &BlockRef, scratch: &mut Scratch) -> Result<Runs> {
        let mut runs = Runs::default();
        self.decode_into(chrom, block, scratch, &mut runs)?;
        Ok(runs)
    }

    /// Appends the intervals of a block that belong to a chromosome, in the order of the file.
    ///
    /// Intervals are cut at the chromosome's end; those that are empty, or beyond it, are left out. What a failed
    /// call has appended is not valid.
    ///
    /// # Errors
    ///
    /// If the block holds more than the index says, besides the errors of reading: a window of it would not find this
    /// block, and would read as if there were no data.
    pub fn decode_into(
        &self,
        chrom: usize,
        block: &BlockRef,
        scratch: &mut Scratch,
        intervals: &mut impl Intervals,
    ) -> Result<()> {
        let (id, Chrom { name, size }) = self.chrom(chrom)?;
        let bytes = scratch.load(&self.file, block, self.inflated_size)?;
        let content = block::parse(bytes, self.order, block, id, *size, intervals)
            .map_err(|reason| self.file.damaged(block.offset, reason))?;
        let held = if let Some(other) = content.foreign_chrom {
            let other = self.ids.binary_search(&other).ok();
            let other = other.and_then(|place| self.chroms.get(place));
            other
                .map_or("a chromosome that the file does not list", |other| {
                    &other.name
                })
                .to_owned()
        } else if content.start < content.end
            && (content.start < block.start || content.end > block.end)
        {
            format!("{name}:{}-{}", content.start, content.end)
        } else {
            return Ok(());
        };
        let reason = format!(
            "the index says that this block holds {name}:{}-{}, but it holds data of {held}; if its rows were not sorted \
             by chromosome and start, sort them and write the file again",
            block.start, block.end
        );
        Err(self.file.damaged(block.offset, reason))
    }

    /// Reads every block of a chromosome, and fails as [`Self::decode_into`] does.
    ///
    /// Once this has succeeded, no window of the chromosome lacks data that the file holds.
    pub fn check_blocks(&self, chrom: usize) -> Result<()> {
        let (mut scratch, mut runs) = (Scratch::default(), Runs::default());
        for block in self.blocks(chrom)? {
            runs.clear();
            self.decode_into(chrom, block, &mut scratch, &mut runs)?;
        }
        Ok(())
    }

    /// Writes the value of every base of `start..end`; NaN where there is none.
    ///
    /// Where intervals overlap, which they should not, the last one counts, in the order of [`Self::blocks`] and,
    /// inside a block, of the file.
    ///
    /// # Errors
    ///
    /// If `out` does not hold exactly `end - start` values, besides the errors of reading.
    pub fn values(
        &self,
        chrom: usize,
        start: u32,
        end: u32,
        out: &mut [f32],
        scratch: &mut Scratch,
    ) -> Result<()> {
        self.check_region(chrom, start, end)?;
        if out.len() != (end - start) as usize {
            return Err(Error::Misuse(format!(
                "{} values asked for, but there is room for {}",
                end - start,
                out.len()
            )));
        }
        out.fill(f32::NAN);
        let mut runs = Runs::default();
        for block in self.blocks_overlapping(chrom, start, end)? {
            runs.clear();
            self.decode_into(chrom, block, scratch, &mut runs)?;
            for (from, to, value) in runs.iter() {
                let (from, to) = (from.max(start), to.min(end));
                if from < to {
                    out[(from - start) as usize..(to - start) as usize].fill(value);
                }
            }
        }
        Ok(())
    }

    /// The intervals that overlap `start..end`, as the file stores them: not cut at the region's ends.
    pub fn intervals(&self, chrom: usize, start: u32, end: u32) -> Result<Runs> {
        self.check_region(chrom, start, end)?;
        let mut scratch = Scratch::default();
        let (mut found, mut runs) = (Runs::default(), Runs::default());
        for block in self.blocks_overlapping(chrom, start, end)? {
            runs.clear();
            self.decode_into(chrom, block, &mut scratch, &mut runs)?;
            for (from, to, value) in runs.iter() {
                if from < end && to > start {
                    found.push(from, to, value);
                }
            }
        }
        Ok(found)
    }

    /// As [`Self::blocks`], with the index of what they overlap.
    pub(crate) fn chrom_blocks(&self, chrom: usize) -> Result<&Blocks> {
        let (id, &Chrom { size, .. }) = self.chrom(chrom)?;
        let cell = &self.blocks[chrom];
        if let Some(blocks) = cell.get() {
            return Ok(blocks);
        }
        // Two threads may both get here; they find the same, and the second result is dropped.
        let mut refs = match &self.index {
            Some(index) => {
                let check = || match self.index_is_sound.get() {
                    Some(()) => Ok(()),
                    None => index.check_nodes(&self.file, self.order, &self.ids),
                };
                let refs = check().and_then(|()| index.blocks(&self.file, self.order, id, size));
                // What is wrong with a file that is being changed is not its index.
                self.file.check_unchanged()?;
                let refs = refs?;
                self.index_is_sound.get_or_init(|| ());
                refs
            }
            None => Vec::new(),
        };
        // No window would find these. Empty intervals are allowed, and those beyond the chromosome's end.
        let mut scratch = Scratch::default();
        for block in refs.extract_if(.., |block| block.start >= block.end) {
            self.decode(chrom, &block, &mut scratch)?;
        }
        // Stable, so that blocks with the same start stay in the file's order.
        refs.sort_by_key(|block| block.start);
        Ok(cell.get_or_init(|| Blocks::new(refs)))
    }

    pub(crate) fn check_region(&self, chrom: usize, start: u32, end: u32) -> Result<()> {
        let (_, chrom) = self.chrom(chrom)?;
        chrom.check_inside((start, end.into()), FileKind::BigWig, self.path())
    }

    /// A chromosome, and the number by which the rest of the file knows it.
    fn chrom(&self, chrom: usize) -> Result<(u32, &Chrom)> {
        match (self.ids.get(chrom), self.chroms.get(chrom)) {
            (Some(id), Some(known)) => Ok((*id, known)),
            _ => Err(Error::Misuse(format!(
                "{}: there is no chromosome number {chrom}",
                Shown(self.path())
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::testing::{
        BigWigFile, ENDIANS, Endian, Items, Places, Section, TempFile, TestResult, dense, same,
    };

    /// Out of order by name, with gaps between the numbers; the last has no data.
    const CHROMS: [(&str, u32, u32); 5] = [
        ("chr2", 3, 60),
        ("chr10", 7, 40),
        ("chr1", 12, 50),
        ("chrM", 100, 17),
        ("chrX", 101, 20),
    ];

    /// All three kinds, values of all sorts, data up to both ends of chromosomes, a block of two chromosomes.
    fn blocks() -> Vec<Vec<Section>> {
        vec![
            vec![(
                3,
                Items::BedGraph(vec![(0, 3, 1.5), (3, 4, -2.0), (9, 12, 0.0)]),
            )],
            vec![(
                3,
                Items::VariableStep(2, vec![(14, 3.0), (18, f32::NAN), (20, 4.25)]),
            )],
            vec![(3, Items::FixedStep(30, 5, 5, vec![1.0, 2.0, 3.0]))],
            vec![(
                3,
                Items::FixedStep(46, 4, 1, vec![7.0, 8.0, f32::INFINITY, 9.5]),
            )],
            vec![
                (7, Items::BedGraph(vec![(36, 40, 6.0)])),
                (12, Items::VariableStep(1, vec![(0, 5.0), (1, 5.5)])),
            ],
            vec![(12, Items::BedGraph(vec![(5, 6, 0.25)]))],
            vec![(100, Items::FixedStep(0, 1, 1, vec![0.5; 17]))],
        ]
    }

    fn file(blocks: &[Vec<Section>]) -> BigWigFile<'_> {
        BigWigFile {
            chroms: &CHROMS,
            blocks,
            version: 4,
            endian: Endian::Little,
            compressed: true,
            children: 3,
            hole: 0,
        }
    }

    /// The intervals of a chromosome in the order of the file.
    fn intervals_of(blocks: &[Vec<Section>], id: u32) -> Vec<(u32, u32, f32)> {
        let sections = blocks.iter().flatten();
        sections
            .filter(|(chrom, _)| *chrom == id)
            .flat_map(|(_, items)| items.intervals())
            .collect()
    }

    fn check(track: &BigWig, blocks: &[Vec<Section>]) -> TestResult {
        let mut scratch = Scratch::default();
        assert_eq!(track.chroms().len(), CHROMS.len());
        for (chrom, (name, id, size)) in CHROMS.into_iter().enumerate() {
            assert_eq!(track.chroms()[chrom].name, name);
            assert_eq!(track.chroms()[chrom].size, size);
            assert_eq!(track.chrom_index(name), Some(chrom));

            let stored = intervals_of(blocks, id);
            let expected = dense(&stored, size);
            for (start, end) in (0..=size).flat_map(|s| (s..=size).map(move |e| (s, e))) {
                let mut values = vec![9.0; (end - start) as usize];
                track.values(chrom, start, end, &mut values, &mut scratch)?;
                let expected = &expected[start as usize..end as usize];
                assert!(same(&values, expected), "{name}:{start}-{end} {values:?}");
            }
            let mut found = Runs::default();
            for block in track.blocks(chrom)? {
                track.decode_into(chrom, block, &mut scratch, &mut found)?;
            }
            assert_eq!(
                format!("{:?}", found.iter().collect::<Vec<_>>()),
                format!("{stored:?}")
            );
        }
        Ok(())
    }

    fn open(bytes: &[u8]) -> TestResult<(TempFile, Result<BigWig>)> {
        let temp = TempFile::new("track.bw", bytes)?;
        let track = BigWig::open(temp.path());
        Ok((temp, track))
    }

    fn reason<T: std::fmt::Debug>(result: Result<T>) -> TestResult<String> {
        match result {
            Err(Error::Format { fault, .. }) => Ok(fault.to_string()),
            other => Err(format!("expected a format error, got {other:?}").into()),
        }
    }

    /// Opens a file and reads everything in it.
    fn read_all(bytes: &[u8]) -> TestResult<Result<Vec<Runs>>> {
        let (_temp, track) = open(bytes)?;
        Ok(track.and_then(|track| {
            let chroms = 0..track.chroms().len();
            let read = |chrom| track.intervals(chrom, 0, track.chroms()[chrom].size);
            chroms.map(read).collect()
        }))
    }

    #[test]
    fn every_region_of_every_form_is_read() -> TestResult {
        let blocks = blocks();
        for (version, children) in [(1, 2), (2, 3), (3, 4), (4, 256)] {
            for (endian, compressed) in ENDIANS.into_iter().flat_map(|e| [(e, true), (e, false)]) {
                let file = BigWigFile {
                    version,
                    endian,
                    compressed,
                    children,
                    ..file(&blocks)
                };
                let temp = file.write()?;
                check(&BigWig::open(temp.path())?, &blocks)?;
            }
        }
        Ok(())
    }

    #[test]
    fn trees_of_many_levels_are_read() -> TestResult {
        let names: Vec<String> = (0..300)
            .map(|number| format!("contig{number:03}"))
            .collect();
        let chroms: Vec<(&str, u32, u32)> = names
            .iter()
            .zip(0..)
            .map(|(name, id)| (name.as_str(), id * 2, 100))
            .collect();
        let blocks: Vec<Vec<Section>> = (0..200)
            .flat_map(|id| [0, 40, 80].map(|start| (id * 2, start)))
            .map(|(id, start)| vec![(id, Items::BedGraph(vec![(start, start + 3, id as f32)]))])
            .collect();
        let file = BigWigFile {
            chroms: &chroms,
            children: 2,
            ..file(&blocks)
        };
        let temp = file.write()?;
        let track = BigWig::open(temp.path())?;
        assert_eq!(track.chroms().len(), 300);
        for (place, name) in names.iter().enumerate() {
            let chrom = track.require_chrom(name)?;
            assert_eq!(chrom, place);
            let runs = track.intervals(chrom, 0, 100)?;
            let expected = intervals_of(&blocks, 2 * place as u32);
            assert_eq!(runs.iter().collect::<Vec<_>>(), expected);
            assert_eq!(track.blocks(chrom)?.len(), expected.len());
        }
        Ok(())
    }

    #[test]
    fn blocks_are_listed_with_their_part_of_a_chromosome() -> TestResult {
        let blocks = blocks();
        let temp = file(&blocks).write()?;
        let track = BigWig::open(temp.path())?;
        let spans = |chrom| -> Result<Vec<(u32, u32)>> {
            let blocks = track.blocks(chrom)?.iter();
            Ok(blocks.map(|block| (block.start, block.end)).collect())
        };
        assert_eq!(spans(0)?, [(0, 12), (14, 22), (30, 45), (46, 59)]);
        assert_eq!(spans(1)?, [(36, 40)]);
        assert_eq!(spans(2)?, [(0, 2), (5, 6)]);
        assert_eq!(spans(4)?, []);

        let overlapping = |start, end| -> Result<Vec<u32>> {
            let blocks = track.blocks_overlapping(0, start, end)?;
            Ok(blocks.map(|block| block.start).collect())
        };
        assert_eq!(overlapping(0, 60)?, [0, 14, 30, 46]);
        assert_eq!(overlapping(11, 15)?, [0, 14]);
        assert_eq!(overlapping(12, 14)?, []);
        assert_eq!(overlapping(44, 47)?, [30, 46]);
        Ok(())
    }

    #[test]
    fn intervals_are_those_that_overlap_as_stored() -> TestResult {
        let blocks = blocks();
        let temp = file(&blocks).write()?;
        let track = BigWig::open(temp.path())?;
        let intervals =
            |start, end| -> Result<Vec<_>> { Ok(track.intervals(0, start, end)?.iter().collect()) };
        assert_eq!(intervals(1, 4)?, [(0, 3, 1.5), (3, 4, -2.0)]);
        assert_eq!(intervals(11, 15)?, [(9, 12, 0.0), (14, 16, 3.0)]);
        assert_eq!(intervals(4, 9)?, []);
        assert_eq!(intervals(34, 40)?, [(30, 35, 1.0), (35, 40, 2.0)]);
        Ok(())
    }

    #[test]
    fn values_of_all_sorts_are_read_as_they_are() -> TestResult {
        let odd = [
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            -3.5,
            -0.0,
            f32::MIN_POSITIVE / 2.0,
            f32::MAX,
        ];
        let step = 5;
        let items: Vec<(u32, f32)> = (0..).step_by(step).zip(odd).collect();
        let blocks = [
            vec![(3, Items::FixedStep(0, step as u32, 4, odd.to_vec()))],
            vec![(7, Items::VariableStep(4, items.clone()))],
            vec![(
                12,
                Items::BedGraph(
                    items
                        .iter()
                        .map(|item| (item.0, item.0 + 4, item.1))
                        .collect(),
                ),
            )],
        ];
        let temp = file(&blocks).write()?;
        let track = BigWig::open(temp.path())?;
        check(&track, &blocks)
    }

    #[test]
    fn later_intervals_overwrite_earlier_ones() -> TestResult {
        let blocks = [
            vec![(3, Items::BedGraph(vec![(0, 50, 1.0), (10, 20, 2.0)]))],
            vec![(3, Items::BedGraph(vec![(40, 55, 6.0), (5, 12, 3.0)]))],
            vec![(3, Items::FixedStep(30, 1, 4, vec![4.0, 5.0]))],
        ];
        let temp = file(&blocks).write()?;
        check(&BigWig::open(temp.path())?, &blocks)
    }

    #[test]
    fn blocks_out_of_order_are_sorted_and_keep_their_order_where_they_start_alike() -> TestResult {
        let regions = [(20, 30), (0, 10), (20, 25), (20, 22), (40, 41), (12, 13)];
        let blocks: Vec<Vec<Section>> = regions
            .iter()
            .zip(0u8..)
            .map(|((start, end), value)| vec![(*start, *end, f32::from(value))])
            .map(|items| vec![(3, Items::BedGraph(items))])
            .collect();
        let file = BigWigFile {
            children: 2,
            ..file(&blocks)
        };
        let temp = file.write()?;
        let track = BigWig::open(temp.path())?;
        let found: Vec<(u32, u32)> = track
            .blocks(0)?
            .iter()
            .map(|block| (block.start, block.end))
            .collect();
        assert_eq!(
            found,
            [(0, 10), (12, 13), (20, 30), (20, 25), (20, 22), (40, 41)]
        );
        let mut values = vec![0.0; 60];
        track.values(0, 0, 60, &mut values, &mut Scratch::default())?;
        assert!(same(&values, &dense(&intervals_of(&blocks, 3), 60)));
        Ok(())
    }

    #[test]
    fn blocks_are_cut_at_the_chromosome_and_those_beyond_left_out() -> TestResult {
        let blocks = [
            vec![(3, Items::BedGraph(vec![(50, 61, 1.0)]))],
            vec![(3, Items::BedGraph(vec![(60, 62, 2.0)]))],
        ];
        let temp = file(&blocks).write()?;
        let track = BigWig::open(temp.path())?;
        let blocks = track.blocks(0)?;
        assert_eq!(blocks.len(), 1);
        assert_eq!((blocks[0].start, blocks[0].end), (50, 60));
        Ok(())
    }

    #[test]
    fn intervals_are_cut_at_the_chromosome_and_empty_ones_left_out() -> TestResult {
        let blocks = [
            vec![(
                3,
                Items::BedGraph(vec![(50, 70, 1.0), (60, 61, 2.0), (9, 9, 3.0), (8, 7, 4.0)]),
            )],
            vec![(7, Items::VariableStep(0, vec![(3, 1.0)]))],
            vec![(12, Items::FixedStep(40, 6, 6, vec![1.0, 2.0, 3.0, 4.0]))],
        ];
        let (mut bytes, places) = BigWigFile {
            compressed: false,
            ..file(&blocks)
        }
        .bytes()?;
        // A length so large that start and length do not add up: the second block's span, its leaf's end.
        let first_block = 24 + 4 * 12;
        let span = places.blocks + first_block + 16;
        bytes[span..span + 4].fill(0xff);
        let leaf_end = places.index + 48 + 4 + 32 + 12;
        bytes[leaf_end..leaf_end + 4].fill(0xff);

        let found = read_all(&bytes)??;
        let found: Vec<Vec<_>> = found.iter().map(|runs| runs.iter().collect()).collect();
        assert_eq!(found[0], [(50, 60, 1.0)]);
        assert_eq!(found[1], [(3, 40, 1.0)]);
        assert_eq!(found[2], [(40, 46, 1.0), (46, 50, 2.0)]);
        Ok(())
    }

    #[test]
    fn a_file_may_have_no_data() -> TestResult {
        for endian in ENDIANS {
            let file = BigWigFile {
                endian,
                ..file(&[])
            };
            let (mut bytes, _) = file.bytes()?;
            check(&BigWig::open(open(&bytes)?.0.path())?, &[])?;
            // As libBigWig writes it: no index at all.
            bytes[24..32].fill(0);
            check(&BigWig::open(open(&bytes)?.0.path())?, &[])?;
            // The same in a file that has not been written to its end.
            let length = bytes.len();
            assert!(reason(open(&bytes[..length - 4])?.1)?.starts_with("there is no index"));
        }
        Ok(())
    }

    #[test]
    fn a_file_may_have_no_chromosomes() -> TestResult {
        let file = BigWigFile {
            chroms: &[],
            ..file(&[])
        };
        let temp = file.write()?;
        let track = BigWig::open(temp.path())?;
        assert!(track.chroms().is_empty());
        assert!(track.require_chrom("chr1").is_err());
        Ok(())
    }

    #[test]
    fn what_is_not_there_is_refused() -> TestResult {
        let blocks = blocks();
        let temp = file(&blocks).write()?;
        let track = BigWig::open(temp.path())?;
        let mut scratch = Scratch::default();
        for (start, end) in [(0, 61), (2, 1), (u32::MAX, u32::MAX)] {
            let length = end.saturating_sub(start) as usize;
            let values = track.values(0, start, end, &mut vec![0.0; length], &mut scratch);
            assert!(
                matches!(&values, Err(Error::OutOfBounds { chrom, size: 60, .. }) if chrom == "chr2"),
                "{values:?}"
            );
            assert!(track.intervals(0, start, end).is_err());
        }
        for (chrom, room) in [(0, 9), (0, 11), (5, 10)] {
            let values = track.values(chrom, 0, 10, &mut vec![0.0; room], &mut scratch);
            assert!(matches!(values, Err(Error::Misuse(_))), "{values:?}");
        }
        assert!(track.blocks(5).is_err());
        let unknown = track.require_chrom("1").map_err(|error| error.to_string());
        assert!(unknown.is_err_and(|text| {
            text.ends_with("no chromosome \"1\"; it has chr2, chr10, chr1, chrM, chrX")
        }));
        Ok(())
    }

    #[test]
    fn threads_share_a_file() -> TestResult {
        fn is_shared<T: Send + Sync>(_: &T) {}
        let blocks = blocks();
        let temp = file(&blocks).write()?;
        let track = BigWig::open(temp.path())?;
        is_shared(&track);
        let sound = thread::scope(|scope| {
            let read = || check(&track, &blocks).map_err(|error| error.to_string());
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(read)).collect();
            threads
                .into_iter()
                .all(|thread| matches!(thread.join(), Ok(Ok(()))))
        });
        assert!(sound);
        Ok(())
    }

    #[test]
    fn damaged_headers_are_explained() -> TestResult {
        let blocks = blocks();
        let (
            good,
            Places {
                chrom_tree, index, ..
            },
        ) = file(&blocks).bytes()?;
        assert!(read_all(&good)?.is_ok());
        let leaf_count = chrom_tree + 32 + 2;
        for (at, damage, expected) in [
            (
                0,
                [0xeb, 0xf2, 0x89, 0x87].as_slice(),
                "this is a bigBed file",
            ),
            (
                0,
                b">chr",
                "magic number is 0x7268633e, expected 0x888ffc26",
            ),
            (4, &[0], "version is 0, expected 1 to 4"),
            (4, &[5], "version is 5, expected 1 to 4"),
            (13, &[1], "file ends early: 32 bytes expected"),
            (29, &[1], "file ends early: 52 bytes expected"),
            (chrom_tree, &[0], "chromosome tree starts with 0x78ca8c00"),
            (chrom_tree + 8, &[0xff; 4], "file ends early"),
            (
                chrom_tree + 12,
                &[12],
                "chromosome tree has values of 12 bytes",
            ),
            (
                chrom_tree + 16,
                &[6],
                "chromosome tree has 5 names, its header says 6",
            ),
            (
                chrom_tree + 32,
                &[7],
                "chromosome tree has a node of kind 7",
            ),
            (
                leaf_count,
                &[0xff, 0xff],
                "file ends early: 851955 bytes expected",
            ),
            (index, &[0], "index starts with 0x2468ac00"),
        ] {
            let mut bytes = good.clone();
            bytes[at..at + damage.len()].copy_from_slice(damage);
            let found = reason(open(&bytes)?.1)?;
            assert!(found.starts_with(expected), "{found}");
        }
        assert!(reason(open(&[])?.1)?.starts_with("file ends early: 64 bytes"));
        Ok(())
    }

    #[test]
    fn damaged_chromosomes_are_explained() -> TestResult {
        let wide = |chroms: &'static [(&str, u32, u32)]| {
            let file = BigWigFile {
                chroms,
                children: 8,
                ..file(&[])
            };
            file.bytes()
        };
        for (chroms, expected) in [
            (
                &[("a", 1, 5), ("a", 2, 5)],
                "chromosome name \"a\" is listed twice",
            ),
            (
                &[("a", 1, 5), ("b", 1, 5)],
                "chromosome number 1 is given twice",
            ),
        ] {
            assert_eq!(reason(open(&wide(chroms)?.0)?.1)?, expected);
        }
        let (mut bytes, places) = wide(&[("a", 1, 5)])?;
        bytes[places.chrom_tree + 32 + 4] = 0xff;
        assert_eq!(
            reason(open(&bytes)?.1)?,
            "chromosome name is not UTF-8 text"
        );

        // The first child of the root is the root.
        let (mut bytes, places) = BigWigFile {
            children: 2,
            ..file(&[])
        }
        .bytes()?;
        let root = places.chrom_tree + 32;
        let child = root + 4 + "chr10".len();
        bytes[child..child + 8].copy_from_slice(&(root as u64).to_le_bytes());
        assert_eq!(
            reason(open(&bytes)?.1)?,
            "chromosome tree comes to the same node twice"
        );
        Ok(())
    }

    #[test]
    fn damaged_indexes_are_explained() -> TestResult {
        let blocks = blocks();
        let (good, places) = file(&blocks).bytes()?;
        let root = places.index + 48;
        // Of the root's one to three entries, the first leads to a leaf.
        let leaf = root + 4 + 3 * 24;
        let huge = u64::MAX.to_le_bytes();
        let itself = (root as u64).to_le_bytes();
        for (at, damage, expected) in [
            (root, [9].as_slice(), "index has a node of kind 9"),
            (
                root + 2,
                &[0xff, 0xff],
                "file ends early: 1572840 bytes expected",
            ),
            (root + 4 + 16, &itself, "index comes to the same node twice"),
            (root + 4 + 16, &huge, "file ends early: 4 bytes expected"),
            (leaf + 4 + 16, &huge, "file ends early"),
            (leaf + 4 + 24, &huge, "file ends early"),
        ] {
            let mut bytes = good.clone();
            bytes[at..at + damage.len()].copy_from_slice(damage);
            let track = open(&bytes)?;
            let found = reason(track.1?.blocks(0))?;
            assert!(found.starts_with(expected), "{at}: {found}");
        }
        Ok(())
    }

    #[test]
    fn an_index_that_leads_back_ends() -> TestResult {
        let blocks = blocks();
        // Two children per node: a root, two nodes below, four leaves.
        let (good, places) = BigWigFile {
            children: 2,
            ..file(&blocks)
        }
        .bytes()?;
        let root = places.index + 48;
        let node_size = 4 + 2 * 24;
        let (left, leaf) = (root + node_size, root + 3 * node_size);
        let child = |node: usize, place: usize| node + 4 + place * 24 + 16;
        for (at, target, expected) in [
            // From a child to its parent: a circle of two.
            (child(left, 0), root, "index comes to the same node twice"),
            (child(left, 1), left, "index comes to the same node twice"),
            // To a leaf that another entry leads to.
            (child(left, 1), leaf, "index comes to the same node twice"),
            // Backwards, to what is no node: the chromosome tree and the header.
            (
                child(left, 0),
                places.chrom_tree,
                "index has a node of kind 145, expected 0 or 1",
            ),
            (
                child(left, 0),
                0,
                "index has a node of kind 38, expected 0 or 1",
            ),
        ] {
            let mut bytes = good.clone();
            bytes[at..at + 8].copy_from_slice(&(target as u64).to_le_bytes());
            let (_temp, track) = open(&bytes)?;
            assert_eq!(reason(track?.blocks(0))?, expected);
        }

        // Backwards is no fault as such: the same nodes, the root last.
        let mut bytes = good.clone();
        let moved = bytes.len() as u64;
        let index = bytes[places.index..root + node_size].to_vec();
        bytes.extend(index);
        bytes[24..32].copy_from_slice(&moved.to_le_bytes());
        let (_temp, track) = open(&bytes)?;
        check(&track?, &blocks)
    }

    /// What reading all of chr2 fails with, when these bytes are changed; a window fails too, or gives what it gave before,
    /// or nothing.
    fn failure(good: &[u8], changes: &[(usize, u32)]) -> TestResult<String> {
        let mut bytes = good.to_vec();
        for &(at, number) in changes {
            bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
        }
        let ((_sound, sound), (_temp, track)) = (open(good)?, open(&bytes)?);
        let (sound, track) = (sound?, track?);
        let mut scratch = Scratch::default();
        let mut values = |track: &BigWig, start, end: u32| {
            let mut found = vec![9.0; (end - start) as usize];
            let read = track.values(0, start, end, &mut found, &mut scratch);
            read.map(|()| found)
        };
        for (start, end) in (0..60).flat_map(|start| (start + 1..=60).map(move |end| (start, end)))
        {
            // Nothing leads to data that no region of the index covers; it is found out when its block is read.
            if let Ok(found) = values(&track, start, end)
                && found.iter().any(|value| !value.is_nan())
            {
                assert!(same(&found, &values(&sound, start, end)?));
            }
        }
        assert_eq!(
            reason(track.check_blocks(0))?,
            reason(values(&track, 0, 60))?
        );
        reason(values(&track, 0, 60))
    }

    #[test]
    fn an_index_that_does_not_cover_its_blocks_is_explained() -> TestResult {
        // One block, of chr2: 0-12.
        let one = [blocks().swap_remove(0)];
        let (good, places) = file(&one).bytes()?;
        // Chromosome and start, chromosome and end.
        let leaf = places.index + 48 + 4;
        for (changes, expected) in [
            (
                vec![(leaf + 4, 1)],
                "chr2:1-12, but it holds data of chr2:0-12;",
            ),
            (
                vec![(leaf + 12, 11)],
                "chr2:0-11, but it holds data of chr2:0-12;",
            ),
            // The first row behind the last.
            (
                vec![(leaf + 4, 9), (leaf + 12, 4)],
                "chr2:9-4, but it holds data of chr2:0-12;",
            ),
            (
                vec![(leaf + 4, 60), (leaf + 12, 60)],
                "chr2:60-60, but it holds data of chr2:0-12;",
            ),
        ] {
            let found = failure(&good, &changes)?;
            assert!(found.contains(expected), "{found}");
        }
        Ok(())
    }

    #[test]
    fn a_block_of_another_chromosome_than_the_index_says_is_explained() -> TestResult {
        for (held, expected) in [
            (7, "holds data of chr10;"),
            (8, "that the file does not list;"),
        ] {
            let one = [vec![(held, Items::BedGraph(vec![(0, 3, 1.5)]))]];
            let (good, places) = file(&one).bytes()?;
            let leaf = places.index + 48 + 4;
            let found = failure(&good, &[(leaf, 3), (leaf + 8, 3)])?;
            assert!(found.contains(expected), "{found}");
        }
        Ok(())
    }

    #[test]
    fn intervals_without_bases_need_no_region_in_the_index() -> TestResult {
        // Empty ones, and those beyond the chromosome's end.
        for items in [vec![(5, 5, 1.0)], vec![(60, 70, 1.0)]] {
            let one = [vec![(3, Items::BedGraph(items))], blocks().swap_remove(0)];
            assert_eq!(read_all(&file(&one).bytes()?.0)??[0].len(), 3);
        }
        Ok(())
    }

    #[test]
    fn a_block_of_a_chromosome_that_is_not_listed_is_explained() -> TestResult {
        let blocks = blocks();
        let (good, places) = file(&blocks).bytes()?;
        let bytes: Vec<u8> = good[places.chrom_tree..].to_vec();
        // The number behind the name of chr2, 3, which a damaged tree gives as 4.
        let name = bytes
            .windows(5)
            .position(|part| part == b"chr2\0")
            .ok_or("no chr2")?;
        let number = bytes[name..]
            .iter()
            .position(|byte| *byte == 3)
            .ok_or("no number")?;
        let mut bytes = good;
        bytes[places.chrom_tree + name + number] = 4;
        let (_temp, track) = open(&bytes)?;
        assert_eq!(
            reason(track?.blocks(0))?,
            "index has a block of chromosome number 3, which the file does not list"
        );
        Ok(())
    }

    #[test]
    fn an_index_that_lost_blocks_is_explained() -> TestResult {
        let one = [blocks().swap_remove(0)];
        let (mut bytes, places) = file(&one).bytes()?;
        // The count of the only node.
        bytes[places.index + 48 + 2] = 0;
        let (_temp, track) = open(&bytes)?;
        assert_eq!(
            reason(track?.blocks(0))?,
            "index has 0 blocks, its header says 1"
        );
        Ok(())
    }

    #[test]
    fn names_that_run_into_numbers_are_refused() -> TestResult {
        for name in ["chr\u{1}", "chr1\0\u{2}"] {
            let chroms = [(name, 0, 60)];
            let one = [vec![(0, Items::BedGraph(vec![(0, 3, 1.5)]))]];
            let file = BigWigFile {
                chroms: &chroms,
                ..file(&one)
            };
            let found = reason(open(&file.bytes()?.0)?.1)?;
            assert!(found.contains("does not end where it should"), "{found}");
        }
        Ok(())
    }

    #[test]
    fn a_node_that_does_not_cover_its_children_is_explained() -> TestResult {
        let blocks = blocks();
        let (good, places) = file(&blocks).bytes()?;
        // The first entry of the root leads to blocks of chr2 alone, number 3.
        let entry = places.index + 48 + 4;
        for (at, number, expected) in [
            (
                entry + 8,
                2,
                "index has an entry for the chromosomes number 3 to 2",
            ),
            (entry, 2, ""),
            (entry + 4, 50, ""),
            (entry + 12, 0, ""),
        ] {
            let mut bytes = good.clone();
            bytes[at..at + 4].copy_from_slice(&u32::to_le_bytes(number));
            let (_temp, track) = open(&bytes)?;
            let track = track?;
            if expected.is_empty() {
                check(&track, &blocks)?;
            }
            for chrom in 0..CHROMS.len() {
                let found = track.blocks(chrom).map_err(|error| error.to_string());
                assert_eq!(found.is_ok(), expected.is_empty(), "{found:?}");
            }
        }
        let mut bytes = good.clone();
        for at in [entry, entry + 8] {
            bytes[at..at + 4].copy_from_slice(&u32::to_le_bytes(12));
        }
        let (_temp, track) = open(&bytes)?;
        let found = reason(track?.blocks(1))?;
        assert_eq!(
            found,
            "index has an entry for the chromosomes number 3 to 3 in a node for 12 to 12"
        );
        Ok(())
    }

    #[test]
    fn blocks_cannot_have_more_bytes_than_the_file() -> TestResult {
        // 20 entries that lead to one block.
        let same: Vec<Vec<Section>> = (0..20)
            .map(|place| vec![(3, Items::BedGraph(vec![(place, place + 1, 1.0); 100]))])
            .collect();
        let (mut bytes, places) = BigWigFile {
            children: 64,
            compressed: false,
            ..file(&same)
        }
        .bytes()?;
        assert_eq!(read_all(&bytes)??[0].len(), 2_000);
        let length = bytes.len() as u64;
        let first_leaf = places.index + 48 + 4;
        for leaf in 0..20 {
            let size = first_leaf + leaf * 32 + 24;
            let offset = places.blocks as u64;
            bytes[size - 8..size].copy_from_slice(&offset.to_le_bytes());
            bytes[size..size + 8].copy_from_slice(&(length / 4).to_le_bytes());
        }
        assert_eq!(
            reason(read_all(&bytes)?)?,
            "index lists blocks of more bytes than the file has"
        );
        Ok(())
    }

    #[test]
    fn zoom_levels_are_passed_over() -> TestResult {
        let blocks = blocks();
        for (endian, children) in ENDIANS.into_iter().flat_map(|e| [(e, 2), (e, 64)]) {
            let file = BigWigFile {
                endian,
                children,
                ..file(&blocks)
            };
            let (mut bytes, _) = file.bytes_with_zooms(3)?;
            check(&open(&bytes)?.1?, &blocks)?;
            // One that is announced, but not there.
            bytes[64 + 24 + 8..64 + 2 * 24].fill(0);
            check(&open(&bytes)?.1?, &blocks)?;
        }
        Ok(())
    }

    #[test]
    fn a_file_that_is_cut_in_its_zoom_levels_is_refused() -> TestResult {
        let blocks = blocks();
        let (good, places) = BigWigFile {
            children: 7,
            ..file(&blocks)
        }
        .bytes_with_zooms(2)?;
        // The magic number at the end is no part of them.
        assert!(open(&good[..good.len() - 4])?.1.is_ok());
        for length in places.zooms..good.len() - 4 {
            let found = reason(open(&good[..length])?.1)?;
            assert!(found.starts_with("zoom level "), "{found}");
            assert!(found.contains(" of 2: file ends early: "), "{found}");
        }
        Ok(())
    }

    #[test]
    fn damaged_zoom_levels_are_explained() -> TestResult {
        let blocks = blocks();
        let (good, _) = file(&blocks).bytes_with_zooms(2)?;
        let number =
            |at: usize| u64::from_le_bytes(good[at..at + 8].try_into().unwrap_or_default());
        let second = 64 + 24;
        let index = number(second + 16) as usize;
        let itself = (index as u64 + 48).to_le_bytes();
        let one = number(64 + 16).to_le_bytes();
        for (at, damage, expected) in [
            (6, [0xff; 2].as_slice(), "file ends early: 1572840 bytes"),
            (
                second + 8,
                &[0xff; 8],
                "zoom level 2 of 2: file ends early: 4 bytes",
            ),
            (
                second + 16,
                &[0xff; 8],
                "zoom level 2 of 2: file ends early: 52 bytes",
            ),
            (
                second + 16,
                &one,
                "zoom level 2 of 2: index comes to the same node twice",
            ),
            (
                index,
                &[0],
                "zoom level 2 of 2: index starts with 0x2468ac00",
            ),
            (
                index + 48,
                &[9],
                "zoom level 2 of 2: index has a node of kind 9",
            ),
            // The root's last entry, of three, leads to the root.
            (
                index + 48 + 4 + 2 * 24 + 16,
                &itself,
                "zoom level 2 of 2: index comes to the same node twice",
            ),
        ] {
            let mut bytes = good.clone();
            bytes[at..at + damage.len()].copy_from_slice(damage);
            let found = reason(open(&bytes)?.1)?;
            assert!(found.starts_with(expected), "{at}: {found}");
        }
        Ok(())
    }

    #[test]
    fn damaged_blocks_are_explained() -> TestResult {
        let one = [vec![(3, Items::BedGraph(vec![(0, 3, 1.5), (3, 4, -2.0)]))]];
        let (stored, places) = BigWigFile {
            compressed: false,
            ..file(&one)
        }
        .bytes()?;
        let (compressed, _) = file(&one).bytes()?;
        let inflated_size = 52;
        for (good, at, damage, expected) in [
            (
                &stored,
                places.blocks + 20,
                4,
                "section of kind 4, expected 1 to 3",
            ),
            (
                &stored,
                places.blocks + 22,
                3,
                "section 1 has 3 intervals, of which only a part is there",
            ),
            (
                &stored,
                places.blocks + 22,
                1,
                "header of section 2 is cut off",
            ),
            (
                &compressed,
                places.blocks + 4,
                0xff,
                "block is not a sound zlib stream",
            ),
            (
                &compressed,
                inflated_size,
                47,
                "block inflates to more than the 47 bytes",
            ),
        ] {
            let mut bytes = good.clone();
            bytes[at] = damage;
            let found = reason(read_all(&bytes)?)?;
            assert!(found.starts_with(expected), "{found}");
        }
        Ok(())
    }

    #[test]
    fn a_header_that_allows_blocks_of_any_size_is_no_reason_to_allocate() -> TestResult {
        let blocks = blocks();
        let (mut bytes, _) = file(&blocks).bytes()?;
        bytes[52..56].fill(0xff);
        let (_temp, track) = open(&bytes)?;
        let track = track?;
        let mut scratch = Scratch::default();
        for block in track.blocks(0)? {
            track.decode(0, block, &mut scratch)?;
        }
        // Bytes inflated at once, of which there are no more than deflate could make of the block.
        let text = format!("{scratch:?}");
        let inflated: u64 = text
            .split("inflated: ")
            .nth(1)
            .and_then(|rest| rest.split(',').next())
            .ok_or("no size in the debug form")?
            .parse()?;
        assert!((1..200_000).contains(&inflated), "{text}");
        Ok(())
    }
}
