//! What the sandbox's controls do with name spaces. Each change goes on by itself once it has begun, whatever becomes of
//! whoever asked for it.

use super::folder::{self, Description};
use super::registry::{Known, Late, Registry};
use super::slot::Slot;
use super::snapshots::{self, SnapshotError};
use async_trait::async_trait;
use kaipiao_app::name_spaces::{
    DEFAULT_NAME_SPACE, Keeping, NameSpace, NameSpaces, NewNameSpace, NotDone, SandboxName,
    Snapshot,
};
use kaipiao_domain::text;
use std::sync::{Arc, PoisonError};

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
        let unknown = || NotDone::Unknown(format!("there is no name space {}", text::quoted(name)));
        Ok((registry, known.ok_or_else(unknown)?))
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

fn has_files_elsewhere(known: &Known) -> bool {
    !known.settings.files.directory.as_os_str().is_empty()
}

fn failed(error: impl core::fmt::Display) -> NotDone {
    NotDone::Failed(error.to_string())
}

/// Does something to its end, also if nobody waits for it any more.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, NotDone>> + Send + 'static,
) -> Result<T, NotDone> {
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
        to_its_end(async move {
            let _one_at_a_time = registry.making.lock().await;
            let _changing = known.slot.changing.lock().await;
            registry.others_mut().remove(&name);
            known.slot.stop().await;
            known.slot.break_off("it was removed".to_owned());
            let folder = known.settings.data.clone();
            blocking(move || folder::remove(&folder)).await
        })
        .await
    }

    async fn snapshots(&self, of: &str) -> Result<Vec<Snapshot>, NotDone> {
        let (_, known) = self.changeable(of)?;
        let found = blocking(move || snapshots::all(&known.settings)).await?;
        Ok(found.into_iter().map(|saved| saved.snapshot).collect())
    }

    async fn save(&self, of: &str, name: &SandboxName) -> Result<Snapshot, NotDone> {
        let ((registry, known), name) = (self.changeable(of)?, name.clone());
        to_its_end(async move { save(&registry, &known, name).await }).await
    }

    async fn restore(&self, of: &str, name: &SandboxName) -> Result<(), NotDone> {
        let ((registry, known), name, of) = (self.changeable(of)?, name.clone(), of.to_owned());
        to_its_end(async move {
            let _changing = known.slot.changing.lock().await;
            let (settings, wanted) = (Arc::clone(&known.settings), name.clone());
            let saved = blocking(move || snapshots::find(&settings, &wanted)).await?;
            let saved = saved.ok_or_else(|| no_snapshot(&name))?;
            let settings = Arc::clone(&known.settings);
            let change = move || snapshots::restore(&settings, &name, &saved);
            change_stopped(&registry, &of, &known, change).await
        })
        .await
    }

    async fn forget(&self, of: &str, name: &SandboxName) -> Result<(), NotDone> {
        let ((_, known), name) = (self.changeable(of)?, name.clone());
        to_its_end(async move {
            let _changing = known.slot.changing.lock().await;
            blocking(move || match snapshots::find(&known.settings, &name) {
                Ok(None) => Ok(Err(no_snapshot(&name))),
                Ok(Some(_)) => snapshots::forget(&known.settings, &name).map(Ok),
                Err(error) => Err(error),
            })
            .await?
        })
        .await
    }

    async fn reset(&self, of: &str) -> Result<(), NotDone> {
        let ((registry, known), of) = (self.changeable(of)?, of.to_owned());
        to_its_end(async move {
            let _changing = known.slot.changing.lock().await;
            let settings = Arc::clone(&known.settings);
            let change = move || snapshots::reset(&settings);
            change_stopped(&registry, &of, &known, change).await
        })
        .await
    }
}

fn no_snapshot(name: &SandboxName) -> NotDone {
    NotDone::Unknown(format!("there is no snapshot \"{name}\""))
}

async fn create(registry: &Arc<Registry>, wanted: NewNameSpace) -> Result<NameSpace, NotDone> {
    let _one_at_a_time = registry.making.lock().await;
    let name = wanted.name.clone();
    if registry.known(name.as_str()).is_some() {
        let why = format!("there is a name space \"{name}\" already; DELETE it first, or reset it");
        return Err(NotDone::Conflict(why));
    }
    let most = registry.default.settings.sandbox.namespaces;
    if registry.others().len() >= most {
        let why = format!("there are {most} name spaces, as many as sandbox.namespaces allows");
        return Err(NotDone::Conflict(why));
    }
    let description = Description::of(&wanted);
    let settings = Arc::new(registry.settings_of(&name, &description));
    let folder = settings.data.clone();
    blocking(move || folder::make(&folder, &description)).await?;
    match registry.open_aside(name.as_str(), &settings).await {
        Ok(running) => {
            let known = Known { slot: Arc::new(Slot::new(running)), settings };
            let shown = registry.shown(name.as_str(), &known);
            registry.others_mut().insert(name.to_string(), known);
            Ok(shown)
        }
        Err(error) => {
            let folder = settings.data.clone();
            blocking(move || folder::remove(&folder)).await?;
            Err(error)
        }
    }
}

async fn save(registry: &Registry, known: &Known, name: SandboxName) -> Result<Snapshot, NotDone> {
    let _changing = known.slot.changing.lock().await;
    let most = registry.default.settings.sandbox.snapshots;
    let settings = Arc::clone(&known.settings);
    let found = blocking(move || snapshots::all(&settings)).await?;
    let is_new = found.iter().all(|saved| saved.snapshot.name != name.as_str());
    if is_new && found.len() >= most {
        let why = format!("there are {most} snapshots, as many as sandbox.snapshots allows");
        return Err(NotDone::Conflict(why));
    }
    let running = known.slot.running().ok_or_else(|| failed("nothing runs there"))?;
    let sandbox = running.instance.sandbox.as_ref().ok_or_else(|| failed("it is no sandbox"))?;
    let face = sandbox.clock.face(&running.instance.app);
    let taken = running.instance.app.real_now();
    let settings = Arc::clone(&known.settings);
    blocking(move || snapshots::save(&settings, &name, taken, face)).await
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
    let changed = blocking(change).await;
    match registry.open_aside(name, &known.settings).await {
        Ok(running) => {
            known.slot.serve(running);
            changed
        }
        Err(error) => {
            tracing::error!(name_space = name, %error, "a name space could not be opened again");
            known.slot.break_off(error.to_string());
            Err(error)
        }
    }
}
