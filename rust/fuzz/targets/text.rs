//! Reads any bytes as fragments, BED or BEDPE, plain or compressed, with any settings.
//!
//! Besides not crashing, each line must be counted once, and as many sites be kept as were counted.

#![no_main]

use std::env::temp_dir;

use libfuzzer_sys::fuzz_target;
use maxatac_core::alignment::{Ends, Room, SiteStore, TextKind, TextSettings, add_lines};
use maxatac_core::io::{EndBlock, Inflated, PositionedFile};
use maxatac_core::{Error, Result};

const LENGTHS: [u32; 3] = [1_000, 3_920, u32::MAX];

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, bytes)) = bytes.split_last() else {
        return;
    };
    let is = |bit: u8| choice & 1 << bit != 0;
    let barcodes = [(b"A".to_vec(), 1), (b"AC-1".to_vec(), 0)];
    let settings = TextSettings {
        kind: match choice & 3 {
            0 => TextKind::Bed,
            1 => TextKind::Bedpe,
            _ => TextKind::Fragments,
        },
        ends: if is(2) { Ends::Aligned } else { Ends::Cut },
        single_end: is(3),
        barcodes: is(4).then(|| barcodes.to_vec()),
        merge_equal: is(5),
        max_fragment: is(6).then_some(500),
    };
    match check(bytes, &settings) {
        Ok(()) | Err(Error::Line { .. } | Error::Format { .. } | Error::Settings(_)) => {}
        Err(error) => panic!("{error}"),
    }
});

fn check(bytes: &[u8], settings: &TextSettings) -> Result<()> {
    let names = ["chr1", "chr2", "big"].map(str::to_owned);
    let dir = temp_dir();
    let mut store = SiteStore::new(&LENGTHS, 2, &dir, 1 << 24, false)?;
    let kind = settings.kind.file_kind();
    let file = PositionedFile::in_memory("fuzz.tsv", bytes.to_vec(), kind)?;
    let inflated = Inflated::new(file, 1, EndBlock::Required)?;
    let room = Room {
        dir,
        memory: 1 << 24,
        threads: 1,
    };
    let tallies = add_lines(&mut store, &names, inflated, settings, &room, &|_| false)?;

    let left_out = tallies
        .dropped
        .iter()
        .map(|dropped| dropped.lines)
        .sum::<u64>()
        + tallies.other_chroms.values().sum::<u64>()
        + tallies.orphans
        + tallies.not_proper
        + tallies.no_barcode
        + tallies.too_long;
    assert_eq!(tallies.records, left_out + tallies.good);
    let each = if settings.single_end { 1 } else { 2 };
    assert_eq!(tallies.good, tallies.duplicates + tallies.sites / each);
    assert_eq!(tallies.sites % each, 0);
    if !settings.single_end {
        assert_eq!(
            tallies.fragment_lengths.iter().sum::<u64>() * 2,
            tallies.sites
        );
    }

    let sites = store.finish(1)?;
    let mut kept = 0;
    for group in 0..2 {
        for chrom in 0..3 {
            let sorted = sites.sorted(group, chrom)?;
            assert!(sorted.is_sorted());
            kept += sorted.len() as u64;
        }
    }
    assert_eq!(kept, tallies.sites);
    Ok(())
}
