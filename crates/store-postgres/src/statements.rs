//! Every statement that the store sends, but for those that name no data (BEGIN, COMMIT, SET, LISTEN), the
//! migrations, and an import, which has the database to itself. Tests look at their plans, and that none is missing.

use crate::delivery::{claims, jobs, push_listing, pushes};
use crate::records::statements::{SaveStatement, Verb, read_sql};
use crate::records::{listing, purge, resident, search};
use crate::{examine, migrations, node, watch};
use kaipiao_domain::delivery::push::Outcome;
use kaipiao_ports::delivery::claims::Queue;
use kaipiao_ports::delivery::jobs::JobQuery;
use kaipiao_ports::delivery::outbox::{PushId, PushQuery, StateFilter};
use kaipiao_ports::record::Kind;
use kaipiao_ports::store::{After, ListBy, Page, PageOrder};

/// When a statement runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Somebody waits for it, or each order costs one: it looks into one bucket.
    Request,
    /// Now and then: at the start, each second, while work takes long, when an operator asks about everybody.
    Beside,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What it does.
    pub name: String,
    /// Its text, with `$1` and so on for its values.
    pub sql: String,
    /// When it runs.
    pub path: Path,
}

fn statement(name: impl Into<String>, path: Path, sql: impl Into<String>) -> Statement {
    Statement { name: name.into(), sql: sql.into(), path }
}

/// All of them.
pub fn statements() -> Vec<Statement> {
    let mut all = Vec::new();
    all.extend(of_records());
    all.extend(of_delivery());
    all.extend(of_pages());
    all.extend(of_push_listings());
    all.extend(of_job_listings());
    all.extend(of_nodes());
    all
}

fn of_records() -> Vec<Statement> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let table = kind.table();
        all.push(statement(format!("read {table}"), Path::Request, read_sql(kind)));
        for verb in Verb::ALL {
            let sql = SaveStatement::sql_of(kind, verb);
            all.push(statement(format!("{verb:?} {table}"), Path::Request, sql));
        }
        if kind.is_resident() {
            let sql = resident::changed_sql(kind);
            all.push(statement(format!("changed {table}"), Path::Beside, sql));
        }
        if kind.can_expire() {
            all.push(statement(format!("purge {table}"), Path::Beside, purge::unused_sql(kind)));
        }
        if !kind.fields().is_empty() {
            let (old, new) = (search::drop_old_sql(kind), search::add_new_sql(kind));
            all.push(statement(format!("unindex {table}"), Path::Beside, old));
            all.push(statement(format!("index {table}"), Path::Beside, new));
        }
    }
    for kind in purge::SWEPT {
        let name = format!("sweep {}", kind.table());
        all.push(statement(name, Path::Beside, purge::sweep_sql(kind)));
    }
    all.push(statement("take unindexed", Path::Beside, search::TAKE));
    all.push(statement("be the indexer", Path::Beside, search::TRY_LOCK));
    all
}

fn of_delivery() -> Vec<Statement> {
    let mut all = vec![
        statement("add a push", Path::Request, &*pushes::ADD),
        statement("lock the ready push", Path::Request, pushes::LOCK_READY),
        statement("claim pushes", Path::Request, &*pushes::CLAIM),
        statement("next due push", Path::Request, &*pushes::NEXT_DUE),
        statement("report a push", Path::Request, &*pushes::REPORT),
        statement("promote a push", Path::Request, pushes::PROMOTE),
        statement("lock a push", Path::Request, pushes::LOCK),
        statement("reopen a push", Path::Request, pushes::REOPEN),
        statement("remove a push", Path::Request, pushes::REMOVE),
        statement("purge pushes", Path::Beside, pushes::PURGE),
        statement("further attempts", Path::Beside, push_listing::FURTHER_ATTEMPTS),
        statement("ready pushes", Path::Beside, push_listing::ready_sql()),
        statement("set a job due", Path::Request, &*jobs::SET_DUE),
        statement("end a job", Path::Request, jobs::END),
        statement("claim jobs", Path::Request, &*jobs::CLAIM),
        statement("next due job", Path::Request, &*jobs::NEXT_DUE),
        statement("fail a job", Path::Request, &*jobs::FAIL),
        statement("run a job again", Path::Request, &*jobs::RUN_AGAIN),
        statement("find a job", Path::Request, jobs::IS_THERE),
        statement("purge jobs", Path::Beside, jobs::PURGE),
    ];
    for queue in Queue::ALL {
        let name = queue.name();
        all.extend([
            statement(format!("due turns of {name}"), Path::Beside, claims::due_turns_sql(queue)),
            statement(format!("open {name}"), Path::Beside, claims::count_open_sql(queue)),
            statement(format!("renew {name}"), Path::Beside, claims::renew_sql(queue)),
            statement(format!("held {name}"), Path::Beside, claims::held_sql(queue)),
            statement(format!("release {name}"), Path::Beside, claims::release_sql(queue)),
            statement(format!("free {name}"), Path::Beside, claims::free_node_sql(queue)),
        ]);
    }
    all
}

