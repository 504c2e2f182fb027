//! The request log: what was asked and answered, and why it was refused.

use kaipiao_tests::{
    ADMIN, MERCHANT, PLATFORM, TestServer, USER, assert_ok, assert_refused, open_requests,
};
use serde_json::{Value, json};

/// The rid of a refusal.
fn rid(answer: &Value) -> String {
    answer["errmsg"].as_str().unwrap().rsplit_once(" rid: ").unwrap().1.to_owned()
}

fn listed(server: &TestServer, query: &str) -> Vec<Value> {
    let (status, answer) = server.admin("GET", &format!("requests?{query}"), &json!({}));
    assert_eq!(status, 200, "{answer}");
    answer["requests"].as_array().unwrap().clone()
}

fn found(server: &TestServer, rid: &str) -> Value {
    let (status, answer) = server.admin("GET", &format!("requests/{rid}"), &json!({}));
    assert_eq!(status, 200, "{answer}");
    answer
}

#[test]
fn a_request_is_found_by_its_account_route_code_rid_and_order_with_its_bodies_and_without_secrets()
{
    let server = TestServer::start();
    let client = server.merchant();
    client.auth_url("order-1", 0);
    let refused = client.reject("order-2");
    assert_refused(&refused, 72038, "never called getauthurl");
    let by = |query: &str| listed(&server, query);
    let order = by("order_id=order-1");
    assert_eq!(order.len(), 1, "{order:?}");
    assert_eq!(
        (&order[0]["appid"], &order[0]["route"], &order[0]["errcode"], &order[0]["status"]),
        (&json!(MERCHANT), &json!("/card/invoice/getauthurl"), &json!("0"), &json!(200))
    );
    let rid = rid(&refused);
    for query in [
        format!("rid={rid}"),
        "errcode=72038".to_owned(),
        format!("appid={MERCHANT}&route=/card/invoice/rejectinsert"),
        "order_id=order-2&errcode=72038".to_owned(),
    ] {
        let entries = by(&query);
        assert_eq!(entries.len(), 1, "{query}: {entries:?}");
        assert_eq!(entries[0]["rid"], json!(rid), "{query}");
    }
    assert!(by(&format!("appid={PLATFORM}")).is_empty());
    assert!(by("errcode=72038&order_id=order-1").is_empty());
    let whole = found(&server, order[0]["rid"].as_str().unwrap());
    let sent = whole["request_body"].as_str().unwrap();
    assert!(
        sent.contains("\"order_id\":\"order-1\"") && sent.contains("\"ticket\":\"***\""),
        "{sent}"
    );
    assert!(whole["answer_body"].as_str().unwrap().contains("\"errmsg\":\"ok\""), "{whole}");
    assert!(whole["path"].as_str().unwrap().contains("access_token=***"), "{whole}");
    // Not one of them holds a secret, whatever call it was of.
    let (secret, token) = (server.secret(MERCHANT), &*client.token);
    for entry in by("limit=1000") {
        let whole = found(&server, entry["rid"].as_str().unwrap()).to_string();
        assert!(!whole.contains(&secret) && !whole.contains(token), "{whole}");
    }
}

#[test]
fn pages_and_operators_changes_are_logged_and_looking_is_not() {
    let server = TestServer::start();
    let link = server.merchant().auth_url("order-1", 0);
    let path = link.strip_prefix(&server.base).unwrap();
    let page = server.page(
        "GET",
        path.split('#').next().unwrap(),
        &[("cookie", &server.session(USER))],
        "",
    );
    assert_eq!(page.status(), 200);
    let callback = json!({"url": ""});
    server.admin("PUT", &format!("accounts/{MERCHANT}/callback"), &callback);
    let routes = |query: &str| -> Vec<String> {
        listed(&server, query)
            .iter()
            .map(|entry| entry["route"].as_str().unwrap().to_owned())
            .collect()
    };
    let of_order = routes("order_id=order-1");
    assert_eq!(of_order, ["/bizmall/authinvoice", "/card/invoice/getauthurl"]);
    server.get_raw("/healthz");
    server.get_raw("/style.css");
    server.get_raw("/invoice/pdf/none");
    let all = routes("limit=1000");
    assert!(all.contains(&"/admin/v1/accounts/{appid}/callback".to_owned()), "{all:?}");
    assert!(all.contains(&"/invoice/pdf/{name}".to_owned()), "{all:?}");
    let looked = ["/healthz", "/style.css", "/admin/v1/requests", "/admin/v1/requests/{rid}"];
    assert!(!all.iter().any(|route| looked.contains(&route.as_str())), "{all:?}");
}

