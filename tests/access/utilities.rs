//! Addresses, the callback's check, quotas, refused requests (wire_facts 2.2).

use kaipiao_testkit::addresses::Refusing;
use kaipiao_tests::{
    ADMIN, Client, MERCHANT, MINI_PROGRAM, PLATFORM, REIMBURSER, Receiver, Reply, TestServer,
    assert_ok, assert_refused,
};
use serde_json::{Value, json};

const CHECK: &str = "/cgi-bin/callback/check";
const CLEAR: &str = "/cgi-bin/clear_quota";
const CLEAR_BY_SECRET: &str = "/cgi-bin/clear_quota/v2";
const QUOTA: &str = "/cgi-bin/openapi/quota/get";
const CLEAR_PATH: &str = "/cgi-bin/openapi/quota/clear";
const RID: &str = "/cgi-bin/openapi/rid/get";

fn ips(server: &TestServer, client: &Client<'_>, call: &str) -> Value {
    let answer = server.get(&client.path(&format!("/cgi-bin/{call}")));
    assert_ok(&answer);
    answer["ip_list"].clone()
}

#[test]
fn the_addresses_are_this_servers_or_those_of_the_settings() {
    let server = TestServer::start();
    let client = server.client(PLATFORM);
    assert_eq!(ips(&server, &client, "get_api_domain_ip"), json!(["127.0.0.1"]));
    let from = ips(&server, &client, "getcallbackip");
    assert!(from.as_array().unwrap().contains(&json!("127.0.0.1")), "{from}");
    let settings = "api_addresses = [\"203.0.113.7\"]\n[push]\naddresses = [\"198.51.100.0/24\"]\n";
    let server = TestServer::start_with(settings);
    let client = server.client(PLATFORM);
    assert_eq!(ips(&server, &client, "get_api_domain_ip"), json!(["203.0.113.7"]));
    assert_eq!(ips(&server, &client, "getcallbackip"), json!(["198.51.100.0/24"]));
    assert_refused(&server.get("/cgi-bin/getcallbackip"), 41001, "access_token");
}

#[test]
fn a_callback_is_looked_up_and_called() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let check = |body: Value| client.post(CHECK, &body);
    assert_refused(&check(json!({"action": "all"})), 40201, "this account has no callback");
    let of_mini_program = || server.client(MINI_PROGRAM).post(CHECK, &json!({"action": "all"}));
    assert_refused(&of_mini_program(), 40201, "neither this account nor its merchant");
    let receiver = Receiver::behaving(|_, _| Reply::Success("success"));
    server.set_callback(MERCHANT, &receiver, "plain");
    // Its events go to the merchant.
    assert_eq!(of_mini_program()["ping"][0]["package_loss"], "0%");
    let answer = check(json!({"action": "all", "check_operator": "UNICOM"}));
    assert_ok(&answer);
    assert_eq!(answer["dns"], json!([{"ip": "127.0.0.1", "real_operator": "DEFAULT"}]));
    let ping = &answer["ping"][0];
    assert_eq!(ping["ip"], "127.0.0.1");
    assert_eq!((&ping["from_operator"], &ping["package_loss"]), (&json!("UNICOM"), &json!("0%")));
    let time = ping["time"].as_str().unwrap().strip_suffix("ms").unwrap();
    assert!(time.parse::<f64>().unwrap() > 0.0, "{ping}");
    let dns = check(json!({"action": "dns"}));
    assert!(dns.get("ping").is_none() && dns["dns"].is_array(), "{dns}");
    assert!(check(json!({"action": "ping"})).get("dns").is_none());
    assert_refused(&check(json!({"action": "trace"})), 40202, "dns, ping or all");
    assert_refused(&check(json!({"action": "all", "check_operator": "X"})), 40203, "CHINANET");
    // Checks are no pushes.
    assert!(receiver.received().is_empty());
}

