//! Files that another process cuts, overwrites or extends while threads read them.
//!
//! What is read is either what the file held when it was opened, or an error; a crash, or other data, is neither.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::SystemTime;

use maxatac_core::testing::{
    BigWigFile, Endian, Items, Section, TempFile, TestResult, TwoBitFile, letters_at, same,
};
use maxatac_core::{BigWig, Error, Result, Scratch, Strand, TwoBit};

const TRIALS: usize = 500;
const READERS: usize = 2;

/// Letters and values that differ between the first content and the second.
const SIZE: u32 = 20_000;

fn genome(letters: &str) -> Vec<u8> {
    let sequence = letters.repeat(SIZE as usize / letters.len());
    TwoBitFile {
        sequences: &[("chr1", &sequence)],
        version: 0,
        endian: Endian::Little,
        hole: 0,
    }
    .bytes()
}

fn track(value: f32) -> TestResult<Vec<u8>> {
    let blocks: Vec<Vec<Section>> = (0..SIZE)
        .step_by(200)
        .map(|start| {
            let values = (0..200).map(|place| value + place as f32).collect();
            vec![(0, Items::FixedStep(start, 1, 1, values))]
        })
        .collect();
    let file = BigWigFile {
        chroms: &[("chr1", 0, SIZE)],
        blocks: &blocks,
        version: 4,
        endian: Endian::Little,
        compressed: false,
        children: 4,
        hole: 0,
    };
    Ok(file.bytes()?.0)
}

/// One of the ways to spoil a file in place, by the trial's number.
fn spoil(file: &File, trial: usize, first: &[u8], second: &[u8]) -> io::Result<()> {
    let place = (trial * 7919) % first.len();
    match trial % 6 {
        0 => file.set_len(place as u64),
        1 => file.set_len(0),
        2 => file.write_all_at(&vec![0xff; first.len() - place], place as u64),
        3 => file.write_all_at(b"and more", first.len() as u64),
        // As `cp` does it: emptied, then filled with another file of the same length.
        4 => {
            file.set_len(0)?;
            file.write_all_at(second, 0)
        }
        // Without a moment in which it is shorter, and piece by piece.
        _ => second
            .chunks(1000)
            .enumerate()
            .try_for_each(|(piece, bytes)| file.write_all_at(bytes, 1000 * piece as u64)),
    }
}

/// Opens `first`, spoils it while threads read, and checks what they get; returns how many reads failed.
fn run_trials<T: Send + Sync>(
    name: &str,
    first: &[u8],
    second: &[u8],
    open: impl Fn(&TempFile) -> Result<T>,
    read_is_right: impl Fn(&T, usize) -> Result<bool> + Sync,
) -> TestResult<usize> {
    assert_eq!(first.len(), second.len());
    let failed = AtomicUsize::new(0);
    for trial in 0..TRIALS {
        let temp = TempFile::new(name, first)?;
        let writer = File::options().write(true).open(temp.path())?;
        // The clock of a file system may stand still for some milliseconds: let the file be older than that.
        writer.set_modified(SystemTime::UNIX_EPOCH)?;
        let opened = open(&temp)?;
        assert!(read_is_right(&opened, trial)?);

        let spoilt = AtomicBool::new(false);
        let read = |reader: usize| {
            for turn in 0.. {
                let is_last = spoilt.load(Ordering::SeqCst);
                match read_is_right(&opened, trial + reader + READERS * turn) {
                    Ok(is_right) => assert!(is_right && !is_last, "trial {trial}"),
                    Err(Error::Changed { .. } | Error::Format { .. } | Error::Io { .. }) => {
                        failed.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(other) => panic!("trial {trial}: {other}"),
                }
                if is_last {
                    return;
                }
            }
        };
        thread::scope(|scope| {
            for reader in 0..READERS {
                scope.spawn(move || read(reader));
            }
            let result = spoil(&writer, trial, first, second);
            spoilt.store(true, Ordering::SeqCst);
            result
        })?;
    }
    Ok(failed.into_inner())
}

#[test]
fn a_genome_that_changes_while_it_is_read_is_an_error() -> TestResult {
    let (letters, others) = ("ACGTTNNcaa", "TTGCANNagg");
    let expected = letters.to_uppercase().repeat(SIZE as usize / letters.len());
    let failed = run_trials(
        "genome.2bit",
        &genome(letters),
        &genome(others),
        |temp| TwoBit::open(temp.path()),
        |genome, turn| {
            let start = (turn as u32 * 6113) % (SIZE - 3000);
            let part = &expected[start as usize..start as usize + 3000];
            let mut is_right = letters_at(genome, 0, start, start + 3000)? == part;

            let (mut out, mut scratch) = (vec![9.0; 4 * 3000], Vec::new());
            let strand = Strand::Forward;
            genome.one_hot(0, start, start + 3000, strand, &mut out, &mut scratch)?;
            for (row, letter) in out.chunks(4).zip(part.bytes()) {
                let channels = b"ACGT".map(|name| f32::from(u8::from(name == letter)));
                is_right &= row == channels;
            }
            Ok(is_right)
        },
    )?;
    assert!(failed >= READERS * TRIALS, "{failed}");
    Ok(())
}

#[test]
fn a_track_that_changes_while_it_is_read_is_an_error() -> TestResult {
    let expected: Vec<f32> = (0..SIZE).map(|place| 1.5 + (place % 200) as f32).collect();
    let failed = run_trials(
        "track.bw",
        &track(1.5)?,
        &track(7.25)?,
        |temp| BigWig::open(temp.path()),
        |track, turn| {
            let start = (turn as u32 * 6113) % (SIZE - 1000);
            let mut values = vec![9.0; 1000];
            track.values(0, start, start + 1000, &mut values, &mut Scratch::default())?;
            Ok(same(
                &values,
                &expected[start as usize..start as usize + 1000],
            ))
        },
    )?;
    assert!(failed >= READERS * TRIALS, "{failed}");
    Ok(())
}

#[test]
fn an_index_that_changes_before_it_is_read_is_an_error() -> TestResult {
    let (first, second) = (track(1.5)?, track(7.25)?);
    for trial in 0..60 {
        let temp = TempFile::new("index.bw", &first)?;
        let writer = File::options().write(true).open(temp.path())?;
        writer.set_modified(SystemTime::UNIX_EPOCH)?;
        let opened = BigWig::open(temp.path())?;
        spoil(&writer, trial, &first, &second)?;
        let found = opened.blocks(0).map(<[_]>::len);
        assert!(matches!(found, Err(Error::Changed { .. })), "{found:?}");
    }
    Ok(())
}

#[test]
fn a_file_that_is_replaced_by_another_of_its_name_stays_open() -> TestResult {
    let temp = TempFile::new("replaced.bw", &track(1.5)?)?;
    let opened = BigWig::open(temp.path())?;
    let other = TempFile::new("other.bw", &track(7.25)?)?;
    std::fs::rename(other.path(), temp.path())?;
    let mut values = [0.0; 2];
    opened.values(0, 400, 402, &mut values, &mut Scratch::default())?;
    assert_eq!(values, [1.5, 2.5]);
    Ok(())
}
