//! The user's own pages: service messages. A rejection arrives here (section 8).

use crate::Pages;
use crate::authorization::s02_auth_url::china_time;
use crate::page::{Frame, html};
use crate::people::visit::{Known, Visit, unavailable};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::people::messages;
use kaipiao_app::people::messages::InboxMessage;

#[derive(Template)]
#[template(path = "messages.html")]
struct Messages<'a> {
    frame: &'a Frame,
    rows: Vec<Row>,
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

/// `GET /me/messages`
pub(crate) async fn list(State(pages): State<Pages>, request: Request) -> Response {
    let Known { user, frame, .. } = match Visit::of(request).known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    match messages::inbox(&pages.app, &user.id).await {
        Ok(inbox) => {
            let rows = inbox.into_iter().map(Row::from).collect();
            html(StatusCode::OK, &Messages { frame: &frame, rows })
        }
        Err(failure) => unavailable(&frame, &failure),
    }
}
