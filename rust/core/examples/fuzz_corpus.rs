//! Writes the files that fuzzing starts from: `fuzz_corpus FOLDER` fills `FOLDER/fuzz_twobit` and its like.
//!
//! They are small, and have between them all that the formats allow: both byte orders, all versions, all kinds of
//! sections, trees of one and of many levels, compressed and plain blocks, zoom levels, all kinds of gzip members, all
//! columns of fragments, reads with all kinds of flags. Where a target has settings, the last bytes choose them.

use std::env;
use std::fs;
use std::path::Path;

use maxatac_core::testing::{
    BamRead, BigWigFile, ENDIANS, Endian, Items, Section, TestResult, TwoBitFile, bam, bgzf, gzip,
};

fn main() -> TestResult {
    let folder = env::args_os().nth(1).ok_or("usage: fuzz_corpus FOLDER")?;
    let folder = Path::new(&folder);
    write_all(&folder.join("fuzz_twobit"), &genomes())?;
    write_all(&folder.join("fuzz_bigwig"), &tracks()?)?;
    write_all(&folder.join("fuzz_inflate"), &members()?)?;
    write_all(&folder.join("fuzz_text"), &lines()?)?;
    write_all(&folder.join("fuzz_bam"), &reads()?)
}

fn write_all(folder: &Path, files: &[Vec<u8>]) -> TestResult {
    fs::create_dir_all(folder)?;
    for (number, bytes) in files.iter().enumerate() {
        fs::write(folder.join(format!("seed-{number:03}")), bytes)?;
    }
    Ok(())
}

fn genomes() -> Vec<Vec<u8>> {
    let long = "ACGTNNgattacaNNNNNNcgtAAAAAAAnnnn".repeat(8);
    let sets: [&[(&str, &str)]; 3] = [
        &[],
        &[("chr1", "NNACGTacgtNNgattacaN"), ("c2", "TTAGGC"), ("", "")],
        &[("chr1", &long), ("gap", "NNNNN"), ("one", "g")],
    ];
    let mut files = Vec::new();
    for sequences in sets {
        for (version, endian) in [0, 1].into_iter().flat_map(|v| ENDIANS.map(|e| (v, e))) {
            let file = TwoBitFile {
                sequences,
                version,
                endian,
                hole: 0,
            };
            files.push(file.bytes());
        }
    }
    files
}

fn tracks() -> TestResult<Vec<Vec<u8>>> {
    const CHROMS: [(&str, u32, u32); 4] = [
        ("chr1", 0, 60),
        ("chr2", 2, 10),
        ("chr10", 5, u32::MAX),
        ("chrM", 6, 17),
    ];
    let all_kinds: Vec<Vec<Section>> = vec![
        vec![(0, Items::BedGraph(vec![(0, 3, 1.5), (3, 4, -2.0)]))],
        vec![(0, Items::VariableStep(2, vec![(10, 3.5), (14, f32::NAN)]))],
        vec![
            (0, Items::FixedStep(18, 5, 5, vec![5.5, 1.0])),
            (2, Items::FixedStep(0, 4, 2, vec![6.5, f32::INFINITY])),
        ],
        vec![(
            5,
            Items::BedGraph(vec![(7, 9, 8.5), (9, 3_000_000_000, 9.5)]),
        )],
        vec![(6, Items::FixedStep(0, 1, 1, vec![0.5; 17]))],
    ];
    let overlapping: Vec<Vec<Section>> = vec![
        vec![(0, Items::BedGraph(vec![(0, 50, 1.0), (10, 20, 2.0)]))],
        vec![(0, Items::BedGraph(vec![(30, 40, 3.0), (5, 12, 4.0)]))],
        vec![(0, Items::FixedStep(2, 1, 4, vec![4.0, 5.0]))],
    ];
    let many: Vec<Vec<Section>> = (0..40)
        .map(|place| vec![(5, Items::VariableStep(9, vec![(place * 10, place as f32)]))])
        .collect();

    let mut files = Vec::new();
    for blocks in [all_kinds, overlapping, many, Vec::new()] {
        for (endian, compressed) in ENDIANS.into_iter().flat_map(|e| [(e, true), (e, false)]) {
            for (version, children, zooms) in [(4, 2, 0), (3, 3, 2), (1, 64, 1)] {
                let file = BigWigFile {
                    chroms: &CHROMS,
                    blocks: &blocks,
                    version,
                    endian,
                    compressed,
                    children,
                    hole: 0,
                };
                files.push(file.bytes_with_zooms(zooms)?.0);
            }
        }
    }
    // As libBigWig writes a file without data: there is no index.
    let (mut empty, _) = BigWigFile {
        chroms: &CHROMS,
        blocks: &[],
        version: 4,
        endian: Endian::Little,
        compressed: true,
        children: 2,
        hole: 0,
    }
    .bytes()?;
    empty[24..32].fill(0);
    files.push(empty);
    Ok(files)
}

