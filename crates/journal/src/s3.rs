//! Blobs in a bucket of S3, or of a store that speaks its language, beside a journal that lies elsewhere.
//!
//! For contents that are too many or too large for the journal's engine. A content is an object under its SHA-256, put before
//! the entry that refers to it; entries and snapshots stay where they are. Everything that S3 says of an object is
//! consistent by now: what was put is read and listed. Other stores have to be so, too.

mod address;

pub use address::{S3Address, WrongAddress};

use crate::{AppendError, BlobId, BlobInfo, Entry, Journal, Snapshot, Unavailable};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    BackoffConfig, Certificate, ClientOptions, Error, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig,
};
use std::future::Future;
use std::time::Duration;

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One request.
    pub request: Duration,
    /// An operation, with everything that is tried again.
    pub operation: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { request: Duration::from_secs(10), operation: Duration::from_secs(30) }
    }
}

/// An object that is larger than any content may be: something else.
const SIZE_LIMIT: u64 = 128 << 20;
/// What stands in the object that says that blobs of a journal are here.
const FORMAT: &[u8] = b"tidegate blobs 1\n";

/// A journal whose blobs lie in a bucket.
pub struct BlobsInS3<J> {
    journal: J,
    bucket: AmazonS3,
    prefix: Path,
    /// Where it is.
    store: String,
    limits: Limits,
}

impl<J: Journal> BlobsInS3<J> {
    /// Looks whether the bucket can be read and written. Credentials come from the environment, as AWS's own tools have it:
    /// `AWS_ACCESS_KEY_ID` and its kin, a web identity token, or what a container or a machine is given by its cloud.
    pub async fn open(journal: J, address: &S3Address) -> Result<BlobsInS3<J>, Unavailable> {
        BlobsInS3::open_with(journal, address, AmazonS3Builder::from_env(), Limits::default()).await
    }

    /// Does the same with other credentials and limits.
    pub async fn open_with(
        journal: J,
        address: &S3Address,
        builder: AmazonS3Builder,
        limits: Limits,
    ) -> Result<BlobsInS3<J>, Unavailable> {
        let store = address.to_string();
        let doing = format!("open the blobs in {store}");
        let bucket = bucket_of(address, builder, limits).map_err(|cause| Unavailable::new(&doing, cause))?;
        let opened = BlobsInS3 { journal, bucket, prefix: Path::from(address.prefix.as_str()), store, limits };
        opened.settle().await.map_err(|unavailable| Unavailable { doing, ..unavailable })?;
        Ok(opened)
    }

    /// Finds the mark of this format, or makes it.
    async fn settle(&self) -> Result<(), Unavailable> {
        let doing = "open the blobs in";
        let mark = self.prefix.clone().join("format");
        match self.get(doing, &mark, FORMAT.len() as u64 + 100).await? {
            Some(found) if found == FORMAT => Ok(()),
            Some(_) => Err(self
                .unavailable(doing, "its format is another than this version of Tidegate understands".into())
                .with_hint("run the version of Tidegate that wrote it, or a later one; or choose another prefix")),
            None => self.put(doing, &mark, Bytes::from_static(FORMAT)).await,
        }
    }

    fn path(&self, id: BlobId) -> Path {
        self.prefix.clone().join("blob").join(id.to_string())
    }

    async fn put(&self, doing: &str, path: &Path, content: Bytes) -> Result<(), Unavailable> {
        let put = self.bucket.put(path, PutPayload::from_bytes(content));
        match self.in_time(put).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.explained(doing, error)),
            Err(late) => Err(self.unavailable(doing, late)),
        }
    }

    async fn get(&self, doing: &str, path: &Path, size_limit: u64) -> Result<Option<Bytes>, Unavailable> {
        let get = async {
            let found = self.bucket.get(path).await?;
            if found.meta.size > size_limit { Ok(None) } else { found.bytes().await.map(Some) }
        };
        match self.in_time(get).await {
            Ok(Ok(Some(content))) => Ok(Some(content)),
            Ok(Ok(None)) => Err(self.unavailable(doing, format!("the object is larger than {size_limit} bytes"))),
            Ok(Err(error)) if is_absence(&error) => Ok(None),
            Ok(Err(error)) => Err(self.explained(doing, error)),
            Err(late) => Err(self.unavailable(doing, late)),
        }
    }

    async fn list(&self, after: Option<BlobId>, limit: usize) -> Result<Vec<BlobInfo>, Unavailable> {
        let doing = "list the blobs in";
        let folder = self.prefix.clone().join("blob");
        // Objects before all that are named by 64 digits.
        let offset = after.map_or_else(|| folder.clone(), |id| self.path(id));
        let mut objects = self.bucket.list_with_offset(Some(&folder), &offset);
        let mut listed = Vec::new();
        while listed.len() < limit {
            let object = match self.in_time(objects.next()).await {
                Ok(None) => break,
                Ok(Some(Ok(object))) => object,
                Ok(Some(Err(error))) => return Err(self.explained(doing, error)),
                Err(late) => return Err(self.unavailable(doing, late)),
            };
            // What is not named as a blob is none of ours.
            if let Some(id) = object.location.filename().and_then(|name| name.parse().ok()) {
                listed.push(BlobInfo { id, size: object.size });
            }
        }
        if !listed.is_sorted_by_key(|blob| blob.id) {
            let hint = "use a general purpose bucket: directory buckets do not sort, and could not be tidied up";
            return Err(self.unavailable(doing, "it lists objects in no order".into()).with_hint(hint));
        }
        Ok(listed)
    }

    async fn in_time<T>(&self, future: impl Future<Output = T>) -> Result<T, String> {
        let limit = self.limits.operation;
        let answer = tokio::time::timeout(limit, future).await;
        answer.map_err(|_| format!("no answer within {} s", limit.as_secs()))
    }

    fn unavailable(&self, doing: &str, cause: String) -> Unavailable {
        Unavailable::new(format!("{doing} {}", self.store), cause)
    }

    fn explained(&self, doing: &str, error: Error) -> Unavailable {
        let said = chain(&error);
        let hint = match &error {
            _ if said.contains("NoSuchBucket") => "make the bucket, or name another one",
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
                "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the role that the machine has; it needs s3:GetObject, \
                 s3:PutObject, s3:DeleteObject and s3:ListBucket"
            }
            _ if said.contains("redirect") => "name the bucket's region with ?region=NAME",
            _ if said.contains("certificate") => "name the authority that signed its certificate with ?ca=FILE",
            _ => {
                "see whether it can be reached, whether ?endpoint= and ?region= are right, and whether the environment has \
                 credentials; a running Tidegate goes on by itself when it can"
            }
        };
        self.unavailable(doing, said).with_hint(hint)
    }
}

