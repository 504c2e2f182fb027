//! The kits of mobile apps (clients/): each is built with its platform's tools and tried beside a real server.

use crate::command::{Outcome, run};
use std::path::Path;
use std::process::Command;

/// What building them takes besides programs, by its place, and the Debian package that has each.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("/usr/include/GNUstep/Foundation/Foundation.h", "libgnustep-base-dev"),
    ("/usr/share/doc/gobjc", "gobjc"),
];

/// Section 4's: gcc and GNUstep.
pub(crate) fn ios(root: &Path) -> Outcome {
    tests(root, "s04_app")
}

/// Section 5's: Maven and Robolectric. What they need is on the machine by then (`android::prepare`).
pub(crate) fn android(root: &Path) -> Outcome {
    tests(root, "s05_android")
}

/// The tests of that stem build their kit themselves.
fn tests(root: &Path, stem: &str) -> Outcome {
    let mut command = Command::new(env!("CARGO"));
    command.args("test --locked --workspace --test kits --".split(' ')).arg(stem);
    run(command.current_dir(root))
}
