//! Section 16: queryinvoceinfo.

use crate::app::App;
use crate::concerned::concerns;
use crate::failure::Failure;
use crate::invoicing::{requests, taxpayers};
use crate::signed::pdf_url;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_domain::invoicing::requests::QueryRequest;
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;

/// An invoice as a query answers it.
#[derive(Clone, Debug)]
pub struct FoundInvoice {
    /// The invoice.
    pub invoice: IssuedInvoice,
    /// Where its PDF is.
    pub pdf_url: String,
}

/// A request's invoice. 73101 another taxpayer, 73109 an unknown serial, 73107 running, and the
/// failure's own code when the last try failed.
pub async fn query(
    app: &App,
    caller: &Account,
    asked: &QueryRequest,
) -> Result<FoundInvoice, Failure> {
    let taxpayer = taxpayers::taxpayer_of(app, caller).await?;
    let request = requests::find(app, caller.merchant(), &asked.serial).await?;
    if let Some(request) = &request {
        concerns(&request.merchant, &request.order_id);
    }
    // An invoice keeps the taxpayer that it was issued for, also when the merchant's changes.
    let is_its_own = request.as_ref().is_some_and(|r| r.summary.seller_tax_id == asked.tax_id);
    if !is_its_own {
        taxpayer.check_id(&asked.tax_id)?;
    }
    let request = request.ok_or_else(|| {
        let detail = format!("{} was never accepted", text::quoted(asked.serial.as_str()));
        Refusal::new(ErrorCode::SerialUnknown, detail)
    })?;
    let invoice = request.invoice()?.clone();
    let base_url = &app.settings.public_base_url;
    let pdf_url = pdf_url(&app.keys, base_url, &request.merchant, &request.serial);
    Ok(FoundInvoice { invoice, pdf_url })
}