/// What people read and send in pages is their own.
#[test]
fn of_pages_and_their_forms_only_the_lengths_are_kept() {
    let server = TestServer::start();
    let link = server.merchant().auth_url("order-1", 1);
    let path = link.strip_prefix(&server.base).unwrap().split('#').next().unwrap();
    let cookie = server.session(USER);
    assert_eq!(server.page("GET", path, &[("cookie", &cookie)], "").status(), 200);
    // Without the form's token it is not taken; what was typed came all the same.
    let form = ("content-type", "application/x-www-form-urlencoded");
    let typed = "decision=authorize&kind=company&company.title=Haifeng";
    assert_ne!(server.page("POST", path, &[("cookie", &cookie), form], typed).status(), 303);
    let entries = listed(&server, "route=/bizmall/authinvoice");
    let methods: Vec<_> = entries.iter().map(|entry| entry["method"].as_str().unwrap()).collect();
    assert!(methods.contains(&"POST"), "{entries:?}");
    for entry in entries {
        let whole = found(&server, entry["rid"].as_str().unwrap());
        let length = |name: &str| whole[name].as_u64().unwrap();
        if whole["method"] == json!("POST") {
            assert!(length("request_bytes") > 0, "{whole}");
            assert_eq!(whole["request_body"], Value::Null, "{whole}");
        }
        let answer = if length("answer_bytes") > 0 { Value::Null } else { json!("") };
        assert_eq!(whole["answer_body"], answer, "{whole}");
    }
}

#[test]
fn pages_of_the_listing_follow_each_other_newest_first() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    for n in 0..7 {
        client.status(&format!("order-{n}"));
    }
    let route = "requests?route=/card/invoice/getauthdata&limit=3";
    let all = server.all_pages(route, "requests");
    let orders: Vec<_> = all.iter().map(|entry| entry["order_ids"][0].as_str().unwrap()).collect();
    assert_eq!(
        orders,
        ["order-6", "order-5", "order-4", "order-3", "order-2", "order-1", "order-0"]
    );
    let at = all[3]["at_ms"].as_i64().unwrap();
    assert!(listed(&server, &format!("to_ms={}", at - 3_600_000)).is_empty());
    assert!(listed(&server, &format!("from_ms={}", at - 3_600_000)).len() >= 7);
    for (query, words) in [("after=x", "after"), ("limit=0", "limit"), ("from_ms=x", "from_ms")] {
        let (status, answer) = server.admin("GET", &format!("requests?{query}"), &json!({}));
        assert_eq!(status, 400, "{query}: {answer}");
        assert!(answer["error"].as_str().unwrap().contains(words), "{answer}");
    }
    assert_eq!(server.admin("GET", "requests/0-0-0", &json!({})).0, 404);
}

#[test]
fn a_long_body_is_cut_and_a_file_keeps_its_length_alone() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let long = json!({"order_id": "long", "reason": "长".repeat(20_000)}).to_string();
    let answer = client.post_text("/card/invoice/getauthdata", &long);
    assert_refused(&answer, 72031, "s_pappid");
    let whole = found(&server, &rid(&answer));
    assert_eq!(whole["request_bytes"], json!(long.len()));
    let kept = whole["request_body"].as_str().unwrap();
    assert!(kept.len() <= 16 << 10 && kept.len() > (16 << 10) - 4, "{}", kept.len());
    assert_eq!(whole["order_ids"], json!(["long"]));
    let path = server.client(PLATFORM).path("/card/invoice/platform/setpdf");
    let answer = server.post_bytes(&path, "multipart/form-data; boundary=x", &[b'-'; 5000]);
    let whole = found(&server, &rid(&answer));
    assert_eq!((&whole["request_body"], &whole["request_bytes"]), (&Value::Null, &json!(5000)));
}

