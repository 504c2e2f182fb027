//! `kaipiao accounts`: what a test suite needs to know, also without a running server.

use crate::compose::{self, ComposeError};
use crate::settings::{ModeName, Settings, SettingsError};
use crate::store::{self, OpenStore};
use kaipiao_http::accounts_json;
use kaipiao_ports::clock::SystemClock;
use kaipiao_store_memory::MemoryStore;
use kaipiao_wire::keys::Keys;
use serde_json::Value;
use std::fmt::Write;
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

/// The same for people: a table of the accounts, one of the users, and what else a first call needs.
pub fn for_people(json: &str) -> String {
    let all: Value = serde_json::from_str(json).expect("accounts_json writes JSON");
    let of = |value: &Value, name: &str| value[name].as_str().unwrap_or("").to_owned();
    let entries = |name: &str| all[name].as_array().cloned().unwrap_or_default();
    let accounts = entries("accounts");
    // Names stand last: theirs are of characters of any width.
    let columns = ["role", "appid", "secret", "original_id", "bound_to", "name"];
    let rows = accounts.iter().map(|account| columns.map(|column| of(account, column)).to_vec());
    let mut text = table(&columns, rows.collect());
    let users = entries("users");
    // An openid of each account is a row of its own: side by side they would be wider than a screen.
    let openids = users.iter().flat_map(|user| {
        let openids = user["openids"].as_object().into_iter().flatten();
        let row = |(appid, openid): (&String, &Value)| {
            vec![of(user, "id"), appid.clone(), openid.as_str().unwrap_or("").to_owned()]
        };
        openids.map(row).collect::<Vec<_>>()
    });
    let columns = ["id", "auth_code", "contract_id", "name"];
    let rows = users.iter().map(|user| columns.map(|column| of(user, column)).to_vec());
    text += &format!("\nusers\n{}", table(&columns, rows.collect()));
    text += &format!("\nopenids\n{}", table(&["user", "appid", "openid"], openids.collect()));
    text.push('\n');
    let merchant = &all["merchant"];
    for (name, value) in [
        ("s_pappid", of(&all, "s_pappid")),
        ("taxpayer", [of(merchant, "nsrsbh"), of(merchant, "nsrmc")].join("  ").trim().to_owned()),
        ("serials begin with", of(merchant, "code")),
        ("mchid", of(&all, "mchid")),
        ("pay key", of(&all, "mch_key")),
        ("admin token", of(&all, "admin_token")),
    ] {
        if !value.is_empty() {
            let _ = writeln!(text, "{name}: {value}");
        }
    }
    text
}

/// Columns below their heads; one that is empty in every row is left out.
fn table(heads: &[&str], rows: Vec<Vec<String>>) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let mut lines = vec![String::new(); rows.len() + 1];
    for (column, head) in heads.iter().enumerate() {
        let Some(width) = width(column).filter(|width| *width > 0) else { continue };
        let width = width.max(head.len());
        let cells = core::iter::once(*head).chain(rows.iter().map(|row| &*row[column]));
        for (line, cell) in lines.iter_mut().zip(cells) {
            let _ = write!(line, "{cell:width$}  ");
        }
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_tables() {
        let json = r#"{"accounts":[
            {"appid":"wx1","secret":"s1","role":"merchant","original_id":"gh_1","name":"商户"},
            {"appid":"wx22","role":"platform","original_id":"gh_2","name":"P"}],
            "users":[{"id":"u1","name":"Mo","openids":{"wx1":"o1","wx22":"o2"},"auth_code":"13"}],
            "s_pappid":"sp","merchant":{"code":"c1","nsrsbh":"91","nsrmc":"Shop"},"mchid":null}"#;
        assert_eq!(
            for_people(json),
            "role      appid  secret  original_id  name\n\
             merchant  wx1    s1      gh_1         商户\n\
             platform  wx22           gh_2         P\n\
             \nusers\nid  auth_code  name\nu1  13         Mo\n\
             \nopenids\nuser  appid  openid\nu1    wx1    o1\nu1    wx22   o2\n\
             \ns_pappid: sp\ntaxpayer: 91  Shop\nserials begin with: c1\n"
        );
    }
}
