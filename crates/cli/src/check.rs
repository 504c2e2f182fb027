//! `kaipiao check`: walks the store, also beside a running server, and reports what does not hold.

use crate::compose::ComposeError;
use crate::exchange::Contents;
use crate::settings::{Settings, SettingsError};
use crate::store::{self, OpenError};
use core::time::Duration;
use kaipiao_app::Failure;
use kaipiao_app::check::{self, CheckedStore, Subject, Violation, Watcher};
use kaipiao_blobs_directory::DirectoryBlobs;
use kaipiao_ports::clock::SystemClock;
use kaipiao_ports::store::Store;
use kaipiao_records::record;
use kaipiao_records::server::AccountResets;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Instant;

/// How often progress is told.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// What the check came to.
pub struct Report {
    /// The text to print.
    pub text: String,
    /// Whether every invariant holds.
    pub holds: bool,
}

/// How the check is reported.
#[derive(Clone, Copy, Debug)]
pub struct CheckAsk {
    /// Violations that are listed at most; all are counted.
    pub limit: usize,
    /// In JSON.
    pub json: bool,
}

/// Checks the store that the settings name. `tell` gets a line of progress now and then.
pub async fn run(
    settings: &Settings,
    ask: CheckAsk,
    tell: impl FnMut(&str) + Send,
) -> Result<Report, ComposeError> {
    let contents = match settings.database.is_given() {
        true => None,
        false => Some(Contents::of(&settings.data).map_err(OpenError::from)?),
    };
    let store = store::open_read_only(settings).await?.ok_or_else(|| {
        let place = store::place(settings);
        SettingsError::Value(format!(
            "there is no store in {place}; name its directory with --data"
        ))
    })?;
    let resets = account_resets(&*store).await?;
    if let Some(appid) = &resets.under_way {
        return Err(refused(format!(
            "the reset of account {appid} has begun and is not finished; start the server (kaipiao serve), which finishes it"
        )));
    }
    let clock = SystemClock::default();
    let kept = settings.retention.settings();
    let checked = CheckedStore {
        store: &*store,
        clock: &clock,
        blobs: &DirectoryBlobs::new(settings.files_directory()),
        pushes_are_kept: kept.pushes,
        pdfs_are_kept: kept.unattached_pdfs,
        files_are_kept: Duration::from_secs(settings.files.collect_after_s),
    };
    let mut progress = Progress { tell, told: None, findings: Findings::up_to(ask.limit) };
    check::run(&checked, &mut progress).await.map_err(Failure::from)?;
    if let Some(contents) = contents {
        contents.check_same().map_err(OpenError::from)?;
    }
    if account_resets(&*store).await? != resets {
        let why = "an account was reset while the store was read; check it again";
        return Err(refused(why.to_owned()));
    }
    let findings = progress.findings;
    let text = if ask.json { findings.json().to_string() } else { findings.for_people() };
    Ok(Report { text, holds: findings.hold() })
}

async fn account_resets(store: &dyn Store) -> Result<AccountResets, ComposeError> {
    let found = record::get_fresh(store, &AccountResets::key()).await.map_err(Failure::from)?;
    Ok(found.map(|found| found.value).unwrap_or_default())
}

fn refused(why: String) -> ComposeError {
    SettingsError::Value(why).into()
}

struct Progress<Tell> {
    tell: Tell,
    told: Option<Instant>,
    findings: Findings,
}

impl<Tell: FnMut(&str) + Send> Watcher for Progress<Tell> {
    fn looked_at(&mut self, table: &'static str, count: u64) {
        self.findings.looked_at.insert(table, count);
        if self.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
            self.told = Some(Instant::now());
            let violations = self.findings.violations();
            (self.tell)(&format!("{table}: {count} checked; {violations} violations so far"));
        }
    }

    fn found(&mut self, violation: Violation) {
        *self.findings.counts.entry(violation.invariant.name()).or_default() += 1;
        if self.findings.listed.len() < self.findings.limit {
            self.findings.listed.push(violation);
        }
    }

    fn unsettled(&mut self, subject: Subject) {
        self.findings.unsettled_count += 1;
        if self.findings.unsettled.len() < self.findings.limit {
            self.findings.unsettled.push(subject);
        }
    }
}

