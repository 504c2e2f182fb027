//! Passwords of the console's users, as they are kept: Argon2id, in PHC strings.

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use kaipiao_domain::access::console_user::PasswordHash;

/// What OWASP's Password Storage Cheat Sheet names first for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes a password. `salt` must be random. It takes 19 MiB and some ten milliseconds: not for a thread that others
/// wait for.
pub fn hash(password: &str, salt: [u8; 16]) -> PasswordHash {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("they are within bounds");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: phc::PasswordHash = argon2
        .hash_password_with_salt(password.as_bytes(), &salt)
        .expect("any password fits, and the salt has its length");
    PasswordHash(hash.to_string())
}

/// Whether a hash is of this password. It costs as much as [`hash`], and compares in constant time.
pub fn is_password(hash: &PasswordHash, password: &str) -> bool {
    let Ok(hash) = phc::PasswordHash::new(&hash.0) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_again_and_nothing_else_is() {
        let kept = hash("correct horse 电池", [7; 16]);
        assert!(kept.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept.0);
        assert!(is_password(&kept, "correct horse 电池"));
        for wrong in ["", "correct horse", "Correct horse 电池", "correct horse 电池 "] {
            assert!(!is_password(&kept, wrong), "{wrong}");
        }
        assert_ne!(hash("correct horse 电池", [8; 16]), kept);
        for damaged in ["", "$argon2id$", "correct horse 电池"] {
            assert!(!is_password(&PasswordHash(damaged.to_owned()), "correct horse 电池"));
        }
    }
}
