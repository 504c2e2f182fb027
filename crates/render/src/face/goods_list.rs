//! The list that is attached to a classic invoice whose lines do not fit:
//! 销售货物或者提供应税劳务、服务清单, on A4 pages as practice has it.

use kaipiao_domain::money::Fen;

use super::canvas::{Align, Area, Canvas, label, value};
use super::parts::{date, title};
use super::table::{
    Column, Row, TEXTS, Table, figures, paginate, sums, texts, total_tax, words, yuan, yuan_of_tax,
};
use crate::drawing::Page;
use crate::font::DocumentFonts;
use crate::subject::Subject;

const A4_MM: [f32; 2] = [210.0, 297.0];
const TITLE: &str = "销售货物或者提供应税劳务、服务清单";

const LEFT_MM: f32 = 10.0;
const RIGHT_MM: f32 = 200.0;
const TOP_MM: f32 = 52.0;
const ROWS_TOP_MM: f32 = 60.0;
const PAGE_SUM_TOP_MM: f32 = 246.0;
const TOTAL_TOP_MM: f32 = 253.0;
const REMARKS_TOP_MM: f32 = 260.0;
const BOTTOM_MM: f32 = 274.0;

const LABEL_MM: f32 = 3.2;
const TABLE_MM: f32 = 2.9;
const PADDING_MM: f32 = 0.8;
/// Above and below the texts of a row.
const AIR_MM: f32 = 3.2;

const COLUMNS: [Column; TEXTS + 1] = [
    figures("序号", LEFT_MM, 19.0, Align::Center),
    words("货物（劳务）名称", 19.0, 73.0, Align::Left),
    words("规格型号", 73.0, 96.0, Align::Left),
    words("单位", 96.0, 106.0, Align::Center),
    figures("数量", 106.0, 122.0, Align::Right),
    figures("单价", 122.0, 142.0, Align::Right),
    figures("金额", 142.0, 166.0, Align::Right),
    figures("税率", 166.0, 177.0, Align::Center),
    figures("税额", 177.0, RIGHT_MM, Align::Right),
];
const NET: usize = 6;
const TAX: usize = 8;

/// Where the remarks stand.
pub(super) const REMARKS: Area =
    Area::new(COLUMNS[0].right_mm, REMARKS_TOP_MM, RIGHT_MM, BOTTOM_MM).within(1.2);

/// The pages of the list, its remarks in this size.
pub(super) fn pages(fonts: &DocumentFonts, subject: Subject, remark_mm: f32) -> Vec<Page> {
    let room_mm = PAGE_SUM_TOP_MM - ROWS_TOP_MM;
    let table = Table {
        columns: &COLUMNS,
        size_mm: TABLE_MM,
        padding_mm: PADDING_MM,
        highest_row_mm: room_mm - AIR_MM,
    };
    let rows = table.rows(fonts, subject.content, &numbered(texts(subject.content)));
    let rows = rows.into_iter().map(|row| row.with_air(AIR_MM)).collect();
    let on_pages = paginate(rows, room_mm, room_mm);
    let on_pages: Vec<_> = on_pages.into_iter().map(|rows| filling(rows, room_mm)).collect();
    let count = on_pages.len();
    let page = |(index, rows): (usize, &Vec<Row>)| {
        let mut canvas = Canvas::new(fonts, A4_MM);
        head(&mut canvas, subject, &format!("共 {count} 页　第 {} 页", index + 1));
        body(&mut canvas, &table, rows);
        foot(&mut canvas, subject, &table, sums(rows), remark_mm);
        canvas.finish()
    };
    on_pages.iter().enumerate().map(page).collect()
}

/// The texts of lines behind their numbers.
fn numbered(texts: Vec<[String; TEXTS]>) -> Vec<[String; TEXTS + 1]> {
    let number = |(index, texts): (usize, [String; TEXTS])| {
        let [name, model, unit, quantity, price, net, rate, tax] = texts;
        [(index + 1).to_string(), name, model, unit, quantity, price, net, rate, tax]
    };
    texts.into_iter().enumerate().map(number).collect()
}

