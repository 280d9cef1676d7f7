//! One line of text that stands for a fragment or a read.
//!
//! All formats have chromosome, start and end in the first three columns, but BEDPE, which has them for both mates.
//!
//! | Format    | Columns    | Name           | Others that are used                              |
//! |-----------|------------|----------------|---------------------------------------------------|
//! | fragments | 3 to 6     | 4, the barcode | 5, pairs of reads that were seen; 6, strand       |
//! | BED       | 3 and more | 4              | 5, mapping quality; 6, strand                     |
//! | BEDPE     | 6 and more | 7              | 4 to 6, place of the other mate; 8, mapping quality |

use crate::error::FileKind;

/// Columns that are looked at.
const MOST: usize = 8;

/// What the lines of a file stand for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TextKind {
    /// Fragments with barcodes, as 10x Genomics writes them.
    Fragments,
    /// Fragments or reads as BED.
    Bed,
    /// Pairs of reads, both mates in one line.
    Bedpe,
}

impl TextKind {
    /// The format, for errors.
    pub fn file_kind(self) -> FileKind {
        match self {
            Self::Fragments => FileKind::Fragments,
            Self::Bed => FileKind::Bed,
            Self::Bedpe => FileKind::Bedpe,
        }
    }

    /// The fewest and the most columns.
    fn columns(self) -> (usize, usize) {
        match self {
            Self::Fragments => (3, 6),
            Self::Bed => (3, usize::MAX),
            Self::Bedpe => (6, usize::MAX),
        }
    }
}

/// A line, taken apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Line<'a> {
    pub(super) columns: usize,
    pub(super) place: Place<'a>,
    /// Barcode or name; empty where the line has none.
    pub(super) name: &'a [u8],
    /// How often the fragment was seen, or the mapping quality, where the line has that number.
    pub(super) number: Option<u64>,
    /// Column 6, where there is one.
    pub(super) strand: &'a [u8],
}

/// Where a fragment or a read lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place<'a> {
    /// On a chromosome, 0-based and half-open.
    On {
        chrom: &'a [u8],
        start: i64,
        end: i64,
    },
    /// Only one mate is aligned, or none.
    Orphan,
    /// The mates lie on two chromosomes.
    Apart,
}

/// Whether a line holds no data: it is empty, a comment, or a line for a genome browser.
pub(super) fn is_skipped(line: &[u8], kind: TextKind) -> bool {
    let is_browser = || line.starts_with(b"track ") || line.starts_with(b"browser ");
    line.starts_with(b"#")
        || line.iter().all(u8::is_ascii_whitespace)
        || (kind != TextKind::Fragments && is_browser())
}

/// Takes a line apart, without its end, or tells what is wrong with it.
pub(super) fn parse(line: &[u8], kind: TextKind) -> Result<Line<'_>, String> {
    let mut fields = [&[][..]; MOST];
    let columns = split(line, &mut fields);
    let (fewest, most) = kind.columns();
    if columns < fewest || columns > most {
        let expected = match kind {
            TextKind::Fragments => "3 to 6",
            TextKind::Bed => "3 or more",
            TextKind::Bedpe => "6 or more",
        };
        return Err(wrong_columns(columns, expected));
    }
    let [chrom, start, end, fourth, fifth, sixth, seventh, eighth] = fields;
    let (start, end) = (number(start, 2)?, number(end, 3)?);
    if kind != TextKind::Bedpe {
        return Ok(Line {
            columns,
            place: Place::On { chrom, start, end },
            name: fourth,
            number: digits(fifth),
            strand: sixth,
        });
    }
    let (other_start, other_end) = (number(fifth, 5)?, number(sixth, 6)?);
    let place = if chrom == b"." || fourth == b"." {
        Place::Orphan
    } else if chrom == fourth {
        Place::On {
            chrom,
            start: start.min(other_start),
            end: end.max(other_end),
        }
    } else {
        Place::Apart
    };
    Ok(Line {
        columns,
        place,
        name: seventh,
        number: digits(eighth),
        strand: &[],
    })
}

pub(super) fn wrong_columns(found: usize, expected: impl std::fmt::Display) -> String {
    let plural = if found == 1 { "" } else { "s" };
    let hint = if found == 1 {
        "; columns stand between tabs"
    } else {
        ""
    };
    format!("{found} column{plural}; expected {expected}{hint}")
}

/// Splits a line at its tabs; returns how many fields it has, of which the first are stored.
fn split<'a>(line: &'a [u8], fields: &mut [&'a [u8]; MOST]) -> usize {
    let (mut columns, mut start) = (0, 0);
    for tab in memchr::memchr_iter(b'\t', line) {
        if let Some(field) = fields.get_mut(columns) {
            *field = &line[start..tab];
        }
        (columns, start) = (columns + 1, tab + 1);
    }
    if let Some(field) = fields.get_mut(columns) {
        *field = &line[start..];
    }
    columns + 1
}

