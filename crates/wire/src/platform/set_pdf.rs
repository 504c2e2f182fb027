//! setpdf: a PDF in a multipart body (wire_facts 1.1, RFC 7578).

use crate::answer;
use core::ops::Range;
use kaipiao_domain::Refusal;
use kaipiao_domain::platform::pdf::MediaId;
use kaipiao_errcode::ErrorCode;
use memchr::memmem;
use serde::Serialize;

/// The field's name.
const FIELD: &str = "pdf";
/// Parts that are looked at; there is one to be found.
const MOST_PARTS: usize = 32;
/// What a part's head may take, in bytes.
const MOST_HEAD_BYTES: usize = 8 << 10;

/// Finds the file in a body: the field `pdf`, or else the only file that there is, however its field is called (D-184).
/// 47001: the body is no multipart, or holds none or several.
pub fn find_file(content_type: &str, body: &[u8]) -> Result<Range<usize>, Refusal> {
    let boundary = boundary(content_type)?;
    let parts = parts(&boundary, body)?;
    if let Some(part) = parts.iter().find(|part| part.name == FIELD) {
        return Ok(part.content.clone());
    }
    let mut files = parts.iter().filter(|part| part.is_file);
    match (files.next(), files.next()) {
        (Some(part), None) => Ok(part.content.clone()),
        (None, _) => Err(wrong("the body has no file; send the PDF in the field pdf")),
        (Some(_), Some(_)) => {
            Err(wrong("the body has several files and no field pdf; send the PDF in that field"))
        }
    }
}

fn wrong(detail: &str) -> Refusal {
    Refusal::new(ErrorCode::DataFormatError, detail)
}

/// What parts the parts, with the dashes before it.
fn boundary(content_type: &str) -> Result<Vec<u8>, Refusal> {
    let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return Err(wrong(
            "Content-Type must be multipart/form-data, with the PDF in the field pdf",
        ));
    }
    let boundary = parameter(parameters, "boundary").filter(|text| (1..=70).contains(&text.len()));
    let boundary = boundary.ok_or_else(|| wrong("Content-Type has no boundary"))?;
    Ok(format!("--{boundary}").into_bytes())
}

/// A parameter's value, without its quotes.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    parameters.split(';').find_map(|one| {
        let (key, value) = one.split_once('=')?;
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
        key.trim().eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

struct Part {
    name: String,
    is_file: bool,
    content: Range<usize>,
}

/// The parts, up to the closing boundary.
fn parts(boundary: &[u8], body: &[u8]) -> Result<Vec<Part>, Refusal> {
    let cut_off = || wrong("the multipart body ends within a part");
    let separator = [b"\r\n", boundary].concat();
    // The first one may stand at the very beginning.
    let mut place = match body.strip_prefix(boundary) {
        Some(_) => boundary.len(),
        None => {
            let found = memmem::find(body, &separator);
            found.ok_or_else(|| wrong("the body has not the boundary that Content-Type names"))?
                + separator.len()
        }
    };
    let mut parts = Vec::new();
    while !body[place..].starts_with(b"--") {
        if parts.len() == MOST_PARTS {
            return Err(wrong("the multipart body has too many parts"));
        }
        let line = memmem::find(&body[place..], b"\r\n").ok_or_else(cut_off)?;
        let head = place + line;
        let head_ends = &body[head..body.len().min(head + MOST_HEAD_BYTES)];
        let head_length = memmem::find(head_ends, b"\r\n\r\n").ok_or_else(cut_off)?;
        let content = head + head_length + 4;
        let (name, is_file) = described(&String::from_utf8_lossy(&body[head..head + head_length]));
        // An empty part's content ends where its head does.
        let length = memmem::find(&body[content - 2..], &separator).ok_or_else(cut_off)?;
        let end = (content - 2 + length).max(content);
        parts.push(Part { name, is_file, content: content..end });
        place = content - 2 + length + separator.len();
    }
    Ok(parts)
}

/// The field's name, and whether it is a file, as a part's head says.
fn described(head: &str) -> (String, bool) {
    let disposition = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    });
    let parameters = disposition.and_then(|value| value.split_once(';')).unwrap_or_default().1;
    let is_file =
        ["filename", "filename*"].iter().any(|name| parameter(parameters, name).is_some());
    (parameter(parameters, "name").unwrap_or_default(), is_file)
}

#[derive(Serialize)]
struct Answer<'a> {
    s_media_id: &'a str,
}

/// Writes the answer.
pub fn write(media_id: &MediaId) -> String {
    answer::ok_with(&Answer { s_media_id: media_id.as_str() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=b0und";

    fn part(head: &str, content: &str) -> String {
        format!("--b0und\r\nContent-Disposition: form-data; {head}\r\nX: y\r\n\r\n{content}\r\n")
    }

    fn found(parts: &[String]) -> Result<String, String> {
        let body = format!("{}--b0und--\r\n", parts.concat());
        let range = find_file(TYPE, body.as_bytes()).map_err(|refusal| refusal.to_string())?;
        Ok(body[range].to_owned())
    }

    #[test]
    fn the_field_pdf_is_found_or_else_the_only_file() {
        let pdf = part("name=\"pdf\"; filename=\"a;b.pdf\"", "%PDF\r\n--b0un\r\n");
        let text = part("name=\"x\"", "1");
        let media = part("name=\"media\"; filename=\"a.pdf\"", "%PDF-m");
        assert_eq!(found(&[text.clone(), pdf.clone()]).as_deref(), Ok("%PDF\r\n--b0un\r\n"));
        assert_eq!(found(&[media.clone(), pdf]).as_deref(), Ok("%PDF\r\n--b0un\r\n"));
        assert_eq!(found(&[text.clone(), media.clone()]).as_deref(), Ok("%PDF-m"));
        assert_eq!(found(&[part("name=pdf", "")]).as_deref(), Ok(""));
        assert!(found(&[media.clone(), media]).unwrap_err().contains("several files"));
        assert!(found(&[text]).unwrap_err().contains("no file"));
        assert!(found(&vec![part("name=a", ""); 33]).unwrap_err().contains("too many"));
    }

    #[test]
    fn what_is_no_multipart_is_47001_and_says_what_is_wrong() {
        let whole = format!("{}--b0und--", part("name=pdf", "%PDF"));
        let refused = |content_type: &str, body: &str| {
            let refusal = find_file(content_type, body.as_bytes()).unwrap_err();
            assert_eq!(refusal.code.number(), 47001);
            refusal.detail
        };
        for content_type in ["", "application/pdf", "multipart/form-data2; boundary=b0und"] {
            assert!(refused(content_type, &whole).contains("must be multipart/form-data"));
        }
        for parameters in ["", "; boundary=", "; boundary=\"\""] {
            assert!(
                refused(&format!("multipart/form-data{parameters}"), &whole)
                    .contains("no boundary")
            );
        }
        assert!(
            refused("multipart/form-data; boundary=other", &whole).contains("not the boundary")
        );
        for length in 8..whole.len() - 2 {
            assert!(refused(TYPE, &whole[..length]).contains("ends within"), "{length}");
        }
        let quoted = "Multipart/Form-Data; charset=utf-8; boundary=\"b0und\"";
        assert!(find_file(quoted, format!("preamble\r\n{whole}").as_bytes()).is_ok());
    }
}
