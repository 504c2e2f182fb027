//! The tax codes of a request that print without a short name, for the operator's listing.

use crate::app::App;
use crate::failure::Failure;
use crate::invoicing::requests;
use crate::invoicing::told_codes::without_name;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;

/// The codes of a request that have no short name.
pub async fn unnamed_codes(app: &App, request: &InvoiceRequest) -> Result<Vec<String>, Failure> {
    let content = requests::content_of(app, request).await?;
    let codes = without_name(&*app.renderer, &content);
    Ok(codes.into_iter().map(str::to_owned).collect())
}
