//! Reads any bytes as a BAM file, plain or compressed, with any settings.
//!
//! Besides not crashing, each read must be counted once, as many sites be kept as were counted, and neither the memory
//! nor the order of two files that are the same change anything.

#![no_main]

use std::collections::HashMap;
use std::env::temp_dir;

use libfuzzer_sys::fuzz_target;
use maxatac_core::alignment::{
    BamSettings, BamTallies, CutSite, Duplicates, Room, SiteStore, add_bam_files,
};
use maxatac_core::{Error, FileKind, PositionedFile, Result};

const LENGTHS: [u32; 2] = [1_000, u32::MAX];

fuzz_target!(|bytes: &[u8]| {
    let Some((bytes, &[choice, more])) = bytes.split_last_chunk() else {
        return;
    };
    let is = |bit: u8| choice & 1 << bit != 0;
    let barcodes = HashMap::from([(b"A".to_vec(), 1), (b"AC-1".to_vec(), 0)]);
    let settings = BamSettings {
        duplicates: match choice & 3 {
            0 => Duplicates::Keep,
            1 => Duplicates::Marked,
            _ => Duplicates::Find,
        },
        single_end: is(2),
        per_file: is(3),
        primary_only: is(4),
        barcode_tag: is(5).then_some(*b"CB"),
        barcodes: is(6).then_some(barcodes),
        max_fragment: is(7).then_some(500),
        min_mapq: more & 31,
        accept_no_end: more & 32 == 0,
    };
    let found = read(bytes, &settings, 1 << 22);
    // Writing to the disk takes longer than all else.
    if more & 192 == 64 {
        let again = read(bytes, &settings, 0);
        match (found, again) {
            (Ok((sites, tallies)), Ok(again)) => {
                assert_eq!(sites, again.0);
                assert_eq!(format!("{tallies:?}"), format!("{:?}", again.1));
            }
            (Err(_), Err(_)) => {}
            (found, again) => panic!("{found:?}, then {again:?}"),
        }
    }
});

type Found = (Vec<CutSite>, BamTallies);

fn read(bytes: &[u8], settings: &BamSettings, memory: u64) -> Result<Found> {
    match read_all(bytes, settings, memory) {
        // A name that comes twice is looked up in the file, which is not on the disk.
        Err(error @ (Error::Format { .. } | Error::Io { .. })) => {
            assert!(!error.to_string().is_empty());
            Err(error)
        }
        Err(error) => panic!("{error}"),
        Ok(found) => Ok(found),
    }
}

fn read_all(bytes: &[u8], settings: &BamSettings, memory: u64) -> Result<Found> {
    let names = ["chr1", "chr2"].map(str::to_owned);
    let room = Room {
        dir: temp_dir(),
        memory,
        threads: 1,
    };
    let mut store = SiteStore::new(&LENGTHS, 2, &room.dir, memory, true)?;
    let open = |_| PositionedFile::in_memory("fuzz.bam", bytes.to_vec(), FileKind::Bam);
    let tallies = add_bam_files(
        &mut store,
        &names,
        &mut (0..2).map(open),
        2 * bytes.len() as u64,
        settings,
        &room,
        &|_| false,
    )?;
    assert_eq!(tallies.fates.iter().sum::<u64>(), tallies.records);
    let lost: u64 = tallies.other_chroms.values().sum();
    assert_eq!(lost, tallies.fates[2]);
    assert!(tallies.unique_pairs <= tallies.pairs);

    let sites = store.finish(1)?;
    let mut all = Vec::new();
    for (group, chrom) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        all.extend(sites.sorted(group, chrom)?);
    }
    assert_eq!(all.len() as u64, tallies.fates[0]);
    Ok((all, tallies))
}
