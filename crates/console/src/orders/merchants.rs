//! Whose the orders are that accounts speak of.

use crate::console::Console;
use crate::orders::address::order_address;
use crate::parts::Cell;
use crate::seat::Seat;
use axum::response::Response;
use kaipiao_app::access::sight;
use kaipiao_domain::access::account::AppId;
use std::collections::HashMap;

/// The merchants of the accounts on a page.
pub(crate) struct Merchants(HashMap<String, Option<AppId>>);

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
        Ok(Self(all))
    }

    /// An order that an account speaks of, leading to its page where the merchant is known.
    pub(crate) fn order(&self, account: &str, order_id: &str) -> Cell {
        let cell = Cell::code(order_id);
        match self.0.get(account) {
            Some(Some(merchant)) if !order_id.is_empty() => {
                cell.link(order_address(merchant.as_str(), order_id))
            }
            _ => cell,
        }
    }
}
