//! The first 64 bytes of a bigWig file, and the headers of the zoom levels behind them.
//!
//! A zoom level's header has 24 bytes: bases per summary, reserved (4 bytes each), offsets of the summaries and of
//! their index (8 bytes each). Zoom levels are not read, but they are the last part of a file, so that they tell
//! whether it is there to its end.

use std::collections::HashSet;

use super::index::Index;
use crate::error::{Error, Fault, Result};
use crate::io::bytes::{ByteOrder, Fields};
use crate::io::file::PositionedFile;

pub(super) const MAGIC: u32 = 0x888F_FC26;
const BIG_BED_MAGIC: u32 = 0x8789_F2EB;
pub(super) const SIZE: u64 = 64;
pub(super) const ZOOM_HEADER_SIZE: u64 = 24;

/// The header's fields that matter.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) chrom_tree_offset: u64,
    pub(super) index_offset: u64,
    pub(super) inflated_size: u32,
    pub(super) zoom_levels: u16,
}

impl Header {
    pub(super) fn read(file: &PositionedFile) -> Result<(ByteOrder, Self)> {
        let bytes = file.read_vec(0, SIZE)?;
        let magic = bytes.first_chunk().copied().unwrap_or_default();
        let order = ByteOrder::of_magic(magic, MAGIC).ok_or_else(|| {
            if ByteOrder::of_magic(magic, BIG_BED_MAGIC).is_some() {
                let reason = "this is a bigBed file, expected a bigWig file".to_owned();
                return file.fault(0, Fault::OtherFormat(reason));
            }
            let found = u32::from_le_bytes(magic);
            let reason = format!("magic number is {found:#010x}, expected {MAGIC:#010x}");
            file.fault(0, Fault::OtherFormat(reason))
        })?;

        let mut fields = Fields::new(&bytes, order);
        let (version, header) = (|| {
            let (_magic, version, zoom_levels) = (fields.u32()?, fields.u16()?, fields.u16()?);
            let chrom_tree_offset = fields.u64()?;
            let _data_offset = fields.u64()?;
            let index_offset = fields.u64()?;
            let (_field_count, _defined_field_count) = (fields.u16()?, fields.u16()?);
            let (_auto_sql_offset, _summary_offset) = (fields.u64()?, fields.u64()?);
            let inflated_size = fields.u32()?;
            Some((
                version,
                Self {
                    chrom_tree_offset,
                    index_offset,
                    inflated_size,
                    zoom_levels,
                },
            ))
        })()
        .ok_or_else(|| file.damaged(0, "header is incomplete"))?;
        if !(1..=4).contains(&version) {
            let reason = format!("version is {version}, expected 1 to 4");
            return Err(file.fault(4, Fault::OtherFormat(reason)));
        }
        Ok((order, header))
    }
}

/// Fails if a zoom level is not in the file to its end, as when a download was interrupted.
pub(super) fn check_zoom_levels(
    file: &PositionedFile,
    order: ByteOrder,
    levels: u16,
) -> Result<()> {
    let bytes = file.read_vec(SIZE, u64::from(levels) * ZOOM_HEADER_SIZE)?;
    let mut fields = Fields::new(&bytes, order);
    let mut seen = HashSet::new();
    for level in 1..=levels {
        let (data_offset, index_offset) = (|| {
            let (_reduction, _reserved) = (fields.u32()?, fields.u32()?);
            Some((fields.u64()?, fields.u64()?))
        })()
        .ok_or_else(|| file.damaged(SIZE, "headers of zoom levels are incomplete"))?;
        // Room for a level that the writer then did not need.
        if index_offset == 0 {
            continue;
        }
        file.check_inside(data_offset, 4)
            .and_then(|()| Index::open(file, order, index_offset))
            .and_then(|index| index.check_end(file, order, &mut seen))
            .map_err(|error| in_zoom_level(error, level, levels))?;
    }
    Ok(())
}

/// Puts the zoom level in front of the reason.
fn in_zoom_level(mut error: Error, level: u16, levels: u16) -> Error {
    if let Error::Format { fault, .. } = &mut error {
        *fault = Fault::Damaged(format!("zoom level {level} of {levels}: {fault}"));
    }
    error
}

/// Tells a file without data from one whose writer was interrupted; neither has an index.
///
/// libBigWig leaves the index out where there is nothing to find, but ends every file with the magic number.
pub(super) fn check_without_data(file: &PositionedFile, order: ByteOrder) -> Result<()> {
    let at = file.len().saturating_sub(4);
    let bytes = file.read_vec(at, 4)?;
    let tail = bytes.first_chunk().copied().unwrap_or_default();
    if order.u32(tail) == MAGIC {
        Ok(())
    } else {
        Err(file.damaged(24, "there is no index; was the file written to its end?"))
    }
}
