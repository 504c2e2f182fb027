//! Section 6, what the page shows before and after the user answers (facts 4.1).

use crate::authorization::s02_auth_url::order_key_of;
use crate::authorization::s06_auth_push::AnswerError;
use crate::{App, Failure};
use kaipiao_domain::Timestamp;
use kaipiao_domain::authorization::contact::Contact;
use kaipiao_domain::authorization::order::{
    AuthorizationRequest, Order, OrderState, RejectionReason, UserDecision,
};
use kaipiao_domain::authorization::page_fields::PageFields;
use kaipiao_domain::people::user::{BookEntry, User, UserId};
use kaipiao_records::authorization::contact::contact_key;
use kaipiao_wire::authorization::s02_auth_url::{
    RETURN_AUTHORIZED, RETURN_DENIED, Return, read_link, return_after,
};

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
    /// When that request came.
    pub offered_at: Timestamp,
    /// What a type 1 page asks.
    pub fields: PageFields,
    /// The user's titles, the default one first.
    pub book: Vec<BookEntry>,
    /// Where the order stands, for this user.
    pub standing: Standing,
    /// The name of the invoice that this user got for it; None: there is none yet.
    pub invoice_name: Option<String>,
}

impl AuthPage {
    /// May this user still answer?
    pub fn is_open(&self) -> bool {
        matches!(self.standing, Standing::Open | Standing::Declined { .. })
    }
}

/// Where an order stands, as one user may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// To be answered.
    Open,
    /// This user has declined it before; it may still be answered.
    Declined {
        /// Where a decline leads back to.
        back: Return,
    },
    /// This user has authorized it.
    Authorized {
        /// When.
        at: Timestamp,
        /// Where they go from here.
        back: Return,
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
}

impl App {
    /// Did this server write the link, and nobody change it since?
    pub fn is_own_link(&self, link: &str) -> bool {
        read_link(&self.keys, link).is_some()
    }

    /// What the page behind a link shows to a user.
    pub async fn auth_page(&self, link: &str, user: &User) -> Result<AuthPage, AnswerError> {
        let asked = read_link(&self.keys, link).ok_or(AnswerError::ForgedLink)?;
        let merchant_id = self.merchant_of(&asked.asked_by).await?;
        let key = order_key_of(&merchant_id, &asked.order_id);
        let order: Order = self.get(&key).await?.ok_or(AnswerError::ForgedLink)?;
        let merchant = self.account(&merchant_id).await?.ok_or(AnswerError::ForgedLink)?;
        let contact: Option<Contact> = self.get(&contact_key(&merchant_id)).await?;
        Ok(AuthPage {
            merchant_name: merchant.name,
            merchant_phone: contact.map(|contact| contact.phone).unwrap_or_default(),
            platform_name: self.platform_name(&order.request).await?,
            standing: self.standing(&order, &user.id),
            invoice_name: self.invoice_name(&order, &user.id).await?,
            offered_at: order.offered_at,
            request: order.request,
            fields: self.page_fields(&merchant_id).await?,
            book: self.title_book(user).await?,
        })
    }

    async fn invoice_name(&self, order: &Order, user: &UserId) -> Result<Option<String>, Failure> {
        let authorization = order.authorization().filter(|yes| yes.user == *user);
        match authorization.and_then(|yes| yes.used_by.as_ref()) {
            Some(serial) => self.issued_name(&order.merchant, serial).await,
            None => Ok(None),
        }
    }

    async fn platform_name(&self, request: &AuthorizationRequest) -> Result<String, Failure> {
        let known = kaipiao_wire::access::platform_id::read(request.platform.as_str());
        let account = match known {
            Some((_, appid)) => self.account(&appid).await?,
            None => None,
        };
        Ok(account.map(|account| account.name).unwrap_or_default())
    }

    fn standing(&self, order: &Order, user: &UserId) -> Standing {
        let back = |err_code| return_after(&order.request, err_code);
        match &order.state {
            OrderState::Authorized(yes) if yes.user == *user => {
                Standing::Authorized { at: yes.at, back: back(RETURN_AUTHORIZED) }
            }
            OrderState::Authorized(_) => Standing::AuthorizedByAnother,
            OrderState::Rejected { decided, reason, .. } => {
                let is_theirs = UserDecision::user(decided) == user;
                Standing::Rejected { reason: is_theirs.then(|| reason.clone()) }
            }
            OrderState::Offered | OrderState::Declined(_)
                if order.is_expired(self.settings.link_life, self.now()) =>
            {
                Standing::Expired
            }
            OrderState::Declined(no) if no.user == *user => {
                Standing::Declined { back: back(RETURN_DENIED) }
            }
            OrderState::Offered | OrderState::Declined(_) => Standing::Open,
        }
    }
}
