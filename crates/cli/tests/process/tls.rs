//! HTTPS as curl finds it.

use super::{Served, kaipiao, text};
use kaipiao_tests::wait_until;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// curl, with the authority that `kaipiao trust` prints for this data folder.
pub(crate) struct Curl {
    pub(crate) authority: tempfile::NamedTempFile,
}

impl Curl {
    pub(crate) fn trusting(data: &Path) -> Self {
        let output = kaipiao().args(["trust", "--data", data.to_str().unwrap()]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        let help = String::from_utf8(output.stderr).unwrap();
        for way in [
            "kaipiao-ca.pem https://localhost:8080/",
            "update-ca-certificates",
            "update-ca-trust",
            "add-trusted-cert",
            "keytool",
            "NODE_EXTRA_CA_CERTS",
            "SSL_CERT_FILE",
            "curl.cainfo",
            "certifi",
        ] {
            assert!(help.contains(way), "{help}");
        }
        let mut authority = tempfile::NamedTempFile::new().unwrap();
        authority.write_all(&output.stdout).unwrap();
        Self { authority }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--max-time", "10", "--cacert"]).arg(self.authority.path());
        curl.args(arguments).output().expect("curl is there")
    }

    pub(crate) fn get(&self, url: &str) -> String {
        let output = self.run(&[url]);
        assert!(output.status.success(), "{url}: {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }
}

pub(crate) fn token_url(home: &str) -> String {
    let demo = &kaipiao_app::sandbox::DEMO_ACCOUNTS[0];
    let (appid, secret) = (demo.appid, demo.secret);
    format!("{home}cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}")
}

pub(crate) fn port(home: &str) -> &str {
    home.trim_end_matches('/').rsplit(':').next().unwrap()
}

pub(crate) fn settings_file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn who_trusts_the_printed_authority_reaches_the_server_by_each_of_its_names_even_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let settings = settings_file("allowed_hosts = [\"api.weixin.test\"]");
    let arguments = ["--tls", "--config", settings.path().to_str().unwrap()];
    let server = Served::start(data.path(), &arguments);
    assert!(server.home.starts_with("https://"), "{}", server.greeting);
    let curl = Curl::trusting(data.path());
    server.stop();
    let server = Served::start(data.path(), &arguments);
    let answer: Value = serde_json::from_str(&curl.get(&token_url(&server.home))).unwrap();
    assert_eq!(answer["expires_in"], 7200, "{answer}");
    let port = port(&server.home);
    curl.get(&format!("https://localhost:{port}/"));
    let url = format!("https://api.weixin.test:{port}/");
    let place = format!("api.weixin.test:{port}:127.0.0.1");
    let output = curl.run(&["--resolve", &place, &url]);
    assert!(output.status.success(), "{}", text(&output));
    let stranger =
        curl.run(&["--resolve", &place.replace("api", "pay"), &url.replace("api", "pay")]);
    assert!(text(&stranger).contains("SSL"), "{}", text(&stranger));
    // The commands trust the data folder's own authority by themselves.
    let pushes = |data: &Path| {
        let mut command = kaipiao();
        command.args(["pushes", "--server", server.home.as_str(), "--data"]).arg(data);
        text(&command.output().unwrap())
    };
    assert_eq!(pushes(data.path()), "no pushes\n");
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(pushes(elsewhere.path()).contains("certificate"), "{}", pushes(elsewhere.path()));
    server.stop();
}

#[test]
fn a_plain_request_is_told_to_use_https_and_the_log_tells_of_handshakes_that_failed() {
    let data = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &["--tls"]);
    let curl = Curl::trusting(data.path());
    let address = ("127.0.0.1", port(&server.home).parse().unwrap());
    // Balancers that look whether the port is open: with a FIN, and with a reset.
    drop(TcpStream::connect(address).unwrap());
    for accepted_first in [false, true] {
        let probe = TcpStream::connect(address).unwrap();
        if accepted_first {
            // The server has accepted it when it serves who came after it.
            curl.get(&server.home);
        }
        reset(probe);
    }
    let long = "x".repeat(100_000);
    let url = token_url(&server.home.replace("https", "http"));
    let plain = text(&curl.run(&["-i", "-d", &long, &url]));
    assert!(plain.starts_with("HTTP/1.1 400 Bad Request"), "{plain}");
    assert!(plain.contains("40066") && plain.contains("write https://"), "{plain}");
    wait_until("a line a second", || {
        let stranger = Command::new("curl").args(["-sS", &server.home]).output().unwrap();
        assert!(!stranger.status.success());
        server.log().contains("the client does not trust the certificate")
    });
    let log = server.stop();
    let told = |words: &str| log.lines().filter(|line| line.contains(words)).count();
    assert_eq!(told("it spoke plain HTTP"), 1, "{log}");
    assert!(log.contains("see kaipiao trust") && log.contains("client=127.0.0.1"), "{log}");
    assert_eq!(told("handshake"), told("plain HTTP") + told("does not trust"), "{log}");
}

/// Ends a connection with a reset in place of a FIN.
fn reset(probe: TcpStream) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let _runtime = runtime.enter();
    probe.set_nonblocking(true).unwrap();
    tokio::net::TcpStream::from_std(probe).unwrap().set_zero_linger().unwrap();
}

