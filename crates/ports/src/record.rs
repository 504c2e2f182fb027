//! Records: what a store keeps by key. What their bodies mean is the `records` crate's business; a
//! store moves bytes.
//!
//! Every key begins with its owner (an account's appid, or a user's id), so that tables can be
//! distributed by it. A record may name what it is found by besides its key, and since when it is
//! of no use ([`Index`]).

use core::any::Any;
use core::fmt;
use std::sync::{Arc, OnceLock};

/// What a record is; each kind is a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An account. Owner: its appid; id: empty.
    Account,
    /// A merchant's contact. Owner: the merchant; id: empty.
    Contact,
    /// A merchant's page fields. Owner: the merchant; id: empty.
    PageFields,
    /// Where and how an account receives its pushes. Owner: the account; id: empty.
    Callback,
    /// An account's tokens of one family. Owner: the account; id: the family.
    TokenFamily,
    /// A merchant's taxpayer. Owner: the merchant; id: empty.
    Taxpayer,
    /// A range of invoice numbers. Owner: the merchant; id: in the order they are used up.
    NumberRange,
    /// How far the numbers of an invoice code are allotted (owner: empty; id: the code), and who has
    /// which of them (owner: the code; id: the first number).
    NumberCode,
    /// Numbers of a block that no invoice has. Owner: the merchant; id: sorts by code and number.
    NumberGap,
    /// An order. Owner: the merchant; id: the order number.
    Order,
    /// An invoice request's head. Owner: the merchant; id: its serial.
    InvoiceRequest,
    /// What a try at an invoice says, line by line. Owner: the merchant; id: serial and try.
    InvoiceContent,
    /// An invoice's number, and whose it is. Owner: the merchant; id: sorts by range and number.
    InvoiceNumber,
    /// A person. Owner: the user; id: empty.
    User,
    /// A session that was left before its time. Owner: the user; id: the session.
    EndedSession,
    /// A title-book entry. Owner: the user; id: the entry.
    BookEntry,
    /// A service message. Owner: the user; id: sorts by time.
    Message,
    /// An invoice card of a wallet. Owner: the user; id: sorts by time.
    Card,
    /// A card's code, and whose it is. Owner: the merchant; id: the code.
    CardCode,
    /// What the server keeps about itself. Owner: empty; id: the fact's name.
    Server,
    /// A pay merchant. Owner: its mchid; id: empty.
    PayMerchant,
    /// The pay merchant that a merchant has linked. Owner: the merchant; id: empty.
    LinkedPayMerchant,
    /// A payment. Owner: the pay merchant's mchid; id: its out_trade_no.
    Payment,
    /// A refund. Owner: the pay merchant's mchid; id: its out_refund_no.
    Refund,
    /// What else a payment or refund is called. Owner: the pay merchant's mchid; id: the other name.
    PaymentAlias,
    /// A code by which pay merchants charge a user without a page. Owner: the code; id: empty.
    PayerCode,
    /// A PDF that a platform has uploaded. Owner: the platform; id: its s_media_id.
    PlatformPdf,
    /// What a platform has uploaded that no invoice has, counted. Owner: the platform; id: the part of its uploads.
    UploadTally,
    /// A card template of a platform. Owner: the platform; id: the card_id.
    CardTemplate,
    /// An invoice that a platform has inserted. Owner: the merchant; id: its name among the merchant's invoices.
    InsertedInvoice,
    /// An invoice's number, and whose it is, whoever issued it. Owner: the number; id: empty.
    TakenNumber,
    /// Somebody who works with the console. Owner: their name; id: empty.
    ConsoleUser,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 32] = [
        Self::Account,
        Self::Contact,
        Self::PageFields,
        Self::Callback,
        Self::TokenFamily,
        Self::Taxpayer,
        Self::NumberRange,
        Self::NumberCode,
        Self::NumberGap,
        Self::Order,
        Self::InvoiceRequest,
        Self::InvoiceContent,
        Self::InvoiceNumber,
        Self::User,
        Self::EndedSession,
        Self::BookEntry,
        Self::Message,
        Self::Card,
        Self::CardCode,
        Self::Server,
        Self::PayMerchant,
        Self::LinkedPayMerchant,
        Self::Payment,
        Self::Refund,
        Self::PaymentAlias,
        Self::PayerCode,
        Self::PlatformPdf,
        Self::UploadTally,
        Self::CardTemplate,
        Self::InsertedInvoice,
        Self::TakenNumber,
        Self::ConsoleUser,
    ];

    /// The table's name.
    pub const fn table(self) -> &'static str {
        match self {
            Self::Account => "accounts",
            Self::Contact => "contacts",
            Self::PageFields => "page_fields",
            Self::Callback => "callbacks",
            Self::TokenFamily => "token_families",
            Self::Taxpayer => "taxpayers",
            Self::NumberRange => "number_ranges",
            Self::NumberCode => "number_codes",
            Self::NumberGap => "number_gaps",
            Self::Order => "orders",
            Self::InvoiceRequest => "invoice_requests",
            Self::InvoiceContent => "invoice_contents",
            Self::InvoiceNumber => "invoice_numbers",
            Self::User => "users",
            Self::EndedSession => "ended_sessions",
            Self::BookEntry => "book_entries",
            Self::Message => "messages",
            Self::Card => "cards",
            Self::CardCode => "card_codes",
            Self::Server => "server",
            Self::PayMerchant => "pay_merchants",
            Self::LinkedPayMerchant => "linked_pay_merchants",
            Self::Payment => "payments",
            Self::Refund => "refunds",
            Self::PaymentAlias => "payment_aliases",
            Self::PayerCode => "payer_codes",
            Self::PlatformPdf => "platform_pdfs",
            Self::UploadTally => "upload_tallies",
            Self::CardTemplate => "card_templates",
            Self::InsertedInvoice => "inserted_invoices",
            Self::TakenNumber => "taken_numbers",
            Self::ConsoleUser => "console_users",
        }
    }

    /// Whether a store may keep all records of this kind in memory: a handful per account, read on
    /// every request.
    pub const fn is_resident(self) -> bool {
        matches!(
            self,
            Self::Account
                | Self::Contact
                | Self::PageFields
                | Self::Callback
                | Self::TokenFamily
                | Self::Taxpayer
                | Self::PayMerchant
                | Self::LinkedPayMerchant
        )
    }

    /// Whether records of this kind are listed by time within their owner ([`Index::time_ms`]).
    pub const fn has_time(self) -> bool {
        matches!(self, Self::Order | Self::InvoiceRequest | Self::Payment | Self::InsertedInvoice)
    }

    /// Whether records of this kind can be forgotten ([`Index::unused_since_ms`]).
    pub const fn can_expire(self) -> bool {
        matches!(
            self,
            Self::Order
                | Self::Message
                | Self::EndedSession
                | Self::Payment
                | Self::PaymentAlias
                | Self::PlatformPdf
                | Self::UploadTally
        )
    }

    /// What records of this kind are searched by, besides key and time. A field's values that
    /// change are found by the newest one only.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Order | Self::Payment => &[Field::User, Field::State],
            Self::InvoiceRequest => &[
                Field::State,
                Field::Order,
                Field::Number,
                Field::Buyer,
                Field::User,
                Field::Gross,
            ],
            Self::InsertedInvoice => &[Field::Order, Field::Number, Field::User],
            _ => &[],
        }
    }
}

