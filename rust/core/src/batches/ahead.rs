//! Batches that are ready before they are asked for.
//!
//! A thread of its own reads the batches of an epoch one after the other, with the sampler's threads to help, and keeps a
//! bounded number of them in a queue. What comes out of the queue is the plan's batches in the plan's order.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::buffer::{Buffer, BufferPool};
use crate::error::{Error, Result};
use crate::sampling::Sampler;
use crate::window::{CHANNELS, Inputs, Targets, Window};

/// Bytes of batches that may be ready or in the making; one batch always may.
const AHEAD_BYTES: usize = 256 << 20;

/// Batches that may be ready or in the making.
const MOST_AHEAD: usize = 4;

/// One batch in memory that goes back to its pool.
#[derive(Debug)]
pub struct Batch {
    /// The inputs.
    pub inputs: BatchInputs,
    /// One float per bin: examples x bins.
    pub targets: Buffer,
}

/// The inputs of a batch, see [`Inputs`].
#[derive(Debug)]
pub enum BatchInputs {
    /// Floats, examples x length x 5.
    OneHot(Buffer),
    /// A byte and a float per base.
    Compact {
        /// Bytes, examples x length.
        codes: Buffer,
        /// Floats, examples x length.
        signal: Buffer,
    },
}

impl BatchInputs {
    /// Takes buffers for so many bases from a pool.
    pub fn take(pool: &Arc<BufferPool>, bases: usize, compact: bool) -> Result<Self> {
        Ok(if compact {
            let (codes, signal) = (pool.take(bases)?, pool.take(bases * size_of::<f32>())?);
            Self::Compact { codes, signal }
        } else {
            Self::OneHot(pool.take(bases * CHANNELS * size_of::<f32>())?)
        })
    }

    /// The buffers, to be written.
    pub fn as_inputs(&mut self) -> Inputs<'_> {
        match self {
            Self::OneHot(floats) => Inputs::OneHot(floats.floats_mut()),
            Self::Compact { codes, signal } => Inputs::Compact {
                codes,
                signal: signal.floats_mut(),
            },
        }
    }
}

/// Which batches to read, and how.
#[derive(Clone, Debug)]
pub struct Order {
    /// The stream of random numbers.
    pub stream: u64,
    /// The epoch.
    pub epoch: u64,
    /// The rows of each batch, within the batch size of the sampler.
    pub rows: Range<usize>,
    /// Whether inputs are compact.
    pub compact: bool,
}

impl Order {
    /// Reads the rows of batch `index` into buffers of the pool.
    pub fn read(&self, sampler: &Sampler, pool: &Arc<BufferPool>, index: u64) -> Result<Batch> {
        let examples = sampler.plan(self.stream, self.epoch, index, self.rows.clone());
        let windows: Vec<Window> = examples.iter().map(|example| example.window).collect();
        let (bases, bins) = self.sizes(sampler);
        let mut inputs = BatchInputs::take(pool, bases, self.compact)?;
        let mut targets = pool.take(bins * size_of::<f32>())?;
        let wanted = Targets {
            target: sampler.settings.target,
            out: targets.floats_mut(),
        };
        let reader = &sampler.reader;
        reader.read(&windows, Some(inputs.as_inputs()), Some(wanted))?;
        Ok(Batch { inputs, targets })
    }

    /// How many batches may be ready or in the making.
    fn depth(&self, sampler: &Sampler) -> usize {
        let (bases, bins) = self.sizes(sampler);
        let per_base = if self.compact { 1 + 4 } else { 4 * CHANNELS };
        (AHEAD_BYTES / (bases * per_base + 4 * bins)).clamp(1, MOST_AHEAD)
    }

    /// Bases and bins of the rows.
    fn sizes(&self, sampler: &Sampler) -> (usize, usize) {
        let geometry = sampler.reader.geometry;
        let bases = self.rows.len() * geometry.window as usize;
        (bases, bases / geometry.bin as usize)
    }
}

/// A queue of batches that fills itself.
#[derive(Debug)]
pub struct Ahead {
    queue: Option<Receiver<Result<Batch>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What [`Ahead::next`] returns.
#[derive(Debug)]
pub enum Next {
    /// The next batch; after an error there is none.
    Ready(Result<Box<Batch>>),
    /// None was ready within the time.
    NotYet,
    /// There are no more.
    End,
}

impl Ahead {
    /// Starts to read the batches of `indexes`.
    pub fn start(
        sampler: Arc<Sampler>,
        pool: Arc<BufferPool>,
        order: Order,
        indexes: Range<u64>,
    ) -> Result<Self> {
        // The thread has one more while the queue is full.
        let (sender, queue) = sync_channel(order.depth(&sampler) - 1);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = Builder::new()
            .name("maxatac-ahead".to_owned())
            .spawn(move || fill(&sampler, &pool, &order, indexes, &stopped, &sender))
            .map_err(|error| Error::no_threads(1, &error))?;
        Ok(Self {
            queue: Some(queue),
            stop,
            thread: Some(thread),
        })
    }

