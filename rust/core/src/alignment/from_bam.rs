//! Cut sites of BAM files: which reads count, and how many do not for which reason.
//!
//! A forward read [s, e) was cut at s + 4, a reverse one at e - 5. A read counts if nothing of this, in this order, is
//! against it ([`Fate`]):
//!
//! 1. it is not aligned;
//! 2. it lies on a sequence that is not wanted;
//! 3. it ends behind the end of its sequence;
//! 4. its barcode is not in the list, where there is one;
//! 5. it is a duplicate;
//! 6. it is not paired, or its mate is not in the file;
//! 7. it is not properly paired: the aligner's flag is not set, or the mates are not on one sequence and on opposite
//!    strands, with the 5' end of the forward one not right of the other's;
//! 8. it is a secondary or supplementary alignment, where only primary ones are wanted;
//! 9. its mapping quality is too low;
//! 10. its fragment is too long.
//!
//! Single-end data skip 6 and 7. Where duplicates are not looked for, mates are not joined, and 6 and 7 go by the flags
//! alone. They do so for secondary and supplementary alignments too, which are no duplicates of anything.
//!
//! Reads without a mapped mate cannot stay in paired-end data. So it is not decided whether they are duplicates.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use super::bam::{BamReader, Record, flag};
use super::duplicates::{Candidates, Side, Verdicts};
use super::pairs::{Joined, Mate, Mates, Unjoined, is_twice, place, position};
use super::site::{CutSite, ReadLabel};
use super::store::SiteStore;
use crate::error::{Error, FileKind, Result, zeroed};
use crate::io::{EndBlock, PositionedFile};

/// How far inside of a read the middle of the cut lies: the transposase duplicates 9 bp.
const SHIFT: i64 = 4;
/// Fragments of this length and longer are counted together.
const LONG: usize = 1001;
/// A fragment that is longer is hardly one.
const VERY_LONG: u64 = 10_000;
/// Reads between two looks at whether to stop.
const PATIENCE: u64 = 1 << 16;

/// What to do about duplicates.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Duplicates {
    /// Find and remove them; earlier marks do not count.
    #[default]
    Find,
    /// Remove those that are marked.
    Marked,
    /// Keep them.
    Keep,
}

/// Which reads count.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is an option of the command
pub struct BamSettings {
    /// Reads count whether they are paired or not.
    pub single_end: bool,
    /// What to do about duplicates.
    pub duplicates: Duplicates,
    /// Look for duplicates within each file only.
    pub per_file: bool,
    /// The lowest mapping quality.
    pub min_mapq: u8,
    /// No secondary and no supplementary alignments.
    pub primary_only: bool,
    /// The tag that tells cells apart, such as `CB`: reads of two cells are no duplicates.
    pub barcode_tag: Option<[u8; 2]>,
    /// The barcodes that count, each with its group.
    pub barcodes: Option<HashMap<Vec<u8>, u32>>,
    /// The longest fragment, in bp.
    pub max_fragment: Option<u64>,
    /// Whether a file may lack the block that ends it.
    pub accept_no_end: bool,
}

/// What became of a read.
#[repr(u8)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fate {
    /// It gave a site.
    Site,
    /// It is not aligned.
    Unmapped,
    /// It lies on a sequence that is not wanted.
    OtherChrom,
    /// It ends behind the end of its sequence.
    PastEnd,
    /// Its barcode is not in the list.
    NoBarcode,
    /// It is a duplicate.
    Duplicate,
    /// It is not paired.
    NotPaired,
    /// Its mate is not in the file, or not aligned.
    Orphan,
    /// It is not properly paired.
    NotProper,
    /// It is a secondary or supplementary alignment.
    NotPrimary,
    /// Its mapping quality is too low.
    LowMapq,
    /// Its fragment is too long.
    TooLong,
}

