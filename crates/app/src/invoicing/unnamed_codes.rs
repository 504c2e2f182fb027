//! The tax codes of a request that print without a short name, for the operator's listing.

use crate::app::App;
use crate::failure::Failure;
use crate::invoicing::requests;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;

/// The codes of a request that had no short name when it was accepted.
pub async fn unnamed_codes(app: &App, request: &InvoiceRequest) -> Result<Vec<String>, Failure> {
    let content = requests::content_of(app, request).await?;
    let codes = content.codes_without_category();
    Ok(codes.into_iter().map(str::to_owned).collect())
}
