//! Section 6, what the page shows before and after the user answers (wire_facts 4.1).

use crate::access::accounts;
use crate::app::App;
use crate::authorization::order_key::order_key_of;
use crate::authorization::s06_auth_push::AnswerError;
use crate::authorization::{s06_auth_push, s10_get_page_fields};
use crate::concerned::concerns;
use crate::failure::Failure;
use crate::people::wallet::InvoiceProgress;
use crate::people::{titles, wallet};
use crate::signed::{platform_id, read_link};
use crate::store_access::get;
use kaipiao_domain::Timestamp;
use kaipiao_domain::authorization::authorization_request::AuthorizationRequest;
use kaipiao_domain::authorization::contact::Contact;
use kaipiao_domain::authorization::order::{Order, OrderState};
use kaipiao_domain::authorization::page_fields::PageFields;
use kaipiao_domain::authorization::rejection::RejectionReason;
use kaipiao_domain::authorization::user_decision::UserDecision;
use kaipiao_domain::people::user::{BookEntry, User, UserId};
use kaipiao_records::authorization::contact::contact_key;

/// What an authorization page shows to a user.
#[derive(Clone, Debug)]
pub struct AuthPage {
    /// The merchant's name.
    pub merchant_name: String,
    /// The merchant's contact number; empty when it took it back meanwhile.
    pub merchant_phone: String,
    /// The invoicing platform's name.
    pub platform_name: String,
    /// The newest request for the order.
    pub request: AuthorizationRequest,
    /// The time of that request.
    pub offered_at: Timestamp,
    /// What a type 1 page asks.
    pub fields: PageFields,
    /// The user's titles, the default one first.
    pub book: Vec<BookEntry>,
    /// Where the order stands, for this user.
    pub status: PageStatus,
    /// How far the invoice is that this user gets for it.
    pub progress: InvoiceProgress,
}

impl AuthPage {
    /// Whether this user may still answer.
    pub fn is_open(&self) -> bool {
        matches!(self.status, PageStatus::Open | PageStatus::Declined)
    }
}

/// Where an order stands, as one user may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageStatus {
    /// To be answered.
    Open,
    /// This user has declined it before; it may still be answered.
    Declined,
    /// This user has authorized it.
    Authorized {
        /// The time of the authorization.
        at: Timestamp,
    },
    /// Another user has.
    AuthorizedByAnother,
    /// The merchant has rejected it; the words are for the user who had answered.
    Rejected {
        /// Why, and where to go next.
        reason: Option<RejectionReason>,
    },
    /// The link's life is over.
    Expired,
    /// The payment was given back before anybody asked for an invoice.
    Refunded,
}

/// Whether this server wrote the link, and nobody has changed it since.
pub fn is_own_link(app: &App, link: &str) -> bool {
    read_link(&app.keys, link).is_some()
}

/// What the page behind a link shows to a user.
pub async fn auth_page(app: &App, link: &str, user: &User) -> Result<AuthPage, AnswerError> {
    let asked = read_link(&app.keys, link).ok_or(AnswerError::ForgedLink)?;
    let merchant_id = s06_auth_push::merchant_of(app, &asked.asked_by).await?;
    concerns(&merchant_id, &asked.order_id);
    let key = order_key_of(&merchant_id, &asked.order_id);
    let order: Order = get(app, &key).await?.ok_or(AnswerError::ForgedLink)?;
    let merchant = accounts::find(app, &merchant_id).await?.ok_or(AnswerError::ForgedLink)?;
    let contact: Option<Contact> = get(app, &contact_key(&merchant_id)).await?;
    Ok(AuthPage {
        merchant_name: merchant.name,
        merchant_phone: contact.map(|contact| contact.phone).unwrap_or_default(),
        platform_name: platform_name(app, &order.request).await?,
        status: status_for(app, &order, &user.id),
        progress: progress_for(app, &order, &user.id).await?,
        offered_at: order.offered_at,
        request: order.request,
        fields: s10_get_page_fields::page_fields(app, &merchant_id).await?,
        book: titles::title_book(app, user).await?,
    })
}

/// How far the invoice is that this user gets for the order.
async fn progress_for(app: &App, order: &Order, user: &UserId) -> Result<InvoiceProgress, Failure> {
    let authorization = order.authorization().filter(|yes| yes.user == *user);
    match authorization.and_then(|yes| yes.used_by.as_ref()) {
        Some(serial) => wallet::progress(app, &order.merchant, serial).await,
        None => Ok(InvoiceProgress::Awaited),
    }
}

async fn platform_name(app: &App, request: &AuthorizationRequest) -> Result<String, Failure> {
    let known = platform_id::read(request.platform.as_str());
    let account = match known {
        Some((_, appid)) => accounts::find(app, &appid).await?,
        None => None,
    };
    Ok(account.map(|account| account.name).unwrap_or_default())
}

fn status_for(app: &App, order: &Order, user: &UserId) -> PageStatus {
    match &order.state {
        OrderState::Authorized(yes) if yes.user == *user => PageStatus::Authorized { at: yes.at },
        OrderState::Authorized(_) => PageStatus::AuthorizedByAnother,
        OrderState::Rejected { decided, reason, .. } => {
            let is_theirs = UserDecision::user(decided) == user;
            PageStatus::Rejected { reason: is_theirs.then(|| reason.clone()) }
        }
        OrderState::Offered | OrderState::Declined(_) if order.is_refunded() => {
            PageStatus::Refunded
        }
        OrderState::Offered | OrderState::Declined(_)
            if order.is_expired(app.settings.link_life, app.now()) =>
        {
            PageStatus::Expired
        }
        OrderState::Declined(no) if no.user == *user => PageStatus::Declined,
        OrderState::Offered | OrderState::Declined(_) => PageStatus::Open,
    }
}
