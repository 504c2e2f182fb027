//! In a sandbox an operator answers an order as one of its users, through the use case of the authorization page.

use crate::console::Console;
use crate::orders::address::order_address;
use crate::orders::timeline::{named, page};
use crate::parts::{Flash, Tone};
use crate::seat::Seat;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::App;
use kaipiao_app::authorization::s06_auth_push::{self, AnswerError, TakenAnswer};
use kaipiao_app::authorization::{orders, s02_auth_url};
use kaipiao_domain::authorization::order_id::OrderKey;
use kaipiao_domain::authorization::user_decision::UserChoice;
use kaipiao_domain::people::user::UserId;
use kaipiao_pages::{see_other, told};

/// `POST /console/orders/order?appid=&order_id= {user, decision}`
pub(crate) async fn answer(
    State(console): State<Console>,
    seat: Seat,
) -> Result<Response, Response> {
    seat.sandbox(&console)?;
    let (account, key) = named(&console, &seat).await?;
    let (user, is_yes) = (seat.form.get("user").trim(), seat.form.get("decision") == "authorize");
    match taken(&console.app, &key, user, is_yes).await {
        Ok(answered) => {
            let order_id = key.order_id.as_str();
            tracing::info!(
                order_id,
                user,
                by = seat.name(),
                "an order was answered by the console"
            );
            let what = if answered.is_authorized { "authorized" } else { "declined" };
            let address = order_address(key.merchant.as_str(), order_id);
            Ok(see_other(&format!("{address}&said={what}")))
        }
        Err(AnswerError::Failed(failure)) => Err(seat.failed(&failure)),
        Err(why) => {
            let flash = Some(Flash::new(Tone::Bad, told(seat.frame.lang, &why.to_string())));
            page(&console, &seat, &account, &key, StatusCode::CONFLICT, flash).await
        }
    }
}

async fn taken(
    app: &App,
    key: &OrderKey,
    user: &str,
    is_yes: bool,
) -> Result<TakenAnswer, AnswerError> {
    let order = orders::find(app, key).await?.ok_or(AnswerError::ForgedLink)?;
    let link = s02_auth_url::link_of(app, &order.request);
    let user = UserId::parse(user).ok_or_else(|| AnswerError::UnknownUser(user.to_owned()))?;
    match is_yes {
        true => s06_auth_push::authorize_with_default_title(app, &link, &user).await,
        false => s06_auth_push::answer(app, &link, &user, UserChoice::Decline, None).await,
    }
}
