//! Section 14: makeoutinvoice. The pinyin names stand here and nowhere else.

use crate::object::{AtMost, Object};
use core::fmt;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::invoicing::content::{Content, ContentField, ContentProblem};
use kaipiao_domain::invoicing::line::{Line, LineField, LineNature, Untaxed};
use kaipiao_domain::invoicing::make_out::MakeOut;
use kaipiao_domain::invoicing::party::{Party, PartyField};
use kaipiao_domain::invoicing::requests::MakeOutRequest;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::money::{Fen, decimal, rounded_decimal};
use kaipiao_domain::refusal::Compared;
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;
use rust_decimal::Decimal;
use unicode_normalization::UnicodeNormalization;

/// What an accepted request is answered with. Clients compare the text (wire_facts 6.1 no. 10).
pub const SUCCESS: &str = "sucesss";
/// An invoice of more lines is a mistake.
const MAX_LINES: usize = 2000;

/// Members that must not be empty and have a code of their own, in the codes' order.
const REQUIRED: [(&str, ErrorCode); 12] = [
    ("wxopenid", ErrorCode::OpenidError),
    ("ddh", ErrorCode::OrderIdEmpty),
    ("fpqqlsh", ErrorCode::SerialEmpty),
    ("nsrmc", ErrorCode::TaxpayerNameEmpty),
    ("nsrdz", ErrorCode::TaxpayerAddressEmpty),
    ("nsrdh", ErrorCode::TaxpayerPhoneEmpty),
    ("ghfmc", ErrorCode::BuyerNameEmpty),
    ("kpr", ErrorCode::DrawerEmpty),
    ("jshj", ErrorCode::GrossTotalEmpty),
    ("hjje", ErrorCode::NetTotalEmpty),
    ("hjse", ErrorCode::TaxTotalEmpty),
    ("nsrsbh", ErrorCode::TaxpayerIdEmpty),
];

/// Members that may be absent but not empty.
const NOT_BLANK: [(&str, ErrorCode); 2] =
    [("kplx", ErrorCode::IssueTypeEmpty), ("hylx", ErrorCode::IndustryTypeEmpty)];

/// Reads the body, wrapped or not: first what is empty, in the codes' order, then formats
/// (72031), in the contract's order of fields.
pub fn read(body: &Object) -> Result<MakeOutRequest, Refusal> {
    let object = body.unwrapped("invoiceinfo", "fpqqlsh")?;
    check_empty(&object)?;
    let openid = trimmed(&object, "wxopenid")?;
    // Numbers of the merchant's own are taken as they stand: getauthurl took them so, too.
    let order_id = OrderId::parse(&object.text("ddh")?).map_err(|r| renamed(&r, "ddh"))?;
    let serial = read_serial(&object)?;
    check_one_of(&object, "kplx", &[0], "0, a blue invoice; clearoutinvoice offsets")?;
    check_one_of(&object, "hylx", &[0, 1], "0 or 1")?;
    let content = read_content(&object)?;
    Ok(MakeOutRequest { openid, asked: MakeOut { order_id, serial, content } })
}

fn check_empty(object: &Object) -> Result<(), Refusal> {
    let mut empty = Vec::new();
    for (name, code) in REQUIRED {
        if object.text(name)?.trim().is_empty() {
            empty.push((name, code));
        }
    }
    empty.extend(NOT_BLANK.into_iter().filter(|(name, _)| object.is_blank(name)));
    match empty.into_iter().min_by_key(|(_, code)| code.number()) {
        None => Ok(()),
        Some((name, code)) => Err(is_empty(name, code)),
    }
}

/// A member that must not be empty, with the code that says so.
pub(crate) fn is_empty(name: &str, code: ErrorCode) -> Refusal {
    Refusal::new(code, format!("{name} is empty"))
}

fn renamed(refusal: &Refusal, name: &str) -> Refusal {
    Refusal::new(refusal.code, refusal.detail.replacen("order_id", name, 1))
}

/// A text without the blanks around it.
pub(crate) fn trimmed(object: &Object, name: &str) -> Result<String, Refusal> {
    Ok(object.text(name)?.trim().to_owned())
}

