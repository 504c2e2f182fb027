//! The sandbox's controls: open by design, absent in production.

use crate::admin::error::{ErrorJson, SandboxRefusals, failed, refuse};
use crate::admin::users::MessagesJson;
use crate::answer::json;
use crate::body::{RequestBody, query_object};
use crate::openapi::title_sides::TitleSides;
use crate::paging::{LARGEST_PAGE, Page, after, page_size_or};
use crate::query::query_value;
use crate::server::Server;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use kaipiao_app::authorization::s06_auth_push::{self, AnswerError};
use kaipiao_app::payment::paying::{self, PayingError};
use kaipiao_app::people::{messages, users};
use kaipiao_app::reimbursement::choose::{self, ChooseError};
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::user_decision::{ChoiceRefused, UserChoice};
use kaipiao_domain::people::card::CardCode;
use kaipiao_domain::people::user::UserId;
use kaipiao_domain::{Refusal, text};
use kaipiao_wire::answer::bare;
use kaipiao_wire::authorization::s02_auth_url::{Return, return_after};
use kaipiao_wire::object::Object;
use kaipiao_wire::people::title;
use kaipiao_wire::reimbursement::read_invoice::write_chosen;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct AnswerJson {
    result: &'static str,
    /// The address; for a mini program the object that it is handed; null: the page stays.
    #[schema(value_type = Value)]
    redirect: Return,
}

/// A user's answer on an authorization page.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
#[serde(deny_unknown_fields)]
struct AuthorizeBody {
    /// The link, or a mini program's path.
    #[schema(min_length = 1)]
    auth_url: String,
    #[schema(pattern = "^[A-Za-z0-9_.@-]{1,64}$")]
    user: String,
    /// `authorize` or `decline`.
    #[schema(pattern = "^(authorize|decline)$")]
    decision: String,
    /// Of type 1; the user's default title unless it is said.
    title: Option<TitleSides>,
}

/// What a user chooses for a company.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
#[serde(deny_unknown_fields)]
struct ChoiceBody {
    /// The company.
    #[schema(pattern = "^wx[0-9a-f]{16}$")]
    appid: String,
    #[schema(pattern = "^[A-Za-z0-9_.@-]{1,64}$")]
    user: String,
    /// The cards' codes; none: of the 100 newest those that can be chosen.
    codes: Option<Vec<String>>,
}

/// Who pays what.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
#[serde(deny_unknown_fields)]
struct PayBody {
    #[schema(min_length = 1)]
    prepay_id: String,
    #[schema(pattern = "^[A-Za-z0-9_.@-]{1,64}$")]
    user: String,
}

/// A person.
#[derive(ToSchema)]
#[expect(dead_code, reason = "its members are read leniently, by name; this says which there are")]
#[serde(deny_unknown_fields)]
struct PersonBody {
    /// 1 to 64 letters, digits and `_ - . @`.
    #[schema(pattern = "^[A-Za-z0-9_.@-]{1,64}$")]
    id: String,
    #[schema(max_length = 64)]
    name: Option<String>,
}

/// `{"auth_url","user","decision":"authorize"|"decline","title"?}` through the page's use case.
#[utoipa::path(
    post,
    path = "/sandbox/v1/authorize",
    tag = "sandbox",
    operation_id = "authorize",
    description = "As on the authorization page; without a title the user's default title is taken, as far as the page asks.",
    request_body = AuthorizeBody,
    responses(
        (status = 200, description = "What the user has decided, and how they are led back.", body = AnswerJson),
        (status = 409, description = "The order's state does not allow it.", body = ErrorJson<'static>),
        SandboxRefusals,
    ),
)]
pub(crate) async fn authorize(State(server): State<Server>, body: RequestBody) -> Response {
    let asked = match body.object().and_then(|object| read_answer(&object)) {
        Ok(asked) => asked,
        Err(refusal) => return failed(refusal.into()),
    };
    let (link, user, answer) = asked;
    let Some(user) = UserId::parse(&user) else {
        return not_taken(AnswerError::UnknownUser(user));
    };
    let app = &server.app;
    let taken = match answer {
        UserChoice::Authorize(None) => {
            s06_auth_push::authorize_with_default_title(app, &link, &user).await
        }
        answer => s06_auth_push::answer(app, &link, &user, answer, None).await,
    };
    match taken {
        Ok(answered) => {
            let redirect = return_after(&answered.request, answered.is_authorized);
            let result = if answered.is_authorized { "authorized" } else { "declined" };
            json(StatusCode::OK, bare(&AnswerJson { result, redirect }))
        }
        Err(error) => not_taken(error),
    }
}

