//! Two versions of a generated file, compared item by item.

use std::collections::BTreeMap;

/// Names what differs: an item that only one of the texts has, or the lines in which an item differs (`-` for the lines of
/// the first text, `+` for those of the second).
pub fn between(present: &str, wanted: &str) -> Vec<String> {
    let is_different = present != wanted;
    let (present, wanted) = (items(present), items(wanted));
    let mut differences = Vec::new();
    for (name, text) in &wanted {
        match present.get(name) {
            None => differences.push(format!("{name}: missing")),
            Some(other) if other != text => {
                let lines = lines_only_in(other, text).map(|line| format!("- {line}"));
                let lines = lines.chain(lines_only_in(text, other).map(|line| format!("+ {line}")));
                let lines: Vec<_> = lines.map(|line| format!("\n    {line}")).collect();
                differences.push(if lines.is_empty() {
                    format!("{name}: in another order")
                } else {
                    format!("{name}: {}", lines.concat())
                });
            }
            Some(_) => {}
        }
    }
    let surplus = present.keys().filter(|name| !wanted.contains_key(*name));
    differences.extend(surplus.map(|name| format!("{name}: not in the model")));
    if differences.is_empty() && is_different {
        differences.push("the items: in another order".to_owned());
    }
    differences
}

/// Splits formatted Rust at the blank lines between top-level items, and keys each item by the line that names it.
fn items(text: &str) -> BTreeMap<&str, &str> {
    let mut items = BTreeMap::new();
    let mut start = 0;
    let ends = text.match_indices("\n\n").map(|(at, _)| at + 2);
    for end in ends.filter(|&end| !text[end..].starts_with(' ')).chain([text.len()]) {
        let item = text[start..end].trim();
        items.insert(name(item), item);
        start = end;
    }
    items.remove("");
    items
}

/// Returns what stands before the type, the body or the value in an item's first line of code.
fn name(item: &str) -> &str {
    let is_code = |line: &&str| !line.starts_with(['/', '#']);
    let line = item.lines().find(is_code).unwrap_or("the head");
    match line.find([':', '{', '=']) {
        Some(_) if line.starts_with("use ") => "the imports",
        Some(end) if !line.starts_with("impl ") => line[..end].trim_end(),
        _ => line.trim_end_matches([' ', '{', '}']),
    }
}

fn lines_only_in<'a>(one: &'a str, other: &'a str) -> impl Iterator<Item = &'a str> {
    one.lines().map(str::trim).filter(move |line| !other.lines().any(|it| it.trim() == *line))
}

#[cfg(test)]
mod tests {
    use super::between;

    #[test]
    fn each_differing_item_is_named() {
        let present = "//! A\n\npub struct A {\n    pub x: i32,\n}\n\npub struct B {}\n\nimpl A {\n    fn a() {}\n\n    fn b() {}\n}\n";
        let wanted = "//! A\n\npub struct A {\n    pub x: i64,\n}\n\npub struct C {}\n\nimpl A {\n    fn b() {}\n\n    fn a() {}\n}\n";
        assert_eq!(
            between(present, wanted),
            [
                "impl A: in another order",
                "pub struct A: \n    - pub x: i32,\n    + pub x: i64,",
                "pub struct C: missing",
                "pub struct B: not in the model",
            ]
        );
        assert!(between(wanted, wanted).is_empty());
        assert_eq!(between("a;\n\nb;\n", "b;\n\na;\n"), ["the items: in another order"]);
    }
}
