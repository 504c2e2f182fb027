//! `GET /cgi-bin/getcallbackip` and `GET /cgi-bin/get_api_domain_ip`.

use crate::access::caller::Caller;
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_wire::access::utilities::IpList;
use kaipiao_wire::answer::ok_with;

pub(crate) async fn get_callback_ip(
    State(server): State<Server>,
    _: Caller,
) -> Result<JsonAnswer, Failed> {
    Ok(JsonAnswer(ok_with(&IpList { ip_list: &server.settings.push_addresses })))
}

pub(crate) async fn get_api_domain_ip(
    State(server): State<Server>,
    _: Caller,
) -> Result<JsonAnswer, Failed> {
    Ok(JsonAnswer(ok_with(&IpList { ip_list: &server.settings.api_addresses })))
}
