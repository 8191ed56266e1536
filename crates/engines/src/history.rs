//! What happened to an append-only log, as its clients saw it, and whether one log could have shown that to them.
//!
//! # What is checked
//!
//! Linearizability: each operation takes effect at one moment between its call and its return, and what it says is what a
//! single log says at that moment. In general that is expensive to check, since any order has to be tried. Here it is
//! not: the order of effects is written in the log itself. Let *L* be the log as it is found at the end, and *t(n)* the
//! moment at which entry *n* came to be. Then
//!
//! * *t(1) ≤ t(2) ≤ …*, for entry *n + 1* needs entry *n*;
//! * an entry's moment lies within the call that appended it: after it, always; before its return, if that said yes. A
//!   call that never said how it ended may have had its effect at any time after it began, or none;
//! * a look that saw the log end with entry *k* was at some moment from *t(k)* to *t(k + 1)*, both of which so are bound by
//!   the look's own call and return;
//! * a refused append of *n* after *p* was at some moment when the log was not *n* − 1 entries ending with *p*. If *p* is
//!   what *L* has at *n* − 1, then that was before *t(n − 1)* or after *t(n)*.
//!
//! Every bound but the last one's is a lower or an upper limit of one moment, and the last one's is one of two. Taking each
//! moment as early as the lower limits allow, and raising one only if a refusal leaves no other way, gives the earliest
//! possible moments; if even those break an upper limit, there is no way at all. So the check is sound (it never accuses
//! a good history) and complete (it never passes a bad one), in nearly linear time. Moments that are equal on the clock
//! count as either order.
//!
//! # What is not
//!
//! That what is in *L* is all that there ever was: entries that were appended, never acknowledged, seen by nobody, and lost
//! leave no trace.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

/// One call, with when it was made and when it returned, in nanoseconds since the history began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Who made it; for the reader of a failure.
    pub client: u32,
    /// When it was made.
    pub called_ns: u64,
    /// When it returned; not known for one whose client died.
    pub returned_ns: Option<u64>,
    /// What it was, and what it said.
    pub what: What,
}

/// What a call asked for and was told. An entry is known by its number and its id, which is never used twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Asked to append the entry after the one with the id `prev` (0 if there is none).
    Append {
        /// Its number, from 1.
        number: u64,
        /// Its id.
        id: u128,
        /// The id of the one before it.
        prev: u128,
        /// What the client was told.
        said: Said,
    },
    /// Asked for the last number, and was told.
    Last(u64),
    /// Asked for what comes after a number, and was given all up to the end of the log.
    Read {
        /// The number.
        after: u64,
        /// The ids of the entries after it.
        ids: Vec<u128>,
    },
}

/// The outcome of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is there.
    Yes,
    /// It is not there, and never will be.
    No,
    /// Not known.
    Unknown,
}

/// Records what clients do at the same time.
#[derive(Debug)]
pub struct History {
    began: Instant,
    operations: Mutex<Vec<Operation>>,
}

impl Default for History {
    fn default() -> History {
        History { began: Instant::now(), operations: Mutex::default() }
    }
}

/// What a history was made of, for those who ask how much was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Appends that were acknowledged.
    pub yes: usize,
    /// Appends that were refused.
    pub no: usize,
    /// Appends of which nobody knows.
    pub unknown: usize,
    /// Of those, the ones that are there.
    pub unknown_there: usize,
    /// Looks at the log.
    pub looks: usize,
}

impl History {
    /// Begins an empty history.
    pub fn new() -> History {
        History::default()
    }

    /// Says what time it is in this history: to be asked just before a call.
    pub fn now_ns(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).expect("tests do not take centuries")
    }

    /// Notes a call that has just returned.
    pub fn note(&self, client: u32, called_ns: u64, what: What) {
        let returned_ns = Some(self.now_ns());
        self.operations().push(Operation { client, called_ns, returned_ns, what });
    }

    /// Everything so far.
    pub fn operations(&self) -> MutexGuard<'_, Vec<Operation>> {
        self.operations.lock().expect("nothing panics while it holds the operations")
    }

    /// Holds everything against the log as it is found at the end: the ids of its entries, from number 1.
    ///
    /// # Errors
    /// What cannot be, as a sentence.
    pub fn check(&self, log: &[u128]) -> Result<Summary, String> {
        check(&self.operations(), log)
    }
}

