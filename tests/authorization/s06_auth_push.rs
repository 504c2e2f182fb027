//! Section 6: the push of a user's decision, on real sockets.

use kaipiao_testkit::addresses::Refusing;
use kaipiao_tests::{
    AES_KEY, MERCHANT, MINI_PROGRAM, MOBILE_APP, OTHER_USER, Receiver, Reply, TestServer, USER,
    element,
};
use kaipiao_wire::delivery::push_crypto::{EncodingAesKey, is_signature};
use serde_json::{Value, json};

const OTHER_MERCHANT: &str = "wx00000000000000aa";

fn decide(server: &TestServer, link: &str, user: &str, decision: &str) {
    let (status, answer) = server.answer(link, user, decision, None);
    assert_eq!(status, 200, "{answer}");
}

fn now_s(server: &TestServer) -> i64 {
    server.post_json("/sandbox/v1/clock", &json!({"advance_s": 0})).1["now"].as_i64().unwrap()
}

/// The only push of an order.
fn push_of(server: &TestServer, order_id: &str) -> Value {
    let mut found = server.pushes(&format!("order_id={order_id}"));
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn the_event_arrives_in_every_mode_with_every_field() {
    for mode in ["plain", "compat", "safe"] {
        let (server, receiver) = (TestServer::start(), Receiver::start());
        let client = server.merchant();
        server.set_callback(MERCHANT, &receiver, mode);
        let before_s = now_s(&server);
        client.authorized("订单 1]]><");
        let push = receiver.next();
        let event = push.event(MERCHANT);
        let user = server.openid(USER, MERCHANT);
        assert_eq!(push.query["openid"], user);
        assert_eq!(push.query["shop"], "1");
        assert!((before_s..before_s + 10).contains(&push.query["timestamp"].parse().unwrap()));
        let create_time: i64 = element(&event, "CreateTime").unwrap().parse().unwrap();
        assert!((before_s..before_s + 10).contains(&create_time));
        let sandbox = server.get_json("/sandbox/v1/accounts");
        let to_user = sandbox["accounts"][0]["original_id"].as_str().unwrap();
        let s_pappid = server.s_pappid();
        assert_eq!(
            event,
            format!(
                "<xml><ToUserName><![CDATA[{to_user}]]></ToUserName>\
                 <FromUserName><![CDATA[{user}]]></FromUserName>\
                 <CreateTime>{create_time}</CreateTime><MsgType><![CDATA[event]]></MsgType>\
                 <Event><![CDATA[user_authorize_invoice]]></Event>\
                 <SuccOrderId><![CDATA[订单 1]]]]><![CDATA[><]]></SuccOrderId>\
                 <FailOrderId><![CDATA[]]></FailOrderId>\
                 <AuthorizeAppId><![CDATA[{MERCHANT}]]></AuthorizeAppId>\
                 <AppId><![CDATA[{MERCHANT}]]></AppId><Source><![CDATA[web]]></Source>\
                 <SPAppId><![CDATA[{s_pappid}]]></SPAppId></xml>"
            )
        );
        let clear = push.body.contains("<Event>");
        assert_eq!(clear, mode != "safe", "{mode}");
        assert_eq!(push.body.contains("<Encrypt>"), mode != "plain", "{mode}");
        assert!(push.body.starts_with(&format!("<xml><ToUserName><![CDATA[{to_user}]]>")));
        server.all_completed();
        let listed = &server.pushes("")[0];
        assert_eq!((&listed["state"], &listed["body"]), (&json!("delivered"), &json!(event)));
        assert_eq!(listed["attempts"][0]["excerpt"], "success");
    }
}

#[test]
fn the_event_is_json_where_the_account_asks_for_it() {
    for mode in ["plain", "compat", "safe"] {
        let server = TestServer::start();
        let receiver = Receiver::start();
        let path = format!("accounts/{MERCHANT}/callback");
        let mut settings = receiver.settings(mode);
        settings["format"] = json!("yaml");
        let (status, answer) = server.admin("PUT", &path, &settings);
        assert!(status == 400 && answer.to_string().contains("must be xml or json"), "{answer}");
        settings["format"] = json!("json");
        let (status, answer) = server.admin("PUT", &path, &settings);
        assert_eq!((status, &answer["callback"]["format"]), (200, &json!("json")), "{answer}");
        let link = server.merchant().auth_url("1", 0);
        decide(&server, &link, USER, "authorize");
        let push = receiver.next();
        assert_eq!(push.headers["content-type"], "application/json");
        let body: Value = serde_json::from_str(&push.body).unwrap();
        let event = match mode {
            "plain" => body.clone(),
            _ => {
                let of = |name: &str| push.query[name].as_str();
                let encrypted = body["Encrypt"].as_str().unwrap();
                let signed = ["AAAAA", of("timestamp"), of("nonce"), encrypted];
                assert!(is_signature(of("msg_signature"), &signed), "{}", push.target);
                let key = EncodingAesKey::parse(AES_KEY).unwrap();
                serde_json::from_str(&key.decrypt(encrypted, MERCHANT).unwrap()).unwrap()
            }
        };
        assert_eq!(body.get("Event").is_some(), mode != "safe", "{body}");
        assert_eq!(event["Event"], "user_authorize_invoice");
        assert_eq!((&event["SuccOrderId"], &event["FailOrderId"]), (&json!("1"), &json!("")));
        assert!((event["CreateTime"].as_i64().unwrap() - now_s(&server)).abs() < 60, "{event}");
        assert_eq!(event["FromUserName"], server.openid(USER, MERCHANT));
        server.all_completed();
    }
}

#[test]
fn a_decline_pushes_fail_order_id_and_a_later_yes_comes_behind_it() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    let client = server.merchant();
    server.set_callback(MERCHANT, &receiver, "plain");
    let link = client.auth_url("7", 0);
    decide(&server, &link, USER, "decline");
    // A second no changes nothing, and pushes nothing.
    decide(&server, &link, USER, "decline");
    decide(&server, &link, USER, "authorize");
    let tags = |event: &str| {
        (element(event, "SuccOrderId").unwrap(), element(event, "FailOrderId").unwrap())
    };
    assert_eq!(tags(&receiver.next().event(MERCHANT)), (String::new(), "7".into()));
    assert_eq!(tags(&receiver.next().event(MERCHANT)), ("7".into(), String::new()));
    server.all_completed();
    assert_eq!(receiver.received().len(), 2);
}