fn members() -> TestResult<Vec<Vec<u8>>> {
    let text = b"chr1\t104\t295\tAC-1\t1\n".repeat(9);
    let (blocks, member) = (bgzf(&text, 50)?, gzip(&text)?);
    let end = bgzf(b"", 1)?;
    let deflated = &member[17..];
    let long_header = b"\x1f\x8b\x08\x1e\0\0\0\0\0\x03\x05\0XX\x01\0zname\0remark\0\x6c\xb2";
    let files: [&[&[u8]]; 8] = [
        &[&text],
        &[&blocks],
        &[&member],
        &[&blocks, &blocks],
        &[&member, &blocks],
        &[&end, &blocks, &end, &member],
        &[long_header, deflated],
        &[&blocks[..blocks.len() - 28]],
    ];
    // Who reads BAM may go without an end block; several threads; a byte at a time.
    let choices = [0, 1, 2, 0x12];
    let files = files
        .iter()
        .flat_map(|parts| choices.map(|choice| (parts, choice)));
    Ok(files
        .map(|(parts, choice)| [parts.concat(), vec![choice]].concat())
        .collect())
}

fn lines() -> TestResult<Vec<Vec<u8>>> {
    const FRAGMENTS: &str = "# id=x\nchr1\t104\t295\tAC-1\t3\t+\n\nchr1\t104\t295\tA\t1\t-\r\nbig\t3000000000\t3000000500\tA\t1\t+\nchrX\t1\t2\tA\t1\t+\n";
    const PAIRS: &str = "chr1\t250\t300\tchr1\t100\t150\tq\t60\t-\t+\n.\t-1\t-1\tchr1\t1\t50\tr\t0\t.\t+\nchr1\t1\t50\tchr2\t1\t50\ts\t0\t+\t+\n";
    let good = "chr2\t10\t60\n".repeat(1_001);
    let three = FRAGMENTS
        .lines()
        .map(|line| line.splitn(4, '\t').take(3).collect::<Vec<_>>());
    let three: Vec<_> = three.map(|fields| fields.join("\t")).collect();
    let mut files = Vec::new();
    for (text, choices) in [
        (FRAGMENTS, [2, 2 | 8, 2 | 16, 2 | 32, 2 | 64].as_slice()),
        (FRAGMENTS, &[0, 4, 4 | 8, 32]),
        (&three.join("\n"), &[2, 4, 2 | 32]),
        (PAIRS, &[1 | 4, 1 | 32]),
        (&format!("{good}chr2\t-7\t60\n"), &[2]),
        (&format!("{good}chr2\t60\t67718\n"), &[2]),
    ] {
        for &choice in choices {
            let text = text.as_bytes();
            for file in [text.to_vec(), bgzf(text, 60)?, gzip(text)?] {
                files.push([file, vec![choice]].concat());
            }
        }
    }
    Ok(files)
}

fn reads() -> TestResult<Vec<Vec<u8>>> {
    const SEQUENCES: [(&str, u32); 3] = [("chr1", 1_000), ("chrM", 500), ("chr2", u32::MAX)];
    const MIXED: &[(u32, u8)] = &[
        (3, b'H'),
        (2, b'S'),
        (9, b'M'),
        (1, b'I'),
        (4, b'D'),
        (8, b'='),
        (5, b'N'),
        (9, b'X'),
        (3, b'S'),
    ];
    let forward = BamRead {
        name: "r1",
        flags: 0x1 | 0x2 | 0x40,
        place: (0, 100),
        mate: (0, 250),
        cigar: &[(30, b'M')],
        qualities: &[30; 30],
        tags: b"NMC\x01CBZAC-1\0",
    };
    let reverse = BamRead {
        flags: 0x1 | 0x2 | 0x80 | 0x10,
        place: (0, 250),
        mate: (0, 100),
        ..forward
    };
    let odd = BamRead {
        cigar: MIXED,
        tags: b"BBBS\x02\0\0\0\x01\0\x02\0CBAA",
        ..forward
    };
    let named = |name, read| BamRead { name, ..read };
    let flagged = |flags, read: BamRead<'static>| BamRead { flags, ..read };
    let moved = |place, read: BamRead<'static>| BamRead { place, ..read };
    let sets: [&[BamRead<'_>]; 5] = [
        &[],
        &[
            forward,
            reverse,
            named("r0", forward),
            named("r0", reverse),
            named("r3", odd),
            named("r3", reverse),
        ],
        &[
            forward,
            flagged(0x1 | 0x10 | 0x100, reverse),
            flagged(0x1 | 0x2 | 0x800, forward),
            flagged(0x4, forward),
        ],
        &[
            flagged(0, forward),
            flagged(0x400, named("s", forward)),
            moved((2, i32::MAX - 40), named("far", reverse)),
        ],
        &[
            moved((0, 990), forward),
            moved((-1, -1), reverse),
            moved((1, 3), named("m", forward)),
            named("m", reverse),
        ],
    ];
    let mut files = Vec::new();
    for (reads, choices) in sets.into_iter().flat_map(|reads| {
        [
            [2, 0],
            [2, 64],
            [2 | 4, 64],
            [0, 3],
            [1, 0],
            [2 | 32 | 8, 0],
            [2 | 64, 20],
        ]
        .map(|choices| (reads, choices))
    }) {
        let file = bam(
            b"@HD\tVN:1.6\tSO:unsorted\n@PG\tID:a\n\0",
            &SEQUENCES,
            reads,
        )?;
        files.push([file.clone(), choices.to_vec()].concat());
        files.push([bgzf(&file, 100)?, choices.to_vec()].concat());
    }
    Ok(files)
}