/// 409 is of the order's state, 400 of what was sent.
fn not_taken(error: AnswerError) -> Response {
    let status = match &error {
        AnswerError::Failed(failure) => return failed(failure.clone()),
        AnswerError::RequestChanged
        | AnswerError::Refused(
            ChoiceRefused::LinkExpired
            | ChoiceRefused::AlreadyAuthorized
            | ChoiceRefused::AuthorizedByAnotherUser
            | ChoiceRefused::Rejected
            | ChoiceRefused::Refunded,
        ) => StatusCode::CONFLICT,
        AnswerError::Refused(ChoiceRefused::TitleMissing | ChoiceRefused::Title(_))
        | AnswerError::ForgedLink
        | AnswerError::UnknownUser(_) => StatusCode::BAD_REQUEST,
    };
    refuse(status, &error.to_string())
}

fn read_answer(object: &Object) -> Result<(String, String, UserChoice), Refusal> {
    let link = object.required_text("auth_url")?.into_owned();
    let user = object.required_text("user")?.into_owned();
    let answer = match &*object.required_text("decision")? {
        "authorize" => {
            let title = object.object("title")?;
            UserChoice::Authorize(title.as_ref().map(title::read).transpose()?)
        }
        "decline" => UserChoice::Decline,
        other => {
            let problem =
                format!("must be \"authorize\" or \"decline\", not {}", text::quoted(other));
            return Err(Refusal::invalid("decision", problem));
        }
    };
    Ok((link, user, answer))
}

#[derive(Serialize, ToSchema)]
struct ChosenJson {
    choose_invoice_info: String,
}

/// `{"appid","user","codes"?}`: the user chooses invoices for a company, as with the picker.
#[utoipa::path(
    post,
    path = "/sandbox/v1/choose-invoice",
    tag = "sandbox",
    operation_id = "chooseInvoice",
    request_body = ChoiceBody,
    responses(
        (status = 200, description = "What the picker tells the company's page.", body = ChosenJson),
        (status = 409, description = "A card cannot be chosen.", body = ErrorJson<'static>),
        SandboxRefusals,
    ),
)]
pub(crate) async fn choose_invoice(State(server): State<Server>, body: RequestBody) -> Response {
    let (company, user, codes) = match body.object().and_then(|object| read_choice(&object)) {
        Ok(asked) => asked,
        Err(refusal) => return failed(refusal.into()),
    };
    let Some(user) = UserId::parse(&user) else {
        return not_chosen(ChooseError::UnknownUser(user));
    };
    let chosen = async {
        let company = choose::company(&server.app, &company).await?;
        choose::choose(&server.app, &company, &user, &codes).await
    };
    match chosen.await {
        Ok(chosen) => {
            let answer = ChosenJson { choose_invoice_info: write_chosen(&chosen) };
            json(StatusCode::OK, bare(&answer))
        }
        Err(error) => not_chosen(error),
    }
}

fn read_choice(object: &Object) -> Result<(AppId, String, Vec<CardCode>), Refusal> {
    let appid = object.required_text("appid")?;
    let appid = AppId::parse(&appid)
        .ok_or_else(|| Refusal::invalid("appid", format!("{} is not one", text::quoted(&appid))))?;
    let user = object.required_text("user")?.into_owned();
    let codes = object.texts("codes")?.unwrap_or_default();
    let code = |text: &String| {
        let problem = || format!("{} is no card's code of 12 digits", text::quoted(text));
        CardCode::parse(text).ok_or_else(|| Refusal::invalid("codes", problem()))
    };
    Ok((appid, user, codes.iter().map(code).collect::<Result<_, _>>()?))
}

/// 409 is of the card's state, 400 of what was sent.
fn not_chosen(error: ChooseError) -> Response {
    let status = match &error {
        ChooseError::Failed(failure) => return failed(failure.clone()),
        ChooseError::NotThere(_) => StatusCode::CONFLICT,
        ChooseError::UnknownUser(_) | ChooseError::UnknownCompany(_) => StatusCode::BAD_REQUEST,
    };
    refuse(status, &error.to_string())
}

#[derive(Serialize, ToSchema)]
struct PaidJson {
    mchid: String,
    out_trade_no: String,
    transaction_id: Option<String>,
    openid: Option<String>,
}

