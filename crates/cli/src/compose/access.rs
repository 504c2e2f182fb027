//! Who may reach a server, and who may operate it.

use super::error::ComposeError;
use crate::settings::{self, ModeName, Settings, SettingsError};
use kaipiao_app::sandbox::DEMO_ADMIN_TOKEN;
use std::net::SocketAddr;

/// Refuses a sandbox that would be reachable from elsewhere, unless that is wanted.
pub(crate) fn refuse_exposed_sandbox(settings: &Settings) -> Result<(), ComposeError> {
    let operations = settings.metrics.address()?;
    let exposed = |address: &SocketAddr| !address.ip().is_loopback();
    let exposed = std::iter::once(settings.listen).chain(operations).find(exposed);
    match exposed.filter(|_| settings.is_closed_sandbox()) {
        Some(address) => Err(ComposeError::SandboxExposed(address)),
        None => Ok(()),
    }
}

/// The operator's token; None: there is no admin API.
pub(crate) fn admin_token(settings: &Settings) -> Result<Option<String>, SettingsError> {
    let own = match std::env::var("KAIPIAO_ADMIN_TOKEN") {
        Ok(token) if !token.trim().is_empty() => Some(("KAIPIAO_ADMIN_TOKEN", token)),
        _ if settings.admin_token_file.as_os_str().is_empty() => None,
        _ => Some((
            "admin_token_file",
            settings::read_secret("admin_token_file", &settings.admin_token_file)?,
        )),
    };
    if let Some((name, token)) = own {
        let token = token.trim().to_owned();
        if token.len() < 16 {
            return Err(SettingsError::Value(format!("{name} holds fewer than 16 characters")));
        }
        return Ok(Some(token));
    }
    Ok((settings.mode == ModeName::Sandbox).then(|| DEMO_ADMIN_TOKEN.to_owned()))
}
