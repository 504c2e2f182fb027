//! The part of the document that stands in the code: the admin API's and the sandbox's.

use crate::routes::Api;
use serde_json::Value;

/// What the code says of a part of the API; None: `spec/` says it.
pub(super) fn of(api: Api) -> Option<Value> {
    let _ = api;
    None
}
