//! The issuer that this server is by itself.

use crate::check_code::check_code;
use crate::numbers::{DrawError, Numbers};
use async_trait::async_trait;
use jiff::tz::{Offset, TimeZone};
use kaipiao_domain::Timestamp;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_request::{InvoiceRequest, IssuerAnswer};
use kaipiao_domain::invoicing::issue_failure::IssueFailure;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_ports::invoicing::issuer::{Issuance, Issuer};

/// What every invoice of this server bears, decided when it is issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerMarks {
    /// Whether it is a sample. True unless whoever runs this server has a right to issue invoices.
    pub specimen: bool,
    /// The number of the tax machine on a classic face: 12 digits.
    pub machine_number: String,
}

impl Default for IssuerMarks {
    /// Samples, by a machine that does not exist.
    fn default() -> Self {
        Self { specimen: true, machine_number: "000000000000".to_owned() }
    }
}

/// An issuer whose numbers come from the merchants' ranges.
///
/// No record is kept here: a number counts as used when the invoice is recorded. Asked again for a
/// request whose answer was lost with the process, the issuer draws another number, and nobody has
/// seen the first one.
pub struct BuiltInIssuer {
    numbers: Numbers,
    check_code_key: [u8; 32],
    marks: IssuerMarks,
}

impl BuiltInIssuer {
    /// An issuer over these numbers; the key makes the check codes of the classic face.
    pub const fn new(numbers: Numbers, check_code_key: [u8; 32], marks: IssuerMarks) -> Self {
        Self { numbers, check_code_key, marks }
    }
}

#[async_trait]
impl Issuer for BuiltInIssuer {
    async fn issue(&self, request: &InvoiceRequest, content: &Content, now: Timestamp) -> Issuance {
        let year = year_in_china(now);
        let number = match self.numbers.draw(&request.merchant, request.face, year).await {
            Ok(number) => number,
            Err(DrawError::Store(why)) => {
                // Not the issuer's no: the store will be back.
                tracing::error!(merchant = %request.merchant, why, "no number could be drawn");
                return IssuerAnswer::NotYet.into();
            }
            Err(no_numbers) => {
                let refused = IssueFailure::Refused(no_numbers.to_string());
                return IssuerAnswer::Failed(refused).into();
            }
        };
        let check_code = match request.face {
            Face::Classic => check_code(&self.check_code_key, &number, now, content.net),
            Face::Digital => String::new(),
        };
        let IssuerMarks { specimen, machine_number } = self.marks.clone();
        IssuerAnswer::Issued(IssuedInvoice {
            number,
            check_code,
            at: now,
            specimen,
            machine_number,
            from_outside: false,
            documents: Vec::new(),
        })
        .into()
    }
}

/// The calendar year in China, which digital numbers begin with.
fn year_in_china(now: Timestamp) -> i16 {
    let instant = jiff::Timestamp::from_millisecond(now.unix_millis());
    let instant = instant.expect("the domain's clock is within jiff's ten thousand years");
    instant.to_zoned(TimeZone::fixed(Offset::constant(8))).year()
}
