//! Access tokens: two independent families per account (wire_facts 2.1).
//!
//! A token on the wire is a signed claim `(appid, family, serial, issued_at)`. What the server
//! keeps is one small record per account and family: the serial that is current, and the few
//! older serials that still work. So a token is neither stored nor stored hashed; checking one
//! costs a MAC and a look at a record in memory; and refreshing one is a single write.

use crate::access::quota::{CLEARS_PER_MONTH, PATH_CLEARS_PER_MONTH, QuotaClears};
use crate::{Refusal, Timestamp};
use core::time::Duration;
use kaipiao_errcode::ErrorCode;

/// Life of a token.
pub const TOKEN_LIFE: Duration = Duration::from_secs(7200);
/// Time for which the token before the newest still works.
pub const OVERLAP: Duration = Duration::from_secs(300);
/// Least time between two forced refreshes of a stable token.
const FORCED_SPACING: Duration = Duration::from_secs(30);
/// Most forced refreshes in a calendar day of China.
const FORCED_PER_DAY: u32 = 20;
/// Superseded tokens that are remembered. Clients that start together each fetch a
/// token within seconds; the published service would kill all but two (deviations, D-06).
const MAX_SUPERSEDED: usize = 16;

/// The endpoint that a token came from. Refreshing one family never touches the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// `GET /cgi-bin/token`
    Classic,
    /// `POST /cgi-bin/stable_token`
    Stable,
}

impl Family {
    /// Both families.
    pub const ALL: [Self; 2] = [Self::Classic, Self::Stable];

    /// The family's name in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Stable => "stable",
        }
    }
}

/// A token that was issued: the part of the claim that its family's record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuedToken {
    /// Counts up within the account's family.
    pub serial: u64,
    /// The moment of issue.
    pub issued_at: Timestamp,
}

impl IssuedToken {
    /// The token's last moment, if nothing ends it earlier.
    pub fn expires_at(self) -> Timestamp {
        self.issued_at + TOKEN_LIFE
    }

    /// `expires_in`: whole seconds that remain at `now`; never more than a whole life, though the clock
    /// may have stepped back since.
    pub fn expires_in_s(self, now: Timestamp) -> u64 {
        self.expires_at().since(now).min(TOKEN_LIFE).as_secs()
    }
}

/// An older token that still works for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Superseded {
    /// The token.
    pub token: IssuedToken,
    /// The last moment at which it works.
    pub until: Timestamp,
}

/// Forced refreshes of a stable token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ForcedRefreshes {
    /// The calendar day in China that `count` belongs to.
    pub day: i64,
    /// Count on that day.
    pub count: u32,
    /// The newest one; None when there was none.
    pub last: Option<Timestamp>,
}

/// One account's tokens of one family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenFamily {
    /// The newest token; None before the first.
    pub current: Option<IssuedToken>,
    /// Older ones that still work, oldest first.
    pub superseded: Vec<Superseded>,
    /// Quota of forced refreshes (stable family only).
    pub forced: ForcedRefreshes,
    /// The times that the account had its quotas forgotten (stable family only).
    pub clears: QuotaClears,
    /// The times that it had the quota of a single call forgotten (stable family only).
    pub path_clears: QuotaClears,
}

/// The status of a presented token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    /// The token works.
    Valid,
    /// Its time is over: 42001.
    Expired,
    /// A newer one has taken its place: 40001.
    Replaced,
}

impl TokenFamily {
    /// `POST /cgi-bin/clear_quota`, with or without `/v2`: forced refreshes of today count no more; 48006 when that was done too often in this
    /// month.
    pub fn clear_quota(&self, now: Timestamp) -> Result<Self, Refusal> {
        let forced = ForcedRefreshes { count: 0, ..self.forced };
        Ok(Self { forced, clears: self.clears.once_more(CLEARS_PER_MONTH, now)?, ..self.clone() })
    }

