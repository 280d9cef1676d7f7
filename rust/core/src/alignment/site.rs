//! What a reader of alignments or fragments gives: places where the transposase cut, and whose reads they are of.

/// A place where the transposase Tn5 cut.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CutSite {
    /// The number of the group, such as a cell type; 0 where there is only one.
    pub group: u32,
    /// The number of the chromosome.
    pub chrom: u32,
    /// The base in the middle of the duplication, 0-based, shifted already. A read of a few bases at an end of its
    /// chromosome can have it outside.
    pub position: i64,
    /// Whether the read lies on the reverse strand; of a fragment, whether it is its right end.
    pub is_reverse: bool,
}

/// What a BED file says about a site.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct ReadLabel<'a> {
    /// The name of the read, or the barcode of the fragment.
    pub name: &'a [u8],
    /// The mapping quality of the read; 0 of a fragment.
    pub quality: u8,
}
