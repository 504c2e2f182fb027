//! Every setting has a test that fails when the setting is ignored. Those that need a process of
//! their own (log, the command line) are in crates/cli/tests; limits.commit_queue and the two
//! timeouts are in access/, link_life_s in authorization/answer.rs, mode and expose_sandbox in
//! sandbox.rs, [sandbox] in sandbox/, metrics.listen and limits.unready_ms in metrics/, [telemetry] in
//! crates/cli/tests/process/telemetry.rs, authorization.life_s and issuing.time_limit_ms in invoicing/s14_make_out.rs,
//! issuing.block_size and an account's merchant in invoicing/taxpayers.rs, issuing.url and issuing.secret_file in
//! invoicing/outside_issuer.rs, issuing.specimen in
//! crates/cli/src/settings/tests.rs, push.timeout_ms and per_account in
//! authorization/s06_auth_push.rs, retention.unpaid_payments_d in payment/pay_calls.rs, [files] and retention.unattached_pdfs_d in platform/collector.rs and
//! platform/limits.rs, platform.checks_faces in
//! crates/cli/src/settings/tests.rs, what ca_file does in crates/sender/tests, what
//! limits.store_readers bounds in crates/store-sqlite.

use kaipiao_cli::compose;
use kaipiao_tests::{
    MERCHANT, Receiver, Reply, TestServer, USER, assert_ok, assert_refused, assert_sucesss, load,
    open_store, wait_until,
};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

#[test]
fn public_base_url_begins_the_link() {
    let server =
        TestServer::start_with("public_base_url = \"https://pay.example/\"\nexpose_sandbox = true");
    let link = server.merchant().auth_url("1", 0);
    assert!(link.starts_with("https://pay.example/bizmall/authinvoice?"), "{link}");
}

#[test]
fn wxa_appid_is_answered() {
    let server = TestServer::start_with("[authorization]\nwxa_appid = \"wx1111111111111111\"");
    let client = server.merchant();
    let mut asked = client.asked("1", 0);
    asked["source"] = json!("wxa");
    assert_eq!(client.auth_url_answer(&asked)["appid"], "wx1111111111111111");
}

#[test]
fn custom_key_max_chars_can_be_strict() {
    let server = TestServer::start_with("[authorization]\ncustom_key_max_chars = 5");
    let client = server.client(MERCHANT);
    let fields = |key| json!({"auth_field": {"user_field": {"custom_field": [{"key": key}]}, "biz_field": {}}});
    assert_ok(&client.attribute("set_auth_field", &fields("field")));
    assert_refused(&client.attribute("set_auth_field", &fields("field1")), 72031, "at most 5");
}

#[test]
fn body_bytes_is_the_limit() {
    let server = TestServer::start_with("[limits]\nbody_bytes = 100");
    let client = server.merchant();
    let answer = client.post_text("/card/invoice/getauthdata", &" ".repeat(101));
    assert_refused(&answer, 72031, "longer than 100 bytes");
}

#[test]
fn connections_beyond_the_limit_wait() {
    let server = TestServer::start_with("[limits]\nconnections = 1");
    let address = server.base.strip_prefix("http://").unwrap();
    let first = TcpStream::connect(address).unwrap();
    let mut second = TcpStream::connect(address).unwrap();
    second.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    second.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut byte = [0];
    assert!(second.read(&mut byte).is_err(), "the second connection was served beside the first");
    drop(first);
    second.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    second.read_exact(&mut byte).unwrap();
}

#[test]
fn server_key_file_is_where_the_key_is() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("elsewhere.key");
    let settings = format!("server_key_file = {:?}", key.to_str().unwrap());
    let server = TestServer::start_with(&settings);
    let text = std::fs::read_to_string(&key).unwrap();
    assert_eq!(text.trim().len(), 64);
    assert!(!server.data().join("data/server.key").exists());
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn another_server_key_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let settings = load(directory.path(), "");
    drop(compose::listen(&settings, None).await.unwrap());
    std::fs::write(settings.data.join("server.key"), "0".repeat(64)).unwrap();
    let error = compose::listen(&settings, None).await.err().unwrap().to_string();
    assert!(error.contains("another server key"), "{error}");
    std::fs::write(settings.data.join("server.key"), "nonsense").unwrap();
    let error = compose::listen(&settings, None).await.err().unwrap().to_string();
    assert!(error.contains("64 hexadecimal digits"), "{error}");
}

