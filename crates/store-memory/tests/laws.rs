//! The laws of the store, for the store in memory.

use async_trait::async_trait;
use kaipiao_ports::store::Store;
use kaipiao_store_memory::MemoryStore;
use kaipiao_testkit::laws::Subject;
use std::sync::Arc;

/// "Opening again" finds the same map: this store lives as long as the subject.
#[derive(Default)]
struct InMemory(Arc<MemoryStore>);

#[async_trait]
impl Subject for InMemory {
    async fn open(&self) -> Arc<dyn Store> {
        self.0.free_leases();
        Arc::clone(&self.0) as Arc<dyn Store>
    }
}

mod records {
    use super::InMemory;
    kaipiao_testkit::store_laws!(InMemory::default());
}

mod outbox {
    use super::InMemory;
    kaipiao_testkit::outbox_laws!(InMemory::default());
}

mod jobs {
    use super::InMemory;
    kaipiao_testkit::job_laws!(InMemory::default());
}
