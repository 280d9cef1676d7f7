//! Packed bases to one-hot floats.
//!
//! A byte of a 2bit file is four bases, the first in the two most significant bits, T = 0, C = 1, A = 2, G = 3. One
//! look-up in a table of 256 entries therefore gives the 16 floats of four bases, channels in the order A, C, G, T.
//! A second table has the four bases of a byte backwards and complemented, so that the reverse strand costs the same.

/// The strand that bases are read from.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Strand {
    /// As the file stores them.
    #[default]
    Forward,
    /// The reverse complement: from the region's last base to its first, each base as its partner.
    Reverse,
}

impl Strand {
    /// The reverse complement, or the strand that the file stores.
    pub fn of(reverse: bool) -> Self {
        if reverse {
            Self::Reverse
        } else {
            Self::Forward
        }
    }
}

/// Floats per base.
pub(crate) const CHANNELS: usize = 4;

/// Bases per byte.
pub(crate) const BASES_PER_BYTE: usize = 4;

/// The one-hot floats of every byte's four bases.
type Table = [[f32; BASES_PER_BYTE * CHANNELS]; 256];

static FORWARD: Table = table(Strand::Forward);
static REVERSE: Table = table(Strand::Reverse);

const fn table(strand: Strand) -> Table {
    /// Channel of each 2bit code: T, C, A, G in the file's numbering.
    const CHANNEL: [usize; 4] = [3, 1, 0, 2];

    let mut table = [[0.0; BASES_PER_BYTE * CHANNELS]; 256];
    let mut byte = 0;
    while byte < table.len() {
        let mut base = 0;
        while base < BASES_PER_BYTE {
            let code = (byte >> (6 - 2 * base)) & 3;
            // T and A, and C and G, differ in the upper of their two bits.
            let (position, code) = match strand {
                Strand::Forward => (base, code),
                Strand::Reverse => (BASES_PER_BYTE - 1 - base, code ^ 2),
            };
            table[byte][position * CHANNELS + CHANNEL[code]] = 1.0;
            base += 1;
        }
        byte += 1;
    }
    table
}

/// Writes `bases` one-hot bases, `stride` floats apart, of which the first [`CHANNELS`] are overwritten.
///
/// The bases are those of `packed` after the first `skip`, and `packed` holds no byte beyond them. The caller has
/// checked that `out` has room: `(bases - 1) * stride + CHANNELS` floats.
pub(crate) fn encode(
    packed: &[u8],
    skip: usize,
    bases: usize,
    strand: Strand,
    out: &mut [f32],
    stride: usize,
) {
    match strand {
        Strand::Forward => {
            encode_with(&FORWARD, packed.iter(), skip, bases, out, stride);
        }
        Strand::Reverse => {
            let skip_at_end = packed.len() * BASES_PER_BYTE - skip - bases;
            encode_with(
                &REVERSE,
                packed.iter().rev(),
                skip_at_end,
                bases,
                out,
                stride,
            );
        }
    }
}

fn encode_with<'a>(
    table: &Table,
    packed: impl Iterator<Item = &'a u8>,
    skip: usize,
    bases: usize,
    out: &mut [f32],
    stride: usize,
) {
    // The strides in use get loops of their own: with the stride known, four bases are four 16-byte moves.
    match stride {
        4 => encode_strided::<4>(table, packed, skip, bases, out, stride),
        5 => encode_strided::<5>(table, packed, skip, bases, out, stride),
        _ => encode_strided::<0>(table, packed, skip, bases, out, stride),
    }
}