#[test]
fn admin_token_file_holds_the_admin_token() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("admin");
    std::fs::write(&file, "0123456789abcdef-operator\n").unwrap();
    let settings =
        format!("mode = \"production\"\nadmin_token_file = {:?}", file.to_str().unwrap());
    let server = TestServer::start_with(&settings);
    let account = json!({"role": "merchant"});
    assert_eq!(server.put_account("wx00000000000000aa", &account, "kaipiao-sandbox-admin").0, 401);
    assert_eq!(
        server.put_account("wx00000000000000aa", &account, "0123456789abcdef-operator").0,
        201
    );
}

#[test]
fn accounts_of_the_file_have_the_last_word() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    std::fs::write(&file, format!("{}\n", "a".repeat(32))).unwrap();
    let settings = format!(
        "[[accounts]]\nappid = \"wx00000000000000aa\"\nrole = \"merchant\"\nname = \"From the file\"\nsecret_file = {:?}",
        file.to_str().unwrap()
    );
    let server = TestServer::start_with(&settings);
    assert!(server.token_answer("wx00000000000000aa", &"a".repeat(32))["access_token"].is_string());
    server.put_account(
        "wx00000000000000aa",
        &json!({"secret": "b".repeat(32)}),
        "kaipiao-sandbox-admin",
    );
    let server = server.restart_with(&settings);
    assert!(server.token_answer("wx00000000000000aa", &"a".repeat(32))["access_token"].is_string());
}

#[tokio::test]
async fn an_account_that_cannot_stand_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let settings = load(
        directory.path(),
        "[[accounts]]\nappid = \"wx00000000000000aa\"\nrole = \"shop\"\nsecret = \"ffffffffffffffff\"",
    );
    let error = compose::listen(&settings, None).await.err().unwrap().to_string();
    assert!(error.contains("accounts[0]") && error.contains("role must be one of"), "{error}");
    // Of several the first one, and an account may be bound to one before it only.
    let account = |appid: &str, more: &str| {
        format!("[[accounts]]\nappid = \"{appid}\"\nsecret = \"ffffffffffffffff\"\n{more}\n")
    };
    let bound = "role = \"mini_program\"\nbound_to = \"wx00000000000000aa\"";
    let merchant = account("wx00000000000000aa", "role = \"merchant\"");
    let (early, late) =
        (account("wx00000000000000ab", bound), account("wx00000000000000ac", bound));
    let text = merchant.replace("aa", "a0") + &early + &merchant + &late + &account("x", bound);
    let settings = load(directory.path(), &text);
    let error = compose::listen(&settings, None).await.err().unwrap().to_string();
    assert!(error.contains("accounts[1]") && error.contains("bound_to"), "{error}");
    let settings = load(directory.path(), &(merchant + &late + &account("x", bound)));
    let error = compose::listen(&settings, None).await.err().unwrap().to_string();
    assert!(error.contains("accounts[2]") && error.contains("appid"), "{error}");
}

