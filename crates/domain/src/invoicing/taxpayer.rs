//! The taxpayer behind a merchant's account: who sells, and how its invoices look (sections 14–16).

use crate::access::account::AppId;
use crate::invoicing::content::{ContentField, ContentProblem, check_printable};
use crate::invoicing::face::Face;
use crate::invoicing::merchant_code::MerchantCode;
use crate::invoicing::party::{Party, PartyField};
use crate::refusal::Compared;
use crate::{Refusal, text};
use kaipiao_errcode::ErrorCode;

/// A merchant as the tax authority knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taxpayer {
    /// The merchant's account.
    pub merchant: AppId,
    /// The prefix of its serials.
    pub code: MerchantCode,
    /// Its name, taxpayer id and the rest.
    pub party: Party,
    /// What its invoices look like.
    pub face: Face,
}

impl Taxpayer {
    /// Checks what an operator wrote: its id, the length of the texts, and that every character can
    /// be printed. The wire layer names the member.
    pub fn check(&self, can_print: impl Fn(char) -> bool) -> Result<(), ContentProblem> {
        let Party { name, tax_id, address, phone, bank, bank_account } = &self.party;
        let fits = (15..=20).contains(&tax_id.len())
            && tax_id.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        if !fits {
            let problem = "must be 15 to 20 digits and capital letters".to_owned();
            let field = ContentField::Seller(PartyField::TaxId);
            return Err(ContentProblem { field, problem, compared: None });
        }
        for (field, text, max_chars) in [
            (PartyField::Name, name, 100),
            (PartyField::Address, address, 200),
            (PartyField::Phone, phone, 64),
            (PartyField::Bank, bank, 100),
            (PartyField::BankAccount, bank_account, 64),
        ] {
            check_text(ContentField::Seller(field), text, max_chars, &can_print)?;
        }
        Ok(())
    }

    /// 73101 unless a request names this taxpayer.
    pub fn check_id(&self, tax_id: &str) -> Result<(), Refusal> {
        if tax_id == self.party.tax_id {
            return Ok(());
        }
        let (merchant, own) = (&self.merchant, &self.party.tax_id);
        let detail = format!("{merchant} is {own}, not {}", text::quoted(tax_id));
        let compared = Compared::unlike("tax_id", own, tax_id);
        Err(Refusal::new(ErrorCode::TaxpayerMismatch, detail).comparing([compared]))
    }
}

fn check_text(
    field: ContentField,
    text: &str,
    max_chars: usize,
    can_print: impl Fn(char) -> bool,
) -> Result<(), ContentProblem> {
    let wrong = |problem: String| Err(ContentProblem { field, problem, compared: None });
    let chars = text.chars().count();
    if chars > max_chars {
        return wrong(format!("has {chars} characters, at most {max_chars} are allowed"));
    }
    if text.contains(char::is_control) {
        return wrong("holds a control character".to_owned());
    }
    if field == ContentField::Seller(PartyField::Name) && text.is_empty() {
        return wrong("is empty".to_owned());
    }
    check_printable(field, text, can_print)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taxpayer_id_has_15_to_20_characters() {
        let with = |tax_id: &str| Taxpayer {
            merchant: AppId::parse("wx6b61697069616f31").unwrap(),
            code: MerchantCode::parse("2ff836").unwrap(),
            party: Party { name: "n".into(), tax_id: tax_id.into(), ..Party::default() },
            face: Face::Classic,
        };
        let accepted = |tax_id: &str| with(tax_id).check(|_| true).is_ok();
        assert!(accepted("110109500321654") && accepted("91440300MA5KP0001N"));
        assert!(!accepted("1") && !accepted("91440300ma5kp0001n") && !accepted(&"1".repeat(21)));
        let problem = with("110109500321654").check(|c| c != 'n').unwrap_err();
        assert_eq!(problem.field, ContentField::Seller(PartyField::Name));
        let mut long = with("110109500321654");
        long.party.bank = "x".repeat(101);
        assert_eq!(long.check(|_| true).unwrap_err().field, ContentField::Seller(PartyField::Bank));
        let refusal = with("110109500321654").check_id("1").unwrap_err();
        assert_eq!(refusal.code, ErrorCode::TaxpayerMismatch);
    }
}
