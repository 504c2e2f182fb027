//! Floor 3: the use cases. Each loads what it needs, asks the clock, lets the domain decide, and
//! commits one value. It knows the seams and never an adapter.
//!
//! The files carry the sections' stems; `access` is what every call passes first.

pub mod access;
pub mod authorization;
pub mod delivery;
mod failure;
pub mod invoicing;
pub mod people;
pub mod sandbox;
pub mod start;

pub use failure::Failure;

use core::future::ready;
use core::time::Duration;
use kaipiao_domain::{Refusal, Timestamp};
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::clock::Clock;
use kaipiao_ports::delivery::jobs::JobChange;
use kaipiao_ports::delivery::outbox::NewPush;
use kaipiao_ports::delivery::sender::Sender;
use kaipiao_ports::entropy::{Entropy, random};
use kaipiao_ports::invoicing::issuer::Issuer;
use kaipiao_ports::invoicing::renderer::Renderer;
use kaipiao_ports::store::{Commit, CommitError, Expect, Key, Save, Store};
use kaipiao_records::record::{self, Record, Versioned};
use kaipiao_wire::keys::Keys;
use std::sync::Arc;
use tokio::sync::{Mutex, Notify};

/// What an operator chooses and a use case reads.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where browsers reach this server; links begin with it.
    pub public_base_url: String,
    /// How long a link opens the authorization page.
    pub link_life: Duration,
    /// `appid` of getauthurl's answer for source wxa.
    pub wxa_appid: String,
    /// How long a custom field's key may be: 32, or 5 to be as strict as the contract's text.
    pub custom_key_max_chars: usize,
    /// How people are known.
    pub login: people::login::LoginSettings,
    /// How pushes are sent.
    pub push: delivery::dispatch::PushSettings,
    /// How invoices are issued.
    pub issuing: invoicing::issue::IssuingSettings,
}

/// So many tries a record gets that others change meanwhile; then 72036 (rulings 99).
pub(crate) const TRIES: usize = 5;
/// Token calls of one account go one by one: they all change the same record.
const TOKEN_DESKS: usize = 64;

/// Everything that can be swapped, as the composition root chose it.
pub struct Parts {
    /// Where records, pushes and jobs are kept.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// Who sends pushes.
    pub sender: Arc<dyn Sender>,
    /// Who issues invoices.
    pub issuer: Arc<dyn Issuer>,
    /// Who draws invoices.
    pub renderer: Arc<dyn Renderer>,
}

/// The use cases and what they work with.
pub struct App {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    sender: Arc<dyn Sender>,
    issuer: Arc<dyn Issuer>,
    renderer: Arc<dyn Renderer>,
    printing: invoicing::documents::Printing,
    keys: Keys,
    settings: Settings,
    token_desks: Vec<Mutex<()>>,
    allotting: Mutex<()>,
    /// Wakes the dispatcher; what it finds is in the store, so a hint may be lost.
    push_hint: Notify,
    /// The same for whoever does the jobs.
    job_hint: Notify,
}

/// What a rule makes of a record.
pub(crate) struct Decision<T, R> {
    /// The record's next value; None: it stays.
    pub next: Option<T>,
    /// What is saved in the same commit.
    pub also: Vec<Save>,
    /// What is told in the same commit.
    pub pushes: Vec<NewPush>,
    /// What is to be done because of it, and what it has ended.
    pub jobs: Vec<JobChange>,
    /// What the caller is told once it is on disk.
    pub result: R,
}

impl<T, R> Decision<T, R> {
    /// A decision that changes its record at most, and tells nobody.
    pub(crate) fn alone(next: Option<T>, result: R) -> Self {
        Self { next, also: Vec::new(), pushes: Vec::new(), jobs: Vec::new(), result }
    }
}