/// `STRIDE` is the stride where it is known when compiling, else 0.
fn encode_strided<'a, const STRIDE: usize>(
    table: &Table,
    mut packed: impl Iterator<Item = &'a u8>,
    skip: usize,
    bases: usize,
    mut out: &mut [f32],
    stride: usize,
) {
    let stride = if STRIDE == 0 { stride } else { STRIDE };
    let mut left = bases;

    if skip > 0
        && let Some(&byte) = packed.next()
    {
        let count = left.min(BASES_PER_BYTE - skip);
        copy_bases(
            &table[usize::from(byte)][skip * CHANNELS..],
            count,
            out,
            stride,
        );
        left -= count;
        // Empty when this was all; the floats behind the last base may be missing.
        out = out.get_mut(count * stride..).unwrap_or_default();
    }

    // Four whole strides at a time; the last base need not have one.
    let whole = (left / BASES_PER_BYTE).min(out.len() / (BASES_PER_BYTE * stride));
    let (quads, rest) = out.split_at_mut(whole * BASES_PER_BYTE * stride);
    for (quad, &byte) in quads
        .chunks_exact_mut(BASES_PER_BYTE * stride)
        .zip(packed.by_ref())
    {
        let floats = &table[usize::from(byte)];
        for base in 0..BASES_PER_BYTE {
            quad[base * stride..base * stride + CHANNELS]
                .copy_from_slice(&floats[base * CHANNELS..(base + 1) * CHANNELS]);
        }
    }
    left -= whole * BASES_PER_BYTE;

    if let Some(&byte) = packed.next() {
        copy_bases(&table[usize::from(byte)], left, rest, stride);
    }
}

fn copy_bases(floats: &[f32], count: usize, out: &mut [f32], stride: usize) {
    let bases = floats.chunks_exact(CHANNELS).take(count);
    for (base, out) in bases.zip(out.chunks_mut(stride)) {
        out[..CHANNELS].copy_from_slice(base);
    }
}

/// Floats per base of a model's input: one-hot base and signal.
pub const INPUT_CHANNELS: usize = CHANNELS + 1;

/// Four bases of a model's input.
type Quad = [f32; BASES_PER_BYTE * INPUT_CHANNELS];

/// Writes `signal.len()` bases with the signal behind each; arguments otherwise as for [`encode`], signal as the file has it.
pub(crate) fn encode_input(
    packed: &[u8],
    skip: usize,
    strand: Strand,
    signal: &[f32],
    out: &mut [f32],
) {
    match strand {
        Strand::Forward => {
            let (head, rest) =
                signal.split_at(signal.len().min((BASES_PER_BYTE - skip) % BASES_PER_BYTE));
            let (fours, tail) = rest.as_chunks();
            let rows = head.iter().chain(tail).copied();
            encode_quads(
                &FORWARD,
                packed.iter(),
                skip,
                head.len(),
                fours.iter().copied(),
                rows,
                out,
            );
        }
        Strand::Reverse => {
            let skip = packed.len() * BASES_PER_BYTE - skip - signal.len();
            let in_head = signal.len().min((BASES_PER_BYTE - skip) % BASES_PER_BYTE);
            let (rest, head) = signal.split_at(signal.len() - in_head);
            let (tail, fours) = rest.as_rchunks();
            let rows = head.iter().rev().chain(tail.iter().rev()).copied();
            let fours = fours.iter().rev().map(|&[a, b, c, d]| [d, c, b, a]);
            encode_quads(
                &REVERSE,
                packed.iter().rev(),
                skip,
                head.len(),
                fours,
                rows,
                out,
            );
        }
    }
}

/// Writes the bases of the first, partial byte, then four at a time, then what is left; `rows` is the signal of first and last.
fn encode_quads<'a>(
    table: &Table,
    mut packed: impl Iterator<Item = &'a u8>,
    skip: usize,
    in_head: usize,
    fours: impl Iterator<Item = [f32; BASES_PER_BYTE]>,
    mut rows: impl Iterator<Item = f32>,
    out: &mut [f32],
) {
    let mut one_by_one = |byte: Option<&u8>, skip: usize, out: &mut [f32]| {
        let floats = byte.map_or(&[][..], |&byte| {
            &table[usize::from(byte)][skip * CHANNELS..]
        });
        let bases = floats.chunks_exact(CHANNELS);
        let slots = out.chunks_exact_mut(INPUT_CHANNELS);
        for ((slot, base), value) in slots.zip(bases).zip(rows.by_ref()) {
            slot[..CHANNELS].copy_from_slice(base);
            slot[CHANNELS] = value;
        }
    };
    let (head, rest) = out.split_at_mut(in_head * INPUT_CHANNELS);
    if !head.is_empty() {
        one_by_one(packed.next(), skip, head);
    }
    let (quads, tail): (&mut [Quad], _) = rest.as_chunks_mut();
    for ((quad, four), &byte) in quads.iter_mut().zip(fours).zip(packed.by_ref()) {
        let hot = &table[usize::from(byte)];
        *quad = [
            hot[0], hot[1], hot[2], hot[3], four[0], hot[4], hot[5], hot[6], hot[7],
            four[1], //
            hot[8], hot[9], hot[10], hot[11], four[2], hot[12], hot[13], hot[14], hot[15], four[3],
        ];
    }
    if !tail.is_empty() {
        one_by_one(packed.next(), 0, tail);
    }
}

