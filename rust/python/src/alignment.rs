use std::collections::HashMap;

use maxatac_core::Result;
use maxatac_core::alignment::{
    BamSettings, BedColumns, BedWriter, CountHistogram, CutSite, Places, ReadLabel, Room, Scale,
    SiteStore, Sites, TextSettings, Windows, add_text,
};
use maxatac_core::spans::merge;
use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use crate::bam;
use crate::error::{spans, to_python};
use crate::interrupt::{cancellable, watched};
use crate::path::FilePath;
use crate::text;
use crate::writer::BigWigWriter;

type PositionsAndStrands<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<bool>>);

/// So many sites take a moment.
const FEW: u64 = 1 << 17;

/// The cut sites of a sample, by group and chromosome.
///
/// Sites are added from files in any order; after ``finish`` their coverage is counted and written.
///
/// Parameters
/// ----------
/// chrom_sizes : mapping of str to int
///     Lengths in bp of the chromosomes whose sites are kept.
/// temp_dir : str, bytes or os.PathLike
///     Folder for the sites that do not fit in memory. The file there has no name, and is gone when the process ends.
/// memory : int
///     Bytes that sites may take before they go to the folder.
/// threads : int
///     Threads that read and sort.
/// groups : int
///     Number of groups, such as cell types, that are kept apart.
/// with_labels : bool
///     Whether names and mapping qualities are kept, for BED files.
///
/// Raises
/// ------
/// ValueError
///     If there is no group or thread, or a chromosome has 2^32 bp or more.
/// ResourceError
///     If there is too little memory, here and in every method.
#[pyclass(module = "maxatac._core")]
pub(crate) struct CutSites {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    room: Room,
    state: State,
}

/// Sites are added first and used then; `None` after an error, when the sites are not all there.
enum State {
    Filling(SiteStore),
    Full(Sites),
    Failed,
}

#[pymethods]
impl CutSites {
    #[new]
    #[pyo3(signature = (chrom_sizes, *, temp_dir, memory, threads = 1, groups = 1, with_labels = false))]
    fn new(
        py: Python<'_>,
        chrom_sizes: &Bound<'_, PyMapping>,
        temp_dir: FilePath,
        memory: u64,
        threads: usize,
        groups: usize,
        with_labels: bool,
    ) -> PyResult<Self> {
        let sizes: Vec<(String, u64)> = chrom_sizes.items()?.extract()?;
        let mut lengths = Vec::with_capacity(sizes.len());
        let mut names = Vec::with_capacity(sizes.len());
        let mut numbers = HashMap::with_capacity(sizes.len());
        for (name, size) in sizes {
            let Ok(length) = u32::try_from(size) else {
                return Err(PyValueError::new_err(format!(
                    "chromosome {name} is {size} bp long; expected less than 2^32"
                )));
            };
            lengths.push(length);
            numbers.insert(name.clone(), names.len() as u32);
            names.push(name);
        }
        if groups == 0 || threads == 0 {
            return Err(PyValueError::new_err(format!(
                "found {groups} groups and {threads} threads; expected 1 or more of each"
            )));
        }
        let store = SiteStore::new(&lengths, groups, &temp_dir.path, memory, with_labels)
            .map_err(|error| to_python(py, error))?;
        Ok(Self {
            names,
            numbers,
            room: Room {
                dir: temp_dir.path,
                memory,
                threads,
            },
            state: State::Filling(store),
        })
    }