/// How the first of the tries begins.
pub(crate) enum FirstTry<T> {
    /// Read the record.
    Reads,
    /// Take it for absent and let the commit find out: saves a read where that is the rule.
    TakesItForAbsent,
    /// It was read a moment ago.
    HasRead(Versioned<T>),
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts, keys: Keys, settings: Settings) -> Self {
        let Parts { store, clock, entropy, sender, issuer, renderer } = parts;
        Self {
            store,
            clock,
            entropy,
            sender,
            issuer,
            renderer,
            printing: invoicing::documents::Printing::new(),
            keys,
            settings,
            allotting: Mutex::default(),
            token_desks: (0..TOKEN_DESKS).map(|_| Mutex::default()).collect(),
            push_hint: Notify::new(),
            job_hint: Notify::new(),
        }
    }

    /// The moment that counts as now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The real moment, for sessions and logins.
    pub fn real_now(&self) -> Timestamp {
        self.clock.real_now()
    }

    /// The operator's settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A new request id.
    pub fn new_rid(&self) -> String {
        kaipiao_wire::answer::rid(self.now().unix_seconds(), self.random())
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        random(&*self.entropy)
    }

    /// Reads a record that may be absent.
    pub(crate) async fn get<T: Record>(&self, key: &Key) -> Result<Option<T>, Failure> {
        Ok(record::get(&*self.store, key).await?.map(|found| found.value))
    }

    /// Saves one record, whatever stood there before.
    pub(crate) async fn put<T: Record>(&self, key: Key, value: &T) -> Result<(), Failure> {
        let saves = vec![record::save(key, Expect::Any, value)];
        self.store.commit(Commit::of(saves)).await.map_err(Failure::from)
    }

    /// Saves one record unless it is there already. True: it was new.
    pub(crate) async fn add<T: Record>(&self, key: Key, value: &T) -> Result<bool, Failure> {
        let saves = vec![record::save(key, Expect::Absent, value)];
        match self.store.commit(Commit::of(saves)).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Read, decide, commit one value; when somebody else was faster, read and decide again.
    pub(crate) async fn decide<T: Record, R: Send, E: From<Failure> + Send>(
        &self,
        key: Key,
        first_try: FirstTry<T>,
        mut rule: impl FnMut(Option<T>) -> Result<Decision<T, R>, E>,
    ) -> Result<R, E> {
        self.decide_reading(key, first_try, |found, _| ready(rule(found))).await
    }

    /// The same with a rule that reads more than the record, and is told which try it is, from 0.
    pub(crate) async fn decide_reading<T: Record, R, E: From<Failure>, Deciding>(
        &self,
        key: Key,
        first_try: FirstTry<T>,
        mut rule: impl FnMut(Option<T>, usize) -> Deciding,
    ) -> Result<R, E>
    where
        Deciding: Future<Output = Result<Decision<T, R>, E>>,
    {
        let mut first_try = Some(first_try);
        for attempt in 0..TRIES {
            let found = match first_try.take() {
                Some(FirstTry::TakesItForAbsent) => None,
                Some(FirstTry::HasRead(found)) => Some(found),
                Some(FirstTry::Reads) | None => {
                    record::get(&*self.store, &key).await.map_err(Failure::from)?
                }
            };
            let expect = Versioned::expect(found.as_ref());
            let decision = rule(found.map(|found| found.value), attempt).await?;
            if let Some(result) = self.commit_decision(&key, expect, decision).await? {
                return Ok(result);
            }
        }
        Err(busy().into())
    }

    /// Commits what was decided. None: somebody else was faster.
    pub(crate) async fn commit_decision<T: Record, R>(
        &self,
        key: &Key,
        expect: Expect,
        decision: Decision<T, R>,
    ) -> Result<Option<R>, Failure> {
        let Decision { next, also, pushes, jobs, result } = decision;
        let next = next.map(|next| record::save(key.clone(), expect, &next));
        let saves: Vec<_> = next.into_iter().chain(also).collect();
        let (has_pushes, has_jobs) = (!pushes.is_empty(), !jobs.is_empty());
        if saves.is_empty() && !has_pushes && !has_jobs {
            return Ok(Some(result));
        }
        match self.store.commit(Commit { saves, pushes, jobs }).await {
            Ok(()) => {
                if has_pushes {
                    self.push_hint.notify_one();
                }
                if has_jobs {
                    self.job_hint.notify_one();
                }
                Ok(Some(result))
            }
            Err(CommitError::Conflict(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// 72036: others were faster, time after time.
pub(crate) fn busy() -> Failure {
    let detail = "others are changing the same record, try again";
    Refusal::new(ErrorCode::InvoiceBusy, detail).into()
}
