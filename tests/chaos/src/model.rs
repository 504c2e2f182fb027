//! All that the clients know, beside what the servers say.

use crate::client::Client;
use crate::cluster::Node;
use crate::compare;
use crate::merchant::Merchant;
use crate::order::Order;
use crate::servers::Servers;
use crate::session::Session;
use crate::whole;
use fastrand::Rng;
use kaipiao_tests::let_pass;
use std::time::Duration;

const CLIENTS: usize = 8;
/// So long all that is left may take.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);
/// So late a server may see what another has changed.
const SEEN_WITHIN: Duration = Duration::from_secs(2);

/// The clients of a series.
pub struct Model {
    /// Those that move orders.
    pub clients: Vec<Client>,
    /// The one that changes settings.
    pub merchant: Merchant,
}

impl Model {
    /// Clients that have done nothing yet.
    pub fn new(node: &Node) -> Self {
        let mut clients = Vec::new();
        clients.resize_with(CLIENTS, Client::new);
        Self { clients, merchant: Merchant::new(node) }
    }

    /// A round begins: what they do follows from its dice.
    pub fn begin(&mut self, round: u64, rng: &mut Rng, may_disturb_issuer: bool) {
        for (number, client) in self.clients.iter_mut().enumerate() {
            client.begin(format!("{round}-{number}"), rng.u64(..));
        }
        self.merchant.begin(rng.u64(..), may_disturb_issuer);
    }

    /// Everything that was acknowledged is there, on every server. Settings that another server has changed
    /// are looked at when there is time.
    pub fn compare(&mut self, servers: &Servers) {
        let session = Session::open(&servers.nodes, servers.deliveries.notify_url());
        let orders = self.clients.iter_mut().flat_map(|client| &mut client.orders);
        compare::orders(&session, orders);
        if servers.nodes.len() == 1 {
            self.merchant.compare(&session);
        }
    }

    /// Once nothing is left to be done, the whole store is looked at.
    pub fn settle(&mut self, servers: &Servers) {
        servers.settle(SETTLED_WITHIN);
        self.compare(servers);
        if servers.nodes.len() > 1 {
            let_pass(SEEN_WITHIN);
            self.merchant.compare(&Session::open(&servers.nodes, servers.deliveries.notify_url()));
        }
        whole::check(&servers.nodes[0], &self.orders(), &servers.deliveries.arrivals());
        servers.repeated();
        let complaints = servers.cluster.complaints();
        assert!(complaints.is_empty(), "the servers' log: {complaints:#?}");
    }

    /// How many payments were made, the refunds of them, and how many were authorized behind their entry.
    pub fn payments(&self) -> (usize, usize, usize) {
        let (mut paid, mut refunds, mut authorized) = (0, 0, 0);
        for order in self.orders() {
            let Some(payment) = &order.payment else { continue };
            paid += usize::from(payment.stage.is_paid());
            refunds += payment.stage.refunds();
            authorized += usize::from(order.stage.is_authorized());
        }
        (paid, refunds, authorized)
    }

    /// All orders.
    pub fn orders(&self) -> Vec<&Order> {
        self.clients.iter().flat_map(|client| &client.orders).collect()
    }
}
