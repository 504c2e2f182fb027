//! What this node remembers of the calls of accounts: how many of each path they made today, and which were refused
//! lately. In memory and bounded: nothing of it costs a commit, and a restart forgets it (D-203, D-204).

use axum::http::{Method, Uri};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::time::Timestamp;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Accounts whose calls are counted at most. Only those whose token works are counted.
const MOST_ACCOUNTS: usize = 10_000;
/// Refused requests that are remembered at most: of an account, and of all. With what each holds at most, all of them
/// are some 40 MB.
const MOST_REFUSED: usize = 32;
const MOST_REFUSED_OF_ALL: usize = 20_000;
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
    counted: Mutex<Counted>,
    refused: Mutex<Refused>,
}

/// How many calls the accounts have made that called last.
#[derive(Default)]
struct Counted {
    of_accounts: HashMap<AppId, Counts>,
    /// The accounts by their newest call: the longest idle one first.
    by_newest_call: BTreeMap<u64, AppId>,
    calls: u64,
}

#[derive(Default)]
struct Counts {
    /// The calendar day in China that they belong to.
    day: i64,
    of_paths: HashMap<&'static str, u64>,
    newest_call: u64,
}

/// The newest refused requests, by their order.
#[derive(Default)]
struct Refused {
    requests: BTreeMap<u64, (AppId, RefusedRequest)>,
    /// The places of each account's own in that order.
    of_accounts: HashMap<AppId, VecDeque<u64>>,
    /// The place of the next one.
    next: u64,
}

impl CallLog {
    /// One of the calls with these paths, in which nothing is remembered.
    pub fn new(paths: impl IntoIterator<Item = &'static str>) -> Self {
        let (counted, refused) = (Mutex::default(), Mutex::default());
        Self { paths: paths.into_iter().collect(), counted, refused }
    }

    /// Whether this is the path of a call.
    pub(crate) fn knows(&self, path: &str) -> bool {
        self.known(path).is_some()
    }

    fn known(&self, path: &str) -> Option<&'static str> {
        self.paths.iter().copied().find(|known| *known == path)
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self) -> MutexGuard<'_, Refused> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call; in the place of the longest idle account, where there are too many.
    pub(crate) fn count(&self, appid: &AppId, path: &str, now: Timestamp) {
        if let Some(path) = self.known(path) {
            self.counted().add(appid, path, now.china_day());
        }
    }

    /// How often an account has called a path today.
    pub(crate) fn used(&self, appid: &AppId, path: &str, now: Timestamp) -> u64 {
        let counted = self.counted();
        let today = counted.of_accounts.get(appid).filter(|counts| counts.day == now.china_day());
        today.and_then(|counts| counts.of_paths.get(path)).copied().unwrap_or_default()
    }

    /// Forgets how often an account has called.
    pub(crate) fn forget_counts(&self, appid: &AppId) {
        if let Some(counts) = self.counted().of_accounts.get_mut(appid) {
            counts.of_paths.clear();
        }
    }

    /// Forgets an account: how often it has called, and what it was refused.
    pub fn forget(&self, appid: &AppId) {
        self.forget_counts(appid);
        self.refused().forget_all_of(appid);
    }

    /// Forgets how often an account has called a path.
    pub(crate) fn forget_count(&self, appid: &AppId, path: &str) {
        if let Some(counts) = self.counted().of_accounts.get_mut(appid) {
            counts.of_paths.remove(path);
        }
    }

    /// Remembers a refused request in the place of the account's oldest, or of the oldest of all.
    pub(crate) fn remember(&self, appid: &AppId, mut request: RefusedRequest) {
        cut(&mut request.url, MOST_URL_BYTES);
        cut(&mut request.answer, MOST_ANSWER_BYTES);
        self.refused().add(appid, request);
    }

    /// The account's refused request of that rid.
    pub(crate) fn find(&self, appid: &AppId, rid: &str, now: Timestamp) -> Option<RefusedRequest> {
        let refused = self.refused();
        let mut own = refused.of_accounts.get(appid)?.iter();
        let found = own.find_map(|place| {
            refused.requests.get(place).map(|(_, request)| request).filter(|it| it.rid == rid)
        })?;
        (!found.at.is_over(RID_LIFE, now)).then(|| found.clone())
    }
}

impl Counted {
    fn add(&mut self, appid: &AppId, path: &'static str, day: i64) {
        let is_new = !self.of_accounts.contains_key(appid);
        if is_new
            && self.of_accounts.len() == MOST_ACCOUNTS
            && let Some((_, idle)) = self.by_newest_call.pop_first()
        {
            self.of_accounts.remove(&idle);
        }
        self.calls += 1;
        let counts = self.of_accounts.entry(appid.clone()).or_default();
        if counts.day != day {
            counts.day = day;
            counts.of_paths.clear();
        }
        *counts.of_paths.entry(path).or_default() += 1;
        self.by_newest_call.remove(&counts.newest_call);
        counts.newest_call = self.calls;
        self.by_newest_call.insert(self.calls, appid.clone());
    }
}

impl Refused {
    fn forget_all_of(&mut self, appid: &AppId) {
        for place in self.of_accounts.remove(appid).unwrap_or_default() {
            self.requests.remove(&place);
        }
    }

