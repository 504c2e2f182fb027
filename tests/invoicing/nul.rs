//! A NUL in any text that a merchant sends: JSON can write it, PostgreSQL's texts and XML have no place for it.

use kaipiao_tests::{MERCHANT, TestServer, USER, assert_refused};
use serde_json::{Value, json};

/// A body's texts, by their paths as complaints name them and as JSON pointers.
fn texts(of: &Value, path: &str, pointer: &str) -> Vec<(String, String)> {
    match of {
        Value::String(_) => vec![(path.to_owned(), pointer.to_owned())],
        Value::Object(members) => {
            let dot = if path.is_empty() { "" } else { "." };
            let each = members.iter();
            each.flat_map(|(name, value)| {
                texts(value, &format!("{path}{dot}{name}"), &format!("{pointer}/{name}"))
            })
            .collect()
        }
        Value::Array(items) => {
            let each = items.iter().enumerate();
            each.flat_map(|(n, item)| {
                texts(item, &format!("{path}[{n}]"), &format!("{pointer}/{n}"))
            })
            .collect()
        }
        _ => Vec::new(),
    }
}

/// The calls that take a text, each with a body that is right in every field.
fn calls(server: &TestServer) -> Vec<(String, Value)> {
    let client = server.merchant();
    client.authorized("ready");
    let detail = client.issued("done", "done");
    let mut invoice = client.invoice("ready", "ready");
    for optional in ["ghfnsrsbh", "ghfdz", "ghfdh", "ghfbank", "ghfbankid", "bz", "skr", "fhr"] {
        invoice[optional] = json!("1");
    }
    invoice["kplx"] = json!("0");
    invoice["hylx"] = json!("0");
    for optional in ["lslbs", "yhzcbs", "zzstsgl"] {
        invoice["invoicedetail_list"][0][optional] = json!("");
    }
    let merchant = server.get_json("/sandbox/v1/accounts")["merchant"].clone();
    let serial = format!("{}done", merchant["code"].as_str().unwrap());
    let s_pappid = server.s_pappid();
    let attribute = |action: &str| format!("/card/invoice/setbizattr?action={action}");
    let fields = json!({"show_title": 1, "custom_field": [{"key": "k", "notice": "n"}]});
    let secret = server.secret(MERCHANT);
    vec![
        ("/card/invoice/getauthurl".into(), client.asked("new", 0)),
        ("/card/invoice/getauthdata".into(), json!({"s_pappid": s_pappid, "order_id": "done"})),
        (
            "/card/invoice/rejectinsert".into(),
            json!({"s_pappid": s_pappid, "order_id": "ready", "reason": "r", "url": "http://x.example/"}),
        ),
        ("/card/invoice/makeoutinvoice".into(), invoice),
        ("/card/invoice/clearoutinvoice".into(), client.offset_of(&detail, "red")),
        (
            "/card/invoice/queryinvoceinfo".into(),
            json!({"fpqqlsh": serial, "nsrsbh": merchant["nsrsbh"]}),
        ),
        (attribute("set_contact"), json!({"contact": {"phone": "88888888", "time_out": 12345}})),
        (
            attribute("set_auth_field"),
            json!({"auth_field": {"user_field": fields, "biz_field": fields}}),
        ),
        (
            "/cgi-bin/stable_token".into(),
            json!({"grant_type": "client_credential", "appid": MERCHANT, "secret": secret}),
        ),
    ]
}

#[test]
fn a_nul_in_any_text_is_refused_by_its_name_and_is_never_the_systems_fault() {
    let server = TestServer::start();
    let client = server.merchant();
    let mut texts_sent = 0;
    for (call, body) in calls(&server) {
        for (path, pointer) in texts(&body, "", "") {
            let mut sent = body.clone();
            let text = sent.pointer_mut(&pointer).unwrap();
            *text = json!(format!("{}\u{0}", text.as_str().unwrap()));
            let answer = client.post(&call, &sent);
            // What is looked up, or must be one of few, has a code of its own, which names it too.
            let code = match (&*path, &*call) {
                ("grant_type", _) => 40002,
                ("appid", _) => 40013,
                ("secret", _) => 40125,
                ("wxopenid", _) => 73001,
                ("nsrsbh", "/card/invoice/makeoutinvoice") => 72031,
                ("nsrsbh", _) => 73101,
                _ => 72031,
            };
            assert_refused(&answer, code, &path);
            texts_sent += 1;
        }
    }
    assert!(texts_sent > 50, "{texts_sent}");
    let token = format!(
        "/cgi-bin/token?grant_type=client_credential&appid={MERCHANT}%00&secret={}",
        server.secret(MERCHANT)
    );
    assert_refused(&server.get(&token), 40013, "appid");
    server.all_completed();
}

#[test]
fn a_nul_in_what_people_and_operators_send_is_refused_or_finds_nothing() {
    let server = TestServer::start();
    let client = server.merchant();
    let link = client.auth_url("1", 1);
    let company = json!({"title": "公司", "tax_no": "91440300MA5EXAMPLE", "addr": "a",
        "phone": "1", "bank_type": "b", "bank_no": "2"});
    for (path, pointer) in texts(&company, "", "") {
        let mut title = company.clone();
        let text = title.pointer_mut(&pointer).unwrap();
        *text = json!(format!("{}\u{0}", text.as_str().unwrap()));
        let (status, answer) =
            server.answer(&link, USER, "authorize", Some(json!({"biz_field": title})));
        assert!((400..500).contains(&status), "{path}: {status} {answer}");
    }
    let (status, answer) = server.post_json("/sandbox/v1/users", &json!({"id": "a\u{0}"}));
    assert!((400..500).contains(&status), "{status} {answer}");
    let (status, answer) = server.answer(&link, "zhangwei\u{0}", "authorize", None);
    assert!((400..500).contains(&status), "{status} {answer}");
    for listing in ["orders?order_id=1%00", "pushes?order_id=1%00", "invoices?buyer=1%00"] {
        let (status, answer) =
            server.admin("GET", &format!("{listing}&appid={MERCHANT}"), &json!({}));
        assert!(status < 500, "{listing}: {status} {answer}");
    }
}
