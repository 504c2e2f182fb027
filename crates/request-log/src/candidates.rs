//! A page: which index leads to it, and what is looked at on the way.

use crate::table;
use kaipiao_ports::request_log::{LoggedRequest, OrderOwner, RequestPage, RequestQuery};
use rusqlite::{Connection, ToSql};

/// Requests that a page looks at, at most: one that looked at 5,000 took longer than its aim (docs/console.md).
const MOST_LOOKED_AT: usize = 2_000;

/// The condition that an index serves, and its value.
type Seek<'q> = (&'static str, Option<&'q str>);

/// The statement that walks an index between two places, newest or oldest first.
fn statement(condition: &str, oldest_first: bool) -> String {
    let order = if oldest_first { "ASC" } else { "DESC" };
    let (table, id) = match condition {
        BY_ORDER => ("request_orders", "request"),
        _ => ("requests", "id"),
    };
    format!(
        "SELECT {id} FROM {table} WHERE {condition} AND {id} >= ?2 AND {id} < ?3
         ORDER BY {id} {order} LIMIT ?4"
    )
}

const BY_ORDER: &str = "order_id = ?1";
const BY_RID: &str = "rid = ?1";
const BY_ACCOUNT: &str = "account = ?1";
const BY_ROUTE: &str = "route = ?1";
const BY_ERRCODE: &str = "errcode = ?1";
const ALL: &str = "?1 IS NULL";

/// What is walked: the filter that leaves the fewest, several for several accounts.
fn seeks(query: &RequestQuery) -> Vec<Seek<'_>> {
    let one = |condition, value| vec![(condition, Some(value))];
    let RequestQuery { accounts, route, errcode, rid, order_id, .. } = query;
    let (rid, order_id) = (rid.as_deref(), order_id.as_deref());
    let refused = errcode.as_deref().filter(|code| *code != "0");
    match (rid, order_id, refused, accounts, route, errcode) {
        (Some(rid), ..) => one(BY_RID, rid),
        (_, Some(order_id), ..) => one(BY_ORDER, order_id),
        (_, _, Some(code), ..) => one(BY_ERRCODE, code),
        (_, _, _, Some(accounts), ..) => {
            accounts.iter().map(|account| (BY_ACCOUNT, Some(&**account))).collect()
        }
        (.., Some(route), _) => one(BY_ROUTE, route),
        (.., Some(code)) => one(BY_ERRCODE, code),
        _ => vec![(ALL, None)],
    }
}

/// Whether a request is all that is asked for.
fn is_asked_for(request: &LoggedRequest, query: &RequestQuery) -> bool {
    let is = |asked: &Option<String>, value: &str| asked.as_ref().is_none_or(|it| it == value);
    is(&query.route, &request.route)
        && query.except_route.as_ref().is_none_or(|route| *route != request.route)
        && is(&query.errcode, &request.errcode)
        && is(&query.rid, &request.rid)
        && (request.is_proved || !query.is_proved)
        && query.accounts.as_ref().is_none_or(|all| all.contains(&request.account))
        && query.order_id.as_ref().is_none_or(|order_id| {
            let owner = query.order_owner.as_ref();
            request.order_ids.contains(order_id)
                && owner.is_none_or(|owner| is_of_owner(request, order_id, owner))
        })
}

/// Whether a request that has an order's number means this merchant's order of that number.
fn is_of_owner(request: &LoggedRequest, order_id: &str, owner: &OrderOwner) -> bool {
    let mut found =
        request.found_orders.iter().filter(|one| one.order_id.as_str() == order_id).peekable();
    if found.peek().is_some() {
        return found.any(|one| one.merchant.as_str() == owner.merchant);
    }
    owner.accounts.contains(&request.account) || request.named_appid == owner.merchant
}

/// Requests to look at.
struct Candidates {
    /// Their places, in the order that is asked for.
    ids: Vec<i64>,
    /// There are more behind them.
    has_more: bool,
}

fn candidates(connection: &Connection, query: &RequestQuery) -> rusqlite::Result<Candidates> {
    let from = query.from_ms.map_or(i64::MIN, |ms| ms.saturating_mul(1000));
    let to = query.to_ms.map_or(i64::MAX, |ms| ms.saturating_add(1).saturating_mul(1000));
    let before = query.before.unwrap_or(i64::MAX).min(to);
    let seeks = seeks(query);
    // A place as it comes in the order that is asked for: the next one is smaller.
    let turned = |id: i64| if query.oldest_first { -id } else { id };
    let (mut ids, mut floor) = (Vec::new(), i64::MIN);
    for (condition, value) in &seeks {
        let mut walk = connection.prepare(&statement(condition, query.oldest_first))?;
        let most = (MOST_LOOKED_AT / seeks.len()).max(query.limit + 1);
        let parameters: [&dyn ToSql; 4] = [value, &from, &before, &(most as i64)];
        let found = walk.query_map(parameters, |row| row.get(0))?;
        let found: Vec<i64> = found.collect::<Result<_, _>>()?;
        if found.len() == most {
            // What comes behind may be missing of this one, so nothing behind is looked at of the others.
            floor = floor.max(found.last().copied().map_or(floor, turned));
        }
        ids.extend(found);
    }
    ids.retain(|id| turned(*id) >= floor);
    ids.sort_unstable_by_key(|id| core::cmp::Reverse(turned(*id)));
    Ok(Candidates { ids, has_more: floor > i64::MIN })
}

/// The page.
pub(crate) fn page(connection: &Connection, query: &RequestQuery) -> rusqlite::Result<RequestPage> {
    // One moment for all that is read.
    let transaction = connection.unchecked_transaction()?;
    let Candidates { ids, has_more } = candidates(&transaction, query)?;
    let mut page = RequestPage::default();
    for (looked_at, id) in ids.iter().enumerate() {
        if page.requests.len() == query.limit {
            page.next = page.requests.last().map(|request| request.id);
            return Ok(page);
        }
        if looked_at == MOST_LOOKED_AT {
            page.next = ids.get(looked_at - 1).copied();
            return Ok(page);
        }
        let found = table::head_of(&transaction, *id)?;
        page.requests.extend(found.filter(|request| is_asked_for(request, query)));
    }
    page.next = ids.last().copied().filter(|_| has_more);
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_filter_seeks_by_an_index() {
        let connection = Connection::open_in_memory().unwrap();
        table::create(&connection).unwrap();
        for condition in [BY_ORDER, BY_RID, BY_ACCOUNT, BY_ROUTE, BY_ERRCODE, ALL] {
            for oldest_first in [false, true] {
                let statement = statement(condition, oldest_first);
                let explained = format!("EXPLAIN QUERY PLAN {statement}");
                let mut plan = connection.prepare(&explained).unwrap();
                let parameters: [&dyn ToSql; 4] = [&"x", &0, &9, &1];
                let steps = plan.query_map(parameters, |row| row.get::<_, String>(3)).unwrap();
                let steps: Vec<String> = steps.map(Result::unwrap).collect();
                assert_eq!(steps.len(), 1, "{condition}: {steps:?}");
                assert!(steps[0].starts_with("SEARCH "), "{condition}: {steps:?}");
            }
        }
    }
}
