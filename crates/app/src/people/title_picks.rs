//! Which titles users have picked for accounts a moment ago (D-208): the same form sent twice tells an account once, and
//! nobody fills its queue. In memory, of this node, and bounded.

use core::hash::BuildHasher;
use core::time::Duration;
use kaipiao_domain::Timestamp;
use kaipiao_domain::people::title::{InvoiceTitle, TitleSide};
use kaipiao_domain::people::title_link::TitleAsk;
use kaipiao_domain::people::user::UserId;
use std::collections::VecDeque;
use std::hash::RandomState;
use tokio::sync::{Mutex, MutexGuard};

/// The same title for the same link is the same pick for so long.
const SAME_PICK: Duration = Duration::from_secs(10);
/// So many picks of a user for a link are taken in so long.
const MOST_PICKS: usize = 5;
const PICKS_TIME: Duration = Duration::from_secs(60);
/// Users whose picks go one by one share a lock, and its memory.
const LOCKS: usize = 64;
/// Picks that each of them remembers at most.
const MOST_REMEMBERED: usize = 1_000;

/// The picks of a moment ago.
pub(crate) struct TitlePicks {
    hasher: RandomState,
    locks: Vec<Mutex<VecDeque<Pick>>>,
}

/// A pick, by hashes whose key nobody knows.
#[derive(Clone, Copy, PartialEq)]
struct Pick {
    user_and_link: u64,
    title: u64,
    at: Timestamp,
}

/// What a pick is, to those before it.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    /// The account is to be told.
    New,
    /// The account was told a moment ago.
    Again,
    /// The user has picked too often.
    TooMany,
}

/// A user's turn: no other pick of theirs is looked at until it ends.
pub(crate) struct Turn<'a> {
    picks: MutexGuard<'a, VecDeque<Pick>>,
    pick: Pick,
}

impl Default for TitlePicks {
    fn default() -> Self {
        let locks = (0..LOCKS).map(|_| Mutex::default()).collect();
        Self { hasher: RandomState::new(), locks }
    }
}

impl TitlePicks {
    /// Waits for the user's turn.
    pub(crate) async fn turn(
        &self,
        user: &UserId,
        ask: &TitleAsk,
        title: &InvoiceTitle,
        now: Timestamp,
    ) -> Turn<'_> {
        // What the link says, not its text: several texts may be read as the same link.
        let link = (&ask.account, &ask.attach, &ask.business);
        let user_and_link = self.hasher.hash_one((user, link));
        let title = self.hash_of(title);
        let lock = self.hasher.hash_one(user) as usize % self.locks.len();
        let picks = self.locks[lock].lock().await;
        Turn { picks, pick: Pick { user_and_link, title, at: now } }
    }

    fn hash_of(&self, title: &InvoiceTitle) -> u64 {
        let values: Vec<&str> = title.values().map(|(_, value)| value).collect();
        self.hasher.hash_one((title.side() == TitleSide::Company, values))
    }
}

impl Turn<'_> {
    /// What this pick is.
    pub(crate) fn found(&self) -> Found {
        let now = self.pick.at;
        let is_own = |pick: &&Pick| pick.user_and_link == self.pick.user_and_link;
        let own = || self.picks.iter().filter(is_own);
        if own().any(|pick| pick.title == self.pick.title && !pick.at.is_over(SAME_PICK, now)) {
            return Found::Again;
        }
        let newest = own().filter(|pick| !pick.at.is_over(PICKS_TIME, now)).count();
        if newest < MOST_PICKS { Found::New } else { Found::TooMany }
    }

    /// The account is being told of it.
    pub(crate) fn remember(&mut self) {
        let now = self.pick.at;
        self.picks.retain(|pick| !pick.at.is_over(PICKS_TIME, now));
        if self.picks.len() == MOST_REMEMBERED {
            self.picks.pop_front();
        }
        self.picks.push_back(self.pick);
    }

    /// The account could not be told of it: it may be picked again.
    pub(crate) fn forget(&mut self) {
        self.picks.pop_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::access::account::AppId;

    #[tokio::test]
    async fn a_pick_is_the_same_for_ten_seconds_and_memory_is_bounded() {
        let picks = TitlePicks::default();
        let user = UserId::parse("a").unwrap();
        let title = InvoiceTitle::new(TitleSide::Company);
        let ask = |attach: usize| TitleAsk {
            account: AppId::parse("wx6b61697069616f31").unwrap(),
            attach: attach.to_string(),
            business: String::new(),
        };
        let at = |s: u64| Timestamp::from_unix_millis(0) + Duration::from_secs(s);
        for now in [0, 11, 22, 33, 44] {
            let mut turn = picks.turn(&user, &ask(0), &title, at(now)).await;
            assert_eq!(turn.found(), Found::New);
            turn.remember();
            assert_eq!(turn.found(), Found::Again);
            turn.forget();
            assert_eq!(turn.found(), Found::New);
            turn.remember();
        }
        assert_eq!(picks.turn(&user, &ask(0), &title, at(54)).await.found(), Found::Again);
        assert_eq!(picks.turn(&user, &ask(0), &title, at(55)).await.found(), Found::TooMany);
        assert_eq!(picks.turn(&user, &ask(1), &title, at(55)).await.found(), Found::New);
        assert_eq!(picks.turn(&user, &ask(0), &title, at(61)).await.found(), Found::New);
        for link in 0..2 * MOST_REMEMBERED {
            picks.turn(&user, &ask(link), &title, at(55)).await.remember();
        }
        let turn = picks.turn(&user, &ask(0), &title, at(55)).await;
        assert_eq!(turn.picks.len(), MOST_REMEMBERED);
    }
}
