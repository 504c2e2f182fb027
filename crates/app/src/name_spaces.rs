//! The sandbox's name spaces: sets of accounts, users and all that follows from them, which don't meet. Each has a store,
//! a clock and faults of its own; the composition root runs them.

use async_trait::async_trait;
use core::ops::RangeInclusive;
use core::time::Duration;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::clock_course::ClockRate;
use kaipiao_domain::{Refusal, Timestamp, text};
use kaipiao_wire::clock_change;
use kaipiao_wire::object::Object;

/// A name space's or a snapshot's name: 1 to 32 of a-z, 0-9 and -, not at its ends. It stands in addresses and names a
/// folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SandboxName(String);

/// The most characters of a name.
const MOST_CHARS: usize = 32;

impl SandboxName {
    /// Reads a name; None: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let is_one = (1..=MOST_CHARS).contains(&text.len())
            && text.bytes().all(is_inner)
            && !text.starts_with('-')
            && !text.ends_with('-');
        is_one.then(|| Self(text.to_owned()))
    }

    /// Reads `name`; 72031 when it is none.
    pub fn read(object: &Object) -> Result<Self, Refusal> {
        let text = object.required_text("name")?;
        let problem = "must be 1 to 32 of a-z, 0-9 and -, with - not at the ends";
        Self::parse(&text).ok_or_else(|| Refusal::invalid("name", problem))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Display for SandboxName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of the server's own name space, which is always there.
pub const DEFAULT_NAME_SPACE: &str = "default";

/// A name space that is wanted.
#[derive(Clone, Debug)]
pub struct NewNameSpace {
    /// Its name.
    pub name: SandboxName,
    /// What its keys and all its randomness follow from; None: chance.
    pub seed: Option<String>,
    /// What its clock shows at the beginning; None: real time, or with a seed a moment that is always the same.
    pub now: Option<Timestamp>,
    /// How its clock goes; None: with real time, or with a seed not at all.
    pub rate: Option<ClockRate>,
    /// How long it is there, in real time; None: until somebody removes it.
    pub life: Option<Duration>,
}

/// The most characters of a seed.
const MOST_SEED_CHARS: usize = 64;

/// Seconds of a life: up to a year.
const LIFE_S: RangeInclusive<u64> = 1..=31_536_000;

impl NewNameSpace {
    /// Reads `name`, and what may be absent: `seed`, `now`, `rate`, `stopped` and `life_s`. 72031 names what is wrong.
    pub fn read(object: &Object) -> Result<Self, Refusal> {
        let seed = object.optional_text("seed")?.filter(|seed| !seed.is_empty());
        if let Some(seed) = &seed {
            text::limited("seed", seed, MOST_SEED_CHARS)?;
        }
        Ok(Self {
            name: SandboxName::read(object)?,
            seed,
            now: clock_change::moment(object, "now")?,
            rate: clock_change::rate(object)?,
            life: life(object)?,
        })
    }
}

fn life(object: &Object) -> Result<Option<Duration>, Refusal> {
    let Some(asked_s) = object.integer("life_s")? else { return Ok(None) };
    let life_s = u64::try_from(asked_s).ok().filter(|life_s| LIFE_S.contains(life_s));
    let refusal = || {
        let (least, most) = LIFE_S.into_inner();
        Refusal::invalid("life_s", format!("must be {least} to {most} seconds, not {asked_s}"))
    };
    life_s.map(Duration::from_secs).map(Some).ok_or_else(refusal)
}

/// A name space as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameSpace {
    /// Its name.
    pub name: String,
    /// What stands before every path of it: the base URL for SDKs, without a slash at the end.
    pub base_url: String,
    /// Its seed.
    pub seed: Option<String>,
    /// When it was made, in real time; None: it is the default one, or an earlier kaipiao has made it.
    pub made: Option<Timestamp>,
    /// How long it is there from then on; None: until somebody removes it.
    pub life: Option<Duration>,
    /// When it was last called, in real time; None: never since this server began.
    pub last_called: Option<Timestamp>,
    /// Why it does not answer; None: it does.
    pub problem: Option<String>,
}

/// A snapshot of a name space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// When it was taken, in real time; of one that has a problem it is not known.
    pub taken: Timestamp,
    /// What the clock showed; of one that has a problem it is not known.
    pub shown: Timestamp,
    /// Why it cannot be restored; None: it can.
    pub problem: Option<String>,
}

/// Where a name space keeps what it has, which says what can be done with it as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// In a folder of its own: everything.
    OwnFolder,
    /// Its files lie elsewhere: neither snapshots nor a reset.
    FilesElsewhere,
    /// In a database that nodes share: no other name spaces either.
    SharedDatabase,
}

/// Why something was not done. The texts are for whoever asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// There is none of this name.
    #[error("{0}")]
    Unknown(String),
    /// The state does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// This side could not; the text is for the log.
    #[error("{0}")]
    Failed(String),
}

/// What is done with name spaces as a whole. A name space that is changed stops, gets other contents and starts again;
/// requests to it wait meanwhile.
#[async_trait]
pub trait NameSpaces: Send + Sync {
    /// Makes a name space and starts it.
    async fn create(&self, wanted: NewNameSpace) -> Result<NameSpace, NotDone>;

    /// All of them, the default one first, then by name.
    fn list(&self) -> Vec<NameSpace>;

    /// Where a name space keeps what it has.
    fn keeping(&self, of: &str) -> Keeping;

    /// Stops a name space and removes all that it has.
    async fn remove(&self, name: &str) -> Result<(), NotDone>;

    /// The snapshots of a name space, by name.
    async fn snapshots(&self, of: &str) -> Result<Vec<Snapshot>, NotDone>;

    /// Saves a name space as it is at this moment, in the place of what had this name.
    async fn save(&self, of: &str, name: &SandboxName) -> Result<Snapshot, NotDone>;

    /// Makes a name space what it was when the snapshot was taken, clock included.
    async fn restore(&self, of: &str, name: &SandboxName) -> Result<(), NotDone>;

    /// Removes a snapshot.
    async fn forget(&self, of: &str, name: &SandboxName) -> Result<(), NotDone>;

    /// Makes a name space what it was at its first start.
    async fn reset(&self, of: &str) -> Result<(), NotDone>;

    /// Makes one account of a name space what it was when it was made; the account is there.
    async fn reset_account(&self, of: &str, appid: &AppId) -> Result<(), NotDone>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_but_into_its_own_folder() {
        for good in ["a", "run-7", "0", &"x".repeat(32)] {
            assert_eq!(SandboxName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", ".", "..", "a/b", "A", "-a", "a-", "é", "a b", &"x".repeat(33)] {
            assert_eq!(SandboxName::parse(bad), None, "{bad}");
        }
    }
}
