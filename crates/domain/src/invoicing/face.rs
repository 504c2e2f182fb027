//! How a merchant's invoices are numbered and look (spec/invoice_face.md).

/// What a merchant's invoices look like (invoice_face a).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Face {
    /// A 12-digit code, an 8-digit number and a 20-digit check code.
    Classic,
    /// Fully digital: a 20-digit number, no code, no check code.
    Digital,
}

impl Face {
    /// Every face.
    pub const ALL: [Self; 2] = [Self::Classic, Self::Digital];

    /// Its name in settings and in the admin API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Digital => "digital",
        }
    }

    /// What such an invoice is called, as it prints it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Classic => "增值税电子普通发票",
            Self::Digital => "电子发票（普通发票）",
        }
    }

    /// The face with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|face| face.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn face_names_read_back() {
        for face in Face::ALL {
            assert_eq!(Face::from_name(face.name()), Some(face));
        }
    }
}
