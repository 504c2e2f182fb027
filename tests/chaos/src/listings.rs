//! What the servers list: everything that is stored, row by row.

use crate::card::Found;
use crate::cluster::Node;
use crate::order::{Order, Stage};
use crate::payment::{Payment, PaymentStage, REFUNDS_FEN, has_name};
use crate::session::USERS;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kaipiao_tests::MERCHANT;
use kaipiao_tests::card_model::Standing;
use kaipiao_tests::company_client::COMPANIES;
use kaipiao_tests::pay_client::MCHID;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// An order of the admin API.
#[derive(Debug, Deserialize)]
pub struct OrderRow {
    order_id: String,
    state: String,
    user: Option<String>,
    used_by: Option<String>,
}

/// An invoice request of the admin API.
#[derive(Debug, Deserialize)]
pub struct InvoiceRow {
    /// The serial.
    pub fpqqlsh: String,
    /// Whose it is.
    pub user: String,
    /// "blue" or "red".
    colour: String,
    /// "running", "failed", "issued", "being_offset" or "offset".
    pub state: String,
    fpdm: Option<String>,
    fphm: Option<String>,
}

impl InvoiceRow {
    /// Code and number, once there is an invoice.
    pub fn number(&self) -> Option<(String, String)> {
        self.fpdm.clone().zip(self.fphm.clone())
    }

    /// Whether it is a red invoice.
    pub fn is_red(&self) -> bool {
        self.colour == "red"
    }
}

/// An inserted invoice of the admin API.
#[derive(Debug, Deserialize)]
struct InsertedRow {
    order_id: String,
    user: String,
    code: String,
    billing_code: String,
    s_pdf_media_id: String,
    reimburse_status: Option<String>,
    company: Option<String>,
}

impl InsertedRow {
    /// Where its card stands.
    fn standing(&self) -> Standing {
        let known = |company: &String| COMPANIES.iter().position(|known| known == company);
        let company = self.company.as_ref().and_then(known);
        let status = self.reimburse_status.as_deref().unwrap_or_default();
        match (status.trim_start_matches("INVOICE_REIMBURSE_"), company) {
            ("INIT", None) => Standing::Init,
            ("LOCK", Some(company)) => Standing::Locked(company),
            ("CLOSURE", Some(company)) => Standing::Closed(company),
            ("CANCEL", None) => Standing::Cancelled,
            _ => panic!("its card is lost, or stands nowhere: {self:?}"),
        }
    }
}

/// A payment of the admin API.
#[derive(Debug, Deserialize)]
struct PaymentRow {
    out_trade_no: String,
    trade_state: String,
    refund_fee: i64,
    transaction_id: Option<String>,
    user: Option<String>,
}

impl PaymentRow {
    fn stage(&self) -> PaymentStage {
        let all = (0..=REFUNDS_FEN.len()).map(PaymentStage::Paid);
        let mut all =
            all.chain([PaymentStage::Placed, PaymentStage::Closed, PaymentStage::Revoked]);
        let is_it = |stage: &PaymentStage| {
            let state = stage.trade_state();
            (state, stage.refunded_fen()) == (Some(&*self.trade_state), self.refund_fee)
        };
        all.find(is_it).unwrap_or_else(|| panic!("it is in no stage: {self:?}"))
    }
}

/// Orders, invoices and payments of the demo merchant.
pub struct Records {
    orders: HashMap<String, OrderRow>,
    payments: HashMap<String, PaymentRow>,
    /// By order.
    inserted: HashMap<String, InsertedRow>,
    /// By serial.
    pub invoices: BTreeMap<String, InvoiceRow>,
}

