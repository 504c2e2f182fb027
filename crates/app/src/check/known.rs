//! A stored record as the value that it stands for.

use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::access::console_user::ConsoleUser;
use kaipiao_domain::access::token::TokenFamily;
use kaipiao_domain::authorization::contact::Contact;
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::authorization::page_fields::PageFields;
use kaipiao_domain::delivery::push::Callback;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_number::{BlockGaps, NumberRange};
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::number_code::{Allotment, NumberCode};
use kaipiao_domain::invoicing::taxpayer::Taxpayer;
use kaipiao_domain::payment::pay_merchant::{LinkedPayMerchant, MchId, PayMerchant};
use kaipiao_domain::payment::payments::Payment;
use kaipiao_domain::payment::refund::Refund;
use kaipiao_domain::people::card::{CardCode, InvoiceCard};
use kaipiao_domain::people::message::Message;
use kaipiao_domain::people::user::{BookEntry, User};
use kaipiao_domain::platform::card_template::CardTemplate;
use kaipiao_domain::platform::inserted_invoice::InsertedInvoice;
use kaipiao_domain::platform::pdf::PlatformPdf;
use kaipiao_domain::platform::upload_tally::UploadTally;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Key, Kind, Stored};
use kaipiao_records::authorization::order::order_key;
use kaipiao_records::invoicing::invoice_number::NumberOwner;
use kaipiao_records::invoicing::invoice_request::request_key;
use kaipiao_records::invoicing::number_code::allotment_key;
use kaipiao_records::invoicing::number_gap::block_gaps_key;
use kaipiao_records::invoicing::number_range::number_range_key;
use kaipiao_records::invoicing::taken_number::TakenNumber;
use kaipiao_records::payment::payer_code::{PayerCode, payer_code_key};
use kaipiao_records::payment::payment_alias::{PaymentAlias, payment_alias_key};
use kaipiao_records::payment::payments::payment_key;
use kaipiao_records::payment::refund::refund_key;
use kaipiao_records::people::card::{CodeOwner, card_key};
use kaipiao_records::people::message::message_key;
use kaipiao_records::people::session::EndedSession;
use kaipiao_records::platform::card_template::card_template_key;
use kaipiao_records::platform::inserted_invoice::inserted_key;
use kaipiao_records::platform::pdf::platform_pdf_key;
use kaipiao_records::platform::upload_tally::upload_tally_key;
use kaipiao_records::record::Record;
use kaipiao_records::server::{AccountResets, ClockSetting, FilesOwner, SeededRuns, StoreMetadata};

/// The values that have rules of their own. Of the others it is enough that they can be read.
pub(super) enum Known {
    Order(Box<Order>),
    Request(Box<InvoiceRequest>),
    Content(Box<Content>),
    Number(AppId, NumberOwner),
    Range(NumberRange),
    Allotment(Allotment),
    Gaps(AppId, BlockGaps),
    Card(Box<InvoiceCard>),
    CardCode(AppId, CardCode, CodeOwner),
    Message(Message),
    Payment(Box<Payment>),
    Refund(Box<Refund>),
    PaymentAlias(MchId, String, PaymentAlias),
    PayerCode(String),
    PlatformPdf(Box<PlatformPdf>),
    UploadTally(UploadTally),
    Inserted(Box<InsertedInvoice>),
    TakenNumber(TakenNumber),
    Template(Box<CardTemplate>),
    Other,
}

