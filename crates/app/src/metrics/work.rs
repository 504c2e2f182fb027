//! What became of pushes, of invoices and of orders.

use super::history::Event;
use super::terms::{SECONDS, SOUND};
use core::time::Duration;
use kaipiao_domain::delivery::push::Outcome;
use prometheus::{
    Histogram, IntCounter, Registry, register_histogram_with_registry,
    register_int_counter_vec_with_registry, register_int_counter_with_registry,
};

/// What an attempt at a push came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PushResult {
    /// It is tried again.
    Retry,
    /// It is over.
    Over(Outcome),
}

/// What the issuer said when it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IssuerSays {
    Issued,
    NotYet,
    Failed,
}

/// The counters, all there from the start.
pub(crate) struct WorkMetrics {
    retried: IntCounter,
    delivered: IntCounter,
    given_up: IntCounter,
    unroutable: IntCounter,
    push_took: Histogram,
    issuer_says: [IntCounter; 3],
    issuer_took: Histogram,
    issued: IntCounter,
    not_issued: IntCounter,
    authorized: IntCounter,
}

impl WorkMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        let attempts = register_int_counter_vec_with_registry!(
            "kaipiao_push_attempts_total",
            "Attempts to send a push, by what they came to",
            &["result"],
            registry
        );
        let attempts = attempts.expect(SOUND);
        let asked = register_int_counter_vec_with_registry!(
            "kaipiao_issuer_calls_total",
            "How often an issuer was asked for an invoice, by its answer",
            &["result"],
            registry
        );
        let asked = asked.expect(SOUND);
        let invoices = register_int_counter_vec_with_registry!(
            "kaipiao_invoices_total",
            "Tries of invoices that have ended, with an invoice or without",
            &["result"],
            registry
        );
        let invoices = invoices.expect(SOUND);
        let authorized = register_int_counter_with_registry!(
            "kaipiao_authorizations_total",
            "Orders that users have authorized",
            registry
        );
        let push_took = register_histogram_with_registry!(
            "kaipiao_push_attempt_duration_seconds",
            "How long receivers of pushes took to answer, or to fail",
            SECONDS.to_vec(),
            registry
        );
        let issuer_took = register_histogram_with_registry!(
            "kaipiao_issuer_call_duration_seconds",
            "How long issuers took to answer",
            SECONDS.to_vec(),
            registry
        );
        Self {
            retried: attempts.with_label_values(&["retry"]),
            delivered: attempts.with_label_values(&["delivered"]),
            given_up: attempts.with_label_values(&["given_up"]),
            unroutable: attempts.with_label_values(&["unroutable"]),
            push_took: push_took.expect(SOUND),
            issuer_says: ["issued", "not_yet", "failed"]
                .map(|says| asked.with_label_values(&[says])),
            issuer_took: issuer_took.expect(SOUND),
            issued: invoices.with_label_values(&["issued"]),
            not_issued: invoices.with_label_values(&["failed"]),
            authorized: authorized.expect(SOUND),
        }
    }

    /// An attempt at a push; no time: nobody was asked.
    pub(crate) fn note_attempt(&self, result: PushResult, took: Option<Duration>) {
        match result {
            PushResult::Retry => &self.retried,
            PushResult::Over(Outcome::Delivered) => &self.delivered,
            PushResult::Over(Outcome::GaveUp) => &self.given_up,
            PushResult::Over(Outcome::Unroutable) => &self.unroutable,
        }
        .inc();
        if let Some(took) = took {
            self.push_took.observe(took.as_secs_f64());
        }
    }

    pub(crate) fn note_issuer(&self, says: IssuerSays, took: Duration) {
        self.issuer_says[says as usize].inc();
        self.issuer_took.observe(took.as_secs_f64());
    }

    pub(crate) fn note_event(&self, event: Event) {
        match event {
            Event::Authorized => self.authorized.inc(),
            Event::InvoiceIssued => self.issued.inc(),
            Event::InvoiceFailed => self.not_issued.inc(),
            // Attempts count them.
            Event::PushDelivered
            | Event::PushFailed
            | Event::PushTryFailed
            | Event::PushUnroutable => {}
        }
    }
}
