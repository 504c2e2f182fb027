//! updateinvoicestatus and updatestatusbatch: what a company does with invoices (wire_facts 1.2).

use crate::object::Object;
use crate::reimbursement::read_invoice::{read_card, read_cards};
use kaipiao_domain::people::user::OpenId;
use kaipiao_domain::reimbursement::card_status::{CompanyAction, ReimburseStatus};
use kaipiao_domain::reimbursement::invoice_info::NamedCard;
use kaipiao_domain::{Refusal, text};

/// The status's member.
const STATUS: &str = "reimburse_status";
/// The same as the older documentation's sample prints it.
const STATUS_OF_THE_SAMPLE: &str = " reimburse_status";

/// Reads updateinvoicestatus.
pub fn read(object: &Object<'_>) -> Result<(CompanyAction, NamedCard), Refusal> {
    Ok((read_action(object)?, read_card(object)?))
}

/// Reads updatestatusbatch: whose invoices, which, and what becomes of them.
pub fn read_batch(object: &Object<'_>) -> Result<(OpenId, CompanyAction, Vec<NamedCard>), Refusal> {
    let openid = OpenId::from_checked(object.required_text("openid")?.into_owned());
    Ok((openid, read_action(object)?, read_cards(object, "invoice_list")?))
}

fn read_action(object: &Object<'_>) -> Result<CompanyAction, Refusal> {
    let name = match object.text(STATUS)? {
        name if name.is_empty() => object.text(STATUS_OF_THE_SAMPLE)?,
        name => name,
    };
    let status = ReimburseStatus::from_name(name.trim());
    status.and_then(CompanyAction::to_reach).ok_or_else(|| {
        let names = ReimburseStatus::ALL.into_iter();
        let names = names.filter(|status| CompanyAction::to_reach(*status).is_some());
        let names = names.map(ReimburseStatus::name).collect::<Vec<_>>().join(", ");
        match name.is_empty() {
            true => Refusal::invalid(STATUS, format!("is empty, it is one of {names}")),
            false => {
                let problem = format!("must be one of {names}, not {}", text::quoted(&name));
                Refusal::invalid(STATUS, problem)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_are_read_and_what_is_wrong_is_named() {
        let read = |body: &str| {
            let object = Object::read(body.as_bytes(), None).unwrap();
            read_batch(&object).map_err(|refusal| refusal.to_string())
        };
        let card = r#"{"card_id":"pjZ8Yt9WoOePThU0NfUKz5-tBEWU","encrypt_code":"x"}"#;
        let (openid, action, cards) = read(&format!(
            r#"{{"openid":"o1"," reimburse_status":"INVOICE_REIMBURSE_LOCK","invoice_list":[{card}]}}"#
        ))
        .unwrap();
        assert_eq!((openid.as_str(), action), ("o1", CompanyAction::Lock));
        assert_eq!(
            (&*cards[0].encrypt_code, &*cards[0].path),
            ("x", "invoice_list[0].encrypt_code")
        );
        let status = r#""reimburse_status":"INVOICE_REIMBURSE_INIT""#;
        for (body, complaint) in [
            ("{}".to_owned(), "openid is empty"),
            (r#"{"openid":"o1"}"#.to_owned(), "reimburse_status is empty, it is one of"),
            (
                r#"{"openid":"o1","reimburse_status":"INVOICE_REIMBURSE_CANCEL"}"#.to_owned(),
                "INVOICE_REIMBURSE_CLOSURE, not \"INVOICE_REIMBURSE_CANCEL\"",
            ),
            (format!(r#"{{"openid":"o1",{status}}}"#), "invoice_list is empty"),
            (
                format!(r#"{{"openid":"o1",{status},"invoice_list":[{card},{{}}]}}"#),
                "invoice_list[1].card_id is empty",
            ),
            (
                format!(
                    r#"{{"openid":"o1",{status},"invoice_list":[{}]}}"#,
                    vec![card; 101].join(",")
                ),
                "at most 100 are allowed",
            ),
        ] {
            let found = read(&body).unwrap_err();
            assert!(found.contains(complaint), "{body}: {found}");
        }
    }
}
