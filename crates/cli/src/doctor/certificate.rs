//! The files of HTTPS.

use super::finding::Finding;
use crate::settings::Settings;
use crate::tls::{self, Life, ServedCertificate, Standing};
use kaipiao_ports::clock::{Clock, SystemClock};
use std::path::Path;

/// Whether HTTPS can be spoken, and for how long yet. Writes nothing: an authority that is not there is
/// made by the first start.
pub(super) fn examine(settings: &Settings, findings: &mut Vec<Finding>) {
    if !settings.tls.is_on() {
        return;
    }
    let authority = tls::own_authority(settings);
    if authority.as_ref().is_some_and(|path| !path.exists()) {
        let found = "the first start makes an authority of the server's own";
        return findings.push(Finding::ok("tls", found));
    }
    let path = authority.unwrap_or_else(|| settings.tls.certificate.clone());
    let served = ServedCertificate::open(settings, || vec!["localhost".to_owned()]);
    let examined = served.and_then(|served| {
        let advice = served.map(|served| served.advice()).unwrap_or_default();
        Ok((tls::life(&path)?, advice))
    });
    let now_s = SystemClock::default().real_now().unix_seconds();
    findings.push(match examined {
        Err(error) => Finding::error("tls", error, ""),
        Ok((life, advice)) => judged(&path, life, advice, now_s),
    });
}

fn judged(path: &Path, life: Life, advice: String, now_s: i64) -> Finding {
    let found = format!("{} {}", path.display(), life.said(now_s));
    match life.standing(now_s) {
        Standing::Good => Finding::ok("tls", found),
        Standing::Ending => Finding::warning("tls", found, advice),
        Standing::Over => Finding::error("tls", found, advice),
        Standing::Early => Finding::error("tls", found, tls::CLOCK_ADVICE),
    }
}
