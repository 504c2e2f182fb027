//! The user that an operator of a sandbox acts as.

use crate::console::Console;
use crate::frame::Frame;
use crate::seat::Seat;
use askama::Template;
use axum::response::Response;
use kaipiao_app::people::users;

/// Users that are offered by name; where there are more, an id is typed.
const MOST_OFFERED: usize = 100;

/// The field `user`.
#[derive(Template)]
#[template(path = "parts/user.html")]
pub(crate) struct ActsAs<'a> {
    frame: &'a Frame,
    /// None: there are too many to be offered.
    offered: Option<Vec<(String, String)>>,
    value: &'a str,
}

/// The field, with the user that was chosen before.
pub(crate) async fn acts_as<'a>(console: &Console, seat: &'a Seat) -> Result<ActsAs<'a>, Response> {
    let page = users::list(&console.app, None, MOST_OFFERED).await;
    let page = page.map_err(|failure| seat.failed(&failure))?;
    let few = page.next.is_none();
    let named = page.items.into_iter().map(|user| (user.id.as_str().to_owned(), user.name));
    let offered = few.then(|| named.collect());
    Ok(ActsAs { frame: &seat.frame, offered, value: seat.form.get("user") })
}
