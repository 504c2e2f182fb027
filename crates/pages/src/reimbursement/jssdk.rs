//! The script that companies' pages load in the place of WeChat's, and what it asks this server.

use crate::pages::Pages;
use crate::script::script;
use crate::visit::Visit;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kaipiao_app::reimbursement::picker::{self, PageConfig, PickerError};
use kaipiao_wire::answer::bare;
use serde::Serialize;

/// The script's address: the name's version is the one of WeChat's that it stands for.
pub(crate) const JSSDK_PATH: &str = "/open/js/jweixin-1.6.0.js";
/// Where it asks whether a page's configuration is right.
pub(crate) const CONFIG_PATH: &str = "/open/js/config";

/// What hands a picker's answer to the page that has opened it.
pub(crate) const PICKED_PATH: &str = "/open/js/picked.js";

const JSSDK: &str = include_str!("../../assets/jssdk.js");
const PICKED: &str = include_str!("../../assets/picked.js");

#[derive(Serialize)]
struct ConfigAnswer {
    #[serde(rename = "errMsg")]
    err_msg: String,
}

/// `GET /open/js/jweixin-1.6.0.js`
pub(crate) async fn jssdk() -> Response {
    script(JSSDK)
}

/// `GET /open/js/picked.js`
pub(crate) async fn picked() -> Response {
    script(PICKED)
}

/// `GET /open/js/config?appId=&timestamp=&nonceStr=&signature=&url=`: `{"errMsg":"config:ok"}`, or why not.
pub(crate) async fn config(State(pages): State<Pages>, request: Request) -> Response {
    let visit = Visit::of(request);
    let config = PageConfig {
        appid: visit.parameter("appId"),
        timestamp: visit.parameter("timestamp"),
        nonce: visit.parameter("nonceStr"),
        url: visit.parameter("url"),
        signature: visit.parameter("signature"),
    };
    let (status, said) = match picker::check_config(&pages.app, &config).await {
        Ok(()) => (StatusCode::OK, "config:ok".to_owned()),
        Err(PickerError::Failed(failure)) => {
            tracing::error!(why = %failure, "a page's configuration could not be checked");
            (StatusCode::SERVICE_UNAVAILABLE, "config:fail, system error".to_owned())
        }
        Err(error) => (StatusCode::OK, format!("config:fail, {error}")),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    (status, headers, bare(&ConfigAnswer { err_msg: said })).into_response()
}
