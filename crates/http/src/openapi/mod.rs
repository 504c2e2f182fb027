//! `/openapi.json`: what this server serves, as OpenAPI 3.1. The merchant API's part is `spec/`, a file a section;
//! that of the admin API and of the sandbox's controls is in the code, at each handler.

pub(crate) mod document;
pub(crate) mod from_code;
mod from_spec;
mod operations;
pub(crate) mod page_routes;
pub(crate) mod serve;
pub(crate) mod text;
pub(crate) mod title_sides;
