//! What the records' bodies mean: domain values as JSON text, and back.
//!
//! serde stays out of the domain, so each value has its stored shape here. A shape is a promise to
//! every database in the field: members may be added with a default, never renamed.

mod invoices;

pub use invoices::{
    NumberOwner, NumberRegister, card_key, number_key, number_range_key, request_key, taxpayer_key,
};

use crate::store::{Expect, Key, Kind, Page, ReadError, Save, Store, Stored, Version};
use kaipiao_domain::Timestamp;
use kaipiao_domain::account::{Account, AppId, PlatformId, Role, SecretHash};
use kaipiao_domain::contact::Contact;
use kaipiao_domain::invoice_request::Serial;
use kaipiao_domain::message::RejectionMessage;
use kaipiao_domain::order::{
    Authorization, AuthorizationRequest, Decline, Order, OrderId, OrderKey, OrderState, PageType,
    RejectionReason, Source, UserDecision,
};
use kaipiao_domain::page_fields::{
    CompanyFields, CustomField, FieldRule, PageFields, PersonalFields,
};
use kaipiao_domain::push::{Callback, PushMode, Sealed};
use kaipiao_domain::title::{CompanyTitle, CustomValue, InvoiceTitle, PersonalTitle};
use kaipiao_domain::token::{Family, ForcedRefreshes, IssuedToken, Superseded, TokenFamily};
use kaipiao_domain::user::{BookEntry, OpenId, User, UserId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A domain value that the store keeps.
pub trait Record: Sized + Send {
    /// Its table.
    const KIND: Kind;
    /// The value as JSON text.
    fn encode(&self) -> String;
    /// Reads what [`Record::encode`] wrote.
    fn decode(stored: &Stored) -> Result<Self, ReadError>;
}

/// A value and the version that it was read at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// What a save of its successor expects.
    pub version: Version,
}

impl<T> Versioned<T> {
    /// What a save expects that follows from what was found, or from finding nothing.
    pub fn expect(found: Option<&Self>) -> Expect {
        found.map_or(Expect::Absent, |found| Expect::Version(found.version))
    }
}

/// Reads a record's value.
pub async fn get<T: Record>(
    store: &dyn Store,
    key: &Key,
) -> Result<Option<Versioned<T>>, ReadError> {
    debug_assert_eq!(key.kind, T::KIND, "a key of the value's own kind");
    let Some(stored) = store.read(key).await? else { return Ok(None) };
    Ok(Some(Versioned { value: T::decode(&stored)?, version: stored.version }))
}

/// Reads all values of a page.
pub async fn list<T: Record>(store: &dyn Store, page: &Page) -> Result<Vec<T>, ReadError> {
    store.list(page).await?.iter().map(T::decode).collect()
}

/// Reads all values of a page, each with its version.
pub async fn list_versioned<T: Record>(
    store: &dyn Store,
    page: &Page,
) -> Result<Vec<Versioned<T>>, ReadError> {
    let versioned =
        |stored: &Stored| Ok(Versioned { value: T::decode(stored)?, version: stored.version });
    store.list(page).await?.iter().map(versioned).collect()
}

/// The save of a value.
pub fn save<T: Record>(key: Key, expect: Expect, value: &T) -> Save {
    debug_assert_eq!(key.kind, T::KIND, "a key of the value's own kind");
    Save { key, expect, body: Some(value.encode()) }
}

/// The removal of a record, whatever stands there.
pub fn removal(key: Key) -> Save {
    Save { key, expect: Expect::Any, body: None }
}

/// An account's key.
pub fn account_key(appid: &AppId) -> Key {
    Key { kind: Kind::Account, owner: appid.to_string(), id: String::new() }
}

/// A merchant's contact's key.
pub fn contact_key(merchant: &AppId) -> Key {
    Key { kind: Kind::Contact, owner: merchant.to_string(), id: String::new() }
}

/// The key of where an account receives its pushes.
pub fn callback_key(appid: &AppId) -> Key {
    Key { kind: Kind::Callback, owner: appid.to_string(), id: String::new() }
}

/// A merchant's page fields' key.
pub fn page_fields_key(merchant: &AppId) -> Key {
    Key { kind: Kind::PageFields, owner: merchant.to_string(), id: String::new() }
}

