//! Duplicates: pairs, or single reads, that were copied from one molecule.
//!
//! The rule is that of `samtools markdup` (1.16.1, its default mode), which its manual and its behaviour tell:
//!
//! - Two pairs are duplicates if their outer ends are the same and their reads lie on the same strands. An end is that
//!   of the read with its clipped bases. Of mates on opposite strands, the 5' ends are compared.
//! - Of these the pair with the highest score stays: the sum of both mates' qualities of 15 and more. Of equals, it is
//!   the one whose name comes first in byte order.
//! - A read without a mapped mate is a duplicate of any pair that has a read with the same 5' end, and of such a read
//!   with a higher score; of equals, the one that starts further left stays.
//! - Reads that failed the sequencer's controls take no part, and stay.
//!
//! Not as there: clipped bases of any number are seen (markdup looks 300 bp around), and of single reads that are equal
//! in all this the first name in byte order stays, where markdup takes the first in the file.
//!
//! Entries are kept in buckets by a hash of what is compared, and each bucket is sorted by itself. So memory is bounded,
//! and neither the order of the reads nor the number of threads changes the result.

use std::cmp::Ordering;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;

use super::bam::flag;
use super::pairs::{Mate, number};
use super::spill::{Spill, Spilled};
use crate::error::{Error, Result, reserve};

const WHAT: &str = "pairs of reads";
/// Threads that sort, each of which holds up to three buckets.
const MOST_WORKERS: usize = 8;

/// What is compared. Pairs with equal keys are duplicates of each other.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
struct Key {
    /// Sequence and place of the left end.
    left: (u32, u32),
    /// The same of the right end; [`SINGLE`] of a single read.
    right: (u32, u32),
    orientation: u8,
    barcode: u32,
    /// The file, if duplicates are looked for within files only.
    library: u32,
}

/// The right end of a read without a mate.
const SINGLE: (u32, u32) = (u32::MAX, u32::MAX);

impl Key {
    /// Which bucket it falls into.
    fn bucket(&self, buckets: u32) -> u32 {
        let words = [
            self.left.0,
            self.left.1,
            self.right.0,
            self.right.1,
            self.barcode,
            self.library << 8 | u32::from(self.orientation),
        ];
        let mut hash: u64 = 0;
        for word in words {
            hash = (hash.rotate_left(29) ^ u64::from(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        (hash >> 33) as u32 % buckets
    }
}

/// One end of a pair, and what becomes of its read if the read is no duplicate.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Side {
    /// What the owner of the store makes of the read.
    pub(super) fate: u8,
    /// Whether it takes part in the choice; if not, it stays.
    pub(super) is_examined: bool,
    pub(super) is_reverse: bool,
    pub(super) is_clipped: bool,
    /// 1 or 2 of a mate, 0 of a read of no pair.
    pub(super) mate: u8,
    pub(super) mapq: u8,
    pub(super) sequence: u32,
    /// The aligned 5' end, as a place.
    pub(super) five: u32,
    pub(super) barcode: u32,
}

impl Side {
    pub(super) fn new(mate: &Mate, fate: u8) -> Self {
        Self {
            fate,
            is_examined: mate.flags & flag::QC_FAILED == 0,
            is_reverse: mate.flags & flag::REVERSE != 0,
            is_clipped: mate.is_clipped != 0,
            mate: (number(mate) >> 6) as u8,
            mapq: mate.mapq,
            sequence: mate.sequence,
            five: mate.five,
            barcode: mate.barcode,
        }
    }
}

/// A pair, half of one, or a read without a mate.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: Key,
    score: u32,
    /// Of single reads, where they start.
    rank: u32,
    file: u32,
    name: (usize, u8),
    left: Option<Side>,
    right: Option<Side>,
}

/// What is told of reads when it is decided.
pub(super) trait Verdicts {
    /// A pair, or a read; `true` for a side that is a duplicate of another.
    fn decided(&mut self, name: &[u8], sides: [Option<(Side, bool)>; 2]) -> Result<()>;
    /// How many pairs were examined that are duplicates of each other; 1 for a pair that has none.
    fn seen(&mut self, pairs: u64);
}

/// Pairs and single reads that wait for the decision.
#[derive(Debug)]
pub(super) struct Candidates {
    spill: Spill,
    buckets: u32,
    /// The name that was put into each bucket last.
    names: Vec<Vec<u8>>,
    record: Vec<u8>,
    per_file: bool,
    /// Whether single reads are decided on, too.
    with_singles: bool,
}

impl Candidates {
    /// Takes up to `memory` bytes, and then space in the folder `dir`; `file_size` tells how many reads to expect.
    pub(super) fn new(
        dir: &Path,
        memory: u64,
        file_size: u64,
        per_file: bool,
        with_singles: bool,
    ) -> Result<Self> {
        let buckets = (file_size >> 24).clamp(16, 4096) as u32;
        Ok(Self {
            spill: Spill::new(buckets as usize, dir, memory)?,
            buckets,
            names: vec![Vec::new(); buckets as usize],
            record: Vec::new(),
            per_file,
            with_singles,
        })
    }

