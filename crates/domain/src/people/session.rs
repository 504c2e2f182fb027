//! A session: somebody is known to sit before a browser, until it ends.

use crate::people::user::UserId;

/// A user's session in one browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Random: two sessions of a user are never the same.
    pub id: [u8; 12],
    /// The user.
    pub user: UserId,
    /// Its end in real time, unix seconds.
    pub expires_s: i64,
}