#[test]
fn a_plain_public_base_url_is_refused_where_https_is_spoken_by_setting_or_by_flag() {
    let data = tempfile::tempdir().unwrap();
    let plain = "public_base_url = \"http://shop.example\"\n";
    let both = settings_file(&format!("{plain}[tls]\nlocal_authority = true"));
    let plain = settings_file(plain);
    for arguments in [
        &["--config", both.path().to_str().unwrap()][..],
        &["--tls", "--config", plain.path().to_str().unwrap()],
    ] {
        let refused = refusal(data.path(), arguments);
        assert!(refused.contains("public_base_url begins with http://"), "{refused}");
    }
}

#[test]
fn a_secret_file_that_others_can_read_is_warned_of_in_the_log_and_by_the_doctor() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let [certificate, key, secret, pay_key] =
        ["c.pem", "k.pem", "hs256", "mch"].map(|name| folder.path().join(name));
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    std::fs::write(&secret, "a shared secret of more than 32 characters").unwrap();
    std::fs::write(&pay_key, "0123456789abcdef0123456789abcdef").unwrap();
    let local = settings_file("[tls]\nlocal_authority = true");
    let own = settings_file(&format!(
        "[tls]\ncertificate = {certificate:?}\nkey = {key:?}\n[login]\nhs256_secret_file = {secret:?}\n\
         [[pay_merchants]]\nmchid = \"1234\"\nkey_file = {pay_key:?}"
    ));
    for (settings, files) in [
        (local, vec![data.join("server.key"), data.join("tls-authority.key")]),
        (own, vec![key, secret, pay_key]),
    ] {
        let arguments = ["--config", settings.path().to_str().unwrap()];
        let told = |words: &str| {
            let mut doctor = kaipiao();
            doctor.args(["doctor", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
            let found = text(&doctor.args(arguments).output().unwrap());
            let log = Served::start(&data, &arguments).stop();
            (log.matches(words).count(), found.matches("others than its owner may read").count())
        };
        let set_mode = |mode| {
            for file in &files {
                std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
            }
        };
        Served::start(&data, &arguments).stop();
        set_mode(0o600);
        assert_eq!(told("is readable by others"), (0, 0));
        set_mode(0o644);
        assert_eq!(told("is readable by others (0644)"), (files.len(), files.len()), "{files:?}");
        set_mode(0o600);
    }
}

/// The settings that both READMEs have in their block of TOML of this place, counted from 0.
fn readme_settings(place: usize) -> &'static str {
    let [english, chinese] =
        [include_str!("../../../../README.md"), include_str!("../../../../README.zh-CN.md")]
            .map(|readme| readme.split("```toml\n").nth(place + 1).unwrap())
            .map(|begin| begin.split_once("```").unwrap().0);
    assert_eq!(english, chinese);
    english
}

/// Starts a server with the READMEs' settings: whoever reaches it by `base` gets a token, and a link that
/// leads back to `base`.
fn serves_its_name(settings: &str, base: &str) {
    let settings = settings_file(settings);
    let data = tempfile::tempdir().unwrap();
    let settings = ["--config", settings.path().to_str().unwrap()];
    let mut doctor = kaipiao();
    let examined = doctor.args(["doctor", "--data"]).arg(data.path()).args(settings).output();
    let examined = text(&examined.unwrap());
    assert!(!examined.contains("a sandbox is open to whoever reaches it"), "{examined}");
    let server = Served::start(data.path(), &settings);
    let curl = Curl::trusting(data.path());
    let (_, host) = base.split_once("://").unwrap();
    let (name, asked) = host.split_once(':').unwrap_or((host, "443"));
    let place = format!("{name}:{asked}:127.0.0.1:{}", port(&server.home));
    let run = |more: &[&str]| text(&curl.run(&[&["--connect-to", &place][..], more].concat()));
    let token = run(&[&token_url(&format!("{base}/"))]);
    assert!(token.contains("\"expires_in\":7200"), "{token}");
    let sent_on = run(&["-i", "-d", "", &format!("{base}/shop/orders")]);
    assert!(sent_on.contains("303 See Other"), "{sent_on}");
    let link = sent_on.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    assert!(link.starts_with(&format!("{base}/")), "{link}");
    let page = run(&["-L", "-i", link.trim()]);
    assert!(page.contains("200 OK"), "{page}");
    server.stop();
}