/// What a record is searched by. The values are texts; a search is for one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Where it stands, by the state's stored name.
    State,
    /// The user's id.
    User,
    /// The merchant's order number.
    Order,
    /// The invoice's code and number, joined; and the number of one that has a code.
    Number,
    /// The buyer's name.
    Buyer,
    /// The total with tax, in fen.
    Gross,
}

impl Field {
    /// The field's stored number.
    pub const fn number(self) -> i64 {
        match self {
            Self::State => 1,
            Self::User => 2,
            Self::Order => 3,
            Self::Number => 4,
            Self::Buyer => 5,
            Self::Gross => 6,
        }
    }

    /// The field with that number.
    pub const fn from_number(number: i64) -> Option<Self> {
        Some(match number {
            1 => Self::State,
            2 => Self::User,
            3 => Self::Order,
            4 => Self::Number,
            5 => Self::Buyer,
            6 => Self::Gross,
            _ => return None,
        })
    }
}

/// What a record is found by besides its key, as its newest save says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// The domain's milliseconds that listings by time go by; for kinds with
    /// [`Kind::has_time`]. It stays what the first save said.
    pub time_ms: i64,
    /// Since when, in the domain's milliseconds ([`Kind::EndedSession`]: in real ones), the record is of
    /// no use to anybody: a purge removes it some time later. None: it is kept.
    pub unused_since_ms: Option<i64>,
    /// Values by which a search finds it, of the kind's [`Kind::fields`].
    pub fields: Vec<(Field, String)>,
}

/// Names a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The table.
    pub kind: Kind,
    /// The owner: an account's appid, a user's id, a console user's name, or empty.
    pub owner: String,
    /// The name among the owner's records.
    pub id: String,
}

/// Tells a record's states apart. Each save gives a larger one than the record, or one removed
/// before it under the same key, ever had; how much larger is the store's own business.
pub type Version = i64;

/// A record's body: JSON text, and the value that it stands for once somebody has read it or when
/// the one who saved it had it at hand.
#[derive(Clone)]
pub struct Body {
    text: Arc<str>,
    value: Arc<OnceLock<Arc<dyn Any + Send + Sync>>>,
}

impl Body {
    /// A body whose value nobody has read yet.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self { text: text.into(), value: Arc::default() }
    }

    /// A body and its value.
    pub fn with_value<T: Any + Send + Sync>(text: impl Into<Arc<str>>, value: T) -> Self {
        let cell = OnceLock::new();
        let value: Arc<dyn Any + Send + Sync> = Arc::new(value);
        cell.get_or_init(|| value);
        Self { text: text.into(), value: Arc::new(cell) }
    }

    /// The JSON text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value, if it is at hand and of this type.
    pub fn value<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.value.get().and_then(|value| Arc::clone(value).downcast().ok())
    }

    /// Keeps the value for the next reader of this body.
    pub fn keep<T: Any + Send + Sync>(&self, value: &Arc<T>) {
        let value: Arc<dyn Any + Send + Sync> = Arc::<T>::clone(value);
        self.value.get_or_init(|| value);
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Body {}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// A record as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The name.
    pub key: Key,
    /// What a save that follows from this state expects.
    pub version: Version,
    /// The body.
    pub body: Body,
}

/// What a save expects to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// No record.
    Absent,
    /// The record at exactly this version.
    Version(Version),
    /// Anything: the last writer wins.
    Any,
}

/// One record's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Save {
    /// The record.
    pub key: Key,
    /// What is expected to be there.
    pub expect: Expect,
    /// The new body; None: the record is removed.
    pub body: Option<Body>,
    /// What the record is found by from now on.
    pub index: Index,
}