/// `{"prepay_id","user"}`: the user pays, as on the payment's page.
#[utoipa::path(
    post,
    path = "/sandbox/v1/pay",
    tag = "sandbox",
    operation_id = "pay",
    request_body = PayBody,
    responses(
        (status = 200, description = "The payment.", body = PaidJson),
        (status = 409, description = "The payment's state does not allow it.", body = ErrorJson<'static>),
        SandboxRefusals,
    ),
)]
pub(crate) async fn pay(State(server): State<Server>, body: RequestBody) -> Response {
    let read = |object: Object| {
        let prepay_id = object.required_text("prepay_id")?.into_owned();
        Ok((prepay_id, object.required_text("user")?.into_owned()))
    };
    let (prepay_id, user) = match body.object().and_then(read) {
        Ok(asked) => asked,
        Err(refusal) => return failed(refusal.into()),
    };
    let Some(user) = UserId::parse(&user) else {
        return not_paid(PayingError::UnknownUser(user));
    };
    match paying::pay(&server.app, &prepay_id, &user).await {
        Ok(payment) => {
            let paid = payment.paid();
            let openid = paid.map(|paid| paid.payer.openid.as_str().to_owned());
            let json_of = PaidJson {
                mchid: payment.mchid.to_string(),
                out_trade_no: payment.out_trade_no.to_string(),
                transaction_id: paid.and_then(|paid| paid.transaction_id.clone()),
                openid,
            };
            json(StatusCode::OK, bare(&json_of))
        }
        Err(error) => not_paid(error),
    }
}

/// 409 is of the payment's state, 400 of what was sent.
fn not_paid(error: PayingError) -> Response {
    let status = match &error {
        PayingError::Failed(failure) => return failed(failure.clone()),
        PayingError::Refused(_) => StatusCode::CONFLICT,
        PayingError::UnknownPrepayId | PayingError::UnknownUser(_) => StatusCode::BAD_REQUEST,
    };
    refuse(status, &error.to_string())
}

/// `GET /sandbox/v1/messages?user=&limit=&after=`: a user's rejections with their reason and link,
/// newest first.
#[utoipa::path(
    get,
    path = "/sandbox/v1/messages",
    tag = "sandbox",
    operation_id = "listSandboxMessages",
    params(
        ("user" = String, Query, description = "The user.", pattern = "^[A-Za-z0-9_.@-]{1,64}$"),
        Page,
    ),
    responses(
        (status = 200, description = "Newest first, 1,000 to a page unless `limit` says less.", body = MessagesJson),
        SandboxRefusals,
    ),
)]
pub(crate) async fn messages(State(server): State<Server>, uri: Uri) -> Response {
    let user = query_value(&uri, "user");
    let Some(user) = UserId::parse(&user) else {
        return refuse(StatusCode::BAD_REQUEST, "put user=<id> into the query");
    };
    let listed = async {
        let query = query_object(&uri)?;
        let (after, limit) = (after(&query)?, page_size_or(&query, LARGEST_PAGE)?);
        messages::list(&server.app, &user, after.as_deref(), limit).await
    };
    match listed.await {
        Ok(listing) => json(StatusCode::OK, bare(&MessagesJson::from(listing))),
        Err(failure) => failed(failure),
    }
}

#[derive(Serialize, ToSchema)]
struct UserJson {
    id: String,
}

/// `{"id","name"?}`: adds a person with an empty title book, or renames one.
#[utoipa::path(
    post,
    path = "/sandbox/v1/users",
    tag = "sandbox",
    operation_id = "addUser",
    request_body = PersonBody,
    responses(
        (status = 200, description = "The person is there.", body = UserJson),
        SandboxRefusals,
    ),
)]
pub(crate) async fn users(State(server): State<Server>, body: RequestBody) -> Response {
    let read = |object: Object| {
        let id = object.required_text("id")?.into_owned();
        Ok((id, object.text("name")?.into_owned()))
    };
    let (id, name) = match body.object().and_then(read) {
        Ok(asked) => asked,
        Err(refusal) => return failed(refusal.into()),
    };
    let Some(user) = UserId::parse(&id) else {
        let problem = "must be 1 to 64 letters, digits and _ - . @";
        return failed(Refusal::invalid("id", problem).into());
    };
    if let Err(refusal) = text::limited("name", &name, 64) {
        return failed(refusal.into());
    }
    let name = Some(&*name).filter(|name| !name.is_empty());
    match users::add_payer(&server.app, &user, name).await {
        Ok(()) => json(StatusCode::OK, bare(&UserJson { id })),
        Err(failure) => failed(failure),
    }
}