#[derive(Default)]
struct Findings {
    limit: usize,
    looked_at: BTreeMap<&'static str, u64>,
    counts: BTreeMap<&'static str, u64>,
    listed: Vec<Violation>,
    unsettled: Vec<Subject>,
    unsettled_count: u64,
}

impl Findings {
    fn up_to(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    fn violations(&self) -> u64 {
        self.counts.values().sum()
    }

    fn hold(&self) -> bool {
        self.violations() == 0 && self.unsettled_count == 0
    }

    fn for_people(&self) -> String {
        let mut text = String::new();
        for Violation { invariant, subject, what } in &self.listed {
            let _ = writeln!(text, "{}  {}: {what}", invariant.name(), shown(subject));
        }
        let not_listed = self.violations() - count(self.listed.len());
        if not_listed > 0 {
            let _ = writeln!(text, "and {not_listed} more: --limit");
        }
        for subject in &self.unsettled {
            let _ = writeln!(
                text,
                "unsettled  {}: it changed with each look; check again when there is less to do",
                shown(subject)
            );
        }
        let checked: u64 = self.looked_at.values().sum();
        let _ = write!(text, "{checked} entries checked: ");
        if self.hold() {
            text += "every invariant holds";
            return text;
        }
        let counts = self.counts.iter().map(|(name, count)| format!("{name} {count}"));
        let unsettled = Some(self.unsettled_count).filter(|count| *count > 0);
        let counts: Vec<_> =
            counts.chain(unsettled.map(|count| format!("unsettled {count}"))).collect();
        let _ = write!(text, "{} violations ({})", self.violations(), counts.join(", "));
        text
    }

    fn json(&self) -> Value {
        let violation = |Violation { invariant, subject, what }: &Violation| {
            let Subject { table, owner, id } = subject;
            json!({
                "invariant": invariant.name(), "table": table, "owner": owner, "id": id,
                "what": what,
            })
        };
        let unsettled = |Subject { table, owner, id }: &Subject| json!({"table": table, "owner": owner, "id": id});
        json!({
            "holds": self.hold(),
            "checked": self.looked_at,
            "counts": self.counts,
            "violations": self.listed.iter().map(violation).collect::<Vec<_>>(),
            "unsettled": self.unsettled.iter().map(unsettled).collect::<Vec<_>>(),
        })
    }
}

fn shown(Subject { table, owner, id }: &Subject) -> String {
    format!("{table} {owner}/{id}")
}

fn count(listed: usize) -> u64 {
    u64::try_from(listed).expect("a count fits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_app::check::Invariant;

    fn violation(id: &str) -> Violation {
        let subject = Subject { table: "cards", owner: "amy".into(), id: id.into() };
        Violation { invariant: Invariant::CardCode, subject, what: "its code is wrong".into() }
    }

    #[test]
    fn more_violations_than_are_listed_are_counted() {
        let mut told = Vec::new();
        let tell = |line: &str| told.push(line.to_owned());
        let mut progress = Progress { tell, told: None, findings: Findings::up_to(1) };
        progress.looked_at("cards", 256);
        progress.looked_at("cards", 300);
        for id in ["1", "2", "3"] {
            progress.found(violation(id));
        }
        let findings = progress.findings;
        assert_eq!(
            findings.for_people(),
            "card_code  cards amy/1: its code is wrong\n\
             and 2 more: --limit\n\
             300 entries checked: 3 violations (card_code 3)"
        );
        let json = findings.json();
        assert_eq!((&json["holds"], &json["counts"]["card_code"]), (&json!(false), &json!(3)));
        assert_eq!(json["violations"].as_array().unwrap().len(), 1);
        assert_eq!(told, ["cards: 256 checked; 0 violations so far"], "a line a second");
    }

    #[test]
    fn what_is_not_settled_is_no_pass() {
        let mut findings = Findings::up_to(10);
        assert!(findings.hold());
        findings.unsettled_count = 1;
        assert!(!findings.hold());
    }
}
