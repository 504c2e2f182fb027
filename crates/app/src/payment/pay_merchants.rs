//! Pay merchants as an operator adds and changes them: in the config file, and through the admin API.

use crate::access::accounts;
use crate::app::App;
use crate::failure::Failure;
use crate::listing::{self, Ask, Listing};
use crate::store_access::{busy, commit, get};
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::delivery::push::Sealed;
use kaipiao_domain::payment::pay_merchant::{MchId, PayMerchant, PlatformLink, check_key};
use kaipiao_domain::payment::payments::PayKey;
use kaipiao_domain::{Refusal, text};
use kaipiao_ports::errors::CommitError;
use kaipiao_ports::record::{Kind, Save};
use kaipiao_ports::store::{Commit, PageOrder};
use kaipiao_records::payment::pay_merchant::pay_merchant_key;
use kaipiao_records::record::{self, Versioned};
use std::collections::HashMap;

/// A pay merchant as an operator writes it. What is left out keeps its value, or takes its default.
#[derive(Clone, Default)]
pub struct PayMerchantSpec {
    /// Its id: 1 to 32 digits.
    pub mchid: String,
    /// Its name, as payers see it; default: its id.
    pub name: Option<String>,
    /// 32 letters and digits; default: a new random one.
    pub key: Option<String>,
    /// The appids of the accounts that are bound to it; default: none.
    pub accounts: Option<Vec<String>>,
    /// The mchids of the pay merchants that it takes payments for; default: none.
    pub sub_merchants: Option<Vec<String>>,
}

/// What saving a pay merchant did.
pub struct Saved {
    /// The pay merchant as it is now.
    pub pay_merchant: PayMerchant,
    /// Was it new?
    pub is_new: bool,
    /// The key that was made for it: returned once, kept only sealed.
    pub new_key: Option<String>,
}

/// The pay merchant with that id.
pub async fn find(app: &App, mchid: &MchId) -> Result<Option<PayMerchant>, Failure> {
    get(app, &pay_merchant_key(mchid)).await
}

/// Pay merchants by id.
pub async fn list(
    app: &App,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<PayMerchant>, Failure> {
    let ask = Ask { owner: None, after, order: PageOrder::Ascending, limit };
    listing::list(app, Kind::PayMerchant, ask).await
}

/// Pay merchants that are read at once, and pages of so many that are looked through.
const MOST_READ: usize = 500;
const MOST_PAGES: usize = 20;

/// Pay merchants of which something is so.
pub struct Found {
    /// The first of them, by their ids.
    pub first: Vec<PayMerchant>,
    /// Whether there are no others.
    pub are_all: bool,
}

/// The pay merchants of which something is so, `most` of them at most. Ten thousand are looked at.
pub async fn find_all(
    app: &App,
    most: usize,
    is_so: impl Fn(&PayMerchant) -> bool,
) -> Result<Found, Failure> {
    let (mut found, mut after) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let page = list(app, after.as_deref(), MOST_READ).await?;
        found.extend(page.items.into_iter().filter(&is_so));
        after = page.next;
        if after.is_none() || found.len() > most {
            break;
        }
    }
    let are_all = after.is_none() && found.len() <= most;
    found.truncate(most);
    Ok(Found { first: found, are_all })
}

/// Adds a pay merchant, or changes the one with the same id. 72031 names what is wrong, and then nothing has
/// changed. A merchant none of whose accounts is bound to it any more has it linked no more.
pub async fn save(app: &App, spec: &PayMerchantSpec) -> Result<Saved, Failure> {
    write(app, spec, |_| Ok(())).await
}

/// Adds a pay merchant as [`save`] does. 72031 also where there is one of its mchid, which then stays as it is.
pub async fn add(app: &App, spec: &PayMerchantSpec) -> Result<Saved, Failure> {
    let is_taken = || Refusal::invalid("mchid", "is another pay merchant's already");
    write(app, spec, |saved| if saved.is_new { Ok(()) } else { Err(is_taken()) }).await
}

