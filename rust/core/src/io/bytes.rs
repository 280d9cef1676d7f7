//! Numbers of either byte order, taken off the front of a slice.

/// The byte order of a file, told by its magic number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    /// The order in which these bytes spell the magic number, if they do in either.
    pub(crate) fn of_magic(bytes: [u8; 4], magic: u32) -> Option<Self> {
        if u32::from_le_bytes(bytes) == magic {
            Some(Self::Little)
        } else if u32::from_be_bytes(bytes) == magic {
            Some(Self::Big)
        } else {
            None
        }
    }

    pub(crate) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }
}

/// What is left of a slice that is read field by field; `None` where a field is cut off by the slice's end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
    order: ByteOrder,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8], order: ByteOrder) -> Self {
        Self { rest: bytes, order }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(head)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        let bytes = self.array()?;
        Some(match self.order {
            ByteOrder::Little => u16::from_le_bytes(bytes),
            ByteOrder::Big => u16::from_be_bytes(bytes),
        })
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        let bytes = self.array()?;
        Some(self.order.u32(bytes))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        let bytes = self.array()?;
        Some(match self.order {
            ByteOrder::Little => u64::from_le_bytes(bytes),
            ByteOrder::Big => u64::from_be_bytes(bytes),
        })
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_either_order() {
        let bytes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        let mut little = Fields::new(&bytes, ByteOrder::Little);
        assert_eq!(little.u8(), Some(1));
        assert_eq!(little.u16(), Some(0x0302));
        assert_eq!(little.u32(), Some(0x0706_0504));
        assert_eq!(little.u64(), Some(0x0f0e_0d0c_0b0a_0908));
        assert_eq!(little.u8(), None);

        let mut big = Fields::new(&bytes, ByteOrder::Big);
        assert_eq!(big.take(1), Some(&bytes[..1]));
        assert_eq!(big.u16(), Some(0x0203));
        assert_eq!(big.u32(), Some(0x0405_0607));
        assert_eq!(big.u64(), Some(0x0809_0a0b_0c0d_0e0f));
    }

    #[test]
    fn a_field_that_is_cut_off_leaves_the_rest_alone() {
        let mut fields = Fields::new(&[1, 2, 3], ByteOrder::Little);
        assert_eq!(fields.u32(), None);
        assert_eq!(fields.take(4), None);
        assert_eq!(fields.rest(), &[1, 2, 3]);
    }

    #[test]
    fn the_magic_number_tells_the_order() {
        assert_eq!(
            ByteOrder::of_magic([4, 3, 2, 1], 0x0102_0304),
            Some(ByteOrder::Little)
        );
        assert_eq!(
            ByteOrder::of_magic([1, 2, 3, 4], 0x0102_0304),
            Some(ByteOrder::Big)
        );
        assert_eq!(ByteOrder::of_magic([1, 2, 3, 5], 0x0102_0304), None);
    }
}
