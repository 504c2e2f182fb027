//! The server's key, and the keys that are derived from it: one per purpose, so that a text that
//! is signed for one purpose never passes for another.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

/// All derived keys of a server. Never printed: there is no Debug.
#[derive(Clone)]
pub struct Keys {
    token: [u8; 32],
    ticket: [u8; 32],
    link: [u8; 32],
    secret: [u8; 32],
    openid: [u8; 32],
    platform: [u8; 32],
    card: [u8; 32],
    seal: [u8; 32],
    session: [u8; 32],
    form: [u8; 32],
    console: [u8; 32],
    invoice: [u8; 32],
    check_code: [u8; 32],
    pay_sandbox: [u8; 32],
    payer_code: [u8; 32],
    media: [u8; 32],
    fingerprint: String,
}

/// In the sandbox openids, s_pappids and card_ids are the same on every machine, so that a test suite may
/// write them down. They are names there, not secrets.
const SANDBOX_IDENTITIES: &[u8] = b"kaipiao sandbox identities";

impl Keys {
    /// Derives the keys of a production server.
    pub fn derive(server_key: &[u8; 32]) -> Self {
        let key = |purpose: &str| sha256(server_key, &[purpose.as_bytes()]);
        Self {
            token: key("token"),
            ticket: key("ticket"),
            link: key("link"),
            secret: key("secret"),
            openid: key("openid"),
            platform: key("platform"),
            card: key("card"),
            seal: key("seal"),
            session: key("session"),
            form: key("form"),
            console: key("console"),
            invoice: key("invoice"),
            check_code: key("check code"),
            pay_sandbox: key("pay sandbox"),
            media: key("media"),
            payer_code: key("payer code"),
            fingerprint: URL_SAFE_NO_PAD.encode(&key("fingerprint")[..12]),
        }
    }

    /// Derives the keys of a sandbox: its identities are fixed.
    pub fn derive_sandbox(server_key: &[u8; 32]) -> Self {
        Self {
            openid: sha256(SANDBOX_IDENTITIES, &[b"openid"]),
            platform: sha256(SANDBOX_IDENTITIES, &[b"platform"]),
            card: sha256(SANDBOX_IDENTITIES, &[b"card"]),
            payer_code: sha256(SANDBOX_IDENTITIES, &[b"payer code"]),
            ..Self::derive(server_key)
        }
    }

    /// Names the server key without giving it away: a store remembers which key it was made with.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The keyed hash of an account's AppSecret.
    pub fn hash_secret(&self, appid: &str, secret: &str) -> [u8; 32] {
        sha256(&self.secret, &[appid.as_bytes(), b"\0", secret.as_bytes()])
    }

    /// Encrypts a secret that must be read again (AES-256-GCM). `owner` names whose it is: what is
    /// sealed for one owner opens for no other. `nonce` must be random.
    pub fn seal(&self, owner: &str, secret: &str, nonce: [u8; 12]) -> String {
        URL_SAFE_NO_PAD.encode(self.seal_bytes(owner, secret.as_bytes(), nonce))
    }

    /// Reads what [`Keys::seal`] wrote for that owner; None for anything else.
    pub fn unseal(&self, owner: &str, sealed: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        String::from_utf8(self.unseal_bytes(owner, &bytes)?).ok()
    }

