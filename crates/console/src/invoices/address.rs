//! Where invoices are.

use kaipiao_pages::encoded;

/// The listing.
pub(crate) const PATH: &str = "/console/invoices";
/// One invoice's page.
pub(crate) const INVOICE_PATH: &str = "/console/invoices/invoice";

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
