//! The memory that all bodies under way may take together. It is taken as bytes arrive, so a length
//! that was only announced costs nothing, and given back with the body.

use kaipiao_app::platform::pdfs;
use kaipiao_domain::access::account::AppId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The beginning of each body, which takes nothing of the budget: connections bound it, and a body
/// of usual size is read whatever others hold.
pub(crate) const FREE_BYTES: usize = 16 << 10;
/// A body with a file, at most: the file, and what a multipart body has besides.
pub(crate) const UPLOAD_BYTES: usize = pdfs::MOST_BYTES + (64 << 10);
/// Bodies of the largest size that are under way at once, of all callers.
const LARGEST_BODIES: usize = 64;
/// And of one caller.
const LARGEST_BODIES_OF_ONE: usize = 16;

/// The budget.
pub struct BodyBudget {
    total: usize,
    share: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    all: usize,
    by_caller: HashMap<Option<AppId>, usize>,
}

impl BodyBudget {
    /// A budget for files that are uploaded.
    pub fn for_uploads() -> Self {
        Self::new(UPLOAD_BYTES)
    }

    /// A budget for bodies of up to so many bytes.
    pub fn new(body_limit_bytes: usize) -> Self {
        Self {
            total: body_limit_bytes.saturating_mul(LARGEST_BODIES),
            share: body_limit_bytes.saturating_mul(LARGEST_BODIES_OF_ONE),
            held: Mutex::default(),
        }
    }

    /// Bytes that all of them may take together.
    pub(crate) fn total(&self) -> usize {
        self.total
    }

    /// Bytes that they take at this moment.
    pub(crate) fn held(&self) -> usize {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).all
    }

    fn take(&self, caller: &Option<AppId>, bytes: usize) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let own = held.by_caller.get(caller).copied().unwrap_or(0);
        if bytes > self.share.saturating_sub(own) || bytes > self.total.saturating_sub(held.all) {
            return false;
        }
        held.all += bytes;
        *held.by_caller.entry(caller.clone()).or_default() += bytes;
        true
    }

    fn give_back(&self, caller: &Option<AppId>, bytes: usize) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.all -= bytes;
        if let Some(own) = held.by_caller.get_mut(caller) {
            *own -= bytes;
            if *own == 0 {
                held.by_caller.remove(caller);
            }
        }
    }
}

/// What one body has taken; given back when it is dropped.
pub(crate) struct Reservation {
    budget: Arc<BodyBudget>,
    caller: Option<AppId>,
    taken: usize,
}

impl Reservation {
    /// Nothing yet, for a body of an account, or of nobody who is one.
    pub(crate) fn new(budget: Arc<BodyBudget>, caller: Option<AppId>) -> Self {
        Self { budget, caller, taken: 0 }
    }

    /// Takes what a body of so many bytes needs; false: there is not so much.
    #[must_use]
    pub(crate) fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(FREE_BYTES).saturating_sub(self.taken);
        let is_taken = more == 0 || self.budget.take(&self.caller, more);
        if is_taken {
            self.taken += more;
        }
        is_taken
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.taken > 0 {
            self.budget.give_back(&self.caller, self.taken);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE: usize = 100_000 + FREE_BYTES;

    fn appid(last: usize) -> Option<AppId> {
        AppId::parse(&format!("wx{last:016x}"))
    }

    fn large_bodies(budget: &Arc<BodyBudget>, caller: usize, wanted: usize) -> Vec<Reservation> {
        let one = || {
            let mut body = Reservation::new(Arc::clone(budget), appid(caller));
            body.grow_to(LARGE).then_some(body)
        };
        std::iter::repeat_with(one).take(wanted).map_while(|body| body).collect()
    }

    #[test]
    fn one_caller_holds_its_share_and_leaves_the_others_theirs() {
        let budget = Arc::new(BodyBudget::new(100_000));
        let first = large_bodies(&budget, 1, 100);
        let second = large_bodies(&budget, 2, 100);
        assert_eq!((first.len(), second.len()), (16, 16));
        drop(first);
        assert_eq!(large_bodies(&budget, 1, 100).len(), 16);
    }

    #[test]
    fn all_of_them_hold_no_more_than_the_whole_and_small_bodies_need_none() {
        let budget = Arc::new(BodyBudget::new(100_000));
        let all: Vec<_> = (0..9).map(|caller| large_bodies(&budget, caller, 100)).collect();
        assert_eq!(all.iter().map(Vec::len).sum::<usize>(), 64);
        assert!(Reservation::new(Arc::clone(&budget), appid(9)).grow_to(FREE_BYTES));
        drop(all);
        let held = budget.held.lock().unwrap();
        assert!(held.all == 0 && held.by_caller.is_empty());
    }
}