/// Reads a record of whatever kind.
pub(super) fn read(stored: &Stored) -> Result<Known, StoreError> {
    let damaged = |why: &str| StoreError::Damaged { key: stored.key.clone(), why: why.to_owned() };
    let owner =
        || AppId::parse(&stored.key.owner).ok_or_else(|| damaged("the key's owner is no appid"));
    Ok(match stored.key.kind {
        Kind::Order => Known::Order(Box::new(Order::decode(stored)?)),
        Kind::InvoiceRequest => Known::Request(Box::new(InvoiceRequest::decode(stored)?)),
        Kind::InvoiceContent => Known::Content(Box::new(Content::decode(stored)?)),
        Kind::InvoiceNumber => Known::Number(owner()?, NumberOwner::decode(stored)?),
        Kind::NumberRange => Known::Range(NumberRange::decode(stored)?),
        Kind::NumberGap => Known::Gaps(owner()?, BlockGaps::decode(stored)?),
        Kind::Card => Known::Card(Box::new(InvoiceCard::decode(stored)?)),
        Kind::CardCode => {
            let code = CardCode::parse(&stored.key.id)
                .ok_or_else(|| damaged("the key is no card's code"))?;
            Known::CardCode(owner()?, code, CodeOwner::decode(stored)?)
        }
        Kind::Message => Known::Message(Message::decode(stored)?),
        Kind::NumberCode if stored.key.owner.is_empty() => other::<NumberCode>(stored)?,
        Kind::NumberCode => Known::Allotment(Allotment::decode(stored)?),
        Kind::Account => other::<Account>(stored)?,
        Kind::Contact => other::<Contact>(stored)?,
        Kind::PageFields => other::<PageFields>(stored)?,
        Kind::Callback => other::<Callback>(stored)?,
        Kind::TokenFamily => other::<TokenFamily>(stored)?,
        Kind::Taxpayer => other::<Taxpayer>(stored)?,
        Kind::User => other::<User>(stored)?,
        Kind::ConsoleUser => other::<ConsoleUser>(stored)?,
        Kind::EndedSession => other::<EndedSession>(stored)?,
        Kind::BookEntry => other::<BookEntry>(stored)?,
        Kind::Server if stored.key == ClockSetting::key() => other::<ClockSetting>(stored)?,
        Kind::Server if stored.key == SeededRuns::key() => other::<SeededRuns>(stored)?,
        Kind::Server if stored.key == AccountResets::key() => other::<AccountResets>(stored)?,
        Kind::Server if stored.key == FilesOwner::key() => other::<FilesOwner>(stored)?,
        Kind::Server if stored.key == StoreMetadata::key() => other::<StoreMetadata>(stored)?,
        Kind::PayMerchant => other::<PayMerchant>(stored)?,
        Kind::LinkedPayMerchant => other::<LinkedPayMerchant>(stored)?,
        Kind::Payment => Known::Payment(Box::new(Payment::decode(stored)?)),
        Kind::Refund => Known::Refund(Box::new(Refund::decode(stored)?)),
        Kind::PaymentAlias => {
            let mchid = MchId::parse(&stored.key.owner)
                .ok_or_else(|| damaged("the key's owner is no mchid"))?;
            Known::PaymentAlias(mchid, stored.key.id.clone(), PaymentAlias::decode(stored)?)
        }
        Kind::PayerCode => {
            PayerCode::decode(stored)?;
            Known::PayerCode(stored.key.owner.clone())
        }
        Kind::PlatformPdf => Known::PlatformPdf(Box::new(PlatformPdf::decode(stored)?)),
        Kind::UploadTally => Known::UploadTally(UploadTally::decode(stored)?),
        Kind::InsertedInvoice => Known::Inserted(Box::new(InsertedInvoice::decode(stored)?)),
        Kind::TakenNumber => Known::TakenNumber(TakenNumber::decode(stored)?),
        Kind::CardTemplate => Known::Template(Box::new(CardTemplate::decode(stored)?)),
        // A fact that a newer program keeps.
        Kind::Server => Known::Other,
    })
}

fn other<T: Record>(stored: &Stored) -> Result<Known, StoreError> {
    T::decode(stored).map(|_| Known::Other)
}

impl Known {
    /// The key that the value says itself, where it says one.
    pub(super) fn key(&self) -> Option<Key> {
        Some(match self {
            Self::Order(order) => order_key(&order.key()),
            Self::Request(request) => request_key(&request.merchant, &request.serial),
            Self::Number(merchant, owner) => owner.key(merchant),
            Self::Range(range) => number_range_key(range),
            Self::Allotment(allotment) => allotment_key(&allotment.code, allotment.first),
            Self::Gaps(merchant, gaps) => block_gaps_key(merchant, &gaps.code, gaps.block_last),
            Self::Card(card) => card_key(card),
            Self::Message(message) => message_key(message),
            Self::Payment(payment) => payment_key(&payment.mchid, &payment.out_trade_no),
            Self::Refund(refund) => refund_key(&refund.mchid, &refund.request.out_refund_no),
            Self::PaymentAlias(mchid, name, _) => payment_alias_key(mchid, name),
            Self::PayerCode(code) => payer_code_key(code),
            Self::PlatformPdf(pdf) => platform_pdf_key(&pdf.owner, &pdf.media_id),
            Self::UploadTally(tally) => upload_tally_key(&tally.owner, &tally.part),
            Self::Inserted(invoice) => inserted_key(&invoice.merchant, &invoice.serial()),
            Self::TakenNumber(taken) => TakenNumber::key(&taken.number),
            Self::Template(template) => card_template_key(&template.platform, &template.card_id),
            Self::Content(_) | Self::CardCode(..) | Self::Other => return None,
        })
    }
}
