//! What operators add in the console: accounts, ranges of numbers, pay merchants.

use super::console::{PASSWORD, add, get, post, production, session, text_of};
use kaipiao_tests::{MERCHANT, TestServer};
use serde_json::{Value, json};

const APPID: &str = "wx00000000000000aa";
const APP: &str = "wx00000000000000ab";

fn listed(server: &TestServer, listing: &str, name: &str, by: (&str, &str)) -> Option<Value> {
    let all = server.all_pages(&format!("{listing}?limit=100"), name);
    all.into_iter().find(|one| one[by.0] == json!(by.1))
}

#[test]
fn an_operator_adds_an_account_and_its_secret_serves() {
    let (server, _files) = production("");
    add(&server, "amy", json!({"role": "operator", "password": PASSWORD}));
    add(&server, "dev", json!({"role": "developer", "accounts": [MERCHANT], "password": PASSWORD}));
    let (amy, dev) = (session(&server, "amy"), session(&server, "dev"));
    let path = "/console/accounts";
    assert!(get(&server, path, &amy).body().contains("id=\"add\""));
    assert!(!get(&server, path, &dev).body().contains("id=\"add\""));
    let body = format!(
        "appid={APPID}&name=Haifeng&role=merchant&bound_to=&taxpayer=Haifeng&tax_id=91440300MA5KP0001N"
    );
    let added = post(&server, path, &amy, &body);
    assert_eq!(added.status(), 201, "{}", added.body());
    let secret = text_of(added.body(), "secret").to_owned();
    assert_eq!(server.token_answer(APPID, &secret)["expires_in"], json!(7200));
    assert!(!get(&server, &format!("{path}/{APPID}"), &amy).body().contains(&secret));
    let account = listed(&server, "accounts", "accounts", ("appid", APPID)).unwrap();
    assert_eq!((&account["name"], &account["role"]), (&json!("Haifeng"), &json!("merchant")));
    assert_eq!(account["merchant"]["nsrsbh"], json!("91440300MA5KP0001N"));
    // One that is there is not changed by it.
    let again = post(&server, path, &amy, &format!("appid={APPID}&name=Other&role=merchant"));
    assert_eq!(again.status(), 422);
    let page = again.body();
    assert!(
        page.contains("name=\"appid\" value=\"wx00000000000000aa\"")
            && page.contains("value=\"Other\"")
    );
    assert!(
        page.contains("aria-describedby=\"wrong\"")
            && page.contains("another account&#39;s already"),
        "{page}"
    );
    assert_eq!(listed(&server, "accounts", "accounts", ("appid", APPID)).unwrap(), account);
    let app = format!("appid={APP}&name=App&role=mobile_app&bound_to={APPID}");
    assert_eq!(post(&server, path, &amy, &app).status(), 201);
    let app = listed(&server, "accounts", "accounts", ("appid", APP)).unwrap();
    assert_eq!(app["bound_to"], json!(APPID));
}

#[test]
fn an_operator_allots_a_range_also_to_a_merchant_without_a_taxpayer() {
    let (server, _files) = production("");
    add(&server, "amy", json!({"role": "operator", "password": PASSWORD}));
    let amy = session(&server, "amy");
    let path = format!("/console/numbers?appid={MERCHANT}");
    let asks_taxpayer = || get(&server, &path, &amy).body().contains("name=\"tax_id\"");
    assert!(asks_taxpayer());
    let range = "code=044031900111&first=00000001&last=00001000";
    let refused = post(&server, &path, &amy, range);
    assert_eq!(refused.status(), 422);
    assert!(refused.body().contains("tax_id must be"), "{}", refused.body());
    let taxpayer = "taxpayer=Haifeng&tax_id=91440300MA5KP0001N";
    assert_eq!(post(&server, &path, &amy, &format!("{range}&{taxpayer}")).status(), 303);
    assert!(!asks_taxpayer());
    let shared = post(&server, &path, &amy, "code=044031900111&first=1000&last=2000");
    assert!(shared.status() == 422 && shared.body().contains("shares numbers with 1 to 1000"));
    assert_eq!(post(&server, &path, &amy, "code=951&first=1&last=500").status(), 303);
    let ranges = server.all_pages(&format!("accounts/{MERCHANT}/numbers?limit=100"), "ranges");
    let ends: Vec<_> =
        ranges.iter().map(|one| (&one["code"], &one["first"], &one["last"])).collect();
    assert_eq!(
        ends,
        [
            (&json!("044031900111"), &json!(1), &json!(1000)),
            (&json!("951"), &json!(1), &json!(500)),
        ]
    );
}

