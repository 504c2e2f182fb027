//! The document at `/openapi.json`: schemathesis calls what it describes, and a client that is generated from it compiles.

use crate::command::{Outcome, run_checks};
use std::path::Path;
use std::process::Command;

/// What makes types of the document. It stands on TypeScript 5's interface, which the compiler of [`crate::kits`] has not,
/// so both are in a folder of their own.
pub(crate) const NODE_PACKAGES: &[&str] = &["openapi-typescript@7.13.0", "typescript@5.9.3"];

/// What calls the server, and what knows OpenAPI's own specification.
pub(crate) const REQUIREMENTS: &str = "tests/openapi/requirements.txt";

/// The folder of the former, among what is built.
pub(crate) fn npm(target: &Path) -> std::path::PathBuf {
    target.join("npm-openapi")
}

/// Tries the document beside the binary that is built.
pub(crate) fn check(root: &Path, target: &Path, python: &Path) -> Outcome {
    run_checks(
        Command::new(python)
            .args(["-m", "unittest", "discover", "-v", "-s", "tests/openapi"])
            .env("KAIPIAO_BINARY", target.join("debug/kaipiao"))
            .env("KAIPIAO_NPM", target.join("npm"))
            .env("KAIPIAO_OPENAPI_TYPESCRIPT", npm(target))
            // The server of the SDK's tests is this one's too.
            .env("PYTHONPATH", root.join("tests/sdk"))
            .current_dir(root),
    )
}
