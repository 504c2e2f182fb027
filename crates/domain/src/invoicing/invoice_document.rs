//! Documents that an invoice brings from an issuer of the operator's own: the files that people keep, as the issuer
//! has made them (docs/issuer.md).

use crate::invoicing::invoice_number::InvoiceNumber;
use crate::platform::blob_name::BlobName;
use core::fmt;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// What `pdfurl` serves.
    Pdf,
    /// The national format of laid-out documents (GB/T 33190): a ZIP archive.
    Ofd,
    /// The invoice's data.
    Xml,
}

/// A PDF's header may stand behind other bytes, so far (ISO 32000-1, annex H.3.4.1).
const PDF_HEADER_WITHIN: usize = 1024;
/// What UTF-8 and UTF-16 texts may begin with.
const BYTE_ORDER_MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe"];

impl DocumentKind {
    /// Every kind, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Pdf, Self::Ofd, Self::Xml];

    /// Its name on the wire, in records and in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Ofd => "ofd",
            Self::Xml => "xml",
        }
    }

    /// Reads [`Self::name`]; None: it is none.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether a file begins as one of this kind does. That tells it from an error's page, and no more: what is in it
    /// is its issuer's, whose signature it came with.
    pub fn is_begun_by(self, bytes: &[u8]) -> bool {
        match self {
            Self::Pdf => {
                let beginning = &bytes[..bytes.len().min(PDF_HEADER_WITHIN)];
                beginning.windows(5).any(|window| window == b"%PDF-")
            }
            Self::Ofd => bytes.starts_with(b"PK\x03\x04"),
            Self::Xml => {
                let text = BYTE_ORDER_MARKS.iter().find_map(|mark| bytes.strip_prefix(*mark));
                let mut text = text.unwrap_or(bytes).iter();
                text.find(|byte| !matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n')) == Some(&b'<')
            }
        }
    }
}

/// A document as its issuer names it, with the invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferedDocument {
    /// What it is.
    pub kind: DocumentKind,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

/// A document's file among those of its invoice: 64 bits, so that a file that was written for another try of the
/// invoice has another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId(u64);

impl DocumentId {
    /// The name that random bits stand for.
    pub const fn from_random(random: u64) -> Self {
        Self(random)
    }

    /// Reads 16 hexadecimal digits in lower case; None: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let fits = text.len() == 16 && text.bytes().all(is_digit);
        fits.then(|| u64::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A document that an issued invoice has. Its bytes lie beside the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceDocument {
    /// What it is.
    pub kind: DocumentKind,
    /// Its file.
    pub id: DocumentId,
    /// How long the file is, in bytes.
    pub size_bytes: u64,
}

/// What the names of such files begin with: no appid, which others begin with.
const PREFIX: &str = "invoice";

impl InvoiceDocument {
    /// The longest document that is taken, in bytes: 2 MiB, as of an uploaded PDF (wire_facts 5.1).
    pub const MOST_BYTES: usize = 2 << 20;

    /// Where its bytes lie: a name with the invoice's number, whose holder is recorded. So a file is known to be
    /// somebody's without a search.
    pub fn blob_name(&self, number: &InvoiceNumber) -> BlobName {
        let (code, number) = (number.code(), number.number());
        let name = BlobName::parse(&format!("{PREFIX}-{code}-{number}-{}", self.id));
        name.expect("letters, digits and hyphens are such a name")
    }
}

/// Which invoice's document lies under a name; None: no invoice's.
pub fn document_of(name: &BlobName) -> Option<(InvoiceNumber, DocumentId)> {
    let parts: Vec<&str> = name.as_str().split('-').collect();
    let [PREFIX, code, number, id] = parts[..] else { return None };
    Some((InvoiceNumber::parse(code, number)?, DocumentId::parse(id)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::pdf::pdf_of;

    #[test]
    fn a_file_is_of_the_kind_that_it_begins_like() {
        use DocumentKind::{Ofd, Pdf, Xml};
        let late = [&[0; 1019][..], b"%PDF-"].concat();
        let too_late = [&[0; 1020][..], b"%PDF-"].concat();
        for (kind, bytes, is_begun) in [
            (Pdf, &b"%PDF-1.7\n"[..], true),
            (Pdf, &late, true),
            (Pdf, &too_late, false),
            (Pdf, b"<html>", false),
            (Pdf, b"", false),
            (Ofd, b"PK\x03\x04\x14", true),
            (Ofd, b"PK", false),
            (Ofd, b"%PDF-1.7", false),
            (Xml, b"<?xml version=\"1.0\"?>", true),
            (Xml, b"\xef\xbb\xbf\r\n <EInvoice/>", true),
            (Xml, b"\xff\xfe<\0?\0", true),
            (Xml, b"\xfe\xff\0<\0?", true),
            (Xml, b"PK\x03\x04", false),
            (Xml, b" \n", false),
        ] {
            assert_eq!(kind.is_begun_by(bytes), is_begun, "{kind:?} {bytes:?}");
        }
    }

    #[test]
    fn kinds_have_names_and_files_lead_back_to_their_invoice() {
        for kind in DocumentKind::ALL {
            assert_eq!(DocumentKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(DocumentKind::from_name("PDF"), None);
        for (code, number) in [("044001900111", "00000007"), ("", "26952000000000000017")] {
            let number = InvoiceNumber::parse(code, number).unwrap();
            for random in [0, 1, u64::MAX] {
                let id = DocumentId::from_random(random);
                let document = InvoiceDocument { kind: DocumentKind::Ofd, id, size_bytes: 3 };
                let name = document.blob_name(&number);
                assert_eq!(document_of(&name), Some((number.clone(), id)));
                assert_eq!(pdf_of(&name), None, "{name} is no uploaded PDF");
            }
        }
        for other in [
            "wx6b61697069616f31-3015806758683707",
            "invoice-044001900111-00000007",
            "invoice-044001900111-7-0000000000000000",
            "invoice-044001900111-00000007-000000000000000g",
            "invoice-044001900111-00000007-0000000000000000-1",
        ] {
            assert_eq!(document_of(&BlobName::parse(other).unwrap()), None, "{other}");
        }
    }
}
