//! updatestatus: a platform says what has become of an invoice elsewhere (wire_facts 1.1).

use crate::app::App;
use crate::failure::Failure;
use crate::people::card_invoice::CardInvoice;
use crate::reimbursement::chosen_card::{self, ChosenCard};
use crate::reimbursement::status_push::{self, CardOrder};
use crate::store_access::{ATTEMPTS, busy, commit_unless_changed};
use core::time::Duration;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::people::card::{CardCode, CardId, InvoiceCard};
use kaipiao_domain::people::message::{Message, MessageEvent};
use kaipiao_domain::refusal::Compared;
use kaipiao_domain::reimbursement::card_status::ReimburseStatus;
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::record::Expect;
use kaipiao_ports::store::Commit;
use kaipiao_records::people::card::card_key;
use kaipiao_records::people::message::message_key;
use kaipiao_records::record;

/// Notes where one of the platform's cards stands. 72038 no card of that code, 40073 it is of another template, 72024
/// it was issued here. The card, its pushes and its user's message are one commit.
pub async fn update(
    app: &App,
    platform: &Account,
    card_id: &CardId,
    code: &str,
    told: ReimburseStatus,
) -> Result<(), Failure> {
    for attempt in 0..ATTEMPTS {
        let found = find(app, platform, card_id, code).await?;
        let Some(value) = decide(app, found, told, attempt).await? else { return Ok(()) };
        if commit_unless_changed(app, value).await? {
            return Ok(());
        }
    }
    Err(busy())
}

async fn find(
    app: &App,
    platform: &Account,
    card_id: &CardId,
    code: &str,
) -> Result<ChosenCard, Failure> {
    let known = match CardCode::parse(code) {
        Some(code) => chosen_card::find_by_code(app, &platform.appid, &code).await?,
        None => None,
    };
    let found = known.ok_or_else(|| {
        let detail = format!(
            "{} has no card with the code {}, send the one that insert answered, not the invoice's",
            platform.appid,
            text::quoted(code)
        );
        let expected = "the card's code that insert answered, not the invoice's";
        let compared = Compared::unlike("code", expected, code);
        Refusal::new(ErrorCode::OrderNeverAuthorized, detail).comparing([compared])
    })?;
    if found.card.value.card_id == *card_id {
        return Ok(found);
    }
    let detail = format!("the card {code} is of another template than {}", card_id.as_str());
    Err(Refusal::new(ErrorCode::InvalidCardId, detail).into())
}

/// What is to be saved; None: it says what is so already.
async fn decide(
    app: &App,
    found: ChosenCard,
    told: ReimburseStatus,
    attempt: usize,
) -> Result<Option<Commit>, Failure> {
    let ChosenCard { card, invoice } = found;
    let CardInvoice::Inserted(inserted) = invoice else {
        let detail = "it was issued through makeoutinvoice: clearoutinvoice takes it back";
        return Err(Refusal::new(ErrorCode::InvoiceStatusError, detail).into());
    };
    let before: &InvoiceCard = &card.value;
    let status = before.status.told_by_platform(told)?;
    if status == before.status {
        return Ok(None);
    }
    let after = before.with_status(status);
    let order = CardOrder::from(&*inserted);
    let mut pushes = status_push::to_owners(app, &order, &after).await?;
    let is_owner =
        |company: &AppId| *company == after.merchant || after.platform.as_ref() == Some(company);
    if let Some(company) = before.status.company().filter(|company| !is_owner(company)) {
        pushes.extend(status_push::to(app, company, &order, &after).await?);
    }
    let message = Message {
        user: after.user.clone(),
        merchant: after.merchant.clone(),
        order_id: inserted.order_id.clone(),
        // Each attempt after a conflict says a moment of its own: the message's name may be taken.
        sent_at: app.now() + Duration::from_millis(attempt as u64),
        event: MessageEvent::TakenBack(after.serial.clone()),
    };
    let saves = vec![
        record::save(card_key(&after), Expect::Version(card.version), &after),
        record::save(message_key(&message), Expect::Absent, &message),
    ];
    Ok(Some(Commit { saves, pushes, ..Commit::default() }))
}
