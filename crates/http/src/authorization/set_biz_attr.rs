//! `/card/invoice/setbizattr`: one address for sections 9, 10, 11, 12, 17 and 18, told apart by
//! `action` in the query; a body without action is told apart by the object it holds (facts 6.1
//! no. 42). The get_ actions take GET too, and whatever body (clients.md A2, A3).

use crate::Server;
use crate::access::caller::{Call, require_post};
use crate::answer::{Answer, Failed};
use crate::body::{Sent, query_value};
use axum::extract::{FromRequest, Request, State};
use axum::http::Method;
use kaipiao_app::App;
use kaipiao_domain::access::account::Account;
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;
use kaipiao_wire::answer::{ok, ok_with};
use kaipiao_wire::authorization::s09_set_page_fields::{self, PageFieldsAnswer};
use kaipiao_wire::authorization::s17_set_contact::{self, ContactAnswer};
use kaipiao_wire::object::Object;

enum Action {
    SetAuthField,
    GetAuthField,
    SetPayMch,
    GetPayMch,
    SetContact,
    GetContact,
}

impl Action {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "set_auth_field" => Self::SetAuthField,
            "get_auth_field" => Self::GetAuthField,
            "set_pay_mch" => Self::SetPayMch,
            "get_pay_mch" => Self::GetPayMch,
            "set_contact" => Self::SetContact,
            "get_contact" => Self::GetContact,
            _ => return None,
        })
    }

    /// What a call without `action` in its query means: the body's own `action`, or the object
    /// that it holds.
    fn of_body(object: &Object) -> Result<Self, Refusal> {
        let asked = object.text("action")?;
        let of_object = || {
            [
                ("auth_field", Self::SetAuthField),
                ("paymch_info", Self::SetPayMch),
                ("contact", Self::SetContact),
            ]
            .into_iter()
            .find_map(|(member, action)| object.has(member).then_some(action))
        };
        let action = if asked.is_empty() { of_object() } else { Self::parse(&asked) };
        action.ok_or_else(|| unknown_action(&asked))
    }

    fn only_reads(&self) -> bool {
        matches!(self, Self::GetAuthField | Self::GetPayMch | Self::GetContact)
    }
}

pub(crate) async fn set_biz_attr(
    State(server): State<Server>,
    request: Request,
) -> Result<Answer, Failed> {
    let asked = query_value(request.uri(), "action");
    let action = Action::parse(&asked);
    let reads = action.as_ref().is_some_and(Action::only_reads);
    if !(request.method() == Method::POST || reads && request.method() == Method::GET) {
        return Err(require_post(State(server), request).await);
    }
    let Call { caller, sent } = Call::from_request(request, &server).await?;
    let action = match action {
        Some(action) => action,
        None if asked.is_empty() && !sent.is_empty() => Action::of_body(&sent.object()?)?,
        None => return Err(unknown_action(&asked).into()),
    };
    run(&server.app, &caller, action, &sent).await
}

fn unknown_action(asked: &str) -> Refusal {
    let actions =
        "set_auth_field, get_auth_field, set_pay_mch, get_pay_mch, set_contact or get_contact";
    Refusal::invalid("action", format!("must be {actions}, not {}", text::quoted(asked)))
}

async fn run(app: &App, caller: &Account, action: Action, sent: &Sent) -> Result<Answer, Failed> {
    let answer = match action {
        Action::SetAuthField => {
            app.set_page_fields(caller, &s09_set_page_fields::read(&sent.object()?)?).await?;
            ok()
        }
        Action::GetAuthField => {
            ok_with(&PageFieldsAnswer::from(&app.get_page_fields(caller).await?))
        }
        Action::SetPayMch => return Err(no_pay_merchant(&sent.object()?)?.into()),
        Action::GetPayMch => return Err(never_set_pay_mch(caller).into()),
        Action::SetContact => {
            app.set_contact(caller, &s17_set_contact::read(&sent.object()?)?).await?;
            ok()
        }
        Action::GetContact => ok_with(&ContactAnswer::from(&app.get_contact(caller).await?)),
    };
    Ok(Answer(answer))
}

/// Section 11. No pay merchant is registered with this server yet, so every mchid is unknown.
fn no_pay_merchant(object: &Object) -> Result<Refusal, Refusal> {
    let info = object.required_object("paymch_info")?;
    let mchid = info.required_text("mchid")?;
    info.required_text("s_pappid")?;
    Ok(Refusal::new(
        ErrorCode::InvalidMchid,
        format!("mchid {} is unknown to this server", text::quoted(&mchid)),
    ))
}

/// Section 12, while section 11 can link nothing.
fn never_set_pay_mch(caller: &Account) -> Refusal {
    let detail = format!("{} is linked to no pay merchant", caller.merchant());
    Refusal::new(ErrorCode::NeverSetPayMch, detail)
}
