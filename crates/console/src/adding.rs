//! A form by which operators add something: its fields, and what is wrong with one beside it.

use crate::frame::Frame;
use askama::Template;
use kaipiao_domain::Refusal;
use kaipiao_pages::{Form, refused};

/// A field of the form, by the name that the admin API has for it.
pub(crate) struct Field<'a> {
    pub(crate) name: &'static str,
    pub(crate) label: &'a str,
    /// What it takes; empty: its label says it.
    pub(crate) hint: &'a str,
    pub(crate) entry: Entry,
    pub(crate) is_required: bool,
}

/// How a field is filled in.
pub(crate) enum Entry {
    /// A line of text.
    Line,
    /// A name that programs use, in letters of one width.
    Code,
    /// Several of these, one a line.
    Codes,
    /// One of these values, each with what it is called.
    Choice(Vec<(&'static str, &'static str)>),
}

impl<'a> Field<'a> {
    /// A field that must be filled in.
    pub(crate) const fn of(name: &'static str, label: &'a str, entry: Entry) -> Self {
        Self { name, label, hint: "", entry, is_required: true }
    }

    /// The same, saying what it takes.
    pub(crate) fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    /// The same, which may be left empty.
    pub(crate) fn optional(self) -> Self {
        Self { is_required: false, ..self }
    }
}

/// The form. It stands below a listing, at `#add`.
#[derive(Template)]
#[template(path = "parts/adding.html")]
pub(crate) struct Adding<'a> {
    pub(crate) frame: &'a Frame,
    /// Where it is sent.
    pub(crate) action: String,
    pub(crate) headline: &'a str,
    pub(crate) about: &'a str,
    pub(crate) button: &'a str,
    pub(crate) fields: Vec<Field<'a>>,
    /// What was typed; nothing unless it could not be taken.
    pub(crate) typed: &'a Form,
    /// Why it could not be taken; None: nothing was sent.
    pub(crate) refusal: Option<&'a Refusal>,
}

impl Adding<'_> {
    /// The field that the refusal is about; None: it is about none of them.
    fn wrong(&self) -> Option<&'static str> {
        let detail = self.refusal?.detail.trim_start_matches("merchant.");
        let mut words = detail.split([' ', ':', '[']).filter(|word| !word.is_empty());
        let names = [words.next()?, words.next().unwrap_or("")];
        let is_named = |field: &&Field<'_>| names.contains(&field.name);
        self.fields.iter().find(is_named).map(|field| field.name)
    }

    fn is_wrong(&self, field: &Field<'_>) -> bool {
        self.wrong() == Some(field.name)
    }

    fn why(&self) -> String {
        self.refusal.map(|refusal| refused(self.frame.lang, refusal)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Adding, Entry, Field};
    use crate::frame::Frame;
    use kaipiao_domain::Refusal;
    use kaipiao_pages::{Form, Lang};

    #[test]
    fn a_refusal_stands_beside_the_field_that_it_is_about() {
        let frame = Frame {
            lang: Lang::En,
            here: String::new(),
            form_token: String::new(),
            who: None,
            name_space: None,
        };
        for (field, problem, at) in [
            ("appid", "is another account's already", Some("appid")),
            ("tax_id", "must be 15 to 20 digits and capital letters", Some("tax_id")),
            ("merchant.numbers: code", "must be 12 digits", Some("code")),
            ("accounts[0]", "is no account of this server", Some("accounts")),
            ("merchant.numbers", "shares numbers with 1 to 2 of wx", None),
        ] {
            let fields = ["appid", "tax_id", "code", "accounts"];
            let refusal = Refusal::invalid(field, problem);
            let form = Adding {
                frame: &frame,
                action: String::new(),
                headline: "",
                about: "",
                button: "",
                fields: fields.map(|name| Field::of(name, name, Entry::Line)).into(),
                typed: &Form::default(),
                refusal: Some(&refusal),
            };
            assert_eq!(form.wrong(), at, "{field}");
        }
    }
}
