//! What files of settings are taken, and what is said of others.

use super::*;

fn merged(text: &str) -> Result<Settings, SettingsError> {
    Settings::merge(text, Path::new("test.toml"))
}

#[test]
fn the_defaults_stand_alone_and_a_file_changes_only_what_it_names() {
    let defaults = merged("").unwrap();
    assert_eq!(defaults.mode, ModeName::Sandbox);
    let changed = merged("mode = \"production\"\n[limits]\nbody_bytes = 7").unwrap();
    assert_eq!(changed.mode, ModeName::Production);
    assert_eq!(changed.limits.body_bytes, 7);
    assert_eq!(changed.limits.connections, defaults.limits.connections);
}

#[test]
fn a_setting_that_does_not_exist_is_named() {
    let error = merged("[limits]\nbody_byte = 7").err().unwrap().to_string();
    assert!(error.contains("test.toml") && error.contains("body_byte"), "{error}");
    assert!(merged("public_base_url = \"shop.example\"").is_err());
    assert!(merged("public_base_url = \"https://shop.example/pay\"").is_err());
    assert!(merged("public_base_url = \"https://shop.example/\"").is_ok());
    assert!(merged("mode = \"test\"").is_err());
}

#[test]
fn a_number_out_of_bounds_is_refused_at_both_ends() {
    let settings = merged("").unwrap();
    for (name, _, bounds) in settings.bounded() {
        let (Some((section, key)), false) = (name.split_once('.'), name.contains('[')) else {
            continue;
        };
        let below = bounds.start().checked_sub(1);
        for bad in below.into_iter().chain([bounds.end() + 1, i64::MAX as u64]) {
            let error = merged(&format!("[{section}]\n{key} = {bad}")).err().expect(&name);
            let bound = if bad < *bounds.start() { bounds.start() } else { bounds.end() };
            let error = error.to_string();
            assert!(error.contains(&name) && error.contains(&bound.to_string()), "{error}");
        }
        for good in [bounds.start(), bounds.end()] {
            assert!(merged(&format!("[{section}]\n{key} = {good}")).is_ok(), "{name} {good}");
        }
    }
    for bad in ["http://kaipiao", "kaipiao:8080", "", "*"] {
        assert!(merged(&format!("allowed_hosts = [\"{bad}\"]")).is_err(), "{bad}");
    }
    assert!(merged("allowed_hosts = [\"[fd00::1]\"]").is_ok());
    assert!(merged("allowed_hosts = [\"[fd00::1]:80\"]").is_err());
    assert!(merged("trusted_proxies = [\"10.0.0.0/33\"]").is_err());
    assert!(merged("trusted_proxies = [\"10.0.0.0/8\", \"::1\"]").is_ok());
    for bad in ["metrics", "9090", "localhost:9090", "127.0.0.1"] {
        assert!(merged(&format!("[metrics]\nlisten = \"{bad}\"")).is_err(), "{bad}");
    }
    assert!(merged("[metrics]\nlisten = \"[::1]:9090\"").is_ok());
    for bad in ["127.0.0.1:4318", "collector", "grpc://collector:4317", "http://"] {
        assert!(merged(&format!("[telemetry]\notlp_endpoint = \"{bad}\"")).is_err(), "{bad}");
    }
    assert!(merged("[telemetry]\notlp_endpoint = \"https://collector.example/otlp/\"").is_ok());
    assert!(merged("[push]\nname_servers = [\"ns.example\"]").is_err());
    assert!(merged("[push]\nname_servers = [\"10.0.0.53\", \"[::1]:5353\"]").is_ok());
    assert!(merged("[push]\nretry_after_ms = [9223372036854775807]").is_err());
    assert!(merged(&format!("[push]\nretry_after_ms = {:?}", [0; 101])).is_err());
}

#[test]
fn a_public_base_url_names_a_host_and_nothing_else() {
    for bad in ["http://", "https:///", "https://a\\nb", "https://u@shop.example", "https://a b"] {
        let error = merged(&format!("public_base_url = \"{bad}\"")).err().expect(bad);
        assert!(error.to_string().contains("public_base_url"), "{error}");
    }
    for good in ["http://127.0.0.1:8080", "https://[::1]:8443/", "https://shop.example:9"] {
        assert!(merged(&format!("public_base_url = \"{good}\"")).is_ok(), "{good}");
    }
}