/// `fpqqlsh`, which the caller knows not to be empty.
pub(crate) fn read_serial(object: &Object) -> Result<Serial, Refusal> {
    let serial = object.text("fpqqlsh")?;
    Serial::parse(&serial).ok_or_else(|| {
        let problem = format!("must be one line of at most {} characters", Serial::MAX_CHARS);
        Refusal::invalid("fpqqlsh", problem)
    })
}

fn check_one_of(object: &Object, name: &str, allowed: &[i64], words: &str) -> Result<(), Refusal> {
    match object.integer(name)? {
        Some(other) if !allowed.contains(&other) => {
            let problem = format!("must be {words}, not {}", object.shown(name));
            Err(Refusal::invalid(object.path_of(name), problem))
        }
        _ => Ok(()),
    }
}

fn read_content(object: &Object) -> Result<Content, Refusal> {
    let seller = read_party(object, &SELLER)?;
    for (name, value) in [("nsrbank", &seller.bank), ("nsrbankid", &seller.bank_account)] {
        if value.is_empty() {
            return Err(Refusal::invalid(name, "is empty"));
        }
    }
    let limited = |name, max_chars| limited(object, name, max_chars);
    let content = Content {
        seller,
        buyer: read_party(object, &BUYER)?,
        drawer: limited("kpr", 64)?,
        payee: limited("skr", 64)?,
        reviewer: limited("fhr", 64)?,
        gross: read_amount(object, "jshj")?,
        net: read_amount(object, "hjje")?,
        tax: read_amount(object, "hjse")?,
        remark: limited("bz", 400)?,
        lines: read_lines(object)?,
    };
    Ok(content)
}

