//! An invoice's face, for whoever may see the invoice.

use crate::console::Console;
use crate::invoices::show::named;
use crate::seat::Seat;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use kaipiao_app::invoicing::documents::{self, DocumentFormat};

/// Opened by itself it is a document of its own: nothing in it runs or loads.
const NOTHING_RUNS: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// `GET /console/invoices/face?appid=&serial=`
pub(crate) async fn face(State(console): State<Console>, seat: Seat) -> Result<Response, Response> {
    let (appid, serial) = (seat.query.get("appid"), seat.query.get("serial"));
    let (_, request) = named(&console, &seat, appid, serial).await?;
    let name = documents::name_of(&console.app, &request.merchant, &request.serial);
    let found = documents::document(&console.app, &name, DocumentFormat::Picture).await;
    let found = found.map_err(|failure| seat.failed(&failure))?;
    let picture = found.ok_or_else(|| seat.frame.not_found())?;
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NOTHING_RUNS)),
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
    ];
    Ok((headers, picture.bytes.clone()).into_response())
}