    /// Adds a pair, each mate with its fate.
    pub(super) fn add_pair(
        &mut self,
        a: (&Mate, u8),
        b: (&Mate, u8),
        file: u32,
        name: &[u8],
    ) -> Result<()> {
        let score = a.0.score.wrapping_add(b.0.score);
        let (a_key, a_is_left) = self.pair_key(a.0, b.0, file);
        let (b_key, b_is_left) = self.pair_key(b.0, a.0, file);
        let (a_side, b_side) = (Some(Side::new(a.0, a.1)), Some(Side::new(b.0, b.1)));
        if a_key == b_key && a_is_left != b_is_left {
            let (left, right) = if a_is_left {
                (a_side, b_side)
            } else {
                (b_side, a_side)
            };
            self.put(a_key, score, 0, file, name, [left, right])?;
        } else {
            // Mates of which each is the left one, or whose barcodes differ: markdup decides on each by itself.
            for (key, is_left, side) in [(a_key, a_is_left, a_side), (b_key, b_is_left, b_side)] {
                let sides = if is_left { [side, None] } else { [None, side] };
                self.put(key, score, 0, file, name, sides)?;
            }
        }
        if self.with_singles {
            for mate in [a.0, b.0] {
                if mate.flags & flag::QC_FAILED == 0 {
                    let key = self.single_key(mate, file);
                    self.put(key, 0, 0, file, b"", [None, None])?;
                }
            }
        }
        Ok(())
    }

    /// Adds a read without a mapped mate.
    pub(super) fn add_single(&mut self, read: (&Mate, u8), file: u32, name: &[u8]) -> Result<()> {
        let key = self.single_key(read.0, file);
        let side = Side::new(read.0, read.1);
        self.put(
            key,
            read.0.score,
            read.0.position,
            file,
            name,
            [Some(side), None],
        )
    }

    /// Ends the adding.
    pub(super) fn finish(self) -> Decisions {
        Decisions {
            buckets: self.buckets,
            spilled: self.spill.finish(),
        }
    }

    fn library(&self, file: u32) -> u32 {
        if self.per_file { file + 1 } else { 0 }
    }

    fn single_key(&self, read: &Mate, file: u32) -> Key {
        let is_reverse = read.flags & flag::REVERSE != 0;
        Key {
            left: (
                read.sequence,
                if is_reverse { read.end } else { read.start },
            ),
            right: SINGLE,
            orientation: is_reverse.into(),
            barcode: read.barcode,
            library: self.library(file),
        }
    }

