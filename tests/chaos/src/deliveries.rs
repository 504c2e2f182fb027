//! The merchant's server: notes every push and every notice that arrives, refuses some, and kills whom the round wants
//! dead at a moment of its own.

use crate::cluster::signal;
use fastrand::Rng;
use kaipiao_domain::payment::payments::SignType;
use kaipiao_tests::company_client::COMPANIES;
use kaipiao_tests::pay_client::{ACKNOWLEDGED, KEY, MCHID};
use kaipiao_tests::{MERCHANT, PLATFORM, Received, Receiver, Reply, element};
use kaipiao_wire::payment::pay_request::PayRequest;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What every merchant tells pushes apart by: the user and the CreateTime. Notices have an address each: what stands
/// behind [`NOTIFY`].
pub type PushKey = (String, i64);

/// Notices of payments go where this begins.
const NOTIFY: &str = "/notify/";
/// Events go where this begins; whose they are follows.
const CALLBACK: &str = "/callback/";

/// The accounts that are told of events.
pub fn receivers() -> impl Iterator<Item = &'static str> {
    [MERCHANT, PLATFORM].into_iter().chain(COMPANIES)
}

/// A push as it arrived.
#[derive(Clone)]
pub struct Arrival {
    /// What it is told apart by.
    pub key: PushKey,
    /// The event in clear, or the notice.
    pub event: String,
    /// Whose it is: of a notice, the pay merchant's.
    pub account: &'static str,
    /// The connection was closed without an answer: the push has to come again.
    pub is_refused: bool,
    /// When.
    pub at: Instant,
}

impl Arrival {
    /// Whether it is a notice of a payment or refund.
    pub fn is_notice(&self) -> bool {
        self.account == MCHID
    }
}

/// A moment at which servers were killed, or a time for which one stood still.
#[derive(Clone, Copy)]
pub struct Kill {
    /// After how many arrivals it was seen.
    pub arrivals: usize,
    /// When.
    pub at: Instant,
    /// When it was over.
    pub until: Instant,
}

/// A server that is going to be killed by the merchant's.
pub struct Murder {
    /// Whom.
    pub pid: u32,
    /// After so many pushes.
    pub after: usize,
    /// Before it answers the last of them, or after.
    pub is_before_answer: bool,
}

#[derive(Default)]
struct State {
    arrivals: Vec<Arrival>,
    known: HashSet<PushKey>,
    kills: Vec<Kill>,
    murder: Option<Murder>,
    /// Of a hundred new pushes so many are refused.
    refuses: u32,
    rng: Rng,
}

/// The merchant's server.
pub struct Deliveries {
    receiver: Receiver,
    state: Arc<Mutex<State>>,
}

impl Deliveries {
    /// One that answers every push.
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State { rng: Rng::with_seed(0), ..State::default() }));
        let shared = Arc::clone(&state);
        let receiver = Receiver::behaving(move |_, received| {
            shared.lock().unwrap().take(Arrived::of(received))
        });
        Self { receiver, state }
    }

    /// An account's callback as the admin API takes it.
    pub fn settings(&self, appid: &str) -> Value {
        let mut settings = self.receiver.settings("safe");
        settings["url"] = format!("http://{}{CALLBACK}{appid}", self.receiver.address).into();
        settings
    }

    /// Where notices go: what tells one from the others follows.
    pub fn notify_url(&self) -> String {
        format!("http://{}{NOTIFY}", self.receiver.address)
    }

    /// So many of a hundred pushes are refused when they come for the first time.
    pub fn refuse(&self, refuses: u32, seed: u64) {
        let mut state = self.state.lock().unwrap();
        state.rng = Rng::with_seed(seed);
        state.refuses = refuses;
    }

    /// Plans a kill.
    pub fn plan(&self, murder: Murder) {
        self.state.lock().unwrap().murder = Some(murder);
    }

    /// A server was killed, or the database is away for longer than claims hold: what arrives again from now on may be what it had under way.
    pub fn note_kill(&self) {
        let mut state = self.state.lock().unwrap();
        let (arrivals, at) = (state.arrivals.len(), Instant::now());
        state.kills.push(Kill { arrivals, at, until: at });
        state.murder = None;
    }

    /// The server that stood still since the last kill was noted goes on: with what it had under way too, which others have
    /// sent meanwhile.
    pub fn note_thaw(&self) {
        let mut state = self.state.lock().unwrap();
        state.kills.last_mut().expect("it was noted").until = Instant::now();
    }

    /// All kills.
    pub fn kills(&self) -> Vec<Kill> {
        self.state.lock().unwrap().kills.clone()
    }

    /// All that has arrived.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.state.lock().unwrap().arrivals.clone()
    }
}

/// What has arrived, once it was checked as a merchant checks it.
struct Arrived {
    key: PushKey,
    event: String,
    account: &'static str,
}

impl Arrived {
    fn of(received: &Received) -> Self {
        let Some(address) = received.target.strip_prefix(NOTIFY) else {
            let is_it = |appid: &&str| received.target.contains(*appid);
            let account = receivers().find(is_it).expect("a receiver");
            let event = received.event(account);
            let of =
                |name: &str| element(&event, name).unwrap_or_else(|| panic!("{name}: {event}"));
            let key = (of("FromUserName"), of("CreateTime").parse().unwrap());
            return Self { key, event, account };
        };
        let notice = PayRequest::read(received.body.as_bytes()).unwrap();
        // A refund's is encrypted instead.
        if notice.get("req_info").is_empty() {
            assert!(notice.is_signed_by(KEY, SignType::Md5), "{notice:?}");
            assert_eq!(notice.get("out_trade_no"), address, "{notice:?}");
        }
        Self { key: (address.to_owned(), 0), event: received.body.clone(), account: MCHID }
    }
}

impl State {
    fn take(&mut self, Arrived { key, event, account }: Arrived) -> Reply {
        let is_new = self.known.insert(key.clone());
        let is_refused = is_new && self.rng.u32(0..100) < self.refuses;
        let arrival = Arrival { key, event, account, is_refused, at: Instant::now() };
        let yes = if arrival.is_notice() { ACKNOWLEDGED } else { "success" };
        self.arrivals.push(arrival);
        if let Some(murder) = &mut self.murder {
            if murder.after > 0 {
                murder.after -= 1;
            } else {
                let Murder { pid, is_before_answer, .. } = *murder;
                self.murder = None;
                let kill = move || signal("-9", pid);
                if !is_before_answer && !is_refused {
                    return Reply::Then(yes, Box::new(kill));
                }
                kill();
            }
        }
        if is_refused { Reply::Close } else { Reply::Success(yes) }
    }
}
