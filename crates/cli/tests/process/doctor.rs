//! `kaipiao doctor`: each kind of finding, on a store and a machine that have it.

use crate::{Served, authorize, kaipiao, text};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A data directory and a settings file.
struct Place(TempDir);

impl Place {
    fn new(settings: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::write(place.config(), settings).unwrap();
        place
    }

    /// With the store of a server that was here.
    fn served(settings: &str) -> Self {
        let place = Self::new(settings);
        Served::start(&place.data(), &[]).stop();
        place
    }

    fn data(&self) -> std::path::PathBuf {
        self.0.path().join("data")
    }

    fn config(&self) -> std::path::PathBuf {
        self.0.path().join("config.toml")
    }

    fn command(&self) -> Command {
        let mut command = kaipiao();
        command.args(["doctor", "--json", "--data"]).arg(self.data());
        command.arg("--config").arg(self.config());
        command
    }

    /// What it says, and that its exit code says the same.
    fn examined(&self, arguments: &[&str]) -> Value {
        let mut command = self.command();
        if !arguments.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let output = command.args(arguments).output().unwrap();
        let report: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
        assert_eq!(report["well"], json!(output.status.success()), "{report:#}");
        report
    }

    /// The finding of that level about a subject.
    fn finds(&self, level: &str, subject: &str, arguments: &[&str]) -> String {
        found(&self.examined(arguments), level, subject)
    }
}

fn found(report: &Value, level: &str, subject: &str) -> String {
    let findings = report["findings"].as_array().unwrap();
    let is_it = |finding: &&Value| finding["level"] == level && finding["subject"] == subject;
    let finding = findings.iter().find(is_it);
    let finding = finding.unwrap_or_else(|| panic!("no {level} of {subject}: {findings:#?}"));
    let of = |name: &str| finding[name].as_str().unwrap().to_owned();
    format!("{} -> {}", of("found"), of("advice"))
}

#[test]
fn a_store_that_holds_a_console_user_alone_is_well() {
    let place = Place::new("");
    let mut command = kaipiao();
    command.args(["console-user", "add", "amy", "--data"]).arg(place.data());
    assert!(command.output().unwrap().status.success());
    let report = place.examined(&[]);
    assert!(report["well"] == json!(true), "{report:#}");
    assert!(found(&report, "ok", "server key").contains("the first start binds the store to it"));
}

#[test]
fn a_fresh_sandbox_is_well_and_nothing_is_written() {
    let place = Place::new("[push]\ntimeout_ms = 7000");
    let report = place.examined(&[]);
    assert!(report["well"] == json!(true), "{report:#}");
    assert!(found(&report, "ok", "store").contains("the first start makes it"));
    assert!(!place.data().exists());
    let settings = report["settings"].as_array().unwrap();
    let of = |name: &str| {
        let found = settings.iter().find(|setting| setting["name"] == name).unwrap();
        (found["value"].as_str().unwrap(), found["origin"].as_str().unwrap())
    };
    assert_eq!(of("push.timeout_ms"), ("7000", "file"));
    assert_eq!(of("listen"), ("\"127.0.0.1:0\"", "--listen"));
    assert_eq!(of("mode"), ("\"sandbox\"", "default"));
    assert_eq!(of("data").1, "--data");
    let output = place.command().env("KAIPIAO_ADMIN_TOKEN", "hunter2hunter2hunter2").output();
    let said = text(&output.unwrap());
    assert!(said.contains("environment") && !said.contains("hunter2"), "{said}");
}

