//! What was made on the way, as it is printed.

use crate::outcome::Outcome;
use crate::terminal::harmless;
use crate::trigger::event::Event;
use serde_json::Value;
use std::fmt::Write;

/// Names and values, in the order in which they were made.
#[derive(Clone, Default)]
pub(super) struct Made {
    all: Vec<(&'static str, Value)>,
    /// A receiver has refused what was sent, or something became other than it should.
    is_unwell: bool,
}

impl Made {
    pub(super) fn add(&mut self, name: &'static str, value: impl Into<Value>) {
        self.all.push((name, value.into()));
    }

    /// Says that not all is as it was wanted: exit code 1.
    pub(super) fn unwell(&mut self) {
        self.is_unwell = true;
    }

    /// Names the event first.
    pub(super) fn of(mut self, event: Event) -> Self {
        self.all.insert(0, ("event", event.name().into()));
        self
    }

    /// A table for people, an object for programs.
    pub(super) fn outcome(self, as_json: bool) -> Outcome {
        let is_well = !self.is_unwell;
        let text = if as_json { self.json() } else { self.table() };
        Outcome { is_well, ..Outcome::well(text) }
    }

    fn json(self) -> String {
        let members = self.all.into_iter().map(|(name, value)| (name.to_owned(), value));
        Value::Object(members.collect()).to_string() + "\n"
    }

    fn table(self) -> String {
        let width = self.all.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for (name, value) in self.all {
            // What others have written, as a value within a line.
            let value = value.as_str().map_or_else(|| value.to_string(), harmless);
            let _ = writeln!(text, "{name:width$}  {value}");
        }
        text
    }
}
