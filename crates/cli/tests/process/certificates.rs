//! Certificates: the operator's, those of the local authority, and how they are renewed.

use crate::tls::{Curl, port, refusal, settings_file, token_url};
use crate::{Served, kaipiao, text};
use kaipiao_tests::wait_until;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// Sends SIGHUP.
fn hang_up(server: &Served) {
    let pid = server.process.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
}

#[test]
fn a_new_certificate_is_served_after_sighup_and_a_broken_one_is_complained_about() {
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key, settings] =
        ["c.pem", "k.pem", "settings.toml"].map(|name| folder.path().join(name));
    let put = || {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        Curl { authority: settings_file(&made.cert.pem()) }
    };
    let files = format!("[tls]\ncertificate = {certificate:?}\nkey = {key:?}");
    std::fs::write(&settings, files).unwrap();
    let first = put();
    let arguments = ["--config", settings.to_str().unwrap()];
    let server = Served::start(&folder.path().join("data"), &arguments);
    first.get(&server.home);
    let second = put();
    hang_up(&server);
    wait_until("the new certificate is served", || second.run(&[&server.home]).status.success());
    assert!(!first.run(&[&server.home]).status.success());
    std::fs::write(&certificate, "nonsense").unwrap();
    hang_up(&server);
    wait_until("the complaint", || server.log().contains("no new certificate: tls.certificate"));
    second.get(&server.home);
    let log = server.stop();
    let path = certificate.to_str().unwrap();
    let line = log.lines().find(|line| line.contains("ERROR")).unwrap();
    assert!(line.contains(path) && line.contains("holds no certificate in PEM"), "{line}");
    assert!(line.contains("the old one stays, which is good for "), "{line}");
    let read = format!("the certificate {path} was read again: it is good for ");
    assert_eq!(log.matches(&read).count(), 1, "{log}");
}

#[test]
fn sighup_has_the_local_authority_make_a_new_certificate() {
    let data = tempfile::tempdir().unwrap();
    let server = Served::start(data.path(), &["--tls"]);
    let curl = Curl::trusting(data.path());
    let serial = || {
        let shown = curl.run(&["-o", "/dev/null", "-w", "%{certs}", &server.home]);
        assert!(shown.status.success(), "{}", text(&shown));
        let shown = text(&shown);
        shown.lines().find(|line| line.starts_with("Serial Number:")).unwrap().to_owned()
    };
    let first = serial();
    assert_eq!(first, serial());
    hang_up(&server);
    wait_until("another certificate, of the same authority", || serial() != first);
    server.stop();
}

#[test]
fn an_end_that_is_near_or_past_is_in_the_log_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key, settings] =
        ["c.pem", "k.pem", "settings.toml"].map(|name| folder.path().join(name));
    let files = format!("[tls]\ncertificate = {certificate:?}\nkey = {key:?}");
    std::fs::write(&settings, files).unwrap();
    let good_for = |days: &str| {
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        openssl.args(["-nodes", "-subj", "/CN=shop.example", "-days", days]);
        let made = openssl.arg("-out").arg(&certificate).arg("-keyout").arg(&key).output();
        assert!(made.unwrap().status.success());
    };
    let log = || {
        let arguments = ["--config", settings.to_str().unwrap()];
        let server = Served::start(&folder.path().join("data"), &arguments);
        hang_up(&server);
        wait_until("it has looked", || server.log().contains("c.pem was read again: it is good "));
        server.stop()
    };
    good_for("13");
    let soon = log();
    let line = soon.lines().find(|line| line.contains("c.pem is good for ")).unwrap();
    let files = format!("into {} and its key into {}", certificate.display(), key.display());
    assert!(line.contains("WARN") && line.contains(&files), "{line}");
    good_for("30");
    assert!(!log().contains("c.pem is good"));
    let mut params = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let pair = rcgen::KeyPair::generate().unwrap();
    std::fs::write(&certificate, params.self_signed(&pair).unwrap().pem()).unwrap();
    std::fs::write(&key, pair.serialize_pem()).unwrap();
    let over = log();
    let line = over.lines().find(|line| line.contains("c.pem is good no more")).unwrap();
    assert!(line.contains("ERROR") && line.contains(&files), "{line}");
}

#[test]
fn an_authority_of_the_operators_signs_with_its_own_name() {
    let data = tempfile::tempdir().unwrap();
    let [authority, key] =
        ["tls-authority.pem", "tls-authority.key"].map(|name| data.path().join(name));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"]);
    openssl.args(["-subj", "/C=CN/O=Haifeng Trading/OU=IT/CN=Haifeng Root"]);
    let made = openssl.arg("-out").arg(&authority).arg("-keyout").arg(&key).output().unwrap();
    assert!(made.status.success(), "{}", text(&made));
    let server = Served::start(data.path(), &["--tls"]);
    let curl = Curl::trusting(data.path());
    curl.get(&format!("https://localhost:{}/", port(&server.home)));
    let shown = curl.run(&["-o", "/dev/null", "-w", "%{certs}", &server.home]);
    let shown = text(&shown);
    let field = |name: &str, text: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        line.unwrap_or_else(|| panic!("{name}: {text}")).to_owned()
    };
    let issuer = field("Issuer:", &shown).replace(' ', "");
    assert_eq!(issuer, "C=CN,O=HaifengTrading,OU=IT,CN=HaifengRoot");
    server.stop();
    let other = rcgen::KeyPair::generate().unwrap();
    std::fs::write(&key, other.serialize_pem()).unwrap();
    let refused = refusal(data.path(), &["--tls"]);
    assert!(refused.contains("do not serve together"), "{refused}");
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
