//! The `curl` line that makes a call.

use crate::docs_schema::resolved;
use serde_json::{Map, Value, json};

/// The line for an operation, with an example of the contract as its body where there is one.
pub(crate) fn curl(document: &Value, (path, method): (&str, &str), said: &Value) -> String {
    let base = document["servers"][0]["url"].as_str().unwrap_or_default();
    let is_secured_by = |name: &str| said["security"][0][name].is_array();
    let mut query: Vec<String> = Vec::new();
    for parameter in said["parameters"].as_array().into_iter().flatten() {
        if parameter["in"] == "query" && parameter["required"] == true {
            let value = skeleton(document, &parameter["schema"]);
            let value = value.as_str().filter(|value| !value.is_empty()).unwrap_or("…").to_owned();
            query.push(format!("{}={value}", parameter["name"].as_str().unwrap_or_default()));
        }
    }
    if is_secured_by("AccessToken") {
        query.push("access_token=$TOKEN".to_owned());
    }
    let joined = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let mut line = "curl".to_owned();
    if !matches!(method, "get" | "post") {
        line.push_str(&format!(" -X {}", method.to_ascii_uppercase()));
    }
    if is_secured_by("AdminToken") {
        line.push_str(" -H \"Authorization: Bearer $ADMIN_TOKEN\"");
    }
    let content = &said["requestBody"]["content"];
    if content["multipart/form-data"].is_object() {
        line.push_str(" -F pdf=@invoice.pdf");
    } else if content["application/json"].is_object() {
        let body = body(document, &content["application/json"]).to_string();
        line.push_str(&format!(" -d '{}'", body.replace('\'', r"'\''")));
    } else if method == "post" {
        line.push_str(" -X POST");
    }
    format!("{line} \"{base}{path}{joined}\"")
}

/// The first example, or the members that must be there.
fn body(document: &Value, content: &Value) -> Value {
    let examples = content["examples"].as_object().into_iter().flatten();
    let first = examples.map(|(_, example)| example["value"].clone()).next();
    first.unwrap_or_else(|| skeleton(document, &content["schema"]))
}

/// The smallest value that looks like the schema.
fn skeleton(document: &Value, schema: &Value) -> Value {
    let schema = resolved(document, schema);
    let first = |name: &str| schema[name].as_array().and_then(|all| all.first());
    if let Some(value) = schema.get("const").or_else(|| first("examples")).or_else(|| first("enum"))
    {
        return value.clone();
    }
    if let Some(choice) = first("anyOf").or_else(|| first("oneOf")) {
        return skeleton(document, choice);
    }
    let first_type = schema["type"].as_str().or_else(|| first("type").and_then(Value::as_str));
    match first_type {
        Some("object") => {
            let required = schema["required"].as_array().into_iter().flatten();
            let names = required.filter_map(Value::as_str);
            let member =
                |name: &str| (name.to_owned(), skeleton(document, &schema["properties"][name]));
            Value::Object(names.map(member).collect::<Map<_, _>>())
        }
        Some("array") => json!([skeleton(document, &schema["items"])]),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("boolean") => json!(true),
        _ => json!("…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_without_an_example_has_what_it_must_have() {
        let document = json!({"servers": [{"url": "http://h"}]});
        let said = json!({
            "security": [{"AccessToken": []}],
            "parameters": [{"name": "type", "in": "query", "required": true, "schema": {"enum": ["a", "b"]}}],
            "requestBody": {"content": {"application/json": {"schema": {
                "type": "object",
                "required": ["n", "who"],
                "properties": {"n": {"type": ["integer", "string"], "minimum": 1}, "who": {"examples": ["it's"]}, "x": {}},
            }}}},
        });
        assert_eq!(
            curl(&document, ("/call", "post"), &said),
            r#"curl -d '{"n":1,"who":"it'\''s"}' "http://h/call?type=a&access_token=$TOKEN""#
        );
    }
}
