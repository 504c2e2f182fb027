//! The stored shapes of sections 14 to 16: taxpayers, number ranges, requests, numbers.

use super::{Record, at, decode, encode, known, server_key, stored_appid};
use crate::store::{Key, Kind, ReadError, Stored};
use kaipiao_domain::account::AppId;
use kaipiao_domain::card::InvoiceCard;
use kaipiao_domain::invoice::{Content, Line, LineNature};
use kaipiao_domain::invoice_number::{Block, InvoiceNumber, NumberRange};
use kaipiao_domain::invoice_request::{
    Colour, InvoiceRequest, IssueFailure, IssuedInvoice, Offset, RequestState, Serial,
};
use kaipiao_domain::money::{Fen, decimal};
use kaipiao_domain::order::OrderId;
use kaipiao_domain::taxpayer::{Face, MerchantCode, Party, Taxpayer};
use kaipiao_domain::user::UserId;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A merchant's taxpayer's key.
pub fn taxpayer_key(merchant: &AppId) -> Key {
    Key { kind: Kind::Taxpayer, owner: merchant.to_string(), id: String::new() }
}

/// A range's key.
pub fn number_range_key(range: &NumberRange) -> Key {
    let (face, code, first) = (range.face.name(), &range.code, range.first);
    let id = format!("{face}/{code}/{first:015}");
    Key { kind: Kind::NumberRange, owner: range.merchant.to_string(), id }
}

/// A request's key.
pub fn request_key(merchant: &AppId, serial: &Serial) -> Key {
    let id = serial.to_string();
    Key { kind: Kind::InvoiceRequest, owner: merchant.to_string(), id }
}

/// The key of a place in a merchant's numbers. Within a code it sorts by the place.
pub fn number_key(merchant: &AppId, code: &str, place: u64) -> Key {
    let id = format!("{code}/{place:015}");
    Key { kind: Kind::InvoiceNumber, owner: merchant.to_string(), id }
}

/// A card's key. It sorts by the time of issue.
pub fn card_key(card: &InvoiceCard) -> Key {
    let (issued_ms, merchant, serial) =
        (card.issued_at.unix_millis(), &card.merchant, &card.serial);
    let id = format!("{issued_ms:016}/{merchant}/{serial}");
    Key { kind: Kind::Card, owner: card.user.as_str().to_owned(), id }
}

#[derive(Serialize, Deserialize)]
struct CardShape {
    merchant: String,
    serial: String,
    seller: String,
    gross_fen: i64,
    code: String,
    number: String,
    issued_ms: i64,
    cancelled_by: Option<String>,
}

impl Record for InvoiceCard {
    const KIND: Kind = Kind::Card;

    fn encode(&self) -> String {
        encode(&CardShape {
            merchant: self.merchant.to_string(),
            serial: self.serial.to_string(),
            seller: self.seller.clone(),
            gross_fen: self.gross.get(),
            code: self.number.code().to_owned(),
            number: self.number.number().to_owned(),
            issued_ms: self.issued_at.unix_millis(),
            cancelled_by: self.cancelled_by.as_ref().map(Serial::to_string),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        let shape: CardShape = decode(stored)?;
        let serial = |member, text: &str| known(stored, member, Serial::parse(text));
        let cancelled_by = shape.cancelled_by.map(|text| serial("cancelled_by", &text));
        Ok(Self {
            user: known(stored, "the key", UserId::parse(&stored.key.owner))?,
            merchant: stored_appid(stored, "merchant", &shape.merchant)?,
            serial: serial("serial", &shape.serial)?,
            seller: shape.seller,
            gross: Fen::new(shape.gross_fen),
            number: known(stored, "number", InvoiceNumber::parse(&shape.code, &shape.number))?,
            issued_at: at(shape.issued_ms),
            cancelled_by: cancelled_by.transpose()?,
        })
    }
}

/// Whose invoice a number is: what makes it unique, and what an offset finds the invoice by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberOwner {
    /// The number.
    pub number: InvoiceNumber,
    /// The request that it was issued to.
    pub serial: Serial,
}

impl NumberOwner {
    /// Its key.
    pub fn key(&self, merchant: &AppId) -> Key {
        let (code, place) = self.number.place();
        number_key(merchant, code, place)
    }
}

/// Counts the allotments of ranges, so that of two at the same time one sees the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberRegister {
    /// How many there were.
    pub changes: u64,
}

