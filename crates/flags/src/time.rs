//! Points in time as documents and rules write them.

use ion_rs::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A time in UTC as the service writes it: milliseconds, without trailing zeros.
pub(crate) fn text_of_ms(now_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(now_ms).unwrap_or(jiff::Timestamp::MAX);
    time.to_string()
}

/// An RFC 3339 time as Go would write it again, that is without trailing zeros in its fraction; none if it is not one.
pub(crate) fn rfc3339(text: &str) -> Option<String> {
    let (head, rest) = text.split_at_checked(19)?;
    let bytes = head.as_bytes();
    if bytes[10] != b'T' {
        return None;
    }
    let zone_start = rest.find(|letter: char| letter != '.' && !letter.is_ascii_digit())?;
    let (fraction, zone) = rest.split_at(zone_start);
    let is_zone = zone == "Z"
        || matches!(zone.as_bytes(), [b'+' | b'-', a, b, b':', c, d] if [a, b, c, d].iter().all(|b| b.is_ascii_digit()));
    if !is_zone || fraction == "." || fraction.rfind('.').is_some_and(|at| at > 0) || fraction.len() > 10 {
        return None;
    }
    if !fraction.is_empty() && !fraction.starts_with('.') {
        return None;
    }
    instant(text)?;
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    Some(format!("{head}{fraction}{zone}"))
}

/// Nanoseconds since 1970 of a W3C date-time: a year, a month, a day, or a day with a time and an offset. Dates begin
/// at midnight UTC. None if the text is not one.
pub(crate) fn instant(text: &str) -> Option<i128> {
    let bytes = text.as_bytes();
    let (year, month, day) = match bytes.len() {
        4 => (digits(bytes)?, 1, 1),
        5 if bytes[4] == b'T' => (digits(&bytes[..4])?, 1, 1),
        7 | 8 if bytes[4] == b'-' && matches!(bytes.get(7), None | Some(b'T')) => {
            (digits(&bytes[..4])?, digits(&bytes[5..7])?, 1)
        }
        10 | 11 if bytes[4] == b'-' && bytes[7] == b'-' && matches!(bytes.get(10), None | Some(b'T')) => {
            (digits(&bytes[..4])?, digits(&bytes[5..7])?, digits(&bytes[8..10])?)
        }
        16.. if bytes[4] == b'-' && bytes[10] == b'T' => {
            return text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_nanosecond);
        }
        _ => return None,
    };
    let (year, month, day) = (i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    nanoseconds(DateTime::new(year, month, day, 0, 0, 0, 0).ok()?)
}

/// Nanoseconds since 1970 of an Ion timestamp; what it leaves out is the earliest possible.
pub(crate) fn instant_of_ion(timestamp: &Timestamp) -> Option<i128> {
    let offset_s = i128::from(timestamp.offset().unwrap_or(0)) * 60;
    let small = |number: u32| i8::try_from(number).ok();
    let time = DateTime::new(
        i16::try_from(timestamp.year()).ok()?,
        small(timestamp.month().max(1))?,
        small(timestamp.day().max(1))?,
        small(timestamp.hour())?,
        small(timestamp.minute())?,
        small(timestamp.second())?,
        i32::try_from(timestamp.nanoseconds()).ok()?,
    );
    Some(nanoseconds(time.ok()?)? - offset_s * 1_000_000_000)
}

fn nanoseconds(time: DateTime) -> Option<i128> {
    Offset::UTC.to_timestamp(time).ok().map(jiff::Timestamp::as_nanosecond)
}

fn digits(bytes: &[u8]) -> Option<u16> {
    bytes.iter().try_fold(0u16, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u16::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_lose_their_trailing_zeros() {
        assert_eq!(text_of_ms(1_790_596_614_984), "2026-09-28T11:56:54.984Z");
        assert_eq!(text_of_ms(1_790_596_617_650), "2026-09-28T11:56:57.65Z");
        assert_eq!(text_of_ms(1_790_596_617_000), "2026-09-28T11:56:57Z");
    }

    #[test]
    fn only_rfc_3339_is_taken_for_a_time() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(rfc3339(text).as_deref(), expected, "{text}");
        check("2000-01-01T00:00:00Z", Some("2000-01-01T00:00:00Z"));
        check("2000-01-01T00:00:00.250000Z", Some("2000-01-01T00:00:00.25Z"));
        check("2000-01-01T00:00:00.000+01:00", Some("2000-01-01T00:00:00+01:00"));
        for text in ["2000-01-01", "", "2000-13-01T00:00:00Z", "2000-01-01 00:00:00Z", "2000-01-01T00:00:00"] {
            check(text, None);
        }
        check("2000-01-01T00:00:00.1.2Z", None);
        check("2000-01-01T00:00:00ZZ", None);
    }

    #[test]
    fn shorter_dates_begin_their_period() {
        let midnight = instant("2024-01-01T00:00:00Z");
        assert!(midnight.is_some());
        for text in ["2024", "2024T", "2024-01", "2024-01T", "2024-01-01", "2024-01-01T", "2024-01-01T01:00:00+01:00"] {
            assert_eq!(instant(text), midnight, "{text}");
        }
        for text in ["", "24", "20 4", "2024-1-1", "2024-00-01", "yesterday", "2024-01-01T00", "ééé"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