#[test]
fn two_events_of_one_user_never_share_a_create_time() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    let client = server.merchant();
    server.set_callback(MERCHANT, &receiver, "plain");
    let links: Vec<_> = (0..8).map(|n| client.auth_url(&n.to_string(), 0)).collect();
    std::thread::scope(|scope| {
        for link in &links {
            let server = &server;
            scope.spawn(move || decide(server, link, USER, "authorize"));
        }
    });
    let key = |event: String| (element(&event, "FromUserName"), element(&event, "CreateTime"));
    let keys: std::collections::HashSet<_> =
        (0..8).map(|_| key(receiver.next().event(MERCHANT))).collect();
    assert_eq!(keys.len(), 8);
    server.all_completed();
}

#[test]
fn who_receives_depends_on_who_asked() {
    let server = TestServer::start();
    server.merchant();
    let (official, own) = (Receiver::start(), Receiver::start());
    server.set_callback(MERCHANT, &official, "safe");
    let play = |appid: &str, source: &str, order_id: &str| {
        let client = server.client(appid);
        let mut asked = client.asked(order_id, 0);
        asked["source"] = json!(source);
        let link = client.auth_url_answer(&asked)["auth_url"].as_str().unwrap().to_owned();
        decide(&server, &link, USER, "authorize");
    };
    // Without a callback of its own a mini program's pushes go to the Official Account.
    play(MINI_PROGRAM, "wxa", "1");
    let event = official.next().event(MERCHANT);
    assert_eq!(element(&event, "AuthorizeAppId").unwrap(), MINI_PROGRAM);
    assert_eq!(element(&event, "Source").unwrap(), "wxa");
    assert_eq!(element(&event, "FromUserName").unwrap(), server.openid(USER, MERCHANT));
    play(MOBILE_APP, "app", "2");
    let event = official.next().event(MERCHANT);
    assert_eq!(element(&event, "AuthorizeAppId").unwrap(), MOBILE_APP);

    server.set_callback(MINI_PROGRAM, &own, "safe");
    play(MINI_PROGRAM, "wxa", "3");
    let push = own.next();
    let event = push.event(MINI_PROGRAM);
    let user = server.openid(USER, MINI_PROGRAM);
    assert_eq!(
        (element(&event, "FromUserName").unwrap(), &push.query["openid"]),
        (user.clone(), &user)
    );
    // A mobile app's callback is the Official Account's.
    let path = format!("accounts/{MOBILE_APP}/callback");
    let (status, answer) = server.admin("PUT", &path, &own.settings("plain"));
    assert_eq!(status, 400);
    assert!(answer["error"].as_str().unwrap().contains(MERCHANT), "{answer}");
    play(MOBILE_APP, "app", "4");
    assert_eq!(element(&official.next().event(MERCHANT), "SuccOrderId").unwrap(), "4");
    // Only the mini program's own requests are its own: the last getauthurl counts.
    play(MERCHANT, "web", "5");
    assert_eq!(element(&official.next().event(MERCHANT), "SuccOrderId").unwrap(), "5");
    server.all_completed();
    assert_eq!((official.received().len(), own.received().len()), (4, 1));
}

