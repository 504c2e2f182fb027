//! Section 14: `POST /card/invoice/makeoutinvoice`.

use crate::access::caller::{Call, InvoicingCall};
use crate::answer::{Failed, JsonAnswer};
use crate::body::RequestBody;
use crate::long_request;
use crate::server::Server;
use axum::extract::State;
use kaipiao_app::invoicing::s14_make_out::{MakeOutError, make_out};
use kaipiao_domain::access::account::Account;
use kaipiao_wire::answer::ok_saying;
use kaipiao_wire::invoicing::s14_make_out::{SUCCESS, read, refuse_content};

pub(crate) async fn make_out_invoice(
    State(server): State<Server>,
    InvoicingCall(Call { caller, body }): InvoicingCall,
) -> Result<JsonAnswer, Failed> {
    let body_bytes = body.len();
    long_request::run_by_length(body_bytes, async move { accept(&server, &caller, &body).await })
        .await
}

async fn accept(
    server: &Server,
    caller: &Account,
    body: &RequestBody,
) -> Result<JsonAnswer, Failed> {
    let asked = read(&body.object()?)?;
    match make_out(&server.app, caller, &asked).await {
        Ok(()) => Ok(JsonAnswer(ok_saying(SUCCESS))),
        Err(MakeOutError::Content(problem)) => Err(refuse_content(&problem).into()),
        Err(MakeOutError::Failed(failure)) => Err(failure.into()),
    }
}
