//! Cut sites of text files: fragments of 10x Genomics, BED and BEDPE, plain or compressed, in any order.
//!
//! A line is a fragment, of which both ends were cut, or a read, of which the 5' end was cut. Lines that cannot be right
//! for the chromosome are left out and counted; too many of them are an error, because then the genome is another build.
//! Text that is no number, and a line with more or fewer columns than the first, are an error at once: two lines fuse where
//! a part of a file lacks its last line end, and a file that was cut ends inside a line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::equal::{EqualCounter, Fragment, Merger, Multiplicity};
use super::from_bam::Room;
use super::line::{Line, Place, TextKind, is_skipped, parse, shown, wrong_columns};
use super::site::{CutSite, ReadLabel};
use super::store::SiteStore;
use crate::error::{Error, Result, zeroed};
use crate::io::{EndBlock, Inflated};

const WHAT: &str = "lines";
/// How far inside of a read the middle of the cut lies: the transposase duplicates 9 bp.
const SHIFT: i64 = 4;
/// A chromosome of which more than one line in so many cannot be right is of another build.
const MOST_BAD: u64 = 1000;
/// Fragments of this length and longer are counted together.
const LONG: usize = 1001;
/// A fragment that is longer is hardly one.
const VERY_LONG: u64 = 10_000;
/// The longest line, in bytes.
const LONGEST_LINE: usize = 1 << 20;
/// Lines that are shown of each kind that is left out.
const SHOWN: usize = 3;
/// Chromosomes that are not in use are counted by name up to so many.
const MOST_OTHERS: usize = 100_000;

/// What the ends of the intervals of a file are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Ends {
    /// Ends of aligned reads: the cut lies 4 bp inside.
    #[default]
    Aligned,
    /// Cut sites, moved to there before: by +4 and -5 bp in files of 10x Genomics, by +4 and -4 bp in others. In both
    /// cases the right site is the last base of the interval.
    Cut,
}

/// Barcodes, each with its group.
pub type Barcodes = Vec<(Vec<u8>, u32)>;

/// How lines are read, and which of them count.
#[derive(Clone, Debug)]
pub struct TextSettings {
    /// What the lines stand for.
    pub kind: TextKind,
    /// What the ends of the intervals are.
    pub ends: Ends,
    /// Each line is a read with its strand in column 6, and gives one site.
    pub single_end: bool,
    /// The barcodes that count.
    pub barcodes: Option<Barcodes>,
    /// Keep one of the lines that are equal in chromosome, start, end, strand and, where there is one, barcode.
    pub merge_equal: bool,
    /// The longest fragment, in bp.
    pub max_fragment: Option<u64>,
}

/// Why a line cannot be right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bad {
    /// It starts before its chromosome.
    NegativeStart,
    /// It does not end behind its start.
    Empty,
    /// It ends behind the end of its chromosome.
    PastEnd,
}

impl Bad {
    /// All reasons, with their names.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::NegativeStart, "negative_start"),
        (Self::Empty, "empty"),
        (Self::PastEnd, "past_end"),
    ];
}

/// Lines that were left out for one reason.
#[derive(Clone, Debug, Default)]
pub struct Dropped {
    /// How many.
    pub lines: u64,
    /// Number and text of the first ones.
    pub first: Vec<(u64, String)>,
}

/// What was counted in a text file.
#[derive(Clone, Debug)]
pub struct TextTallies {
    /// Lines with data.
    pub records: u64,
    /// Columns of each line.
    pub columns: usize,
    /// Lines that cannot be right, in the order of [`Bad::ALL`].
    pub dropped: [Dropped; Bad::ALL.len()],
    /// Lines on chromosomes that are not in use.
    pub other_chroms: BTreeMap<String, u64>,
    /// Pairs of which one mate at least is not aligned.
    pub orphans: u64,
    /// Pairs on two chromosomes.
    pub not_proper: u64,
    /// Lines whose barcode is not in the list.
    pub no_barcode: u64,
    /// The barcodes of the list that were met, by their place in it.
    pub met: Vec<usize>,
    /// Fragments that are too long.
    pub too_long: u64,
    /// Fragments above 10 kb, those that are too long too.
    pub over_10kb: u64,
    /// Lines that nothing of this is against.
    pub good: u64,
    /// Good lines that were left out because an equal one stays.
    pub duplicates: u64,
    /// Good lines that are equal to one before; `None` if that is unknown, because the lines are not in the order of their starts.
    pub equal: Option<u64>,
    /// Sites that were added.
    pub sites: u64,
    /// Fragments by length, of those that gave sites; the last number is of all lengths above 1,000 bp.
    pub fragment_lengths: Vec<u64>,
    /// How many fragments were seen once, twice and so on: by column 5 of a fragments file, by equal lines otherwise.
    /// Empty if that is unknown.
    pub multiplicity: Vec<(u64, u64)>,
    /// How often fragments were seen in all, and how many there are; 0 if that is unknown.
    pub pairs: u64,
    /// See `pairs`.
    pub unique_pairs: u64,
}

