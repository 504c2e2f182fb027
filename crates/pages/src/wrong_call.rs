//! Calls that no page gets: a method that its address does not take, a name in the address that is not UTF-8.

use crate::lang::Lang;
use crate::page::{Frame, notice_with_way_home};
use crate::visit::Visit;
use axum::extract::{FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;

/// The names in a page's address.
pub(crate) struct PathNames<T>(pub(crate) T);

impl<T, S: Sync> FromRequestParts<S> for PathNames<T>
where
    Path<T>: FromRequestParts<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let names = Path::from_request_parts(parts, state).await;
        names.map(|Path(names)| Self(names)).map_err(|_| wrong_address(parts))
    }
}

fn wrong_address(parts: &Parts) -> Response {
    notice_with_way_home(
        // Its other language begins at the home page: nothing is at this address in either.
        &Frame { here: "/".to_owned(), ..Frame::of_nobody(Lang::of(&parts.headers)) },
        StatusCode::BAD_REQUEST,
        ("地址有误", "This address is not complete"),
        ("请检查地址，或从首页重新进入。", "Check the address, or start again from the home page."),
    )
}

/// 405; Allow says which methods the address takes.
pub(crate) async fn wrong_method(request: Request) -> Response {
    notice_with_way_home(
        &Frame { here: "/".to_owned(), ..Visit::of(request).frame() },
        StatusCode::METHOD_NOT_ALLOWED,
        ("此地址不能直接打开", "This address can't be opened directly"),
        ("请从首页重新进入。", "Start again from the home page."),
    )
}
