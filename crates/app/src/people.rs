//! Users, their title books and their messages.

use crate::{App, Failure};
use kaipiao_domain::account::AppId;
use kaipiao_domain::message::RejectionMessage;
use kaipiao_domain::user::{BookEntry, OpenId, User, UserId};
use kaipiao_seams::records;
use kaipiao_seams::store::{Kind, Page, PageOrder};
use kaipiao_wire::openid;

/// So many users, book entries or messages are shown at most.
const SHOWN: usize = 1000;

impl App {
    /// All users, by id.
    pub async fn users(&self) -> Result<Vec<User>, Failure> {
        let order = PageOrder::Ascending;
        let page = Page { kind: Kind::User, owner: None, after: None, order, limit: SHOWN };
        Ok(records::list(&*self.store, &page).await?)
    }

    /// A user's title book.
    pub async fn title_book(&self, user: &UserId) -> Result<Vec<BookEntry>, Failure> {
        Ok(records::list(&*self.store, &owned(Kind::BookEntry, user, PageOrder::Ascending)).await?)
    }

    /// A user's newest service messages, newest first.
    pub async fn messages(&self, user: &UserId) -> Result<Vec<RejectionMessage>, Failure> {
        Ok(records::list(&*self.store, &owned(Kind::Message, user, PageOrder::Descending)).await?)
    }

    /// A user's openid under an account.
    pub fn openid(&self, appid: &AppId, user: &UserId) -> OpenId {
        openid::make(&self.keys, appid, user)
    }
}

fn owned(kind: Kind, user: &UserId, order: PageOrder) -> Page {
    Page { kind, owner: Some(user.as_str().to_owned()), after: None, order, limit: SHOWN }
}
