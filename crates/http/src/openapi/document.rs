//! The document: what `spec/` and the code say, of the routes that are served.

use super::from_code;
use super::from_spec;
use super::operations::purpose;
use super::page_routes::JSON_PAGES;
use crate::routes::{Api, ROUTES};
use serde_json::{Map, Value, json};

/// The OpenAPI of the parts of the API that a server has, at its address.
pub fn document(served: &[Api], base_url: &str, version: &str) -> Value {
    let mut document = Value::Object(Map::new());
    for part in from_spec::files().chain([from_code::of(served)]) {
        merge(&mut document, part);
    }
    document["info"]["version"] = json!(version);
    document["servers"] = json!([{"url": base_url.trim_end_matches('/')}]);
    for route in ROUTES.iter().filter(|route| served.contains(&route.api())) {
        for method in route.methods.split(' ') {
            let path = document["paths"].get_mut(route.path);
            let operation = path.and_then(|path| path.get_mut(method.to_ascii_lowercase()));
            // A test looks for all of them; WeChat Pay's speak XML.
            let Some(Value::Object(operation)) = operation else { continue };
            let (what, what_zh) =
                purpose(method, route.path).unwrap_or((route.what, route.what_zh));
            add_summary(operation, what, what_zh);
            add_refusals(operation);
        }
    }
    for page in JSON_PAGES {
        if let Value::Object(operation) = &mut document["paths"][page.path]["get"] {
            add_summary(operation, page.what, page.what_zh);
        }
    }
    document
}

fn add_summary(operation: &mut Map<String, Value>, what: &str, what_zh: &str) {
    operation.insert("summary".to_owned(), json!(what));
    operation.insert("x-summary-zh".to_owned(), json!(what_zh));
}

/// Adds the members of one document to another; what both have must be objects.
fn merge(into: &mut Value, part: Value) {
    let (Value::Object(into), Value::Object(part)) = (into, part) else {
        panic!("two parts of the document say the same thing");
    };
    for (name, value) in part {
        match into.get_mut(&name) {
            Some(known) => merge(known, value),
            None => drop(into.insert(name, value)),
        }
    }
}

/// A call of the merchant API answers its success, or one of the codes that `x-errcodes` lists.
fn add_refusals(operation: &mut Map<String, Value>) {
    let Some(codes) = operation.get("x-errcodes").cloned() else { return };
    let schema = &mut operation["responses"]["200"]["content"]["application/json"]["schema"];
    let success = schema.take();
    let refusal = json!({
        "type": "object",
        "description": "A refusal. `/errors/{code}` says what each code means, and what to do about it.",
        "required": ["errcode", "errmsg"],
        "properties": {
            "errcode": {"type": "integer", "enum": codes},
            "errmsg": {"$ref": "#/components/schemas/RefusalText"},
        },
        "additionalProperties": false,
    });
    *schema = json!({"oneOf": [success, refusal]});
}
