//! What this node remembers of the calls of accounts: how many of each path they made today, and which were refused
//! lately. In memory and bounded: nothing of it costs a commit, and a restart forgets it (D-203, D-204).

use axum::http::{Method, Uri};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::time::Timestamp;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Accounts that are remembered at most. Only those whose token works are counted.
const MOST_ACCOUNTS: usize = 10_000;
/// Refused requests of an account that are remembered at most.
const MOST_REFUSED: usize = 32;
/// Bytes of a request's address that are remembered, and of its answer.
const MOST_URL_BYTES: usize = 512;
const MOST_ANSWER_BYTES: usize = 1024;
/// A rid can be asked for so long (wire_facts 2.2).
const RID_LIFE: core::time::Duration = core::time::Duration::from_secs(7 * 86_400);

/// A request that was refused.
#[derive(Clone, Debug)]
pub(crate) struct RefusedRequest {
    pub(crate) rid: String,
    pub(crate) at: Timestamp,
    pub(crate) elapsed_ms: u64,
    /// Method, path and query, without the token.
    pub(crate) url: String,
    pub(crate) answer: String,
    /// Whom it was from; empty: not known.
    pub(crate) client: String,
}

/// The calls of all accounts.
pub struct CallLog {
    /// The paths of all calls.
    paths: Vec<&'static str>,
    accounts: Mutex<HashMap<AppId, AccountCalls>>,
}

#[derive(Default)]
struct AccountCalls {
    /// The calendar day in China that the counts belong to.
    day: i64,
    counts: HashMap<String, u64>,
    refused: VecDeque<RefusedRequest>,
}

impl CallLog {
    /// One of the calls with these paths, in which nothing is remembered.
    pub fn new(paths: impl IntoIterator<Item = &'static str>) -> Self {
        Self { paths: paths.into_iter().collect(), accounts: Mutex::default() }
    }

    /// Whether this is the path of a call.
    pub(crate) fn knows(&self, path: &str) -> bool {
        self.paths.contains(&path)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<AppId, AccountCalls>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<R>(&self, appid: &AppId, act: impl FnOnce(&mut AccountCalls) -> R) -> Option<R> {
        let mut all = self.all();
        if let Some(calls) = all.get_mut(appid) {
            return Some(act(calls));
        }
        let has_room = all.len() < MOST_ACCOUNTS;
        has_room.then(|| act(all.entry(appid.clone()).or_default()))
    }

    /// Counts a call.
    pub(crate) fn count(&self, appid: &AppId, path: &str, now: Timestamp) {
        self.with(appid, |calls| {
            let day = now.china_day();
            if calls.day != day {
                calls.day = day;
                calls.counts.clear();
            }
            match calls.counts.get_mut(path) {
                Some(count) => *count += 1,
                None => drop(calls.counts.insert(path.to_owned(), 1)),
            }
        });
    }

    /// How often an account has called a path today.
    pub(crate) fn used(&self, appid: &AppId, path: &str, now: Timestamp) -> u64 {
        let all = self.all();
        let today = all.get(appid).filter(|calls| calls.day == now.china_day());
        today.and_then(|calls| calls.counts.get(path)).copied().unwrap_or_default()
    }

    /// Forgets how often an account has called.
    pub(crate) fn forget_counts(&self, appid: &AppId) {
        if let Some(calls) = self.all().get_mut(appid) {
            calls.counts.clear();
        }
    }

    /// Remembers a refused request in the place of the account's oldest.
    pub(crate) fn remember(&self, appid: &AppId, mut request: RefusedRequest) {
        cut(&mut request.url, MOST_URL_BYTES);
        cut(&mut request.answer, MOST_ANSWER_BYTES);
        self.with(appid, |calls| {
            if calls.refused.len() == MOST_REFUSED {
                calls.refused.pop_front();
            }
            calls.refused.push_back(request);
        });
    }

    /// The account's refused request of that rid.
    pub(crate) fn find(&self, appid: &AppId, rid: &str, now: Timestamp) -> Option<RefusedRequest> {
        let all = self.all();
        let found = all.get(appid)?.refused.iter().find(|request| request.rid == rid)?;
        (!found.at.is_over(RID_LIFE, now)).then(|| found.clone())
    }
}

fn cut(text: &mut String, bytes: usize) {
    text.truncate(text.floor_char_boundary(bytes));
}

/// The token that a request is made with.
pub(crate) fn token_of(uri: &Uri) -> Option<String> {
    let pairs = form_urlencoded::parse(uri.query()?.as_bytes());
    let found = pairs.filter(|(name, _)| name == "access_token").last();
    found.map(|(_, token)| token.into_owned())
}

/// Method, path and query of a request, without the token.
pub(crate) fn shown_url(method: &Method, uri: &Uri) -> String {
    format!("{method} {}{}", uri.path(), shown_query(uri))
}

/// The parameters but the token and the secret.
fn shown_query(uri: &Uri) -> String {
    let pairs = form_urlencoded::parse(uri.query().unwrap_or("").as_bytes());
    let is_secret = |name: &str| ["access_token", "secret", "appsecret"].contains(&name);
    let shown = pairs.filter(|(name, _)| !is_secret(name));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(shown).finish();
    if query.is_empty() { query } else { format!("?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appid(n: usize) -> AppId {
        AppId::parse(&format!("wx{n:016x}")).unwrap()
    }

    fn refused(n: usize) -> RefusedRequest {
        RefusedRequest {
            rid: n.to_string(),
            at: Timestamp::from_unix_millis(0),
            elapsed_ms: 0,
            url: "中".repeat(1000),
            answer: String::new(),
            client: String::new(),
        }
    }

    #[test]
    fn an_accounts_memory_is_bounded_and_its_own() {
        let (log, now) = (CallLog::new([]), Timestamp::from_unix_millis(0));
        for n in 0..=MOST_REFUSED {
            log.remember(&appid(1), refused(n));
        }
        assert!(log.find(&appid(1), "0", now).is_none());
        assert!(log.find(&appid(1), "1", now).unwrap().url.len() <= MOST_URL_BYTES);
        assert!(log.find(&appid(2), "1", now).is_none());
        let late = now + RID_LIFE + core::time::Duration::from_millis(1);
        assert!(log.find(&appid(1), "1", late).is_none());
        for n in 0..2 * MOST_ACCOUNTS {
            log.count(&appid(n), "/x", now);
        }
        assert_eq!(log.all().len(), MOST_ACCOUNTS);
        assert_eq!(log.used(&appid(1), "/x", now), 1);
    }

    #[test]
    fn counts_are_of_one_day() {
        let (log, now) = (CallLog::new([]), Timestamp::from_unix_millis(0));
        log.count(&appid(1), "/x", now);
        log.count(&appid(1), "/x", now);
        assert_eq!(log.used(&appid(1), "/x", now), 2);
        let tomorrow = now + core::time::Duration::from_secs(86_400);
        assert_eq!(log.used(&appid(1), "/x", tomorrow), 0);
        log.count(&appid(1), "/x", tomorrow);
        assert_eq!(log.used(&appid(1), "/x", tomorrow), 1);
        log.forget_counts(&appid(1));
        assert_eq!(log.used(&appid(1), "/x", tomorrow), 0);
    }

    #[test]
    fn no_secret_is_remembered() {
        let uri: Uri = "/a?access_token=t&action=x%26&secret=s".parse().unwrap();
        assert_eq!(shown_query(&uri), "?action=x%26");
    }
}