/// Adds the cut sites of a text file.
///
/// `chroms` are the names of the chromosomes of `store`.
///
/// # Errors
///
/// [`Error::Line`] for a line that is not of the format, and where too many lines do not fit their chromosome.
/// [`Error::Format`] for a file that is damaged or cut. [`Error::Io`] if the file cannot be read or the folder not be
/// written to. [`Error::Cancelled`] if `watch` says so, which is told how many bytes of the file are read. [`Error::Resource`] if there is too little memory.
/// [`Error::Settings`] for settings that exclude each other.
pub fn add_text(
    store: &mut SiteStore,
    chroms: &[String],
    path: &Path,
    settings: &TextSettings,
    room: &Room,
    watch: &dyn Fn(u64) -> bool,
) -> Result<TextTallies> {
    let kind = settings.kind.file_kind();
    let bytes = Inflated::open(path, kind, room.threads, EndBlock::Required)?;
    add_lines(store, chroms, bytes, settings, room, watch)
}

/// The same of a file that is open.
pub fn add_lines(
    store: &mut SiteStore,
    chroms: &[String],
    mut bytes: Inflated,
    settings: &TextSettings,
    room: &Room,
    watch: &dyn Fn(u64) -> bool,
) -> Result<TextTallies> {
    let path = bytes.file().path().to_path_buf();
    let mut reader = Reader::new(store, chroms, path, settings, room)?;
    // The start of a line that goes on in the next part.
    let mut started = Vec::new();
    loop {
        if watch(bytes.offset()) {
            return Err(Error::Cancelled);
        }
        let part = bytes.fill()?;
        if part.is_empty() {
            break;
        }
        let mut rest = part;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let line = &rest[..end];
            rest = &rest[end + 1..];
            if started.is_empty() {
                reader.add(line)?;
            } else {
                started.extend(line);
                reader.add(&started)?;
                started.clear();
            }
        }
        started.extend(rest);
        if started.len() > LONGEST_LINE {
            let reason = format!("a line of more than {LONGEST_LINE} bytes");
            return Err(reader.error(reader.line + 1, reason));
        }
        let length = part.len();
        bytes.consume(length);
    }
    if !started.is_empty() {
        reader.add(&started)?;
    }
    reader.finish()
}

/// A chromosome in use.
#[derive(Clone, Debug, Default)]
struct Chrom {
    lines: u64,
    bad: u64,
    first_bad: Option<(u64, String)>,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
enum Known {
    /// A chromosome in use.
    Used(u32),
    /// Another one, by its place in the list.
    Other(usize),
}

struct Reader<'a> {
    store: &'a mut SiteStore,
    settings: &'a TextSettings,
    path: PathBuf,
    line: u64,
    names: &'a [String],
    known: FxHashMap<Vec<u8>, Known>,
    chroms: Vec<Chrom>,
    others: Vec<(Vec<u8>, u64)>,
    /// The last line's chromosome: mostly it is the next one's too.
    last: Option<(Vec<u8>, Known)>,
    /// Group and place in the list of each barcode.
    barcodes: Option<FxHashMap<&'a [u8], (u32, usize)>>,
    is_met: Vec<bool>,
    equal: EqualCounter,
    merger: Option<Merger>,
    multiplicity: Multiplicity,
    tallies: TextTallies,
}

