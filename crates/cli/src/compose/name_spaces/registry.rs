//! The name spaces of this process, by name.

use super::super::error::ComposeError;
use super::super::instance::{Before, Instance, Site};
use super::super::names::public_base_url;
use super::super::shared::Shared;
use super::folder::{self, Description, Stay};
use super::slot::{Running, Slot};
use super::snapshots;
use crate::connections::Connections;
use crate::exchange;
use crate::settings::Settings;
use crate::store::OpenStore;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use kaipiao_app::name_spaces::{DEFAULT_NAME_SPACE, NameSpace, NameSpaces, NotDone, SandboxName};
use kaipiao_domain::Timestamp;
use kaipiao_ports::clock::{Clock, SystemClock};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use tokio::runtime::Handle;
use tokio::sync::{MutexGuard, Notify};

/// A name space that the server knows.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) slot: Arc<Slot>,
    pub(super) settings: Arc<Settings>,
    pub(super) stay: Stay,
}

/// A registry that is there once its default name space is.
pub(super) type Late = Arc<RwLock<Weak<Registry>>>;

/// Makes the controls that each name space has.
pub(super) type MakeControls = fn(Late) -> Arc<dyn NameSpaces>;

/// All name spaces of this process.
pub(in super::super) struct Registry {
    own: Weak<Registry>,
    make_controls: MakeControls,
    address: SocketAddr,
    shared: Shared,
    clock: SystemClock,
    pub(super) default: Known,
    others: RwLock<BTreeMap<String, Known>>,
    one_has_ended: Arc<Notify>,
    /// Whether workers run.
    is_serving: AtomicBool,
}

