//! updatestatus: a platform says what has become of an invoice elsewhere (wire_facts 1.1).

use crate::object::Object;
use crate::reimbursement::read_invoice::read_card_id;
use kaipiao_domain::people::card::CardId;
use kaipiao_domain::reimbursement::card_status::ReimburseStatus;
use kaipiao_domain::{Refusal, text};

/// What updatestatus asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusUpdate {
    /// The template.
    pub card_id: CardId,
    /// The card's code, as it was sent: it may be none.
    pub code: String,
    /// Where the invoice stands.
    pub told: ReimburseStatus,
}

/// Reads the body: 72031 where a member is missing or the status is unknown, 40073 where card_id is none.
pub fn read(object: &Object<'_>) -> Result<StatusUpdate, Refusal> {
    let card_id = read_card_id(object)?;
    let code = object.required_text("code")?.trim().to_owned();
    let name = object.required_text("reimburse_status")?;
    let told = ReimburseStatus::from_name(name.trim()).ok_or_else(|| {
        let names = ReimburseStatus::ALL.map(ReimburseStatus::name).join(", ");
        let problem = format!("must be one of {names}, not {}", text::quoted(&name));
        Refusal::invalid("reimburse_status", problem)
    })?;
    Ok(StatusUpdate { card_id, code, told })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_a_number_and_what_is_wrong_is_named() {
        let read = |body: &str| {
            let object = Object::read(body.as_bytes(), None).unwrap();
            read(&object).map_err(|refusal| refusal.to_string())
        };
        let card = r#""card_id":"pjZ8Yt9WoOePThU0NfUKz5-tBEWU""#;
        let update = read(&format!(
            r#"{{{card},"code":186921658591,"reimburse_status":"INVOICE_REIMBURSE_CANCEL"}}"#
        ));
        let update = update.unwrap();
        assert_eq!((&*update.code, update.told), ("186921658591", ReimburseStatus::Cancel));
        for (body, words) in [
            ("{}".to_owned(), "card_id is empty"),
            (r#"{"card_id":"x"}"#.to_owned(), "invalid card id"),
            (format!("{{{card}}}"), "code is empty"),
            (format!(r#"{{{card},"code":"1"}}"#), "reimburse_status is empty"),
            (
                format!(r#"{{{card},"code":"1","reimburse_status":"CANCEL"}}"#),
                "INVOICE_REIMBURSE_CANCEL, not \"CANCEL\"",
            ),
        ] {
            let found = read(&body).unwrap_err();
            assert!(found.contains(words), "{body}: {found}");
        }
    }
}
