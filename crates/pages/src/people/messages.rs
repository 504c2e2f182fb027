//! The user's own pages: service messages. A rejection arrives here (section 8).

use crate::Pages;
use crate::authorization::s02_auth_url::china_time;
use crate::page::{Frame, html};
use crate::people::visit::{Known, Visit, unavailable};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::people::people::Told;

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

impl From<Told> for Row {
    fn from(told: Told) -> Self {
        Self {
            merchant: told.merchant_name,
            order_id: told.message.order_id.as_str().to_owned(),
            time: china_time(told.message.sent_at.unix_seconds()),
            reason: told.message.reason,
            url: told.message.url,
        }
    }
}

/// `GET /me/messages`
pub(crate) async fn list(State(pages): State<Pages>, request: Request) -> Response {
    let Known { user, frame, .. } = match Visit::of(request).known(&pages).await {
        Ok(known) => known,
        Err(response) => return response,
    };
    match pages.app.inbox(&user.id).await {
        Ok(inbox) => {
            let rows = inbox.into_iter().map(Row::from).collect();
            html(StatusCode::OK, &Messages { frame: &frame, rows })
        }
        Err(failure) => unavailable(&frame, &failure),
    }
}
