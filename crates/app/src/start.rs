//! What happens between opening the store and opening the port.

use crate::access::accounts;
use crate::access::accounts::AccountSpec;
use crate::app::App;
use crate::delivery::callbacks;
use crate::delivery::callbacks::CallbackSpec;
use crate::failure::Failure;
use crate::invoicing::taxpayers;
use crate::invoicing::taxpayers::TaxpayerError;
use crate::sandbox::{DEMO_ACCOUNTS, DEMO_MERCHANT, DEMO_USERS, DemoUser, demo_taxpayer};
use crate::store_access::{add, commit, get};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::people::user::{BookEntry, User, UserId};
use kaipiao_ports::errors::CommitError;
use kaipiao_ports::record::Expect;
use kaipiao_ports::store::Commit;
use kaipiao_records::people::title::book_entry_key;
use kaipiao_records::people::user::user_key;
use kaipiao_records::record;
use kaipiao_records::server::StoreMetadata;

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
    /// The store.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// Writes a new store's metadata, or checks that this store belongs to this key and mode.
pub async fn check_store_metadata(app: &App, mode: Mode) -> Result<(), StartError> {
    let given = StoreMetadata {
        key_fingerprint: app.keys.fingerprint().to_owned(),
        mode: mode.name().to_owned(),
    };
    if add(app, StoreMetadata::key(), &given).await? {
        return Ok(());
    }
    let stored: StoreMetadata = get(app, &StoreMetadata::key()).await?.unwrap_or(given.clone());
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
    for demo in DEMO_ACCOUNTS {
        let appid = AppId::parse(demo.appid).expect("a demo account's appid is well-formed");
        if accounts::find(app, &appid).await?.is_none() {
            accounts::save(app, &demo.spec()).await?;
        }
    }
    seed_taxpayer(app).await?;
    for demo in DEMO_USERS {
        seed_user(app, demo).await?;
    }
    Ok(())
}

/// The demo merchant's taxpayer, also for a sandbox of before there were any.
async fn seed_taxpayer(app: &App) -> Result<(), StartError> {
    let merchant = AppId::parse(DEMO_MERCHANT).expect("a demo account's appid is well-formed");
    if taxpayers::find(app, &merchant).await?.is_none() {
        let appid = DEMO_MERCHANT.to_owned();
        let merchant = Some(demo_taxpayer());
        accounts::save(app, &AccountSpec { appid, merchant, ..AccountSpec::default() }).await?;
    }
    Ok(())
}

/// A user and their title book come in one commit: a restart never finds half of them, and
/// never brings back an entry that the user deleted.
async fn seed_user(app: &App, demo: &DemoUser) -> Result<(), Failure> {
    let id = UserId::parse(demo.id).expect("a demo user's id is well-formed");
    let user = User { id: id.clone(), name: demo.name.to_owned(), default_title: None };
    let mut saves = vec![record::save(user_key(&id), Expect::Absent, &user)];
    for (number, title) in demo.titles().into_iter().enumerate() {
        let entry = BookEntry { user: id.clone(), id: format!("0-demo-{}", number + 1), title };
        saves.push(record::save(book_entry_key(&id, &entry.id), Expect::Absent, &entry));
    }
    match commit(app, Commit::of(saves)).await {
        Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Sets the config file's callbacks: there too the file has the last word.
pub async fn apply_callbacks(
    app: &App,
    specs: &[(String, CallbackSpec)],
) -> Result<(), StartError> {
    for (appid, spec) in specs {
        let wrong = |failure| StartError::Callback { appid: appid.clone(), failure };
        let known = AppId::parse(appid).expect("its account was applied before");
        callbacks::set_unverified(app, &known, spec).await.map_err(wrong)?;
    }
    Ok(())
}

/// Adds and changes the config file's accounts: there the file has the last word.
pub async fn apply_accounts(app: &App, specs: &[AccountSpec]) -> Result<(), StartError> {
    for (index, spec) in specs.iter().enumerate() {
        accounts::save(app, spec).await.map_err(|error| StartError::Account { index, error })?;
    }
    Ok(())
}