impl Fate {
    /// All fates, in the order in which they are decided, with their names.
    pub const ALL: [(Self, &'static str); 12] = [
        (Self::Site, "sites"),
        (Self::Unmapped, "unmapped"),
        (Self::OtherChrom, "other_chrom"),
        (Self::PastEnd, "past_end"),
        (Self::NoBarcode, "no_barcode"),
        (Self::Duplicate, "duplicates"),
        (Self::NotPaired, "not_paired"),
        (Self::Orphan, "orphans"),
        (Self::NotProper, "not_proper"),
        (Self::NotPrimary, "not_primary"),
        (Self::LowMapq, "low_mapq"),
        (Self::TooLong, "too_long"),
    ];
}

/// What was counted.
#[derive(Clone, Debug)]
pub struct BamTallies {
    /// Records of all files.
    pub records: u64,
    /// Alignments neither unmapped nor secondary: what the original scales by.
    pub depth: u64,
    /// Secondary alignments.
    pub secondary: u64,
    /// Supplementary alignments.
    pub supplementary: u64,
    /// Reads that failed the sequencer's controls.
    pub qc_failed: u64,
    /// Reads that were marked as duplicates before.
    pub marked: u64,
    /// Primary aligned reads with a barcode.
    pub barcoded: u64,
    /// Primary aligned reads.
    pub primary: u64,
    /// Properly paired reads without bases: a sign that sites were shifted before.
    pub without_bases: u64,
    /// How many reads there are of each [`Fate`]; their sum is `records`.
    pub fates: [u64; Fate::ALL.len()],
    /// Sites of reads with clipped bases at the 5' end.
    pub clipped_5p: u64,
    /// Pairs of which only one read has the mapping quality to count.
    pub split_pairs: u64,
    /// Pairs that were examined, and how many of them stay.
    pub pairs: u64,
    /// See `pairs`.
    pub unique_pairs: u64,
    /// How many pairs are there once, twice and so on, by number of duplicates.
    pub multiplicity: BTreeMap<u64, u64>,
    /// Pairs with a site by length of their fragment; the last number is of all lengths above 1,000 bp.
    pub fragment_lengths: Vec<u64>,
    /// Fragments above 10 kb.
    pub over_10kb: u64,
    /// Aligned reads on sequences that are not wanted, by sequence.
    pub other_chroms: BTreeMap<String, u64>,
    /// Reads that lie in front of the read before them.
    pub unsorted: u64,
}

impl BamTallies {
    fn new() -> Result<Self> {
        Ok(Self {
            records: 0,
            depth: 0,
            secondary: 0,
            supplementary: 0,
            qc_failed: 0,
            marked: 0,
            barcoded: 0,
            primary: 0,
            without_bases: 0,
            fates: [0; Fate::ALL.len()],
            clipped_5p: 0,
            split_pairs: 0,
            pairs: 0,
            unique_pairs: 0,
            multiplicity: BTreeMap::new(),
            fragment_lengths: zeroed(LONG + 1, "lengths of fragments")?,
            over_10kb: 0,
            other_chroms: BTreeMap::new(),
            unsorted: 0,
        })
    }

