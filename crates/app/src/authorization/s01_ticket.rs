//! Section 1: the ticket.

use crate::app::App;
use crate::signed::ticket;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::authorization::ticket::{Ticket, TicketType};

/// A new ticket of the caller's merchant. Nothing is stored: the ticket is a signed claim.
pub fn issue(app: &App, caller: &Account, ticket_type: TicketType) -> String {
    let ticket = Ticket { merchant: caller.merchant().clone(), ticket_type, issued_at: app.now() };
    ticket::write(&app.keys, &ticket, app.random())
}
