//! `/card/invoice/setbizattr`: one address for sections 9, 10, 11, 12, 17 and 18, told apart by
//! `action` in the query; a body without action is told apart by the object it holds (wire_facts 6.1
//! no. 42). The get_ actions take GET too, and whatever body (clients A2, clients A3).

use crate::access::caller::{Call, require_post};
use crate::answer::{Failed, JsonAnswer};
use crate::authorization::{
    s09_set_page_fields, s10_get_page_fields, s17_set_contact, s18_get_contact,
};
use crate::payment::{s11_set_pay_merchant, s12_get_pay_merchant};
use crate::query::query_value;
use crate::server::Server;
use axum::extract::{FromRequest, Request, State};
use axum::http::Method;
use kaipiao_domain::{Refusal, text};
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
) -> Result<JsonAnswer, Failed> {
    let asked = query_value(request.uri(), "action");
    let action = Action::parse(&asked);
    let reads = action.as_ref().is_some_and(Action::only_reads);
    if !(request.method() == Method::POST || reads && request.method() == Method::GET) {
        return Err(require_post().await);
    }
    let Call { caller, body } = Call::from_request(request, &server).await?;
    let action = match action {
        Some(action) => action,
        None if asked.is_empty() && !body.is_empty() => Action::of_body(&body.object()?)?,
        None => return Err(unknown_action(&asked).into()),
    };
    let app = &server.app;
    match action {
        Action::SetAuthField => s09_set_page_fields::set_auth_field(app, &caller, &body).await,
        Action::GetAuthField => s10_get_page_fields::get_auth_field(app, &caller).await,
        Action::SetPayMch => s11_set_pay_merchant::set_pay_mch(app, &caller, &body).await,
        Action::GetPayMch => s12_get_pay_merchant::get_pay_mch(app, &caller).await,
        Action::SetContact => s17_set_contact::set_contact(app, &caller, &body).await,
        Action::GetContact => s18_get_contact::get_contact(app, &caller).await,
    }
}

fn unknown_action(asked: &str) -> Refusal {
    let actions =
        "set_auth_field, get_auth_field, set_pay_mch, get_pay_mch, set_contact or get_contact";
    Refusal::invalid("action", format!("must be {actions}, not {}", text::quoted(asked)))
}