#[test]
fn a_databases_address_is_given_once_and_never_repeated() {
    let address = |text: &str| merged(text).and_then(|settings| settings.database.address());
    let url = "postgres://till:hunter2@db/kaipiao";
    assert_eq!(address("").unwrap(), None);
    assert_eq!(address(&format!("[database]\nurl = \"{url}\"")).unwrap().unwrap(), url);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{url}\n")).unwrap();
    let in_file = format!("[database]\nurl_file = {:?}", file.path());
    assert_eq!(address(&in_file).unwrap().unwrap(), url);
    let mut settings = merged(&in_file).unwrap();
    settings.database.choose("host=/run/postgresql".to_owned());
    assert_eq!(settings.database.address().unwrap().unwrap(), "host=/run/postgresql");
    for (wrong, words) in [
        (format!("{in_file}\nurl = \"{url}\""), "give one"),
        ("[database]\nurl = \"mysql://till:hunter2@db/x\"".to_owned(), "postgres://user"),
        ("[database]\nurl = \"user=till password=hunter2\"".to_owned(), "postgres://user"),
        ("[database]\nconnections = 3".to_owned(), "database.connections must be at least 4"),
        ("[database]\nnode = \"till 1\"".to_owned(), "database.node must be"),
    ] {
        let error = address(&wrong).err().unwrap().to_string();
        assert!(error.contains(words) && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn only_production_issues_without_the_specimens_mark() {
    let specimen = |text: &str| {
        merged(text).map(|settings| settings.issuing.marks(settings.mode).unwrap().specimen)
    };
    assert!(specimen("").unwrap() && specimen("mode = \"production\"").unwrap());
    let error = specimen("[issuing]\nspecimen = false").err().unwrap().to_string();
    assert!(error.contains("only be false in production"), "{error}");
    assert!(!specimen("mode = \"production\"\n[issuing]\nspecimen = false").unwrap());
    for bad in ["[issuing]\nmachine_number = \"12\"", "[render]\nfonts = [\"a#b\"]"] {
        assert!(merged(bad).is_err(), "{bad}");
    }
    let fonts = merged("[render]\nfonts = [\"/a.otf\", \"/b.ttc#3\"]").unwrap().render.font_files();
    let fonts: Vec<_> = fonts.unwrap().into_iter().map(|file| file.face_index).collect();
    assert_eq!(fonts, [0, 3]);
}

#[test]
fn production_checks_the_faces_of_pdfs_unless_it_is_told_otherwise() {
    let checks = |text: &str| {
        let settings = merged(text).unwrap();
        settings.platform.settings(&settings.files, settings.mode).checks_faces
    };
    assert!(!checks("") && checks("mode = \"production\""));
    assert!(checks("[platform]\nchecks_faces = true"));
    assert!(!checks("mode = \"production\"\n[platform]\nchecks_faces = false"));
    let error = merged("[files]\ncollect_after_s = 599").err().unwrap().to_string();
    assert!(error.contains("files.collect_after_s must be at least 600"), "{error}");
}

#[test]
fn a_table_of_categories_is_read_and_its_mistakes_are_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let settings = format!("[render]\ncategories = {:?}", file.path());
    let table = || merged(&settings).unwrap().render.category_table();
    std::fs::write(file.path(), "30101,运输服务").unwrap();
    assert_eq!(table().unwrap().short_name("3010101"), Some("运输服务"));
    std::fs::write(file.path(), "30101;运输服务").unwrap();
    let error = table().unwrap_err().to_string();
    assert!(error.ends_with("line 1: expected a code, a comma and a short name"), "{error}");
    // 运输服务 in GBK, as spreadsheets save it.
    std::fs::write(file.path(), b"1,a\n30101,\xd4\xcb\xca\xe4\xb7\xfe\xce\xf1").unwrap();
    let error = table().unwrap_err().to_string();
    let place = format!("{}: line 2: expected UTF-8, and byte 11", file.path().display());
    assert!(error.contains(&place), "{error}");
    let built_in = merged("").unwrap().render.category_table().unwrap();
    assert_eq!(built_in.short_name("1030204"), Some("乳制品"));
}

#[test]
fn a_malformed_file_is_complained_about_without_its_secrets() {
    let error = merged("mode = \"sandbox\"\n[[accounts]]\nsecret = \"hunter2hunter2hunter2\n");
    let text = error.err().unwrap().to_string();
    assert!(text.starts_with("test.toml: line 3: "), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_single_sign_on_is_whole_or_refused() {
    for (bad, words) in [
        ("hs256_secret_file = \"key\"", "without console.sso_header"),
        ("eddsa_public_key_file = \"key.pem\"", "without console.sso_header"),
        ("sso_header = \"X-Console-Token\"", "needs console.hs256_secret_file or"),
        ("sso_header = \"a b\"\nhs256_secret_file = \"key\"", "must be the name of a header"),
    ] {
        let error = merged(&format!("[console]\n{bad}")).err().expect(bad).to_string();
        assert!(error.contains(words), "{error}");
    }
    for key in ["hs256_secret_file", "eddsa_public_key_file"] {
        assert!(merged(&format!("[console]\nsso_header = \"X-T\"\n{key} = \"key\"")).is_ok());
    }
}
