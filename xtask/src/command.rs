//! Other programs.

use std::process::Command;

/// Why something was not done, for people.
pub(crate) type Outcome = Result<(), String>;

/// Runs a program to its end, which must be a good one.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let shown = format!("{command:?}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{shown}: {status}")),
        Err(error) => Err(format!("{shown}: {error}")),
    }
}