impl<'a> Reader<'a> {
    fn new(
        store: &'a mut SiteStore,
        names: &'a [String],
        path: PathBuf,
        settings: &'a TextSettings,
        room: &Room,
    ) -> Result<Self> {
        if settings.kind == TextKind::Bedpe && (settings.single_end || settings.barcodes.is_some())
        {
            let reason = "BEDPE has pairs of reads without barcodes";
            return Err(Error::Settings(reason.into()));
        }
        let with_names = settings.kind == TextKind::Fragments || settings.barcodes.is_some();
        let merger = if settings.merge_equal {
            // The sites take the rest.
            let memory = room.memory / 2;
            Some(Merger::new(
                store.chrom_lengths(),
                &room.dir,
                memory,
                with_names,
            )?)
        } else {
            None
        };
        let known = (0..).zip(names);
        let known = known.map(|(number, name)| (name.clone().into_bytes(), Known::Used(number)));
        let listed = settings.barcodes.as_ref();
        let barcodes = listed.map(|barcodes| {
            let numbered = barcodes.iter().enumerate();
            let entries = numbered.map(|(place, (name, group))| (name.as_slice(), (*group, place)));
            entries.collect()
        });
        Ok(Self {
            equal: EqualCounter::new(names.len(), with_names)?,
            store,
            settings,
            path,
            line: 0,
            names,
            known: known.collect(),
            chroms: vec![Chrom::default(); names.len()],
            others: Vec::new(),
            last: None,
            barcodes,
            is_met: vec![false; listed.map_or(0, Vec::len)],
            merger,
            multiplicity: Multiplicity::new()?,
            tallies: TextTallies::new()?,
        })
    }