    fn count_fragment(&mut self, length: u64) {
        self.fragment_lengths[length.min(LONG as u64) as usize] += 1;
        self.over_10kb += u64::from(length > VERY_LONG);
    }
}

/// Where temporary data may go.
#[derive(Clone, Debug)]
pub struct Room {
    /// The folder for what does not fit in memory.
    pub dir: PathBuf,
    /// Bytes that reads may take in memory.
    pub memory: u64,
    /// Threads that inflate and decide.
    pub threads: usize,
}

/// Adds the cut sites of the BAM files of one sample.
///
/// `chroms` are the names of the chromosomes of `store`. `watch` is told now and then how many bytes of the files are
/// read, and answers whether to stop.
///
/// # Errors
///
/// [`Error::Format`] for a file that is no BAM file, is damaged or cut short, has a name and mate twice, or reads on a
/// sequence without a length. [`Error::Io`] if a file cannot be read or the folder not be written to.
/// [`Error::Cancelled`] if `watch` says so. [`Error::Resource`] if there is too little memory.
pub fn add_bam(
    store: &mut SiteStore,
    chroms: &[String],
    paths: &[PathBuf],
    settings: &BamSettings,
    room: &Room,
    watch: &dyn Fn(u64) -> bool,
) -> Result<BamTallies> {
    let sizes = paths
        .iter()
        .map(|path| fs::metadata(path).map_or(0, |found| found.len()));
    let size = sizes.sum();
    let mut files = paths
        .iter()
        .map(|path| PositionedFile::open(path, FileKind::Bam));
    add_bam_files(store, chroms, &mut files, size, settings, room, watch)
}

/// The same for files that are opened one by one, which have `size` bytes in all.
///
/// # Errors
///
/// As [`add_bam`].
pub fn add_bam_files(
    store: &mut SiteStore,
    chroms: &[String],
    files: &mut dyn Iterator<Item = Result<PositionedFile>>,
    size: u64,
    settings: &BamSettings,
    room: &Room,
    watch: &dyn Fn(u64) -> bool,
) -> Result<BamTallies> {
    let mut sequences = Sequences::new(chroms);
    let candidates = Candidates::new(
        &room.dir,
        room.memory / 2,
        size,
        settings.per_file,
        settings.single_end,
    )?;
    let mut reads = Reads {
        sink: Sink {
            store,
            groups: Vec::new(),
            chroms: Vec::new(),
            tallies: BamTallies::new()?,
            label: Vec::new(),
            max_fragment: settings.max_fragment.unwrap_or(u64::MAX),
        },
        candidates,
        barcodes: Barcodes::new(settings),
        settings,
    };
    reads.sink.groups.clone_from(&reads.barcodes.groups);
    let mut before = 0;
    for (number, file) in files.enumerate() {
        let file = file?;
        let size = file.len();
        let watch = |bytes| watch(before + bytes);
        add_file(
            &mut reads,
            &mut sequences,
            file,
            number as u32,
            room,
            &watch,
        )?;
        before += size;
    }
    let Reads {
        mut sink,
        candidates,
        ..
    } = reads;
    candidates
        .finish()
        .decide(&mut sink, room.threads, &|| watch(before))?;
    Ok(sink.tallies)
}

/// The sequences of all files, numbered as the first file that has them lists them.
struct Sequences<'a> {
    numbers: HashMap<String, u32>,
    chosen: HashMap<&'a str, u32>,
}

impl<'a> Sequences<'a> {
    fn new(chroms: &'a [String]) -> Self {
        let named = chroms.iter().zip(0..);
        Self {
            numbers: HashMap::new(),
            chosen: named
                .map(|(name, number)| (name.as_str(), number))
                .collect(),
        }
    }

    /// The numbers of the sequences of a file; `chroms` gets the chromosome of each number.
    fn number(&mut self, names: &[String], chroms: &mut Vec<Option<u32>>) -> Vec<u32> {
        let number = |name: &String| {
            if let Some(&number) = self.numbers.get(name) {
                return number;
            }
            let number = chroms.len() as u32;
            chroms.push(self.chosen.get(name.as_str()).copied());
            self.numbers.insert(name.clone(), number);
            number
        };
        names.iter().map(number).collect()
    }
}

/// The barcodes of reads, as numbers.
struct Barcodes {
    tag: Option<[u8; 2]>,
    /// The number of each barcode of the list.
    listed: Option<HashMap<Vec<u8>, u32>>,
    /// The group of each number.
    groups: Vec<u32>,
}

impl Barcodes {
    fn new(settings: &BamSettings) -> Self {
        let mut groups = Vec::new();
        let listed = settings.barcodes.as_ref().map(|barcodes| {
            let number = |(barcode, &group): (&Vec<u8>, &u32)| {
                groups.push(group);
                (barcode.clone(), groups.len() as u32 - 1)
            };
            barcodes.iter().map(number).collect()
        });
        let tag = settings.barcode_tag;
        let is_listed = settings.barcodes.is_some();
        Self {
            tag: tag.or(is_listed.then_some(*b"CB")),
            listed,
            groups,
        }
    }

