//! Titles by link and by QR code: what accounts ask for, the addresses that are made of it, and the push
//! (wire_facts 1.3).

use crate::answer;
use crate::delivery::event_xml::{EventXml, UntimedXml};
use crate::keys::Keys;
use crate::object::Object;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::people::title::{InvoiceTitle, TitleField, TitleSide};
use kaipiao_domain::people::title_link::{OfferedTitle, TitleAsk, TitleCode};
use kaipiao_domain::people::user::{OpenId, UserId};
use kaipiao_domain::{Refusal, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where both links point on our own server.
pub const USER_TITLE_PATH: &str = "/intp/invoice/usertitle";
/// Where a title's QR code points.
pub const TITLE_CODE_PATH: &str = "/intp/invoice/usertitlewxa";
/// The parameter of an offered title's link.
pub const OFFERED_KEY: &str = "biz_title_key";
/// The parameter of a link to pick a title.
pub const ASK_KEY: &str = "select_title_key";
/// The parameter of a title's QR code.
pub const CODE_KEY: &str = "invoice_key";
/// `Event` of the push.
pub const EVENT: &str = "submit_invoice_title";

/// Sealed each for its purpose, so none passes for another.
const OFFERED: &str = "offered title";
const ASK: &str = "title ask";
const CODE: &str = "title code";

/// Reads getusertitleurl: 72031 naming the field.
pub fn read_offered(
    object: &Object<'_>,
    account: AppId,
    made_at: Timestamp,
) -> Result<OfferedTitle, Refusal> {
    let mut title = InvoiceTitle::new(TitleSide::Company);
    for field in TitleSide::Company.fields() {
        title = title.with(*field, object.text(field.name())?.trim());
    }
    let offered = OfferedTitle {
        account,
        title,
        // PHP users send an empty text for "not given".
        is_for_user_to_fill: !object.is_blank("user_fill") && object.flag("user_fill")?,
        out_title_id: object.text("out_title_id")?.into_owned(),
        made_at,
    };
    offered.check()?;
    Ok(offered)
}

/// Reads getselecttitleurl: 72031 naming the field.
pub fn read_ask(object: &Object<'_>, account: AppId) -> Result<TitleAsk, Refusal> {
    let (attach, business) = (object.text("attach")?, object.text("biz_name")?);
    let ask =
        TitleAsk { account, attach: attach.into_owned(), business: business.trim().to_owned() };
    ask.check()?;
    Ok(ask)
}

#[derive(Serialize, Deserialize)]
struct OfferedShape {
    a: String,
    t: BTreeMap<String, String>,
    f: bool,
    o: String,
    m: i64,
}

/// The link by which a user takes an offered title over. `nonce` must be random, here and below.
pub fn write_offered(
    keys: &Keys,
    base_url: &str,
    offered: &OfferedTitle,
    nonce: [u8; 12],
) -> String {
    let given = offered.title.values().filter(|(_, value)| !value.is_empty());
    let shape = OfferedShape {
        a: offered.account.to_string(),
        t: given.map(|(field, value)| (field.name().to_owned(), value.to_owned())).collect(),
        f: offered.is_for_user_to_fill,
        o: offered.out_title_id.clone(),
        m: offered.made_at.unix_millis(),
    };
    link(base_url, "list_auth", OFFERED_KEY, &sealed(keys, OFFERED, &shape, nonce))
}

/// Reads the key of such a link; None: this server did not make it.
pub fn open_offered(keys: &Keys, key: &str) -> Option<OfferedTitle> {
    let shape: OfferedShape = unsealed(keys, OFFERED, key)?;
    let mut title = InvoiceTitle::new(TitleSide::Company);
    for (name, value) in shape.t {
        title = title.with(TitleSide::Company.field(&name)?, value);
    }
    Some(OfferedTitle {
        account: AppId::parse(&shape.a)?,
        title,
        is_for_user_to_fill: shape.f,
        out_title_id: shape.o,
        made_at: Timestamp::from_unix_millis(shape.m),
    })
}

/// The link by which users pick a title.
pub fn write_ask(keys: &Keys, base_url: &str, ask: &TitleAsk, nonce: [u8; 12]) -> String {
    let shape = (ask.account.as_str(), &ask.attach, &ask.business);
    link(base_url, "select_title", ASK_KEY, &sealed(keys, ASK, &shape, nonce))
}

/// Reads the key of such a link; None: this server did not make it.
pub fn open_ask(keys: &Keys, key: &str) -> Option<TitleAsk> {
    let (account, attach, business): (String, String, String) = unsealed(keys, ASK, key)?;
    Some(TitleAsk { account: AppId::parse(&account)?, attach, business })
}

/// What the QR code of a title says: an address, as the published service has it.
pub fn write_code(keys: &Keys, base_url: &str, code: &TitleCode, nonce: [u8; 12]) -> String {
    let shape = (code.user.as_str(), &code.entry, code.shown_at.unix_millis());
    let base_url = base_url.trim_end_matches('/');
    let key = sealed(keys, CODE, &shape, nonce);
    format!("{base_url}{TITLE_CODE_PATH}?action=list_auth&{CODE_KEY}={key}")
}

/// Reads scantitle: what was scanned.
pub fn read_scan(object: &Object<'_>) -> Result<String, Refusal> {
    Ok(object.required_text("scan_text")?.into_owned())
}

/// Reads what was scanned, whatever address it begins with: 72031 it is none of this server's.
pub fn open_code(keys: &Keys, scanned: &str) -> Result<TitleCode, Refusal> {
    let key = scanned.split(['?', '&', '#']).find_map(|part| {
        let (name, key) = part.trim().split_once('=')?;
        (name == CODE_KEY).then_some(key)
    });
    let code = key.and_then(|key| {
        let (user, entry, shown_ms): (String, String, i64) = unsealed(keys, CODE, key)?;
        let shown_at = Timestamp::from_unix_millis(shown_ms);
        Some(TitleCode { user: UserId::parse(&user)?, entry, shown_at })
    });
    code.ok_or_else(|| {
        let problem = format!(
            "is no title's QR code of this server, whose texts hold {CODE_KEY}=…; send all that was scanned"
        );
        Refusal::invalid("scan_text", problem)
    })
}

fn link(base_url: &str, action: &str, name: &str, key: &str) -> String {
    let base_url = base_url.trim_end_matches('/');
    format!("{base_url}{USER_TITLE_PATH}?action={action}&{name}={key}#wechat_redirect")
}

fn sealed(keys: &Keys, purpose: &str, says: &impl Serialize, nonce: [u8; 12]) -> String {
    URL_SAFE_NO_PAD.encode(keys.seal_bytes(purpose, answer::bare(says).as_bytes(), nonce))
}

fn unsealed<T: for<'de> Deserialize<'de>>(keys: &Keys, purpose: &str, key: &str) -> Option<T> {
    let says = keys.unseal_bytes(purpose, &URL_SAFE_NO_PAD.decode(key).ok()?)?;
    serde_json::from_slice(&says).ok()
}

/// The answer of both calls for a link.
#[derive(Serialize)]
pub struct UrlAnswer {
    /// The link.
    pub url: String,
}

/// scantitle's answer: every member, those that are not given empty.
#[derive(Serialize)]
struct ScannedJson<'a> {
    title_type: u8,
    title: &'a str,
    phone: &'a str,
    tax_no: &'a str,
    addr: &'a str,
    bank_type: &'a str,
    bank_no: &'a str,
}

