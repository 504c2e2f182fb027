//! Each call of WeChat Pay with what clients get wrong, and every parameter that it wants or looks at (wire_facts 5.2).

use crate::payment::pay_client::{KEY, MCHID, PayClient, order};
use kaipiao_http::{Api, ROUTES};
use kaipiao_tests::{PLATFORM, TestServer};

/// A parameter and its value.
type Parameter = (&'static str, &'static str);

/// A call, its parameters with nothing wrong, each of which it wants, and what it looks at.
struct Call {
    path: &'static str,
    good: Vec<Parameter>,
    looked_at: Vec<Wrong>,
}

/// A value that is refused, with which code, and in which words.
#[derive(Clone)]
struct Wrong {
    name: &'static str,
    value: String,
    code: &'static str,
    words: &'static str,
}

const INVALID: &str = "INVALID_REQUEST";
const TOO_LONG: &str = "characters, at most";
const NAME: Parameter = ("out_trade_no", "order-1");

fn calls() -> Vec<Call> {
    let charged = [("body", "tea"), NAME, ("total_fee", "100")];
    let quick = [("spbill_create_ip", "::1"), ("auth_code", "130000000000000000")];
    let on_behalf = [
        ("notify_url", "http://127.0.0.1:9/"),
        ("trade_type", "PAP"),
        ("contract_id", "200000000000000000"),
    ];
    let on_behalf = [&charged[..], &on_behalf].concat();
    let refund = [NAME, ("out_refund_no", "r-1"), ("total_fee", "100"), ("refund_fee", "1")];
    let sub_merchant = [("sub_mch_id", MCHID)];
    let call = |path, good: &[&[Parameter]], looked_at: &[fn() -> Vec<Wrong>]| Call {
        path,
        good: good.concat(),
        looked_at: looked_at.iter().flat_map(|looked_at| looked_at()).collect(),
    };
    vec![
        call("/pay/unifiedorder", &[&order(NAME.1, &[])], &[asked, told, of_order]),
        call("/pay/micropay", &[&charged, &quick], &[asked, of_quick_pay]),
        call("/pay/pappayapply", &[&on_behalf], &[asked, told, of_contract]),
        call("/pay/partner/pappayapply", &[&on_behalf, &sub_merchant], &[asked, told, of_contract]),
        call("/pay/orderquery", &[&[NAME]], &[numbered, named]),
        call("/pay/paporderquery", &[&[NAME]], &[numbered, named]),
        call("/pay/partner/paporderquery", &[&[NAME], &sub_merchant], &[numbered, named]),
        call("/pay/closeorder", &[&[NAME]], &[numbered]),
        call("/secapi/pay/reverse", &[&[NAME]], &[numbered, named]),
        call("/secapi/pay/refund", &[&refund], &[numbered, named, told, of_refund]),
        call("/pay/refundquery", &[&[NAME]], &[numbered, named, of_search]),
    ]
}

fn wrong(
    name: &'static str,
    values: &[&str],
    code: &'static str,
    words: &'static str,
) -> impl Iterator<Item = Wrong> {
    let values: Vec<_> = values.iter().map(|value| (*value).to_owned()).collect();
    values.into_iter().map(move |value| Wrong { name, value, code, words })
}

