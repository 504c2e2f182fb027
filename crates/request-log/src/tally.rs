//! What an account's requests were answered with, counted in an index.

use kaipiao_ports::request_log::RequestTally;
use rusqlite::{Connection, params};

/// Requests that are counted at most.
const MOST_COUNTED: u64 = 100_000;

const STATEMENT: &str = "SELECT errcode, count(*) FROM (
        SELECT errcode FROM requests WHERE account = ?1 AND id >= ?2 AND is_proved
        ORDER BY id DESC LIMIT ?3
    ) GROUP BY errcode ORDER BY count(*) DESC, errcode";

pub(crate) fn tally(
    connection: &Connection,
    account: &str,
    from_ms: i64,
) -> rusqlite::Result<RequestTally> {
    count(connection, account, from_ms, MOST_COUNTED)
}

fn count(
    connection: &Connection,
    account: &str,
    from_ms: i64,
    most: u64,
) -> rusqlite::Result<RequestTally> {
    let mut counted = connection.prepare(STATEMENT)?;
    let from = from_ms.saturating_mul(1000);
    // One more says whether there are more.
    let limit = i64::try_from(most.saturating_add(1)).unwrap_or(i64::MAX);
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    let rows = counted.query_map(params![account, from, limit], |row| {
        Ok((row.get::<_, String>(0)?, number(row.get(1)?)))
    })?;
    let errcodes: Vec<_> = rows.collect::<Result<_, _>>()?;
    let requests = errcodes.iter().map(|(_, count)| count).sum();
    Ok(RequestTally { requests, is_cut: requests > most, errcodes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table;
    use kaipiao_ports::request_log::LoggedRequest;

    #[test]
    fn an_accounts_answers_are_counted_without_a_look_at_its_requests() {
        let connection = Connection::open_in_memory().unwrap();
        table::create(&connection).unwrap();
        for id in 0..10 {
            let request = LoggedRequest {
                id: id * 1000,
                account: if id == 9 { "wx2" } else { "wx1" }.to_owned(),
                errcode: if id % 3 == 0 { "72038" } else { "0" }.to_owned(),
                is_proved: id != 1,
                ..LoggedRequest::default()
            };
            table::insert(&connection, &request).unwrap();
        }
        let counted = |from_ms, most| count(&connection, "wx1", from_ms, most).unwrap();
        let errcodes = |zero, refused| vec![("0".to_owned(), zero), ("72038".to_owned(), refused)];
        let all = RequestTally { requests: 8, is_cut: false, errcodes: errcodes(5, 3) };
        assert_eq!(counted(0, 100), all);
        assert_eq!(counted(0, 8), all);
        assert_eq!(counted(4, 100).errcodes, errcodes(4, 1));
        assert!(counted(0, 7).is_cut);
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {STATEMENT}")).unwrap();
        let steps = plan.query_map(params!["wx1", 0, 9], |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<String> = steps.map(Result::unwrap).collect();
        let seeks = "SEARCH requests USING COVERING INDEX requests_by_account (account=? AND id>?)";
        assert!(steps.iter().any(|step| step == seeks), "{steps:?}");
    }
}
