//! The sandbox's faults: what was planned to go wrong, what is left of it, and what was played (D-256).
//!
//! Whoever may play one asks here ([`Faults::strike`]), and plays it in its own way: the API before and after its work, the
//! scripted issuer, the dispatcher of pushes. Production has none of this.

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use kaipiao_domain::payment::pay_refusal::PayErrorCode;
use kaipiao_domain::{Refusal, Timestamp};
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::clock::Clock;
use kaipiao_ports::entropy::{Entropy, PieceOfWork, random};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Plans at once.
pub const MOST_PLANS: usize = 100;
/// How often a plan is played at most, where it says how often.
pub const MOST_TIMES: usize = 10_000;
/// Played faults that are remembered.
pub const MOST_PLAYED: usize = 200;

/// What goes wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Calls of the API.
    Calls(Calls, CallFault),
    /// Invoice requests, on their way to the issuer.
    Issuer(IssuerFault),
    /// Documents that an invoice brings from an outside issuer.
    Document(DocumentFault),
    /// Pushes.
    Push(PushFault),
}

/// Which calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Calls {
    /// Those of a path.
    At(&'static str),
    /// Those with a token.
    WithToken,
    /// Those that use up a quota: of a path, or of every one. As long as China's day, or until it is cleared.
    OverQuota(Option<&'static str>),
    /// Those of invoicing platforms.
    OfPlatforms,
}

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// It is refused, and nothing is done.
    Refused(ErrorCode),
    /// The same of a pay merchant's call.
    PayRefused(PayErrorCode),
    /// It is worked on so much later, in real time.
    IsLate(Duration),
    /// The connection ends before anything is done.
    DroppedBefore,
    /// The work is done, and the connection ends without the answer.
    DroppedAfter,
}

/// What the issuer does to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerFault {
    /// It says no: 73000.
    Refuses,
    /// It cannot be reached: 73100.
    IsUnreachable,
    /// Its answer makes no sense: 73102.
    TalksNonsense,
    /// It has been silent past the limit already: 73105, without the waiting.
    WasSilent,
    /// It takes the request and never answers: 73105 after the limit.
    NeverAnswers,
    /// It says "not yet" for so long by the domain's clock, and then issues.
    IsLate(Duration),
}

/// What an outside issuer does when it is asked for a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentFault {
    /// It cannot be had now.
    IsMissing,
    /// Another one comes than was named.
    IsWrong,
    /// It comes so much later, in real time.
    IsLate(Duration),
}

/// What happens to a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushFault {
    /// It is sent once more after it was delivered.
    IsDuplicated,
    /// The order's next push goes out before it, if there is one within so long by the domain's clock.
    IsOvertaken(Duration),
    /// It goes out so much later by the domain's clock.
    IsLate(Duration),
    /// It counts as delivered and is never sent.
    IsLost,
}

/// What is to go wrong, for whom and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What.
    pub fault: Fault,
    /// Only of this account or pay merchant; None: of all.
    pub account: Option<String>,
    /// In how many of a hundred cases; None: in each.
    pub percent: Option<u8>,
    /// How many times; None: until it is removed.
    pub times: Option<usize>,
}

/// A plan with what is left of it.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Names the plan.
    pub id: u64,
    /// As it was made.
    pub plan: Plan,
    /// How many times it will still be played; None: until it is removed.
    pub left: Option<usize>,
    /// China's day on which it was made: a quota is used up for no longer.
    day: i64,
    /// Accounts that have cleared the quota, of a path or of every one.
    cleared: BTreeSet<(String, Option<String>)>,
    /// How often the dice were asked.
    cast: u64,
}

/// A fault that was played.
#[derive(Clone, Debug)]
pub struct Played {
    /// The plan's.
    pub id: u64,
    /// What happened.
    pub fault: Fault,
    /// To whom; empty: nobody's account is known there.
    pub account: String,
    /// To what: a path, a serial, a push.
    pub to: String,
    /// The domain's time.
    pub at: Timestamp,
}

/// What is played now, and the plan that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Struck<T> {
    /// The plan's.
    pub id: u64,
    /// What is played.
    pub fault: T,
}

/// A path at which calls can be struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallPath {
    /// As the API lists it.
    pub path: &'static str,
    /// Whose calls go there.
    pub whose: Whose,
}

/// Whose calls go to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Accounts'.
    Accounts,
    /// Invoicing platforms'.
    Platforms,
    /// Pay merchants'; also below the prefixes of the published sandbox.
    PayMerchants,
    /// Anybody's who has the address of a document.
    Anybody,
}

