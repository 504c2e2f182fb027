//! A console user's page: what they may see, their state, a new password, and their removal.

use crate::accounts::words::address_of as account_address;
use crate::console::Console;
use crate::frame::{Frame, html};
use crate::parts::{Flash, Tone};
use crate::seat::{Named, Seat};
use crate::users::words::{PATH, address_of, role_spec, roles, state};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kaipiao_app::Failure;
use kaipiao_app::access::console_users::{self, ConsoleUserSpec};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::access::console_user::{ConsoleName, ConsoleUser};
use kaipiao_pages::{refused, see_other};

/// What is different about the page after a form was sent.
#[derive(Default)]
pub(crate) struct After {
    pub(crate) flash: Option<Flash>,
    /// The new password, shown this once; empty: there is none.
    pub(crate) password: String,
    /// Whether the user was just added.
    pub(crate) is_new: bool,
    /// The role and the accounts that were typed, where they could not be taken.
    pub(crate) typed: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "user.html")]
struct UserPage<'a> {
    frame: &'a Frame,
    user: &'a ConsoleUser,
    here: String,
    state: (&'static str, Tone),
    roles: [(&'static str, &'static str); 2],
    role: String,
    accounts: String,
    /// The accounts that they are bound to, each with its page.
    bound_to: Vec<(String, String)>,
    /// Whether it is who looks at it.
    is_self: bool,
    after: After,
}

/// `GET /console/users/{name}`
pub(crate) async fn show(
    State(console): State<Console>,
    Named(name): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let user = find(&console, &seat, &name).await?;
    let said = (seat.query.get("said") == "saved").then(|| {
        let words = seat.frame.t(
            "已保存；该用户须重新登录。",
            "It is saved; whoever was logged in as them must log in again.",
        );
        Flash::new(Tone::Good, words)
    });
    Ok(page(&seat, &user, StatusCode::OK, After { flash: said, ..After::default() }))
}

/// `POST /console/users/{name} {role, accounts, disabled}`
pub(crate) async fn change(
    State(console): State<Console>,
    Named(name): Named,
    seat: Seat,
) -> Result<Response, Response> {
    let user = another(&console, &seat, &name).await?;
    let mut spec = role_spec(&seat, &name);
    spec.is_disabled = Some(seat.form.get("disabled") == "1");
    match console_users::save(&console.app, &spec).await {
        Ok(_) => {
            tracing::info!(name, by = seat.name(), "a console user was changed in the console");
            Ok(see_other(&format!("{}?said=saved", address_of(&user.name))))
        }
        Err(Failure::Refused(refusal)) => {
            let flash = Some(Flash::new(Tone::Bad, refused(seat.frame.lang, &refusal)));
            let of = |field: &str| seat.form.get(field).to_owned();
            let typed = Some((of("role"), of("accounts")));
            let after = After { flash, typed, ..After::default() };
            Ok(page(&seat, &user, StatusCode::UNPROCESSABLE_ENTITY, after))
        }
        Err(failure) => Err(seat.failed(&failure)),
    }
}

/// `POST /console/users/{name}/password`: a new password, shown once.
pub(crate) async fn renew_password(
    State(console): State<Console>,
    Named(name): Named,
    seat: Seat,
) -> Result<Response, Response> {
    another(&console, &seat, &name).await?;
    let password = console_users::new_password(console.app.random());
    let given = Some(password.clone());
    let spec = ConsoleUserSpec { name, password: given, ..ConsoleUserSpec::default() };
    let saved = console_users::save(&console.app, &spec).await;
    let saved = saved.map_err(|failure| seat.failed(&failure))?;
    tracing::info!(name = spec.name, by = seat.name(), "a console user has a new password");
    Ok(page(&seat, &saved.user, StatusCode::OK, After { password, ..After::default() }))
}

/// `POST /console/users/{name}/remove`
pub(crate) async fn remove(
    State(console): State<Console>,
    Named(name): Named,
    seat: Seat,
) -> Result<Response, Response> {
    another(&console, &seat, &name).await?;
    let removed = console_users::remove(&console.app, &name).await;
    removed.map_err(|failure| seat.failed(&failure))?;
    tracing::info!(name, by = seat.name(), "a console user was removed in the console");
    Ok(see_other(&format!("{PATH}?said=removed")))
}

/// The page.
pub(crate) fn page(seat: &Seat, user: &ConsoleUser, status: StatusCode, after: After) -> Response {
    let frame = &seat.frame;
    let bound: Vec<_> = user.role.bound_to().into_iter().flatten().collect();
    let accounts: Vec<_> = bound.iter().map(|appid| appid.as_str()).collect();
    let (role, accounts) = match &after.typed {
        Some(typed) => typed.clone(),
        None => (user.role.name().to_owned(), accounts.join("\n")),
    };
    let link = |appid: &&AppId| (appid.to_string(), account_address(appid));
    let page = UserPage {
        frame,
        user,
        here: address_of(&user.name),
        state: state(frame, user),
        roles: roles(frame),
        role,
        accounts,
        bound_to: bound.iter().map(link).collect(),
        is_self: is_self(seat, user),
        after,
    };
    html(status, &page)
}

async fn find(console: &Console, seat: &Seat, name: &str) -> Result<ConsoleUser, Response> {
    seat.operators_alone()?;
    let name = ConsoleName::parse(name).ok_or_else(|| seat.frame.not_found())?;
    let found = console_users::find(&console.app, &name).await;
    found.map_err(|failure| seat.failed(&failure))?.ok_or_else(|| seat.frame.not_found())
}

/// A user who is not the one before the page.
async fn another(console: &Console, seat: &Seat, name: &str) -> Result<ConsoleUser, Response> {
    let user = find(console, seat, name).await?;
    if is_self(seat, &user) { Err(not_oneself(seat)) } else { Ok(user) }
}

/// Whether a user looks at their own page, whom a slip of theirs would lock out.
fn is_self(seat: &Seat, user: &ConsoleUser) -> bool {
    seat.frame.who.as_ref().is_some_and(|who| who.can_leave && who.name == user.name.as_str())
}

fn not_oneself(seat: &Seat) -> Response {
    seat.frame.notice(
        StatusCode::CONFLICT,
        ("这是你自己", "That is you"),
        (
            "自己的角色和状态须由其他管理员修改。",
            "Your own role and state are for another operator to change.",
        ),
    )
}
