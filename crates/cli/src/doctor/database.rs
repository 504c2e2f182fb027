//! The PostgreSQL server: its version, its clock, who shares the database, and whether there are connections for them.

use super::finding::Finding;
use crate::settings::Settings;
use kaipiao_ports::clock::SystemClock;
use kaipiao_store_postgres::{Facts, examine as ask};

const SUBJECT: &str = "database";
/// The version that the tests run on.
const TESTED: i32 = 15;
/// Clocks that differ by that are not kept by NTP.
const APART_MS: i64 = 1_000;
/// A node's connections beside its pool: one listens, one renews the lease of its name, one its claims.
const BESIDE_POOL: i64 = 3;

/// What the database says, if there is one and it can be asked; why it cannot be is the store's finding.
pub(super) async fn examine(settings: &Settings, findings: &mut Vec<Finding>) {
    let Ok(Some(url)) = settings.database.address() else { return };
    if let Ok(facts) = ask(&url, &SystemClock::default()).await {
        findings.extend(judged(&facts, settings.database.connections));
    }
}

fn judged(facts: &Facts, pool: usize) -> [Finding; 5] {
    [version(facts), clock(facts), nodes(facts), connections(facts, pool), durability(facts)]
}

fn version(facts: &Facts) -> Finding {
    let found = format!("PostgreSQL {}", facts.version);
    if facts.is_standby {
        let advice = "check and doctor read it, a node cannot run on it: name the primary, or all servers with \
                      target_session_attrs=read-write";
        return Finding::error(SUBJECT, format!("{found}, a standby"), advice);
    }
    match facts.major {
        major if major < TESTED => {
            let advice =
                format!("Kaipiao is tested on {TESTED}; nobody has tried it on older ones");
            Finding::warning(SUBJECT, found, advice)
        }
        _ => Finding::ok(SUBJECT, found),
    }
}

fn clock(facts: &Facts) -> Finding {
    let Facts { clock_ahead_ms: ahead_ms, give_or_take_ms, .. } = facts;
    let way = if *ahead_ms < 0 { "behind" } else { "ahead of" };
    let apart_ms = ahead_ms.abs();
    let found = format!(
        "its clock is {apart_ms} ms {way} this machine's (give or take {give_or_take_ms} ms)"
    );
    if apart_ms - give_or_take_ms >= APART_MS {
        let advice = "keep both right with NTP: links and tickets expire by the nodes' clocks, claims by the database's";
        return Finding::warning(SUBJECT, found, advice);
    }
    Finding::ok(SUBJECT, found)
}

fn nodes(facts: &Facts) -> Finding {
    let found = format!(
        "{} nodes run on it now; {} names were leased in all",
        facts.leases.held, facts.leases.all
    );
    Finding::ok(SUBJECT, found)
}

/// Whether all nodes that run, or else this one, can have their connections.
fn connections(facts: &Facts, pool: usize) -> Finding {
    let each = i64::try_from(pool).unwrap_or(i64::MAX).saturating_add(BESIDE_POOL);
    let nodes = facts.leases.held.max(1);
    let wanted = each.saturating_mul(nodes);
    let Facts { connections_at_most: at_most, connections_now: now, .. } = facts;
    let found = format!(
        "at most {at_most} connections ({now} now); a node has up to {each} (database.connections \
         and {BESIDE_POOL} beside them), {nodes} nodes {wanted}"
    );
    if wanted > *at_most {
        let advice = "raise max_connections (or the role's or database's limit), or lower database.connections: \
                      what finds no connection is answered -1";
        return Finding::warning(SUBJECT, found, advice);
    }
    Finding::ok(SUBJECT, found)
}

fn durability(facts: &Facts) -> Finding {
    if facts.lacks_standby {
        let found = "commits wait for a synchronous standby, and none is connected: every change is answered -1, and its \
                     session hangs at the server until there is one";
        let advice = "start the standby, or take it out of synchronous_standby_names and reload: from then on a fail-over \
                      can lose what was acknowledged";
        return Finding::error(SUBJECT, found, advice);
    }
    match facts.loses.as_slice() {
        [] => Finding::ok(SUBJECT, "what was acknowledged is on its disk"),
        loses => Finding::error(
            SUBJECT,
            format!("{}: a crash loses what was acknowledged", loses.join(", ")),
            "turn it on",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Level;
    use kaipiao_store_postgres::Leases;

    fn facts() -> Facts {
        Facts {
            version: "15.1".into(),
            major: 15,
            is_standby: false,
            clock_ahead_ms: 0,
            give_or_take_ms: 3,
            leases: Leases { all: 4, held: 2 },
            connections_at_most: 38,
            connections_now: 1,
            lacks_standby: false,
            loses: Vec::new(),
        }
    }

    fn levels(facts: &Facts) -> [Level; 5] {
        judged(facts, 16).map(|finding| finding.level)
    }

    #[test]
    fn a_second_between_the_clocks_is_a_warning_unless_the_way_explains_it() {
        assert_eq!(levels(&facts()), [Level::Ok; 5]);
        for (clock_ahead_ms, level) in [
            (1_002, Level::Ok),
            (1_003, Level::Warning),
            (-1_002, Level::Ok),
            (-1_003, Level::Warning),
        ] {
            assert_eq!(levels(&Facts { clock_ahead_ms, ..facts() })[1], level, "{clock_ahead_ms}");
        }
        let behind = clock(&Facts { clock_ahead_ms: -5_000, ..facts() }).found;
        assert!(behind.contains("5000 ms behind"), "{behind}");
    }

    #[test]
    fn an_old_server_few_connections_and_a_server_that_forgets_are_found() {
        assert_eq!(levels(&Facts { major: 14, ..facts() })[0], Level::Warning);
        assert_eq!(levels(&Facts { is_standby: true, ..facts() })[0], Level::Error);
        assert_eq!(levels(&Facts { connections_at_most: 37, ..facts() })[3], Level::Warning);
        let alone = Facts { leases: Leases::default(), connections_at_most: 18, ..facts() };
        assert_eq!(levels(&alone)[3], Level::Warning);
        let loses = vec!["fsync=off".to_owned()];
        assert_eq!(levels(&Facts { loses, ..facts() })[4], Level::Error);
        assert_eq!(levels(&Facts { lacks_standby: true, ..facts() })[4], Level::Error);
    }
}
