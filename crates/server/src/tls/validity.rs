//! When a certificate ends: the one thing that is read of it here. Whether it is right is for rustls to say.

/// The end of a certificate in seconds since 1970; none if it is no certificate.
pub(super) fn not_after_s(der: &[u8]) -> Option<i64> {
    // Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { [0] version, serial, algorithm, issuer, validity, … } … }
    let mut certificate = Reader(der).inside(SEQUENCE)?;
    let mut body = certificate.inside(SEQUENCE)?;
    if body.0.first() == Some(&VERSION) {
        body.next()?;
    }
    let (_serial, _algorithm, _issuer) = (body.next()?, body.next()?, body.next()?);
    let mut validity = body.inside(SEQUENCE)?;
    let _not_before = validity.next()?;
    match validity.next()? {
        (UTC_TIME, text) => {
            let year = digits(text.get(..2)?)?;
            seconds(if year < 50 { 2000 + year } else { 1900 + year }, text.get(2..)?)
        }
        (GENERALIZED_TIME, text) => seconds(digits(text.get(..4)?)?, text.get(4..)?),
        _ => None,
    }
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// What is left of a DER encoding.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Takes one element: its tag and its contents.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let [tag, length, rest @ ..] = self.0 else { return None };
        let (length, rest) = match *length {
            short @ 0..=0x7f => (usize::from(short), rest),
            long @ 0x81..=0x84 => {
                let (length, rest) = rest.split_at_checked(usize::from(long - 0x80))?;
                (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, contents))
    }

    fn inside(&mut self, wanted: u8) -> Option<Self> {
        let (tag, contents) = self.next()?;
        (tag == wanted).then_some(Self(contents))
    }
}

/// `MMDDHHMMSSZ` in a year.
fn seconds(year: i64, text: &[u8]) -> Option<i64> {
    let number = |at: usize| text.get(at..at + 2).and_then(digits);
    let [month, day, hour, minute, second] = [number(0)?, number(2)?, number(4)?, number(6)?, number(8)?];
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day);
    if text.get(10..) != Some(b"Z") || !is_date {
        return None;
    }
    // Days since 1970 in the Gregorian calendar, with years that begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_year = (153 * month + 2) / 5 + day - 1;
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_are_counted_as_the_calendar_has_them() {
        #[track_caller]
        fn check(year: i64, text: &str, expected: Option<i64>) {
            assert_eq!(seconds(year, text.as_bytes()), expected, "{year} {text}");
        }
        check(1970, "0101000000Z", Some(0));
        check(2000, "0229235959Z", Some(951_868_799));
        check(2026, "1124234500Z", Some(1_795_563_900));
        check(2049, "1231235959Z", Some(2_524_607_999));
        check(9999, "1231235959Z", Some(253_402_300_799));
        check(2026, "1324000000Z", None);
        check(2026, "112423450Z", None);
        check(2026, "1124234500", None);
        check(2026, "1124234500+0100", None);
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = not_after_s(&bytes);
        }
    }
}