/// A whole number, or what the column has instead.
fn number(field: &[u8], column: usize) -> Result<i64, String> {
    let (sign, rest) = match field {
        [b'-', rest @ ..] => (-1, rest),
        _ => (1, field),
    };
    match digits(rest) {
        Some(number) => Ok(sign * number as i64),
        None => Err(format!(
            "{} in column {column}; expected a whole number",
            shown(field)
        )),
    }
}

/// A number of up to 18 digits.
fn digits(field: &[u8]) -> Option<u64> {
    if field.is_empty() || field.len() > 18 {
        return None;
    }
    let mut number = 0;
    for &byte in field {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u64::from(digit);
    }
    Some(number)
}

/// The start of a text as it can be printed.
pub(super) fn shown(text: &[u8]) -> String {
    const LONGEST: usize = 60;
    let start = String::from_utf8_lossy(text.get(..LONGEST).unwrap_or(text));
    let more = if text.len() > LONGEST { "..." } else { "" };
    format!("{start:?}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: &[u8], kind: TextKind) -> Result<Place<'_>, String> {
        parse(line, kind).map(|line| line.place)
    }

    #[test]
    fn fragments_have_three_to_six_columns() {
        let line = b"chr1\t104\t295\tAAAC-1\t3\t+";
        let ends = [12, 19, 21, 23];
        for (end, columns) in ends.into_iter().zip(3..) {
            let expected = Line {
                columns,
                place: Place::On {
                    chrom: b"chr1",
                    start: 104,
                    end: 295,
                },
                name: if columns > 3 { b"AAAC-1" } else { b"" },
                number: (columns > 4).then_some(3),
                strand: if columns > 5 { b"+" } else { b"" },
            };
            assert_eq!(parse(&line[..end], TextKind::Fragments), Ok(expected));
        }
        let words = Err("7 columns; expected 3 to 6".into());
        assert_eq!(place(b"chr1\t1\t2\tA\t1\t+\t", TextKind::Fragments), words);
        let words = Err("2 columns; expected 3 to 6".into());
        assert_eq!(place(b"chr9\t1135567", TextKind::Fragments), words);
        let words = Err("1 column; expected 3 or more; columns stand between tabs".into());
        assert_eq!(place(b"chr9 1135567 20", TextKind::Bed), words);
    }

    #[test]
    fn a_pair_is_a_fragment_from_its_smallest_start_to_its_largest_end() {
        let on = |start, end| {
            Ok(Place::On {
                chrom: b"chr1",
                start,
                end,
            })
        };
        for (line, expected) in [
            (
                &b"chr1\t250\t300\tchr1\t100\t150\tq\t60\t-\t+"[..],
                on(100, 300),
            ),
            (b"chr1\t100\t150\tchr1\t250\t300", on(100, 300)),
            (b"chr1\t100\t150\tchr2\t250\t300\tq", Ok(Place::Apart)),
            (b"chr1\t100\t150\t.\t-1\t-1\tq", Ok(Place::Orphan)),
            (b".\t-1\t-1\t.\t-1\t-1\tq", Ok(Place::Orphan)),
        ] {
            assert_eq!(place(line, TextKind::Bedpe), expected);
        }
    }

    #[test]
    fn only_whole_numbers_are_numbers() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-7", Some(-7)),
            ("3000000000", Some(3_000_000_000)),
            ("", None),
            ("-", None),
            ("--7", None),
            ("10.0", None),
            ("+1", None),
            ("1e3", None),
            (" 1", None),
            ("9999999999999999999", None),
        ] {
            assert_eq!(number(text.as_bytes(), 2).ok(), expected, "{text:?}");
        }
        let words = "\"x\" in column 3; expected a whole number";
        assert_eq!(place(b"chr1\t1\tx", TextKind::Bed), Err(words.into()));
    }

    #[test]
    fn comments_and_empty_lines_are_skipped() {
        for line in [&b""[..], b"# id=x", b"#chr1\t1\t2", b" \t", b"\r"] {
            assert!(is_skipped(line, TextKind::Fragments), "{line:?}");
        }
        for line in [&b"track name=x"[..], b"browser position chr1"] {
            assert!(is_skipped(line, TextKind::Bed));
            assert!(!is_skipped(line, TextKind::Fragments));
        }
        assert!(!is_skipped(b"chr1\t1\t2", TextKind::Bed));
    }
}
