//! `kaipiao accounts`: what a test suite needs to know, also without a running server.

use crate::compose::{self, ComposeError};
use crate::settings::{ModeName, Settings, SettingsError};
use crate::store::{self, OpenStore};
use kaipiao_http::accounts_json;
use kaipiao_ports::clock::SystemClock;
use kaipiao_store_memory::MemoryStore;
use kaipiao_wire::keys::Keys;
use std::sync::Arc;

/// The accounts as JSON text: those of the store, or, before the first start, those that the
/// first start would make. Reads only.
pub async fn json(settings: &Settings) -> Result<String, ComposeError> {
    if settings.mode == ModeName::Production {
        let text = "accounts lists the sandbox's accounts; in production ask the admin API";
        return Err(SettingsError::Value(text.to_owned()).into());
    }
    // No request is made here, and the request log's file would be.
    let mut settings = settings.clone();
    settings.request_log.on = false;
    let settings = &settings;
    let clock = Arc::new(SystemClock::default());
    let stored = store::open_read_only(settings).await?;
    let is_new = stored.is_none();
    let store = OpenStore::unshared(stored.unwrap_or_else(|| Arc::new(MemoryStore::default())));
    // Openids and s_pappids of the sandbox do not depend on the server key.
    let keys = if is_new { Keys::derive_sandbox(&[0; 32]) } else { compose::load_keys(settings)? };
    let (app, _) =
        compose::app(settings, settings.listen, &store, Arc::<SystemClock>::clone(&clock), keys)?;
    if is_new {
        compose::prepare(&app, settings, clock).await?;
    }
    let admin_token = compose::admin_token(settings)?;
    Ok(accounts_json(&app, admin_token.as_deref()).await?)
}

/// The same for people: indented.
pub fn for_people(json: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).expect("accounts_json writes JSON");
    serde_json::to_string_pretty(&value).expect("what was read can be written")
}
