//! What the sandbox's controls do with name spaces. Each change goes on by itself once it has begun, whatever becomes of
//! whoever asked for it.

use super::super::instance::Before;
use super::folder::{self, Description};
use super::registry::{Known, Late, Registry};
use super::slot::{Running, Slot, holds_nothing_up};
use super::snapshots::{self, SnapshotError};
use async_trait::async_trait;
use core::convert::Infallible;
use kaipiao_app::account_reset;
use kaipiao_app::name_spaces::{
    DEFAULT_NAME_SPACE, Keeping, NameSpace, NameSpaces, NewNameSpace, NotDone, SandboxName,
    Snapshot,
};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::text;
use std::sync::{Arc, PoisonError};
use tokio::sync::MutexGuard;

/// The controls of all name spaces, as each of them has them. Weak: name spaces end with the server.
pub(super) struct Changes(Late);

impl Changes {
    /// What is written there later is the registry.
    pub(super) fn new(late: Late) -> Self {
        Self(late)
    }

    fn registry(&self) -> Result<Arc<Registry>, NotDone> {
        let registry = self.0.read().unwrap_or_else(PoisonError::into_inner).upgrade();
        registry.ok_or_else(|| NotDone::Failed("the server is ending".to_owned()))
    }

    /// Where each change needs the embedded store.
    fn embedded(&self) -> Result<Arc<Registry>, NotDone> {
        let registry = self.registry()?;
        if registry.is_shared() {
            let why = "this server's store is PostgreSQL, which other nodes share: name spaces, snapshots and reset need the \
                       embedded store (start without --database-url). The clock can be changed";
            return Err(NotDone::Conflict(why.to_owned()));
        }
        Ok(registry)
    }

    fn known(&self, name: &str) -> Result<(Arc<Registry>, Known), NotDone> {
        let registry = self.embedded()?;
        let known = registry.known(name);
        Ok((registry, known.ok_or_else(|| unknown(name))?))
    }

    /// A name space whose files are its own.
    fn changeable(&self, name: &str) -> Result<(Arc<Registry>, Known), NotDone> {
        let (registry, known) = self.known(name)?;
        if has_files_elsewhere(&known) {
            let why = "files.directory is set, so the files are not in the data directory: snapshots and reset are for name spaces \
                       whose files lie beside their store";
            return Err(NotDone::Conflict(why.to_owned()));
        }
        Ok((registry, known))
    }
}

fn unknown(name: &str) -> NotDone {
    NotDone::Unknown(format!("there is no name space {}", text::quoted(name)))
}

/// Keeps everybody else from changing a name space, which may be gone by the time that it is one's turn.
async fn hold<'a>(
    registry: &Registry,
    name: &str,
    known: &'a Known,
) -> Result<MutexGuard<'a, ()>, NotDone> {
    registry.hold(name, known).await.ok_or_else(|| unknown(name))
}

fn has_files_elsewhere(known: &Known) -> bool {
    !known.settings.files.directory.as_os_str().is_empty()
}

fn failed(error: impl core::fmt::Display) -> NotDone {
    NotDone::Failed(error.to_string())
}

/// Does something to its end, also if nobody waits for it any more. Whoever asks for it is no request that it waits for.
pub(super) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, NotDone>> + Send + 'static,
) -> Result<T, NotDone> {
    holds_nothing_up();
    tokio::spawn(work).await.unwrap_or_else(|error| Err(failed(error)))
}

async fn blocking<T: Send + 'static, E: core::fmt::Display + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, NotDone> {
    tokio::task::spawn_blocking(work).await.map_err(failed)?.map_err(failed)
}

#[async_trait]
impl NameSpaces for Changes {
    async fn create(&self, wanted: NewNameSpace) -> Result<NameSpace, NotDone> {
        let registry = self.embedded()?;
        to_its_end(async move { create(&registry, wanted).await }).await
    }

    fn list(&self) -> Vec<NameSpace> {
        let Ok(registry) = self.registry() else { return Vec::new() };
        let default = registry.shown(DEFAULT_NAME_SPACE, &registry.default);
        let others = registry.others();
        let others = others.iter().map(|(name, known)| registry.shown(name, known));
        core::iter::once(default).chain(others).collect()
    }

    fn keeping(&self, of: &str) -> Keeping {
        match self.registry() {
            Ok(registry) if registry.is_shared() => Keeping::SharedDatabase,
            Ok(registry) if registry.known(of).is_some_and(|known| has_files_elsewhere(&known)) => {
                Keeping::FilesElsewhere
            }
            Ok(_) | Err(_) => Keeping::OwnFolder,
        }
    }

