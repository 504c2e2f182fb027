//! What invoices say, and the heads that sum it up.

use super::look::Look;
use super::violation::{Found, Invariant};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_domain::invoicing::line::Line;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::money::Fen;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::Key;
use kaipiao_records::invoicing::content::content_key;

/// A request's content is there and says what the head says.
pub(super) async fn request(
    look: &Look<'_>,
    request: &InvoiceRequest,
    found: &mut Found,
) -> Result<(), StoreError> {
    let InvoiceRequest { merchant, serial, content_number, .. } = request;
    let content = look.find::<Content>(&content_key(merchant, serial, *content_number)).await?;
    match content {
        None => {
            found.add(Invariant::Content, format!("its content {content_number} is not there"));
        }
        Some(content) => {
            let agrees = content.summary() == request.summary;
            let what = format!("its content {content_number} says something else than its head");
            found.unless(agrees, Invariant::Content, what);
        }
    }
    Ok(())
}

/// A content is one that a request has, and its lines add up.
pub(super) async fn content(
    look: &Look<'_>,
    key: &Key,
    content: &Content,
    found: &mut Found,
) -> Result<(), StoreError> {
    add_up(content, found);
    let Some((merchant, serial, number)) = names(key) else {
        found.add(Invariant::Key, "the key is not a serial and a number");
        return Ok(());
    };
    match look.request(&merchant, &serial).await? {
        None => found.add(Invariant::ContentOrphan, "its request is not there"),
        Some(request) => {
            let newest = request.content_number;
            let what = format!("its request has content {newest}");
            found.unless(newest == number, Invariant::ContentOrphan, what);
        }
    }
    Ok(())
}

fn names(key: &Key) -> Option<(AppId, Serial, u32)> {
    let (serial, number) = key.id.rsplit_once('/')?;
    Some((AppId::parse(&key.owner)?, Serial::parse(serial)?, number.parse().ok()?))
}

/// Sums alone: what else is asked of an invoice may be asked differently by the next version.
fn add_up(content: &Content, found: &mut Found) {
    let sum = |part: fn(&Line) -> Fen| content.lines.iter().map(part).sum::<Fen>();
    for (name, total, sum) in [
        ("net", content.net, sum(|line| line.net)),
        ("tax", content.tax, sum(|line| line.tax)),
        ("gross", content.gross, content.net + content.tax),
    ] {
        let what = format!("its {name} total is {total}, and {sum} by its parts");
        found.unless(total == sum, Invariant::Totals, what);
    }
}
