//! The port and the operating system's limits.

use super::finding::Finding;
use crate::settings::Settings;
use crate::{health, listen};
use rlimit::Resource;
use std::io::ErrorKind;

/// Files besides connections: the store, the log, fonts, name servers.
const OTHER_FILES: u64 = 256;

/// Whether the port is free, or this server's already. Blocks its thread.
pub(super) fn port(settings: &Settings, findings: &mut Vec<Finding>) {
    let address = settings.listen;
    let listening = listen::bind(address).and_then(|socket| socket.listen(1));
    findings.push(match listening {
        Ok(_) => Finding::ok("port", format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => match health::asked(settings) {
            Ok((status, _)) => {
                Finding::ok("port", format!("a kaipiao listens on {address}, and says {status}"))
            }
            Err(_) => Finding::error(
                "port",
                format!("what listens on {address} does not answer as a kaipiao"),
                "stop that one, or choose another with listen or --listen",
            ),
        },
        Err(error) => Finding::error(
            "port",
            format!("{address}: {error}"),
            "listen on an address of this machine; ports below 1024 need a privilege",
        ),
    });
}

/// Whether as many connections as the settings allow fit into the limit of open files.
pub(super) fn files(settings: &Settings, findings: &mut Vec<Finding>) {
    findings.push(match Resource::NOFILE.get() {
        // The server raises the soft limit to the hard one.
        Ok((_, hard)) => judged(hard, settings.limits.connections, settings.push.at_once),
        Err(error) => {
            Finding::warning("open files", format!("the limit is not known: {error}"), "")
        }
    });
}

fn judged(limit: u64, connections: usize, pushes: usize) -> Finding {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let wanted = count(connections).saturating_add(count(pushes)).saturating_add(OTHER_FILES);
    let found = format!("{limit} may be open, {wanted} are wanted at most");
    if limit >= wanted {
        return Finding::ok("open files", found);
    }
    let advice = "raise it (LimitNOFILE= of systemd, ulimit -Hn), or lower limits.connections";
    Finding::warning("open files", found, advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Level;

    #[test]
    fn a_limit_below_what_the_settings_allow_is_a_warning() {
        assert_eq!(judged(1000 + 50 + OTHER_FILES, 1000, 50).level, Level::Ok);
        let low = judged(1024, 1000, 50);
        assert_eq!(low.level, Level::Warning);
        assert!(low.found.contains("1306 are wanted"), "{}", low.found);
    }
}
