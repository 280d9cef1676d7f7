//! Opens any bytes as a 2bit file and reads all that it has to offer.
//!
//! Besides not crashing, what is read must be consistent: runs are sorted, apart and inside, one-hot bases spell the
//! sequence on both strands, and N is where the N runs say.

#![no_main]

use libfuzzer_sys::fuzz_target;
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
        if let Ok(runs) = genome.mask_runs(chrom) {
            check_runs(&runs, size);
        }

        check_region(&genome, chrom, 0, size.min(PIECE));
        check_region(&genome, chrom, size.saturating_sub(PIECE), size);
        for (start, end) in genome.n_runs(chrom).iter().take(MOST) {
            let (start, end) = (start.saturating_sub(3), end.saturating_add(3));
            check_region(&genome, chrom, start, end.min(start + PIECE).min(size));
        }
        assert!(genome.sequence(chrom, 0, size).is_ok());
        assert!(
            genome
                .sequence(chrom, size, size.saturating_add(1))
                .is_err()
                || size == u32::MAX
        );
    }
    assert!(genome.mask_runs(genome.chroms().len()).is_err());
});

fn check_runs(runs: &[(u32, u32)], size: u32) {
    assert!(runs.iter().all(|run| run.0 < run.1 && run.1 <= size));
    assert!(runs.windows(2).all(|pair| pair[0].1 < pair[1].0));
}

fn check_region(genome: &TwoBit, chrom: usize, start: u32, end: u32) {
    let letters = genome.sequence(chrom, start, end).expect("a region inside");
    assert_eq!(letters.len(), (end - start) as usize);
    for (place, letter) in (start..).zip(letters.bytes()) {
        let mut runs = genome.n_runs(chrom).iter();
        let is_unknown = runs.any(|run| run.0 <= place && place < run.1);
        assert_eq!(letter == b'N', is_unknown);
    }

    let mut scratch = Vec::new();
    for (strand, stride) in [
        (Strand::Forward, 4),
        (Strand::Forward, 6),
        (Strand::Reverse, 5),
    ] {
        let mut out = vec![9.0; stride * letters.len()];
        genome
            .one_hot(chrom, start, end, strand, &mut out, stride, &mut scratch)
            .expect("a region inside");
        let found = out.chunks(stride).map(|row| letter_of(row, strand));
        let found: Vec<u8> = match strand {
            Strand::Forward => found.collect(),
            Strand::Reverse => found.rev().collect(),
        };
        assert_eq!(found, letters.as_bytes());
    }
}

/// The letter of a one-hot row, on the forward strand.
fn letter_of(row: &[f32], strand: Strand) -> u8 {
    assert!(row[4..].iter().all(|&value| value == 9.0));
    match (row[..4].iter().position(|&value| value == 1.0), strand) {
        (Some(channel), Strand::Forward) => b"ACGT"[channel],
        (Some(channel), Strand::Reverse) => b"TGCA"[channel],
        (None, _) => {
            assert_eq!(row[..4], [0.0; 4]);
            b'N'
        }
    }
}