#[test]
fn every_whole_2xx_delivers_and_everything_else_is_retried() {
    let key = EncodingAesKey::parse(AES_KEY).unwrap();
    let reply = key.encrypt("success", MERCHANT, *b"0123456789abcdef");
    let encrypted = format!(
        "<xml><Encrypt><![CDATA[{reply}]]></Encrypt><MsgSignature><![CDATA[x]]></MsgSignature>\
         <TimeStamp>1</TimeStamp><Nonce><![CDATA[1]]></Nonce></xml>"
    );
    let encrypted: &'static str = encrypted.leak();
    let html = "<html>not for us</html>";
    let whole = [(200, "success"), (200, ""), (204, ""), (200, encrypted), (201, html)];
    let redirect =
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
    type Broken = (Box<dyn Fn() -> Reply + Send + Sync>, Value, &'static str);
    let broken: [Broken; 7] = [
        (Box::new(|| Reply::Status(500, "oops".into())), json!(500), "status 500"),
        (Box::new(|| Reply::Status(404, String::new())), json!(404), "status 404"),
        (Box::new(move || Reply::Raw(redirect.into())), json!(302), "status 302"),
        (Box::new(|| Reply::Close), json!(null), "broke off"),
        (Box::new(move || Reply::Raw(half.into())), json!(null), "broke off"),
        (Box::new(|| Reply::Raw(b"garbage\r\n\r\n".into())), json!(null), "broke off"),
        (Box::new(|| Reply::Hang), json!(null), "no whole answer within 2000 ms"),
    ];
    let (replies, expected): (Vec<_>, Vec<_>) =
        broken.into_iter().map(|(reply, status, problem)| (reply, (status, problem))).unzip();
    let receiver = Receiver::behaving(move |n, _| match whole.get(n) {
        Some((status, body)) => Reply::Status(*status, (*body).to_owned()),
        // Each broken reply once, then a success for its retry.
        None if (n - whole.len()) % 2 == 0 => replies[(n - whole.len()) / 2](),
        None => Reply::Success("success"),
    });
    let server = TestServer::start_with("[push]\ntimeout_ms = 2000\nper_account = 1");
    let client = server.merchant();
    server.set_callback(MERCHANT, &receiver, "plain");
    for (n, (_, excerpt)) in whole.iter().enumerate() {
        client.authorized(&n.to_string());
        server.all_completed();
        let push = push_of(&server, &n.to_string());
        assert_eq!(push["state"], "delivered");
        assert_eq!(push["attempts"].as_array().unwrap().len(), 1);
        assert_eq!(push["attempts"][0]["excerpt"], *excerpt);
    }
    for (n, (status, problem)) in expected.iter().enumerate() {
        let order_id = format!("b{n}");
        client.authorized(&order_id);
        server.all_completed();
        let push = push_of(&server, &order_id);
        let attempts = push["attempts"].as_array().unwrap();
        assert_eq!((attempts.len(), &push["state"]), (2, &json!("delivered")), "{n}");
        assert_eq!(attempts[0]["status"], *status, "{n}");
        let text = attempts[0]["problem"].as_str().unwrap();
        assert!(text.contains(problem), "{n}: {text}");
    }
    // Every try of one push carries the same event; only what must be fresh is fresh.
    let received = receiver.received();
    let (first, second) = (&received[5], &received[6]);
    assert_eq!(first.body, second.body);
    assert_ne!(first.query["nonce"], second.query["nonce"]);
}

#[test]
fn ten_megabytes_deliver_and_2_kib_of_them_are_kept() {
    let receiver = Receiver::behaving(|_, _| Reply::Status(200, "x".repeat(10 << 20)));
    let server = TestServer::start();
    server.set_callback(MERCHANT, &receiver, "safe");
    server.merchant().authorized("1");
    server.all_completed();
    let push = push_of(&server, "1");
    assert_eq!(push["state"], "delivered");
    assert_eq!(push["attempts"][0]["excerpt"].as_str().unwrap().len(), 2048);
}

#[test]
fn three_retries_at_0_2_and_5_seconds_then_it_gives_up_and_can_be_replayed() {
    let receiver = Receiver::behaving(|n, _| match n {
        0..=3 => Reply::Status(503, "busy".into()),
        _ => Reply::Success("success"),
    });
    let server = TestServer::start();
    let client = server.merchant();
    server.set_callback(MERCHANT, &receiver, "safe");
    client.authorized("1");
    let tries = |n: usize| {
        server.wait_until("the next try is recorded", || {
            push_of(&server, "1")["attempts"].as_array().unwrap().len() == n
        });
        push_of(&server, "1")
    };
    // The first retry comes at once, the others in the domain's time.
    let push = tries(2);
    assert_eq!(push["state"], "ready");
    assert!(push["says"].as_str().unwrap().starts_with("will be tried (try 3) in "), "{push}");
    let (status, answer) = server.admin(
        "POST",
        &format!("pushes/{}/replay", push["id"].as_str().unwrap()),
        &json!({}),
    );
    assert_eq!(status, 409, "{answer}");
    server.advance_s(2);
    assert_eq!(tries(3)["state"], "ready");
    assert_eq!(receiver.received().len(), 3);
    server.advance_s(5);
    let push = tries(4);
    assert_eq!(push["state"], "gave_up");

    let first = receiver.received()[0].event(MERCHANT);
    server.advance_s(100);
    let replay = format!("pushes/{}/replay", push["id"].as_str().unwrap());
    assert_eq!(server.admin("POST", &replay, &json!({})).0, 200);
    server.all_completed();
    let push = push_of(&server, "1");
    assert_eq!(push["state"], "delivered");
    assert_eq!(push["attempts"].as_array().unwrap().len(), 5);
    let events: Vec<_> = receiver.received().iter().map(|r| r.event(MERCHANT)).collect();
    assert!(events.iter().all(|event| *event == first), "{events:?}");
    let encrypted: std::collections::HashSet<_> =
        receiver.received().into_iter().map(|r| r.body).collect();
    assert_eq!(encrypted.len(), 5, "the encryption is fresh each time");
}

#[test]
fn without_a_callback_a_push_is_unroutable_and_kept() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    server.merchant().authorized("1");
    server.all_completed();
    let push = push_of(&server, "1");
    assert_eq!((&push["state"], &push["attempts"]), (&json!("unroutable"), &json!([])));
    server.set_callback(MERCHANT, &receiver, "plain");
    let id = push["id"].as_str().unwrap();
    assert_eq!(server.admin("POST", &format!("pushes/{id}/replay"), &json!({})).0, 200);
    let event = receiver.next().event(MERCHANT);
    assert_eq!(json!(event), push["body"]);
    server.all_completed();
    // An empty url ends it.
    let path = format!("accounts/{MERCHANT}/callback");
    assert_eq!(server.admin("PUT", &path, &json!({"url": ""})).0, 200);
    server.merchant().authorized("2");
    server.all_completed();
    assert_eq!(push_of(&server, "2")["state"], "unroutable");
}

