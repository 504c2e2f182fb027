//! setpdf and getpdf, and what insert asks of an uploaded PDF (wire_facts 1.1).

use crate::app::App;
use crate::concerned::concerns;
use crate::failure::Failure;
use crate::fair_turns::LineIsFull;
use crate::invoicing::document_cache::Document;
use crate::platform::stored_file::{away, stored};
use crate::platform::{files_owner, upload_tallies};
use crate::signed::media_link;
use crate::store_access::{ATTEMPTS, Decision, FirstTry, busy, commit_unless_changed, decide};
use bytes::Bytes;
use core::time::Duration;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::OrderKey;
use kaipiao_domain::invoicing::invoice_document::InvoiceDocument;
use kaipiao_domain::platform::pdf::{MediaId, PlatformPdf, numbers_in};
use kaipiao_domain::platform::upload_tally::{TallyPart, UploadTally, counted_bytes};
use kaipiao_domain::text::quoted;
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::platform::blobs::BlobError;
use kaipiao_ports::platform::pdf_reader::UnreadablePdf;
use kaipiao_ports::record::{Expect, Save};
use kaipiao_ports::store::Commit;
use kaipiao_records::platform::pdf::platform_pdf_key;
use kaipiao_records::platform::upload_tally::upload_tally_key;
use kaipiao_records::record::{self, Versioned};
use std::sync::Arc;
use tokio::time::sleep;

/// How long an upload waits until others' PDFs have been read; longer is no client's patience.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Attempts to take a PDF out of the count again.
const ATTEMPTS_TO_DISCARD: usize = 4 * ATTEMPTS;

/// How long an uploaded PDF is at most, in bytes: 2 MiB, as the newer service says (wire_facts 5.1).
pub const MOST_BYTES: usize = InvoiceDocument::MOST_BYTES;

/// Keeps a PDF for the platform, for an invoice that it will insert. 72040: it cannot be read as one; 45009: the platform
/// has as much as it may that no invoice has. The file is written before the record that names it.
pub async fn upload(app: &App, platform: &AppId, bytes: Bytes) -> Result<MediaId, Failure> {
    let size_bytes = check_size(bytes.len())?;
    upload_tallies::check(app, platform, counted_bytes(size_bytes)).await?;
    let numbers = numbers_in(&read(app, platform, bytes.clone()).await?);
    files_owner::check(app).await?;
    let pdf = PlatformPdf {
        owner: platform.clone(),
        media_id: MediaId::from_random(u64::from_be_bytes(app.random())),
        size_bytes,
        uploaded_at: app.now(),
        numbers,
        attached_to: None,
    };
    let pdf = write(app, pdf, bytes).await?;
    keep(app, &pdf).await?;
    // Of those that came at the same time each counts itself before it looks: so the last one sees all of them.
    if let Err(over) = upload_tallies::check(app, platform, 0).await {
        if let Err(failure) = discard(app, &pdf).await {
            tracing::warn!(%failure, file = %pdf.blob_name(), "a PDF that was refused counts until it is too old");
        }
        return Err(over);
    }
    Ok(pdf.media_id)
}

/// Its text, once it is the platform's turn.
async fn read(app: &App, platform: &AppId, bytes: Bytes) -> Result<String, Failure> {
    let full = |LineIsFull| Failure::Overloaded("too many PDFs wait to be read".to_owned());
    let turn = app.pdf_turns.small_within(LONGEST_WAIT, platform);
    let Some(_place) = turn.await.map_err(full)? else {
        let why = format!("a PDF has waited for {} s to be read", LONGEST_WAIT.as_secs());
        return Err(Failure::Overloaded(why));
    };
    app.pdf_reader.text(bytes).await.map_err(unread)
}

/// Writes the file, under the PDF's name or, where another one has it by chance, under a new one.
async fn write(app: &App, mut pdf: PlatformPdf, bytes: Bytes) -> Result<PlatformPdf, Failure> {
    for _ in 0..ATTEMPTS {
        match app.blobs.put(&pdf.blob_name(), bytes.clone()).await {
            Ok(()) => return Ok(pdf),
            Err(BlobError::Exists(_)) => {
                pdf.media_id = MediaId::from_random(u64::from_be_bytes(app.random()));
            }
            Err(error) => return Err(away(&error)),
        }
    }
    Err(busy())
}

/// Commits the record of a PDF whose file is there, and counts it.
async fn keep(app: &App, pdf: &PlatformPdf) -> Result<(), Failure> {
    let part = TallyPart::of(&pdf.media_id);
    let key = upload_tally_key(&pdf.owner, &part);
    decide(app, key, FirstTry::Reads, |found: Option<UploadTally>| {
        let tally = found.unwrap_or_else(|| UploadTally::new(pdf.owner.clone(), part.clone()));
        let tally = tally.with(pdf, app.settings.retention.unattached_pdfs, app.now());
        let pdf_key = platform_pdf_key(&pdf.owner, &pdf.media_id);
        let also = vec![record::save(pdf_key, Expect::Absent, pdf)];
        Ok(Decision { also, ..Decision::alone(Some(tally), ()) })
    })
    .await
}

