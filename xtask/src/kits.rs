//! The kits of `clients/`: what their platforms' own tools check, and what building them takes. Their ways through a running
//! server are tests of `tests/kits`, which build the kits that they drive.

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

/// Section 3's: its tests in Node, and its types. `npm`: where the packages are.
pub(crate) fn check_mini_program(root: &Path, npm: &Path) -> Outcome {
    let kit = root.join("clients/miniprogram");
    run(Command::new("npm").arg("test").current_dir(&kit))?;
    let modules = npm.join("node_modules");
    for project in ["browser", "miniprogram"] {
        let project = kit.join("test/types").join(project).with_extension("json");
        let mut compiler = Command::new(modules.join(".bin/tsc"));
        run(compiler.arg("--project").arg(project).arg("--typeRoots").arg(&modules))?;
    }
    Ok(())
}

/// Builds section 5's with Maven, so that all that it and its tests need is on this machine: they run without the network.
pub(crate) fn prepare_android(root: &Path) -> Outcome {
    let mut maven = Command::new("mvn");
    maven.args(["--batch-mode", "--quiet", "package", "-DskipTests"]);
    run(maven.current_dir(root.join("clients/android")))
}
