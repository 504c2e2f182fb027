//! Buckets: what tables are partitioned by.

use sha2::{Digest, Sha256};

/// The bucket of an owner, 0 to 255: the first byte of its SHA-256, so that SQL can say it too:
/// `get_byte(sha256(convert_to(owner, 'UTF8')), 0)`.
pub(crate) fn bucket(owner: &str) -> i16 {
    i16::from(Sha256::digest(owner.as_bytes())[0])
}

/// The bucket that a push's or a job's number carries in its lowest 8 bits.
pub(crate) const fn bucket_of_number(number: i64) -> i16 {
    (number & 0xff) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_has_the_same_bucket_for_ever() {
        assert_eq!((bucket(""), bucket("wx6b61697069616f31")), (0xe3, 0x6d));
        assert_eq!(bucket_of_number(0x1234_56ff), 255);
    }
}
