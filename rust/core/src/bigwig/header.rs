//! The first 64 bytes of a bigWig file.

use crate::bytes::{ByteOrder, Fields};
use crate::error::Result;
use crate::file::PositionedFile;

const MAGIC: u32 = 0x888F_FC26;
const BIG_BED_MAGIC: u32 = 0x8789_F2EB;
const SIZE: u64 = 64;

/// The header's fields that matter.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) chrom_tree_offset: u64,
    pub(super) index_offset: u64,
    pub(super) inflated_size: u32,
}

impl Header {
    pub(super) fn read(file: &PositionedFile) -> Result<(ByteOrder, Self)> {
        let bytes = file.read_vec(0, SIZE)?;
        let magic = bytes.first_chunk().copied().unwrap_or_default();
        let order = ByteOrder::of_magic(magic, MAGIC).ok_or_else(|| {
            if ByteOrder::of_magic(magic, BIG_BED_MAGIC).is_some() {
                return file.damaged(0, "this is a bigBed file, expected a bigWig file");
            }
            let found = u32::from_le_bytes(magic);
            file.damaged(
                0,
                format!("magic number is {found:#010x}, expected {MAGIC:#010x}"),
            )
        })?;

        let mut fields = Fields::new(&bytes, order);
        let (version, header) = (|| {
            let (_magic, version, _zoom_levels) = (fields.u32()?, fields.u16()?, fields.u16()?);
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
                },
            ))
        })()
        .ok_or_else(|| file.damaged(0, "header is incomplete"))?;
        if !(1..=4).contains(&version) {
            return Err(file.damaged(4, format!("version is {version}, expected 1 to 4")));
        }
        Ok((order, header))
    }
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
