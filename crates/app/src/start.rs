//! What happens between opening the store and opening the port.

use crate::access::accounts;
use crate::access::accounts::{AccountSpec, NotSaved};
use crate::app::App;
use crate::delivery::callbacks;
use crate::delivery::callbacks::CallbackSpec;
use crate::failure::Failure;
use crate::invoicing::taxpayers;
use crate::invoicing::taxpayers::TaxpayerError;
use crate::payment::pay_merchants::{self, PayMerchantSpec};
use crate::payment::payer_codes;
use crate::sandbox::{
    DEMO_ACCOUNTS, DEMO_MCHID, DEMO_MERCHANT, DEMO_USERS, DemoUser, demo_pay_merchant,
    demo_taxpayer,
};
use crate::store_access::{add, commit, get};
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::people::user::{BookEntry, User, UserId};
use kaipiao_domain::{Refusal, text};
use kaipiao_ports::errors::CommitError;
use kaipiao_ports::record::{Expect, Save};
use kaipiao_ports::store::Commit;
use kaipiao_records::people::title::book_entry_key;
use kaipiao_records::people::user::user_key;
use kaipiao_records::record;
use kaipiao_records::server::StoreMetadata;
use std::collections::{BTreeMap, HashMap};

/// The server's posture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Demo accounts and users, a clock that can be moved.
    Sandbox,
    /// Neither demo data nor controls.
    Production,
}

impl Mode {
    /// The mode's name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Production => "production",
        }
    }
}

/// Why the server does not start with this store.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store's secrets were hashed with another server key.
    #[error(
        "the data was made with another server key (fingerprint {stored}, this one is {given}); give the key that belongs to it"
    )]
    OtherKey {
        /// The store's.
        stored: String,
        /// The one given.
        given: String,
    },
    /// A sandbox's store never turns into production's, nor the other way round.
    #[error(
        "the data was made in {stored} mode and cannot be used in {given} mode; choose another --data"
    )]
    OtherMode {
        /// The store's.
        stored: String,
        /// The one given.
        given: &'static str,
    },
    /// An account of the config file.
    #[error("accounts[{index}] of the config file: {error}")]
    Account {
        /// Its index, from 0.
        index: usize,
        /// The fault.
        error: TaxpayerError,
    },
    /// An account of the sandbox.
    #[error("a demo account: {0}")]
    Demo(#[from] TaxpayerError),
    /// An account's callback in the config file.
    #[error("the callback of {appid} in the config file: {failure}")]
    Callback {
        /// The callback's account.
        appid: String,
        /// The fault.
        failure: Failure,
    },
    /// A pay merchant of the config file.
    #[error("pay_merchants[{index}] of the config file: {failure}")]
    PayMerchant {
        /// Its index, from 0.
        index: usize,
        /// The fault.
        failure: Failure,
    },
    /// The store.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<NotSaved> for StartError {
    fn from(NotSaved { index, error }: NotSaved) -> Self {
        Self::Account { index, error }
    }
}

/// Writes a new store's metadata, or checks that this store belongs to this key and mode.
pub async fn check_store_metadata(app: &App, mode: Mode) -> Result<(), StartError> {
    let given = StoreMetadata {
        key_fingerprint: app.keys.fingerprint().to_owned(),
        mode: mode.name().to_owned(),
    };
    let key = StoreMetadata::key();
    let mut stored = get::<StoreMetadata>(app, &key).await?;
    if stored.is_none() && !add(app, key.clone(), &given).await? {
        // Another node was faster.
        stored = get(app, &key).await?;
    }
    let stored = stored.unwrap_or(given.clone());
    if stored.key_fingerprint != given.key_fingerprint {
        let (stored, given) = (stored.key_fingerprint, given.key_fingerprint);
        return Err(StartError::OtherKey { stored, given });
    }
    if stored.mode != given.mode {
        return Err(StartError::OtherMode { stored: stored.mode, given: mode.name() });
    }
    Ok(())
}

