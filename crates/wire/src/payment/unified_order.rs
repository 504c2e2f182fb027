//! What asks for a payment: unifiedorder, micropay and pappayapply, which section 13 extends (wire_facts 5.2).

use crate::payment::pay_answer::Fields;
use crate::payment::pay_request::{PayRequest, check_currency};
use crate::payment::pay_time;
use core::net::IpAddr;
use kaipiao_domain::Timestamp;
use kaipiao_domain::payment::out_trade_no::OutTradeNo;
use kaipiao_domain::payment::pay_merchant::MchId;
use kaipiao_domain::payment::pay_refusal::{PayErrorCode, PayRefusal};
use kaipiao_domain::payment::payments::{PaymentRequest, SubMerchant, TradeType, check_fee};
use kaipiao_domain::people::user::OpenId;
use kaipiao_domain::text;

/// Reads unifiedorder. LACK_PARAMS and INVALID_REQUEST name the parameter.
pub fn read(request: &PayRequest) -> Result<(OutTradeNo, PaymentRequest), PayRefusal> {
    let allowed = (&TradeType::ORDERED[..], "JSAPI, NATIVE, APP or MWEB");
    read_as(request, trade_type(request, allowed)?)
}

/// Reads pappayapply.
pub fn read_pap(request: &PayRequest) -> Result<(OutTradeNo, PaymentRequest), PayRefusal> {
    read_as(request, trade_type(request, (&[TradeType::Pap], "PAP"))?)
}

fn trade_type(
    request: &PayRequest,
    (allowed, shown): (&[TradeType], &str),
) -> Result<TradeType, PayRefusal> {
    let name = request.required("trade_type", 16)?;
    let known = TradeType::parse(name).filter(|known| allowed.contains(known));
    known.ok_or_else(|| {
        let problem = format!("must be {shown}, not {}", text::quoted(name));
        PayRefusal::invalid("trade_type", problem)
    })
}

/// Reads micropay, but for its code.
pub fn read_micropay(request: &PayRequest) -> Result<(OutTradeNo, PaymentRequest), PayRefusal> {
    read_as(request, TradeType::Micropay)
}

fn read_as(
    request: &PayRequest,
    trade_type: TradeType,
) -> Result<(OutTradeNo, PaymentRequest), PayRefusal> {
    let owned = |name: &str, max_chars| request.optional(name, max_chars).map(str::to_owned);
    let description = request.required("body", 127)?.to_owned();
    let number = OutTradeNo::parse(request.required("out_trade_no", 64)?)?;
    let total_fee_fen = request.required_fen("total_fee")?;
    check_fee("total_fee", total_fee_fen)?;
    check_currency(request, "fee_type")?;
    check_address(request, trade_type)?;
    check_unused(request)?;
    let asked = PaymentRequest {
        appid: request.required_account("appid")?,
        sub_merchant: sub_merchant(request)?,
        trade_type,
        total_fee_fen,
        description,
        detail: owned("detail", 6144)?,
        attach: owned("attach", 127)?,
        device_info: owned("device_info", 32)?,
        openid: Some(owned("openid", 128)?)
            .filter(|text| !text.is_empty())
            .map(OpenId::from_checked),
        notify_url: notify_url(request, trade_type)?,
        contract_id: contract_id(request, trade_type)?,
        expires_at: time(request, "time_expire")?,
        // Part of the signature as it was sent; only the exact Y counts (wire_facts 5.3).
        has_receipt: request.as_sent("receipt") == "Y",
    };
    if trade_type == TradeType::Jsapi && !names_a_payer(&asked) {
        let detail = "openid is missing, JSAPI names the payer (or sub_openid, with sub_appid)";
        return Err(PayRefusal::new(PayErrorCode::LackParams, detail));
    }
    Ok((number, asked))
}

/// Reads quick pay's code: AUTH_CODE_ERROR for anything but 18 digits, AUTH_CODE_INVALID where they don't begin with
/// 10 to 15, as every pay code does.
pub fn read_auth_code(request: &PayRequest) -> Result<&str, PayRefusal> {
    let code = request.required("auth_code", 128)?;
    let refuse = |error, problem: &str| {
        let detail = format!("auth_code must {problem}, not {}", text::quoted(code));
        Err(PayRefusal::new(error, detail))
    };
    if !is_18_digits(code) {
        return refuse(PayErrorCode::AuthCodeError, "be the 18 digits of a pay code");
    }
    if !begins_like_pay_code(code) {
        return refuse(PayErrorCode::AuthCodeInvalid, "begin with 10 to 15");
    }
    Ok(code)
}

