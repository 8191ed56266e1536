//! What is particular to PostgreSQL: servers that go away, stop, are replaced; TLS; schemas; answers that get lost.

use super::*;
use tidegate_engines::Postgres;

/// The address of a database of this test's own, on the server that these tests share.
pub(super) fn fresh_address() -> PostgresAddress {
    let server = Postgres::shared();
    server.url(&server.fresh_database()).parse().unwrap()
}
