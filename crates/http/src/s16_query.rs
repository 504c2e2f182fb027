//! Section 16: `POST /card/invoice/queryinvoceinfo` (sic), and `GET /invoice/pdf/…`.

use crate::Server;
use crate::access::Call;
use crate::admin::failed;
use crate::answer::{Answer, Failed};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kaipiao_wire::s16_query::{QueryRequest, write};

pub(crate) async fn query_invoice_info(
    State(server): State<Server>,
    Call { caller, sent }: Call,
) -> Result<Answer, Failed> {
    let asked = QueryRequest::read(&sent.object()?)?;
    let found = server.app.query_invoice(&caller, &asked).await?;
    Ok(Answer(write(&asked.serial, &found.invoice, &found.pdf_url)))
}

/// Whoever has the address may read the invoice: it cannot be guessed.
pub(crate) async fn pdf(State(server): State<Server>, Path(name): Path<String>) -> Response {
    match server.app.invoice_pdf(&name).await {
        Ok(Some(bytes)) => {
            let pdf = HeaderValue::from_static("application/pdf");
            let shown = HeaderValue::from_static("inline; filename=\"invoice.pdf\"");
            let headers = [(header::CONTENT_TYPE, pdf), (header::CONTENT_DISPOSITION, shown)];
            (headers, bytes).into_response()
        }
        Ok(None) => {
            let text = "没有这张发票。There is no invoice at this address; use it exactly as pdfurl says.\n";
            (StatusCode::NOT_FOUND, text).into_response()
        }
        Err(failure) => failed(failure),
    }
}
