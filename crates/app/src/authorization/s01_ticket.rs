//! Section 1: the ticket.

use crate::app::App;
use crate::signed::ticket;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::authorization::ticket::{Ticket, TicketType};

/// A ticket of the caller's merchant. Nothing is stored: the ticket is a signed claim.
pub fn issue(app: &App, caller: &Account, ticket_type: TicketType) -> String {
    let ticket = Ticket::at(caller.merchant().clone(), ticket_type, app.now());
    ticket::write(&app.keys, &ticket)
}

/// The texts of all of an account's tickets that live, newest first.
pub(crate) fn all_alive(
    app: &App,
    account: &Account,
    ticket_type: TicketType,
) -> impl Iterator<Item = String> {
    let tickets = Ticket::all_alive(account.merchant(), ticket_type, app.now());
    tickets.map(|ticket| ticket::write(&app.keys, &ticket))
}
