//! A title as a user sees it where one is to be chosen (`title_choices.html`).

use crate::authorization::fields::{detail_of, name_of};
use kaipiao_domain::people::title::TitleSide;
use kaipiao_domain::people::user::BookEntry;

pub(crate) struct TitleChoice {
    pub(crate) id: String,
    pub(crate) is_company: bool,
    pub(crate) name: String,
    pub(crate) detail: String,
}

impl From<BookEntry> for TitleChoice {
    fn from(entry: BookEntry) -> Self {
        Self {
            is_company: entry.title.side() == TitleSide::Company,
            name: name_of(&entry.title).to_owned(),
            detail: detail_of(&entry.title).to_owned(),
            id: entry.id,
        }
    }
}
