//! The places of connections, and what metrics tell of them.

use kaipiao_app::App;
use kaipiao_ports::metrics::{number, reading};
use prometheus::IntCounter;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The places of one listening socket.
pub(crate) struct Connections {
    places: Arc<Semaphore>,
    refused: IntCounter,
}

impl Connections {
    /// So many places, of which the app's metrics tell.
    pub(crate) fn new(app: &App, limit: usize) -> Self {
        let this = Self::uncounted(limit);
        let places = Arc::clone(&this.places);
        let open = move || number(limit.saturating_sub(places.available_permits()));
        app.metrics().register_all(vec![
            reading("kaipiao_connections", "Connections of clients at this moment", open),
            reading("kaipiao_connections_limit", "Connections at once at most", move || {
                number(limit)
            }),
            Box::new(this.refused.clone()),
        ]);
        this
    }

    /// The same, of which nobody tells.
    pub(crate) fn uncounted(limit: usize) -> Self {
        let help = "Connections that were closed because their client had too many";
        let refused = IntCounter::new("kaipiao_connections_refused_total", help);
        let refused = refused.expect("its name is well-formed");
        Self { places: Arc::new(Semaphore::new(limit)), refused }
    }

    pub(crate) fn places(&self) -> Arc<Semaphore> {
        Arc::clone(&self.places)
    }

    pub(crate) fn note_refusal(&self) {
        self.refused.inc();
    }
}
