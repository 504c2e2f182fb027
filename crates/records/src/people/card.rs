//! Invoice cards, and their codes.

use crate::codec::{at, decode, encode, known, stored_appid};
use crate::record::Record;
use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::card::{CardCode, CardId, InvoiceCard};
use kaipiao_domain::people::card_number::CardNumber;
use kaipiao_domain::people::user::UserId;
use kaipiao_domain::platform::inserted_invoice::InsertedInvoice;
use kaipiao_domain::reimbursement::card_status::{CardStatus, ReimburseStatus};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A card's key. It sorts by the time of issue.
pub fn card_key(card: &InvoiceCard) -> Key {
    key(&card.user, card.issued_at, &card.merchant, &card.serial)
}

/// The key of the card of a request's invoice; None: the request has no invoice.
pub fn card_key_of(request: &InvoiceRequest) -> Option<Key> {
    let issued_at = request.invoice().ok()?.at;
    Some(key(&request.user, issued_at, &request.merchant, &request.serial))
}

/// The key of the card of an inserted invoice.
pub fn card_key_of_inserted(inserted: &InsertedInvoice) -> Key {
    let InsertedInvoice { user, merchant, content, .. } = inserted;
    key(user, content.issued_at, merchant, &inserted.serial())
}

fn key(user: &UserId, issued_at: Timestamp, merchant: &AppId, serial: &Serial) -> Key {
    let id = format!("{:016}/{merchant}/{serial}", issued_at.unix_millis());
    Key { kind: Kind::Card, owner: user.as_str().to_owned(), id }
}

/// Whose card a code is: what makes a code unique among the cards of a template's owner, and what finds the
/// card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeOwner {
    /// The wallet's owner.
    pub user: UserId,
    /// The merchant whose order the invoice is for.
    pub merchant: AppId,
    /// The invoice's name among the merchant's.
    pub serial: Serial,
}

impl CodeOwner {
    /// The key of a code of a template's owner.
    pub fn key(template_owner: &AppId, code: &CardCode) -> Key {
        Key { kind: Kind::CardCode, owner: template_owner.to_string(), id: code.to_string() }
    }
}

impl From<&InvoiceCard> for CodeOwner {
    fn from(card: &InvoiceCard) -> Self {
        let InvoiceCard { user, merchant, serial, .. } = card;
        Self { user: user.clone(), merchant: merchant.clone(), serial: serial.clone() }
    }
}

#[derive(Serialize, Deserialize)]
struct CodeOwnerShape {
    user: String,
    serial: String,
    /// Left out: the merchant owns the template.
    merchant: Option<String>,
}

impl Record for CodeOwner {
    const KIND: Kind = Kind::CardCode;

    fn encode(&self) -> String {
        encode(&CodeOwnerShape {
            user: self.user.as_str().to_owned(),
            serial: self.serial.to_string(),
            merchant: Some(self.merchant.to_string()),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let CodeOwnerShape { user, serial, merchant } = decode(stored)?;
        let merchant = merchant.as_deref().unwrap_or(&stored.key.owner);
        Ok(Self {
            user: known(stored, "user", UserId::parse(&user))?,
            merchant: stored_appid(stored, "merchant", merchant)?,
            serial: known(stored, "serial", Serial::parse(&serial))?,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct CardShape {
    merchant: String,
    serial: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    card_id: String,
    card_code: String,
    seller: String,
    #[serde(default)]
    buyer: String,
    gross_fen: i64,
    code: String,
    number: String,
    issued_ms: i64,
    /// The red request that has taken it back.
    cancelled_by: Option<String>,
    /// Left out: INIT, or CANCEL where a red request has taken it back.
    status: Option<String>,
    company: Option<String>,
    status_ms: Option<i64>,
}

impl Record for InvoiceCard {
    const KIND: Kind = Kind::Card;

    fn encode(&self) -> String {
        encode(&CardShape {
            merchant: self.merchant.to_string(),
            serial: self.serial.to_string(),
            platform: self.platform.as_ref().map(AppId::to_string),
            card_id: self.card_id.as_str().to_owned(),
            card_code: self.code.to_string(),
            seller: self.seller.clone(),
            buyer: self.buyer.clone(),
            gross_fen: self.gross.get(),
            code: self.number.code().to_owned(),
            number: self.number.number().to_owned(),
            issued_ms: self.issued_at.unix_millis(),
            cancelled_by: self.status.offset_by().map(Serial::to_string),
            status: Some(self.status.plain().name().to_owned()),
            company: self.status.company().map(AppId::to_string),
            status_ms: self.status.since().map(Timestamp::unix_millis),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: CardShape = decode(stored)?;
        let serial = |member, text: &str| known(stored, member, Serial::parse(text));
        let status = status(stored, &shape)?;
        Ok(Self {
            user: known(stored, "the key", UserId::parse(&stored.key.owner))?,
            merchant: stored_appid(stored, "merchant", &shape.merchant)?,
            serial: serial("serial", &shape.serial)?,
            platform: shape
                .platform
                .map(|appid| stored_appid(stored, "platform", &appid))
                .transpose()?,
            card_id: known(stored, "card_id", CardId::parse(&shape.card_id))?,
            code: known(stored, "card_code", CardCode::parse(&shape.card_code))?,
            seller: shape.seller,
            buyer: shape.buyer,
            gross: Fen::new(shape.gross_fen),
            number: known(stored, "number", CardNumber::parse(&shape.code, &shape.number))?,
            issued_at: at(shape.issued_ms),
            status,
        })
    }
}

fn status(stored: &Stored, shape: &CardShape) -> Result<CardStatus, StoreError> {
    let offset_by = shape.cancelled_by.as_deref();
    let offset_by = offset_by.map(|text| known(stored, "cancelled_by", Serial::parse(text)));
    let offset_by = offset_by.transpose()?;
    let plain = match &shape.status {
        Some(name) => known(stored, "status", ReimburseStatus::from_name(name))?,
        None if offset_by.is_some() => ReimburseStatus::Cancel,
        None => ReimburseStatus::Init,
    };
    let company = || stored_appid(stored, "company", shape.company.as_deref().unwrap_or_default());
    let since = || known(stored, "status_ms", shape.status_ms.map(at));
    Ok(match plain {
        ReimburseStatus::Init => CardStatus::Init,
        ReimburseStatus::Lock => CardStatus::Locked { by: company()?, at: since()? },
        ReimburseStatus::Closure => CardStatus::Closed { by: company()?, at: since()?, offset_by },
        ReimburseStatus::Cancel => CardStatus::Cancelled { offset_by },
    })
}
