//! Experiments over a deployed document.
#![allow(missing_docs, reason = "tests")]

use std::collections::BTreeMap;

use ion_rs::Element;
use tidegate_flags::overlay::{OverlayRefused, check_startable, overlay_fitting};
use tidegate_flags::{Arm, Context, FlagSet, Reason, Run, admit, overlay};

fn deployed() -> Vec<u8> {
    let content = r#"{"version":"1",
        "flags":{"banner":{"attributes":{"text":{"constraints":{"type":"string"}}}}},
        "values":{"banner":{"enabled":true,"text":"hello"},"other":{"enabled":true},
            "tiered":{"_variants":[{"name":"gold","enabled":true,"rule":"(eq $tier \"gold\")"},{"name":"rest","enabled":false}]}}}"#;
    admit(content.as_bytes(), None, 0).unwrap().content
}

fn arm(key: &str, weight: f64, enabled: bool) -> Arm {
    Arm { key: key.into(), weight, enabled, attributes: BTreeMap::new() }
}

fn run(flag: &str, exposure_percentage: f64) -> Run {
    Run {
        flag: flag.into(),
        arn: format!(
            "arn:aws:appconfig:eu-west-1:111122223333:application/app1234/experimentdefinition/def{flag}/experimentrun/3"
        ),
        seed: format!("111122223333:app1234:def{flag}:3"),
        audience_rule: r#"(eq $country "CZ")"#.into(),
        exposure_percentage,
        treatments: vec![arm("t1", 50.0, true)],
        control: arm("c", 50.0, false),
        overrides: Vec::new(),
    }
}

#[track_caller]
fn check(runs: &[Run], flag: &str, expected: &str) {
    let overlay = overlay(&deployed(), runs).unwrap();
    let found = Element::read_all(overlay.ion).unwrap();
    let found = found.iter().find(|element| element.annotations().first() == Some(flag)).unwrap();
    assert_eq!(*found, Element::read_one(expected).unwrap(), "{found}");
}

