//! insert and insertbill: a platform puts an invoice or a bill into the wallet of whoever authorized the order
//! (wire_facts 1.1, 1.4).

use crate::access::account::{AppId, PlatformId};
use crate::authorization::order::{Order, OrderState};
use crate::authorization::order_id::OrderId;
use crate::authorization::user_decision::Authorization;
use crate::invoicing::face::Face;
use crate::invoicing::invoice_number::InvoiceNumber;
use crate::invoicing::serial::Serial;
use crate::people::card::{CardCode, CardId};
use crate::people::card_kind::CardKind;
use crate::people::card_number::{BillNumber, CardNumber};
use crate::platform::card_template::CardTemplate;
use crate::platform::inserted_invoice::{InsertedContent, InsertedInvoice};
use crate::platform::pdf::MediaId;
use crate::refusal::Compared;
use crate::{Refusal, Timestamp, text};
use core::time::Duration;
use kaipiao_errcode::ErrorCode;

/// What insert or insertbill asks, its members read one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insertion {
    /// What is inserted.
    pub card_kind: CardKind,
    /// The order.
    pub order_id: OrderId,
    /// The template.
    pub card_id: CardId,
    /// The account that called getauthurl for the order, or its merchant.
    pub appid: AppId,
    /// `billing_no` and `billing_code` as they were sent.
    pub billing: (String, String),
    /// `check_code` as it was sent; a bill has none.
    pub check_code: String,
    /// What the invoice says.
    pub content: InsertedContent,
    /// `s_pdf_media_id`.
    pub pdf: MediaId,
    /// `s_trip_pdf_media_id`.
    pub trip_pdf: Option<MediaId>,
}

/// Digits of an invoice code, of a number that has one, and of a fully digital number.
const CODE: usize = 12;
const NUMBER: usize = 8;
const DIGITAL: usize = 20;
/// What they have to be, in words.
const INVOICE_LENGTHS: &str = "a code has 12 digits and its number 8, in either of the two; a fully digital number has 20 \
     and no code";
const BILL_LENGTHS: &str = "a bill's code has 8 digits and its number 10, in either of the two";
/// Why an order that nobody has answered takes no card.
const NOT_YET: &str = "the user has not authorized yet";
/// How far a platform's clock may be ahead.
const MOST_AHEAD: Duration = Duration::from_secs(86_400);
/// Digits of a check code.
const CHECK_CODE: usize = 20;

