//! Prints what an evaluation costs: `cargo run --release -p tidegate-flags --example evaluate`.

use std::hint::black_box;
use std::time::Instant;

use tidegate_flags::{Context, FlagSet, admit, render};

const ROUNDS: u32 = 200_000;
const REPEATS: usize = 9;

fn main() {
    let few = flags(2);
    let many = flags(10_000);
    let premium = Context::new()
        .with("tier", "platinum")
        .with("country", "CZ")
        .with("age", "41")
        .with("email", "somebody@example.org")
        .with("userId", "user-8c1f")
        .with_entity_id("user-8c1f");
    for (profile, flags, last) in [("2 flags", &few, 1), ("10,000 flags", &many, 9_999)] {
        let (plain, ruled) = (format!("flag{:05}", last - 1), format!("flag{last:05}"));
        println!("{profile}: plain flag {:6.1} ns", cost_ns(flags, &plain, &premium));
        println!("{profile}: five rules, none true {:6.1} ns", cost_ns(flags, &ruled, &premium));
    }
}

/// The median of some repeats.
fn cost_ns(flags: &FlagSet, flag: &str, context: &Context<'_>) -> f64 {
    let mut costs: Vec<f64> = (0..REPEATS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..ROUNDS {
                black_box(flags.evaluate(black_box(flag), black_box(context)).expect("the flag is there"));
            }
            start.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS)
        })
        .collect();
    costs.sort_by(f64::total_cmp);
    costs[REPEATS / 2]
}

/// Plain flags with even numbers, and flags with five rules with odd ones.
fn flags(count: usize) -> FlagSet {
    let rules = [
        r#"(and (eq $tier "gold") (gte $age 18))"#,
        r#"(ends_with $email "@tidegate.example")"#,
        r#"(and (in $country ["CZ", "SK", "PL"]) (not (lt $age 65)))"#,
        r#"(matches in::$email pattern::"^qa-.*@example")"#,
        r#"(split by::$userId pct::10 seed::\"rollout\")"#,
    ];
    let mut values = Vec::new();
    for number in 0..count {
        let value = if number % 2 == 0 {
            r#"{"enabled":true}"#.to_owned()
        } else {
            let variants = rules.iter().enumerate().map(|(index, rule)| {
                let rule = rule.replace("\\\"", "\"").replace('"', "\\\"");
                format!(r#"{{"name":"v{index}","enabled":true,"rule":"{rule}"}}"#)
            });
            let variants: Vec<String> = variants.collect();
            format!(r#"{{"_variants":[{},{{"name":"rest","enabled":false}}]}}"#, variants.join(","))
        };
        values.push(format!(r#""flag{number:05}":{value}"#));
    }
    let content = format!(r#"{{"version":"1","values":{{{}}}}}"#, values.join(","));
    let start = Instant::now();
    let admitted = admit(content.as_bytes(), None, 0).expect("the document is right").content;
    let admit_ms = start.elapsed().as_millis();
    let start = Instant::now();
    let ion = render(&admitted).expect("the document is stored").ion.expect("it has variants");
    let render_ms = start.elapsed().as_millis();
    let start = Instant::now();
    let flags = FlagSet::from_ion(&ion).expect("the Ion form is right");
    let read_ms = start.elapsed().as_millis();
    println!("{count} flags, {} bytes: admit {admit_ms} ms, render {render_ms} ms, read {read_ms} ms", content.len());
    flags
}
