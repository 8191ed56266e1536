//! What is particular to a bucket: that it may be missing, changed by others, out of reach or silent.

use super::*;
use crate::memory::MemoryJournal;
use tidegate_engines::{HANG, Proxy, S3};

async fn fresh_bucket(s3: &S3) -> S3Address {
    let bucket = s3.fresh_bucket();
    format!("s3://{bucket}/some/where?endpoint={}&region=eu-west-1", s3.url()).parse().unwrap()
}

/// An address on the server that these tests share, with an empty bucket.
pub(super) async fn fresh_address() -> S3Address {
    fresh_bucket(S3::shared()).await
}

fn credentials() -> AmazonS3Builder {
    AmazonS3Builder::new().with_access_key_id("test").with_secret_access_key("s3cret")
}

pub(super) async fn open<J: Journal>(journal: J, address: &S3Address) -> Result<BlobsInS3<J>, Unavailable> {
    BlobsInS3::open_with(journal, address, credentials(), Limits::default()).await
}

async fn open_in_a_hurry(address: &S3Address) -> Result<BlobsInS3<MemoryJournal>, Unavailable> {
    let limits = Limits { request: Duration::from_millis(800), operation: Duration::from_secs(2) };
    BlobsInS3::open_with(MemoryJournal::new(), address, credentials(), limits).await
}

#[tokio::test]
async fn a_blob_is_an_object_under_its_hash_and_nothing_is_in_the_journal() {
    let address = fresh_address().await;
    let journal = open(MemoryJournal::new(), &address).await.unwrap();
    let id = journal.put_blob(&Bytes::from_static(b"content")).await.unwrap();
    assert_eq!(journal.journal.get_blob(id).await.unwrap(), None);
    let names = S3::shared().list(&address.bucket);
    assert_eq!(names, [format!("some/where/blob/{id}"), "some/where/format".to_owned()]);
}

#[tokio::test]
async fn a_changed_object_is_an_error_until_it_is_stored_again() {
    let address = fresh_address().await;
    let journal = open(MemoryJournal::new(), &address).await.unwrap();
    let content = Bytes::from_static(b"as it was");
    let id = journal.put_blob(&content).await.unwrap();
    S3::shared().put(&address.bucket, &format!("some/where/blob/{id}"), "as it is");
    let unavailable = journal.get_blob(id).await.unwrap_err();
    assert!(unavailable.to_string().ends_with("its content is no longer the one that was stored"), "{unavailable}");
    journal.put_blob(&content).await.unwrap();
    assert_eq!(journal.get_blob(id).await.unwrap(), Some(content));
}

#[tokio::test]
async fn objects_of_others_are_not_listed() {
    let address = fresh_address().await;
    let journal = open(MemoryJournal::new(), &address).await.unwrap();
    let id = journal.put_blob(&Bytes::from_static(b"ours")).await.unwrap();
    for name in ["some/where/blob/0-theirs", "some/where/blob/zzz", "some/where/blobs", "elsewhere"] {
        S3::shared().put(&address.bucket, name, "theirs");
    }
    assert_eq!(journal.list_blobs(None, 10).await.unwrap(), [BlobInfo { id, size: 4 }]);
}

#[tokio::test]
async fn a_bucket_that_is_missing_is_unavailable_and_never_an_empty_one() {
    let address = S3Address { bucket: "no-such-bucket".into(), ..fresh_address().await };
    let Err(unavailable) = open_in_a_hurry(&address).await else { panic!("there is no such bucket") };
    assert!(unavailable.to_string().contains("s3://no-such-bucket/some/where at http://127.0.0.1:"), "{unavailable}");
    assert_eq!(unavailable.hint.as_deref(), Some("make the bucket, or name another one"));

    let address = fresh_address().await;
    let journal = open_in_a_hurry(&address).await.unwrap();
    let id = journal.put_blob(&Bytes::from_static(b"content")).await.unwrap();
    journal.probe().await.unwrap();
    S3::shared().remove_bucket(&address.bucket);
    assert!(journal.get_blob(id).await.is_err(), "not `None`: nobody has deleted the blob");
    assert!(journal.put_blob(&Bytes::from_static(b"content")).await.is_err());
    assert!(journal.list_blobs(None, 10).await.is_err());
    assert!(journal.delete_blob(id).await.is_err());
    assert!(journal.probe().await.is_err());
}

#[tokio::test]
async fn another_format_is_refused() {
    let address = fresh_address().await;
    S3::shared().put(&address.bucket, "some/where/format", "tidegate blobs 2\n");
    let Err(unavailable) = open_in_a_hurry(&address).await else { panic!("it is of another version") };
    assert!(unavailable.to_string().contains("its format is another"), "{unavailable}");
}

#[tokio::test]
async fn a_bucket_out_of_reach_fails_in_time_and_comes_back_by_itself() {
    let proxy = Proxy::start(S3::shared().address());
    let address = fresh_address().await;
    let address = S3Address { endpoint: Some(format!("http://{}", proxy.address())), ..address };
    let journal = open_in_a_hurry(&address).await.unwrap();
    let content = Bytes::from(vec![7; 300_000]);
    let id = journal.put_blob(&content).await.unwrap();
    proxy.hold();
    let unavailable = journal.get_blob(id).await.map(|blob| blob.is_some()).unwrap_err();
    assert!(unavailable.hint.as_ref().unwrap().starts_with("see whether it can be reached"), "{unavailable}");
    assert!(!format!("{unavailable:?}").contains("s3cret"));
    proxy.cut();
    assert!(journal.put_blob(&content).await.is_err());
    proxy.pass();
    let deadline = std::time::Instant::now() + HANG;
    while journal.put_blob(&content).await.is_err() {
        assert!(std::time::Instant::now() < deadline, "it can be reached again");
    }
    // An answer that breaks off in its middle is asked for again.
    proxy.cut_after_replies_of(100_000);
    assert!(journal.get_blob(id).await.unwrap() == Some(content));
}
