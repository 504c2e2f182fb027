//! How an account wants its events written (wire_facts 3.1).

/// The form of an event's body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PushFormat {
    /// XML, as Official Accounts get it.
    #[default]
    Xml,
    /// JSON, as mini programs may ask for.
    Json,
}

impl PushFormat {
    /// Both forms.
    pub const ALL: [Self; 2] = [Self::Xml, Self::Json];

    /// Its name in settings and in the admin API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Json => "json",
        }
    }

    /// The form with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}
