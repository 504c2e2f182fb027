//! What `kaipiao read-pdf` does, for servers that run within a test.

use std::process::ExitCode;

fn main() -> ExitCode {
    kaipiao_cli::read_pdf()
}
