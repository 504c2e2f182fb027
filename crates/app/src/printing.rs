//! Invoices as documents: rendered when somebody asks for them, and kept for a while.
//!
//! A document follows from its invoice, so nothing of it is stored. Rendering takes milliseconds of a
//! processor: it runs on threads of its own, as many at once as there are processors, and whoever
//! asks for a document that is just being rendered waits for that one.

use crate::{App, Failure};
use bytes::Bytes;
use kaipiao_domain::account::AppId;
use kaipiao_domain::invoice_number::InvoiceNumber;
use kaipiao_domain::invoice_request::Serial;
use kaipiao_wire::s16_query::read_pdf_name;
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
        }
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
        match self.printing.kept.get_or_insert_async(&key, self.print(&key)).await {
            Ok(document) => Ok(Some(document)),
            Err(NotPrinted::NoInvoice) => Ok(None),
            Err(NotPrinted::Failed(failure)) => Err(failure),
        }
    }

    async fn print(&self, key: &DocumentKey) -> Result<Arc<Document>, NotPrinted> {
        let (merchant, serial, form) = key;
        let request = self.request(merchant, serial).await.map_err(NotPrinted::Failed)?;
        let request = request.ok_or(NotPrinted::NoInvoice)?;
        let invoice = request.invoice().map_err(|_| NotPrinted::NoInvoice)?.clone();
        let failed = |why: String| NotPrinted::Failed(Failure::Unavailable(why));
        let press = Arc::clone(&self.printing.presses).acquire_owned().await;
        let press = press.map_err(|error| failed(error.to_string()))?;
        let (paper, form) = (Arc::clone(&self.paper), *form);
        let printed = tokio::task::spawn_blocking(move || {
            // The press is taken as long as it runs, also when whoever asked has gone.
            let _press = press;
            let bytes = match form {
                Form::Pdf => paper.pdf(&request, &invoice),
                Form::Picture => paper.picture(&request, &invoice).into_bytes(),
            };
            Document::new(bytes, &invoice.number)
        });
        printed.await.map(Arc::new).map_err(|error| failed(error.to_string()))
    }
}

enum NotPrinted {
    NoInvoice,
    Failed(Failure),
}
