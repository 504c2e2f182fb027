//! The cache of invoices as documents: rendered, or read from the files, when somebody asks for them, and kept for a while.
//!
//! A drawn document follows from its invoice, so nothing of it is stored. Rendering takes milliseconds of a
//! processor: it runs on threads of its own, as many at once as there are processors, in the order of
//! [`FairTurns`], and whoever asks for a document that is just being rendered waits for that one.

use crate::failure::Failure;
use crate::fair_turns::{FairTurns, LineIsFull, WorkSize};
use crate::metrics::Metrics;
use bytes::Bytes;
use core::hash::Hash;
use core::sync::atomic::{AtomicU64, Ordering};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::OrderKey;
use kaipiao_domain::invoicing::invoice_document::InvoiceDocument;
use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::platform::blob_name::BlobName;
use kaipiao_ports::metrics::number;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::task::JoinError;

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its bytes.
    pub bytes: Bytes,
    /// Names these bytes: another text as soon as one of them is another.
    pub digest: String,
    /// The invoice's code and number, or an uploaded file's own: what people would call the file.
    pub digits: String,
    /// The order that its invoice is for; None: it is an uploaded file.
    pub order: Option<OrderKey>,
}

impl Document {
    pub(crate) fn new(bytes: Vec<u8>, number: &InvoiceNumber, order: OrderKey) -> Self {
        Self { order: Some(order), ..Self::of(bytes.into(), number.joined()) }
    }

    /// A document that people would call so.
    pub(crate) fn of(bytes: Bytes, digits: String) -> Self {
        let digest = base16ct::lower::encode_string(&Sha256::digest(&bytes));
        Self { bytes, digest, digits, order: None }
    }
}

/// What an invoice is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentFormat {
    /// The PDF that people keep.
    Pdf,
    /// Its first page as a picture for a screen, SVG.
    Picture,
}

/// Whose invoice, which, and in what format.
pub(crate) type DocumentKey = (AppId, Serial, DocumentFormat);

/// Bytes of documents that are kept, and as many of files.
const KEPT_BYTES: u64 = 64 * 1024 * 1024;
/// Documents that these are, about.
const KEPT: usize = 1500;

/// Documents that wait for their turn at most; further ones are refused.
const MOST_WAITING: usize = 256;

#[derive(Clone)]
struct ByBytes;

impl<Key> Weighter<Key, Arc<Document>> for ByBytes {
    fn weight(&self, _: &Key, document: &Arc<Document>) -> u64 {
        u64::try_from(document.bytes.len()).unwrap_or(u64::MAX)
    }
}

/// A name among those of one app: each has a number.
type Own<Key> = (u64, Key);

/// The memory of documents that were asked for lately, of all apps of a process together: name spaces share it.
pub struct DocumentMemory {
    kept: Cache<Own<DocumentKey>, Arc<Document>, ByBytes>,
    /// Those that lie beside the store: all who read one at the same time share its bytes.
    files: Cache<Own<BlobName>, Arc<Document>, ByBytes>,
    apps: AtomicU64,
}

impl DocumentMemory {
    /// One that is empty.
    pub fn new() -> Self {
        Self { kept: cache(), files: cache(), apps: AtomicU64::new(0) }
    }

    /// Forgets what an app that has ended has kept there.
    fn forget(&self, app: u64) {
        self.kept.retain(|(of, _), _| *of != app);
        self.files.retain(|(of, _), _| *of != app);
    }
}

impl Default for DocumentMemory {
    fn default() -> Self {
        Self::new()
    }
}

/// One shard: of several, each would be too small for the longest documents, and their lock is held
/// for nanoseconds beside the milliseconds of a rendering.
fn cache<Key: Eq + Hash>() -> Cache<Key, Arc<Document>, ByBytes> {
    let mut options = OptionsBuilder::new();
    options.shards(1).estimated_items_capacity(KEPT).weight_capacity(KEPT_BYTES);
    let options = options.build().expect("both capacities are set");
    let (hasher, lifecycle) = (DefaultHashBuilder::default(), DefaultLifecycle::default());
    Cache::with_options(options, ByBytes, hasher, lifecycle)
}

/// The documents of an app that were asked for lately. Nobody after it finds them: a store that is opened again may have
/// other contents.
pub(crate) struct DocumentCache {
    memory: Arc<DocumentMemory>,
    own: u64,
    turns: Arc<FairTurns>,
}