#[test]
fn people_read_a_line_a_setting_and_a_line_a_finding() {
    let place = Place::served("");
    let output = kaipiao()
        .args(["doctor", "--listen", "127.0.0.1:0", "--data"])
        .arg(place.data())
        .output()
        .unwrap();
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    for line in [
        "limits.connections = 10000  (default)",
        "ok       store: ",
        "ok       server key: it is the one",
        "ok       port: 127.0.0.1:0 is free",
        "0 errors, ",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn settings_that_the_server_refuses_are_said() {
    let place = Place::new("[push]\ntimeout = 7");
    assert!(place.finds("error", "settings", &[]).contains("unknown field"));
    let place = Place::new("");
    let exposed = place.finds("error", "settings", &["--listen", "0.0.0.0:0"]);
    assert!(exposed.contains("--expose-sandbox"), "{exposed}");
    place.finds("ok", "port", &["--listen", "0.0.0.0:0", "--expose-sandbox"]);
    let place = Place::new("[push]\nca_file = \"/nowhere.pem\"");
    assert!(place.finds("error", "push", &[]).contains("/nowhere.pem"));
}

#[test]
fn what_the_server_refuses_is_said_once_before_the_first_start_and_after_it() {
    let settings = "[render]\ncategories = \"/nowhere.csv\"\n\
                    [login]\nhs256_secret_file = \"/nowhere.secret\"\n\
                    [push]\nca_file = \"/nowhere.pem\"";
    let served = Place::served("");
    std::fs::write(served.config(), settings).unwrap();
    for place in [Place::new(settings), served] {
        let report = place.examined(&[]);
        let findings = report["findings"].as_array().unwrap();
        for (subject, words) in [
            ("categories", "/nowhere.csv"),
            ("settings", "/nowhere.secret"),
            ("push", "/nowhere.pem"),
        ] {
            let said = findings.iter().filter(|f| f["found"].as_str().unwrap().contains(words));
            let said: Vec<_> = said.map(|finding| &finding["subject"]).collect();
            assert_eq!(said, [subject], "{report:#}");
        }
    }
}

#[test]
fn a_store_of_another_schema_mode_or_key_is_said() {
    let place = Place::served("");
    let key = place.data().join("server.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(place.finds("warning", "server key", &[]).contains("chmod 600"));
    std::fs::write(place.config(), "mode = \"production\"").unwrap();
    assert!(place.finds("error", "server key", &[]).contains("sandbox"));
    std::fs::write(place.config(), "").unwrap();
    std::fs::write(&key, "0".repeat(64)).unwrap();
    assert!(place.finds("error", "server key", &[]).contains("key"));
    std::fs::remove_file(&key).unwrap();
    assert!(place.finds("error", "settings", &[]).contains("server.key"));
    let store = kaipiao_tests::open_store(&place.data());
    store.execute("INSERT INTO schema_migrations VALUES (99, x'00')", []).unwrap();
    drop(store);
    assert!(place.finds("error", "store", &[]).contains("schema 99"));
}

#[test]
fn a_clock_behind_the_newest_order_is_said() {
    let place = Place::new("");
    let server = Served::start(&place.data(), &[]);
    let demo = &kaipiao_app::sandbox::DEMO_ACCOUNTS[0];
    authorize(&server.home, demo.appid, demo.secret);
    server.stop();
    assert!(place.finds("ok", "clock", &[]).contains("not behind"));
    let store = kaipiao_tests::open_store(&place.data());
    let later = "INSERT INTO orders SELECT seq + 1000000, owner, 'later', version, \
                 time_ms + 86400000, fields, unused_since_ms, body FROM orders";
    assert_eq!(store.execute(later, []).unwrap(), 1);
    drop(store);
    let behind = place.finds("error", "clock", &[]);
    assert!(behind.contains(" s behind the newest order"), "{behind}");
}

#[test]
fn fonts_that_are_not_there_and_what_they_lack_are_said() {
    let place = Place::new("[render]\nfonts = [\"/nowhere.otf\"]");
    let report = place.examined(&[]);
    let finding = found(&report, "warning", "fonts");
    assert!(
        finding.contains("/nowhere.otf#0: ") && finding.contains("fonts-noto-cjk"),
        "{finding}"
    );
    assert!(report["well"] == json!(true), "a server without fonts starts");
    let all = report["findings"].to_string();
    assert!(all.contains("Chinese characters of GBK cannot be printed"), "{all}");
}

#[test]
fn a_table_of_categories_is_counted_or_its_first_bad_line_said() {
    let place = Place::new("");
    let table = place.0.path().join("categories.csv");
    std::fs::write(place.config(), format!("[render]\ncategories = {table:?}")).unwrap();
    let missing = place.finds("error", "categories", &[]);
    assert!(missing.contains("categories.csv: No such file"), "{missing}");
    for (csv, level, says) in [
        ("编码,简称\n30101,运输服务\n30102,客运\n", "ok", "categories.csv names 2 codes"),
        ("30101,运输服务\n30102;客运\n3,\n", "error", "line 2: expected a code, a comma"),
        ("30101,\u{1F600}\n", "error", "of 30101 has"),
    ] {
        std::fs::write(&table, csv).unwrap();
        let finding = place.finds(level, "categories", &[]);
        assert!(finding.contains(says), "{finding}");
    }
    std::fs::write(place.config(), "").unwrap();
    let report = place.examined(&[]);
    assert!(!report["findings"].to_string().contains("\"categories\""), "{report:#}");
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn callback(appid: &str, url: &str) -> String {
    format!(
        "[[accounts]]\nappid = \"{appid}\"\nrole = \"merchant\"\nname = \"n\"\n\
         original_id = \"gh_{appid}\"\nsecret = \"{SECRET}\"\ncallback_url = \"{url}\"\n\
         callback_token = \"token\"\n"
    )
}

#[test]
fn callbacks_that_lead_nowhere_or_to_private_addresses_are_said() {
    let settings = |push: &str| {
        let names = "name_servers = [\"127.0.0.1:1\"]";
        let accounts = [
            ("wx0000000000000001", "ftp://shop.example/"),
            ("wx0000000000000002", "http://127.0.0.1:9/callback?token=hunter2"),
            ("wx0000000000000003", "https://nowhere.invalid/"),
            ("wx0000000000000004", "https://localhost/"),
        ];
        let accounts = accounts.map(|(appid, url)| callback(appid, url)).concat();
        format!("mode = \"production\"\n[push]\n{names}\n{push}\n{accounts}")
    };
    let place = Place::new(&settings(""));
    let report = place.examined(&[]);
    let said = |report: &Value, appid: &str| -> Value {
        let findings = report["findings"].as_array().unwrap();
        let mut of = findings.iter().filter(|f| f["found"].as_str().unwrap().starts_with(appid));
        of.next().cloned().unwrap_or(Value::Null)
    };
    for (number, words) in [
        (1, "must be a http:// or https:// address"),
        (2, "127.0.0.1 is a private address"),
        (3, "https://nowhere.invalid/: no "),
        (4, "is a private address"),
    ] {
        let finding = said(&report, &format!("wx000000000000000{number}"));
        assert_eq!(finding["level"], "error", "{number}: {report:#}");
        assert!(finding["found"].as_str().unwrap().contains(words), "{finding}");
    }
    assert!(!report.to_string().contains("hunter2") && !report.to_string().contains(SECRET));
    std::fs::write(place.config(), settings("allow_private = [\"127.0.0.0/8\", \"::1\"]")).unwrap();
    let report = place.examined(&[]);
    let open = said(&report, "wx0000000000000002");
    assert!(open["level"] == "warning" && open.to_string().contains("is not https"), "{report:#}");
    assert_eq!(said(&report, "wx0000000000000004"), Value::Null);
    assert!(found(&report, "ok", "callback").contains("1 lead somewhere"));
}

#[test]
fn files_of_https_that_do_not_serve_and_certificates_that_are_over_are_said() {
    let place = Place::new("");
    let (certificate, key) = (place.0.path().join("c.pem"), place.0.path().join("k.pem"));
    let settings = format!("[tls]\ncertificate = {certificate:?}\nkey = {key:?}");
    std::fs::write(place.config(), settings).unwrap();
    assert!(place.finds("error", "tls", &[]).contains("c.pem"));
    let good_until = |year| {
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let pair = rcgen::KeyPair::generate().unwrap();
        std::fs::write(&certificate, params.self_signed(&pair).unwrap().pem()).unwrap();
        std::fs::write(&key, pair.serialize_pem()).unwrap();
    };
    good_until(2021);
    assert!(place.finds("error", "tls", &[]).contains("is good no more"));
    good_until(2099);
    let good = place.finds("ok", "tls", &[]);
    assert!(good.contains("c.pem is good for ") && good.contains("until 2099-01-01"), "{good}");
    std::fs::write(place.config(), "public_base_url = \"http://shop.example\"").unwrap();
    let plain = place.finds("error", "settings", &["--tls"]);
    assert!(plain.contains("public_base_url begins with http://"), "{plain}");
    std::fs::write(place.config(), "").unwrap();
    assert!(place.finds("ok", "tls", &["--tls"]).contains("the first start makes an authority"));
    assert!(!place.data().exists());
    Served::start(&place.data(), &["--tls"]).stop();
    let own = place.finds("ok", "tls", &["--tls"]);
    assert!(own.contains("tls-authority.pem is good for 365"), "{own}");
}

#[test]
fn a_port_that_is_taken_is_said_unless_a_kaipiao_has_it() {
    let place = Place::new("");
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    // Whoever comes is sent away.
    std::thread::spawn(move || {
        while let Ok((client, _)) = other.accept() {
            drop(client)
        }
    });
    let taken = place.finds("error", "port", &["--listen", &address]);
    assert!(taken.contains("does not answer as a kaipiao"), "{taken}");
    let server = Served::start(&place.data(), &[]);
    let address = server.home.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let own = place.finds("ok", "port", &["--listen", &address]);
    assert!(own.contains("a kaipiao listens") && own.contains("says 200"), "{own}");
    server.stop();
}

#[test]
fn a_limit_of_open_files_that_is_too_low_is_said() {
    let place = Place::new("");
    let doctor = |program: &Path| {
        let output = Command::new("sh")
            .args([
                "-c",
                "ulimit -n 300 && exec \"$0\" doctor --json --listen 127.0.0.1:0 --data \"$1\"",
            ])
            .args([program, &place.data()])
            .output()
            .unwrap();
        serde_json::from_slice::<Value>(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", text(&output)))
    };
    let report = doctor(Path::new(env!("CARGO_BIN_EXE_kaipiao")));
    let low = found(&report, "warning", "open files");
    assert!(low.starts_with("300 may be open") && low.contains("LimitNOFILE"), "{low}");
}

#[test]
fn a_folder_of_files_that_cannot_be_written_or_that_nodes_do_not_share_is_said() {
    let place = Place::new("");
    let found = place.finds("ok", "files", &[]);
    assert!(found.contains("data/files can be written"), "{found}");
    let place = Place::new("[files]\ndirectory = \"/proc/nowhere\"");
    let found = place.finds("error", "files", &[]);
    assert!(found.contains("/proc/nowhere cannot be written"), "{found}");
    assert!(found.contains("setpdf answers -1"), "{found}");
    let database = ["--database-url", "postgres://127.0.0.1:1/nowhere"];
    let place = Place::new("");
    let found = place.finds("warning", "files", &database);
    assert!(found.contains("a folder that all nodes share"), "{found}");
    let place = Place::new("[files]\ndirectory = \"/tmp\"");
    let report = place.examined(&database);
    let findings = report["findings"].as_array().unwrap();
    let warns = |finding: &&Value| finding["subject"] == "files" && finding["level"] == "warning";
    assert_eq!(findings.iter().find(warns), None);
}

const OWN: &str = "{\"id\":\"00000000000000000000000000000001\"}";

#[test]
fn a_folder_of_files_that_is_another_stores_away_or_too_full_is_said() {
    let place = Place::served("");
    let folder = place.data().join("files");
    let mark = |owner: &str| {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(".owner"), owner).unwrap();
    };
    let errors = || {
        let report = place.examined(&[]);
        let all = found_all(&report, "files").into_iter();
        let errors = all.filter(|one| one["level"] == "error");
        errors.map(|one| one["found"].to_string()).collect::<String>()
    };
    mark("00000000000000000000000000000002\n");
    assert!(errors().contains("holds the files of another store (0000"), "{}", errors());
    let store = kaipiao_tests::open_store(&place.data());
    let insert = "INSERT INTO server (owner, id, version, body) VALUES ('', 'files_owner', 1, ?1)";
    assert_eq!(store.execute(insert, [OWN]).unwrap(), 1);
    drop(store);
    assert!(errors().contains("holds the files of another store"), "{}", errors());
    mark("00000000000000000000000000000001\n");
    assert_eq!(errors(), "");
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(errors().contains("this store has taken files, and they are not in"), "{}", errors());
    mark("00000000000000000000000000000001\n");
    let full = "[files]\nleast_free_bytes = 1152921504606846976";
    std::fs::write(place.config(), full).unwrap();
    assert!(errors().contains("1152921504606846976 must stay so"), "{}", errors());
}

#[test]
fn an_issuer_of_nobody_and_addresses_of_no_use_are_said() {
    let place = Place::new("");
    let secret = place.0.path().join("secret");
    std::fs::write(&secret, "0123456789abcdef0123456789abcdef").unwrap();
    let merchant = kaipiao_app::sandbox::DEMO_MERCHANT;
    let issuers = [merchant, "wx00000000000000fe", "wx00000000000000ff"].map(|appid| {
        format!(
            "[issuing.merchants.{appid}]\nurl = \"http://127.0.0.1:9\"\nsecret_file = {secret:?}\n"
        )
    });
    let account = "[[accounts]]\nappid = \"wx00000000000000fe\"\nrole = \"merchant\"\n\
                   secret = \"ffffffffffffffffffffffffffffffff\"\n";
    std::fs::write(place.config(), issuers.concat() + account).unwrap();
    let nobodys = || {
        let report = place.examined(&[]);
        let findings = report["findings"].as_array().unwrap().iter();
        let said = findings.map(|one| one["found"].as_str().unwrap().to_owned());
        said.filter(|found| found.contains("no merchant has this appid")).collect::<Vec<_>>()
    };
    let of_unknown = "issuing.merchants.wx00000000000000ff: no merchant has this appid, so its issuer is not asked";
    assert_eq!(nobodys(), [of_unknown], "before the first start");
    Served::start(&place.data(), &[]).stop();
    assert_eq!(nobodys(), [of_unknown], "and after it");

    let place = Place::new("mode = \"production\"\n[push]\naddresses = [\"10.0.0.7\"]");
    let found = place.finds("warning", "addresses", &[]);
    assert!(found.contains("getcallbackip answers 10.0.0.7") && found.contains("push.addresses"));
    let public = "mode = \"production\"\napi_addresses = [\"101.226.103.2\"]\n\
                  [push]\naddresses = [\"101.226.103.1\"]";
    std::fs::write(place.config(), public).unwrap();
    let report = place.examined(&[]);
    assert!(found_all(&report, "addresses").iter().all(|one| one["level"] == "ok"), "{report:#}");
    assert_eq!(found_all(&report, "addresses").len(), 2);
}

fn found_all<'a>(report: &'a Value, subject: &str) -> Vec<&'a Value> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.filter(|finding| finding["subject"] == subject).collect()
}
