//! What a server says of itself to whoever examines it: nothing is changed.

use crate::config::OpenError;
use crate::connection::{READ_ONLY, config, connect};
use kaipiao_ports::clock::Clock;

/// The server and the database, as they are at this moment.
#[derive(Clone, Debug)]
pub struct Facts {
    /// `15.14 (Debian 15.14-0+deb12u1)`.
    pub version: String,
    /// The version's first number.
    pub major: i32,
    /// Whether it follows another server, so that no node can run on it.
    pub is_standby: bool,
    /// By how many milliseconds the database's clock is ahead of this machine's; negative: behind.
    pub clock_ahead_ms: i64,
    /// By how much that may be wrong: half of what the answer took.
    pub give_or_take_ms: i64,
    /// Names in `nodes`, and those of them whose lease holds.
    pub leases: Leases,
    /// Connections that this user may have to this database, all programs' together.
    pub connections_at_most: i64,
    /// Connections of clients to the server at this moment, this one aside.
    pub connections_now: i64,
    /// Whether commits wait for a synchronous standby and none is connected; a role that may not see standbys learns it
    /// from its own commits.
    pub lacks_standby: bool,
    /// Settings of the server under which an acknowledged commit can be lost: `fsync=off`.
    pub loses: Vec<String>,
}

/// Nodes by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leases {
    /// Names that were ever leased.
    pub all: i64,
    /// Those whose lease holds.
    pub held: i64,
}

/// Role and database bound the connections too; -1: they do not. Superusers may use the reserved ones, others may not.
pub(crate) const SERVER: &str = "SELECT current_setting('server_version'), \
     current_setting('server_version_num')::integer / 10000, \
     (SELECT min(bound)::bigint FROM unnest(ARRAY[current_setting('max_connections')::integer \
     - current_setting('superuser_reserved_connections')::integer, \
     (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user), \
     (SELECT datconnlimit FROM pg_database WHERE datname = current_database())]) AS bound \
     WHERE bound >= 0), \
     (SELECT sum(numbackends)::bigint - 1 FROM pg_stat_database), \
     ARRAY(SELECT name || '=off' FROM pg_settings WHERE setting = 'off' \
     AND name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name), \
     pg_is_in_recovery()";
/// A commit of this role that has waited for so long, or, for a role that sees them, no synchronous standby.
pub(crate) const LACKS_STANDBY: &str = "SELECT NOT pg_is_in_recovery() AND current_setting('synchronous_standby_names') <> '' \
     AND current_setting('synchronous_commit') NOT IN ('off', 'local') \
     AND (EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep' \
     AND clock_timestamp() - state_change > interval '5 seconds') \
     OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') \
     AND NOT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')))";
pub(crate) const CLOCK: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
pub(crate) const HAS_NODES: &str = "SELECT to_regclass('nodes') IS NOT NULL";
pub(crate) const LEASES: &str =
    "SELECT count(*), count(*) FILTER (WHERE expires_at > statement_timestamp()) FROM nodes";

/// Asks the server.
pub async fn examine(url: &str, clock: &impl Clock) -> Result<Facts, OpenError> {
    let (client, connection) = connect(&config(url)?).await?;
    client.batch_execute(READ_ONLY).await?;
    let server = client.query_one(SERVER, &[]).await?;
    let leases = match client.query_one(HAS_NODES, &[]).await?.get(0) {
        true => {
            let row = client.query_one(LEASES, &[]).await?;
            Leases { all: row.get(0), held: row.get(1) }
        }
        false => Leases::default(),
    };
    let lacks_standby = client.query_one(LACKS_STANDBY, &[]).await?.get(0);
    // Prepared before, so that nothing but one answer lies between the two looks at this machine's clock.
    let ask = client.prepare(CLOCK).await?;
    let before_ms = clock.real_now().unix_millis();
    let database_ms: i64 = client.query_one(&ask, &[]).await?.get(0);
    let after_ms = clock.real_now().unix_millis();
    drop(client);
    connection.abort();
    Ok(Facts {
        version: server.get(0),
        major: server.get(1),
        clock_ahead_ms: database_ms - i64::midpoint(before_ms, after_ms),
        give_or_take_ms: (after_ms - before_ms) / 2,
        leases,
        connections_at_most: server.get(2),
        connections_now: server.get(3),
        lacks_standby,
        loses: server.get(4),
        is_standby: server.get(5),
    })
}
