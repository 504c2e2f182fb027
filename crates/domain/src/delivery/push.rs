//! Section 6: when a push counts as delivered, and what follows an attempt that failed.
//!
//! ```text
//!                     ┌─ retry in 0, 2, 5 s ─┐
//!                     ▼                      │
//! (commit) ──▶ Waiting ──▶ Ready ──▶ attempt ┴──▶ Delivered | GaveUp | Unroutable
//!               behind an earlier push                 │
//!               of its ordering key     replay by hand ┘ (back to Ready or Waiting)
//! ```

use crate::delivery::push_format::PushFormat;
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

    /// Whether it needs an EncodingAESKey.
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
    /// How an event is written.
    pub format: PushFormat,
    /// Signs the requests.
    pub token: Sealed,
    /// The EncodingAESKey of compat and safe mode.
    pub aes_key: Option<Sealed>,
    /// The callback that is put back after this one, which stands in for it for a while (D-238); None: this one is
    /// here to stay.
    pub stands_in_for: Option<Box<Self>>,
}

impl Callback {
    /// The callback that stays when this one is replaced for a while: one that stands in for another itself leaves
    /// that one.
    pub fn to_put_back(self) -> Box<Self> {
        match self.stands_in_for {
            Some(before) => before,
            None => Box::new(self),
        }
    }
}

/// What became of a push in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver answered 2xx in time.
    Delivered,
    /// The first try and all retries failed.
    GaveUp,
    /// The account has no callback address.
    Unroutable,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Delivered, Self::GaveUp, Self::Unroutable];

    /// Its name in the admin API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::GaveUp => "gave_up",
            Self::Unroutable => "unroutable",
        }
    }

    /// The outcome with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// What a push is, which decides over its attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushKind {
    /// An event of the contract (sections 6 and 19) to an account's callback.
    Event,
    /// A notice of a payment or refund to its own address (wire_facts 5.2).
    PaymentNotice,
}

impl PushKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Event, Self::PaymentNotice];

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::PaymentNotice => "payment_notice",
        }
    }

    /// The kind with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether an attempt delivered. An event is delivered by a complete 2xx, whatever its body
    /// (D-36), a payment's notice only by one with the SUCCESS XML (wire_facts 5.2).
    pub fn delivers(self, result: &AttemptResult) -> bool {
        let AttemptResult::Answered { status: 200..=299, says_success, .. } = result else {
            return false;
        };
        match self {
            Self::Event => true,
            Self::PaymentNotice => *says_success,
        }
    }

    /// Decides what follows the `tries`-th try (from 1) of a run.
    pub fn after_attempt(
        self,
        result: &AttemptResult,
        tries: u32,
        retries: &RetrySchedule,
        now: Timestamp,
    ) -> AfterAttempt {
        if self.delivers(result) {
            return AfterAttempt::Complete(Outcome::Delivered);
        }
        if *result == AttemptResult::NoAddress {
            return AfterAttempt::Complete(Outcome::Unroutable);
        }
        let waits = match self {
            Self::Event => &retries.event,
            Self::PaymentNotice => &retries.payment_notice,
        };
        let retries_before = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
        match waits.get(retries_before) {
            Some(wait) => AfterAttempt::Retry(now + *wait),
            None => AfterAttempt::Complete(Outcome::GaveUp),
        }
    }
}

/// How long each retry waits after the failure before it, by kind; the length is the number of
/// retries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetrySchedule {
    /// For [`PushKind::Event`]: 0, 2 and 5 s unless an operator says otherwise (D-37).
    pub event: Vec<Duration>,
    /// For [`PushKind::PaymentNotice`]: [`PAYMENT_NOTICE_RETRIES`].
    pub payment_notice: Vec<Duration>,
}

/// How long the retries of a payment's notice wait: 24 h 4 min in all (wire_facts 5.2).
pub const PAYMENT_NOTICE_RETRIES: [Duration; 15] = [
    Duration::from_secs(15),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_mins(3),
    Duration::from_mins(10),
    Duration::from_mins(20),
    Duration::from_mins(30),
    Duration::from_mins(30),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(3),
    Duration::from_hours(3),
    Duration::from_hours(3),
    Duration::from_hours(6),
    Duration::from_hours(6),
];

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptResult {
    /// A complete answer.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The body, as much of it as is read.
        body: Vec<u8>,
        /// Whether it is the XML with return_code SUCCESS.
        says_success: bool,
    },
    /// No complete answer.
    Failed {
        /// Why, for people.
        why: String,
    },
    /// There was no address to send to.
    NoAddress,
}

/// What happens to a push after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterAttempt {
    /// It is tried again at this moment.
    Retry(Timestamp),
    /// No further attempt; the push is completed.
    Complete(Outcome),
}

