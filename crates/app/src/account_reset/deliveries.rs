//! The pushes that an account is to receive, those that tell others of its orders and payments, and its jobs.

use super::scope::Scope;
use super::walk::{BATCH, Walk};
use crate::app::App;
use crate::failure::Failure;
use crate::payment::notices;
use crate::store_access::commit;
use kaipiao_domain::payment::payments::Payment;
use kaipiao_ports::delivery::jobs::{JobChange, JobQuery};
use kaipiao_ports::delivery::outbox::PushQuery;
use kaipiao_ports::record::Kind;
use kaipiao_ports::store::Commit;
use kaipiao_records::record;

pub(super) async fn remove(scope: &Scope<'_>) -> Result<(), Failure> {
    let Scope { app, appid, .. } = scope;
    remove_jobs(scope).await?;
    remove_pushes(app, PushQuery { account: Some(appid.to_string()), ..PushQuery::default() })
        .await?;
    remove_of_orders(scope).await?;
    remove_notices(scope).await
}

async fn remove_jobs(Scope { app, appid, .. }: &Scope<'_>) -> Result<(), Failure> {
    let query = JobQuery { account: Some(appid.to_string()), limit: BATCH, ..JobQuery::default() };
    loop {
        let found = app.store.jobs(&query).await?;
        if found.is_empty() {
            return Ok(());
        }
        let jobs = found.into_iter().map(|job| JobChange::Done(job.id)).collect();
        commit(app, Commit { jobs, ..Commit::default() }).await?;
    }
}

async fn remove_pushes(app: &App, query: PushQuery) -> Result<(), Failure> {
    let query = PushQuery { limit: BATCH, ..query };
    loop {
        let found = app.store.pushes(&query).await?;
        if found.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = found.into_iter().map(|listed| listed.push.id).collect();
        app.store.remove_pushes(&ids, app.now().unix_millis()).await?;
    }
}

/// An app that has asked for the link may be told of the order in the merchant's place (D-38).
async fn remove_of_orders(Scope { app, appid, sharing, .. }: &Scope<'_>) -> Result<(), Failure> {
    let mut walk = Walk::of_owner(app, Kind::Order, appid.as_str());
    while let Some(orders) = walk.next().await? {
        let ordering_keys: Vec<_> = orders.into_iter().map(|order| order.key.id).collect();
        for told in sharing.iter().filter(|told| *told != appid) {
            let (account, ordering_keys) = (Some(told.to_string()), ordering_keys.clone());
            remove_pushes(app, PushQuery { account, ordering_keys, ..PushQuery::default() })
                .await?;
        }
    }
    Ok(())
}

async fn remove_notices(scope: &Scope<'_>) -> Result<(), Failure> {
    let mut walk = Walk::of_all(scope.app, Kind::Payment);
    while let Some(found) = walk.next().await? {
        let payments = found.iter().filter_map(|stored| record::value::<Payment>(stored).ok());
        for payment in payments.filter(|payment| scope.has(payment)) {
            let account = Some(payment.mchid.to_string());
            let ordering_keys = notices::ordering_keys(&payment.out_trade_no);
            let query = PushQuery { account, ordering_keys, ..PushQuery::default() };
            remove_pushes(scope.app, query).await?;
        }
    }
    Ok(())
}