/// What a base is called where it is not one-hot: 0 to 3 for A, C, G, T.
type Codes = [[u8; BASES_PER_BYTE]; 256];

/// The code of N.
pub(crate) const UNKNOWN: u8 = 4;

static FORWARD_CODES: Codes = codes(&FORWARD);
static REVERSE_CODES: Codes = codes(&REVERSE);

const fn codes(table: &Table) -> Codes {
    let mut codes = [[0; BASES_PER_BYTE]; 256];
    let mut byte = 0;
    while byte < table.len() {
        let mut base = 0;
        while base < BASES_PER_BYTE {
            while table[byte][base * CHANNELS + codes[byte][base] as usize] == 0.0 {
                codes[byte][base] += 1;
            }
            base += 1;
        }
        byte += 1;
    }
    codes
}

/// Writes the codes of bases; arguments as for [`encode`].
pub(crate) fn encode_codes(packed: &[u8], skip: usize, strand: Strand, out: &mut [u8]) {
    let bases = out.len();
    let skip_at_end = packed.len() * BASES_PER_BYTE - skip - bases;
    match strand {
        Strand::Forward => {
            let codes = packed.iter().map(|&byte| &FORWARD_CODES[usize::from(byte)]);
            fill_codes(codes, skip, out);
        }
        Strand::Reverse => {
            let packed = packed.iter().rev();
            let codes = packed.map(|&byte| &REVERSE_CODES[usize::from(byte)]);
            fill_codes(codes, skip_at_end, out);
        }
    }
}

fn fill_codes<'a>(
    mut codes: impl Iterator<Item = &'a [u8; BASES_PER_BYTE]>,
    skip: usize,
    out: &mut [u8],
) {
    let head = (BASES_PER_BYTE - skip).min(out.len());
    let (head, rest) = out.split_at_mut(if skip == 0 { 0 } else { head });
    if !head.is_empty()
        && let Some(bases) = codes.next()
    {
        head.copy_from_slice(&bases[skip..skip + head.len()]);
    }
    let (fours, tail) = rest.as_chunks_mut();
    for (four, bases) in fours.iter_mut().zip(codes.by_ref()) {
        *four = *bases;
    }
    if !tail.is_empty()
        && let Some(bases) = codes.next()
    {
        tail.copy_from_slice(&bases[..tail.len()]);
    }
}

