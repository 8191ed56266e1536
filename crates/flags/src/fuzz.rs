//! Entry points for fuzzing: whatever comes in, nothing panics, and what is accepted keeps its promises.

use crate::{Context, FlagSet, Rule, Unreadable, admit, lint, render};

const NOW_MS: i64 = 1_790_000_000_000;

/// An authoring document.
pub fn document(bytes: &[u8]) {
    let findings = lint(bytes);
    let Ok(admitted) = admit(bytes, None, NOW_MS) else {
        assert!(
            findings.iter().any(|finding| finding.severity == crate::Severity::Error),
            "a refusal without an error"
        );
        return;
    };
    assert!(findings.iter().all(|finding| finding.severity == crate::Severity::Warning), "{findings:?}");
    let again = admit(&admitted.content, Some(&admitted.content), NOW_MS + 1);
    // What is stored of `_variants: []` has no `enabled`, and gets one when it is sent again.
    if let Ok(again) = again {
        let third = admit(&again.content, Some(&again.content), NOW_MS + 2).expect("what is stored is admitted");
        assert!(third.is_same_as_latest, "normalising twice changes nothing");
    } else {
        panic!("what is stored is admitted");
    }
    let retrieval = render(&admitted.content).expect("what is stored can be rendered");
    let authored = FlagSet::from_authoring(&admitted.content).expect("what is stored can be read");
    let json = FlagSet::from_retrieval_json(&retrieval.json).expect("the JSON form can be read");
    assert!(authored.keys().eq(json.keys()));
    if let Some(bytes) = &retrieval.ion {
        let ion = FlagSet::from_ion(bytes).expect("the Ion form can be read");
        let context = Context::new().with("tier", "gold").with_entity_id("entity-1");
        for key in authored.keys() {
            assert_eq!(authored.evaluate(key, &context), ion.evaluate(key, &context));
        }
    }
}

/// A rule.
pub fn rule(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Rule::new(text, "flag") {
        Ok(rule) => {
            let context = Context::new().with("tier", "gold").with("age", "70").with_entity_id("entity-1");
            assert_eq!(rule.is_satisfied_by(&context), rule.is_satisfied_by(&context));
        }
        Err(faults) => assert!(!faults.is_empty(), "a refusal without a fault"),
    }
}

/// A document in the Ion retrieval form, binary or text.
pub fn ion(bytes: &[u8]) {
    match FlagSet::from_ion(bytes) {
        Ok(flags) => {
            for key in flags.keys() {
                assert!(flags.evaluate(key, &Context::new()).is_some());
            }
        }
        Err(Unreadable::NotAuthoring) => panic!("Ion is not read as an authoring document"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
