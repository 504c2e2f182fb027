//! A platform's own link, and what its pages are told of a card (wire_facts 1.1).

use crate::app::App;
use crate::failure::Failure;
use crate::signed::encrypt_code::{self, EncryptCode};
use crate::signed::with_card;
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{Account, PlatformId};
use kaipiao_domain::people::card::{CardCode, CardId, InvoiceCard};
use kaipiao_domain::platform::card_template::CardLink;
use kaipiao_errcode::ErrorCode;

/// Where this server is reached.
pub fn base_url(app: &App) -> &str {
    &app.settings.public_base_url
}

/// The s_pappid of a platform; 48001: it has none.
pub fn own_id(caller: &Account) -> Result<&PlatformId, Refusal> {
    caller.platform_id.as_ref().ok_or_else(|| {
        let detail = format!("{} has no s_pappid, it is no invoicing platform", caller.appid);
        Refusal::new(ErrorCode::ApiUnauthorized, detail)
    })
}

/// The code behind an encrypt_code of one of the account's own cards, which it was made for (D-193). 72025 this
/// server did not make it, 72031 it is another account's.
pub fn decrypt(app: &App, caller: &Account, text: &str) -> Result<CardCode, Failure> {
    let says = encrypt_code::read(&app.keys, text).ok_or_else(|| {
        let detail = "encrypt_code is none of this server's, take it from the link as it is";
        Refusal::new(ErrorCode::InvoiceTokenError, detail)
    })?;
    if says.reader != caller.appid || says.template_owner != caller.appid {
        let problem = format!("is not of a card of {}, made for it", caller.appid);
        return Err(Refusal::invalid("encrypt_code", problem).into());
    }
    Ok(says.code)
}

/// Where an entry of a card leads its user.
pub(crate) fn target(app: &App, card: &InvoiceCard, link: &CardLink) -> String {
    let owner = card.template_owner();
    let (template_owner, reader) = (owner.clone(), owner.clone());
    let says = EncryptCode { template_owner, code: card.code.clone(), reader };
    let code = encrypt_code::write(&app.keys, &says, app.random());
    let card_id: &CardId = &card.card_id;
    with_card(&link.url, &code, card_id)
}
