//! The account that a listing is of, as its first filter; or whoever calls and receives: an account or a pay merchant.

use crate::console::Console;
use crate::frame::Frame;
use crate::parts::{Filter, Flash, Input, Tone};
use crate::seat::Seat;
use axum::response::Response;
use kaipiao_app::access::{accounts, sight};
use kaipiao_domain::access::account::{Account, AppId, Role};
use kaipiao_domain::payment::pay_merchant::MchId;

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
    /// Of all accounts that the user may see.
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

/// Who was chosen of those who call and receive: an appid, or a pay merchant's mchid.
pub(crate) struct PartyChoice<'a> {
    /// Whom the listing is of; None: whomever the user may see.
    pub(crate) names: Option<Vec<String>>,
    pub(crate) filter: Filter<'a>,
    /// What must be said where only some could be meant.
    pub(crate) note: Option<Flash>,
}

impl PartyChoice<'_> {
    /// The one that was chosen, or is the only one; None: several, or all.
    pub(crate) fn one(&self) -> Option<&String> {
        match self.names.as_deref() {
            Some([one]) => Some(one),
            _ => None,
        }
    }
}

/// Which account or pay merchant `appid` of the address names. One that the user may not see is absent to them. Without a
/// choice a listing is of all, `is_of_one` of a developer's first: it cannot be of several.
pub(crate) async fn chosen_party<'a>(
    console: &Console,
    seat: &'a Seat,
    is_of_one: bool,
) -> Result<PartyChoice<'a>, Response> {
    let frame = &seat.frame;
    let named = seat.query.get("appid").trim().to_owned();
    let accounts = offered(console, seat, Reach::AllAccounts).await?;
    let merchants = sight::pay_merchants_seen(&console.app, &seat.role).await;
    let merchants = merchants.map_err(|failure| seat.failed(&failure))?;
    let are_few = accounts.is_some() && merchants.are_all;
    let mut all: Vec<(String, String)> = accounts
        .into_iter()
        .flatten()
        .map(|one| (one.appid.to_string(), one.name))
        .chain(merchants.first.into_iter().map(|one| (one.mchid.to_string(), one.name)))
        .collect();
    let names = match (&*named, seat.role.is_operator()) {
        ("", true) => None,
        ("", false) if is_of_one => {
            Some(all.first().map(|(name, _)| name.clone()).into_iter().collect())
        }
        ("", false) => Some(all.iter().map(|(name, _)| name.clone()).collect()),
        (name, _) => Some(vec![seen_party(console, seat, name).await?]),
    };
    let has_all = seat.role.is_operator() || !is_of_one;
    if has_all {
        all.insert(0, (String::new(), frame.t("全部", "All").to_owned()));
    }
    // One that is seen by way of another, as an app by its merchant, is offered once it was named.
    if !named.is_empty() && all.iter().all(|(name, _)| *name != named) {
        all.push((named.clone(), named.clone()));
    }
    let is_cut = !are_few && !seat.role.is_operator() && named.is_empty();
    let note = is_cut.then(|| too_many(frame));
    let input = if are_few { Input::Choice(all) } else { Input::Text("wx… / mchid") };
    let label = frame.t("账号或商户号", "Account or pay merchant");
    Ok(PartyChoice { names, filter: Filter { name: "appid", label, value: named, input }, note })
}

/// What is said where pay merchants are too many to be offered by name.
pub(crate) fn too_many(frame: &Frame) -> Flash {
    let words = frame.t(
        "支付商户较多：请输入商户号再筛选。",
        "There are more pay merchants than can be offered here: type the mchid.",
    );
    Flash::new(Tone::Wait, words)
}

/// The name of an account or a pay merchant, if this user may see what it calls and receives; the page for everything else.
pub(crate) async fn seen_party(
    console: &Console,
    seat: &Seat,
    name: &str,
) -> Result<String, Response> {
    let is_seen = sight::sees(&console.app, &seat.role, name).await;
    let is_name = AppId::parse(name).is_some() || MchId::parse(name).is_some();
    match is_seen.map_err(|failure| seat.failed(&failure))? && is_name {
        true => Ok(name.to_owned()),
        false => Err(seat.frame.not_found()),
    }
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
