//! The kit of section 5 (clients/android).

use crate::command::{Outcome, run};
use std::path::Path;
use std::process::Command;

/// Builds it, so that all that it and its tests need is on this machine: they run without the network.
pub(crate) fn prepare(root: &Path) -> Outcome {
    let mut maven = Command::new("mvn");
    maven.args(["--batch-mode", "--quiet", "package", "-DskipTests"]);
    run(maven.current_dir(root.join("clients/android")))
}
