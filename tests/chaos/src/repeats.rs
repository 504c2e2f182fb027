//! Pushes that arrived twice: only where a kill forced it.

use crate::deliveries::{Arrival, Kill, PushKey};
use std::collections::HashMap;
use std::time::Duration;

/// push.per_account by default, and four reports for each of these places that may wait for the disk:
/// so many pushes of an account a server has sent and not recorded, as a rule; notices are another
/// account's, the pay merchant's. A disk that hangs makes them more: that limit is the server's, over all accounts.
pub const UNRECORDED: usize = 4 * (1 + 4);

/// A report is on the disk by then, on a machine that others load too. Reports overtake each other, so how many
/// pushes have arrived meanwhile says nothing of one of them.
const RECORDED_WITHIN: Duration = Duration::from_secs(2);

/// How many pushes arrived again for each kill, which are `at_most` so many of an account: a push that was answered comes
/// again only if it had arrived about when a server was killed.
pub fn forced(arrivals: &[Arrival], kills: &[Kill], at_most: usize) -> Vec<usize> {
    let mut forced: Vec<HashMap<&str, usize>> = vec![HashMap::new(); kills.len()];
    let mut answered: HashMap<&PushKey, usize> = HashMap::new();
    for (index, arrival) in arrivals.iter().enumerate() {
        if let Some(before) = answered.get(&arrival.key) {
            let sent = arrivals[*before].at;
            let is_near = |kill: &Kill| {
                let is_behind = sent + RECORDED_WITHIN >= kill.at;
                let is_before = sent <= kill.until + RECORDED_WITHIN;
                kill.arrivals <= index && is_behind && is_before
            };
            let kill = kills.iter().rposition(is_near);
            let kill = kill.unwrap_or_else(|| {
                panic!(
                    "arrival {index} was answered as {before}, and no kill is near: {}",
                    arrival.event
                )
            });
            *forced[kill].entry(arrival.account).or_default() += 1;
        }
        if !arrival.is_refused {
            answered.insert(&arrival.key, index);
        }
    }
    let most = forced.iter().flat_map(HashMap::values).max().copied().unwrap_or_default();
    assert!(most <= at_most, "a kill sent {most} pushes again: {forced:?}");
    forced.iter().map(|of_kill| of_kill.values().sum()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    /// Pushes by their CreateTime, one each second.
    fn arrivals(start: Instant, pushes: &[(i64, bool)]) -> Vec<Arrival> {
        let arrival = |(second, (create_time, is_refused)): (u64, &(i64, bool))| Arrival {
            key: (String::new(), *create_time),
            event: String::new(),
            account: "",
            is_refused: *is_refused,
            at: start + Duration::from_secs(second),
        };
        (0..).zip(pushes).map(arrival).collect()
    }

    fn answered(start: Instant, pushes: &[i64]) -> Vec<Arrival> {
        arrivals(start, &pushes.iter().map(|push| (*push, false)).collect::<Vec<_>>())
    }

    fn kill(start: Instant, arrivals: usize) -> [Kill; 1] {
        let at = start + Duration::from_secs(u64::try_from(arrivals).unwrap());
        [Kill { arrivals, at, until: at }]
    }

    #[test]
    fn what_was_under_way_at_a_kill_may_come_again_and_so_may_what_was_refused() {
        let start = Instant::now();
        let pushes = [(1, false), (2, true), (2, false), (3, false), (3, false), (2, false)];
        let arrivals = arrivals(start, &pushes);
        assert_eq!(forced(&arrivals, &kill(start, 4), 2), [2]);
        assert_eq!(forced(&arrivals[..3], &[], 2), [0; 0]);
    }

    #[test]
    #[should_panic = "no kill is near"]
    fn a_push_that_was_answered_long_before_a_kill_may_not_come_again() {
        let start = Instant::now();
        forced(&answered(start, &[1, 2, 3, 4, 1]), &kill(start, 4), 2);
    }

    #[test]
    #[should_panic = "no kill is near"]
    fn a_push_that_comes_again_before_the_kill_was_not_forced_by_it() {
        let start = Instant::now();
        forced(&answered(start, &[1, 1, 2]), &kill(start, 3), 20);
    }

    #[test]
    #[should_panic = "a kill sent 2 pushes again"]
    fn a_kill_sends_no_more_again_than_can_be_unrecorded() {
        let start = Instant::now();
        forced(&answered(start, &[1, 2, 1, 2]), &kill(start, 2), 1);
    }
}
