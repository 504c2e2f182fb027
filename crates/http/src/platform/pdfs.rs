//! `POST /card/invoice/platform/setpdf` and `…/getpdf`, and `GET /invoice/media/…`: the PDF behind `pdf_url`.

use crate::access::caller::{Call, PlatformCall, Upload};
use crate::answer::{Failed, JsonAnswer};
use crate::body::query_object;
use crate::invoicing::documents::{DocumentAsk, PDF, no_invoice, served};
use crate::server::Server;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use kaipiao_app::platform::pdfs;
use kaipiao_wire::platform::{get_pdf as get_wire, set_pdf as set_wire};

pub(crate) async fn set_pdf(
    State(server): State<Server>,
    upload: Upload,
) -> Result<JsonAnswer, Failed> {
    let file = set_wire::find_file(&upload.content_type, &upload.body.bytes)?;
    let pdf = upload.body.bytes.slice(file);
    let media_id = pdfs::upload(&server.app, &upload.caller.appid, pdf).await?;
    Ok(JsonAnswer(set_wire::write(&media_id)))
}

pub(crate) async fn get_pdf(
    State(server): State<Server>,
    uri: Uri,
    PlatformCall(Call { caller, body }): PlatformCall,
) -> Result<JsonAnswer, Failed> {
    let media_id = get_wire::read(&query_object(&uri)?, &body.object()?)?;
    let pdf = pdfs::find(&server.app, &caller.appid, &media_id).await?.value;
    Ok(JsonAnswer(get_wire::write(&pdfs::url(&server.app, &pdf.owner, &pdf.media_id))))
}

/// Whoever has the address may read the file: it cannot be guessed, and serves for two hours.
pub(crate) async fn media(
    State(server): State<Server>,
    (name, method, uri, headers): DocumentAsk,
) -> Response {
    // What is not even text names no file.
    let Ok(Path(name)) = name else { return no_invoice(&server, &uri, &headers) };
    let found = pdfs::file(&server.app, &name).await;
    served(&server, PDF, found, (&method, &uri, &headers))
}