impl Insertion {
    /// The order's yes, if this platform may insert for it. 72038 nobody has authorized it, or it is another
    /// merchant's or platform's; 72035 rejected; 72056 it has its invoice; 72013 the yes is too old.
    pub fn authorization<'o>(
        &self,
        order: Option<&'o Order>,
        platform: Option<&PlatformId>,
        life: Duration,
        now: Timestamp,
    ) -> Result<&'o Authorization, Refusal> {
        let Self { order_id, appid, .. } = self;
        let never = |why: &str| Order::never_authorized(order_id, why);
        let order = order.ok_or_else(|| {
            let why = format!("{appid} never called getauthurl for it");
            Order::never_asked_for(order_id, appid, platform, &why)
        })?;
        let own = platform.map_or("none", PlatformId::as_str);
        // The three that have to be those of getauthurl; the platform is the one whose token came.
        let compared = || {
            let asked = order.request.platform.as_str();
            [
                Compared::same("appid", appid.as_str()),
                Compared::same("order_id", order_id.as_str()),
                Compared::values("s_pappid", asked, own),
            ]
        };
        if platform != Some(&order.request.platform) {
            let asked = order.request.platform.as_str();
            let why = format!(
                "{appid} called getauthurl for it with the s_pappid {asked}, this account's is {own}"
            );
            return Err(never(&why).comparing(compared()));
        }
        order.check_kind(self.card_kind)?;
        let authorization = match &order.state {
            OrderState::Offered | OrderState::Declined(_) => {
                let is_declined = matches!(order.state, OrderState::Declined(_));
                let why = if is_declined { "the user declined" } else { NOT_YET };
                let answer = [order.undecided()];
                return Err(never(why).comparing(compared().into_iter().chain(answer)));
            }
            OrderState::Rejected { .. } => {
                let detail = format!("order_id {order_id} was rejected, use a new order_id");
                return Err(Refusal::new(ErrorCode::RejectedByBiz, detail));
            }
            OrderState::Authorized(authorization) => authorization,
        };
        if let Some(serial) = &authorization.used_by {
            let invoice = match serial.as_str().strip_prefix(Serial::INSERTED) {
                Some(code) => format!("the card {code}"),
                None => format!("the invoice that makeoutinvoice asked for as {serial}"),
            };
            let detail = format!("order_id {order_id} has {invoice}, use a new order_id");
            return Err(Refusal::new(ErrorCode::OrderIdRepeated, detail));
        }
        if authorization.at.is_over(life, now) {
            return Err(authorization.expired(order_id, life, now));
        }
        Ok(authorization)
    }

    /// The code and number, told apart by their lengths: whichever of `billing_no` and `billing_code` has which, the
    /// old documentation and the new one disagree (D-190), and so do clients of insertbill (D-210). 72043 for other
    /// lengths.
    pub fn number(&self) -> Result<CardNumber, Refusal> {
        let (first, second) = (&*self.billing.0, &*self.billing.1);
        let (found, lengths) = match self.card_kind {
            CardKind::Invoice => (Self::invoice_number(first, second), INVOICE_LENGTHS),
            CardKind::Bill => (Self::bill_number(first, second), BILL_LENGTHS),
        };
        found.ok_or_else(|| {
            let detail = format!(
                "{lengths}: billing_no is {}, billing_code {}",
                text::quoted(first),
                text::quoted(second)
            );
            Refusal::new(ErrorCode::BillingSizeError, detail)
        })
    }

    /// 12 and 8 digits, or 20 and nothing.
    fn invoice_number(first: &str, second: &str) -> Option<CardNumber> {
        let found = match (first.len(), second.len()) {
            (CODE, NUMBER) => InvoiceNumber::parse(first, second),
            (NUMBER, CODE) => InvoiceNumber::parse(second, first),
            (DIGITAL, 0) => InvoiceNumber::parse("", first),
            (0, DIGITAL) => InvoiceNumber::parse("", second),
            // Sent in both, since some tools want both.
            (DIGITAL, DIGITAL) if first == second => InvoiceNumber::parse("", first),
            _ => None,
        };
        found.map(CardNumber::Invoice)
    }

    /// 8 and 10 digits.
    fn bill_number(first: &str, second: &str) -> Option<CardNumber> {
        let found = BillNumber::parse(first, second).or_else(|| BillNumber::parse(second, first));
        found.map(CardNumber::Bill)
    }

    /// The check code that goes with a number. 72045 a classic invoice without one; 72031 it has not 20 digits.
    /// A fully digital invoice has none, and neither has a bill: what is sent with one is not kept (D-190).
    pub fn check_code(&self, number: &CardNumber) -> Result<String, Refusal> {
        let is_classic = matches!(number, CardNumber::Invoice(it) if it.face() == Face::Classic);
        if !is_classic {
            return Ok(String::new());
        }
        let digits: String = self.check_code.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.is_empty() {
            let detail = "an invoice with a code has a check code of 20 digits";
            return Err(Refusal::new(ErrorCode::CheckCodeEmpty, detail));
        }
        if digits.len() != CHECK_CODE || !digits.bytes().all(|b| b.is_ascii_digit()) {
            let problem = format!("must have {CHECK_CODE} digits, not {}", text::quoted(&digits));
            return Err(Refusal::invalid("check_code", problem));
        }
        Ok(digits)
    }

    /// The invoice with its card's code, once everything was found right.
    pub fn invoice(
        &self,
        order: &Order,
        authorization: &Authorization,
        template: &CardTemplate,
        code: CardCode,
        now: Timestamp,
    ) -> Result<InsertedInvoice, Refusal> {
        let number = self.number()?;
        if self.content.issued_at > now + MOST_AHEAD {
            let problem = "lies in the future, it is in unix seconds";
            return Err(Refusal::invalid("billing_time", problem));
        }
        let mut content = self.content.clone();
        content.seller.name.clone_from(&template.face.payee);
        Ok(InsertedInvoice {
            merchant: order.merchant.clone(),
            order_id: self.order_id.clone(),
            user: authorization.user.clone(),
            paid_as: authorization.paid_as.clone(),
            platform: template.platform.clone(),
            card_id: template.card_id.clone(),
            code,
            kind: template.face.kind.clone(),
            detail: template.face.detail.clone(),
            check_code: self.check_code(&number)?,
            number,
            content,
            pdf: self.pdf.clone(),
            trip_pdf: self.trip_pdf.clone(),
            inserted_at: now,
        })
    }

    /// 72042: an invoice or a bill with this number is in somebody's wallet, or was issued here.
    pub fn repeated(number: &CardNumber) -> Refusal {
        let what = number.card_kind().name();
        let detail = format!("the {what} {} is in a wallet already", digits(number));
        Refusal::new(ErrorCode::BillingRepeated, detail)
    }

    /// 72042: the number is of a range that was allotted to a merchant here, whose next invoice may have it.
    pub fn allotted(number: &CardNumber) -> Refusal {
        let detail = format!("{} is of a range whose invoices are issued here", digits(number));
        Refusal::new(ErrorCode::BillingRepeated, detail)
    }
}

