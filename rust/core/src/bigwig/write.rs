//! Writes bigWig files, block by block as the values come.
//!
//! The parts lie in the order of UCSC's own programs: header, headers of the zoom levels, summary, chromosome tree,
//! blocks, their index, and for each zoom level its blocks and their index. Version 4, little-endian, blocks are zlib
//! streams of up to 1,024 intervals of one chromosome. The magic number is written last, so that a file whose writer
//! was interrupted is no bigWig file.
//!
//! Intervals are stored as they are given: none is joined with its neighbour or cut. NaN is no value and is left out.
//! A block of equally long intervals leaves out their ends, and if they are equally far apart, their starts too.
//!
//! What grows with the data is kept small: 24 bytes per block, and the compressed zoom levels, of which the largest
//! has at most 64 MiB and each coarser one less than half of the one before it.
//!
//! # Examples
//!
//! ```no_run
//! use maxatac_core::bigwig::BigWigWriter;
//!
//! # fn main() -> maxatac_core::Result<()> {
//! let sizes = [("chr1", 248_956_422), ("chrM", 16_569)];
//! let mut track = BigWigWriter::create("predictions.bw", sizes, 10)?;
//! track.write_bins("chr1", 0, 32, &[0.25, f32::NAN, 0.75])?;
//! track.write("chrM", [(10, 12, 1.0), (12, 20, 2.0)])?;
//! track.finish()
//! # }
//! ```

mod output;
mod packing;
mod tree;
mod zooms;

use std::path::Path;

use self::output::{Bytes, Output, Packer};
use self::packing::Packing;
use self::zooms::{Summary, Zooms};
use super::block::{Intervals, Runs};
use super::{chrom_tree, header, index};
use crate::chrom::{Chrom, ChromList};
use crate::error::{Error, FileKind, Result, Shown};

/// Most intervals in a block, and most summaries in a block of a zoom level.
const ITEMS_PER_BLOCK: usize = 1024;

/// Most zoom levels that the header has room for, as in UCSC's programs.
const MOST_ZOOMS: usize = 10;

const VERSION: u16 = 4;

const ZOOM_HEADERS_AT: usize = header::SIZE as usize;
const SUMMARY_AT: usize = ZOOM_HEADERS_AT + MOST_ZOOMS * header::ZOOM_HEADER_SIZE as usize;
const SUMMARY_SIZE: usize = 40;
const CHROM_TREE_AT: usize = SUMMARY_AT + SUMMARY_SIZE;

/// A bigWig file that is being written.
///
/// Dropped before [`BigWigWriter::finish`], it leaves a file that no reader takes for a bigWig file.
#[derive(Debug)]
pub struct BigWigWriter {
    output: Output,
    packing: Packing,
    /// Compresses zoom levels.
    packer: Packer,
    chroms: ChromList,
    /// Where the data starts: the number of blocks, then the blocks.
    data_offset: u64,
    /// The number of the chromosome that is being written; `None` before the first.
    chrom: Option<usize>,
    /// Intervals of that chromosome that are not in a block yet.
    pending: Runs,
    /// Where the last interval of that chromosome ends.
    end: u32,
    blocks: Vec<tree::Block>,
    total: Option<Summary>,
    zooms: Zooms,
    has_failed: bool,
}

impl BigWigWriter {
    /// Creates a file, or empties one, and writes the chromosomes.
    ///
    /// All chromosomes are in the file, with data or without, in the byte order of their names. At most `max_zooms`
    /// zoom levels are written.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be written. [`Error::Unwritable`] for no chromosome at all, and for a
    /// name that is empty, given twice or has control characters, a length that is no unsigned 32-bit number, and
    /// more than 10 zoom levels.
    pub fn create<N: Into<String>>(
        path: impl AsRef<Path>,
        sizes: impl IntoIterator<Item = (N, u64)>,
        max_zooms: usize,
    ) -> Result<Self> {
        let path = path.as_ref();
        let refused = |reason| Error::Unwritable(format!("{}: {reason}", Shown(path)));
        if max_zooms > MOST_ZOOMS {
            let reason =
                format!("{max_zooms} zoom levels; a bigWig file can have {MOST_ZOOMS} at most");
            return Err(refused(reason));
        }
        let chroms = sorted(sizes).map_err(refused)?;
        let longest = chroms.as_slice().iter().map(|chrom| chrom.size).max();
        let mut output = Output::create(path)?;
        // Zeros until the end: a reader that comes before it finds no magic number.
        output.put(&[0; CHROM_TREE_AT])?;
        tree::write_chroms(&mut output, chroms.as_slice())?;
        let data_offset = output.position();
        output.put(&0_u64.to_le_bytes())?;
        Ok(Self {
            output,
            packing: Packing::new(),
            packer: Packer::default(),
            chroms,
            data_offset,
            chrom: None,
            pending: Runs::default(),
            end: 0,
            blocks: Vec::new(),
            total: None,
            zooms: Zooms::new(longest.unwrap_or(0), max_zooms),
            has_failed: false,
        })
    }

