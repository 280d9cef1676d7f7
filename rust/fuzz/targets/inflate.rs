//! Reads any bytes as a file that is plain text, gzip or BGZF.
//!
//! Besides not crashing, bytes and error must be the same whatever the threads and however much is taken at a time, places
//! in the file never go back, and what another reader of gzip takes whole is the same here.

#![no_main]

use std::io::Read;

use flate2::read::MultiGzDecoder;
use libfuzzer_sys::fuzz_target;
use maxatac_core::io::{EndBlock, Inflated, PositionedFile};
use maxatac_core::{FileKind, Result};

/// Inflated bytes that are looked at.
const MOST: usize = 1 << 24;

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, bytes)) = bytes.split_last() else {
        return;
    };
    let end = if choice & 1 == 0 {
        EndBlock::Required
    } else {
        EndBlock::Optional
    };
    let (whole, error) = read(bytes, end, 1, usize::MAX);
    // Starting threads takes longer than all else.
    if choice % 16 == 2 {
        assert_eq!(
            read(bytes, end, 3, usize::MAX),
            (whole.clone(), error.clone())
        );
    }
    if whole.len() < 1 << 16 {
        let step = 1 + usize::from(choice >> 4);
        assert_eq!(read(bytes, end, 1, step), (whole.clone(), error.clone()));
    }
    if error.is_none() && bytes.starts_with(&[0x1f, 0x8b]) && whole.len() < MOST {
        let mut expected = Vec::new();
        let decoded = MultiGzDecoder::new(bytes).read_to_end(&mut expected);
        assert!(decoded.is_ok());
        assert!(whole == expected);
    }
});

/// All bytes up to the end or an error, and the error, with at most `step` bytes taken at a time.
fn read(bytes: &[u8], end: EndBlock, threads: usize, step: usize) -> (Vec<u8>, Option<String>) {
    let mut all = Vec::new();
    let error = read_into(&mut all, bytes, end, threads, step).err();
    (all, error.map(|error| error.to_string()))
}

fn read_into(
    all: &mut Vec<u8>,
    bytes: &[u8],
    end: EndBlock,
    threads: usize,
    step: usize,
) -> Result<()> {
    let file = PositionedFile::in_memory("fuzz.gz", bytes.to_vec(), FileKind::Bam)?;
    let mut inflated = Inflated::new(file, threads, end)?;
    let mut last = 0;
    while all.len() < MOST {
        let part = inflated.fill()?;
        if part.is_empty() {
            break;
        }
        let length = part.len().min(step);
        all.extend(&part[..length]);
        assert!(inflated.offset() >= last && inflated.offset() < bytes.len() as u64);
        last = inflated.offset();
        inflated.consume(length);
    }
    Ok(())
}