    async fn remove(&self, name: &str) -> Result<(), NotDone> {
        let (registry, known) = self.known(name)?;
        if name == DEFAULT_NAME_SPACE {
            let why = "the default name space stays; POST /sandbox/v1/reset empties it";
            return Err(NotDone::Conflict(why.to_owned()));
        }
        let name = name.to_owned();
        to_its_end(async move { remove(&registry, &name, &known).await }).await
    }

    async fn snapshots(&self, of: &str) -> Result<Vec<Snapshot>, NotDone> {
        let (_, known) = self.changeable(of)?;
        blocking(move || snapshots::all(&known.settings)).await
    }

    async fn save(&self, of: &str, name: &SandboxName) -> Result<Snapshot, NotDone> {
        let ((registry, known), name, of) = (self.changeable(of)?, name.clone(), of.to_owned());
        to_its_end(async move { save(&registry, &of, &known, name).await }).await
    }

    async fn restore(&self, of: &str, name: &SandboxName) -> Result<(), NotDone> {
        let ((registry, known), name, of) = (self.changeable(of)?, name.clone(), of.to_owned());
        to_its_end(async move {
            let _changing = hold(&registry, &of, &known).await?;
            let (settings, wanted) = (Arc::clone(&known.settings), name.clone());
            let found = blocking(move || Ok::<_, Infallible>(snapshots::find(&settings, &wanted)));
            let saved = found.await?.map_err(|error| is_damaged(&name, &error))?;
            let saved = saved.ok_or_else(|| no_snapshot(&name))?;
            let settings = Arc::clone(&known.settings);
            let change = move || snapshots::restore(&settings, &name, &saved);
            change_stopped(&registry, &of, &known, change).await
        })
        .await
    }

    async fn forget(&self, of: &str, name: &SandboxName) -> Result<(), NotDone> {
        let ((registry, known), name, of) = (self.changeable(of)?, name.clone(), of.to_owned());
        to_its_end(async move {
            let _changing = hold(&registry, &of, &known).await?;
            let settings = Arc::clone(&known.settings);
            if !snapshots::is_there(&settings, &name) {
                return Err(no_snapshot(&name));
            }
            blocking(move || snapshots::forget(&settings, &name)).await
        })
        .await
    }

    async fn reset(&self, of: &str) -> Result<(), NotDone> {
        let ((registry, known), of) = (self.changeable(of)?, of.to_owned());
        to_its_end(async move {
            let _changing = hold(&registry, &of, &known).await?;
            let settings = Arc::clone(&known.settings);
            let change = move || snapshots::reset(&settings);
            change_stopped(&registry, &of, &known, change).await
        })
        .await
    }

    async fn reset_account(&self, of: &str, appid: &AppId) -> Result<(), NotDone> {
        let ((registry, known), of, appid) = (self.known(of)?, of.to_owned(), appid.clone());
        to_its_end(async move {
            let _changing = hold(&registry, &of, &known).await?;
            let running = known.slot.running().ok_or_else(|| failed("nothing runs there"))?;
            account_reset::begin(&running.instance.app, &appid).await.map_err(failed)?;
            known.slot.stop().await;
            // Whoever opens the store finishes what has begun.
            let before = Before::of(&running.instance, appid);
            opened_again(&registry, &of, &known, before).await
        })
        .await
    }
}

/// Stops a name space and removes its folder; broken off, it loses nothing or all.
pub(super) async fn remove(registry: &Registry, name: &str, known: &Known) -> Result<(), NotDone> {
    let _changing = hold(registry, name, known).await?;
    known.slot.stop().await;
    let folder = known.settings.data.clone();
    if let Err(error) = blocking(move || folder::remove(&folder)).await {
        // It is as it was, and the next call opens it again.
        known.slot.break_off(error.to_string());
        return Err(error);
    }
    known.slot.removed();
    registry.others_mut().remove(name);
    Ok(())
}

fn no_snapshot(name: &SandboxName) -> NotDone {
    NotDone::Unknown(format!("there is no snapshot \"{name}\""))
}

fn is_damaged(name: &SandboxName, error: &std::io::Error) -> NotDone {
    let why = format!("the snapshot \"{name}\" cannot be read ({error}); DELETE it");
    NotDone::Conflict(why)
}

