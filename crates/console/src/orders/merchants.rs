//! Whose the orders are that accounts speak of.

use crate::console::Console;
use crate::orders::address::order_address;
use crate::parts::Cell;
use crate::seat::Seat;
use axum::response::Response;
use kaipiao_app::access::sight;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::access::console_user::ConsoleRole;
use kaipiao_ports::request_log::LoggedRequest;
use std::collections::HashMap;

/// The merchants of the accounts on a page.
pub(crate) struct Merchants {
    role: ConsoleRole,
    of: HashMap<String, Option<AppId>>,
}

impl Merchants {
    pub(crate) async fn of(
        console: &Console,
        seat: &Seat,
        accounts: Vec<&str>,
    ) -> Result<Self, Response> {
        let mut all = HashMap::new();
        for account in accounts {
            if !all.contains_key(account) {
                let merchant = sight::merchant_of(&console.app, &seat.role, account).await;
                let merchant = merchant.map_err(|failure| seat.failed(&failure))?;
                all.insert(account.to_owned(), merchant);
            }
        }
        Ok(Self { role: seat.role.clone(), of: all })
    }

    /// An order that an account speaks of, leading to its page where the merchant is known.
    pub(crate) fn order(&self, account: &str, order_id: &str) -> Cell {
        let cell = Cell::code(order_id);
        match self.of.get(account) {
            Some(Some(merchant)) if !order_id.is_empty() => {
                cell.link(order_address(merchant.as_str(), order_id))
            }
            _ => cell,
        }
    }

    /// An order of a request: one that it was found to concern is of the merchant that was found.
    pub(crate) fn order_of(&self, request: &LoggedRequest, order_id: &str) -> Cell {
        let mut found = request.found_orders.iter();
        match found.find(|order| order.order_id.as_str() == order_id) {
            None => self.order(&request.account, order_id),
            Some(order) if self.role.sees(&order.merchant) => {
                Cell::code(order_id).link(order_address(order.merchant.as_str(), order_id))
            }
            Some(_) => Cell::code(order_id),
        }
    }
}
