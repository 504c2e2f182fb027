//! Section 1: `GET /cgi-bin/ticket/getticket`.

use crate::Server;
use crate::access::caller::Caller;
use crate::answer::{Answer, Failed};
use crate::body::query_value;
use axum::extract::{Request, State};
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;
use kaipiao_wire::answer::ok_with;
use kaipiao_wire::authorization::s01_ticket::TicketType;

pub(crate) async fn get_ticket(
    State(server): State<Server>,
    Caller(caller): Caller,
    request: Request,
) -> Result<Answer, Failed> {
    let asked = query_value(request.uri(), "type");
    let ticket_type = TicketType::parse(&asked).ok_or_else(|| {
        let detail = format!("type must be wx_card or jsapi, not {}", text::quoted(&asked));
        Refusal::new(ErrorCode::InvalidArgs, detail)
    })?;
    Ok(Answer(ok_with(&server.app.issue_ticket(&caller, ticket_type))))
}
