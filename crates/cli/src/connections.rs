//! The places of connections, and what metrics tell of them.

use kaipiao_app::App;
use kaipiao_ports::metrics::{number, reading};
use prometheus::IntCounter;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The places of one listening socket.
#[derive(Clone)]
pub(crate) struct Connections {
    limit: usize,
    places: Arc<Semaphore>,
    refused: IntCounter,
}

impl Connections {
    /// The metrics of `app` tell of these places.
    pub(crate) fn tell(&self, app: &App) {
        let (places, limit) = (Arc::clone(&self.places), self.limit);
        let open = move || number(limit.saturating_sub(places.available_permits()));
        app.metrics().register_all(vec![
            reading("kaipiao_connections", "Connections of clients at this moment", open),
            reading("kaipiao_connections_limit", "Connections at once at most", move || {
                number(limit)
            }),
            Box::new(self.refused.clone()),
        ]);
    }

    /// So many places.
    pub(crate) fn new(limit: usize) -> Self {
        let help = "Connections that were closed because their client had too many";
        let refused = IntCounter::new("kaipiao_connections_refused_total", help);
        let refused = refused.expect("its name is well-formed");
        Self { limit, places: Arc::new(Semaphore::new(limit)), refused }
    }

    pub(crate) fn places(&self) -> Arc<Semaphore> {
        Arc::clone(&self.places)
    }

    pub(crate) fn note_refusal(&self) {
        self.refused.inc();
    }
}