fn is_18_digits(text: &str) -> bool {
    text.len() == 18 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn begins_like_pay_code(digits: &str) -> bool {
    ("10".."16").contains(&&digits[..2])
}

/// The contract of a payment on behalf; a pay code, which quick pay charges, is none.
fn contract_id(request: &PayRequest, trade_type: TradeType) -> Result<Option<String>, PayRefusal> {
    if trade_type != TradeType::Pap {
        return Ok(None);
    }
    let contract_id = request.required("contract_id", 32)?;
    if is_18_digits(contract_id) && begins_like_pay_code(contract_id) {
        let detail = format!(
            "contract_id {} is a pay code, which micropay charges, not a contract's",
            text::quoted(contract_id)
        );
        return Err(PayRefusal::new(PayErrorCode::AuthCodeInvalid, detail));
    }
    Ok(Some(contract_id.to_owned()))
}

fn names_a_payer(asked: &PaymentRequest) -> bool {
    asked.openid.is_some() || asked.sub_merchant.as_ref().is_some_and(|sub| sub.openid.is_some())
}

/// Nobody stands at a terminal where a contract is charged; clients leave its address out then.
fn check_address(request: &PayRequest, trade_type: TradeType) -> Result<(), PayRefusal> {
    let address = match trade_type {
        TradeType::Pap => request.optional("spbill_create_ip", 64)?,
        _ => request.required("spbill_create_ip", 64)?,
    };
    if address.parse::<IpAddr>().is_ok() || trade_type == TradeType::Pap && address.is_empty() {
        return Ok(());
    }
    let problem = format!("must be an IP address, not {}", text::quoted(address));
    Err(PayRefusal::invalid("spbill_create_ip", problem))
}

fn sub_merchant(request: &PayRequest) -> Result<Option<SubMerchant>, PayRefusal> {
    let mchid = request.optional("sub_mch_id", 32)?;
    if mchid.is_empty() {
        return Ok(None);
    }
    let mchid = MchId::parse(mchid).ok_or_else(|| {
        let detail = format!("sub_mch_id {} is no pay merchant's", text::quoted(mchid));
        PayRefusal::new(PayErrorCode::MchidNotExist, detail)
    })?;
    let has_appid = !request.get("sub_appid").is_empty();
    let sub_openid = Some(request.optional("sub_openid", 128)?).filter(|text| !text.is_empty());
    if sub_openid.is_some() && !has_appid {
        let detail = "sub_appid is missing, sub_openid is a payer of its account";
        return Err(PayRefusal::new(PayErrorCode::LackParams, detail));
    }
    Ok(Some(SubMerchant {
        mchid,
        appid: has_appid.then(|| request.required_account("sub_appid")).transpose()?,
        openid: sub_openid.map(|text| OpenId::from_checked(text.to_owned())),
    }))
}

fn notify_url(request: &PayRequest, trade_type: TradeType) -> Result<Option<String>, PayRefusal> {
    if trade_type == TradeType::Micropay {
        return Ok(None);
    }
    request.required("notify_url", 256)?;
    Ok(Some(request.notify_url()?.to_owned()))
}

fn time(request: &PayRequest, name: &str) -> Result<Option<Timestamp>, PayRefusal> {
    match request.get(name) {
        "" => Ok(None),
        text => match pay_time::read(text) {
            Some(at) => Ok(Some(at)),
            None => {
                let problem = format!("must be yyyyMMddHHmmss, not {}", text::quoted(text));
                Err(PayRefusal::invalid(name, problem))
            }
        },
    }
}

/// What changes nothing in a sandbox, but is refused by WeChat Pay where it has another form.
fn check_unused(request: &PayRequest) -> Result<(), PayRefusal> {
    for name in ["goods_tag", "product_id", "limit_pay"] {
        request.optional(name, 32)?;
    }
    time(request, "time_start").map(drop)
}

/// What unifiedorder answers besides. `page_url` is where the payment is paid.
pub fn placed(asked: &PaymentRequest, prepay_id: &str, page_url: &str) -> Fields {
    let fields = Fields::default()
        .text("device_info", asked.device_info.clone())
        .text("trade_type", asked.trade_type.as_str())
        .text("prepay_id", prepay_id);
    match asked.trade_type {
        TradeType::Native => fields.text("code_url", page_url),
        TradeType::Mweb => fields.text("mweb_url", page_url),
        TradeType::Jsapi | TradeType::App | TradeType::Micropay | TradeType::Pap => fields,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/s13_receipt/request.xml"));

    fn read_xml(xml: &str) -> Result<(OutTradeNo, PaymentRequest), PayRefusal> {
        read(&PayRequest::read(xml.as_bytes()).unwrap())
    }

    #[test]
    fn the_contracts_sample_is_read() {
        let (number, asked) = read_xml(SAMPLE).unwrap();
        assert_eq!(number.as_str(), "1415659990");
        assert_eq!((asked.appid.as_str(), asked.total_fee_fen), ("wx2421b1c4370ec43b", 1));
        assert!(asked.has_receipt && asked.trade_type == TradeType::Jsapi);
    }

    #[test]
    fn only_the_exact_y_has_a_receipt() {
        for other in ["N", "y", " Y", ""] {
            let xml = SAMPLE.replace("<receipt>Y<", &format!("<receipt>{other}<"));
            assert!(!read_xml(&xml).unwrap().1.has_receipt, "{other}");
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for name in [
            "appid",
            "body",
            "notify_url",
            "openid",
            "out_trade_no",
            "spbill_create_ip",
            "total_fee",
            "trade_type",
        ] {
            let refusal = without(name);
            assert_eq!(refusal.code, PayErrorCode::LackParams, "{name}");
            assert!(refusal.detail.starts_with(name), "{refusal}");
        }
        for (from, to) in [
            ("<total_fee>1<", "<total_fee>0<"),
            ("<total_fee>1<", "<total_fee>0.01<"),
            ("<trade_type>JSAPI<", "<trade_type>MICROPAY<"),
            ("14.23.150.211", "localhost"),
            ("<attach>", "<fee_type>USD</fee_type><attach>"),
            ("<attach>", "<time_expire>2026</time_expire><attach>"),
            ("/pay/notify<", "/pay/notify?a=b<"),
            ("http://shop.example/", "http://shop example/"),
            ("http://shop.example/", "http://[shop.example/"),
            ("http://shop.example/", "http://shop.example:99999/"),
            ("<total_fee>1<", "<total_fee>+1<"),
            ("JSAPIPayment test", &"茶".repeat(128)),
        ] {
            let refusal = read_xml(&SAMPLE.replacen(from, to, 1)).unwrap_err();
            assert_eq!(refusal.code, PayErrorCode::InvalidRequest, "{to}");
        }
    }

    fn without(name: &str) -> PayRefusal {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let (before, rest) = SAMPLE.split_once(&open).unwrap();
        let (_, after) = rest.split_once(&close).unwrap();
        read_xml(&format!("{before}{after}")).unwrap_err()
    }

    #[test]
    fn a_partner_names_whom_it_takes_the_payment_for() {
        let partner = SAMPLE.replace("<openid>oUpF8uMuAJO_M2pxb1Q9zNjWeS6o</openid>", 
            "<sub_mch_id>1900000110</sub_mch_id><sub_appid>wx6b61697069616f31</sub_appid><sub_openid>o1</sub_openid>");
        let sub = read_xml(&partner).unwrap().1.sub_merchant.unwrap();
        assert_eq!(sub.mchid.as_str(), "1900000110");
        let no_appid = partner.replace("<sub_appid>wx6b61697069616f31</sub_appid>", "");
        assert!(read_xml(&no_appid).unwrap_err().detail.starts_with("sub_appid"));
    }

    #[test]
    fn the_answer_leads_where_the_type_is_paid() {
        let mut asked = read_xml(SAMPLE).unwrap().1;
        let xml = |asked: &PaymentRequest| placed(asked, "wx1", "http://h/p").unsigned();
        assert!(!xml(&asked).contains("_url"));
        asked.trade_type = TradeType::Native;
        assert!(xml(&asked).contains("<code_url><![CDATA[http://h/p]]></code_url>"));
        asked.trade_type = TradeType::Mweb;
        assert!(xml(&asked).contains("<mweb_url>"));
    }
}