/// Rows that fill a page where they all but fill it: else a strip would be left that looks like a row
/// and is too low for one.
fn filling(rows: Vec<Row>, room_mm: f32) -> Vec<Row> {
    let spare_mm = room_mm - rows.iter().map(Row::height_mm).sum::<f32>();
    let highest_mm = rows.iter().map(Row::height_mm).fold(0.0, f32::max);
    if spare_mm <= 0.0 || spare_mm >= highest_mm {
        return rows;
    }
    let share_mm = spare_mm / rows.len() as f32;
    rows.into_iter().map(|row| row.with_air(share_mm)).collect()
}

fn head(canvas: &mut Canvas, subject: Subject, pages: &str) {
    let content = subject.content;
    title(canvas, TITLE, 6.0, 20.0, A4_MM[0] / 2.0);
    let width_mm = RIGHT_MM - LEFT_MM - 26.0;
    for (baseline_mm, name, text) in
        [(33.0, "购买方名称：", &content.buyer.name), (39.5, "销售方名称：", &content.seller.name)]
    {
        canvas.text([LEFT_MM, baseline_mm], Align::Left, label(LABEL_MM), name);
        let at_mm = [LEFT_MM + 19.6, baseline_mm];
        canvas.narrowed(at_mm, width_mm, Align::Left, value(LABEL_MM), text);
    }
    let number = &subject.invoice.number;
    for (x_mm, name, text) in [
        (LEFT_MM, "所属增值税电子普通发票代码：", number.code()),
        (102.0, "号码：", number.number()),
    ] {
        canvas.text([x_mm, 46.0], Align::Left, label(LABEL_MM), name);
        let x_mm = x_mm + LABEL_MM * name.chars().count() as f32 + 0.4;
        canvas.text([x_mm, 46.0], Align::Left, value(LABEL_MM), text);
    }
    canvas.text([RIGHT_MM, 46.0], Align::Right, value(LABEL_MM), pages);
}

fn body(canvas: &mut Canvas, table: &Table, rows: &[Row]) {
    canvas.frame(Area::new(LEFT_MM, TOP_MM, RIGHT_MM, BOTTOM_MM));
    for y_mm in [ROWS_TOP_MM, PAGE_SUM_TOP_MM, TOTAL_TOP_MM, REMARKS_TOP_MM] {
        canvas.horizontal([LEFT_MM, y_mm], RIGHT_MM);
    }
    for column in &COLUMNS[1..] {
        canvas.vertical([column.left_mm, TOP_MM], REMARKS_TOP_MM);
    }
    canvas.vertical([COLUMNS[0].right_mm, REMARKS_TOP_MM], BOTTOM_MM);
    let mut y_mm = ROWS_TOP_MM;
    for row in rows {
        y_mm += row.height_mm();
        if y_mm < PAGE_SUM_TOP_MM - 0.5 {
            canvas.thin_horizontal([LEFT_MM, y_mm], RIGHT_MM);
        }
    }
    for column in &COLUMNS {
        let middle_mm = column.middle_mm();
        canvas.text([middle_mm, TOP_MM + 5.1], Align::Center, label(LABEL_MM), column.title);
    }
    table.draw(canvas, ROWS_TOP_MM, rows);
}

fn foot(
    canvas: &mut Canvas,
    subject: Subject,
    table: &Table,
    (net, tax): (Fen, Option<Fen>),
    remark_mm: f32,
) {
    let content = subject.content;
    for (top_mm, name, net, tax) in [
        (PAGE_SUM_TOP_MM, "小计", net, tax),
        (TOTAL_TOP_MM, "总计", content.net, total_tax(content)),
    ] {
        let baseline_mm = top_mm + 4.6;
        canvas.text([LEFT_MM + 1.3, baseline_mm], Align::Left, label(LABEL_MM), name);
        table.figure(canvas, &COLUMNS[NET], baseline_mm, &yuan(net));
        table.figure(canvas, &COLUMNS[TAX], baseline_mm, &yuan_of_tax(tax));
    }
    canvas.text([LEFT_MM + 1.3, REMARKS_TOP_MM + 8.0], Align::Left, label(LABEL_MM), "备注");
    canvas.centred(REMARKS, Align::Left, value(remark_mm), &content.remark);
    canvas.text([LEFT_MM, BOTTOM_MM + 7.0], Align::Left, label(LABEL_MM), "销售方:（章）");
    canvas.text([140.0, BOTTOM_MM + 7.0], Align::Left, label(LABEL_MM), "填开日期：");
    canvas.text([156.5, BOTTOM_MM + 7.0], Align::Left, value(LABEL_MM), &date(subject));
}
