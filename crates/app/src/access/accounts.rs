//! Accounts as an operator adds and changes them: in the config file, and through the admin API.

use crate::app::App;
use crate::failure::Failure;
use crate::invoicing::allotments::Allotments;
use crate::invoicing::taxpayers;
use crate::invoicing::taxpayers::{TaxpayerError, TaxpayerSpec};
use crate::listing::{self, Ask, Listing};
use crate::signed::platform_id;
use crate::store_access::{busy, commit_unless_changed, get};
use kaipiao_domain::access::account::{Account, AppId, MAX_CALLERS, PlatformId, Role, SecretHash};
use kaipiao_domain::access::address_range::AddressRange;
use kaipiao_domain::access::permissions::{Permission, Permissions};
use kaipiao_domain::{Refusal, text};
use kaipiao_ports::record::{Kind, Save};
use kaipiao_ports::store::{Commit, PageOrder};
use kaipiao_records::access::account::account_key;
use kaipiao_records::record::{self, Versioned};
use std::collections::{BTreeMap, HashMap};

/// An account as an operator writes it. What is left out keeps its value, or takes its default.
#[derive(Clone, Default)]
pub struct AccountSpec {
    /// Its appid: `wx` and 16 lower-case hexadecimal digits.
    pub appid: String,
    /// One of `Role::ALL`'s names; required for a new account.
    pub role: Option<String>,
    /// Its name on pages; default: its appid.
    pub name: Option<String>,
    /// Default: `gh_` and the appid's last 12 digits.
    pub original_id: Option<String>,
    /// Its AppSecret; default: a new random one.
    pub secret: Option<String>,
    /// The merchant that a mini program or a mobile app is bound to.
    pub bound_to: Option<String>,
    /// The s_pappid of an account that issues invoices; platforms get one by themselves.
    pub s_pappid: Option<String>,
    /// What it may call, where that is not what its role usually may.
    pub permissions: BTreeMap<Permission, bool>,
    /// The ranges of addresses that it calls from; none: anywhere.
    pub callers: Option<Vec<String>>,
    /// A merchant's taxpayer.
    pub merchant: Option<TaxpayerSpec>,
}

impl AccountSpec {
    /// What both say of an account: what the later one leaves out stays.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        Self {
            appid: self.appid,
            role: later.role.or(self.role),
            name: later.name.or(self.name),
            original_id: later.original_id.or(self.original_id),
            secret: later.secret.or(self.secret),
            bound_to: later.bound_to.or(self.bound_to),
            s_pappid: later.s_pappid.or(self.s_pappid),
            permissions: self.permissions.into_iter().chain(later.permissions).collect(),
            callers: later.callers.or(self.callers),
            merchant: match (self.merchant, later.merchant) {
                (Some(merchant), Some(later)) => Some(merchant.then(later)),
                (merchant, later) => later.or(merchant),
            },
        }
    }
}

/// What saving an account did.
pub struct Saved {
    /// The account as it is now.
    pub account: Account,
    /// Was it new?
    pub is_new: bool,
    /// The secret that was made for it: returned once, kept only as a hash.
    pub new_secret: Option<String>,
}

/// The account with that appid.
pub async fn find(app: &App, appid: &AppId) -> Result<Option<Account>, Failure> {
    get(app, &account_key(appid)).await
}

