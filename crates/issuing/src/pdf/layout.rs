//! Places the rows of a sheet on pages.
//!
//! Lengths are points, 1/72 inch. The origin is a page's lower left corner, as in PDF.

use super::lines::{Line, visible_width_pt, wrap};
use super::{Align, Column, Row, Sheet};

pub(super) const PAGE_WIDTH_PT: f32 = points(210.0);
pub(super) const PAGE_HEIGHT_PT: f32 = points(297.0);

const LEFT_PT: f32 = points(18.0);
const RIGHT_PT: f32 = PAGE_WIDTH_PT - LEFT_PT;
const BODY_WIDTH_PT: f32 = RIGHT_PT - LEFT_PT;
const TOP_PT: f32 = PAGE_HEIGHT_PT - points(18.0);
const BOTTOM_PT: f32 = points(20.0);
const FOOT_TOP_PT: f32 = points(14.0);

const LABEL_WIDTH_PT: f32 = points(36.0);
const CELL_PADDING_PT: f32 = points(1.4);

/// The distance of baselines, in sizes of the text.
const PITCH: f32 = 1.4;
/// From the top of a line to its baseline, in sizes of the text.
const BASELINE: f32 = 1.08;
/// How many lines must find room under a table's head: it does not stand alone.
const LINES_UNDER_HEAD: f32 = 5.0;
/// The same for a heading: a table's head, and what must find room under that.
const LINES_UNDER_HEADING: f32 = 7.0;
/// The most that a table's head may take of each page.
const REPEATED_HEAD_LIMIT_PT: f32 = (TOP_PT - BOTTOM_PT) / 2.0;

const BLACK: f32 = 0.0;
const DARK_GREY: f32 = 0.35;
const LIGHT_GREY: f32 = 0.75;

const TITLE: Style = Style { size_pt: 17.0, grey: BLACK, bold: true };
const HEADING: Style = Style { size_pt: 11.5, grey: BLACK, bold: true };
const LABEL: Style = Style { size_pt: 10.0, grey: DARK_GREY, bold: false };
const VALUE: Style = Style { size_pt: 10.0, grey: BLACK, bold: false };
const TABLE_HEAD: Style = Style { size_pt: 9.0, grey: BLACK, bold: true };
const TABLE_CELL: Style = Style { size_pt: 9.0, grey: BLACK, bold: false };
const FOOT: Style = Style { size_pt: 8.0, grey: DARK_GREY, bold: false };

const THIN: Rule = Rule { width_pt: 0.5, grey: BLACK };
const HAIR: Rule = Rule { width_pt: 0.3, grey: LIGHT_GREY };

/// What a page shows, in the order in which it is drawn and read.
pub(super) type Page = Vec<Operation>;

/// One stroke of the pen.
#[derive(Debug)]
pub(super) enum Operation {
    /// A line of text.
    Text { x_pt: f32, baseline_pt: f32, style: Style, line: Line },
    /// A line across the page's body.
    Rule { from_x_pt: f32, to_x_pt: f32, y_pt: f32, rule: Rule },
}

/// How a text looks. Grey goes from 0, black, to 1, white.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) size_pt: f32,
    pub(super) grey: f32,
    pub(super) bold: bool,
}

/// How a ruled line looks. Grey goes from 0, black, to 1, white.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) width_pt: f32,
    pub(super) grey: f32,
}

/// Texts side by side across the page. A band that is too high for a page is cut between lines.
struct Band {
    cells: Vec<Cell>,
    pitch_pt: f32,
    above_pt: f32,
    below_pt: f32,
    rule_below: Option<Rule>,
}

/// One text of a band.
struct Cell {
    x_pt: f32,
    width_pt: f32,
    align: Align,
    style: Style,
    lines: Vec<Line>,
}

const fn points(length_mm: f32) -> f32 {
    length_mm * 72.0 / 25.4
}

