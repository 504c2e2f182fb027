//! A JSON schema as a table: a line for each member, however deep.

use serde_json::Value;

/// A member or a parameter.
pub(crate) struct Row {
    /// Its path: `contact.phone`, `info[].name`.
    pub(crate) name: String,
    /// What it may be.
    pub(crate) kind: String,
    pub(crate) is_required: bool,
    pub(crate) what: String,
}

impl Row {
    pub(crate) fn of_parameter(parameter: &Value) -> Self {
        let text = |name: &str| parameter[name].as_str().unwrap_or_default().to_owned();
        Self {
            name: format!("{} ({})", text("name"), text("in")),
            kind: kind(&parameter["schema"]),
            is_required: parameter["required"] == true,
            what: text("description"),
        }
    }
}

/// Deeper nothing is listed: no body here goes so deep.
const DEEPEST: usize = 8;

/// The members of a schema.
pub(crate) fn rows(document: &Value, schema: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    add(document, schema, "", DEEPEST, &mut rows);
    rows
}

/// The schema that a reference leads to, or the schema itself.
pub(crate) fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

/// What a schema leaves the choice of, or has all at once.
fn choices(schema: &Value) -> impl Iterator<Item = &Value> {
    let names = ["oneOf", "anyOf", "allOf"].into_iter();
    names.filter_map(|name| schema[name].as_array()).flatten()
}

fn add(document: &Value, schema: &Value, path: &str, deep: usize, rows: &mut Vec<Row>) {
    let schema = resolved(document, schema);
    if deep == 0 {
        return;
    }
    for choice in choices(schema) {
        add(document, choice, path, deep - 1, rows);
    }
    if schema["items"].is_object() {
        add(document, &schema["items"], &format!("{path}[]"), deep - 1, rows);
    }
    let Some(members) = schema["properties"].as_object() else { return };
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    // The required ones stand in the contract's order.
    let first = required.iter().filter_map(Value::as_str);
    let first = first.filter_map(|name| Some((name, members.get(name)?)));
    let others = members.iter().map(|(name, member)| (name.as_str(), member));
    let others = others.filter(|(name, _)| !required.iter().any(|one| one == name));
    for (is_required, (name, member)) in
        first.map(|member| (true, member)).chain(others.map(|member| (false, member)))
    {
        let joint = if path.is_empty() { "" } else { "." };
        let name = format!("{path}{joint}{name}");
        if rows.iter().any(|row| row.name == name) {
            continue;
        }
        let target = resolved(document, member);
        let what = [member, target].into_iter().find_map(|one| one["description"].as_str());
        let what = what.unwrap_or_default().to_owned();
        rows.push(Row { name: name.clone(), kind: kind(target), is_required, what });
        add(document, member, &name, deep - 1, rows);
    }
}

/// What a value may be, in a few words: `string | number, 1 … 64`.
fn kind(schema: &Value) -> String {
    let shown = |value: &Value| value.to_string();
    if let Some(value) = schema.get("const") {
        return shown(value);
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().filter(|value| !value.is_null() && **value != "");
        return values.map(shown).collect::<Vec<_>>().join(" | ");
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => {
            let of_choice = |choice: &Value| kind(choice);
            let mut kinds: Vec<_> = choices(schema).map(of_choice).collect();
            kinds.retain(|kind| !kind.is_empty() && kind != "null");
            kinds.dedup();
            return kinds.join(" | ");
        }
    };
    let types: Vec<_> = types.into_iter().filter(|name| *name != "null").collect();
    let mut text = types.join(" | ");
    for (least, most) in
        [("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems")]
    {
        match (schema.get(least), schema.get(most)) {
            (None, None) => {}
            (least, most) => {
                let end = |end: Option<&Value>| end.map(shown).unwrap_or_default();
                text.push_str(&format!(", {}…{}", end(least), end(most)));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_listed_with_their_paths_the_required_ones_first() {
        let document = json!({"components": {"schemas": {
            "Line": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 9}}},
        }}});
        let line = json!({"$ref": "#/components/schemas/Line"});
        let schema = json!({
            "type": "object",
            "required": ["z"],
            "properties": {
                "a": {"anyOf": [{"type": "array", "items": line}, line, {"type": "null"}]},
                "z": {"type": ["integer", "string"], "minimum": 0, "maximum": 2, "description": "how"},
            },
        });
        let rows = rows(&document, &schema);
        let shown: Vec<_> = rows.iter().map(|row| (&*row.name, &*row.kind)).collect();
        assert_eq!(
            shown,
            [
                ("z", "integer | string, 0…2"),
                ("a", "array"),
                ("a[].name", "string, …9"),
                ("a.name", "string, …9")
            ]
        );
        assert!(rows[0].is_required && rows[0].what == "how" && !rows[1].is_required);
    }
}
