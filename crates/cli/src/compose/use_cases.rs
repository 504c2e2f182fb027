//! The use cases over a store, as the settings want them.

use super::error::ComposeError;
use super::issuers::{issuer, warn_of_nobodys};
use super::names::public_base_url;
use super::shared::Shared;
use crate::clock_begins;
use crate::exchange::{CLOCK, ExchangeError};
use crate::settings::{ModeName, Settings};
use crate::store::{OpenError, OpenStore};
use core::time::Duration;
use kaipiao_app::account_reset;
use kaipiao_app::faults::Faults;
use kaipiao_app::invoicing::faults::ScriptedIssuer;
use kaipiao_app::invoicing::taxpayers::TaxpayerError;
use kaipiao_app::sandbox_clock::{ClockBegin, SandboxClock};
use kaipiao_app::settings::{Concurrency, IssuingSettings, PushSettings, Settings as AppSettings};
use kaipiao_app::start::{self, StartError};
use kaipiao_app::{App, Parts};
use kaipiao_blobs_directory::DirectoryBlobs;
use kaipiao_domain::clock_course::ClockCourse;
use kaipiao_domain::delivery::push::{PAYMENT_NOTICE_RETRIES, RetrySchedule};
use kaipiao_http::struck_paths;
use kaipiao_issuer::{BuiltInIssuer, Numbers};
use kaipiao_ports::clock::{Clock, SystemClock};
use kaipiao_ports::entropy::{Entropy, OsEntropy};
use kaipiao_ports::invoicing::issuer::Issuer;
use kaipiao_ports::request_log::RequestLog;
use kaipiao_wire::invoicing::s14_make_out::refuse_taxpayer;
use kaipiao_wire::keys::Keys;
use std::net::SocketAddr;
use std::sync::Arc;

/// The use cases over a store, as the settings want them, and the sandbox's faults that are played on them; None: production
/// has none. For tools: it keeps no request log.
pub fn app(
    settings: &Settings,
    address: SocketAddr,
    store: &OpenStore,
    clock: Arc<dyn Clock>,
    keys: Keys,
) -> Result<(App, Option<Arc<Faults>>), ComposeError> {
    let shared = Shared::new(settings)?;
    let own = Own { keys, entropy: Arc::new(OsEntropy), request_log: None };
    app_of(settings, address, store, clock, own, &shared)
}

/// What each name space has of its own beside its store.
pub(super) struct Own {
    pub(super) keys: Keys,
    pub(super) entropy: Arc<dyn Entropy>,
    /// None: it keeps none.
    pub(super) request_log: Option<Arc<dyn RequestLog>>,
}

/// The same with parts that other name spaces have too, and with its own ones.
pub(super) fn app_of(
    settings: &Settings,
    address: SocketAddr,
    OpenStore { store, node, .. }: &OpenStore,
    clock: Arc<dyn Clock>,
    Own { keys, entropy, request_log }: Own,
    shared: &Shared,
) -> Result<(App, Option<Arc<Faults>>), ComposeError> {
    let push = &settings.push;
    let app_settings = AppSettings {
        public_base_url: public_base_url(settings, address),
        link_life: Duration::from_secs(settings.authorization.link_life_s),
        wxa_appid: settings.authorization.wxa_appid.clone(),
        custom_key_max_chars: settings.authorization.custom_key_max_chars,
        login: settings.login.settings()?,
        console: settings.console.settings()?,
        push: PushSettings {
            concurrency: Concurrency {
                time_limit: Duration::from_millis(push.timeout_ms),
                per_account: push.per_account,
                at_once: push.at_once,
            },
            retries: RetrySchedule {
                event: push.retry_after_ms.iter().map(|ms| Duration::from_millis(*ms)).collect(),
                payment_notice: PAYMENT_NOTICE_RETRIES.to_vec(),
            },
        },
        issuing: IssuingSettings {
            concurrency: Concurrency {
                time_limit: Duration::from_millis(settings.issuing.time_limit_ms),
                per_account: settings.issuing.per_account,
                at_once: settings.issuing.at_once,
            },
            authorization_life: Duration::from_secs(settings.authorization.life_s),
            allots_numbers: settings.mode == ModeName::Sandbox && !settings.issuing.is_outside(),
        },
        platform: settings.platform.settings(&settings.files, settings.mode),
        retention: settings.retention.settings(),
    };
    let built_in = || -> Result<Arc<dyn Issuer>, ComposeError> {
        let numbers = Numbers::new(Arc::clone(store), node, settings.issuing.block_size);
        let marks = settings.issuing.marks(settings.mode)?;
        Ok(Arc::new(BuiltInIssuer::new(numbers, keys.check_code_key(), marks)))
    };
    let issuer = issuer(settings, &clock, built_in)?;
    let is_sandbox = settings.mode == ModeName::Sandbox;
    let new_faults =
        || Arc::new(Faults::new(Arc::clone(&clock), Arc::clone(&entropy), struck_paths()));
    let faults = is_sandbox.then(new_faults);
    let parts = Parts {
        node: node.clone(),
        store: Arc::clone(store),
        clock,
        entropy,
        sender: Arc::clone(&shared.sender),
        issuer: match &faults {
            Some(faults) => Arc::new(ScriptedIssuer::new(issuer, Arc::clone(faults))),
            None => issuer,
        },
        renderer: Arc::clone(&shared.renderer),
        blobs: Arc::new(files(settings)),
        request_log,
        pdf_reader: Arc::clone(&shared.pdf_reader),
        documents: Arc::clone(&shared.documents),
    };
    let app = App::new(parts, keys, app_settings);
    Ok(match faults {
        Some(faults) => (app.in_sandbox(Arc::clone(&faults)), Some(faults)),
        None => (app, None),
    })
}

