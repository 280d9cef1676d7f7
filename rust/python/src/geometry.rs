//! The shape of the windows of every model of this package.

use maxatac_core::window::Geometry;

/// Window length in bp.
pub(crate) const WINDOW: u32 = 1024;
/// Bin width in bp.
pub(crate) const BIN: u32 = 32;
/// Bins of a window.
pub(crate) const BINS: usize = (WINDOW / BIN) as usize;

/// Both.
pub(crate) const GEOMETRY: Geometry = Geometry {
    window: WINDOW,
    bin: BIN,
};
