use super::*;
use crate::invoicing::samples::{app, commit, content, merchant, request, serial};
use kaipiao_domain::invoicing::invoice_request::Colour;
use kaipiao_ports::record::{Body, Expect, Field, Index, Save};
use kaipiao_ports::store::Store;
use kaipiao_store_memory::MemoryStore;
use std::sync::Arc;

/// Contents that nobody can read stand beside the heads.
#[tokio::test]
async fn a_listing_of_requests_reads_no_content() {
    let store = Arc::new(MemoryStore::default());
    for n in 0..3 {
        let request = request(&format!("s{n}"), Colour::Blue);
        let damaged = Save {
            key: content_key(&merchant(), &request.serial, 1),
            expect: Expect::Absent,
            body: Some(Body::new("no content")),
            index: Index::default(),
        };
        let key = request_key(&merchant(), &request.serial);
        let head = record::save(key, Expect::Absent, &request);
        commit(&store, vec![head, damaged]).await;
    }
    while store.index(10).await.unwrap() > 0 {}
    let app = app(store);
    for filter in [
        Filter::Key,
        Filter::Time { from_ms: 0, to_ms: i64::MAX },
        Filter::Field(Field::Gross, "113".into()),
    ] {
        let listed = list(&app, &merchant(), filter, None, 10).await.unwrap();
        assert_eq!(listed.items.len(), 3);
        assert!(listed.items.iter().all(|request| request.summary == content().summary()));
    }
    let one = find(&app, &merchant(), &serial("s0")).await.unwrap().unwrap();
    assert!(matches!(content_of(&app, &one).await, Err(Failure::Unreadable(_))));
}

#[tokio::test]
async fn a_request_without_its_content_is_damaged() {
    let app = app(Arc::new(MemoryStore::default()));
    let request = request("s1", Colour::Blue);
    assert!(matches!(content_of(&app, &request).await, Err(Failure::Unreadable(_))));
}
