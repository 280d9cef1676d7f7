//! Files that are cut short or have a wrong byte give errors or data, and never a panic or an endless read.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use maxatac_core::testing::{
    BigWigFile, ENDIANS, Items, Section, TempFile, TestResult, TwoBitFile, letters_at,
};
use maxatac_core::{BigWig, Result, Runs, Strand, TwoBit};

/// What each byte is replaced by: bits flipped at both ends and in between, all, and the byte cleared.
const DAMAGE: [fn(u8) -> u8; 7] = [
    |byte| byte ^ 0x01,
    |byte| byte ^ 0x02,
    |byte| byte ^ 0x10,
    |byte| byte ^ 0x80,
    |byte| !byte,
    |_| 0x00,
    |_| 0xff,
];

fn genomes() -> Vec<Vec<u8>> {
    let sequences = [("chr1", "NNACGTacgtNNgattacaN"), ("c2", "TTAGGC"), ("", "")];
    let versions = [0, 1].into_iter().flat_map(|v| ENDIANS.map(|e| (v, e)));
    versions
        .map(|(version, endian)| {
            let file = TwoBitFile {
                sequences: &sequences,
                version,
                endian,
                hole: 0,
            };
            file.bytes()
        })
        .collect()
}

fn tracks() -> TestResult<Vec<Vec<u8>>> {
    let blocks: [Vec<Section>; 4] = [
        vec![(0, Items::BedGraph(vec![(0, 3, 1.5), (5, 9, 2.5)]))],
        vec![(0, Items::VariableStep(2, vec![(10, 3.5), (14, 4.5)]))],
        vec![
            (0, Items::FixedStep(18, 1, 1, vec![5.5])),
            (2, Items::FixedStep(0, 4, 2, vec![6.5, 7.5])),
        ],
        vec![(5, Items::BedGraph(vec![(0, 9, 8.5)]))],
    ];
    let forms = ENDIANS
        .into_iter()
        .flat_map(|e| [(e, true, 0), (e, false, 0), (e, true, 2)]);
    forms
        .map(|(endian, compressed, zooms)| {
            let file = BigWigFile {
                chroms: &[("chr1", 0, 20), ("chr2", 2, 10), ("chrX", 5, 10)],
                blocks: &blocks,
                version: 4,
                endian,
                compressed,
                children: 2,
                hole: 0,
            };
            Ok(file.bytes_with_zooms(zooms)?.0)
        })
        .collect()
}

/// All bases and runs of a genome; a sequence that claims to be huge is read at its ends.
fn read_genome(path: &Path) -> Result<Vec<String>> {
    let genome = TwoBit::open(path)?;
    let mut found = Vec::new();
    let mut scratch = Vec::new();
    for (chrom, sequence) in genome.chroms().iter().enumerate() {
        let size = sequence.size;
        for (start, end) in [(0, size.min(64)), (size.saturating_sub(64), size)] {
            found.push(letters_at(&genome, chrom, start, end)?);
            let mut out = vec![0.0; 4 * (end - start) as usize];
            genome.one_hot(chrom, start, end, Strand::Reverse, &mut out, &mut scratch)?;
        }
        found.push(format!("{:?}", genome.n_runs(chrom)));
    }
    Ok(found)
}

fn read_track(path: &Path) -> Result<Vec<Runs>> {
    let track = BigWig::open(path)?;
    let chroms = track.chroms().iter().enumerate();
    chroms
        .map(|(chrom, found)| track.intervals(chrom, 0, found.size))
        .collect()
}

/// Reads a file cut at every byte; what can be read must be what the whole file has.
fn cut_everywhere<T: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    read: impl Fn(&Path) -> Result<T>,
) -> TestResult<usize> {
    let temp = TempFile::new("cut", bytes)?;
    let whole = read(temp.path())?;
    let file = File::options().write(true).open(temp.path())?;
    let mut readable = 0;
    for length in (0..bytes.len()).rev() {
        file.set_len(length as u64)?;
        if let Ok(found) = read(temp.path()) {
            assert_eq!(found, whole, "cut to {length} bytes");
            readable += 1;
        }
    }
    Ok(readable)
}

/// Reads a file with every byte damaged in turn, and counts how often that was noticed.
fn damage_everywhere<T>(bytes: &[u8], read: impl Fn(&Path) -> Result<T>) -> TestResult<usize> {
    let temp = TempFile::new("damaged", bytes)?;
    let file = File::options().write(true).open(temp.path())?;
    let mut noticed = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        for damage in DAMAGE {
            file.write_all_at(&[damage(byte)], at as u64)?;
            noticed += usize::from(read(temp.path()).is_err());
        }
        file.write_all_at(&[byte], at as u64)?;
    }
    read(temp.path())?;
    Ok(noticed)
}

#[test]
fn a_2bit_file_that_is_cut_is_refused() -> TestResult {
    for bytes in genomes() {
        assert_eq!(cut_everywhere(&bytes, read_genome)?, 0);
    }
    Ok(())
}

#[test]
fn a_bigwig_file_that_is_cut_is_refused_or_complete() -> TestResult {
    for bytes in tracks()? {
        // Only the magic number at the end, and the unused room of the last node, can be spared.
        assert!(cut_everywhere(&bytes, read_track)? <= 4 + 32);
    }
    Ok(())
}

#[test]
fn a_2bit_file_with_a_wrong_byte_is_no_cause_to_panic() -> TestResult {
    for bytes in genomes() {
        assert!(damage_everywhere(&bytes, read_genome)? > 0);
    }
    Ok(())
}

#[test]
fn a_bigwig_file_with_a_wrong_byte_is_no_cause_to_panic() -> TestResult {
    for bytes in tracks()? {
        assert!(damage_everywhere(&bytes, read_track)? > 0);
    }
    Ok(())
}
