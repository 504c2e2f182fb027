//! Pushes that arrived twice: only where a kill forced it.

use crate::deliveries::{Arrival, PushKey};
use std::collections::HashMap;

/// push.per_account by default, and four reports for each of these places that may wait for the disk:
/// so many pushes of an account a server has sent and not recorded, as a rule. A disk that hangs
/// makes them more: that limit is the server's, over all accounts.
pub const UNRECORDED: usize = 4 * (1 + 4);

/// How many pushes arrived again for each kill: a push that was answered comes again only if it had arrived
/// about when a server was killed, with so many arrivals in between at most. `kills` says after how
/// many arrivals each was.
pub fn forced(arrivals: &[Arrival], kills: &[usize], at_most_between: usize) -> Vec<usize> {
    let mut forced = vec![0; kills.len()];
    let mut answered: HashMap<&PushKey, usize> = HashMap::new();
    for (index, arrival) in arrivals.iter().enumerate() {
        if let Some(before) = answered.get(&arrival.key) {
            let is_near =
                |kill: &usize| *kill <= index && kill.abs_diff(*before) <= at_most_between;
            let kill = kills.iter().rposition(is_near);
            let kill = kill.unwrap_or_else(|| {
                panic!(
                    "arrival {index} was answered as {before}, and no kill is near: {}",
                    arrival.event
                )
            });
            forced[kill] += 1;
        }
        if !arrival.is_refused {
            answered.insert(&arrival.key, index);
        }
    }
    forced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(create_time: i64, is_refused: bool) -> Arrival {
        Arrival { key: (String::new(), create_time), event: String::new(), is_refused }
    }

    #[test]
    fn what_was_under_way_at_a_kill_may_come_again_and_so_may_what_was_refused() {
        let arrivals = [(1, false), (2, true), (2, false), (3, false), (3, false), (2, false)];
        let arrivals = arrivals.map(|(time, is_refused)| arrival(time, is_refused));
        assert_eq!(forced(&arrivals, &[4], 2), [2]);
        assert_eq!(forced(&arrivals[..3], &[], 2), [0; 0]);
    }

    #[test]
    #[should_panic = "no kill is near"]
    fn a_push_that_was_answered_long_before_a_kill_may_not_come_again() {
        let arrivals = [1, 2, 3, 1].map(|time| arrival(time, false));
        forced(&arrivals, &[3], 2);
    }

    #[test]
    #[should_panic = "no kill is near"]
    fn a_push_that_comes_again_before_the_kill_was_not_forced_by_it() {
        let arrivals = [1, 1, 2].map(|time| arrival(time, false));
        forced(&arrivals, &[3], 20);
    }
}
