//! What a client sends to get an access token, or without one.

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

/// Who says to be an account, and its secret. Both are unchecked texts.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretClaim {
    /// The account's appid.
    pub appid: String,
    /// The account's AppSecret.
    pub secret: String,
}
