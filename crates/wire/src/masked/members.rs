//! What a log is searched by, as it is found in texts on the way.

/// Names of an order's number, in all calls.
const ORDER_NAMES: [&str; 5] = ["order_id", "orderid", "ddh", "out_trade_no", "o1"];
/// Orders of one request that are remembered at most, and their length in bytes: 64 characters.
const MOST_ORDERS: usize = 16;
pub(super) const LONGEST: usize = 256;

/// What was found. Of each but the orders the first one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// Numbers of orders.
    pub order_ids: Vec<String>,
    /// `errcode`.
    pub errcode: Option<String>,
    /// A pay merchant's `err_code`.
    pub err_code: Option<String>,
    /// A pay merchant's `return_code`.
    pub return_code: Option<String>,
    /// `appid`.
    pub appid: Option<String>,
    /// `mch_id` or `mchid`.
    pub mchid: Option<String>,
}

/// Whether members of that name are looked for.
pub(super) fn is_wanted(name: &str) -> bool {
    ORDER_NAMES.contains(&name)
        || matches!(name, "errcode" | "err_code" | "return_code" | "appid" | "mch_id" | "mchid")
}

impl Members {
    /// Adds a member by its name on the wire; one of another name, or an empty one, is none.
    pub fn add(&mut self, name: &str, value: &str) {
        let value = value.trim();
        if value.is_empty() || value.len() > LONGEST {
            return;
        }
        let place = match name {
            "errcode" => &mut self.errcode,
            "err_code" => &mut self.err_code,
            "return_code" => &mut self.return_code,
            "appid" => &mut self.appid,
            "mch_id" | "mchid" => &mut self.mchid,
            name if ORDER_NAMES.contains(&name) => return self.add_order(value),
            _ => return,
        };
        place.get_or_insert_with(|| value.to_owned());
    }

    fn add_order(&mut self, order_id: &str) {
        let is_new = !self.order_ids.iter().any(|known| known == order_id);
        if is_new && self.order_ids.len() < MOST_ORDERS {
            self.order_ids.push(order_id.to_owned());
        }
    }
}
