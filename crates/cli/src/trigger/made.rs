//! What was made on the way, as it is printed.

use crate::outcome::Outcome;
use serde_json::{Map, Value};
use std::fmt::Write;

/// Names and values, in the order in which they were made.
#[derive(Clone, Default)]
pub(super) struct Made(Vec<(&'static str, Value)>);

impl Made {
    pub(super) fn add(&mut self, name: &'static str, value: impl Into<Value>) {
        self.0.push((name, value.into()));
    }

    /// A table for people, an object for programs.
    pub(super) fn outcome(self, as_json: bool) -> Outcome {
        if as_json {
            let object: Map<String, Value> =
                self.0.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            return Outcome::well(Value::Object(object).to_string() + "\n");
        }
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for (name, value) in self.0 {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ = writeln!(text, "{name:width$}  {value}");
        }
        Outcome::well(text)
    }
}
