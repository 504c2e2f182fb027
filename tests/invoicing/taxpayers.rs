//! Taxpayers, ranges of numbers, the sandbox's people and faults.

use crate::platform::upload::upload;
use crate::platform::{INSERT, card_id, data, invoice};
use kaipiao_tests::{
    ADMIN, MERCHANT, MOBILE_APP, PLATFORM, TestServer, assert_ok, assert_refused, assert_sucesss,
    wait_for,
};
use serde_json::{Value, json};

const OTHER: &str = "wx00000000000000aa";

fn numbers(server: &TestServer) -> Value {
    let (status, report) = server.admin("GET", &format!("accounts/{MERCHANT}/numbers"), &json!({}));
    assert_eq!(status, 200, "{report}");
    report["ranges"].clone()
}

/// A merchant whose numbers are the operator's.
fn with_numbers(first: i64, last: i64) -> Value {
    let range = json!({"code": "044032411111", "first": first, "last": last});
    json!({"merchant": {"numbers": [range]}})
}

#[test]
fn the_sandbox_tells_its_merchant() {
    let server = TestServer::start();
    let sandbox = server.get_json("/sandbox/v1/accounts");
    let merchant = json!({
        "code": "2ff836", "nsrsbh": "91440300MA5KP0009F", "nsrmc": "开票示例商城有限公司",
    });
    assert_eq!(sandbox["merchant"], merchant);
    assert_eq!(sandbox["accounts"][0]["merchant"], merchant);
    assert_eq!(sandbox["accounts"][1]["merchant"], Value::Null);
    let account = &server.admin("GET", "accounts", &json!({})).1["accounts"][0];
    assert_eq!(account["merchant"]["nsrbank"], "示例银行深圳南山支行");
    assert_eq!(account["merchant"]["face"], "classic");
}

#[test]
fn a_taxpayer_is_set_changed_and_complained_about() {
    let server = TestServer::start();
    let put = |appid: &str, merchant: Value| {
        let body = json!({"role": "merchant", "merchant": merchant});
        server.put_account(appid, &body, ADMIN)
    };
    let words = |merchant: Value| put(OTHER, merchant).1["error"].as_str().unwrap().to_owned();
    assert!(words(json!({"nsrsbh": "1"})).contains("merchant.nsrsbh must be 15 to 20"));
    // What is refused leaves no account behind whose secret nobody was given.
    let all = server.admin("GET", "accounts", &json!({})).1["accounts"].clone();
    assert!(all.as_array().unwrap().iter().all(|account| account["appid"] != OTHER));
    let rare = json!({"nsrsbh": "110109500321654", "nsrmc": "𪚥"});
    assert!(words(rare).contains("merchant.nsrmc holds 𪚥 (U+2A6A5), which no font"));
    assert!(words(json!({"nsrsbh": "110109500321654"})).contains("merchant.nsrmc is empty"));
    let good = json!({"nsrsbh": "110109500321654", "nsrmc": "Shop"});
    let (status, account) = put(OTHER, good);
    assert_eq!((status, &account["merchant"]["code"]), (201, &json!("0000aa")));
    assert_eq!(account["secret"].as_str().unwrap().len(), 32);
    assert!(words(json!({"code": "12345"})).contains("merchant.code must be 6 letters"));
    assert!(words(json!({"face": "paper"})).contains("must be classic or digital, not \"paper\""));
    let range = |code: &str, first: i64, last: i64| json!({"numbers": [{"code": code, "first": first, "last": last}]});
    assert!(words(range("12", 1, 2)).contains("merchant.numbers: code must be 12 digits"));
    assert!(words(range("044032411111", 0, 2)).contains("must be a range within 1 to 99999999"));
    let missing = words(json!({"numbers": [{"code": "952", "first": 1}]}));
    assert!(missing.contains("merchant.numbers[0].last is empty"), "{missing}");
    let (_, account) = put(OTHER, json!({"nsrmc": "Shop 2"}));
    assert_eq!(account["merchant"]["nsrmc"], "Shop 2");
    assert_eq!(account["merchant"]["nsrsbh"], "110109500321654");
    let body = json!({"merchant": {"nsrsbh": "110109500321654", "nsrmc": "App"}});
    let (status, answer) = server.put_account(MOBILE_APP, &body, ADMIN);
    assert!(status == 400 && answer["error"].as_str().unwrap().contains("merchant does not fit"));
}