/// A token family's key.
pub fn token_family_key(appid: &AppId, family: Family) -> Key {
    Key { kind: Kind::TokenFamily, owner: appid.to_string(), id: family.name().to_owned() }
}

/// An order's key.
pub fn order_key(key: &OrderKey) -> Key {
    Key { kind: Kind::Order, owner: key.merchant.to_string(), id: key.order_id.to_string() }
}

/// A user's key.
pub fn user_key(user: &UserId) -> Key {
    Key { kind: Kind::User, owner: user.as_str().to_owned(), id: String::new() }
}

/// A title-book entry's key.
pub fn book_entry_key(user: &UserId, id: &str) -> Key {
    Key { kind: Kind::BookEntry, owner: user.as_str().to_owned(), id: id.to_owned() }
}

/// A rejection message's key. It sorts by time; an order is rejected once, so it is unique.
pub fn message_key(message: &RejectionMessage) -> Key {
    let sent_ms = message.sent_at.unix_millis();
    Key {
        kind: Kind::Message,
        owner: message.user.as_str().to_owned(),
        id: format!("{sent_ms:016}/{}/{}", message.merchant, message.order_id),
    }
}

/// The key of a fact that the server keeps about itself.
pub fn server_key(name: &str) -> Key {
    Key { kind: Kind::Server, owner: String::new(), id: name.to_owned() }
}

fn encode(shape: &impl Serialize) -> String {
    serde_json::to_string(shape).expect("stored shapes have text keys and no floats")
}

fn decode<S: DeserializeOwned>(stored: &Stored) -> Result<S, ReadError> {
    serde_json::from_str(&stored.body).map_err(|error| corrupt(stored, error))
}

fn corrupt(stored: &Stored, why: impl ToString) -> ReadError {
    ReadError::Corrupt { key: stored.key.clone(), why: why.to_string() }
}

/// A value that a stored shape's text stands for, or Corrupt naming the member.
fn known<T>(stored: &Stored, member: &str, value: Option<T>) -> Result<T, ReadError> {
    value.ok_or_else(|| corrupt(stored, format!("{member} holds an unknown value")))
}

fn stored_appid(stored: &Stored, member: &str, text: &str) -> Result<AppId, ReadError> {
    known(stored, member, AppId::parse(text))
}

const fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_millis(ms)
}

// ---- accounts ------------------------------------------------------------------------------

#[derive(Serialize, Deserialize)]
struct AccountShape {
    role: String,
    name: String,
    original_id: String,
    secret_hash: [u8; 32],
    bound_to: Option<String>,
    s_pappid: Option<String>,
    merchant_api: bool,
}

impl Record for Account {
    const KIND: Kind = Kind::Account;

    fn encode(&self) -> String {
        encode(&AccountShape {
            role: self.role.name().to_owned(),
            name: self.name.clone(),
            original_id: self.original_id.clone(),
            secret_hash: self.secret.0,
            bound_to: self.bound_to.as_ref().map(AppId::to_string),
            s_pappid: self.platform_id.as_ref().map(|id| id.as_str().to_owned()),
            merchant_api: self.merchant_api,
        })
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        let shape: AccountShape = decode(stored)?;
        let bound_to = shape.bound_to.map(|text| stored_appid(stored, "bound_to", &text));
        Ok(Self {
            appid: stored_appid(stored, "the key", &stored.key.owner)?,
            role: known(stored, "role", Role::from_name(&shape.role))?,
            name: shape.name,
            original_id: shape.original_id,
            secret: SecretHash(shape.secret_hash),
            bound_to: bound_to.transpose()?,
            platform_id: shape.s_pappid.map(PlatformId::from_checked),
            merchant_api: shape.merchant_api,
        })
    }
}

// ---- contact -------------------------------------------------------------------------------

#[derive(Serialize, Deserialize)]
struct ContactShape {
    phone: String,
    time_out: i64,
}

impl Record for Contact {
    const KIND: Kind = Kind::Contact;

    fn encode(&self) -> String {
        encode(&ContactShape { phone: self.phone.clone(), time_out: self.time_out })
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        let ContactShape { phone, time_out } = decode(stored)?;
        Ok(Self { phone, time_out })
    }
}

// ---- callback ------------------------------------------------------------------------------

#[derive(Serialize, Deserialize)]
struct CallbackShape {
    url: String,
    mode: String,
    sealed_token: String,
    sealed_aes_key: Option<String>,
}

