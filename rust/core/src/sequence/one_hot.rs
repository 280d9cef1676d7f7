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

/// Floats per base of a model's input: one-hot base and signal.
pub const INPUT_CHANNELS: usize = CHANNELS + 1;

/// Four bases of a model's input.
type Quad = [f32; BASES_PER_BYTE * INPUT_CHANNELS];

/// Writes `signal.len()` bases with the signal behind each, along `strand`; the signal is in the order of the file.
///
/// The bases are those of `packed` after the first `skip`, and `packed` holds no byte beyond them.
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

/// Writes the codes of bases; arguments as for [`encode_input`].
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

/// Makes the bases of a range of inputs all zero, the one-hot form of N; the signal stays.
pub(crate) fn clear(range: std::ops::Range<usize>, out: &mut [f32]) {
    let from = out.get_mut(range.start * INPUT_CHANNELS..);
    let rows = from.unwrap_or_default().chunks_exact_mut(INPUT_CHANNELS);
    for row in rows.take(range.len()) {
        row[..CHANNELS].fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four bytes with all bases in all places: T C A G, G A C T, A A C G, C T T A.
    const PACKED: [u8; 4] = [0b00_01_10_11, 0b11_10_01_00, 0b10_10_01_11, 0b01_00_00_10];
    const LETTERS: &str = "TCAGGACTAACGCTTA";

    fn letters(input: &[f32]) -> String {
        let letter = |row: &[f32]| match row[..4] {
            [1.0, 0.0, 0.0, 0.0] => 'A',
            [0.0, 1.0, 0.0, 0.0] => 'C',
            [0.0, 0.0, 1.0, 0.0] => 'G',
            [0.0, 0.0, 0.0, 1.0] => 'T',
            [0.0, 0.0, 0.0, 0.0] => 'N',
            _ => '?',
        };
        input.chunks(5).map(letter).collect()
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
        for (start, end) in
            (0..16).flat_map(|start: usize| (start + 1..=16).map(move |end| (start, end)))
        {
            let (packed, skip) = (&PACKED[start / 4..end.div_ceil(4)], start % 4);
            let signal: Vec<f32> = (start..end).map(|base| base as f32).collect();
            for strand in [Strand::Forward, Strand::Reverse] {
                let (mut expected, mut values) = (LETTERS[start..end].to_owned(), signal.clone());
                if strand == Strand::Reverse {
                    expected = reverse_complement(&expected);
                    values.reverse();
                }
                let mut input = vec![9.0; (end - start) * 5];
                encode_input(packed, skip, strand, &signal, &mut input);
                assert_eq!(letters(&input), expected, "{start}-{end} {strand:?}");
                assert!(input.chunks(5).map(|row| row[4]).eq(values));

                let mut codes = vec![9; end - start];
                encode_codes(packed, skip, strand, &mut codes);
                let named: Vec<u8> = codes
                    .iter()
                    .map(|&code| b"ACGT"[usize::from(code)])
                    .collect();
                assert_eq!(named, expected.as_bytes());
            }
        }
    }

    #[test]
    fn cleared_bases_are_all_zero_and_nothing_else_is() {
        let mut input = vec![9.0; 20];
        encode_input(
            &PACKED[..1],
            0,
            Strand::Forward,
            &[1.0, 2.0, 3.0, 4.0],
            &mut input,
        );
        clear(1..2, &mut input);
        assert_eq!(letters(&input), "TNAG");
        clear(3..4, &mut input);
        assert_eq!(letters(&input), "TNAN");
        assert!(input.chunks(5).map(|row| row[4]).eq([1.0, 2.0, 3.0, 4.0]));
    }
}
