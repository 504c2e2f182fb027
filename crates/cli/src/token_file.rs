//! Access tokens that are kept from one command to the next, for their owner's eyes only.

use kaipiao_ports::clock::{Clock, SystemClock};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

/// A token that ends within this time is not used any more.
const SPARE_S: u64 = 60;

/// Where the token of an account at a server is kept.
pub(crate) struct TokenFile {
    path: PathBuf,
    server: String,
    appid: String,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    server: String,
    appid: String,
    access_token: String,
    /// Unix seconds, by this machine's clock.
    good_until: i64,
}

impl TokenFile {
    /// In the user's cache directory; None: the user has none.
    /// One for each secret: a wrong one finds no token, and is refused.
    pub(crate) fn of(server: &str, appid: &str, secret: &str) -> Option<Self> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let cache = set("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = cache.or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '.';
        let name = format!("{server} {appid}").replace(|c| !is_plain(c), "_");
        // A part of it says nothing of the secret.
        let digest = &base16ct::lower::encode_string(&Sha256::digest(secret))[..16];
        let path = cache.join("kaipiao").join(format!("{name}-{digest}.token"));
        Some(Self { path, server: server.to_owned(), appid: appid.to_owned() })
    }

    /// The token, if it is still good.
    pub(crate) fn read(&self) -> Option<String> {
        let kept: Kept = serde_json::from_slice(&fs::read(&self.path).ok()?).ok()?;
        let is_own = kept.server == self.server && kept.appid == self.appid;
        (is_own && kept.good_until > now_s()).then_some(kept.access_token)
    }

    /// Keeps a token that is good for so many seconds.
    pub(crate) fn write(&self, token: &str, life_s: u64) -> io::Result<()> {
        let good_s = i64::try_from(life_s.saturating_sub(SPARE_S)).unwrap_or(0);
        let kept = Kept {
            server: self.server.clone(),
            appid: self.appid.clone(),
            access_token: token.to_owned(),
            good_until: now_s().saturating_add(good_s),
        };
        let folder = self.path.parent().expect("it lies in a folder");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        // Whole or not at all: another command may read it meanwhile.
        let part = self.path.with_extension(format!("{}.part", std::process::id()));
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&part)?;
        file.write_all(&serde_json::to_vec(&kept)?)?;
        fs::rename(&part, &self.path)
    }
}

fn now_s() -> i64 {
    SystemClock::default().real_now().unix_seconds()
}