    /// The key that markdup makes of a read and its mate, with the left one first; whether the read is that one.
    fn pair_key(&self, this: &Mate, other: &Mate, file: u32) -> (Key, bool) {
        let is_reverse = this.flags & flag::REVERSE != 0;
        let on_one_strand = is_reverse == (other.flags & flag::REVERSE != 0);
        let is_left = if this.sequence == other.sequence {
            match (is_reverse, on_one_strand) {
                (false, true) => this.start <= other.start,
                (true, true) => this.end <= other.end,
                (true, false) => this.end <= other.start,
                (false, false) => this.start <= other.end,
            }
        } else {
            this.sequence < other.sequence
        };
        let (left, right) = if is_left {
            (this, other)
        } else {
            (other, this)
        };
        let is_first = this.flags & flag::FIRST != 0;
        let (left_place, right_place, orientation) = if on_one_strand {
            // Forward with the first mate left, or reverse with it right, and the other two.
            (
                left.start,
                right.end,
                u8::from(is_reverse ^ is_first ^ is_left),
            )
        } else if left.flags & flag::REVERSE == 0 {
            (left.start, right.end, 2)
        } else {
            (left.end, right.start, 3)
        };
        let key = Key {
            left: (left.sequence, left_place),
            right: (right.sequence, right_place),
            orientation,
            barcode: this.barcode,
            library: self.library(file),
        };
        (key, is_left)
    }

    fn put(
        &mut self,
        key: Key,
        score: u32,
        rank: u32,
        file: u32,
        name: &[u8],
        sides: [Option<Side>; 2],
    ) -> Result<()> {
        let bucket = key.bucket(self.buckets);
        let before = &mut self.names[bucket as usize];
        let shared = before.iter().zip(name).take_while(|(a, b)| a == b).count();
        let to = &mut self.record;
        to.clear();
        write(to, key.left.0);
        write(to, key.left.1);
        write_difference(to, key.right.0, key.left.0);
        write_difference(to, key.right.1, key.left.1);
        to.push(key.orientation);
        for number in [key.barcode, key.library, score, rank, file] {
            write(to, number);
        }
        for side in sides {
            let Some(side) = side else {
                to.push(0);
                continue;
            };
            to.push(
                1 | u8::from(side.is_examined) << 1
                    | u8::from(side.is_reverse) << 2
                    | u8::from(side.is_clipped) << 3
                    | side.mate << 4,
            );
            to.extend([side.fate, side.mapq]);
            write_difference(to, side.five, key.left.1);
        }
        to.extend([shared as u8, (name.len() - shared) as u8]);
        to.extend_from_slice(&name[shared..]);
        before.clear();
        before.extend_from_slice(name);
        self.spill.push(bucket, &self.record)
    }
}

/// What is left to decide, bucket by bucket.
#[derive(Debug)]
pub(super) struct Decisions {
    buckets: u32,
    spilled: Spilled,
}

/// The entries of a bucket, those with one key beside each other, the one to stay first.
struct Sorted {
    entries: Vec<Entry>,
    names: Vec<u8>,
}

impl Decisions {
    /// Decides on all entries, in an order that depends on them only; several threads sort ahead.
    pub(super) fn decide(
        &self,
        verdicts: &mut impl Verdicts,
        threads: usize,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<()> {
        let workers = threads.clamp(1, MOST_WORKERS) as u32;
        if workers == 1 {
            for bucket in 0..self.buckets {
                if is_cancelled() {
                    return Err(Error::Cancelled);
                }
                self.sorted(bucket)?.decide(verdicts)?;
            }
            return Ok(());
        }
        thread::scope(|scope| {
            let mut sorted = Vec::new();
            for worker in 0..workers {
                // A worker that is told no more, because of an error, ends at its next bucket.
                let (sender, receiver) = sync_channel(1);
                let sort = move || {
                    for bucket in (worker..self.buckets).step_by(workers as usize) {
                        if sender.send(self.sorted(bucket)).is_err() {
                            break;
                        }
                    }
                };
                let started = thread::Builder::new().spawn_scoped(scope, sort);
                started.map_err(|error| Error::no_threads(workers as usize, &error))?;
                sorted.push(receiver);
            }
            for (_, receiver) in (0..self.buckets).zip((0..workers).cycle()) {
                if is_cancelled() {
                    return Err(Error::Cancelled);
                }
                let received = sorted[receiver as usize].recv();
                let bucket = received.map_err(|_| Error::Misuse("a worker has ended".into()))?;
                bucket?.decide(verdicts)?;
            }
            Ok(())
        })
    }

    fn sorted(&self, bucket: u32) -> Result<Sorted> {
        let mut bytes = Vec::new();
        self.spilled.read(bucket, &mut bytes)?;
        let (mut entries, mut names) = (Vec::new(), Vec::new());
        let mut rest = Reader { bytes: &bytes };
        let mut name = Vec::new();
        while let Some(entry) = rest.entry(&mut name) {
            reserve(&mut entries, 1, WHAT)?;
            reserve(&mut names, name.len(), WHAT)?;
            entries.push(Entry {
                name: (names.len(), name.len() as u8),
                ..entry
            });
            names.extend_from_slice(&name);
        }
        let mut sorted = Sorted { entries, names };
        sorted.sort();
        Ok(sorted)
    }
}

impl Sorted {
    fn sort(&mut self) {
        let Self { entries, names } = self;
        entries.sort_unstable_by(|a, b| {
            let names = || a.name(names).cmp(b.name(names)).then(a.file.cmp(&b.file));
            a.before(b).then_with(names)
        });
    }