#[test]
fn arms_lie_side_by_side_and_exposure_narrows_them() {
    check(
        &[run("banner", 20.0)],
        "banner",
        r#"banner::[
            __t1__::[(and (exists key::"entityId") (eq $country "CZ")
                (split pct::10 by::$entityId seed::"111122223333:app1234:defbanner:3")), '''{"_variant":"__t1__","enabled":true}'''],
            __c__::[(and (exists key::"entityId") (eq $country "CZ") (and
                (split pct::60 by::$entityId seed::"111122223333:app1234:defbanner:3")
                (not (split pct::50 by::$entityId seed::"111122223333:app1234:defbanner:3")))), '''{"_variant":"__c__","enabled":false}'''],
            '''{"_variant":"__default__","enabled":true,"text":"hello"}''']"#,
    );
    let pcts = |run: &Run| {
        let ion = overlay(&deployed(), std::slice::from_ref(run)).unwrap().ion;
        let text = Element::read_all(ion).unwrap().iter().next().unwrap().to_string();
        text.match_indices("pct::")
            .map(|(at, _)| text[at + 5..].split(' ').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(pcts(&run("banner", 0.0)), ["0", "50", "50"]);
    assert_eq!(pcts(&run("banner", 40.0)), ["20", "70", "50"]);
    let mut three = run("banner", 100.0);
    three.treatments = vec![arm("t1", 1.0, true), arm("t2", 2.0, true)];
    three.control.weight = 1.0;
    assert_eq!(pcts(&three), ["25", "75", "25", "100", "75"]);
}

#[test]
fn overrides_come_first_and_ask_nothing_else() {
    let mut run = run("banner", 0.0);
    run.overrides = vec![("tess".into(), "t1".into()), ("carl \"c\"".into(), "c".into())];
    let flags = FlagSet::from_ion(&overlay(&deployed(), &[run]).unwrap().ion).unwrap();
    let variant = |entity: &str| flags.evaluate("banner", &Context::new().with_entity_id(entity)).unwrap().variant;
    assert_eq!(variant("tess"), Some("__t1_override__"));
    assert_eq!(variant("carl \"c\""), Some("__c_override__"));
    assert_eq!(variant("anybody"), Some("__default__"));
    assert_eq!(flags.evaluate("other", &Context::new()).unwrap().reason, Reason::Static);
}

#[test]
fn growing_exposure_moves_nobody() {
    let sets: Vec<FlagSet> = [0.0, 5.0, 33.0, 70.0, 100.0]
        .iter()
        .map(|exposure| FlagSet::from_ion(&overlay(&deployed(), &[run("banner", *exposure)]).unwrap().ion).unwrap())
        .collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for n in 0..2000 {
        let entity = format!("entity-{n}");
        let context = Context::new().with("country", "CZ").with_entity_id(&entity);
        let mut before = "__default__";
        for flags in &sets {
            let now = flags.evaluate("banner", &context).unwrap().variant.unwrap();
            assert!(before == "__default__" || before == now, "{entity}: {before} to {now}");
            before = now;
        }
        *counts.entry(before.into()).or_default() += 1;
        let outside = Context::new().with("country", "SK").with_entity_id(&entity);
        assert_eq!(sets[4].evaluate("banner", &outside).unwrap().variant, Some("__default__"));
    }
    assert_eq!(counts.len(), 2, "{counts:?}");
    assert!(counts.values().all(|count| (900..1100).contains(count)), "{counts:?}");
}

#[test]
fn several_runs_stand_side_by_side() {
    let overlay = overlay(&deployed(), &[run("tiered", 100.0), run("banner", 50.0)]).unwrap();
    assert_eq!(
        overlay.experiment_flags,
        "tiered=arn:aws:appconfig:eu-west-1:111122223333:application/app1234/experimentdefinition/deftiered/experimentrun/3\
         |t1=__t1__,c=__c__;\
         banner=arn:aws:appconfig:eu-west-1:111122223333:application/app1234/experimentdefinition/defbanner/experimentrun/3\
         |t1=__t1__,c=__c__"
    );
    let flags = FlagSet::from_ion(&overlay.ion).unwrap();
    let context = Context::new().with("country", "CZ").with_entity_id("e");
    assert_eq!(flags.evaluate("tiered", &context).unwrap().reason, Reason::Split);
    // A flag with variants keeps them for those outside.
    let outside = Context::new().with("tier", "gold");
    assert_eq!(flags.evaluate("tiered", &outside).unwrap().variant, Some("gold"));
    assert_eq!(flags.evaluate("tiered", &Context::new()).unwrap().variant, Some("rest"));
}

#[test]
fn what_cannot_be_laid_over_is_refused() {
    let mut bad = run("banner", 10.0);
    bad.audience_rule = "(eq $country)".into();
    bad.control.attributes.insert("text".into(), 7.into());
    let Err(OverlayRefused::Invalid { details, .. }) = check_startable(&deployed(), &bad) else { panic!() };
    let found: Vec<_> = details.iter().map(|detail| format!("{} {}", detail.constraint, detail.location)).collect();
    assert_eq!(
        found,
        [
            "Empty values.banner._variants.0.rule",
            "RuleIsValid values.banner._variants.0.rule.eq",
            "Empty values.banner._variants.1.rule",
            "RuleIsValid values.banner._variants.1.rule.eq",
            "AttributeType(string) values.banner._variants.variants.__c__.text",
        ]
    );
    assert!(matches!(check_startable(&deployed(), &run("nothing", 1.0)), Err(OverlayRefused::FlagNotDeployed { .. })));
    let twice = overlay(&deployed(), &[run("banner", 1.0), run("banner", 2.0)]);
    assert!(matches!(twice, Err(OverlayRefused::FlagTaken { .. })));
    let mut comment = run("banner", 100.0);
    comment.audience_rule = "(eq $country \"CZ\") // all of them".into();
    assert!(overlay(&deployed(), &[comment]).is_ok());
}

#[test]
fn a_run_that_does_not_fit_leaves_the_others_alone() {
    let gone = Run { arn: "gone".into(), ..run("nothing", 1.0) };
    let (laid, misfits) = overlay_fitting(&deployed(), &[gone.clone(), run("banner", 20.0)]).unwrap();
    assert_eq!(laid.unwrap(), overlay(&deployed(), &[run("banner", 20.0)]).unwrap());
    assert!(matches!(&misfits[..], [(arn, OverlayRefused::FlagNotDeployed { .. })] if arn == "gone"));
    let (laid, _) = overlay_fitting(&deployed(), &[gone]).unwrap();
    assert!(laid.is_none());
}

#[test]
fn weights_of_any_size_are_shares_of_their_sum() {
    let mut huge = run("banner", 20.0);
    for arm in huge.treatments.iter_mut().chain([&mut huge.control]) {
        arm.weight = 1.7e308;
    }
    assert_eq!(overlay(&deployed(), &[huge]).unwrap(), overlay(&deployed(), &[run("banner", 20.0)]).unwrap());
}
