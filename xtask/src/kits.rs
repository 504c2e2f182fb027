//! The kits of mobile apps (clients/): each is built with its platform's tools and tried beside a real server.

use crate::android;
use crate::command::{Outcome, run};
use std::path::Path;
use std::process::Command;

/// Section 4's: gcc and GNUstep.
pub(crate) fn ios(root: &Path) -> Outcome {
    tests(root, "s04_ios")
}

/// Section 5's: Maven and Robolectric.
pub(crate) fn android(root: &Path) -> Outcome {
    android::prepare(root)?;
    tests(root, "s05_android")
}

/// The tests of that name build their kit themselves.
fn tests(root: &Path, stem: &str) -> Outcome {
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--locked", "-p", "kaipiao-tests", "--test", "kits", "--", stem]);
    run(command.current_dir(root))
}
