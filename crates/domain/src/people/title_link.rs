//! Titles that are handed over by a link or a QR code (wire_facts 1.3): one that an account offers to a user, one that a
//! user picks for an account, and one that a user shows to be scanned.

use crate::access::account::AppId;
use crate::people::title::{InvoiceTitle, TitleField, TitleSide};
use crate::people::user::UserId;
use crate::time::Timestamp;
use crate::{Refusal, text};
use core::time::Duration;
use kaipiao_errcode::ErrorCode;

/// How long the QR code of a title can be scanned (D-198).
pub const TITLE_CODE_LIFE: Duration = Duration::from_secs(600);

/// A company's title that an account offers to whoever opens the link (getusertitleurl).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedTitle {
    /// The account that offers it.
    pub account: AppId,
    /// The title; fields that are empty are the user's to fill where `is_for_user_to_fill`.
    pub title: InvoiceTitle,
    /// Whether the user fills what is empty; otherwise the title is saved as it is.
    pub is_for_user_to_fill: bool,
    /// The account's own code of the title; empty: none.
    pub out_title_id: String,
    /// The moment of the call.
    pub made_at: Timestamp,
}

/// Characters of a field of an offered title at most: its link must fit where links are kept (D-199).
const OFFERED_FIELDS: [(TitleField, usize); 6] = [
    (TitleField::Title, 100),
    (TitleField::Phone, 32),
    (TitleField::TaxNo, 20),
    (TitleField::Addr, 100),
    (TitleField::BankType, 100),
    (TitleField::BankNo, 64),
];
/// Characters of a code of the account's own.
const MAX_OUT_TITLE_ID: usize = 64;

impl OfferedTitle {
    /// Checks what the account sent: 72031 naming the field.
    pub fn check(&self) -> Result<(), Refusal> {
        let value = |field| self.title.get(field);
        if value(TitleField::Title).trim().is_empty() && !self.is_for_user_to_fill {
            return Err(Refusal::invalid(
                "title",
                "is empty, which it may be with user_fill 1 only",
            ));
        }
        for (field, max) in OFFERED_FIELDS {
            text::limited(field.name(), value(field), max)?;
        }
        text::limited("out_title_id", &self.out_title_id, MAX_OUT_TITLE_ID)?;
        let phone = value(TitleField::Phone);
        // The user's title book takes no other one.
        let is_phone = phone.bytes().any(|b| b.is_ascii_digit())
            && phone.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if !phone.is_empty() && !is_phone {
            let problem =
                format!("holds digits and - only, at least one digit, not {}", text::quoted(phone));
            return Err(Refusal::invalid("phone", problem));
        }
        let tax_no = value(TitleField::TaxNo);
        let is_tax_no =
            (15..=20).contains(&tax_no.len()) && tax_no.bytes().all(|b| b.is_ascii_alphanumeric());
        if !tax_no.is_empty() && !is_tax_no {
            let problem = format!("has 15 to 20 letters and digits, not {}", text::quoted(tax_no));
            return Err(Refusal::invalid("tax_no", problem));
        }
        Ok(())
    }

    /// Whether its link opens no more.
    pub fn is_over(&self, life: Duration, now: Timestamp) -> bool {
        self.made_at.is_over(life, now)
    }

    /// The title with what the user has typed in the place of what it leaves open.
    #[must_use]
    pub fn filled_with(&self, typed: &InvoiceTitle) -> InvoiceTitle {
        let fields = TitleSide::Company.fields().iter();
        fields.fold(InvoiceTitle::new(TitleSide::Company), |title, field| {
            let given = self.title.get(*field);
            let is_open = given.is_empty() && self.is_for_user_to_fill;
            title.with(*field, if is_open { typed.get(*field) } else { given })
        })
    }
}

/// A link by which users pick one of their titles for an account (getselecttitleurl). It is printed, so it has no end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TitleAsk {
    /// The account that is told.
    pub account: AppId,
    /// What its event repeats; empty: nothing.
    pub attach: String,
    /// The business's name, as users see it; empty: the account's.
    pub business: String,
}

impl TitleAsk {
    /// Checks the lengths: 72031 naming the field. A QR code has to hold them (D-199).
    pub fn check(&self) -> Result<(), Refusal> {
        text::limited("attach", &self.attach, 100)?;
        text::limited("biz_name", &self.business, 32)
    }
}

/// What the QR code of a user's title says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TitleCode {
    /// The title's owner.
    pub user: UserId,
    /// The entry of their book.
    pub entry: String,
    /// The moment at which it was shown.
    pub shown_at: Timestamp,
}

impl TitleCode {
    /// Checks that it can be scanned still: 72044 (section 99).
    pub fn check_not_over(&self, now: Timestamp) -> Result<(), Refusal> {
        if !self.shown_at.is_over(TITLE_CODE_LIFE, now) {
            return Ok(());
        }
        let minutes = TITLE_CODE_LIFE.as_secs() / 60;
        let detail = format!("scan_text serves for {minutes} minutes, have the user open it again");
        Err(Refusal::new(ErrorCode::ScanTextExpired, detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(title: InvoiceTitle, is_for_user_to_fill: bool) -> OfferedTitle {
        OfferedTitle {
            account: AppId::parse("wx6b61697069616f31").unwrap(),
            title,
            is_for_user_to_fill,
            out_title_id: String::new(),
            made_at: Timestamp::from_unix_millis(0),
        }
    }

    #[test]
    fn what_is_given_stays_and_what_is_open_is_the_users_to_fill() {
        let title = |name: &str, phone: &str| {
            InvoiceTitle::new(TitleSide::Company)
                .with(TitleField::Title, name)
                .with(TitleField::Phone, phone)
        };
        let typed = title("typed", "1");
        assert_eq!(offered(title("given", ""), true).filled_with(&typed), title("given", "1"));
        assert_eq!(offered(title("given", ""), false).filled_with(&typed), title("given", ""));
    }

    #[test]
    fn each_field_is_checked() {
        let company = || InvoiceTitle::new(TitleSide::Company);
        let named = || company().with(TitleField::Title, "x");
        for (title, fills, complaint) in [
            (company(), true, None),
            (company(), false, Some("title is empty")),
            (named().with(TitleField::Phone, "0755-1"), false, None),
            (named().with(TitleField::Phone, "+86"), false, Some("phone holds")),
            (named().with(TitleField::Phone, "---"), false, Some("phone holds")),
            (named().with(TitleField::TaxNo, "91440300MA5KP0001N"), false, None),
            (named().with(TitleField::TaxNo, "9144"), false, Some("tax_no has 15 to 20")),
            (named().with(TitleField::Addr, "x".repeat(101)), false, Some("addr has 101")),
        ] {
            let found = offered(title, fills).check().map_err(|refusal| refusal.detail);
            match complaint {
                None => assert_eq!(found, Ok(())),
                Some(words) => assert!(found.clone().unwrap_err().contains(words), "{found:?}"),
            }
        }
    }

    #[test]
    fn a_code_serves_for_ten_minutes() {
        let shown_at = Timestamp::from_unix_millis(1_000);
        let code = TitleCode { user: UserId::parse("u").unwrap(), entry: "1".into(), shown_at };
        assert!(code.check_not_over(shown_at + TITLE_CODE_LIFE).is_ok());
        let late = shown_at + TITLE_CODE_LIFE + Duration::from_millis(1);
        assert_eq!(code.check_not_over(late).unwrap_err().code, ErrorCode::ScanTextExpired);
    }
}