fn bucket_of(address: &S3Address, builder: AmazonS3Builder, limits: Limits) -> Result<AmazonS3, String> {
    let mut client = ClientOptions::new().with_timeout(limits.request).with_connect_timeout(limits.request / 4);
    if let Some(file) = &address.ca {
        let explained = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", file.display());
        let pem = std::fs::read(file).map_err(|error| explained(&error))?;
        for certificate in Certificate::from_pem_bundle(&pem).map_err(|error| explained(&error))? {
            client = client.with_root_certificate(certificate);
        }
    }
    let mut builder = builder.with_bucket_name(&address.bucket);
    if let Some(region) = &address.region {
        builder = builder.with_region(region);
    }
    if let Some(endpoint) = &address.endpoint {
        builder = builder.with_endpoint(endpoint);
        client = client.with_allow_http(endpoint.starts_with("http://"));
    }
    let backoff = BackoffConfig { max_backoff: Duration::from_secs(1), ..BackoffConfig::default() };
    let retry = RetryConfig { backoff, max_retries: 5, retry_timeout: limits.operation / 2 };
    builder.with_client_options(client).with_retry(retry).build().map_err(|error| chain(&error))
}

/// Whether there is no such object, in a bucket that is there.
fn is_absence(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. }) && !chain(error).contains("NoSuchBucket")
}

/// An error with its causes, on one line and of a length that a log can bear.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !said.contains(&words) {
            said = format!("{said}: {words}");
        }
        source = cause.source();
    }
    let line: Vec<_> = said.split_whitespace().collect();
    line.join(" ").chars().take(600).collect()
}

impl<J: Journal> Journal for BlobsInS3<J> {
    fn append<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        self.journal.append(entry)
    }

    fn read(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, Unavailable>> {
        self.journal.read(after, limit)
    }

    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        self.journal.last()
    }

    fn wait(&self, after: u64) -> BoxFuture<'_, ()> {
        self.journal.wait(after)
    }

    fn put_blob<'a>(&'a self, content: &'a Bytes) -> BoxFuture<'a, Result<BlobId, Unavailable>> {
        Box::pin(async move {
            let id = BlobId::of(content);
            // Always: whatever may have become of one that was there, it is as it should be afterwards.
            self.put("store a blob in", &self.path(id), content.clone()).await?;
            Ok(id)
        })
    }

    fn get_blob(&self, id: BlobId) -> BoxFuture<'_, Result<Option<Bytes>, Unavailable>> {
        Box::pin(async move {
            let doing = format!("read blob {id} from");
            match self.get(&doing, &self.path(id), SIZE_LIMIT).await? {
                Some(content) if BlobId::of(&content) != id => {
                    let hint =
                        "somebody has changed the object: restore it from a backup, or store the same content again";
                    Err(self
                        .unavailable(&doing, "its content is no longer the one that was stored".into())
                        .with_hint(hint))
                }
                found => Ok(found),
            }
        })
    }

    fn save_snapshot<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), Unavailable>> {
        self.journal.save_snapshot(snapshot)
    }

    fn load_snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, Unavailable>> {
        self.journal.load_snapshot()
    }

    fn first(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        self.journal.first()
    }

    fn forget(&self, through: u64) -> BoxFuture<'_, Result<(), Unavailable>> {
        self.journal.forget(through)
    }

    fn begin<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        self.journal.begin(entry)
    }

    fn list_blobs(&self, after: Option<BlobId>, limit: usize) -> BoxFuture<'_, Result<Vec<BlobInfo>, Unavailable>> {
        Box::pin(self.list(after, limit))
    }

    fn delete_blob(&self, id: BlobId) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let doing = format!("delete blob {id} from");
            match self.in_time(self.bucket.delete(&self.path(id))).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) if is_absence(&error) => Ok(()),
                Ok(Err(error)) => Err(self.explained(&doing, error)),
                Err(late) => Err(self.unavailable(&doing, late)),
            }
        })
    }

    /// Writes to the journal, and looks for the bucket's mark: a write there at each look would be a bill.
    fn probe(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            self.journal.probe().await?;
            let doing = "look at";
            match self.get(doing, &self.prefix.clone().join("format"), SIZE_LIMIT).await? {
                Some(found) if found == FORMAT => Ok(()),
                _ => Err(self
                    .unavailable(doing, "the mark of its blobs is no longer there".into())
                    .with_hint("look who empties the bucket, restore what is missing, and start again")),
            }
        })
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
crate::journal_suite!(async {
    let address = tests::fresh_address().await;
    let journal = std::sync::Arc::new(crate::memory::MemoryJournal::new());
    crate::suite::Fixture::new(move || {
        let (journal, address) = (std::sync::Arc::clone(&journal), address.clone());
        async move { tests::open(journal, &address).await.unwrap() }
    })
});
