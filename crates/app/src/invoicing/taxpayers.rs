//! The taxpayers of merchants, and the ranges of numbers that are allotted to them.

use crate::app::App;
use crate::failure::Failure;
use crate::invoicing::allotments::{Allotments, china_year};
use crate::store_access::get;
use kaipiao_domain::access::account::{Account, AppId, Role};
use kaipiao_domain::invoicing::content::ContentProblem;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_number::NumberRange;
use kaipiao_domain::invoicing::merchant_code::MerchantCode;
use kaipiao_domain::invoicing::party::Party;
use kaipiao_domain::invoicing::taxpayer::Taxpayer;
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::record::{Kind, Save};
use kaipiao_ports::store::{After, Page};
use kaipiao_records::invoicing::taxpayer::taxpayer_key;
use kaipiao_records::record::{self, Versioned};

/// A merchant's taxpayer as an operator writes it. What is left out keeps its value, or takes its
/// default.
#[derive(Clone, Default)]
pub struct TaxpayerSpec {
    /// The prefix of its serials; default: the appid's last six digits.
    pub code: Option<String>,
    /// Its taxpayer id; required for a new one.
    pub tax_id: Option<String>,
    /// Its name; required for a new one.
    pub name: Option<String>,
    /// Default: none, as of the three that follow.
    pub address: Option<String>,
    /// Its phone number.
    pub phone: Option<String>,
    /// Its bank.
    pub bank: Option<String>,
    /// Its account there.
    pub bank_account: Option<String>,
    /// "classic" (default) or "digital".
    pub face: Option<String>,
    /// Ranges of numbers that are added to what was allotted before.
    pub numbers: Vec<RangeSpec>,
}

impl TaxpayerSpec {
    /// What both say of a taxpayer: what the later one leaves out stays, and ranges add up.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        Self {
            code: later.code.or(self.code),
            tax_id: later.tax_id.or(self.tax_id),
            name: later.name.or(self.name),
            address: later.address.or(self.address),
            phone: later.phone.or(self.phone),
            bank: later.bank.or(self.bank),
            bank_account: later.bank_account.or(self.bank_account),
            face: later.face.or(self.face),
            numbers: self.numbers.into_iter().chain(later.numbers).collect(),
        }
    }
}

/// A range of numbers as an operator writes it.
#[derive(Clone, Debug)]
pub struct RangeSpec {
    /// 12 digits: the code of classic invoices. 3 digits: region and channel of digital ones.
    pub code: String,
    /// The first number.
    pub first: i64,
    /// The last.
    pub last: i64,
}

/// Why a taxpayer was not saved.
#[derive(Debug, thiserror::Error)]
pub enum TaxpayerError {
    /// One of its members cannot stand.
    #[error("{}", .0.problem)]
    Content(ContentProblem),
    /// A refusal, or the store.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<Refusal> for TaxpayerError {
    fn from(refusal: Refusal) -> Self {
        Self::Failed(refusal.into())
    }
}

/// The taxpayer behind an account; 72015 when its merchant has none.
pub(crate) async fn taxpayer_of(app: &App, caller: &Account) -> Result<Taxpayer, Failure> {
    let merchant = caller.merchant();
    let found = find(app, merchant).await?;
    found.ok_or_else(|| {
        let detail = format!(
            "{merchant} has no taxpayer; set it with merchant of PUT /admin/v1/accounts/{merchant}"
        );
        Refusal::new(ErrorCode::UnauthorizedCreateInvoice, detail).into()
    })
}

/// A merchant's taxpayer.
pub async fn find(app: &App, merchant: &AppId) -> Result<Option<Taxpayer>, Failure> {
    get(app, &taxpayer_key(merchant)).await
}

