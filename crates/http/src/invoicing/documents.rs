//! `GET /invoice/pdf/…`: the PDF behind `pdfurl` (section 16), whole or in the parts that viewers ask
//! for; `GET /invoice/svg/…`, its first page as the wallet shows it; and `GET /invoice/ofd/…` and `…/xml/…`, which an
//! invoice may have brought from its issuer.

use crate::server::Server;
use crate::tagged::is_known;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use kaipiao_app::Failure;
use kaipiao_app::invoicing::documents;
use kaipiao_app::invoicing::documents::Document;
use kaipiao_app::invoicing::documents::DocumentFormat;
use kaipiao_domain::invoicing::invoice_document::DocumentKind;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// What a document is asked for by.
pub(crate) type DocumentAsk = (Result<Path<String>, PathRejection>, Method, Uri, HeaderMap);

/// Whoever has the address may read the invoice: it cannot be guessed.
pub(crate) async fn pdf(
    State(server): State<Server>,
    (name, method, uri, headers): DocumentAsk,
) -> Response {
    let Some(name) = text(name) else { return no_invoice(&server, &uri, &headers) };
    let found = documents::document(&server.app, &name, DocumentFormat::Pdf).await;
    served(&server, PDF, found, (&method, &uri, &headers))
}

/// The face for a screen.
pub(crate) async fn svg(
    State(server): State<Server>,
    (name, method, uri, headers): DocumentAsk,
) -> Response {
    let Some(name) = text(name) else { return no_invoice(&server, &uri, &headers) };
    let found = documents::document(&server.app, &name, DocumentFormat::Picture).await;
    served(&server, SVG, found, (&method, &uri, &headers))
}

/// The OFD that the invoice has brought.
pub(crate) async fn ofd(
    State(server): State<Server>,
    (name, method, uri, headers): DocumentAsk,
) -> Response {
    let Some(name) = text(name) else { return no_invoice(&server, &uri, &headers) };
    let found = documents::brought(&server.app, &name, DocumentKind::Ofd).await;
    served(&server, OFD, found, (&method, &uri, &headers))
}

/// The XML that the invoice has brought.
pub(crate) async fn xml(
    State(server): State<Server>,
    (name, method, uri, headers): DocumentAsk,
) -> Response {
    let Some(name) = text(name) else { return no_invoice(&server, &uri, &headers) };
    let found = documents::brought(&server.app, &name, DocumentKind::Xml).await;
    served(&server, XML, found, (&method, &uri, &headers))
}

/// What is not even text names no invoice.
fn text(name: Result<Path<String>, PathRejection>) -> Option<String> {
    name.ok().map(|Path(name)| name)
}

/// What was asked for: a part can only be asked for with GET (RFC 9110, 14.2).
fn asked(method: &Method, headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    if method != Method::GET {
        headers.remove(header::RANGE);
    }
    headers
}

/// A document that was looked for, to whoever has asked.
pub(crate) fn served(
    server: &Server,
    file_type: FileType,
    found: Result<Option<Arc<Document>>, Failure>,
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
) -> Response {
    match found {
        Ok(Some(document)) => answer(file_type, &document, &asked(method, headers)),
        Ok(None) => no_invoice(server, uri, headers),
        Err(failure) => unavailable(&failure),
    }
}

/// How a document's file is served.
#[derive(Clone, Copy)]
pub(crate) struct FileType {
    content_type: &'static str,
    /// Of its name, behind the dot.
    ending: &'static str,
    /// Whether a browser shows it, or saves it.
    disposition: &'static str,
}

pub(crate) const PDF: FileType =
    FileType { content_type: "application/pdf", ending: "pdf", disposition: "inline" };
const SVG: FileType =
    FileType { content_type: "image/svg+xml", ending: "svg", disposition: "inline" };
const OFD: FileType =
    FileType { content_type: "application/ofd", ending: "ofd", disposition: "attachment" };
/// Never shown at this server's address, where what others have written could run.
const XML: FileType =
    FileType { content_type: "application/xml", ending: "xml", disposition: "attachment" };

/// The store, or the files, or too many who ask.
fn unavailable(failure: &Failure) -> Response {
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
fn answer(file_type: FileType, document: &Document, asked: &HeaderMap) -> Response {
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
    let FileType { content_type, ending, disposition } = file_type;
    let disposition = format!("{disposition}; filename=\"{}.{ending}\"", document.digits);
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
    if is_known(asked, tag) {
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