    /// Waits for the next batch, at most `patience`.
    ///
    /// # Panics
    ///
    /// If the thread that reads has panicked.
    pub fn next(&mut self, patience: Duration) -> Next {
        let Some(queue) = &self.queue else {
            return Next::End;
        };
        match queue.recv_timeout(patience) {
            Ok(Ok(batch)) => Next::Ready(Ok(Box::new(batch))),
            Ok(Err(error)) => {
                self.queue = None;
                Next::Ready(Err(error))
            }
            Err(RecvTimeoutError::Timeout) => Next::NotYet,
            Err(RecvTimeoutError::Disconnected) => {
                self.queue = None;
                if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
                    std::panic::resume_unwind(panic);
                }
                Next::End
            }
        }
    }
}

impl Drop for Ahead {
    /// Stops the thread and waits for it: no more than the batch in the making.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn fill(
    sampler: &Sampler,
    pool: &Arc<BufferPool>,
    order: &Order,
    indexes: Range<u64>,
    stop: &AtomicBool,
    sender: &SyncSender<Result<Batch>>,
) {
    for index in indexes {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let batch = order.read(sampler, pool, index);
        let failed = batch.is_err();
        // Sending fails once the queue is dropped.
        if sender.send(batch).is_err() || failed {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{SmallSet, TestResult};

    const PATIENCE: Duration = Duration::from_secs(20);

    fn order(compact: bool) -> Order {
        Order {
            stream: 1,
            epoch: 2,
            rows: 0..100,
            compact,
        }
    }

    fn bytes(batch: &Batch) -> Vec<u8> {
        let inputs = match &batch.inputs {
            BatchInputs::OneHot(floats) => floats.to_vec(),
            BatchInputs::Compact { codes, signal } => [&codes[..], &signal[..]].concat(),
        };
        [&inputs, &batch.targets[..]].concat()
    }

    #[test]
    fn batches_come_in_order_and_then_end() -> TestResult {
        let set = SmallSet::write()?;
        let (sampler, pool) = (set.wide_sampler(u64::MAX)?, BufferPool::new(4));
        for compact in [false, true] {
            let order = order(compact);
            let mut ahead = Ahead::start(
                Arc::clone(&sampler),
                Arc::clone(&pool),
                order.clone(),
                3..20,
            )?;
            for index in 3..20 {
                let Next::Ready(batch) = ahead.next(PATIENCE) else {
                    return Err(format!("no batch {index}").into());
                };
                assert_eq!(bytes(&*batch?), bytes(&order.read(&sampler, &pool, index)?));
            }
            assert!(matches!(ahead.next(PATIENCE), Next::End));
            assert!(matches!(ahead.next(PATIENCE), Next::End));
        }
        Ok(())
    }

    #[test]
    fn rows_of_a_batch_are_the_batch() -> TestResult {
        let set = SmallSet::write()?;
        let (sampler, pool) = (set.wide_sampler(u64::MAX)?, BufferPool::new(4));
        for compact in [false, true] {
            let whole = order(compact);
            let part = |rows| Order {
                rows,
                ..whole.clone()
            };
            for index in 0..3 {
                let batch = whole.read(&sampler, &pool, index)?;
                let parts =
                    [part(0..37), part(37..100)].map(|order| order.read(&sampler, &pool, index));
                let [first, last] = parts;
                let (first, last) = (first?, last?);
                assert_eq!(
                    [&first.targets[..], &last.targets[..]].concat(),
                    batch.targets[..]
                );
                match (&first.inputs, &last.inputs, &batch.inputs) {
                    (
                        BatchInputs::OneHot(one),
                        BatchInputs::OneHot(other),
                        BatchInputs::OneHot(all),
                    ) => {
                        assert_eq!([&one[..], &other[..]].concat(), all[..]);
                    }
                    (
                        BatchInputs::Compact { codes, signal },
                        BatchInputs::Compact {
                            codes: more_codes,
                            signal: more_signal,
                        },
                        BatchInputs::Compact {
                            codes: all_codes,
                            signal: all_signal,
                        },
                    ) => {
                        assert_eq!([&codes[..], &more_codes[..]].concat(), all_codes[..]);
                        assert_eq!([&signal[..], &more_signal[..]].concat(), all_signal[..]);
                    }
                    _ => return Err("inputs of another kind".into()),
                }
            }
        }
        Ok(())
    }

    #[test]
    fn a_queue_that_is_left_stops_its_thread() -> TestResult {
        let set = SmallSet::write()?;
        let (sampler, pool) = (set.wide_sampler(u64::MAX)?, BufferPool::new(4));
        for taken in [0, 1, 3] {
            let mut ahead = Ahead::start(
                Arc::clone(&sampler),
                Arc::clone(&pool),
                order(false),
                0..u64::MAX,
            )?;
            for _ in 0..taken {
                assert!(matches!(ahead.next(PATIENCE), Next::Ready(Ok(_))));
            }
            drop(ahead);
            // Nobody else holds it any more.
            assert_eq!(Arc::strong_count(&sampler), 1);
        }
        Ok(())
    }

    #[test]
    fn an_error_comes_in_its_place_and_ends_it() -> TestResult {
        let set = SmallSet::write()?;
        let (sampler, pool) = (set.wide_sampler(0)?, BufferPool::new(4));
        set.cut()?;
        let mut ahead = Ahead::start(sampler, pool, order(false), 0..9)?;
        assert!(matches!(
            ahead.next(PATIENCE),
            Next::Ready(Err(Error::Changed { .. }))
        ));
        assert!(matches!(ahead.next(PATIENCE), Next::End));
        Ok(())
    }
}
