//! The server key.

use super::error::ComposeError;
use crate::settings::{self, ModeName, Settings};
use crate::store::OpenError;
use kaipiao_app::{Failure, seeded};
use kaipiao_ports::entropy::{OsEntropy, random};
use kaipiao_ports::store::Store;
use kaipiao_records::record;
use kaipiao_records::server::StoreMetadata;
use kaipiao_store_sqlite::check_owner;
use kaipiao_wire::keys::Keys;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The server key's file.
pub fn key_path(settings: &Settings) -> PathBuf {
    if settings.server_key_file.as_os_str().is_empty() {
        settings.data.join("server.key")
    } else {
        settings.server_key_file.clone()
    }
}

/// The keys of an open store. For a new one a server key is made, if there is none yet; beside others no key but
/// their own is of use.
pub(crate) async fn keys_of(settings: &Settings, store: &dyn Store) -> Result<Keys, ComposeError> {
    let path = key_path(settings);
    if path.exists() {
        return load_keys(settings);
    }
    let wrong = |why: String| ComposeError::ServerKey(path.clone(), why);
    let read = record::get_fresh::<StoreMetadata>(store, &StoreMetadata::key()).await;
    if read.map_err(Failure::from)?.is_some() {
        let data = match settings.database.address()? {
            None => settings.data.join(kaipiao_store_sqlite::FILE_NAME).display().to_string(),
            Some(_) => "the database".to_owned(),
        };
        return Err(wrong(format!(
            "is missing, and {data} depends on it: tokens, links, openids and sealed secrets; put the key back from your copy or from another node, or begin anew with another --data or database"
        )));
    }
    check_owner(&path).map_err(|error| OpenError::Sqlite(error.into()))?;
    let made = std::fs::create_dir_all(&settings.data)
        .and_then(|()| make_key_file(&path, &new_key(settings)));
    match made {
        // Another process was faster.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        made => made.map_err(|error| wrong(error.to_string()))?,
    }
    load_keys(settings)
}

/// The server's keys.
pub fn load_keys(settings: &Settings) -> Result<Keys, ComposeError> {
    let path = key_path(settings);
    let wrong = |why: String| ComposeError::ServerKey(path.clone(), why);
    let text =
        settings::read_secret("server key", &path).map_err(|error| wrong(error.to_string()))?;
    let key = read_key(text.trim()).ok_or_else(|| wrong("must be 64 hexadecimal digits".into()))?;
    Ok(match settings.mode {
        ModeName::Sandbox => Keys::derive_sandbox(&key),
        ModeName::Production => Keys::derive(&key),
    })
}

fn read_key(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    let is_whole = base16ct::mixed::decode(text, &mut key).ok()?.len() == key.len();
    is_whole.then_some(key)
}

/// A key that nobody foretells, or the one that follows from the sandbox's seed.
fn new_key(settings: &Settings) -> [u8; 32] {
    let seed = settings.sandbox.seed().filter(|_| settings.mode == ModeName::Sandbox);
    seed.map_or_else(|| random(&OsEntropy), seeded::server_key)
}

/// Makes a new key, readable by its owner only, and on disk before anything depends on it. It gets
/// its name when it is whole: a crash leaves no half of a key.
fn make_key_file(path: &Path, key: &[u8; 32]) -> std::io::Result<()> {
    let text = base16ct::lower::encode_string(key);
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    // A temporary file is its owner's alone.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    writeln!(file, "{text}")?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    std::fs::File::open(directory)?.sync_all()
}