    /// The number of a read's barcode, if it may count, and whether it has one.
    fn of(&self, record: &Record<'_>) -> (Option<u32>, bool) {
        let text = record.tag(self.tag.unwrap_or(*b"CB"));
        let number = match (&self.listed, text) {
            (Some(listed), Some(text)) => listed.get(text).copied(),
            (Some(_), None) => None,
            (None, Some(text)) if self.tag.is_some() => Some(short_hash(text)),
            (None, _) => Some(0),
        };
        (number, text.is_some())
    }
}

/// A hash of 32 bits, as markdup compares barcodes by.
fn short_hash(text: &[u8]) -> u32 {
    let hash = text.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash >> 32) as u32 ^ hash as u32
}

/// What reads are given to.
struct Reads<'a> {
    sink: Sink<'a>,
    candidates: Candidates,
    barcodes: Barcodes,
    settings: &'a BamSettings,
}

/// What the numbers of a file's sequences stand for.
struct OneFile {
    file: u32,
    numbers: Vec<u32>,
    lengths: Vec<u32>,
    /// Where the last read was, to see whether they are sorted.
    last: (u32, i32),
}

/// Gives all reads of a file.
fn add_file(
    reads: &mut Reads<'_>,
    sequences: &mut Sequences<'_>,
    opened: PositionedFile,
    file: u32,
    room: &Room,
    watch: &dyn Fn(u64) -> bool,
) -> Result<()> {
    let end = if reads.settings.accept_no_end {
        EndBlock::Optional
    } else {
        EndBlock::Required
    };
    let (path, size) = (opened.path().to_path_buf(), opened.len());
    let mut bam = BamReader::from_file(opened, room.threads, end)?;
    let names = bam.header().names.clone();
    let mut this = OneFile {
        file,
        numbers: sequences.number(&names, &mut reads.sink.chroms),
        lengths: bam.header().lengths.clone(),
        last: (0, -1),
    };
    check_lengths(&reads.sink, &this, &names, &bam)?;
    let with_names = reads.settings.single_end;
    let mut mates = Mates::new(&room.dir, room.memory / 2, size, with_names)?;
    let mut others = vec![0_u64; names.len()];
    let mut count: u64 = 0;
    loop {
        count += 1;
        if count.is_multiple_of(PATIENCE) && watch(bam.offset()) {
            return Err(Error::Cancelled);
        }
        let Some(record) = bam.next()? else {
            break;
        };
        let added = reads.add(&mut this, &mut others, &mut mates, &record);
        match added {
            Ok(()) => {}
            Err(Unfit::Failed(error)) => return Err(error),
            Err(Unfit::Empty) => {
                let sequence = record.sequence as usize;
                let reason = format!("a read on {}, whose length is 0", names[sequence]);
                return Err(bam.damaged(reason));
            }
            Err(Unfit::Twice(hash)) => return Err(twice(&path, hash)),
        }
    }
    drop(bam);
    for (name, count) in names
        .into_iter()
        .zip(others)
        .filter(|(_, count)| *count > 0)
    {
        *reads.sink.tallies.other_chroms.entry(name).or_default() += count;
    }
    let finished = mates.finish(|joined| match joined {
        Joined::Pair(a, b, name) => reads.add_pair(a, b, file, name),
        Joined::Orphan(read, name) => reads.add_single(read, file, name),
    });
    match finished {
        Ok(()) => Ok(()),
        Err(Unjoined::Failed(error)) => Err(error),
        Err(Unjoined::Twice(hash)) => Err(twice(&path, hash)),
    }
}

/// Refuses a file whose chromosomes have other lengths: it was aligned to another genome.
fn check_lengths(sink: &Sink<'_>, this: &OneFile, names: &[String], bam: &BamReader) -> Result<()> {
    let known = sink.store.chrom_lengths();
    for ((name, &number), &length) in names.iter().zip(&this.numbers).zip(&this.lengths) {
        // Those without a length are told of when they have reads.
        let chrom = sink.chroms[number as usize].filter(|_| length > 0);
        if let Some(&expected) = chrom.and_then(|chrom| known.get(chrom as usize))
            && expected != length
        {
            let reason =
                format!("{name} has {length} bp; expected {expected} bp, as in the genome");
            return Err(bam.damaged(reason));
        }
    }
    Ok(())
}