/// Adds the sandbox's accounts and people where they are missing; what was changed since is
/// left alone.
pub async fn seed_sandbox(app: &App) -> Result<(), StartError> {
    let specs = missing_accounts(app).await?;
    let saved = accounts::save_all(app, &specs, async |_| Ok(Vec::new())).await;
    saved.map_err(|error| match error {
        StartError::Account { error, .. } => StartError::Demo(error),
        other => other,
    })?;
    seed_pay_merchant(app).await?;
    seed_users(app).await.map_err(StartError::Failed)
}

async fn seed_pay_merchant(app: &App) -> Result<(), Failure> {
    let mchid = MchId::parse(DEMO_MCHID).expect("the demo pay merchant's id is well-formed");
    if !is_there(pay_merchants::find(app, &mchid).await)? {
        pay_merchants::save(app, &demo_pay_merchant()).await?;
    }
    Ok(())
}

/// The demo accounts that are not there, and the demo merchant's taxpayer, also for a sandbox of
/// before there were any.
async fn missing_accounts(app: &App) -> Result<Vec<AccountSpec>, Failure> {
    let parse = |appid| AppId::parse(appid).expect("a demo account's appid is well-formed");
    let mut specs = Vec::new();
    for demo in DEMO_ACCOUNTS {
        let appid = parse(demo.appid);
        let is_missing = !is_there(accounts::find(app, &appid).await)?;
        let has_taxpayer =
            demo.appid != DEMO_MERCHANT || is_there(taxpayers::find(app, &appid).await)?;
        let merchant = (!has_taxpayer).then(demo_taxpayer);
        if is_missing {
            specs.push(AccountSpec { merchant, ..demo.spec() });
        } else if merchant.is_some() {
            let appid = demo.appid.to_owned();
            specs.push(AccountSpec { appid, merchant, ..AccountSpec::default() });
        }
    }
    Ok(specs)
}

/// Whether a record of the sandbox stands in the store. One that cannot be read does: the log names it, the
/// rest of the sandbox runs without it, and whoever looks after the store decides what becomes of it.
fn is_there<T>(found: Result<Option<T>, Failure>) -> Result<bool, Failure> {
    match found {
        Err(Failure::Unreadable(record)) => {
            tracing::error!(damaged = %record, "the sandbox starts without a record");
            Ok(true)
        }
        found => Ok(found?.is_some()),
    }
}

