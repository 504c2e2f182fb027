//! Sandbox or production.

use kaipiao_app::start::Mode;
use serde::Deserialize;

/// See [`Mode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModeName {
    /// See [`Mode::Sandbox`].
    Sandbox,
    /// See [`Mode::Production`].
    Production,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Sandbox => Self::Sandbox,
            ModeName::Production => Self::Production,
        }
    }
}