/// Why a read cannot be added.
enum Unfit {
    Failed(Error),
    /// Its sequence has no length.
    Empty,
    Twice(u128),
}

impl From<Error> for Unfit {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The error for a name that comes twice, which is looked up in the file.
fn twice(path: &Path, hash: u128) -> Error {
    let find = || -> Result<Error> {
        let mut bam = BamReader::open(path, 1, EndBlock::Optional)?;
        let mut found = None;
        while let Some(record) = bam.next()? {
            if is_twice(record.name, hash) {
                found = Some(String::from_utf8_lossy(record.name).into_owned());
                break;
            }
        }
        Ok(bam.damaged(format!(
            "the name {:?} stands for two reads that are the same mate of a pair; expected each read once: was a file joined twice?",
            found.unwrap_or_default()
        )))
    };
    find().unwrap_or_else(|error| error)
}

impl Reads<'_> {
    /// Adds a read, or keeps it until its mate comes.
    fn add(
        &mut self,
        this: &mut OneFile,
        others: &mut [u64],
        mates: &mut Mates,
        record: &Record<'_>,
    ) -> std::result::Result<(), Unfit> {
        let is_primary = !record.has(flag::SECONDARY | flag::SUPPLEMENTARY);
        self.count(this, record);
        if record.is_unmapped() {
            self.sink.lose(Fate::Unmapped);
            return Ok(());
        }
        let (sequence, length) = match usize::try_from(record.sequence) {
            Ok(at) => (this.numbers[at], this.lengths[at]),
            Err(_) => return Ok(()),
        };
        if length == 0 {
            return Err(Unfit::Empty);
        }
        let finds = self.settings.duplicates == Duplicates::Find && is_primary;
        if self.sink.chroms[sequence as usize].is_none() {
            others[record.sequence as usize] += 1;
            self.sink.lose(Fate::OtherChrom);
            // A mate on a chromosome that is wanted has to know of it.
            if !finds || !self.is_wanted(this, record.mate_sequence, record) {
                return Ok(());
            }
        }
        let extent = record.extent();
        if extent.end > i64::from(length) {
            self.lose(sequence, Fate::PastEnd);
            return Ok(());
        }
        let (barcode, has_barcode) = self.barcodes.of(record);
        if is_primary {
            self.sink.tallies.primary += 1;
            self.sink.tallies.barcoded += u64::from(has_barcode);
        }
        let Some(barcode) = barcode else {
            self.lose(sequence, Fate::NoBarcode);
            return Ok(());
        };
        let (five, clipped) = if record.is_reverse() {
            (extent.end, extent.behind)
        } else {
            (extent.start, extent.before)
        };
        let read = Mate {
            sequence,
            start: place(extent.start - extent.before),
            end: place(extent.end + extent.behind),
            position: place(extent.start),
            five: place(five),
            score: if finds { record.score() } else { 0 },
            barcode,
            flags: record.flags,
            mapq: record.mapq,
            is_clipped: (clipped > 0).into(),
        };
        if !finds {
            self.add_alone(&read, record)?;
            return Ok(());
        }
        if !record.has(flag::PAIRED) || record.has(flag::MATE_UNMAPPED) {
            self.add_single(&read, this.file, record.name)?;
            return Ok(());
        }
        match mates.add(record.name, &read) {
            Ok(None) => Ok(()),
            Ok(Some(other)) => Ok(self.add_pair(&other, &read, this.file, record.name)?),
            Err(Unjoined::Failed(error)) => Err(error.into()),
            Err(Unjoined::Twice(hash)) => Err(Unfit::Twice(hash)),
        }
    }

