//! How much a platform has uploaded that no invoice has: counted with each upload and each attachment, so that nobody
//! has to look through its PDFs to know (D-218).

use crate::access::account::AppId;
use crate::platform::pdf::{MediaId, PlatformPdf};
use crate::{Refusal, Timestamp};
use core::fmt;
use core::time::Duration;
use kaipiao_errcode::ErrorCode;
use std::collections::BTreeMap;

const HOUR_MS: i64 = 3_600_000;
/// What a file takes of a disk is a multiple of this, in bytes: usual of file systems.
const BLOCK_BYTES: u64 = 4096;

/// What a file counts as: whole blocks, one at least, so that a limit in bytes limits the number of small files too.
pub const fn counted_bytes(size_bytes: u64) -> u64 {
    let blocks = size_bytes.div_ceil(BLOCK_BYTES);
    if blocks == 0 { BLOCK_BYTES } else { blocks.saturating_mul(BLOCK_BYTES) }
}

/// One of the parts in which a platform's uploads are counted: those whose names begin with the same two digits. The
/// uploads and insertions of one moment are of different parts as a rule, so they seldom change the same record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TallyPart(String);

impl TallyPart {
    /// The part of an uploaded PDF.
    pub fn of(media_id: &MediaId) -> Self {
        Self(media_id.as_str().chars().take(2).collect())
    }

    /// The part of that name; None: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let part = Self::of(&MediaId::parse(text)?);
        (part.0 == text).then_some(part)
    }

    /// The name's text: what the names of its PDFs begin with.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TallyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is counted of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadTally {
    /// The platform's account.
    pub owner: AppId,
    /// The part.
    pub part: TallyPart,
    /// By the hour of their upload, counted from 1970: the [`counted_bytes`] of those that are attached to no invoice.
    /// The newest hour stays when it has none.
    pub hours: BTreeMap<i64, u64>,
}

impl UploadTally {
    /// A part of which nothing was uploaded yet.
    pub fn new(owner: AppId, part: TallyPart) -> Self {
        Self { owner, part, hours: BTreeMap::new() }
    }

    /// The bytes of those that nobody has attached and still may: for so long from their upload, counted to the end of
    /// its hour.
    pub fn bytes(&self, life: Duration, now: Timestamp) -> u64 {
        let serve = self.hours.iter().filter(|(hour, _)| now <= end_of(**hour) + life);
        serve.map(|(_, bytes)| bytes).fold(0, |sum, bytes| sum.saturating_add(*bytes))
    }

    /// With a PDF that is new. What nobody can attach any more is forgotten.
    pub fn with(mut self, pdf: &PlatformPdf, life: Duration, now: Timestamp) -> Self {
        self.hours.retain(|hour, bytes| *bytes > 0 && now <= end_of(*hour) + life);
        let bytes = self.hours.entry(hour_of(pdf.uploaded_at)).or_default();
        *bytes = bytes.saturating_add(counted_bytes(pdf.size_bytes));
        self
    }

    /// Without a PDF that an invoice has from now on, or that is not kept.
    pub fn without(mut self, pdf: &PlatformPdf) -> Self {
        if let Some(bytes) = self.hours.get_mut(&hour_of(pdf.uploaded_at)) {
            *bytes = bytes.saturating_sub(counted_bytes(pdf.size_bytes));
        }
        self
    }

    /// The end of the newest hour; None: nothing was uploaded.
    pub fn newest(&self) -> Option<Timestamp> {
        self.hours.last_key_value().map(|(hour, _)| end_of(*hour))
    }
}

/// 45009: a platform has more in PDFs that no invoice has than it may (D-218). `bytes` is what they count as, with the one
/// that it wants to upload.
pub fn check_unattached(bytes: u64, most_bytes: u64, life: Duration) -> Result<(), Refusal> {
    if bytes <= most_bytes {
        return Ok(());
    }
    let days = life.as_secs() / 86_400;
    let detail = format!(
        "with this PDF the account would have {bytes} bytes in PDFs that no invoice has, at most {most_bytes} are \
         allowed, each in whole blocks of {BLOCK_BYTES}: insert their invoices, or wait until they are {days} days old"
    );
    Err(Refusal::new(ErrorCode::DailyQuotaReached, detail))
}

