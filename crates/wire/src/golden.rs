//! The golden files of `spec/`: one newline at their end is not part of the answer.

use crate::object::Object;

pub(crate) fn response(path: &str) -> String {
    let mut text = file(path);
    assert_eq!(text.pop(), Some('\n'), "{path} ends in one newline");
    text
}

pub(crate) fn request(path: &str) -> Object<'static> {
    Object::read(file(path).as_bytes(), None).expect("a golden request can be read")
}

fn file(path: &str) -> String {
    let path = format!("{}/../../spec/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}
