//! A change of the schema.

/// A file of `migrations/`. Never edit one that was released: add the next.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Counted up from 1.
    pub number: i32,
    /// What it does.
    pub sql: &'static str,
    /// The newest migration that a program must know to work with this one applied.
    pub oldest_program: i32,
}