#[test]
fn a_push_that_waits_behind_a_hanging_one_of_its_order_says_so_and_others_pass_it() {
    let receiver = Receiver::behaving(|_, push| match element(&push.body, "FailOrderId") {
        Some(order_id) if order_id == "slow" => Reply::Hang,
        _ => Reply::Success(""),
    });
    let server = TestServer::start_with("[push]\ntimeout_ms = 60000\n[limits]\nshutdown_ms = 1");
    let client = server.merchant();
    server.set_callback(MERCHANT, &receiver, "plain");
    let link = client.auth_url("slow", 0);
    decide(&server, &link, USER, "decline");
    receiver.next();
    decide(&server, &link, OTHER_USER, "authorize");
    client.authorized("quick");
    assert_eq!(element(&receiver.next().body, "SuccOrderId").unwrap(), "quick");
    server.wait_until("the quick one is delivered", || {
        push_of(&server, "quick")["state"] == "delivered"
    });
    let of_order = server.pushes("order_id=slow&state=open");
    let [second, first] = &of_order[..] else { panic!("{of_order:?}") };
    assert_eq!((&first["state"], &second["state"]), (&json!("in_flight"), &json!("waiting")));
    let says = second["says"].as_str().unwrap();
    let id = first["id"].as_str().unwrap();
    assert!(
        says.starts_with(&format!(
            "waits behind {id} of the same order, which is being tried (try 1) for "
        )),
        "{says}"
    );
    assert_eq!(receiver.received().len(), 2);
    server.leaves_pushes();
}