/// What a party's members are called.
type PartyNames = [(PartyField, &'static str); 6];

const SELLER: PartyNames = [
    (PartyField::TaxId, "nsrsbh"),
    (PartyField::Name, "nsrmc"),
    (PartyField::Address, "nsrdz"),
    (PartyField::Phone, "nsrdh"),
    (PartyField::Bank, "nsrbank"),
    (PartyField::BankAccount, "nsrbankid"),
];

const BUYER: PartyNames = [
    (PartyField::Name, "ghfmc"),
    (PartyField::TaxId, "ghfnsrsbh"),
    (PartyField::Address, "ghfdz"),
    (PartyField::Phone, "ghfdh"),
    (PartyField::Bank, "ghfbank"),
    (PartyField::BankAccount, "ghfbankid"),
];

fn read_party(object: &Object, names: &PartyNames) -> Result<Party, Refusal> {
    let mut party = Party::default();
    for (field, name) in names {
        let place = match field {
            PartyField::Name => &mut party.name,
            PartyField::TaxId => &mut party.tax_id,
            PartyField::Address => &mut party.address,
            PartyField::Phone => &mut party.phone,
            PartyField::Bank => &mut party.bank,
            PartyField::BankAccount => &mut party.bank_account,
        };
        *place = limited(object, name, field.max_chars())?;
    }
    Ok(party)
}

/// A text that is printed: composed (NFC), line ends of any kind are line feeds, and a tab is a blank.
pub(super) fn limited(object: &Object, name: &str, max_chars: usize) -> Result<String, Refusal> {
    let value = trimmed(object, name)?;
    let value = value.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
    let value: String = value.nfc().collect();
    text::limited(object.path_of(name), &value, max_chars)?;
    Ok(value)
}

fn read_amount(object: &Object, name: &str) -> Result<Fen, Refusal> {
    let value = trimmed(object, name)?;
    Fen::parse(&value).map_err(|expected| {
        let problem = if value.is_empty() {
            "is empty".to_owned()
        } else {
            format!("{expected}, not {}", text::quoted(&value))
        };
        Refusal::invalid(object.path_of(name), problem)
    })
}

fn read_lines(object: &Object) -> Result<Vec<Line>, Refusal> {
    const NAME: &str = "invoicedetail_list";
    if object.is_blank(NAME) {
        return Err(Refusal::invalid(NAME, "is empty"));
    }
    let items = object.objects(NAME, AtMost(MAX_LINES, "lines"))?;
    if items.is_empty() {
        return Err(Refusal::invalid(NAME, "is empty, an invoice has one line at least"));
    }
    items.iter().map(read_line).collect()
}

fn read_line(item: &Object) -> Result<Line, Refusal> {
    let nature = read_nature(item)?;
    let tax_code = trimmed(item, "spbm")?;
    if tax_code.len() != 19 || !tax_code.bytes().all(|b| b.is_ascii_digit()) {
        let problem = format!("must be 19 digits, not {}", text::quoted(&tax_code));
        return Err(Refusal::invalid(item.path_of("spbm"), problem));
    }
    let name = limited(item, "xmmc", 200)?;
    if name.is_empty() {
        return Err(Refusal::invalid(item.path_of("xmmc"), "is empty"));
    }
    let (rate, untaxed) = read_rate(item)?;
    Ok(Line {
        nature,
        tax_code,
        category: None,
        name,
        unit: limited(item, "dw", 64)?,
        model: limited(item, "ggxh", 200)?,
        quantity: read_decimal(item, "xmsl", nature)?,
        unit_price: read_decimal(item, "xmdj", nature)?,
        net: read_amount(item, "xmje")?,
        rate,
        untaxed,
        tax: read_amount(item, "se")?,
    })
}

fn read_nature(item: &Object) -> Result<LineNature, Refusal> {
    let number = item.required_integer("fphxz")?;
    let nature = u8::try_from(number).ok().and_then(LineNature::from_number);
    nature.ok_or_else(|| {
        let problem = format!("must be 0, 1 or 2, not {}", item.shown("fphxz"));
        Refusal::invalid(item.path_of("fphxz"), problem)
    })
}

/// A quantity or a price. Discount lines may have none.
fn read_decimal(item: &Object, name: &str, nature: LineNature) -> Result<Option<Decimal>, Refusal> {
    let value = trimmed(item, name)?;
    if value.is_empty() && nature == LineNature::Discount {
        return Ok(None);
    }
    if value.is_empty() {
        return Err(Refusal::invalid(item.path_of(name), "is empty"));
    }
    rounded_decimal(&value).map(Some).map_err(|expected| {
        let problem = format!("{expected}, not {}", text::quoted(&value));
        Refusal::invalid(item.path_of(name), problem)
    })
}

/// A line's rate, and why no tax is due on it where `sl`, `lslbs` or `zzstsgl` says so: they must
/// agree.
fn read_rate(item: &Object) -> Result<(Decimal, Option<Untaxed>), Refusal> {
    let sl = trimmed(item, "sl")?;
    let by_rate = Untaxed::from_words(&sl);
    let rate = if by_rate.is_some() { Decimal::ZERO } else { read_number_rate(item, &sl)? };
    let by_kind = read_zero_kind(item, rate)?;
    let by_policy = read_policy(item)?;
    if let (Some(by_rate), Some(by_kind)) = (by_rate, by_kind)
        && by_kind != Some(by_rate)
    {
        return Err(contradiction(item, "lslbs", "sl"));
    }
    if let Some(by_policy) = by_policy {
        let agrees = by_kind.is_none_or(|kind| kind == Some(by_policy));
        if !rate.is_zero() || by_rate.is_some_and(|rate| rate != by_policy) {
            return Err(contradiction(item, "zzstsgl", "sl"));
        }
        if !agrees {
            return Err(contradiction(item, "zzstsgl", "lslbs"));
        }
    }
    Ok((rate, by_rate.or(by_kind.flatten()).or(by_policy)))
}

fn contradiction(item: &Object, name: &str, other: &str) -> Refusal {
    let (shown, against) = (item.shown(name), item.shown(other));
    let problem = format!("is {shown}, which contradicts {other}, {against}");
    Refusal::invalid(item.path_of(name), problem)
}

/// `lslbs`, the kind of a zero rate: 0 for exports and 3 are a rate of 0, which is the inner None.
fn read_zero_kind(item: &Object, rate: Decimal) -> Result<Option<Option<Untaxed>>, Refusal> {
    const NAME: &str = "lslbs";
    let kind = match item.integer(NAME)? {
        None => return Ok(None),
        Some(0 | 3) => None,
        Some(1) => Some(Untaxed::Exempt),
        Some(2) => Some(Untaxed::NotTaxed),
        Some(_) => {
            let expected = "must be 0 (exports), 1 (免税), 2 (不征税) or 3 (zero rate)";
            let problem = format!("{expected}, not {}", item.shown(NAME));
            return Err(Refusal::invalid(item.path_of(NAME), problem));
        }
    };
    if !rate.is_zero() {
        return Err(contradiction(item, NAME, "sl"));
    }
    Ok(Some(kind))
}

/// `zzstsgl`, which `yhzcbs` 1 needs; policies other than 免税 and 不征税 change nothing here.
fn read_policy(item: &Object) -> Result<Option<Untaxed>, Refusal> {
    let policy = limited(item, "zzstsgl", 64)?;
    if item.flag("yhzcbs")? && policy.is_empty() {
        let problem = "is empty: yhzcbs 1 needs the policy, such as 免税";
        return Err(Refusal::invalid(item.path_of("zzstsgl"), problem));
    }
    Ok(Untaxed::from_words(&policy))
}

/// A tax rate: 0 or more, less than 1, at most three decimals.
fn read_number_rate(item: &Object, value: &str) -> Result<Decimal, Refusal> {
    let fits = |rate: &Decimal| {
        *rate >= Decimal::ZERO && *rate < Decimal::ONE && rate.normalize().scale() <= 3
    };
    decimal(value).filter(fits).ok_or_else(|| {
        let shown = text::quoted(value);
        let problem = format!(
            "must be a rate such as 0.13, with at most three decimals, or 免税 or 不征税, not {shown}"
        );
        Refusal::invalid(item.path_of("sl"), problem)
    })
}

/// What the wire calls a part of the content.
struct WireName(ContentField);

impl fmt::Display for WireName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_party = |names: &PartyNames, asked: PartyField| {
            let found = names.iter().find(|(field, _)| *field == asked);
            found.expect("every member of a party has its name").1
        };
        f.write_str(match self.0 {
            ContentField::Seller(field) => of_party(&SELLER, field),
            ContentField::Buyer(field) => of_party(&BUYER, field),
            ContentField::Drawer => "kpr",
            ContentField::Payee => "skr",
            ContentField::Reviewer => "fhr",
            ContentField::Gross => "jshj",
            ContentField::Net => "hjje",
            ContentField::Tax => "hjse",
            ContentField::Remark => "bz",
            ContentField::Line(index, field) => {
                return write!(f, "invoicedetail_list[{index}].{}", line_name(field));
            }
        })
    }
}