    /// Has blocks compressed by `threads` threads; the bytes of the file stay the same.
    ///
    /// # Errors
    ///
    /// [`Error::Resource`] if the threads cannot be started.
    pub fn with_threads(mut self, threads: usize) -> Result<Self> {
        self.packing = Packing::with_threads(threads)?;
        Ok(self)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.output.path()
    }

    /// Appends intervals of a chromosome: start, end and value of each.
    ///
    /// Intervals come sorted and without overlap, chromosomes in the byte order of their names. NaN is left out.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be written, [`Error::Resource`] if there is too little memory. [`Error::UnknownChrom`] for a name that was not given to
    /// [`BigWigWriter::create`]. [`Error::Unwritable`] for what is out of order, leaves the chromosome, is empty
    /// or infinite. After an error, nothing more can be written.
    pub fn write(
        &mut self,
        chrom: &str,
        intervals: impl IntoIterator<Item = (u32, u32, f32)>,
    ) -> Result<()> {
        self.or_fail(|writer| {
            let chrom = writer.go_to(chrom)?;
            for (start, end, value) in intervals {
                if !value.is_nan() {
                    writer.add(chrom, start, end, value)?;
                }
            }
            Ok(())
        })
    }

    /// Appends neighbouring intervals of `span` bases each, the first of which begins at `start`.
    ///
    /// # Errors
    ///
    /// Those of [`BigWigWriter::write`].
    pub fn write_bins(&mut self, chrom: &str, start: u32, span: u32, values: &[f32]) -> Result<()> {
        let end = u64::from(start) + u64::from(span) * values.len() as u64;
        let size = self.chroms.index(chrom).and_then(|at| self.chroms.get(at));
        if let Some(size) = size.map(|chrom| chrom.size)
            && end > size.into()
        {
            self.has_failed = true;
            return Err(self.invalid(format!(
                "{} bins of {span} bp from {chrom}:{start} on reach to {end}, beyond the chromosome's end, {size}",
                values.len()
            )));
        }
        let starts = (0..values.len() as u32).map(|bin| start + bin * span);
        let bins = starts.zip(values);
        self.write(chrom, bins.map(|(at, value)| (at, at + span, *value)))
    }

    /// Writes what is left, and puts the file on the disk.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file cannot be written, [`Error::Unwritable`] after an earlier error.
    pub fn finish(mut self) -> Result<()> {
        self.or_fail(Self::write_rest)
    }

    fn or_fail(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.has_failed {
            return Err(self.invalid("cannot be finished after an error"));
        }
        let result = work(self);
        self.has_failed = result.is_err();
        result
    }

    fn invalid(&self, reason: impl std::fmt::Display) -> Error {
        Error::Unwritable(format!("{}: {reason}", Shown(self.path())))
    }

    /// Makes a chromosome the current one.
    fn go_to(&mut self, name: &str) -> Result<u32> {
        let chrom = self.chroms.require(name, FileKind::BigWig, self.path())?;
        if self.chrom != Some(chrom) {
            if let Some(last) = self.chrom.filter(|last| *last > chrom) {
                let last = self.chroms.get(last).map_or("", |chrom| &chrom.name);
                return Err(self.invalid(format!(
                    "chromosome {name} comes after {last}; expected the byte order of the names"
                )));
            }
            self.flush_block()?;
            (self.chrom, self.end) = (Some(chrom), 0);
        }
        Ok(chrom as u32)
    }

    fn add(&mut self, chrom: u32, start: u32, end: u32, value: f32) -> Result<()> {
        let found = self.chroms.get(chrom as usize);
        let size = found.map_or(0, |chrom| chrom.size);
        if start < self.end || start >= end || end > size || value.is_infinite() {
            let name = found.map_or("", |chrom| &chrom.name);
            let problem = if value.is_infinite() {
                format!("has the value {value}")
            } else if start >= end {
                "is empty".to_owned()
            } else if end > size {
                format!("leaves the chromosome, which is {size} bp long")
            } else {
                format!("begins before the end of the one before it, {}", self.end)
            };
            return Err(self.invalid(format!("interval {name}:{start}-{end} {problem}")));
        }
        self.end = end;
        let summary = Summary::of(chrom, start, end, value);
        match &mut self.total {
            Some(total) => total.add(&summary),
            None => self.total = Some(summary),
        }
        self.zooms.add(chrom, start, end, value, &mut self.packer)?;
        self.pending.push(start, end, value);
        if self.pending.len() == ITEMS_PER_BLOCK {
            self.flush_block()?;
        }
        Ok(())
    }

