//! The text of a PDF, within the library's limits.

use crate::content::Walk;
use kaipiao_domain::invoicing::invoice_document::DocumentKind;
use lopdf::xref::XrefRecovery;
use lopdf::{Document, LoadOptions};

/// An invoice has a few hundred objects on a page or two.
const MOST_OBJECTS: usize = 50_000;
const MOST_PAGES: usize = 500;
/// What one stream unpacks to.
const MOST_UNPACKED_BYTES: usize = 32 << 20;
/// What is read of the text of all pages; what comes behind it is left out.
pub(crate) const MOST_TEXT_BYTES: usize = 1 << 20;

/// The text of all pages, or why there is none, for whoever sent it.
pub fn text_of(pdf: &[u8]) -> Result<String, String> {
    if !DocumentKind::Pdf.is_begun_by(pdf) {
        return Err("it is no PDF: it does not begin with %PDF-".to_owned());
    }
    let options =
        LoadOptions { max_decompressed_size: Some(MOST_UNPACKED_BYTES), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(pdf, options).map_err(|e| refusal(&e))?;
    if document.is_encrypted() || document.was_encrypted() {
        return Err("it is encrypted".to_owned());
    }
    if document.xref_recovery == Some(XrefRecovery::Reconstructed) {
        return Err("it is broken: its table of objects cannot be read".to_owned());
    }
    let objects = document.objects.len();
    if objects > MOST_OBJECTS {
        return Err(format!("it has {objects} objects, at most {MOST_OBJECTS} are read"));
    }
    let pages = document.page_iter().take(MOST_PAGES + 1).count();
    match pages {
        0 => return Err("it is broken: it has no pages".to_owned()),
        _ if pages > MOST_PAGES => {
            return Err(format!("it has more than {MOST_PAGES} pages"));
        }
        _ => {}
    }
    let mut walk = Walk::new(&document, MOST_TEXT_BYTES);
    for page in document.page_iter().take(MOST_PAGES) {
        match walk.page(page, MOST_UNPACKED_BYTES) {
            Err(error) if is_bomb(&error) => return Err(refusal(&error)),
            // A page that cannot be read; others may be.
            Ok(()) | Err(_) => {}
        }
        if walk.is_full() {
            break;
        }
    }
    Ok(walk.into_text())
}

fn is_bomb(error: &lopdf::Error) -> bool {
    let lopdf::Error::Decompress(error) = error else { return false };
    matches!(error, lopdf::DecompressError::MemoryLimitExceeded { .. })
}

fn refusal(error: &lopdf::Error) -> String {
    match error {
        lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_) => "it is encrypted".to_owned(),
        error if is_bomb(error) => {
            let most = MOST_UNPACKED_BYTES >> 20;
            format!("a part of it unpacks to more than {most} MiB")
        }
        error => format!("it is broken: {error}"),
    }
}
