//! The account that a listing is of, as its first filter.

use crate::console::Console;
use crate::parts::{Filter, Flash, Input, Tone};
use crate::seat::Seat;
use axum::response::Response;
use kaipiao_app::access::accounts;
use kaipiao_domain::access::account::{Account, AppId, Role};

/// Accounts that are offered by name; where there are more, an appid is typed.
const MOST_OFFERED: usize = 100;

/// The account that was chosen, and the filter that chooses.
pub(crate) struct Choice<'a> {
    /// None: all that the user may see (or there is no account at all).
    pub(crate) appid: Option<AppId>,
    pub(crate) filter: Filter<'a>,
    /// What must be said where nothing could be chosen.
    pub(crate) note: Option<Flash>,
}

/// Whether a listing is of one account, or also of all at once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Of one merchant: without a choice the first.
    OneMerchant,
    /// Of one account, an operator's also of all: a developer's without a choice of the first.
    OneOrOperatorsAll,
    /// Of one account, or of all that the user may see.
    AllAccounts,
}

/// Which account `appid` of the address names. One that the user may not see is absent to them.
pub(crate) async fn chosen<'a>(
    console: &Console,
    seat: &'a Seat,
    reach: Reach,
) -> Result<Choice<'a>, Response> {
    let frame = &seat.frame;
    let named = seat.query.get("appid").trim().to_owned();
    let offered = offered(console, seat, reach).await?;
    let label = frame.t("账号", "Account");
    let has_all = match reach {
        Reach::OneMerchant => false,
        Reach::OneOrOperatorsAll => seat.role.is_operator(),
        Reach::AllAccounts => true,
    };
    let first = || offered.as_ref()?.first().map(|one| one.appid.clone());
    let appid = match &*named {
        "" if has_all => None,
        "" => first(),
        named => Some(seat.account(console, named).await?.appid),
    };
    let note = (appid.is_none() && !has_all && offered.is_none()).then(|| {
        let words = frame.t(
            "账号较多：请输入账号的 appid 再筛选。",
            "There are more accounts than can be offered here: type the account's appid.",
        );
        Flash::new(Tone::Wait, words)
    });
    let input = match &offered {
        None => Input::Text("wx…"),
        Some(offered) => {
            let all = (String::new(), frame.t("全部", "All").to_owned());
            let all = has_all.then_some(all);
            let name = |one: &Account| (one.appid.to_string(), one.name.clone());
            Input::Choice(all.into_iter().chain(offered.iter().map(name)).collect())
        }
    };
    Ok(Choice { appid, filter: Filter { name: "appid", label, value: named, input }, note })
}

/// The accounts to choose from; None: there are too many to be offered.
async fn offered(
    console: &Console,
    seat: &Seat,
    reach: Reach,
) -> Result<Option<Vec<Account>>, Response> {
    let is_meant = |account: &Account| match reach {
        Reach::OneMerchant => account.role == Role::Merchant,
        Reach::OneOrOperatorsAll | Reach::AllAccounts => true,
    };
    let Some(bound) = seat.role.bound_to() else {
        let page = accounts::list(&console.app, None, MOST_OFFERED).await;
        let page = page.map_err(|failure| seat.failed(&failure))?;
        let few = page.next.is_none();
        return Ok(few.then(|| page.items.into_iter().filter(is_meant).collect()));
    };
    let mut found = Vec::new();
    for appid in bound {
        let account = accounts::find(&console.app, appid).await;
        found.extend(account.map_err(|failure| seat.failed(&failure))?);
    }
    found.retain(is_meant);
    Ok(Some(found))
}
