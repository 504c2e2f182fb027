//! What merchants ask for of invoices, their members read and checked one by one (sections 14 to
//! 16).

use crate::invoicing::invoice_number::InvoiceNumber;
use crate::invoicing::make_offset::MakeOffset;
use crate::invoicing::make_out::MakeOut;
use crate::invoicing::serial::Serial;

/// What makeoutinvoice asks: a blue invoice for an order.
#[derive(Clone, Debug)]
pub struct MakeOutRequest {
    /// The user's openid, as the caller knows it; unchecked.
    pub openid: String,
    /// The invoice.
    pub asked: MakeOut,
}

/// What clearoutinvoice asks: a red invoice that offsets a blue one.
#[derive(Clone, Debug)]
pub struct OffsetRequest {
    /// The user's openid, as the caller knows it; unchecked.
    pub openid: String,
    /// The red request's serial, and the taxpayer.
    pub asked: MakeOffset,
    /// Code and number of the blue invoice as they were sent.
    pub original: (String, String),
}

impl OffsetRequest {
    /// The invoice that is to be offset; None: no invoice has such a code and number. Clients that
    /// send numbers lose the zeros in front.
    pub fn number(&self) -> Option<InvoiceNumber> {
        let (code, number) = &self.original;
        if code.is_empty() {
            return InvoiceNumber::parse(code, number);
        }
        InvoiceNumber::parse(&format!("{code:0>12}"), &format!("{number:0>8}"))
    }
}

/// What queryinvoceinfo asks: the invoice of a request.
#[derive(Clone, Debug)]
pub struct QueryRequest {
    /// The request's serial.
    pub serial: Serial,
    /// The taxpayer that the request names.
    pub tax_id: String,
}
