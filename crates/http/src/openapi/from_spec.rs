//! The merchant API's part of the document: the files of `spec/`, which are built in.

use kaipiao_wire::object::Object;
use serde_json::{Map, Value};

/// Files of `spec/`, by their path there.
macro_rules! spec {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../../spec/", $path)))),*]
    };
}

/// What is not of one section, and then a file a section.
const FILES: &[(&str, &str)] = spec![
    "openapi.json",
    "siblings/token/openapi.json",
    "s01_ticket/openapi.json",
    "s02_auth_url/openapi.json",
    "s06_auth_push/openapi.json",
    "s07_auth_data/openapi.json",
    "s08_reject/openapi.json",
    "siblings/setbizattr/openapi.json",
    "s09_set_page_fields/openapi.json",
    "s10_get_page_fields/openapi.json",
    "s11_set_pay_merchant/openapi.json",
    "s12_get_pay_merchant/openapi.json",
    "s14_make_out/openapi.json",
    "s15_offset/openapi.json",
    "s16_query/openapi.json",
    "s17_set_contact/openapi.json",
    "s18_get_contact/openapi.json",
    "s19_result_push/openapi.json",
    "siblings/platform/openapi.json",
    "siblings/bills/openapi.json",
    "siblings/reimburse/openapi.json",
    "siblings/titles/openapi.json",
    "siblings/utilities/openapi.json",
];

/// The golden files, which are the examples.
const SAMPLES: &[(&str, &str)] = spec![
    "s01_ticket/response.json",
    "s02_auth_url/request.json",
    "s02_auth_url/request_wxa.json",
    "s02_auth_url/response.json",
    "s02_auth_url/response_wxa.json",
    "s07_auth_data/request.json",
    "s07_auth_data/response_biz.json",
    "s07_auth_data/response_never_auth.json",
    "s07_auth_data/response_rejected.json",
    "s07_auth_data/response_user.json",
    "s08_reject/request.json",
    "s08_reject/response.json",
    "s09_set_page_fields/request.json",
    "s09_set_page_fields/response.json",
    "s10_get_page_fields/request.json",
    "s10_get_page_fields/response.json",
    "s11_set_pay_merchant/request.json",
    "s11_set_pay_merchant/response.json",
    "s12_get_pay_merchant/request.json",
    "s12_get_pay_merchant/response.json",
    "s14_make_out/request.json",
    "s14_make_out/response.json",
    "s15_offset/request.json",
    "s15_offset/response.json",
    "s16_query/request.json",
    "s16_query/response.json",
    "s16_query/response_digital.json",
    "s17_set_contact/request.json",
    "s17_set_contact/response.json",
    "s18_get_contact/request.json",
    "s18_get_contact/response.json",
    "siblings/token/request_stable.json",
    "siblings/token/response.json",
];

/// The files as documents, the examples in their places.
pub(super) fn files() -> impl Iterator<Item = Value> {
    FILES.iter().map(|(path, text)| {
        let mut file = serde_json::from_str(text).expect("a file of spec/ is JSON");
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        put_samples(&mut file, folder);
        file
    })
}

/// Puts the sample that `externalValue` names, as seen from a folder, into its place.
fn put_samples(value: &mut Value, folder: &str) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(name)) = members.remove("externalValue") {
                members.insert("value".to_owned(), Value::Object(sample(folder, &name)));
            }
            members.values_mut().for_each(|member| put_samples(member, folder));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| put_samples(item, folder)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A sample, read as the server reads it: the contract's own have commas too many.
fn sample(folder: &str, name: &str) -> Map<String, Value> {
    let mut path: Vec<_> = folder.split('/').collect();
    for part in name.split('/') {
        match part {
            ".." => drop(path.pop()),
            part => path.push(part),
        }
    }
    let path = path.join("/");
    let (_, text) = SAMPLES.iter().find(|(known, _)| *known == path).expect("a sample of spec/");
    Object::read(text.as_bytes(), None).expect("a sample is an object").into_members()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The paths of all JSON files of `spec/`, as seen from there.
    fn in_spec(folder: &str) -> BTreeSet<String> {
        let spec = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec"));
        let mut found = BTreeSet::new();
        for entry in std::fs::read_dir(spec.join(folder)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if entry.file_type().unwrap().is_dir() {
                found.extend(in_spec(&path));
            } else if path.ends_with(".json") {
                found.insert(path);
            }
        }
        found
    }

    #[test]
    fn every_file_of_the_contract_is_in_the_document() {
        let listed = FILES.iter().chain(SAMPLES).map(|(path, _)| (*path).to_owned());
        let mut there = in_spec("");
        there.remove("crypto_vectors.json");
        assert_eq!(listed.collect::<BTreeSet<_>>(), there);
        let mut used = String::new();
        for (path, text) in FILES {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let mut raw: Value = serde_json::from_str(text).unwrap();
            collect(&mut raw, folder, &mut used);
        }
        for (path, _) in SAMPLES {
            assert!(used.contains(&format!("|{path}|")), "no example is {path}");
        }
    }

    /// Notes which samples a file uses.
    fn collect(value: &mut Value, folder: &str, used: &mut String) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(name)) = members.get("externalValue") {
                    let name = name.trim_start_matches("../");
                    let path = if name.contains('/') {
                        name.to_owned()
                    } else {
                        format!("{folder}/{name}")
                    };
                    used.push_str(&format!("|{path}|"));
                }
                members.values_mut().for_each(|member| collect(member, folder, used));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| collect(item, folder, used)),
            _ => {}
        }
    }
}
