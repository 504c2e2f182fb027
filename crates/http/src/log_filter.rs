//! What the layer above lets operators change of the process's log.

/// What says which lines a process logs.
pub trait LogFilter: Send + Sync + 'static {
    /// As it was set last: a level, or targets with levels.
    fn current(&self) -> String;

    /// Sets it from now on. An error says what is wrong with it, and nothing has changed.
    fn set(&self, filter: &str) -> Result<(), String>;
}
