//! Section 2: getauthurl's request and answer, those of its twin for bills, getbillauthurl (wire_facts 1.4), and the
//! link itself in the shapes that were seen in the wild (wire_facts 4.2).

use crate::access::platform_id;
use crate::keys::Keys;
use crate::object::Object;
use crate::url::{ENCODED, ascii, check_host, with_query};
use hmac::Mac;
use kaipiao_domain::access::account::{AppId, PlatformId};
use kaipiao_domain::authorization::authorization_request::{
    AuthorizationRequest, PageType, Source,
};
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::authorization::requests::{AuthUrlRequest, unknown_platform};
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::{Refusal, text};
use percent_encoding::utf8_percent_encode;
use serde::Serialize;

/// Where the link of sources app, web and wap points on our own server.
pub const PAGE_PATH: &str = "/bizmall/authinvoice";
/// The page path that a mini program is given.
pub const MINI_PROGRAM_PATH: &str = "pages/auth/auth";
/// The parameter of a link that says what the user gets; one without it is an invoice's.
const CARD_KIND: &str = "card";
/// One billion yuan: more is a mistake in the unit.
const MAX_MONEY_FEN: i64 = 100_000_000_000;
/// The largest of 13 digits: more are neither seconds nor milliseconds.
const MAX_TIMESTAMP_MS: i64 = 9_999_999_999_999;

/// Reads getauthurl's body, in the contract's order of fields; each complaint is 72031.
pub fn read(object: &Object, asked_by: AppId) -> Result<AuthUrlRequest, Refusal> {
    read_for(object, asked_by, (&Source::ALL, "app, web, wxa or wap"), |object| {
        Ok((CardKind::Invoice, read_page_type(object)?))
    })
}

/// Reads getbillauthurl's body, which has no `type`: 72031 as [`read`].
pub fn read_bill(object: &Object, asked_by: AppId) -> Result<AuthUrlRequest, Refusal> {
    read_for(object, asked_by, (&[Source::Web, Source::App], "web or app"), |_| {
        Ok((CardKind::Bill, PageType::Collect))
    })
}

/// Reads the fields that both have. `sources`: those that there are, and how a complaint lists them. `purpose`: what
/// the page is for, read last.
fn read_for(
    object: &Object,
    asked_by: AppId,
    (sources, listed): (&[Source], &str),
    purpose: impl FnOnce(&Object) -> Result<(CardKind, PageType), Refusal>,
) -> Result<AuthUrlRequest, Refusal> {
    let (platform, platform_appid) = read_platform(object)?;
    let order_id = OrderId::parse(&object.text("order_id")?)?;
    let money_fen = read_money(object)?;
    let timestamp = read_timestamp(object)?;
    let source = object.required_text("source")?;
    let known = Source::parse(&source).filter(|source| sources.contains(source));
    let source = known.ok_or_else(|| {
        let problem = format!("must be {listed}, not {}", text::quoted(&source));
        Refusal::invalid("source", problem)
    })?;
    let redirect_url = object.text("redirect_url")?;
    if source.redirects() && !redirect_url.is_empty() {
        text::web_link("redirect_url", &redirect_url)?;
        check_host("redirect_url", &redirect_url)?;
    }
    let ticket = object.required_text("ticket")?.into_owned();
    let (card_kind, page_type) = purpose(object)?;
    let request = AuthorizationRequest {
        platform,
        order_id,
        money_fen,
        timestamp,
        source,
        redirect_url: if source.redirects() { redirect_url.into_owned() } else { String::new() },
        card_kind,
        page_type,
        asked_by,
    };
    Ok(AuthUrlRequest { request, platform_appid, ticket })
}

fn read_page_type(object: &Object) -> Result<PageType, Refusal> {
    let page_type = object.required_integer("type")?;
    PageType::from_number(page_type).ok_or_else(|| {
        Refusal::invalid("type", format!("must be 0, 1 or 2, not {}", object.shown("type")))
    })
}