    /// Counts what is told of the input as it is.
    fn count(&mut self, this: &mut OneFile, record: &Record<'_>) {
        let tallies = &mut self.sink.tallies;
        tallies.records += 1;
        tallies.depth += u64::from(!record.has(flag::UNMAPPED | flag::SECONDARY));
        tallies.secondary += u64::from(record.has(flag::SECONDARY));
        tallies.supplementary += u64::from(record.has(flag::SUPPLEMENTARY));
        tallies.qc_failed += u64::from(record.has(flag::QC_FAILED));
        tallies.marked += u64::from(record.has(flag::DUPLICATE));
        tallies.without_bases += u64::from(record.has(flag::PROPER) && record.qualities.is_empty());
        // Those without a sequence come last.
        let place = (record.sequence as u32, record.position);
        tallies.unsorted += u64::from(place < this.last);
        this.last = place;
    }

    /// Whether the mate of a read may lie on a chromosome that is wanted.
    fn is_wanted(&self, this: &OneFile, mate_sequence: i32, record: &Record<'_>) -> bool {
        if !record.has(flag::PAIRED) || record.has(flag::MATE_UNMAPPED) {
            return false;
        }
        match usize::try_from(mate_sequence) {
            Ok(at) => self.sink.chroms[this.numbers[at] as usize].is_some(),
            Err(_) => true,
        }
    }

    /// What becomes of a read that is no duplicate.
    fn fate(&self, read: &Mate, is_proper: bool, fragment: Option<u64>) -> Fate {
        let settings = self.settings;
        if self.sink.chroms[read.sequence as usize].is_none() {
            Fate::OtherChrom
        } else if !settings.single_end && read.flags & flag::PAIRED == 0 {
            Fate::NotPaired
        } else if !settings.single_end && !is_proper {
            Fate::NotProper
        } else if settings.primary_only && read.flags & (flag::SECONDARY | flag::SUPPLEMENTARY) != 0
        {
            Fate::NotPrimary
        } else if read.mapq < settings.min_mapq {
            Fate::LowMapq
        } else if fragment.is_some_and(|length| length > self.sink.max_fragment) {
            Fate::TooLong
        } else {
            Fate::Site
        }
    }

    /// Adds a read on which its mate has no say.
    fn add_alone(&mut self, read: &Mate, record: &Record<'_>) -> Result<()> {
        let is_marked = record.has(flag::DUPLICATE);
        let is_lost = is_marked && self.settings.duplicates == Duplicates::Marked;
        let is_proper = record.has(flag::PROPER);
        let length = u64::from(record.template_length.unsigned_abs());
        let fragment = (is_proper && length > 0).then_some(length);
        let fate = if is_lost {
            Fate::Duplicate
        } else {
            self.fate(read, is_proper, fragment)
        };
        let tallies = &mut self.sink.tallies;
        let is_primary = !record.has(flag::SECONDARY | flag::SUPPLEMENTARY);
        if is_primary && is_proper && record.has(flag::PAIRED) && !record.is_reverse() {
            tallies.pairs += 1;
            tallies.unique_pairs += u64::from(!is_marked);
            if let Some(length) = fragment.filter(|_| fate == Fate::Site) {
                tallies.count_fragment(length);
            }
        }
        let side = Side::new(read, fate as u8);
        self.sink.give(&side, fate, record.name)
    }

    /// Adds a read that has no mapped mate.
    fn add_single(&mut self, read: &Mate, file: u32, name: &[u8]) -> Result<()> {
        if self.settings.single_end {
            let fate = self.fate(read, false, None);
            if read.flags & flag::QC_FAILED == 0 {
                return self.candidates.add_single((read, fate as u8), file, name);
            }
            let side = Side::new(read, fate as u8);
            return self.sink.give(&side, fate, name);
        }
        let is_paired = read.flags & flag::PAIRED != 0;
        self.lose(
            read.sequence,
            if is_paired {
                Fate::Orphan
            } else {
                Fate::NotPaired
            },
        );
        Ok(())
    }

    /// Counts a read that is lost, if it was not when its sequence was seen.
    fn lose(&mut self, sequence: u32, fate: Fate) {
        if self.sink.chroms[sequence as usize].is_some() {
            self.sink.lose(fate);
        }
    }

