//! Card templates: what the cards that a platform inserts have in common (wire_facts 1.1, 1.4).

use crate::access::account::AppId;
use crate::people::card::CardId;
use crate::people::card_kind::CardKind;
use crate::{Refusal, Timestamp, text};
use core::time::Duration;
use kaipiao_errcode::ErrorCode;

/// An entry of a card that leads elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardLink {
    /// The entry's name.
    pub name: String,
    /// Where it leads: http or https.
    pub url: String,
    /// The tip beside it; may be empty.
    pub sub_title: String,
}

/// What createcard and createbillcard say of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFace {
    /// The address of the logo.
    pub logo_url: String,
    /// The seller's short name, as lists of cards have it.
    pub title: String,
    /// The seller's full name.
    pub payee: String,
    /// The kind of invoice, in the platform's words.
    pub kind: String,
    /// What is sold, in short; may be empty.
    pub detail: String,
    /// Further words; may be empty.
    pub description: String,
    /// `custom_url` and what goes with it.
    pub custom: Option<CardLink>,
    /// `promotion_url` and what goes with it.
    pub promotion: Option<CardLink>,
}

/// A template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardTemplate {
    /// The account that made it.
    pub platform: AppId,
    /// Its name.
    pub card_id: CardId,
    /// What its cards are of.
    pub card_kind: CardKind,
    /// What it says.
    pub face: TemplateFace,
    /// The moment of its making.
    pub created_at: Timestamp,
}

impl CardTemplate {
    /// 40073 where its cards are of another kind.
    pub fn check_kind(&self, kind: CardKind) -> Result<(), Refusal> {
        if self.card_kind == kind {
            return Ok(());
        }
        let (made_by, wanted) = match kind {
            CardKind::Invoice => ("createbillcard", "createcard"),
            CardKind::Bill => ("createcard", "createbillcard"),
        };
        let id = self.card_id.as_str();
        let detail = format!("{id} was made by {made_by}, use a card_id of {wanted}");
        Err(Refusal::new(ErrorCode::InvalidCardId, detail))
    }

    /// 40078 while it is younger than `age`: the published service wants a while between createcard and
    /// insert (wire_facts 1.1).
    pub fn check_age(&self, age: Duration, now: Timestamp) -> Result<(), Refusal> {
        if self.created_at + age <= now {
            return Ok(());
        }
        let detail = format!(
            "card_id {} was made less than {} s ago, insert later",
            self.card_id.as_str(),
            age.as_secs()
        );
        Err(Refusal::new(ErrorCode::InvalidCardStatus, detail))
    }
}

/// What a bill is called, where an invoice's template says which kind it is.
const BILL: &str = "财政电子票据";

/// Chinese characters that a template's short texts have, at most (wire_facts 1.1). A character of ASCII is
/// half as wide as one of them, and counts half (D-189).
const TITLE: usize = 9;
const LINK_NAME: usize = 5;
const LINK_SUB_TITLE: usize = 6;
/// Characters of a long text, at most.
const LONG: usize = 256;

impl TemplateFace {
    /// What a template of bills says: who collects the fee (wire_facts 1.4). 72031 naming the member, by its path
    /// within the body.
    pub fn of_bill(
        (logo_path, logo_url): (&str, &str),
        (payee_path, payee): (&str, &str),
    ) -> Result<Self, Refusal> {
        required_url(logo_path, logo_url)?;
        text::required(payee_path, payee, LONG)?;
        Ok(Self {
            logo_url: logo_url.to_owned(),
            title: payee.to_owned(),
            payee: payee.to_owned(),
            kind: BILL.to_owned(),
            detail: String::new(),
            description: String::new(),
            custom: None,
            promotion: None,
        })
    }