#[test]
fn a_file_with_one_wrong_account_changes_nothing() {
    let account = |appid: &str, more: &str| {
        format!(
            "[[accounts]]\nappid = \"{appid}\"\nrole = \"merchant\"\n\
             secret = \"ffffffffffffffff\"\n{more}\n"
        )
    };
    let good = account(
        "wx00000000000000aa",
        "callback_url = \"http://127.0.0.1:9/\"\ncallback_token = \"abc\"",
    );
    for (wrong, why) in [
        (account("wx00000000000000ab", "merchant = { face = \"round\" }"), "accounts[1]"),
        (account("wx00000000000000ab", "callback_url = \"ftp://x\""), "wx00000000000000ab"),
        (account("wx00000000000000ab", "").replace("secret", "#"), "needs secret or secret_file"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let settings = load(directory.path(), &(good.clone() + &wrong));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let error = runtime.block_on(compose::listen(&settings, None)).err().unwrap().to_string();
        drop(runtime);
        assert!(error.contains(why), "{error}");
        let store = open_store(&settings.data);
        for table in ["accounts", "callbacks"] {
            let sql = format!("SELECT count(*) FROM {table} WHERE owner LIKE 'wx00000000000000a%'");
            let count: i64 = store.query_row(&sql, [], |row| row.get(0)).unwrap();
            assert_eq!(count, 0, "{table}: {why}");
        }
    }
}

#[test]
fn a_file_changes_one_thing_of_an_account_and_leaves_its_secret() {
    let demo = &kaipiao_app::sandbox::DEMO_ACCOUNTS[0];
    let settings = format!("[[accounts]]\nappid = \"{}\"\nname = \"Renamed\"", demo.appid);
    let server = TestServer::start_with(&settings);
    assert!(server.token_answer(demo.appid, demo.secret)["access_token"].is_string());
    let accounts = server.all_pages("accounts?limit=50", "accounts");
    let renamed = accounts.iter().find(|account| account["appid"] == demo.appid).unwrap();
    assert_eq!(renamed["name"], "Renamed");
}

#[test]
fn retry_after_ms_says_how_many_retries_there_are() {
    let receiver = Receiver::behaving(|_, _| Reply::Status(500, String::new()));
    for (settings, attempts) in
        [("[push]\nretry_after_ms = []", 1), ("[push]\nretry_after_ms = [0, 0]", 3)]
    {
        let server = TestServer::start_with(settings);
        server.set_callback(MERCHANT, &receiver, "plain");
        server.merchant().authorized("1");
        server.all_completed();
        let push = &server.pushes("")[0];
        assert_eq!(push["state"], "gave_up");
        assert_eq!(push["attempts"].as_array().unwrap().len(), attempts);
    }
}

#[test]
fn at_once_bounds_the_attempts_of_all_accounts() {
    let hanging = Receiver::behaving(|_, _| Reply::Hang);
    let server = TestServer::start_with(
        "[push]\nat_once = 1\ntimeout_ms = 60000\n[limits]\nshutdown_ms = 1",
    );
    server.set_callback(MERCHANT, &hanging, "plain");
    let client = server.merchant();
    client.authorized("1");
    client.authorized("2");
    hanging.next();
    let under_way = || server.pushes("").iter().filter(|push| push["state"] == "in_flight").count();
    assert_eq!((under_way(), hanging.received().len()), (1, 1));
    server.leaves_pushes();
}

/// Production, where accounts come from the file and receivers on loopback are private.
fn production(receiver: &Receiver, push: &str) -> String {
    format!(
        "mode = \"production\"\n[push]\n{push}\n[[accounts]]\nappid = \"wx00000000000000aa\"\n\
         role = \"merchant\"\nsecret = \"{}\"",
        "f".repeat(32)
    ) + &format!("\ncallback_url = \"{}\"\ncallback_token = \"AAAAA\"", receiver.url())
}

#[tokio::test]
async fn production_verifies_callbacks_at_public_addresses_and_at_those_it_allows() {
    let receiver = Receiver::start();
    let directory = tempfile::tempdir().unwrap();
    let appid = kaipiao_domain::access::account::AppId::parse("wx00000000000000aa").unwrap();
    let spec = kaipiao_app::delivery::callbacks::CallbackSpec {
        url: receiver.url(),
        token: "AAAAA".into(),
        ..Default::default()
    };
    for (push, expected) in [
        ("", Err("127.0.0.1 is a private address")),
        ("allow_private = [\"10.0.0.0/8\"]", Err("127.0.0.1 is a private address")),
        ("allow_private = [\"127.0.0.0/8\"]", Ok(())),
    ] {
        let settings = load(directory.path(), &production(&receiver, push));
        let listening = compose::listen(&settings, None).await.unwrap();
        let set = kaipiao_app::delivery::callbacks::set(&listening.app, &appid, &spec)
            .await
            .map_err(|e| e.to_string());
        match expected {
            Ok(()) => assert!(set.is_ok(), "{set:?}"),
            Err(words) => assert!(set.unwrap_err().contains(words)),
        }
    }
    let settings = kaipiao_cli::settings::Settings::load(None).unwrap();
    assert!(settings.push.allow_private.is_empty());
    let error = std::panic::catch_unwind(|| {
        load(directory.path(), "[push]\nallow_private = [\"shop.example\"]")
    });
    assert!(error.is_err(), "a range that is none is refused");
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let settings = load(directory.path(), "[push]\nca_file = \"/nowhere/ca.pem\"");
    let error = compose::listen(&settings, None).await.err().unwrap().to_string();
    assert!(error.contains("/nowhere/ca.pem"), "{error}");
}

#[test]
fn one_store_reader_is_enough_and_none_is_refused() {
    let server = TestServer::start_with("[limits]\nstore_readers = 1");
    let client = server.merchant();
    client.authorized("1");
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert_eq!(client.status("1")["invoice_status"], "auth success"));
        }
    });
    let file = server.data().join("none.toml");
    std::fs::write(&file, "[limits]\nstore_readers = 0").unwrap();
    let refused = kaipiao_cli::settings::Settings::load(Some(&file)).err().unwrap().to_string();
    assert!(refused.contains("limits.store_readers must be at least 1"), "{refused}");
}

