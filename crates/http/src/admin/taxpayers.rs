//! A merchant's taxpayer, as a part of its account.

use kaipiao_app::invoicing::taxpayers::{RangeSpec, TaxpayerSpec};
use kaipiao_domain::Refusal;
use kaipiao_domain::invoicing::taxpayer::Taxpayer;
use kaipiao_wire::object::{AtMost, Object};
use serde::Serialize;
use utoipa::ToSchema;

/// Ranges of numbers that one request allots at most.
const MAX_RANGES: usize = 1000;

/// A taxpayer as the admin API shows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaxpayerJson {
    code: String,
    nsrsbh: String,
    nsrmc: String,
    nsrdz: String,
    nsrdh: String,
    nsrbank: String,
    nsrbankid: String,
    face: &'static str,
}

impl From<Taxpayer> for TaxpayerJson {
    fn from(taxpayer: Taxpayer) -> Self {
        let party = taxpayer.party;
        Self {
            code: taxpayer.code.as_str().to_owned(),
            nsrsbh: party.tax_id,
            nsrmc: party.name,
            nsrdz: party.address,
            nsrdh: party.phone,
            nsrbank: party.bank,
            nsrbankid: party.bank_account,
            face: taxpayer.face.name(),
        }
    }
}

/// A taxpayer, as far as it is said.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
pub(crate) struct TaxpayerBody {
    /// What each fpqqlsh begins with: six characters.
    code: Option<String>,
    nsrsbh: Option<String>,
    nsrmc: Option<String>,
    nsrdz: Option<String>,
    nsrdh: Option<String>,
    nsrbank: Option<String>,
    nsrbankid: Option<String>,
    /// `classic` or `digital`.
    face: Option<String>,
    /// Ranges that are allotted besides; no two merchants share a number.
    #[schema(max_items = 1000)]
    numbers: Option<Vec<RangeBody>>,
}

/// A range of numbers.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
struct RangeBody {
    code: String,
    first: u64,
    last: u64,
}

/// Reads `merchant` of an account's body.
pub(crate) fn read_taxpayer(object: &Object) -> Result<TaxpayerSpec, Refusal> {
    let read_range = |range: &Object| {
        Ok(RangeSpec {
            code: range.required_text("code")?.into_owned(),
            first: range.required_integer("first")?,
            last: range.required_integer("last")?,
        })
    };
    Ok(TaxpayerSpec {
        code: object.optional_text("code")?,
        tax_id: object.optional_text("nsrsbh")?,
        name: object.optional_text("nsrmc")?,
        address: object.optional_text("nsrdz")?,
        phone: object.optional_text("nsrdh")?,
        bank: object.optional_text("nsrbank")?,
        bank_account: object.optional_text("nsrbankid")?,
        face: object.optional_text("face")?,
        numbers: object
            .objects("numbers", AtMost(MAX_RANGES, "ranges"))?
            .iter()
            .map(read_range)
            .collect::<Result<_, Refusal>>()?,
    })
}
