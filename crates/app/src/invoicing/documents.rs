//! Invoices as documents: rendered when somebody asks for them, and kept for a while.
//!
//! A document follows from its invoice, so nothing of it is stored. Rendering takes milliseconds of a
//! processor: it runs on threads of its own, as many at once as there are processors, and whoever
//! asks for a document that is just being rendered waits for that one.

use crate::{App, Failure};
use bytes::Bytes;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;
use kaipiao_domain::invoicing::invoice_request::Serial;
use kaipiao_wire::invoicing::s16_query::read_pdf_name;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A document.
#[derive(Debug, PartialEq, Eq)]
pub struct Document {
    /// Its bytes.
    pub bytes: Bytes,
    /// Names these bytes: another text as soon as one of them is another.
    pub digest: String,
    /// The invoice's code and number: what people would call the file.
    pub digits: String,
}

impl Document {
    fn new(bytes: Vec<u8>, number: &InvoiceNumber) -> Self {
        let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let digits = format!("{}{}", number.code(), number.number());
        Self { bytes: bytes.into(), digest, digits }
    }
}

/// What an invoice is printed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// The PDF that people keep.
    Pdf,
    /// Its first page as a picture for a screen, SVG.
    Picture,
}

/// Whose invoice, which, and in what form.
type DocumentKey = (AppId, Serial, Form);

/// So many bytes of documents are kept.
const KEPT_BYTES: u64 = 64 * 1024 * 1024;
/// About so many documents are that.
const KEPT: usize = 1500;

/// So many documents may be drawn or wait for a press; whoever comes then is told to come again.
const QUEUE: usize = 256;

#[derive(Clone)]
struct ByBytes;

impl Weighter<DocumentKey, Arc<Document>> for ByBytes {
    fn weight(&self, _: &DocumentKey, document: &Arc<Document>) -> u64 {
        u64::try_from(document.bytes.len()).unwrap_or(u64::MAX)
    }
}

/// The documents that were asked for lately.
pub(crate) struct Printing {
    kept: Cache<DocumentKey, Arc<Document>, ByBytes>,
    presses: Arc<Semaphore>,
    queue: Semaphore,
}

impl Printing {
    pub(crate) fn new() -> Self {
        let presses = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            kept: Cache::with_options(
                in_one_shard(),
                ByBytes,
                DefaultHashBuilder::default(),
                DefaultLifecycle::default(),
            ),
            presses: Arc::new(Semaphore::new(presses)),
            queue: Semaphore::new(QUEUE),
        }
    }

    /// The document of this name: the one that is kept, or is being drawn, or else this drawing.
    async fn document(
        &self,
        key: &DocumentKey,
        drawing: impl Future<Output = Result<Drawing, NotPrinted>>,
    ) -> Result<Arc<Document>, NotPrinted> {
        let print = async { self.print(drawing.await?).await };
        self.kept.get_or_insert_async(key, print).await
    }

    async fn print(&self, drawing: Drawing) -> Result<Arc<Document>, NotPrinted> {
        let failed = |why: &str| NotPrinted::Failed(Failure::Unavailable(why.to_owned()));
        let _place =
            self.queue.try_acquire().map_err(|_| failed("too many documents are waited for"))?;
        let press = Arc::clone(&self.presses).acquire_owned().await;
        let press = press.map_err(|error| failed(&error.to_string()))?;
        let printed = tokio::task::spawn_blocking(move || {
            // The press is taken as long as it runs, also when whoever asked has gone.
            let _press = press;
            drawing()
        });
        printed.await.map(Arc::new).map_err(|error| failed(&error.to_string()))
    }
}

/// One part: of several, each would be too small for the longest documents, and their lock is held
/// for nanoseconds beside the milliseconds of a rendering.
fn in_one_shard() -> quick_cache::Options {
    let mut options = OptionsBuilder::new();
    options.shards(1).estimated_items_capacity(KEPT).weight_capacity(KEPT_BYTES);
    options.build().expect("both capacities are set")
}

impl App {
    /// The document behind an address's last part; None: no invoice is there.
    pub async fn document(&self, name: &str, form: Form) -> Result<Option<Arc<Document>>, Failure> {
        let Some((merchant, serial)) = read_pdf_name(&self.keys, name) else { return Ok(None) };
        let key = (merchant, serial, form);
        match self.printing.document(&key, self.drawing(&key)).await {
            Ok(document) => Ok(Some(document)),
            Err(NotPrinted::NoInvoice) => Ok(None),
            Err(NotPrinted::Failed(failure)) => Err(failure),
        }
    }

