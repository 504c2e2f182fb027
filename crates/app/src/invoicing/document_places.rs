//! Places at which the documents of invoices are fetched from outside. An issuer that does not answer keeps its merchant's
//! places for as long as it may; so no merchant has all of them.

use core::time::Duration;
use kaipiao_domain::access::account::AppId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// Invoices whose documents a node fetches at once: each has one document in memory at a time.
const PLACES: usize = 32;
/// Those of one merchant.
const PLACES_OF_ONE: usize = PLACES / 4;

/// The places, and how many each merchant has.
pub(crate) struct DocumentPlaces {
    all: Semaphore,
    /// Of the merchants that have a place, or wait for one.
    by_merchant: Mutex<BTreeMap<AppId, Weak<Semaphore>>>,
}

/// A place for one invoice's documents; free again when it is dropped.
pub(crate) struct DocumentPlace<'a> {
    _of_all: SemaphorePermit<'a>,
    _of_merchant: OwnedSemaphorePermit,
}

impl DocumentPlaces {
    pub(crate) fn new() -> Self {
        Self { all: Semaphore::new(PLACES), by_merchant: Mutex::default() }
    }

    /// A place for an invoice of this merchant, in the order in which they are asked for. None: there was none for so
    /// long.
    pub(crate) async fn place(
        &self,
        merchant: &AppId,
        longest_wait: Duration,
    ) -> Option<DocumentPlace<'_>> {
        let places = async {
            // One of its own first: then no more of its invoices wait among the others'.
            let of_merchant = self.of(merchant).acquire_owned().await.expect("nobody closes it");
            let of_all = self.all.acquire().await.expect("nobody closes it");
            DocumentPlace { _of_all: of_all, _of_merchant: of_merchant }
        };
        timeout(longest_wait, places).await.ok()
    }

    fn of(&self, merchant: &AppId) -> Arc<Semaphore> {
        let mut by_merchant = self.by_merchant.lock().unwrap_or_else(PoisonError::into_inner);
        by_merchant.retain(|_, places| places.strong_count() > 0);
        if let Some(places) = by_merchant.get(merchant).and_then(Weak::upgrade) {
            return places;
        }
        let places = Arc::new(Semaphore::new(PLACES_OF_ONE));
        by_merchant.insert(merchant.clone(), Arc::downgrade(&places));
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    fn merchant(number: u32) -> AppId {
        AppId::parse(&format!("wx{number:016x}")).unwrap()
    }

    /// What a merchant has once it wants more than there is.
    async fn all_of(places: &DocumentPlaces, number: u32) -> Vec<DocumentPlace<'_>> {
        let mut had = Vec::new();
        while let Some(place) = places.place(&merchant(number), SHORT).await {
            had.push(place);
        }
        had
    }

    #[tokio::test]
    async fn merchants_whose_issuers_are_silent_leave_places_to_the_others() {
        let places = DocumentPlaces::new();
        let (mut first, second) = (all_of(&places, 1).await, all_of(&places, 2).await);
        assert_eq!((first.len(), second.len()), (8, 8));
        assert!(places.place(&merchant(3), SHORT).await.is_some());
        // One that comes back is the same merchant's next.
        first.pop();
        assert!(places.place(&merchant(1), SHORT).await.is_some());
    }

    #[tokio::test]
    async fn there_are_no_more_places_than_places_and_nobody_waits_for_ever() {
        let places = DocumentPlaces::new();
        let mut had = Vec::new();
        for number in 0..4 {
            had.extend(all_of(&places, number).await);
        }
        assert_eq!(had.len(), PLACES);
        let ninth = merchant(9);
        assert!(places.place(&ninth, SHORT).await.is_none());
        let (next, ()) =
            tokio::join!(places.place(&ninth, Duration::from_secs(60)), async { drop(had.pop()) });
        assert!(next.is_some());
        drop((next, had));
        drop(places.of(&ninth));
        assert_eq!(places.by_merchant.lock().unwrap().len(), 1, "who has none is forgotten");
    }
}