impl Records {
    /// Everything that a server lists.
    pub fn of(node: &Node) -> Self {
        let payments = node.all_pages(&format!("admin/v1/payments?mchid={MCHID}"), "payments");
        let payments: Vec<PaymentRow> = read(payments);
        // Orders first: what uses one is never seen without it.
        let orders: Vec<OrderRow> = rows(node, "orders", "orders");
        let invoices: Vec<InvoiceRow> = rows(node, "invoices", "invoices");
        let inserted: Vec<InsertedRow> = rows(node, "inserted-invoices", "invoices");
        let all = (orders.len(), invoices.len(), payments.len(), inserted.len());
        let orders: HashMap<_, _> =
            orders.into_iter().map(|row| (row.order_id.clone(), row)).collect();
        let invoices: BTreeMap<_, _> =
            invoices.into_iter().map(|row| (row.fpqqlsh.clone(), row)).collect();
        let payments: HashMap<_, _> =
            payments.into_iter().map(|row| (row.out_trade_no.clone(), row)).collect();
        let inserted: HashMap<_, _> =
            inserted.into_iter().map(|row| (row.order_id.clone(), row)).collect();
        let distinct = (orders.len(), invoices.len(), payments.len(), inserted.len());
        assert_eq!(all, distinct, "a listing has a row twice, or an order two cards");
        Self { orders, payments, inserted, invoices }
    }

    /// How many invoices were inserted.
    pub fn inserted(&self) -> usize {
        self.inserted.len()
    }

    /// Where the card of an order's inserted invoice stands.
    pub fn standing(&self, order: &Order) -> Option<Standing> {
        self.inserted.get(&order.id).map(InsertedRow::standing)
    }

    /// An inserted invoice's card is seen where its row says that it stands, its user's.
    pub fn see_card(&self, order: &mut Order) {
        let row = &self.inserted[&order.id];
        assert_eq!(row.user, order.user, "{row:?}: {order:?}");
        let found = Found {
            code: &row.code,
            number: &row.billing_code,
            media_id: &row.s_pdf_media_id,
            standing: row.standing(),
        };
        order.card.as_mut().expect("it was asked for").seen(found);
    }

    /// How many payments there are.
    pub fn payments(&self) -> usize {
        self.payments.len()
    }

    /// A payment is seen where its row says that it stands, paid by the one who was to pay.
    pub fn see_payment(&self, number: &str, payer: &str, payment: &mut Payment) {
        let row = self.payments.get(number);
        payment.seen(row.map_or(PaymentStage::Unknown, PaymentRow::stage));
        if payment.stage.is_paid() {
            let PaymentRow { transaction_id, user, .. } = row.expect("it was seen");
            has_name(&mut payment.transaction_id, transaction_id.as_deref().unwrap_or_default());
            assert_eq!(user.as_deref(), Some(payer), "{payment:?}");
        }
    }

    fn is_given_back(&self, order: &Order) -> bool {
        self.payments.get(&order.id).is_some_and(|row| row.stage().is_given_back())
    }

    /// How many orders there are.
    pub fn orders(&self) -> usize {
        self.orders.len()
    }

    /// Where an order stands, as its rows say together.
    pub fn stage(&self, order: &Order) -> Stage {
        let Some(row) = self.orders.get(&order.id) else { return Stage::Unknown };
        let is_decided = row.state != "offered";
        let user = row.user.as_deref();
        assert_eq!(user, is_decided.then_some(order.user), "{row:?}: {order:?}");
        match (&*row.state, &row.used_by) {
            ("offered" | "declined", None) if self.is_given_back(order) => Stage::Refunded,
            ("offered", None) => Stage::Offered,
            ("declined", None) => Stage::Declined,
            ("authorized", None) => Stage::Authorized,
            ("authorized", Some(serial)) if serial.starts_with('+') => {
                let row = self.inserted.get(&order.id);
                let code = row.map(|row| &*row.code);
                assert_eq!(code, serial.strip_prefix('+'), "half a change: {order:?}");
                Stage::Inserted
            }
            ("authorized", Some(serial)) => self.stage_of_invoice(serial, order),
            ("rejected", None) => Stage::Rejected,
            ("rejected", Some(serial)) => {
                let stage = self.stage_of_invoice(serial, order);
                assert_eq!(stage, Stage::Failed, "rejected although: {row:?}");
                Stage::Rejected
            }
            _ => panic!("{row:?}"),
        }
    }

    fn stage_of_invoice(&self, serial: &str, order: &Order) -> Stage {
        assert_eq!(serial, order.serial());
        let of = |serial: &str| self.invoices.get(serial);
        let blue = of(serial).unwrap_or_else(|| panic!("the request is lost: {order:?}"));
        let red = of(&order.red_serial());
        match (&*blue.state, red.map(|red| &*red.state)) {
            ("running", None) => Stage::Requested,
            ("failed", None) => Stage::Failed,
            ("issued", None) => Stage::Issued,
            ("issued", Some("failed")) => Stage::OffsetFailed,
            // The red one may be on the next page, which is read a moment later.
            ("being_offset", Some(_)) => Stage::OffsetRequested,
            ("offset", Some("issued")) => Stage::Offset,
            _ => panic!("half a change: {blue:?} {red:?}"),
        }
    }
}

