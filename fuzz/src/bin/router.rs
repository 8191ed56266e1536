//! Any method and path: what is routed is made of its own pieces.
//!
//! Input: a method, a space, a path.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate_model::{Segment, route};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let (method, path) = text.split_once(' ').unwrap_or(("GET", text));
    let Ok(found) = route(method, path) else { return };
    assert_eq!(found.operation.method.as_str(), method);
    let mut labels = found.labels.iter();
    let mut rebuilt = String::new();
    for segment in found.operation.path {
        rebuilt.push('/');
        rebuilt.push_str(match segment {
            Segment::Literal(literal) => literal,
            Segment::Label(_) => labels.next().expect("a value for each label").1,
        });
    }
    assert!(labels.next().is_none(), "{}: more values than labels", found.operation.name);
    assert!(path.strip_suffix('/').unwrap_or(path) == rebuilt, "{path:?} is not {rebuilt:?}");
});
