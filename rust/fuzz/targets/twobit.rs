//! Opens any bytes as a 2bit file and reads all that it has to offer.
//!
//! Besides not crashing, what is read must be consistent: runs are sorted, apart and inside, one-hot bases and codes
//! spell the sequence on both strands, N is where the N runs say, and a sequence that is held in memory reads the same.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use maxatac_core::memory::Budget;
use maxatac_core::testing::letters_at;
use maxatac_core::{FileKind, PositionedFile, Strand, TwoBit};

/// Bases read at each end of a sequence, and round each run of N.
const PIECE: u32 = 70;
/// Sequences and runs that are looked at, so that an input takes no longer than its size explains.
const MOST: usize = 40;

fuzz_target!(|bytes: &[u8]| {
    let opened = PositionedFile::in_memory("fuzz.2bit", bytes.to_vec(), FileKind::TwoBit)
        .and_then(TwoBit::from_file);
    let genome = match opened {
        Ok(genome) => genome,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    assert!(
        genome
            .require_chrom("no such name, it is too long")
            .is_err()
    );
    for (chrom, sequence) in genome.chroms().iter().enumerate().take(MOST) {
        let size = sequence.size;
        assert_eq!(genome.chrom_index(&sequence.name), Some(chrom));
        assert!(u64::from(size) <= 4 * bytes.len() as u64);
        check_runs(genome.n_runs(chrom), size);

        for is_held in [false, true] {
            let memory = Arc::new(Budget::new(if is_held { 1 << 30 } else { 0 }));
            assert!(
                matches!(genome.hold(chrom, &memory), Ok(held) if held == is_held || size == 0)
            );
            check_region(&genome, chrom, 0, size.min(PIECE));
            check_region(&genome, chrom, size.saturating_sub(PIECE), size);
            for (start, end) in genome.n_runs(chrom).iter().take(MOST) {
                let (start, end) = (start.saturating_sub(3), end.saturating_add(3));
                check_region(&genome, chrom, start, end.min(start + PIECE).min(size));
            }
        }
        assert!(letters_at(&genome, chrom, 0, size).is_ok());
        assert!(size == u32::MAX || letters_at(&genome, chrom, size, size + 1).is_err());
    }
});

fn check_runs(runs: &[(u32, u32)], size: u32) {
    assert!(runs.iter().all(|run| run.0 < run.1 && run.1 <= size));
    assert!(runs.windows(2).all(|pair| pair[0].1 < pair[1].0));
}

fn check_region(genome: &TwoBit, chrom: usize, start: u32, end: u32) {
    let letters = letters_at(genome, chrom, start, end).expect("a region inside");
    assert_eq!(letters.len(), (end - start) as usize);
    for (place, letter) in (start..).zip(letters.bytes()) {
        let mut runs = genome.n_runs(chrom).iter();
        let is_unknown = runs.any(|run| run.0 <= place && place < run.1);
        assert_eq!(letter == b'N', is_unknown);
    }

    let mut scratch = Vec::new();
    for strand in [Strand::Forward, Strand::Reverse] {
        let mut out = vec![9.0; 4 * letters.len()];
        genome
            .one_hot(chrom, start, end, strand, &mut out, &mut scratch)
            .expect("a region inside");
        let found = out.chunks(4).map(|row| letter_of(row, strand));
        let found: Vec<u8> = match strand {
            Strand::Forward => found.collect(),
            Strand::Reverse => found.rev().collect(),
        };
        assert_eq!(found, letters.as_bytes());
        check_codes(genome, chrom, start, &letters, strand);
        check_input(genome, chrom, start, &letters, strand);
    }
}

fn check_codes(genome: &TwoBit, chrom: usize, start: u32, letters: &str, strand: Strand) {
    let (mut codes, end) = (vec![9; letters.len()], start + letters.len() as u32);
    genome
        .codes(chrom, start, end, strand, &mut codes, &mut Vec::new())
        .expect("a region inside");
    if strand == Strand::Reverse {
        codes.reverse();
    }
    let names = match strand {
        Strand::Forward => b"ACGTN",
        Strand::Reverse => b"TGCAN",
    };
    let found: Vec<u8> = codes.iter().map(|&code| names[code as usize]).collect();
    assert_eq!(found, letters.as_bytes());
}

fn check_input(genome: &TwoBit, chrom: usize, start: u32, letters: &str, strand: Strand) {
    let signal: Vec<f32> = (0..letters.len()).map(|place| place as f32).collect();
    let mut out = vec![9.0; 5 * letters.len()];
    genome
        .input(chrom, start, strand, &signal, &mut out, &mut Vec::new())
        .expect("a region inside");
    let mut rows: Vec<&[f32]> = out.chunks(5).collect();
    if strand == Strand::Reverse {
        rows.reverse();
    }
    for (place, (row, letter)) in rows.into_iter().zip(letters.bytes()).enumerate() {
        assert_eq!(row[4], place as f32);
        assert_eq!(letter_of(&row[..4], strand), letter);
    }
}

/// The letter of a one-hot row, on the forward strand.
fn letter_of(row: &[f32], strand: Strand) -> u8 {
    match (row.iter().position(|&value| value == 1.0), strand) {
        (Some(channel), Strand::Forward) => b"ACGT"[channel],
        (Some(channel), Strand::Reverse) => b"TGCA"[channel],
        (None, _) => {
            assert_eq!(row, [0.0; 4]);
            b'N'
        }
    }
}