impl DocumentCache {
    /// None yet, in a memory that others may share.
    pub(crate) fn new(memory: Arc<DocumentMemory>) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let own = memory.apps.fetch_add(1, Ordering::Relaxed);
        Self { memory, own, turns: Arc::new(FairTurns::new(processors, MOST_WAITING)) }
    }

    /// Has metrics tell of the places of drawing, and of what is kept.
    pub(crate) fn register(&self, metrics: &Metrics) {
        self.turns.register(metrics, "kaipiao_document_renders", "Documents that are drawn");
        let memory = Arc::clone(&self.memory);
        let help = "Documents that are kept for whoever asks again, in all name spaces";
        metrics.register_reading("kaipiao_document_cache_entries", help, move || {
            number(memory.kept.len() + memory.files.len())
        });
        let memory = Arc::clone(&self.memory);
        let help = "Memory of the documents that are kept, in all name spaces";
        metrics.register_reading("kaipiao_document_cache_bytes", help, move || {
            let bytes = memory.kept.weight() + memory.files.weight();
            number(usize::try_from(bytes).unwrap_or(usize::MAX))
        });
    }

    /// The document of this name: the one that is kept, or is being drawn, or else this drawing.
    pub(crate) async fn document(
        &self,
        key: &DocumentKey,
        drawing: impl Future<Output = Result<Drawing, NotDrawn>>,
    ) -> Result<Arc<Document>, NotDrawn> {
        let drawn = async { self.draw(&key.0, drawing.await?).await };
        self.memory.kept.get_or_insert_async(&(self.own, key.clone()), drawn).await
    }

    /// The file of this name, whose bytes never change: the one that is kept, or is being read, or else what this
    /// reads. People would call it by the digits.
    pub(crate) async fn file(
        &self,
        name: &BlobName,
        digits: String,
        read: impl Future<Output = Result<Bytes, Failure>>,
    ) -> Result<Arc<Document>, Failure> {
        let document = async {
            let bytes = read.await?;
            let named = tokio::task::spawn_blocking(move || Document::of(bytes, digits)).await;
            named.map(Arc::new).map_err(|error| Failure::Damaged(error.to_string()))
        };
        self.memory.files.get_or_insert_async(&(self.own, name.clone()), document).await
    }

    async fn draw(&self, merchant: &AppId, drawing: Drawing) -> Result<Arc<Document>, NotDrawn> {
        let full = |LineIsFull| Failure::Overloaded("too many documents are waited for".to_owned());
        let place = self.turns.place(merchant, drawing.size).await.map_err(full);
        let place = place.map_err(NotDrawn::Failed)?;
        let drawn = tokio::task::spawn_blocking(move || {
            // The place is held as long as it runs, also when whoever asked has gone.
            let _place = place;
            (drawing.draw)()
        });
        let failed = |error: JoinError| NotDrawn::Failed(Failure::Damaged(error.to_string()));
        drawn.await.map(Arc::new).map_err(failed)
    }
}

impl Drop for DocumentCache {
    fn drop(&mut self) {
        self.memory.forget(self.own);
    }
}

/// A document that can be drawn.
pub(crate) struct Drawing {
    pub(crate) size: WorkSize,
    /// Draws it; takes milliseconds of a processor, a large one more.
    pub(crate) draw: Box<dyn FnOnce() -> Document + Send>,
}

/// Why there is no document.
#[derive(Debug)]
pub(crate) enum NotDrawn {
    /// No invoice was issued for it.
    NoInvoice,
    /// The invoice with this number brought the document itself.
    Brought(InvoiceNumber, InvoiceDocument),
    /// The store, or too many who wait.
    Failed(Failure),
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::authorization::order_id::OrderId;
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;

    fn key(serial: &str) -> DocumentKey {
        let merchant = AppId::parse("wx6b61697069616f31").unwrap();
        (merchant, Serial::parse(serial).unwrap(), DocumentFormat::Pdf)
    }

    fn document(length: usize) -> Document {
        let number = InvoiceNumber::parse("", "26952000000000000001").unwrap();
        let order_id = OrderId::parse("1").unwrap();
        Document::new(vec![7; length], &number, OrderKey { merchant: key("1").0, order_id })
    }

    fn small(draw: impl FnOnce() -> Document + Send + 'static) -> Drawing {
        Drawing { size: WorkSize::Small, draw: Box::new(draw) }
    }

    /// A drawing of that size: it announces its start and ends on a signal.
    fn held(length: usize, started: &mpsc::Sender<()>) -> (Drawing, mpsc::Sender<()>) {
        let (let_go, may_end) = mpsc::channel();
        let started = started.clone();
        let drawing = move || {
            started.send(()).unwrap();
            may_end.recv().unwrap();
            document(length)
        };
        (small(drawing), let_go)
    }

    fn new_cache() -> DocumentCache {
        DocumentCache::new(Arc::default())
    }

