//! Paths of programs that nothing is served at: they read JSON there too. SDKs get 40066 and the nearest
//! path that there is.

use crate::admin::error::refuse;
use crate::answer::Failed;
use crate::routes::{CALL_PREFIXES, call_paths};
use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kaipiao_app::under_way::UnderWay;
use kaipiao_domain::Refusal;
use kaipiao_errcode::ErrorCode;
use std::sync::Arc;

/// A slip of the hand changes so many characters at most, and less than half of the name.
const MOST_CHANGES: usize = 3;
/// A longer name is no slip of the hand, and costs time to compare.
const LONGEST_NAME: usize = 64;

/// Answers, before the pages do, what was meant for one of the APIs: 40066 "invalid url" of the merchant's,
/// 404 of the others. A base address that ends in `/` doubles the slash, and some SDKs write capitals.
pub(crate) async fn programs_path(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let first = path.trim_start_matches('/').split('/').next().unwrap_or("");
    let is_first = |prefix: &&str| prefix.trim_matches('/').eq_ignore_ascii_case(first);
    if CALL_PREFIXES.iter().any(is_first) {
        return invalid_url(path).into_response();
    }
    match &*first.to_ascii_lowercase() {
        "admin" | "sandbox" => {
            let error = "nothing is served at this path; docs/reference.md lists every path";
            refuse(StatusCode::NOT_FOUND, error)
        }
        _ => {
            note_page(&request);
            next.run(request).await
        }
    }
}

/// Titles, invoices and phones of people stand in pages and their forms: the request log has none of that.
fn note_page(request: &Request) {
    if request.extensions().get::<MatchedPath>().is_some()
        && let Some(under_way) = request.extensions().get::<Arc<UnderWay>>()
    {
        under_way.is_of_a_person();
    }
}

fn invalid_url(path: &str) -> Failed {
    let hint = match nearest(path) {
        Some(known) => format!("nothing is served at this path, did you mean {known} ?"),
        None => "nothing is served at this path; the home page / lists every path".to_owned(),
    };
    Refusal::new(ErrorCode::InvalidUrl, hint).into()
}

/// The path whose last name is nearest.
fn nearest(path: &str) -> Option<&'static str> {
    let asked = last_name(path).to_ascii_lowercase();
    if asked.len() > LONGEST_NAME {
        return None;
    }
    let compared = call_paths().map(|path| {
        let name = last_name(path);
        // Of names that are equally near, the one that stands within what was asked.
        (strsim::levenshtein(&asked, name), !asked.contains(name), path)
    });
    let is_slip = |changes: usize| changes <= MOST_CHANGES && 2 * changes < asked.len();
    compared.filter(|(changes, ..)| is_slip(*changes)).min().map(|(.., path)| path)
}

fn last_name(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_path_is_named() {
        for (asked, meant) in [
            ("/card/invoice/queryinvoiceinfo", "/card/invoice/queryinvoceinfo"),
            ("/card/invoice/getAuthUrl/", "/card/invoice/getauthurl"),
            ("/card/getauthdata", "/card/invoice/getauthdata"),
            ("/cgi-bin/gettoken", "/cgi-bin/token"),
            ("/cgi-bin/stabletoken", "/cgi-bin/stable_token"),
        ] {
            assert_eq!(nearest(asked), Some(meant), "{asked}");
        }
        for far in ["/card/", "/merchant/order/update", "/cgi-bin/menu/create"] {
            assert_eq!(nearest(far), None, "{far}");
        }
    }
}
