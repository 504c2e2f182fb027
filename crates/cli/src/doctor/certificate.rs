//! The files of HTTPS.

use super::finding::Finding;
use crate::settings::Settings;
use crate::tls;
use kaipiao_ports::clock::{Clock, SystemClock};
use std::path::Path;
use x509_parser::pem::Pem;

const DAY_S: i64 = 86_400;
/// A certificate is renewed before that.
const SOON_D: i64 = 14;

/// Whether HTTPS can be spoken, and for how long yet. Writes nothing: an authority that is not there is
/// made by the first start.
pub(super) fn examine(settings: &Settings, findings: &mut Vec<Finding>) {
    if !settings.tls.is_on() {
        return;
    }
    if let Some(authority) = tls::own_authority(settings)
        && !authority.exists()
    {
        let found = "the first start makes an authority of the server's own";
        return findings.push(Finding::ok("tls", found));
    }
    match tls::acceptor(settings, || vec!["localhost".to_owned()]) {
        Err(error) => findings.push(Finding::error("tls", error, "")),
        Ok(_) if !settings.tls.has_certificate() => {
            findings.push(Finding::ok("tls", "the server's own authority serves"));
        }
        Ok(_) => {
            let now_s = SystemClock::default().real_now().unix_seconds();
            let path = &settings.tls.certificate;
            findings.push(match life(path) {
                Some((from_s, to_s)) => judged(path, from_s, to_s, now_s),
                None => Finding::warning(
                    "tls",
                    format!("{}: its time is not known", path.display()),
                    "",
                ),
            });
        }
    }
}

/// From when to when the first certificate of a file is good, in unix seconds.
fn life(path: &Path) -> Option<(i64, i64)> {
    let text = std::fs::read(path).ok()?;
    let pem = Pem::iter_from_buffer(&text).flatten().find(|pem| pem.label == "CERTIFICATE")?;
    let validity = pem.parse_x509().ok()?.validity().clone();
    Some((validity.not_before.timestamp(), validity.not_after.timestamp()))
}

fn judged(path: &Path, from_s: i64, to_s: i64, now_s: i64) -> Finding {
    let path = path.display();
    let days = (to_s - now_s).div_euclid(DAY_S);
    let advice = "put a new certificate there, and start the server again";
    if now_s < from_s {
        let found = format!("{path} is not good yet");
        return Finding::error("tls", found, "look whether the machine's clock is right");
    }
    if now_s >= to_s {
        return Finding::error("tls", format!("{path} is good no more"), advice);
    }
    let found = format!("{path} is good for {days} days");
    if days < SOON_D { Finding::warning("tls", found, advice) } else { Finding::ok("tls", found) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Level;

    #[test]
    fn a_certificate_is_judged_by_its_time() {
        let at = |day: i64| judged(Path::new("c"), 0, 100 * DAY_S, day * DAY_S).level;
        assert_eq!(
            [at(-1), at(0), at(86), at(87), at(99), at(100)],
            [Level::Error, Level::Ok, Level::Ok, Level::Warning, Level::Warning, Level::Error,]
        );
    }
}