/// The pages of a sheet: at least one.
pub(super) fn pages(sheet: &Sheet) -> Vec<Page> {
    let mut pages = Placement { pages: vec![Page::new()], y_pt: TOP_PT };
    if !sheet.title.is_empty() {
        pages.place(&title_band(sheet.title), None);
    }
    for row in &sheet.rows {
        match row {
            Row::Heading(text) => pages.place_above(&heading_band(text), LINES_UNDER_HEADING),
            Row::Pair { label, value } => pages.place(&pair_band(label, value), None),
            Row::Table { columns, rows } => pages.place_table(columns, rows),
        }
    }
    pages.finish(sheet.specimen)
}

/// The pages so far, and how far down the last one is filled.
struct Placement {
    pages: Vec<Page>,
    y_pt: f32,
}

impl Placement {
    /// Puts a band under what is there. `head` is the table's head, repeated on each new page.
    fn place(&mut self, band: &Band, head: Option<&Band>) {
        let total = band.line_count();
        let fresh_room_pt = TOP_PT - BOTTOM_PT - head.map_or(0.0, Band::full_height_pt);
        if self.fitting_lines(band) < total && band.full_height_pt() <= fresh_room_pt {
            self.turn_page(head);
        }
        let mut done = 0;
        while done < total {
            let count = self.fitting_lines(band).min(total - done);
            if count > 0 {
                self.draw(band, done, count);
                done += count;
            }
            // A fresh page has room for a line of any style, so this ends.
            if done < total {
                self.turn_page(head);
            }
        }
    }

    /// Puts a band where so many lines find room under it.
    fn place_above(&mut self, band: &Band, line_count: f32) {
        let needed_pt = band.full_height_pt() + line_count * VALUE.size_pt * PITCH;
        if self.y_pt - needed_pt < BOTTOM_PT && needed_pt <= TOP_PT - BOTTOM_PT {
            self.turn_page(None);
        }
        self.place(band, None);
    }

    fn place_table(&mut self, columns: &[Column], rows: &[Vec<String>]) {
        let columns = with_columns_for_all_cells(columns, rows);
        let frames = column_frames(&columns);
        let titles: Vec<&str> = columns.iter().map(|column| column.title.as_str()).collect();
        let head = table_band(&titles, &columns, &frames, TABLE_HEAD);
        self.place_above(&head, LINES_UNDER_HEAD);
        let repeated = (head.full_height_pt() <= REPEATED_HEAD_LIMIT_PT).then_some(&head);
        for row in rows {
            let texts: Vec<&str> = row.iter().map(String::as_str).collect();
            self.place(&table_band(&texts, &columns, &frames, TABLE_CELL), repeated);
        }
    }

    fn turn_page(&mut self, head: Option<&Band>) {
        if !self.page().is_empty() {
            self.pages.push(Page::new());
        }
        self.y_pt = TOP_PT;
        if let Some(head) = head {
            self.draw(head, 0, head.line_count());
        }
    }

    fn fitting_lines(&self, band: &Band) -> usize {
        let room_pt = self.y_pt - BOTTOM_PT - band.above_pt - band.below_pt;
        // A hundredth of a point forgives rounding. Negative room becomes zero lines.
        ((room_pt + 0.01) / band.pitch_pt).floor() as usize
    }

    fn draw(&mut self, band: &Band, first: usize, count: usize) {
        self.y_pt -= band.above_pt;
        for cell in &band.cells {
            let lines = cell.lines.iter().skip(first).take(count);
            let mut top_pt = self.y_pt;
            for line in lines {
                self.page().extend(cell.text(line, top_pt));
                top_pt -= band.pitch_pt;
            }
        }
        self.y_pt -= band.height_pt(count) - band.above_pt;
        self.rule(band.rule_below);
    }

    fn rule(&mut self, rule: Option<Rule>) {
        let y_pt = self.y_pt;
        self.page().extend(rule.map(|rule| Operation::Rule {
            from_x_pt: LEFT_PT,
            to_x_pt: RIGHT_PT,
            y_pt,
            rule,
        }));
    }

    fn page(&mut self) -> &mut Page {
        self.pages.last_mut().expect("there is a page from the start")
    }

