//! PDFs that platforms upload for the invoices that they insert (wire_facts 1.1).

use crate::access::account::AppId;
use crate::authorization::order_id::OrderKey;
use crate::platform::blob_name::BlobName;
use crate::refusal::Compared;
use crate::{Refusal, Timestamp};
use core::fmt;
use core::time::Duration;
use kaipiao_errcode::ErrorCode;

/// An uploaded PDF's name at its account, `s_media_id`: 1 to 20 digits, no zero first; this server gives out
/// 16 of them (wire_facts 1.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaId(String);

impl MediaId {
    /// Checks a name; None: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let fits = (1..=20).contains(&text.len()) && !text.starts_with('0');
        (is_number && fits).then(|| Self(text.to_owned()))
    }

    /// The name that random bits stand for: 16 digits.
    pub fn from_random(random: u64) -> Self {
        let (first, range) = (1_000_000_000_000_000, 9_000_000_000_000_000);
        Self((first + random % range).to_string())
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MediaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A PDF that a platform has uploaded. Its bytes lie beside the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformPdf {
    /// The platform's account.
    pub owner: AppId,
    /// Its name there.
    pub media_id: MediaId,
    /// How long the file is, in bytes.
    pub size_bytes: u64,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
    /// What its pages show that can be an invoice's code or number: see [`numbers_in`].
    pub numbers: Vec<String>,
    /// The order whose invoice it is of; None: nobody's yet.
    pub attached_to: Option<OrderKey>,
}

impl PlatformPdf {
    /// Where its bytes lie: a name that leads back to it, so that a file is known to be somebody's without a
    /// search.
    pub fn blob_name(&self) -> BlobName {
        blob_name(&self.owner, &self.media_id)
    }

    /// Whether nobody has attached it while it could be: for so long from its upload, three days unless an operator
    /// says otherwise (wire_facts 1.1).
    pub fn is_expired(&self, life: Duration, now: Timestamp) -> bool {
        self.attached_to.is_none() && self.uploaded_at.is_over(life, now)
    }

    /// 72047: the pages do not show this code, or not this number. An invoice without a code has an empty one.
    pub fn check_face(&self, code: &str, number: &str) -> Result<(), Refusal> {
        let shows = |digits: &str| self.numbers.iter().any(|shown| shown == digits);
        let missing = [("code", code), ("number", number)];
        let missing = missing.into_iter().find(|(_, digits)| !digits.is_empty() && !shows(digits));
        let Some((what, digits)) = missing else { return Ok(()) };
        let detail = format!("the PDF {} does not show the {what} {digits}", self.media_id);
        let shown: Vec<_> = self.numbers.iter().take(10).map(String::as_str).collect();
        let shown = shown.join(", ");
        let compared = Compared::unlike(what, digits, format!("the PDF shows {shown}"));
        Err(Refusal::new(ErrorCode::PdfOfOtherInvoice, detail).comparing([compared]))
    }

    /// The PDF once it is of this order's invoice; 72040: it is of another one's already.
    pub fn attach(self, to: OrderKey) -> Result<Self, Refusal> {
        match &self.attached_to {
            Some(holder) if *holder != to => {
                let (id, order) = (&self.media_id, &holder.order_id);
                let detail = format!("the PDF {id} is of order {order} already, upload it again");
                Err(Refusal::new(ErrorCode::InvoicePdfError, detail))
            }
            _ => Ok(Self { attached_to: Some(to), ..self }),
        }
    }
}

/// The name of the file of a PDF.
fn blob_name(owner: &AppId, media_id: &MediaId) -> BlobName {
    let name = BlobName::parse(&format!("{owner}-{media_id}"));
    name.expect("an appid and digits are such a name")
}

/// Whose PDF lies under a name; None: nobody's.
pub fn pdf_of(name: &BlobName) -> Option<(AppId, MediaId)> {
    let (owner, media_id) = name.as_str().split_once('-')?;
    Some((AppId::parse(owner)?, MediaId::parse(media_id)?))
}

/// Codes have 10 or 12 digits, numbers 8 or 20 (wire_facts 1.1).
const DIGITS: [usize; 4] = [8, 10, 12, 20];
/// How many are looked at; an invoice has a handful.
const MOST_NUMBERS: usize = 256;

/// The digits of a text that can be an invoice's code or number: whole runs of digits of such a length, each
/// once. Blanks within a line are looked over too, since a PDF may set each digit by itself.
pub fn numbers_in(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |text: &str| {
        for run in text.split(|c: char| !c.is_ascii_digit()) {
            let is_new = DIGITS.contains(&run.len()) && !found.iter().any(|one| one == run);
            if is_new && found.len() < MOST_NUMBERS {
                found.push(run.to_owned());
            }
        }
    };
    add(text);
    for line in text.lines() {
        add(&line.split_whitespace().collect::<String>());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorization::order_id::OrderId;

    fn pdf() -> PlatformPdf {
        PlatformPdf {
            owner: AppId::parse("wx6b61697069616f31").unwrap(),
            media_id: MediaId::parse("3015806758683707").unwrap(),
            size_bytes: 3,
            uploaded_at: Timestamp::from_unix_millis(0),
            numbers: vec!["044032000211".to_owned(), "62522141".to_owned()],
            attached_to: None,
        }
    }

    fn holder(order: &str) -> OrderKey {
        let merchant = AppId::parse("wx6b61697069616f32").unwrap();
        OrderKey { merchant, order_id: OrderId::parse(order).unwrap() }
    }

    #[test]
    fn media_ids_are_digits() {
        for random in [0, 1, u64::MAX, 9_000_000_000_000_000] {
            let id = MediaId::from_random(random);
            assert_eq!(id.as_str().len(), 16);
            assert_eq!(MediaId::parse(id.as_str()), Some(id));
        }
        for bad in ["", "0", "012", "12a", "１", &"1".repeat(21)] {
            assert_eq!(MediaId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_file_leads_back_to_its_pdf() {
        let pdf = pdf();
        let name = pdf.blob_name();
        assert_eq!(pdf_of(&name), Some((pdf.owner, pdf.media_id)));
        for other in ["wx6b61697069616f31", "wx6b61697069616f31-x", "x-1"] {
            assert_eq!(pdf_of(&BlobName::parse(other).unwrap()), None, "{other}");
        }
    }

    #[test]
    fn the_face_shows_whole_numbers_only() {
        let text = "发票代码：044032000211 发票号码: 6 2 5 2 2 1 4 1\n校验码 12345678901234567890x\n123456789";
        let numbers = numbers_in(text);
        for shown in ["044032000211", "62522141", "12345678901234567890"] {
            assert!(numbers.iter().any(|number| number == shown), "{shown}: {numbers:?}");
        }
        assert!(!numbers.iter().any(|number| number == "12345678"));
        let many: String = (0..1000).map(|n| format!("{n:08} \n")).collect();
        assert_eq!(numbers_in(&many).len(), MOST_NUMBERS);
    }

    #[test]
    fn a_pdf_without_the_code_or_the_number_is_of_another_invoice() {
        assert_eq!(pdf().check_face("044032000211", "62522141"), Ok(()));
        assert_eq!(pdf().check_face("", "62522141"), Ok(()));
        for (code, number) in [("044032000212", "62522141"), ("044032000211", "62522142")] {
            let refused = pdf().check_face(code, number).unwrap_err();
            assert_eq!(refused.code, ErrorCode::PdfOfOtherInvoice);
        }
    }

    #[test]
    fn a_pdf_is_of_one_order_and_then_stays() {
        let life = Duration::from_secs(3 * 86_400);
        let at_the_end = Timestamp::from_unix_millis(0) + life;
        assert!(!pdf().is_expired(life, at_the_end));
        let later = at_the_end + Duration::from_millis(1);
        assert!(pdf().is_expired(life, later));
        let attached = pdf().attach(holder("o-1")).unwrap();
        assert!(!attached.is_expired(life, later));
        assert_eq!(attached.clone().attach(holder("o-1")), Ok(attached.clone()));
        let refused = attached.attach(holder("o-2")).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvoicePdfError);
    }
}
