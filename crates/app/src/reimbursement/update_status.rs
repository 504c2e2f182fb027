//! updateinvoicestatus and updatestatusbatch: a company locks, lets go of and writes off invoices, all of a
//! list or none (wire_facts 1.2).

use crate::app::App;
use crate::failure::Failure;
use crate::reimbursement::chosen_card::{self, ChosenCard};
use crate::reimbursement::status_push;
use crate::signed::openid;
use crate::store_access::{ATTEMPTS, busy, commit_unless_changed};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::people::message::{Message, MessageEvent};
use kaipiao_domain::people::user::OpenId;
use kaipiao_domain::refusal::Compared;
use kaipiao_domain::reimbursement::card_status::CompanyAction;
use kaipiao_domain::reimbursement::invoice_info::NamedCard;
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::record::{Expect, Key};
use kaipiao_ports::store::Commit;
use kaipiao_records::people::card::card_key;
use kaipiao_records::people::message::message_key;
use kaipiao_records::record::{self, Versioned};
use std::collections::HashMap;

/// Does this to every one of the cards, in one commit, or to none. `openid`: whose all of them have to be
/// (72037).
pub async fn update(
    app: &App,
    company: &Account,
    openid: Option<&OpenId>,
    action: CompanyAction,
    named: &[NamedCard],
) -> Result<(), Failure> {
    for _ in 0..ATTEMPTS {
        let value = decide(app, company, openid, action, named).await?;
        if commit_unless_changed(app, value).await? {
            return Ok(());
        }
    }
    Err(busy())
}

async fn decide(
    app: &App,
    company: &Account,
    openid: Option<&OpenId>,
    action: CompanyAction,
    named: &[NamedCard],
) -> Result<Commit, Failure> {
    let mut value = Commit::default();
    let mut seen: HashMap<Key, &str> = HashMap::new();
    for named in named {
        let found = chosen_card::find(app, company, named).await?;
        check_owner(app, company, openid, &found, &named.path)?;
        if let Some(before) = seen.insert(card_key(&found.card.value), &named.path) {
            return Err(Refusal::invalid(&named.path, format!("is the card of {before}")).into());
        }
        change(app, company, action, found, &named.path, &mut value).await?;
    }
    Ok(value)
}

fn check_owner(
    app: &App,
    company: &Account,
    wanted: Option<&OpenId>,
    found: &ChosenCard,
    path: &str,
) -> Result<(), Refusal> {
    let owner = openid::make(&app.keys, &company.appid, &found.card.value.user);
    if wanted.is_none_or(|wanted| *wanted == owner) {
        return Ok(());
    }
    let detail = format!("{path} names a card of another user than openid");
    let compared = wanted.map(|wanted| Compared::unlike("openid", owner.as_str(), wanted.as_str()));
    Err(Refusal::new(ErrorCode::InvoiceOwnerError, detail).comparing(compared))
}

/// Adds what becomes of a card: itself, its merchant's push, and what its user is told of a write-off.
async fn change(
    app: &App,
    company: &Account,
    action: CompanyAction,
    found: ChosenCard,
    path: &str,
    value: &mut Commit,
) -> Result<(), Failure> {
    found.check_not_busy(path)?;
    let ChosenCard { card: Versioned { value: card, version }, invoice } = found;
    let now = app.now();
    let status = card.status.change(action, &company.appid, now).map_err(|refusal| {
        let detail = match &*refusal.detail {
            "" => format!("see {path}"),
            detail => format!("{detail}: {path}"),
        };
        Refusal { detail, ..refusal }
    })?;
    let card = card.with_status(status);
    value.saves.push(record::save(card_key(&card), Expect::Version(version), &card));
    value.pushes.extend(status_push::to_owners(app, &invoice.card_order(), &card).await?);
    if action == CompanyAction::Close {
        let message = Message {
            user: card.user.clone(),
            merchant: card.merchant.clone(),
            order_id: invoice.order_id().clone(),
            sent_at: now,
            event: MessageEvent::WrittenOff {
                serial: card.serial.clone(),
                by: company.appid.clone(),
            },
        };
        value.saves.push(record::save(message_key(&message), Expect::Any, &message));
    }
    Ok(())
}
