//! Sheets of values: A4 pages with a title, pairs of label and value, and tables.
//!
//! Long values wrap, long sheets flow over as many pages as they need, and a table repeats its
//! head on each of them. The text can be searched, copied and read by programs.

mod document;
mod layout;
mod lines;
mod specimen;
mod typeface;

/// What a file shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet<'a> {
    /// Stands at the top of the first page and in the file's properties.
    pub title: &'a str,
    /// Who answers for the file; stands only in its properties.
    pub author: &'a str,
    /// The contents, from top to bottom.
    pub rows: Vec<Row>,
    /// Whether every page is marked as a sample: in light grey across the page, beneath its
    /// contents, and in words at its foot.
    pub specimen: bool,
}

/// One part of a sheet. Texts wrap where they are too long; a line feed in one starts a new line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// Names the rows after it.
    Heading(String),
    /// A value and what it is.
    Pair {
        /// What the value is.
        label: String,
        /// The value.
        value: String,
    },
    /// Values in columns. A short row leaves cells empty; a long one adds columns without title.
    Table {
        /// The columns, from left to right.
        columns: Vec<Column>,
        /// The cells of each row, in the order of the columns.
        rows: Vec<Vec<String>>,
    },
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Heads the column on each page.
    pub title: String,
    /// The column's part of the page's width, relative to the other columns'; 0 counts as 1.
    pub share: u16,
    /// On which side the texts stand.
    pub align: Align,
}

/// On which side of its column a text stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// At the left, as words do.
    #[default]
    Left,
    /// In the middle.
    Center,
    /// At the right, as amounts do.
    Right,
}

/// Makes the PDF file of a sheet. The same sheet always gives the same bytes.
///
/// A character that [`crate::font::has_glyph`] denies is drawn as a question mark.
#[must_use]
pub fn render(sheet: &Sheet) -> Vec<u8> {
    document::write(sheet, &layout::pages(sheet))
}
