//! Section 1: the ticket.

use crate::app::App;
use kaipiao_domain::access::account::Account;
use kaipiao_wire::authorization::s01_ticket::{TICKET_LIFE, Ticket, TicketAnswer, TicketType};

/// A new ticket of the caller's merchant. Nothing is stored: the ticket is a signed claim.
pub fn issue(app: &App, caller: &Account, ticket_type: TicketType) -> TicketAnswer {
    let ticket = Ticket { merchant: caller.merchant().clone(), ticket_type, issued_at: app.now() };
    TicketAnswer {
        ticket: ticket.write(&app.keys, app.random()),
        expires_in: TICKET_LIFE.as_secs(),
    }
}
