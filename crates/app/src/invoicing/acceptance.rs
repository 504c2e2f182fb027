//! What accepting a blue and a red request have in common.

use crate::app::App;
use crate::invoicing::issue::issue_job;
use crate::signed::openid;
use crate::store_access::Decision;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::acceptance::Accepted;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::people::user::UserId;
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::record::Expect;
use kaipiao_records::invoicing::invoice_request::request_key;
use kaipiao_records::record;

/// Returned to the caller once a decision is on disk: a refusal may be a change, too.
pub(crate) type Reply = Result<(), Refusal>;

/// An accepted request as a decision: whatever else changes is the record decided on.
pub(crate) fn decision<Other>(
    app: &App,
    accepted: Accepted<Other>,
    expect: Expect,
) -> Decision<Other, Reply> {
    let begins = |request: InvoiceRequest| {
        let key = request_key(&request.merchant, &request.serial);
        let jobs = vec![issue_job(&request, app.now())];
        (vec![record::save(key, expect, &request)], jobs)
    };
    match accepted {
        Accepted::Before => Decision::alone(None, Ok(())),
        Accepted::Begins { other, request } => {
            let (also, jobs) = begins(request);
            Decision { also, jobs, ..Decision::alone(Some(other), Ok(())) }
        }
        Accepted::AsksAgain { request } => {
            let (also, jobs) = begins(request);
            let detail = "the issuer is asked again; query later";
            let reply = Err(Refusal::new(ErrorCode::IssuerTimeout, detail));
            Decision { also, jobs, ..Decision::alone(None, reply) }
        }
    }
}

/// Does this openid name the user, under one of these accounts: the merchant, the caller, the
/// one that asked for the order's link? Each of them knows the user by an openid of its own.
pub(crate) fn is_openid_of(
    app: &App,
    openid: &str,
    user: &UserId,
    under: [Option<&AppId>; 3],
) -> bool {
    let mut known = under.into_iter().flatten();
    known.any(|appid| openid::make(&app.keys, appid, user).as_str() == openid)
}