/// Says whether one append-only log that ends up as `log` could have shown all this; see the module.
///
/// # Errors
/// What cannot be, as a sentence.
pub fn check(operations: &[Operation], log: &[u128]) -> Result<Summary, String> {
    let mut summary = Summary::default();
    let mut moments = Moments::of(log);
    let mut refusals = Vec::new();
    for operation in operations {
        let wrong = |why: String| Err(format!("{why}: {operation:?}"));
        let returned_ns = operation.returned_ns.unwrap_or(u64::MAX);
        match &operation.what {
            What::Append { number, id, prev, said } => {
                let place = moments.numbers.get(id).copied();
                match (said, place) {
                    (_, Some(place)) if place != *number => {
                        return wrong(format!("the entry is there under the number {place}"));
                    }
                    (_, Some(place)) if moments.id_at(place - 1) != Some(*prev) => {
                        return wrong("the entry is there after another one than it names".into());
                    }
                    (Said::Yes, None) => return wrong("an acknowledged entry is lost".into()),
                    (Said::No, Some(_)) => return wrong("a refused entry is there".into()),
                    (Said::Unknown, None) => {}
                    (Said::Yes, Some(place)) => moments.within(place, operation.called_ns, returned_ns),
                    (Said::Unknown, Some(place)) => moments.within(place, operation.called_ns, u64::MAX),
                    (Said::No, None) => {
                        // After any other predecessor it could never be.
                        if moments.id_at(number.wrapping_sub(1)) == Some(*prev) {
                            refusals.push((*number, operation.called_ns, returned_ns, operation));
                        }
                    }
                }
                match said {
                    Said::Yes => summary.yes += 1,
                    Said::No => summary.no += 1,
                    Said::Unknown => {
                        summary.unknown += 1;
                        summary.unknown_there += usize::from(place.is_some());
                    }
                }
            }
            What::Last(last) => {
                summary.looks += 1;
                if *last > moments.last() {
                    return wrong(format!("an entry was seen, and the log ends with {}", moments.last()));
                }
                moments.seen(*last, operation.called_ns, returned_ns);
            }
            What::Read { after, ids } => {
                summary.looks += 1;
                for (id, number) in ids.iter().zip(after + 1..) {
                    if moments.id_at(number) != Some(*id) {
                        return wrong(format!("another entry {number} was seen than the log has"));
                    }
                }
                match ids.len() as u64 {
                    // Nothing after it: the log ended there or before.
                    0 => moments.not_before(after.saturating_add(1), operation.called_ns),
                    count => moments.seen(after + count, operation.called_ns, returned_ns),
                }
            }
        }
    }
    moments.settle(&refusals)?;
    Ok(summary)
}

type Refused<'a> = (u64, u64, u64, &'a Operation);

/// The limits of each entry's moment.
struct Moments<'a> {
    log: &'a [u128],
    numbers: HashMap<u128, u64>,
    earliest: Vec<u64>,
    latest: Vec<u64>,
}