/// In the sandbox everybody may see why, as a page or as JSON.
#[test]
fn a_rid_leads_to_what_was_expected_and_what_came() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("order-1");
    let wrong = server.get_json("/sandbox/v1/accounts")["s_pappid"].as_str().unwrap().to_owned();
    let body = json!({"s_pappid": wrong, "order_id": "order-2", "reason": "x"});
    let refused = client.post("/card/invoice/rejectinsert", &body);
    assert_refused(&refused, 72038, "order-2");
    let rid = rid(&refused);
    let path = format!("/errors/rid/{rid}");
    let told: Value = serde_json::from_str(server.get_raw(&path).body()).unwrap();
    assert_eq!(told["advice"]["errcode"], json!(72038), "{told}");
    let compared = told["request"]["compared"].as_array().unwrap();
    let differing: Vec<_> = compared.iter().filter(|one| one["differs"] == json!(true)).collect();
    assert_eq!(differing.len(), 1, "{told}");
    assert_eq!(
        (&differing[0]["name"], &differing[0]["came"]),
        (&json!("order_id"), &json!("order-2"))
    );
    assert_eq!(told["request"]["request_body"], json!(body.to_string()));
    for (language, words) in [("zh", ["收到：", "期望："]), ("en", ["Came: ", "Expected: "])]
    {
        let headers = [("accept", "text/html"), ("accept-language", language)];
        let page = server.page("GET", &path, &headers, "");
        assert_eq!(page.status(), 200);
        let shown = page.body();
        assert!(words.iter().all(|words| shown.contains(words)), "{shown}");
        assert!(
            shown.contains("order-2") && shown.contains(&rid) && !shown.contains(&*client.token),
            "{shown}"
        );
    }
    let asked = format!("/errors/rid?rid=biz+rid%3A+{rid}");
    let answer = server.page("GET", &asked, &[], "");
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
        (303, &*path)
    );
    assert_eq!(server.page("GET", "/errors/rid/0-0-0", &[], "").status(), 404);
}

#[test]
fn what_was_compared_is_told_in_the_pages_language() {
    let server = TestServer::start();
    let client = server.merchant();
    client.auth_url("order-1", 0);
    for (order, zh, en) in [
        ("order-1", "用户的答复", "nobody has answered the page"),
        ("order-2", "getauthurl 申请过的订单", "called getauthurl for"),
    ] {
        let rid = rid(&client.reject(order));
        for path in [format!("/errors/rid/{rid}"), format!("/console/requests/{rid}")] {
            let shown = |language| {
                let headers = [("accept", "text/html"), ("accept-language", language)];
                let page = server.page("GET", &path, &headers, "").into_body();
                // The answer itself stays as it was.
                page.split("<pre").next().unwrap().to_owned()
            };
            let (chinese, english) = (shown("zh"), shown("en"));
            assert!(chinese.contains(zh) && !chinese.contains(en), "{path}: {chinese}");
            assert!(english.contains(en) && !english.contains(zh), "{path}: {english}");
            assert!(!chinese.contains("</code>, "), "{chinese}");
        }
    }
}

