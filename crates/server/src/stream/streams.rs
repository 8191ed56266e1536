//! All open streams of a node: how many, who has to be woken when, and that they have to end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use futures_util::task::AtomicWaker;
use prometheus::IntGauge;
use tidegate_domain::ChannelNumber;
use tokio::sync::watch;

/// See the module. The lock is held when a stream opens or ends, and when a channel has changed; never by polls.
pub(crate) struct Streams {
    most: usize,
    open: AtomicUsize,
    gauge: IntGauge,
    is_closing: AtomicBool,
    closing: watch::Sender<()>,
    latest: AtomicU64,
    bells: Mutex<HashMap<ChannelNumber, HashMap<u64, Arc<Bell>>>>,
}

/// Wakes one stream.
#[derive(Default)]
pub(crate) struct Bell {
    is_rung: AtomicBool,
    waker: AtomicWaker,
}

impl Bell {
    /// Says whether it has rung since the last call, and wakes this waker when it rings next.
    pub(super) fn take_ring(&self, waker: &Waker) -> bool {
        // In this order, so that no ring falls between the two.
        self.waker.register(waker);
        self.is_rung.swap(false, Ordering::AcqRel)
    }

    pub(super) fn ring(&self) {
        self.is_rung.store(true, Ordering::Release);
        self.waker.wake();
    }
}

/// A stream's place among the others, given back when it ends.
pub(crate) struct Admission {
    streams: Arc<Streams>,
    number: u64,
    pub bell: Arc<Bell>,
    channels: Box<[ChannelNumber]>,
}

impl Streams {
    pub(crate) fn new(most: usize, gauge: IntGauge) -> Arc<Self> {
        Arc::new(Self {
            most,
            open: AtomicUsize::new(0),
            gauge,
            is_closing: AtomicBool::new(false),
            closing: watch::Sender::new(()),
            latest: AtomicU64::new(0),
            bells: Mutex::default(),
        })
    }

    /// A place for one stream more on these channels; none if there are as many as there may be, or all have to end.
    pub(super) fn admit(self: &Arc<Self>, channels: Box<[ChannelNumber]>) -> Option<Admission> {
        if self.is_closing() {
            return None;
        }
        let taken =
            self.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, |open| (open < self.most).then_some(open + 1));
        taken.ok()?;
        self.gauge.inc();
        let number = self.latest.fetch_add(1, Ordering::Relaxed);
        let bell = Arc::new(Bell::default());
        let mut bells = self.bells();
        for channel in &channels {
            bells.entry(*channel).or_default().insert(number, bell.clone());
        }
        drop(bells);
        Some(Admission { streams: self.clone(), number, bell, channels })
    }

    /// Wakes the streams of these channels.
    pub(crate) fn ring(&self, channels: impl IntoIterator<Item = ChannelNumber>) {
        // Nobody listens on most nodes most of the time. A stream that opens now looks at what is published by itself.
        if self.open.load(Ordering::Acquire) == 0 {
            return;
        }
        let bells = self.bells();
        for channel in channels {
            bells.get(&channel).into_iter().flat_map(HashMap::values).for_each(|bell| bell.ring());
        }
    }

    /// Wakes all.
    pub(crate) fn ring_all(&self) {
        self.bells().values().flat_map(HashMap::values).for_each(|bell| bell.ring());
    }

    /// Ends all streams; no more are opened.
    pub(crate) fn close(&self) {
        self.is_closing.store(true, Ordering::Release);
        self.closing.send_replace(());
        self.ring_all();
    }

    /// Resolves when the node stops.
    pub(crate) async fn closed(&self) {
        let mut closing = self.closing.subscribe();
        if !self.is_closing() {
            // The sender lives as long as this.
            let _ = closing.changed().await;
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Acquire)
    }

    fn bells(&self) -> MutexGuard<'_, HashMap<ChannelNumber, HashMap<u64, Arc<Bell>>>> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut bells = self.streams.bells();
        for channel in &self.channels {
            if let Some(of_channel) = bells.get_mut(channel) {
                of_channel.remove(&self.number);
                if of_channel.is_empty() {
                    bells.remove(channel);
                }
            }
        }
        drop(bells);
        self.streams.open.fetch_sub(1, Ordering::AcqRel);
        self.streams.gauge.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams(most: usize) -> Arc<Streams> {
        Streams::new(most, IntGauge::new("streams", "Streams.").unwrap())
    }

    fn has_rung(admission: &Admission) -> bool {
        admission.bell.take_ring(Waker::noop())
    }

    #[test]
    fn only_those_whose_channel_changed_are_woken() {
        let streams = streams(10);
        let [one, both] = [&[1][..], &[1, 2]].map(|channels| streams.admit(channels.into()).unwrap());
        streams.ring([2]);
        assert_eq!([has_rung(&one), has_rung(&both)], [false, true]);
        streams.ring([1, 3]);
        assert_eq!([has_rung(&one), has_rung(&both)], [true, true]);
        assert_eq!([has_rung(&one), has_rung(&both)], [false, false], "a ring counts once");
    }

    #[test]
    fn there_are_no_more_than_there_may_be() {
        let streams = streams(2);
        let admitted = [1, 1].map(|channel| streams.admit([channel].into()).unwrap());
        assert!(streams.admit([1].into()).is_none());
        drop(admitted);
        assert!(streams.bells().is_empty(), "nothing is kept of streams that ended");
        assert!(streams.admit([1].into()).is_some());
    }

    #[test]
    fn a_node_that_stops_wakes_all_and_admits_none() {
        let streams = streams(2);
        let open = streams.admit([7].into()).unwrap();
        streams.close();
        assert!(has_rung(&open));
        assert!(streams.admit([7].into()).is_none());
    }
}