impl Registry {
    /// The default name space over its open store.
    pub(super) async fn over(
        store: OpenStore,
        settings: &Settings,
        address: SocketAddr,
        make_controls: MakeControls,
    ) -> Result<(Arc<Self>, Arc<Running>), ComposeError> {
        let shared = Shared::new(settings)?;
        if !settings.database.is_given() {
            sweep(settings);
        }
        let late = Late::default();
        let name_spaces = make_controls(Arc::clone(&late));
        let name = DEFAULT_NAME_SPACE.to_owned();
        let site = Site { address, name, name_spaces, before: None };
        let running = Running::new(Instance::over(store, settings, site, &shared).await?);
        let slot = Arc::new(Slot::new(Arc::clone(&running)));
        let registry = Arc::new_cyclic(|own: &Weak<Self>| Self {
            own: Weak::clone(own),
            make_controls,
            address,
            shared,
            clock: SystemClock::default(),
            default: Known { slot, settings: Arc::new(settings.clone()), stay: Stay::default() },
            others: RwLock::default(),
            one_has_ended: Arc::new(Notify::new()),
            is_serving: AtomicBool::new(false),
        });
        *late.write().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&registry);
        Ok((registry, running))
    }

    /// The real moment.
    pub(super) fn real_now(&self) -> Timestamp {
        self.clock.real_now()
    }

    /// Opens those that were made before, but removes those whose life is over. One that cannot be opened says so, and holds
    /// up no other.
    pub(in super::super) async fn open_known(&self) {
        if self.is_shared() {
            if !folder::all(&self.default.settings).is_empty() {
                let data = self.default.settings.data.display();
                tracing::warn!(%data, "the name spaces in the data directory are left alone: they need the embedded store");
            }
            return;
        }
        folder::sweep(&self.default.settings);
        for (name, description) in folder::all(&self.default.settings) {
            let settings = Arc::new(self.settings_of(&name, &description));
            let stay = description.stay;
            if stay.is_over(self.real_now()) && removed(&name, &settings.data) {
                continue;
            }
            let slot = match self.open(name.as_str(), &settings, None).await {
                Ok(running) => Slot::new(running),
                Err(error) => {
                    tracing::error!(name_space = %name, %error, "a name space could not be opened");
                    Slot::broken(error.to_string())
                }
            };
            let known = Known { slot: Arc::new(slot), settings, stay };
            self.others_mut().insert(name.to_string(), known);
        }
    }

    /// The settings of a name space: the server's, in a folder of its own.
    pub(super) fn settings_of(&self, name: &SandboxName, description: &Description) -> Settings {
        let mut settings = Settings::clone(&self.default.settings);
        settings.public_base_url =
            format!("{}/ns/{name}", public_base_url(&settings, self.address));
        settings.data = folder::of(&settings, name);
        settings.server_key_file = PathBuf::new();
        settings.files.directory = PathBuf::new();
        settings.request_log.max_mb = settings.request_log.max_mb.min(LOG_MB);
        settings.limits.store_readers = settings.limits.store_readers.min(READERS);
        description.change(&mut settings.sandbox);
        settings
    }

    /// [`Registry::open`] on a thread of its own: seeding a store reads and hashes, and must not hold up requests.
    pub(super) async fn open_aside(
        self: &Arc<Self>,
        name: &str,
        settings: &Arc<Settings>,
        before: Option<Before>,
    ) -> Result<Arc<Running>, NotDone> {
        let (own, name) = (Arc::clone(self), name.to_owned());
        let (settings, runtime) = (Arc::clone(settings), Handle::current());
        let opening = move || runtime.block_on(own.open(&name, &settings, before));
        let opened = tokio::task::spawn_blocking(opening).await;
        let failed = |error: &dyn core::fmt::Display| NotDone::Failed(error.to_string());
        opened.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
    }

    /// Opens a name space's store, and starts what runs there.
    async fn open(
        &self,
        name: &str,
        settings: &Settings,
        before: Option<Before>,
    ) -> Result<Arc<Running>, ComposeError> {
        let store = OpenStore::open(settings, None).await?;
        sweep(settings);
        let late = Arc::new(RwLock::new(Weak::clone(&self.own)));
        let name_spaces = (self.make_controls)(late);
        let (address, name) = (self.address, name.to_owned());
        let site = Site { address, name, name_spaces, before };
        let running = match Instance::over(store.clone(), settings, site, &self.shared).await {
            Ok(instance) => Running::new(instance),
            Err(error) => {
                store.close().await;
                return Err(error);
            }
        };
        if self.is_serving.load(Ordering::SeqCst) {
            running.start(&self.one_has_ended);
        }
        Ok(running)
    }

    /// Starts the workers.
    pub(in super::super) fn start(&self) {
        self.is_serving.store(true, Ordering::SeqCst);
        for running in self.all().into_iter().filter_map(|known| known.slot.running()) {
            running.start(&self.one_has_ended);
        }
    }

    /// The end has begun: probes say so from now on, and nobody waits any longer.
    pub(in super::super) fn stops(&self) {
        for running in self.all().into_iter().filter_map(|known| known.slot.running()) {
            running.instance.app.stops();
        }
    }

    /// The places of the listening socket.
    pub(in super::super) fn connections(&self) -> Connections {
        self.shared.connections.clone()
    }

    /// Is told when a worker has ended by itself.
    pub(in super::super) fn one_has_ended(&self) -> Arc<Notify> {
        Arc::clone(&self.one_has_ended)
    }

    /// Lets all workers finish what is under way. False: some of it was broken off.
    pub(in super::super) async fn end_workers(&self, within: Duration) -> bool {
        self.is_serving.store(false, Ordering::SeqCst);
        let mut ending = tokio::task::JoinSet::new();
        for running in self.all().into_iter().filter_map(|known| known.slot.running()) {
            ending.spawn(async move { running.end_workers(within).await });
        }
        let mut is_finished = true;
        while let Some(ended) = ending.join_next().await {
            is_finished &= ended.unwrap_or(false);
        }
        is_finished
    }

    /// Closes all stores.
    pub(in super::super) async fn close(&self) {
        for running in self.all().into_iter().filter_map(|known| known.slot.running()) {
            running.instance.store.close().await;
        }
    }

    /// Those whose life is over, by name.
    pub(super) fn those_over(&self) -> Vec<(String, Known)> {
        let real = self.real_now();
        let others = self.others();
        let over = others.iter().filter(|(_, known)| known.stay.is_over(real));
        over.map(|(name, known)| (name.clone(), known.clone())).collect()
    }

    fn all(&self) -> Vec<Known> {
        let others = self.others();
        core::iter::once(&self.default).chain(others.values()).cloned().collect()
    }

    pub(super) fn others(&self) -> RwLockReadGuard<'_, BTreeMap<String, Known>> {
        self.others.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn others_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Known>> {
        self.others.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn known(&self, name: &str) -> Option<Known> {
        match name {
            DEFAULT_NAME_SPACE => Some(self.default.clone()),
            name => self.others().get(name).cloned(),
        }
    }

    /// Keeps everybody else from changing a name space. None: it is no more, and another one may have its name.
    pub(super) async fn hold<'a>(
        &self,
        name: &str,
        known: &'a Known,
    ) -> Option<MutexGuard<'a, ()>> {
        let changing = known.slot.changing.lock().await;
        let is_there = self.known(name).is_some_and(|now| Arc::ptr_eq(&now.slot, &known.slot));
        is_there.then_some(changing)
    }

    /// Tries again to open a name space that is broken; whoever comes meanwhile waits for what becomes of it.
    pub(super) async fn try_again(self: &Arc<Self>, name: &str, known: &Known) {
        let (own, name, known) = (Arc::clone(self), name.to_owned(), known.clone());
        // To its end, whatever becomes of whoever called.
        let trying = tokio::spawn(async move {
            let held = own.hold(&name, &known).await;
            let is_serving = own.is_serving.load(Ordering::SeqCst);
            if held.is_none() || !is_serving || !known.slot.may_be_tried() {
                return;
            }
            match own.open_aside(&name, &known.settings, None).await {
                Ok(running) => known.slot.serve(running),
                Err(error) => known.slot.break_off(error.to_string()),
            }
        });
        if let Err(error) = trying.await {
            tracing::error!(%error, "a name space was not opened again");
        }
    }

    /// Whether people reach this server by HTTPS.
    pub(super) fn is_https(&self) -> bool {
        public_base_url(&self.default.settings, self.address).starts_with("https://")
    }

    /// Whether other processes share the default store.
    pub(super) fn is_shared(&self) -> bool {
        self.default.settings.database.is_given()
    }

    pub(super) fn shown(&self, name: &str, known: &Known) -> NameSpace {
        NameSpace {
            name: name.to_owned(),
            base_url: public_base_url(&known.settings, self.address),
            seed: known.settings.sandbox.seed().map(str::to_owned),
            made: known.stay.made(),
            life: known.stay.life(),
            last_called: known.slot.last_called(),
            problem: known.slot.problem(),
        }
    }
}

/// What the log says of a life that is over, and of a name space that is still there then.
pub(super) const LIFE_IS_OVER: &str = "a name space's life is over: it is removed";
pub(super) const NOT_REMOVED: &str = "a name space whose life is over could not be removed";

/// Reads at once of a name space that is not the server's own: each holds memory.
const READERS: usize = 2;
/// Mebibytes of request log of a name space that is not the server's own.
const LOG_MB: u64 = 16;

/// Removes a name space whose life was over when the server began. False: it could not be.
fn removed(name: &SandboxName, data: &Path) -> bool {
    let removed = folder::remove(data);
    match &removed {
        Ok(()) => tracing::info!(name_space = %name, "{LIFE_IS_OVER}"),
        Err(error) => tracing::warn!(name_space = %name, %error, "{NOT_REMOVED}"),
    }
    removed.is_ok()
}

/// Puts right what changes have left in a name space's folder that were broken off. Its store is open: nobody else does.
fn sweep(settings: &Settings) {
    let swept = snapshots::sweep(&settings.data).and_then(|()| exchange::sweep(&settings.data));
    if let Err(error) = swept {
        let data = settings.data.display();
        tracing::warn!(%data, %error, "what a change has left that was broken off cannot be removed");
    }
}
