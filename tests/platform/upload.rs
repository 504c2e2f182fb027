//! The PDF that invoices are inserted with.

pub use kaipiao_tests::platform_client::{invoice_pdf as pdf, upload_invoice_pdf as upload};
