//! Titles by link and by QR code (wire_facts 1.3).

use crate::access::accounts;
use crate::app::App;
use crate::delivery::new_push::receiver;
use crate::failure::Failure;
use crate::people::title_picks::Found;
use crate::signed::{openid, title_link};
use crate::store_access::{commit, get};
use kaipiao_domain::Refusal;
use kaipiao_domain::delivery::push::PushKind;
use kaipiao_domain::people::title::InvoiceTitle;
use kaipiao_domain::people::title_link::{OfferedTitle, TitleAsk, TitleCode};
use kaipiao_domain::people::user::{BookEntry, UserId};
use kaipiao_errcode::ErrorCode;
use kaipiao_ports::delivery::outbox::{Destination, NewBody, NewPush};
use kaipiao_ports::store::Commit;
use kaipiao_records::people::title::book_entry_key;

/// What the ordering keys of these pushes begin with; the user's openid follows.
const TITLE: &str = "title/";

/// Why a link opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// This server did not make it, or its account is gone.
    #[error("no link of this server")]
    Unknown,
    /// Its time is over.
    #[error("the link's time is over")]
    Over,
    /// The user has picked too often for it.
    #[error("the user has picked too often")]
    TooOften,
    /// The store is away.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// The link by which a user takes over a title that an account offers.
pub fn offer(app: &App, offered: &OfferedTitle) -> String {
    title_link::write_offered(&app.keys, &app.settings.public_base_url, offered, app.random())
}

/// The link by which users pick a title for an account.
pub fn ask(app: &App, ask: &TitleAsk) -> String {
    title_link::write_ask(&app.keys, &app.settings.public_base_url, ask, app.random())
}

/// What an offered title's link holds, and the name of who offers it.
pub async fn offered(app: &App, key: &str) -> Result<(OfferedTitle, String), LinkError> {
    let offered = title_link::open_offered(&app.keys, key).ok_or(LinkError::Unknown)?;
    if offered.is_over(app.settings.link_life, app.now()) {
        return Err(LinkError::Over);
    }
    let account = accounts::find(app, &offered.account).await?.ok_or(LinkError::Unknown)?;
    Ok((offered, account.name))
}

/// What a link to pick a title holds, and the name of who asks, as it is known here: what the link calls the business is
/// what the account says of itself.
pub async fn asked(app: &App, key: &str) -> Result<(TitleAsk, String), LinkError> {
    let ask = title_link::open_ask(&app.keys, key).ok_or(LinkError::Unknown)?;
    let account = accounts::find(app, &ask.account).await?.ok_or(LinkError::Unknown)?;
    Ok((ask, account.name))
}

/// Tells the account which title a user has picked: one event each time, but none for the same pick again, nor for one
/// too many (D-208).
pub async fn submit(
    app: &App,
    ask: &TitleAsk,
    user: &UserId,
    title: &InvoiceTitle,
) -> Result<(), LinkError> {
    let account = accounts::find(app, &ask.account).await?.ok_or(LinkError::Unknown)?;
    let receiver = receiver(app, &account.appid, account.merchant()).await?;
    let now = app.now();
    let mut turn = app.title_picks.turn(user, ask, title, now).await;
    match turn.found() {
        Found::New => {}
        Found::Again => return Ok(()),
        Found::TooMany => return Err(LinkError::TooOften),
    }
    let openid = openid::make(&app.keys, &receiver.appid, user);
    let xml = title_link::xml(&receiver.original_id, &openid, title, &ask.attach);
    let push = NewPush {
        account: receiver.appid.to_string(),
        destination: Destination::Callback,
        kind: PushKind::Event,
        ordering_key: format!("{TITLE}{}", openid.as_str()),
        openid: openid.as_str().to_owned(),
        event: title_link::EVENT,
        body: NewBody::Untimed { before: xml.before, after: xml.after },
        now_ms: now.unix_millis(),
    };
    let value = Commit { pushes: vec![push], ..Commit::default() };
    // Before it is told: a browser that leaves in between, to send the form again, finds its pick here.
    turn.remember();
    commit(app, value).await.map_err(|error| {
        turn.forget();
        Failure::from(error)
    })?;
    Ok(())
}

/// What the QR code of a user's title says at this moment.
pub fn code(app: &App, user: &UserId, entry: &str) -> String {
    let code = TitleCode { user: user.clone(), entry: entry.to_owned(), shown_at: app.now() };
    title_link::write_code(&app.keys, &app.settings.public_base_url, &code, app.random())
}

/// The title that a scanned code names, as its book has it now: 72031 it is no code of this server, 72044 its time is
/// over, 72092 its owner has deleted the title.
pub async fn scanned(app: &App, text: &str) -> Result<InvoiceTitle, Failure> {
    let code = title_link::open_code(&app.keys, text)?;
    code.check_not_over(app.now())?;
    let entry = get::<BookEntry>(app, &book_entry_key(&code.user, &code.entry)).await?;
    let entry = entry.ok_or_else(|| {
        let detail = "the user has deleted this title, have them show another one";
        Refusal::new(ErrorCode::UserTitleNotFound, detail)
    })?;
    Ok(entry.title)
}