/// Reads `money`: fen. Who writes a decimal point means yuan, and is told what that is in fen.
fn read_money(object: &Object) -> Result<i64, Refusal> {
    let (read, shown) = (object.integer("money"), object.shown("money"));
    let out_of_range = format!("must be 0 to {MAX_MONEY_FEN} fen, not {shown}");
    let problem = match read {
        Ok(None) => "is empty".to_owned(),
        Ok(Some(fen)) if (0..=MAX_MONEY_FEN).contains(&fen) => return Ok(fen),
        Ok(Some(_)) => out_of_range,
        Err(_) if object.has_digits("money") => out_of_range,
        Err(_) => format!("must be a whole number of fen, not {shown}{}", in_fen(object)),
    };
    Err(Refusal::invalid("money", problem))
}

fn in_fen(object: &Object) -> String {
    let sent = object.text("money").unwrap_or_default();
    let fen = Fen::parse(&sent).ok().filter(|_| sent.contains('.'));
    fen.map_or_else(String::new, |fen| format!(": {} yuan is {}", sent.trim(), fen.get()))
}

/// Reads `s_pappid` (or its alias `s_appid`): 72031 when it is empty or has another shape.
pub fn read_platform(object: &Object) -> Result<(PlatformId, AppId), Refusal> {
    let text = object.text_or("s_pappid", "s_appid")?;
    if text.is_empty() {
        object.check_not_within(&["s_pappid", "s_appid"])?;
        return Err(Refusal::invalid("s_pappid", "is empty"));
    }
    platform_id::read(&text).ok_or_else(|| unknown_platform(&text))
}

/// Reads `timestamp`: unix seconds. Millisecond timestamps saturate (wire_facts 1.5, D-14).
fn read_timestamp(object: &Object) -> Result<u32, Refusal> {
    match object.required_integer("timestamp")? {
        number @ 0..=MAX_TIMESTAMP_MS => Ok(u32::try_from(number).unwrap_or(u32::MAX)),
        other => {
            let problem = format!("must be unix seconds, 0 to {}, not {other}", u32::MAX);
            Err(Refusal::invalid("timestamp", problem))
        }
    }
}

/// Section 2's answer, behind errcode and errmsg.
#[derive(Serialize)]
pub struct AuthUrlAnswer {
    /// The link: an address, or a mini program's page path.
    pub auth_url: String,
    /// WeChat's own invoicing mini program; only for source wxa, never null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appid: Option<String>,
}

/// getbillauthurl's answer, behind errcode and errmsg.
#[derive(Serialize)]
pub struct BillAuthUrlAnswer {
    /// The link, an address.
    pub auth_url: String,
    /// Seconds that it serves.
    pub expire_time: u64,
}

/// Writes the link that opens the authorization page for a request.
pub fn write_link(keys: &Keys, base_url: &str, request: &AuthorizationRequest) -> String {
    let query = canonical_query(request);
    let signature = base16ct::lower::encode_string(&keys.link_mac(&query).finalize().into_bytes());
    if request.source == Source::Wxa {
        return format!("{MINI_PROGRAM_PATH}?{query}&signature={signature}");
    }
    let base_url = base_url.trim_end_matches('/');
    format!("{base_url}{PAGE_PATH}?action=list&{query}&signature={signature}#wechat_redirect")
}

/// Reads a link that [`write_link`] wrote, from the whole address or from its path and query.
/// None: it was never written by this server, or was changed since. The values are compared, not
/// their encoding, so a client that re-encodes the query does no harm.
pub fn read_link(keys: &Keys, link: &str) -> Option<AuthorizationRequest> {
    let query = link.split_once('?')?.1;
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let find =
        |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref());
    let request = AuthorizationRequest {
        platform: platform_id::read(find("s_pappid")?)?.0,
        order_id: OrderId::parse(find("o1")?).ok()?,
        money_fen: find("m1")?.parse().ok()?,
        timestamp: find("t1")?.parse().ok()?,
        source: Source::parse(find("source")?)?,
        redirect_url: find("redirect_url").unwrap_or("").to_owned(),
        card_kind: find(CARD_KIND).map_or(Some(CardKind::Invoice), CardKind::from_name)?,
        page_type: PageType::from_number(find("type")?.parse().ok()?)?,
        asked_by: AppId::parse(find("appid")?)?,
    };
    let signature = base16ct::mixed::decode_vec(find("signature")?).ok()?;
    keys.link_mac(&canonical_query(&request)).verify_slice(&signature).ok()?;
    Some(request)
}