    /// Add sites of a group on a chromosome.
    ///
    /// Parameters
    /// ----------
    /// group : int
    /// chrom : str
    /// positions : numpy.ndarray, shape (sites,), int64
    ///     0-based, in any order.
    /// reverse : numpy.ndarray, shape (sites,), bool
    ///     Whether the read lies on the reverse strand.
    /// names : sequence of bytes, optional
    ///     Names of the reads, or barcodes; by default there are none.
    /// quality : int
    ///     Mapping quality of all.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If the folder cannot be written to.
    /// RegionError
    ///     If a site lies far outside of its chromosome.
    /// ValueError
    ///     If the numbers of positions, strands and names differ, for a group that there is not, after ``finish``, and
    ///     after an error.
    /// KeyError
    ///     For a chromosome that there is not.
    #[pyo3(signature = (group, chrom, positions, reverse, *, names = None, quality = 0))]
    fn add(
        &mut self,
        py: Python<'_>,
        group: u32,
        chrom: &str,
        positions: PyReadonlyArray1<'_, i64>,
        reverse: PyReadonlyArray1<'_, bool>,
        names: Option<Vec<Vec<u8>>>,
        quality: u8,
    ) -> PyResult<()> {
        let chrom = self.number(chrom)?;
        let (positions, reverse) = (positions.as_slice()?, reverse.as_slice()?);
        let counts = [
            positions.len(),
            names.as_ref().map_or(positions.len(), Vec::len),
        ];
        if counts.iter().any(|count| *count != reverse.len()) {
            return Err(PyValueError::new_err(format!(
                "found {} positions, {} strands and {} names; expected as many of each",
                counts[0],
                reverse.len(),
                counts[1]
            )));
        }
        self.fill(|store, _, _| {
            let push_all = || {
                for (number, (position, is_reverse)) in positions.iter().zip(reverse).enumerate() {
                    let site = CutSite {
                        group,
                        chrom,
                        position: *position,
                        is_reverse: *is_reverse,
                    };
                    let name = names.as_ref().map_or(&[][..], |names| &names[number]);
                    store.push(site, ReadLabel { name, quality })?;
                }
                Ok(())
            };
            py.detach(push_all).map_err(|error| to_python(py, error))
        })
    }

