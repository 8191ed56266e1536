//! The two ways in which requests write when they were signed.

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads `20260131T235959Z` as milliseconds since 1970.
pub(super) fn read_basic(text: &[u8]) -> Option<i64> {
    let text: &[u8; 16] = text.try_into().ok()?;
    if text[8] != b'T' || text[15] != b'Z' {
        return None;
    }
    let two = |at: usize| number(&text[at..at + 2]);
    at_ms(number(&text[..4])?, two(4)?, two(6)?, [two(9)?, two(11)?, two(13)?])
}

/// Reads a `Date` header, `Sat, 31 Jan 2026 23:59:59 GMT`, or with `-0000` at the end, as botocore writes it. The day of
/// the week is not looked at.
pub(super) fn read_http(text: &[u8]) -> Option<i64> {
    let (text, zone) = text.split_at_checked(26)?;
    let separators = [(3, b','), (4, b' '), (7, b' '), (11, b' '), (16, b' '), (19, b':'), (22, b':'), (25, b' ')];
    if separators.iter().any(|&(at, byte)| text[at] != byte) || !matches!(zone, b"GMT" | b"-0000" | b"+0000") {
        return None;
    }
    let month = MONTHS.iter().position(|month| month.as_bytes() == &text[8..11])? as i64 + 1;
    let two = |at: usize| number(&text[at..at + 2]);
    at_ms(number(&text[12..16])?, month, two(5)?, [two(17)?, two(20)?, two(23)?])
}

/// Writes `20260131T235959Z`. Times that have no four-digit year are written as the nearest that does.
pub(super) fn write_basic(at_ms: i64) -> [u8; 16] {
    let (days, ms) = (at_ms.div_euclid(DAY_MS), at_ms.rem_euclid(DAY_MS));
    let (year, month, day) = date_of(days.clamp(-719_528, 2_932_896));
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    let mut text = *b"00000000T000000Z";
    let fields = [(0, 4, year), (4, 2, month), (6, 2, day), (9, 2, hour), (11, 2, minute), (13, 2, second)];
    for (at, digits, mut value) in fields {
        for place in text[at..at + digits].iter_mut().rev() {
            *place = b'0' + (value % 10) as u8;
            value /= 10;
        }
    }
    text
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}

fn at_ms(year: i64, month: i64, day: i64, [hour, minute, second]: [i64; 3]) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_of(year, month, day);
    let is_real = date_of(days) == (year, month, day);
    is_real.then_some(days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000)
}

/// Days since 1970 of a date of the Gregorian calendar. Years are counted from March, so that a leap day ends one.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date that is so many days after 1970 began.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = (shifted + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_written() {
        #[track_caller]
        fn check(basic: &str, http: &str, at_ms: i64) {
            assert_eq!(read_basic(basic.as_bytes()), Some(at_ms), "{basic}");
            assert_eq!(read_http(http.as_bytes()), Some(at_ms), "{http}");
            assert_eq!(write_basic(at_ms + 999), *basic.as_bytes());
        }
        check("19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT", 0);
        check("20000229T123456Z", "Tue, 29 Feb 2000 12:34:56 GMT", 951_827_696_000);
        check("20260131T235959Z", "Sat, 31 Jan 2026 23:59:59 GMT", 1_769_903_999_000);
        check("19691231T235959Z", "Wed, 31 Dec 1969 23:59:59 GMT", -1000);
        check("99991231T235959Z", "Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799_000);
    }

    #[test]
    fn other_texts_are_not_dates() {
        for text in [
            "",
            "20260131",
            "20260131T235959",
            "20260131t235959Z",
            "2026-01-31T23:59",
            "20260229T000000Z",
            "20260431T000000Z",
            "20261301T000000Z",
            "20260100T000000Z",
            "20260101T240000Z",
            "20260101T006000Z",
            "20260101T000060Z",
            "+0260101T000000Z",
        ] {
            assert_eq!(read_basic(text.as_bytes()), None, "{text}");
        }
        assert_eq!(read_http(b"Sat, 31 Jan 2026 23:59:59 -0000"), Some(1_769_903_999_000));
        for text in [
            "",
            "Sat, 31 Jan 2026 23:59:59 ",
            "Sat, 31 Jan 2026 23:59:59 UTC",
            "Sat, 31 Jan 2026 23:59:59 +0100",
            "Sat, 30 Feb 2026 23:59:59 GMT",
            "Sat, 31 jan 2026 23:59:59 GMT",
        ] {
            assert_eq!(read_http(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_a_thousand_years_is_itself() {
        for day in -200_000..200_000 {
            let (year, month, date) = date_of(day);
            assert_eq!(days_of(year, month, date), day);
        }
        assert_eq!(write_basic(i64::MAX)[..8], *b"99991231");
        assert_eq!(write_basic(i64::MIN)[..8], *b"00000101");
    }
}