#[test]
fn two_merchants_never_share_numbers() {
    let server = TestServer::start();
    assert_eq!(server.put_account(MERCHANT, &with_numbers(1, 100), ADMIN).0, 200);
    // The same again changes nothing.
    assert_eq!(server.put_account(MERCHANT, &with_numbers(1, 100), ADMIN).0, 200);
    assert_eq!(numbers(&server).as_array().unwrap().len(), 2);
    let mut body = with_numbers(100, 200);
    body["role"] = json!("merchant");
    (body["merchant"]["nsrsbh"], body["merchant"]["nsrmc"]) =
        (json!("110109500321654"), json!("S"));
    let (status, answer) = server.put_account(OTHER, &body, ADMIN);
    let words = answer["error"].as_str().unwrap();
    assert!(status == 400 && words.contains("shares numbers with 1 to 100 of wx6b"), "{words}");
    body["merchant"]["numbers"][0]["first"] = json!(101);
    assert_eq!(server.put_account(OTHER, &body, ADMIN).0, 201);
    // A refused range changes nothing else either.
    body["name"] = json!("changed");
    body["merchant"]["numbers"][0]["first"] = json!(50);
    assert_eq!(server.put_account(OTHER, &body, ADMIN).0, 400);
    let all = server.admin("GET", "accounts", &json!({})).1["accounts"].clone();
    let other = all.as_array().unwrap().iter().find(|one| one["appid"] == OTHER).unwrap();
    assert_eq!(other["name"], OTHER);
    // What the operator allots goes before what the sandbox does.
    assert_eq!(server.merchant().issued("1", "A1")["fpdm"], "044032411111");
}

#[test]
fn many_merchants_at_once_get_ranges_of_their_own() {
    let server = TestServer::start();
    let body = json!({"role": "merchant", "merchant": {"nsrsbh": "110109500321654", "nsrmc": "S"}});
    let appid = |n: usize| format!("wx{n:016x}");
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let (server, body) = (&server, &body);
            scope.spawn(move || {
                for n in 0..6 {
                    let (status, answer) = server.put_account(&appid(worker * 6 + n), body, ADMIN);
                    assert_eq!(status, 201, "{answer}");
                }
            });
        }
    });
    let mut firsts = std::collections::BTreeSet::new();
    for n in 0..48 {
        let path = format!("accounts/{}/numbers", appid(n));
        let ranges = server.admin("GET", &path, &json!({})).1["ranges"].clone();
        assert_eq!(ranges.as_array().unwrap().len(), 1, "{ranges}");
        assert!(firsts.insert(ranges[0]["first"].as_u64().unwrap()), "{ranges}");
    }
}

#[test]
fn of_many_who_are_given_the_same_numbers_one_gets_them() {
    let server = TestServer::start();
    let give = |n: usize| {
        let mut body = with_numbers(1 + i64::try_from(n).unwrap(), 100);
        body["role"] = json!("merchant");
        body["merchant"]["nsrsbh"] = json!("110109500321654");
        body["merchant"]["nsrmc"] = json!("S");
        server.put_account(&format!("wx{n:016x}"), &body, ADMIN)
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let given: Vec<_> = (0..8).map(|n| scope.spawn(move || give(n))).collect();
        given.into_iter().map(|given| given.join().unwrap()).collect()
    });
    let (got, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|(status, _)| *status == 201);
    assert_eq!(got.len(), 1, "{answers:?}");
    let appid = got[0].1["appid"].as_str().unwrap();
    for (status, answer) in refused {
        let words = answer["error"].as_str().unwrap();
        assert_eq!(*status, 400, "{words}");
        assert!(words.contains("shares numbers with") && words.contains(appid), "{words}");
    }
}

