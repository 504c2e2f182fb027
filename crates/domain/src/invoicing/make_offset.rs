//! Section 15: clearoutinvoice begins the red request that offsets a blue invoice.

use crate::Refusal;
use crate::invoicing::acceptance::{
    Accepted, KnownStatus, RequestContext, another_user, next_content_number,
};
use crate::invoicing::content::Content;
use crate::invoicing::face::Face;
use crate::invoicing::invoice_number::InvoiceNumber;
use crate::invoicing::invoice_request::{Colour, InvoiceRequest, Offset, RequestState};
use crate::invoicing::serial::Serial;
use crate::invoicing::taxpayer::Taxpayer;
use kaipiao_errcode::ErrorCode;

/// What clearoutinvoice asks: a red invoice for a blue one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakeOffset {
    /// The red request's own serial.
    pub serial: Serial,
    /// The taxpayer that the request names.
    pub tax_id: String,
}

impl MakeOffset {
    /// The checks that come before the blue invoice is looked for: 73110, 73101.
    pub fn check(&self, taxpayer: &Taxpayer) -> Result<(), Refusal> {
        self.serial.check_prefix(&taxpayer.code)?;
        taxpayer.check_id(&self.tax_id)
    }

    /// Section 15: `blue` is the request that has the code and number that were named.
    pub fn decide(
        &self,
        blue: &InvoiceRequest,
        blue_content: &Content,
        context: &RequestContext<'_>,
    ) -> Result<Accepted<InvoiceRequest>, Refusal> {
        let RequestContext { taxpayer, openid, names_user, known, now } = context;
        self.check(taxpayer)?;
        if !names_user(&blue.user) {
            let expected = "the openid of the user who has the invoice";
            return Err(another_user(&blue.order_id, expected, openid));
        }
        if let Some(known) = known {
            match self.check_identity(known, blue)? {
                KnownStatus::Issued => return Ok(Accepted::Before),
                KnownStatus::Silent => return Ok(known.asks_again(*now)),
                KnownStatus::Failed => {}
            }
        }
        let RequestState::Issued { invoice, offset } = &blue.state else {
            return Err(Refusal::new(
                ErrorCode::InvoiceStatusError,
                "there is no such invoice yet",
            ));
        };
        if let Colour::Red { .. } = blue.colour {
            let detail = "it is a red invoice, which cannot be offset";
            return Err(Refusal::new(ErrorCode::InvoiceStatusError, detail));
        }
        check_not_offset(offset)?;
        let underway = Offset::Underway(self.serial.clone());
        let content = blue_content.reversed(red_remark(&invoice.number));
        Ok(Accepted::Begins {
            other: blue.with_offset(underway).expect("it was matched as issued"),
            request: InvoiceRequest {
                serial: self.serial.clone(),
                colour: Colour::Red { blue: blue.serial.clone() },
                content_number: next_content_number(*known),
                summary: content.summary(),
                accepted_at: known.map_or(*now, |known| known.accepted_at),
                state: RequestState::Running { since: *now },
                ..blue.clone()
            },
            content: Box::new(content),
        })
    }

    fn check_identity(
        &self,
        known: &InvoiceRequest,
        blue: &InvoiceRequest,
    ) -> Result<KnownStatus, Refusal> {
        let offset_of = |blue: &Serial| format!("the offset of {}", blue.quoted());
        let own_use = offset_of(&blue.serial);
        match &known.colour {
            Colour::Blue => {
                let whose = "a blue invoice; an offset has its own serial";
                Err(known.serial_of_another(whose, &own_use))
            }
            Colour::Red { blue: other } if *other != blue.serial => {
                Err(known.serial_of_another(&offset_of(other), &own_use))
            }
            Colour::Red { .. } => known.known_status(),
        }
    }
}

fn check_not_offset(offset: &Offset) -> Result<(), Refusal> {
    match offset {
        Offset::Standing => Ok(()),
        Offset::Underway(red) => {
            let detail = format!("it is being offset by {}", red.quoted());
            Err(Refusal::new(ErrorCode::InvoiceBusy, detail))
        }
        Offset::Done(red) => {
            let detail = format!("it was offset by {}", red.quoted());
            Err(Refusal::new(ErrorCode::InvoiceStatusError, detail))
        }
    }
}

/// The remark that a red invoice must carry (spec/invoice_face.md).
fn red_remark(blue: &InvoiceNumber) -> String {
    match blue.face() {
        Face::Classic => format!("对应正数发票代码:{}号码:{}", blue.code(), blue.number()),
        Face::Digital => format!("被红冲蓝字数电发票号码：{}", blue.number()),
    }
}
