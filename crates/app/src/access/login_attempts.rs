//! How often somebody has tried to log in to the console in vain: by name, and by network.

use core::time::Duration;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::console_user::ConsoleName;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long attempts in vain are remembered, from the first of them.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Attempts in vain for one name from one network.
const MOST_FOR_NAME_THERE: u32 = 10;
/// Attempts in vain for one name wherever from: looser, so that who only knows a name does not soon lock its owner out.
const MOST_FOR_NAME: u32 = 100;
/// Attempts in vain from one network, from which a whole office may come.
const MOST_FROM_NETWORK: u32 = 50;
/// Counts that are remembered; beyond, the ones that began first are forgotten.
const MOST_REMEMBERED: usize = 10_000;

#[derive(Clone, PartialEq, Eq, Hash)]
enum Of {
    /// A name, from a network; None: nobody knows from where.
    NameThere(ConsoleName, Option<IpAddr>),
    Name(ConsoleName),
    Network(IpAddr),
}

impl Of {
    const fn most(&self) -> u32 {
        match self {
            Self::NameThere(..) => MOST_FOR_NAME_THERE,
            Self::Name(_) => MOST_FOR_NAME,
            Self::Network(_) => MOST_FROM_NETWORK,
        }
    }
}

#[derive(Clone, Copy)]
struct Attempts {
    count: u32,
    began: Timestamp,
}

/// Who tries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trier {
    /// Anybody.
    Anybody,
    /// Whoever has a session of that name: what others try elsewhere does not count against them.
    HasSession,
}

/// An attempt that was counted.
#[must_use]
pub(crate) struct Attempt(Vec<Of>);

/// The attempts that this process has seen.
#[derive(Default)]
pub(crate) struct LoginAttempts(Mutex<HashMap<Of, Attempts>>);

impl LoginAttempts {
    fn all(&self) -> MutexGuard<'_, HashMap<Of, Attempts>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an attempt before it is made, so that many at once are no more than many one after the other. None: there
    /// were too many, and it is not made.
    pub(crate) fn begin(
        &self,
        trier: Trier,
        name: &ConsoleName,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Option<Attempt> {
        let mut all = self.all();
        all.retain(|_, attempts| !attempts.began.is_over(WINDOW, now));
        let network = address.map(network);
        let mut counted = vec![Of::NameThere(name.clone(), network)];
        counted.extend((trier == Trier::Anybody).then(|| Of::Name(name.clone())));
        counted.extend(network.map(Of::Network));
        let is_spent = |of: &Of| all.get(of).is_some_and(|attempts| attempts.count >= of.most());
        if counted.iter().any(is_spent) {
            return None;
        }
        for of in &counted {
            make_room(&mut all, of);
            all.entry(of.clone()).or_insert(Attempts { count: 0, began: now }).count += 1;
        }
        Some(Attempt(counted))
    }

    /// The attempt was not in vain: the name has no count from there, and elsewhere only others' attempts.
    pub(crate) fn succeeded(&self, attempt: Attempt) {
        let mut all = self.all();
        for of in &attempt.0 {
            match of {
                Of::NameThere(..) => {
                    all.remove(of);
                }
                Of::Name(_) | Of::Network(_) => take_back(&mut all, of),
            }
        }
    }

    /// The attempt was not made: nobody compared the password.
    pub(crate) fn not_made(&self, attempt: &Attempt) {
        let mut all = self.all();
        for of in &attempt.0 {
            take_back(&mut all, of);
        }
    }
}

fn take_back(all: &mut HashMap<Of, Attempts>, of: &Of) {
    if let Some(attempts) = all.get_mut(of) {
        attempts.count = attempts.count.saturating_sub(1);
    }
}

fn make_room(all: &mut HashMap<Of, Attempts>, of: &Of) {
    if all.len() < MOST_REMEMBERED || all.contains_key(of) {
        return;
    }
    let oldest = all.iter().min_by_key(|(_, attempts)| attempts.began.unix_millis());
    if let Some(oldest) = oldest.map(|(of, _)| of.clone()) {
        all.remove(&oldest);
    }
}

/// Whoever has one address of version 6 usually has the 2^64 beside it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_millis(seconds * 1000)
    }

    fn name(text: &str) -> ConsoleName {
        ConsoleName::parse(text).unwrap()
    }

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    fn tried(attempts: &LoginAttempts, who: &str, from: Option<IpAddr>, now: i64) -> bool {
        attempts.begin(Trier::Anybody, &name(who), from, at(now)).is_some()
    }

    #[test]
    fn a_name_is_tried_ten_times_from_one_network_and_again_later() {
        let attempts = LoginAttempts::default();
        for from in [address("10.0.0.1"), None] {
            for index in 0..10 {
                assert!(tried(&attempts, "amy", from, index));
            }
            assert!(!tried(&attempts, "amy", from, 10));
            assert!(!tried(&attempts, "amy", from, 15 * 60 - 1));
        }
        assert!(tried(&attempts, "bo", address("10.0.0.1"), 10));
        assert!(tried(&attempts, "amy", address("10.0.0.2"), 10));
        assert!(tried(&attempts, "amy", address("10.0.0.1"), 15 * 60 + 1));
    }

    #[test]
    fn a_name_is_tried_a_hundred_times_wherever_from_and_by_its_session_still() {
        let attempts = LoginAttempts::default();
        for index in 0..100 {
            assert!(tried(&attempts, "amy", address(&format!("10.0.0.{index}")), 0));
        }
        let there = address("10.0.1.1");
        assert!(!tried(&attempts, "amy", there, 1));
        let begin = || attempts.begin(Trier::HasSession, &name("amy"), there, at(1)).is_some();
        assert_eq!((0..20).filter(|_| begin()).count(), 10, "guesses are few there too");
    }

    #[test]
    fn a_network_tries_fifty_names_and_one_of_version_6_with_its_neighbours() {
        for (one, other) in [("10.0.0.1", "::ffff:10.0.0.1"), ("2001:db8::1", "2001:db8::2")] {
            let attempts = LoginAttempts::default();
            for index in 0..50 {
                assert!(tried(&attempts, &format!("u{index}"), address(one), 0));
            }
            assert!(!tried(&attempts, "amy", address(one), 1));
            assert!(!tried(&attempts, "amy", address(other), 1));
            assert!(tried(&attempts, "amy", address("2001:db8:0:1::1"), 1));
        }
    }

    #[test]
    fn who_gets_in_or_was_not_heard_has_tried_nothing_in_vain() {
        let attempts = LoginAttempts::default();
        let begin = || attempts.begin(Trier::Anybody, &name("amy"), address("10.0.0.1"), at(0));
        for _ in 0..200 {
            attempts.succeeded(begin().unwrap());
        }
        for _ in 0..200 {
            attempts.not_made(&begin().unwrap());
        }
    }

    #[test]
    fn a_flood_of_names_takes_no_more_memory() {
        let attempts = LoginAttempts::default();
        for index in 0..MOST_REMEMBERED + 100 {
            tried(&attempts, &format!("u{index}"), None, i64::from(index > 50));
        }
        assert_eq!(attempts.all().len(), MOST_REMEMBERED);
    }
}
