//! What failed, among all that tests print: Rust's panics and names, Python's names, the compiler's errors.

use std::fmt;

/// As many lines are kept; a broken build fails everywhere.
const MOST_LINES: usize = 60;
/// So much of a line is kept, in characters: an assertion may print whole documents.
const LONGEST: usize = 400;
/// A panic's message is on the lines that follow its place.
const AFTER_PANIC: usize = 3;

/// Lines that tell what failed, in the order in which they were printed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Failures {
    lines: Vec<String>,
    /// So many further lines belong to a panic.
    of_panic: usize,
    /// Whether names of tests follow.
    in_names: bool,
}

impl Failures {
    /// Keeps a line that tells of a failure.
    pub(crate) fn read(&mut self, line: &str) {
        if is_panic(line) {
            self.of_panic = AFTER_PANIC + 1;
        }
        if self.of_panic > 0 {
            self.of_panic -= 1;
            return self.keep(line);
        }
        match line {
            "failures:" => self.in_names = true,
            _ if self.in_names && line.starts_with("    ") => self.keep(line),
            "" => {}
            _ => {
                self.in_names = false;
                if ["error", "FAIL: ", "ERROR: "].iter().any(|start| line.starts_with(start)) {
                    self.keep(line);
                }
            }
        }
    }

    fn keep(&mut self, line: &str) {
        if self.lines.len() < MOST_LINES && !line.is_empty() {
            self.lines.push(line.chars().take(LONGEST).collect());
        }
    }

    /// What another stream of the same program told.
    pub(crate) fn append(&mut self, other: Self) {
        self.lines.extend(other.lines);
    }
}

/// `thread 'name' (number) panicked at place:`
fn is_panic(line: &str) -> bool {
    line.starts_with("thread '") && line.contains(" panicked at ")
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        let mut failures = Failures::default();
        text.lines().for_each(|line| failures.read(line));
        failures.to_string()
    }

    #[test]
    fn a_rust_test_is_named_with_its_panic() {
        let printed = "running 2 tests\ntest a::good ... ok\ntest a::bad ... FAILED\n\nfailures:\n\n---- a::bad stdout ----\n\n\
            thread 'a::bad' (7) panicked at tests/a.rs:1:2:\nassertion failed\n  left: 1\n right: 2\nnote: run with\n\n\n\
            failures:\n    a::bad\n\ntest result: FAILED. 1 passed; 1 failed\n";
        let kept = "\n  thread 'a::bad' (7) panicked at tests/a.rs:1:2:\n  assertion failed\n    left: 1\n   right: 2\n      a::bad";
        assert_eq!(of(printed), kept);
    }

    #[test]
    fn what_python_and_the_compiler_call_errors_is_kept() {
        assert_eq!(
            of("ok\nFAIL: test_a (b.C)\nerror[E0001]: x\n"),
            "\n  FAIL: test_a (b.C)\n  error[E0001]: x"
        );
    }

    #[test]
    fn few_and_short_lines_are_kept() {
        let long = format!("error {}\n", "x".repeat(5_000)).repeat(500);
        assert_eq!(of(&long).len(), MOST_LINES * (LONGEST + 3));
    }
}