/// A listing of one owner's records is a request's, one of everybody's an operator's.
fn of_pages() -> Vec<Statement> {
    let owner = || "owner".to_owned();
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let mut ways =
            vec![ListBy::All, ListBy::Key { owner: None }, ListBy::Key { owner: Some(owner()) }];
        if kind.has_time() {
            ways.push(ListBy::Time { owner: owner(), from_ms: 0, to_ms: 1 });
        }
        let fields = kind.fields().iter();
        ways.extend(fields.flat_map(|field| {
            [None, Some((0, 1))].map(|within_ms| ListBy::Field {
                owner: owner(),
                field: *field,
                value: String::new(),
                within_ms,
            })
        }));
        let places = [None, Some(After::key("owner", "id")), Some(After::key("other", "id"))];
        for by in ways {
            let path = match by {
                ListBy::All | ListBy::Key { owner: None } => Path::Beside,
                _ => Path::Request,
            };
            for after in &places {
                for order in [PageOrder::Ascending, PageOrder::Descending] {
                    let name = format!("list {} by {by:?} {order:?} after {after:?}", kind.table());
                    let (by, after) = (by.clone(), after.clone());
                    let page = Page { kind, by, after, order, limit: 10 };
                    all.push(statement(name, path, listing::query(&page).sql));
                }
            }
        }
    }
    all
}

fn of_push_listings() -> Vec<Statement> {
    let mut all = Vec::new();
    let states = [
        None,
        Some(StateFilter::Open),
        Some(StateFilter::Completed(Outcome::Delivered)),
        Some(StateFilter::Completed(Outcome::GaveUp)),
        Some(StateFilter::Completed(Outcome::Unroutable)),
    ];
    let after = |account: &str| Some(PushId { account: account.to_owned(), number: 1 });
    for account in [None, Some("account".to_owned())] {
        let path = if account.is_some() { Path::Request } else { Path::Beside };
        for ordering_keys in [vec![], vec!["key".to_owned()]] {
            for state in states {
                for after in [None, after("account"), after("other")] {
                    let (account, ordering_keys) = (account.clone(), ordering_keys.clone());
                    let ask = PushQuery { account, ordering_keys, state, after, limit: 10 };
                    let sql = push_listing::query(&ask).sql;
                    all.push(statement(format!("list {ask:?}"), path, sql));
                }
            }
        }
    }
    all
}

fn of_job_listings() -> Vec<Statement> {
    let mut all = Vec::new();
    for account in [None, Some("account".to_owned())] {
        let path = if account.is_some() { Path::Request } else { Path::Beside };
        for queue in [None, Some(Queue::Issue)] {
            for failed in [None, Some(true), Some(false)] {
                for after in [None, Some(1)] {
                    let ask =
                        JobQuery { queue, account: account.clone(), failed, after, limit: 10 };
                    all.push(statement(format!("list {ask:?}"), path, jobs::query(&ask).sql));
                }
            }
        }
    }
    all
}

fn of_nodes() -> Vec<Statement> {
    vec![
        statement("take a node's name", Path::Beside, node::take_sql()),
        statement("nodes that are gone for good", Path::Beside, node::GONE_FOR_GOOD),
        statement("take over a node's name", Path::Beside, node::take_over_sql()),
        statement("who has a node's name", Path::Beside, node::HOLDER),
        statement("renew a node's name", Path::Beside, node::renew_sql()),
        statement("give a node's name back", Path::Beside, node::GIVE_BACK),
        statement("tell the other nodes", Path::Request, watch::NOTIFY),
        statement("whether others migrate", Path::Beside, migrations::TRY_LOCK),
        statement("wait for migrations", Path::Beside, migrations::WAIT_FOR_LOCK),
        statement("migrations that break", Path::Beside, migrations::BREAKING),
        statement("which nodes run", Path::Beside, migrations::RUNNING),
        statement("whether the database is new", Path::Beside, migrations::IS_NEW),
        statement("whether there are tables", Path::Beside, migrations::ARE_MADE),
        statement("applied migrations", Path::Beside, migrations::APPLIED),
        statement("note a migration", Path::Beside, migrations::NOTE),
        statement("what the server is", Path::Beside, examine::SERVER),
        statement("whether a standby is missing", Path::Beside, examine::LACKS_STANDBY),
        statement("the database's clock", Path::Beside, examine::CLOCK),
        statement("whether there are nodes", Path::Beside, examine::HAS_NODES),
        statement("the nodes' leases", Path::Beside, examine::LEASES),
    ]
}
