//! An appid within a signed text: its 16 hexadecimal digits as 8 bytes.

use kaipiao_domain::access::account::AppId;

pub(crate) fn appid_bytes(appid: &AppId) -> [u8; 8] {
    let mut bytes = [0; 8];
    base16ct::lower::decode(&appid.as_str()[2..], &mut bytes).expect("an AppId has 16 hex digits");
    bytes
}

pub(crate) fn appid_from_bytes(bytes: [u8; 8]) -> Option<AppId> {
    AppId::parse(&format!("wx{}", base16ct::lower::encode_string(&bytes)))
}
