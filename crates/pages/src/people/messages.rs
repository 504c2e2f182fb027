//! The user's own pages: service messages. A rejection arrives here (section 8).

use crate::page::{Frame, further, html};
use crate::pages::Pages;
use crate::time::china_time;
use crate::visit::{UserVisit, Visit, unavailable};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::listing::Listing;
use kaipiao_app::people::messages::{self, InboxMessage};

#[derive(Template)]
#[template(path = "messages.html")]
struct Messages<'a> {
    frame: &'a Frame,
    rows: Vec<Row>,
    /// The next page's address; empty: this is the last.
    more: String,
    /// Whether there are pages before this one.
    is_further: bool,
}

struct Row {
    merchant: String,
    order_id: String,
    time: String,
    reason: String,
    url: String,
}

impl From<InboxMessage> for Row {
    fn from(inbox: InboxMessage) -> Self {
        Self {
            merchant: inbox.merchant_name,
            order_id: inbox.message.order_id.as_str().to_owned(),
            time: china_time(inbox.message.sent_at.unix_seconds()),
            reason: inbox.message.reason,
            url: inbox.message.url,
        }
    }
}

/// `GET /me/messages?after=`
pub(crate) async fn list(State(pages): State<Pages>, request: Request) -> Response {
    let visit = Visit::of(request);
    let after = visit.after();
    let UserVisit { user, frame, .. } = match visit.known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    match messages::inbox(&pages.app, &user.id, after.as_deref()).await {
        Ok(Listing { items, next }) => {
            let rows = items.into_iter().map(Row::from).collect();
            let (more, is_further) = (further("/me/messages", next), after.is_some());
            html(StatusCode::OK, &Messages { frame: &frame, rows, more, is_further })
        }
        Err(failure) => unavailable(&frame, &failure),
    }
}
