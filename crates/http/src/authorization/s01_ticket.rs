//! Section 1: `GET /cgi-bin/ticket/getticket`, and WeCom's `GET /cgi-bin/ticket/get` (wire_facts 1.2).

use crate::access::caller::Caller;
use crate::answer::{Failed, JsonAnswer};
use crate::query::query_value;
use crate::server::Server;
use axum::extract::{Request, State};
use kaipiao_app::authorization::s01_ticket;
use kaipiao_domain::access::account::Account;
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
    let ticket_type = TicketType::parse(&asked);
    issue(&server, &caller, ticket_type.ok_or_else(|| wrong_type("wx_card or jsapi", &asked))?)
}

/// What a company's page in WeCom signs a call of the picker with.
pub(crate) async fn get_wecom_ticket(
    State(server): State<Server>,
    Caller(caller): Caller,
    request: Request,
) -> Result<JsonAnswer, Failed> {
    let asked = query_value(request.uri(), "type");
    let ticket_type = TicketType::parse(&asked).filter(|it| *it == TicketType::WxCard);
    issue(&server, &caller, ticket_type.ok_or_else(|| wrong_type("wx_card", &asked))?)
}

fn wrong_type(known: &str, asked: &str) -> Refusal {
    let detail = format!("type must be {known}, not {}", text::quoted(asked));
    Refusal::new(ErrorCode::InvalidArgs, detail)
}

fn issue(server: &Server, caller: &Account, ticket_type: TicketType) -> Result<JsonAnswer, Failed> {
    let ticket = s01_ticket::issue(&server.app, caller, ticket_type);
    Ok(JsonAnswer(ok_with(&TicketAnswer { ticket, expires_in: TICKET_LIFE.as_secs() })))
}