/// Whether all that was uploaded in an hour can still be attached: nothing of it has been removed.
pub fn is_whole(hour: i64, life: Duration, now: Timestamp) -> bool {
    now < Timestamp::from_unix_millis(hour.saturating_mul(HOUR_MS)) + life
}

/// The hour that a moment is in, counted from 1970.
pub fn hour_of(moment: Timestamp) -> i64 {
    moment.unix_millis().div_euclid(HOUR_MS)
}

/// The last millisecond of an hour.
fn end_of(hour: i64) -> Timestamp {
    Timestamp::from_unix_millis(hour.saturating_add(1).saturating_mul(HOUR_MS).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(3 * 86_400);

    fn at(hour: i64, ms: i64) -> Timestamp {
        Timestamp::from_unix_millis(hour * HOUR_MS + ms)
    }

    fn pdf(size_bytes: u64, uploaded_at: Timestamp) -> PlatformPdf {
        PlatformPdf {
            owner: AppId::parse("wx6b61697069616f31").unwrap(),
            media_id: MediaId::parse("3015806758683707").unwrap(),
            size_bytes,
            uploaded_at,
            numbers: Vec::new(),
            attached_to: None,
        }
    }

    fn tally() -> UploadTally {
        let PlatformPdf { owner, media_id, .. } = pdf(0, at(0, 0));
        UploadTally::new(owner, TallyPart::of(&media_id))
    }

    #[test]
    fn a_part_is_what_a_name_begins_with() {
        assert_eq!(tally().part.as_str(), "30");
        for good in ["10", "99", "7"] {
            assert_eq!(TallyPart::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "0", "01", "100", "1x"] {
            assert_eq!(TallyPart::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_file_counts_as_whole_blocks() {
        for (size, counted) in
            [(0, 4096), (1, 4096), (4096, 4096), (4097, 8192), (2 << 20, 2 << 20)]
        {
            assert_eq!(counted_bytes(size), counted, "{size}");
        }
    }

    #[test]
    fn what_is_uploaded_counts_until_it_is_attached_or_too_old() {
        let (first, second) = (pdf(10, at(5, 0)), pdf(4097, at(6, HOUR_MS - 1)));
        let now = second.uploaded_at;
        let both = tally().with(&first, LIFE, now).with(&second, LIFE, now);
        assert_eq!(both.bytes(LIFE, now), 3 * 4096);
        assert_eq!(both.clone().without(&first).bytes(LIFE, now), 8192);
        let end_of_first = at(5, HOUR_MS - 1) + LIFE;
        assert_eq!(both.bytes(LIFE, end_of_first), 3 * 4096);
        let later = end_of_first + Duration::from_millis(1);
        assert_eq!(both.bytes(LIFE, later), 8192);
        assert_eq!(both.newest(), Some(at(6, HOUR_MS - 1)));
        assert!(is_whole(5, LIFE, at(5 + 71, HOUR_MS - 1)) && !is_whole(5, LIFE, at(5 + 72, 0)));
        let third = both.with(&pdf(1, later), LIFE, later);
        assert_eq!(third.hours.len(), 2, "what is too old is forgotten");
    }

    #[test]
    fn an_hour_whose_pdfs_have_their_invoices_stays_until_there_is_a_newer_one() {
        let one = pdf(10, at(5, 0));
        let none = tally().with(&one, LIFE, at(5, 0)).without(&one);
        assert_eq!((none.bytes(LIFE, at(5, 0)), none.newest()), (0, Some(at(5, HOUR_MS - 1))));
        let next = none.with(&pdf(3, at(6, 0)), LIFE, at(6, 0));
        assert_eq!(next.hours, BTreeMap::from([(6, 4096)]));
        // One that was uploaded before anybody counted takes nothing from the others.
        assert_eq!(next.without(&one).bytes(LIFE, at(6, 0)), 4096);
    }

    #[test]
    fn more_than_is_allowed_is_refused_with_the_limit_and_what_to_do() {
        assert_eq!(check_unattached(100, 100, LIFE), Ok(()));
        let refused = check_unattached(101, 100, LIFE).unwrap_err();
        assert_eq!(refused.code.number(), 45009);
        for told in ["101 bytes", "at most 100", "insert their invoices", "3 days old"] {
            assert!(refused.detail.contains(told), "{told}: {}", refused.detail);
        }
    }
}
