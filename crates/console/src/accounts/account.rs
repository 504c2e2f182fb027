//! An account's page: what it is, its secret, its contact, its pay link and its callback.

use crate::accounts::words::{address_of, permission_name, role_name};
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::parts::{Cell, Facts, Flash, Tone};
use crate::seat::{Named, Seat};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::authorization::s18_get_contact;
use kaipiao_app::delivery::callbacks;
use kaipiao_app::delivery::test_push::TestPush;
use kaipiao_app::payment::s12_get_pay_merchant;
use kaipiao_app::{App, Failure};
use kaipiao_domain::access::account::{Account, Role};
use kaipiao_domain::access::permissions::Permission;
use kaipiao_domain::delivery::push::PushMode;
use kaipiao_domain::delivery::push_format::PushFormat;
use kaipiao_pages::told;

/// What is different about the page after a form was sent.
#[derive(Default)]
pub(crate) struct After {
    pub(crate) flash: Option<Flash>,
    /// The new AppSecret, shown this once; empty: there is none.
    pub(crate) secret: String,
    /// Whether the account was just added.
    pub(crate) is_new: bool,
    /// What was typed into the forms that could not be taken.
    pub(crate) contact: Option<ContactForm>,
    pub(crate) pay: Option<PayForm>,
    pub(crate) callback: Option<CallbackForm>,
    /// What a test push came to.
    pub(crate) test: Option<TestPush>,
}

/// The contact as the form has it.
#[derive(Default)]
pub(crate) struct ContactForm {
    pub(crate) phone: String,
    pub(crate) time_out: String,
}

/// The pay link as the form has it.
#[derive(Default)]
pub(crate) struct PayForm {
    pub(crate) mchid: String,
    pub(crate) s_pappid: String,
}

/// The callback as the form has it.
pub(crate) struct CallbackForm {
    pub(crate) url: String,
    pub(crate) mode: String,
    pub(crate) format: String,
    /// Empty: the one before stays.
    pub(crate) token: String,
    /// Empty: the one before stays.
    pub(crate) aes_key: String,
    /// Whether there is one before.
    pub(crate) is_set: bool,
}

