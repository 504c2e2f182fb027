//! `kaipiao console-user`: on the store itself, and beside a server that has it.

use crate::{Served, kaipiao, text};
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

/// Runs the command on a data directory, with this on its standard input: whether it succeeded, and what it said.
fn console_user(data: &Path, settings: &Path, arguments: &[&str], input: &str) -> (bool, String) {
    let mut command = kaipiao();
    let (verb, rest) = arguments.split_first().unwrap();
    command.args(["console-user", "--config"]).arg(settings).arg("--data").arg(data);
    command.arg(verb).args(rest).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), text(&output))
}

#[test]
fn the_first_operator_is_made_before_the_server_runs_and_others_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let (data, settings) = (directory.path().join("data"), directory.path().join("kaipiao.toml"));
    std::fs::write(&settings, "").unwrap();
    let run = |arguments: &[&str], input: &str| console_user(&data, &settings, arguments, input);
    let (is_added, said) = run(&["add", "amy"], "");
    assert!(is_added && said.starts_with("amy is added; password: "), "{said}");
    assert_eq!(said.trim_end().rsplit(' ').next().unwrap().len(), 24, "{said}");
    let (is_added, said) = run(&["add", "bo", "--password-stdin"], "correct horse battery\n");
    assert!(is_added && said == "bo is added\n", "{said}");
    assert_eq!(run(&["list"], "").1, "amy  operator\nbo  operator\n");
    let after = kaipiao().args(["console-user", "list", "--data"]).arg(&data).output().unwrap();
    assert_eq!(text(&after), "amy  operator\nbo  operator\n", "options go after the verb too");
    let (is_added, said) = run(&["add", "cy", "--password-stdin"], "short\n");
    assert!(!is_added && said.contains("password has 5 characters"), "{said}");

    let server = Served::start(&data, &[]);
    let listen = server.home.split("://").nth(1).unwrap().trim_end_matches('/').to_owned();
    std::fs::write(&settings, format!("listen = {listen:?}")).unwrap();
    let merchant = kaipiao_tests::MERCHANT;
    let (is_added, said) = run(&["add", "dev", "--role", "developer", "--account", merchant], "");
    assert!(is_added && said.starts_with("dev is added; password: "), "{said}");
    let (is_added, said) = run(&["add", "dev"], "");
    assert!(
        !is_added && said.contains("console-user change"),
        "a known name keeps its role: {said}"
    );
    assert!(run(&["change", "dev", "--disable"], "").0);
    let (_, said) = run(&["list"], "");
    assert!(said.contains(&format!("dev  developer  {merchant}  disabled")), "{said}");
    let (is_changed, said) = run(&["change", "dev", "--role", "developer"], "");
    assert!(!is_changed && said.contains("at least one account"), "{said}");
    assert!(!run(&["change", "dev"], "").0 && !run(&["change", "nobody", "--enable"], "").0);
    assert!(run(&["change", "dev", "--enable", "--account", merchant], "").0);
    assert!(run(&["list"], "").1.contains(&format!("dev  developer  {merchant}\n")));
    let (_, said) = run(&["list", "--json"], "");
    assert!(said.contains(r#""accounts":["wx6b61697069616f31"]"#), "{said}");
    let (is_changed, said) = run(&["password", "bo"], "");
    assert!(is_changed && said.starts_with("bo has a new password; password: "), "{said}");
    assert!(!run(&["password", "nobody"], "").0);
    let json = |arguments: &[&str]| -> serde_json::Value {
        let (is_done, said) = run(arguments, "");
        assert!(is_done, "{said}");
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    };
    let added = json(&["add", "eve", "--json"]);
    assert_eq!((&added["name"], &added["role"]), (&"eve".into(), &"operator".into()), "{added}");
    assert_eq!(added["password"].as_str().map(str::len), Some(24), "{added}");
    assert_ne!(json(&["password", "eve", "--json"])["password"], added["password"]);
    let changed = json(&["change", "eve", "--disable", "--json"]);
    assert_eq!(
        (&changed["disabled"], &changed["password"]),
        (&true.into(), &serde_json::Value::Null)
    );
    assert_eq!(json(&["remove", "eve", "--json"])["removed"], serde_json::Value::Bool(true));
    assert!(run(&["remove", "bo"], "").0 && !run(&["remove", "bo"], "").0);
    // A server is named, also one whose store is elsewhere.
    let mut named = kaipiao();
    named.args(["console-user", "list", "--server", &server.home, "--data", "/nowhere"]);
    assert!(text(&named.output().unwrap()).starts_with("amy  operator\n"));
    server.stop();
    assert!(!run(&["list"], "").1.contains("bo "));
}

#[test]
fn root_makes_nothing_in_a_data_folder_that_is_anothers() {
    const NOBODY: u32 = 65_534;
    let directory = tempfile::tempdir().unwrap();
    let (data, settings) = (directory.path().join("data"), directory.path().join("kaipiao.toml"));
    std::fs::write(&settings, "").unwrap();
    std::fs::create_dir(&data).unwrap();
    if std::os::unix::fs::chown(&data, Some(NOBODY), None).is_err() {
        // Who is not root cannot give a folder away, and is not let into one by its owner either.
        std::fs::set_permissions(&data, Permissions::from_mode(0o500)).unwrap();
        assert!(!console_user(&data, &settings, &["add", "amy"], "").0);
        return;
    }
    for arguments in [&["add", "amy"][..], &["list"]] {
        let (is_done, said) = console_user(&data, &settings, arguments, "");
        assert!(!is_done && said.contains("data belongs to nobody, and this is root"), "{said}");
        assert!(said.contains("runuser -u nobody -- kaipiao"), "{said}");
    }
    let served = kaipiao().args(["serve", "--data"]).arg(&data).output().unwrap();
    assert!(!served.status.success() && text(&served).contains("runuser -u nobody"));
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0, "nothing is left there");
    // What its owner has made is the owner's, whoever's the folder is.
    std::os::unix::fs::chown(&data, Some(0), None).unwrap();
    assert!(console_user(&data, &settings, &["add", "amy"], "").0);
    std::os::unix::fs::chown(data.join("kaipiao.sqlite3"), Some(NOBODY), None).unwrap();
    let (is_done, said) = console_user(&data, &settings, &["list"], "");
    assert!(!is_done && said.contains("kaipiao.sqlite3 belongs to nobody"), "{said}");
}
