//! Users: who they are, and how accounts know them.

use crate::app::App;
use crate::failure::Failure;
use crate::listing::{self, Ask, Listing};
use crate::payment::payer_codes;
use crate::signed::openid;
use crate::store_access::{Decision, FirstTry, decide, get};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::people::user::{OpenId, User, UserId};
use kaipiao_ports::record::{Kind, Save};
use kaipiao_ports::store::PageOrder;
use kaipiao_records::people::user::user_key;

/// Users by id.
pub async fn list(app: &App, after: Option<&str>, limit: usize) -> Result<Listing<User>, Failure> {
    let ask = Ask { owner: None, after, order: PageOrder::Ascending, limit };
    listing::list(app, Kind::User, ask).await
}

/// The user with that id.
pub async fn find(app: &App, id: &UserId) -> Result<Option<User>, Failure> {
    get(app, &user_key(id)).await
}

/// Saves a user who logged in: the first time as a new one, later under the newest name.
pub async fn upsert_user(app: &App, id: &UserId, name: Option<&str>) -> Result<(), Failure> {
    save_with(app, id, name, Vec::new()).await
}

/// Adds a person to the sandbox, or renames one; pay merchants may charge their codes from then on.
pub async fn add_payer(app: &App, id: &UserId, name: Option<&str>) -> Result<(), Failure> {
    save_with(app, id, name, payer_codes::missing(app, id).await?).await
}

async fn save_with(
    app: &App,
    id: &UserId,
    name: Option<&str>,
    also: Vec<Save>,
) -> Result<(), Failure> {
    let key = user_key(id);
    decide(app, key, FirstTry::Reads, |found: Option<User>| {
        let next = match (found, name) {
            (None, name) => Some(User {
                id: id.clone(),
                name: name.unwrap_or(id.as_str()).to_owned(),
                default_title: None,
            }),
            (Some(known), Some(name)) if known.name != name => {
                Some(User { name: name.to_owned(), ..known })
            }
            (Some(_), _) => None,
        };
        Ok::<_, Failure>(Decision { also: also.clone(), ..Decision::alone(next, ()) })
    })
    .await
}

/// A user's openid under an account.
pub fn openid(app: &App, appid: &AppId, user: &UserId) -> OpenId {
    openid::make(&app.keys, appid, user)
}