async fn create(registry: &Arc<Registry>, wanted: NewNameSpace) -> Result<NameSpace, NotDone> {
    let name = wanted.name.as_str();
    let description = Description::of(&wanted, registry.real_now());
    let settings = Arc::new(registry.settings_of(&wanted.name, &description));
    let known = Known { slot: Arc::new(Slot::being_made()), settings, stay: description.stay };
    let _making = known.slot.changing.lock().await;
    // Whoever calls it from here on waits until it is made.
    reserve(registry, name, &known)?;
    match make(registry, name, &known, description).await {
        Ok(running) => {
            known.slot.serve(running);
            Ok(registry.shown(name, &known))
        }
        Err(error) => {
            known.slot.removed();
            registry.others_mut().remove(name);
            Err(error)
        }
    }
}

/// Gives a name space that is to be made its name.
fn reserve(registry: &Registry, name: &str, known: &Known) -> Result<(), NotDone> {
    let most = registry.default.settings.sandbox.namespaces;
    let mut others = registry.others_mut();
    if name == DEFAULT_NAME_SPACE || others.contains_key(name) {
        let why = format!("there is a name space \"{name}\" already; DELETE it first, or reset it");
        return Err(NotDone::Conflict(why));
    }
    if others.len() >= most {
        let why = format!(
            "there are {most} name spaces, as many as sandbox.namespaces allows: DELETE one that nobody needs (GET \
             /sandbox/v1/namespaces lists them), raise the setting and restart, or give those to come a life_s"
        );
        return Err(NotDone::Conflict(why));
    }
    others.insert(name.to_owned(), known.clone());
    Ok(())
}

async fn make(
    registry: &Arc<Registry>,
    name: &str,
    known: &Known,
    description: Description,
) -> Result<Arc<Running>, NotDone> {
    let folder = known.settings.data.clone();
    blocking(move || folder::make(&folder, &description)).await?;
    let opened = registry.open_aside(name, &known.settings, None).await;
    if opened.is_err() {
        let folder = known.settings.data.clone();
        blocking(move || folder::remove(&folder)).await?;
    }
    opened
}

async fn save(
    registry: &Registry,
    of: &str,
    known: &Known,
    name: SandboxName,
) -> Result<Snapshot, NotDone> {
    let _changing = hold(registry, of, known).await?;
    let most = registry.default.settings.sandbox.snapshots;
    let settings = Arc::clone(&known.settings);
    let found = blocking(move || snapshots::all(&settings)).await?;
    let is_new = found.iter().all(|snapshot| snapshot.name != name.as_str());
    if is_new && found.len() >= most {
        let why = format!(
            "there are {most} snapshots, as many as sandbox.snapshots allows: DELETE one (GET /sandbox/v1/snapshots lists them), or \
             raise the setting and restart"
        );
        return Err(NotDone::Conflict(why));
    }
    let running = known.slot.running().ok_or_else(|| failed("nothing runs there"))?;
    let sandbox = running.instance.sandbox.clone().ok_or_else(|| failed("it is no sandbox"))?;
    let app = Arc::clone(&running.instance.app);
    let face = move || sandbox.clock.face(&app);
    let taken = running.instance.app.real_now();
    let settings = Arc::clone(&known.settings);
    blocking(move || snapshots::save(&settings, &name, taken, face)).await
}

fn not_changed(error: SnapshotError) -> NotDone {
    match error {
        SnapshotError::Foreign(why) => NotDone::Conflict(why),
        error => failed(error),
    }
}

/// Stops what runs in a name space, has its files changed, and starts it again. Whatever comes of the change, what is
/// there then is served.
async fn change_stopped(
    registry: &Arc<Registry>,
    name: &str,
    known: &Known,
    change: impl FnOnce() -> Result<(), SnapshotError> + Send + 'static,
) -> Result<(), NotDone> {
    known.slot.stop().await;
    let changed = blocking(move || Ok::<_, Infallible>(change())).await?.map_err(not_changed);
    let opened = opened_again(registry, name, known, None).await;
    // Of one that could not be opened before, why it was not changed says more.
    changed.and(opened)
}

/// Opens a name space that was stopped, and has it serve.
async fn opened_again(
    registry: &Arc<Registry>,
    name: &str,
    known: &Known,
    before: Option<Before>,
) -> Result<(), NotDone> {
    match registry.open_aside(name, &known.settings, before).await {
        Ok(running) => {
            known.slot.serve(running);
            Ok(())
        }
        Err(error) => {
            tracing::error!(name_space = name, %error, "a name space could not be opened again");
            known.slot.break_off(error.to_string());
            Err(error)
        }
    }
}