/// A merchant of its own with its own receiver.
fn other_merchant<'a>(server: &'a TestServer, receiver: &Receiver) -> kaipiao_tests::Client<'a> {
    let secret = "f".repeat(32);
    server.put_account(
        OTHER_MERCHANT,
        &json!({"role": "merchant", "secret": secret}),
        kaipiao_tests::ADMIN,
    );
    let token =
        server.token_answer(OTHER_MERCHANT, &secret)["access_token"].as_str().unwrap().to_owned();
    let client = server.client_with(token);
    client.set_contact();
    server.set_callback(OTHER_MERCHANT, receiver, "plain");
    client
}

#[test]
fn a_dead_account_holds_up_only_itself() {
    let dead = Receiver::behaving(|_, _| Reply::Hang);
    let healthy = Receiver::start();
    let server = TestServer::start_with(
        "[push]\ntimeout_ms = 60000\nat_once = 5\n[limits]\nshutdown_ms = 1",
    );
    let client = server.merchant();
    server.set_callback(MERCHANT, &dead, "plain");
    let other = other_merchant(&server, &healthy);
    for n in 0..20 {
        client.authorized(&n.to_string());
    }
    for n in 0..20 {
        other.authorized(&n.to_string());
    }
    for _ in 0..20 {
        healthy.next();
    }
    server.wait_until("the healthy account's pushes are delivered", || {
        server.pushes(&format!("appid={OTHER_MERCHANT}&state=delivered")).len() == 20
    });
    // The dead one has its four and no more, whatever is free.
    assert_eq!(dead.received().len(), 4);
    server.leaves_pushes();
}