    /// Adds both mates of a pair.
    fn add_pair(&mut self, a: &Mate, b: &Mate, file: u32, name: &[u8]) -> Result<()> {
        let is_reverse = |read: &Mate| read.flags & flag::REVERSE != 0;
        let (forward, reverse) = if is_reverse(a) { (b, a) } else { (a, b) };
        let is_facing = a.sequence == b.sequence
            && is_reverse(a) != is_reverse(b)
            // Of mates with their 5' ends at one place, fixmate takes the first mate for the left one.
            && (forward.five, super::pairs::number(forward)) <= (reverse.five, super::pairs::number(reverse));
        let fragment = is_facing.then(|| u64::from(reverse.five - forward.five));
        let fates = [a, b].map(|read| {
            let is_proper = is_facing && read.flags & flag::PROPER != 0;
            self.fate(read, is_proper, fragment) as u8
        });
        self.candidates
            .add_pair((a, fates[0]), (b, fates[1]), file, name)
    }
}

/// Where reads go when it is clear what becomes of them.
struct Sink<'a> {
    store: &'a mut SiteStore,
    /// The group of each barcode; empty if there is one group.
    groups: Vec<u32>,
    /// The chromosome of each sequence that is wanted.
    chroms: Vec<Option<u32>>,
    tallies: BamTallies,
    label: Vec<u8>,
    max_fragment: u64,
}

impl Sink<'_> {
    fn lose(&mut self, fate: Fate) {
        self.tallies.fates[fate as usize] += 1;
    }

    fn give(&mut self, side: &Side, fate: Fate, name: &[u8]) -> Result<()> {
        let Some(chrom) = self.chroms[side.sequence as usize] else {
            // Counted when it was seen.
            return Ok(());
        };
        self.lose(fate);
        if fate != Fate::Site {
            return Ok(());
        }
        self.tallies.clipped_5p += u64::from(side.is_clipped);
        let five = position(side.five);
        let cut = CutSite {
            group: self.groups.get(side.barcode as usize).copied().unwrap_or(0),
            chrom,
            position: if side.is_reverse {
                five - 1 - SHIFT
            } else {
                five + SHIFT
            },
            is_reverse: side.is_reverse,
        };
        if self.store.has_labels() {
            self.label.clear();
            self.label.extend_from_slice(name);
            if side.mate == 1 || side.mate == 2 {
                self.label.extend([b'/', b'0' + side.mate]);
            }
        }
        let label = ReadLabel {
            name: &self.label,
            quality: side.mapq,
        };
        self.store.push(cut, label)
    }
}

