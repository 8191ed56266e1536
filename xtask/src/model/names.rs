//! The model's names in Rust's spelling.

use anyhow::{Result, ensure};

/// Spells a model's name as a constant: `CreateApplication` becomes `CREATE_APPLICATION`.
pub fn screaming(name: &str) -> String {
    snake(name).to_uppercase()
}

/// Spells a member's name as a field. The structs say `rename_all = "PascalCase"`, so it must lead back to the name.
pub fn field(member: &str) -> Result<String> {
    let snake = snake(member);
    let back: String = snake.split('_').map(capitalised).collect();
    ensure!(back == member, "the field {snake} would be {back} on the wire, not {member}");
    let is_keyword =
        ["type", "match", "ref", "in", "for", "use", "where", "move", "static", "box", "dyn"].contains(&&*snake);
    Ok(if is_keyword { format!("r#{snake}") } else { snake })
}

/// Spells an enum's word as a variant: `ROLLED_BACK` becomes `RolledBack`; `InvalidConfiguration` stays.
pub fn pascal(word: &str) -> String {
    if word.chars().any(char::is_lowercase) {
        return word.to_owned();
    }
    word.split(['_', '-']).map(|part| capitalised(&part.to_lowercase())).collect()
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::{field, pascal, screaming};

    #[test]
    fn names_are_spelled_as_rust_spells_them() {
        assert_eq!(screaming("MinutesBetween0And24Hours"), "MINUTES_BETWEEN0_AND24_HOURS");
        assert_eq!(field("KmsKeyIdentifier").unwrap(), "kms_key_identifier");
        assert_eq!(field("Type").unwrap(), "r#type");
        assert_eq!(pascal("READY_FOR_DEPLOYMENT"), "ReadyForDeployment");
        assert_eq!(pascal("PollIntervalNotSatisfied"), "PollIntervalNotSatisfied");
    }

    #[test]
    fn a_field_that_serde_would_rename_to_something_else_is_refused() {
        assert!(field("tagKeys").is_err());
        assert!(field("a_b").is_err());
    }
}
