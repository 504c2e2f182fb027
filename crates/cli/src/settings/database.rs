//! The database that nodes share.

use super::bounds::{self, Bounded};
use super::error::SettingsError;
use super::files::read_secret;
use serde::Deserialize;
use std::path::PathBuf;

/// `[database]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The address, with its password; empty: none.
    pub url: String,
    /// The address's file; empty: none.
    pub url_file: PathBuf,
    /// The node's name; empty: the first that is free.
    pub node: String,
    /// Connections at most.
    pub connections: usize,
}

impl Database {
    pub(super) fn bounded(&self) -> Vec<Bounded> {
        bounds::of([("database.connections", bounds::count(self.connections), 4..=1000)])
    }

    /// The database's address, a secret; None: the store is SQLite's in the data directory. The command line's and the
    /// environment's stand in `url` and `url_file` ([`Self::choose`]).
    pub fn address(&self) -> Result<Option<String>, SettingsError> {
        let address = match (self.url.trim(), self.url_file.as_os_str().is_empty()) {
            ("", true) => return Ok(None),
            ("", false) => read_secret("database.url_file", &self.url_file)?.trim().to_owned(),
            (url, true) => url.to_owned(),
            (_, false) => {
                let text = "database.url and database.url_file are the same setting: give one";
                return Err(SettingsError::Value(text.to_owned()));
            }
        };
        match kaipiao_store_postgres::is_address(&address) {
            true => Ok(Some(address)),
            // It holds a password, so nothing of it is repeated.
            false => Err(SettingsError::Value(ADDRESS.to_owned())),
        }
    }

    /// Whether there is one in place of the embedded store.
    pub fn is_given(&self) -> bool {
        !self.url.trim().is_empty() || !self.url_file.as_os_str().is_empty()
    }

    /// Takes this address, whatever a file says.
    pub fn choose(&mut self, url: String) {
        self.url = url;
        self.url_file = PathBuf::new();
    }

    /// The node's name, if one was given.
    pub fn node(&self) -> Result<Option<&str>, SettingsError> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        match self.node.as_str() {
            "" => Ok(None),
            name if name.len() <= 64 && name.bytes().all(is_part) => Ok(Some(name)),
            name => Err(SettingsError::Value(format!(
                "database.node must be 1 to 64 of A-Z, a-z, 0-9 and - _ . , not {name:?}"
            ))),
        }
    }
}

const ADDRESS: &str = "the database's address (database.url, database.url_file, KAIPIAO_DATABASE_URL or --database-url) cannot be read: write postgres://user:password@host:5432/database, other characters than letters and digits of the password as %XX";
