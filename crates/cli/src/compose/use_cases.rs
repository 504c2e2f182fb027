//! The use cases over a store, as the settings want them.

use super::error::ComposeError;
use super::issuers::{issuer, warn_of_nobodys};
use super::names::public_base_url;
use super::request_log::request_log;
use crate::READ_PDF;
use crate::settings::{Files, ModeName, Render, Settings, SettingsError};
use crate::store::OpenStore;
use core::time::Duration;
use kaipiao_app::faults::Faults;
use kaipiao_app::invoicing::faults::ScriptedIssuer;
use kaipiao_app::invoicing::taxpayers::TaxpayerError;
use kaipiao_app::sandbox::SandboxClock;
use kaipiao_app::settings::{Concurrency, IssuingSettings, PushSettings, Settings as AppSettings};
use kaipiao_app::start::{self, StartError};
use kaipiao_app::{App, Parts};
use kaipiao_blobs_directory::DirectoryBlobs;
use kaipiao_domain::delivery::push::{PAYMENT_NOTICE_RETRIES, RetrySchedule};
use kaipiao_http::struck_paths;
use kaipiao_issuer::{BuiltInIssuer, Numbers};
use kaipiao_pdf_reader::{ChildReader, Program};
use kaipiao_ports::clock::{Clock, SystemClock};
use kaipiao_ports::entropy::{Entropy, OsEntropy};
use kaipiao_ports::invoicing::issuer::Issuer;
use kaipiao_render::{FaceRenderer, Fonts};
use kaipiao_sender::HttpSender;
use kaipiao_wire::invoicing::s14_make_out::refuse_taxpayer;
use kaipiao_wire::keys::Keys;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// The use cases over a store, as the settings want them, and the sandbox's faults that are played on them; None: production
/// has none.
pub fn app(
    settings: &Settings,
    address: SocketAddr,
    OpenStore { store, node, .. }: &OpenStore,
    clock: Arc<dyn Clock>,
    keys: Keys,
) -> Result<(App, Option<Arc<Faults>>), ComposeError> {
    let push = &settings.push;
    let sender = HttpSender::new(push.sender(settings.is_closed_sandbox())?)?;
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
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let is_sandbox = settings.mode == ModeName::Sandbox;
    let new_faults =
        || Arc::new(Faults::new(Arc::clone(&clock), Arc::clone(&entropy), struck_paths()));
    let faults = is_sandbox.then(new_faults);
    let request_log = request_log(settings, node, Arc::clone(&clock));
    let parts = Parts {
        node: node.clone(),
        store: Arc::clone(store),
        clock,
        entropy,
        sender: Arc::new(sender),
        issuer: match &faults {
            Some(faults) => Arc::new(ScriptedIssuer::new(issuer, Arc::clone(faults))),
            None => issuer,
        },
        renderer: Arc::new(renderer(&settings.render)?),
        blobs: Arc::new(files(settings)),
        request_log,
        pdf_reader: Arc::new(ChildReader::new(pdf_program(&settings.files))),
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

/// What reads PDFs: this program itself, also once its file was replaced by a newer one.
fn pdf_program(files: &Files) -> Program {
    let path = files.reader.clone().unwrap_or_else(|| PathBuf::from("/proc/self/exe"));
    Program { path, arguments: vec![READ_PDF.into()] }
}

/// What draws invoices: with the operator's fonts and short names of tax codes.
pub(crate) fn renderer(render: &Render) -> Result<FaceRenderer, SettingsError> {
    let renderer = FaceRenderer::new(Fonts::new(render.font_files()?));
    let unprintable = |problem| SettingsError::Malformed(render.categories.clone(), problem);
    renderer.with_categories(render.category_table()?).map_err(unprintable)
}

/// Checks the store's metadata and seeds it; in the sandbox also resumes its clock.
pub async fn prepare(
    app: &App,
    settings: &Settings,
    clock: Arc<SystemClock>,
) -> Result<Option<SandboxClock>, ComposeError> {
    start::check_store_metadata(app, settings.mode.into()).await?;
    let sandbox = match settings.mode {
        ModeName::Production => None,
        ModeName::Sandbox => {
            start::seed_sandbox(app).await?;
            Some(SandboxClock::resume(app, clock).await?)
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