    /// Adds a line, without its line feed.
    fn add(&mut self, line: &[u8]) -> Result<()> {
        self.line += 1;
        let mut line = line.strip_suffix(b"\r").unwrap_or(line);
        if self.line == 1 {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if is_skipped(line, self.settings.kind) {
            return Ok(());
        }
        let parsed = match parse(line, self.settings.kind) {
            Ok(parsed) => parsed,
            Err(reason) => return Err(self.error(self.line, reason)),
        };
        if parsed.columns != self.tallies.columns {
            self.set_columns(parsed.columns)?;
        }
        self.tallies.records += 1;
        match parsed.place {
            Place::On { chrom, start, end } => match self.chrom(chrom) {
                Known::Used(chrom) => self.add_used(chrom, start, end, &parsed, line),
                Known::Other(place) => {
                    self.others[place].1 += 1;
                    Ok(())
                }
            },
            Place::Orphan => {
                self.tallies.orphans += 1;
                Ok(())
            }
            Place::Apart => {
                self.tallies.not_proper += 1;
                Ok(())
            }
        }
    }

    /// Takes the number of columns from the first line, and fails if a later one has another number.
    fn set_columns(&mut self, columns: usize) -> Result<()> {
        let before = self.tallies.columns;
        let reason = if before != 0 {
            wrong_columns(columns, format_args!("{before} as in the lines before"))
        } else if self.settings.barcodes.is_some() && columns < 4 {
            wrong_columns(columns, "4 or more, because barcodes are in column 4")
        } else if self.settings.single_end && columns < 6 {
            wrong_columns(
                columns,
                "6 or more, because strands of reads are in column 6",
            )
        } else {
            self.tallies.columns = columns;
            return Ok(());
        };
        Err(self.error(self.line, reason))
    }

    fn chrom(&mut self, name: &[u8]) -> Known {
        if let Some((last, known)) = &self.last
            && last == name
        {
            return *known;
        }
        let known = match self.known.get(name) {
            Some(known) => *known,
            None if self.others.len() < MOST_OTHERS => {
                let known = Known::Other(self.others.len());
                self.others.push((name.to_vec(), 0));
                self.known.insert(name.to_vec(), known);
                known
            }
            None => {
                if self.others.len() == MOST_OTHERS {
                    self.others.push((b"(others)".to_vec(), 0));
                }
                Known::Other(MOST_OTHERS)
            }
        };
        self.last = Some((name.to_vec(), known));
        known
    }

    /// Adds a line on a chromosome in use.
    fn add_used(
        &mut self,
        chrom: u32,
        start: i64,
        end: i64,
        line: &Line<'_>,
        text: &[u8],
    ) -> Result<()> {
        self.chroms[chrom as usize].lines += 1;
        let length = self.store.chrom_lengths()[chrom as usize];
        let bad = if start < 0 {
            Bad::NegativeStart
        } else if start >= end {
            Bad::Empty
        } else if end > i64::from(length) {
            Bad::PastEnd
        } else {
            // Both fit, because the length does.
            return self.add_good(chrom, start as u32, end as u32, line);
        };
        self.drop_line(chrom, bad, text);
        Ok(())
    }

    #[cold]
    fn drop_line(&mut self, chrom: u32, bad: Bad, text: &[u8]) {
        let dropped = &mut self.tallies.dropped[bad as usize];
        dropped.lines += 1;
        if dropped.first.len() < SHOWN {
            dropped.first.push((self.line, shown(text)));
        }
        let chrom = &mut self.chroms[chrom as usize];
        chrom.bad += 1;
        if chrom.first_bad.is_none() {
            chrom.first_bad = Some((self.line, shown(text)));
        }
    }

    fn add_good(&mut self, chrom: u32, start: u32, end: u32, line: &Line<'_>) -> Result<()> {
        let strand = match (self.settings.single_end, line.strand) {
            (false, _) => 0,
            (true, b"+") => 1,
            (true, b"-") => 2,
            (true, found) => {
                let reason = format!("{} in column 6; expected a strand, + or -", shown(found));
                return Err(self.error(self.line, reason));
            }
        };
        let mut group = 0;
        if let Some(barcodes) = &self.barcodes {
            let Some(&(found, place)) = barcodes.get(line.name) else {
                self.tallies.no_barcode += 1;
                return Ok(());
            };
            self.is_met[place] = true;
            group = found;
        }
        let is_fragments = self.settings.kind == TextKind::Fragments;
        if !self.settings.single_end {
            let length = u64::from(end - start);
            self.tallies.over_10kb += u64::from(length > VERY_LONG);
            if self.settings.max_fragment.is_some_and(|most| length > most) {
                self.tallies.too_long += 1;
                return Ok(());
            }
        }
        let quality = if is_fragments { None } else { line.number };
        let fragment = Fragment {
            start,
            end,
            group,
            strand,
            quality: quality.unwrap_or(0).min(255) as u8,
            name: line.name,
        };
        self.tallies.good += 1;
        if is_fragments && let Some(seen) = line.number {
            self.multiplicity.count(seen.max(1));
        }
        if let Some(merger) = &mut self.merger {
            return merger.add(chrom, &fragment);
        }
        self.equal.add(chrom, &fragment)?;
        push(
            self.store,
            &mut self.tallies,
            self.settings,
            chrom,
            &fragment,
        )
    }

    fn finish(mut self) -> Result<TextTallies> {
        self.check_bad()?;
        let (mut tallies, is_seen) = (self.tallies, self.settings.kind == TextKind::Fragments);
        let mut equal = self.equal.finish();
        if let Some(merger) = self.merger {
            let mut seen = Multiplicity::new()?;
            merger.finish(&mut seen, |chrom, fragment| {
                push(self.store, &mut tallies, self.settings, chrom, fragment)
            })?;
            equal = Some(seen);
        }
        tallies.equal = equal.as_ref().map(|equal| equal.seen - equal.distinct);
        if self.settings.merge_equal {
            tallies.duplicates = tallies.equal.unwrap_or(0);
        }
        let seen = Some(self.multiplicity).filter(|_| is_seen && tallies.columns > 4);
        if let Some(seen) = seen.or(equal) {
            tallies.multiplicity = seen.entries();
            (tallies.pairs, tallies.unique_pairs) = (seen.seen, seen.distinct);
        }
        let is_met = self.is_met.iter().enumerate();
        tallies.met = is_met
            .filter_map(|(place, &met)| met.then_some(place))
            .collect();
        for (name, lines) in self.others {
            let name = String::from_utf8_lossy(&name).into_owned();
            *tallies.other_chroms.entry(name).or_default() += lines;
        }
        Ok(tallies)
    }

    /// Fails if too many lines of a chromosome cannot be right.
    fn check_bad(&mut self) -> Result<()> {
        let lengths = self.store.chrom_lengths().iter();
        for ((chrom, name), length) in self.chroms.iter().zip(self.names).zip(lengths) {
            if let Some((line, text)) = &chrom.first_bad
                && chrom.bad.saturating_mul(MOST_BAD) > chrom.lines
            {
                let reason = format!(
                    "{text} is not inside of {name}, which is {length} bp long, nor are {} of its {} lines, more than 1 in {MOST_BAD}: another build of the genome?",
                    chrom.bad, chrom.lines
                );
                return Err(self.error(*line, reason));
            }
        }
        Ok(())
    }

    fn error(&self, line: u64, reason: impl Into<String>) -> Error {
        Error::Line {
            kind: self.settings.kind.file_kind(),
            path: self.path.clone(),
            line,
            reason: reason.into(),
        }
    }
}

impl TextTallies {
    fn new() -> Result<Self> {
        Ok(Self {
            records: 0,
            columns: 0,
            dropped: Default::default(),
            other_chroms: BTreeMap::new(),
            orphans: 0,
            not_proper: 0,
            no_barcode: 0,
            met: Vec::new(),
            too_long: 0,
            over_10kb: 0,
            good: 0,
            duplicates: 0,
            equal: None,
            sites: 0,
            fragment_lengths: zeroed(LONG + 1, WHAT)?,
            multiplicity: Vec::new(),
            pairs: 0,
            unique_pairs: 0,
        })
    }
}

/// Adds the sites of a fragment or a read.
fn push(
    store: &mut SiteStore,
    tallies: &mut TextTallies,
    settings: &TextSettings,
    chrom: u32,
    fragment: &Fragment<'_>,
) -> Result<()> {
    let shift = match settings.ends {
        Ends::Aligned => SHIFT,
        Ends::Cut => 0,
    };
    let label = ReadLabel {
        name: fragment.name,
        quality: fragment.quality,
    };
    let site = |position, is_reverse| CutSite {
        group: fragment.group,
        chrom,
        position,
        is_reverse,
    };
    if fragment.strand != 2 {
        store.push(site(i64::from(fragment.start) + shift, false), label)?;
        tallies.sites += 1;
    }
    if fragment.strand != 1 {
        store.push(site(i64::from(fragment.end) - 1 - shift, true), label)?;
        tallies.sites += 1;
    }
    if fragment.strand == 0 {
        let length = (fragment.end - fragment.start) as usize;
        tallies.fragment_lengths[length.min(LONG)] += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::PositionedFile;
    use crate::testing::{TestResult, bgzf, gzip};

    const FRAGMENTS: TextSettings = TextSettings {
        kind: TextKind::Fragments,
        ends: Ends::Cut,
        single_end: false,
        barcodes: None,
        merge_equal: false,
        max_fragment: None,
    };

    /// Position and strand of each site, by chromosome (`a` of 1,000 bp, `b` of 3,920 bp) or group.
    type Sites = [Vec<(i64, bool)>; 2];

    fn read(text: &[u8], settings: &TextSettings) -> Result<(TextTallies, Sites)> {
        let dir = std::env::temp_dir();
        let mut store = SiteStore::new(&[1_000, 3_920], 2, &dir, 1 << 20, false)?;
        let kind = settings.kind.file_kind();
        let file = PositionedFile::in_memory("reads", text.to_vec(), kind)?;
        let bytes = Inflated::new(file, 1, EndBlock::Required)?;
        let names = ["a".to_owned(), "b".to_owned()];
        let never = |_: u64| false;
        let tallies = add_lines(&mut store, &names, bytes, settings, &room(64), &never)?;
        let sites = store.finish(1)?;
        let by = |number| {
            let (group, chrom) = if settings.barcodes.is_some() {
                (number, 0)
            } else {
                (0, number)
            };
            let sites = sites.sorted(group, chrom)?;
            Ok(sites
                .iter()
                .map(|site| (site.position, site.is_reverse))
                .collect())
        };
        Ok((tallies, [by(0)?, by(1)?]))
    }

    fn room(memory: u64) -> Room {
        let dir = std::env::temp_dir();
        Room {
            dir,
            memory,
            threads: 1,
        }
    }

    fn line_of(result: &Result<(TextTallies, Sites)>) -> Option<u64> {
        match result {
            Err(Error::Line { line, .. }) => Some(*line),
            _ => None,
        }
    }

    #[test]
    fn both_ends_of_a_fragment_are_sites_whatever_the_columns_behind() -> TestResult {
        let lines = [
            "a\t104\t295\tAC-1\t3\t-",
            "b\t504\t695\tGG-1\t1\t+",
            "a\t104\t295\tGG-1\t9\t+",
        ];
        for columns in 3..=6 {
            let cut = |line: &&str| {
                line.split('\t')
                    .take(columns)
                    .collect::<Vec<_>>()
                    .join("\t")
            };
            let lines: Vec<_> = lines.iter().map(cut).collect();
            for text in [
                lines.join("\n"),
                format!("# id=x\n\n{}\n", lines.join("\n#x\ty\n\n")),
                format!("\u{feff}{}\r\n", lines.join("\r\n\r\n")),
            ] {
                let (tallies, [a, b]) = read(text.as_bytes(), &FRAGMENTS)?;
                assert_eq!((tallies.records, tallies.sites), (3, 6));
                assert_eq!(a, [(104, false), (104, false), (294, true), (294, true)]);
                assert_eq!(b, [(504, false), (694, true)]);
                assert_eq!(tallies.fragment_lengths[191], 3);
            }
        }
        Ok(())
    }

    #[test]
    fn a_read_has_one_site() -> TestResult {
        let text = b"a\t100\t136\tN\t9\t+\nb\t264\t300\tN\t9\t-\n";
        for (kind, ends, expected) in [
            (TextKind::Bed, Ends::Aligned, (104, 295)),
            (TextKind::Bed, Ends::Cut, (100, 299)),
            (TextKind::Fragments, Ends::Cut, (100, 299)),
        ] {
            let settings = TextSettings {
                kind,
                ends,
                single_end: true,
                ..FRAGMENTS
            };
            let (_, [a, b]) = read(text, &settings)?;
            assert_eq!(
                (a, b),
                (vec![(expected.0, false)], vec![(expected.1, true)])
            );
        }
        let settings = TextSettings {
            single_end: true,
            ..FRAGMENTS
        };
        assert_eq!(line_of(&read(b"a\t100\t136\tN\t9\n", &settings)), Some(1));
        assert_eq!(
            line_of(&read(b"a\t100\t136\tN\t9\t.\n", &settings)),
            Some(1)
        );
        Ok(())
    }

    #[test]
    fn a_pair_that_has_no_fragment_is_counted() -> TestResult {
        let settings = TextSettings {
            kind: TextKind::Bedpe,
            ends: Ends::Aligned,
            ..FRAGMENTS
        };
        let text = b"a\t250\t300\ta\t100\t150\tq\t60\t-\t+\n.\t-1\t-1\ta\t1\t50\tr\t0\t.\t+\na\t1\t50\tb\t1\t50\ts\t0\t+\t+\n";
        let (tallies, [a, _]) = read(text, &settings)?;
        assert_eq!(a, [(104, false), (295, true)]);
        assert_eq!(
            (tallies.records, tallies.orphans, tallies.not_proper),
            (3, 1, 1)
        );
        for settings in [
            TextSettings {
                single_end: true,
                ..settings.clone()
            },
            TextSettings {
                barcodes: Some(Vec::new()),
                ..settings
            },
        ] {
            assert!(matches!(read(text, &settings), Err(Error::Settings(_))));
        }
        Ok(())
    }

    #[test]
    fn a_few_lines_that_cannot_be_right_are_left_out() -> TestResult {
        let good = "b\t10\t60\n".repeat(1_000);
        let bad = |line: &str| read(format!("{good}{line}\n{good}{good}").as_bytes(), &FRAGMENTS);
        for (line, bad_for) in [
            ("b\t-7\t60", Bad::NegativeStart),
            ("b\t60\t60", Bad::Empty),
            ("b\t61\t60", Bad::Empty),
            ("b\t2201\t67718", Bad::PastEnd),
            ("b\t3900\t3921", Bad::PastEnd),
        ] {
            let (tallies, [_, b]) = bad(line)?;
            assert_eq!((tallies.records, b.len()), (3_001, 6_000));
            for (reason, _) in Bad::ALL {
                let dropped = &tallies.dropped[reason as usize];
                let first = [(1_001, format!("{line:?}"))];
                let expected = if reason == bad_for { &first[..] } else { &[] };
                assert_eq!(
                    (dropped.lines, &dropped.first[..]),
                    (expected.len() as u64, expected)
                );
            }
        }
        let (tallies, _) = bad(&["b\t5\t5"; 3].join("\n"))?;
        assert_eq!(tallies.dropped[Bad::Empty as usize].lines, 3);
        // One in a thousand of another chromosome is many of this one.
        assert_eq!(
            line_of(&bad("b\t5\t5\nb\t5\t5\nb\t5\t5\nb\t5\t5")),
            Some(1_001)
        );
        assert_eq!(line_of(&bad("a\t5\t2000")), Some(1_001));
        // The end of a chromosome is inside.
        let (tallies, _) = read(b"b\t0\t3920\n", &FRAGMENTS)?;
        assert_eq!(tallies.sites, 2);
        Ok(())
    }

    #[test]
    fn a_line_that_is_not_of_the_format_is_an_error() {
        for (text, line) in [
            (&b"a\t1\t60\na\tx\t60\n"[..], 2),
            (b"a\t1\t60.0\n", 1),
            (b"chromosome\tstart\tend\na\t1\t60\n", 1),
            // Other chromosomes too.
            (b"#\nc\t1\t\n", 2),
            // Of a part without a last line end.
            (b"a\t1\t60\tA\t1\na\t1\t60\tA\t1a\t1\t60\tA\t1\n", 2),
            (b"a\t1\t60\tA\na\t1\t60\n", 2),
            // Of a file that was cut.
            (b"a\t1\t60\tA\na\t1135567", 2),
            (b"\0\x01\xff\n", 1),
        ] {
            assert_eq!(line_of(&read(text, &FRAGMENTS)), Some(line), "{text:?}");
        }
        let endless = vec![b'a'; 3 * LONGEST_LINE];
        assert_eq!(line_of(&read(&endless, &FRAGMENTS)), Some(1));
    }

    #[test]
    fn other_chromosomes_and_barcodes_are_counted() -> TestResult {
        let listed = [
            (b"T-1".to_vec(), 1),
            (b"B-1".to_vec(), 0),
            (b"N-1".to_vec(), 0),
        ];
        let settings = TextSettings {
            barcodes: Some(listed.to_vec()),
            ..FRAGMENTS
        };
        let text = b"a\t1\t60\tT-1\na\t2\t50\tT-11\nc\t3\t40\tT-1\na\t4\t30\tB-1\na\t5\t20\tT-1\nc\t1\t2\tX\nd\t1\t2\tX\n";
        let (tallies, [b_cells, t_cells]) = read(text, &settings)?;
        assert_eq!(b_cells, [(4, false), (29, true)]);
        assert_eq!(t_cells, [(1, false), (5, false), (19, true), (59, true)]);
        assert_eq!((tallies.no_barcode, tallies.met), (1, vec![0, 1]));
        let others: Vec<_> = tallies.other_chroms.into_iter().collect();
        assert_eq!(others, [("c".to_owned(), 2), ("d".to_owned(), 1)]);
        assert_eq!(line_of(&read(b"a\t1\t60\n", &settings)), Some(1));
        Ok(())
    }

    #[test]
    fn long_fragments_are_counted_and_left_out_on_wish() -> TestResult {
        let text = b"b\t0\t1000\nb\t0\t1001\nb\t0\t3000\nb\t0\t1\n";
        let (tallies, _) = read(text, &FRAGMENTS)?;
        assert_eq!(
            (tallies.too_long, tallies.sites, tallies.over_10kb),
            (0, 8, 0)
        );
        let lengths = &tallies.fragment_lengths;
        assert_eq!((lengths[1], lengths[1_000], lengths[1_001]), (1, 1, 2));
        let settings = TextSettings {
            max_fragment: Some(1_000),
            ..FRAGMENTS
        };
        let (tallies, _) = read(text, &settings)?;
        assert_eq!((tallies.too_long, tallies.sites), (2, 4));
        Ok(())
    }

    #[test]
    fn equal_lines_are_merged_on_wish_and_counted_if_sorted() -> TestResult {
        let lines = [
            "a\t1\t60\tA",
            "a\t1\t60\tB",
            "a\t1\t60\tA",
            "a\t1\t61\tA",
            "b\t1\t60\tA",
            "b\t2\t60\tA",
        ];
        let sorted = lines.join("\n");
        let moved = [&lines[2..], &lines[..2]].concat().join("\n");
        let bed = TextSettings {
            kind: TextKind::Bed,
            ..FRAGMENTS
        };
        // Names of BED are of reads, those of fragments are barcodes.
        for (settings, equal, seen) in [
            (&FRAGMENTS, 1, [(1, 4), (2, 1)]),
            (&bed, 2, [(1, 3), (3, 1)]),
        ] {
            let (tallies, sites) = read(sorted.as_bytes(), settings)?;
            assert_eq!(
                (tallies.equal, tallies.duplicates, tallies.sites),
                (Some(equal), 0, 12)
            );
            assert_eq!(tallies.multiplicity, seen);
            let (tallies, same) = read(moved.as_bytes(), settings)?;
            assert_eq!((tallies.equal, tallies.multiplicity), (None, Vec::new()));
            assert_eq!(same, sites);
            let settings = TextSettings {
                merge_equal: true,
                ..settings.clone()
            };
            for text in [&sorted, &moved] {
                let (tallies, [a, b]) = read(text.as_bytes(), &settings)?;
                assert_eq!((tallies.equal, tallies.duplicates), (Some(equal), equal));
                assert_eq!(tallies.sites, 12 - 2 * equal);
                assert_eq!((a.len(), b.len()), (8 - 2 * equal as usize, 4));
                assert_eq!(tallies.multiplicity, seen);
            }
        }
        Ok(())
    }

    #[test]
    fn column_5_of_fragments_tells_how_often_they_were_seen() -> TestResult {
        let text = b"a\t1\t60\tA\t1\na\t2\t60\tA\t3\na\t2\t61\tA\t3\n";
        let (tallies, _) = read(text, &FRAGMENTS)?;
        assert_eq!(
            (tallies.multiplicity, tallies.equal),
            (vec![(1, 1), (3, 2)], Some(0))
        );
        Ok(())
    }

    #[test]
    fn lines_go_on_in_the_next_part() -> TestResult {
        let line = |number: usize| format!("b\t{}\t{}\tA\n", number % 3_000, 3_000 + number % 900);
        let text: String = (0..300).map(line).collect();
        let (_, expected) = read(text.as_bytes(), &FRAGMENTS)?;
        for file in [
            bgzf(text.as_bytes(), 7)?,
            gzip(text.as_bytes())?,
            bgzf(text.as_bytes(), 1)?,
        ] {
            assert_eq!(read(&file, &FRAGMENTS)?.1, expected);
        }
        let (first, second) = text.as_bytes().split_at(2_000);
        let file = [bgzf(first, 100)?, gzip(second)?].concat();
        assert_eq!(read(&file, &FRAGMENTS)?.1, expected);
        Ok(())
    }

    #[test]
    fn places_above_two_thousand_million_are_kept() -> TestResult {
        let dir = std::env::temp_dir();
        let mut store = SiteStore::new(&[3_200_000_000], 1, &dir, 1 << 20, false)?;
        let kind = TextKind::Fragments.file_kind();
        let text = b"a\t3000000000\t3000000100\n".to_vec();
        let file = PositionedFile::in_memory("reads", text, kind)?;
        let bytes = Inflated::new(file, 1, EndBlock::Required)?;
        add_lines(
            &mut store,
            &["a".to_owned()],
            bytes,
            &FRAGMENTS,
            &room(0),
            &|_| false,
        )?;
        let sites = store.finish(1)?.sorted(0, 0)?;
        let found: Vec<_> = sites.iter().map(|site| site.position).collect();
        assert_eq!(found, [3_000_000_000, 3_000_000_099]);
        Ok(())
    }
}
