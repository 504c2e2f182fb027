//! Where invoices are.

use crate::frame::Frame;
use kaipiao_pages::encoded;

/// The listing.
pub(crate) const PATH: &str = "/console/invoices";
/// The listing of what platforms have inserted.
pub(crate) const INSERTED_PATH: &str = "/console/invoices/inserted";
/// One invoice's page.
pub(crate) const INVOICE_PATH: &str = "/console/invoices/invoice";
/// Its face: a look that the request log leaves out, unlike one at the document's own address.
pub(crate) const FACE_PATH: &str = "/console/invoices/face";

/// Where an offset is asked and done.
pub(crate) const OFFSET_PATH: &str = "/console/invoices/offset";

/// Where the offset of an invoice is asked.
pub(crate) fn offset_address(merchant: &str, serial: &str) -> String {
    format!("{OFFSET_PATH}?appid={merchant}&serial={}", encoded(serial))
}

/// An invoice request's page. A serial may hold any character, so it stands in the query.
pub(crate) fn invoice_address(merchant: &str, serial: &str) -> String {
    format!("{INVOICE_PATH}?appid={merchant}&serial={}", encoded(serial))
}

/// Where an invoice's face is.
pub(crate) fn face_address(merchant: &str, serial: &str) -> String {
    format!("{FACE_PATH}?appid={merchant}&serial={}", encoded(serial))
}

/// The two listings: where each is, what it is called, and whether it is this one.
pub(crate) fn tabs<'a>(frame: &'a Frame, here: &str) -> [(&'static str, &'a str, bool); 2] {
    [
        (PATH, frame.t("本服务器开具", "Issued here")),
        (INSERTED_PATH, frame.t("平台插入", "Inserted by platforms")),
    ]
    .map(|(path, words)| (path, words, path == here))
}
