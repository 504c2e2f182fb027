//! The events that can be triggered, by their names on the wire where they have one.

use clap::ValueEnum;

/// An event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Event {
    /// The user has answered an order's page (section 6); --fail: said no; --reject: and the merchant rejects it
    #[value(name = "user_authorize_invoice")]
    Authorized,
    /// An invoice was issued (section 19); --fail: it was not
    #[value(name = "cloud_invoice_invoiceresult_event")]
    Result,
    /// A company has locked an invoice of the user's wallet
    #[value(name = "update_invoice_status")]
    Status,
    /// A user has picked a title for the shop
    #[value(name = "submit_invoice_title")]
    Title,
    /// A payment was made: the notice to its notify_url
    #[value(name = "payment_notice")]
    Payment,
    /// A payment was refunded: the notice to the refund's notify_url
    #[value(name = "refund_notice")]
    Refund,
}

impl Event {
    /// Its name on the command line, and in the push's Event where it is one.
    pub(super) fn name(self) -> String {
        let value = self.to_possible_value().expect("no event is left out");
        value.get_name().to_owned()
    }
}