/// Writes scantitle's answer.
pub fn write_scanned(title: &InvoiceTitle) -> String {
    answer::ok_with(&ScannedJson {
        title_type: match title.side() {
            TitleSide::Company => 0,
            TitleSide::Personal => 1,
        },
        title: title.get(TitleField::Title),
        phone: title.get(TitleField::Phone),
        tax_no: title.get(TitleField::TaxNo),
        addr: title.get(TitleField::Addr),
        bank_type: title.get(TitleField::BankType),
        bank_no: title.get(TitleField::BankNo),
    })
}

/// The push that tells an account which title was picked.
pub fn xml(to_user: &str, from_user: &OpenId, title: &InvoiceTitle, attach: &str) -> UntimedXml {
    let mut xml = EventXml::begin(to_user, from_user.as_str(), EVENT);
    for field in [
        TitleField::Title,
        TitleField::Phone,
        TitleField::TaxNo,
        TitleField::Addr,
        TitleField::BankType,
        TitleField::BankNo,
    ] {
        xml.text(field.name(), title.get(field));
    }
    xml.text("attach", attach);
    xml.text(
        "title_type",
        match title.side() {
            TitleSide::Company => "InvoiceUserTitleBusinessType",
            TitleSide::Personal => "InvoiceUserTitlePersonType",
        },
    );
    xml.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::test_keys;

    const BASE: &str = "http://127.0.0.1:8080/";

    fn account() -> AppId {
        AppId::parse("wx6b61697069616f31").unwrap()
    }

    fn object(body: &str) -> Object<'_> {
        Object::read(body.as_bytes(), None).unwrap()
    }

    fn key_of(link: &str) -> &str {
        link.rsplit_once('=').unwrap().1.trim_end_matches("#wechat_redirect")
    }

    #[test]
    fn links_read_back_have_the_published_shape_and_serve_for_nothing_else() {
        let at = Timestamp::from_unix_millis(7);
        let body =
            r#"{"title":" 星期一 ","tax_no":"91440300MA5KP0001N","user_fill":"","phone":null}"#;
        let offered = read_offered(&object(body), account(), at).unwrap();
        assert_eq!(offered.title.get(TitleField::Title), "星期一");
        let link = write_offered(&test_keys(), BASE, &offered, [1; 12]);
        assert!(link.starts_with(
            "http://127.0.0.1:8080/intp/invoice/usertitle?action=list_auth&biz_title_key="
        ));
        assert!(link.ends_with("#wechat_redirect"));
        assert_eq!(open_offered(&test_keys(), key_of(&link)), Some(offered));

        let ask = read_ask(&object(r#"{"attach":"桌 7&","biz_name":"面馆"}"#), account()).unwrap();
        let asked = write_ask(&test_keys(), BASE, &ask, [2; 12]);
        assert!(asked.contains("?action=select_title&select_title_key="));
        assert_eq!(open_ask(&test_keys(), key_of(&asked)), Some(ask));
        assert_eq!(open_offered(&test_keys(), key_of(&asked)), None);
        assert_eq!(open_ask(&test_keys(), key_of(&link)), None);
    }

    #[test]
    fn the_largest_link_is_below_2048_characters() {
        let wide = |chars: usize| "税".repeat(chars);
        let body = answer::bare(&BTreeMap::from([
            ("title", wide(100)),
            ("addr", wide(100)),
            ("bank_type", wide(100)),
            ("bank_no", "8".repeat(64)),
            ("phone", "8".repeat(32)),
            ("tax_no", "A".repeat(20)),
            ("out_title_id", "z".repeat(64)),
        ]));
        let offered = read_offered(&object(&body), account(), Timestamp::from_unix_millis(1 << 41));
        let link = write_offered(&test_keys(), BASE, &offered.unwrap(), [1; 12]);
        assert!(link.len() < 2048, "{}", link.len());
    }

    #[test]
    fn a_code_is_read_from_whatever_was_scanned() {
        let code = TitleCode {
            user: UserId::parse("a.b@c").unwrap(),
            entry: "1-2".into(),
            shown_at: Timestamp::from_unix_millis(5),
        };
        let text = write_code(&test_keys(), BASE, &code, [3; 12]);
        let of = |text: &str| open_code(&test_keys(), text).map_err(|refusal| refusal.to_string());
        for carried in [
            text.clone(),
            text.replace("://", "//"),
            format!("{text}#wechat_redirect"),
            format!(" {text}\n"),
        ] {
            assert_eq!(of(&carried), Ok(code.clone()), "{carried}");
        }
        let changed = text.replacen("invoice_key=A", "invoice_key=B", 1);
        for bad in ["x", "https//mp/intp?invoice_key=abcd", &changed] {
            assert!(of(bad).unwrap_err().contains("scan_text is no title's QR code"), "{bad}");
        }
        let empty = read_scan(&object(r#"{"scan_text":""}"#)).unwrap_err();
        assert_eq!(empty.to_string(), "invalid params, scan_text is empty");
    }
}