    /// What will be printed, or why nothing is.
    async fn drawing(&self, key: &DocumentKey) -> Result<Drawing, NotPrinted> {
        let (merchant, serial, form) = key;
        let request = self.request(merchant, serial).await.map_err(NotPrinted::Failed)?;
        let request = request.ok_or(NotPrinted::NoInvoice)?;
        let invoice = request.invoice().map_err(|_| NotPrinted::NoInvoice)?.clone();
        let (renderer, form) = (Arc::clone(&self.renderer), *form);
        Ok(Box::new(move || {
            let bytes = match form {
                Form::Pdf => renderer.pdf(&request, &invoice),
                Form::Picture => renderer.picture(&request, &invoice).into_bytes(),
            };
            Document::new(bytes, &invoice.number)
        }))
    }
}

/// Draws a document; takes milliseconds of a processor.
type Drawing = Box<dyn FnOnce() -> Document + Send>;

#[derive(Debug)]
enum NotPrinted {
    NoInvoice,
    Failed(Failure),
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    fn key(serial: &str) -> DocumentKey {
        let merchant = AppId::parse("wx6b61697069616f31").unwrap();
        (merchant, Serial::parse(serial).unwrap(), Form::Pdf)
    }

    fn document(length: usize) -> Document {
        let number = InvoiceNumber::parse("", "26952000000000000001").unwrap();
        Document::new(vec![7; length], &number)
    }

    /// A drawing of so many bytes that says so when it starts and ends when it is let.
    fn held(length: usize, started: &mpsc::Sender<()>) -> (Drawing, mpsc::Sender<()>) {
        let (let_go, may_end) = mpsc::channel();
        let started = started.clone();
        let drawing = move || {
            started.send(()).unwrap();
            may_end.recv().unwrap();
            document(length)
        };
        (Box::new(drawing), let_go)
    }

    /// On one thread: were a drawing on it, nothing else could happen.
    #[tokio::test]
    async fn a_drawing_holds_up_nothing_and_is_made_once_for_all_who_wait() {
        let printing = Arc::new(Printing::new());
        let (started, starts) = mpsc::channel();
        let (drawing, let_go) = held(10, &started);
        let drawings = Arc::new(AtomicUsize::new(0));
        let mut drawing = Some(drawing);
        let mut readers = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (printing, drawings) = (Arc::clone(&printing), Arc::clone(&drawings));
            let drawing = drawing.take().unwrap_or_else(|| Box::new(|| document(10)));
            readers.spawn(async move {
                let counted = async {
                    drawings.fetch_add(1, Ordering::SeqCst);
                    Ok(drawing)
                };
                printing.document(&key("a"), counted).await.unwrap()
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
        let printing = Arc::new(Printing::new());
        let (started, starts) = mpsc::channel();
        let (drawing, let_go) = held(10, &started);
        let first = Arc::clone(&printing);
        let first =
            tokio::spawn(async move { first.document(&key("a"), async { Ok(drawing) }).await });
        while starts.try_recv().is_err() {
            tokio::task::yield_now().await;
        }
        first.abort();
        let second = async { Ok(Box::new(|| document(11)) as Drawing) };
        let second = async { printing.document(&key("a"), second).await };
        let (second, ()) = tokio::join!(second, async { let_go.send(()).unwrap() });
        assert_eq!(second.unwrap().bytes.len(), 11);
    }

    #[tokio::test]
    async fn the_longest_document_is_kept_and_no_more_than_the_cache_holds() {
        let printing = Printing::new();
        let drawn = |length| async move { Ok(Box::new(move || document(length)) as Drawing) };
        let longest = 8 * 1024 * 1024;
        printing.document(&key("a"), drawn(longest)).await.unwrap();
        let never = async { panic!("it is kept") };
        assert_eq!(printing.document(&key("a"), never).await.unwrap().bytes.len(), longest);
        for number in 0..20 {
            printing.document(&key(&number.to_string()), drawn(longest)).await.unwrap();
        }
        assert!(printing.kept.weight() <= KEPT_BYTES, "{}", printing.kept.weight());
    }

    #[tokio::test]
    async fn too_many_who_wait_are_told_to_come_again() {
        let printing = Printing::new();
        let all = printing.queue.try_acquire_many(u32::try_from(QUEUE).unwrap()).unwrap();
        let drawn = || async { Ok(Box::new(|| document(1)) as Drawing) };
        let refused = printing.document(&key("a"), drawn()).await;
        assert!(matches!(refused, Err(NotPrinted::Failed(Failure::Unavailable(_)))));
        drop(all);
        assert!(printing.document(&key("a"), drawn()).await.is_ok());
    }
}
