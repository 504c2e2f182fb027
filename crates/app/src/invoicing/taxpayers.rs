//! The taxpayers of merchants, and the ranges of numbers that are allotted to them.

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::get;
use jiff::tz::{Offset, TimeZone};
use kaipiao_domain::access::account::{Account, AppId, Role};
use kaipiao_domain::invoicing::content::ContentProblem;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_number::NumberRange;
use kaipiao_domain::invoicing::merchant_code::MerchantCode;
use kaipiao_domain::invoicing::party::Party;
use kaipiao_domain::invoicing::taxpayer::Taxpayer;
use kaipiao_domain::{Refusal, Timestamp, text};
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::record::{Expect, Kind, Save};
use kaipiao_ports::store::Page;
use kaipiao_records::invoicing::invoice_number::NumberRegister;
use kaipiao_records::invoicing::number_range::number_range_key;
use kaipiao_records::invoicing::taxpayer::taxpayer_key;
use kaipiao_records::record::{self, Versioned};
use std::collections::HashMap;

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

/// Numbers that the sandbox allots at once.
const SANDBOX_RANGE: u64 = 1_000_000;
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

/// What saves a merchant's taxpayer and the ranges that are new. 72031 names what is wrong.
/// Without any range for its face, the sandbox allots one.
pub(crate) async fn saves_for(
    app: &App,
    account: &Account,
    spec: &TaxpayerSpec,
) -> Result<Vec<Save>, TaxpayerError> {
    if account.role != Role::Merchant {
        let problem = format!("does not fit a {} account", account.role.name());
        return Err(Refusal::invalid("merchant", problem).into());
    }
    let key = taxpayer_key(&account.appid);
    let before = record::get::<Taxpayer>(&*app.store, &key).await.map_err(Failure::from)?;
    let taxpayer = compose(&account.appid, spec, before.as_ref().map(|before| &before.value))?;
    let can_print = |c: char| app.renderer.can_print(c);
    taxpayer.check(can_print).map_err(TaxpayerError::Content)?;
    let mut saves = Vec::new();
    if before.as_ref().map(|before| &before.value) != Some(&taxpayer) {
        let expect = Versioned::expect(before.as_ref());
        saves.push(record::save(key, expect, &taxpayer));
    }
    let ranges = new_ranges(app, &taxpayer, spec).await?;
    if !ranges.is_empty() {
        saves.push(register(app).await?);
    }
    let range = |range: &NumberRange| record::save(number_range_key(range), Expect::Absent, range);
    saves.extend(ranges.iter().map(range));
    Ok(saves)
}

fn china_year(at: Timestamp) -> i16 {
    let instant = jiff::Timestamp::from_millisecond(at.unix_millis());
    let instant = instant.expect("the domain's clock is within jiff's ten thousand years");
    instant.to_zoned(TimeZone::fixed(Offset::constant(8))).year()
}

/// The ranges that a merchant has not got yet, checked against everybody's.
async fn new_ranges(
    app: &App,
    taxpayer: &Taxpayer,
    spec: &TaxpayerSpec,
) -> Result<Vec<NumberRange>, Failure> {
    let mut all = all_ranges(app).await?;
    let before = all.len();
    for asked in &spec.numbers {
        let range = asked.range(&taxpayer.merchant)?;
        if !all.iter().any(|known| is_same(known, &range)) {
            check_free(&all, &range)?;
            all.push(range);
        }
    }
    let is_own =
        |range: &NumberRange| range.merchant == taxpayer.merchant && range.face == taxpayer.face;
    if app.settings.issuing.allots_numbers && !all.iter().any(is_own) {
        all.push(sandbox_range(taxpayer, &all, china_year(app.now()))?);
    }
    Ok(all.split_off(before))
}