    /// Add the cut sites of the BAM files of one sample, whatever the order of their reads.
    ///
    /// A forward read is cut 4 bp behind its start, a reverse one 5 bp before its end. Reads are left out for the first
    /// reason that holds: not aligned, on another sequence, beyond the end of its sequence, barcode not in the list, a
    /// duplicate, not paired or without its mate in the file, not properly paired, not a primary alignment, mapping
    /// quality, length of the fragment. Single-end data skip what concerns pairs. Duplicates are those of
    /// ``samtools markdup`` after ``fixmate``; earlier marks are ignored.
    ///
    /// Parameters
    /// ----------
    /// paths : sequence of str, bytes or os.PathLike
    ///     Mates are joined within a file.
    /// single_end : bool
    ///     Reads count whether they are paired or not.
    /// skip_deduplication, trust_marks : bool
    ///     Keep all duplicates, or remove those that are marked. Mates are not joined then, and their flags alone tell
    ///     proper pairs.
    /// per_file : bool
    ///     Look for duplicates within each file, not over all.
    /// min_mapq : int
    ///     Lowest mapping quality of a read, 0 to 255.
    /// primary_only : bool
    ///     Leave out secondary and supplementary alignments.
    /// barcode_tag : str, optional
    ///     Tag that tells cells apart, such as ``CB``; reads of two cells are no duplicates.
    /// barcodes : mapping of bytes to int, optional
    ///     The group of each barcode that counts. Without ``barcode_tag`` they stand in ``CB``.
    /// accept_no_end : bool
    ///     Read files without the block that ends them.
    /// max_fragment : int, optional
    ///     Longest fragment in bp.
    /// progress : callable, optional
    ///     Called some times a second with how many more bytes of the files are read.
    ///
    /// Returns
    /// -------
    /// dict
    ///     Numbers of reads. ``sites`` and, by reason, ``unmapped``, ``other_chrom`` (dict: by sequence), ``past_end``,
    ///     ``no_barcode``, ``duplicates``, ``not_paired``, ``orphans``, ``not_proper``, ``not_primary``, ``low_mapq``
    ///     and ``too_long`` add up to ``records``. Of the input as it is: ``depth`` (neither unmapped nor secondary),
    ///     ``secondary``, ``supplementary``, ``qc_failed``, ``marked``, ``primary`` (aligned), ``barcoded`` of these,
    ///     ``without_bases`` (proper pairs without SEQ), ``unsorted`` (in front of the read before). Of sites:
    ///     ``clipped_5p``. Of pairs: ``pairs`` (examined), ``unique_pairs``, ``multiplicity`` (dict: how many are there
    ///     so many times; empty unless duplicates are looked for), ``split_pairs`` (mapping quality left one read),
    ///     ``over_10kb``, and ``fragment_lengths`` of pairs with a site (shape (1002,), int64; the last for all above
    ///     1,000 bp).
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If a file cannot be read, or the folder not be written to.
    /// ReadsError
    ///     If a file is no BAM file, damaged or cut short, has a read twice, or reads on a sequence without a length.
    /// ValueError
    ///     After ``finish`` or an error, or if settings exclude each other.
    #[pyo3(signature = (paths, *, single_end = false, skip_deduplication = false, trust_marks = false, per_file = false, min_mapq = 0, primary_only = false, barcode_tag = None, barcodes = None, accept_no_end = false, max_fragment = None, progress = None))]
    #[allow(clippy::fn_params_excessive_bools)] // by name only in Python
    fn add_bam<'py>(
        &mut self,
        py: Python<'py>,
        paths: Vec<FilePath>,
        single_end: bool,
        skip_deduplication: bool,
        trust_marks: bool,
        per_file: bool,
        min_mapq: u8,
        primary_only: bool,
        barcode_tag: Option<&str>,
        barcodes: Option<HashMap<Vec<u8>, u32>>,
        accept_no_end: bool,
        max_fragment: Option<u64>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let settings = BamSettings {
            single_end,
            duplicates: bam::duplicates(skip_deduplication, trust_marks)?,
            per_file,
            min_mapq,
            primary_only,
            barcode_tag: barcode_tag.map(bam::tag).transpose()?,
            barcodes,
            max_fragment,
            accept_no_end,
        };
        self.fill(|store, names, room| bam::add(py, store, names, paths, &settings, room, progress))
    }

    /// Add the cut sites of a text file: plain, gzip or BGZF, in any order.
    ///
    /// Empty lines and lines that start with ``#`` are skipped. Lines that cannot be right for their chromosome are left
    /// out and counted.
    ///
    /// Parameters
    /// ----------
    /// path : str, bytes or os.PathLike
    /// kind : str
    ///     ``fragments`` of 10x Genomics, with 3 to 6 columns; ``bed``, fragments or reads; ``bedpe``, both mates of a pair
    ///     in a line.
    /// shift : str
    ///     How the ends were moved to the cut sites before: ``none``, ``10x`` (+4, -5) or ``+4/-4``. Unmoved ends are moved
    ///     4 bp inwards.
    /// single_end : bool
    ///     Each line is a read with its strand in column 6, and has one site, at its 5' end.
    /// barcodes : mapping of bytes to int, optional
    ///     The barcodes that count, each with its group. Barcodes are in column 4.
    /// merge_equal : bool
    ///     Keep one of the lines that are equal in chromosome, start, end, strand of a read and, in a fragments file or with
    ///     ``barcodes``, column 4.
    /// max_fragment : int, optional
    ///     The longest fragment in bp; longer ones are left out.
    /// progress : callable, optional
    ///     Called some times a second with how many more bytes of the file are read; those of plain gzip count at the end.
    ///
    /// Returns
    /// -------
    /// dict
    ///     What was counted. Each of the ``records`` (lines with data) is in one of ``other_chrom`` (by name),
    ///     ``dropped`` (by ``negative_start``, ``empty`` and ``past_end``; ``first_dropped`` has the first three of each),
    ///     ``orphans``, ``not_proper`` (mates on two chromosomes), ``no_barcode``, ``too_long`` and ``duplicates``, or has
    ///     sites. ``sites`` and ``depth`` are the sites that were added, ``over_10kb`` the fragments above 10 kb.
    ///     ``fragment_lengths``, shape (1002,), int64, are the fragments by length, the last of all above 1,000 bp.
    ///     ``compared`` lines were compared with others, all or none; ``equal`` of them are equal to one before.
    ///     ``multiplicity`` is how many fragments were seen once, twice and so on: by column 5 of a fragments file, by
    ///     equal lines otherwise; ``pairs`` and ``unique_pairs`` are its sums. With ``barcodes``, ``barcoded`` lines have
    ///     one of the list, and ``barcodes_met`` are those of the list that were met.
    ///
    /// Raises
    /// ------
    /// ReadsError
    ///     For a file that is damaged or cut, a line that is not of the format or has more or fewer columns than the
    ///     first, and where more than 1 in 1000 lines of a chromosome do not fit it. It has the line as ``line``.
    /// OSError
    ///     If the file cannot be read, or the folder not be written to.
    /// ValueError
    ///     For settings that exclude each other, after ``finish`` and after an error.
    #[pyo3(signature = (path, *, kind, shift, single_end = false, barcodes = None, merge_equal = false, max_fragment = None, progress = None))]
    fn add_text<'py>(
        &mut self,
        py: Python<'py>,
        path: FilePath,
        kind: &str,
        shift: &str,
        single_end: bool,
        barcodes: Option<&Bound<'py, PyMapping>>,
        merge_equal: bool,
        max_fragment: Option<u64>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let settings = TextSettings {
            kind: text::kind(kind)?,
            ends: text::ends(shift)?,
            single_end,
            barcodes: text::barcodes(barcodes)?,
            merge_equal,
            max_fragment,
        };
        let tallies = self.fill(|store, chroms, room| {
            watched(py, progress, |watch| {
                add_text(store, chroms, &path.path, &settings, room, &watch)
            })
        })?;
        text::to_dict(py, &path, &settings, &tallies)
    }

    /// End the adding of sites.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     After an error in adding them.
    fn finish(&mut self, py: Python<'_>) -> PyResult<()> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Filling(store) => {
                let sites = py.detach(|| store.finish(self.room.threads));
                self.state = State::Full(sites.map_err(|error| to_python(py, error))?);
                Ok(())
            }
            State::Full(sites) => {
                self.state = State::Full(sites);
                Ok(())
            }
            State::Failed => Err(failed()),
        }
    }

    /// Count the sites of a group on a chromosome, those in the blacklist too.
    ///
    /// Parameters
    /// ----------
    /// group : int
    /// chrom : str
    ///
    /// Returns
    /// -------
    /// int
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     Before ``finish``, or after an error.
    /// KeyError
    ///     For a chromosome that there is not.
    fn count(&self, group: u32, chrom: &str) -> PyResult<u64> {
        Ok(self.full()?.count(group, self.number(chrom)?))
    }

    /// Count how many bases of a chromosome are covered how often.
    ///
    /// A site covers the bases within ``slop`` bp of it, but for one whose window touches the blacklist.
    ///
    /// Parameters
    /// ----------
    /// group : int
    /// chrom : str
    /// slop : int
    ///     In bp.
    /// without : numpy.ndarray, shape (spans, 2), int64
    ///     The blacklist of the chromosome: start and end of each span.
    ///
    /// Returns
    /// -------
    /// dict
    ///     ``values`` and ``bases``, int64: the counts that occur, ascending and above 0, and how many bases have each.
    ///     ``sites``: all sites; ``in_blacklist``, ``near_blacklist``, ``outside``: those that lie in the blacklist,
    ///     those outside of it whose window touches it, and those whose window is outside of the chromosome.
    ///
    /// Raises
    /// ------
    /// OSError, ValueError, KeyError
    ///     As ``sites``.
    #[pyo3(signature = (group, chrom, *, slop, without))]
    fn counts<'py>(
        &self,
        py: Python<'py>,
        group: u32,
        chrom: &str,
        slop: u32,
        without: PyReadonlyArray2<'_, i64>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let (sites, chrom) = (self.full()?, self.number(chrom)?);
        let without = &merge(spans(&without, "without")?);
        let windows = Windows { slop, without };
        let count = sites.count(group, chrom);
        let (seen, counts) = long(py, count, |is_cancelled| {
            let mut counts = CountHistogram::default();
            let add = |start, end, count| {
                counts.add(count, u64::from(end - start));
                Ok(())
            };
            let seen = sites.coverage(group, chrom, windows, add, is_cancelled)?;
            Ok((seen, counts))
        })?;
        let (values, bases): (Vec<i64>, Vec<i64>) = counts
            .iter()
            .map(|(value, bases)| (value as i64, bases as i64))
            .unzip();
        let found = PyDict::new(py);
        found.set_item("values", PyArray1::from_vec(py, values))?;
        found.set_item("bases", PyArray1::from_vec(py, bases))?;
        found.set_item("sites", count)?;
        found.set_item("in_blacklist", seen.in_blacklist)?;
        found.set_item("near_blacklist", seen.near_blacklist)?;
        found.set_item("outside", seen.outside)?;
        Ok(found)
    }

    /// Append the coverage of a chromosome to a track.
    ///
    /// A value is ``factor`` times the count of ``counts``, in double precision, and then rounded to float32. Bases
    /// without a site have no value. Neighbours of equal values are one interval.
    ///
    /// Parameters
    /// ----------
    /// writer : BigWigWriter
    ///     Chromosomes come in the byte order of their names.
    /// group : int
    /// chrom : str
    /// slop : int
    /// without : numpy.ndarray, shape (spans, 2), int64
    ///     As in ``counts``.
    /// factor : float
    ///     Above 0.
    /// clip : float, optional
    ///     Values above this become this.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If the track cannot be written or the folder cannot be read.
    /// TrackError
    ///     If the chromosome is not in the track.
    /// ValueError, KeyError
    ///     As ``sites``, and as ``BigWigWriter.write``.
    #[pyo3(signature = (writer, group, chrom, *, slop, factor, without, clip = None))]
    fn write_track(
        &self,
        py: Python<'_>,
        mut writer: PyRefMut<'_, BigWigWriter>,
        group: u32,
        chrom: &str,
        slop: u32,
        factor: f64,
        without: PyReadonlyArray2<'_, i64>,
        clip: Option<f32>,
    ) -> PyResult<()> {
        let (sites, number) = (self.full()?, self.number(chrom)?);
        let without = &merge(spans(&without, "without")?);
        let windows = Windows { slop, without };
        let scale = Scale { factor, clip };
        writer.with_inner(|track| {
            long(py, sites.count(group, number), |is_cancelled| {
                let of = (group, number);
                sites.write_track(track, chrom, of, windows, scale, is_cancelled)
            })
        })?;
        Ok(())
    }

    /// Write the windows of a group as a BED file that is compressed with BGZF.
    ///
    /// Lines are sorted by chromosome in the byte order of the names, then by position, strand, name and quality. Needs
    /// ``with_labels``.
    ///
    /// Parameters
    /// ----------
    /// path : str, bytes or os.PathLike
    ///     Created, or emptied. The file is complete when the call returns.
    /// group : int
    /// without : mapping of str to numpy.ndarray, shape (spans, 2), int64
    ///     The blacklist, by chromosome. Chromosomes that are not here are not written.
    /// slop : int
    ///     Bases on both sides of a site, cut at the ends of the chromosome; 0 for the sites themselves.
    /// columns : int
    ///     6: chromosome, start, end, name, mapping quality, strand. 4: without the last two.
    ///
    /// Returns
    /// -------
    /// int
    ///     The number of lines.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If the file cannot be written or the folder cannot be read.
    /// ValueError
    ///     If there are no labels, or for another number of columns; and as ``sites``.
    /// KeyError
    ///     For a chromosome that there is not.
    #[pyo3(signature = (path, group, without, *, slop = 0, columns = 6))]
    fn write_bed(
        &self,
        py: Python<'_>,
        path: FilePath,
        group: u32,
        without: &Bound<'_, PyMapping>,
        slop: u32,
        columns: u8,
    ) -> PyResult<u64> {
        let sites = self.full()?;
        let columns = match columns {
            4 => BedColumns::Name,
            6 => BedColumns::NameQualityStrand,
            _ => {
                return Err(PyValueError::new_err(format!(
                    "columns: found {columns}; expected 4 or 6"
                )));
            }
        };
        let mut chroms = Vec::new();
        for item in without.items()?.iter() {
            let (name, rows): (String, PyReadonlyArray2<'_, i64>) = item.extract()?;
            chroms.push((self.number(&name)?, name, merge(spans(&rows, "without")?)));
        }
        chroms.sort_unstable_by(|one, other| one.1.cmp(&other.1));
        cancellable(py, |is_cancelled| {
            let mut bed = BedWriter::create(path.path, columns)?;
            let mut lines = 0;
            for (chrom, name, without) in &chroms {
                let of = (group, *chrom);
                let windows = Windows { slop, without };
                lines += bed.write(sites, name, of, windows, is_cancelled)?;
            }
            bed.finish(sites)?;
            Ok(lines)
        })
    }

    /// Look where the sites of a group on a chromosome lie.
    ///
    /// Parameters
    /// ----------
    /// group : int
    /// chrom : str
    /// width : int
    ///     Width of a bin in bp.
    /// without : numpy.ndarray, shape (spans, 2), int64
    ///     The blacklist of the chromosome: its sites are in no bin and no span.
    /// within : numpy.ndarray, shape (spans, 2), int64
    ///     Spans whose sites are counted, such as peaks.
    /// step : int
    ///     One of so many sites is a sample; with 0 there is none.
    ///
    /// Returns
    /// -------
    /// dict
    ///     ``bins``, int64: the number of sites in each bin; empty without a site. Sites outside of the chromosome are in
    ///     the bin at its end. ``in_blacklist``: sites in the blacklist. ``within``: others that are in the spans.
    ///     ``positions``, int64, and ``reverse``, bool: the sample, sorted.
    ///
    /// Raises
    /// ------
    /// OSError, ValueError, KeyError
    ///     As ``sites``; ``ValueError`` for bins without a width too.
    #[pyo3(signature = (group, chrom, *, width, without, within, step = 0))]
    fn spread<'py>(
        &self,
        py: Python<'py>,
        group: u32,
        chrom: &str,
        width: u32,
        without: PyReadonlyArray2<'_, i64>,
        within: PyReadonlyArray2<'_, i64>,
        step: u64,
    ) -> PyResult<Bound<'py, PyDict>> {
        let (sites, chrom) = (self.full()?, self.number(chrom)?);
        let without = &merge(spans(&without, "without")?);
        let within = &merge(spans(&within, "within")?);
        let places = Places {
            width,
            without,
            within,
            step,
        };
        let spread = long(py, sites.count(group, chrom), |is_cancelled| {
            sites.spread(group, chrom, places, is_cancelled)
        })?;
        let bins: Vec<i64> = spread.bins.into_iter().map(u64::cast_signed).collect();
        let sample = spread.sample.into_iter();
        let (positions, reverse): (Vec<i64>, Vec<bool>) =
            sample.map(|site| (site.position, site.is_reverse)).unzip();
        let found = PyDict::new(py);
        found.set_item("bins", PyArray1::from_vec(py, bins))?;
        found.set_item("in_blacklist", spread.in_blacklist)?;
        found.set_item("within", spread.within)?;
        found.set_item("positions", PyArray1::from_vec(py, positions))?;
        found.set_item("reverse", PyArray1::from_vec(py, reverse))?;
        Ok(found)
    }

    /// Get the sites of a group on a chromosome, sorted.
    ///
    /// Parameters
    /// ----------
    /// group : int
    /// chrom : str
    ///
    /// Returns
    /// -------
    /// positions : numpy.ndarray, shape (sites,), int64
    /// reverse : numpy.ndarray, shape (sites,), bool
    ///     Whether the read lies on the reverse strand.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If the folder cannot be read.
    /// ValueError
    ///     Before ``finish``, after an error, or for a group that there is not.
    /// KeyError
    ///     For a chromosome that there is not.
    fn sites<'py>(
        &self,
        py: Python<'py>,
        group: u32,
        chrom: &str,
    ) -> PyResult<PositionsAndStrands<'py>> {
        let (sites, chrom) = (self.full()?, self.number(chrom)?);
        let (positions, reverse): (Vec<i64>, Vec<bool>) = py
            .detach(|| {
                let sites = sites.sorted(group, chrom)?;
                Ok(sites
                    .into_iter()
                    .map(|site| (site.position, site.is_reverse))
                    .unzip())
            })
            .map_err(|error| to_python(py, error))?;
        Ok((
            PyArray1::from_vec(py, positions),
            PyArray1::from_vec(py, reverse),
        ))
    }
}

