//! What the schema holds, and how it comes to be.
//!
//! Ids are texts, so that `psql` shows what logs and audit trails show.

use super::explain::Reason;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

/// What this binary writes: the number of steps below.
const VERSION: i32 = STEPS.len() as i32;

/// The oldest version whose binaries may go on with what this one writes. As long as a step only adds, it stays: then the
/// nodes of a cluster can be replaced one by one.
const USABLE_BY: i32 = 1;

/// What leads from each version to the next. `$schema` is the schema's name.
const STEPS: &[&str] = &["
    CREATE TABLE $schema.journal (
        number int8 PRIMARY KEY CHECK (number >= 1),
        id     text COLLATE \"C\" NOT NULL,
        prev   text COLLATE \"C\" NOT NULL,
        at_ms  int8 NOT NULL,
        body   text NOT NULL
    );
    CREATE TABLE $schema.blob (
        id      text COLLATE \"C\" PRIMARY KEY,
        content bytea NOT NULL
    );
    -- Most contents do not compress, or were compressed before; trying costs more than writing.
    ALTER TABLE $schema.blob ALTER COLUMN content SET STORAGE EXTERNAL;
    CREATE TABLE $schema.snapshot (
        lone   int4 PRIMARY KEY CHECK (lone = 1),
        number int8 NOT NULL,
        id     text COLLATE \"C\" NOT NULL,
        body   bytea NOT NULL
    );
    ALTER TABLE $schema.snapshot ALTER COLUMN body SET STORAGE EXTERNAL;
    CREATE TABLE $schema.probe (
        lone  int4 PRIMARY KEY CHECK (lone = 1),
        times int8 NOT NULL
    );
"];

/// What to do where there is no schema yet, or an old one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    Make,
    Refuse,
}

/// Commits a row: proves that the server can, and that its standby has everything before.
pub(super) fn write_probe(schema: &str) -> String {
    format!(
        "INSERT INTO {schema}.probe AS probe (lone, times) VALUES (1, 1)
         ON CONFLICT (lone) DO UPDATE SET times = probe.times + 1"
    )
}

/// Makes sure that the schema is Tidegate's, of a version that this binary may use.
pub(super) async fn settle(client: &Client, schema: &str, absent: Absent) -> Result<(), Reason> {
    match version(client, schema).await {
        // An older one is brought up to date with the next start of a server.
        Ok(Some(version)) if version >= VERSION || absent == Absent::Refuse => return Ok(()),
        Ok(_) => {}
        Err(reason) if reason.is_missing_table() => {}
        Err(reason) => return Err(reason),
    }
    if absent == Absent::Refuse {
        let hint =
            "name the database and the schema that `tidegate serve` uses; if they were there before, restore a backup";
        return Err(Reason::new(format!("there is no journal in the schema {schema}")).with_hint(hint));
    }
    client.batch_execute("BEGIN").await?;
    migrate(client, schema).await?;
    Ok(client.batch_execute("COMMIT").await?)
}

/// Says which version the schema has; refuses one that this binary must not write to.
async fn version(client: &Client, schema: &str) -> Result<Option<i32>, Reason> {
    let rows = client.query_typed(&format!("SELECT version, usable_by FROM {schema}.version"), &[]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (version, usable_by): (i32, i32) = (row.try_get(0)?, row.try_get(1)?);
    if usable_by > VERSION {
        let cause = format!(
            "the schema {schema} has version {version}, which needs {usable_by} or newer, and this binary (Tidegate {}) \
             understands version {VERSION}",
            env!("CARGO_PKG_VERSION")
        );
        let hint = "run the version of Tidegate that wrote it or a newer one, or restore a backup made before";
        return Err(Reason::new(cause).with_hint(hint));
    }
    Ok(Some(version))
}

/// In a transaction that the caller ends. Of several nodes that start at once, one does it.
async fn migrate(client: &Client, schema: &str) -> Result<(), Reason> {
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('tidegate.' || $1, 0))";
    client.query_typed(lock, &[(&schema, Type::TEXT)]).await?;
    let look = "SELECT to_regclass($1 || '.version') IS NOT NULL,
                       EXISTS (SELECT FROM pg_namespace WHERE nspname = $1),
                       EXISTS (SELECT FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = $1)";
    let rows = client.query_typed(look, &[(&schema, Type::TEXT)]).await?;
    let row = rows.first().ok_or_else(|| Reason::damaged("an answer without a row"))?;
    let (is_ours, is_there, is_in_use): (bool, bool, bool) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    if is_in_use && !is_ours {
        let cause = format!("the schema {schema} holds tables of another program");
        return Err(Reason::new(cause).with_hint("choose another one with schema=NAME in the store's URL"));
    }
    if !is_there {
        client.batch_execute(&format!("CREATE SCHEMA {schema}")).await?;
    }
    if !is_ours {
        let table = format!(
            "CREATE TABLE {schema}.version (
                 lone      int4 PRIMARY KEY CHECK (lone = 1),
                 version   int4 NOT NULL,
                 usable_by int4 NOT NULL
             );
             INSERT INTO {schema}.version (lone, version, usable_by) VALUES (1, 0, 0)"
        );
        client.batch_execute(&table).await?;
    }
    let from = version(client, schema).await?.ok_or_else(|| Reason::damaged("the schema's version is gone"))?;
    for step in STEPS.iter().skip(usize::try_from(from).unwrap_or(0)) {
        client.batch_execute(&step.replace("$schema", schema)).await?;
    }
    let note =
        format!("UPDATE {schema}.version SET version = {VERSION}, usable_by = {USABLE_BY} WHERE version < {VERSION}");
    Ok(client.batch_execute(&note).await?)
}
