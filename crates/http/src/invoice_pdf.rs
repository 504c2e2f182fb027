//! `GET /invoice/pdf/…`: the PDF behind `pdfurl` (section 16), whole or in the parts that viewers ask
//! for; and `GET /invoice/svg/…`, its first page as the wallet shows it.

use crate::Server;
use crate::admin::failed;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_range_header::parse_range_header;
use kaipiao_app::printing::{Document, Form};
use std::ops::RangeInclusive;

/// Whoever has the address may read the invoice: it cannot be guessed.
pub(crate) async fn pdf(
    State(server): State<Server>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer_in(Form::Pdf, &server, &name, &headers).await
}

/// The face for a screen.
pub(crate) async fn svg(
    State(server): State<Server>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer_in(Form::Picture, &server, &name, &headers).await
}

async fn answer_in(form: Form, server: &Server, name: &str, headers: &HeaderMap) -> Response {
    match server.app.document(name, form).await {
        Ok(Some(document)) => answer(form, &document, headers),
        Ok(None) => {
            let text = "没有这张发票。There is no invoice at this address; use it exactly as pdfurl says.\n";
            (StatusCode::NOT_FOUND, text).into_response()
        }
        Err(failure) => failed(failure),
    }
}

fn answer(form: Form, document: &Document, asked: &HeaderMap) -> Response {
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
    let (content_type, file_name) = match form {
        Form::Pdf => ("application/pdf", "inline; filename=\"invoice.pdf\""),
        Form::Picture => ("image/svg+xml", "inline; filename=\"invoice.svg\""),
    };
    let headers: [(HeaderName, HeaderValue); 5] = [
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        // Kept by whoever reads it, and asked after each time: a newer program may draw it anew.
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(file_name)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NOTHING_RUNS)),
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, value);
    }
    let tag = HeaderValue::try_from(tag).expect("hexadecimal digits in quotes");
    response.headers_mut().insert(header::ETAG, tag);
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
    let Ok(parsed) = parse_range_header(range) else { return Part::Whole };
    match parsed.validate(u64::try_from(document.bytes.len()).unwrap_or(u64::MAX)) {
        Err(_) => Part::Beyond,
        Ok(ranges) => match &ranges[..] {
            [one] => {
                let place = |at: u64| usize::try_from(at).expect("it lies within the document");
                Part::Some(place(*one.start())..=place(*one.end()))
            }
            // Several parts would be a document of another kind; the whole is always right.
            _ => Part::Whole,
        },
    }
}

fn some(document: &Document, range: RangeInclusive<usize>) -> Response {
    let of = format!("bytes {}-{}/{}", range.start(), range.end(), document.bytes.len());
    let bytes = document.bytes[range].to_vec();
    (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, of)], bytes).into_response()
}
