//! insert and insertbill: an invoice or a bill that was issued elsewhere comes into the wallet of whoever authorized its
//! order (wire_facts 1.1, 1.4).

use crate::access::accounts;
use crate::app::App;
use crate::authorization::never_asked_for::explained;
use crate::authorization::order_key::order_key_of;
use crate::concerned::concerns;
use crate::failure::Failure;
use crate::invoicing::taken_numbers::{self, taken};
use crate::platform::{pdfs, templates, upload_tallies};
use crate::signed::openid;
use crate::store_access::{Decision, FirstTry, decide_reading};
use core::time::Duration;
use kaipiao_domain::access::account::{Account, AppId};
use kaipiao_domain::authorization::order::Order;
use kaipiao_domain::authorization::order_id::OrderKey;
use kaipiao_domain::people::card::CardCode;
use kaipiao_domain::people::card_number::CardNumber;
use kaipiao_domain::people::message::{Message, MessageEvent};
use kaipiao_domain::people::user::OpenId;
use kaipiao_domain::platform::card_template::CardTemplate;
use kaipiao_domain::platform::inserted_invoice::InsertedInvoice;
use kaipiao_domain::platform::insertion::Insertion;
use kaipiao_domain::refusal::Compared;
use kaipiao_ports::record::{Expect, Save};
use kaipiao_records::invoicing::number_code::allotment_at;
use kaipiao_records::people::card::{CodeOwner, card_key};
use kaipiao_records::people::message::message_key;
use kaipiao_records::platform::inserted_invoice::inserted_key;
use kaipiao_records::record;

/// The card that an insert has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsertedCard {
    /// Its code.
    pub code: CardCode,
    /// Its user, as the platform's account knows them.
    pub openid: OpenId,
}

/// Inserts an invoice: the order's use, the number, the invoice, its card with the code, its PDFs' attachment
/// and the user's message are one commit. The checks are in the order of wire_facts 6.3.
pub async fn insert(
    app: &App,
    platform: &Account,
    asked: &Insertion,
) -> Result<InsertedCard, Failure> {
    let template = templates::find(app, &platform.appid, &asked.card_id).await?;
    template.check_kind(asked.card_kind)?;
    template.check_age(app.settings.platform.card_age, app.now())?;
    let merchant = merchant_of(app, asked).await?;
    concerns(&merchant, &asked.order_id);
    let key = order_key_of(&merchant, &asked.order_id);
    let template = &template;
    decide_reading(app, key, FirstTry::Reads, |order: Option<Order>, attempt| {
        decide(app, platform, template, asked, order, attempt)
    })
    .await
}

/// The merchant whose order is meant; 72038: nobody's account has that appid.
async fn merchant_of(app: &App, asked: &Insertion) -> Result<AppId, Failure> {
    let account = accounts::find(app, &asked.appid).await?;
    let account = account.ok_or_else(|| {
        let why = format!("there is no account {}, send the one of getauthurl", asked.appid);
        let appid = Compared::unlike("appid", "an account of this server", asked.appid.as_str());
        Order::never_authorized(&asked.order_id, &why).comparing([appid])
    })?;
    Ok(account.merchant().clone())
}

async fn decide(
    app: &App,
    platform: &Account,
    template: &CardTemplate,
    asked: &Insertion,
    order: Option<Order>,
    attempt: usize,
) -> Result<Decision<Order, InsertedCard>, Failure> {
    // Each attempt after a conflict says a moment of its own: the message's name may be taken.
    let now = app.now() + Duration::from_millis(attempt as u64);
    let life = app.settings.issuing.authorization_life;
    let own = platform.platform_id.as_ref();
    let yes = match (asked.authorization(order.as_ref(), own, life, now), &order) {
        (Err(refusal), None) => {
            let Insertion { order_id, appid, .. } = asked;
            return Err(explained(app, order_id, appid, own, refusal).await?.into());
        }
        (yes, _) => yes?.clone(),
    };
    let number = asked.number()?;
    if taken_numbers::holder(app, &number).await?.is_some() {
        return Err(Insertion::repeated(&number).into());
    }
    if is_allotted(app, &number).await? {
        return Err(Insertion::allotted(&number).into());
    }
    let order = order.expect("there is none without authorization");
    // A code that another card has is a conflict, after which another one is drawn.
    let code = CardCode::from_random(u64::from_be_bytes(app.random()));
    let inserted = asked.invoice(&order, &yes, template, code, now)?;
    let mut also = attached(app, &inserted).await?;
    also.extend(records_of(&inserted, &template.face.title));
    let openid = openid::make(&app.keys, &platform.appid, &inserted.user);
    let next = order.used_by(&yes, &inserted.serial());
    let result = InsertedCard { code: inserted.code, openid };
    Ok(Decision { also, ..Decision::alone(Some(next), result) })
}

/// Whether the number is of a range that was allotted here. Of bills nobody allots any.
async fn is_allotted(app: &App, number: &CardNumber) -> Result<bool, Failure> {
    let CardNumber::Invoice(number) = number else { return Ok(false) };
    let (code, place) = number.place();
    let allotment = allotment_at(&*app.store, code, place).await?;
    Ok(allotment.is_some_and(|range| range.contains(place)))
}

/// The invoice's PDFs as they are from then on: its own, which shows its code and number, and that of what was
/// consumed. They are counted among those without an invoice no longer.
async fn attached(app: &App, inserted: &InsertedInvoice) -> Result<Vec<Save>, Failure> {
    let InsertedInvoice { platform, merchant, order_id, number, .. } = inserted;
    let holder = || OrderKey { merchant: merchant.clone(), order_id: order_id.clone() };
    let pdf = pdfs::find(app, platform, inserted.pdf.as_str()).await?;
    pdfs::check_face(app, &pdf.value, number.code(), number.number())?;
    let mut saves = vec![pdfs::attach(&pdf, holder())?];
    let mut all = vec![pdf.value];
    if let Some(trip_pdf) = &inserted.trip_pdf {
        let trip_pdf = pdfs::find(app, platform, trip_pdf.as_str()).await?;
        saves.push(pdfs::attach(&trip_pdf, holder())?);
        all.push(trip_pdf.value);
    }
    saves.extend(upload_tallies::without(app, &all).await?);
    Ok(saves)
}

/// What an inserted invoice is recorded by, each as new.
fn records_of(inserted: &InsertedInvoice, title: &str) -> Vec<Save> {
    let (card, serial) = (inserted.card(title), inserted.serial());
    let message = Message {
        user: card.user.clone(),
        merchant: card.merchant.clone(),
        order_id: inserted.order_id.clone(),
        sent_at: inserted.inserted_at,
        event: MessageEvent::Issued(serial.clone()),
    };
    let code_key = CodeOwner::key(card.template_owner(), &card.code);
    vec![
        record::save(inserted_key(&inserted.merchant, &serial), Expect::Absent, inserted),
        taken(&inserted.number, &inserted.merchant, &serial),
        record::save(card_key(&card), Expect::Absent, &card),
        record::save(code_key, Expect::Absent, &CodeOwner::from(&card)),
        record::save(message_key(&message), Expect::Absent, &message),
    ]
}
