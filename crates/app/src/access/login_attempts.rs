//! How often somebody has tried to log in to the console in vain: by name, and by address.

use core::time::Duration;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::console_user::ConsoleName;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long attempts in vain are remembered, from the first of them.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Attempts in vain for one name.
const MOST_FOR_NAME: u32 = 10;
/// Attempts in vain from one address, from which a whole office may come.
const MOST_FROM_ADDRESS: u32 = 50;
/// Names and addresses that are remembered; beyond, the ones that began first are forgotten.
const MOST_REMEMBERED: usize = 10_000;

#[derive(Clone, PartialEq, Eq, Hash)]
enum Of {
    Name(ConsoleName),
    Address(IpAddr),
}

#[derive(Clone, Copy)]
struct Attempts {
    count: u32,
    began: Timestamp,
}

/// The attempts that this process has seen.
#[derive(Default)]
pub(crate) struct LoginAttempts(Mutex<HashMap<Of, Attempts>>);

impl LoginAttempts {
    fn all(&self) -> MutexGuard<'_, HashMap<Of, Attempts>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an attempt before it is made, so that many at once are no more than many one after the other. False:
    /// there were too many, and it is not made.
    pub(crate) fn begin(
        &self,
        name: &ConsoleName,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> bool {
        let mut all = self.all();
        all.retain(|_, attempts| !attempts.began.is_over(WINDOW, now));
        let mut limits = vec![(Of::Name(name.clone()), MOST_FOR_NAME)];
        limits.extend(address.map(|ip| (Of::Address(network(ip)), MOST_FROM_ADDRESS)));
        let is_spent =
            |(of, most): &(Of, u32)| all.get(of).is_some_and(|attempts| attempts.count >= *most);
        if limits.iter().any(is_spent) {
            return false;
        }
        for (of, _) in limits {
            make_room(&mut all, &of);
            all.entry(of).or_insert(Attempts { count: 0, began: now }).count += 1;
        }
        true
    }

    /// The attempt was no attempt in vain.
    pub(crate) fn succeeded(&self, name: &ConsoleName, address: Option<IpAddr>) {
        let mut all = self.all();
        all.remove(&Of::Name(name.clone()));
        let of_address = address.and_then(|ip| all.get_mut(&Of::Address(network(ip))));
        if let Some(attempts) = of_address {
            attempts.count = attempts.count.saturating_sub(1);
        }
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

    #[test]
    fn a_name_is_tried_ten_times_wherever_from_and_again_later() {
        let attempts = LoginAttempts::default();
        for index in 0..10 {
            let from = address(&format!("10.0.0.{index}"));
            assert!(attempts.begin(&name("amy"), from, at(index)));
        }
        assert!(!attempts.begin(&name("amy"), address("10.0.1.1"), at(10)));
        assert!(!attempts.begin(&name("amy"), None, at(15 * 60 - 1)));
        assert!(attempts.begin(&name("bo"), address("10.0.1.1"), at(10)));
        assert!(attempts.begin(&name("amy"), address("10.0.1.1"), at(15 * 60 + 1)));
    }

    #[test]
    fn an_address_tries_fifty_names_and_one_of_version_6_with_its_neighbours() {
        for (one, other) in [("10.0.0.1", "::ffff:10.0.0.1"), ("2001:db8::1", "2001:db8::2")] {
            let attempts = LoginAttempts::default();
            for index in 0..50 {
                assert!(attempts.begin(&name(&format!("u{index}")), address(one), at(0)));
            }
            assert!(!attempts.begin(&name("amy"), address(one), at(1)));
            assert!(!attempts.begin(&name("amy"), address(other), at(1)));
            assert!(attempts.begin(&name("amy"), address("2001:db8:0:1::1"), at(1)));
        }
    }

    #[test]
    fn who_gets_in_has_tried_nothing_in_vain() {
        let attempts = LoginAttempts::default();
        for _ in 0..200 {
            assert!(attempts.begin(&name("amy"), address("10.0.0.1"), at(0)));
            attempts.succeeded(&name("amy"), address("10.0.0.1"));
        }
    }

    #[test]
    fn a_flood_of_names_takes_no_more_memory() {
        let attempts = LoginAttempts::default();
        for index in 0..MOST_REMEMBERED + 100 {
            attempts.begin(&name(&format!("u{index}")), None, at(i64::from(index > 50)));
        }
        assert_eq!(attempts.all().len(), MOST_REMEMBERED);
    }
}