/// The settings of an account with this callback.
fn account_with(url: &str) -> String {
    format!(
        "[[accounts]]\nappid = \"wx00000000000000aa\"\nrole = \"merchant\"\nsecret = \"0123456789abcdef\"\n\
         callback_url = \"{url}\"\ncallback_token = \"AAAAA\"\n"
    )
}

/// That account.
fn client_of(server: &TestServer) -> Client<'_> {
    let token = server.token_answer("wx00000000000000aa", "0123456789abcdef");
    server.client_with(token["access_token"].as_str().unwrap().to_owned())
}

#[test]
fn a_callback_is_checked_once_at_a_time() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server =
        TestServer::start_with(&account_with(&format!("http://{}/", silent.local_addr().unwrap())));
    let client = client_of(&server);
    let check = || client.post(CHECK, &json!({"action": "all"}));
    let first = std::thread::scope(|scope| {
        let first = scope.spawn(check);
        let (called, _) = silent.accept().unwrap();
        assert_refused(&check(), 45011, "under way");
        drop((silent, called));
        first.join().unwrap()
    });
    for answer in [first, check()] {
        assert_ok(&answer);
        assert_eq!(answer["ping"][0]["package_loss"], "100%");
    }
}

#[test]
fn a_callback_that_does_not_answer_is_told_and_a_private_one_is_not_called() {
    let gone = Refusing::bind();
    let port = gone.address.port();
    let checked = |settings: &str| {
        let server = TestServer::start_with(settings);
        client_of(&server).post(CHECK, &json!({"action": "all"}))
    };
    let answer = checked(&account_with(&format!("http://127.0.0.1:{port}/")));
    assert_ok(&answer);
    assert_eq!(
        (&answer["ping"][0]["package_loss"], &answer["ping"][0]["time"]),
        (&json!("100%"), &json!(""))
    );
    let answer = checked(&account_with("http://nobody.invalid/"));
    assert_refused(&answer, 40201, "no connection");
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), "00".repeat(32)).unwrap();
    let production = format!("mode = \"production\"\nserver_key_file = {:?}\n", key.path());
    for host in ["127.0.0.1", "localhost"] {
        let answer =
            checked(&format!("{production}{}", account_with(&format!("http://{host}:1/"))));
        assert_refused(&answer, 40201, "private address");
        let text = answer.to_string();
        assert!(!text.contains("127.0.0.1") && !text.contains("::1"), "{text}");
    }
}

#[test]
fn calls_are_counted_by_the_day_and_forgotten_ten_times_a_month() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let used = |path: &str| {
        let answer = client.post(QUOTA, &json!({"cgi_path": path}));
        assert_ok(&answer);
        let quota = &answer["quota"];
        let number = |name: &str| quota[name].as_i64().unwrap();
        assert_eq!(number("daily_limit") - number("used"), number("remain"), "{answer}");
        number("used")
    };
    assert_eq!(used("/card/invoice/getauthdata"), 0);
    for _ in 0..3 {
        client.status("1");
    }
    assert_eq!(used("/card/invoice/getauthdata?x=1"), 3);
    assert_eq!(used("/card/invoice/getauthurl"), 0);
    assert!(used("/cgi-bin/token") > 0);
    assert_eq!(
        server.client(PLATFORM).post(QUOTA, &json!({"cgi_path": "/card/invoice/getauthdata"}))["quota"]
            ["used"],
        0
    );
    for unknown in ["", "/card/invoice/nothing", "/admin/v1/accounts", "/invoice/pdf/{name}"] {
        assert_refused(&client.post(QUOTA, &json!({"cgi_path": unknown})), 76021, "cgi_path");
    }
    assert_refused(&client.post(CLEAR, &json!({"appid": PLATFORM})), 40013, MERCHANT);
    for _ in 0..10 {
        assert_ok(&client.post(CLEAR, &json!({"appid": MERCHANT})));
    }
    assert_eq!(used("/card/invoice/getauthdata"), 0);
    assert_refused(&client.post(CLEAR, &json!({"appid": MERCHANT})), 48006, "10 times");
    client.status("1");
    server.advance_s(86_400);
    let token = server.token(MERCHANT);
    let client = server.client_with(token);
    let answer = client.post(QUOTA, &json!({"cgi_path": "/card/invoice/getauthdata"}));
    assert_eq!(answer["quota"]["used"], 0);
}

