//! How much work a check is, found by a dry run over the schema's graph and the document that stops at the bound.
//!
//! The run assumes the worst everywhere: no branch is cut short, every property meets every `patternProperties`. What it
//! counts is therefore at least what the library does, and its own time is bounded by the same number.

use serde_json::Value;

use crate::graph::{Graph, Node, ROOT, size};
use crate::{MAX_NESTING, MAX_WORK};

/// Most failures, and most copied parts of values in them, that are held in memory at a time: some 100 bytes each.
const MAX_COLLECTED: u64 = 500_000;

pub(crate) enum Verdict {
    /// The check may run, and its failures may be collected as far as this says.
    Cheap(Explanation),
    TooMuchWork,
    TooDeep,
}

/// How many failures of a check may be collected; the library collects all or one.
pub(crate) enum Explanation {
    All,
    /// Collecting all would take too much memory.
    First,
    /// Even one failure holds too much: `anyOf` and `oneOf` keep every branch's failures, each with a copy of its value.
    Nothing,
}

/// What one schema costs for one value.
#[derive(Clone, Copy, Default)]
struct Cost {
    /// Steps to say yes or no.
    check: u64,
    /// Steps to collect all failures.
    explain: u64,
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.check = self.check.saturating_add(other.check);
        self.explain = self.explain.saturating_add(other.explain);
    }
}

struct Run<'a> {
    nodes: &'a [Node],
    /// Steps of the dry run itself.
    spent: u64,
    /// Parts of values that failures inside branches would copy.
    copied: u64,
}

/// Judges the check of a document.
pub(crate) fn estimate(graph: &Graph, document: &Value) -> Verdict {
    let mut run = Run { nodes: &graph.nodes, spent: 0, copied: 0 };
    match run.visit(ROOT, Target::Value(document), 0, false) {
        Ok(cost) if cost.check > MAX_WORK => Verdict::TooMuchWork,
        Ok(cost) if cost.explain > MAX_WORK || run.copied > MAX_COLLECTED => Verdict::Cheap(Explanation::Nothing),
        Ok(cost) if cost.explain > MAX_COLLECTED => Verdict::Cheap(Explanation::First),
        Ok(_) => Verdict::Cheap(Explanation::All),
        Err(refusal) => refusal,
    }
}

/// What a schema meets: a value, or a property's name as if it were one.
#[derive(Clone, Copy)]
enum Target<'v> {
    Value(&'v Value),
    Name(&'v str),
}

impl Run<'_> {
    fn visit(&mut self, index: usize, target: Target<'_>, depth: usize, is_branch: bool) -> Result<Cost, Verdict> {
        if depth >= MAX_NESTING {
            return Err(Verdict::TooDeep);
        }
        let node = &self.nodes[index];
        let own = node.keywords.saturating_add(own_cost(node, target));
        self.spend(own)?;
        if is_branch && self.copied <= MAX_COLLECTED {
            let size = match target {
                Target::Value(value) => size(value),
                Target::Name(name) => 1 + name.len() as u64 / 16,
            };
            self.copied = self.copied.saturating_add(size.saturating_mul(node.keywords));
        }
        let mut cost = Cost { check: own, explain: own };
        for schema in &node.same {
            cost += self.visit(*schema, target, depth + 1, is_branch)?;
        }
        for schema in &node.branches {
            let branch = self.visit(*schema, target, depth + 1, true)?;
            cost += Cost { check: branch.check, explain: branch.check.saturating_add(branch.explain) };
        }
        for schema in &node.conditions {
            let condition = self.visit(*schema, target, depth + 1, is_branch)?.check;
            cost += Cost { check: condition, explain: condition };
        }
        if node.is_unevaluated {
            cost = Cost { check: cost.check.saturating_mul(3), explain: cost.explain.saturating_mul(3) };
        }
        match target {
            // Each turn of these loops is counted: by the schema it visits, or as a member that is read.
            Target::Value(Value::Object(members)) if node.has_member_schemas() => {
                for (name, value) in members {
                    let value = Target::Value(value);
                    let named = node.properties.get(name);
                    let others: &[usize] = if named.is_some() { &[] } else { &node.other_properties };
                    for schema in named.into_iter().chain(others).chain(&node.any_property) {
                        cost += self.visit(*schema, value, depth + 1, is_branch)?;
                    }
                    for schema in &node.property_names {
                        cost += self.visit(*schema, Target::Name(name), depth + 1, true)?;
                    }
                }
            }
            Target::Value(Value::Array(items)) => {
                let has_all = !(node.other_items.is_empty() && node.any_item.is_empty());
                let reached = if has_all { items.len() } else { node.first_items.len().min(items.len()) };
                for (place, item) in items[..reached].iter().enumerate() {
                    let item = Target::Value(item);
                    let first = node.first_items.get(place);
                    let others: &[usize] = if first.is_some() { &[] } else { &node.other_items };
                    for schema in first.into_iter().chain(others).chain(&node.any_item) {
                        cost += self.visit(*schema, item, depth + 1, is_branch)?;
                    }
                }
            }
            _ => {}
        }
        if cost.check > MAX_WORK { Err(Verdict::TooMuchWork) } else { Ok(cost) }
    }

    fn spend(&mut self, steps: u64) -> Result<(), Verdict> {
        self.spent = self.spent.saturating_add(steps);
        if self.spent > MAX_WORK { Err(Verdict::TooMuchWork) } else { Ok(()) }
    }
}

/// Steps that depend on the value's size.
fn own_cost(node: &Node, target: Target<'_>) -> u64 {
    let text_cost = |text: &str| {
        let len = text.len() as u64 + 16;
        (node.pattern * len + node.reads_text * len) / 16
    };
    match target {
        Target::Name(name) => text_cost(name),
        Target::Value(Value::String(text)) => text_cost(text),
        // Exact division: fractions in lowest terms, of a thousand bits where the exponent is large.
        Target::Value(Value::Number(number)) if node.divides => {
            let magnitude = number.as_f64().unwrap_or_default().abs();
            if magnitude == 0.0 || (1e-18..1e18).contains(&magnitude) { 10 } else { 300 }
        }
        Target::Value(value @ Value::Array(_)) if node.is_unique => size(value).saturating_mul(2),
        Target::Value(Value::Object(members)) if node.reads_members => {
            let patterns = |name: &String| node.name_patterns * (name.len() as u64 + 16) / 16;
            let patterns = if node.name_patterns > 0 { members.keys().map(patterns).sum() } else { 0 };
            members.len() as u64 + patterns
        }
        Target::Value(_) => 0,
    }
}
