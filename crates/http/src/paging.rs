//! How listings are divided into pages: `limit`, `after`, and `next` in the answer.

use kaipiao_app::listing::Filter;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::{Refusal, text};
use kaipiao_ports::record::Field;
use kaipiao_wire::object::Object;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// Entries of a page that is not asked for in another size.
const PAGE: i64 = 100;
/// Entries of the largest page.
pub(crate) const LARGEST_PAGE: i64 = 1000;

/// `limit` of a listing: 100 unless it is given, 1,000 at most.
pub(crate) fn page_size(object: &Object) -> Result<usize, Refusal> {
    page_size_or(object, PAGE)
}

/// The same for a listing whose pages are that large unless it says otherwise.
pub(crate) fn page_size_or(object: &Object, default: i64) -> Result<usize, Refusal> {
    let limit = object.integer("limit")?.unwrap_or(default);
    let fits = usize::try_from(limit).ok().filter(|_| (1..=LARGEST_PAGE).contains(&limit));
    fits.ok_or_else(|| Refusal::invalid("limit", format!("must be 1 to {LARGEST_PAGE}")))
}

/// `after` of a listing: the `next` of the page before; None: the first page.
pub(crate) fn after(object: &Object) -> Result<Option<String>, Refusal> {
    Ok(object.optional_text("after")?.filter(|after| !after.is_empty()))
}

/// What a listing goes by: one of these members, or the time (`from_ms`, `to_ms`: unix milliseconds,
/// both included); None: nothing is given. A second one is refused: a listing goes by one.
pub(crate) fn filter(
    object: &Object,
    fields: &[(&'static str, Field)],
) -> Result<Option<Filter>, Refusal> {
    let (from_ms, to_ms) = (object.integer("from_ms")?, object.integer("to_ms")?);
    let by_time = match (from_ms, to_ms) {
        (None, None) => None,
        (Some(_), _) => Some("from_ms"),
        (None, Some(_)) => Some("to_ms"),
    };
    let mut found = by_time.map(|name| {
        let (from_ms, to_ms) = (from_ms.unwrap_or(0), to_ms.unwrap_or(i64::MAX));
        (name, Filter::Time { from_ms, to_ms })
    });
    for (name, field) in fields {
        let value = object.text(name)?;
        if value.is_empty() {
            continue;
        }
        if let Some((other, _)) = found {
            return Err(Refusal::invalid(name, format!("cannot be combined with {other}")));
        }
        found = Some((name, Filter::Field(*field, value.into_owned())));
    }
    Ok(found.map(|(_, filter)| filter))
}

/// Refuses a state that no record of the listing has.
pub(crate) fn check_state(filter: Option<&Filter>, known: &[&str]) -> Result<(), Refusal> {
    match filter {
        Some(Filter::Field(Field::State, state)) if !known.contains(&state.as_str()) => {
            let known = known.join(", ");
            let problem = format!("must be one of {known}, not {}", text::quoted(state));
            Err(Refusal::invalid("state", problem))
        }
        _ => Ok(()),
    }
}

/// `appid` of a listing that is a merchant's.
pub(crate) fn merchant(object: &Object) -> Result<AppId, Refusal> {
    let appid = AppId::parse(&object.required_text("appid")?);
    appid.ok_or_else(|| Refusal::invalid("appid", "is not an appid"))
}

/// `limit` and `after`, in the document.
pub(crate) struct Page;

impl IntoParams for Page {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let limit = ObjectBuilder::new().schema_type(Type::Integer);
        let limit = limit.minimum(Some(1)).maximum(Some(LARGEST_PAGE));
        let text = ObjectBuilder::new().schema_type(Type::String);
        vec![
            documented("limit", "Entries of the page; 100 unless it is said.", limit),
            documented("after", "`next` of the page before; left out: the first page.", text),
        ]
    }
}

/// `from_ms` and `to_ms`, in the document.
pub(crate) struct Period;

impl IntoParams for Period {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let moment = || ObjectBuilder::new().schema_type(Type::Integer);
        vec![
            documented("from_ms", "Of this moment on, in unix milliseconds.", moment()),
            documented("to_ms", "Up to this moment, it included.", moment()),
        ]
    }
}

fn documented(name: &str, what: &str, schema: ObjectBuilder) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
    let parameter = parameter.required(Required::False).description(Some(what));
    parameter.schema(Some(schema)).build()
}
