//! TLS of the listener: certificate and key from files, looked at again every few seconds.
//!
//! What is new and right is taken for connections from then on; what is new and wrong is reported, and what was right
//! before goes on being used. There is no way to TLS 1.1 or older, and no provider but aws-lc-rs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig, version};
use tidegate_model::Timestamp;

use crate::metrics::TlsMetrics;

mod validity;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long before its end a certificate is worth a warning.
const WARN_BEFORE_S: i64 = 14 * 24 * 60 * 60;
/// How often the warning is repeated.
const WARN_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// A certificate's or a key's file is some KiB long, and a bundle of authorities may be larger.
const MAX_FILE_BYTES: u64 = 4 * 1_024 * 1_024;

/// Which files TLS is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSettings {
    /// The certificate, in PEM, followed by those that lead to its authority.
    pub certificate: PathBuf,
    /// Its key, in PEM: PKCS#8, SEC1 or PKCS#1, not encrypted.
    pub key: PathBuf,
    /// Whose certificates clients are to show, if they are to.
    pub clients: Option<ClientCertificates>,
}

/// What is asked of clients' certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificates {
    /// The authorities that sign them, in PEM.
    pub authorities: PathBuf,
    /// Whether a client without one is refused. One that is shown has to be right in any case.
    pub are_required: bool,
}

/// The listener's TLS, as it stands.
pub struct Tls {
    settings: TlsSettings,
    config: ArcSwap<ServerConfig>,
    watched: Mutex<Watched>,
}