const fn line_name(field: LineField) -> &'static str {
    match field {
        LineField::Nature => "fphxz",
        LineField::Name => "xmmc",
        LineField::Unit => "dw",
        LineField::Model => "ggxh",
        LineField::Quantity => "xmsl",
        LineField::UnitPrice => "xmdj",
        LineField::Net => "xmje",
        LineField::Rate => "sl",
        LineField::Tax => "se",
    }
}

/// 72031 for a merchant's taxpayer, which stands in `merchant` of an account.
pub fn refuse_taxpayer(problem: &ContentProblem) -> Refusal {
    Refusal::invalid(format!("merchant.{}", WireName(problem.field)), &problem.problem)
}

/// 72031 in the wire's names.
pub fn refuse_content(problem: &ContentProblem) -> Refusal {
    let name = WireName(problem.field).to_string();
    let refusal = Refusal::invalid(&name, &problem.problem);
    let Some(values) = &problem.compared else { return refusal };
    refusal.comparing([Compared::unlike(&name, &*values.expected, &*values.came)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;
    use serde_json::{Value, json};

    fn read(body: &Value) -> Result<MakeOutRequest, Refusal> {
        super::read(&Object::read(body.to_string().as_bytes(), None).unwrap())
    }

    fn sample() -> Value {
        json!({
            "wxopenid": "o1", "ddh": "30000", "fpqqlsh": "test20160511000461",
            "nsrsbh": "110109500321654", "nsrmc": "Baiwang", "nsrdz": "Shenzhen",
            "nsrdh": "0755228899988", "nsrbank": "Bank of China", "nsrbankid": "12345678",
            "ghfmc": "Monday", "kpr": "John", "jshj": "159", "hjje": "135.9", "hjse": "23.1",
            "invoicedetail_list": [{
                "fphxz": "0", "spbm": "1090418010000000000", "xmmc": "Washing machine",
                "xmsl": "1", "xmdj": "135.9", "xmje": "135.9", "sl": "0.17", "se": "23.1",
            }],
        })
    }

    fn refused(change: impl FnOnce(&mut Value)) -> (i32, String) {
        let mut body = sample();
        change(&mut body);
        let refusal = read(&body).expect_err("it is refused");
        (refusal.code.number(), refusal.detail)
    }

    #[test]
    fn the_contracts_sample_is_read_with_its_trailing_comma() {
        let read = super::read(&golden::request("s14_make_out/request.json")).unwrap();
        let content = &read.asked.content;
        assert_eq!(read.openid, "os92LxEDbiOw7kWZanRN_Bb3Q45I");
        assert_eq!((read.asked.order_id.as_str(), content.gross), ("30000", Fen::new(15900)));
        assert_eq!((&*content.payee, &*content.remark), ("Mark", "Remarks"));
        assert_eq!((&*content.buyer.bank, &*content.seller.bank_account), ("ICBC", "12345678"));
        let line = &content.lines[0];
        assert_eq!((&*line.model, line.quantity, line.net), ("60L", decimal("1"), Fen::new(13590)));
        assert_eq!(content.check_arithmetic(), Ok(()));
    }

    #[test]
    fn the_answers_are_the_golden_ones() {
        let answer = crate::answer::ok_saying(SUCCESS);
        for path in ["s14_make_out/response.json", "s15_offset/response.json"] {
            assert_eq!(answer, golden::response(path));
        }
    }

    #[test]
    fn what_clients_send_is_read() {
        let plain = read(&sample()).unwrap().asked;
        let wrapped = read(&json!({"invoiceinfo": sample()})).unwrap().asked;
        assert_eq!(plain, wrapped);
        let mut numbers = sample();
        for name in ["jshj", "hjje", "hjse", "hylx"] {
            let text = numbers[name].as_str().unwrap_or("0").to_owned();
            numbers[name] = serde_json::from_str(&text).unwrap();
        }
        for name in ["fphxz", "xmsl", "xmdj", "xmje", "sl", "se"] {
            let item = &mut numbers["invoicedetail_list"][0][name];
            *item = serde_json::from_str(item.as_str().unwrap()).unwrap();
        }
        assert_eq!(read(&numbers).unwrap().asked, plain);
        let mut text = sample();
        text["invoicedetail_list"] = json!(text["invoicedetail_list"].to_string());
        assert_eq!(read(&text).unwrap().asked, plain);
        let mut floats = sample();
        floats["jshj"] = json!(159.0);
        floats["invoicedetail_list"][0]["xmsl"] = json!(1.0);
        assert_eq!(read(&floats).unwrap().asked, plain);
        let mut breaks = sample();
        breaks["bz"] = json!("a\tb\rc\r\nd e\u{301} \u{fa19}");
        assert_eq!(read(&breaks).unwrap().asked.content.remark, "a b\nc\nd \u{e9} \u{795e}");
        let mut single = sample();
        single["invoicedetail_list"] = single["invoicedetail_list"][0].clone();
        assert_eq!(read(&single).unwrap().asked, plain);
    }

    /// Everything is empty; each member that is filled in shows the next code.
    #[test]
    fn empty_members_are_named_in_the_codes_order() {
        let mut body = json!({"hylx": "", "kplx": " "});
        let full = sample();
        let mut found = Vec::new();
        loop {
            let refusal = match read(&body) {
                Err(refusal) if refusal.code != ErrorCode::InvalidParams => refusal,
                _ => break,
            };
            let name = refusal.detail.split(' ').next().unwrap().to_owned();
            found.push(refusal.code.number());
            body[&name] = full.get(&name).cloned().unwrap_or(json!("0"));
        }
        let codes = (73001..=73004).chain(73007..=73016).collect::<Vec<_>>();
        assert_eq!(found, codes);
        assert_eq!(refused(|b| b["kpr"] = json!("")).0, 73011);
        assert_eq!(refused(|b| b["kpr"] = json!(null)).0, 73011);
    }

    #[test]
    fn formats_are_complained_about_with_their_path() {
        let item = |name: &'static str, value: Value| {
            refused(move |b| b["invoicedetail_list"][0][name] = value).1
        };
        assert_eq!(
            item("spbm", json!("109041801")),
            "invoicedetail_list[0].spbm must be 19 digits, not \"109041801\""
        );
        assert!(item("fphxz", json!("3")).contains("[0].fphxz must be 0, 1 or 2, not 3"));
        assert!(item("fphxz", json!(null)).ends_with("[0].fphxz is empty"));
        assert!(item("xmmc", json!(" ")).ends_with("[0].xmmc is empty"));
        assert!(item("xmsl", json!("")).ends_with("[0].xmsl is empty"));
        assert!(item("xmdj", json!("ten")).contains("[0].xmdj must be a number, not \"ten\""));
        assert!(item("xmje", json!("1.234")).contains("[0].xmje must be an amount in yuan"));
        for bad in ["0.1234", "1", "13%", "-0.01", ""] {
            assert!(item("sl", json!(bad)).contains("[0].sl must be a rate such as 0.13"), "{bad}");
        }
        assert!(refused(|b| b["nsrbank"] = json!("")).1.contains("nsrbank is empty"));
        assert!(refused(|b| b["nsrbankid"] = json!("")).1.contains("nsrbankid is empty"));
        assert!(refused(|b| b["hylx"] = json!("2")).1.contains("hylx must be 0 or 1, not 2"));
        assert!(refused(|b| b["kplx"] = json!(1)).1.contains("kplx must be 0, a blue invoice"));
        assert!(refused(|b| b["ddh"] = json!("x".repeat(65))).1.contains("ddh has 65 characters"));
        assert!(
            refused(|b| b["fpqqlsh"] = json!("x".repeat(65))).1.contains("fpqqlsh must be one")
        );
        assert!(refused(|b| b["jshj"] = json!("1,000")).1.contains("jshj must be an amount"));
        assert!(refused(|b| b["invoicedetail_list"] = json!([])).1.contains("one line at least"));
        let words = refused(|b| b["invoicedetail_list"] = json!("")).1;
        assert_eq!(words, "invoicedetail_list is empty");
        let many = sample()["invoicedetail_list"][0].clone();
        let words = refused(|b| b["invoicedetail_list"] = json!(vec![many.clone(); 2001])).1;
        assert_eq!(words, "invoicedetail_list has 2001 lines, at most 2000 are allowed");
        let mut most = sample();
        most["invoicedetail_list"] = json!(vec![many; 2000]);
        assert!(read(&most).is_ok());
        let words = refused(|b| b["invoicedetail_list"] = json!(["a"])).1;
        assert_eq!(words, "invoicedetail_list[0] must be an object, not a string");
        let words = refused(|b| b["ghfdz"] = json!("长".repeat(201))).1;
        assert_eq!(words, "ghfdz has 201 characters, at most 200 are allowed");
        for (name, most) in [("bz", 400), ("kpr", 64), ("skr", 64), ("fhr", 64), ("nsrbankid", 64)]
        {
            let words = refused(|b| b[name] = json!("长".repeat(most + 1))).1;
            let expected =
                format!("{name} has {} characters, at most {most} are allowed", most + 1);
            assert_eq!(words, expected);
        }
        let words = refused(|b| b["jshj"] = json!({"a": 1})).1;
        assert_eq!(words, "jshj must be a string, not an object");
    }

    /// The untaxed kind of a line with these members, or what is wrong with it.
    fn zero_rate(members: Value) -> Result<(Decimal, Option<Untaxed>), String> {
        let mut body = sample();
        body["invoicedetail_list"][0]
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        let read = read(&body).map_err(|refusal| refusal.detail)?;
        let line = &read.asked.content.lines[0];
        Ok((line.rate, line.untaxed))
    }

    #[test]
    fn exempt_not_taxed_and_zero_rate_are_told_apart() {
        let (exempt, not_taxed) = (Some(Untaxed::Exempt), Some(Untaxed::NotTaxed));
        for (members, expected) in [
            (json!({"sl": "0"}), None),
            (json!({"sl": "0", "lslbs": ""}), None),
            (json!({"sl": "0", "lslbs": "0"}), None),
            (json!({"sl": 0, "lslbs": 3}), None),
            (json!({"sl": "0.00", "lslbs": "1"}), exempt),
            (json!({"sl": "0", "lslbs": 2}), not_taxed),
            (json!({"sl": "免税"}), exempt),
            (json!({"sl": " 不征税 ", "lslbs": "2"}), not_taxed),
            (json!({"sl": "0", "lslbs": "1", "yhzcbs": "1", "zzstsgl": "免税"}), exempt),
            (json!({"sl": "0", "yhzcbs": 1, "zzstsgl": "不征税"}), not_taxed),
            (json!({"sl": "0", "lslbs": "3", "yhzcbs": 1, "zzstsgl": "即征即退"}), None),
        ] {
            assert_eq!(zero_rate(members.clone()), Ok((Decimal::ZERO, expected)), "{members}");
        }
        let taxed = zero_rate(json!({"yhzcbs": 0, "lslbs": "", "zzstsgl": ""}));
        assert_eq!(taxed, Ok((decimal("0.17").unwrap(), None)));
    }

    #[test]
    fn a_zero_rate_that_contradicts_itself_is_refused() {
        for (members, problem) in [
            (json!({"lslbs": "1"}), "lslbs is 1, which contradicts sl, \"0.17\""),
            (
                json!({"sl": "0", "lslbs": 4}),
                "lslbs must be 0 (exports), 1 (免税), 2 (不征税) or 3 (zero rate), not 4",
            ),
            (json!({"sl": "免税", "lslbs": 2}), "lslbs is 2, which contradicts sl, \"免税\""),
            (json!({"sl": "不征税", "lslbs": 3}), "lslbs is 3, which contradicts sl, \"不征税\""),
            (
                json!({"sl": "0", "yhzcbs": 1}),
                "zzstsgl is empty: yhzcbs 1 needs the policy, such as 免税",
            ),
            (
                json!({"sl": "0", "lslbs": 3, "zzstsgl": "免税"}),
                "zzstsgl is \"免税\", which contradicts lslbs, 3",
            ),
            (
                json!({"sl": "0", "lslbs": 1, "zzstsgl": "不征税"}),
                "zzstsgl is \"不征税\", which contradicts lslbs, 1",
            ),
            (
                json!({"zzstsgl": "免税", "yhzcbs": 1}),
                "zzstsgl is \"免税\", which contradicts sl, \"0.17\"",
            ),
            (
                json!({"sl": "不征税", "zzstsgl": "免税"}),
                "zzstsgl is \"免税\", which contradicts sl, \"不征税\"",
            ),
            (json!({"yhzcbs": 2}), "yhzcbs must be 0 or 1, not 2"),
        ] {
            let expected = format!("invoicedetail_list[0].{problem}");
            assert_eq!(zero_rate(members.clone()), Err(expected), "{members}");
        }
    }

    #[test]
    fn many_digits_are_taken_and_a_limit_is_named() {
        let line = |name: &'static str, value: &str| {
            let mut body = sample();
            body["invoicedetail_list"][0][name] = json!(value);
            read(&body).map(|read| read.asked.content.lines[0].clone()).map_err(|r| r.detail)
        };
        let price = line("xmdj", "135.90000000000000000000000000000000001").unwrap().unit_price;
        assert_eq!(price.unwrap().normalize(), decimal("135.9").unwrap());
        let words = line("xmdj", "12345678901234567890123456789012").unwrap_err();
        assert!(words.contains("must have at most 28 digits before its decimal point"), "{words}");
        let words = line("xmje", "100000000000.01").unwrap_err();
        assert!(
            words.contains("must be at most 100000000000 yuan, negative or not, not"),
            "{words}"
        );
        assert!(refused(|b| b["jshj"] = json!("1e40")).1.contains("must be at most 100000000000"));
    }

    #[test]
    fn a_problem_of_the_content_is_named_as_the_wire_calls_it() {
        let named = |field| {
            let problem = ContentProblem { field, problem: "is wrong".into(), compared: None };
            refuse_content(&problem).to_string()
        };
        assert_eq!(
            named(ContentField::Line(3, LineField::Net)),
            "invalid params, invoicedetail_list[3].xmje is wrong"
        );
        assert!(named(ContentField::Buyer(PartyField::Phone)).contains("ghfdh is wrong"));
        assert!(named(ContentField::Seller(PartyField::TaxId)).contains("nsrsbh is wrong"));
    }
}
