//! `POST /cgi-bin/callback/check`.

use crate::access::caller::{AnyCall, Call};
use crate::answer::{Failed, JsonAnswer};
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::delivery::callback_check::{self, Reached};
use kaipiao_wire::access::utilities::{
    CallbackCheck, CheckAnswer, DnsJson, PingJson, UNKNOWN_OPERATOR, millis, read_check,
};
use kaipiao_wire::answer::ok_with;

pub(crate) async fn check_callback(
    State(server): State<Server>,
    AnyCall(Call { caller, body }): AnyCall,
) -> Result<JsonAnswer, Failed> {
    let asked = read_check(&body.object()?)?;
    let reached = callback_check::check(&server.app, &caller, asked.ping).await?;
    Ok(JsonAnswer(ok_with(&written(asked, &reached))))
}

fn written(asked: CallbackCheck, reached: &Reached) -> CheckAnswer {
    let dns_json =
        |ip: &std::net::IpAddr| DnsJson { ip: ip.to_string(), real_operator: UNKNOWN_OPERATOR };
    // One call: to the first of the addresses that lets itself be connected to.
    let ping_json = |ip: &std::net::IpAddr| PingJson {
        ip: ip.to_string(),
        from_operator: asked.operator,
        package_loss: if reached.answered_in.is_some() { "0%" } else { "100%" },
        time: reached.answered_in.map(millis).unwrap_or_default(),
    };
    CheckAnswer {
        dns: asked.dns.then(|| reached.addresses.iter().map(dns_json).collect()),
        ping: asked.ping.then(|| reached.addresses.iter().take(1).map(ping_json).collect()),
    }
}