/// The parameters between `action` and `signature`, in the order that was always seen.
fn canonical_query(request: &AuthorizationRequest) -> String {
    let encode = |text| utf8_percent_encode(text, ENCODED);
    let mut query = format!(
        "s_pappid={}&appid={}&num=1&o1={}&m1={}&t1={}&source={}&type={}",
        encode(request.platform.as_str()),
        request.asked_by,
        encode(request.order_id.as_str()),
        request.money_fen,
        request.timestamp,
        request.source.as_str(),
        request.page_type.number(),
    );
    if request.card_kind != CardKind::Invoice {
        query.push_str(&format!("&{CARD_KIND}={}", request.card_kind.name()));
    }
    if !request.redirect_url.is_empty() {
        query.push_str("&redirect_url=");
        query.extend(encode(&request.redirect_url));
    }
    query
}

/// Where the user goes after answering, for every source (D-95).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Return {
    /// web and wap with a redirect_url; app always.
    Address(String),
    /// wxa: the result object that the mini program is handed.
    Result {
        /// 0 authorized, -4 denied, -2 left, -1 can no longer be answered.
        #[serde(rename = "errCode")]
        err_code: i32,
        /// The order.
        #[serde(rename = "wxOrderId")]
        order_id: String,
    },
    /// web and wap without a redirect_url that leads anywhere: the page stays.
    Stay,
}

/// errCode of a user's yes.
pub const AUTHORIZED: i32 = 0;
/// errCode of a user's no (WeChat SDK's "auth denied").
pub const DENIED: i32 = -4;
/// errCode of a page that was left (WeChat SDK's "user cancel"; D-221).
pub const LEFT: i32 = -2;
/// errCode of anything else (WeChat SDK's "common").
pub const FAILED: i32 = -1;

/// Why a user goes back without having answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// They have left a page that asks them.
    Left,
    /// The page cannot be answered, or not any more.
    Failed,
}

/// Where the user goes from a page without an answer: an app is led back (D-221), a mini program is told (D-226), the
/// others stay.
pub fn return_without_answer(request: &AuthorizationRequest, why: NoAnswer) -> Return {
    let err_code = match why {
        NoAnswer::Left => LEFT,
        NoAnswer::Failed => FAILED,
    };
    match request.source {
        Source::App => Return::Address(app_address(request, err_code)),
        Source::Wxa => Return::Result { err_code, order_id: request.order_id.as_str().to_owned() },
        Source::Web | Source::Wap => Return::Stay,
    }
}

fn app_address(request: &AuthorizationRequest, err_code: i32) -> String {
    let order_id = utf8_percent_encode(request.order_id.as_str(), ENCODED);
    format!("{}://invoice?errCode={err_code}&wxOrderId={order_id}", request.asked_by)
}

