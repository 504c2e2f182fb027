//! What a client sends to get an access token.

/// A request for an access token. Appid and secret are unchecked texts.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The account's appid.
    pub appid: String,
    /// The account's AppSecret.
    pub secret: String,
    /// Whether the old token ends at once (stable_token only).
    pub force_refresh: bool,
}
