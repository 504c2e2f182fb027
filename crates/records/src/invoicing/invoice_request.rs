//! Invoice requests' heads: whose they are, what they say in short, and what became of them.

use crate::codec::{at, decode, encode, known, stored_appid};
use crate::people::known_as::KnownAsShape;
use crate::record::Record;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::invoicing::content::ContentSummary;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_document::{DocumentId, DocumentKind, InvoiceDocument};
use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest, Offset, RequestState};
use kaipiao_domain::invoicing::issue_failure::IssueFailure;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::{Field, Index, Key, Kind, Stored};
use serde::{Deserialize, Serialize};

/// A request's key.
pub fn request_key(merchant: &AppId, serial: &Serial) -> Key {
    let id = serial.to_string();
    Key { kind: Kind::InvoiceRequest, owner: merchant.to_string(), id }
}

#[derive(Serialize, Deserialize)]
struct RequestShape {
    order_id: String,
    asked_by: String,
    user: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    paid_as: Vec<KnownAsShape>,
    /// The blue request's serial; None: this one is blue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offsets: Option<String>,
    face: String,
    content_number: u32,
    summary: SummaryShape,
    accepted_ms: i64,
    state: StateShape,
}

#[derive(Serialize, Deserialize)]
struct SummaryShape {
    seller_name: String,
    seller_tax_id: String,
    buyer_name: String,
    buyer_tax_id: String,
    gross_fen: i64,
    net_fen: i64,
    tax_fen: i64,
}

impl From<&ContentSummary> for SummaryShape {
    fn from(summary: &ContentSummary) -> Self {
        Self {
            seller_name: summary.seller_name.clone(),
            seller_tax_id: summary.seller_tax_id.clone(),
            buyer_name: summary.buyer_name.clone(),
            buyer_tax_id: summary.buyer_tax_id.clone(),
            gross_fen: summary.gross.get(),
            net_fen: summary.net.get(),
            tax_fen: summary.tax.get(),
        }
    }
}