    fn decide(&self, verdicts: &mut impl Verdicts) -> Result<()> {
        for group in self.entries.chunk_by(|a, b| a.key == b.key) {
            decide_group(group, &self.names, verdicts)?;
        }
        Ok(())
    }
}

/// Tells which of the entries with one key stay: those that were sorted first.
fn decide_group(group: &[Entry], names: &[u8], verdicts: &mut impl Verdicts) -> Result<()> {
    let is_single = group.iter().any(|entry| entry.key.right == SINGLE);
    let is_mate = |entry: &Entry| entry.left.is_none() && entry.right.is_none();
    // A pair has a read with this end: no single read stays.
    let mut has_stayed = [is_single && group.iter().any(is_mate), false];
    let mut pairs = 0;
    for entry in group.iter().filter(|entry| !is_mate(entry)) {
        let mut sides = [None, None];
        for ((side, verdict), has_stayed) in [entry.left, entry.right]
            .into_iter()
            .zip(&mut sides)
            .zip(&mut has_stayed)
        {
            if let Some(side) = side {
                *verdict = Some((side, side.is_examined && *has_stayed));
                *has_stayed |= side.is_examined;
            }
        }
        pairs += u64::from(
            sides
                .iter()
                .flatten()
                .filter(|(side, _)| side.is_examined)
                .count()
                == 2,
        );
        verdicts.decided(entry.name(names), sides)?;
    }
    if pairs > 0 {
        verdicts.seen(pairs);
    }
    Ok(())
}

impl Entry {
    fn name<'a>(&self, names: &'a [u8]) -> &'a [u8] {
        &names[self.name.0..][..usize::from(self.name.1)]
    }

    /// The order of the entries of a key, but for their names: the one to stay first.
    fn before(&self, other: &Self) -> Ordering {
        self.key
            .cmp(&other.key)
            .then(other.score.cmp(&self.score))
            .then(self.rank.cmp(&other.rank))
    }
}

