//! Opens any bytes as a bigWig file and reads all that it has to offer.
//!
//! Besides not crashing, what is read must be consistent: blocks are sorted, intervals lie inside their chromosome,
//! values are those of the intervals, decoded blocks give the same numbers, whether they are held or not, and a window
//! gives what the whole chromosome gives, where that can be read.
//!
//! A changed byte of a compressed block is almost always no more than a wrong checksum. So a part of the mutations
//! takes a block out, changes what is in it, and puts it back compressed. Uncompressed files are in the corpus as well.

#![no_main]

use std::sync::Arc;

use libdeflater::{CompressionLvl, Compressor, Decompressor};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use maxatac_core::track::{DecodedTrack, Decoder, Memory, PaintedWindow, ValueCounts};
use maxatac_core::{BigWig, BlockRef, FileKind, PositionedFile, Runs, Scratch};

/// Bases read at each end of a chromosome, and round the start of each block.
const PIECE: u32 = 200;
/// Chromosomes, and blocks of each, that are looked at, so that an input takes no longer than its size explains.
const MOST: usize = 16;
/// The most bases of a chromosome that is read whole.
const MOST_BASES: u32 = 100_000;
/// The most bytes that a block taken out for mutation may have.
const LARGEST_BLOCK: usize = 16 * 1024;

