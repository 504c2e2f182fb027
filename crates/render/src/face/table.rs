//! The lines of an invoice in columns.

use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::line::Line;
use kaipiao_domain::money::Fen;
use rust_decimal::Decimal;

use super::canvas::{Align, Area, BASELINE, Canvas, Fitted, PITCH, fitted, value};
use super::lines::{paragraphs, visible_width_mm, wrap};
use crate::drawing::Ink;
use crate::figures::plain;
use crate::font::DocumentFonts;

/// What stands for the tax where none is due.
const NO_TAX: &str = "***";
/// Between two lines of an invoice.
const ROW_GAP_MM: f32 = 0.35;
/// Figures that would have to be set smaller than this, in sizes of the table, are broken into
/// lines of that other size instead.
const SMALLEST_FIGURES: f32 = 0.6;
const SMALL_FIGURES: f32 = 0.8;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) left_mm: f32,
    pub(super) right_mm: f32,
    pub(super) align: Align,
    /// Whether long texts wrap; the others are set smaller as long as they can be read.
    pub(super) wraps: bool,
}

impl Column {
    pub(super) const fn middle_mm(&self) -> f32 {
        f32::midpoint(self.left_mm, self.right_mm)
    }
}

pub(super) const fn words(
    title: &'static str,
    left_mm: f32,
    right_mm: f32,
    align: Align,
) -> Column {
    Column { title, left_mm, right_mm, align, wraps: true }
}

pub(super) const fn figures(
    title: &'static str,
    left_mm: f32,
    right_mm: f32,
    align: Align,
) -> Column {
    Column { title, left_mm, right_mm, align, wraps: false }
}

/// A row of a table, its texts broken into lines.
pub(super) struct Row {
    cells: Vec<Fitted>,
    height_mm: f32,
    air_mm: f32,
    /// Its amount, for subtotals.
    net: Fen,
    /// Its tax, for subtotals; none where no tax is due.
    tax: Option<Fen>,
}

impl Row {
    /// The same with this much more room, half of it above the texts.
    pub(super) fn with_air(mut self, air_mm: f32) -> Self {
        self.height_mm += air_mm;
        self.air_mm += air_mm;
        self
    }

    pub(super) const fn height_mm(&self) -> f32 {
        self.height_mm
    }
}

/// The texts of a line: name, model, unit, quantity, price, amount, rate, tax.
pub(super) const TEXTS: usize = 8;

pub(super) fn texts(content: &Content) -> Vec<[String; TEXTS]> {
    let names = content.printed_names();
    content.lines.iter().zip(names).map(|(line, name)| texts_of(line, name.into_owned())).collect()
}

fn texts_of(line: &Line, name: String) -> [String; TEXTS] {
    let (model, unit) = (line.model.clone(), line.unit.clone());
    let (quantity, price) = (plain(line.quantity), plain(line.unit_price));
    let tax = shown_tax(due_tax(line));
    [name, model, unit, quantity, price, line.net.to_string(), rate(line), tax]
}

fn rate(line: &Line) -> String {
    match line.untaxed() {
        Some(untaxed) => untaxed.words().to_owned(),
        None => format!("{}%", (line.rate * Decimal::ONE_HUNDRED).normalize()),
    }
}

/// The tax of a line; none where no tax is due, which is not the same as 0.00.
pub(super) fn due_tax(line: &Line) -> Option<Fen> {
    line.untaxed().is_none().then_some(line.tax)
}

/// The total tax; none where no tax is due on any line.
pub(super) fn total_tax(content: &Content) -> Option<Fen> {
    let is_none =
        content.tax == Fen::ZERO && content.lines.iter().all(|line| line.untaxed().is_some());
    (!is_none).then_some(content.tax)
}

/// A tax as a line shows it.
pub(super) fn shown_tax(tax: Option<Fen>) -> String {
    tax.map_or_else(|| NO_TAX.to_owned(), |tax| tax.to_string())
}

/// A tax as sums show it, with its sign of currency.
pub(super) fn yuan_of_tax(tax: Option<Fen>) -> String {
    tax.map_or_else(|| NO_TAX.to_owned(), yuan)
}

/// An amount with its sign of currency.
pub(super) fn yuan(amount: Fen) -> String {
    format!("¥{amount}")
}

/// How a table is set.
pub(super) struct Table<'a> {
    pub(super) columns: &'a [Column],
    pub(super) size_mm: f32,
    pub(super) padding_mm: f32,
    /// No row is higher: longer texts are set smaller.
    pub(super) highest_row_mm: f32,
}