#[test]
fn whoever_knows_the_secret_clears_the_quota_without_a_token() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let used = || {
        client.post(QUOTA, &json!({"cgi_path": "/card/invoice/getauthdata"}))["quota"]["used"]
            .clone()
    };
    let secret = server.secret(MERCHANT);
    let clear = |body: Value| server.post(CLEAR_BY_SECRET, &body);
    for (body, code) in [
        (json!({}), 41002),
        (json!({"appid": MERCHANT}), 41004),
        (json!({"appid": MERCHANT, "appsecret": "x"}), 40125),
        (json!({"appid": "wx00000000000000ff", "appsecret": secret}), 40013),
        (json!({"appid": PLATFORM, "appsecret": secret}), 40125),
    ] {
        assert_refused(&clear(body), code, "");
    }
    client.status("1");
    assert_eq!(used(), 1);
    assert_ok(&clear(json!({"appid": MERCHANT, "appsecret": secret})));
    assert_eq!(used(), 0);
    // As the published sample has it, in the query; with a form's Content-Type, as SDKs send it.
    let in_query = format!("{CLEAR_BY_SECRET}?appid={MERCHANT}&appsecret={secret}");
    assert_ok(&server.call("POST", &in_query, ""));
    assert_ok(&server.call("POST", &in_query, "{}"));
    assert_refused(&server.call("GET", &in_query, ""), 43002, "POST");
    // It shares its ten a month with clear_quota.
    for _ in 3..10 {
        assert_ok(&client.post(CLEAR, &json!({"appid": MERCHANT})));
    }
    for answer in [
        clear(json!({"appid": MERCHANT, "appsecret": secret})),
        client.post(CLEAR, &json!({"appid": MERCHANT})),
    ] {
        assert_refused(&answer, 48006, "10 times");
    }
    // Whoever has a token as well finds the refusal by its rid, and no secret in it.
    let refused = server.call("POST", &client.path(&in_query), "");
    let rid = refused["errmsg"].as_str().unwrap().rsplit_once(" rid: ").unwrap().1.to_owned();
    let found = client.post(RID, &json!({"rid": rid}));
    assert_ok(&found);
    assert!(!found.to_string().contains(&secret), "{found}");
    assert_eq!(found["request"]["request_url"], format!("POST {CLEAR_BY_SECRET}?appid={MERCHANT}"));
}

#[test]
fn the_count_of_a_path_is_forgotten_fifty_times_a_month() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let used = |path: &str| client.post(QUOTA, &json!({"cgi_path": path}))["quota"]["used"].clone();
    let clear = |path: &str| client.post(CLEAR_PATH, &json!({"cgi_path": path}));
    let (data, ticket) = ("/card/invoice/getauthdata", "/cgi-bin/ticket/getticket");
    client.status("1");
    client.ticket();
    assert_eq!((used(data), used(ticket)), (json!(1), json!(1)));
    assert_ok(&clear(data));
    assert_eq!((used(data), used(ticket)), (json!(0), json!(1)));
    for unknown in ["", "/card/invoice/nothing"] {
        assert_refused(&clear(unknown), 76021, "cgi_path");
    }
    for _ in 1..50 {
        assert_ok(&clear(ticket));
    }
    assert_refused(&clear(data), 48006, "50 times");
    // Those of all paths are counted apart.
    assert_ok(&client.post(CLEAR, &json!({"appid": MERCHANT})));
    assert_refused(&server.post(CLEAR_PATH, &json!({"cgi_path": data})), 41001, "access_token");
    // Bills' calls are calls.
    assert_eq!(used("/nontax/getbillauthurl"), json!(0));
    client.post("/nontax/getbillauthurl", &json!({}));
    assert_eq!(used("/nontax/getbillauthurl"), json!(1));
}