fn rows<T: DeserializeOwned>(node: &Node, of: &str, name: &str) -> Vec<T> {
    read(node.all_pages(&format!("admin/v1/{of}?appid={MERCHANT}"), name))
}

fn read<T: DeserializeOwned>(rows: Vec<Value>) -> Vec<T> {
    rows.into_iter().map(|row| serde_json::from_value(row).unwrap()).collect()
}

/// A service message.
#[derive(Debug, Deserialize)]
pub struct MessageRow {
    /// The order.
    pub order_id: String,
    /// "paid", "rejected", "issued", "failed", "taken_back" or "written_off".
    pub event: String,
    /// The merchant's words of a rejection.
    pub reason: String,
    /// The invoice that it is about.
    pub fpqqlsh: Option<String>,
}

/// The messages of all users.
pub fn messages(node: &Node) -> Vec<MessageRow> {
    let of = |user: &&str| node.all_pages(&format!("sandbox/v1/messages?user={user}"), "messages");
    read(USERS.iter().flat_map(of).collect())
}

/// A push of the admin API.
#[derive(Debug, Deserialize)]
pub struct PushRow {
    /// The order.
    pub order_id: String,
    /// "user_authorize_invoice", and so on.
    pub event: String,
    /// The user.
    pub openid: String,
    /// Unix seconds.
    pub create_time: i64,
    /// "delivered" is the one that a whole store has.
    pub state: String,
    /// The event in clear.
    pub body: String,
}

/// An account's pushes, oldest first.
pub fn pushes(node: &Node, appid: &str) -> Vec<PushRow> {
    let mut pushes: Vec<PushRow> =
        read(node.all_pages(&format!("admin/v1/pushes?appid={appid}"), "pushes"));
    pushes.reverse();
    pushes
}

/// The notices of its payments and refunds.
pub fn notices(node: &Node) -> Vec<PushRow> {
    read(node.all_pages(&format!("admin/v1/pushes?appid={MCHID}"), "pushes"))
}

/// Whether something is still to be done.
pub fn is_busy(node: &Node) -> bool {
    let has = |listing: &str, name: &str| {
        let page = node.admin("GET", listing, &Value::Null);
        !page[name].as_array().unwrap().is_empty()
    };
    has("jobs?limit=1", "jobs") || has("pushes?state=open&limit=1", "pushes")
}

/// When the last of the notices that wait for another try is due, in unix milliseconds.
pub fn due_last_ms(node: &Node) -> Option<i64> {
    let open = format!("admin/v1/pushes?appid={MCHID}&state=open");
    node.all_pages(&open, "pushes").iter().filter_map(|push| push["due_ms"].as_i64()).max()
}

/// The serials of the cards that a user's wallet shows, and those of them that are cancelled.
pub fn cards(node: &Node, user: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut cards, mut cancelled) = (BTreeSet::new(), BTreeSet::new());
    let cookie = node.session(user);
    let mut path = "me/cards".to_owned();
    loop {
        let html = node.page(&path, &cookie);
        for card in html.split("href=\"/me/cards/").skip(1) {
            let (name, rest) = card.split_once('"').unwrap();
            let serial = serial_of(name);
            assert!(cards.insert(serial.clone()), "{user} has two cards of {serial}");
            let (shown, _) = rest.split_once("</a>").unwrap();
            if shown.contains("Cancelled") {
                cancelled.insert(serial);
            }
        }
        let Some((_, more)) = html.split_once("href=\"/me/cards?after=") else {
            return (cards, cancelled);
        };
        path = format!("me/cards?after={}", more.split('"').next().unwrap());
    }
}

/// What the first half of an invoice's name in addresses says: the merchant and the serial.
fn serial_of(name: &str) -> String {
    let (claim, _proof) = name.split_once('.').unwrap();
    let claim = String::from_utf8(URL_SAFE_NO_PAD.decode(claim).unwrap()).unwrap();
    claim.strip_prefix(MERCHANT).expect("the demo merchant's card").to_owned()
}
