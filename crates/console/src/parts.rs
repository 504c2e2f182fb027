//! What pages are put together from. Each part is drawn by itself: `{{ table|safe }}`.

use crate::frame::Frame;
use crate::seat::Seat;
use askama::Template;
use kaipiao_pages::encoded;

/// How a mark or a notice sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It went well.
    Good,
    /// It went wrong.
    Bad,
    /// It is under way, or somebody should look.
    Wait,
    /// It is of no weight.
    Quiet,
}

impl Tone {
    /// The class in the style.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Wait => "wait",
            Self::Quiet => "quiet",
        }
    }
}

/// A cell of a table.
#[derive(Clone, Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    /// Smaller, below the text.
    pub(crate) below: String,
    /// Where the text leads; empty: nowhere.
    pub(crate) link: String,
    /// A mark instead of a plain text.
    pub(crate) tone: Option<Tone>,
    pub(crate) is_code: bool,
    pub(crate) is_number: bool,
}

impl Cell {
    /// A plain text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A name that programs use: in letters of one width.
    pub(crate) fn code(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_code: true, ..Self::default() }
    }

    /// A number or an amount: set to the right.
    pub(crate) fn number(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_number: true, ..Self::default() }
    }

    /// A mark, such as a state.
    pub(crate) fn mark(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone: Some(tone), ..Self::default() }
    }

    /// The same with a smaller text below.
    pub(crate) fn below(self, below: impl Into<String>) -> Self {
        Self { below: below.into(), ..self }
    }

    /// The same, leading to an address.
    pub(crate) fn link(self, address: impl Into<String>) -> Self {
        Self { link: address.into(), ..self }
    }
}

/// A table with the way to its further pages. On a phone each row is a card.
#[derive(Template)]
#[template(path = "parts/table.html")]
pub(crate) struct Table<'a> {
    pub(crate) frame: &'a Frame,
    /// What it lists, for who hears it.
    pub(crate) caption: &'a str,
    /// The names of the columns.
    pub(crate) heads: Vec<&'a str>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// What it says when it has no row: what is missing, and how it comes about.
    pub(crate) empty: (&'a str, &'a str),
    pub(crate) pager: Pager,
    /// Records that should stand here and cannot be read, as the log names them.
    pub(crate) damaged: Vec<String>,
}

/// The way to a listing's further pages, by keys: no page is counted, and none is skipped to.
#[derive(Clone, Default)]
pub(crate) struct Pager {
    /// The first page's address; empty: this is it.
    pub(crate) first: String,
    /// The next page's address; empty: this is the last.
    pub(crate) next: String,
}

impl Pager {
    /// The pager of a listing at an address (its path, and the query of its filters, without `after`).
    pub(crate) fn of(address: &str, after: Option<&str>, next: Option<&str>) -> Self {
        let joint = if address.contains('?') { '&' } else { '?' };
        let next = next.map(|next| format!("{address}{joint}after={}", encoded(next)));
        Self {
            first: after.map(|_| address.to_owned()).unwrap_or_default(),
            next: next.unwrap_or_default(),
        }
    }
}

/// A field by which a listing is narrowed.
pub(crate) struct Filter<'a> {
    /// The parameter.
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    /// What it says now.
    pub(crate) value: String,
    pub(crate) input: Input<'a>,
}

impl<'a> Filter<'a> {
    /// A filter that says what the address of the page says.
    pub(crate) fn of(seat: &Seat, name: &'a str, label: &'a str, input: Input<'a>) -> Self {
        Self { name, label, value: seat.query.get(name).trim().to_owned(), input }
    }
}

/// How a filter is filled in.
pub(crate) enum Input<'a> {
    /// A text; what an empty one shows.
    Text(&'a str),
    /// A text, of which some are offered; what an empty one shows.
    Offered(&'a str, &'a [String]),
    /// A day.
    Day,
    /// One of these values, each with what it is called; the first is empty and stands for "any", or is what counts
    /// without a choice.
    Choice(Vec<(String, String)>),
}

impl Input<'_> {
    /// One of these values, each with what it is called.
    pub(crate) fn choice<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = |(value, label): (&str, &str)| (value.to_owned(), label.to_owned());
        Self::Choice(values.into_iter().map(owned).collect())
    }
}

/// The filters above a table: a form that asks by GET, so that what it finds has an address.
#[derive(Template)]
#[template(path = "parts/filters.html")]
pub(crate) struct Filters<'a> {
    pub(crate) frame: &'a Frame,
    /// The listing's path.
    pub(crate) path: &'a str,
    pub(crate) filters: Vec<Filter<'a>>,
}

impl Filters<'_> {
    /// The listing's address with these filters, without `after`.
    pub(crate) fn address(&self) -> String {
        let said = self.filters.iter().filter(|filter| !filter.value.is_empty());
        let pairs: Vec<_> =
            said.map(|filter| format!("{}={}", filter.name, encoded(&filter.value))).collect();
        if pairs.is_empty() {
            return self.path.to_owned();
        }
        format!("{}?{}", self.path, pairs.join("&"))
    }

    fn are_set(&self) -> bool {
        self.filters.iter().any(|filter| !filter.value.is_empty())
    }
}

/// What happened, above a page's content.
#[derive(Template)]
#[template(path = "parts/flash.html")]
pub(crate) struct Flash {
    tone: Tone,
    text: String,
}

impl Flash {
    pub(crate) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }

    /// Wrong things are told at once, others when there is a moment.
    fn role(&self) -> &'static str {
        if self.tone == Tone::Bad { "alert" } else { "status" }
    }
}

/// Names and values, one below the other.
#[derive(Template)]
#[template(path = "parts/facts.html")]
pub(crate) struct Facts<'a> {
    pub(crate) rows: Vec<(&'a str, Cell)>,
}

#[cfg(test)]
mod tests {
    use super::Pager;

    #[test]
    fn a_pager_keeps_the_filters_and_escapes_the_place() {
        let pager = Pager::of("/console/orders?state=a", None, Some("1.a/b"));
        assert_eq!(pager.next, "/console/orders?state=a&after=1.a%2Fb");
        assert_eq!(pager.first, "");
        let last = Pager::of("/console/orders", Some("1"), None);
        assert_eq!((last.first.as_str(), last.next.as_str()), ("/console/orders", ""));
    }
}
