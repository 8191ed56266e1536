//! An evaluation allocates nothing, whatever is evaluated.
//!
//! This is a program of its own because the allocator that counts is the whole program's.

#[path = "../src/documents.rs"]
mod documents;

use std::alloc::System;
use std::hint::black_box;

use documents::{Case, Users, document, key};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tidegate_flags::{FlagSet, admit, render};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const TIMES: usize = 1_000;

#[test]
fn evaluations_allocate_nothing() {
    let admitted = admit(document(2).as_bytes(), None, 0).unwrap();
    let ion = render(&admitted.content).unwrap().ion.unwrap();
    for (form, flags) in
        [("authoring", FlagSet::from_authoring(&admitted.content).unwrap()), ("Ion", FlagSet::from_ion(&ion).unwrap())]
    {
        let users = Users::find(&flags);
        for case in Case::ALL {
            let (key, context) = (key(usize::from(case.has_rules())), case.context(&users));
            let counted = || {
                let region = Region::new(ALLOCATOR);
                for _ in 0..TIMES {
                    let evaluation = flags.evaluate(black_box(&key), black_box(&context)).unwrap();
                    assert!(case.is_answered_by(&evaluation));
                }
                let change = region.change();
                change.allocations + change.reallocations
            };
            // The first time may make room, for a pattern say; and the test's own threads may do something meanwhile.
            let allocations = (0..10).map(|_| counted()).min();
            assert_eq!(allocations, Some(0), "{form}, {}, in {TIMES} evaluations", case.name());
        }
    }
}
