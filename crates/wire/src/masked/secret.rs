//! Which members are secrets, by their names.

/// What stands in a secret's place.
pub const MASK: &str = "***";

/// Names that are secrets, in lower case without `_` and `-`.
const NAMES: [&str; 6] = ["key", "sign", "paysign", "authcode", "authorization", "cookie"];
/// How names of secrets end.
const ENDS: [&str; 8] =
    ["token", "secret", "ticket", "password", "aeskey", "signkey", "apikey", "signature"];
/// No name of a secret is longer.
const LONGEST: usize = 64;

/// Whether a member of that name is a secret.
pub(super) fn is_secret(name: &str) -> bool {
    if name.len() > LONGEST {
        return false;
    }
    let letters = name.chars().filter(|c| !matches!(c, '_' | '-' | ' '));
    let name: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    NAMES.contains(&&*name) || ENDS.iter().any(|end| name.ends_with(end))
}