/// With one place, the second request waits until the issuer was given up on for the first.
fn the_second_request_waits(settings: &str) {
    let server = TestServer::start_with(&format!("[issuing]\ntime_limit_ms = 300\n{settings}"));
    let client = server.merchant();
    for order in ["1", "2"] {
        client.authorized(order);
    }
    server.fault(json!({"target": "issuer", "drop": true}));
    for order in ["1", "2"] {
        assert_sucesss(&client.make_out(&client.invoice(order, &format!("P{order}"))));
    }
    assert_eq!(client.result("P2")["errcode"], 0);
    assert_refused(&client.query("P1"), 73105, "");
}

#[test]
fn per_account_bounds_a_merchants_requests_at_the_issuer() {
    the_second_request_waits("per_account = 1");
}

#[test]
fn at_once_bounds_all_requests_at_the_issuer() {
    the_second_request_waits("at_once = 1");
}

#[test]
fn fonts_are_looked_into_and_the_machine_is_named() {
    let buyer = |settings: &str| {
        let server = TestServer::start_with(settings);
        let client = server.merchant();
        client.authorized("1");
        let mut body = client.invoice("1", "Q1");
        body["ghfmc"] = json!("國際貿易有限公司");
        let answer = client.make_out(&body);
        if answer["errcode"] != 0 {
            return answer["errmsg"].as_str().unwrap().to_owned();
        }
        server.pdf_text(&client.result("Q1")["invoicedetail"])
    };
    let refused = buyer("[render]\nfonts = []");
    assert!(refused.contains("ghfmc holds 國 (U+570B), which no font here can print"), "{refused}");
    let printed = buyer("[issuing]\nmachine_number = \"661234567890\"");
    assert!(printed.contains("國際貿易有限公司"), "{printed}");
    assert!(printed.contains("661234567890"), "{printed}");
}

#[test]
fn an_issued_invoice_keeps_the_machine_that_it_was_issued_by() {
    let machine = |digits: &str| format!("[issuing]\nmachine_number = \"{digits}\"");
    let server = TestServer::start_with(&machine("661234567890"));
    server.merchant().issued("1", "R1");
    let server = server.restart_with(&machine("669999999999"));
    let client = server.client(MERCHANT);
    let old = server.pdf_text(&client.query("R1")["invoicedetail"]);
    let new = server.pdf_text(&client.issued("2", "R2"));
    assert!(old.contains("661234567890") && !old.contains("669999999999"), "{old}");
    assert!(new.contains("669999999999"), "{new}");
}

const DAY_S: i64 = 86_400;

/// One member of each entry.
fn members(entries: &[Value], name: &str) -> Vec<String> {
    entries.iter().map(|entry| entry[name].as_str().unwrap().to_owned()).collect()
}

/// With a retention of two days: what `make` makes first goes when it is two and a half days old,
/// what it makes second stays when it is one day old. `left` says what is left.
fn only_the_second_stays(
    setting: &str,
    make: impl Fn(&TestServer, &str),
    left: impl Fn(&TestServer) -> Vec<String>,
) -> TestServer {
    let server = TestServer::start_with(&format!(
        "[authorization]\nlink_life_s = 60\n[retention]\n{setting} = 2"
    ));
    make(&server, "first");
    server.advance_s(DAY_S * 3 / 2);
    make(&server, "second");
    assert_eq!(left(&server).len(), 2);
    server.advance_s(DAY_S);
    wait_until("the first is forgotten", || left(&server) == ["second"]);
    server
}

