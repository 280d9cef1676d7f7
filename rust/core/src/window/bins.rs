//! Targets: what the network is asked to predict for each bin of a window.

/// How binding signal becomes one number per bin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// 1 where the bin's sum exceeds half the bin's width, else 0 (Cazares et al. 2023).
    Binary,
    /// The bin's mean times a factor.
    Mean {
        /// The factor.
        scale: f64,
    },
}

/// Writes one target per bin; `values` are the bases of a window, with 0 where there is no data.
///
/// Bins are summed in double precision, so that a bin at the threshold falls on the same side whatever the order.
pub fn targets(values: &[f32], bin: usize, target: Target, out: &mut [f32]) {
    for (bases, slot) in values.chunks_exact(bin).zip(out) {
        let sum = sum(bases);
        *slot = match target {
            Target::Binary => f32::from(u8::from(sum > 0.5 * bin as f64)),
            Target::Mean { scale } => (sum / bin as f64 * scale) as f32,
        };
    }
}

/// The sum of four sums, of every fourth value each, which the processor takes in parallel.
fn sum(values: &[f32]) -> f64 {
    let (fours, rest) = values.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for four in fours {
        for (sum, &value) in sums.iter_mut().zip(four) {
            *sum += f64::from(value);
        }
    }
    let [a, b, c, d] = sums;
    rest.iter().copied().map(f64::from).sum::<f64>() + (a + b) + (c + d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_bin_is_not_enough() {
        let mut values = [0.0; 8];
        values[0] = 1.0;
        values[1] = 1.0;
        values[4..7].fill(1.0);
        let mut out = [9.0; 2];
        targets(&values, 4, Target::Binary, &mut out);
        assert_eq!(out, [0.0, 1.0]);
        targets(&values, 4, Target::Mean { scale: 2.0 }, &mut out);
        assert_eq!(out, [1.0, 1.5]);
    }
}
