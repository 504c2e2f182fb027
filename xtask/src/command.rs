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

/// Whether a program can be started.
pub(crate) fn is_there(program: &str) -> bool {
    // Whatever it says to that: poppler's programs call it `-v`, and complain.
    Command::new(program).arg("--version").output().is_ok()
}

/// Installs packages of Debian's, or says which.
pub(crate) fn apt_get(packages: &[&str]) -> Outcome {
    println!("installing {}", packages.join(" "));
    let all = packages.join(" ");
    run(Command::new("apt-get").args(["update", "-qq"]))
        .and_then(|()| run(Command::new("apt-get").args(["install", "-y", "-qq"]).args(packages)))
        .map_err(|why| format!("install {all} by hand: {why}"))
}
