//! The account's callback while somebody listens: set by the admin API, which keeps the one before it (D-238).

use crate::admin_client::{self, AdminClient};
use crate::api_client::failed;
use crate::compose::ComposeError;
use crate::settings::Settings;
use core::time::Duration;
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpStream};

/// Within this time somebody who listens on this machine takes a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// One account's callback.
pub(super) struct StandIn {
    client: AdminClient,
    appid: String,
}

/// A callback that a listener has left in place.
pub(super) struct Left {
    /// The listener's.
    pub(super) url: String,
    /// The one before it; empty: there was none.
    before: String,
}

impl StandIn {
    pub(super) fn new(
        settings: &Settings,
        server: Option<&str>,
        appid: &str,
    ) -> Result<Self, ComposeError> {
        Ok(Self { client: AdminClient::new(settings, server)?, appid: appid.to_owned() })
    }

    /// What an earlier listener has left in place; None: nothing.
    pub(super) fn left(&self) -> Result<Option<Left>, ComposeError> {
        let account = self.account()?;
        let text = |name: &str| account["callback"][name].as_str().map(str::to_owned);
        let (url, before) = (text("url"), text("stands_in_for"));
        Ok(url.zip(before).map(|(url, before)| Left { url, before }))
    }

    fn account(&self) -> Result<Value, ComposeError> {
        let mut after: Option<String> = None;
        loop {
            let page = [("limit", Some("1000")), ("after", after.as_deref())];
            let listing = admin_client::parse(&self.client.get("accounts", &page)?)?;
            let accounts = listing["accounts"].as_array().map_or(&[][..], Vec::as_slice);
            if let Some(found) = accounts.iter().find(|account| account["appid"] == *self.appid) {
                return Ok(found.clone());
            }
            after = Some(
                listing["next"]
                    .as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| failed(format!("no account has the appid {}", self.appid)))?,
            );
        }
    }

    /// Puts a callback in the place of the account's own, which is kept.
    pub(super) fn set(&self, callback: &Value) -> Result<(), ComposeError> {
        self.client.send("PUT", &format!("accounts/{}/callback", self.appid), callback).map(drop)
    }

    /// Sets the callback again if another one, or none, has taken the place of the one at `url`: what people are told of
    /// it; empty: it is in place.
    pub(super) fn keep(&self, callback: &Value, url: &str) -> Result<String, ComposeError> {
        let found = self.in_place()?;
        if found.as_deref() == Some(url) {
            return Ok(String::new());
        }
        self.set(callback)?;
        let appid = &self.appid;
        Ok(match found {
            Some(found) => format!("the callback of {appid} had become {found}; it is {url} again"),
            None => format!(
                "the callback of {appid} had gone, as after a reset or a restore; it is {url} again"
            ),
        })
    }

    /// The end of the one at `url`: the account's own is put back, unless another one, or none, is in its place by now.
    pub(super) fn end(&self, url: &str) -> Result<String, ComposeError> {
        let appid = &self.appid;
        match self.in_place()? {
            Some(found) if found == url => self.put_back(url),
            Some(found) => Ok(format!("the callback of {appid} is {found} by now, and stays")),
            None => Ok(format!("{appid} has no callback any more: there is nothing to put back")),
        }
    }

    fn in_place(&self) -> Result<Option<String>, ComposeError> {
        Ok(self.account()?["callback"]["url"].as_str().map(str::to_owned))
    }

    /// Puts the account's own back in the place of the one at `url`, and says what it is.
    pub(super) fn put_back(&self, url: &str) -> Result<String, ComposeError> {
        let path = format!("accounts/{}/callback/put-back", self.appid);
        let answer =
            admin_client::parse(&self.client.send("POST", &path, &json!({"url": url}))?)?;
        let appid = &self.appid;
        Ok(match answer["callback"]["url"].as_str() {
            Some(url) => format!("the callback of {appid} is {url} again"),
            None => format!("{appid} has no callback again"),
        })
    }
}

impl Left {
    /// What people are told of it; an error when that listener still listens.
    pub(super) fn told(&self) -> Result<String, ComposeError> {
        let Self { url, before } = self;
        if is_listened_to(url) {
            return Err(failed(format!(
                "another listener is at {url}; end it first, or listen to another account with --appid"
            )));
        }
        let before = if before.is_empty() { "none" } else { before };
        Ok(format!(
            "a listener at {url} has ended without putting the callback back; it is put back when this one ends: {before} (at once: kaipiao listen --put-back)"
        ))
    }
}

fn is_listened_to(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let address = authority.split('/').next().unwrap_or_default().parse::<SocketAddr>();
    address.is_ok_and(|address| TcpStream::connect_timeout(&address, CONNECT_LIMIT).is_ok())
}
