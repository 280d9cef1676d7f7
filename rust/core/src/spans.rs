//! Stretches of bases, half-open and mostly sorted and apart: blacklists, runs of N, starts of windows.

/// Start and end of a stretch, the end not included.
pub type Span = (u32, u32);

/// Sorts spans and joins those that touch or overlap; empty ones go.
pub fn merge(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| span.0 < span.1);
    spans.sort_unstable();
    spans.dedup_by(|next, kept| {
        let touches = next.0 <= kept.1;
        if touches {
            kept.1 = kept.1.max(next.1);
        }
        touches
    });
    spans
}

/// The stretches that are in both lists, each of which is sorted and apart.
///
/// ```
/// use maxatac_core::spans::intersect;
///
/// assert_eq!(intersect(&[(0, 5), (10, 17)], &[(3, 12)]), [(3, 5), (10, 12)]);
/// ```
pub fn intersect(a: &[Span], b: &[Span]) -> Vec<Span> {
    let (mut i, mut j) = (0, 0);
    let mut both = Vec::new();
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let (from, to) = (x.0.max(y.0), x.1.min(y.1));
        if from < to {
            both.push((from, to));
        }
        if x.1 < y.1 {
            i += 1;
        } else {
            j += 1;
        }
    }
    both
}

/// The parts of spans, which are sorted and apart, that lie inside `start..end`.
pub fn inside(spans: &[Span], start: u32, end: u32) -> impl Iterator<Item = Span> + '_ {
    let first = spans.partition_point(|span| span.1 <= start);
    let rest = spans[first..].iter();
    rest.take_while(move |span| span.0 < end)
        .map(move |span| (span.0.max(start), span.1.min(end)))
}

/// Whether `start..end` touches one of the spans, which are sorted and apart.
pub fn touches(spans: &[Span], start: u32, end: u32) -> bool {
    inside(spans, start, end).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_joined_where_they_touch() {
        let spans = vec![(7, 9), (3, 3), (5, 8), (1, 2), (2, 4), (20, 21), (5, 6)];
        assert_eq!(merge(spans), [(1, 4), (5, 9), (20, 21)]);
    }

    #[test]
    fn touching_is_half_open() {
        let spans = [(5, 8), (12, 13)];
        assert!(!touches(&spans, 0, 5));
        assert!(touches(&spans, 0, 6));
        assert!(touches(&spans, 7, 8));
        assert!(!touches(&spans, 8, 12));
        assert!(!touches(&spans, 13, 20));
        assert!(inside(&spans, 6, 20).eq([(6, 8), (12, 13)]));
    }
}