/// Which value differs, in every refusal that is about one.
#[test]
fn a_refusal_tells_the_value_that_differs_beside_the_one_that_was_expected() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("order-1");
    let openid = server.openid(USER, MERCHANT);
    let with = |order: &str, serial: &str, change: &[(&str, &str)]| {
        let mut body = client.invoice(order, serial);
        for (member, value) in change {
            body[*member] = json!(value);
        }
        body
    };
    let wrong_sum = with("order-1", "c1", &[("hjje", "135.8")]);
    for (body, errcode, name, expected, came) in [
        (with("order-1", "x1", &[("fpqqlsh", "abcdef1")]), 73110, "fpqqlsh", "2ff836…", "abcdef1"),
        (
            with("order-1", "c1", &[("nsrsbh", "91440300MA5KP0009X")]),
            73101,
            "nsrsbh",
            "",
            "91440300MA5KP0009X",
        ),
        (with("order-1", "c1", &[("wxopenid", "somebody")]), 73001, "openid", &openid, "somebody"),
        (wrong_sum, 72031, "hjje", "135.90", "135.80"),
    ] {
        let refused = client.make_out(&body);
        assert_eq!(refused["errcode"], json!(errcode), "{refused}");
        let differs = what_differs(&server, &refused);
        assert_eq!((&differs["name"], &differs["came"]), (&json!(name), &json!(came)), "{differs}");
        let is_expected = expected.is_empty() || differs["expected"] == json!(expected);
        assert!(is_expected, "{differs}");
    }
    client.issued("order-3", "c3");
    client.authorized("order-4");
    for (order, serial, errcode, name, expected, came) in [
        ("order-3", "c4", 73108, "fpqqlsh", "2ff836c3", "2ff836c4"),
        ("order-4", "c3", 73106, "what the serial is of", "order order-3", "order order-4"),
    ] {
        let refused = client.make_out(&client.invoice(order, serial));
        assert_eq!(refused["errcode"], json!(errcode), "{refused}");
        let differs = what_differs(&server, &refused);
        let told = [&differs["name"], &differs["expected"], &differs["came"]];
        assert_eq!(told, [&json!(name), &json!(expected), &json!(came)]);
    }
}

/// Which of the three values that have to be those of getauthurl differs.
#[test]
fn an_order_of_another_merchant_differs_in_its_appid() {
    let server = TestServer::start();
    let client = server.merchant();
    client.authorized("order-1");
    let (other, secret) = ("wx00000000000000b1", "0123456789abcdef0123456789abcdef");
    let account = json!({"role": "merchant", "name": "Other", "secret": secret});
    assert!(server.put_account(other, &account, ADMIN).0 < 300);
    let token = server.token_answer(other, secret)["access_token"].as_str().unwrap().to_owned();
    let rejected = |s_pappid: &str, order_id: &str| {
        let body = json!({"s_pappid": s_pappid, "order_id": order_id, "reason": "x"});
        let refused = server.client_with(token.clone()).post("/card/invoice/rejectinsert", &body);
        assert_refused(&refused, 72038, order_id);
        refused
    };
    let own = server.s_pappid();
    let refused = rejected(&own, "order-1");
    let differs = what_differs(&server, &refused);
    let told = [&differs["name"], &differs["expected"], &differs["came"]];
    assert_eq!(told, [&json!("appid"), &json!(MERCHANT), &json!(other)]);
    for refused in [refused, rejected(&own, "order-9")] {
        let names: Vec<_> =
            compared(&server, &refused).into_iter().map(|one| one["name"].clone()).collect();
        assert_eq!(names, ["appid", "order_id", "s_pappid"], "{refused}");
    }
    let refused = rejected(&own, "order-9");
    assert_eq!(what_differs(&server, &refused)["name"], "order_id");
    // Nobody has answered it: the three are right.
    client.auth_url("order-2", 0);
    let refused = client.reject("order-2");
    let names: Vec<_> =
        compared(&server, &refused).into_iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["appid", "order_id", "s_pappid", "the user's answer"], "{refused}");
}

fn compared(server: &TestServer, refused: &Value) -> Vec<Value> {
    let path = format!("/errors/rid/{}", rid(refused));
    let told: Value = serde_json::from_str(server.get_raw(&path).body()).unwrap();
    told["request"]["compared"].as_array().unwrap().clone()
}

/// The one value that `/errors/rid` marks.
fn what_differs(server: &TestServer, refused: &Value) -> Value {
    let all = compared(server, refused);
    let mut differing = all.iter().filter(|one| one["differs"] == json!(true));
    let (Some(one), None) = (differing.next(), differing.next()) else { panic!("{all:?}") };
    one.clone()
}

#[test]
fn production_explains_to_whoever_has_the_admin_token_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("admin");
    std::fs::write(&file, ADMIN).unwrap();
    let token_file = file.to_str().unwrap();
    let server = TestServer::start_with(&format!(
        "mode = \"production\"\nadmin_token_file = {token_file:?}"
    ));
    let refused = server.get("/cgi-bin/ticket/getticket?type=wx_card");
    let path = format!("/errors/rid/{}", rid(&refused));
    let bearer = format!("Bearer {ADMIN}");
    for (headers, status) in [
        (&[][..], 404),
        (&[("authorization", "Bearer wrong")], 404),
        (&[("authorization", &*bearer)], 200),
    ] {
        assert_eq!(server.page("GET", &path, headers, "").status(), status, "{headers:?}");
    }
    assert!(!server.get_raw("/errors").body().contains("/errors/rid"));
}

