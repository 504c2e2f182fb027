//! What accepting a blue and a red request have in common.

use crate::app::App;
use crate::invoicing::issue::issue_job;
use crate::store_access::Decision;
use kaipiao_domain::Refusal;
use kaipiao_domain::invoicing::acceptance::Accepted;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::record::{Expect, Save};
use kaipiao_records::invoicing::content::content_key;
use kaipiao_records::invoicing::invoice_request::request_key;
use kaipiao_records::record::{self, Versioned};

/// Returned to the caller once a decision is on disk: a refusal may be a change, too.
pub(crate) type Reply = Result<(), Refusal>;

/// An accepted request as a decision beside the request that is known under its serial. Whatever else
/// changes is the record decided on.
pub(crate) fn decision<Other>(
    app: &App,
    accepted: Accepted<Other>,
    known: Option<&Versioned<InvoiceRequest>>,
) -> Decision<Other, Reply> {
    let head = |request: &InvoiceRequest| {
        let key = request_key(&request.merchant, &request.serial);
        record::save(key, Versioned::expect(known), request)
    };
    match accepted {
        Accepted::Before => Decision::alone(None, Ok(())),
        Accepted::Begins { other, request, content } => {
            let mut also = vec![head(&request)];
            also.extend(content_saves(&request, &content, known.map(|known| &known.value)));
            let jobs = vec![issue_job(&request, app.now())];
            Decision { also, jobs, ..Decision::alone(Some(other), Ok(())) }
        }
        Accepted::AsksAgain { request } => {
            let (also, jobs) = (vec![head(&request)], vec![issue_job(&request, app.now())]);
            let detail = "the issuer is asked again; query later";
            let reply = Err(Refusal::new(ErrorCode::IssuerTimeout, detail));
            Decision { also, jobs, ..Decision::alone(None, reply) }
        }
    }
}

/// The content of a try that begins, in the place of the one of the try before.
fn content_saves(
    request: &InvoiceRequest,
    content: &Content,
    known: Option<&InvoiceRequest>,
) -> impl Iterator<Item = Save> {
    let key = |number| content_key(&request.merchant, &request.serial, number);
    let new = record::save(key(request.content_number), Expect::Absent, content);
    // Nobody changes a content, and the head's version says that this one is still the request's.
    let old = known.map(|known| record::removal(key(known.content_number), Expect::Any));
    core::iter::once(new).chain(old)
}

#[cfg(test)]
mod tests;