/// Makes the bases of an output range all zero, the one-hot form of N.
pub(crate) fn clear(range: std::ops::Range<usize>, out: &mut [f32], stride: usize) {
    let from = out.get_mut(range.start * stride..).unwrap_or_default();
    for base in from.chunks_mut(stride).take(range.len()) {
        base[..CHANNELS].fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four bytes with all bases in all places: T C A G, G A C T, A A C G, C T T A.
    const PACKED: [u8; 4] = [0b00_01_10_11, 0b11_10_01_00, 0b10_10_01_11, 0b01_00_00_10];
    const LETTERS: &str = "TCAGGACTAACGCTTA";

    fn letters(out: &[f32], bases: usize, stride: usize) -> String {
        (0..bases)
            .map(|base| match out[base * stride..base * stride + 4] {
                [1.0, 0.0, 0.0, 0.0] => 'A',
                [0.0, 1.0, 0.0, 0.0] => 'C',
                [0.0, 0.0, 1.0, 0.0] => 'G',
                [0.0, 0.0, 0.0, 1.0] => 'T',
                [0.0, 0.0, 0.0, 0.0] => 'N',
                _ => '?',
            })
            .collect()
    }

    fn reverse_complement(letters: &str) -> String {
        let partner = |letter| match letter {
            'A' => 'T',
            'C' => 'G',
            'G' => 'C',
            'T' => 'A',
            other => other,
        };
        letters.chars().rev().map(partner).collect()
    }

    #[test]
    fn every_part_of_a_packed_sequence_is_encoded_on_both_strands() {
        for stride in [4, 5, 7] {
            for start in 0..LETTERS.len() {
                for end in start + 1..=LETTERS.len() {
                    let bases = end - start;
                    let packed = &PACKED[start / 4..end.div_ceil(4)];
                    // The floats behind the last base are once missing and once there.
                    for length in [(bases - 1) * stride + 4, bases * stride] {
                        for strand in [Strand::Forward, Strand::Reverse] {
                            let mut out = vec![9.0; length];
                            encode(packed, start % 4, bases, strand, &mut out, stride);

                            let forward = &LETTERS[start..end];
                            let expected = match strand {
                                Strand::Forward => forward.to_owned(),
                                Strand::Reverse => reverse_complement(forward),
                            };
                            assert_eq!(letters(&out, bases, stride), expected);
                            let others = out.iter().enumerate().filter(|(i, _)| i % stride >= 4);
                            let others: Vec<f32> = others.map(|(_, value)| *value).collect();
                            assert_eq!(others, vec![9.0; others.len()]);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn an_input_is_the_one_hot_form_with_the_signal_behind_each_base() {
        for start in 0..LETTERS.len() {
            for end in start + 1..=LETTERS.len() {
                let (packed, bases) = (&PACKED[start / 4..end.div_ceil(4)], end - start);
                for strand in [Strand::Forward, Strand::Reverse] {
                    let mut signal: Vec<f32> = (start..end).map(|base| base as f32).collect();
                    let mut found = vec![9.0; bases * 5];
                    encode_input(packed, start % 4, strand, &signal, &mut found);
                    let mut expected = vec![9.0; bases * 5];
                    encode(packed, start % 4, bases, strand, &mut expected, 5);
                    if strand == Strand::Reverse {
                        signal.reverse();
                    }
                    for (row, value) in expected.chunks_mut(5).zip(signal) {
                        row[4] = value;
                    }
                    assert_eq!(found, expected, "{start}-{end} {strand:?}");
                }
            }
        }
    }

    #[test]
    fn codes_are_the_channels_of_the_one_hot_form() {
        for start in 0..LETTERS.len() {
            for end in start + 1..=LETTERS.len() {
                let packed = &PACKED[start / 4..end.div_ceil(4)];
                for strand in [Strand::Forward, Strand::Reverse] {
                    let mut one_hot = vec![0.0; (end - start) * 4];
                    encode(packed, start % 4, end - start, strand, &mut one_hot, 4);
                    let mut codes = vec![9; end - start];
                    encode_codes(packed, start % 4, strand, &mut codes);
                    for (code, row) in codes.into_iter().zip(one_hot.chunks(4)) {
                        assert_eq!(row.iter().position(|&x| x == 1.0), Some(code.into()));
                    }
                }
            }
        }
    }

    #[test]
    fn cleared_bases_are_all_zero_and_nothing_else_is() {
        let mut out = vec![0.0; 3 * 5 + 4];
        encode(&PACKED[..1], 0, 4, Strand::Forward, &mut out, 5);
        out[4] = 7.0;
        out[9] = 8.0;
        clear(1..2, &mut out, 5);
        assert_eq!(letters(&out, 4, 5), "TNAG");
        assert_eq!((out[4], out[9]), (7.0, 8.0));
        clear(3..4, &mut out, 5);
        assert_eq!(letters(&out, 4, 5), "TNAN");
    }
}