    /// Adds what stands at the foot of every page.
    fn finish(mut self, specimen: bool) -> Vec<Page> {
        let total = self.pages.len();
        for (index, page) in self.pages.iter_mut().enumerate() {
            if specimen {
                page.extend(foot_text(super::specimen::TEXT, Align::Left));
            }
            page.extend(foot_text(&format!("{} / {total}", index + 1), Align::Right));
        }
        self.pages
    }
}

impl Band {
    /// A band of these cells without space or rules around it.
    fn plain(cells: Vec<Cell>) -> Self {
        let size_pt = cells.iter().map(|cell| cell.style.size_pt).fold(1.0, f32::max);
        let pitch_pt = size_pt * PITCH;
        Self { cells, pitch_pt, above_pt: 0.0, below_pt: 0.0, rule_below: None }
    }

    fn line_count(&self) -> usize {
        self.cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0)
    }

    fn height_pt(&self, line_count: usize) -> f32 {
        self.above_pt + line_count as f32 * self.pitch_pt + self.below_pt
    }

    fn full_height_pt(&self) -> f32 {
        self.height_pt(self.line_count())
    }
}

impl Cell {
    fn new(text: &str, x_pt: f32, width_pt: f32, align: Align, style: Style) -> Self {
        Self { x_pt, width_pt, align, style, lines: wrap(text, style.size_pt, width_pt) }
    }

    /// One of the cell's lines, under this height of the page; none if the line is empty.
    fn text(&self, line: &Line, top_pt: f32) -> Option<Operation> {
        let free_pt = self.width_pt - visible_width_pt(line, self.style.size_pt);
        let indent_pt = match self.align {
            Align::Left => 0.0,
            Align::Center => free_pt / 2.0,
            Align::Right => free_pt,
        };
        (!line.is_empty()).then(|| Operation::Text {
            x_pt: self.x_pt + indent_pt.max(0.0),
            baseline_pt: top_pt - self.style.size_pt * BASELINE,
            style: self.style,
            line: line.clone(),
        })
    }
}

fn title_band(text: &str) -> Band {
    let cell = Cell::new(text, LEFT_PT, BODY_WIDTH_PT, Align::Center, TITLE);
    Band { below_pt: points(4.0), ..Band::plain(vec![cell]) }
}

fn heading_band(text: &str) -> Band {
    let cell = Cell::new(text, LEFT_PT, BODY_WIDTH_PT, Align::Left, HEADING);
    let rule_below = Some(THIN);
    Band { above_pt: points(4.0), below_pt: points(1.2), rule_below, ..Band::plain(vec![cell]) }
}

fn pair_band(label: &str, value: &str) -> Band {
    let value_x_pt = LEFT_PT + LABEL_WIDTH_PT;
    let label_width_pt = LABEL_WIDTH_PT - 2.0 * CELL_PADDING_PT;
    let cells = vec![
        Cell::new(label, LEFT_PT, label_width_pt, Align::Left, LABEL),
        Cell::new(value, value_x_pt, RIGHT_PT - value_x_pt, Align::Left, VALUE),
    ];
    let space_pt = points(0.9);
    let rule_below = Some(HAIR);
    Band { above_pt: space_pt, below_pt: space_pt, rule_below, ..Band::plain(cells) }
}

fn table_band(texts: &[&str], columns: &[Column], frames: &[(f32, f32)], style: Style) -> Band {
    let texts = texts.iter().copied().chain(std::iter::repeat(""));
    let cells = columns.iter().zip(frames).zip(texts).map(|((column, (x_pt, width_pt)), text)| {
        Cell::new(text, *x_pt, *width_pt, column.align, style)
    });
    let plain = Band::plain(cells.collect());
    let rule_below = Some(if style.bold { THIN } else { HAIR });
    Band { above_pt: CELL_PADDING_PT, below_pt: CELL_PADDING_PT, rule_below, ..plain }
}

/// The columns, with further ones where a row has more cells: no cell's text is lost.
fn with_columns_for_all_cells(columns: &[Column], rows: &[Vec<String>]) -> Vec<Column> {
    let cell_count = rows.iter().map(Vec::len).max().unwrap_or(0).max(columns.len());
    let further = || Column { title: String::new(), share: 1, align: Align::Left };
    let mut all = columns.to_vec();
    all.resize_with(cell_count, further);
    all
}