/// Appends a number, small ones in few bytes.
fn write(to: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Appends how far a number lies from another, near ones in few bytes.
fn write_difference(to: &mut Vec<u8>, number: u32, from: u32) {
    let difference = number.wrapping_sub(from) as i32;
    write(to, (difference << 1 ^ difference >> 31) as u32);
}

/// Reads what [`Candidates::put`] wrote.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    /// The next entry; `name` is that of the last one before and of this one after.
    fn entry(&mut self, name: &mut Vec<u8>) -> Option<Entry> {
        let left = (self.number()?, self.number()?);
        let right = (self.difference(left.0)?, self.difference(left.1)?);
        let orientation = self.byte()?;
        let (barcode, library) = (self.number()?, self.number()?);
        let (score, rank, file) = (self.number()?, self.number()?, self.number()?);
        let mut sides = [None, None];
        for (side, sequence) in sides.iter_mut().zip([left.0, right.0]) {
            let bits = self.byte()?;
            if bits & 1 == 1 {
                *side = Some(Side {
                    fate: self.byte()?,
                    mapq: self.byte()?,
                    five: self.difference(left.1)?,
                    is_examined: bits & 2 != 0,
                    is_reverse: bits & 4 != 0,
                    is_clipped: bits & 8 != 0,
                    mate: bits >> 4,
                    sequence,
                    barcode,
                });
            }
        }
        let (shared, length) = (self.byte()?, self.byte()?);
        let (new, rest) = self.bytes.split_at_checked(length.into())?;
        self.bytes = rest;
        name.truncate(shared.into());
        name.extend_from_slice(new);
        Some(Entry {
            key: Key {
                left,
                right,
                orientation,
                barcode,
                library,
            },
            score,
            rank,
            file,
            name: (0, 0),
            left: sides[0],
            right: sides[1],
        })
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*byte)
    }

    fn number(&mut self) -> Option<u32> {
        let mut number = 0;
        for shift in (0..32).step_by(7) {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        Some(number)
    }

    fn difference(&mut self, from: u32) -> Option<u32> {
        let number = self.number()?;
        let difference = (number >> 1) as i32 ^ -((number & 1) as i32);
        Some(from.wrapping_add(difference as u32))
    }
}

#[cfg(test)]
mod tests {
    use bytemuck::Zeroable;

    use super::super::pairs::place;
    use super::*;
    use crate::testing::TestResult;

    #[derive(Default)]
    struct Told {
        stay: Vec<String>,
        multiplicity: Vec<u64>,
    }

    impl Verdicts for Told {
        fn decided(&mut self, name: &[u8], sides: [Option<(Side, bool)>; 2]) -> Result<()> {
            for (side, is_duplicate) in sides.iter().flatten() {
                if !is_duplicate {
                    let name = String::from_utf8_lossy(name);
                    self.stay.push(format!("{name}/{}", side.mate));
                }
            }
            Ok(())
        }

        fn seen(&mut self, pairs: u64) {
            self.multiplicity.push(pairs);
        }
    }

    /// A read at [start, end) with these flags.
    fn read(flags: u16, start: i64, end: i64, score: u32) -> Mate {
        let is_reverse = flags & flag::REVERSE != 0;
        Mate {
            start: place(start),
            end: place(end),
            position: place(start),
            five: place(if is_reverse { end } else { start }),
            score,
            flags,
            ..Mate::zeroed()
        }
    }

    fn told(add: impl Fn(&mut Candidates) -> Result<()>, per_file: bool) -> TestResult<Told> {
        let mut results = Vec::new();
        for (memory, threads) in [(0, 1), (1 << 20, 1), (1 << 20, 3)] {
            let dir = std::env::temp_dir();
            let mut candidates = Candidates::new(&dir, memory, 0, per_file, true)?;
            add(&mut candidates)?;
            let mut told = Told::default();
            candidates.finish().decide(&mut told, threads, &|| false)?;
            told.stay.sort();
            results.push(told);
        }
        assert!(results.windows(2).all(|two| two[0].stay == two[1].stay));
        Ok(results.swap_remove(0))
    }

    const FIRST: u16 = flag::PAIRED | flag::FIRST;
    const LAST: u16 = flag::PAIRED | flag::LAST;

    #[test]
    fn the_best_pair_stays_and_of_equals_the_first_name() -> TestResult {
        let add = |candidates: &mut Candidates| {
            for (name, score) in [("r9", 500), ("r10", 500), ("r1", 499)] {
                let forward = read(FIRST, 100, 150, score);
                let reverse = read(LAST | flag::REVERSE, 250, 300, 7);
                candidates.add_pair((&reverse, 0), (&forward, 0), 0, name.as_bytes())?;
            }
            // The same ends, but the first mate is the reverse one: a duplicate all the same.
            let forward = read(LAST, 100, 150, 1);
            let reverse = read(FIRST | flag::REVERSE, 250, 300, 7);
            candidates.add_pair((&forward, 0), (&reverse, 0), 0, b"turned")
        };
        let told = told(add, false)?;
        assert_eq!(told.stay, ["r10/1", "r10/2"]);
        assert_eq!(told.multiplicity, [4]);
        Ok(())
    }

