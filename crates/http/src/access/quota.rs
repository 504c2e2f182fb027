//! `POST /cgi-bin/clear_quota` and `POST /cgi-bin/openapi/quota/get`.

use crate::access::caller::{AnyCall, Call};
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::access::quota;
use kaipiao_wire::access::utilities::{
    QuotaAnswer, read_clear_quota, read_quota_path, unknown_path,
};
use kaipiao_wire::answer::{ok, ok_with};

pub(crate) async fn clear_quota(
    State(server): State<Server>,
    AnyCall(Call { caller, body }): AnyCall,
) -> Result<JsonAnswer, Failed> {
    read_clear_quota(&body.object()?, caller.appid.as_str())?;
    quota::clear(&server.app, &caller.appid).await?;
    server.calls.forget_counts(&caller.appid);
    Ok(JsonAnswer(ok()))
}

pub(crate) async fn get_quota(
    State(server): State<Server>,
    AnyCall(Call { caller, body }): AnyCall,
) -> Result<JsonAnswer, Failed> {
    let path = read_quota_path(&body.object()?)?;
    if !server.calls.knows(&path) {
        return Err(unknown_path(&path).into());
    }
    let used = server.calls.used(&caller.appid, &path, server.app.now());
    Ok(JsonAnswer(ok_with(&QuotaAnswer::unlimited(used))))
}