/// Accounts by appid.
pub async fn list(
    app: &App,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Account>, Failure> {
    let ask = Ask { owner: None, after, order: PageOrder::Ascending, limit };
    listing::list(app, Kind::Account, ask).await
}

/// Adds an account, or changes the one with the same appid; a merchant's taxpayer and ranges of
/// numbers are in the same commit. 72031 names what is wrong, and then nothing has changed.
///
/// Its role and its binding stay what they were made as: orders and links belong to the
/// merchant that an app was bound to when they were made.
pub async fn save(app: &App, spec: &AccountSpec) -> Result<Saved, TaxpayerError> {
    write(app, spec, |_| Ok(())).await
}

/// Adds an account as [`save`] does. 72031 also where there is one of its appid, which then stays as it is.
pub async fn add(app: &App, spec: &AccountSpec) -> Result<Saved, TaxpayerError> {
    let is_taken = || Refusal::invalid("appid", "is another account's already");
    write(app, spec, |saved| if saved.is_new { Ok(()) } else { Err(is_taken()) }).await
}

async fn write(
    app: &App,
    spec: &AccountSpec,
    check: impl Fn(&Saved) -> Result<(), Refusal>,
) -> Result<Saved, TaxpayerError> {
    for _ in 0..ATTEMPTS {
        let mut batch = Batch::default();
        let saved = batch.add(app, spec).await?;
        check(&saved)?;
        if batch.commit(app).await? {
            return Ok(saved);
        }
    }
    Err(TaxpayerError::Failed(busy()))
}

/// Makes a new AppSecret for an account: returned once, kept only as a hash. The one before it serves no longer.
pub async fn renew_secret(app: &App, appid: &AppId) -> Result<String, TaxpayerError> {
    let secret = make_secret(app);
    let (appid, said) = (appid.to_string(), Some(secret.clone()));
    save(app, &AccountSpec { appid, secret: said, ..AccountSpec::default() }).await?;
    Ok(secret)
}

/// Why one of many accounts was not saved.
#[derive(Debug)]
pub struct NotSaved {
    /// Which of them, from 0.
    pub index: usize,
    /// What is wrong with it.
    pub error: TaxpayerError,
}

/// Saves many accounts, each named once and decided with those before it in mind, and what `also` makes of
/// them: all of it in one commit, or, if one cannot stand, nothing.
pub(crate) async fn save_all<E: From<NotSaved> + From<Failure>>(
    app: &App,
    specs: &[AccountSpec],
    also: impl AsyncFn(&HashMap<AppId, Account>) -> Result<Vec<Save>, E>,
) -> Result<(), E> {
    for _ in 0..ATTEMPTS {
        let mut batch = Batch::default();
        for (index, spec) in specs.iter().enumerate() {
            batch.add(app, spec).await.map_err(|error| NotSaved { index, error })?;
        }
        batch.saves.extend(also(&batch.accounts).await?);
        if batch.commit(app).await? {
            return Ok(());
        }
    }
    Err(busy().into())
}

/// Attempts before a save of accounts gives up. Whoever allots numbers of a code changes the code's
/// record, and one of those who do so at the same time succeeds: so this is how many can.
const ATTEMPTS: usize = 100;

/// Accounts that are saved in one commit. Each is decided with those before it in mind.
#[derive(Default)]
struct Batch {
    accounts: HashMap<AppId, Account>,
    saves: Vec<Save>,
    allotments: Allotments,
}

impl Batch {
    async fn add(&mut self, app: &App, spec: &AccountSpec) -> Result<Saved, TaxpayerError> {
        let appid = AppId::parse(&spec.appid).ok_or_else(|| {
            Refusal::invalid("appid", "must be wx and 16 lower-case hexadecimal digits")
        })?;
        if let Some(merchant) = &spec.bound_to {
            self.check_merchant(app, merchant).await?;
        }
        let key = account_key(&appid);
        let found = record::get_fresh::<Account>(&*app.store, &key).await.map_err(Failure::from)?;
        let before = found.as_ref().map(|found| &found.value);
        let (account, new_secret) = compose(app, appid.clone(), spec, before)?;
        if let Some(taxpayer) = &spec.merchant {
            let allotments = &mut self.allotments;
            let save = taxpayers::change(app, &account, taxpayer, allotments).await?;
            self.saves.extend(save);
        }
        if before != Some(&account) {
            self.saves.push(record::save(key, Versioned::expect(found.as_ref()), &account));
        }
        self.accounts.insert(appid, account.clone());
        Ok(Saved { account, is_new: found.is_none(), new_secret })
    }

    /// False: somebody else has changed one of the records.
    async fn commit(self, app: &App) -> Result<bool, Failure> {
        let saves: Vec<_> = self.saves.into_iter().chain(self.allotments.saves()).collect();
        if saves.is_empty() {
            return Ok(true);
        }
        commit_unless_changed(app, Commit::of(saves)).await
    }

    async fn check_merchant(&self, app: &App, text: &str) -> Result<(), Failure> {
        let role = match AppId::parse(text) {
            Some(appid) => match self.accounts.get(&appid) {
                Some(account) => Some(account.role),
                None => find(app, &appid).await?.map(|account| account.role),
            },
            None => None,
        };
        if role == Some(Role::Merchant) {
            return Ok(());
        }
        let problem = format!("{} is not a merchant's account", text::quoted(text));
        Err(Refusal::invalid("bound_to", problem).into())
    }
}

fn compose(
    app: &App,
    appid: AppId,
    spec: &AccountSpec,
    before: Option<&Account>,
) -> Result<(Account, Option<String>), Refusal> {
    let role = match &spec.role {
        Some(name) => Role::from_name(name).ok_or_else(|| {
            let names = Role::ALL.map(Role::name).join(", ");
            let problem = format!("must be one of {names}, not {}", text::quoted(name));
            Refusal::invalid("role", problem)
        })?,
        None => before.ok_or_else(|| Refusal::invalid("role", "is empty"))?.role,
    };
    let new_secret = (spec.secret.is_none() && before.is_none()).then(|| make_secret(app));
    let secret = match spec.secret.as_ref().or(new_secret.as_ref()) {
        Some(text) => hash_secret(app, &appid, text)?,
        None => before.expect("without a secret the account is an old one").secret,
    };
    let permissions = permissions_for(role, spec, before)?;
    let account = Account {
        role,
        name: chosen(&spec.name, before.map(|b| &b.name), || appid.to_string()),
        original_id: chosen(&spec.original_id, before.map(|b| &b.original_id), || {
            format!("gh_{}", &appid.as_str()[6..])
        }),
        secret,
        bound_to: match &spec.bound_to {
            None => before.and_then(|b| b.bound_to.clone()),
            Some(text) => Some(AppId::parse(text).ok_or_else(|| {
                Refusal::invalid("bound_to", format!("{} is not an appid", text::quoted(text)))
            })?),
        },
        platform_id: platform_id_for(app, &appid, permissions, spec, before)?,
        permissions,
        callers: match &spec.callers {
            Some(texts) => read_callers(texts)?,
            None => before.map(|before| before.callers.clone()).unwrap_or_default(),
        },
        appid,
    };
    account.check()?;
    if let Some(before) = before {
        account.check_change_of(before)?;
    }
    Ok((account, new_secret))
}

fn read_callers(texts: &[String]) -> Result<Vec<AddressRange>, Refusal> {
    if texts.len() > MAX_CALLERS {
        let problem = format!("has {} ranges, at most {MAX_CALLERS} are allowed", texts.len());
        return Err(Refusal::invalid("callers", problem));
    }
    let read = |(index, text): (usize, &String)| {
        AddressRange::parse(text).ok_or_else(|| {
            let problem =
                format!("must be an address or a range as 10.0.0.0/8, not {}", text::quoted(text));
            Refusal::invalid(format!("callers[{index}]"), problem)
        })
    };
    texts.iter().enumerate().map(read).collect()
}

fn permissions_for(
    role: Role,
    spec: &AccountSpec,
    before: Option<&Account>,
) -> Result<Permissions, Refusal> {
    let unfit = |(permission, has): &(&Permission, &bool)| **has && !role.can_have(**permission);
    if let Some((permission, _)) = spec.permissions.iter().find(unfit) {
        let problem = format!("does not fit a {} account", role.name());
        return Err(Refusal::invalid(permission.name(), problem));
    }
    let said = |permission| spec.permissions.get(&permission).copied();
    let had = |permission| before.map(|before| before.permissions.has(permission));
    Ok(role.permissions(|permission| said(permission).or_else(|| had(permission))))
}

fn platform_id_for(
    app: &App,
    appid: &AppId,
    permissions: Permissions,
    spec: &AccountSpec,
    before: Option<&Account>,
) -> Result<Option<PlatformId>, Refusal> {
    match &spec.s_pappid {
        Some(text) => match platform_id::read(text) {
            Some((id, within)) if within == *appid => Ok(Some(id)),
            _ => Err(Refusal::invalid("s_pappid", format!("does not hold {appid}"))),
        },
        None => Ok(before.and_then(|b| b.platform_id.clone()).or_else(|| {
            permissions.has(Permission::Platform).then(|| platform_id::make(&app.keys, appid))
        })),
    }
}

fn make_secret(app: &App) -> String {
    base16ct::lower::encode_string(&app.random::<16>())
}

fn hash_secret(app: &App, appid: &AppId, secret: &str) -> Result<SecretHash, Refusal> {
    if !(16..=128).contains(&secret.len()) || !secret.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Refusal::invalid("secret", "must be 16 to 128 visible ASCII characters"));
    }
    Ok(SecretHash(app.keys.hash_secret(appid.as_str(), secret)))
}

fn chosen(
    spec: &Option<String>,
    before: Option<&String>,
    default: impl FnOnce() -> String,
) -> String {
    spec.as_ref().or(before).cloned().unwrap_or_else(default)
}