/// Where the text of each column starts, and how wide it may be.
fn column_frames(columns: &[Column]) -> Vec<(f32, f32)> {
    let share = |column: &Column| f32::from(column.share.max(1));
    let share_width_pt = BODY_WIDTH_PT / columns.iter().map(share).sum::<f32>();
    let mut x_pt = LEFT_PT;
    let frame = |column| {
        let width_pt = share(column) * share_width_pt;
        let start_pt = x_pt + CELL_PADDING_PT;
        x_pt += width_pt;
        (start_pt, width_pt - 2.0 * CELL_PADDING_PT)
    };
    columns.iter().map(frame).collect()
}

fn foot_text(text: &str, align: Align) -> Option<Operation> {
    let cell = Cell::new(text, LEFT_PT, BODY_WIDTH_PT, align, FOOT);
    cell.lines.first().and_then(|line| cell.text(line, FOOT_TOP_PT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(page: &Page) -> Vec<String> {
        let text = |operation: &Operation| match operation {
            Operation::Text { line, .. } => {
                Some(line.iter().map(|glyph| glyph.character).collect())
            }
            Operation::Rule { .. } => None,
        };
        page.iter().filter_map(text).collect()
    }

    fn sheet(rows: Vec<Row>) -> Sheet<'static> {
        Sheet { title: "题", author: "", rows, specimen: false }
    }

    fn pairs(count: usize) -> Vec<Row> {
        let pair = |index: usize| Row::Pair { label: index.to_string(), value: String::new() };
        (0..count).map(pair).collect()
    }

    #[test]
    fn headings_stand_with_what_they_name() {
        for count in 0..60 {
            let mut rows = pairs(count);
            let column = Column { title: "头".into(), share: 1, align: Align::Left };
            rows.push(Row::Heading("名".into()));
            rows.push(Row::Table { columns: vec![column], rows: vec![vec!["值".into()]] });
            let pages = pages(&sheet(rows));
            let with_heading: Vec<_> =
                pages.iter().map(texts).filter(|page| page.contains(&"名".into())).collect();
            assert_eq!(with_heading.len(), 1);
            assert!(with_heading[0].contains(&"值".into()), "alone after {count} pairs");
        }
    }

    #[test]
    fn everything_stands_within_the_margins() {
        let long = "长".repeat(3000);
        let mut rows = pairs(70);
        rows.push(Row::Pair { label: long.clone(), value: long.clone() });
        let column = |align| Column { title: long.clone(), share: 1, align };
        let columns = vec![column(Align::Right), column(Align::Center)];
        rows.push(Row::Table { columns, rows: vec![vec![long.clone(), long.clone()]] });
        for operation in pages(&sheet(rows)).iter().flatten() {
            let Operation::Text { x_pt, baseline_pt, style, line } = operation else { continue };
            let right_pt = x_pt + visible_width_pt(line, style.size_pt);
            assert!(*x_pt >= LEFT_PT && right_pt <= RIGHT_PT + 0.01, "{operation:?}");
            let at_foot = style.size_pt == FOOT.size_pt;
            assert!(*baseline_pt < TOP_PT && (at_foot || *baseline_pt > BOTTOM_PT));
        }
    }

    #[test]
    fn amounts_end_at_the_right_edge_of_their_column() {
        let column = |align| Column { title: String::new(), share: 1, align };
        let columns = vec![column(Align::Left), column(Align::Right)];
        let rows = vec![Row::Table { columns, rows: vec![vec!["甲".into(), "1.00".into()]] }];
        let pages = pages(&sheet(rows));
        let right_edge_pt = |operation: &Operation| match operation {
            Operation::Text { x_pt, style, line, .. } if line.len() == "1.00".len() => {
                Some(x_pt + visible_width_pt(line, style.size_pt))
            }
            _ => None,
        };
        let found_pt: Vec<f32> = pages[0].iter().filter_map(right_edge_pt).collect();
        assert_eq!(found_pt.len(), 1);
        assert!((found_pt[0] - (RIGHT_PT - CELL_PADDING_PT)).abs() < 0.01);
    }
}
