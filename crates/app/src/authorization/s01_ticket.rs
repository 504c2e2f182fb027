//! Section 1: the ticket.

use crate::App;
use kaipiao_domain::access::account::Account;
use kaipiao_wire::authorization::s01_ticket::{TICKET_LIFE, Ticket, TicketAnswer, TicketType};

impl App {
    /// A new ticket of the caller's merchant. Nothing is stored: the ticket is a signed claim.
    pub fn issue_ticket(&self, caller: &Account, ticket_type: TicketType) -> TicketAnswer {
        let ticket =
            Ticket { merchant: caller.merchant().clone(), ticket_type, issued_at: self.now() };
        TicketAnswer {
            ticket: ticket.write(&self.keys, self.random()),
            expires_in: TICKET_LIFE.as_secs(),
        }
    }
}
