//! Names of receivers, and the addresses that they have at the moment of a connection.
//!
//! - Looking up holds no thread: a receiver whose name server never answers costs a socket until the
//!   push's own time limit, and holds up nobody else's push.
//! - Names are looked for in /etc/hosts and then asked of the servers of /etc/resolv.conf, with its
//!   search list. Both files are looked at once a second at most, beside the lookups, and read again
//!   when they have changed. Other sources of names that the machine may have (mDNS, LDAP:
//!   nsswitch.conf) are not asked.
//! - IPv4 and IPv6 addresses are asked for at once. A name server that answers for one and is silent
//!   for the other costs a moment more, not its time limit.
//! - The operator's own `push.name_servers` go before those of /etc/resolv.conf.
//! - An answer is remembered as long as it says, a minute at most; that a name does not exist, a few
//!   seconds: a developer who mends a record wants to see the next push arrive.

use crate::guard::{Guard, PrivateAddress};
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name as DnsName, RecordType};
use hickory_resolver::system_conf::read_system_conf;
use hickory_resolver::{Resolver, TokioResolver};
use hyper_util::client::legacy::connect::dns::Name;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tower_service::Service;

/// The files that the addresses of names and of name servers come from.
const SOURCES: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];
/// An answer is believed so long at most.
const MAX_LIFE: Duration = Duration::from_secs(60);
/// That a name does not exist is believed so long at most.
const MAX_ABSENCE: Duration = Duration::from_secs(2);
/// How often the sources are looked at, at most.
const LOOK: Duration = Duration::from_secs(1);
/// How long the second family's answer is waited for behind the first's (RFC 8305, section 3).
const RESOLUTION_DELAY: Duration = Duration::from_millis(50);

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
        Ok(Self { names: Arc::new(Names::new(name_servers, SOURCES.map(PathBuf::from))?), guard })
    }
}

/// Who is asked, made anew when what it was made of has changed.
struct Names {
    name_servers: Vec<SocketAddr>,
    sources: [PathBuf; 2],
    current: Mutex<Current>,
}

struct Current {
    asked: Arc<Asked>,
    versions: Versions,
    looked_at: Instant,
}

/// When each of the sources was changed; None where there is none.
type Versions = [Option<SystemTime>; 2];

impl Names {
    fn new(name_servers: Vec<SocketAddr>, sources: [PathBuf; 2]) -> Result<Self, NetError> {
        let versions = versions(&sources);
        let asked = Arc::new(Asked::new(&name_servers)?);
        let current = Mutex::new(Current { asked, versions, looked_at: Instant::now() });
        Ok(Self { name_servers, sources, current })
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is asked at this moment. One lookup a second waits for the disk; the others meanwhile go on
    /// with whom was asked before.
    async fn asked(self: &Arc<Self>) -> Arc<Asked> {
        {
            let mut current = self.current();
            if current.looked_at.elapsed() < LOOK {
                return Arc::clone(&current.asked);
            }
            current.looked_at = Instant::now();
        }
        let this = Arc::clone(self);
        let look = tokio::task::spawn_blocking(move || this.look());
        look.await.unwrap_or_else(|_| Arc::clone(&self.current().asked))
    }

    /// Looks at the files; what cannot be read leaves things as they are.
    fn look(&self) -> Arc<Asked> {
        let versions = versions(&self.sources);
        if self.current().versions == versions {
            return Arc::clone(&self.current().asked);
        }
        match Asked::new(&self.name_servers) {
            Ok(asked) => {
                let mut current = self.current();
                current.versions = versions;
                current.asked = Arc::new(asked);
            }
            Err(error) => tracing::warn!(%error, "the machine's name servers cannot be read anew"),
        }
        Arc::clone(&self.current().asked)
    }

    async fn look_up(self: &Arc<Self>, name: &str) -> Result<Vec<IpAddr>, BoxError> {
        // Programs of old read 2130706433 and 0x7f.1 as addresses, and so do receivers' tricks.
        if let Ok(url::Host::Ipv4(address)) = url::Host::parse(name) {
            return Ok(vec![address.into()]);
        }
        // Names as they stand: those of containers have underscores.
        Ok(self.asked().await.look_up(DnsName::from_ascii(name)?).await?)
    }
}

fn versions(sources: &[PathBuf; 2]) -> Versions {
    sources.each_ref().map(|path| path.metadata().and_then(|file| file.modified()).ok())
}

type Found = Result<Vec<IpAddr>, NetError>;

/// A resolver of whole names, and what else a name may stand for.
struct Asked {
    resolver: TokioResolver,
    /// The search list.
    suffixes: Vec<DnsName>,
    /// A name with so many dots is looked up as it stands before the search list.
    ndots: usize,
}

impl Asked {
    fn new(name_servers: &[SocketAddr]) -> Result<Self, NetError> {
        // A machine without name servers still has /etc/hosts, and addresses.
        let (config, mut options) = read_system_conf().unwrap_or_else(|error| {
            if name_servers.is_empty() {
                tracing::warn!(%error, "no name server is known: only names of /etc/hosts can be sent to");
            }
            (ResolverConfig::default(), ResolverOpts::default())
        });
        let (domain, search, mut servers) = config.into_parts();
        if !name_servers.is_empty() {
            servers = name_servers.iter().map(name_server).collect();
        }
        options.positive_max_ttl = Some(MAX_LIFE);
        options.negative_max_ttl = Some(MAX_ABSENCE);
        let ndots = options.ndots;
        let config = ResolverConfig::from_parts(None, Vec::new(), servers);
        let provider = TokioRuntimeProvider::default();
        let resolver =
            Resolver::builder_with_config(config, provider).with_options(options).build()?;
        Ok(Self { resolver, suffixes: domain.into_iter().chain(search).collect(), ndots })
    }