    /// On one thread: were a drawing on it, nothing else could happen.
    #[tokio::test]
    async fn a_drawing_holds_up_nothing_and_is_made_once_for_all_who_wait() {
        let cache = Arc::new(new_cache());
        let (started, starts) = mpsc::channel();
        let (drawing, let_go) = held(10, &started);
        let drawings = Arc::new(AtomicUsize::new(0));
        let mut drawing = Some(drawing);
        let mut readers = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (cache, drawings) = (Arc::clone(&cache), Arc::clone(&drawings));
            let drawing = drawing.take().unwrap_or_else(|| small(|| document(10)));
            readers.spawn(async move {
                let counted = async {
                    drawings.fetch_add(1, Ordering::SeqCst);
                    Ok(drawing)
                };
                cache.document(&key("a"), counted).await.unwrap()
            });
        }
        while starts.try_recv().is_err() {
            tokio::task::yield_now().await;
        }
        assert!(readers.try_join_next().is_none(), "nobody has a document that is being drawn");
        let_go.send(()).unwrap();
        let all = readers.join_all().await;
        assert_eq!((all.len(), drawings.load(Ordering::SeqCst)), (20, 1));
        assert!(all.iter().all(|one| Arc::ptr_eq(one, &all[0])));
    }

    #[tokio::test]
    async fn who_goes_away_takes_the_document_from_nobody() {
        let cache = Arc::new(new_cache());
        let (started, starts) = mpsc::channel();
        let (drawing, let_go) = held(10, &started);
        let first = Arc::clone(&cache);
        let first =
            tokio::spawn(async move { first.document(&key("a"), async { Ok(drawing) }).await });
        while starts.try_recv().is_err() {
            tokio::task::yield_now().await;
        }
        first.abort();
        let second = async { Ok(small(|| document(11))) };
        let second = async { cache.document(&key("a"), second).await };
        let (second, ()) = tokio::join!(second, async { let_go.send(()).unwrap() });
        assert_eq!(second.unwrap().bytes.len(), 11);
    }

    #[tokio::test]
    async fn the_longest_document_is_kept_and_no_more_than_the_cache_holds() {
        let cache = new_cache();
        let drawn = |length| async move { Ok(small(move || document(length))) };
        let longest = 8 * 1024 * 1024;
        cache.document(&key("a"), drawn(longest)).await.unwrap();
        let never = async { panic!("it is kept") };
        assert_eq!(cache.document(&key("a"), never).await.unwrap().bytes.len(), longest);
        for number in 0..20 {
            cache.document(&key(&number.to_string()), drawn(longest)).await.unwrap();
        }
        assert!(cache.memory.kept.weight() <= KEPT_BYTES, "{}", cache.memory.kept.weight());
    }

    #[tokio::test]
    async fn caches_share_one_budget_and_an_ended_one_leaves_the_others_theirs() {
        let memory = Arc::new(DocumentMemory::new());
        let [one, two] = [(); 2].map(|()| DocumentCache::new(Arc::clone(&memory)));
        let drawn = |length| async move { Ok(small(move || document(length))) };
        let name = BlobName::parse(&"7".repeat(64)).unwrap();
        for (cache, length) in [(&one, 10), (&two, 11)] {
            // The same names, and not the same documents.
            let found = cache.document(&key("a"), drawn(length)).await.unwrap();
            let read = async move { Ok(Bytes::from(vec![7; length])) };
            let file = cache.file(&name, String::new(), read).await.unwrap();
            assert_eq!((found.bytes.len(), file.bytes.len()), (length, length));
        }
        drop(one);
        assert_eq!((memory.kept.weight(), memory.files.weight()), (11, 11));
        let caches: Vec<_> = (0..4).map(|_| DocumentCache::new(Arc::clone(&memory))).collect();
        for number in 0..20 {
            let of = &caches[number % caches.len()];
            of.document(&key(&number.to_string()), drawn(8 * 1024 * 1024)).await.unwrap();
        }
        assert!(memory.kept.weight() <= KEPT_BYTES, "{}", memory.kept.weight());
    }

    #[tokio::test]
    async fn too_many_who_wait_are_told_to_come_again() {
        let mut cache = new_cache();
        cache.turns = Arc::new(FairTurns::new(2, 0));
        let drawn = || async { Ok(small(|| document(1))) };
        let refused = cache.document(&key("a"), drawn()).await;
        assert!(matches!(refused, Err(NotDrawn::Failed(Failure::Overloaded(_)))));
        cache.turns = Arc::new(FairTurns::new(2, 1));
        assert!(cache.document(&key("a"), drawn()).await.is_ok());
    }
}