    /// Writes the pending intervals as a block.
    fn flush_block(&mut self) -> Result<()> {
        let (Some(chrom), Some(start), Some(end)) = (
            self.chrom,
            self.pending.starts.first().copied(),
            self.pending.ends.last().copied(),
        ) else {
            return Ok(());
        };
        let block = self.packing.next();
        (block.chrom, block.start, block.end) = (chrom as u32, start, end);
        encode(&self.pending, chrom as u32, start, end, &mut block.raw);
        self.zooms.data_bytes += block.raw.len() as u64;
        self.packing.filled(&mut self.output, &mut self.blocks)?;
        self.pending.clear();
        Ok(())
    }

    fn write_rest(&mut self) -> Result<()> {
        self.flush_block()?;
        self.packing.write(&mut self.output, &mut self.blocks)?;
        let index_offset = self.output.position();
        tree::write_index(&mut self.output, &self.blocks, 0)?;

        let mut zoom_headers = Vec::new();
        let levels = self.zooms.finish(&mut self.packer)?;
        for level in &levels {
            zoom_headers.put_u32(level.reduction);
            zoom_headers.put_u32(0);
            let offset = self.output.position();
            zoom_headers.put_u64(offset);
            self.output.put(&(level.records as u32).to_le_bytes())?;
            let blocks_offset = self.output.position();
            self.output.put(&level.bytes)?;
            zoom_headers.put_u64(self.output.position());
            tree::write_index(&mut self.output, &level.blocks, blocks_offset)?;
        }
        self.output.put(&header::MAGIC.to_le_bytes())?;

        let mut summary = Vec::new();
        if let Some(total) = &self.total {
            summary.put_u64(total.bases);
            for value in [
                total.min.into(),
                total.max.into(),
                total.sum,
                total.sum_of_squares,
            ] {
                summary.put_f64(value);
            }
        }
        let block_count = self.blocks.len() as u64;
        let output = &mut self.output;
        output.put_at(&block_count.to_le_bytes(), self.data_offset)?;
        output.put_at(&summary, SUMMARY_AT as u64)?;
        output.put_at(&zoom_headers, ZOOM_HEADERS_AT as u64)?;

        let mut head = Vec::new();
        head.put_u32(header::MAGIC);
        head.put_u16(VERSION);
        head.put_u16(levels.len() as u16);
        head.put_u64(CHROM_TREE_AT as u64);
        head.put_u64(self.data_offset);
        head.put_u64(index_offset);
        // Field counts and text of bigBed.
        head.put_u32(0);
        head.put_u64(0);
        head.put_u64(SUMMARY_AT as u64);
        // 0 would mean that blocks are not compressed.
        let largest = self.packing.largest().max(self.packer.largest);
        head.put_u32(largest.max(1) as u32);
        head.put_u64(0);
        output.put_at(&head, 0)?;
        output.sync()
    }
}

/// The chromosomes in the byte order of their names; a message about one that cannot be written.
fn sorted<N: Into<String>>(
    sizes: impl IntoIterator<Item = (N, u64)>,
) -> std::result::Result<ChromList, String> {
    let mut sizes: Vec<(String, u64)> = sizes
        .into_iter()
        .map(|(name, size)| (name.into(), size))
        .collect();
    if sizes.is_empty() {
        return Err("there is no chromosome to write".into());
    }
    sizes.sort();
    let mut chroms = ChromList::default();
    for (name, size) in sizes {
        // The reader takes control characters for damage.
        if name.is_empty() || name.contains(char::is_control) {
            return Err(format!(
                "a bigWig file cannot have a chromosome named {name:?}"
            ));
        }
        let Ok(size) = u32::try_from(size) else {
            return Err(format!(
                "chromosome {name} is {size} bp long; a bigWig file can have {} at most",
                u32::MAX
            ));
        };
        chroms
            .push(Chrom { name, size })
            .map_err(|name| format!("chromosome {name} is given twice"))?;
    }
    Ok(chroms)
}

