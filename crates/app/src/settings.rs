//! What an operator chooses and a use case reads.

use crate::signed::LoginKey;
use core::time::Duration;
use kaipiao_domain::delivery::push::RetrySchedule;

/// Settings of all use cases.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where browsers reach this server; links begin with it.
    pub public_base_url: String,
    /// How long a link opens the authorization page.
    pub link_life: Duration,
    /// `appid` of getauthurl's answer for source wxa.
    pub wxa_appid: String,
    /// How long a custom field's key may be: 32, or 5 to be as strict as the contract's text.
    pub custom_key_max_chars: usize,
    /// The ways to know people.
    pub login: LoginSettings,
    /// The ways to know who works with the console.
    pub console: ConsoleSettings,
    /// The sending of pushes.
    pub push: PushSettings,
    /// The issuing of invoices.
    pub issuing: IssuingSettings,
    /// What platforms upload.
    pub platform: PlatformSettings,
    /// The times after which data are forgotten.
    pub retention: RetentionSettings,
}

/// How long what is of no more use is kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct RetentionSettings {
    /// Completed pushes and their attempts, after their completion.
    pub pushes: Duration,
    /// Failed jobs, after they were set aside.
    pub failed_jobs: Duration,
    /// Service messages, after they were sent.
    pub messages: Duration,
    /// Orders that nobody has authorized, after their link has expired.
    pub unused_orders: Duration,
    /// Payments that nobody has paid, after they were placed or closed last.
    pub unpaid_payments: Duration,
    /// Uploaded PDFs that are attached to no invoice, after their upload: they serve for no longer either.
    pub unattached_pdfs: Duration,
}

/// What platforms upload.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlatformSettings {
    /// Must a PDF show the code and number of the invoice that it is attached to? In production it must.
    pub checks_faces: bool,
    /// How old a card template must be before invoices are inserted with it.
    pub card_age: Duration,
    /// How old a file must be, in real time, before it is removed because no record names it: a file is written
    /// before its record.
    pub collects_after: Duration,
    /// How many bytes of PDFs that no invoice has an account may have uploaded.
    pub unattached_bytes: u64,
}

/// The ways to know people.
#[derive(Clone, Default)]
pub struct LoginSettings {
    /// How long a session lasts, in real time.
    pub session_life: Duration,
    /// Keys that signed logins are checked with.
    pub keys: Vec<LoginKey>,
    /// What a login's `aud` must name; empty: it need not be there.
    pub audience: String,
}

impl core::fmt::Debug for LoginSettings {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LoginSettings")
            .field("session_life", &self.session_life)
            .finish_non_exhaustive()
    }
}

/// The ways to know who works with the console.
#[derive(Clone, Default)]
pub struct ConsoleSettings {
    /// How long a session lasts, in real time.
    pub session_life: Duration,
    /// The header in which a proxy says who it is; empty: none is believed.
    pub sso_header: String,
    /// Keys that its values are checked with.
    pub keys: Vec<LoginKey>,
    /// What their `aud` must name; empty: it need not be there.
    pub audience: String,
}

impl core::fmt::Debug for ConsoleSettings {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ConsoleSettings")
            .field("session_life", &self.session_life)
            .field("sso_header", &self.sso_header)
            .finish_non_exhaustive()
    }
}

/// How much of one kind of work is done at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Concurrency {
    /// How long one piece of work may take.
    pub time_limit: Duration,
    /// Pieces at once for one account.
    pub per_account: usize,
    /// Pieces at once in all.
    pub at_once: usize,
}

/// The sending of pushes.
#[derive(Clone, Debug, Default)]
pub struct PushSettings {
    /// Attempts at once; the time limit is that of the whole answer. Accounts whose newest attempt
    /// failed share half of them.
    pub concurrency: Concurrency,
    /// How long each retry waits after the failure before it.
    pub retries: RetrySchedule,
}

/// The issuing of invoices.
#[derive(Clone, Debug, Default)]
pub struct IssuingSettings {
    /// Requests at once; the time limit is the issuer's, for one answer and for a whole try: one
    /// that is silent for longer, or says "not yet" for longer, is 73105.
    pub concurrency: Concurrency,
    /// How long a user's yes can be used for an invoice.
    pub authorization_life: Duration,
    /// Are merchants that have no range of numbers allotted one? The sandbox's are.
    pub allots_numbers: bool,
}
