//! An issuer of the operator's own (docs/issuer.md): what is asked of it, and what its answers come to.

use crate::platform::upload::upload;
use crate::platform::{INSERT, card_id, data, invoice};
use hmac::{Hmac, KeyInit, Mac};
use kaipiao_cli::check::CheckAsk;
use kaipiao_cli::settings::Settings;
use kaipiao_ports::clock::{Clock, SystemClock};
use kaipiao_testkit::addresses::Refusing;
use kaipiao_tests::{
    ADMIN, MERCHANT, PLATFORM, Received, Receiver, Reply, TestServer, assert_ok, assert_refused,
    assert_sucesss,
};
use serde_json::{Value, json};
use sha2::Sha256;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tempfile::NamedTempFile;

pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const CODE: &str = "044001900111";

fn signature(secret: &str, head: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(head.as_bytes());
    mac.update(body);
    hex(&mac.finalize().into_bytes())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn now() -> i64 {
    SystemClock::default().real_now().unix_seconds()
}

/// The question's action, once its signature has been checked.
pub(crate) fn action(asked: &Received) -> &str {
    let action = asked.target.strip_prefix("/issuer/").expect("the settings' address");
    let timestamp = &asked.headers["kaipiao-timestamp"];
    assert!(timestamp.parse::<i64>().unwrap().abs_diff(now()) < 60, "{timestamp}");
    let signature = signature(SECRET, &format!("{action}\n{timestamp}\n"), asked.body.as_bytes());
    assert_eq!(asked.headers["kaipiao-signature"], signature);
    action
}

/// An answer to a question, signed with a secret at a moment.
fn signed(secret: &str, at: i64, asked: &Received, answer: &Value) -> Reply {
    signed_bytes(secret, at, asked, answer.to_string().as_bytes())
}

pub(crate) fn signed_bytes(secret: &str, at: i64, asked: &Received, body: &[u8]) -> Reply {
    let question = &asked.headers["kaipiao-signature"];
    let signature = signature(secret, &format!("answer\n{at}\n{question}\n"), body);
    let head = format!("Kaipiao-Timestamp: {at}\r\nKaipiao-Signature: {signature}");
    let length = body.len();
    // Unsaid, the next question may go out on the connection that just ends, and comes to nothing.
    let head = format!(
        "HTTP/1.1 200 OK\r\n{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    Reply::Raw([head.as_bytes(), body].concat())
}

pub(crate) fn answered(asked: &Received, answer: &Value) -> Reply {
    signed(SECRET, now(), asked, answer)
}

pub(crate) fn body(asked: &Received) -> Value {
    serde_json::from_str(&asked.body).unwrap()
}

/// What is answered when the invoice with this number was issued to the question.
pub(crate) fn issued(asked: &Received, number: usize) -> Value {
    json!({
        "result": "issued", "content_digest": body(asked)["content_digest"], "code": CODE,
        "number": format!("{number:08}"), "check_code": "7".repeat(20), "issued_at": now(),
    })
}

pub(crate) fn secret_file(secret: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    writeln!(file, "{secret}").unwrap();
    file
}

/// A server whose issuer behaves so.
pub(crate) fn server(issuer: &Receiver, secret: &NamedTempFile) -> TestServer {
    TestServer::start_with(&settings_of(issuer, secret))
}

/// The settings of such a server.
pub(crate) fn settings_of(issuer: &Receiver, secret: &NamedTempFile) -> String {
    settings(&format!("http://{}/issuer/", issuer.address), secret)
}

fn settings(url: &str, secret: &NamedTempFile) -> String {
    let secret = secret.path();
    format!("[issuing]\nurl = \"{url}\"\nsecret_file = {secret:?}\ntime_limit_ms = 3000")
}

#[test]
fn an_outside_issuer_issues_and_offsets() {
    let issuer = Receiver::behaving(|count, asked| {
        let mut answer = issued(asked, count + 1);
        if action(asked) == "offset" {
            answer["machine_number"] = json!("661234567890");
        }
        answered(asked, &answer)
    });
    let secret = secret_file(SECRET);
    let server = server(&issuer, &secret);
    let client = server.merchant();
    let blue = client.issued("1", "A1");
    assert_eq!((&blue["fpdm"], &blue["fphm"]), (&json!(CODE), &json!("00000001")));
    assert_eq!(blue["jym"], "7".repeat(20));
    let asked = issuer.next();
    assert_eq!(action(&asked), "issue");
    let question = body(&asked);
    assert_eq!((&question["serial"], &question["order_id"]), (&json!("2ff836A1"), &json!("1")));
    assert_eq!((&question["face"], &question["specimen"]), (&json!("classic"), &json!(true)));
    assert_eq!(
        (&question["content"]["gross"], &question["offsets"]),
        (&json!("159.00"), &json!(null))
    );
    assert_eq!(question["content"]["lines"][0]["rate"], "0.17");
    assert_sucesss(&client.offset(&client.offset_of(&blue, "A1r")));
    let red = client.result("A1r")["invoicedetail"].clone();
    assert_eq!(red["fphm"], "00000002");
    let asked = issuer.next();
    let question = body(&asked);
    assert_eq!((action(&asked), &question["offsets"]), ("offset", &json!("2ff836A1")));
    assert_eq!(question["content"]["gross"], "-159.00");
    let printed = server.pdf_text(&red);
    assert!(printed.contains("661234567890") && printed.contains("SPECIMEN"), "{printed}");
}

#[test]
fn what_an_outside_issuer_says_or_fails_to_say_has_its_code() {
    type Behaviour = fn(&Received) -> Reply;
    let failures: [(Behaviour, i32, &str); 14] = [
        (
            |asked| answered(asked, &json!({"result": "refused", "message": "税号有误"})),
            73000,
            "税号有误",
        ),
        (|_| Reply::Status(503, "busy".to_owned()), 73100, "status 503"),
        (|_| Reply::Close, 73100, "cannot be reached"),
        (|_| Reply::Hang, 73105, ""),
        (|asked| answered(asked, &json!({"result": "not_yet"})), 73105, ""),
        (|asked| Reply::Status(200, issued(asked, 1).to_string()), 73102, "kaipiao-timestamp"),
        (|_| Reply::Status(404, String::new()), 73102, "status 404"),
        (
            |asked| signed(&"x".repeat(32), now(), asked, &issued(asked, 1)),
            73102,
            "signature is wrong",
        ),
        (|asked| signed(SECRET, now() - 310, asked, &issued(asked, 1)), 73102, "310 s from"),
        (|asked| signed(SECRET, now() + 310, asked, &issued(asked, 1)), 73102, "s from"),
        (|asked| answered(asked, &json!({"result": "unknown"})), 73102, "unknown is none"),
        (|asked| answered(asked, &json!("done")), 73102, "it is no answer"),
        (
            |asked| {
                let mut digital = issued(asked, 1);
                digital["code"] = json!("");
                digital["number"] = json!("26952000000000000017");
                answered(asked, &digital)
            },
            73102,
            "no classic invoice",
        ),
        (
            |asked| {
                let mut later = issued(asked, 1);
                later["issued_at"] = json!(now() + 3600);
                answered(asked, &later)
            },
            73102,
            "issued_at is in the future",
        ),
    ];
    let count = failures.len();
    let behaviours: Vec<Behaviour> = failures.iter().map(|(behave, ..)| *behave).collect();
    let issuer = Receiver::behaving(move |_, asked| {
        action(asked);
        // The serial says which: 2ff836F7 is the seventh.
        let serial = body(asked)["serial"].as_str().unwrap().to_owned();
        let which: usize = serial.strip_prefix("2ff836F").unwrap().parse().unwrap();
        behaviours[which](asked)
    });
    let secret = secret_file(SECRET);
    let server = server(&issuer, &secret);
    let client = server.merchant();
    for which in 0..count {
        client.authorized(&which.to_string());
        let invoice = client.invoice(&which.to_string(), &format!("F{which}"));
        assert_sucesss(&client.make_out(&invoice));
    }
    for (which, (_, code, words)) in failures.iter().enumerate() {
        assert_refused(&client.result(&format!("F{which}")), *code, words);
    }
    server.all_completed();
}

#[test]
fn an_outside_issuer_that_cannot_be_connected_to_is_73100_and_not_yet_is_asked_again() {
    let secret = secret_file(SECRET);
    let closed = Refusing::bind();
    let server = TestServer::start_with(&settings(&format!("http://{}", closed.address), &secret));
    let client = server.merchant();
    client.authorized("1");
    assert_sucesss(&client.make_out(&client.invoice("1", "A1")));
    let answer = client.result("A1");
    assert_refused(&answer, 73100, "the issuer cannot be reached");
    assert!(!answer["errmsg"].as_str().unwrap().contains("127.0.0.1"), "{answer}");
    let patient = Receiver::behaving(|count, asked| match count {
        0 => answered(asked, &json!({"result": "not_yet"})),
        _ => answered(asked, &issued(asked, 1)),
    });
    let url = format!("http://{}/issuer", patient.address);
    let server = server.restart_with(&settings(&url, &secret));
    let client = server.merchant();
    assert_sucesss(&client.make_out(&client.invoice("1", "A1")));
    assert_eq!(client.result("A1")["invoicedetail"]["fphm"], "00000001");
    // The same question, byte for byte.
    let [first, second] = &patient.received()[..] else { panic!("two questions") };
    assert_eq!(first.body, second.body);
}

/// An issuer that keeps what it has issued, and says so only from the second question of a serial on.
fn forgetful_of_answers() -> Receiver {
    let issued_before: Arc<Mutex<Option<Value>>> = Arc::default();
    Receiver::behaving(move |_, asked| {
        let mut issued_before = issued_before.lock().unwrap();
        match &*issued_before {
            Some(answer) => answered(asked, answer),
            None => {
                *issued_before = Some(issued(asked, 1));
                Reply::Status(500, String::new())
            }
        }
    })
}

#[test]
fn an_invoice_that_was_issued_for_another_content_is_not_taken_for_this_ones() {
    let issuer = forgetful_of_answers();
    let secret = secret_file(SECRET);
    let server = server(&issuer, &secret);
    let client = server.merchant();
    client.authorized("1");
    let first = client.invoice("1", "A1");
    assert_sucesss(&client.make_out(&first));
    assert_refused(&client.result("A1"), 73100, "status 500");
    let mut other = first.clone();
    other["ghfmc"] = json!("星期二");
    assert_sucesss(&client.make_out(&other));
    let words = format!("has issued {CODE} 00000001 for this serial already");
    assert_refused(&client.result("A1"), 73102, &words);
    assert_sucesss(&client.make_out(&first));
    let found = client.result("A1");
    assert_eq!(
        (&found["errcode"], &found["invoicedetail"]["fphm"]),
        (&json!(0), &json!("00000001"))
    );
    let printed = server.pdf_text(&found["invoicedetail"]);
    assert!(printed.contains("星期一"), "{printed}");
}

/// Code and number that the serial says: 2ff836N26952000000000000017, or 2ff836N044001900111-00000017.
fn number_of_serial(asked: &Received) -> (String, String) {
    let serial = body(asked)["serial"].as_str().unwrap().to_owned();
    let digits = serial.trim_start_matches("2ff836N").trim_end_matches(['r', 'x']);
    let (code, number) = digits.split_once('-').unwrap_or(("", digits));
    (code.to_owned(), number.to_owned())
}

#[test]
fn equal_digits_of_two_years_or_codes_are_two_numbers() {
    let issuer = Receiver::behaving(|_, asked| {
        let mut answer = issued(asked, 1);
        let (code, number) = number_of_serial(asked);
        answer["check_code"] = json!(if code.is_empty() { String::new() } else { "7".repeat(20) });
        (answer["code"], answer["number"]) = (json!(code), json!(number));
        answered(asked, &answer)
    });
    let secret = secret_file(SECRET);
    let server = server(&issuer, &secret);
    let client = server.merchant();
    let issues = |order: &str, digits: &str| {
        let detail = client.issued(order, &format!("N{digits}"));
        let (code, number) = digits.split_once('-').unwrap_or(("", digits));
        assert_eq!((&detail["fpdm"], &detail["fphm"]), (&json!(code), &json!(number)));
        detail
    };
    // The number of another invoice is still not taken.
    let is_not_taken = |order: &str, digits: &str| {
        client.authorized(order);
        assert_sucesss(&client.make_out(&client.invoice(order, &format!("N{digits}x"))));
        let refused = client.result(&format!("N{digits}x"));
        assert_refused(&refused, 73102, "which another invoice has");
    };
    let classic = ["044001900111-00000017", "044001900112-00000017"];
    let classic_blue = [issues("1", classic[0]), issues("2", classic[1])];
    is_not_taken("3", classic[1]);
    server.put_account(MERCHANT, &json!({"merchant": {"face": "digital"}}), ADMIN);
    let digital = ["26952000000000000017", "27952000000000000017"];
    let digital_blue = [issues("4", digital[0]), issues("5", digital[1])];
    is_not_taken("6", digital[0]);
    is_not_taken("7", digital[1]);
    // Each is found by its own number, whichever year or code, and taken back.
    let all = classic_blue.iter().chain(&digital_blue).rev();
    for (nth, blue) in all.enumerate() {
        let (code, number) = (blue["fpdm"].as_str().unwrap(), format!("9{nth}"));
        let red = match code {
            "" => format!("N26952{number:0>15}r"),
            code => format!("N{code}-{number:0>8}r"),
        };
        assert_sucesss(&client.offset(&client.offset_of(blue, &red)));
        assert_eq!(client.result(&red)["errcode"], json!(0), "{red}");
        let body = client.offset_of(blue, &format!("{red}x"));
        assert_refused(&client.offset(&body), 72024, "offset by");
    }
    assert_holds(&server);
}

/// `kaipiao check` finds nothing wrong.
pub(crate) fn assert_holds(server: &TestServer) {
    server.all_completed();
    let ask = CheckAsk { limit: 10, json: false };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let settings = server.settings_beside();
    let report = runtime.block_on(kaipiao_cli::check::run(&settings, ask, |_| {})).unwrap();
    assert!(report.holds, "{}", report.text);
}

#[test]
fn a_number_that_another_invoice_has_is_not_taken() {
    let issuer = Receiver::behaving(|_, asked| answered(asked, &issued(asked, 1)));
    let secret = secret_file(SECRET);
    let server = server(&issuer, &secret);
    let client = server.merchant();
    client.issued("1", "A1");
    client.authorized("2");
    assert_sucesss(&client.make_out(&client.invoice("2", "A2")));
    assert_refused(&client.result("A2"), 73102, "which another invoice has");
    assert_ok(&client.reject("2"));
}

#[test]
fn the_sandboxs_faults_are_played_before_the_issuer_is_asked() {
    let issuer = Receiver::behaving(|_, asked| answered(asked, &issued(asked, 1)));
    let secret = secret_file(SECRET);
    let server = server(&issuer, &secret);
    let client = server.merchant();
    client.authorized("1");
    server.fault(json!({"target": "issuer", "errcode": 73000}));
    assert_sucesss(&client.make_out(&client.invoice("1", "A1")));
    assert_refused(&client.result("A1"), 73000, "");
    assert_eq!(issuer.received().len(), 0);
}

#[test]
fn a_number_that_a_platform_has_inserted_is_not_taken() {
    let issuer = Receiver::behaving(|_, asked| answered(asked, &issued(asked, 1)));
    let secret = secret_file(SECRET);
    let server = server(&issuer, &secret);
    let (client, platform) = (server.merchant(), server.client(PLATFORM));
    client.authorized("1");
    let mut body = invoice("1", &card_id(&platform), &upload(&platform), "00000001");
    data(&mut body)["billing_no"] = json!(CODE);
    assert_ok(&platform.post(INSERT, &body));
    client.authorized("2");
    assert_sucesss(&client.make_out(&client.invoice("2", "A2")));
    assert_refused(&client.result("A2"), 73102, "which another invoice has");
    assert_ok(&client.reject("2"));
}

#[test]
fn a_merchants_own_issuer_is_asked_for_it_and_for_no_other() {
    let issues = || Receiver::behaving(|count, asked| answered(asked, &issued(asked, count + 1)));
    let (own, of_all) = (issues(), issues());
    let secret = secret_file(SECRET);
    let of_merchant = |appid: &str| {
        let (url, secret) = (format!("http://{}/issuer", own.address), secret.path());
        format!("[issuing.merchants.{appid}]\nurl = \"{url}\"\nsecret_file = {secret:?}")
    };
    let all = settings(&format!("http://{}/issuer", of_all.address), &secret);
    let asked = |settings: &str| {
        let server = TestServer::start_with(settings);
        let invoice = server.merchant().issued("1", "A1");
        let asked = (own.received().len(), of_all.received().len());
        (invoice["fpdm"] == CODE, asked)
    };
    assert_eq!(asked(&format!("{all}\n{}", of_merchant(MERCHANT))), (true, (1, 0)));
    assert_eq!(asked(&format!("{all}\n{}", of_merchant("wx00000000000000aa"))), (true, (1, 1)));
    assert_eq!(asked(&of_merchant(MERCHANT)), (true, (2, 1)));
    assert_eq!(asked(&of_merchant("wx00000000000000aa")), (false, (2, 1)), "the built-in one");
}

#[test]
fn the_settings_of_an_outside_issuer_are_whole_or_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("settings.toml");
    let short = secret_file("short");
    let secret = secret_file(SECRET);
    let refusal = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let settings = Settings::load(Some(&file));
        let issuer = settings.and_then(|settings| settings.issuing.outside(settings.mode));
        issuer.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(refusal(&settings("https://10.0.0.1:8443/kaipiao", &secret)), "");
    for (text, words) in [
        (settings("https://10.0.0.1", &short), "must hold at least 32 characters"),
        (settings("10.0.0.1:8080", &secret), "issuing.url must be a http:// or https://"),
        (settings("http://a:b@issuer", &secret), "must not hold a user name"),
        (settings("http://issuer/?key=1", &secret), "issuing.url must end with its path"),
        ("[issuing]\nurl = \"http://issuer\"".to_owned(), "issuing.url needs issuing.secret_file"),
        (settings("", &secret), "issuing.secret_file needs issuing.url"),
        (
            "[issuing]\nurl = \"http://issuer\"\nsecret_file = \"/nowhere/x\"".to_owned(),
            "/nowhere/x",
        ),
        (
            "[issuing.merchants.shop]\nurl = \"http://a\"\nsecret_file = \"/x\"".to_owned(),
            "issuing.merchants.shop: \"shop\" is not the form of an appid",
        ),
        (
            format!("[issuing.merchants.{MERCHANT}]\nurl = \"http://a\"\nsecret_file = \"\""),
            "secret_file",
        ),
    ] {
        let refused = refusal(&text);
        assert!(refused.contains(words), "{text}: {refused}");
    }
}