impl From<SummaryShape> for ContentSummary {
    fn from(shape: SummaryShape) -> Self {
        Self {
            seller_name: shape.seller_name,
            seller_tax_id: shape.seller_tax_id,
            buyer_name: shape.buyer_name,
            buyer_tax_id: shape.buyer_tax_id,
            gross: Fen::new(shape.gross_fen),
            net: Fen::new(shape.net_fen),
            tax: Fen::new(shape.tax_fen),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateShape {
    Running {
        since_ms: i64,
    },
    Failed {
        code: i32,
        words: String,
        at_ms: i64,
    },
    Issued {
        code: String,
        number: String,
        check_code: String,
        at_ms: i64,
        specimen: bool,
        machine_number: String,
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        from_outside: bool,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        documents: Vec<DocumentShape>,
        offset: OffsetShape,
    },
}

/// A document that the invoice brought.
#[derive(Serialize, Deserialize)]
struct DocumentShape {
    kind: String,
    id: String,
    size_bytes: u64,
}

impl From<&InvoiceDocument> for DocumentShape {
    fn from(document: &InvoiceDocument) -> Self {
        Self {
            kind: document.kind.name().to_owned(),
            id: document.id.to_string(),
            size_bytes: document.size_bytes,
        }
    }
}

impl DocumentShape {
    fn known(shapes: Vec<Self>, stored: &Stored) -> Result<Vec<InvoiceDocument>, StoreError> {
        let document = |Self { kind, id, size_bytes }: Self| {
            Ok(InvoiceDocument {
                kind: known(stored, "documents", DocumentKind::from_name(&kind))?,
                id: known(stored, "documents", DocumentId::parse(&id))?,
                size_bytes,
            })
        };
        shapes.into_iter().map(document).collect()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OffsetShape {
    Standing,
    Underway(String),
    Done(String),
}

impl From<&RequestState> for StateShape {
    fn from(state: &RequestState) -> Self {
        match state {
            RequestState::Running { since } => Self::Running { since_ms: since.unix_millis() },
            RequestState::Failed { failure, at } => Self::Failed {
                code: failure.code().number(),
                words: failure.words().to_owned(),
                at_ms: at.unix_millis(),
            },
            RequestState::Issued { invoice, offset } => Self::Issued {
                code: invoice.number.code().to_owned(),
                number: invoice.number.number().to_owned(),
                check_code: invoice.check_code.clone(),
                at_ms: invoice.at.unix_millis(),
                specimen: invoice.specimen,
                machine_number: invoice.machine_number.clone(),
                from_outside: invoice.from_outside,
                documents: invoice.documents.iter().map(DocumentShape::from).collect(),
                offset: match offset {
                    Offset::Standing => OffsetShape::Standing,
                    Offset::Underway(red) => OffsetShape::Underway(red.to_string()),
                    Offset::Done(red) => OffsetShape::Done(red.to_string()),
                },
            },
        }
    }
}

impl StateShape {
    fn state(self, stored: &Stored) -> Result<RequestState, StoreError> {
        Ok(match self {
            Self::Running { since_ms } => RequestState::Running { since: at(since_ms) },
            Self::Failed { code, words, at_ms } => RequestState::Failed {
                failure: known(stored, "code", failure(code, words))?,
                at: at(at_ms),
            },
            Self::Issued {
                code,
                number,
                check_code,
                at_ms,
                specimen,
                machine_number,
                from_outside,
                documents,
                offset,
            } => RequestState::Issued {
                invoice: IssuedInvoice {
                    number: known(stored, "number", InvoiceNumber::parse(&code, &number))?,
                    check_code,
                    at: at(at_ms),
                    specimen,
                    machine_number,
                    from_outside,
                    documents: DocumentShape::known(documents, stored)?,
                },
                offset: offset.offset(stored)?,
            },
        })
    }
}

impl OffsetShape {
    fn offset(self, stored: &Stored) -> Result<Offset, StoreError> {
        let serial = |text: String| known(stored, "offset", Serial::parse(&text));
        Ok(match self {
            Self::Standing => Offset::Standing,
            Self::Underway(red) => Offset::Underway(serial(red)?),
            Self::Done(red) => Offset::Done(serial(red)?),
        })
    }
}

fn failure(code: i32, words: String) -> Option<IssueFailure> {
    let all = [
        IssueFailure::Refused(words.clone()),
        IssueFailure::Unreachable(words.clone()),
        IssueFailure::Unreadable(words),
        IssueFailure::Silent,
    ];
    all.into_iter().find(|failure| failure.code().number() == code)
}

impl Record for InvoiceRequest {
    const KIND: Kind = Kind::InvoiceRequest;

    fn encode(&self) -> String {
        encode(&RequestShape {
            order_id: self.order_id.to_string(),
            asked_by: self.asked_by.to_string(),
            user: self.user.as_str().to_owned(),
            paid_as: KnownAsShape::all(&self.paid_as),
            offsets: match &self.colour {
                Colour::Blue => None,
                Colour::Red { blue } => Some(blue.to_string()),
            },
            face: self.face.name().to_owned(),
            content_number: self.content_number,
            summary: (&self.summary).into(),
            accepted_ms: self.accepted_at.unix_millis(),
            state: (&self.state).into(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, StoreError> {
        let shape: RequestShape = decode(stored)?;
        let serial = |member, text: &str| known(stored, member, Serial::parse(text));
        Ok(Self {
            merchant: stored_appid(stored, "the key", &stored.key.owner)?,
            serial: serial("the key", &stored.key.id)?,
            order_id: known(stored, "order_id", OrderId::parse(&shape.order_id).ok())?,
            asked_by: stored_appid(stored, "asked_by", &shape.asked_by)?,
            user: known(stored, "user", UserId::parse(&shape.user))?,
            paid_as: KnownAsShape::known(shape.paid_as, stored)?,
            colour: match shape.offsets {
                None => Colour::Blue,
                Some(blue) => Colour::Red { blue: serial("offsets", &blue)? },
            },
            face: known(stored, "face", Face::from_name(&shape.face))?,
            content_number: shape.content_number,
            summary: shape.summary.into(),
            accepted_at: at(shape.accepted_ms),
            state: shape.state.state(stored)?,
        })
    }

    fn index(&self) -> Index {
        let (state, number) = match &self.state {
            RequestState::Running { .. } => ("running", None),
            RequestState::Failed { .. } => ("failed", None),
            RequestState::Issued { invoice, .. } => ("issued", Some(&invoice.number)),
        };
        let mut fields = vec![
            (Field::State, state.to_owned()),
            (Field::Order, self.order_id.to_string()),
            (Field::Buyer, self.summary.buyer_name.clone()),
            (Field::User, self.user.as_str().to_owned()),
            (Field::Gross, self.summary.gross.get().to_string()),
        ];
        if let Some(number) = number {
            fields.push((Field::Number, number.joined()));
            // People read out a classic one's number without its code.
            if !number.code().is_empty() {
                fields.push((Field::Number, number.number().to_owned()));
            }
        }
        Index { time_ms: self.accepted_at.unix_millis(), unused_since_ms: None, fields }
    }
}
