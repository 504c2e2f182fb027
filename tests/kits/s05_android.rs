//! The kit of section 5 (clients/android), and an app that calls it as the section's sample does.

use crate::phone::{self, VARIABLE};
use kaipiao_tests::TestServer;
use std::path::Path;
use std::process::Command;

/// Maven compiles the kit and the app, and runs the app's own tests under Robolectric.
#[test]
fn an_android_app_is_told_what_its_user_has_decided() {
    let kit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients/android");
    let mut maven = Command::new("mvn");
    maven.args(["--batch-mode", "--quiet", "--offline", "test"]).current_dir(kit);
    let server = TestServer::start();
    let output = phone::beside(&server, |phone| maven.env(VARIABLE, phone).output());
    let output = output.expect("maven is installed: cargo xtask test does it");
    let said = String::from_utf8_lossy(&output.stdout);
    let hint = "What it lacks offline, cargo xtask kits downloads";
    assert!(output.status.success(), "{hint}.\n{said}");
}
