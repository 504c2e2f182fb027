//! The WeChat-shaped API, the admin API and the sandbox, as one axum router.
//!
//! A handler reads like the contract's section: extract the caller, read the body, call the use
//! case, write the answer. Everything that all of them share is in three files: `access` (who
//! calls), `body` (the query and the body), `answer` (the response).

mod access;
mod admin;
mod answer;
mod authorization;
mod body;
mod budget;
mod call_log;
mod drain;
mod guard;
mod health;
mod invoicing;
mod log_filter;
mod long_request;
mod metrics;
mod openapi;
mod operations;
mod paging;
mod payment;
mod people;
mod platform;
mod probe_paths;
mod query;
mod reimbursement;
mod request_metrics;
mod router;
mod routes;
mod sandbox;
mod seen;
mod server;
mod struck;
mod tagged;
mod unknown_path;
mod wrong_call;

pub use budget::BodyBudget;
pub use call_log::CallLog;
pub use drain::drained;
pub use log_filter::LogFilter;
pub use openapi::document::document;
pub use openapi::page_routes::{JSON_PAGES, JsonPage};
pub use openapi::text::OpenApi;
pub use operations::operations_router;
pub use request_metrics::HttpMetrics;
pub use router::{SPAN_TARGET, router};
pub use routes::{Api, CALL_PREFIXES, ROUTES, Route, call_paths, struck_paths};
pub use sandbox::accounts::accounts_json;
pub use server::{ClientAddress, HttpSettings, Server};
pub use struck::Dropped;
