//! Many batches, on the store in memory.

use super::walk::BATCH;
use super::{begin, finish};
use crate::access::accounts::{self, AccountSpec};
use crate::app::App;
use crate::invoicing::samples;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::delivery::push::PushKind;
use kaipiao_ports::delivery::claims::{ClaimRequest, Queue, Reported, TurnKey};
use kaipiao_ports::delivery::jobs::{JobChange, JobId, JobQuery};
use kaipiao_ports::delivery::outbox::{Destination, NewBody, NewPush, Next, PushQuery, PushReport};
use kaipiao_ports::record::{Body, Expect, Index, Key, Kind, Save};
use kaipiao_ports::store::{Commit, Page};
use kaipiao_records::record;
use kaipiao_records::server::AccountResets;
use kaipiao_store_memory::MemoryStore;
use std::sync::Arc;
use std::time::Duration;

const MERCHANT: &str = "wx00000000000000a1";
const APP: &str = "wx00000000000000a2";
const OTHER: &str = "wx00000000000000b1";
const MANY: usize = 2 * BATCH + 7;

async fn add_account(app: &App, appid: &str, role: &str, bound_to: Option<&str>) {
    let spec = AccountSpec {
        appid: appid.to_owned(),
        role: Some(role.to_owned()),
        bound_to: bound_to.map(str::to_owned),
        ..AccountSpec::default()
    };
    assert!(accounts::save(app, &spec).await.is_ok());
}

fn push(account: &str, order: usize) -> NewPush {
    NewPush {
        account: account.to_owned(),
        destination: Destination::Callback,
        kind: PushKind::Event,
        ordering_key: format!("{order:06}"),
        openid: "o".to_owned(),
        event: "user_authorize_invoice",
        body: NewBody::Whole("x".to_owned()),
        now_ms: 0,
    }
}

/// An order with a push to its merchant and to the app, and a job.
async fn add_order(app: &App, merchant: &str, order: usize) {
    let key = Key { kind: Kind::Order, owner: merchant.to_owned(), id: format!("{order:06}") };
    let (expect, body, index) = (Expect::Absent, Some(Body::new("{}")), Index::default());
    let id = JobId { queue: Queue::Issue, account: merchant.to_owned(), name: order.to_string() };
    let commit = Commit {
        saves: vec![Save { key, expect, body, index }],
        pushes: vec![push(merchant, order), push(merchant, order), push(APP, order)],
        jobs: vec![JobChange::Due { id, due_ms: 0 }],
    };
    app.store.commit(commit).await.unwrap();
}

async fn count(app: &App, account: &str) -> (usize, usize, usize) {
    let owner = Some(account.to_owned());
    let orders = app.store.list(&Page::by_key(Kind::Order, owner.clone(), 10 * MANY)).await;
    let query = PushQuery { account: owner.clone(), limit: 10 * MANY, ..PushQuery::default() };
    let pushes = app.store.pushes(&query).await;
    let query = JobQuery { account: owner, limit: 10 * MANY, ..JobQuery::default() };
    (orders.unwrap().len(), pushes.unwrap().len(), app.store.jobs(&query).await.unwrap().len())
}

#[tokio::test]
async fn batch_after_batch_goes_and_nothing_of_others() {
    let app = samples::app(Arc::new(MemoryStore::default()));
    add_account(&app, MERCHANT, "merchant", None).await;
    add_account(&app, OTHER, "merchant", None).await;
    add_account(&app, APP, "mini_program", Some(MERCHANT)).await;
    for order in 0..MANY {
        add_order(&app, MERCHANT, order).await;
    }
    add_order(&app, OTHER, MANY).await;
    let turn = TurnKey { account: MERCHANT.to_owned(), origin: String::new() };
    let request = ClaimRequest {
        turn: &turn,
        due_by_ms: 0,
        lapses_in: Duration::from_secs(60),
        limit: 1,
        holder: "main",
    };
    let token = app.store.claim_pushes(&request).await.unwrap().claims[0].token;
    assert_eq!(count(&app, MERCHANT).await, (MANY, 2 * MANY, MANY));
    // Nothing has begun.
    finish(&app).await.unwrap();
    assert_eq!(count(&app, MERCHANT).await, (MANY, 2 * MANY, MANY));

    begin(&app, &AppId::parse(MERCHANT).unwrap()).await.unwrap();
    finish(&app).await.unwrap();
    assert_eq!(count(&app, MERCHANT).await, (0, 0, 0));
    assert_eq!(count(&app, OTHER).await, (1, 2, 1));
    // What the app is told of the other's order, as tests may have it, is not the merchant's.
    assert_eq!(count(&app, APP).await, (0, 1, 0));
    let retry = PushReport { token, attempt: None, next: Next::Retry { due_ms: 0 } };
    assert_eq!(app.store.complete_push(retry).await.unwrap(), Reported::Lapsed);
    let resets = record::get_fresh::<AccountResets>(&*app.store, &AccountResets::key()).await;
    let expected = AccountResets { under_way: None, count: 1 };
    assert_eq!(resets.unwrap().unwrap().value, expected);
    assert!(accounts::find(&app, &AppId::parse(MERCHANT).unwrap()).await.unwrap().is_some());
}
