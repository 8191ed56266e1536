//! Lists in pages. A page's token says where the next page begins, sealed, and opens only for the same list.

use aws_lc_rs::digest::{Context, SHA256};
use tidegate_domain::Page;
use tidegate_wire::Failure;

use super::Call;
use crate::node::Published;
use crate::session::Purpose;

/// The most that AWS returns at once, and the number when the caller names none.
const LIMIT: usize = 50;
const LENGTH: usize = 32;

/// A list being read.
pub(super) struct Paging<'a> {
    call: &'a Call<'a>,
    published: &'a Published,
    /// Names the list: operation, account, parents and filters.
    list: [u8; 8],
    pub limit: usize,
}

impl<'a> Paging<'a> {
    /// Begins to read a list that is named by these parts.
    pub(super) fn new(call: &'a Call<'a>, published: &'a Published, max_results: Option<i32>, parts: &[&str]) -> Self {
        let realm = &call.caller.realm;
        let mut context = Context::new(&SHA256);
        for part in [realm.account.as_str(), &realm.region].iter().chain(parts) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let digest = context.finish();
        let list = digest.as_ref()[..8].try_into().expect("a SHA-256 has 32 bytes");
        let limit = max_results.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIMIT).clamp(1, LIMIT);
        Self { call, published, list, limit }
    }

    /// Where the page begins: what the token says, or `first`.
    pub(super) fn start(&self, token: Option<&str>, first: u64) -> Result<u64, Failure> {
        Ok(self.resume(token)?.map_or(first, |[start, ..]| start))
    }

    /// What a token says; nothing without one.
    pub(super) fn resume(&self, token: Option<&str>) -> Result<Option<[u64; 3]>, Failure> {
        let Some(token) = token else { return Ok(None) };
        let now_ms = self.call.node.clock.now_ms();
        let record: Option<[u8; LENGTH]> = self.published.keyring.open(Purpose::Page, token, now_ms);
        match record {
            Some(record) if record[..8] == self.list => {
                let part = |index: usize| {
                    let part = record[8 * index..8 * (index + 1)].try_into().expect("a part has 8 bytes");
                    u64::from_be_bytes(part)
                };
                Ok(Some([part(1), part(2), part(3)]))
            }
            _ => Err(Failure::bad_request(format!("Invalid nextToken parameter {}.", shown(token)))),
        }
    }

    /// Turns a page into items of the output, and the token for the next one.
    pub(super) fn finish<T, U>(
        &self,
        page: Page<T>,
        item: impl FnMut(&T) -> U,
    ) -> Result<(Option<Vec<U>>, Option<String>), Failure> {
        self.finish_with(&page.items, page.next.map(|next| [next, 0, 0]), item)
    }

    /// The same with more to say about where the next page begins.
    pub(super) fn finish_with<T, U>(
        &self,
        items: &[T],
        next: Option<[u64; 3]>,
        item: impl FnMut(&T) -> U,
    ) -> Result<(Option<Vec<U>>, Option<String>), Failure> {
        let token = next.map(|next| {
            let mut record = [0; LENGTH];
            record[..8].copy_from_slice(&self.list);
            for (part, number) in record[8..].chunks_exact_mut(8).zip(next) {
                part.copy_from_slice(&number.to_be_bytes());
            }
            let now_ms = self.call.node.clock.now_ms();
            self.published.keyring.seal(Purpose::Page, &record, now_ms).ok_or_else(Failure::internal)
        });
        Ok((Some(items.iter().map(item).collect()), token.transpose()?))
    }
}

/// Puts what every account has behind what the account has made: `own` was read from `start`, and `tail` follows.
pub(super) fn with_tail<T>(own: Page<T>, start: u64, limit: usize, tail: Vec<T>) -> Page<T> {
    if own.next.is_some() {
        return own;
    }
    let first = u64::MAX - tail.len() as u64;
    // The last of the account's own may share a page with the first of the others.
    let own = own.items.into_iter().map(|item| (first - 1, item));
    let tail = tail.into_iter().zip(first..).map(|(item, place)| (place, item)).filter(|(place, _)| *place > start);
    Page::cut(own.chain(tail), limit)
}

/// As much of a strange token as helps to recognise it.
fn shown(token: &str) -> &str {
    token.char_indices().nth(64).map_or(token, |(end, _)| &token[..end])
}
