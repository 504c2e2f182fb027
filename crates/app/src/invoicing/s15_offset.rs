//! Section 15: clearoutinvoice. Accepts a red request for a blue invoice.

use crate::app::App;
use crate::concerned::concerns;
use crate::failure::Failure;
use crate::invoicing::{acceptance, requests, taken_numbers, taxpayers};
use crate::people::known_as;
use crate::signed::openid;
use crate::store_access::{FirstTry, decide_reading, get};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::invoicing::acceptance::RequestContext;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::make_offset::MakeOffset;
use kaipiao_domain::invoicing::requests::OffsetRequest;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::people::user::UserId;
use kaipiao_records::invoicing::invoice_number::{NumberOwner, number_key};
use kaipiao_records::invoicing::invoice_request::request_key;
use kaipiao_records::invoicing::taken_number::TakenNumber;
use sha2::{Digest, Sha256};

/// Why an offset was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum OffsetError {
    /// The merchant has no such invoice.
    #[error("no invoice of this account has this code and number")]
    UnknownOriginal,
    /// A refusal, or the store.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<Refusal> for OffsetError {
    fn from(refusal: Refusal) -> Self {
        Self::Failed(refusal.into())
    }
}

/// Accepts an offset, or finds that it was made before. The blue invoice, the red request with
/// its content, and its job are one commit.
pub async fn offset(app: &App, caller: &Account, asked: &OffsetRequest) -> Result<(), OffsetError> {
    let taxpayer = taxpayers::taxpayer_of(app, caller).await?;
    asked.asked.check(&taxpayer)?;
    let merchant = caller.merchant();
    let blue = serial_of(app, merchant, asked).await?;
    let blue = blue.ok_or(OffsetError::UnknownOriginal)?;
    let key = request_key(merchant, &blue);
    let taxpayer = &taxpayer;
    let reply =
        decide_reading(app, key, FirstTry::Reads, |found: Option<InvoiceRequest>, _| async move {
            let blue = found.ok_or(OffsetError::UnknownOriginal)?;
            concerns(merchant, &blue.order_id);
            let content = requests::content_of(app, &blue).await?;
            let known = requests::find_versioned(app, merchant, &asked.asked.serial).await?;
            let under = [merchant, &caller.appid, &blue.asked_by];
            let names_user =
                |user: &UserId| known_as::names(app, &asked.openid, user, under, &blue.paid_as);
            let known_request = known.as_ref().map(|known| &known.value);
            let context = RequestContext {
                taxpayer,
                openid: &asked.openid,
                names_user: &names_user,
                known: known_request,
                now: app.now(),
            };
            let accepted = asked.asked.decide(&blue, &content, &context)?;
            Ok::<_, OffsetError>(acceptance::decision(app, accepted, known.as_ref()))
        })
        .await?;
    reply.map_err(OffsetError::from)
}

/// Accepts an offset that the merchant's own people ask for, beside its programs. Its serial follows from the blue one's, so
/// asking twice is one offset.
pub async fn offset_by_hand(
    app: &App,
    merchant: &Account,
    blue: &InvoiceRequest,
) -> Result<Serial, OffsetError> {
    let taxpayer = taxpayers::taxpayer_of(app, merchant).await?;
    let invoice = blue.invoice()?;
    let serial = red_serial(taxpayer.code.as_str(), &blue.serial)?;
    let asked = OffsetRequest {
        openid: openid::make(&app.keys, &merchant.appid, &blue.user).as_str().to_owned(),
        asked: MakeOffset { serial: serial.clone(), tax_id: taxpayer.party.tax_id.clone() },
        original: (invoice.number.code().to_owned(), invoice.number.number().to_owned()),
    };
    offset(app, merchant, &asked).await?;
    Ok(serial)
}

/// The serial of the red request: the merchant's code, as every serial begins, what says that it was made by hand, and the
/// blue one. One that is too long for that is cut, and ends with what no other has.
fn red_serial(code: &str, blue: &Serial) -> Result<Serial, Refusal> {
    const HASH_BYTES: usize = 8;
    let begins = format!("{code}-red-");
    let blue = blue.as_str();
    let rest = blue.strip_prefix(code).unwrap_or(blue);
    let room = Serial::MAX_CHARS.saturating_sub(begins.chars().count());
    let rest = if rest.chars().count() > room {
        let digest = Sha256::digest(blue);
        let hash = base16ct::lower::encode_string(&digest[..HASH_BYTES]);
        let cut: String = rest.chars().take(room.saturating_sub(hash.len() + 1)).collect();
        format!("{cut}-{hash}")
    } else {
        rest.to_owned()
    };
    Serial::parse(&format!("{begins}{rest}"))
        .ok_or_else(|| Refusal::invalid("serial", "none can be made of it"))
}

/// Whose the invoice is that was named.
async fn serial_of(
    app: &App,
    merchant: &AppId,
    asked: &OffsetRequest,
) -> Result<Option<Serial>, Failure> {
    let Some(number) = asked.number() else { return Ok(None) };
    let (code, place) = number.place();
    let owner: Option<NumberOwner> = get(app, &number_key(merchant, code, place)).await?;
    // A digital number's year is no part of its place.
    if let Some(owner) = owner.filter(|owner| owner.number == number) {
        return Ok(Some(owner.serial));
    }
    // A number from outside has no place.
    let holder = taken_numbers::holder(app, &number.into()).await?;
    let is_own = |taken: &TakenNumber| taken.merchant == *merchant && !taken.serial.is_inserted();
    Ok(holder.filter(is_own).map(|taken| taken.serial))
}

#[cfg(test)]
mod tests {
    use super::red_serial;
    use kaipiao_domain::invoicing::serial::Serial;

    #[test]
    fn no_two_invoices_have_one_red_serial_however_long_theirs_are() {
        let red = |blue: &str| {
            let serial = red_serial("shop", &Serial::parse(blue).unwrap()).unwrap();
            serial.as_str().to_owned()
        };
        assert_eq!(red("shop0001"), "shop-red-0001");
        let longest = "7".repeat(Serial::MAX_CHARS - "shop-red-".len());
        assert_eq!(red(&format!("shop{longest}")), format!("shop-red-{longest}"));
        let long = |begin: &str, end: &str| red(&format!("shop{begin}{}{end}", "7".repeat(58)));
        let all = [long("1", "1"), long("2", "1"), long("1", "2")];
        for one in &all {
            assert_eq!(one.chars().count(), Serial::MAX_CHARS, "{one}");
            assert_eq!(all.iter().filter(|other| *other == one).count(), 1, "{one}");
        }
    }
}
