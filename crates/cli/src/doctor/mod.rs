//! `kaipiao doctor`: examines settings, store and machine, and says what to do. Changes nothing.

mod addresses;
mod callbacks;
mod categories;
mod certificate;
mod clock;
mod database;
mod files;
mod finding;
mod fonts;
mod issuer;
mod machine;
mod origins;
mod storage;

pub use finding::{Finding, Level};
pub use origins::{Effective, Flag, shown_address};

use crate::compose::{self, ComposeError};
use crate::settings::Settings;
use crate::store::OpenStore;
use kaipiao_ports::clock::SystemClock;
use kaipiao_ports::store::Store;
use serde_json::json;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// The subject of what no other one knows.
const SETTINGS: &str = "settings";

/// What the examination came to.
pub struct Report {
    settings: Vec<Effective>,
    /// The findings.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether nothing stands in the way of the server.
    pub fn is_well(&self) -> bool {
        self.findings.iter().all(|finding| finding.level != Level::Error)
    }

    /// The text to print.
    pub fn text(&self, as_json: bool) -> String {
        if as_json {
            let settings: Vec<_> = self.settings.iter().map(Effective::json).collect();
            let findings: Vec<_> = self.findings.iter().map(Finding::json).collect();
            let well = self.is_well();
            return json!({"well": well, "settings": settings, "findings": findings}).to_string();
        }
        let count = |level| self.findings.iter().filter(|found| found.level == level).count();
        let (errors, warnings) = (count(Level::Error), count(Level::Warning));
        let mut lines: Vec<_> = self.settings.iter().map(Effective::line).collect();
        lines.push(String::new());
        lines.extend(self.findings.iter().map(Finding::line));
        lines.push(format!("\n{errors} errors, {warnings} warnings"));
        lines.join("\n")
    }
}

/// Examines what the settings name. `file` and `flags` are what they were made of.
pub async fn run(
    settings: Result<Settings, ComposeError>,
    file: Option<&Path>,
    flags: &[Flag],
) -> Report {
    let mut findings = Vec::new();
    let origins = origins::effective(file, flags).unwrap_or_default();
    match settings {
        Err(error) => findings.push(Finding::error(SETTINGS, error, "")),
        Ok(settings) => examine(Arc::new(settings), &mut findings).await,
    }
    say_once(&mut findings);
    Report { settings: origins, findings }
}

async fn examine(settings: Arc<Settings>, findings: &mut Vec<Finding>) {
    findings.extend(refusals(&settings));
    let store = storage::open(&settings, findings).await;
    storage::room(&settings, findings);
    storage::secret_files(&settings, findings);
    clock::machine(findings);
    database::examine(&settings, findings).await;
    if let Some(store) = &store {
        examine_store(&settings, store, findings).await;
    }
    let callbacks = callbacks::examine(store.as_deref(), &settings, findings).await;
    if let Err(error) = callbacks {
        findings.push(Finding::error("store", error, ""));
    }
    let issuers = issuer::examine(&settings, store.as_deref(), findings).await;
    let files = files::examine(&settings, store.as_deref(), findings).await;
    for error in [issuers, files].into_iter().filter_map(Result::err) {
        findings.push(Finding::error("store", error, ""));
    }
    addresses::examine(&settings, findings);
    fonts::examine(&settings, findings);
    categories::examine(&settings, findings);
    certificate::examine(&settings, findings);
    machine::files(&settings, findings);
    findings.extend(on_its_own_thread(settings).await);
}

/// Drops what the settings are blamed for and another finding says too, in the same words.
fn say_once(findings: &mut Vec<Finding>) {
    let of_others = findings.iter().filter(|finding| finding.subject != SETTINGS);
    let mut said: HashSet<String> = of_others.map(|finding| finding.found.clone()).collect();
    findings.retain(|finding| finding.subject != SETTINGS || said.insert(finding.found.clone()));
}

/// What the server would refuse to start with.
fn refusals(settings: &Settings) -> Vec<Finding> {
    let exposed = compose::refuse_exposed_sandbox(settings).map_err(|error| error.to_string());
    let token = compose::admin_token(settings).map(|_| ()).map_err(|error| error.to_string());
    let accounts = settings.account_specs().map(|_| ()).map_err(|error| error.to_string());
    let callbacks = settings.callback_specs().map(|_| ()).map_err(|error| error.to_string());
    let pay_merchants =
        settings.pay_merchant_specs().map(|_| ()).map_err(|error| error.to_string());
    let login = settings.login.settings().map(|_| ()).map_err(|error| error.to_string());
    let console = settings.console.settings().map(|_| ()).map_err(|error| error.to_string());
    // Again: --tls came after the file was checked.
    let tls = settings.check_tls().map_err(|error| error.to_string());
    let refusals = [exposed, token, accounts, callbacks, pay_merchants, login, console, tls]
        .into_iter()
        .filter_map(Result::err);
    refusals.map(|refusal| Finding::error(SETTINGS, refusal, "")).collect()
}

async fn examine_store(settings: &Settings, store: &Arc<dyn Store>, findings: &mut Vec<Finding>) {
    let clock = Arc::new(SystemClock::default());
    let app = compose::load_keys(settings).and_then(|keys| {
        compose::app(
            settings,
            settings.listen,
            &OpenStore::unshared(Arc::clone(store)),
            clock,
            keys,
        )
    });
    match app {
        Ok((app, _)) => storage::belongs(&app, &**store, settings, findings).await,
        Err(error) => findings.push(Finding::error(SETTINGS, error, "")),
    }
    if let Err(error) = clock::against_store(&**store, findings).await {
        findings.push(Finding::error("store", error, ""));
    }
}

/// The port is asked by a client that blocks.
async fn on_its_own_thread(settings: Arc<Settings>) -> Vec<Finding> {
    let asked = tokio::task::spawn_blocking(move || {
        let mut findings = Vec::new();
        machine::port(&settings, &mut findings);
        findings
    });
    asked.await.unwrap_or_default()
}
