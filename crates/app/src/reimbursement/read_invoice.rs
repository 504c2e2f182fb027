//! getinvoiceinfo and getinvoicebatch (wire_facts 1.2).

use crate::app::App;
use crate::failure::Failure;
use crate::reimbursement::chosen_card::{self, ChosenCard};
use crate::reimbursement::issued_info::info_of;
use crate::signed::openid;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::reimbursement::invoice_info::{NamedCard, ReadInvoice};
use kaipiao_errcode::ErrorCode;

/// An invoice that was chosen for the company.
pub async fn read(app: &App, company: &Account, named: &NamedCard) -> Result<ReadInvoice, Failure> {
    let ChosenCard { card, request } = chosen_card::find(app, company, named).await?;
    let openid = openid::make(&app.keys, &company.appid, &card.value.user);
    Ok(ReadInvoice { openid, info: info_of(app, &request).await?, card: card.value })
}

/// Those of many that were chosen for the company: what was chosen for others is left out. Forged codes are
/// refused as for one.
pub async fn read_batch(
    app: &App,
    company: &Account,
    named: &[NamedCard],
) -> Result<Vec<ReadInvoice>, Failure> {
    let mut found = Vec::new();
    for named in named {
        match read(app, company, named).await {
            Ok(invoice) => found.push(invoice),
            Err(Failure::Refused(refusal)) if is_left_out(&refusal) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(found)
}

/// Somebody else's.
fn is_left_out(refusal: &Refusal) -> bool {
    refusal.code == ErrorCode::InvalidParams
}
