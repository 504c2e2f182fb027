//! What companies' pages sign with a ticket: the picker's call, and the configuration of the page
//! (wire_facts 1.2, wire_facts 2.1).

use crate::delivery::push_crypto::is_signature;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

/// What stands among the signed values of chooseInvoice.
const INVOICE: &str = "INVOICE";

/// What a page calls chooseInvoice with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardSign {
    /// The company's account.
    pub appid: String,
    /// The page's unix seconds, as text.
    pub timestamp: String,
    /// The page's random text.
    pub nonce: String,
    /// The signature: 40 hexadecimal digits.
    pub signature: String,
}

impl CardSign {
    /// Whether it was signed with this ticket (`wx_card`): SHA-1 over the values in ASCII order, without
    /// separators.
    pub fn is_signed_with(&self, ticket: &str) -> bool {
        let Self { appid, timestamp, nonce, signature } = self;
        is_signature(&signature.to_ascii_lowercase(), &[ticket, appid, timestamp, nonce, INVOICE])
    }
}

/// What a page configures itself with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageConfig {
    /// The company's account.
    pub appid: String,
    /// The page's unix seconds, as text.
    pub timestamp: String,
    /// The page's random text.
    pub nonce: String,
    /// The page's address, without its fragment.
    pub url: String,
    /// The signature: 40 hexadecimal digits.
    pub signature: String,
}

impl PageConfig {
    /// Whether it was signed with this ticket (`jsapi`).
    pub fn is_signed_with(&self, ticket: &str) -> bool {
        let Self { timestamp, nonce, url, signature, appid: _ } = self;
        let wanted = page_signature(ticket, nonce, timestamp, url);
        wanted.as_bytes().ct_eq(signature.to_ascii_lowercase().as_bytes()).into()
    }
}

/// What a page signs its configuration with, by a ticket (`jsapi`).
pub fn page_signature(ticket: &str, nonce: &str, timestamp: &str, url: &str) -> String {
    let signed = format!("jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url}");
    base16ct::lower::encode_string(&Sha1::digest(signed))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ticket of section 1's sample.
    const TICKET: &str =
        "m7RQzjA_ljjEkt-JCoklRM5zrzYr-6PI09QydZmNXXz-opTqMv53aFj1ykRt_AOtvqidqZZsLhCDgwGC6nBDiA";

    #[test]
    fn the_vector_of_the_picker() {
        let sign = CardSign {
            appid: "wx0000000000000001".into(),
            timestamp: "1489030247".into(),
            nonce: "p6N7WOAF".into(),
            signature: "ede1ecb8da09125b75951b92b9a296a4e27d5fd4".into(),
        };
        assert!(sign.is_signed_with(TICKET));
        assert!(!sign.is_signed_with("another"));
        assert!(!CardSign { nonce: "p6N7WOAG".into(), ..sign }.is_signed_with(TICKET));
    }

    #[test]
    fn a_page_is_signed_with_its_address() {
        let config = PageConfig {
            appid: "wx0000000000000001".into(),
            timestamp: "1414587457".into(),
            nonce: "Wm3WZYTPz0wzccnW".into(),
            url: "http://mp.weixin.qq.com?params=value".into(),
            signature: "0f9de62fce790f9a083d5c99e95740ceb90c27ed".into(),
        };
        // The vector of the platform's own documentation.
        let ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg";
        assert!(config.is_signed_with(ticket));
        assert!(!PageConfig { url: "http://other".into(), ..config }.is_signed_with(ticket));
    }
}