/// Nobody hears in production whose an order is that is not theirs.
#[test]
fn production_names_no_other_merchants_order() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("admin");
    std::fs::write(&file, ADMIN).unwrap();
    let server = TestServer::start_with(&format!(
        "mode = \"production\"\nadmin_token_file = {:?}",
        file.to_str().unwrap()
    ));
    let secret = "0123456789abcdef0123456789abcdef";
    let made = |appid: &str, role: &str| {
        let account = json!({"role": role, "name": role, "secret": secret});
        let (status, made) = server.put_account(appid, &account, ADMIN);
        assert!(status < 300, "{made}");
        made
    };
    let (one, other, platform) = ("wx00000000000000a1", "wx00000000000000b1", "wx00000000000000c1");
    let s_pappid = made(platform, "platform")["s_pappid"].as_str().unwrap().to_owned();
    for merchant in [one, other] {
        made(merchant, "merchant");
    }
    let client = |appid: &str| {
        let token = server.token_answer(appid, secret)["access_token"].as_str().unwrap().to_owned();
        server.client_with(token)
    };
    let asking = client(one);
    asking.set_contact();
    assert_ok(&asking.auth_url_answer(&json!({
        "s_pappid": s_pappid, "order_id": "order-1", "money": 11, "timestamp": 1474875876, "source": "web",
        "redirect_url": "https://mp.weixin.qq.com", "ticket": asking.ticket(), "type": 0,
    })));
    let body = json!({"s_pappid": s_pappid, "order_id": "order-1", "reason": "x"});
    let refused = client(other).post("/card/invoice/rejectinsert", &body);
    assert_refused(&refused, 72038, "order-1");
    let path = format!("/errors/rid/{}", rid(&refused));
    let bearer = format!("Bearer {ADMIN}");
    let told = server.page("GET", &path, &[("authorization", &bearer)], "").into_body();
    assert!(told.contains(other) && told.contains("s_pappid") && !told.contains(one), "{told}");
}

#[test]
fn the_log_survives_a_restart_and_its_settings_count() {
    let server = TestServer::start_embedded();
    let refused = server.get("/cgi-bin/ticket/getticket?type=wx_card");
    let rid = rid(&refused);
    assert_eq!(found(&server, &rid)["errcode"], json!("41001"));
    let server = server.restart_with("");
    assert_eq!(found(&server, &rid)["errcode"], json!("41001"));
    // keep_d: what is older than a day goes.
    let directory = server.stop();
    let log = open_requests(&directory.path().join("data"));
    let day_us = 86_400_000_000_i64;
    log.execute("UPDATE requests SET id = id - ?1", [2 * day_us]).unwrap();
    drop(log);
    let server = TestServer::start_on(directory, "[request_log]\nkeep_d = 1");
    server.get("/cgi-bin/ticket/getticket?type=wx_card");
    server.wait_until("what is two days old has gone", || {
        server.admin("GET", &format!("requests/{rid}"), &json!({})).0 == 404
    });
    // on = false: nothing is noted, and the listing says so.
    let server = server.restart_with("[request_log]\non = false");
    let (status, answer) = server.admin("GET", "requests", &json!({}));
    assert_eq!(status, 404, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("request_log.on"), "{answer}");
}

#[test]
fn max_mb_bounds_the_file() {
    let server = TestServer::start_with("[request_log]\nmax_mb = 1");
    let client = server.client(MERCHANT);
    let first = client.post_text("/card/invoice/getauthdata", "{\"order_id\":\"first\"}");
    let body = json!({"order_id": "n", "padding": "x".repeat(15_000)}).to_string();
    server.wait_until("the oldest has made room", || {
        client.post_text("/card/invoice/getauthdata", &body);
        listed(&server, "order_id=first").is_empty()
    });
    drop(first);
    assert!(!listed(&server, "order_id=n").is_empty());
}