#[test]
fn the_settings_merchants_keep_their_ranges_through_a_restart() {
    let account = |n: usize| {
        format!(
            "[[accounts]]\nappid = \"wx{n:016x}\"\nrole = \"merchant\"\nsecret = \"{n:032}\"\n\
             merchant = {{ nsrsbh = \"110109500321654\", nsrmc = \"Shop\" }}\n"
        )
    };
    let mut settings: String = (0..150).map(account).collect();
    // Bound to a merchant of the same file; and an account that stands in it twice.
    settings += "[[accounts]]\nappid = \"wx00000000000000ab\"\nrole = \"mini_program\"\n\
                 secret = \"ffffffffffffffffffffffffffffffff\"\nbound_to = \"wx0000000000000001\"\n";
    settings += &account(7).replace("Shop", "Shop 7");
    let ranges = |server: &TestServer| -> Vec<Value> {
        let of = |n: usize| {
            let path = format!("accounts/wx{n:016x}/numbers");
            server.admin("GET", &path, &json!({})).1["ranges"].clone()
        };
        (0..150).map(of).collect()
    };
    let server = TestServer::start_with(&settings);
    let before = ranges(&server);
    let place =
        |ranges: &Value| (ranges[0]["code"].to_string(), ranges[0]["first"].as_u64().unwrap());
    let places: std::collections::BTreeSet<_> = before.iter().map(place).collect();
    assert_eq!(places.len(), 150);
    let all = server.admin("GET", "accounts?limit=1000", &json!({})).1["accounts"].clone();
    let find = |appid: &str| {
        all.as_array().unwrap().iter().find(|account| account["appid"] == appid).unwrap()
    };
    assert_eq!(find("wx0000000000000007")["merchant"]["nsrmc"], "Shop 7");
    assert_eq!(find("wx00000000000000ab")["bound_to"], "wx0000000000000001");
    let server = server.restart_with(&settings);
    assert_eq!(ranges(&server), before);
}

#[test]
fn production_allots_nothing_by_itself() {
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), ADMIN).unwrap();
    let server = TestServer::start_with(&format!(
        "mode = \"production\"\nadmin_token_file = {:?}\n[[accounts]]\nappid = \"{OTHER}\"\n\
         role = \"merchant\"\nsecret = \"ffffffffffffffffffffffffffffffff\"\n\
         merchant = {{ nsrsbh = \"110109500321654\", nsrmc = \"Shop\" }}",
        token.path().to_str().unwrap()
    ));
    let numbers = |server: &TestServer| {
        server.admin("GET", &format!("accounts/{OTHER}/numbers"), &json!({})).1
    };
    assert_eq!(numbers(&server), json!({"ranges": []}));
    let range = json!({"merchant": {"numbers": [{"code": "952", "first": 1, "last": 9}]}});
    assert_eq!(server.put_account(OTHER, &range, ADMIN).0, 200);
    assert_eq!(numbers(&server)["ranges"][0]["left"], 9);
    let unknown = server.admin("GET", "accounts/wx00000000000000ff/numbers", &json!({}));
    assert_eq!(unknown.0, 404);
    assert_eq!(server.page("POST", "/sandbox/v1/faults", &[], "{}").status(), 404);
}

#[test]
fn numbers_that_are_used_up_fail_clearly_until_there_are_more() {
    let server = TestServer::start_with(&format!(
        "[issuing]\nblock_size = 2\n[[accounts]]\nappid = \"{OTHER}\"\nrole = \"merchant\"\n\
         secret = \"ffffffffffffffffffffffffffffffff\"\n\
         merchant = {{ code = \"abc123\", nsrsbh = \"110109500321654\", nsrmc = \"Shop\", \
         numbers = [{{ code = \"044032411111\", first = 7, last = 9 }}] }}"
    ));
    let token = server.token_answer(OTHER, "ffffffffffffffffffffffffffffffff");
    let client = server.client_with(token["access_token"].as_str().unwrap().to_owned());
    client.set_contact();
    let body = |n: u32| {
        let mut body = client.invoice(&n.to_string(), "");
        body["fpqqlsh"] = json!(format!("abc123{n}"));
        body["nsrsbh"] = json!("110109500321654");
        body["wxopenid"] = json!(server.openid(kaipiao_tests::USER, OTHER));
        body
    };
    let result = |n: u32| {
        let query = json!({"fpqqlsh": format!("abc123{n}"), "nsrsbh": "110109500321654"});
        wait_for("the issuer's answer", || {
            let answer = client.post("/card/invoice/queryinvoceinfo", &query);
            Some(answer).filter(|answer| answer["errcode"] != json!(73107))
        })
    };
    let mut used = Vec::new();
    for n in 1..=3 {
        client.authorized(&n.to_string());
        assert_sucesss(&client.make_out(&body(n)));
        used.push(result(n)["invoicedetail"]["fphm"].as_str().unwrap().to_owned());
    }
    assert_eq!(used, ["00000007", "00000008", "00000009"]);
    client.authorized("4");
    assert_sucesss(&client.make_out(&body(4)));
    assert_refused(&result(4), 73000, "are used up; allot another range");
    let more =
        json!({"merchant": {"numbers": [{"code": "044032411111", "first": 50, "last": 50}]}});
    assert_eq!(server.put_account(OTHER, &more, ADMIN).0, 200);
    assert_sucesss(&client.make_out(&body(4)));
    assert_eq!(result(4)["invoicedetail"]["fphm"], "00000050");
}

