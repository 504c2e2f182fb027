//! How the document says what a title is: the wire writes it, and knows no document.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Ref, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A title, a person's or a company's, as getauthdata answers it.
pub(crate) struct TitleSides;

impl PartialSchema for TitleSides {
    fn schema() -> RefOr<Schema> {
        let sides = ObjectBuilder::new()
            .property("user_field", Ref::from_schema_name("UserTitle"))
            .property("biz_field", Ref::from_schema_name("CompanyTitle"));
        sides.description(Some("`user_field` or `biz_field`, one of them")).into()
    }
}

impl ToSchema for TitleSides {}
