//! `GET /invoice/pdf/…`: the PDF behind `pdfurl` (section 16), whole or in the parts that viewers ask
//! for; and `GET /invoice/svg/…`, its first page as the wallet shows it.

use crate::server::Server;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use kaipiao_app::Failure;
use kaipiao_app::invoicing::documents;
use kaipiao_app::invoicing::documents::Document;
pub(crate) use kaipiao_app::invoicing::documents::DocumentFormat;
use std::ops::RangeInclusive;

/// What a document is asked for by.
pub(crate) type DocumentAsk = (Result<Path<String>, PathRejection>, Method, Uri, HeaderMap);

/// Whoever has the address may read the invoice: it cannot be guessed.
pub(crate) async fn pdf(
    State(server): State<Server>,
    (name, method, uri, headers): DocumentAsk,
) -> Response {
    let found = document(DocumentFormat::Pdf, &server, name, &asked(&method, &headers)).await;
    found.unwrap_or_else(|| no_invoice(&server, &uri, &headers))
}

/// The face for a screen.
pub(crate) async fn svg(
    State(server): State<Server>,
    (name, method, uri, headers): DocumentAsk,
) -> Response {
    let found = document(DocumentFormat::Picture, &server, name, &asked(&method, &headers)).await;
    found.unwrap_or_else(|| no_invoice(&server, &uri, &headers))
}

/// What was asked for: a part can only be asked for with GET (RFC 9110, 14.2).
pub(crate) fn asked(method: &Method, headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    if method != Method::GET {
        headers.remove(header::RANGE);
    }
    headers
}

/// None: there is no invoice of that name.
async fn document(
    format: DocumentFormat,
    server: &Server,
    name: Result<Path<String>, PathRejection>,
    headers: &HeaderMap,
) -> Option<Response> {
    // What is not even text names no invoice.
    let Path(name) = name.ok()?;
    Some(match documents::document(&server.app, &name, format).await {
        Ok(found) => answer(format, &*found?, headers),
        Err(failure) => unavailable(&failure),
    })
}

/// The store, or the files, or too many who ask.
pub(crate) fn unavailable(failure: &Failure) -> Response {
    tracing::error!(%failure, "an invoice could not be shown");
    let text = "请稍后再试。The invoice cannot be shown right now; try again in a moment.\n";
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], text).into_response()
}

pub(crate) fn no_invoice(server: &Server, uri: &Uri, headers: &HeaderMap) -> Response {
    (server.no_invoice_page)(uri, headers).unwrap_or_else(|| {
        let text =
            "没有这张发票。There is no invoice at this address; use it exactly as pdfurl says.\n";
        (StatusCode::NOT_FOUND, text).into_response()
    })
}

/// A document, or the part of it that is asked for.
pub(crate) fn answer(format: DocumentFormat, document: &Document, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", document.digest);
    let mut response = match part(document, asked, &tag) {
        Part::Known => StatusCode::NOT_MODIFIED.into_response(),
        Part::Whole => document.bytes.clone().into_response(),
        Part::Some(range) => some(document, range),
        Part::Beyond => {
            let all = format!("bytes */{}", document.bytes.len());
            (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, all)]).into_response()
        }
    };
    let (content_type, ending) = match format {
        DocumentFormat::Pdf => ("application/pdf", "pdf"),
        DocumentFormat::Picture => ("image/svg+xml", "svg"),
    };
    let disposition = format!("inline; filename=\"{}.{ending}\"", document.digits);
    let headers: [(HeaderName, HeaderValue); 4] = [
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        // Kept by whoever reads it, and asked after each time: a newer program may draw it anew.
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NOTHING_RUNS)),
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, value);
    }
    for (name, text) in [(header::ETAG, tag), (header::CONTENT_DISPOSITION, disposition)] {
        let value = HeaderValue::try_from(text).expect("ASCII digits in quotes");
        response.headers_mut().insert(name, value);
    }
    response
}

/// A picture is a document of its own when it is opened: nothing in it runs or loads.
const NOTHING_RUNS: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// What of a document is to be sent.
enum Part {
    Known,
    Whole,
    Some(RangeInclusive<usize>),
    Beyond,
}

fn part(document: &Document, asked: &HeaderMap, tag: &str) -> Part {
    let of = |name: HeaderName| asked.get(name).and_then(|value| value.to_str().ok());
    let names_it = |tags: &str| {
        tags.split(',')
            .any(|one| matches!(one.trim().trim_start_matches("W/"), t if t == tag || t == "*"))
    };
    if of(header::IF_NONE_MATCH).is_some_and(names_it) {
        return Part::Known;
    }
    // Parts of other bytes than the viewer has are of no use to it.
    let is_of_these = of(header::IF_RANGE).is_none_or(|known| known == tag);
    let Some(range) = of(header::RANGE).filter(|_| is_of_these) else { return Part::Whole };
    range_of(range, document.bytes.len())
}

/// The part that a Range names. A header that is no range of bytes, or that names several, is
/// answered with the whole: that is always right (RFC 9110, 14.2).
fn range_of(header: &str, length: usize) -> Part {
    let Some((first, last)) = header.strip_prefix("bytes=").and_then(|one| one.split_once('-'))
    else {
        return Part::Whole;
    };
    let Some(end) = length.checked_sub(1) else { return Part::Whole };
    let (first, last) = match (number(first), number(last)) {
        (Some(first), None) if last.is_empty() => (first, end),
        (Some(first), Some(last)) if first <= last => (first, last.min(end)),
        (None, Some(count)) if first.is_empty() => (length.saturating_sub(count), end),
        _ => return Part::Whole,
    };
    if first > end { Part::Beyond } else { Part::Some(first..=last) }
}

/// A number of bytes; one that is too large is further than any document reaches.
fn number(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(usize::MAX))
}

fn some(document: &Document, range: RangeInclusive<usize>) -> Response {
    let of = format!("bytes {}-{}/{}", range.start(), range.end(), document.bytes.len());
    let bytes = document.bytes.slice(range);
    (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, of)], bytes).into_response()
}