fn too_long(longest: &[(&'static str, usize)]) -> Vec<Wrong> {
    let wrong = |&(name, chars): &(_, usize)| Wrong {
        name,
        value: "茶".repeat(chars + 1),
        code: INVALID,
        words: TOO_LONG,
    };
    longest.iter().map(wrong).collect()
}

/// What every call looks at.
fn called() -> Vec<Wrong> {
    let mut wrongs = too_long(&[("nonce_str", 32)]);
    let nobody = ["wx0123456789abcdef", "gh_1"];
    wrongs.extend(wrong("appid", &nobody, "APPID_NOT_EXIST", "is no account's"));
    wrongs.extend(wrong("appid", &[PLATFORM], "APPID_MCHID_NOT_MATCH", "is not bound to mch_id"));
    wrongs
}

fn numbered() -> Vec<Wrong> {
    let values =
        ["12345", "123456789012345678901234567890123", "order 1", "order@1", "订单号一二三"];
    wrong("out_trade_no", &values, INVALID, "6 to 32 letters, digits and _-|*").collect()
}

fn named() -> Vec<Wrong> {
    too_long(&[("transaction_id", 32)])
}

fn amount(name: &'static str) -> Vec<Wrong> {
    let values = ["+1", "-1", "1.00", "1e2", "0x1", "一", "99999999999999999999"];
    wrong(name, &values, INVALID, "must be a whole number in fen").collect()
}

fn asked() -> Vec<Wrong> {
    let mut wrongs = [numbered(), amount("total_fee")].concat();
    wrongs.extend(wrong("total_fee", &["0", "100000001"], INVALID, "must be 1 to 100000000 fen"));
    let texts = [("body", 127), ("attach", 127), ("device_info", 32), ("detail", 6144)];
    wrongs.extend(too_long(&texts));
    wrongs.extend(too_long(&[("openid", 128), ("sub_mch_id", 32)]));
    wrongs.extend(wrong("fee_type", &["USD"], INVALID, "must be CNY"));
    let addresses = ["localhost", "1.2.3", "1.2.3.4:80"];
    wrongs.extend(wrong("spbill_create_ip", &addresses, INVALID, "must be an IP address"));
    let times = ["2026", "20261301000000", "2026-01-01 00:00:00"];
    for name in ["time_start", "time_expire"] {
        wrongs.extend(wrong(name, &times, INVALID, "must be yyyyMMddHHmmss"));
    }
    wrongs.extend(too_long(&[("goods_tag", 32), ("product_id", 32), ("limit_pay", 32)]));
    wrongs.extend(wrong("sub_mch_id", &["x"], "MCHID_NOT_EXIST", "is no pay merchant's"));
    wrongs.extend(wrong("sub_mch_id", &["1234"], "NOAUTH", "is no sub-merchant of"));
    wrongs
}

fn of_order() -> Vec<Wrong> {
    let types = ["MICROPAY", "PAP", "native"];
    let mut wrongs: Vec<_> =
        wrong("trade_type", &types, INVALID, "JSAPI, NATIVE, APP or MWEB").collect();
    wrongs.extend(wrong("trade_type", &["JSAPI"], "LACK_PARAMS", "openid is missing"));
    wrongs
}

fn of_quick_pay() -> Vec<Wrong> {
    let codes = ["139", "13000000000000000x", "1300000000000000000"];
    let mut wrongs: Vec<_> =
        wrong("auth_code", &codes, "AUTH_CODE_ERROR", "the 18 digits").collect();
    wrongs.extend(wrong(
        "auth_code",
        &["160000000000000000", "090000000000000000"],
        "AUTH_CODE_INVALID",
        "10 to 15",
    ));
    wrongs.extend(wrong("auth_code", &["130000000000000000"], "AUTH_CODE_INVALID", "is nobody's"));
    wrongs
}

fn of_contract() -> Vec<Wrong> {
    let mut wrongs = too_long(&[("contract_id", 32)]);
    wrongs.extend(wrong("trade_type", &["NATIVE"], INVALID, "must be PAP"));
    let pay_codes = ["130000000000000000"];
    wrongs.extend(wrong("contract_id", &pay_codes, "AUTH_CODE_INVALID", "is a pay code"));
    wrongs
}

/// What names an address of notices.
fn told() -> Vec<Wrong> {
    let mut wrongs = too_long(&[("notify_url", 256)]);
    for (value, words) in [
        ("/notify", "must be a http:// or https:// address"),
        ("ftp://shop.example/", "must be a http:// or https:// address"),
        ("https://shop.example/a b", "write %20"),
        ("https://shop.example/?a=b", "must have no query"),
        ("https://u:p@shop.example/", "user name"),
        ("https://shop.example:99999/", "port"),
        ("https://[shop.example/", "host name"),
        ("https://shop,example/", "host name"),
    ] {
        wrongs.extend(wrong("notify_url", &[value], INVALID, words));
    }
    wrongs
}

fn of_refund() -> Vec<Wrong> {
    let mut wrongs = [amount("total_fee"), amount("refund_fee")].concat();
    wrongs.extend(too_long(&[("refund_desc", 80)]));
    wrongs.extend(wrong("refund_fee_type", &["USD"], INVALID, "must be CNY"));
    wrongs.extend(refund_number());
    wrongs
}

fn refund_number() -> impl Iterator<Item = Wrong> {
    wrong("out_refund_no", &["r 1", "退", "r#"], INVALID, "1 to 64 letters, digits and _-|*@")
}

fn of_search() -> Vec<Wrong> {
    let mut wrongs = too_long(&[("refund_id", 32)]);
    wrongs.extend(wrong("offset", &["x", "+1", "-1", "1.5"], INVALID, "must be a whole number"));
    wrongs.extend(refund_number());
    wrongs
}

/// The same calls with the pay merchant's key, and under the published sandbox's prefixes with that one's.
fn clients(server: &TestServer) -> [PayClient<'_>; 3] {
    let own = PayClient::new(server);
    let key = own.sandbox_key();
    ["", "/xdc/apiv2sandbox", "/sandboxnew"].map(|prefix| {
        let key = if prefix.is_empty() { own.key.clone() } else { key.clone() };
        PayClient { key, prefix, ..PayClient::new(server) }
    })
}

#[test]
fn every_call_is_in_the_table() {
    let table: Vec<_> = calls().iter().map(|call| call.path).collect();
    let mut served: Vec<_> =
        ROUTES.iter().filter(|route| route.api() == Api::Pay).map(|route| route.path).collect();
    served.retain(|path| !table.contains(path));
    assert!(served.is_empty(), "{served:?}");
}

#[test]
fn what_cannot_be_read_is_refused_unsigned_by_name() {
    let server = TestServer::start();
    for client in clients(&server) {
        let calls = calls();
        let sign_key = Call { path: "/pay/getsignkey", good: Vec::new(), looked_at: Vec::new() };
        let sign_key = (client.prefix == "/sandboxnew").then_some(&sign_key);
        for call in calls.iter().chain(sign_key) {
            // getsignkey itself is signed with the pay merchant's own key.
            let key = if call.good.is_empty() { KEY } else { &*client.key };
            refused_unsigned(
                &PayClient { key: key.to_owned(), ..PayClient::new(&server) },
                &client,
                call,
            );
        }
    }
}

fn refused_unsigned(signer: &PayClient<'_>, client: &PayClient<'_>, call: &Call) {
    let path = call.path;
    let good = signer.signed(&call.good);
    let unsigned = |body: &[u8], words: &str| {
        let answer = client.post_bytes(path, body);
        let told = answer.get("return_msg");
        assert_eq!(answer.get("return_code"), "FAIL", "{path} {words}: {answer:?}");
        assert!(told.starts_with(words) && told.contains("rid: "), "{path} {words}: {answer:?}");
        assert_eq!((answer.get("sign"), answer.get("result_code")), ("", ""));
    };
    let is_refused = |body: &str, words: &str| unsigned(body.as_bytes(), words);
    is_refused("", "POST_DATA_EMPTY");
    is_refused(" \r\n", "POST_DATA_EMPTY");
    unsigned(b"<xml><body>\xe9</body></xml>", "NOT_UTF8");
    is_refused("{\"appid\":\"wx\"}", "XML_FORMAT_ERROR");
    is_refused("appid=wx&mch_id=1", "XML_FORMAT_ERROR");
    is_refused(&good.replace("</xml>", ""), "XML_FORMAT_ERROR");
    is_refused(&good.replace("<xml>", "<xml><a><b>1</b></a>"), "XML_FORMAT_ERROR");
    is_refused(&good.replace("<xml>", "<xml><a>1</a><a>1</a>"), "XML_FORMAT_ERROR");
    let doctype = "<!DOCTYPE x [<!ENTITY e \"1\">]>";
    is_refused(&format!("{doctype}{good}"), "XML_FORMAT_ERROR");
    is_refused(&good.replace("<xml>", "<xml><a>&e;</a>"), "XML_FORMAT_ERROR");
    for (bad, words) in [
        ("<a\u{1}>1</a\u{1}>", "XML_FORMAT_ERROR: the body has an element \"a\\u{1}\""),
        ("<a&b>1</a&b>", "XML_FORMAT_ERROR: the body has an element \"a&b\""),
        ("<a>\u{1}</a>", "XML_FORMAT_ERROR: the body holds the character U+0001 in a"),
        ("<a>&#31;</a>", "XML_FORMAT_ERROR: the body holds the character U+001F in a"),
    ] {
        is_refused(&good.replace("<xml>", &format!("<xml>{bad}")), words);
    }
    let long = format!("<xml><a>{}</a></xml>", "x".repeat(70_000));
    is_refused(&long, "XML_FORMAT_ERROR: the body is longer");
    for (from, words) in [("mch_id>", "LACK_PARAMS: mch_id"), ("sign>", "LACK_PARAMS: sign")] {
        let renamed = [format!("<{from}"), format!("</{from}")];
        let without = renamed
            .iter()
            .fold(good.clone(), |body, tag| body.replace(tag, &tag.replace(from, "x>")));
        is_refused(&without, &format!("{words} is missing"));
    }
    is_refused(&good.replace("5K8264", "5K8265"), "SIGNERROR");
    is_refused(&good.replace("<xml>", "<xml><receipt>Y</receipt>"), "SIGNERROR");
    let another = PayClient { key: "7".repeat(32), ..PayClient::new(client.server) };
    is_refused(&another.signed(&call.good), "SIGNERROR");
    let own_or_not = if client.key == KEY { client.sandbox_key() } else { KEY.to_owned() };
    if !call.good.is_empty() {
        let other = PayClient { key: own_or_not, ..PayClient::new(client.server) };
        is_refused(&other.signed(&call.good), "SIGNERROR");
    }
    is_refused(
        &good.replace("<xml>", "<xml><sign_type>MD2</sign_type>"),
        "INVALID_REQUEST: sign_type",
    );
    let mch_id = format!("<mch_id><![CDATA[{MCHID}]]>");
    for stranger in ["1900000108", "x"] {
        let body = good.replace(&mch_id, &format!("<mch_id>{stranger}"));
        is_refused(&body, "MCHID_NOT_EXIST: no pay merchant has mch_id");
    }
    for method in ["GET", "PUT", "DELETE"] {
        let answer = client.server.page(method, &format!("{}{path}", client.prefix), &[], "");
        assert!(
            answer.body().contains("REQUIRE_POST_METHOD"),
            "{method} {path}: {}",
            answer.body()
        );
    }
}

/// The parameters with this one changed.
fn with<'a>(good: &[Parameter], name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let others = good.iter().copied().filter(|(own, _)| *own != name);
    others.chain([(name, value)]).collect()
}

#[test]
fn what_is_missing_or_wrong_is_refused_signed_by_name() {
    let server = TestServer::start();
    for client in clients(&server) {
        for Call { path, good, looked_at } in calls() {
            for name in good.iter().map(|(name, _)| *name).chain(["appid", "nonce_str"]) {
                let words = match (path, name) {
                    ("/pay/refundquery", "out_trade_no") => {
                        "refund_id is missing, or out_refund_no".to_owned()
                    }
                    _ => format!("{name} is missing"),
                };
                client.refused(path, &with(&good, name, ""), "LACK_PARAMS", &words);
            }
            for Wrong { name, value, code, words } in called().into_iter().chain(looked_at) {
                client.refused(path, &with(&good, name, &value), code, words);
            }
        }
    }
    // Nothing of it was kept.
    let client = PayClient::new(&server);
    client.refused("/pay/orderquery", &[NAME], "ORDERNOTEXIST", NAME.1);
    let foreign = [("sub_mch_id", MCHID), ("sub_openid", "o1")];
    client.refused(
        "/pay/unifiedorder",
        &order(NAME.1, &foreign),
        "LACK_PARAMS",
        "sub_appid is missing",
    );
}

#[test]
fn a_call_that_there_is_not_is_refused_by_its_path() {
    let server = TestServer::start();
    let client = PayClient::new(&server);
    for path in ["/pay/nothing", "/secapi/pay/nothing", "/xdc/apiv2sandbox/pay/x", "/sandboxnew/x"]
    {
        let answer = client.post(path, &client.signed(&[NAME]));
        assert_eq!(answer.get("return_code"), "FAIL");
        assert!(answer.get("return_msg").contains(path), "{answer:?}");
    }
}
