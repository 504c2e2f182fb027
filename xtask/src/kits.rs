//! The kits of `clients/`: what their own tools check, and their way through a running server.

use crate::command::{Outcome, run};
use std::path::Path;
use std::process::Command;

/// What the mini program's kit is compiled with: TypeScript, and the types that WeChat publishes for mini programs.
pub const NODE_PACKAGES: &[&str] = &["miniprogram-api-typings@5.2.3", "typescript@7.0.2"];

/// clients/miniprogram: its tests in Node, its types, and section 3 in a browser. `npm`: where the packages are.
pub fn mini_program(root: &Path, npm: &Path) -> Outcome {
    let kit = root.join("clients/miniprogram");
    run(Command::new("node").arg("--test").current_dir(&kit))?;
    let modules = npm.join("node_modules");
    for project in ["browser", "miniprogram"] {
        let project = kit.join("test/types").join(project).with_extension("json");
        let mut compiler = Command::new(modules.join(".bin/tsc"));
        run(compiler.arg("--project").arg(project).arg("--typeRoots").arg(&modules))?;
    }
    let tests = ["test", "--locked", "-p", "kaipiao-tests", "--test", "kits"];
    let section = ["--", "s03_mini_program::", "--test-threads=2"];
    run(Command::new(env!("CARGO")).args(tests).args(section).current_dir(root))
}
