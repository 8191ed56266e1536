//! Lower-case hexadecimal of a fixed length: one spelling per value, so that a text can be compared instead of the value.

use std::fmt;

/// A text that is not the expected number of lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {digits} lower-case hexadecimal digits")]
pub struct NotHex {
    digits: usize,
}

pub(crate) fn write(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for byte in bytes {
        write!(f, "{byte:02x}")?;
    }
    Ok(())
}

pub(crate) fn read<const N: usize>(text: &str) -> Result<[u8; N], NotHex> {
    let not_hex = NotHex { digits: 2 * N };
    if text.len() != 2 * N {
        return Err(not_hex);
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
            return Err(not_hex);
        };
        *byte = high << 4 | low;
    }
    Ok(bytes)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

/// Gives a type its text form from a byte array: `Display`, `Debug`, `FromStr`, and serde as a string.
macro_rules! text_form {
    ($type:ident, $bytes:expr, $of_bytes:expr) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::hex::write(f, &$bytes(*self))
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($type))
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::NotHex;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::hex::read(text).map($of_bytes)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_form;

#[cfg(test)]
mod tests {
    use crate::{BlobId, EntryId};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_value_survives_its_text(number: u128, bytes: [u8; 32]) {
            let entry_id = EntryId(number);
            prop_assert_eq!(entry_id.to_string().parse(), Ok(entry_id));
            let json = serde_json::to_string(&BlobId(bytes)).unwrap();
            prop_assert_eq!(json.len(), 66);
            prop_assert_eq!(serde_json::from_str::<BlobId>(&json).unwrap(), BlobId(bytes));
        }

        #[test]
        fn a_text_that_is_read_is_the_only_spelling(text in "[0-9a-fA-F+x ]{31,33}|\\PC{0,40}") {
            if let Ok(entry_id) = text.parse::<EntryId>() {
                prop_assert_eq!(entry_id.to_string(), text);
            }
        }
    }

    #[test]
    fn an_id_reads_as_the_number_it_is() {
        assert_eq!(EntryId(0xab).to_string(), "000000000000000000000000000000ab");
        assert_eq!(EntryId::NONE.to_string(), "0".repeat(32));
        assert_eq!(format!("{:?}", EntryId(1)), format!("EntryId({}1)", "0".repeat(31)));
    }
}