    /// `POST /cgi-bin/openapi/quota/clear`: of the call that forces refreshes those of today count no more; 48006 when
    /// that was done too often in this month, for whichever call.
    pub fn clear_path_quota(
        &self,
        forces_refreshes: bool,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let count = if forces_refreshes { 0 } else { self.forced.count };
        let forced = ForcedRefreshes { count, ..self.forced };
        let path_clears = self.path_clears.once_more(PATH_CLEARS_PER_MONTH, now)?;
        Ok(Self { forced, path_clears, ..self.clone() })
    }

    /// `GET /cgi-bin/token`: always a new token; the one before works for 5 more minutes.
    #[must_use]
    pub fn issue_classic(&self, now: Timestamp) -> Self {
        self.replaced(OVERLAP, now)
    }

    /// `POST /cgi-bin/stable_token`, normal mode: the same token until 5 minutes before its end,
    /// then a new one. None: the current one still serves.
    #[must_use]
    pub fn issue_stable(&self, now: Timestamp) -> Option<Self> {
        let serves = |token: IssuedToken| {
            !token.issued_at.is_ahead_of(now) && token.expires_at().since(now) > OVERLAP
        };
        (!self.current.is_some_and(serves)).then(|| self.replaced(OVERLAP, now))
    }

    /// `POST /cgi-bin/stable_token` with `force_refresh`: the old token ends at once. 20 a day
    /// (45009), 30 seconds apart (45011).
    pub fn force_stable(&self, now: Timestamp) -> Result<Self, Refusal> {
        let today = now.china_day();
        let used = if self.forced.day == today { self.forced.count } else { 0 };
        if let Some(last) = self.forced.last
            && !last.is_ahead_of(now)
            && now.since(last) < FORCED_SPACING
        {
            let wait_s = (FORCED_SPACING - now.since(last)).as_secs() + 1;
            let detail =
                format!("force_refresh needs 30 seconds between calls, try again in {wait_s} s");
            return Err(Refusal::new(ErrorCode::MinuteQuotaReached, detail));
        }
        if used >= FORCED_PER_DAY {
            let detail =
                format!("force_refresh was used {used} times today, {FORCED_PER_DAY} are allowed");
            return Err(Refusal::new(ErrorCode::DailyQuotaReached, detail));
        }
        let forced = ForcedRefreshes { day: today, count: used + 1, last: Some(now) };
        Ok(Self { superseded: Vec::new(), forced, ..self.replaced(Duration::ZERO, now) })
    }

    /// The status of a presented token. One that a clock far ahead has issued never works.
    pub fn status(&self, presented: IssuedToken, now: Timestamp) -> TokenStatus {
        if presented.issued_at.is_ahead_of(now) {
            return TokenStatus::Replaced;
        }
        if now > presented.expires_at() {
            return TokenStatus::Expired;
        }
        if self.current == Some(presented) {
            return TokenStatus::Valid;
        }
        match self.superseded.iter().find(|older| older.token == presented) {
            Some(older) if now <= older.until => TokenStatus::Valid,
            _ => TokenStatus::Replaced,
        }
    }

