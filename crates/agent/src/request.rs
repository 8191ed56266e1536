//! What a caller asks for: which flags, for whom, in which context. Bytes to values, within bounds.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};
use percent_encoding::percent_decode_str;
use tidegate_flags::Context;

use crate::failure::Failure;

/// The longest entity id, in bytes, as AWS says.
const LONGEST_ENTITY_ID: usize = 2_048;
/// Values of a context at most.
const MOST_VALUES: usize = 256;
/// Flags that are asked for by name at most.
const MOST_FLAGS: usize = 1_000;

pub(crate) const CONTEXT: HeaderName = HeaderName::from_static("context");
pub(crate) const ENTITY_ID: HeaderName = HeaderName::from_static("entity-id");

/// Reads `flag=a&flag=b`; other parameters are not for us.
pub(crate) fn flags(query: Option<&str>) -> Result<Vec<Cow<'_, str>>, Failure> {
    let mut flags = Vec::new();
    for pair in query.unwrap_or_default().split('&') {
        let Some(value) = pair.strip_prefix("flag=") else { continue };
        let value = match value.contains(['+', '%']) {
            true => {
                percent_decode_str(&value.replace('+', " ")).decode_utf8().map(|text| Cow::Owned(text.into_owned()))
            }
            false => Ok(Cow::Borrowed(value)),
        };
        flags.push(value.map_err(|_| Failure::bad_request("A flag's key is not UTF-8"))?);
        if flags.len() > MOST_FLAGS {
            return Err(Failure::bad_request(format!("More than {MOST_FLAGS} flags are asked for by name")));
        }
    }
    Ok(flags)
}

/// Reads `Context: key=value, key=value`, however many times, and `Entity-Id`.
pub(crate) fn context(headers: &HeaderMap) -> Result<(Context<'_>, Option<&str>), Failure> {
    let mut context = Context::new();
    let mut count = 0;
    for value in headers.get_all(CONTEXT) {
        let value =
            str::from_utf8(value.as_bytes()).map_err(|_| Failure::bad_request("A Context header is not UTF-8"))?;
        for item in value.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let pair = item.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
            let Some((key, value)) = pair.filter(|(key, _)| !key.is_empty()) else {
                let message = "A Context header has to be key=value, several separated by commas";
                return Err(Failure::bad_request(message));
            };
            context.set(key, value);
            count += 1;
            if count > MOST_VALUES {
                return Err(Failure::bad_request(format!("The context has more than {MOST_VALUES} values")));
            }
        }
    }
    let Some(entity) = headers.get(ENTITY_ID) else { return Ok((context, None)) };
    let entity =
        str::from_utf8(entity.as_bytes()).map_err(|_| Failure::bad_request("The Entity-Id header is not UTF-8"))?;
    if entity.is_empty() || entity.len() > LONGEST_ENTITY_ID {
        let message = format!("An Entity-Id has 1 to {LONGEST_ENTITY_ID} bytes, and this one has {}", entity.len());
        return Err(Failure::bad_request(message));
    }
    Ok((context.with_entity_id(entity), Some(entity)))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTEXT, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_context_is_repeated_or_separated_by_commas() {
        let headers = headers(&[b"email=jane_doe@example.org, tier = gold", b"tier=tin", b"query=a=b,,"]);
        let (context, entity) = context(&headers).unwrap();
        assert_eq!(
            ["email", "tier", "query", "none"].map(|key| context.get(key)),
            [Some("jane_doe@example.org"), Some("tin"), Some("a=b"), None]
        );
        assert!(entity.is_none());
    }

    #[test]
    fn what_is_no_context_is_refused() {
        let many = vec![&b"a=b"[..]; MOST_VALUES + 1];
        for values in [&[&b"email"[..]][..], &[b"=value"], &[b"a=\xff"], &[b"a=b,c"], &many] {
            assert_eq!(context(&headers(values)).unwrap_err().status, 400);
        }
    }

    #[test]
    fn an_entity_id_has_a_bound() {
        let with = |entity: &str| HeaderMap::from_iter([(ENTITY_ID, HeaderValue::from_str(entity).unwrap())]);
        let longest = "x".repeat(LONGEST_ENTITY_ID);
        assert_eq!(context(&with(&longest)).unwrap().1, Some(&*longest));
        for entity in ["", &"x".repeat(LONGEST_ENTITY_ID + 1)] {
            assert_eq!(context(&with(entity)).unwrap_err().status, 400);
        }
    }

    #[test]
    fn flags_are_named_in_the_query() {
        let named = |query| flags(Some(query)).unwrap().iter().map(|it| it.to_string()).collect::<Vec<_>>();
        assert_eq!(named("flag=a&x=1&flag=b%2Dc&flag="), ["a", "b-c", ""]);
        assert!(flags(None).unwrap().is_empty() && flags(Some("flag=%ff")).is_err());
    }
}