    #[test]
    fn mates_on_one_strand_are_compared_by_their_outer_ends() -> TestResult {
        let add = |candidates: &mut Candidates| {
            let left = |score| read(FIRST, 100, 150, score);
            candidates.add_pair((&left(9), 0), (&read(LAST, 250, 300, 1), 0), 0, b"a")?;
            candidates.add_pair((&left(5), 0), (&read(LAST, 260, 300, 1), 0), 0, b"b")?;
            candidates.add_pair((&left(4), 0), (&read(LAST, 250, 301, 1), 0), 0, b"c")?;
            // Both reverse, and the first mate right: the same fragment seen from its other strand.
            let right = read(FIRST | flag::REVERSE, 250, 300, 3);
            let other = read(LAST | flag::REVERSE, 100, 150, 1);
            candidates.add_pair((&right, 0), (&other, 0), 0, b"d")
        };
        assert_eq!(told(add, false)?.stay, ["a/1", "a/2", "c/1", "c/2"]);
        Ok(())
    }

    #[test]
    fn a_read_that_is_not_examined_stays() -> TestResult {
        let add = |candidates: &mut Candidates| {
            let reverse = |flags, score| read(LAST | flag::REVERSE | flags, 250, 300, score);
            let forward = read(FIRST, 100, 150, 1);
            candidates.add_pair((&forward, 0), (&reverse(flag::QC_FAILED, 90), 0), 0, b"a")?;
            candidates.add_pair((&forward, 0), (&reverse(0, 5), 0), 0, b"b")
        };
        let told = told(add, false)?;
        assert_eq!(told.stay, ["a/1", "a/2", "b/2"]);
        assert_eq!(told.multiplicity, [1]);
        Ok(())
    }

    #[test]
    fn single_reads_give_way_to_pairs() -> TestResult {
        let add = |candidates: &mut Candidates| {
            candidates.add_single((&read(0, 100, 150, 900), 0), 0, b"gives way")?;
            candidates.add_single((&read(0, 400, 450, 3), 0), 0, b"low")?;
            candidates.add_single((&read(0, 400, 450, 4), 0), 0, b"high")?;
            let reverse = read(LAST | flag::REVERSE, 250, 300, 1);
            candidates.add_pair((&read(FIRST, 100, 150, 1), 0), (&reverse, 0), 0, b"pair")
        };
        assert_eq!(told(add, false)?.stay, ["high/0", "pair/1", "pair/2"]);
        Ok(())
    }

    #[test]
    fn files_are_told_apart_on_wish() -> TestResult {
        let add = |candidates: &mut Candidates| {
            let pair = (
                read(FIRST, 100, 150, 1),
                read(LAST | flag::REVERSE, 250, 300, 1),
            );
            candidates.add_pair((&pair.0, 0), (&pair.1, 0), 0, b"a")?;
            candidates.add_pair((&pair.0, 0), (&pair.1, 0), 1, b"a")
        };
        assert_eq!(told(add, false)?.stay.len(), 2);
        assert_eq!(told(add, true)?.stay.len(), 4);
        Ok(())
    }

    #[test]
    fn numbers_are_read_as_they_were_written() {
        let numbers = [0, 1, 0x7f, 0x80, 1 << 14, 1 << 28, u32::MAX];
        let mut bytes = Vec::new();
        for number in numbers {
            write(&mut bytes, number);
            write_difference(&mut bytes, number, 100);
        }
        let mut reader = Reader { bytes: &bytes };
        for number in numbers {
            assert_eq!(reader.number(), Some(number));
            assert_eq!(reader.difference(100), Some(number));
        }
        assert_eq!(reader.number(), None);
    }
}