/// A number that a platform has inserted before its range was allotted: the issuer's answer counts for nothing, and the
/// same request asks again and gets the next one.
#[test]
fn what_was_inserted_before_its_range_was_allotted_is_not_issued() {
    let server = TestServer::start_with(&format!(
        "[[accounts]]\nappid = \"{OTHER}\"\nrole = \"merchant\"\n\
         secret = \"ffffffffffffffffffffffffffffffff\"\n\
         merchant = {{ code = \"abc123\", nsrsbh = \"110109500321654\", nsrmc = \"Shop\", \
         numbers = [{{ code = \"044032411111\", first = 7, last = 7 }}] }}"
    ));
    let platform = server.client(PLATFORM);
    server.merchant().authorized("p");
    let mut inserted = invoice("p", &card_id(&platform), &upload(&platform), "00000050");
    data(&mut inserted)["billing_no"] = json!("044032411111");
    assert_ok(&platform.post(INSERT, &inserted));
    let more =
        json!({"merchant": {"numbers": [{"code": "044032411111", "first": 50, "last": 51}]}});
    assert_eq!(server.put_account(OTHER, &more, ADMIN).0, 200);
    let token = server.token_answer(OTHER, "ffffffffffffffffffffffffffffffff");
    let client = server.client_with(token["access_token"].as_str().unwrap().to_owned());
    client.set_contact();
    let issued = |n: u32| {
        let mut body = client.invoice(&n.to_string(), "");
        body["fpqqlsh"] = json!(format!("abc123{n}"));
        body["nsrsbh"] = json!("110109500321654");
        body["wxopenid"] = json!(server.openid(kaipiao_tests::USER, OTHER));
        assert_sucesss(&client.make_out(&body));
        let query = json!({"fpqqlsh": format!("abc123{n}"), "nsrsbh": "110109500321654"});
        wait_for("the issuer's answer", || {
            let answer = client.post("/card/invoice/queryinvoceinfo", &query);
            Some(answer).filter(|answer| answer["errcode"] != json!(73107))
        })
    };
    for n in [1, 2] {
        client.authorized(&n.to_string());
    }
    assert_eq!(issued(1)["invoicedetail"]["fphm"], "00000007");
    assert_refused(&issued(2), 73102, "which another invoice has");
    assert_eq!(issued(2)["invoicedetail"]["fphm"], "00000051");
}

#[test]
fn a_restart_goes_on_in_its_block_and_leaves_no_gap() {
    let settings = "[issuing]\nblock_size = 10";
    let server = TestServer::start_with(settings);
    let client = server.merchant();
    client.issued("1", "A1");
    client.issued("2", "A2");
    let server = server.restart_with(settings);
    let client = server.client(MERCHANT);
    assert_eq!(client.issued("3", "A3")["fphm"], "00000003");
    let ranges = numbers(&server);
    let range = &ranges[0];
    assert_eq!((&range["issued"], &range["gaps"]), (&json!(3), &json!([])));
    assert_eq!(range["blocks"], json!([{"holder": "main", "first": 1, "last": 10}]));
    assert_eq!(range["left"], 1_000_000 - 10);
    let (status, _) = server.admin("GET", "accounts/x/numbers", &json!({}));
    assert_eq!(status, 404);
}

#[test]
fn people_are_added_and_renamed() {
    let server = TestServer::start();
    let add = |body: Value| server.post_json("/sandbox/v1/users", &body);
    assert_eq!(add(json!({"id": "u1"})), (200, json!({"id": "u1"})));
    assert_eq!(add(json!({"id": "u1", "name": "艾米"})).0, 200);
    let sandbox = server.get_json("/sandbox/v1/accounts");
    let user = sandbox["users"].as_array().unwrap().iter().find(|user| user["id"] == "u1").unwrap();
    assert_eq!(user["name"], "艾米");
    for (body, words) in [
        (json!({}), "id is empty"),
        (json!({"id": "a b"}), "id must be"),
        (json!({"id": "a", "name": "长".repeat(65)}), "name has 65"),
    ] {
        let (status, answer) = add(body);
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(words), "{answer}");
    }
}