impl Verdicts for Sink<'_> {
    fn decided(&mut self, name: &[u8], sides: [Option<(Side, bool)>; 2]) -> Result<()> {
        let fates = sides.map(|side| {
            side.map(|(side, is_duplicate)| {
                let fate = Fate::ALL[usize::from(side.fate)].0;
                (side, if is_duplicate { Fate::Duplicate } else { fate })
            })
        });
        for (side, fate) in fates.iter().flatten() {
            self.give(side, *fate, name)?;
        }
        if let [Some((left, first)), Some((right, second))] = fates {
            let both = [first, second];
            self.tallies.split_pairs +=
                u64::from(both.contains(&Fate::Site) && both.contains(&Fate::LowMapq));
            if both.contains(&Fate::Site) && left.sequence == right.sequence {
                self.tallies
                    .count_fragment(left.five.abs_diff(right.five).into());
            }
        }
        Ok(())
    }

    fn seen(&mut self, pairs: u64) {
        self.tallies.pairs += pairs;
        self.tallies.unique_pairs += 1;
        *self.tallies.multiplicity.entry(pairs).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{BamRead, TestResult, bam};

    const FORWARD: u16 = flag::PAIRED | flag::PROPER | flag::FIRST;
    const REVERSE: u16 = flag::PAIRED | flag::PROPER | flag::LAST | flag::REVERSE;

    fn pair<'a>(
        name: &'a str,
        start: i32,
        cigar: &'a [(u32, u8)],
        quality: &'a [u8],
    ) -> [BamRead<'a>; 2] {
        let forward = BamRead {
            name,
            flags: FORWARD,
            place: (0, start),
            mate: (0, 250),
            cigar,
            qualities: quality,
            tags: b"",
        };
        let reverse = BamRead {
            flags: REVERSE,
            place: (0, 250),
            mate: (0, start),
            cigar: &[(50, b'M')],
            ..forward
        };
        [forward, reverse]
    }

    type Found = (Vec<(i64, bool)>, BamTallies);

    fn sites(reads: &[BamRead<'_>], settings: &BamSettings, memory: u64) -> TestResult<Found> {
        let room = Room {
            dir: std::env::temp_dir(),
            memory,
            threads: 2,
        };
        let bytes = bam(b"", &[("chr1", 1000), ("chrM", 100)], reads)?;
        let size = bytes.len() as u64;
        let file = PositionedFile::in_memory("a.bam", bytes, FileKind::Bam);
        let mut store = SiteStore::new(&[1000], 1, &room.dir, memory, false)?;
        let chroms = ["chr1".to_owned()];
        let files = &mut std::iter::once(file);
        let settings = BamSettings {
            accept_no_end: true,
            ..settings.clone()
        };
        let tallies = add_bam_files(&mut store, &chroms, files, size, &settings, &room, &|_| {
            false
        })?;
        let sites = store.finish(1)?.sorted(0, 0)?;
        Ok((
            sites
                .iter()
                .map(|cut| (cut.position, cut.is_reverse))
                .collect(),
            tallies,
        ))
    }

    #[test]
    fn a_pair_gives_two_sites_and_a_duplicate_none() -> TestResult {
        let clipped = [(10, b'S'), (40, b'M')];
        let mut reads = pair("b", 100, &[(50, b'M')], &[30; 50]).to_vec();
        reads.extend(pair("a", 110, &clipped, &[29; 50]));
        reads.push(BamRead {
            flags: flag::UNMAPPED,
            place: (-1, -1),
            ..reads[0]
        });
        reads.push(BamRead {
            name: "m",
            flags: 0,
            place: (1, 0),
            ..reads[0]
        });
        for memory in [0, 1 << 20] {
            let (found, tallies) = sites(&reads, &BamSettings::default(), memory)?;
            assert_eq!(found, [(104, false), (295, true)]);
            assert_eq!((tallies.pairs, tallies.unique_pairs), (2, 1));
            assert_eq!(tallies.multiplicity, BTreeMap::from([(2, 1)]));
            assert_eq!(tallies.fates.iter().sum::<u64>(), tallies.records);
            assert_eq!(tallies.fates[Fate::Duplicate as usize], 2);
            assert_eq!(tallies.other_chroms, BTreeMap::from([("chrM".into(), 1)]));
        }
        Ok(())
    }

    #[test]
    fn fates_stand_in_their_order() {
        for (number, (fate, _)) in Fate::ALL.into_iter().enumerate() {
            assert_eq!(fate as usize, number);
        }
    }

    #[test]
    fn a_stop_is_heard() -> TestResult {
        let room = Room {
            dir: std::env::temp_dir(),
            memory: 1 << 20,
            threads: 1,
        };
        let bytes = bam(b"", &[("chr1", 1000)], &[])?;
        let file = PositionedFile::in_memory("a.bam", bytes, FileKind::Bam);
        let mut store = SiteStore::new(&[1000], 1, &room.dir, 1 << 20, false)?;
        let settings = BamSettings {
            accept_no_end: true,
            ..BamSettings::default()
        };
        let files = &mut std::iter::once(file);
        let stopped = add_bam_files(
            &mut store,
            &["chr1".into()],
            files,
            0,
            &settings,
            &room,
            &|_| true,
        );
        assert!(matches!(stopped, Err(Error::Cancelled)));
        Ok(())
    }
}