/// Where the user goes after a yes or a no to `request`.
pub fn return_after(request: &AuthorizationRequest, is_authorized: bool) -> Return {
    let err_code = if is_authorized { AUTHORIZED } else { DENIED };
    let order_id = request.order_id.as_str();
    let encoded = utf8_percent_encode(order_id, ENCODED);
    match request.source {
        Source::Wxa => Return::Result { err_code, order_id: order_id.to_owned() },
        Source::App => Return::Address(app_address(request, err_code)),
        Source::Web | Source::Wap if request.redirect_url.is_empty() => Return::Stay,
        Source::Web | Source::Wap => {
            // A link that was offered before hosts were checked may lead nowhere.
            let Ok(url) = ascii(&request.redirect_url) else { return Return::Stay };
            let query = format!("order_id={encoded}&errcode={err_code}");
            Return::Address(with_query(&url, &query))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{answer, golden, keys::test_keys};

    fn merchant() -> AppId {
        AppId::parse("wx6b61697069616f31").unwrap()
    }

    fn request(source: Source, redirect_url: &str) -> AuthorizationRequest {
        let platform =
            platform_id::make(&test_keys(), &AppId::parse("wx6b61697069616f32").unwrap());
        AuthorizationRequest {
            platform,
            order_id: OrderId::parse("SD 1096/+&中").unwrap(),
            money_fen: 52_900,
            timestamp: u32::MAX,
            source,
            redirect_url: redirect_url.to_owned(),
            card_kind: CardKind::Invoice,
            page_type: PageType::FillTitle,
            asked_by: merchant(),
        }
    }

    #[test]
    fn the_golden_request_is_read() {
        let asked = read(&golden::request("s02_auth_url/request.json"), merchant()).unwrap();
        assert_eq!(asked.request.order_id.as_str(), "1234");
        assert_eq!((asked.request.money_fen, asked.request.timestamp), (11, 1_474_875_876));
        assert_eq!(asked.request.redirect_url, "https://mp.weixin.qq.com");
        assert_eq!(asked.request.page_type, PageType::FillTitle);
        let wxa = read(&golden::request("s02_auth_url/request_wxa.json"), merchant()).unwrap();
        assert_eq!(wxa.request.source, Source::Wxa);
    }

    #[test]
    fn the_answers_are_the_golden_ones() {
        for (file, appid) in
            [("response.json", None), ("response_wxa.json", Some("wx9db2c16d0633c2e7"))]
        {
            let golden = golden::response(&format!("s02_auth_url/{file}"));
            let value: serde_json::Value = serde_json::from_str(&golden).unwrap();
            let auth_url = value["auth_url"].as_str().unwrap().to_owned();
            let appid = appid.map(str::to_owned);
            assert_eq!(answer::ok_with(&AuthUrlAnswer { auth_url, appid }), golden);
        }
    }

    #[test]
    fn a_link_has_the_real_shape() {
        let link = write_link(
            &test_keys(),
            "http://127.0.0.1:8080/",
            &request(Source::Web, "https://m.fushuitong.com/wx?a=1"),
        );
        let (head, signature) = link.split_once("&signature=").unwrap();
        let platform = request(Source::Web, "").platform;
        assert_eq!(
            head,
            format!(
                "http://127.0.0.1:8080/bizmall/authinvoice?action=list&s_pappid={}&appid=wx6b61697069616f31\
                 &num=1&o1=SD%201096%2F%2B%26%E4%B8%AD&m1=52900&t1=4294967295&source=web&type=1\
                 &redirect_url=https%3A%2F%2Fm.fushuitong.com%2Fwx%3Fa%3D1",
                platform.as_str()
            )
        );
        let signature = signature.strip_suffix("#wechat_redirect").unwrap();
        assert!(signature.len() == 40 && signature.bytes().all(|b| b.is_ascii_hexdigit()));
    }

    #[test]
    fn links_of_every_source_read_back_and_no_value_may_change() {
        for source in Source::ALL {
            let request =
                request(source, if source.redirects() { "http://x.cn/?q=a b" } else { "" });
            let link = write_link(&test_keys(), "http://h", &request);
            assert_eq!(read_link(&test_keys(), &link).as_ref(), Some(&request));
            assert_eq!(source == Source::Wxa, link.starts_with("pages/auth/auth?s_pappid="));
            for (from, to) in
                [("m1=52900", "m1=1"), ("type=1", "type=2"), ("o1=SD", "o1=SE"), ("&t1=4", "&t1=3")]
            {
                assert_eq!(read_link(&test_keys(), &link.replace(from, to)), None, "{from}");
            }
        }
        assert_eq!(read_link(&test_keys(), "http://h/bizmall/authinvoice"), None);
    }

    #[test]
    fn a_bills_link_says_so_and_cannot_be_made_an_invoices() {
        let kind = CardKind::Bill;
        let bill = AuthorizationRequest { card_kind: kind, ..request(Source::Web, "http://x.cn/") };
        let link = write_link(&test_keys(), "http://h", &bill);
        assert_eq!(read_link(&test_keys(), &link), Some(bill));
        for other in ["", "&card=invoice", "&card=x"] {
            assert_eq!(
                read_link(&test_keys(), &link.replace("&card=bill", other)),
                None,
                "{other}"
            );
        }
    }

    #[test]
    fn a_bill_is_collected_and_opened_from_a_page_or_an_app() {
        let platform = request(Source::Web, "").platform;
        let read = |source: &str| {
            let body = format!(
                r#"{{"s_pappid":"{}","order_id":"1","money":11,"timestamp":1,"source":"{source}","ticket":"t"}}"#,
                platform.as_str()
            );
            read_bill(&Object::read(body.as_bytes(), None).unwrap(), merchant())
        };
        for source in ["web", "app"] {
            let request = read(source).unwrap().request;
            assert_eq!((request.card_kind, request.page_type), (CardKind::Bill, PageType::Collect));
        }
        for source in ["wxa", "wap", "x"] {
            let detail = read(source).unwrap_err().detail;
            assert_eq!(detail, format!("source must be web or app, not \"{source}\""));
        }
    }

    #[test]
    fn each_field_is_named_in_the_contracts_order() {
        let keys = test_keys();
        let platform = platform_id::make(&keys, &AppId::parse("wx6b61697069616f32").unwrap());
        let good = [
            ("s_pappid", format!("\"{}\"", platform.as_str()), "\"wxabcd\""),
            ("order_id", "\"1\"".to_owned(), "\"\""),
            ("money", "\"11\"".to_owned(), "-1"),
            ("timestamp", "1474875876000".to_owned(), "\"now\""),
            ("source", "\"web\"".to_owned(), "\"h5\""),
            ("redirect_url", "null".to_owned(), "\"javascript:x\""),
            ("ticket", "\"t\"".to_owned(), "\"\""),
            ("type", "1".to_owned(), "3"),
        ];
        for bad in 0..=good.len() {
            let members: Vec<_> = good
                .iter()
                .enumerate()
                .map(|(index, (name, value, wrong))| {
                    format!("\"{name}\":{}", if index >= bad { *wrong } else { value })
                })
                .collect();
            let body = format!("{{{}}}", members.join(","));
            let read = read(&Object::read(body.as_bytes(), None).unwrap(), merchant());
            match good.get(bad) {
                None => assert_eq!(read.unwrap().request.timestamp, u32::MAX),
                Some((name, ..)) => {
                    let text = read.unwrap_err().to_string();
                    assert!(text.starts_with(&format!("invalid params, {name} ")), "{text}");
                }
            }
        }
    }

    #[test]
    fn money_is_whole_fen_and_a_complaint_says_what_yuan_would_be() {
        let platform = request(Source::Web, "").platform;
        let read = |money: &str| {
            let body = format!(
                r#"{{"s_pappid":"{}","order_id":"1","money":{money},"timestamp":1,"source":"app","ticket":"t","type":0}}"#,
                platform.as_str()
            );
            let read = read(&Object::read(body.as_bytes(), None).unwrap(), merchant());
            read.map(|asked| asked.request.money_fen).map_err(|refusal| refusal.detail)
        };
        assert_eq!((read("11300"), read("\"11300\"")), (Ok(11_300), Ok(11_300)));
        for (money, problem) in [
            ("\"113.00\"", "must be a whole number of fen, not \"113.00\": 113.00 yuan is 11300"),
            ("113.00", "must be a whole number of fen, not 113.00: 113.00 yuan is 11300"),
            ("\"9.95\"", "must be a whole number of fen, not \"9.95\": 9.95 yuan is 995"),
            ("110.00000000000001", "must be a whole number of fen, not 110.00000000000001"),
            ("1e30", "must be a whole number of fen, not 1e+30"),
            ("\"ten\"", "must be a whole number of fen, not \"ten\""),
            ("-1", "must be 0 to 100000000000 fen, not -1"),
            (
                "99999999999999999999999",
                "must be 0 to 100000000000 fen, not 99999999999999999999999",
            ),
            ("null", "is empty"),
        ] {
            assert_eq!(read(money), Err(format!("money {problem}")), "{money}");
        }
    }

    #[test]
    fn seconds_and_milliseconds_are_read_and_nothing_larger() {
        let read = |sent: &str| {
            let object =
                Object::read(format!("{{\"timestamp\":{sent}}}").as_bytes(), None).unwrap();
            read_timestamp(&object).map_err(|refusal| refusal.detail)
        };
        assert_eq!(read("1474875876"), Ok(1_474_875_876));
        for saturating in ["4294967296", "1474875876000", "\"9999999999999\""] {
            assert_eq!(read(saturating), Ok(u32::MAX), "{saturating}");
        }
        for wrong in ["10000000000000", "1474875876000000", "-1"] {
            let seen = format!("timestamp must be unix seconds, 0 to 4294967295, not {wrong}");
            assert_eq!(read(wrong), Err(seen));
        }
        assert!(read("99999999999999999999").unwrap_err().contains("fits into 64 bits"));
    }

    #[test]
    fn the_way_back_is_ascii() {
        let back = |url| return_after(&request(Source::Web, url), true);
        assert_eq!(
            back("https://开票.example/中文?u=张三&e=%E4%B8%AD#段"),
            Return::Address(
                "https://xn--h0tt10d.example/%E4%B8%AD%E6%96%87?u=%E5%BC%A0%E4%B8%89&e=%E4%B8%AD\
                 &order_id=SD%201096%2F%2B%26%E4%B8%AD&errcode=0#%E6%AE%B5"
                    .to_owned()
            )
        );
    }

    #[test]
    fn the_way_back_fits_the_source() {
        let back = |source, url| return_after(&request(source, url), false);
        let order = "SD%201096%2F%2B%26%E4%B8%AD";
        assert_eq!(
            back(Source::App, ""),
            Return::Address(format!("wx6b61697069616f31://invoice?errCode=-4&wxOrderId={order}"))
        );
        assert_eq!(
            back(Source::Web, "https://a.cn/b?c=d#e"),
            Return::Address(format!("https://a.cn/b?c=d&order_id={order}&errcode=-4#e"))
        );
        assert_eq!(
            back(Source::Wap, "https://a.cn"),
            Return::Address(format!("https://a.cn?order_id={order}&errcode=-4"))
        );
        assert_eq!(back(Source::Web, ""), Return::Stay);
        assert_eq!(back(Source::Web, "https://a.cn\\@b.cn/"), Return::Stay);
        assert_eq!(
            serde_json::to_string(&back(Source::Wxa, "")).unwrap(),
            r#"{"errCode":-4,"wxOrderId":"SD 1096/+&中"}"#
        );
    }

    #[test]
    fn apps_and_mini_programs_are_returned_to_without_an_answer() {
        let back = |source, why| return_without_answer(&request(source, "https://a.cn"), why);
        for (why, err_code) in [(NoAnswer::Left, -2), (NoAnswer::Failed, -1)] {
            let order = "SD%201096%2F%2B%26%E4%B8%AD";
            let address =
                format!("wx6b61697069616f31://invoice?errCode={err_code}&wxOrderId={order}");
            assert_eq!(back(Source::App, why), Return::Address(address));
            let result = serde_json::to_string(&back(Source::Wxa, why)).unwrap();
            assert_eq!(result, format!(r#"{{"errCode":{err_code},"wxOrderId":"SD 1096/+&中"}}"#));
            for source in [Source::Web, Source::Wap] {
                assert_eq!(back(source, why), Return::Stay);
            }
        }
    }
}
