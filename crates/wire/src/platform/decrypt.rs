//! /card/code/decrypt: the code behind an encrypt_code (wire_facts 1.1).

use crate::answer;
use crate::object::Object;
use kaipiao_domain::Refusal;
use kaipiao_domain::people::card::CardCode;
use serde::Serialize;

/// Reads `encrypt_code`: 72031 where it is missing.
pub fn read(object: &Object<'_>) -> Result<String, Refusal> {
    Ok(object.required_text("encrypt_code")?.into_owned())
}

/// Writes the answer.
pub fn write(code: &CardCode) -> String {
    #[derive(Serialize)]
    struct Answer<'a> {
        code: &'a str,
    }
    answer::ok_with(&Answer { code: code.as_str() })
}