    /// Checks every text: 72031 naming the member, with its path within the body.
    pub fn check(&self) -> Result<(), Refusal> {
        let base = |name: &str| format!("invoice_info.base_info.{name}");
        required_url(&base("logo_url"), &self.logo_url)?;
        text::required(base("title"), &self.title, LONG)?;
        narrow(&base("title"), &self.title, TITLE)?;
        text::required("invoice_info.payee", &self.payee, LONG)?;
        text::required("invoice_info.type", &self.kind, LONG)?;
        text::limited("invoice_info.detail", &self.detail, LONG)?;
        text::limited(base("description"), &self.description, LONG)?;
        for (entry, link) in [("custom_url", &self.custom), ("promotion_url", &self.promotion)] {
            let Some(CardLink { name, url, sub_title }) = link else { continue };
            required_url(&base(entry), url)?;
            let of = |part: &str| base(&format!("{entry}_{part}"));
            text::required(of("name"), name, LONG)?;
            narrow(&of("name"), name, LINK_NAME)?;
            text::limited(of("sub_title"), sub_title, LONG)?;
            narrow(&of("sub_title"), sub_title, LINK_SUB_TITLE)?;
        }
        Ok(())
    }
}

fn required_url(field: &str, url: &str) -> Result<(), Refusal> {
    if url.is_empty() {
        return Err(Refusal::invalid(field, "is empty"));
    }
    text::web_link(field, url)?;
    text::without_user_name(field, url)
}

fn narrow(field: &str, text: &str, most: usize) -> Result<(), Refusal> {
    let halves: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    if halves <= 2 * most {
        return Ok(());
    }
    let problem =
        format!("is too long: {most} Chinese characters are allowed, or {} of ASCII", 2 * most);
    Err(Refusal::invalid(field, problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face() -> TemplateFace {
        let link = |name: &str| CardLink {
            name: name.into(),
            url: "https://platform.example/a".into(),
            sub_title: "领红包去看看".into(),
        };
        TemplateFace {
            logo_url: "http://mmbiz.qpic.cn/mmbiz/logo/0".into(),
            title: "九个汉字的收款方名".into(),
            payee: "测试收款方全称".into(),
            kind: "广东省增值税普通发票".into(),
            detail: String::new(),
            description: String::new(),
            custom: Some(link("查看详情页")),
            promotion: Some(link("promotion!")),
        }
    }

    #[test]
    fn short_texts_have_the_published_lengths() {
        assert_eq!(face().check(), Ok(()));
        let complaint = |change: fn(&mut TemplateFace)| {
            let mut face = face();
            change(&mut face);
            face.check().unwrap_err().detail
        };
        let custom = |face: &mut TemplateFace, change: fn(&mut CardLink)| {
            change(face.custom.as_mut().unwrap());
        };
        assert!(
            complaint(|face| face.title.push('x'))
                .starts_with("invoice_info.base_info.title is too")
        );
        assert!(complaint(|face| face.payee.clear()).starts_with("invoice_info.payee is empty"));
        assert!(complaint(|face| face.kind.clear()).starts_with("invoice_info.type is empty"));
        assert!(complaint(|face| face.logo_url = "x".into()).contains("logo_url must be a http"));
        for (change, words) in [
            ((|link| link.name.push('x')) as fn(&mut CardLink), "custom_url_name is too long"),
            (|link| link.name.clear(), "custom_url_name is empty"),
            (|link| link.url = "javascript:alert(1)".into(), "custom_url must be a http"),
            (|link| link.url.clear(), "custom_url is empty"),
            (|link| link.sub_title.push('x'), "custom_url_sub_title is too long"),
        ] {
            let mut face = face();
            custom(&mut face, change);
            let refusal = face.check().unwrap_err();
            assert!(refusal.detail.contains(words), "{refusal}");
        }
    }

    #[test]
    fn a_template_is_used_when_it_is_old_enough() {
        let template = CardTemplate {
            platform: AppId::parse("wx6b61697069616f32").unwrap(),
            card_id: CardId::parse("pjZ8Yt9WoOePThU0NfUKz5-tBEWU").unwrap(),
            card_kind: CardKind::Invoice,
            face: face(),
            created_at: Timestamp::from_unix_millis(1_000),
        };
        let check = |age_s, now_ms| {
            let now = Timestamp::from_unix_millis(now_ms);
            template.check_age(Duration::from_secs(age_s), now).map_err(|no| no.code.number())
        };
        assert_eq!((check(0, 1_000), check(60, 61_000)), (Ok(()), Ok(())));
        assert_eq!(check(60, 60_999), Err(40078));
    }
}
