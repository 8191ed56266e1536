//! The name of a content.

use sha2::{Digest, Sha256};

/// The SHA-256 of a content, which is its name.
///
/// Its text form is 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub [u8; 32]);

impl BlobId {
    /// Computes the name of this content.
    pub fn of(content: &[u8]) -> BlobId {
        BlobId(Sha256::digest(content).into())
    }
}

/// What a list of blobs says of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobInfo {
    /// Its name.
    pub id: BlobId,
    /// The length of its content in bytes.
    pub size: u64,
}

crate::hex::text_form!(BlobId, |id: BlobId| id.0, BlobId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_sha_256_that_any_tool_prints() {
        let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(BlobId::of(b"").to_string(), of_nothing);
    }
}
