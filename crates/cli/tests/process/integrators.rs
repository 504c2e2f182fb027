//! `call`, `trigger`, `decrypt` and `completions`, as whoever integrates uses them.

use crate::{Served, kaipiao, text};
use kaipiao_tests::{AES_KEY, MERCHANT, Receiver, Reply, USER, element};
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};

const TOKEN: &str = "AAAAA";

/// A running sandbox, and somebody who keeps nothing in their own cache directory.
struct Desk {
    server: Served,
    _data: tempfile::TempDir,
    cache: tempfile::TempDir,
}

impl Desk {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let server = Served::start(data.path(), &[]);
        Self { server, _data: data, cache: tempfile::tempdir().unwrap() }
    }

    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--server", &self.server.home]);
        run(self.cache.path(), &arguments, input)
    }

    /// What a command printed, if all was well with it.
    fn output(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, "");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.output(arguments)).unwrap()
    }

    /// What a command complained of.
    fn complaint(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, "");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output));
        text(&output)
    }

    fn set_callback(&self, receiver: &Receiver, mode: &str) {
        let settings = receiver.settings(mode).to_string();
        let path = format!("/admin/v1/accounts/{MERCHANT}/callback");
        self.output(&["call", &path, "--json", &settings]);
    }
}

fn run(cache: &Path, arguments: &[&str], input: &str) -> Output {
    let mut process = kaipiao()
        .env("XDG_CACHE_HOME", cache)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may not read it.
    let _ = process.stdin.take().unwrap().write_all(input.as_bytes());
    process.wait_with_output().unwrap()
}

const CONTACT: &str = "{\"contact\":{\"phone\":\"0755-1\",\"time_out\":12345}}";

fn order(number: &str) -> String {
    let asked = json!({
        "s_pappid": "auto", "order_id": number, "money": 100, "timestamp": 1_474_875_876,
        "source": "web", "redirect_url": "", "ticket": "auto", "type": 1,
    });
    asked.to_string()
}

#[test]
fn a_call_knows_its_endpoint_its_token_and_its_ticket() {
    let desk = Desk::start();
    let no_contact = desk.complaint(&["call", "getauthurl", "--json", &order("1")]);
    assert!(no_contact.contains("\"errcode\": 7"), "{no_contact}");
    let advice = format!("what to do: {}errors/7", desk.server.home);
    assert!(no_contact.contains(&advice), "{no_contact}");
    let set = desk.output(&["call", "setbizattr:set_contact", "--json", CONTACT]);
    assert_eq!(set, "{\n  \"errcode\": 0,\n  \"errmsg\": \"ok\"\n}\n");
    let link = desk.json(&["call", "card/invoice/getauthurl", "--json", &order("1")]);
    assert!(link["auth_url"].as_str().unwrap().starts_with(&desk.server.home), "{link}");
    let raw = desk.output(&[
        "call",
        "getauthdata",
        "--raw",
        "--json",
        "{\"order_id\":\"1\",\"s_pappid\":\"auto\"}",
    ]);
    assert!(raw.starts_with("{\"errcode\":0,"), "{raw}");
    let ticket = desk.json(&["call", "getticket", "--query", "type=wx_card"]);
    assert!(ticket["expires_in"].is_number(), "{ticket}");
    // The reimburser's call is made by the reimburser, the platform's by the platform.
    let own = desk.json(&["call", "seturl", "--json", "{}"]);
    assert!(own["invoice_url"].as_str().unwrap().contains("s_pappid="), "{own}");
    let elsewhere = desk.complaint(&["call", "/cgi-bin/menu/get"]);
    assert!(
        elsewhere.contains("nothing is served at this path"),
        "it is asked for as it stands: {elsewhere}"
    );
    let gone = desk.complaint(&["call", "/admin/v1/console-users/nobody", "--method", "DELETE"]);
    assert!(gone.contains("status 404"), "{gone}");
    let accounts = desk.json(&["call", "/admin/v1/accounts", "--query", "limit=1"]);
    assert_eq!(accounts["accounts"].as_array().map(Vec::len), Some(1), "{accounts}");
    desk.server.stop();
}