#[test]
fn forced_refreshes_are_forgotten_with_their_own_path() {
    let server = TestServer::start();
    let force = || {
        server.advance_s(31);
        server.stable_token(true)
    };
    // China's midnight may lie within: then a whole day's quota follows.
    let refused = (0..41).map(|_| force()).find(|answer| answer["errcode"].is_i64()).unwrap();
    assert_refused(&refused, 45009, "");
    let client = server.client(MERCHANT);
    assert_ok(&client.post(CLEAR_PATH, &json!({"cgi_path": "/cgi-bin/token"})));
    assert_refused(&force(), 45009, "");
    assert_ok(&client.post(CLEAR_PATH, &json!({"cgi_path": "/cgi-bin/stable_token"})));
    assert!(force()["access_token"].is_string());
}

#[test]
fn forced_refreshes_are_forgotten_with_the_quota_and_a_restart_forgets_no_clear() {
    let server = TestServer::start();
    let force = |server: &TestServer| {
        server.advance_s(31);
        server.stable_token(true)
    };
    // China's midnight may lie within: then a whole day's quota follows.
    let answers = (0..41).map(|_| force(&server));
    let refused = answers.into_iter().find(|answer| answer["errcode"].is_i64()).unwrap();
    assert_refused(&refused, 45009, "");
    for _ in 0..10 {
        assert_ok(&server.client(MERCHANT).post(CLEAR, &json!({"appid": MERCHANT})));
    }
    assert!(force(&server)["access_token"].is_string());
    let server = server.restart_with("");
    assert_refused(&server.client(MERCHANT).post(CLEAR, &json!({"appid": MERCHANT})), 48006, "");
}

#[test]
fn a_refused_request_is_found_by_its_rid_by_its_account_alone() {
    let server = TestServer::start();
    let client = server.client(MERCHANT);
    let answer = client.attribute("set_nothing", &json!({}));
    let errmsg = answer["errmsg"].as_str().unwrap();
    let rid = errmsg.rsplit_once(" rid: ").unwrap().1;
    let found = client.post(RID, &json!({"rid": rid}));
    assert_ok(&found);
    let request = &found["request"];
    assert_eq!(request["request_url"], "POST /card/invoice/setbizattr?action=set_nothing");
    let said: Value = serde_json::from_str(request["response_body"].as_str().unwrap()).unwrap();
    assert_eq!(said, answer);
    assert_eq!(request["client_ip"], "127.0.0.1");
    assert!(request["invoke_time"].as_i64().unwrap() > 1_700_000_000);
    assert!(request["cost_in_ms"].is_u64());
    assert!(!found.to_string().contains(&client.token));
    assert_refused(&server.client(PLATFORM).post(RID, &json!({"rid": rid})), 76001, "not among");
    assert_refused(&client.post(RID, &json!({"rid": "00000000-00000000-00000000"})), 76001, "");
    assert_refused(&client.post(RID, &json!({"rid": "x"})), 76002, "61725984-6126f6f9-040f19c4");
    server.advance_s(7 * 86_400 + 1);
    let client = server.client_with(server.token(MERCHANT));
    assert_refused(&client.post(RID, &json!({"rid": rid})), 76001, "seven days");
}