/// Checks the token that signs an account's pushes: 3 to 32 letters and digits (wire_facts 3.1).
pub fn check_token(token: &str) -> Result<(), Refusal> {
    let fits = (3..=32).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_alphanumeric());
    if fits { Ok(()) } else { Err(Refusal::invalid("token", "must be 3 to 32 letters and digits")) }
}

/// How far CreateTimes may run ahead of the clock: more pushes than a user has in a second. What is further
/// ahead was given out by a clock that was wrong, and holds up nothing.
pub const MAX_AHEAD_S: i64 = 86_400;

/// The CreateTime of a user's next push, in unix seconds, when the last one is known: never behind the
/// clock, and unique (D-35).
pub fn create_time_s(last_s: Option<i64>, now_s: i64) -> i64 {
    match last_s {
        Some(last_s) if last_s - MAX_AHEAD_S <= now_s => now_s.max(last_s + 1),
        _ => now_s,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> RetrySchedule {
        RetrySchedule {
            event: [0, 2, 5].map(Duration::from_secs).to_vec(),
            payment_notice: PAYMENT_NOTICE_RETRIES.to_vec(),
        }
    }

    fn after(result: &AttemptResult, tries: u32) -> AfterAttempt {
        let now = Timestamp::from_unix_millis(1000);
        PushKind::Event.after_attempt(result, tries, &schedule(), now)
    }

    #[test]
    fn one_try_and_three_retries_then_it_gives_up() {
        let failed = AttemptResult::Failed { why: "reset".into() };
        let at = |ms| AfterAttempt::Retry(Timestamp::from_unix_millis(ms));
        let all: Vec<_> = (1..=5).map(|tries| after(&failed, tries)).collect();
        let gave_up = AfterAttempt::Complete(Outcome::GaveUp);
        assert_eq!(all, [at(1000), at(3000), at(6000), gave_up, gave_up]);
        let never = RetrySchedule::default();
        let now = Timestamp::default();
        assert_eq!(PushKind::Event.after_attempt(&failed, 1, &never, now), gave_up);
    }

    #[test]
    fn any_2xx_delivers_an_event_and_nothing_else_does() {
        for (status, delivers) in
            [(199, false), (200, true), (204, true), (299, true), (302, false), (500, false)]
        {
            let result =
                AttemptResult::Answered { status, body: b"no".to_vec(), says_success: false };
            let is_over = after(&result, 4) == AfterAttempt::Complete(Outcome::Delivered);
            assert_eq!((PushKind::Event.delivers(&result), is_over), (delivers, delivers));
        }
    }

    #[test]
    fn a_notice_is_repeated_for_a_day_until_the_answer_says_success() {
        let kind = PushKind::PaymentNotice;
        let answered = |status, says_success| AttemptResult::Answered {
            status,
            body: Vec::new(),
            says_success,
        };
        assert!(kind.delivers(&answered(200, true)));
        assert!(!kind.delivers(&answered(200, false)) && !kind.delivers(&answered(500, true)));
        let mut now = Timestamp::default();
        let mut tries = 1;
        while let AfterAttempt::Retry(due) =
            kind.after_attempt(&answered(200, false), tries, &schedule(), now)
        {
            (now, tries) = (due, tries + 1);
        }
        assert_eq!((tries, now.unix_seconds()), (16, 24 * 3600 + 4 * 60));
    }

    #[test]
    fn no_address_is_an_outcome_of_its_own() {
        let unroutable = AfterAttempt::Complete(Outcome::Unroutable);
        assert_eq!(after(&AttemptResult::NoAddress, 1), unroutable);
    }

    #[test]
    fn names_read_back_and_tokens_have_their_shape() {
        for mode in PushMode::ALL {
            assert_eq!(PushMode::from_name(mode.name()), Some(mode));
        }
        for kind in PushKind::ALL {
            assert_eq!(PushKind::from_name(kind.name()), Some(kind));
        }
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_name(outcome.name()), Some(outcome));
        }
        assert!(check_token("AAAAA").is_ok() && check_token("abc").is_ok());
        for bad in ["", "ab", "a b c", "中文字", &"a".repeat(33)] {
            assert!(check_token(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_create_time_is_unique_and_does_not_follow_a_clock_that_was_far_ahead() {
        assert_eq!(create_time_s(None, 5), 5);
        assert_eq!((create_time_s(Some(5), 5), create_time_s(Some(9), 5)), (6, 10));
        assert_eq!(create_time_s(Some(MAX_AHEAD_S + 5), 5), MAX_AHEAD_S + 6);
        assert_eq!(create_time_s(Some(MAX_AHEAD_S + 6), 5), 5);
    }
}