impl<'a> Moments<'a> {
    fn of(log: &'a [u128]) -> Moments<'a> {
        let numbers = log.iter().copied().zip(1..).collect();
        Moments { log, numbers, earliest: vec![0; log.len()], latest: vec![u64::MAX; log.len()] }
    }

    fn last(&self) -> u64 {
        self.log.len() as u64
    }

    fn id_at(&self, number: u64) -> Option<u128> {
        match number {
            0 => Some(0),
            number => self.log.get(usize::try_from(number - 1).ok()?).copied(),
        }
    }

    fn within(&mut self, number: u64, called_ns: u64, returned_ns: u64) {
        self.not_before(number, called_ns);
        self.not_after(number, returned_ns);
    }

    /// The log ended with this entry at some moment of the call.
    fn seen(&mut self, last: u64, called_ns: u64, returned_ns: u64) {
        self.not_after(last, returned_ns);
        self.not_before(last + 1, called_ns);
    }

    fn not_before(&mut self, number: u64, ns: u64) {
        if (1..=self.last()).contains(&number) {
            let earliest = &mut self.earliest[number as usize - 1];
            *earliest = ns.max(*earliest);
        }
    }

    fn not_after(&mut self, number: u64, ns: u64) {
        if (1..=self.last()).contains(&number) {
            let latest = &mut self.latest[number as usize - 1];
            *latest = ns.min(*latest);
        }
    }

    /// Finds the earliest moments that are possible, and says what makes them impossible.
    fn settle(mut self, refusals: &[Refused<'_>]) -> Result<(), String> {
        loop {
            let mut now = 0;
            for (earliest, number) in self.earliest.iter_mut().zip(1_u64..) {
                now = now.max(*earliest);
                *earliest = now;
                if now > self.latest[number as usize - 1] {
                    let id = self.log[number as usize - 1];
                    return Err(format!(
                        "entry {number} ({id:032x}) was there by {} ns, and what comes before it or was seen without \
                         it says that it was not there until {now} ns",
                        self.latest[number as usize - 1]
                    ));
                }
            }
            let mut is_raised = false;
            for (number, called_ns, returned_ns, operation) in refusals {
                let is_taken = *number <= self.last() && self.earliest[*number as usize - 1] <= *returned_ns;
                if is_taken {
                    continue;
                }
                // Nothing had taken its place in time: then its predecessor was not there yet.
                match number - 1 {
                    0 => return Err(format!("refused, and nothing was in its place: {operation:?}")),
                    before if self.earliest[before as usize - 1] < *called_ns => {
                        self.not_before(before, *called_ns);
                        is_raised = true;
                    }
                    _ => {}
                }
            }
            if !is_raised {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(called_ns: u64, returned_ns: u64, what: What) -> Operation {
        Operation { client: 1, called_ns, returned_ns: Some(returned_ns), what }
    }

    /// Appends an entry whose id is ten times its number; so is its predecessor's.
    fn append(number: u64, said: Said) -> What {
        named(number, u128::from(number) * 10, said)
    }

    fn named(number: u64, id: u128, said: Said) -> What {
        What::Append { number, id, prev: u128::from(number - 1) * 10, said }
    }

    #[track_caller]
    fn good(operations: &[Operation], log: &[u128]) {
        check(operations, log).unwrap();
    }

    #[track_caller]
    fn bad(why: &str, operations: &[Operation], log: &[u128]) {
        let error = check(operations, log).expect_err("this cannot have happened");
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn one_after_the_other_is_good() {
        let history = [
            call(0, 1, What::Last(0)),
            call(2, 3, append(1, Said::Yes)),
            call(4, 5, What::Read { after: 0, ids: vec![10] }),
            call(6, 7, append(2, Said::Yes)),
            call(8, 9, What::Last(2)),
            call(10, 11, What::Read { after: 2, ids: vec![] }),
        ];
        good(&history, &[10, 20]);
        let summary = check(&history, &[10, 20]).unwrap();
        assert_eq!(summary, Summary { yes: 2, looks: 4, ..Summary::default() });
    }

    #[test]
    fn a_lost_entry_is_found_out() {
        let history = [call(0, 1, append(1, Said::Yes)), call(2, 3, append(2, Said::Yes))];
        bad("an acknowledged entry is lost", &history, &[10]);
        bad("an acknowledged entry is lost", &history, &[10, 21]);
    }

    #[test]
    fn a_refused_entry_that_is_there_is_found_out() {
        bad("a refused entry is there", &[call(0, 1, append(1, Said::No))], &[10]);
    }

    #[test]
    fn an_entry_nobody_was_told_of_may_be_there_or_not() {
        let history = [call(0, 1, append(1, Said::Unknown)), call(2, 3, What::Last(0)), call(4, 5, What::Last(1))];
        good(&history, &[10]);
        good(&history[..2], &[]);
        // Not before it was asked for, though.
        let early = [call(0, 1, What::Last(1)), call(2, 3, append(1, Said::Unknown))];
        bad("entry 1", &early, &[10]);
    }

    #[test]
    fn a_stale_look_is_found_out() {
        let history = [call(0, 1, append(1, Said::Yes)), call(2, 3, What::Last(0))];
        bad("entry 1", &history, &[10]);
        let history = [call(0, 1, append(1, Said::Yes)), call(2, 3, What::Read { after: 0, ids: vec![] })];
        bad("entry 1", &history, &[10]);
        // At the same time it is not stale.
        good(&[call(0, 3, append(1, Said::Yes)), call(1, 2, What::Last(0))], &[10]);
    }

    #[test]
    fn a_look_that_goes_back_is_found_out() {
        let unknown = call(0, 1, append(1, Said::Unknown));
        let history = [unknown.clone(), call(10, 11, What::Last(1)), call(12, 13, What::Last(0))];
        bad("entry 1", &history, &[10]);
        good(&[unknown, call(10, 12, What::Last(1)), call(11, 13, What::Last(0))], &[10]);
    }

    #[test]
    fn a_look_at_what_is_gone_is_found_out() {
        bad("an entry was seen", &[call(0, 1, What::Last(1))], &[]);
        bad("another entry 1", &[call(0, 1, What::Read { after: 0, ids: vec![11] })], &[10]);
        bad("another entry 1", &[call(0, 1, What::Read { after: 0, ids: vec![10] })], &[]);
    }

    #[test]
    fn effects_that_are_in_another_order_than_calls_are_found_out() {
        // Entry 2 was acknowledged before entry 1 was asked for.
        bad("entry 2", &[call(0, 1, append(2, Said::Yes)), call(2, 3, append(1, Said::Yes))], &[10, 20]);
        good(&[call(0, 9, append(2, Said::Yes)), call(2, 3, append(1, Said::Yes))], &[10, 20]);
    }

    #[test]
    fn an_entry_after_another_one_than_it_names_is_found_out() {
        let history = [call(0, 1, What::Append { number: 2, id: 20, prev: 11, said: Said::Yes })];
        bad("after another one", &history, &[10, 20]);
        bad("under the number 1", &history, &[20]);
    }

    #[test]
    fn a_refusal_needs_a_reason() {
        // The place was taken by then, at the latest when the refusal came.
        good(&[call(0, 5, append(1, Said::Yes)), call(1, 2, named(1, 11, Said::No))], &[10]);
        // The place was free: nobody asked for it before the refusal had come.
        let history = [call(0, 1, named(1, 11, Said::No)), call(2, 3, append(1, Said::Yes))];
        bad("nothing was in its place", &history, &[10]);
        bad("nothing was in its place", &history[..1], &[]);
        // Its predecessor was not there: possible only while that was not acknowledged.
        let refused = call(4, 5, named(2, 21, Said::No));
        good(&[call(0, 9, append(1, Said::Yes)), refused.clone()], &[10]);
        bad("entry 1", &[call(0, 3, append(1, Said::Yes)), refused.clone()], &[10]);
        bad("entry 1", &[call(0, 9, append(1, Said::Yes)), call(1, 2, What::Last(1)), refused.clone()], &[10]);
        // A predecessor that never was is reason enough.
        good(
            &[
                call(0, 3, append(1, Said::Yes)),
                call(4, 5, What::Append { number: 2, id: 21, prev: 11, said: Said::No }),
            ],
            &[10],
        );
    }

    #[test]
    fn raising_one_moment_raises_those_after_it() {
        // Refused at 4 to 5 after entry 1, with entry 2 asked for at 6: so entry 1 came after 4; and entry 2 was seen …
        let history = [
            call(0, 20, append(1, Said::Yes)),
            call(0, 20, append(2, Said::Yes)),
            call(4, 5, named(2, 21, Said::No)),
            call(6, 7, What::Last(1)),
        ];
        good(&history, &[10, 20]);
        let mut with_look = history.to_vec();
        with_look.push(call(1, 3, What::Last(1)));
        bad("entry 1", &with_look, &[10, 20]);
    }

    /// Every way to place the moments, tried out: slow, and nothing to get wrong.
    fn is_possible(operations: &[Operation], log: &[u128], last_ns: u64) -> bool {
        fn place(moments: &mut Vec<u64>, count: usize, last_ns: u64, holds: &dyn Fn(&[u64]) -> bool) -> bool {
            if moments.len() == count {
                return holds(moments);
            }
            (moments.last().copied().unwrap_or(0)..=last_ns + 1).any(|moment| {
                moments.push(moment);
                let found = place(moments, count, last_ns, holds);
                moments.pop();
                found
            })
        }
        place(&mut Vec::new(), log.len(), last_ns, &|moments| {
            let at = |number: u64| match number {
                0 => 0,
                number => moments.get(number as usize - 1).copied().unwrap_or(u64::MAX),
            };
            let held_at = |length: u64, ns: u64| at(length) <= ns && ns <= at(length + 1);
            operations.iter().all(|operation| {
                let mut during = operation.called_ns..=operation.returned_ns.unwrap();
                match &operation.what {
                    What::Append { number, id, said, .. } => {
                        let is_there = log.get(*number as usize - 1) == Some(id);
                        match said {
                            Said::Yes => is_there && during.contains(&at(*number)),
                            Said::Unknown => !is_there || at(*number) >= operation.called_ns,
                            Said::No => {
                                !is_there
                                    && during
                                        .any(|ns| (0..=3).any(|length| length != number - 1 && held_at(length, ns)))
                            }
                        }
                    }
                    What::Last(last) => *last <= log.len() as u64 && during.any(|ns| held_at(*last, ns)),
                    What::Read { .. } => unreachable!("the stories below have none"),
                }
            })
        })
    }

    #[test]
    fn the_check_agrees_with_trying_every_order() {
        let mut random = 7_u64;
        let mut pick = move |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let log = [10, 20, 30];
        let mut verdicts = [0, 0];
        for story in 0..4_000 {
            let log = &log[..pick(4) as usize];
            let operations: Vec<_> = (0..1 + pick(5))
                .map(|_| {
                    let called_ns = pick(8);
                    let number = 1 + pick(3);
                    let what = match pick(4) {
                        0 => append(number, Said::Yes),
                        1 => append(number, Said::Unknown),
                        2 => named(number, u128::from(number) * 10 + 1, Said::No),
                        _ => What::Last(pick(4)),
                    };
                    call(called_ns, called_ns + pick(6), what)
                })
                .collect();
            let verdict = check(&operations, log);
            let expected = is_possible(&operations, log, 14);
            assert_eq!(verdict.is_ok(), expected, "story {story}: {operations:#?} on {log:?}: {verdict:?}");
            verdicts[usize::from(expected)] += 1;
        }
        assert!(verdicts.iter().all(|count| *count > 200), "{verdicts:?}: both have to occur");
    }
}