#[test]
fn per_account_is_the_cap() {
    let dead = Receiver::behaving(|_, _| Reply::Hang);
    let server = TestServer::start_with(
        "[push]\ntimeout_ms = 60000\nper_account = 2\n[limits]\nshutdown_ms = 1",
    );
    let client = server.merchant();
    server.set_callback(MERCHANT, &dead, "plain");
    for n in 0..10 {
        client.authorized(&n.to_string());
    }
    let in_flight =
        || server.pushes("state=open").iter().filter(|p| p["state"] == "in_flight").count();
    server.wait_until("two are under way", || in_flight() == 2);
    dead.next();
    dead.next();
    assert_eq!((in_flight(), dead.received().len()), (2, 2));
    server.leaves_pushes();
}

#[test]
fn the_real_five_seconds_are_for_the_whole_answer() {
    let hanging = Receiver::behaving(|n, _| if n == 0 { Reply::Hang } else { Reply::Success("") });
    let server = TestServer::start();
    let client = server.merchant();
    server.set_callback(MERCHANT, &hanging, "plain");
    client.authorized("1");
    hanging.next();
    hanging.next();
    server.all_completed();
    let push = push_of(&server, "1");
    let took_ms = push["attempts"][0]["took_ms"].as_i64().unwrap();
    assert!((5000..7000).contains(&took_ms), "{took_ms}");
    assert_eq!(push["attempts"][0]["problem"], "no whole answer within 5000 ms");
    assert_eq!(push["state"], "delivered");
}

#[test]
fn what_prevents_a_callback_is_said() {
    let (server, receiver) = (TestServer::start(), Receiver::start());
    let put = |appid: &str, change: Value| {
        let mut body = receiver.settings("safe");
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let (status, answer) = server.admin("PUT", &format!("accounts/{appid}/callback"), &body);
        (status, answer["error"].as_str().unwrap_or_default().to_owned())
    };
    let refused = |change: Value, words: &str| {
        let (status, error) = put(MERCHANT, change);
        assert_eq!(status, 400, "{error}");
        assert!(error.contains(words), "{error}");
    };
    refused(json!({"url": "ftp://x"}), "url must be a http:// or https:// address");
    refused(json!({"url": null}), "url is missing");
    refused(json!({"url": "http://u:p@x/"}), "must not hold a user name");
    refused(json!({"token": "a b"}), "token must be 3 to 32 letters and digits");
    refused(json!({"mode": "secret"}), "mode must be one of plain, compat, safe, not \"secret\"");
    refused(json!({"encoding_aes_key": ""}), "encoding_aes_key is empty, safe mode needs one");
    refused(json!({"encoding_aes_key": "short"}), "encoding_aes_key must be 43 characters");
    assert_eq!(put("wx00000000000000ff", json!({})).0, 404);
    assert_eq!(put("nonsense", json!({})).0, 404);

    let (status, error) = put(MERCHANT, json!({"token": "BBBBB"}));
    assert_eq!(status, 409);
    assert!(error.contains("it answered 403 and \"wrong signature\""), "{error}");
    let (status, error) = put(MERCHANT, json!({"url": "http://127.0.0.1:99999/"}));
    assert!(status == 409 && error.contains("its port is none"), "{error}");
    let nobody = Refusing::bind();
    let (status, error) = put(MERCHANT, json!({"url": format!("http://{}/", nobody.address)}));
    assert!(status == 409 && error.contains("url was not verified: no connection"), "{error}");
    // Nothing of that was set.
    let account =
        |server: &TestServer| server.admin("GET", "accounts", &json!({})).1["accounts"][0].clone();
    assert_eq!(account(&server)["callback"], json!(null));
    assert_eq!(put(MERCHANT, json!({})).0, 200);
    let before = account(&server);
    assert_eq!(before["callback"], json!({"url": receiver.url(), "mode": "safe", "format": "xml"}));
    assert!(receiver.received().is_empty(), "a verification is not a push");
    // It outlives a restart, and its secrets are not on disk in clear.
    let server = server.restart_with("");
    assert_eq!(account(&server), before);
    server.merchant().authorized("1");
    receiver.next().event(MERCHANT);
    server.all_completed();
    for file in std::fs::read_dir(server.data().join("data")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("abcdefghijklmnopqrstuvwxyz0123456789"), "the AES key is on disk");
    }
}

