//! createcard and createbillcard: card templates (wire_facts 1.1, 1.4).

use crate::app::App;
use crate::failure::Failure;
use crate::signed::card_id;
use crate::store_access::{ATTEMPTS, add, busy, get_fresh};
use kaipiao_domain::Refusal;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::people::card::CardId;
use kaipiao_domain::people::card_kind::CardKind;
use kaipiao_domain::platform::card_template::{CardTemplate, TemplateFace};
use kaipiao_errcode::ErrorCode;
use kaipiao_records::platform::card_template::card_template_key;

/// Makes a template: each call another one.
pub async fn create(
    app: &App,
    caller: &Account,
    card_kind: CardKind,
    face: TemplateFace,
) -> Result<CardId, Failure> {
    let created_at = app.now();
    let platform = caller.appid.clone();
    let card_id = card_id::from_random(app.random());
    let mut template = CardTemplate { platform, card_id, card_kind, face, created_at };
    for _ in 0..ATTEMPTS {
        let key = card_template_key(&template.platform, &template.card_id);
        if add(app, key, &template).await? {
            return Ok(template.card_id);
        }
        template.card_id = card_id::from_random(app.random());
    }
    Err(busy())
}

/// A template of the account; 40073: it has none of that name.
pub(crate) async fn find(
    app: &App,
    platform: &AppId,
    card_id: &CardId,
) -> Result<CardTemplate, Failure> {
    let template = get_fresh(app, &card_template_key(platform, card_id)).await?;
    template.ok_or_else(|| {
        let id = card_id.as_str();
        let detail = format!("{platform} has made no template {id}, use createcard's card_id");
        Refusal::new(ErrorCode::InvalidCardId, detail).into()
    })
}
