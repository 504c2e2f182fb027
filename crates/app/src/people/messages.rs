//! Service messages: what merchants had to say to a user.

use crate::access::accounts;
use crate::app::App;
use crate::failure::Failure;
use crate::listing::{self, Ask, Listing};
use kaipiao_domain::people::message::RejectionMessage;
use kaipiao_domain::people::user::UserId;
use kaipiao_ports::record::Kind;
use kaipiao_ports::store::PageOrder;

/// Messages on a page of the inbox.
const PAGE: usize = 20;

/// A message and who sent it.
#[derive(Clone, Debug)]
pub struct InboxMessage {
    /// The message.
    pub message: RejectionMessage,
    /// The merchant's name on pages.
    pub merchant_name: String,
}

/// A user's service messages, newest first.
pub async fn list(
    app: &App,
    user: &UserId,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<RejectionMessage>, Failure> {
    let ask = Ask { owner: Some(user.as_str()), after, order: PageOrder::Descending, limit };
    listing::list(app, Kind::Message, ask).await
}

/// A page of a user's inbox, newest first.
pub async fn inbox(
    app: &App,
    user: &UserId,
    after: Option<&str>,
) -> Result<Listing<InboxMessage>, Failure> {
    let Listing { items, next } = list(app, user, after, PAGE).await?;
    let mut inbox = Vec::new();
    for message in items {
        let merchant = accounts::find(app, &message.merchant).await?;
        let merchant_name = merchant.map_or_else(String::new, |account| account.name);
        inbox.push(InboxMessage { message, merchant_name });
    }
    Ok(Listing { items: inbox, next })
}
