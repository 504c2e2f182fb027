//! Section 16: queryinvoceinfo.

use crate::{App, Failure};
use kaipiao_domain::access::account::Account;
use kaipiao_domain::invoicing::invoice_request::IssuedInvoice;
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;
use kaipiao_wire::invoicing::s16_query::{QueryRequest, pdf_url};

/// An invoice as a query answers it.
#[derive(Clone, Debug)]
pub struct FoundInvoice {
    /// The invoice.
    pub invoice: IssuedInvoice,
    /// Where its PDF is.
    pub pdf_url: String,
}

impl App {
    /// A request's invoice. 73101 another taxpayer, 73109 an unknown serial, 73107 running, and the
    /// failure's own code when the last try failed.
    pub async fn query_invoice(
        &self,
        caller: &Account,
        asked: &QueryRequest,
    ) -> Result<FoundInvoice, Failure> {
        let taxpayer = self.taxpayer_of(caller).await?;
        let request = self.request(caller.merchant(), &asked.serial).await?;
        // An invoice keeps the taxpayer that it was issued for, also when the merchant's changes.
        let is_its_own = request.as_ref().is_some_and(|r| r.content.seller.tax_id == asked.tax_id);
        if !is_its_own {
            taxpayer.check_id(&asked.tax_id)?;
        }
        let request = request.ok_or_else(|| {
            let detail = format!("{} was never accepted", text::quoted(asked.serial.as_str()));
            Refusal::new(ErrorCode::SerialUnknown, detail)
        })?;
        let invoice = request.invoice()?.clone();
        let base_url = &self.settings.public_base_url;
        let pdf_url = pdf_url(&self.keys, base_url, &request.merchant, &request.serial);
        Ok(FoundInvoice { invoice, pdf_url })
    }
}
