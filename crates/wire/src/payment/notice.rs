//! Notices to `notify_url` (wire_facts 5.2).

use crate::payment::order_query::{charged_fields, paid_fields, sub_merchant_fields};
use crate::payment::pay_answer::{Fields, done, understood};
use crate::payment::pay_request::PayRequest;
use crate::payment::pay_time;
use crate::payment::refunds::{RECEIVER, SOURCE, transaction_id};
use aes::Aes256;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaipiao_domain::payment::payments::{Paid, Payment};
use kaipiao_domain::payment::refund::Refund;
use md5::{Digest, Md5};

/// The notice of a payment that was made, signed as the payment was asked for.
pub fn of_payment(payment: &Payment, paid: &Paid, key: &str, nonce_str: &str) -> String {
    let request = &payment.request;
    let begin = understood(request.appid.as_str(), payment.mchid.as_str(), nonce_str)
        .and(sub_merchant_fields(payment));
    let fields = match &request.contract_id {
        None => begin
            .text("sign_type", payment.sign_type.as_str())
            .and(done())
            .and(paid_fields(payment, paid)),
        Some(contract_id) => begin.and(done()).and(charged_fields(payment, paid, contract_id)),
    };
    fields.signed(key, payment.sign_type)
}

/// The notice of a refund that was made: unsigned, what matters in it encrypted.
pub fn of_refund(payment: &Payment, refund: &Refund, key: &str, nonce_str: &str) -> String {
    let request = &refund.request;
    let secret = Fields::default()
        .text("transaction_id", transaction_id(payment))
        .text("out_trade_no", refund.out_trade_no.as_str())
        .text("refund_id", refund.refund_id.clone())
        .text("out_refund_no", request.out_refund_no.as_str())
        .number("total_fee", request.total_fee_fen)
        .number("settlement_total_fee", request.total_fee_fen)
        .number("refund_fee", request.refund_fee_fen)
        .number("settlement_refund_fee", request.refund_fee_fen)
        .text("refund_status", "SUCCESS")
        .text("success_time", pay_time::write_with_signs(refund.at))
        .text("refund_recv_accout", RECEIVER)
        .text("refund_account", SOURCE)
        .text("refund_request_source", "API")
        .in_element("root");
    let fields = Fields::default()
        .text("return_code", "SUCCESS")
        .text("appid", payment.request.appid.as_str())
        .text("mch_id", payment.mchid.as_str())
        .and(sub_merchant_fields(payment))
        .text("nonce_str", nonce_str);
    fields.text("req_info", encrypted(&secret, key)).unsigned()
}

/// What a refund's notice hides in its `req_info`: an XML text of its own (wire_facts 5.2). An error says why the key
/// does not open it; nothing else shows that a notice is WeChat Pay's, since a refund's is unsigned.
pub fn open_refund(req_info: &str, key: &str) -> Result<String, &'static str> {
    let mut bytes = STANDARD.decode(req_info.trim()).map_err(|_| "req_info is not base64")?;
    if bytes.is_empty() || bytes.len() % 16 != 0 {
        return Err("req_info is not whole blocks");
    }
    let cipher = cipher(key);
    for block in bytes.chunks_exact_mut(16) {
        cipher.decrypt_block(<&mut Array<u8, _>>::try_from(block).expect("16 bytes"));
    }
    let not_opened = "the pay merchant's key does not open req_info";
    let padding = bytes.last().map_or(0, |last| usize::from(*last));
    if !(1..=16).contains(&padding) {
        return Err(not_opened);
    }
    let filling = bytes.split_off(bytes.len() - padding);
    if filling.iter().any(|byte| usize::from(*byte) != padding) {
        return Err(not_opened);
    }
    let text = String::from_utf8(bytes).map_err(|_| not_opened)?;
    let is_refund =
        PayRequest::read(text.as_bytes()).is_ok_and(|members| !members.get("refund_id").is_empty());
    is_refund.then_some(text).ok_or(not_opened)
}

/// AES-256, the key being the small hexadecimal MD5 of the pay merchant's.
fn cipher(key: &str) -> Aes256 {
    let key = base16ct::lower::encode_string(&Md5::digest(key));
    Aes256::new_from_slice(key.as_bytes()).expect("an MD5 has 32 digits")
}

/// ECB with PKCS#7.
fn encrypted(text: &str, key: &str) -> String {
    let cipher = cipher(key);
    let mut bytes = text.as_bytes().to_vec();
    let padding = 16 - bytes.len() % 16;
    let filled = u8::try_from(padding).expect("at most 16");
    bytes.resize(bytes.len() + padding, filled);
    for block in bytes.chunks_exact_mut(16) {
        cipher.encrypt_block(<&mut Array<u8, _>>::try_from(block).expect("16 bytes"));
    }
    STANDARD.encode(bytes)
}

/// Whether the receiver says that it has a notice: only the XML with return_code SUCCESS does.
pub fn is_acknowledged(body: &[u8]) -> bool {
    PayRequest::read(body).is_ok_and(|answer| answer.get("return_code") == "SUCCESS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_success_xml_acknowledges() {
        let yes = "<xml><return_code><![CDATA[SUCCESS]]></return_code>\
                   <return_msg><![CDATA[OK]]></return_msg></xml>";
        assert!(is_acknowledged(yes.as_bytes()));
        assert!(is_acknowledged(b"<xml>\n<return_code>SUCCESS</return_code>\n</xml>\n"));
        let fail = b"<xml><return_code>FAIL</return_code></xml>";
        for no in [&b"success"[..], b"", b"SUCCESS", fail, b"<xml><return_code>SUCCESS</xml>"] {
            assert!(!is_acknowledged(no), "{}", String::from_utf8_lossy(no));
        }
    }

    #[test]
    fn what_matters_in_a_refunds_notice_is_encrypted_as_published() {
        // openssl enc -aes-256-ecb -K <hex of md5("key") in hex> -a
        assert_eq!(encrypted("<root></root>", "192006250b4c09247ec02edce69f6a2d"), EXPECTED);
    }

    #[test]
    fn a_refunds_notice_is_opened_by_its_key_alone() {
        let text = "<root><refund_id>5</refund_id></root>";
        let sent = encrypted(text, "key");
        assert_eq!(open_refund(&sent, "key").as_deref(), Ok(text));
        let other = open_refund(&sent, "another");
        assert_eq!(other, Err("the pay merchant's key does not open req_info"));
        assert_eq!(open_refund("x", "key"), Err("req_info is not base64"));
        for cut in ["", "AAAA"] {
            assert_eq!(open_refund(cut, "key"), Err("req_info is not whole blocks"));
        }
        for (forged, why) in [("<root></root>", "no refund"), ("", "nothing"), ("x", "no XML")] {
            assert!(open_refund(&encrypted(forged, "key"), "key").is_err(), "{why}");
        }
    }

    const EXPECTED: &str = "mSws7ojVyPgLKrjxnJsjcg==";
}
