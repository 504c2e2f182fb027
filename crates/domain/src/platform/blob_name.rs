//! Names of files that lie beside the store.

use core::fmt;

/// A file's name: 1 to 128 of `0-9a-z-_`. It is the same text in a folder and in an object store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobName(String);

impl BlobName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 128;

    /// Checks a name; None: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'-' | b'_');
        let fits = (1..=Self::MAX_BYTES).contains(&text.len());
        (fits && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_out_of_no_folder() {
        assert!(BlobName::parse("wx6b61697069616f31-3015806758683707").is_some());
        let longest = "a".repeat(BlobName::MAX_BYTES);
        assert!(BlobName::parse(&longest).is_some());
        for bad in ["", "..", "a/b", "a.pdf", "A", "中", " ", "a\0", &format!("{longest}a")] {
            assert_eq!(BlobName::parse(bad), None, "{bad:?}");
        }
    }
}