/// What saves a merchant's taxpayer, if it changes; ranges that are new go to `allotments`. 72031
/// names what is wrong. Without any range for its face, the sandbox allots one.
pub(crate) async fn change(
    app: &App,
    account: &Account,
    spec: &TaxpayerSpec,
    allotments: &mut Allotments,
) -> Result<Option<Save>, TaxpayerError> {
    if account.role != Role::Merchant {
        let problem = format!("does not fit a {} account", account.role.name());
        return Err(Refusal::invalid("merchant", problem).into());
    }
    let key = taxpayer_key(&account.appid);
    let found = record::get_fresh::<Taxpayer>(&*app.store, &key).await.map_err(Failure::from)?;
    let before = found.as_ref().map(|found| &found.value);
    let taxpayer = compose(&account.appid, spec, before)?;
    let can_print = |c: char| app.renderer.can_print(c);
    taxpayer.check(can_print).map_err(TaxpayerError::Content)?;
    allot(app, &taxpayer, before, spec, allotments).await?;
    let save = || record::save(key, Versioned::expect(found.as_ref()), &taxpayer);
    Ok((before != Some(&taxpayer)).then(save))
}

async fn allot(
    app: &App,
    taxpayer: &Taxpayer,
    before: Option<&Taxpayer>,
    spec: &TaxpayerSpec,
    allotments: &mut Allotments,
) -> Result<(), Failure> {
    let mut has_own = match before {
        // Its first save of this face has allotted a range.
        Some(before) if before.face == taxpayer.face => true,
        Some(_) => has_range(app, taxpayer).await?,
        None => false,
    };
    for asked in &spec.numbers {
        let range = asked.range(&taxpayer.merchant)?;
        has_own |= range.face == taxpayer.face;
        allotments.allot(&*app.store, range).await?;
    }
    if app.settings.issuing.allots_numbers && !has_own {
        let year = china_year(app.now());
        allotments.allot_automatically(&*app.store, taxpayer, year).await?;
    }
    Ok(())
}

/// Whether a merchant has a range of its taxpayer's face. A range's key begins with its face.
async fn has_range(app: &App, taxpayer: &Taxpayer) -> Result<bool, Failure> {
    let owner = taxpayer.merchant.to_string();
    let mut page = Page::by_key(Kind::NumberRange, Some(owner.clone()), 1);
    page.after = Some(After::key(owner, format!("{}/", taxpayer.face.name())));
    let ranges: Vec<NumberRange> = record::list(&*app.store, &page).await?;
    Ok(ranges.first().is_some_and(|range| range.face == taxpayer.face))
}

impl RangeSpec {
    fn range(&self, merchant: &AppId) -> Result<NumberRange, Refusal> {
        let face = if self.code.len() == 3 { Face::Digital } else { Face::Classic };
        let number = |number: i64| u64::try_from(number).unwrap_or(0);
        let (first, last) = (number(self.first), number(self.last));
        let range = NumberRange::new(merchant.clone(), face, &self.code, first, last);
        range.map_err(|refusal| {
            Refusal::new(refusal.code, format!("merchant.numbers: {}", refusal.detail))
        })
    }
}

fn compose(
    merchant: &AppId,
    spec: &TaxpayerSpec,
    before: Option<&Taxpayer>,
) -> Result<Taxpayer, Refusal> {
    let default_code = || merchant.as_str()[12..].to_owned();
    let before_code = before.map(|before| before.code.as_str().to_owned());
    let code = spec.code.clone().or(before_code).unwrap_or_else(default_code);
    let face = match &spec.face {
        None => before.map_or(Face::Classic, |before| before.face),
        Some(name) => Face::from_name(name).ok_or_else(|| {
            let names = Face::ALL.map(Face::name).join(" or ");
            let problem = format!("must be {names}, not {}", text::quoted(name));
            Refusal::invalid("merchant.face", problem)
        })?,
    };
    let old = before.map(|before| before.party.clone()).unwrap_or_default();
    let chosen = |new: &Option<String>, old: String| new.clone().unwrap_or(old);
    Ok(Taxpayer {
        merchant: merchant.clone(),
        code: MerchantCode::parse(&code).ok_or_else(|| {
            let problem = format!("must be 6 letters and digits, not {}", text::quoted(&code));
            Refusal::invalid("merchant.code", problem)
        })?,
        party: Party {
            name: chosen(&spec.name, old.name),
            tax_id: chosen(&spec.tax_id, old.tax_id),
            address: chosen(&spec.address, old.address),
            phone: chosen(&spec.phone, old.phone),
            bank: chosen(&spec.bank, old.bank),
            bank_account: chosen(&spec.bank_account, old.bank_account),
        },
        face,
    })
}