impl Default for CallbackForm {
    fn default() -> Self {
        Self {
            url: String::new(),
            mode: PushMode::Safe.name().to_owned(),
            format: PushFormat::Xml.name().to_owned(),
            token: String::new(),
            aes_key: String::new(),
            is_set: false,
        }
    }
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage<'a> {
    frame: &'a Frame,
    account: &'a Account,
    facts: Facts<'a>,
    here: String,
    flash: Option<Flash>,
    secret: String,
    is_new: bool,
    /// The merchant's settings; None: this account has none of its own.
    merchant: Option<MerchantPart>,
    /// None: it receives no pushes of its own.
    callback: Option<CallbackForm>,
    modes: [&'static str; 3],
    formats: [&'static str; 2],
    test: Option<TestPart>,
}

struct MerchantPart {
    contact: ContactForm,
    pay: PayForm,
}

struct TestPart {
    flash: Flash,
    says: String,
}

/// `GET /console/accounts/{appid}`
pub(crate) async fn show(
    State(console): State<Console>,
    Named(appid): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let account = seat.account(&console, &appid).await?;
    let flash = said(&seat.frame, seat.query.get("said"));
    page(&console, &seat, &account, StatusCode::OK, After { flash, ..After::default() }).await
}

/// The account's page after something was saved, by GET.
pub(crate) fn saved_address(account: &Account, what: &str) -> String {
    format!("{}?said={what}#{what}", address_of(&account.appid))
}

fn said(frame: &Frame, what: &str) -> Option<Flash> {
    let words = match what {
        "contact" => ("联系方式已保存。", "The contact is saved."),
        "pay" => ("支付关联已保存。", "The pay link is saved."),
        "callback" => ("回调地址已验证并保存。", "The callback is verified and saved."),
        "no-callback" => ("回调地址已移除。", "The callback is removed."),
        _ => return None,
    };
    Some(Flash::new(Tone::Good, frame.t(words.0, words.1)))
}

/// The page.
pub(crate) async fn page(
    console: &Console,
    seat: &Seat,
    account: &Account,
    status: StatusCode,
    after: After,
) -> Result<Response, Response> {
    let frame = &seat.frame;
    let app = &*console.app;
    let failed = |failure: Failure| seat.failed(&failure);
    let merchant = match account.role {
        Role::Merchant => Some(MerchantPart {
            contact: match after.contact {
                Some(typed) => typed,
                None => contact(app, account).await.map_err(failed)?,
            },
            pay: match after.pay {
                Some(typed) => typed,
                None => pay_link(app, account).await.map_err(failed)?,
            },
        }),
        _ => None,
    };
    let callback = match (account.role, after.callback) {
        (Role::MobileApp, _) => None,
        (_, Some(typed)) => Some(typed),
        (_, None) => Some(callback(app, account).await.map_err(failed)?),
    };
    let page = AccountPage {
        frame,
        account,
        facts: facts(frame, account),
        here: address_of(&account.appid),
        flash: after.flash,
        secret: after.secret,
        is_new: after.is_new,
        merchant,
        callback,
        modes: PushMode::ALL.map(PushMode::name),
        formats: PushFormat::ALL.map(PushFormat::name),
        test: after.test.map(|test| test_part(frame, test)),
    };
    Ok(html(status, &page))
}

/// The contact; nothing where none was ever set.
async fn contact(app: &App, account: &Account) -> Result<ContactForm, Failure> {
    match s18_get_contact::get_contact(app, account).await {
        Ok(contact) => {
            Ok(ContactForm { phone: contact.phone, time_out: contact.time_out.to_string() })
        }
        Err(Failure::Refused(_)) => Ok(ContactForm::default()),
        Err(failure) => Err(failure),
    }
}

async fn pay_link(app: &App, account: &Account) -> Result<PayForm, Failure> {
    match s12_get_pay_merchant::get_pay_merchant(app, account).await {
        Ok(linked) => Ok(PayForm { mchid: linked.mchid, s_pappid: linked.s_pappid }),
        Err(Failure::Refused(_)) => Ok(PayForm::default()),
        Err(failure) => Err(failure),
    }
}

async fn callback(app: &App, account: &Account) -> Result<CallbackForm, Failure> {
    let found = callbacks::find(app, &account.appid).await?;
    Ok(found.map_or_else(CallbackForm::default, |callback| CallbackForm {
        url: callback.url,
        mode: callback.mode.name().to_owned(),
        format: callback.format.name().to_owned(),
        is_set: true,
        ..CallbackForm::default()
    }))
}

fn facts<'a>(frame: &'a Frame, account: &Account) -> Facts<'a> {
    let has = |permission: &Permission| account.permissions.has(*permission);
    let permissions = Permission::ALL.into_iter().filter(has);
    let permissions: Vec<_> = permissions.map(|one| permission_name(frame, one)).collect();
    let callers: Vec<_> = account.callers.iter().map(ToString::to_string).collect();
    let mut rows = vec![
        (frame.t("类型", "Type"), Cell::mark(role_name(frame, account.role), Tone::Quiet)),
        ("AppID", Cell::code(account.appid.as_str())),
        (frame.t("原始 ID", "Original ID"), Cell::code(&account.original_id)),
    ];
    if let Some(merchant) = &account.bound_to {
        let link = Cell::code(merchant.as_str()).link(address_of(merchant));
        rows.push((frame.t("所属商户", "Bound to"), link));
    }
    if let Some(platform) = &account.platform_id {
        rows.push(("s_pappid", Cell::code(platform.as_str())));
    }
    let none = frame.t("无", "none");
    let permissions = if permissions.is_empty() {
        none.to_owned()
    } else {
        permissions.join(frame.t("、", ", "))
    };
    rows.push((frame.t("接口权限", "May use"), Cell::text(permissions)));
    let anywhere = frame.t("不限", "anywhere").to_owned();
    let callers = if callers.is_empty() { anywhere } else { callers.join(", ") };
    rows.push((frame.t("调用来源", "Calls from"), Cell::text(callers)));
    Facts { rows }
}

fn test_part(frame: &Frame, test: TestPush) -> TestPart {
    let took_ms = test.took.as_millis();
    let (tone, words) = match (test.is_delivered, test.status) {
        (true, Some(status)) => (
            Tone::Good,
            format!(
                "{} HTTP {status}, {took_ms} ms",
                frame.t("测试推送已送达：", "The test push arrived:")
            ),
        ),
        (_, Some(status)) => (
            Tone::Bad,
            format!(
                "{} HTTP {status}, {took_ms} ms",
                frame.t(
                    "已收到应答，但正式推送会判定为失败并重试：",
                    "It was answered, but a real push would count as failed and be tried again:",
                )
            ),
        ),
        (_, None) => (
            Tone::Bad,
            format!("{} ({took_ms} ms)", frame.t("没有收到应答", "There was no answer")),
        ),
    };
    let says = if test.status.is_none() { told(frame.lang, &test.says) } else { test.says };
    TestPart { flash: Flash::new(tone, words), says }
}
