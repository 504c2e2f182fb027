//! What a card is of: an invoice, or a fiscal receipt.

/// What a card is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CardKind {
    /// An invoice.
    Invoice,
    /// A bill: the fiscal receipt of a public body, for a fee that is no tax (wire_facts 1.4).
    Bill,
}

impl CardKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Invoice, Self::Bill];

    /// Its name in links, in the admin API and in refusals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::Bill => "bill",
        }
    }

    /// The kind with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for kind in CardKind::ALL {
            assert_eq!(CardKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(CardKind::from_name(""), None);
    }
}
