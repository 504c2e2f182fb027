//! Service messages: what merchants had to say to a user.

use crate::access::accounts;
use crate::app::App;
use crate::failure::Failure;
use kaipiao_domain::people::message::RejectionMessage;
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::store::{Kind, Page, PageOrder};
use kaipiao_records::record;

/// Messages that are shown at most.
const SHOWN: usize = 1000;

/// A message and who sent it.
#[derive(Clone, Debug)]
pub struct InboxMessage {
    /// The message.
    pub message: RejectionMessage,
    /// The merchant's name on pages.
    pub merchant_name: String,
}

/// A user's newest service messages, newest first.
pub async fn list(app: &App, user: &UserId) -> Result<Vec<RejectionMessage>, Failure> {
    let page = Page {
        kind: Kind::Message,
        owner: Some(user.as_str().to_owned()),
        after: None,
        order: PageOrder::Descending,
        limit: SHOWN,
    };
    Ok(record::list(&*app.store, &page).await?)
}

/// The same with the merchants' names.
pub async fn inbox(app: &App, user: &UserId) -> Result<Vec<InboxMessage>, Failure> {
    let mut inbox = Vec::new();
    for message in list(app, user).await? {
        let merchant = accounts::find(app, &message.merchant).await?;
        let merchant_name = merchant.map_or_else(String::new, |account| account.name);
        inbox.push(InboxMessage { message, merchant_name });
    }
    Ok(inbox)
}