impl Table<'_> {
    /// The rows of an invoice's lines, which these are the texts of.
    pub(super) fn rows<const COUNT: usize>(
        &self,
        fonts: &DocumentFonts,
        content: &Content,
        texts: &[[String; COUNT]],
    ) -> Vec<Row> {
        let sizes = self.sizes_mm(fonts, texts);
        let lines = content.lines.iter().zip(texts);
        lines.map(|(line, texts)| self.row(fonts, &sizes, texts, line.net, due_tax(line))).collect()
    }

    /// The size of each column's figures: the same in all rows, so that they align.
    pub(super) fn sizes_mm<const COUNT: usize>(
        &self,
        fonts: &DocumentFonts,
        rows: &[[String; COUNT]],
    ) -> Vec<f32> {
        let column = |(index, column): (usize, &Column)| match column.wraps {
            true => self.size_mm,
            false => rows
                .iter()
                .filter_map(|texts| self.fitting_mm(fonts, column, &texts[index]))
                .fold(self.size_mm, f32::min),
        };
        self.columns.iter().enumerate().map(column).collect()
    }

    /// The size in which a figure fits its column; none where that is too small.
    fn fitting_mm(&self, fonts: &DocumentFonts, column: &Column, text: &str) -> Option<f32> {
        let natural_mm = visible_width_mm(&fonts.glyphs(text), self.size_mm);
        let scale = (self.width_mm(column) / natural_mm).min(1.0);
        (scale >= SMALLEST_FIGURES).then_some(self.size_mm * scale)
    }

    fn width_mm(&self, column: &Column) -> f32 {
        column.right_mm - column.left_mm - 2.0 * self.padding_mm
    }

    /// A row whose columns have these sizes.
    pub(super) fn row(
        &self,
        fonts: &DocumentFonts,
        sizes_mm: &[f32],
        texts: &[String],
        net: Fen,
        tax: Option<Fen>,
    ) -> Row {
        let cells = self.columns.iter().zip(sizes_mm).zip(texts);
        let cells: Vec<Fitted> = cells
            .map(|((column, size_mm), text)| self.cell(fonts, column, *size_mm, text))
            .collect();
        let highest_mm = cells.iter().map(Fitted::height_mm).fold(self.size_mm * PITCH, f32::max);
        Row { cells, height_mm: highest_mm + ROW_GAP_MM, air_mm: 0.0, net, tax }
    }

    fn cell(&self, fonts: &DocumentFonts, column: &Column, size_mm: f32, text: &str) -> Fitted {
        let place_mm = [self.width_mm(column), self.highest_row_mm - ROW_GAP_MM];
        if column.wraps {
            return fitted(fonts, text, size_mm, place_mm);
        }
        if self.fitting_mm(fonts, column, text).is_none() {
            return fitted(fonts, text, self.size_mm * SMALL_FIGURES, place_mm);
        }
        // A hair wider, so that rounding breaks no line.
        let lines = wrap(&paragraphs(fonts, text), size_mm, place_mm[0] + 0.1);
        Fitted { lines, size_mm, pitch: PITCH }
    }

    /// As many rows as a place of this height holds at most.
    pub(super) fn most_rows(&self, room_mm: f32) -> usize {
        (room_mm / (self.size_mm * PITCH + ROW_GAP_MM)) as usize
    }

    /// Draws rows below each other.
    pub(super) fn draw(&self, canvas: &mut Canvas, top_mm: f32, rows: &[Row]) {
        let mut top_mm = top_mm;
        for row in rows {
            for (column, cell) in self.columns.iter().zip(&row.cells) {
                let left_mm = column.left_mm + self.padding_mm;
                let right_mm = column.right_mm - self.padding_mm;
                // Smaller texts stand on the same line as the others.
                let lower_mm = match cell.lines.len() {
                    1 => (self.size_mm - cell.size_mm) * BASELINE,
                    _ => 0.0,
                };
                let cell_top_mm = top_mm + (ROW_GAP_MM + row.air_mm) / 2.0 + lower_mm;
                let area = Area::new(left_mm, cell_top_mm, right_mm, top_mm + row.height_mm);
                canvas.lines(area, column.align, Ink::Black, cell);
            }
            top_mm += row.height_mm;
        }
    }

    /// An amount in one of the columns.
    pub(super) fn figure(
        &self,
        canvas: &mut Canvas,
        column: &Column,
        baseline_mm: f32,
        text: &str,
    ) {
        let right_mm = column.right_mm - self.padding_mm;
        let width_mm = right_mm - column.left_mm - self.padding_mm;
        let style = value(self.size_mm);
        canvas.narrowed([right_mm, baseline_mm], width_mm, Align::Right, style, text);
    }
}

/// Distributes rows over pages: how high the rows of the last page may be, and those of the others.
pub(super) fn paginate(rows: Vec<Row>, last_room_mm: f32, other_room_mm: f32) -> Vec<Vec<Row>> {
    let mut pages = Vec::new();
    let mut left_mm: f32 = rows.iter().map(Row::height_mm).sum();
    let mut rows = rows.into_iter().peekable();
    while left_mm > last_room_mm && rows.len() > 1 {
        let mut page = Vec::new();
        let mut free_mm = other_room_mm;
        while let Some(row) = rows.next_if(|row| row.height_mm <= free_mm || page.is_empty()) {
            free_mm -= row.height_mm;
            left_mm -= row.height_mm;
            page.push(row);
            // The last page is to have a row, too.
            if rows.len() == 1 {
                break;
            }
        }
        pages.push(page);
    }
    pages.push(rows.collect());
    pages
}

/// The sums of rows: amount, and tax where any is due.
pub(super) fn sums(rows: &[Row]) -> (Fen, Option<Fen>) {
    let taxes = rows.iter().filter_map(|row| row.tax);
    (rows.iter().map(|row| row.net).sum(), taxes.reduce(|sum, tax| sum + tax))
}
