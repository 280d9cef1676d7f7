//! Memory of batches that comes back.
//!
//! The first touch of fresh memory costs a page fault for every 4 KiB, three times as much as filling it with a batch.
//! A [`Buffer`] therefore goes back to its [`BufferPool`] when it is dropped, and the pool hands it out again. It starts on a
//! 64-byte boundary, which lets TensorFlow and JAX use it in place.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytemuck::{Pod, Zeroable};

use crate::error::{Result, zeroed};

/// One cache line.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([f32; 16]);

/// Buffers that wait to be used again.
#[derive(Debug)]
pub struct BufferPool {
    free: Mutex<Vec<Vec<Line>>>,
    /// How many may wait.
    keep: usize,
}

impl BufferPool {
    /// A pool in which at most `keep` buffers wait; more are freed.
    pub fn new(keep: usize) -> Arc<Self> {
        Arc::new(Self {
            free: Mutex::default(),
            keep,
        })
    }

    /// A buffer of `len` bytes, which hold whatever they held last.
    ///
    /// # Errors
    ///
    /// [`Error::Resource`](crate::error::Error::Resource) if there is no memory for it.
    pub fn take(self: &Arc<Self>, len: usize) -> Result<Buffer> {
        let lines = len.div_ceil(size_of::<Line>());
        let mut free = self.lock();
        let reused = free
            .iter()
            .position(|waiting| waiting.len() == lines)
            .map(|index| free.swap_remove(index));
        drop(free);
        let lines = match reused {
            Some(lines) => lines,
            None => zeroed(lines, "a batch")?,
        };
        Ok(Buffer {
            lines,
            len,
            pool: Arc::clone(self),
        })
    }

    /// The list is still valid after a panic elsewhere.
    fn lock(&self) -> MutexGuard<'_, Vec<Vec<Line>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes, or floats, that go back to their pool when dropped.
#[derive(Debug)]
pub struct Buffer {
    lines: Vec<Line>,
    len: usize,
    pool: Arc<BufferPool>,
}

impl Buffer {
    /// The whole of it as floats.
    pub fn floats(&self) -> &[f32] {
        &bytemuck::cast_slice(&self.lines)[..self.len / size_of::<f32>()]
    }

    /// The whole of it as floats, to be written.
    pub fn floats_mut(&mut self) -> &mut [f32] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len / size_of::<f32>()]
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.lines)[..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut free = self.pool.lock();
        free.push(std::mem::take(&mut self.lines));
        if free.len() > self.pool.keep {
            // The oldest goes: buffers of a size that is no longer asked for must not stay.
            free.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn a_buffer_comes_back_when_it_is_dropped_and_not_before() -> Result<()> {
        let pool = BufferPool::new(2);
        let mut first = pool.take(100)?;
        assert_eq!((first.len(), first.floats().len()), (100, 25));
        assert_eq!(first.as_ptr() as usize % 64, 0);
        first.fill(7);
        let place = first.as_ptr();
        let second = pool.take(100)?;
        assert_ne!(second.as_ptr(), place);
        drop(first);
        assert_ne!(pool.take(1000)?.as_ptr(), place);
        let third = pool.take(100)?;
        assert_eq!(third.as_ptr(), place);
        assert_eq!(third[..], [7; 100]);
        drop(second);
        assert_eq!(third[..], [7; 100]);
        Ok(())
    }

    #[test]
    fn memory_that_cannot_be_had_is_an_error_that_says_how_much() {
        let pool = BufferPool::new(2);
        let lines = isize::MAX as usize / 64;
        for len in [lines * 64, usize::MAX] {
            let found = pool.take(len);
            assert!(
                matches!(&found, Err(Error::Resource(reason)) if reason.contains("922337203685477")
                    || reason.contains("18446744073709551615")),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_pool_keeps_no_more_than_it_may() -> Result<()> {
        let pool = BufferPool::new(2);
        let taken: Vec<Buffer> = (0..5).map(|_| pool.take(64)).collect::<Result<_>>()?;
        drop(taken);
        assert_eq!(pool.lock().len(), 2);
        let none = BufferPool::new(0);
        drop(none.take(64)?);
        assert!(none.lock().is_empty());
        Ok(())
    }
}