#[test]
fn the_readmes_settings_for_compose_serve_a_neighbour_whose_links_lead_back() {
    serves_its_name(readme_settings(0), "https://kaipiao:8080");
}

#[test]
fn the_readmes_settings_for_a_fixed_host_serve_its_sdk_whose_links_lead_back() {
    serves_its_name(readme_settings(1), "https://api.weixin.qq.com");
}

#[test]
fn links_and_cookies_are_for_https_where_the_server_speaks_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &["--tls"]);
    let curl = Curl::trusting(data.path());
    let home = curl.get(&server.home);
    let authority = data.path().join("tls-authority.pem");
    let trusting = format!("curl --cacert &#39;{}&#39; &#39;{}", authority.display(), server.home);
    assert!(home.contains(&trusting), "{home}");
    let output = curl.run(&["-i", "-d", "user=zhangwei", &format!("{}login", server.home)]);
    let shown = text(&output);
    let cookie = shown.lines().find(|line| line.to_lowercase().starts_with("set-cookie:"));
    assert!(cookie.is_some_and(|cookie| cookie.contains("Secure")), "{shown}");
    server.stop();
}

#[test]
fn who_connects_and_says_nothing_is_let_go_after_the_header_timeout_and_holds_up_nobody() {
    let data = tempfile::tempdir().unwrap();
    let settings = settings_file("[limits]\nheader_timeout_ms = 3000");
    let arguments = ["--tls", "--config", settings.path().to_str().unwrap()];
    let server = Served::start(data.path(), &arguments);
    let begin = Instant::now();
    let mut silent =
        TcpStream::connect(("127.0.0.1", port(&server.home).parse().unwrap())).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    Curl::trusting(data.path()).get(&server.home);
    assert_eq!(silent.read(&mut [0; 16]).unwrap(), 0, "the server closes");
    let waited = begin.elapsed();
    assert!(waited > Duration::from_millis(2900) && waited < Duration::from_secs(20), "{waited:?}");
    server.stop();
}

#[test]
fn over_https_a_client_with_too_many_connections_is_closed_without_an_answer() {
    let data = tempfile::tempdir().unwrap();
    let settings = settings_file("[limits]\nconnections_per_address = 1");
    let arguments = ["--tls", "--config", settings.path().to_str().unwrap()];
    let server = Served::start(data.path(), &arguments);
    let curl = Curl::trusting(data.path());
    let address = ("127.0.0.1", port(&server.home).parse().unwrap());
    let first = TcpStream::connect(address).unwrap();
    let mut second = TcpStream::connect(address).unwrap();
    second.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut told = Vec::new();
    second.read_to_end(&mut told).expect("the server closes");
    assert!(told.is_empty(), "{}", String::from_utf8_lossy(&told));
    drop(first);
    wait_until("the place is free again", || curl.run(&[&server.home]).status.success());
    server.stop();
}

#[test]
fn a_client_that_has_not_said_hello_does_not_hold_up_the_stop() {
    let data = tempfile::tempdir().unwrap();
    let settings = settings_file("[limits]\nheader_timeout_ms = 60000\nshutdown_ms = 30000");
    let arguments = ["--tls", "--config", settings.path().to_str().unwrap()];
    let server = Served::start(data.path(), &arguments);
    let silent = TcpStream::connect(("127.0.0.1", port(&server.home).parse().unwrap())).unwrap();
    // The server has accepted it when it serves who came after it.
    Curl::trusting(data.path()).get(&server.home);
    let begin = Instant::now();
    server.stop();
    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
    drop(silent);
}

/// What a server says that does not start.
pub(crate) fn refusal(data: &Path, arguments: &[&str]) -> String {
    let mut serve = kaipiao();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]);
    let output = serve.args(arguments).output().unwrap();
    assert!(!output.status.success());
    text(&output)
}