#[test]
fn a_token_is_kept_for_its_owner_alone_and_renewed_when_it_is_refused() {
    let desk = Desk::start();
    let call = || desk.output(&["call", "getcallbackip"]);
    call();
    let folder = desk.cache.path().join("kaipiao");
    let files: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&files[0])), (0o700, 0o600));
    let kept = || -> Value { serde_json::from_slice(&std::fs::read(&files[0]).unwrap()).unwrap() };
    let first = kept();
    assert_eq!((&first["appid"], first.get("secret")), (&json!(MERCHANT), None));
    call();
    assert_eq!(kept(), first, "the kept one was used");
    let mut stale = first.clone();
    stale["access_token"] = json!("stale");
    std::fs::write(&files[0], stale.to_string()).unwrap();
    call();
    assert_eq!(kept()["access_token"], first["access_token"], "it was asked for again");
    let told = desk.complaint(&["call", "getcallbackip", "--token", "stale"]);
    assert!(told.contains("40001"), "one that was given is not replaced: {told}");
    let told = desk.complaint(&["call", "getcallbackip", "--secret", "wrong"]);
    assert!(told.contains("40125"), "a kept token hides no wrong secret: {told}");
    desk.server.stop();
}

#[test]
fn what_is_wrong_with_a_call_is_said_before_it_is_made() {
    let desk = Desk::start();
    for (arguments, words) in [
        (&["call", "getauthul"][..], "did you mean getauthurl ?"),
        (&["call", "getauthurl", "--json", "{order_id:1}"], "--json is no JSON"),
        (&["call", "getauthurl", "--json", "@/nowhere.json"], "/nowhere.json"),
        (&["call", "getauthurl", "--query", "access_token"], "--query access_token must be"),
        (&["call", "getauthurl", "--appid", "wx0000000000000000"], "wants an account"),
        (&["call", "platform/setpdf", "--file", "pdf"], "--file pdf must be"),
        (&["call", "reset", "--json", "{}"], "/sandbox/v1/reset destroys what is there"),
    ] {
        let told = desk.complaint(arguments);
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
    desk.server.stop();
    let gone =
        run(desk.cache.path(), &["call", "getauthurl", "--server", "http://127.0.0.1:1"], "");
    assert!(text(&gone).contains("no answer from http://127.0.0.1:1"), "{}", text(&gone));
}

#[test]
fn a_call_waits_as_long_as_the_server_is_asked_to_and_says_whose_token_is_wanted() {
    let desk = Desk::start();
    let order = ["order_id=nobody's", "event=push:user_authorize_invoice", "timeout_s=1"];
    let mut arguments = vec!["call", "/sandbox/v1/wait"];
    arguments.extend(order.iter().flat_map(|one| ["--query", *one]));
    let told = desk.complaint(&arguments);
    assert!(told.contains("status 408"), "{told}");
    let mut stranger = kaipiao();
    stranger.args(["call", "/admin/v1/accounts", "--server", &desk.server.home]);
    let stranger = stranger.env("KAIPIAO_ADMIN_TOKEN", "another-operators-token").output().unwrap();
    let told = text(&stranger);
    assert!(told.contains("set KAIPIAO_ADMIN_TOKEN or admin_token_file"), "{told}");
    desk.server.stop();
}

#[test]
fn a_body_comes_from_a_file_or_from_stdin() {
    let desk = Desk::start();
    let file = desk.cache.path().join("contact.json");
    std::fs::write(&file, CONTACT).unwrap();
    desk.output(&["call", "setbizattr:set_contact", "--json", &format!("@{}", file.display())]);
    let other = CONTACT.replace("0755-1", "0755-2");
    let output = desk.run(&["call", "setbizattr:set_contact", "--json", "-"], &other);
    assert!(output.status.success(), "{}", text(&output));
    let found = desk.json(&["call", "setbizattr:get_contact"]);
    assert_eq!(found["contact"]["phone"], "0755-2", "{found}");
    let pdf = desk.cache.path().join("invoice.pdf");
    std::fs::write(&pdf, "no PDF").unwrap();
    let told = desk.complaint(&["call", "setpdf", "--file", &format!("pdf={}", pdf.display())]);
    assert!(told.contains("\"errcode\"") && told.contains("PDF"), "the platform sent it: {told}");
    desk.server.stop();
}

#[test]
fn a_call_of_wechat_pay_is_signed_and_so_is_what_is_answered() {
    let desk = Desk::start();
    let asked = json!({
        "body": "洗衣机", "out_trade_no": "payment-1", "total_fee": 15900, "trade_type": "NATIVE",
        "spbill_create_ip": "127.0.0.1", "notify_url": "http://127.0.0.1:1/",
    });
    let asked = asked.to_string();
    let output = desk.run(&["call", "unifiedorder", "--json", &asked], "");
    let told = text(&output);
    assert!(output.status.success() && told.contains("\nprepay_id: wx"), "{told}");
    assert!(told.contains("its signature is right"), "{told}");
    let key = "0".repeat(32);
    let told = desk.complaint(&["call", "unifiedorder", "--json", &asked, "--mch-key", &key]);
    assert!(told.contains("return_code: FAIL") || told.contains("SIGNERROR"), "{told}");
    desk.server.stop();
}

#[test]
fn every_event_can_be_played_for_real() {
    let desk = Desk::start();
    let receiver = Receiver::behaving(|_, received| match received.target.starts_with("/notify") {
        true => Reply::Success(
            "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>",
        ),
        false => Reply::Success("success"),
    });
    desk.set_callback(&receiver, "safe");
    let next = || receiver.next().event(MERCHANT);
    let of = |event: &str, name: &str| element(event, name).unwrap_or_default();

    let made = desk.json(&["trigger", "user_authorize_invoice", "--order", "t1", "--json"]);
    assert_eq!((&made["order_id"], &made["decision"]), (&json!("t1"), &json!("authorized")));
    assert_eq!(of(&next(), "SuccOrderId"), "t1");
    let made = desk.output(&["trigger", "user_authorize_invoice", "--fail", "--user", "lina"]);
    assert!(made.contains("decision  declined\n"), "{made}");
    let declined = next();
    assert!(of(&declined, "FailOrderId").starts_with("trigger-"), "{declined}");
    desk.output(&["trigger", "user_authorize_invoice", "--order", "t2", "--reject", "抬头有误"]);
    next();
    let messages = desk.json(&["call", "sandbox/v1/messages", "--query", &format!("user={USER}")]);
    assert_eq!(messages["messages"][0]["reason"], "抬头有误", "{messages}");

    let made = desk.json(&["trigger", "cloud_invoice_invoiceresult_event", "--json"]);
    assert_eq!(made["state"], "issued", "{made}");
    next();
    let issued = next();
    assert_eq!(
        (of(&issued, "fpqqlsh"), of(&issued, "status")),
        (made["fpqqlsh"].as_str().unwrap().to_owned(), "100".to_owned())
    );
    let made = desk.json(&["trigger", "cloud_invoice_invoiceresult_event", "--fail", "--json"]);
    assert_eq!((&made["state"], &made["errcode"]), (&json!("failed"), &json!(73000)), "{made}");
    next();
    assert_ne!(of(&next(), "status"), "100");

    desk.output(&["trigger", "update_invoice_status"]);
    next();
    next();
    assert_eq!(of(&next(), "Status"), "INVOICE_REIMBURSE_LOCK");

    let made = desk.json(&["trigger", "submit_invoice_title", "--order", "table-7", "--json"]);
    assert_eq!(made["title"], "0-demo-1", "{made}");
    assert_eq!(of(&next(), "attach"), "table-7");

    let notify_url = format!("http://{}/notify", receiver.address);
    for (event, member) in [("payment_notice", "out_trade_no"), ("refund_notice", "out_refund_no")]
    {
        let made = desk.json(&["trigger", event, "--notify-url", &notify_url, "--json"]);
        let number = made["out_trade_no"].as_str().unwrap();
        assert!(made[member].as_str().unwrap().starts_with(number), "{made}");
        let notice = receiver.next().body;
        assert_eq!(of(&notice, "out_trade_no"), number, "{notice}");
    }
    assert!(receiver.next().body.contains("<req_info>"));
    let told = desk.complaint(&["trigger", "payment_notice"]);
    assert!(told.contains("--notify-url"), "{told}");
    let told = desk.complaint(&["trigger", "submit_invoice_title", "--fail"]);
    assert!(told.contains("--fail is for user_authorize_invoice"), "{told}");
    let url = ["--notify-url", notify_url.as_str()];
    let told =
        desk.complaint(&[&["trigger", "payment_notice", "--mch-id", "1"], &url[..]].concat());
    assert!(told.contains("/pay/unifiedorder was answered"), "{told}");
    // An issuer that is planned to refuse the invoice refuses it for `trigger` too.
    let refuses = "{\"target\":\"issuer\",\"n\":1,\"errcode\":73000}";
    desk.output(&["call", "/sandbox/v1/faults", "--json", refuses]);
    let told = desk.complaint(&["trigger", "cloud_invoice_invoiceresult_event"]);
    assert!(told.contains("failed\n") && told.contains("73000"), "{told}");
    // What was planned and met nothing is taken back: this serial is too long.
    let number = "7".repeat(64);
    desk.complaint(&["trigger", "cloud_invoice_invoiceresult_event", "--fail", "--order", &number]);
    let planned = desk.json(&["call", "/sandbox/v1/faults"]);
    assert_eq!(planned["left"], 0, "{planned}");
    let told = desk.complaint(&["trigger", "user_authorize_invoice", "--user", "nobody"]);
    assert!(told.contains("nobody"), "{told}");
    desk.server.stop();
}

#[test]
fn a_test_push_of_every_event_is_signed_as_the_servers_are() {
    let receiver = Receiver::start();
    let cache = tempfile::tempdir().unwrap();
    let send = |event: &str, more: &[&str]| {
        let url = receiver.url();
        let base = ["trigger", event, "--to", &url, "--token", TOKEN, "--order", "order-7"];
        run(cache.path(), &[&base[..], more].concat(), "")
    };
    for mode in ["plain", "compat", "safe"] {
        for event in [
            "user_authorize_invoice",
            "cloud_invoice_invoiceresult_event",
            "update_invoice_status",
            "submit_invoice_title",
        ] {
            let output = send(event, &["--aes-key", AES_KEY, "--mode", mode]);
            assert!(output.status.success(), "{}", text(&output));
            let push = receiver.next();
            assert_eq!(push.body.contains("<Encrypt>"), mode != "plain", "{mode}");
            let sent = push.event(MERCHANT);
            assert_eq!(element(&sent, "Event").as_deref(), Some(event), "{sent}");
        }
    }
    let sent = send("user_authorize_invoice", &["--json"]);
    let sent: Value = serde_json::from_slice(&sent.stdout).unwrap();
    assert_eq!(sent["answer"], "success", "{sent}");
    receiver.next();
    send("user_authorize_invoice", &["--fail", "--format", "json"]);
    let push = receiver.next();
    let event: Value = serde_json::from_str(&push.body).unwrap();
    assert_eq!((&event["FailOrderId"], &event["SuccOrderId"]), (&json!("order-7"), &json!("")));
    let untaken = send("payment_notice", &[]);
    assert!(
        !untaken.status.success() && text(&untaken).contains("taken   false"),
        "{}",
        text(&untaken)
    );
    assert!(receiver.next().body.contains("<out_trade_no><![CDATA[order-7]]></out_trade_no>"));
    let keyless = send("user_authorize_invoice", &["--mode", "safe"]);
    assert!(text(&keyless).contains("--mode safe needs --aes-key"), "{}", text(&keyless));
}

#[test]
fn every_published_push_is_decrypted_and_what_is_wrong_is_said() {
    let path = format!("{}/../../spec/crypto_vectors.json", env!("CARGO_MANIFEST_DIR"));
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cache = tempfile::tempdir().unwrap();
    let mut signed = 0;
    for vector in vectors["messages"].as_array().unwrap() {
        let of = |name: &str| vector[name].as_str().unwrap_or("").to_owned();
        let push = format!(
            "<xml><ToUserName><![CDATA[x]]></ToUserName><Encrypt><![CDATA[{}]]></Encrypt></xml>",
            of("encrypt")
        );
        let decrypt = |body: &str, changes: &[(&str, &str)]| {
            let mut options = vec![
                ("--token", of("token")),
                ("--aes-key", of("encoding_aes_key")),
                ("--appid", of("receive_id")),
            ];
            if vector["msg_signature"].is_string() {
                for name in ["msg_signature", "timestamp", "nonce"] {
                    let option = ["--msg-signature", "--timestamp", "--nonce"];
                    let option = option.into_iter().find(|o| o[2..].replace('-', "_") == name);
                    options.push((option.unwrap(), of(name)));
                }
            }
            for (option, value) in changes {
                options.retain(|(name, _)| name != option);
                options.push((option, (*value).to_owned()));
            }
            let options: Vec<String> =
                options.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
            let mut arguments = vec!["decrypt"];
            arguments.extend(options.iter().map(String::as_str));
            run(cache.path(), &arguments, body)
        };
        let output = decrypt(&push, &[]);
        assert!(output.status.success(), "{}: {}", of("name"), text(&output));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), of("message") + "\n");
        let bare = decrypt(&of("encrypt"), &[]);
        assert!(bare.status.success(), "Encrypt alone: {}", text(&bare));
        let told = |changes: &[(&str, &str)]| {
            let output = decrypt(&push, changes);
            assert_eq!(output.status.code(), Some(1), "{}: {changes:?}", of("name"));
            text(&output)
        };
        assert!(told(&[("--appid", "wx0000000000000000")]).contains("it was encrypted for appid"));
        assert!(told(&[("--aes-key", "short")]).contains("43 characters"));
        let other = told(&[("--aes-key", &"A".repeat(43))]);
        assert!(other.contains("EncodingAESKey is another one"), "{other}");
        if vector["msg_signature"].is_string() {
            signed += 1;
            assert!(told(&[("--token", "other")]).contains("msg_signature is wrong"));
            assert!(told(&[("--nonce", "1")]).contains("msg_signature is wrong"));
        } else {
            assert!(text(&decrypt(&push, &[])).contains("the signature was not checked"));
            let keys = [of("encoding_aes_key"), of("receive_id")];
            let tokenless = ["decrypt", "--aes-key", &keys[0], "--appid", &keys[1]];
            let output = run(cache.path(), &tokenless, &push);
            assert!(output.status.success(), "a token checks signatures alone: {}", text(&output));
            let unchecked = [&tokenless[..], &["--url", "?signature=1"]].concat();
            let told = text(&run(cache.path(), &unchecked, &push));
            assert!(told.contains("--token checks the signature"), "{told}");
            let told = text(&run(cache.path(), &tokenless, "\n"));
            assert!(told.contains("stdin: there is no push in it"), "{told}");
        }
    }
    assert!(signed >= 5);
}

