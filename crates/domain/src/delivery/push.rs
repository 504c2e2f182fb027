//! Section 6: when a push counts as delivered, and what follows an attempt that failed.
//!
//! ```text
//!                     ┌─ retry in 0, 2, 5 s ─┐
//!                     ▼                      │
//! (commit) ──▶ Waiting ──▶ Ready ──▶ attempt ┴──▶ Delivered | GaveUp | Unroutable
//!               behind an earlier                      │
//!               push of its lane        replay by hand ┘ (back to Ready or Waiting)
//! ```

use crate::{Refusal, Timestamp};
use core::time::Duration;

/// How an account wants its pushes (wire_facts 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushMode {
    /// The event in clear.
    Plain,
    /// The event in clear, and encrypted beside it.
    Compat,
    /// Only encrypted.
    Safe,
}

impl PushMode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Compat, Self::Safe];

    /// Its name in settings and in the admin API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Compat => "compat",
            Self::Safe => "safe",
        }
    }

    /// The mode with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// Does it need an EncodingAESKey?
    pub const fn encrypts(self) -> bool {
        matches!(self, Self::Compat | Self::Safe)
    }
}

/// A secret that must be read again, encrypted for the store (`Keys::seal`).
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub String);

impl core::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Sealed(…)")
    }
}

/// Where and how an account receives its pushes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// The address; empty: the account receives nothing.
    pub url: String,
    /// What the body looks like.
    pub mode: PushMode,
    /// Signs the requests.
    pub token: Sealed,
    /// The EncodingAESKey of compat and safe mode.
    pub aes_key: Option<Sealed>,
}

/// What became of a push in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver answered 2xx in time.
    Delivered,
    /// The first try and all retries failed.
    GaveUp,
    /// The account has no callback address.
    Unroutable,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 3] = [Self::Delivered, Self::GaveUp, Self::Unroutable];

    /// Its name in the admin API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::GaveUp => "gave_up",
            Self::Unroutable => "unroutable",
        }
    }

    /// The verdict with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptResult {
    /// A complete answer with this HTTP status.
    Answered {
        /// The status.
        status: u16,
    },
    /// No complete answer: why.
    Failed {
        /// For people.
        why: String,
    },
    /// There was no address to send to.
    NoAddress,
}

impl AttemptResult {
    /// A complete 2xx delivers, whatever its body (D-36).
    pub fn delivers(&self) -> bool {
        matches!(self, Self::Answered { status: 200..=299 })
    }
}

/// What happens to a push after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterAttempt {
    /// It is tried again at this moment.
    Retry(Timestamp),
    /// It is over.
    Settle(Verdict),
}

/// Decides what follows the `tries`-th try (from 1) of a run. `spacing` holds how long each retry
/// waits after the failure before it; its length is how many retries there are.
pub fn after_attempt(
    result: &AttemptResult,
    tries: u32,
    spacing: &[Duration],
    now: Timestamp,
) -> AfterAttempt {
    if result.delivers() {
        return AfterAttempt::Settle(Verdict::Delivered);
    }
    if *result == AttemptResult::NoAddress {
        return AfterAttempt::Settle(Verdict::Unroutable);
    }
    let retries_before = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    match spacing.get(retries_before) {
        Some(wait) => AfterAttempt::Retry(now + *wait),
        None => AfterAttempt::Settle(Verdict::GaveUp),
    }
}

/// Checks the token that signs an account's pushes: 3 to 32 letters and digits (wire_facts 3.1).
pub fn check_token(token: &str) -> Result<(), Refusal> {
    let fits = (3..=32).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_alphanumeric());
    if fits { Ok(()) } else { Err(Refusal::invalid("token", "must be 3 to 32 letters and digits")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACING: [Duration; 3] = [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(5)];

    fn after(result: &AttemptResult, tries: u32) -> AfterAttempt {
        after_attempt(result, tries, &SPACING, Timestamp::from_unix_millis(1000))
    }

    #[test]
    fn one_try_and_three_retries_then_it_gives_up() {
        let failed = AttemptResult::Failed { why: "reset".into() };
        let at = |ms| AfterAttempt::Retry(Timestamp::from_unix_millis(ms));
        let all: Vec<_> = (1..=5).map(|tries| after(&failed, tries)).collect();
        let gave_up = AfterAttempt::Settle(Verdict::GaveUp);
        assert_eq!(all, [at(1000), at(3000), at(6000), gave_up, gave_up]);
        assert_eq!(after_attempt(&failed, 1, &[], Timestamp::default()), gave_up);
    }

    #[test]
    fn any_2xx_delivers_and_nothing_else() {
        for (status, delivers) in
            [(199, false), (200, true), (204, true), (299, true), (302, false), (500, false)]
        {
            let result = AttemptResult::Answered { status };
            let settled = after(&result, 4) == AfterAttempt::Settle(Verdict::Delivered);
            assert_eq!((result.delivers(), settled), (delivers, delivers), "{status}");
        }
    }

    #[test]
    fn no_address_is_a_verdict_of_its_own() {
        assert_eq!(after(&AttemptResult::NoAddress, 1), AfterAttempt::Settle(Verdict::Unroutable));
    }

    #[test]
    fn names_read_back_and_tokens_have_their_shape() {
        for mode in PushMode::ALL {
            assert_eq!(PushMode::from_name(mode.name()), Some(mode));
        }
        for verdict in Verdict::ALL {
            assert_eq!(Verdict::from_name(verdict.name()), Some(verdict));
        }
        assert!(check_token("AAAAA").is_ok() && check_token("abc").is_ok());
        for bad in ["", "ab", "a b c", "中文字", &"a".repeat(33)] {
            assert!(check_token(bad).is_err(), "{bad}");
        }
    }
}