/// The users and their title books come in one commit: a restart never finds half of them, and
/// never brings back an entry that a user deleted.
async fn seed_users(app: &App) -> Result<(), Failure> {
    let mut saves = Vec::new();
    for demo in DEMO_USERS {
        let id = UserId::parse(demo.id).expect("a demo user's id is well-formed");
        if !is_there(get::<User>(app, &user_key(&id)).await)? {
            saves.extend(user_saves(&id, demo));
        }
        saves.extend(payer_codes::missing(app, &id).await?);
    }
    if saves.is_empty() {
        return Ok(());
    }
    match commit(app, Commit::of(saves)).await {
        // Another node has just added the same.
        Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn user_saves(id: &UserId, demo: &DemoUser) -> Vec<Save> {
    let user = User { id: id.clone(), name: demo.name.to_owned(), default_title: None };
    let mut saves = vec![record::save(user_key(id), Expect::Absent, &user)];
    for (number, title) in demo.titles().into_iter().enumerate() {
        let entry = BookEntry { user: id.clone(), id: format!("0-demo-{}", number + 1), title };
        saves.push(record::save(book_entry_key(id, &entry.id), Expect::Absent, &entry));
    }
    saves
}

/// Adds and changes the config file's accounts, their callbacks and pay merchants: there the file has the last word. If
/// one of them cannot stand, nothing is changed.
pub async fn apply_config(
    app: &App,
    specs: &[AccountSpec],
    callbacks: &[(String, CallbackSpec)],
    pay_merchants: &[PayMerchantSpec],
) -> Result<(), StartError> {
    let (places, specs) = each_once(specs);
    let at = |index: usize, error| StartError::Account { index: places[index], error };
    for (index, spec) in specs.iter().enumerate() {
        require_secret(app, spec).await.map_err(|error| at(index, error))?;
    }
    let saved = accounts::save_all(app, &specs, async |accounts| {
        let mut saves = callback_saves(app, callbacks, accounts).await?;
        saves.extend(pay_merchant_saves(app, pay_merchants, accounts).await?);
        Ok(saves)
    })
    .await;
    saved.map_err(|error| match error {
        StartError::Account { index, error } => at(index, error),
        other => other,
    })
}

/// What a file says of each account, one after the other, and where it says so first.
fn each_once(specs: &[AccountSpec]) -> (Vec<usize>, Vec<AccountSpec>) {
    let (mut places, mut once) = (Vec::new(), Vec::<AccountSpec>::new());
    let mut known: HashMap<String, usize> = HashMap::new();
    for (place, spec) in specs.iter().enumerate() {
        match known.get(&spec.appid) {
            Some(index) => {
                let earlier = core::mem::take(&mut once[*index]);
                once[*index] = earlier.then(spec.clone());
            }
            None => {
                known.insert(spec.appid.clone(), once.len());
                places.push(place);
                once.push(spec.clone());
            }
        }
    }
    (places, once)
}

/// An account that is there keeps the secret it has. One that was made up for a new account nobody would
/// get to see.
async fn require_secret(app: &App, spec: &AccountSpec) -> Result<(), TaxpayerError> {
    let Some(appid) = AppId::parse(&spec.appid).filter(|_| spec.secret.is_none()) else {
        return Ok(());
    };
    if accounts::find(app, &appid).await?.is_some() {
        return Ok(());
    }
    let problem = "is missing: a new account needs secret or secret_file";
    Err(Refusal::invalid("secret", problem).into())
}

async fn pay_merchant_saves(
    app: &App,
    specs: &[PayMerchantSpec],
    accounts: &HashMap<AppId, Account>,
) -> Result<Vec<Save>, StartError> {
    let mut saves = Vec::new();
    for (index, spec) in specs.iter().enumerate() {
        if specs[..index].iter().any(|before| before.mchid == spec.mchid) {
            let problem = format!("{} stands there twice", text::quoted(&spec.mchid));
            let failure = Refusal::invalid("mchid", problem).into();
            return Err(StartError::PayMerchant { index, failure });
        }
        let change = pay_merchants::change(app, spec, accounts).await;
        let (saved, save) = change.map_err(|failure| StartError::PayMerchant { index, failure })?;
        // One that was made up for a new pay merchant nobody would get to see.
        if saved.new_key.is_some() {
            let problem = "is missing: a new pay merchant needs key or key_file";
            let failure = Refusal::invalid("key", problem).into();
            return Err(StartError::PayMerchant { index, failure });
        }
        saves.extend(save);
    }
    Ok(saves)
}

async fn callback_saves(
    app: &App,
    callbacks: &[(String, CallbackSpec)],
    accounts: &HashMap<AppId, Account>,
) -> Result<Vec<Save>, StartError> {
    // Of an account that stands in the file twice, the last one counts.
    let last: BTreeMap<_, _> = callbacks.iter().map(|(appid, spec)| (appid, spec)).collect();
    let mut saves = Vec::new();
    for (appid, spec) in last {
        let account = AppId::parse(appid).and_then(|appid| accounts.get(&appid));
        let account = account.expect("each callback is a member of its account");
        let wrong = |failure| StartError::Callback { appid: appid.clone(), failure };
        saves.extend(callbacks::unverified(app, account, spec).await.map_err(wrong)?);
    }
    Ok(saves)
}
