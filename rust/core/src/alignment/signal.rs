//! The coverage of cut sites as a signal track.

use super::coverage::{SiteUse, Windows};
use super::store::Sites;
use crate::bigwig::BigWigWriter;
use crate::error::{Error, Result, with_capacity};

/// How many intervals are passed on at a time.
const BATCH: usize = 1 << 14;

/// The values of a track, computed from counts.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// A value is this times the count, in double precision, and then rounded to a float once.
    pub factor: f64,
    /// Values above this become this.
    pub clip: Option<f32>,
}

impl Scale {
    fn value(self, count: u64) -> f32 {
        let value = (self.factor * count as f64) as f32;
        self.clip.map_or(value, |clip| value.min(clip))
    }
}

impl Sites {
    /// Appends the coverage of a chromosome to a track, in which the chromosome is called `name`.
    ///
    /// Bases without a site have no value. Neighbours of equal values are one interval.
    ///
    /// # Errors
    ///
    /// Those of [`Sites::coverage`] and of [`BigWigWriter::write`]; [`Error::Misuse`] for a factor that is not a number
    /// above 0, or a value to clip at that is not.
    pub fn write_track(
        &self,
        track: &mut BigWigWriter,
        name: &str,
        (group, chrom): (u32, u32),
        windows: Windows<'_>,
        scale: Scale,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<SiteUse> {
        let is_usable = |number: f64| number > 0.0 && number.is_finite();
        if !is_usable(scale.factor) || scale.clip.is_some_and(|clip| !is_usable(clip.into())) {
            return Err(Error::Misuse(format!(
                "found {scale:?}; expected numbers above 0"
            )));
        }
        let mut batch: Vec<(u32, u32, f32)> = with_capacity(BATCH, "intervals of a track")?;
        let emit = |start, end, count| {
            let value = scale.value(count);
            match batch.last_mut() {
                Some(last) if last.1 == start && last.2 == value => last.1 = end,
                _ if value == 0.0 => {}
                _ => {
                    if batch.len() == BATCH {
                        if is_cancelled() {
                            return Err(Error::Cancelled);
                        }
                        track.write(name, batch.drain(..))?;
                    }
                    batch.push((start, end, value));
                }
            }
            Ok(())
        };
        let seen = self.coverage(group, chrom, windows, emit, is_cancelled)?;
        track.write(name, batch)?;
        Ok(seen)
    }
}
