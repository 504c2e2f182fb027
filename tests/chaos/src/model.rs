//! All that the clients know, beside what the servers say.

use crate::client::Client;
use crate::cluster::Node;
use crate::compare;
use crate::merchant::Merchant;
use crate::order::Order;
use crate::payment::Way;
use crate::servers::Servers;
use crate::session::Session;
use crate::titles::Titles;
use crate::whole;
use fastrand::Rng;
use kaipiao_tests::let_pass;
use std::fmt;
use std::time::Duration;

const CLIENTS: usize = 8;
/// So long all that is left may take.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);
/// So late a server may see what another has changed.
const SEEN_WITHIN: Duration = Duration::from_secs(2);

/// How many payments were made, in which ways, and what became of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Payments {
    paid: usize,
    quick: usize,
    on_behalf: usize,
    reversed: usize,
    refunds: usize,
    authorized: usize,
}

impl fmt::Display for Payments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { paid, quick, on_behalf, reversed, refunds, authorized } = self;
        write!(
            f,
            "{paid} payments were made, {quick} of them by a code and {on_behalf} on behalf, {authorized} authorized behind \
             their entry, with {refunds} refunds, {reversed} reversed"
        )
    }
}

/// The clients of a series.
pub struct Model {
    /// Those that move orders.
    pub clients: Vec<Client>,
    /// The one that changes settings.
    pub merchant: Merchant,
    /// Those that play with a title book.
    pub titles: Titles,
}

impl Model {
    /// Clients that have done nothing yet.
    pub fn new(node: &Node) -> Self {
        let clients = (0..CLIENTS).map(Client::new).collect();
        Self { clients, merchant: Merchant::new(node), titles: Titles::new() }
    }

    /// A round begins: what they do follows from its dice.
    pub fn begin(&mut self, round: u64, rng: &mut Rng, may_disturb_issuer: bool) {
        for (number, client) in self.clients.iter_mut().enumerate() {
            client.begin(format!("{round}-{number}"), rng.u64(..));
        }
        self.merchant.begin(rng.u64(..), may_disturb_issuer);
        self.titles.begin(round, rng.u64(..));
    }

    /// Everything that was acknowledged is there, on every server. Settings that another server has changed
    /// are looked at when there is time.
    pub fn compare(&mut self, servers: &Servers) {
        let session = Session::open(&servers.nodes, servers.deliveries.notify_url());
        let orders = self.clients.iter_mut().flat_map(|client| &mut client.orders);
        compare::orders(&session, orders);
        self.titles.compare(&session);
        for client in &self.clients {
            client.look_at_spare_pdfs(&session);
        }
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
        let arrivals = servers.deliveries.arrivals();
        whole::check(&servers.nodes[0], &self.orders(), &self.titles.picks, &arrivals);
        servers.repeated();
        let complaints = servers.cluster.complaints();
        assert!(complaints.is_empty(), "the servers' log: {complaints:#?}");
    }

    /// What payments came to.
    pub fn payments(&self) -> Payments {
        let mut all = Payments::default();
        for order in self.orders() {
            let Some(payment) = &order.payment else { continue };
            let is_paid = usize::from(payment.stage.is_paid());
            all.paid += is_paid;
            match payment.way {
                Way::Page => {}
                Way::Quick => all.quick += is_paid,
                Way::OnBehalf => all.on_behalf += is_paid,
            }
            all.reversed += usize::from(payment.stage.is_revoked());
            all.refunds += payment.stage.refunds();
            all.authorized += usize::from(order.stage.is_authorized());
        }
        all
    }

    /// All orders.
    pub fn orders(&self) -> Vec<&Order> {
        self.clients.iter().flat_map(|client| &client.orders).collect()
    }
}