#[test]
fn faults_are_planned_replaced_and_forgotten() {
    let server = TestServer::start();
    let plan = |body: Value| server.post_json("/sandbox/v1/faults", &body);
    let planned = plan(json!({"target": "issuer", "n": 3, "errcode": 73000}));
    assert_eq!(planned, (200, json!({"id": 1, "target": "issuer", "errcode": 73000, "left": 3})));
    assert_eq!(plan(json!({"target": "issuer", "drop": true})).1["left"], 1);
    let forgotten = plan(json!({"target": "issuer", "n": 0}));
    assert_eq!(forgotten, (200, json!({"target": "issuer", "left": 0})));
    let targets = "target must be \"issuer\", \"token\", \"quota\", \"platform\", \"document\", \"push\", \
                   or the path of a call as the home page lists it, not \"mars\"";
    for (body, words) in [
        (json!({}), "target is empty"),
        (json!({"target": "mars"}), targets),
        (json!({"target": "issuer"}), "give one of errcode"),
        (json!({"target": "issuer", "errcode": 40001}), "give one of errcode"),
        (json!({"target": "issuer", "errcode": 73000, "drop": true}), "give one of errcode"),
        (json!({"target": "issuer", "delay_ms": 0}), "give one of errcode"),
        (json!({"target": "issuer", "n": -1, "drop": true}), "n must be 0 to 10000, not -1"),
    ] {
        let (status, answer) = plan(body);
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(words), "{answer}");
    }
    let client = server.merchant();
    client.issued("1", "B1");
}

#[test]
fn invoices_are_listed_for_an_operator() {
    let server = TestServer::start();
    let client = server.merchant();
    for n in 1..=3 {
        client.issued(&n.to_string(), &format!("C{n}"));
    }
    server.fault(json!({"target": "issuer", "errcode": 73102}));
    client.authorized("4");
    assert_sucesss(&client.make_out(&client.invoice("4", "C4")));
    client.result("C4");
    let list = |query: &str| {
        let path = format!("invoices?appid={MERCHANT}&{query}");
        server.admin("GET", &path, &json!({})).1["invoices"].as_array().unwrap().clone()
    };
    let serials = |listed: Vec<Value>| -> Vec<String> {
        listed.iter().map(|one| one["fpqqlsh"].as_str().unwrap()[6..].to_owned()).collect()
    };
    assert_eq!(serials(list("")), ["C1", "C2", "C3", "C4"]);
    assert_eq!(serials(list("limit=1&after=2ff836C2")), ["C3"]);
    let failed = &list("fpqqlsh=2ff836C4")[0];
    assert_eq!((&failed["state"], &failed["errcode"]), (&json!("failed"), &json!(73102)));
    assert_eq!(failed["fphm"], Value::Null);
    assert_eq!(list("fpqqlsh=2ff836C9").len(), 0);
    for (path, words) in [("invoices", "appid is empty"), ("invoices?appid=x", "not an appid")] {
        let (status, answer) = server.admin("GET", path, &json!({}));
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(words), "{answer}");
    }
}

#[test]
fn ranges_of_numbers_are_paged() {
    let server = TestServer::start();
    for first in [1, 1001, 2001] {
        assert_eq!(server.put_account(MERCHANT, &with_numbers(first, first + 99), ADMIN).0, 200);
    }
    let page = |query: &str| {
        server.admin("GET", &format!("accounts/{MERCHANT}/numbers{query}"), &json!({})).1
    };
    let all = page("");
    let count = all["ranges"].as_array().unwrap().len();
    assert!(count >= 3 && all.get("next").is_none(), "{all}");
    let (mut paged, mut next) = (Vec::new(), Some(String::new()));
    while let Some(after) = next {
        let found = page(&format!("?limit=1&after={after}"));
        paged.extend(found["ranges"].as_array().unwrap().clone());
        next = found["next"].as_str().map(str::to_owned);
    }
    assert_eq!(Some(&paged), all["ranges"].as_array());
}