impl NumberRegister {
    /// Its key.
    pub fn key() -> Key {
        server_key("number_register")
    }
}

impl Record for NumberRegister {
    const KIND: Kind = Kind::Server;

    fn encode(&self) -> String {
        encode(self)
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        decode(stored)
    }
}

#[derive(Serialize, Deserialize)]
struct NumberOwnerShape {
    code: String,
    number: String,
    serial: String,
}

impl Record for NumberOwner {
    const KIND: Kind = Kind::InvoiceNumber;

    fn encode(&self) -> String {
        encode(&NumberOwnerShape {
            code: self.number.code().to_owned(),
            number: self.number.number().to_owned(),
            serial: self.serial.to_string(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        let NumberOwnerShape { code, number, serial } = decode(stored)?;
        Ok(Self {
            number: known(stored, "number", InvoiceNumber::parse(&code, &number))?,
            serial: known(stored, "serial", Serial::parse(&serial))?,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct PartyShape {
    name: String,
    tax_id: String,
    address: String,
    phone: String,
    bank: String,
    bank_account: String,
}

impl From<&Party> for PartyShape {
    fn from(party: &Party) -> Self {
        let Party { name, tax_id, address, phone, bank, bank_account } = party.clone();
        Self { name, tax_id, address, phone, bank, bank_account }
    }
}

impl From<PartyShape> for Party {
    fn from(shape: PartyShape) -> Self {
        let PartyShape { name, tax_id, address, phone, bank, bank_account } = shape;
        Self { name, tax_id, address, phone, bank, bank_account }
    }
}

#[derive(Serialize, Deserialize)]
struct TaxpayerShape {
    code: String,
    party: PartyShape,
    face: String,
}

impl Record for Taxpayer {
    const KIND: Kind = Kind::Taxpayer;

    fn encode(&self) -> String {
        encode(&TaxpayerShape {
            code: self.code.as_str().to_owned(),
            party: (&self.party).into(),
            face: self.face.name().to_owned(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        let TaxpayerShape { code, party, face } = decode(stored)?;
        Ok(Self {
            merchant: stored_appid(stored, "the key", &stored.key.owner)?,
            code: known(stored, "code", MerchantCode::parse(&code))?,
            party: party.into(),
            face: known(stored, "face", Face::from_name(&face))?,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct RangeShape {
    face: String,
    code: String,
    first: u64,
    last: u64,
    next: u64,
    blocks: Vec<BlockShape>,
    #[serde(default)]
    is_automatic: bool,
}

#[derive(Serialize, Deserialize)]
struct BlockShape {
    holder: String,
    first: u64,
    last: u64,
}

impl Record for NumberRange {
    const KIND: Kind = Kind::NumberRange;

    fn encode(&self) -> String {
        let block = |block: &Block| BlockShape {
            holder: block.holder.clone(),
            first: block.first,
            last: block.last,
        };
        encode(&RangeShape {
            face: self.face.name().to_owned(),
            code: self.code.clone(),
            first: self.first,
            last: self.last,
            next: self.next,
            blocks: self.blocks.iter().map(block).collect(),
            is_automatic: self.is_automatic,
        })
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        let shape: RangeShape = decode(stored)?;
        let block = |BlockShape { holder, first, last }| Block { holder, first, last };
        Ok(Self {
            merchant: stored_appid(stored, "the key", &stored.key.owner)?,
            face: known(stored, "face", Face::from_name(&shape.face))?,
            code: shape.code,
            first: shape.first,
            last: shape.last,
            next: shape.next,
            blocks: shape.blocks.into_iter().map(block).collect(),
            is_automatic: shape.is_automatic,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct ContentShape {
    seller: PartyShape,
    buyer: PartyShape,
    drawer: String,
    payee: String,
    reviewer: String,
    gross_fen: i64,
    net_fen: i64,
    tax_fen: i64,
    remark: String,
    lines: Vec<LineShape>,
}

#[derive(Serialize, Deserialize)]
struct LineShape {
    nature: u8,
    tax_code: String,
    name: String,
    unit: String,
    model: String,
    quantity: Option<String>,
    unit_price: Option<String>,
    net_fen: i64,
    rate: String,
    tax_fen: i64,
}

impl From<&Content> for ContentShape {
    fn from(content: &Content) -> Self {
        Self {
            seller: (&content.seller).into(),
            buyer: (&content.buyer).into(),
            drawer: content.drawer.clone(),
            payee: content.payee.clone(),
            reviewer: content.reviewer.clone(),
            gross_fen: content.gross.get(),
            net_fen: content.net.get(),
            tax_fen: content.tax.get(),
            remark: content.remark.clone(),
            lines: content.lines.iter().map(LineShape::from).collect(),
        }
    }
}

impl From<&Line> for LineShape {
    fn from(line: &Line) -> Self {
        Self {
            nature: line.nature.number(),
            tax_code: line.tax_code.clone(),
            name: line.name.clone(),
            unit: line.unit.clone(),
            model: line.model.clone(),
            quantity: line.quantity.as_ref().map(Decimal::to_string),
            unit_price: line.unit_price.as_ref().map(Decimal::to_string),
            net_fen: line.net.get(),
            rate: line.rate.to_string(),
            tax_fen: line.tax.get(),
        }
    }
}

impl ContentShape {
    fn content(self, stored: &Stored) -> Result<Content, ReadError> {
        Ok(Content {
            seller: self.seller.into(),
            buyer: self.buyer.into(),
            drawer: self.drawer,
            payee: self.payee,
            reviewer: self.reviewer,
            gross: Fen::new(self.gross_fen),
            net: Fen::new(self.net_fen),
            tax: Fen::new(self.tax_fen),
            remark: self.remark,
            lines: self
                .lines
                .into_iter()
                .map(|line| line.line(stored))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl LineShape {
    fn line(self, stored: &Stored) -> Result<Line, ReadError> {
        let number = |text: String| known(stored, "a line's number", decimal(&text));
        Ok(Line {
            nature: known(stored, "nature", LineNature::from_number(self.nature))?,
            tax_code: self.tax_code,
            name: self.name,
            unit: self.unit,
            model: self.model,
            quantity: self.quantity.map(number).transpose()?,
            unit_price: self.unit_price.map(number).transpose()?,
            net: Fen::new(self.net_fen),
            rate: number(self.rate)?,
            tax: Fen::new(self.tax_fen),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct RequestShape {
    order_id: String,
    asked_by: String,
    user: String,
    /// The blue request's serial; None: this one is blue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offsets: Option<String>,
    face: String,
    content: ContentShape,
    accepted_ms: i64,
    state: StateShape,
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
        offset: OffsetShape,
    },
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
    fn state(self, stored: &Stored) -> Result<RequestState, ReadError> {
        Ok(match self {
            Self::Running { since_ms } => RequestState::Running { since: at(since_ms) },
            Self::Failed { code, words, at_ms } => RequestState::Failed {
                failure: known(stored, "code", failure(code, words))?,
                at: at(at_ms),
            },
            Self::Issued { code, number, check_code, at_ms, specimen, machine_number, offset } => {
                RequestState::Issued {
                    invoice: IssuedInvoice {
                        number: known(stored, "number", InvoiceNumber::parse(&code, &number))?,
                        check_code,
                        at: at(at_ms),
                        specimen,
                        machine_number,
                    },
                    offset: offset.offset(stored)?,
                }
            }
        })
    }
}

impl OffsetShape {
    fn offset(self, stored: &Stored) -> Result<Offset, ReadError> {
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
            offsets: match &self.colour {
                Colour::Blue => None,
                Colour::Red { blue } => Some(blue.to_string()),
            },
            face: self.face.name().to_owned(),
            content: (&self.content).into(),
            accepted_ms: self.accepted_at.unix_millis(),
            state: (&self.state).into(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        let shape: RequestShape = decode(stored)?;
        let serial = |member, text: &str| known(stored, member, Serial::parse(text));
        Ok(Self {
            merchant: stored_appid(stored, "the key", &stored.key.owner)?,
            serial: serial("the key", &stored.key.id)?,
            order_id: known(stored, "order_id", OrderId::parse(&shape.order_id).ok())?,
            asked_by: stored_appid(stored, "asked_by", &shape.asked_by)?,
            user: known(stored, "user", UserId::parse(&shape.user))?,
            colour: match shape.offsets {
                None => Colour::Blue,
                Some(blue) => Colour::Red { blue: serial("offsets", &blue)? },
            },
            face: known(stored, "face", Face::from_name(&shape.face))?,
            content: shape.content.content(stored)?,
            accepted_at: at(shape.accepted_ms),
            state: shape.state.state(stored)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::reads_back;
    use super::*;

    fn merchant() -> AppId {
        AppId::parse("wx6b61697069616f31").unwrap()
    }

    fn serial(text: &str) -> Serial {
        Serial::parse(text).unwrap()
    }

    fn party(name: &str) -> Party {
        Party {
            name: name.into(),
            tax_id: "1".into(),
            address: "2".into(),
            phone: "3".into(),
            bank: "4".into(),
            bank_account: "5".into(),
        }
    }

    fn content() -> Content {
        let line = Line {
            nature: LineNature::Discounted,
            tax_code: "1090418010000000000".into(),
            name: "洗衣机".into(),
            unit: "台".into(),
            model: "60L".into(),
            quantity: decimal("0.3333333"),
            unit_price: decimal("300.00"),
            net: Fen::new(10_000),
            rate: decimal("0.130").unwrap(),
            tax: Fen::new(1300),
        };
        let bare = Line {
            nature: LineNature::Discount,
            quantity: None,
            unit_price: None,
            net: Fen::new(-1),
            tax: Fen::ZERO,
            ..line.clone()
        };
        Content {
            seller: party("s"),
            buyer: party("b"),
            drawer: "d".into(),
            payee: "p".into(),
            reviewer: "r".into(),
            gross: Fen::new(11_299),
            net: Fen::new(9_999),
            tax: Fen::new(1300),
            remark: "m".into(),
            lines: vec![line, bare],
        }
    }

    #[test]
    fn a_request_reads_back_in_every_state_and_colour() {
        let number = InvoiceNumber::parse("", "26952000000000000017").unwrap();
        let invoice = IssuedInvoice {
            number,
            check_code: "7".into(),
            at: at(9),
            specimen: false,
            machine_number: "661234567890".into(),
        };
        let failed = |failure| RequestState::Failed { failure, at: at(8) };
        let issued = |offset| RequestState::Issued { invoice: invoice.clone(), offset };
        let states = [
            RequestState::Running { since: at(7) },
            failed(IssueFailure::Refused("no".into())),
            failed(IssueFailure::Unreachable("gone".into())),
            failed(IssueFailure::Silent),
            failed(IssueFailure::Unreadable("?".into())),
            issued(Offset::Standing),
            issued(Offset::Underway(serial("r"))),
            issued(Offset::Standing),
            issued(Offset::Done(serial("r"))),
        ];
        for (index, state) in states.into_iter().enumerate() {
            let colour =
                if index % 2 == 0 { Colour::Blue } else { Colour::Red { blue: serial("b") } };
            let is_blue = colour == Colour::Blue;
            let request = InvoiceRequest {
                merchant: merchant(),
                serial: serial("2ff836发/1"),
                order_id: OrderId::parse("中/1").unwrap(),
                asked_by: merchant(),
                user: UserId::parse("amy").unwrap(),
                colour,
                face: Face::Digital,
                content: content(),
                accepted_at: at(6),
                state,
            };
            reads_back(request_key(&merchant(), &request.serial), &request);
            let card = InvoiceCard::of(&request);
            assert_eq!(card.is_some(), is_blue && request.invoice().is_ok());
            if let Some(card) = card {
                reads_back(card_key(&card), &card);
            }
        }
    }

    #[test]
    fn taxpayers_ranges_and_numbers_read_back() {
        let code = MerchantCode::parse("2ff836").unwrap();
        let taxpayer =
            Taxpayer { merchant: merchant(), code, party: party("s"), face: Face::Digital };
        reads_back(taxpayer_key(&merchant()), &taxpayer);
        let range = NumberRange::new(merchant(), Face::Classic, "044032411111", 5, 900).unwrap();
        let (mut range, block) = range.take_block("main", 20).unwrap();
        range.is_automatic = true;
        reads_back(number_range_key(&range), &range);
        let number = range.number(block.first, 2026);
        let owner = NumberOwner { number, serial: serial("2ff836a") };
        assert_eq!(owner.key(&merchant()).id, "044032411111/000000000000005");
        reads_back(owner.key(&merchant()), &owner);
        reads_back(NumberRegister::key(), &NumberRegister { changes: 3 });
    }
}