/// Takes back what [`keep`] has committed: nobody was told its name. Others may do the same to the same count at this
/// moment: each waits for another while, and tries more often than one whose caller can send its request again.
#[expect(clippy::disallowed_methods, reason = "others are let past in real time")]
async fn discard(app: &App, pdf: &PlatformPdf) -> Result<(), Failure> {
    let key = platform_pdf_key(&pdf.owner, &pdf.media_id);
    for _ in 0..ATTEMPTS_TO_DISCARD {
        let mut saves = upload_tallies::without(app, core::slice::from_ref(pdf)).await?;
        saves.push(record::removal(key.clone(), Expect::Any));
        if commit_unless_changed(app, Commit::of(saves)).await? {
            return app.blobs.remove(&pdf.blob_name()).await.map_err(|error| away(&error));
        }
        let [while_ms] = app.random();
        sleep(Duration::from_millis(while_ms.into())).await;
    }
    Err(busy())
}

/// A file's length; 72040 for one that is empty, or longer than is taken.
fn check_size(bytes: usize) -> Result<u64, Refusal> {
    match bytes {
        0 => Err(Refusal::new(ErrorCode::InvoicePdfError, "the file is empty")),
        1..=MOST_BYTES => Ok(u64::try_from(bytes).expect("a length fits")),
        _ => Err(too_long(&format!("the file has {bytes} bytes"))),
    }
}

/// 72040 for a file that is longer than is taken.
pub fn too_long(what: &str) -> Refusal {
    let detail = format!("{what}, at most {MOST_BYTES} bytes are allowed");
    Refusal::new(ErrorCode::InvoicePdfError, detail)
}

fn unread(error: UnreadablePdf) -> Failure {
    match error {
        UnreadablePdf::Refused(why) => Refusal::new(ErrorCode::InvoicePdfError, why).into(),
        UnreadablePdf::Overloaded(_) => Failure::Overloaded(error.to_string()),
        UnreadablePdf::Away(_) => Failure::Away(error.to_string()),
    }
}

/// An uploaded PDF of this account, for a change in the same commit. 40007: there is none of that `s_media_id`, it is
/// another account's, or nobody has attached it in time.
pub async fn find(
    app: &App,
    platform: &AppId,
    media_id: &str,
) -> Result<Versioned<PlatformPdf>, Failure> {
    let media_id = media_id.trim();
    let found = match MediaId::parse(media_id) {
        None => None,
        Some(id) => {
            record::get_fresh::<PlatformPdf>(&*app.store, &platform_pdf_key(platform, &id)).await?
        }
    };
    found.iter().for_each(|found| concerns_holder(&found.value));
    let serves = |found: &Versioned<PlatformPdf>| !is_expired(app, &found.value);
    found.filter(serves).ok_or_else(|| {
        let quoted = quoted(media_id);
        let detail = format!(
            "s_media_id {quoted} is no PDF that this account has uploaded, or it was attached to no invoice in time"
        );
        Refusal::new(ErrorCode::InvalidMediaId, detail).into()
    })
}

fn concerns_holder(pdf: &PlatformPdf) {
    if let Some(order) = &pdf.attached_to {
        concerns(&order.merchant, &order.order_id);
    }
}

fn is_expired(app: &App, pdf: &PlatformPdf) -> bool {
    pdf.is_expired(app.settings.retention.unattached_pdfs, app.now())
}

/// 72047: the PDF does not show the invoice's code and number. Where the settings say that any PDF passes, as in the
/// sandbox, it does.
pub fn check_face(app: &App, pdf: &PlatformPdf, code: &str, number: &str) -> Result<(), Refusal> {
    if app.settings.platform.checks_faces { pdf.check_face(code, number) } else { Ok(()) }
}

/// The PDF's change once it is of an invoice, for the commit that inserts the invoice's card: from then on it is kept.
/// 72040: it is of another invoice.
pub fn attach(pdf: &Versioned<PlatformPdf>, to: OrderKey) -> Result<Save, Refusal> {
    let Versioned { value, version } = pdf;
    let key = platform_pdf_key(&value.owner, &value.media_id);
    let attached = value.clone().attach(to)?;
    Ok(record::save(key, Expect::Version(*version), &attached))
}

/// The address where whoever has it reads the PDF for two hours from now.
pub fn url(app: &App, owner: &AppId, media_id: &MediaId) -> String {
    let until = app.now() + media_link::LIFE;
    media_link::url(&app.keys, &app.settings.public_base_url, owner, media_id, until)
}

/// The PDF behind an address's last part; None: there is none any more, or this server did not write the address.
pub async fn file(app: &App, name: &str) -> Result<Option<Arc<Document>>, Failure> {
    let Some(link) = media_link::read(&app.keys, name) else { return Ok(None) };
    if app.now() >= link.until {
        return Ok(None);
    }
    document(app, &link.owner, &link.media_id).await
}

/// A platform's PDF with its bytes; None: there is none any more.
pub(crate) async fn document(
    app: &App,
    owner: &AppId,
    media_id: &MediaId,
) -> Result<Option<Arc<Document>>, Failure> {
    let key = platform_pdf_key(owner, media_id);
    let Some(found) = record::get_fresh::<PlatformPdf>(&*app.store, &key).await? else {
        return Ok(None);
    };
    let pdf = found.value;
    concerns_holder(&pdf);
    if is_expired(app, &pdf) {
        return Ok(None);
    }
    stored(app, &pdf.blob_name(), media_id.to_string()).await.map(Some)
}
