//! What a series must have seen acknowledged, or refused for its reason: of whatever never happened it proves nothing.

use std::fmt;
use std::ops::AddAssign;
use std::sync::Mutex;

/// A kind of what clients ask for besides orders and payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A platform has made a template.
    Template,
    /// It has uploaded a PDF.
    Upload,
    /// It has inserted an invoice.
    Insert,
    /// It was told that an order has its card: 72056.
    OrderHasCard,
    /// It was told that a number is in a wallet: 72042.
    NumberIsTaken,
    /// It has cancelled a card.
    Cancel,
    /// A company has locked a card.
    Lock,
    /// It was told that another one has it: 72023.
    LockedByOther,
    /// It has let go of one.
    Unlock,
    /// It has written one off.
    Close,
    /// A user has taken over a title that an account offers.
    SaveTitle,
    /// They have changed one.
    ChangeTitle,
    /// They have deleted one.
    RemoveTitle,
    /// They have picked one for an account.
    PickTitle,
    /// A shop has scanned one.
    ScanTitle,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Template,
        Self::Upload,
        Self::Insert,
        Self::OrderHasCard,
        Self::NumberIsTaken,
        Self::Cancel,
        Self::Lock,
        Self::LockedByOther,
        Self::Unlock,
        Self::Close,
        Self::SaveTitle,
        Self::ChangeTitle,
        Self::RemoveTitle,
        Self::PickTitle,
        Self::ScanTitle,
    ];
}

/// How often each kind has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds([usize; Kind::ALL.len()]);

impl Kinds {
    /// One more.
    pub fn note(&mut self, kind: Kind) {
        self.0[kind as usize] += 1;
    }

    /// Those that have never happened.
    pub fn missing(&self) -> Vec<Kind> {
        Kind::ALL.into_iter().filter(|kind| self.0[*kind as usize] == 0).collect()
    }
}

impl AddAssign for Kinds {
    fn add_assign(&mut self, other: Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = Kind::ALL.into_iter().zip(self.0);
        let each: Vec<_> = each.map(|(kind, count)| format!("{kind:?} {count}")).collect();
        f.write_str(&each.join(", "))
    }
}

/// They are counted by clients that play at the same time.
#[derive(Default)]
pub struct Counted(Mutex<Kinds>);

impl Counted {
    /// One more.
    pub fn note(&self, kind: Kind) {
        self.0.lock().unwrap().note(kind);
    }

    /// So far.
    pub fn so_far(&self) -> Kinds {
        *self.0.lock().unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_happened_is_named() {
        let mut kinds = Kinds::default();
        assert_eq!(kinds.missing(), Kind::ALL);
        for kind in Kind::ALL {
            if kind != Kind::ScanTitle {
                kinds.note(kind);
            }
        }
        assert_eq!(kinds.missing(), [Kind::ScanTitle]);
    }
}