#[test]
fn pushes_d_is_how_long_pushes_are_kept_that_are_over() {
    let push = |server: &TestServer, order_id: &str| {
        server.merchant().authorized(order_id);
        server.all_completed();
    };
    let server =
        only_the_second_stays("pushes_d", push, |server| members(&server.pushes(""), "order_id"));
    let (status, _) = server.admin("POST", &format!("pushes/{MERCHANT}-1/replay"), &json!({}));
    assert_eq!(status, 404);
}

#[test]
fn failed_jobs_d_is_how_long_jobs_are_kept_that_failed() {
    let add_failed = |store: &rusqlite::Connection| {
        for (number, name, age_s) in [(1, "first", DAY_S * 3 / 2), (2, "second", 0)] {
            let job = "INSERT INTO jobs VALUES (?1, 'issue', 'wx1', ?2, 0,
                       (unixepoch() - ?3) * 1000, 9, 'no such job')";
            store.execute(job, (number, name, age_s)).unwrap();
        }
    };
    let settings = "[retention]\nfailed_jobs_d = 2";
    let server = TestServer::start_embedded().restart_after(add_failed, settings);
    let left = || members(&server.all_pages("jobs?limit=9", "jobs"), "name");
    assert_eq!(left(), ["second", "first"]);
    server.advance_s(DAY_S);
    wait_until("the first is forgotten", || left() == ["second"]);
}

#[test]
fn messages_d_is_how_long_messages_are_kept() {
    let reject = |server: &TestServer, order_id: &str| {
        let merchant = server.merchant();
        merchant.authorized(order_id);
        assert_ok(&merchant.reject(order_id));
    };
    let listing = format!("users/{USER}/messages?limit=9");
    only_the_second_stays("messages_d", reject, |server| {
        members(&server.all_pages(&listing, "messages"), "order_id")
    });
}

#[test]
fn unused_orders_d_is_how_long_orders_are_kept_that_nobody_has_authorized() {
    let offer = |server: &TestServer, order_id: &str| {
        server.merchant().auth_url(order_id, 0);
    };
    let left = |server: &TestServer| orders(server, "");
    let server = only_the_second_stays("unused_orders_d", offer, left);
    // Asked for again, it is a new order.
    server.merchant().auth_url("first", 0);
    assert_eq!(orders(&server, "&order_id=first"), ["first"]);
}

fn orders(server: &TestServer, query: &str) -> Vec<String> {
    let listing = format!("orders?appid={MERCHANT}{query}");
    members(&server.all_pages(&listing, "orders"), "order_id")
}

#[test]
fn what_somebody_has_authorized_and_what_was_issued_is_kept_for_good() {
    let server = TestServer::start_with(
        "[retention]\npushes_d = 1\nfailed_jobs_d = 1\nmessages_d = 1\nunused_orders_d = 1\nunpaid_payments_d = 1",
    );
    let merchant = server.merchant();
    let detail = merchant.issued("issued", "K1");
    merchant.authorized("authorized");
    merchant.authorized("rejected");
    assert_ok(&merchant.reject("rejected"));
    let declined = merchant.auth_url("declined", 0);
    assert_eq!(server.answer(&declined, USER, "decline", None).0, 200);
    merchant.auth_url("offered", 0);
    server.all_completed();
    let numbers = || {
        server.admin("GET", &format!("accounts/{MERCHANT}/numbers"), &json!({})).1["ranges"].clone()
    };
    let before = numbers();
    server.advance_s(3 * 366 * DAY_S);
    wait_until("what is of no use is forgotten", || {
        let messages = server.all_pages(&format!("users/{USER}/messages?limit=9"), "messages");
        server.pushes("").is_empty() && messages.is_empty() && orders(&server, "").len() == 3
    });
    let mut left = orders(&server, "");
    left.sort();
    assert_eq!(left, ["authorized", "issued", "rejected"]);
    assert_eq!(server.client(MERCHANT).query("K1")["invoicedetail"]["fphm"], detail["fphm"]);
    assert_eq!(numbers(), before);
}
