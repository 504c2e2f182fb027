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
        self.0.free_claims();
        Arc::clone(&self.0) as Arc<dyn Store>
    }
}

kaipiao_testkit::all_laws!(InMemory::default());