/// A call, as a plan of [`Fault::Calls`] looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Called<'a> {
    /// Where.
    pub path: CallPath,
    /// Whose: an account, and of a pay merchant's call the pay merchant as well. Empty: not known.
    pub accounts: &'a [&'a str],
    /// Whether it was made with a token.
    pub has_token: bool,
}

/// Calls that a used-up quota does not hold up: by them it is looked at and cleared.
const QUOTA_CALLS: [&str; 4] = [
    "/cgi-bin/clear_quota",
    "/cgi-bin/clear_quota/v2",
    "/cgi-bin/openapi/quota/get",
    "/cgi-bin/openapi/quota/clear",
];

/// The faults of one server.
pub struct Faults {
    /// Whether anything is planned: all that a request looks at while nothing is.
    are_planned: AtomicBool,
    state: Mutex<State>,
    paths: Vec<CallPath>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

#[derive(Default)]
struct State {
    /// In the order in which they were made, which is that in which they are played.
    planned: Vec<Planned>,
    played: VecDeque<Played>,
    newest_id: u64,
}

impl Faults {
    /// None planned, of an API with calls at these paths.
    pub fn new(
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        paths: impl IntoIterator<Item = CallPath>,
    ) -> Self {
        let (are_planned, state) = (AtomicBool::new(false), Mutex::default());
        Self { are_planned, state, paths: paths.into_iter().collect(), clock, entropy }
    }

    /// The paths at which calls can be struck.
    pub fn paths(&self) -> &[CallPath] {
        &self.paths
    }