    /// [`Keys::seal`], before it is text: the nonce, and what is encrypted.
    pub(crate) fn seal_bytes(&self, owner: &str, secret: &[u8], nonce: [u8; 12]) -> Vec<u8> {
        let payload = Payload { msg: secret, aad: owner.as_bytes() };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload);
        [&nonce[..], &sealed.expect("a short text can be encrypted")].concat()
    }

    /// Reads what [`Keys::seal_bytes`] wrote for that owner; None for anything else.
    pub(crate) fn unseal_bytes(&self, owner: &str, bytes: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = bytes.split_first_chunk::<12>()?;
        let payload = Payload { msg: sealed, aad: owner.as_bytes() };
        self.cipher().decrypt(&Nonce::from(*nonce), payload).ok()
    }

    fn cipher(&self) -> Aes256Gcm {
        <Aes256Gcm as KeyInit>::new(&self.seal.into())
    }

    pub(crate) fn token_mac(&self, claim: &[u8]) -> Hmac<Sha512> {
        let mut mac = Hmac::<Sha512>::new_from_slice(&self.token).expect("any key length fits");
        mac.update(claim);
        mac
    }

    pub(crate) fn ticket_mac(&self, claim: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.ticket).expect("any key length fits");
        mac.update(claim);
        mac
    }

    pub(crate) fn link_mac(&self, canonical: &str) -> Hmac<Sha1> {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.link).expect("any key length fits");
        mac.update(canonical.as_bytes());
        mac
    }

    pub(crate) fn session_mac(&self, claim: &[u8]) -> [u8; 32] {
        sha256(&self.session, &[claim])
    }

    pub(crate) fn console_mac(&self, claim: &[u8]) -> [u8; 32] {
        sha256(&self.console, &[claim])
    }

    pub(crate) fn form_mac(&self, session: &[u8]) -> [u8; 32] {
        sha256(&self.form, &[session])
    }

    pub(crate) fn invoice_mac(&self, claim: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.invoice).expect("any key length fits");
        mac.update(claim);
        mac
    }

    pub(crate) fn media_mac(&self, claim: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.media).expect("any key length fits");
        mac.update(claim);
        mac
    }

    /// The key that the built-in issuer makes check codes with.
    pub fn check_code_key(&self) -> [u8; 32] {
        self.check_code
    }

    /// The key that getsignkey gives to a pay merchant: 32 hexadecimal digits.
    pub fn pay_sandbox_key(&self, mchid: &str) -> String {
        base16ct::lower::encode_string(&sha256(&self.pay_sandbox, &[mchid.as_bytes()])[..16])
    }

    /// What a user's codes for payments without a page are made of.
    pub fn payer_code_mac(&self, purpose: &str, user: &str) -> [u8; 32] {
        sha256(&self.payer_code, &[purpose.as_bytes(), b"\0", user.as_bytes()])
    }

    pub(crate) fn openid_mac(&self, appid: &str, user: &str) -> [u8; 32] {
        sha256(&self.openid, &[appid.as_bytes(), b"\0", user.as_bytes()])
    }

    pub(crate) fn platform_mac(&self, appid: &str) -> [u8; 32] {
        sha256(&self.platform, &[appid.as_bytes()])
    }

    pub(crate) fn card_mac(&self, merchant: &str) -> [u8; 32] {
        sha256(&self.card, &[merchant.as_bytes()])
    }
}

fn sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length fits");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
pub(crate) fn test_keys() -> Keys {
    Keys::derive_sandbox(&[7; 32])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_has_its_own_key() {
        let keys = Keys::derive(&[1; 32]);
        let all = [
            keys.token,
            keys.ticket,
            keys.link,
            keys.secret,
            keys.openid,
            keys.platform,
            keys.card,
            keys.seal,
            keys.session,
            keys.form,
            keys.console,
            keys.invoice,
            keys.check_code,
            keys.pay_sandbox,
            keys.payer_code,
        ];
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn a_sealed_secret_opens_for_its_owner_only() {
        let keys = Keys::derive(&[1; 32]);
        let sealed = keys.seal("wx1", "秘密", [9; 12]);
        assert_eq!(keys.unseal("wx1", &sealed).as_deref(), Some("秘密"));
        assert_eq!(keys.unseal("wx2", &sealed), None);
        assert_eq!(Keys::derive(&[2; 32]).unseal("wx1", &sealed), None);
        assert_eq!(keys.unseal("wx1", &sealed[1..]), None);
        assert_eq!(keys.unseal("wx1", ""), None);
    }

    #[test]
    fn sandbox_identities_do_not_depend_on_the_server_key_and_production_ones_do() {
        let openid = |keys: Keys| keys.openid_mac("wx6b61697069616f31", "amy");
        assert_eq!(openid(Keys::derive_sandbox(&[1; 32])), openid(Keys::derive_sandbox(&[2; 32])));
        assert_ne!(openid(Keys::derive(&[1; 32])), openid(Keys::derive(&[2; 32])));
    }
}
