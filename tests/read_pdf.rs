//! What `kaipiao read-pdf` does, for servers that run within a test.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::process::ExitCode;

fn main() -> ExitCode {
    kaipiao_cli::read_pdf()
}