async fn write(
    app: &App,
    spec: &PayMerchantSpec,
    check: impl Fn(&Saved) -> Result<(), Refusal>,
) -> Result<Saved, Failure> {
    for _ in 0..ATTEMPTS {
        let (saved, save) = change(app, spec, &HashMap::new()).await?;
        check(&saved)?;
        match commit(app, Commit::of(save.into_iter().collect())).await {
            Ok(()) => return Ok(saved),
            Err(CommitError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(busy())
}

/// Attempts before a save gives up: two operators write the same pay merchant, or merchants link it meanwhile.
const ATTEMPTS: usize = 20;

/// What saves a pay merchant, beside accounts that are saved with it; None: it is there already.
pub(crate) async fn change(
    app: &App,
    spec: &PayMerchantSpec,
    beside: &HashMap<AppId, Account>,
) -> Result<(Saved, Option<Save>), Failure> {
    let mchid = MchId::checked("mchid", &spec.mchid)?;
    if let Some(key) = &spec.key {
        check_key(key)?;
    }
    let accounts = match &spec.accounts {
        Some(accounts) => Some(known_accounts(app, accounts, beside).await?),
        None => None,
    };
    let sub_merchants = spec.sub_merchants.as_deref().map(known_numbers).transpose()?;
    let key = pay_merchant_key(&mchid);
    let found = record::get_fresh::<PayMerchant>(&*app.store, &key).await?;
    let before = found.as_ref().map(|found| &found.value);
    let (mut pay_merchant, new_key) = compose(app, &mchid, spec, accounts, before);
    if let Some(sub_merchants) = sub_merchants {
        pay_merchant.sub_merchants = sub_merchants;
    }
    pay_merchant.check()?;
    let save = (before != Some(&pay_merchant))
        .then(|| record::save(key, Versioned::expect(found.as_ref()), &pay_merchant));
    Ok((Saved { pay_merchant, is_new: found.is_none(), new_key }, save))
}

/// The key that requests of a pay merchant are signed with. Never printed.
pub fn open_key(app: &App, pay_merchant: &PayMerchant) -> Result<String, Failure> {
    let PayMerchant { mchid, key, .. } = pay_merchant;
    app.keys.unseal(mchid.as_str(), &key.0).ok_or_else(|| {
        Failure::Damaged(format!("the key of pay merchant {mchid} was sealed by another key"))
    })
}

/// The key that signs for a pay merchant: its own, or the one that getsignkey gives. Never printed.
pub fn signing_key(app: &App, pay_merchant: &PayMerchant, key: PayKey) -> Result<String, Failure> {
    match key {
        PayKey::Own => open_key(app, pay_merchant),
        PayKey::Sandbox => Ok(app.keys.pay_sandbox_key(pay_merchant.mchid.as_str())),
    }
}

fn compose(
    app: &App,
    mchid: &MchId,
    spec: &PayMerchantSpec,
    accounts: Option<Vec<Account>>,
    before: Option<&PayMerchant>,
) -> (PayMerchant, Option<String>) {
    let new_key = (spec.key.is_none() && before.is_none())
        .then(|| base16ct::lower::encode_string(&app.random::<16>()));
    let key = match (spec.key.as_ref().or(new_key.as_ref()), before) {
        // Sealing is random: the same key again is no change.
        (Some(key), Some(before)) if open_key(app, before).is_ok_and(|known| known == *key) => {
            before.key.clone()
        }
        (Some(key), _) => Sealed(app.keys.seal(mchid.as_str(), key, app.random())),
        (None, before) => before.expect("a new one has a new key").key.clone(),
    };
    let name = spec.name.clone().or_else(|| before.map(|before| before.name.clone()));
    let (accounts, link) = match (accounts, before) {
        (Some(accounts), before) => {
            let link = before.and_then(|before| before.link.clone());
            let is_bound = |link: &PlatformLink| {
                accounts.iter().any(|account| *account.merchant() == link.merchant)
            };
            let link = link.filter(is_bound);
            (accounts.into_iter().map(|account| account.appid).collect(), link)
        }
        (None, Some(before)) => (before.accounts.clone(), before.link.clone()),
        (None, None) => (Vec::new(), None),
    };
    let pay_merchant = PayMerchant {
        mchid: mchid.clone(),
        name: name.unwrap_or_else(|| mchid.to_string()),
        key,
        accounts,
        sub_merchants: before.map(|before| before.sub_merchants.clone()).unwrap_or_default(),
        link,
    };
    (pay_merchant, new_key)
}

/// The mchids of a list, each once. They may be added later: a payment for one that is not there is refused.
fn known_numbers(texts: &[String]) -> Result<Vec<MchId>, Refusal> {
    let mut numbers = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        let number = MchId::checked(format!("sub_merchants[{place}]"), text)?;
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

/// The accounts of a list, each once.
async fn known_accounts(
    app: &App,
    texts: &[String],
    beside: &HashMap<AppId, Account>,
) -> Result<Vec<Account>, Failure> {
    let mut accounts: Vec<Account> = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        let unknown = || {
            let problem =
                format!("names {}, which is no account of this server", text::quoted(text));
            Refusal::invalid(format!("accounts[{place}]"), problem)
        };
        let appid = AppId::parse(text).ok_or_else(unknown)?;
        let account = match beside.get(&appid) {
            Some(account) => account.clone(),
            None => accounts::find(app, &appid).await?.ok_or_else(unknown)?,
        };
        if !accounts.contains(&account) {
            accounts.push(account);
        }
    }
    Ok(accounts)
}