/// The files that platforms have uploaded.
fn files(settings: &Settings) -> DirectoryBlobs {
    DirectoryBlobs::new(settings.files_directory()).leaving_free(settings.files.least_free_bytes)
}

/// Checks the store's metadata and seeds it; in the sandbox also resumes its clock.
pub async fn prepare(
    app: &App,
    settings: &Settings,
    clock: Arc<SystemClock>,
) -> Result<Option<SandboxClock>, ComposeError> {
    prepare_from(app, settings, clock, None).await
}

/// The same for the store that the settings name, whose contents may have been exchanged.
pub(super) async fn prepare_exchanged(
    app: &App,
    settings: &Settings,
    clock: Arc<SystemClock>,
) -> Result<Option<SandboxClock>, ComposeError> {
    if settings.database.is_given() {
        return prepare(app, settings, clock).await;
    }
    let wrong = |error| OpenError::from(ExchangeError::Io(settings.data.join(CLOCK), error));
    let begins = clock_begins::read(&settings.data).map_err(wrong)?;
    let begins = begins.map(|begins| begins.course(clock.real_now()));
    let clock = prepare_from(app, settings, clock, begins).await?;
    clock_begins::forget(&settings.data).map_err(wrong)?;
    Ok(clock)
}

/// The clock begins with this course, whatever the store says; None: as it says.
async fn prepare_from(
    app: &App,
    settings: &Settings,
    clock: Arc<SystemClock>,
    begins: Option<ClockCourse>,
) -> Result<Option<SandboxClock>, ComposeError> {
    start::check_store_metadata(app, settings.mode.into()).await?;
    let sandbox = match settings.mode {
        ModeName::Production => None,
        ModeName::Sandbox => {
            // First: what is seeded bears the clock's time.
            let begins = match begins {
                Some(course) => ClockBegin::At(course),
                None => ClockBegin::AsStored(settings.sandbox.first_course(clock.real_now())),
            };
            let clock = SandboxClock::resume(app, clock, begins).await?;
            // Before what an account has from the start is looked for.
            account_reset::finish(app).await.map_err(StartError::from)?;
            start::seed_sandbox(app).await?;
            Some(clock)
        }
    };
    let (accounts, callbacks) = (settings.account_specs()?, settings.callback_specs()?);
    let pay_merchants = settings.pay_merchant_specs()?;
    start::apply_config(app, &accounts, &callbacks, &pay_merchants).await.map_err(with_member)?;
    warn_of_nobodys(app, settings).await.map_err(StartError::from)?;
    Ok(sandbox)
}

/// A taxpayer's problem names its member as the config file does.
fn with_member(error: StartError) -> StartError {
    match error {
        StartError::Account { index, error: TaxpayerError::Content(problem) } => {
            StartError::Account { index, error: refuse_taxpayer(&problem).into() }
        }
        other => other,
    }
}