    fn add(&mut self, appid: &AppId, request: RefusedRequest) {
        let own = self.of_accounts.get(appid);
        let oldest = match own.filter(|own| own.len() == MOST_REFUSED).and_then(VecDeque::front) {
            Some(place) => Some(*place),
            None if self.requests.len() == MOST_REFUSED_OF_ALL => {
                self.requests.first_key_value().map(|(place, _)| *place)
            }
            None => None,
        };
        if let Some(place) = oldest {
            self.forget(place);
        }
        self.of_accounts.entry(appid.clone()).or_default().push_back(self.next);
        self.requests.insert(self.next, (appid.clone(), request));
        self.next += 1;
    }

    /// Forgets a request that is its account's oldest.
    fn forget(&mut self, place: u64) {
        let Some((appid, _)) = self.requests.remove(&place) else { return };
        if let Some(own) = self.of_accounts.get_mut(&appid) {
            own.pop_front();
            if own.is_empty() {
                self.of_accounts.remove(&appid);
            }
        }
    }
}

/// Cuts a text, and gives back the memory of what is cut off.
fn cut(text: &mut String, bytes: usize) {
    text.truncate(text.floor_char_boundary(bytes));
    text.shrink_to_fit();
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
            answer: "x".repeat(5000),
            client: String::new(),
        }
    }

    #[test]
    fn an_accounts_refused_requests_are_bounded_and_its_own() {
        let (log, now) = (CallLog::new([]), Timestamp::from_unix_millis(0));
        for n in 0..=MOST_REFUSED {
            log.remember(&appid(1), refused(n));
        }
        assert!(log.find(&appid(1), "0", now).is_none());
        assert!(log.find(&appid(1), "1", now).is_some());
        assert!(log.find(&appid(2), "1", now).is_none());
        let late = now + RID_LIFE + core::time::Duration::from_millis(1);
        assert!(log.find(&appid(1), "1", late).is_none());
        let kept = log.refused();
        assert_eq!(kept.requests.len(), MOST_REFUSED);
        for (_, request) in kept.requests.values() {
            assert!(request.url.len() > MOST_URL_BYTES - 3);
            assert!(request.url.capacity() <= MOST_URL_BYTES, "{}", request.url.capacity());
            assert!(request.answer.capacity() <= MOST_ANSWER_BYTES);
        }
    }

    #[test]
    fn the_refused_requests_of_all_accounts_are_bounded() {
        let (log, now) = (CallLog::new([]), Timestamp::from_unix_millis(0));
        for n in 0..MOST_REFUSED_OF_ALL + 2 {
            log.remember(&appid(n), refused(n));
        }
        log.remember(&appid(2), refused(7));
        let found = |n: usize, rid: &str| log.find(&appid(n), rid, now).is_some();
        assert!(!found(0, "0") && !found(1, "1") && !found(2, "2"));
        assert!(found(3, "3") && found(2, "7"));
        assert_eq!(log.refused().requests.len(), MOST_REFUSED_OF_ALL);
        assert_eq!(log.refused().of_accounts.len(), MOST_REFUSED_OF_ALL);
    }

    #[test]
    fn the_longest_idle_account_makes_room() {
        let (log, now) = (CallLog::new(["/x"]), Timestamp::from_unix_millis(0));
        for n in 0..MOST_ACCOUNTS {
            log.count(&appid(n), "/x", now);
        }
        log.count(&appid(0), "/x", now);
        log.count(&appid(0), "/no call's", now);
        log.count(&appid(MOST_ACCOUNTS), "/x", now);
        let used = |n: usize| log.used(&appid(n), "/x", now);
        assert_eq!([used(0), used(1), used(2), used(MOST_ACCOUNTS)], [2, 0, 1, 1]);
        let counted = log.counted();
        assert_eq!(counted.of_accounts.len(), MOST_ACCOUNTS);
        assert_eq!(counted.by_newest_call.len(), MOST_ACCOUNTS);
        assert_eq!(counted.of_accounts[&appid(0)].of_paths.len(), 1);
    }

    #[test]
    fn counts_are_of_one_day() {
        let (log, now) = (CallLog::new(["/x"]), Timestamp::from_unix_millis(0));
        log.count(&appid(1), "/x", now);
        log.count(&appid(1), "/x", now);
        assert_eq!(log.used(&appid(1), "/x", now), 2);
        let tomorrow = now + core::time::Duration::from_secs(86_400);
        assert_eq!(log.used(&appid(1), "/x", tomorrow), 0);
        log.count(&appid(1), "/x", tomorrow);
        assert_eq!(log.used(&appid(1), "/x", tomorrow), 1);
        log.forget_count(&appid(1), "/y");
        assert_eq!(log.used(&appid(1), "/x", tomorrow), 1);
        log.forget_count(&appid(1), "/x");
        assert_eq!(log.used(&appid(1), "/x", tomorrow), 0);
        log.count(&appid(1), "/x", tomorrow);
        log.forget_counts(&appid(1));
        assert_eq!(log.used(&appid(1), "/x", tomorrow), 0);
    }

    #[test]
    fn no_secret_is_remembered() {
        let uri: Uri = "/a?access_token=t&action=x%26&secret=s".parse().unwrap();
        assert_eq!(shown_query(&uri), "?action=x%26");
    }
}
