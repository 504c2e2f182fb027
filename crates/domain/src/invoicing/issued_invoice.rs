//! An invoice that exists.

use crate::Timestamp;
use crate::invoicing::face::Face;
use crate::invoicing::invoice_document::{DocumentKind, InvoiceDocument};
use crate::invoicing::invoice_number::InvoiceNumber;

/// What an issuer made of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedInvoice {
    /// Its code and number.
    pub number: InvoiceNumber,
    /// 20 digits; empty on a fully digital invoice.
    pub check_code: String,
    /// The moment of issue.
    pub at: Timestamp,
    /// Whether it is a sample: issued without a licence, and marked so on every page for good.
    pub specimen: bool,
    /// The tax machine that a classic face names: 12 digits.
    pub machine_number: String,
    /// Whether the operator's own issuer made it: its number is out of no range that was allotted here.
    pub from_outside: bool,
    /// The documents that it brought from there, of each kind one at most. Without a PDF among them its face is drawn
    /// here.
    pub documents: Vec<InvoiceDocument>,
}

impl IssuedInvoice {
    /// The document of this kind that it brought.
    pub fn document(&self, kind: DocumentKind) -> Option<&InvoiceDocument> {
        self.documents.iter().find(|document| document.kind == kind)
    }

    /// Whether it has the number and the check code of this face.
    pub(super) fn is_of(&self, face: Face) -> bool {
        let check_code_digits = match face {
            Face::Classic => 20,
            Face::Digital => 0,
        };
        let is_digits = self.check_code.bytes().all(|b| b.is_ascii_digit());
        self.number.face() == face && is_digits && self.check_code.len() == check_code_digits
    }
}
