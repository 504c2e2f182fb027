//! The kits of `clients/`: each is built with its platform's tools and tried beside a real server.

use crate::command::{Outcome, run};
use std::path::Path;
use std::process::Command;

/// What building iOS' takes besides programs, by its place, and the Debian package that has each.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("/usr/include/GNUstep/Foundation/Foundation.h", "libgnustep-base-dev"),
    ("/usr/share/doc/gobjc", "gobjc"),
];

/// What section 3's is compiled with: TypeScript, and the types that WeChat publishes for mini programs.
pub(crate) const NODE_PACKAGES: &[&str] = &["miniprogram-api-typings@5.2.3", "typescript@7.0.2"];

/// Section 3's: its tests in Node, its types, and its way in a browser. `npm`: where the packages are.
pub(crate) fn mini_program(root: &Path, npm: &Path) -> Outcome {
    let kit = root.join("clients/miniprogram");
    run(Command::new("node").arg("--test").current_dir(&kit))?;
    let modules = npm.join("node_modules");
    for project in ["browser", "miniprogram"] {
        let project = kit.join("test/types").join(project).with_extension("json");
        let mut compiler = Command::new(modules.join(".bin/tsc"));
        run(compiler.arg("--project").arg(project).arg("--typeRoots").arg(&modules))?;
    }
    tests(root, "s03_mini_program")
}

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
