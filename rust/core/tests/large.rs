//! Files of more than 4 GiB, most of which is a hole that takes no space on disk.

use maxatac_core::testing::{
    BigWigFile, ENDIANS, Items, Section, TestResult, TwoBitFile, letters_at,
};
use maxatac_core::{BigWig, Strand, TwoBit};

const HOLE: u64 = (1 << 32) + 12_345;

#[test]
fn a_2bit_file_beyond_32_bits_is_read() -> TestResult {
    let sequences = [("chr1", "ACGTNNacgtGATTACA"), ("chr2", "NNTTT")];
    for endian in ENDIANS {
        let file = TwoBitFile {
            sequences: &sequences,
            version: 1,
            endian,
            hole: HOLE,
        };
        let temp = file.write()?;
        assert!(temp.path().metadata()?.len() > HOLE);
        let genome = TwoBit::open(temp.path())?;
        for (chrom, (_, letters)) in sequences.iter().enumerate() {
            let sequence = letters_at(&genome, chrom, 0, letters.len() as u32)?;
            assert_eq!(sequence, letters.to_uppercase());
        }
        let mut out = vec![9.0; 8];
        genome.one_hot(1, 1, 3, Strand::Reverse, &mut out, &mut Vec::new())?;
        assert_eq!(out, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }
    Ok(())
}

#[test]
fn a_bigwig_file_beyond_32_bits_is_read() -> TestResult {
    let blocks: [Vec<Section>; 3] = [
        vec![(0, Items::BedGraph(vec![(0, 3, 1.5), (5, 9, 2.5)]))],
        vec![(0, Items::FixedStep(10, 2, 1, vec![3.5, 4.5]))],
        vec![(1, Items::VariableStep(4, vec![(6, 5.5)]))],
    ];
    for endian in ENDIANS {
        let file = BigWigFile {
            chroms: &[("chr1", 0, 20), ("chr2", 1, 10)],
            blocks: &blocks,
            version: 4,
            endian,
            compressed: true,
            children: 2,
            hole: HOLE,
        };
        let temp = file.write()?;
        assert!(temp.path().metadata()?.len() > HOLE);
        let track = BigWig::open(temp.path())?;
        assert!(track.blocks(0)?.iter().all(|block| block.offset > HOLE));
        let chr1 = track.intervals(0, 0, 20)?;
        assert_eq!(
            chr1.iter().collect::<Vec<_>>(),
            [(0, 3, 1.5), (5, 9, 2.5), (10, 11, 3.5), (12, 13, 4.5)]
        );
        let chr2 = track.intervals(1, 0, 10)?;
        assert_eq!(chr2.iter().collect::<Vec<_>>(), [(6, 10, 5.5)]);
    }
    Ok(())
}