impl Record for Callback {
    const KIND: Kind = Kind::Callback;

    fn encode(&self) -> String {
        encode(&CallbackShape {
            url: self.url.clone(),
            mode: self.mode.name().to_owned(),
            sealed_token: self.token.0.clone(),
            sealed_aes_key: self.aes_key.as_ref().map(|sealed| sealed.0.clone()),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        let shape: CallbackShape = decode(stored)?;
        Ok(Self {
            url: shape.url,
            mode: known(stored, "mode", PushMode::from_name(&shape.mode))?,
            token: Sealed(shape.sealed_token),
            aes_key: shape.sealed_aes_key.map(Sealed),
        })
    }
}

// ---- page fields ---------------------------------------------------------------------------

#[derive(Serialize, Deserialize)]
struct PageFieldsShape {
    personal: PersonalFieldsShape,
    company: CompanyFieldsShape,
}

#[derive(Serialize, Deserialize)]
struct PersonalFieldsShape {
    show_title: bool,
    phone: RuleShape,
    email: RuleShape,
    custom: Vec<CustomFieldShape>,
}

#[derive(Serialize, Deserialize)]
struct CompanyFieldsShape {
    show_title: bool,
    tax_no: RuleShape,
    addr: RuleShape,
    phone: RuleShape,
    bank_type: RuleShape,
    bank_no: RuleShape,
    custom: Vec<CustomFieldShape>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RuleShape {
    Hidden,
    Optional,
    Required,
}

#[derive(Serialize, Deserialize)]
struct CustomFieldShape {
    key: String,
    is_required: bool,
    notice: String,
}

impl From<FieldRule> for RuleShape {
    fn from(rule: FieldRule) -> Self {
        match rule {
            FieldRule::Hidden => Self::Hidden,
            FieldRule::Optional => Self::Optional,
            FieldRule::Required => Self::Required,
        }
    }
}

impl From<RuleShape> for FieldRule {
    fn from(rule: RuleShape) -> Self {
        match rule {
            RuleShape::Hidden => Self::Hidden,
            RuleShape::Optional => Self::Optional,
            RuleShape::Required => Self::Required,
        }
    }
}

fn custom_fields_in(fields: &[CustomField]) -> Vec<CustomFieldShape> {
    let shape = |field: &CustomField| CustomFieldShape {
        key: field.key.clone(),
        is_required: field.is_required,
        notice: field.notice.clone(),
    };
    fields.iter().map(shape).collect()
}

fn custom_fields_out(shapes: Vec<CustomFieldShape>) -> Vec<CustomField> {
    let field = |shape: CustomFieldShape| CustomField {
        key: shape.key,
        is_required: shape.is_required,
        notice: shape.notice,
    };
    shapes.into_iter().map(field).collect()
}

impl Record for PageFields {
    const KIND: Kind = Kind::PageFields;

    fn encode(&self) -> String {
        let Self { personal, company } = self;
        encode(&PageFieldsShape {
            personal: PersonalFieldsShape {
                show_title: personal.show_title,
                phone: personal.phone.into(),
                email: personal.email.into(),
                custom: custom_fields_in(&personal.custom),
            },
            company: CompanyFieldsShape {
                show_title: company.show_title,
                tax_no: company.tax_no.into(),
                addr: company.addr.into(),
                phone: company.phone.into(),
                bank_type: company.bank_type.into(),
                bank_no: company.bank_no.into(),
                custom: custom_fields_in(&company.custom),
            },
        })
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        let PageFieldsShape { personal, company } = decode(stored)?;
        Ok(Self {
            personal: PersonalFields {
                show_title: personal.show_title,
                phone: personal.phone.into(),
                email: personal.email.into(),
                custom: custom_fields_out(personal.custom),
            },
            company: CompanyFields {
                show_title: company.show_title,
                tax_no: company.tax_no.into(),
                addr: company.addr.into(),
                phone: company.phone.into(),
                bank_type: company.bank_type.into(),
                bank_no: company.bank_no.into(),
                custom: custom_fields_out(company.custom),
            },
        })
    }
}

// ---- token families ------------------------------------------------------------------------

#[derive(Serialize, Deserialize)]
struct TokenFamilyShape {
    current: Option<IssuedShape>,
    superseded: Vec<SupersededShape>,
    forced_day: i64,
    forced_count: u32,
    forced_last_ms: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct IssuedShape {
    serial: u64,
    issued_at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct SupersededShape {
    token: IssuedShape,
    until_ms: i64,
}

impl From<IssuedToken> for IssuedShape {
    fn from(token: IssuedToken) -> Self {
        Self { serial: token.serial, issued_at_ms: token.issued_at.unix_millis() }
    }
}

impl From<IssuedShape> for IssuedToken {
    fn from(shape: IssuedShape) -> Self {
        Self { serial: shape.serial, issued_at: at(shape.issued_at_ms) }
    }
}

impl Record for TokenFamily {
    const KIND: Kind = Kind::TokenFamily;

    fn encode(&self) -> String {
        let superseded = |older: &Superseded| SupersededShape {
            token: older.token.into(),
            until_ms: older.until.unix_millis(),
        };
        encode(&TokenFamilyShape {
            current: self.current.map(IssuedShape::from),
            superseded: self.superseded.iter().map(superseded).collect(),
            forced_day: self.forced.day,
            forced_count: self.forced.count,
            forced_last_ms: self.forced.last.map(Timestamp::unix_millis),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        let shape: TokenFamilyShape = decode(stored)?;
        let superseded = |older: SupersededShape| Superseded {
            token: older.token.into(),
            until: at(older.until_ms),
        };
        Ok(Self {
            current: shape.current.map(IssuedToken::from),
            superseded: shape.superseded.into_iter().map(superseded).collect(),
            forced: ForcedRefreshes {
                day: shape.forced_day,
                count: shape.forced_count,
                last: shape.forced_last_ms.map(at),
            },
        })
    }
}

// ---- titles --------------------------------------------------------------------------------

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TitleShape {
    Personal(PersonalTitleShape),
    Company(CompanyTitleShape),
}

#[derive(Serialize, Deserialize)]
struct PersonalTitleShape {
    title: String,
    phone: String,
    email: String,
    custom: Vec<CustomValueShape>,
}

#[derive(Serialize, Deserialize)]
struct CompanyTitleShape {
    title: String,
    tax_no: String,
    addr: String,
    phone: String,
    bank_type: String,
    bank_no: String,
    custom: Vec<CustomValueShape>,
}

#[derive(Serialize, Deserialize)]
struct CustomValueShape {
    key: String,
    value: String,
}

fn custom_values_in(values: &[CustomValue]) -> Vec<CustomValueShape> {
    let shape = |value: &CustomValue| CustomValueShape {
        key: value.key.clone(),
        value: value.value.clone(),
    };
    values.iter().map(shape).collect()
}

fn custom_values_out(shapes: Vec<CustomValueShape>) -> Vec<CustomValue> {
    shapes.into_iter().map(|shape| CustomValue { key: shape.key, value: shape.value }).collect()
}

impl From<&InvoiceTitle> for TitleShape {
    fn from(title: &InvoiceTitle) -> Self {
        match title {
            InvoiceTitle::Personal(title) => Self::Personal(PersonalTitleShape {
                title: title.title.clone(),
                phone: title.phone.clone(),
                email: title.email.clone(),
                custom: custom_values_in(&title.custom),
            }),
            InvoiceTitle::Company(title) => Self::Company(CompanyTitleShape {
                title: title.title.clone(),
                tax_no: title.tax_no.clone(),
                addr: title.addr.clone(),
                phone: title.phone.clone(),
                bank_type: title.bank_type.clone(),
                bank_no: title.bank_no.clone(),
                custom: custom_values_in(&title.custom),
            }),
        }
    }
}

impl From<TitleShape> for InvoiceTitle {
    fn from(shape: TitleShape) -> Self {
        match shape {
            TitleShape::Personal(shape) => Self::Personal(PersonalTitle {
                title: shape.title,
                phone: shape.phone,
                email: shape.email,
                custom: custom_values_out(shape.custom),
            }),
            TitleShape::Company(shape) => Self::Company(CompanyTitle {
                title: shape.title,
                tax_no: shape.tax_no,
                addr: shape.addr,
                phone: shape.phone,
                bank_type: shape.bank_type,
                bank_no: shape.bank_no,
                custom: custom_values_out(shape.custom),
            }),
        }
    }
}

// ---- orders --------------------------------------------------------------------------------

#[derive(Serialize, Deserialize)]
struct OrderShape {
    s_pappid: String,
    money_fen: i64,
    timestamp: u32,
    source: String,
    redirect_url: String,
    page_type: i64,
    asked_by: String,
    offered_at_ms: i64,
    state: OrderStateShape,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OrderStateShape {
    Offered,
    Declined(DecisionShape),
    Authorized(DecisionShape),
    Rejected {
        was_authorized: bool,
        decided: DecisionShape,
        reason: String,
        url: String,
        at_ms: i64,
    },
}

#[derive(Serialize, Deserialize)]
struct DecisionShape {
    user: String,
    openid: String,
    at_ms: i64,
    title: Option<TitleShape>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used_by: Option<String>,
}

impl From<&Authorization> for DecisionShape {
    fn from(authorization: &Authorization) -> Self {
        Self {
            user: authorization.user.as_str().to_owned(),
            openid: authorization.openid.as_str().to_owned(),
            at_ms: authorization.at.unix_millis(),
            title: authorization.title.as_ref().map(TitleShape::from),
            used_by: authorization.used_by.as_ref().map(Serial::to_string),
        }
    }
}

impl From<&Decline> for DecisionShape {
    fn from(decline: &Decline) -> Self {
        Self {
            user: decline.user.as_str().to_owned(),
            openid: decline.openid.as_str().to_owned(),
            at_ms: decline.at.unix_millis(),
            title: None,
            used_by: None,
        }
    }
}

impl DecisionShape {
    fn authorization(self, stored: &Stored) -> Result<Authorization, ReadError> {
        let used_by = self.used_by.map(|text| known(stored, "used_by", Serial::parse(&text)));
        Ok(Authorization {
            user: known(stored, "user", UserId::parse(&self.user))?,
            openid: OpenId::from_checked(self.openid),
            at: at(self.at_ms),
            title: self.title.map(InvoiceTitle::from),
            used_by: used_by.transpose()?,
        })
    }

    fn decline(self, stored: &Stored) -> Result<Decline, ReadError> {
        let Authorization { user, openid, at, .. } = self.authorization(stored)?;
        Ok(Decline { user, openid, at })
    }
}

impl From<&OrderState> for OrderStateShape {
    fn from(state: &OrderState) -> Self {
        match state {
            OrderState::Offered => Self::Offered,
            OrderState::Declined(decline) => Self::Declined(decline.into()),
            OrderState::Authorized(authorization) => Self::Authorized(authorization.into()),
            OrderState::Rejected { decided, reason, at } => {
                let (was_authorized, decided) = match decided {
                    UserDecision::Authorized(authorization) => (true, authorization.into()),
                    UserDecision::Declined(decline) => (false, decline.into()),
                };
                Self::Rejected {
                    was_authorized,
                    decided,
                    reason: reason.reason.clone(),
                    url: reason.url.clone(),
                    at_ms: at.unix_millis(),
                }
            }
        }
    }
}

impl OrderStateShape {
    fn state(self, stored: &Stored) -> Result<OrderState, ReadError> {
        Ok(match self {
            Self::Offered => OrderState::Offered,
            Self::Declined(decision) => OrderState::Declined(decision.decline(stored)?),
            Self::Authorized(decision) => OrderState::Authorized(decision.authorization(stored)?),
            Self::Rejected { was_authorized, decided, reason, url, at_ms } => {
                OrderState::Rejected {
                    decided: if was_authorized {
                        UserDecision::Authorized(decided.authorization(stored)?)
                    } else {
                        UserDecision::Declined(decided.decline(stored)?)
                    },
                    reason: RejectionReason { reason, url },
                    at: at(at_ms),
                }
            }
        })
    }
}

impl Record for Order {
    const KIND: Kind = Kind::Order;

    fn encode(&self) -> String {
        encode(&OrderShape {
            s_pappid: self.request.platform.as_str().to_owned(),
            money_fen: self.request.money_fen,
            timestamp: self.request.timestamp,
            source: self.request.source.as_str().to_owned(),
            redirect_url: self.request.redirect_url.clone(),
            page_type: self.request.page_type.number(),
            asked_by: self.request.asked_by.to_string(),
            offered_at_ms: self.offered_at.unix_millis(),
            state: (&self.state).into(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        let shape: OrderShape = decode(stored)?;
        Ok(Self {
            merchant: stored_appid(stored, "the key", &stored.key.owner)?,
            request: AuthorizationRequest {
                platform: PlatformId::from_checked(shape.s_pappid),
                order_id: known(stored, "the key", OrderId::parse(&stored.key.id).ok())?,
                money_fen: shape.money_fen,
                timestamp: shape.timestamp,
                source: known(stored, "source", Source::parse(&shape.source))?,
                redirect_url: shape.redirect_url,
                page_type: known(stored, "page_type", PageType::from_number(shape.page_type))?,
                asked_by: stored_appid(stored, "asked_by", &shape.asked_by)?,
            },
            offered_at: at(shape.offered_at_ms),
            state: shape.state.state(stored)?,
        })
    }
}

// ---- people --------------------------------------------------------------------------------

#[derive(Serialize, Deserialize)]
struct UserShape {
    name: String,
    #[serde(default)]
    default_title: Option<String>,
}

impl Record for User {
    const KIND: Kind = Kind::User;

    fn encode(&self) -> String {
        let default_title = self.default_title.clone();
        encode(&UserShape { name: self.name.clone(), default_title })
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        let UserShape { name, default_title } = decode(stored)?;
        let id = known(stored, "the key", UserId::parse(&stored.key.owner))?;
        Ok(Self { id, name, default_title })
    }
}

impl Record for BookEntry {
    const KIND: Kind = Kind::BookEntry;

    fn encode(&self) -> String {
        encode(&TitleShape::from(&self.title))
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        Ok(Self {
            user: known(stored, "the key", UserId::parse(&stored.key.owner))?,
            id: stored.key.id.clone(),
            title: decode::<TitleShape>(stored)?.into(),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct MessageShape {
    merchant: String,
    order_id: String,
    sent_at_ms: i64,
    reason: String,
    url: String,
}

impl Record for RejectionMessage {
    const KIND: Kind = Kind::Message;

    fn encode(&self) -> String {
        encode(&MessageShape {
            merchant: self.merchant.to_string(),
            order_id: self.order_id.to_string(),
            sent_at_ms: self.sent_at.unix_millis(),
            reason: self.reason.clone(),
            url: self.url.clone(),
        })
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        let shape: MessageShape = decode(stored)?;
        Ok(Self {
            user: known(stored, "the key", UserId::parse(&stored.key.owner))?,
            merchant: stored_appid(stored, "merchant", &shape.merchant)?,
            order_id: known(stored, "order_id", OrderId::parse(&shape.order_id).ok())?,
            sent_at: at(shape.sent_at_ms),
            reason: shape.reason,
            url: shape.url,
        })
    }
}

// ---- the server's own facts ----------------------------------------------------------------

/// How far the sandbox's clock runs ahead, in seconds; stored, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockOffset {
    /// Seconds ahead of the machine's clock.
    pub ahead_s: u64,
}

impl ClockOffset {
    /// Its key.
    pub fn key() -> Key {
        server_key("clock_offset")
    }
}

impl Record for ClockOffset {
    const KIND: Kind = Kind::Server;

    fn encode(&self) -> String {
        encode(self)
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        decode(stored)
    }
}

/// Which server key and which mode the store was made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Founding {
    /// `Keys::fingerprint`: another server key could not check this store's secrets.
    pub key_fingerprint: String,
    /// "sandbox" or "production": a sandbox's accounts never turn into production's.
    pub mode: String,
}

impl Founding {
    /// Its key.
    pub fn key() -> Key {
        server_key("founding")
    }
}

impl Record for Founding {
    const KIND: Kind = Kind::Server;

    fn encode(&self) -> String {
        encode(self)
    }

    fn decode(stored: &Stored) -> Result<Self, ReadError> {
        decode(stored)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn merchant() -> AppId {
        AppId::parse("wx6b61697069616f31").unwrap()
    }

    fn user() -> UserId {
        UserId::parse("amy").unwrap()
    }

    pub(crate) fn reads_back<T: Record + PartialEq + core::fmt::Debug>(key: Key, value: &T) {
        let stored = Stored { key, version: 1, body: value.encode().into() };
        assert_eq!(T::decode(&stored).as_ref(), Ok(value), "{}", stored.body);
    }

    fn title() -> InvoiceTitle {
        InvoiceTitle::Company(CompanyTitle {
            title: "公司".into(),
            tax_no: "1".into(),
            addr: "2".into(),
            phone: "3".into(),
            bank_type: "4".into(),
            bank_no: "5".into(),
            custom: vec![CustomValue { key: "k".into(), value: "v".into() }],
        })
    }

    fn order(state: OrderState) -> Order {
        Order {
            merchant: merchant(),
            request: AuthorizationRequest {
                platform: PlatformId::from_checked("p".into()),
                order_id: OrderId::parse("中/1").unwrap(),
                money_fen: 11,
                timestamp: u32::MAX,
                source: Source::Wap,
                redirect_url: "http://x".into(),
                page_type: PageType::Collect,
                asked_by: AppId::parse("wx6b61697069616f34").unwrap(),
            },
            offered_at: at(5),
            state,
        }
    }

    #[test]
    fn every_record_reads_back() {
        let account = Account {
            appid: merchant(),
            role: Role::MobileApp,
            name: "n".into(),
            original_id: "gh_1".into(),
            secret: SecretHash([200; 32]),
            bound_to: Some(merchant()),
            platform_id: Some(PlatformId::from_checked("p".into())),
            merchant_api: false,
        };
        reads_back(account_key(&merchant()), &account);
        reads_back(contact_key(&merchant()), &Contact { phone: "1".into(), time_out: 2 });
        for (mode, aes_key) in [(PushMode::Plain, None), (PushMode::Safe, Some(Sealed("k".into())))]
        {
            let token = Sealed("t".into());
            let callback = Callback { url: "http://x".into(), mode, token, aes_key };
            reads_back(callback_key(&merchant()), &callback);
        }
        let custom = vec![CustomField { key: "k".into(), is_required: true, notice: "n".into() }];
        let mut fields = PageFields::never_set();
        fields.personal.phone = FieldRule::Optional;
        fields.personal.custom.clone_from(&custom);
        fields.company.custom = custom;
        reads_back(page_fields_key(&merchant()), &fields);
        let family = TokenFamily::default().issue_classic(at(1)).issue_classic(at(2));
        reads_back(token_family_key(&merchant(), Family::Classic), &family);
        let forced = family.force_stable(at(3)).unwrap();
        reads_back(token_family_key(&merchant(), Family::Stable), &forced);
        for default_title in [None, Some("1".to_owned())] {
            reads_back(user_key(&user()), &User { id: user(), name: "艾米".into(), default_title });
        }
        let entry = BookEntry { user: user(), id: "1".into(), title: title() };
        reads_back(book_entry_key(&user(), "1"), &entry);
        let message = RejectionMessage {
            user: user(),
            merchant: merchant(),
            order_id: OrderId::parse("1").unwrap(),
            sent_at: at(9),
            reason: "r".into(),
            url: "http://x".into(),
        };
        reads_back(message_key(&message), &message);
        reads_back(ClockOffset::key(), &ClockOffset { ahead_s: 7 });
    }

    #[test]
    fn an_order_reads_back_in_every_state() {
        let openid = OpenId::from_checked("o1".into());
        let decline = Decline { user: user(), openid: openid.clone(), at: at(6) };
        let personal =
            InvoiceTitle::Personal(PersonalTitle { title: "t".into(), ..Default::default() });
        let yes = |title| Authorization {
            user: user(),
            openid: openid.clone(),
            at: at(7),
            title,
            used_by: None,
        };
        let mut used = yes(None);
        used.used_by = Serial::parse("2ff836发/1");
        let rejected = |decided| OrderState::Rejected {
            decided,
            reason: RejectionReason { reason: "r".into(), url: String::new() },
            at: at(8),
        };
        let states = [
            OrderState::Offered,
            OrderState::Declined(decline.clone()),
            OrderState::Authorized(yes(Some(title()))),
            OrderState::Authorized(yes(None)),
            OrderState::Authorized(used.clone()),
            rejected(UserDecision::Authorized(used)),
            rejected(UserDecision::Authorized(yes(Some(personal)))),
            rejected(UserDecision::Declined(decline)),
        ];
        for state in states {
            let order = order(state);
            reads_back(order_key(&order.key()), &order);
        }
    }

    #[test]
    fn a_body_of_another_program_is_corrupt_and_names_the_record() {
        let stored =
            Stored { key: contact_key(&merchant()), version: 1, body: "{\"phone\":1}".into() };
        let text = Contact::decode(&stored).unwrap_err().to_string();
        assert!(text.starts_with("contacts wx6b61697069616f31/ cannot be read"), "{text}");
    }
}