/// One call of each kind, each by an account that may make it: whose, its method, path and body.
fn calls_of_each_kind(server: &TestServer) -> Vec<(&'static str, &'static str, String, String)> {
    let secret = server.secret(MERCHANT);
    let grant = format!("grant_type=client_credential&appid={MERCHANT}&secret={secret}");
    let stable =
        json!({"grant_type": "client_credential", "appid": MERCHANT, "secret": secret}).to_string();
    let by_secret = json!({"appid": MERCHANT, "appsecret": secret}).to_string();
    let mut calls = vec![
        (MERCHANT, "GET", format!("/cgi-bin/token?{grant}"), String::new()),
        (MERCHANT, "POST", "/cgi-bin/token".to_owned(), grant),
        (MERCHANT, "POST", "/cgi-bin/stable_token".to_owned(), stable),
        (MERCHANT, "POST", CLEAR_BY_SECRET.to_owned(), by_secret),
    ];
    for (appid, method, path) in [
        (MERCHANT, "GET", "/cgi-bin/ticket/getticket?type=wx_card"),
        (MERCHANT, "GET", "/card/invoice/setbizattr?action=get_contact"),
        (MERCHANT, "POST", "/card/invoice/getauthdata"),
        (MERCHANT, "POST", "/card/invoice/scantitle"),
        (MERCHANT, "POST", "/cgi-bin/openapi/quota/get"),
        (MERCHANT, "GET", "/cgi-bin/getcallbackip"),
        (PLATFORM, "POST", "/card/invoice/insert"),
        (PLATFORM, "POST", "/card/invoice/platform/getpdf?action=get_url"),
        (PLATFORM, "POST", "/card/invoice/platform/setpdf"),
        (REIMBURSER, "POST", "/card/invoice/reimburse/getinvoiceinfo"),
    ] {
        let path = server.client(appid).path(path);
        calls.push((appid, method, path, "{}".to_owned()));
    }
    calls
}

#[test]
fn an_account_that_lists_addresses_calls_from_nowhere_else() {
    let server = TestServer::start_with("trusted_proxies = [\"127.0.0.1\"]\n");
    let put = |appid: &str, callers: Value| {
        let (status, answer) = server.put_account(appid, &json!({"callers": callers}), ADMIN);
        (status, answer["callers"].clone())
    };
    let calls = calls_of_each_kind(&server);
    let ask = |(_, method, path, body): &(&str, &str, String, String), from: &str| -> Value {
        let answer = server.page(method, path, &[("x-forwarded-for", from)], body);
        serde_json::from_str(answer.body()).unwrap()
    };
    for appid in [MERCHANT, PLATFORM, REIMBURSER] {
        let listed = json!(["203.0.113.0/24", "2001:db8::7"]);
        assert_eq!(put(appid, listed), (200, json!(["203.0.113.0/24", "2001:db8::7/128"])));
    }
    for call in &calls {
        let refused = ask(call, "198.51.100.9");
        assert_eq!(refused["errcode"], 40164, "{call:?}: {refused}");
        let text = refused["errmsg"].as_str().unwrap();
        assert!(text.starts_with("invalid ip 198.51.100.9, not in whitelist"), "{text}");
        assert_eq!(ask(call, "")["errcode"], 40164);
        for listed in ["203.0.113.9", "198.51.100.9, 203.0.113.9", "2001:db8::7"] {
            assert_ne!(ask(call, listed)["errcode"], 40164, "{call:?}: {listed}");
        }
    }
    assert_eq!(put(MERCHANT, json!([])), (200, json!([])));
    assert_ne!(ask(&calls[0], "198.51.100.9")["errcode"], 40164);
    let (status, answer) =
        server.put_account(MERCHANT, &json!({"callers": ["10.0.0.0/33"]}), ADMIN);
    assert!(status == 400 && answer.to_string().contains("callers"), "{answer}");
}

#[test]
fn an_account_of_the_config_file_lists_its_addresses_and_says_the_form_of_its_events() {
    let account = format!(
        "[[accounts]]\nappid = \"{MERCHANT}\"\ncallers = [\"203.0.113.0/24\"]\n\
         callback_url = \"http://127.0.0.1:9/\"\ncallback_token = \"AAAAA\"\ncallback_format = \"json\"\n"
    );
    let server = TestServer::start_with(&account);
    let answer = server.token_answer(MERCHANT, &server.secret(MERCHANT));
    assert_refused(&answer, 40164, "127.0.0.1, not in whitelist");
    let listed = server.all_pages("accounts?limit=100", "accounts");
    let merchant = listed.iter().find(|account| account["appid"] == MERCHANT).unwrap();
    assert_eq!(merchant["callback"]["format"], "json");
}