    /// The path as the API lists it of one that a request was made at; None: calls there cannot be struck.
    pub fn path_of(&self, requested: &str) -> Option<CallPath> {
        let of_sandbox = |listed: &&CallPath| {
            listed.whose == Whose::PayMerchants
                && requested.ends_with(listed.path.trim_start_matches("/secapi"))
        };
        let exact = self.paths.iter().find(|listed| listed.path == requested);
        exact.or_else(|| self.paths.iter().find(of_sandbox)).copied()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anything is planned.
    pub fn are_planned(&self) -> bool {
        self.are_planned.load(Ordering::Relaxed)
    }

    /// Adds a plan. One for the issuer takes the place of the earlier ones for the same account, as it always has (D-107).
    /// 72031 where there are [`MOST_PLANS`] already.
    pub fn plan(&self, plan: Plan) -> Result<Planned, Refusal> {
        let day = self.clock.now().china_day();
        let mut state = self.state();
        state.planned.retain(|planned| planned.is_open(day));
        if matches!(plan.fault, Fault::Issuer(_)) {
            state.planned.retain(|planned| !planned.is_issuers_of(plan.account.as_deref()));
        }
        if state.planned.len() >= MOST_PLANS {
            let problem = format!("are {MOST_PLANS} already; remove some with DELETE");
            return Err(Refusal::invalid("faults", problem));
        }
        state.newest_id += 1;
        let (id, left) = (state.newest_id, plan.times);
        let planned = Planned { id, left, day, cleared: BTreeSet::new(), cast: 0, plan };
        state.planned.push(planned.clone());
        self.are_planned.store(true, Ordering::Relaxed);
        Ok(planned)
    }

    /// What is still to be played.
    pub fn planned(&self) -> Vec<Planned> {
        let day = self.clock.now().china_day();
        let state = self.state();
        state.planned.iter().filter(|planned| planned.is_open(day)).cloned().collect()
    }

    /// The newest that were played, oldest first.
    pub fn played(&self) -> Vec<Played> {
        self.state().played.iter().cloned().collect()
    }

    /// Forgets the plans that `which` is true of. Returns how many they were.
    pub fn forget(&self, which: impl Fn(&Planned) -> bool) -> usize {
        let mut state = self.state();
        let before = state.planned.len();
        state.planned.retain(|planned| !which(planned));
        self.are_planned.store(!state.planned.is_empty(), Ordering::Relaxed);
        before - state.planned.len()
    }

    /// Goes on with what was planned and played before in the same name space, but for an account's own.
    pub fn go_on_from(&self, before: &Self, but_of: &str) {
        let before = before.state();
        let mut state = self.state();
        let stays = |planned: &&Planned| planned.plan.account.as_deref() != Some(but_of);
        state.planned = before.planned.iter().filter(stays).cloned().collect();
        state.played = before.played.iter().filter(|it| it.account != but_of).cloned().collect();
        state.newest_id = before.newest_id;
        self.are_planned.store(!state.planned.is_empty(), Ordering::Relaxed);
    }

    /// What happens to a call; None: nothing.
    pub fn strike_call(&self, called: &Called<'_>) -> Option<Struck<CallFault>> {
        let picks = |planned: &Planned| match &planned.plan.fault {
            Fault::Calls(calls, fault) if calls.are_of(called) && !planned.was_cleared(called) => {
                Some(*fault)
            }
            _ => None,
        };
        self.strike(called.accounts, called.path.path, picks)
    }

    /// What is played now, of what `picks` finds in a plan; None: nothing. The first plan that has something counts, and
    /// where it is of some cases only, the dice.
    pub(crate) fn strike<T>(
        &self,
        accounts: &[&str],
        to: impl fmt::Display,
        picks: impl Fn(&Planned) -> Option<T>,
    ) -> Option<Struck<T>> {
        if !self.are_planned() {
            return None;
        }
        let at = self.clock.now();
        let state = &mut *self.state();
        state.planned.retain(|planned| planned.is_open(at.china_day()));
        let mut candidates = state.planned.iter_mut().filter(|planned| planned.is_of(accounts));
        let (planned, fault) = candidates.find_map(|planned| {
            let fault = picks(planned)?;
            self.falls_within(planned).then_some((planned, fault))
        })?;
        planned.left = planned.left.map(|left| left - 1);
        let (id, account) = (planned.id, accounts.first().copied().unwrap_or_default().to_owned());
        let played =
            Played { id, fault: planned.plan.fault.clone(), account, to: to.to_string(), at };
        if state.played.len() == MOST_PLAYED {
            state.played.pop_front();
        }
        state.played.push_back(played);
        state.planned.retain(|planned| planned.left != Some(0));
        self.are_planned.store(!state.planned.is_empty(), Ordering::Relaxed);
        Some(Struck { id, fault })
    }

    /// The dice of a plan, which follow from a seed where there is one: whatever else is drawn meanwhile.
    fn falls_within(&self, planned: &mut Planned) -> bool {
        let Some(percent) = planned.plan.percent else { return true };
        planned.cast += 1;
        let name = format!("fault {} {}", planned.id, planned.cast);
        let own = self.entropy.of(PieceOfWork::Job(&name));
        let drawn = own.map_or_else(|| random(&*self.entropy), |own| random(&*own));
        u32::from_be_bytes(drawn) % 100 < u32::from(percent)
    }

    /// Whether the account's quota of a path counts as used up until the day ends.
    pub fn use_up_quota(&self, account: &str, path: &str) -> bool {
        let Some(path) = self.path_of(path) else { return false };
        let called = Called { path, accounts: &[account], has_token: true };
        self.planned().iter().any(|planned| {
            let Planned { plan: Plan { fault, percent: None, times: None, .. }, .. } = planned
            else {
                return false;
            };
            let is_quota = matches!(fault, Fault::Calls(calls @ Calls::OverQuota(_), _) if calls.are_of(&called));
            is_quota && planned.is_of(called.accounts) && !planned.was_cleared(&called)
        })
    }

    /// The account's quota was cleared, of a path or of every one: it counts as used up no more.
    pub fn clear_quota(&self, account: &str, path: Option<&str>) {
        let mut state = self.state();
        for planned in &mut state.planned {
            if matches!(planned.plan.fault, Fault::Calls(Calls::OverQuota(_), _)) {
                planned.cleared.insert((account.to_owned(), path.map(str::to_owned)));
            }
        }
    }
}

impl Planned {
    fn is_open(&self, day: i64) -> bool {
        let is_quota = matches!(self.plan.fault, Fault::Calls(Calls::OverQuota(_), _));
        !is_quota || self.day == day
    }

    fn is_of(&self, accounts: &[&str]) -> bool {
        self.plan.account.as_deref().is_none_or(|account| accounts.contains(&account))
    }

    fn is_issuers_of(&self, account: Option<&str>) -> bool {
        matches!(self.plan.fault, Fault::Issuer(_)) && self.plan.account.as_deref() == account
    }

    fn was_cleared(&self, called: &Called<'_>) -> bool {
        self.cleared.iter().any(|(account, path)| {
            let is_path = path.as_deref().is_none_or(|path| path == called.path.path);
            is_path && called.accounts.contains(&account.as_str())
        })
    }
}

impl Calls {
    fn are_of(&self, called: &Called<'_>) -> bool {
        match self {
            Self::At(path) | Self::OverQuota(Some(path)) => *path == called.path.path,
            Self::WithToken => called.has_token,
            Self::OverQuota(None) => called.has_token && !QUOTA_CALLS.contains(&called.path.path),
            Self::OfPlatforms => called.path.whose == Whose::Platforms,
        }
    }
}

#[cfg(test)]
mod tests;
