//! Other programs.

use crate::failures::Failures;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

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

/// Runs checks to their end, which must be a good one. What they print is passed on at once; if they fail, the error ends
/// in what failed, so that nobody need look for it in thousands of lines.
pub(crate) fn run_checks(command: &mut Command) -> Outcome {
    let shown = format!("{command:?}");
    let describe = |error| format!("{shown}: {error}");
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(describe)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let failures = std::thread::scope(|scope| {
        let stderr = scope.spawn(|| pass_on(stderr.expect("it is piped"), std::io::stderr()));
        let mut failures = pass_on(stdout.expect("it is piped"), std::io::stdout());
        failures.append(stderr.join().expect("it ends with the program"));
        failures
    });
    match child.wait().map_err(describe)? {
        status if status.success() => Ok(()),
        status => Err(format!("{shown}: {status}{failures}")),
    }
}

/// Copies lines until there are no more, and looks for failures in them.
fn pass_on(from: impl Read, mut to: impl Write) -> Failures {
    let (mut from, mut failures, mut line) =
        (BufReader::new(from), Failures::default(), Vec::new());
    while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        failures.read(String::from_utf8_lossy(&line).trim_end());
        // Whoever listened has gone; the tests go on.
        let _ = to.write_all(&line);
        line.clear();
    }
    failures
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