    /// The addresses of the first of the names that has any.
    async fn look_up(&self, name: DnsName) -> Found {
        let mut found = Ok(Vec::new());
        for name in self.whole_names(name) {
            found = self.addresses(name).await;
            if found.as_ref().is_ok_and(|addresses| !addresses.is_empty()) {
                break;
            }
        }
        found
    }

    /// What a name may stand for, in the order of resolv.conf(5).
    fn whole_names(&self, name: DnsName) -> Vec<DnsName> {
        let mut as_it_stands = name.clone();
        as_it_stands.set_fqdn(true);
        if name.is_fqdn() {
            return vec![as_it_stands];
        }
        let longer = self.suffixes.iter().map(|suffix| name.clone().append_domain(suffix));
        let mut names: Vec<_> = longer.flatten().collect();
        let comes_first = usize::from(name.num_labels()) > self.ndots || name.is_localhost();
        names.insert(if comes_first { 0 } else { names.len() }, as_it_stands);
        names
    }

    /// The addresses of both families, IPv4 first.
    async fn addresses(&self, name: DnsName) -> Found {
        let mut v4 = pin!(self.records(name.clone(), RecordType::A));
        let mut v6 = pin!(self.records(name, RecordType::AAAA));
        let mut found = tokio::select! {
            found = &mut v4 => with_the_other(found, v6).await,
            found = &mut v6 => with_the_other(found, v4).await,
        }?;
        found.sort_by_key(IpAddr::is_ipv6);
        Ok(found)
    }

    async fn records(&self, name: DnsName, family: RecordType) -> Found {
        let found = self.resolver.lookup(name, family).await?;
        Ok(found.answers().iter().filter_map(|record| record.data.ip_addr()).collect())
    }
}

/// The addresses of the family that was answered first, with those of the other if they come soon. Where
/// there are none, the other is waited for.
async fn with_the_other(first: Found, other: impl Future<Output = Found>) -> Found {
    match first {
        Ok(mut addresses) if !addresses.is_empty() => {
            if let Ok(Ok(more)) = tokio::time::timeout(RESOLUTION_DELAY, other).await {
                addresses.extend(more);
            }
            Ok(addresses)
        }
        none => other.await.or(none),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_files_are_looked_at_once_a_second_and_a_change_is_seen() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let made_at = Instant::now();
        let sources = [file.path().to_owned(), PathBuf::from("/nowhere")];
        let names = Arc::new(Names::new(Vec::new(), sources).unwrap());
        let before = names.asked().await;
        file.as_file().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let changed = async {
            while Arc::ptr_eq(&names.asked().await, &before) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), changed).await.unwrap();
        assert!(made_at.elapsed() >= LOOK, "{:?}", made_at.elapsed());
        let now = names.asked().await;
        assert!(Arc::ptr_eq(&names.asked().await, &now), "nothing has changed since");
    }

    #[test]
    fn a_name_stands_for_what_resolv_conf_says() {
        let mut asked = Asked::new(&[]).unwrap();
        let name = |text: &str| DnsName::from_ascii(text).unwrap();
        asked.suffixes = vec![name("a.test."), name("b.test.")];
        for (ndots, given, expected) in [
            (1, "shop", &["shop.a.test.", "shop.b.test.", "shop."][..]),
            (1, "my.shop", &["my.shop.", "my.shop.a.test.", "my.shop.b.test."]),
            (5, "my.shop", &["my.shop.a.test.", "my.shop.b.test.", "my.shop."]),
            (5, "my.shop.", &["my.shop."]),
        ] {
            asked.ndots = ndots;
            let names: Vec<_> =
                asked.whole_names(name(given)).iter().map(DnsName::to_ascii).collect();
            assert_eq!(names, expected, "{given} with {ndots}");
        }
    }
}