/// What the last look at the files found.
struct Watched {
    files: Vec<Vec<u8>>,
    not_after_s: i64,
    problem: Option<String>,
    warned: Option<Instant>,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong(String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Tls {
    /// Reads the files. Blocks for as long as that takes.
    pub fn open(settings: TlsSettings) -> Result<Self, Wrong> {
        let files = read(&settings)?;
        let (config, not_after_s) = config(&settings, &files)?;
        let watched = Watched { files, not_after_s, problem: None, warned: None };
        Ok(Self { settings, config: ArcSwap::new(config), watched: Mutex::new(watched) })
    }

    /// What new connections use.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.config.load_full()
    }

    /// What is the matter, in words, and when the certificate that is in use ends.
    pub(crate) fn report(&self, now_ms: i64) -> (Option<String>, Timestamp) {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = Timestamp(watched.not_after_s.saturating_mul(1_000));
        let has_ended = ends.0 <= now_ms;
        let ended = || has_ended.then(|| format!("the certificate ended at {ends}"));
        (watched.problem.clone().or_else(ended), ends)
    }

    /// Looks at the files again and again; does not return.
    pub(crate) async fn watch(self: &Arc<Self>, metrics: &TlsMetrics) {
        loop {
            let tls = self.clone();
            let of_look = metrics.clone();
            let looked = tokio::task::spawn_blocking(move || tls.look(&of_look, crate::clock::system_now_ms())).await;
            if looked.is_err() {
                tracing::error!("a look at the TLS certificate's files ended with a fault; please report it");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Takes over what has changed. One look at a time is made.
    fn look(&self, metrics: &TlsMetrics, now_ms: i64) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let found = read(&self.settings).and_then(|files| {
            // What was found wrong before may be right by now, as when the key comes after its certificate.
            let is_known = files == watched.files;
            Ok((!is_known).then_some((config(&self.settings, &files)?, files)))
        });
        match found {
            Ok(None) => {
                if watched.problem.take().is_some() {
                    tracing::info!("the TLS certificate's files are again what they were");
                }
            }
            Ok(Some(((config, not_after_s), files))) => {
                self.config.store(config);
                *watched = Watched { files, not_after_s, problem: None, warned: None };
                metrics.reloads.inc();
                let ends = Timestamp(not_after_s.saturating_mul(1_000));
                tracing::info!(%ends, "new connections use a new TLS certificate");
            }
            Err(wrong) => {
                let problem = format!("the TLS files have changed and are not used: {wrong}");
                if watched.problem.as_deref() != Some(&problem) {
                    tracing::error!("{problem}");
                }
                watched.problem = Some(problem);
            }
        }
        metrics.failing.set(watched.problem.is_some().into());
        metrics.not_after_s.set(watched.not_after_s);
        let left_s = watched.not_after_s - now_ms / 1_000;
        if left_s < WARN_BEFORE_S && watched.warned.is_none_or(|warned| warned.elapsed() >= WARN_EVERY) {
            watched.warned = Some(Instant::now());
            let ends = Timestamp(watched.not_after_s.saturating_mul(1_000));
            match left_s > 0 {
                true => tracing::warn!(%ends, "the TLS certificate ends soon"),
                false => tracing::error!(%ends, "the TLS certificate has ended; clients refuse it"),
            }
        }
    }
}

/// The files' bytes, in the order of the settings.
fn read(settings: &TlsSettings) -> Result<Vec<Vec<u8>>, Wrong> {
    let authorities = settings.clients.as_ref().map(|clients| &clients.authorities);
    let paths = [Some(&settings.certificate), Some(&settings.key), authorities].into_iter().flatten();
    paths.map(|path| read_file(path)).collect()
}

fn read_file(path: &Path) -> Result<Vec<u8>, Wrong> {
    use std::io::Read;
    let cannot = |error: std::io::Error| Wrong(format!("cannot read {}: {error}", path.display()));
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(cannot)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(Wrong(format!("{} is longer than {MAX_FILE_BYTES} bytes", path.display())));
    }
    Ok(bytes)
}

/// What the files' bytes make, with the end of the certificate in seconds since 1970.
fn config(settings: &TlsSettings, files: &[Vec<u8>]) -> Result<(Arc<ServerConfig>, i64), Wrong> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let [certificate, key, authorities @ ..] = files else { unreachable!("two files are always read") };
    let chain = certificates(&settings.certificate, certificate)?;
    let not_after_s = validity::not_after_s(&chain[0])
        .ok_or_else(|| Wrong(format!("{}: the first certificate cannot be read", settings.certificate.display())))?;
    let key = certified_key(settings, &provider, chain, key)?;
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = builder.with_protocol_versions(&[&version::TLS13, &version::TLS12]);
    let builder = builder.map_err(|error| Wrong(error.to_string()))?;
    let builder = match (&settings.clients, authorities) {
        (Some(clients), [bytes]) => {
            let path = &clients.authorities;
            let mut roots = RootCertStore::empty();
            for authority in certificates(path, bytes)? {
                roots.add(authority).map_err(|error| Wrong(format!("{}: {error}", path.display())))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = if clients.are_required { verifier } else { verifier.allow_unauthenticated() };
            let verifier = verifier.build().map_err(|error| Wrong(format!("{}: {error}", path.display())))?;
            builder.with_client_cert_verifier(verifier)
        }
        _ => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(key)));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // A client that comes back spares both sides the signature. Tickets of the certificate before are not taken.
    config.ticketer = aws_lc_rs::Ticketer::new().map_err(|error| Wrong(error.to_string()))?;
    Ok((Arc::new(config), not_after_s))
}

fn certified_key(
    settings: &TlsSettings,
    provider: &CryptoProvider,
    chain: Vec<CertificateDer<'static>>,
    key: &[u8],
) -> Result<CertifiedKey, Wrong> {
    let path = settings.key.display();
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
        PemError::NoItemsFound => Wrong(format!(
            "{path} has no private key; a PEM file with PRIVATE KEY, EC PRIVATE KEY or RSA PRIVATE KEY, not encrypted, is \
             needed"
        )),
        error => Wrong(format!("{path}: {error}")),
    })?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            Wrong(format!("{path} is not the key of the first certificate in {}", settings.certificate.display()))
        }
        error => Wrong(format!("{path}: {error}")),
    })
}

/// The certificates in a file; at least one.
fn certificates(path: &Path, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, Wrong> {
    let found = CertificateDer::pem_slice_iter(bytes).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| Wrong(format!("{}: {error}", path.display())))?;
    if found.is_empty() {
        return Err(Wrong(format!("{} has no certificate; a PEM file with CERTIFICATE is needed", path.display())));
    }
    Ok(found)
}
