//! Times as an operator writes them.

use std::str::FromStr;

/// An instant in milliseconds since 1970: `2027-02-03T04:05:06Z`, the day `2027-02-03` in UTC, or `90m`, `6h`, `3d` ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When(pub i64);

impl FromStr for When {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "use 2027-02-03T04:05:06Z, 2027-02-03, or 30s, 90m, 6h or 3d for so long ago";
        if let Some(ago_ms) = ago_ms(text) {
            return Ok(Self(jiff::Timestamp::now().as_millisecond().saturating_sub(ago_ms)));
        }
        let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        whole.parse::<jiff::Timestamp>().map(|instant| Self(instant.as_millisecond())).map_err(|_| wrong)
    }
}

fn ago_ms(text: &str) -> Option<i64> {
    let unit = text.chars().last().filter(char::is_ascii_alphabetic)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let count: u32 = text[..text.len() - 1].parse().ok()?;
    i64::from(count).checked_mul(seconds * 1_000)
}

#[cfg(test)]
mod tests {
    use super::When;

    #[test]
    fn times_are_instants_days_or_so_long_ago() {
        assert_eq!("2026-09-21T14:13:20Z".parse(), Ok(When(1_790_000_000_000)));
        assert_eq!("2026-09-21T16:13:20+02:00".parse(), Ok(When(1_790_000_000_000)));
        assert_eq!("2026-09-21".parse(), Ok(When(1_789_948_800_000)));
        let now = jiff::Timestamp::now().as_millisecond();
        let When(ago) = "90m".parse().unwrap();
        assert!((now - ago - 5_400_000).abs() < 60_000);
        for wrong in ["", "m", "yesterday", "5w", "-3h", "2026-13-01", "ä"] {
            assert!(wrong.parse::<When>().is_err(), "{wrong}");
        }
    }
}