    fn replaced(&self, overlap: Duration, now: Timestamp) -> Self {
        let is_right = |token: &IssuedToken| !token.issued_at.is_ahead_of(now);
        let works = |older: &&Superseded| older.until >= now && is_right(&older.token);
        let mut superseded: Vec<_> = self.superseded.iter().filter(works).copied().collect();
        if let Some(token) = self.current.filter(is_right) {
            superseded.push(Superseded { token, until: token.expires_at().min(now + overlap) });
        }
        let excess = superseded.len().saturating_sub(MAX_SUPERSEDED);
        superseded.drain(..excess);
        let serial = self.current.map_or(1, |token| token.serial + 1);
        Self {
            current: Some(IssuedToken { serial, issued_at: now }),
            superseded,
            forced: self.forced,
            clears: self.clears,
            path_clears: self.path_clears,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_millis(1_700_000_000_000 + seconds * 1000)
    }

    #[test]
    fn the_classic_family_overlaps_for_five_minutes() {
        let first = TokenFamily::default().issue_classic(at(0));
        let old = first.current.unwrap();
        let second = first.issue_classic(at(10));
        assert_eq!(second.status(old, at(10 + 300)), TokenStatus::Valid);
        assert_eq!(second.status(old, at(10 + 301)), TokenStatus::Replaced);
        assert_eq!(second.status(second.current.unwrap(), at(10 + 7200)), TokenStatus::Valid);
        assert_eq!(second.status(second.current.unwrap(), at(10 + 7201)), TokenStatus::Expired);
    }

    #[test]
    fn an_overlap_never_lengthens_a_life() {
        let first = TokenFamily::default().issue_classic(at(0));
        let second = first.issue_classic(at(7100));
        assert_eq!(second.status(first.current.unwrap(), at(7200)), TokenStatus::Valid);
        assert_eq!(second.status(first.current.unwrap(), at(7201)), TokenStatus::Expired);
    }

    #[test]
    fn clients_that_start_together_do_not_kill_each_others_tokens() {
        let mut family = TokenFamily::default();
        let mut issued = Vec::new();
        for second in 0..40 {
            family = family.issue_classic(at(second));
            issued.push(family.current.unwrap());
        }
        let valid =
            issued.iter().filter(|t| family.status(**t, at(40)) == TokenStatus::Valid).count();
        assert_eq!(valid, MAX_SUPERSEDED + 1);
    }

    #[test]
    fn the_stable_family_returns_the_same_token_until_five_minutes_before_its_end() {
        let first = TokenFamily::default().issue_stable(at(0)).unwrap();
        assert_eq!(first.issue_stable(at(6899)), None);
        let second = first.issue_stable(at(6900)).unwrap();
        assert_eq!(second.status(first.current.unwrap(), at(7200)), TokenStatus::Valid);
        assert_eq!(second.current.unwrap().expires_in_s(at(6900)), 7200);
    }

    #[test]
    fn forcing_ends_the_old_token_at_once_and_has_limits() {
        let mut family = TokenFamily::default().issue_stable(at(0)).unwrap();
        let old = family.current.unwrap();
        family = family.force_stable(at(1)).unwrap();
        assert_eq!(family.status(old, at(1)), TokenStatus::Replaced);
        assert_eq!(family.force_stable(at(30)).unwrap_err().code, ErrorCode::MinuteQuotaReached);
        for n in 1..20 {
            family = family.force_stable(at(1 + 30 * n)).unwrap();
        }
        assert_eq!(family.force_stable(at(700)).unwrap_err().code, ErrorCode::DailyQuotaReached);
        assert!(family.force_stable(at(86_400)).is_ok());
    }

    #[test]
    fn what_a_clock_far_ahead_has_issued_does_not_serve() {
        let years = 6_000_000_000;
        let ahead = TokenFamily::default().issue_stable(at(years)).unwrap();
        let ahead = ahead.force_stable(at(years + 31)).unwrap();
        let old = ahead.current.unwrap();
        assert_eq!(ahead.status(old, at(0)), TokenStatus::Replaced);
        let forced = ahead.force_stable(at(0)).unwrap();
        assert_eq!(forced.superseded, []);
        let next = ahead.issue_stable(at(0)).unwrap();
        let new = next.current.unwrap();
        assert_eq!((new.serial, new.expires_in_s(at(0))), (old.serial + 1, 7200));
        assert_eq!(next.status(new, at(0)), TokenStatus::Valid);
        assert_eq!(next.status(old, at(years)), TokenStatus::Replaced);
        // A step back of a minute takes nothing away, and lengthens nothing.
        assert_eq!(next.issue_stable(at(-60)), None);
        assert_eq!(
            (next.status(new, at(-60)), new.expires_in_s(at(-60))),
            (TokenStatus::Valid, 7200)
        );
    }
}
