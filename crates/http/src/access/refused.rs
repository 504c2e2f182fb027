//! `POST /cgi-bin/openapi/rid/get`: the request behind the rid of an errmsg.

use crate::access::caller::{AnyCall, Call};
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_domain::Refusal;
use kaipiao_errcode::ErrorCode;
use kaipiao_wire::access::utilities::{RefusedJson, RidAnswer, read_rid};
use kaipiao_wire::answer::ok_with;

pub(crate) async fn get_rid(
    State(server): State<Server>,
    AnyCall(Call { caller, body }): AnyCall,
) -> Result<JsonAnswer, Failed> {
    let rid = read_rid(&body.object()?)?;
    let found = server.calls.find(&caller.appid, &rid, server.app.now()).ok_or_else(|| {
        let detail = "it is not among this account's newest refused requests of seven days";
        Refusal::new(ErrorCode::RidNotFound, detail)
    })?;
    let request = RefusedJson {
        invoke_time: found.at.unix_seconds(),
        cost_in_ms: found.elapsed_ms,
        request_url: &found.url,
        request_body: "",
        response_body: &found.answer,
        client_ip: &found.client,
    };
    Ok(JsonAnswer(ok_with(&RidAnswer { request })))
}
