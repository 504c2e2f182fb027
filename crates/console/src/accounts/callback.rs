//! An account's callback: set once its address has answered, and tried by a push that tells of nothing.

use crate::accounts::account::{After, CallbackForm, page};
use crate::accounts::settings::{again, ended};
use crate::console::Console;
use crate::parts::{Flash, Tone};
use crate::seat::{Named, Seat};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::delivery::callbacks::{self, CallbackError, CallbackSpec};
use kaipiao_app::delivery::test_push;
use kaipiao_domain::access::account::{Account, Role};
use kaipiao_pages::told;
use kaipiao_wire::delivery::push_crypto::EncodingAesKey;

/// `POST /console/accounts/{appid}/callback`: sets it, takes it away (`remove`), or fills in a token and a key that are
/// new (`make`), for the merchant's server to learn before it is verified.
pub(crate) async fn set(
    State(console): State<Console>,
    Named(appid): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let account = receiver(&console, &seat, &appid).await?;
    let before = callbacks::open_callback(&console.app, &account.appid).await;
    let before = before.map_err(|failure| seat.failed(&failure))?;
    let mut typed = typed(&seat, before.is_some());
    let wants = |what: &str| seat.form.find(what).is_some();
    if wants("make") {
        (typed.token, typed.aes_key) = callbacks::new_secrets(&console.app);
        let words = seat.frame.t(
            "已生成新的 Token 和 EncodingAESKey，仅显示这一次：先配置到你的服务器，再点保存。",
            "A new token and EncodingAESKey are filled in below. They are shown this once: configure your server with them, then save.",
        );
        let flash = Some(Flash::new(Tone::Wait, words));
        let after = After { flash, callback: Some(typed), ..After::default() };
        return page(&console, &seat, &account, StatusCode::OK, after).await;
    }
    if wants("remove") {
        let none = CallbackSpec::default();
        return saved(&console, &seat, &account, &none, "no-callback", After::default()).await;
    }
    let signing = before.as_ref().map(|before| &before.signing);
    let key = signing.and_then(|signing| signing.aes_key.as_ref());
    let spec = CallbackSpec {
        url: typed.url.clone(),
        token: given_or(&typed.token, signing.map(|signing| &*signing.token)),
        encoding_aes_key: given_or(&typed.aes_key, key.map(EncodingAesKey::as_str)),
        mode: typed.mode.clone(),
        format: typed.format.clone(),
        stands_in: false,
    };
    let after = After { callback: Some(typed), ..After::default() };
    if spec.url.is_empty() {
        let words = seat.frame.t("请填写回调地址。", "Fill in the address.").to_owned();
        return again(&console, &seat, &account, words, after).await;
    }
    saved(&console, &seat, &account, &spec, "callback", after).await
}

/// What was typed; nothing typed keeps what there was.
fn given_or(typed: &str, before: Option<&str>) -> String {
    if typed.is_empty() { before.unwrap_or("").to_owned() } else { typed.to_owned() }
}

async fn saved(
    console: &Console,
    seat: &Seat,
    account: &Account,
    spec: &CallbackSpec,
    what: &str,
    after: After,
) -> Result<Response, Response> {
    match callbacks::set(&console.app, &account.appid, spec).await {
        Ok(_) => ended(console, seat, account, Ok(()), what, after).await,
        Err(CallbackError::NotVerified(why)) => {
            again(console, seat, account, told(seat.frame.lang, &why), after).await
        }
        Err(CallbackError::NotInPlace(why)) => {
            again(console, seat, account, told(seat.frame.lang, why), after).await
        }
        Err(CallbackError::Failed(failure)) => {
            ended(console, seat, account, Err(failure), what, after).await
        }
    }
}

/// `POST /console/accounts/{appid}/test-push`: sends one, and shows what came of it.
pub(crate) async fn send_test(
    State(console): State<Console>,
    Named(appid): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let account = receiver(&console, &seat, &appid).await?;
    match test_push::send(&console.app, &account).await {
        Ok(test) => {
            tracing::info!(appid = %account.appid, by = seat.name(), "a test push was sent by the console");
            let after = After { test: Some(test), ..After::default() };
            page(&console, &seat, &account, StatusCode::OK, after).await
        }
        Err(failure) => ended(&console, &seat, &account, Err(failure), "", After::default()).await,
    }
}

fn typed(seat: &Seat, is_set: bool) -> CallbackForm {
    let of = |name: &str| seat.form.get(name).trim().to_owned();
    CallbackForm {
        url: of("url"),
        mode: of("mode"),
        format: of("format"),
        token: of("token"),
        aes_key: of("aes_key"),
        is_set,
    }
}

/// The account, if it receives pushes of its own: a mobile app's go to its merchant.
async fn receiver(console: &Console, seat: &Seat, appid: &str) -> Result<Account, Response> {
    let account = seat.account(console, appid).await?;
    if account.role == Role::MobileApp { Err(seat.frame.not_found()) } else { Ok(account) }
}
