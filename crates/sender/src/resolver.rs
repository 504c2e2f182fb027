//! Names of receivers, and the addresses that they have at the moment of a connection.
//!
//! - Looking up holds no thread: a receiver whose name server never answers costs a socket until the
//!   push's own time limit, and holds up nobody else's push.
//! - Names are looked for in /etc/hosts and then asked of the servers of /etc/resolv.conf, with its
//!   search list. Both files are read again when they have changed. Other sources of names that the
//!   machine may have (mDNS, LDAP: nsswitch.conf) are not asked.
//! - The operator's own `push.name_servers` go before those of /etc/resolv.conf.
//! - An answer is remembered as long as it says, a minute at most; that a name does not exist, a few
//!   seconds: a developer who mends a record wants to see the next push arrive.

use crate::guard::{Guard, PrivateAddress};
use core::pin::Pin;
use core::task::{Context, Poll};
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::Name as DnsName;
use hickory_resolver::system_conf::read_system_conf;
use hickory_resolver::{Resolver, TokioResolver};
use hyper_util::client::legacy::connect::dns::Name;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tower_service::Service;

/// The files that the addresses of names and of name servers come from.
const SOURCES: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];
/// An answer is believed so long at most.
const MAX_LIFE: Duration = Duration::from_secs(60);
/// That a name does not exist is believed so long at most.
const MAX_ABSENCE: Duration = Duration::from_secs(2);

/// Looks names up and refuses those that lead to refused addresses.
#[derive(Clone)]
pub struct GuardedResolver {
    names: Arc<Names>,
    guard: Guard,
}

impl GuardedResolver {
    /// The machine's names behind a guard. `name_servers` are asked instead of the machine's own
    /// where there are any.
    pub fn new(guard: Guard, name_servers: Vec<SocketAddr>) -> Result<Self, NetError> {
        Ok(Self { names: Arc::new(Names::new(name_servers)?), guard })
    }
}

/// A resolver, made anew when what it was made of has changed.
struct Names {
    name_servers: Vec<SocketAddr>,
    current: Mutex<(Versions, TokioResolver)>,
}

/// When each of [`SOURCES`] was changed; None where there is none.
type Versions = [Option<SystemTime>; SOURCES.len()];

impl Names {
    fn new(name_servers: Vec<SocketAddr>) -> Result<Self, NetError> {
        let current = Mutex::new((versions(), resolver(&name_servers)?));
        Ok(Self { name_servers, current })
    }

    /// The resolver of this moment.
    fn resolver(&self) -> Result<TokioResolver, NetError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let versions = versions();
        if current.0 != versions {
            *current = (versions, resolver(&self.name_servers)?);
        }
        Ok(current.1.clone())
    }

    async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, BoxError> {
        // Programs of old read 2130706433 and 0x7f.1 as addresses, and so do receivers' tricks.
        if let Ok(url::Host::Ipv4(address)) = url::Host::parse(name) {
            return Ok(vec![address.into()]);
        }
        // Names as they stand: those of containers have underscores.
        let found = self.resolver()?.lookup_ip(DnsName::from_ascii(name)?).await?;
        Ok(found.iter().collect())
    }
}

fn versions() -> Versions {
    SOURCES.map(|path| Path::new(path).metadata().and_then(|file| file.modified()).ok())
}

fn resolver(name_servers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    // A machine without name servers still has /etc/hosts, and addresses.
    let (mut config, mut options) = read_system_conf().unwrap_or_else(|error| {
        if name_servers.is_empty() {
            tracing::warn!(%error, "no name server is known: only names of /etc/hosts can be sent to");
        }
        (ResolverConfig::default(), ResolverOpts::default())
    });
    if !name_servers.is_empty() {
        let (domain, search, _) = config.into_parts();
        let name_servers = name_servers.iter().map(name_server).collect();
        config = ResolverConfig::from_parts(domain, search, name_servers);
    }
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.positive_max_ttl = Some(MAX_LIFE);
    options.negative_max_ttl = Some(MAX_ABSENCE);
    let provider = TokioRuntimeProvider::default();
    Resolver::builder_with_config(config, provider).with_options(options).build()
}

fn name_server(address: &SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.into())
}

type BoxError = Box<dyn core::error::Error + Send + Sync>;

impl Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let Self { names, guard } = self.clone();
        Box::pin(async move {
            let found = names.look_up(name.as_str()).await?;
            // One private address among public ones is a trick, not a receiver.
            if let Some(address) = found.iter().find(|address| !guard.allows(**address)) {
                return Err(PrivateAddress(format!("{name} ({address})")).into());
            }
            let addresses: Vec<_> = found.iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
            Ok(addresses.into_iter())
        })
    }
}