#[test]
fn a_push_is_decrypted_by_the_address_that_it_came_to() {
    let receiver = Receiver::start();
    let cache = tempfile::tempdir().unwrap();
    let url = receiver.url();
    let keys = ["--token", TOKEN, "--aes-key", AES_KEY];
    run(
        cache.path(),
        &[&["trigger", "user_authorize_invoice", "--to", &url], &keys[..]].concat(),
        "",
    );
    let push = receiver.next();
    let file = cache.path().join("push.xml");
    std::fs::write(&file, &push.body).unwrap();
    let decrypt = |target: &str, keys: &[&str]| {
        let base = ["decrypt", file.to_str().unwrap(), "--url", target];
        run(cache.path(), &[&base[..], keys].concat(), "")
    };
    let output = decrypt(&push.target, &keys);
    assert!(text(&output).starts_with("<xml><ToUserName>"), "{}", text(&output));
    assert!(output.status.success() && output.stderr.is_empty());
    let output = decrypt(&push.target, &[&keys[..], &["--json"]].concat());
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read["fields"]["Event"], "user_authorize_invoice", "{read}");
    assert_eq!(read["signature_checked"], true, "{read}");
    assert!(read["text"].as_str().unwrap().starts_with("<xml>"), "{read}");
    let wrong = decrypt(&push.target, &["--token", "BBBBB", "--aes-key", AES_KEY]);
    assert!(text(&wrong).contains("signature is wrong: token, timestamp or nonce"));
    let changed = push.target.replace("msg_signature=", "msg_signature=0");
    let said = text(&decrypt(&changed, &keys));
    assert!(said.contains("the token is right, so Encrypt was changed"), "{said}");
    let keyless = text(&decrypt(&push.target, &["--token", TOKEN]));
    assert!(keyless.contains("EncodingAESKey is needed"), "{keyless}");
}

#[test]
fn completions_are_scripts_that_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let output = kaipiao().args(["completions", shell]).output().unwrap();
        let script = text(&output);
        assert!(output.status.success(), "{script}");
        for word in ["trigger", "listen", "forward", "user_authorize_invoice"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let script = kaipiao().args(["completions", "bash"]).output().unwrap().stdout;
    let mut bash =
        std::process::Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(&script).unwrap();
    assert!(bash.wait().unwrap().success(), "bash can read it");
}