/// Counts an allotment: of two nodes that allot at the same time one sees the other.
async fn register(app: &App) -> Result<Save, Failure> {
    let key = NumberRegister::key();
    let found = record::get::<NumberRegister>(&*app.store, &key).await?;
    let expect = Versioned::expect(found.as_ref());
    let changes = found.map_or(0, |found| found.value.changes) + 1;
    Ok(record::save(key, expect, &NumberRegister { changes }))
}

/// Everybody's ranges.
async fn all_ranges(app: &App) -> Result<Vec<NumberRange>, Failure> {
    let page = Page::by_key(Kind::NumberRange, None, 1_000_000);
    Ok(record::list(&*app.store, &page).await?)
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

fn is_same(one: &NumberRange, other: &NumberRange) -> bool {
    number_range_key(one) == number_range_key(other) && one.last == other.last
}

fn check_free(all: &[NumberRange], range: &NumberRange) -> Result<(), Refusal> {
    let Some(known) = all.iter().find(|known| known.overlaps(range)) else { return Ok(()) };
    let (whose, first, last) = (&known.merchant, known.first, known.last);
    let problem = format!("shares numbers with {first} to {last} of {whose}");
    Err(Refusal::invalid("merchant.numbers", problem))
}

/// The sandbox's next range for a merchant: a million numbers behind all that are allotted below
/// one of Shenzhen's codes.
fn sandbox_range(
    taxpayer: &Taxpayer,
    all: &[NumberRange],
    year: i16,
) -> Result<NumberRange, Refusal> {
    let codes: Vec<String> = match taxpayer.face {
        Face::Classic => {
            (1..=999).map(|batch| format!("04403{:02}{batch:03}11", year % 100)).collect()
        }
        Face::Digital => (0..=9).map(|channel| format!("95{}", (channel + 2) % 10)).collect(),
    };
    let mut highest: HashMap<&str, u64> = HashMap::new();
    for range in all {
        let last = highest.entry(&range.code).or_default();
        *last = range.last.max(*last);
    }
    for code in &codes {
        let first = highest.get(&**code).map_or(1, |last| last + 1);
        let last = first.saturating_add(SANDBOX_RANGE - 1);
        let (merchant, face) = (taxpayer.merchant.clone(), taxpayer.face);
        // Refused where the code has no more room.
        if let Ok(range) = NumberRange::new(merchant, face, code, first, last) {
            return Ok(NumberRange { is_automatic: true, ..range });
        }
    }
    let problem = "must be given: every range that the sandbox could allot is taken";
    Err(Refusal::invalid("merchant.numbers", problem))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sandbox_allots_behind_all_that_is_taken_and_says_when_nothing_is_left() {
        let merchant = AppId::parse("wx6b61697069616f31").unwrap();
        let mut taxpayer = Taxpayer {
            merchant: merchant.clone(),
            code: MerchantCode::parse("2ff836").unwrap(),
            party: Party::default(),
            face: Face::Digital,
        };
        let taken = |face, code: &str, last| {
            NumberRange::new(merchant.clone(), face, code, 1, last).unwrap()
        };
        let mut all = vec![taken(Face::Digital, "952", 999_999_999_999_999)];
        let range = sandbox_range(&taxpayer, &all, 2026).unwrap();
        assert_eq!((&*range.code, range.first, range.last), ("953", 1, 1_000_000));
        let codes = (0..10).map(|c| taken(Face::Digital, &format!("95{c}"), 999_999_999_999_999));
        all.extend(codes);
        let refusal = sandbox_range(&taxpayer, &all, 2026).unwrap_err();
        assert!(refusal.detail.contains("is taken"), "{refusal}");
        taxpayer.face = Face::Classic;
        let all = [taken(Face::Classic, "044032600111", 98_500_000)];
        let range = sandbox_range(&taxpayer, &all, 2026).unwrap();
        assert_eq!(
            (&*range.code, range.first, range.last),
            ("044032600111", 98_500_001, 99_500_000)
        );
        let all = [range];
        assert_eq!(sandbox_range(&taxpayer, &all, 2026).unwrap().code, "044032600211");
    }
}
