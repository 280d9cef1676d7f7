//! Opening, reading and closing files thousands of times leaves nothing open and no memory taken.
//!
//! There is one test in this crate, because it measures the whole process.

use std::fs;

use maxatac_core::testing::{BigWigFile, Endian, Items, Section, TempFile, TestResult, TwoBitFile};
use maxatac_core::{BigWig, Scratch, Strand, TwoBit};

const CYCLES: usize = 3000;

/// Files that this process has open.
fn open_files() -> TestResult<usize> {
    Ok(fs::read_dir("/dev/fd")?.count())
}

/// Memory of this process, in bytes, where the system tells.
fn resident() -> Option<u64> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

/// Opens and reads a good file and a damaged one of each format.
fn cycle(genomes: &[TempFile; 2], tracks: &[TempFile; 2]) -> TestResult {
    let genome = TwoBit::open(genomes[0].path())?;
    let mut out = vec![0.0; 4 * 12];
    genome.one_hot(0, 0, 12, Strand::Reverse, &mut out, &mut Vec::new())?;
    assert!(TwoBit::open(genomes[1].path()).is_err());

    let track = BigWig::open(tracks[0].path())?;
    let mut values = vec![0.0; 1000];
    track.values(0, 0, 1000, &mut values, &mut Scratch::default())?;
    assert_eq!(track.intervals(0, 0, 1000)?.len(), 300);
    let damaged = BigWig::open(tracks[1].path())?;
    assert!(damaged.intervals(0, 0, 1000).is_err());
    Ok(())
}

#[test]
fn thousands_of_files_leave_nothing_behind() -> TestResult {
    let genome = TwoBitFile {
        sequences: &[("chr1", "NNacgtACGTNN")],
        version: 0,
        endian: Endian::Little,
        hole: 0,
    }
    .bytes();
    let blocks: Vec<Vec<Section>> = vec![
        vec![(0, Items::FixedStep(0, 1, 1, vec![0.5; 200]))],
        vec![(0, Items::FixedStep(500, 2, 1, vec![0.25; 100]))],
    ];
    let (track, places) = BigWigFile {
        chroms: &[("chr1", 0, 1000)],
        blocks: &blocks,
        version: 4,
        endian: Endian::Little,
        compressed: true,
        children: 2,
        hole: 0,
    }
    .bytes()?;
    let mut damaged = track.clone();
    damaged[places.blocks + 4] ^= 0xff;
    let genomes = [
        TempFile::new("good.2bit", &genome)?,
        TempFile::new("cut.2bit", &genome[..genome.len() - 1])?,
    ];
    let tracks = [
        TempFile::new("good.bw", &track)?,
        TempFile::new("damaged.bw", &damaged)?,
    ];

    // The allocator keeps some memory for later use: let it have what it wants first.
    for _ in 0..CYCLES / 10 {
        cycle(&genomes, &tracks)?;
    }
    let (files, memory) = (open_files()?, resident());
    for _ in 0..CYCLES {
        cycle(&genomes, &tracks)?;
    }
    assert_eq!(open_files()?, files);
    if let Some((before, after)) = memory.zip(resident()) {
        let grown = after.saturating_sub(before);
        // 200 bytes per cycle; one buffer that is left behind in each would be more than that.
        assert!(grown < 200 * CYCLES as u64, "{grown} bytes");
    }
    Ok(())
}
