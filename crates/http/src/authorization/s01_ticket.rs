//! Section 1: `GET /cgi-bin/ticket/getticket`.

use crate::access::caller::Caller;
use crate::answer::{Failed, JsonAnswer};
use crate::query::query_value;
use crate::server::Server;
use axum::extract::{Request, State};
use kaipiao_app::authorization::s01_ticket;
use kaipiao_domain::authorization::ticket::{TICKET_LIFE, TicketType};
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;
use kaipiao_wire::answer::ok_with;
use kaipiao_wire::authorization::s01_ticket::TicketAnswer;

pub(crate) async fn get_ticket(
    State(server): State<Server>,
    Caller(caller): Caller,
    request: Request,
) -> Result<JsonAnswer, Failed> {
    let asked = query_value(request.uri(), "type");
    let ticket_type = TicketType::parse(&asked).ok_or_else(|| {
        let detail = format!("type must be wx_card or jsapi, not {}", text::quoted(&asked));
        Refusal::new(ErrorCode::InvalidArgs, detail)
    })?;
    let ticket = s01_ticket::issue(&server.app, &caller, ticket_type);
    Ok(JsonAnswer(ok_with(&TicketAnswer { ticket, expires_in: TICKET_LIFE.as_secs() })))
}