impl CutSites {
    /// Adds sites with `work`. After an error nothing more can be done, because some sites are there and some are not.
    pub(crate) fn fill<T>(
        &mut self,
        work: impl FnOnce(&mut SiteStore, &[String], &Room) -> PyResult<T>,
    ) -> PyResult<T> {
        let State::Filling(store) = &mut self.state else {
            return Err(match self.state {
                State::Failed => failed(),
                _ => PyValueError::new_err("sites cannot be added after finish"),
            });
        };
        let result = work(store, &self.names, &self.room);
        if result.is_err() {
            self.state = State::Failed;
        }
        result
    }

    fn full(&self) -> PyResult<&Sites> {
        match &self.state {
            State::Full(sites) => Ok(sites),
            State::Filling(_) => Err(PyValueError::new_err("the sites are not finished")),
            State::Failed => Err(failed()),
        }
    }

    fn number(&self, chrom: &str) -> PyResult<u32> {
        let found = self.numbers.get(chrom).copied();
        found.ok_or_else(|| PyKeyError::new_err(chrom.to_owned()))
    }
}

/// Runs `work` on `count` sites; it can be stopped if it takes long.
fn long<T: Send>(
    py: Python<'_>,
    count: u64,
    work: impl FnOnce(&(dyn Fn() -> bool + Sync)) -> Result<T> + Send,
) -> PyResult<T> {
    if count > FEW {
        return cancellable(py, work);
    }
    // Starting a thread would take longer than the work, and there can be millions of chromosomes and groups.
    py.detach(|| work(&|| false))
        .map_err(|error| to_python(py, error))
}

fn failed() -> PyErr {
    PyValueError::new_err("the sites cannot be used after an error")
}
