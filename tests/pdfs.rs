//! PDFs that are made here, good and bad ones, and how clients upload them.

use crate::Client;
use serde_json::Value;
use std::io::Write;

/// The file's objects, from number 1, as a whole PDF with a classic table; `trailer` has what stands besides `/Size`.
pub fn file_of(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (number, object) in (1..).zip(objects) {
        table += &format!("{:010} 00000 n \n", file.len());
        file.extend(format!("{number} 0 obj\n").bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let (count, at) = (objects.len() + 1, file.len());
    file.extend(
        format!(
            "xref\n0 {count}\n{table}trailer\n<</Size {count} {trailer}>>\nstartxref\n{at}\n%%EOF\n"
        )
        .bytes(),
    );
    file
}

/// A stream object, deflated.
pub fn deflated(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(content).unwrap();
    let packed = packed.finish().unwrap();
    let head = format!("<<{dictionary} /Filter /FlateDecode /Length {}>>\nstream\n", packed.len());
    [head.as_bytes(), &packed, b"\nendstream"].concat()
}

/// One page with this content.
pub fn page(content: Vec<u8>) -> Vec<Vec<u8>> {
    let of = |text: &str| text.as_bytes().to_vec();
    vec![
        of("<</Type /Catalog /Pages 2 0 R>>"),
        of("<</Type /Pages /Kids [3 0 R] /Count 1>>"),
        of("<</Type /Page /Parent 2 0 R /MediaBox [0 0 600 400] /Contents 4 0 R \
            /Resources <</Font <</F 5 0 R>>>>>>"),
        content,
        of("<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>"),
    ]
}

/// A PDF that shows these words.
pub fn showing(words: &str) -> Vec<u8> {
    let content = format!("BT /F 12 Tf 72 300 Td ({words}) Tj ET");
    file_of(&page(deflated("", content.as_bytes())), "/Root 1 0 R")
}

/// setpdf's Content-Type and body for a file, as wechatpy and requests send it.
pub fn form(pdf: &[u8]) -> (String, Vec<u8>) {
    form_of("name=\"pdf\"; filename=\"pdf\"", pdf)
}

/// The same for another part.
fn form_of(disposition: &str, pdf: &[u8]) -> (String, Vec<u8>) {
    const BOUNDARY: &str = "db11ba6c7c9d4e3fa0b4e6b1c0ffee00";
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
    let body = [head.as_bytes(), pdf, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat();
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

/// Sends a file as wechatpy and requests do.
pub fn upload(client: &Client<'_>, pdf: &[u8]) -> Value {
    send(client, form(pdf))
}

/// Sends it as another part.
pub fn upload_as(client: &Client<'_>, disposition: &str, pdf: &[u8]) -> Value {
    send(client, form_of(disposition, pdf))
}

fn send(client: &Client<'_>, (content_type, body): (String, Vec<u8>)) -> Value {
    client.post_bytes("/card/invoice/platform/setpdf", &content_type, &body)
}

/// The name of a PDF that was taken.
pub fn uploaded(client: &Client<'_>, pdf: &[u8]) -> String {
    let answer = upload(client, pdf);
    let media_id = answer["s_media_id"].as_str();
    media_id.unwrap_or_else(|| panic!("not taken: {answer}")).to_owned()
}
