//! The addresses that callers are told of (D-202).

use super::finding::Finding;
use crate::compose;
use crate::settings::{ModeName, Settings};
use kaipiao_sender::guard::Guard;
use std::net::IpAddr;

/// What a call answers, and which setting says so in place of the machine.
struct Told {
    call: &'static str,
    addresses: Vec<String>,
    advice: &'static str,
}

/// In production: whether they are of any use to callers who are elsewhere. What lies behind a translation of addresses
/// (NAT) knows its own inner ones alone.
pub(super) fn examine(settings: &Settings, findings: &mut Vec<Finding>) {
    if settings.mode != ModeName::Production {
        return;
    }
    let told = [
        Told {
            call: "getcallbackip",
            addresses: compose::push_addresses(settings),
            advice: "name the addresses that pushes come from, as receivers see them, in push.addresses",
        },
        Told {
            call: "get_api_domain_ip",
            addresses: compose::api_addresses(settings, settings.listen),
            advice: "name the addresses at which callers reach this server in api_addresses",
        },
    ];
    findings.extend(told.iter().map(judged));
}

fn judged(Told { call, addresses, advice }: &Told) -> Finding {
    let all = addresses.join(", ");
    if addresses.is_empty() {
        let found = format!("{call} answers no address: this machine has no way to public ones");
        return Finding::warning("addresses", found, *advice);
    }
    match addresses.iter().find(|address| !is_public(address)) {
        None => Finding::ok("addresses", format!("{call} answers {all}")),
        Some(inner) => {
            let found = format!(
                "{call} answers {all}: {inner} is a private address, of no use to callers elsewhere"
            );
            Finding::warning("addresses", found, *advice)
        }
    }
}

/// Whether an address, or the first one of a range, is one of the public network.
fn is_public(text: &str) -> bool {
    let first = text.split('/').next().unwrap_or(text).trim();
    first.parse::<IpAddr>().is_ok_and(|ip| Guard::public_and(Vec::new()).allows(ip))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Level;

    #[test]
    fn an_inner_address_is_told_of_and_none_too() {
        let level = |addresses: &[&str]| {
            let addresses = addresses.iter().map(|text| (*text).to_owned()).collect();
            judged(&Told { call: "getcallbackip", addresses, advice: "" }).level
        };
        assert_eq!(level(&["101.226.103.1", "2606:4700::/32"]), Level::Ok);
        for wrong in [&["101.226.103.1", "10.0.0.7"][..], &["192.168.0.0/16"], &["x"], &[]] {
            assert_eq!(level(wrong), Level::Warning, "{wrong:?}");
        }
    }
}