#[test]
fn a_callback_of_the_config_file_needs_no_running_receiver() {
    let receiver = Receiver::start();
    let settings = format!(
        "[[accounts]]\nappid = \"{OTHER_MERCHANT}\"\nrole = \"merchant\"\nsecret = \"{}\"\n\
         callback_url = \"{}\"\ncallback_token = \"AAAAA\"\ncallback_mode = \"compat\"\n\
         callback_aes_key = \"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG\"",
        "f".repeat(32),
        receiver.url()
    );
    let server = TestServer::start_with(&settings);
    let token = server.token_answer(OTHER_MERCHANT, &"f".repeat(32))["access_token"].clone();
    let client = server.client_with(token.as_str().unwrap().to_owned());
    client.set_contact();
    client.authorized("1");
    let push = receiver.next();
    assert!(push.body.contains("<Encrypt>") && push.body.contains("<Event>"));
    push.event(OTHER_MERCHANT);
    server.all_completed();
}

#[test]
fn the_listing_filters_pages_and_names_what_is_wrong() {
    let server = TestServer::start();
    let client = server.merchant();
    for n in 0..5 {
        client.authorized(&n.to_string());
    }
    server.all_completed();
    let ids = |query: &str| {
        server
            .pushes(query)
            .iter()
            .map(|p| p["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all = ids("");
    assert_eq!(all.len(), 5);
    assert_eq!(ids("limit=2"), all[..2]);
    assert_eq!(ids(&format!("limit=2&after={}", all[1])), all[2..4]);
    assert_eq!(ids(&format!("appid={MERCHANT}&order_id=4")), all[..1]);
    assert_eq!(ids("state=unroutable"), all);
    assert!(ids("state=gave_up").is_empty() && ids("appid=wx1").is_empty());
    for (query, words) in [
        ("state=lost", "state must be open, delivered, gave_up or unroutable, not \"lost\""),
        ("limit=0", "limit must be 1 to 1000"),
        ("after=x", "after must be the id of a push"),
    ] {
        let (status, answer) = server.admin("GET", &format!("pushes?{query}"), &json!({}));
        assert_eq!(status, 400);
        assert!(answer["error"].as_str().unwrap().contains(words), "{answer}");
    }
    assert_eq!(server.admin("POST", "pushes/nonsense/replay", &json!({})).0, 404);
    assert_eq!(server.admin("POST", &format!("pushes/{MERCHANT}-99/replay"), &json!({})).0, 404);
    for path in ["/admin/v1/pushes", "/admin/v1/accounts"] {
        assert_eq!(server.get_raw(path).status(), 401, "{path}");
    }
}

#[test]
fn what_is_under_way_at_a_restart_goes_out_again() {
    let receiver = Receiver::behaving(|n, _| if n == 0 { Reply::Hang } else { Reply::Success("") });
    let server = TestServer::start_with("[push]\ntimeout_ms = 60000\n[limits]\nshutdown_ms = 1");
    let client = server.merchant();
    server.set_callback(MERCHANT, &receiver, "plain");
    client.authorized("1");
    let first = receiver.next();
    let server = server.restart_with("");
    assert_eq!(receiver.next().body, first.body);
    server.all_completed();
    assert_eq!(push_of(&server, "1")["state"], "delivered");
}