/// Code and number as people read them.
fn digits(number: &CardNumber) -> String {
    format!("{} {}", number.code(), number.number()).trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Fen;
    use crate::reimbursement::invoice_info::InfoParty;

    fn asked(no: &str, code: &str, check_code: &str) -> Insertion {
        Insertion {
            card_kind: CardKind::Invoice,
            order_id: OrderId::parse("1").unwrap(),
            card_id: CardId::parse("pjZ8Yt9WoOePThU0NfUKz5-tBEWU").unwrap(),
            appid: AppId::parse("wx6b61697069616f31").unwrap(),
            billing: (no.to_owned(), code.to_owned()),
            check_code: check_code.to_owned(),
            content: InsertedContent {
                gross: Fen::new(1),
                net: Fen::new(1),
                tax: Fen::ZERO,
                issued_at: Timestamp::from_unix_millis(0),
                items: Vec::new(),
                buyer: InfoParty::default(),
                seller: InfoParty::default(),
                remarks: String::new(),
                cashier: String::new(),
                maker: String::new(),
            },
            pdf: MediaId::parse("1").unwrap(),
            trip_pdf: None,
        }
    }

    #[test]
    fn code_and_number_are_told_apart_by_their_lengths() {
        let (code, number, digital) = ("044032000211", "62522141", "25952000000000000017");
        let classic = CardNumber::parse(code, number).unwrap();
        let fully_digital = CardNumber::parse("", digital).unwrap();
        for (no, of_code, expected) in [
            (code, number, &classic),
            (number, code, &classic),
            (digital, "", &fully_digital),
            ("", digital, &fully_digital),
            (digital, digital, &fully_digital),
        ] {
            assert_eq!(asked(no, of_code, "").number().as_ref(), Ok(expected), "{no} {of_code}");
        }
        for (no, of_code) in [
            (code, ""),
            (number, ""),
            (code, code),
            (digital, number),
            (digital, "25952000000000000018"),
            ("04403200021", number),
            ("04403200021x", number),
            ("中中中中", number),
        ] {
            let refusal = asked(no, of_code, "").number().unwrap_err();
            assert_eq!(refusal.code, ErrorCode::BillingSizeError, "{no} {of_code}");
        }
    }

    #[test]
    fn a_bill_has_8_and_10_digits_in_either_order_and_no_check_code() {
        let (code, number) = ("44010124", "0000000017");
        let bill = |no: &str, of_code: &str| Insertion {
            card_kind: CardKind::Bill,
            ..asked(no, of_code, "")
        };
        let read = CardNumber::parse(code, number).unwrap();
        for (no, of_code) in [(code, number), (number, code)] {
            assert_eq!(bill(no, of_code).number().as_ref(), Ok(&read), "{no} {of_code}");
        }
        assert_eq!(bill(code, number).check_code(&read), Ok(String::new()));
        for (no, of_code) in [(code, ""), ("044032000211", "62522141"), ("4401012x", number)] {
            let refusal = bill(no, of_code).number().unwrap_err();
            assert_eq!(refusal.code, ErrorCode::BillingSizeError, "{no} {of_code}");
        }
        let as_invoice = asked(code, number, "").number().unwrap_err();
        assert_eq!(as_invoice.code, ErrorCode::BillingSizeError);
    }

    #[test]
    fn a_check_code_goes_with_a_code() {
        let classic = CardNumber::parse("044032000211", "62522141").unwrap();
        let digital = CardNumber::parse("", "25952000000000000017").unwrap();
        let check = |text: &str, number: &CardNumber| {
            asked("", "", text).check_code(number).map_err(|refusal| refusal.code)
        };
        let digits = "12345678901234567890";
        assert_eq!(check("12345 67890 12345 67890", &classic).as_deref(), Ok(digits));
        assert_eq!(check("", &classic), Err(ErrorCode::CheckCodeEmpty));
        assert_eq!(check("1", &classic), Err(ErrorCode::InvalidParams));
        assert_eq!(check("1234567890123456789x", &classic), Err(ErrorCode::InvalidParams));
        assert_eq!(
            (check("", &digital), check(digits, &digital)),
            (Ok(String::new()), Ok(String::new()))
        );
    }
}
