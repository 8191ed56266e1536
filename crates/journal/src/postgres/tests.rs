use super::*;
use tidegate_engines::Postgres;

/// The URL of a database of this test's own.
pub(super) fn fresh_url() -> String {
    let server = Postgres::shared();
    server.url(&server.fresh_database())
}
