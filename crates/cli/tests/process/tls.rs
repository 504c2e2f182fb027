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
struct Curl {
    authority: tempfile::NamedTempFile,
}

impl Curl {
    fn trusting(data: &Path) -> Self {
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

    fn run(&self, arguments: &[&str]) -> Output {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--max-time", "10", "--cacert"]).arg(self.authority.path());
        curl.args(arguments).output().expect("curl is there")
    }

    fn get(&self, url: &str) -> String {
        let output = self.run(&[url]);
        assert!(output.status.success(), "{url}: {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn token_url(home: &str) -> String {
    let demo = &kaipiao_app::sandbox::DEMO_ACCOUNTS[0];
    let (appid, secret) = (demo.appid, demo.secret);
    format!("{home}cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}")
}

fn port(home: &str) -> &str {
    home.trim_end_matches('/').rsplit(':').next().unwrap()
}

fn settings_file(text: &str) -> tempfile::NamedTempFile {
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
    let plain = curl.run(&[&server.home.replace("https", "http")]);
    assert!(!plain.status.success(), "{}", text(&plain));
    server.stop();
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
fn a_server_key_that_others_can_read_is_warned_of() {
    let data = tempfile::tempdir().unwrap();
    let warns = || Served::start(data.path(), &[]).stop().contains("is readable by others (0644)");
    assert!(!warns());
    let key = data.path().join("server.key");
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(warns());
}

#[test]
fn sighup_ends_no_server() {
    let data = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &[]);
    let pid = server.process.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    TcpStream::connect(("127.0.0.1", port(&server.home).parse().unwrap())).unwrap();
    // An end by SIGHUP would be no success.
    server.stop();
}

/// The settings that a README has in a block of TOML.
fn readme_settings(readme: &str) -> &str {
    let (_, begin) = readme.split_once("```toml\n").unwrap();
    begin.split_once("```").unwrap().0
}

#[test]
fn the_readmes_settings_for_compose_serve_a_neighbour_whose_links_lead_back() {
    let readme = readme_settings(include_str!("../../../../README.md"));
    assert_eq!(readme, readme_settings(include_str!("../../../../README.zh-CN.md")));
    let settings = settings_file(readme);
    let data = tempfile::tempdir().unwrap();
    let settings = ["--config", settings.path().to_str().unwrap()];
    let mut doctor = kaipiao();
    let examined = doctor.args(["doctor", "--data"]).arg(data.path()).args(settings).output();
    let examined = text(&examined.unwrap());
    assert!(!examined.contains("a sandbox is open to whoever reaches it"), "{examined}");
    let server = Served::start(data.path(), &settings);
    let curl = Curl::trusting(data.path());
    let place = format!("kaipiao:8080:127.0.0.1:{}", port(&server.home));
    let order = ["-i", "-d", "", "https://kaipiao:8080/shop/orders"];
    let sent_on = text(&curl.run(&[&["--connect-to", &place][..], &order[..]].concat()));
    assert!(sent_on.contains("303 See Other"), "{sent_on}");
    let link = sent_on.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    assert!(link.starts_with("https://kaipiao:8080/"), "{link}");
    let page = text(&curl.run(&["--connect-to", &place, "-L", "-i", link.trim()]));
    assert!(page.contains("200 OK"), "{page}");
    server.stop();
}

#[test]
fn links_and_cookies_are_for_https_where_the_server_speaks_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &["--tls"]);
    let curl = Curl::trusting(data.path());
    assert!(curl.get(&server.home).contains(&server.home));
    let output = curl.run(&["-i", "-d", "user=zhangwei", &format!("{}login", server.home)]);
    let shown = text(&output);
    let cookie = shown.lines().find(|line| line.to_lowercase().starts_with("set-cookie:"));
    assert!(cookie.is_some_and(|cookie| cookie.contains("Secure")), "{shown}");
    server.stop();
}

#[test]
fn the_authoritys_key_is_its_owners_alone_and_asked_for_when_it_is_missing() {
    let data = tempfile::tempdir().unwrap();
    Served::start(data.path(), &["--tls"]).stop();
    let key = data.path().join("tls-authority.key");
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let public = data.path().join("tls-authority.pem").metadata().unwrap();
    assert_eq!(public.permissions().mode() & 0o777, 0o644, "another user can trust it");
    std::fs::remove_file(&key).unwrap();
    let refused = refusal(data.path(), &["--tls"]);
    assert!(refused.contains("tls-authority.key is missing"), "{refused}");
}

#[test]
fn who_connects_and_says_nothing_is_let_go_after_the_header_timeout_and_holds_up_nobody() {
    let data = tempfile::tempdir().unwrap();
    let settings = settings_file("[limits]\nheader_timeout_ms = 1500");
    let arguments = ["--tls", "--config", settings.path().to_str().unwrap()];
    let server = Served::start(data.path(), &arguments);
    let begin = Instant::now();
    let mut silent =
        TcpStream::connect(("127.0.0.1", port(&server.home).parse().unwrap())).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    Curl::trusting(data.path()).get(&server.home);
    assert_eq!(silent.read(&mut [0; 16]).unwrap(), 0, "the server closes");
    let waited = begin.elapsed();
    assert!(waited > Duration::from_millis(1400) && waited < Duration::from_secs(8), "{waited:?}");
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
    second.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
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

#[test]
fn a_certificate_of_the_operators_is_served_and_one_that_does_not_serve_is_refused_in_words() {
    let data = tempfile::tempdir().unwrap();
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let other = rcgen::KeyPair::generate().unwrap();
    let certificate = settings_file(&own.cert.pem());
    let (key, other) =
        (settings_file(&own.signing_key.serialize_pem()), settings_file(&other.serialize_pem()));
    let der = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(der.path(), own.cert.der()).unwrap();
    let label = "ENCRYPTED PRIVATE KEY-----";
    let encrypted = settings_file(&format!("-----BEGIN {label}\nAAAA\n-----END {label}\n"));
    let path = |file: &tempfile::NamedTempFile| file.path().to_str().unwrap().to_owned();
    let with = |certificate: &str, key: &str| {
        settings_file(&format!("[tls]\ncertificate = \"{certificate}\"\nkey = \"{key}\""))
    };
    for (certificate, key, complaint) in [
        (path(&certificate), path(&other), "the key is another certificate's"),
        (path(&der), path(&key), "is DER; make PEM"),
        (path(&certificate), path(&encrypted), "is encrypted; decrypt it"),
        (path(&certificate), String::new(), "tls.certificate and tls.key go together"),
        (String::new(), path(&key), "tls.certificate and tls.key go together"),
        ("/nowhere.pem".to_owned(), path(&key), "tls.certificate /nowhere.pem"),
        (path(&key), path(&key), "holds no certificate"),
        (path(&certificate), path(&certificate), "holds no private key"),
    ] {
        let settings = with(&certificate, &key);
        let refused = refusal(data.path(), &["--config", &path(&settings)]);
        assert!(refused.contains(complaint) && refused.lines().count() == 1, "{refused}");
    }
    let settings = with(&path(&certificate), &path(&key));
    let server = Served::start(data.path(), &["--config", &path(&settings)]);
    Curl { authority: certificate }.get(&token_url(&server.home));
    assert!(!data.path().join("tls-authority.pem").exists());
    let data = data.path().to_str().unwrap();
    let mut trust = kaipiao();
    let trust = trust.args(["trust", "--data", data, "--config", &path(&settings)]).output();
    let told = text(&trust.unwrap());
    assert!(told.contains("clients need the authority of that one"), "{told}");
    let trust = kaipiao().args(["trust", "--data", data]).output().unwrap();
    assert!(!trust.status.success() && text(&trust).contains("serve --tls"), "{}", text(&trust));
    server.stop();
}

/// What a server says that does not start.
fn refusal(data: &Path, arguments: &[&str]) -> String {
    let mut serve = kaipiao();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]);
    let output = serve.args(arguments).output().unwrap();
    assert!(!output.status.success());
    text(&output)
}