/// Writes a block's section over what is in `raw`, in the shortest of the three forms that can hold the intervals.
fn encode(runs: &Runs, chrom: u32, start: u32, end: u32, raw: &mut Vec<u8>) {
    let span = runs.ends[0] - start;
    let is_even = runs.iter().all(|(start, end, _)| end - start == span);
    let step = runs.starts.get(1).map_or(span, |second| second - start);
    let is_regular = runs.starts.windows(2).all(|pair| pair[1] - pair[0] == step);
    let (kind, step, span) = match (is_even, is_regular) {
        (true, true) => (3, step, span),
        (true, false) => (2, 0, span),
        (false, _) => (1, 0, 0),
    };
    raw.clear();
    for field in [chrom, start, end, step, span] {
        raw.put_u32(field);
    }
    raw.extend([kind, 0]);
    raw.put_u16(runs.len() as u16);
    for (start, end, value) in runs.iter() {
        if kind < 3 {
            raw.put_u32(start);
        }
        if kind == 1 {
            raw.put_u32(end);
        }
        raw.put_f32(value);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::bigwig::{BigWig, Scratch};
    use crate::testing::{TempFile, TestResult};

    const SIZES: [(&str, u64); 3] = [("chr2", 2000), ("chr10", 1000), ("chrM", 17)];

    #[test]
    fn what_is_written_is_read() -> TestResult {
        let temp = TempFile::new("written.bw", &[])?;
        let mut track = BigWigWriter::create(temp.path(), SIZES, 10)?;
        track.write_bins("chr10", 8, 32, &[0.25, f32::NAN, 0.75])?;
        track.write("chr2", [(0, 3, 1.0)])?;
        track.write("chr2", [(3, 4, 1.0), (1999, 2000, -2.0)])?;
        track.finish()?;

        let track = BigWig::open(temp.path())?;
        let names: Vec<&str> = track.chroms().iter().map(|chrom| &*chrom.name).collect();
        assert_eq!(names, ["chr10", "chr2", "chrM"]);
        for (chrom, expected) in [
            vec![(8, 40, 0.25), (72, 104, 0.75)],
            vec![(0, 3, 1.0), (3, 4, 1.0), (1999, 2000, -2.0)],
            vec![],
        ]
        .into_iter()
        .enumerate()
        {
            let runs = track.intervals(chrom, 0, track.chroms()[chrom].size)?;
            assert_eq!(runs.iter().collect::<Vec<_>>(), expected);
        }
        Ok(())
    }

    #[test]
    fn many_blocks_are_found_by_the_index() -> TestResult {
        let temp = TempFile::new("blocks.bw", &[])?;
        let size = 300 * ITEMS_PER_BLOCK as u32;
        let mut track = BigWigWriter::create(temp.path(), [("chr1", size.into())], 10)?;
        let values: Vec<f32> = (0..size).map(|base| base as f32).collect();
        track.write_bins("chr1", 0, 1, &values)?;
        track.finish()?;

        let track = BigWig::open(temp.path())?;
        assert_eq!(track.blocks(0)?.len(), 300);
        let mut found = vec![0.0; values.len()];
        track.values(0, 0, size, &mut found, &mut Scratch::default())?;
        assert_eq!(found, values);
        Ok(())
    }

    #[test]
    fn threads_do_not_change_the_bytes() -> TestResult {
        let write = |threads| -> TestResult<Vec<u8>> {
            let temp = TempFile::new("threads.bw", &[])?;
            let mut track = BigWigWriter::create(temp.path(), [("a", 900_000), ("b", 100)], 10)?;
            track = track.with_threads(threads)?;
            let starts = (0..300_000).map(|at| 3 * at);
            track.write("a", starts.map(|at| (at, at + 1 + at % 2, (at % 7) as f32)))?;
            track.write("b", [(0, 100, 0.5)])?;
            track.finish()?;
            Ok(fs::read(temp.path())?)
        };
        let bytes = write(1)?;
        assert!(bytes.len() > 100_000);
        for threads in [2, 3, 7] {
            assert!(write(threads)? == bytes, "{threads} threads");
        }
        Ok(())
    }

    #[test]
    fn a_file_without_its_end_has_no_magic_number() -> TestResult {
        let temp = TempFile::new("dropped.bw", &[])?;
        let mut track = BigWigWriter::create(temp.path(), SIZES, 10)?;
        track.write("chr2", [(0, 3, 1.0)])?;
        assert!(track.write("chr10", [(0, 3, 1.0)]).is_err());
        let result = track.finish().map_err(|error| error.to_string());
        assert!(result.is_err_and(|text| text.ends_with("cannot be finished after an error")));
        let bytes = fs::read(temp.path())?;
        assert!(bytes.iter().take(SUMMARY_AT).all(|byte| *byte == 0));
        Ok(())
    }
}
