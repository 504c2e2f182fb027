//! What the check finds: which invariant does not hold, where, and in what way.

use kaipiao_ports::delivery::jobs::JobId;
use kaipiao_ports::record::Key;

/// What must hold of a store, each by the name that the report gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// Every record can be read by this program.
    Readable,
    /// A record lies under the key that its content says.
    Key,
    /// An order and the request that uses its authorization name each other, and their states agree.
    OrderRequest,
    /// A request has the content that its head sums up.
    Content,
    /// A content is its request's newest one.
    ContentOrphan,
    /// The lines of an invoice add up to its totals.
    Totals,
    /// The number of an issued invoice is recorded as that invoice's.
    Number,
    /// A number that is recorded as used stands on that invoice.
    NumberOrphan,
    /// A used number lies in a range of its merchant, where numbers have been drawn.
    NumberRange,
    /// A range is allotted to its merchant, and nobody else has a number of it.
    Allotment,
    /// The blocks of a range lie in it and share no number, and it has counted what was issued of those
    /// that are closed.
    Blocks,
    /// A number that was reported as missing stands on no invoice.
    Gap,
    /// An issued blue invoice has its card in its user's wallet.
    Card,
    /// A card shows an invoice that its request has.
    CardOrphan,
    /// A card and its code name each other.
    CardCode,
    /// A red invoice and the blue one that it takes back name each other, and their states agree.
    Offset,
    /// A try that has ended was pushed; an invoice once.
    Push,
    /// A request that is running has a job that ends it.
    Job,
    /// A job's request is there.
    JobOrphan,
    /// A payment and each of its refunds name each other. It counts at least what they come to, and at most
    /// its total.
    Refund,
    /// The names that WeChat Pay gave to a payment or a refund lead to it, and it has them.
    PaymentAlias,
    /// An order that a payment opened has that payment, and is refunded as it is.
    OrderPayment,
    /// An uploaded PDF's file is there, as long as it was.
    PdfFile,
    /// The files of the documents that an invoice brought are there, as long as they were.
    DocumentFile,
    /// A file beside the store is an uploaded PDF's, or an invoice's document.
    FileOrphan,
    /// A PDF that is attached to an order is of the invoice that was inserted for it.
    AttachedPdf,
    /// What a platform has uploaded that no invoice has is counted, and nothing else.
    UploadTally,
    /// An inserted invoice has its order, its card, its PDF and the record of its number.
    Inserted,
    /// The record of a number names the invoice that has it, and every invoice has one.
    TakenNumber,
}

impl Invariant {
    /// Every invariant.
    pub const ALL: [Self; 29] = [
        Self::Readable,
        Self::Key,
        Self::OrderRequest,
        Self::Content,
        Self::ContentOrphan,
        Self::Totals,
        Self::Number,
        Self::NumberOrphan,
        Self::NumberRange,
        Self::Allotment,
        Self::Blocks,
        Self::Gap,
        Self::Card,
        Self::CardOrphan,
        Self::CardCode,
        Self::Offset,
        Self::Push,
        Self::Job,
        Self::JobOrphan,
        Self::Refund,
        Self::PaymentAlias,
        Self::OrderPayment,
        Self::PdfFile,
        Self::DocumentFile,
        Self::FileOrphan,
        Self::AttachedPdf,
        Self::UploadTally,
        Self::Inserted,
        Self::TakenNumber,
    ];

    /// Its name in the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Readable => "readable",
            Self::Key => "key",
            Self::OrderRequest => "order_request",
            Self::Content => "content",
            Self::ContentOrphan => "content_orphan",
            Self::Totals => "totals",
            Self::Number => "number",
            Self::NumberOrphan => "number_orphan",
            Self::NumberRange => "number_range",
            Self::Allotment => "allotment",
            Self::Blocks => "blocks",
            Self::Gap => "gap",
            Self::Card => "card",
            Self::CardOrphan => "card_orphan",
            Self::CardCode => "card_code",
            Self::Offset => "offset",
            Self::Push => "push",
            Self::Job => "job",
            Self::JobOrphan => "job_orphan",
            Self::Refund => "refund",
            Self::PaymentAlias => "payment_alias",
            Self::OrderPayment => "order_payment",
            Self::PdfFile => "pdf_file",
            Self::DocumentFile => "document_file",
            Self::FileOrphan => "file_orphan",
            Self::AttachedPdf => "attached_pdf",
            Self::UploadTally => "upload_tally",
            Self::Inserted => "inserted",
            Self::TakenNumber => "taken_number",
        }
    }
}

/// A record or a job that violates an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its table.
    pub table: &'static str,
    /// Its owner: an appid, a user's id, or empty.
    pub owner: String,
    /// Its name among the owner's.
    pub id: String,
}

impl From<&Key> for Subject {
    fn from(key: &Key) -> Self {
        Self { table: key.kind.table(), owner: key.owner.clone(), id: key.id.clone() }
    }
}

impl From<&JobId> for Subject {
    fn from(job: &JobId) -> Self {
        Self { table: "jobs", owner: job.account.clone(), id: job.name.clone() }
    }
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The invariant.
    pub invariant: Invariant,
    /// What violates it.
    pub subject: Subject,
    /// What is wrong, for people.
    pub what: String,
}

/// Whoever is told what the check does.
pub trait Watcher: Send {
    /// So many entries of a table have been looked at.
    fn looked_at(&mut self, table: &'static str, count: u64);

    /// An invariant does not hold.
    fn found(&mut self, violation: Violation);

    /// A record looked wrong and changed with each look: it is not known whether it is.
    fn unsettled(&mut self, subject: Subject);
}

/// What is wrong with one record or job, as its rules find it.
pub(super) struct Found {
    subject: Subject,
    pub violations: Vec<Violation>,
}

impl Found {
    pub(super) fn of(subject: Subject) -> Self {
        Self { subject, violations: Vec::new() }
    }

    pub(super) fn add(&mut self, invariant: Invariant, what: impl Into<String>) {
        let (subject, what) = (self.subject.clone(), what.into());
        self.violations.push(Violation { invariant, subject, what });
    }

    pub(super) fn unless(&mut self, holds: bool, invariant: Invariant, what: impl Into<String>) {
        if !holds {
            self.add(invariant, what);
        }
    }
}