fuzz_target!(init: stay_on_this_thread(), |bytes: &[u8]| {
    let opened = PositionedFile::in_memory("fuzz.bw", bytes.to_vec(), FileKind::BigWig)
        .and_then(BigWig::from_file);
    let track = match opened {
        Ok(track) => Arc::new(track),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    assert!(track.require_chrom("no such name, it is too long").is_err());
    let mut scratch = Scratch::default();
    for (chrom, found) in track.chroms().iter().enumerate().take(MOST) {
        assert_eq!(track.chrom_index(&found.name), Some(chrom));
        let Ok(blocks) = track.blocks(chrom) else {
            assert!(track.intervals(chrom, 0, found.size).is_err());
            continue;
        };
        check_blocks(&track, chrom, blocks, bytes.len() as u64);

        let size = found.size;
        check_region(&track, chrom, 0, size.min(PIECE), &mut scratch);
        check_region(
            &track,
            chrom,
            size.saturating_sub(PIECE),
            size,
            &mut scratch,
        );
        for block in blocks.iter().take(MOST) {
            if let Ok(runs) = track.decode(chrom, block, &mut scratch) {
                check_runs(&runs, size);
                assert!(runs.iter().all(|run| block.start <= run.0 && run.1 <= block.end));
            }
            let start = block.start.saturating_sub(5);
            let end = start.saturating_add(PIECE).min(size);
            check_region(&track, chrom, start, end, &mut scratch);
        }
        check_decoded(&track, chrom, blocks);
    }
    assert!(track.blocks(track.chroms().len()).is_err());
});

fn check_blocks(track: &BigWig, chrom: usize, blocks: &[BlockRef], file_size: u64) {
    let size = track.chroms()[chrom].size;
    assert!(blocks.is_sorted_by_key(|block| block.start));
    assert!(blocks.iter().map(|block| block.size).sum::<u64>() <= file_size);
    for block in blocks {
        assert!(block.start < block.end && block.end <= size);
        assert!(block.offset + block.size <= file_size);
    }
    for block in blocks.iter().take(MOST) {
        let (start, end) = (block.end - 1, block.end.saturating_add(9));
        let overlapping = track
            .blocks_overlapping(chrom, start, end)
            .expect("read before");
        let expected = blocks
            .iter()
            .filter(|other| other.start < end && other.end > start);
        assert!(overlapping.eq(expected));
    }
}

fn check_runs(runs: &Runs, size: u32) {
    assert_eq!(
        (runs.starts.len(), runs.ends.len()),
        (runs.len(), runs.values.len())
    );
    assert!(
        runs.iter()
            .all(|(start, end, _)| start < end && end <= size)
    );
}

/// Values by way of the intervals; the two agree on whether the region can be read at all.
fn check_region(track: &BigWig, chrom: usize, start: u32, end: u32, scratch: &mut Scratch) {
    let mut values = vec![9.0; (end - start) as usize];
    let read = track.values(chrom, start, end, &mut values, scratch);
    let Ok(runs) = track.intervals(chrom, start, end) else {
        assert!(read.is_err());
        return;
    };
    assert!(read.is_ok());
    check_runs(&runs, track.chroms()[chrom].size);
    let mut expected = vec![f32::NAN; values.len()];
    for (from, to, value) in runs.iter() {
        assert!(from < end && to > start);
        let (from, to) = (from.max(start) - start, to.min(end) - start);
        expected[from as usize..to as usize].fill(value);
    }
    let bits = |values: &[f32]| {
        values
            .iter()
            .map(|value| value.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(&values), bits(&expected));
    check_counts(track, chrom, start, &values);
}

/// Bases by value, counted without those of the middle of a region.
fn check_counts(track: &BigWig, chrom: usize, start: u32, values: &[f32]) {
    let end = start + values.len() as u32;
    let (from, to) = (start + (end - start) / 3, end - (end - start) / 3);
    let mut counts = ValueCounts::new(None).expect("there is memory");
    let added = counts.add(track, chrom, start, end, &[(from, to)]);
    added.expect("read before");
    let mut expected = vec![0; counts.bases().len()];
    for (value, base) in values.iter().zip(start..) {
        if *value > 0.0 && *value < f32::INFINITY && !(from..to).contains(&base) {
            expected[(value.to_bits() >> 16) as usize] += 1;
        }
    }
    assert!(counts.bases() == expected);
}

/// Makes parallel iterators run where they are called: with other threads, the same input would not take the same way.
fn stay_on_this_thread() {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread()
        .build_global()
        .expect("the first pool");
}

/// Windows of a track whose blocks are held in memory, and of one whose blocks are not.
fn check_decoded(track: &Arc<BigWig>, chrom: usize, blocks: &[BlockRef]) {
    let size = track.chroms()[chrom].size;
    let open = |limit| DecodedTrack::new(Arc::clone(track), Arc::new(Memory::new(limit)));
    let (held, read) = (open(1 << 30), open(0));
    let is_held = held.preload(chrom, &[(0, size)], &|| false).is_ok();

    // A chromosome that can be read whole has no window without the data that the file holds.
    let is_sound = track.check_blocks(chrom).is_ok();
    assert_eq!(is_held, is_sound);
    let whole = (size <= MOST_BASES).then(|| values(track, chrom, 0, size));
    assert!(
        whole
            .as_ref()
            .is_none_or(|whole| whole.is_some() == is_sound)
    );

    let starts = blocks.iter().map(|block| block.start.saturating_sub(5));
    for start in starts.take(MOST).chain([0, size.saturating_sub(PIECE)]) {
        let end = start.saturating_add(PIECE).min(size);
        let (found, values) = (
            paint(&read, chrom, start, end),
            values(track, chrom, start, end),
        );
        assert_eq!(found.is_some(), values.is_some());
        if is_held {
            assert_eq!(paint(&held, chrom, start, end), found);
        }
        if is_sound {
            assert_eq!(found, values);
        }
        if let Some(Some(whole)) = &whole {
            assert_eq!(
                values.as_deref(),
                Some(&whole[start as usize..end as usize])
            );
        }
    }
}

/// The bits of a window's values.
fn paint(track: &DecodedTrack, chrom: usize, start: u32, end: u32) -> Option<Vec<u32>> {
    let mut window = PaintedWindow::default();
    let painted = track.paint(chrom, start, end, &mut Decoder::default(), &mut window);
    let bits = window.values().iter().map(|value| value.to_bits());
    painted.ok().map(|()| bits.collect())
}

/// The same by way of the reader, with no data and NaN as 0.
fn values(track: &BigWig, chrom: usize, start: u32, end: u32) -> Option<Vec<u32>> {
    let mut values = vec![9.0; (end - start) as usize];
    let read = track.values(chrom, start, end, &mut values, &mut Scratch::default());
    let known = |value: &f32| if value.is_nan() { 0 } else { value.to_bits() };
    read.ok().map(|()| values.iter().map(known).collect())
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let changed = match seed % 3 {
        0 => change_block(data, size, max_size, seed / 3),
        _ => None,
    };
    changed.unwrap_or_else(|| fuzzer_mutate(data, size, max_size))
});

/// Changes what is in a compressed block; returns the new size, if there is such a block and room for it.
fn change_block(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> Option<usize> {
    let leaves = compressed_blocks(&data[..size]);
    let leaf = leaves.get(seed as usize % leaves.len().max(1))?;
    let mut block = vec![0; LARGEST_BLOCK];
    let length = Decompressor::new()
        .zlib_decompress(&data[leaf.offset..leaf.offset + leaf.length], &mut block)
        .ok()?;
    let length = fuzzer_mutate(&mut block, length, LARGEST_BLOCK);
    let stored = deflate(&block[..length])?;

    // Behind the end where it no longer fits into its place.
    let (offset, new_size) = if stored.len() <= leaf.length {
        (leaf.offset, size)
    } else {
        (size, size + stored.len())
    };
    if new_size > max_size {
        return None;
    }
    data[offset..offset + stored.len()].copy_from_slice(&stored);
    data[leaf.at..leaf.at + 8].copy_from_slice(&(leaf.encode)(offset as u64));
    data[leaf.at + 8..leaf.at + 16].copy_from_slice(&(leaf.encode)(stored.len() as u64));
    Some(new_size)
}

/// An offset and a length in the file that lead to a zlib stream, and where they stand.
struct Leaf {
    at: usize,
    offset: usize,
    length: usize,
    encode: fn(u64) -> [u8; 8],
}

fn compressed_blocks(bytes: &[u8]) -> Vec<Leaf> {
    type Order = (fn([u8; 8]) -> u64, fn(u64) -> [u8; 8]);
    const ORDERS: [Order; 2] = [
        (u64::from_le_bytes, u64::to_le_bytes),
        (u64::from_be_bytes, u64::to_be_bytes),
    ];
    let words = bytes.windows(16).enumerate();
    let pairs = words.flat_map(|(at, word)| {
        let (offset, length) = word.split_at(8);
        let array = |half: &[u8]| half.try_into().expect("eight bytes");
        let (offset, length): ([u8; 8], [u8; 8]) = (array(offset), array(length));
        ORDERS.map(|(decode, encode)| Leaf {
            at,
            offset: decode(offset) as usize,
            length: decode(length) as usize,
            encode,
        })
    });
    let starts_stream = |leaf: &Leaf| {
        let end = leaf.offset.checked_add(leaf.length);
        let stream = end.and_then(|end| bytes.get(leaf.offset..end));
        // Deflate with a window of 32 KiB.
        stream.is_some_and(|stream| stream.len() > 6 && stream[0] == 0x78)
    };
    pairs.filter(starts_stream).collect()
}

fn deflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut compressor = Compressor::new(CompressionLvl::fastest());
    let mut stored = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor.zlib_compress(bytes, &mut stored).ok()?;
    stored.truncate(length);
    Some(stored)
}
