//! Under which openid an account knows a user who has paid.

use crate::app::App;
use crate::signed::openid;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::people::user::{KnownAs, OpenId, UserId};

/// The user's openid under an account: as their payment has named them under it, and otherwise this server's own.
pub(crate) fn openid_of(app: &App, appid: &AppId, user: &UserId, paid_as: &[KnownAs]) -> OpenId {
    let named = paid_as.iter().find(|known| known.appid == *appid);
    named.map_or_else(|| openid::make(&app.keys, appid, user), |known| known.openid.clone())
}

/// Whether an openid names the user: under one of these accounts, or as their payment has named them. Each account
/// knows the user by an openid of its own.
pub(crate) fn names<'a>(
    app: &App,
    openid: &str,
    user: &UserId,
    under: impl IntoIterator<Item = &'a AppId>,
    paid_as: &[KnownAs],
) -> bool {
    paid_as.iter().any(|known| known.openid.as_str() == openid)
        || under.into_iter().any(|appid| openid::make(&app.keys, appid, user).as_str() == openid)
}