#[test]
fn an_operator_adds_a_pay_merchant_and_its_key_is_shown_once() {
    let (server, _files) = production("");
    add(&server, "amy", json!({"role": "operator", "password": PASSWORD}));
    let amy = session(&server, "amy");
    let path = "/console/pay-merchants";
    let body = format!("mchid=1900000999&name=Shop&accounts=+{MERCHANT}%0A");
    let added = post(&server, path, &amy, &body);
    assert_eq!(added.status(), 201, "{}", added.body());
    assert_eq!(text_of(added.body(), "key").len(), 32);
    let found = listed(&server, "pay-merchants", "pay_merchants", ("mchid", "1900000999")).unwrap();
    assert_eq!((&found["name"], &found["accounts"]), (&json!("Shop"), &json!([MERCHANT])));
    assert_eq!(post(&server, path, &amy, "mchid=1900000999&name=Other").status(), 422);
    assert_eq!(
        listed(&server, "pay-merchants", "pay_merchants", ("mchid", "1900000999")).unwrap(),
        found
    );
}

#[test]
fn of_more_than_a_hundred_pay_merchants_one_is_typed() {
    let server = TestServer::start();
    let shown = |path: &str| server.page("GET", path, &[("accept-language", "en")], "").into_body();
    let is_chosen =
        |path: &str, name: &str| shown(path).contains(&format!("<select name=\"{name}\""));
    assert!(is_chosen("/console/payments", "mchid") && is_chosen("/console/pushes", "appid"));
    for number in 0..101 {
        let path = format!("pay-merchants/2{number:09}");
        assert_eq!(server.admin("PUT", &path, &json!({})).0, 201);
    }
    let payments = shown("/console/payments");
    assert!(
        payments.contains("<input name=\"mchid\"") && payments.contains("type the mchid"),
        "{payments}"
    );
    for path in ["/console/pushes", "/console/requests"] {
        assert!(shown(path).contains("<input name=\"appid\""), "{path}");
    }
    let last = shown("/console/payments?mchid=2000000100");
    assert!(last.contains("value=\"2000000100\"") && !last.contains("type the mchid"));
}

#[test]
fn a_forms_address_leads_on_to_its_page() {
    let server = TestServer::start_embedded();
    for (form, page) in [
        ("/console/sandbox/clock", "/console/sandbox"),
        ("/console/users/x/password", "/console/users/x"),
        (
            &*format!("/console/accounts/{MERCHANT}/secret"),
            &*format!("/console/accounts/{MERCHANT}"),
        ),
        ("/console/faults/forget", "/console/faults"),
        ("/console/pay-merchants", "/console/payments"),
        ("/console/pushes/replay", "/console/pushes"),
        ("/console/jobs/1/run", "/console/jobs"),
        ("/console/logout", "/console"),
        ("/console/", "/console"),
    ] {
        let answer = server.page("GET", form, &[], "");
        assert_eq!(answer.status(), 303, "{form}");
        assert_eq!(answer.headers()["location"], page, "{form}");
    }
}

#[test]
fn an_invoices_face_is_looked_at_without_a_request_of_its_order() {
    let server = TestServer::start();
    let client = server.merchant();
    client.issued("order-1", "c1");
    let serial = client.invoice("order-1", "c1")["fpqqlsh"].as_str().unwrap().to_owned();
    let of_order = || {
        server.admin("GET", "requests?limit=1000&order_id=order-1", &json!({})).1["requests"]
            .clone()
    };
    let before = of_order();
    let page = server.page(
        "GET",
        &format!("/console/invoices/invoice?appid={MERCHANT}&serial={serial}"),
        &[],
        "",
    );
    let face = page
        .body()
        .split("<img src=\"")
        .find(|part| part.starts_with("/console/invoices/face"))
        .unwrap();
    let face = face.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let picture = server.page("GET", &face, &[], "");
    assert_eq!(
        (picture.status().as_u16(), picture.headers()["content-type"].to_str().unwrap()),
        (200, "image/svg+xml")
    );
    assert!(picture.body().contains("<svg"));
    assert_eq!(of_order(), before);
    let other = face.replace(MERCHANT, "wx6b61697069616f39");
    assert_eq!(server.page("GET", &other, &[], "").status(), 404);
}
