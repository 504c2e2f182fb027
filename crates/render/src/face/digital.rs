//! The face of a fully digital invoice: 电子发票（普通发票）.

use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::party::Party;

use super::canvas::{Align, Area, Canvas, label, value};
use super::parts::{Fields, PAGE_MM, date, gross, qr_code, remarks_with_contacts, title};
use super::seal;
use super::table::{
    Column, Row, TEXTS, Table, figures, paginate, sums, texts, total_tax, words, yuan, yuan_of_tax,
};
use crate::drawing::Page;
use crate::font::DocumentFonts;
use crate::subject::Subject;

pub(super) const TITLE: &str = Face::Digital.title();

const LEFT_MM: f32 = 4.5;
const RIGHT_MM: f32 = 205.5;
const MIDDLE_MM: f32 = 105.0;
const TOP_MM: f32 = 30.0;
const GOODS_TOP_MM: f32 = 49.5;
const ROWS_TOP_MM: f32 = 55.5;
const GROSS_TOP_MM: f32 = 99.0;
const REMARKS_TOP_MM: f32 = 106.5;
const BOTTOM_MM: f32 = 128.5;
/// How high a row of sums is.
const SUM_ROW_MM: f32 = 5.6;
/// The narrow columns of upright labels.
const UPRIGHT_MM: f32 = 6.5;

const LABEL_MM: f32 = 3.1;
/// So small that a number of 20 digits stands beside the title.
const HEAD_MM: f32 = 2.9;
const VALUE_MM: f32 = 3.1;
const TABLE_MM: f32 = 3.0;
const PADDING_MM: f32 = 1.2;

const COLUMNS: [Column; TEXTS] = [
    words("项目名称", LEFT_MM, 49.0, Align::Left),
    words("规格型号", 49.0, 76.0, Align::Left),
    words("单 位", 76.0, 86.0, Align::Center),
    figures("数 量", 86.0, 104.5, Align::Right),
    figures("单 价", 104.5, 127.0, Align::Right),
    figures("金 额", 127.0, 153.0, Align::Right),
    figures("税率/征收率", 153.0, 175.0, Align::Center),
    figures("税 额", 175.0, RIGHT_MM, Align::Right),
];
const NET: usize = 5;
const TAX: usize = 7;

/// The pages: as many as the lines need, each with a head of its own.
/// Each is drawn when it is asked for.
pub(super) fn pages<'a>(
    fonts: &'a DocumentFonts<'a>,
    subject: Subject<'a>,
) -> impl Iterator<Item = Page> + use<'a> {
    let highest_row_mm = GROSS_TOP_MM - ROWS_TOP_MM - 2.0 * SUM_ROW_MM;
    let table =
        Table { columns: &COLUMNS, size_mm: TABLE_MM, padding_mm: PADDING_MM, highest_row_mm };
    let rows = table.rows(fonts, subject.content, &texts(subject.content));
    // A page that is the only one needs no sums of its own.
    let alone_mm = highest_row_mm + SUM_ROW_MM;
    let is_alone = rows.iter().map(Row::height_mm).sum::<f32>() <= alone_mm;
    let last_mm = if is_alone { alone_mm } else { highest_row_mm };
    let on_pages = paginate(rows, last_mm, BOTTOM_MM - ROWS_TOP_MM - SUM_ROW_MM);
    let count = on_pages.len();
    on_pages.into_iter().enumerate().map(move |(index, rows)| {
        draw_page(fonts, subject, &table, &rows, PageNumber { number: index + 1, count })
    })
}

/// A page among the document's.
#[derive(Clone, Copy)]
struct PageNumber {
    /// From 1.
    number: usize,
    count: usize,
}

impl PageNumber {
    const fn is_last(self) -> bool {
        self.number == self.count
    }
}

fn draw_page(
    fonts: &DocumentFonts,
    subject: Subject,
    table: &Table,
    rows: &[Row],
    page_number: PageNumber,
) -> Page {
    let mut canvas = Canvas::new(fonts, PAGE_MM);
    let content = subject.content;
    seal::draw(&mut canvas, subject, [PAGE_MM[0] / 2.0, 19.2]);
    rules(&mut canvas, page_number);
    head(&mut canvas, subject, page_number);
    party(&mut canvas, "购买方信息", LEFT_MM, &content.buyer);
    party(&mut canvas, "销售方信息", MIDDLE_MM, &content.seller);
    goods(&mut canvas, table, rows);
    sum_rows(&mut canvas, table, rows, content, page_number);
    if page_number.is_last() {
        totals(&mut canvas, subject);
    }
    canvas.text([LEFT_MM + 12.0, BOTTOM_MM + 4.8], Align::Left, label(LABEL_MM), "开票人：");
    let at_mm = [LEFT_MM + 24.6, BOTTOM_MM + 4.8];
    canvas.narrowed(at_mm, 80.0, Align::Left, value(VALUE_MM), &content.drawer);
    canvas.finish()
}

fn rules(canvas: &mut Canvas, page_number: PageNumber) {
    canvas.frame(Area::new(LEFT_MM, TOP_MM, RIGHT_MM, BOTTOM_MM));
    canvas.horizontal([LEFT_MM, GOODS_TOP_MM], RIGHT_MM);
    for x_mm in [LEFT_MM + UPRIGHT_MM, MIDDLE_MM, MIDDLE_MM + UPRIGHT_MM] {
        canvas.vertical([x_mm, TOP_MM], GOODS_TOP_MM);
    }
    if page_number.is_last() {
        canvas.horizontal([LEFT_MM, GROSS_TOP_MM], RIGHT_MM);
        canvas.horizontal([LEFT_MM, REMARKS_TOP_MM], RIGHT_MM);
        canvas.vertical([COLUMNS[0].right_mm, GROSS_TOP_MM], REMARKS_TOP_MM);
        canvas.vertical([LEFT_MM + UPRIGHT_MM, REMARKS_TOP_MM], BOTTOM_MM);
    }
}

fn head(canvas: &mut Canvas, subject: Subject, page_number: PageNumber) {
    qr_code(canvas, subject);
    title(canvas, TITLE, 5.7, 12.6, MIDDLE_MM);
    let fields = [("发票号码：", subject.invoice.number.number()), ("开票日期：", &date(subject))];
    Fields {
        area: Area::new(157.2, 6.5, RIGHT_MM, 20.5),
        label_width_mm: 0.0,
        label_size_mm: HEAD_MM,
        value_size_mm: HEAD_MM,
        justified: false,
        fields: &fields,
    }
    .draw(canvas);
    if page_number.count > 1 {
        let pages = format!("共{}页 第{}页", page_number.count, page_number.number);
        canvas.text([RIGHT_MM - 1.0, 26.5], Align::Right, value(LABEL_MM), &pages);
    }
}

fn party(canvas: &mut Canvas, name: &str, left_mm: f32, party: &Party) {
    let inner_mm = left_mm + UPRIGHT_MM;
    let area = Area::new(left_mm, TOP_MM, inner_mm, GOODS_TOP_MM);
    canvas.upright(area.within(0.8), label(LABEL_MM), name);
    let right_mm = left_mm + MIDDLE_MM - LEFT_MM;
    let fields = [("名称：", &*party.name), ("统一社会信用代码/纳税人识别号：", &*party.tax_id)];
    Fields {
        area: Area::new(inner_mm, TOP_MM, right_mm, GOODS_TOP_MM).within(1.2),
        label_width_mm: 0.0,
        label_size_mm: LABEL_MM,
        value_size_mm: VALUE_MM,
        justified: false,
        fields: &fields,
    }
    .draw(canvas);
}

fn goods(canvas: &mut Canvas, table: &Table, rows: &[Row]) {
    for column in &COLUMNS {
        let (x_mm, align) = match column.align {
            Align::Right => (column.right_mm - PADDING_MM, Align::Right),
            _ => (column.middle_mm(), Align::Center),
        };
        canvas.text([x_mm, GOODS_TOP_MM + 4.1], align, label(LABEL_MM), column.title);
    }
    table.draw(canvas, ROWS_TOP_MM, rows);
}

/// The sums of the page, where there are several, and on the last one those of the invoice.
fn sum_rows(
    canvas: &mut Canvas,
    table: &Table,
    rows: &[Row],
    content: &Content,
    page_number: PageNumber,
) {
    let end_mm = if page_number.is_last() { GROSS_TOP_MM } else { BOTTOM_MM };
    let baseline_mm = end_mm - 1.9;
    let mut row = |baseline_mm: f32, name: &str, net: &str, tax: &str| {
        canvas.spread([LEFT_MM + 12.0, baseline_mm], 20.0, label(LABEL_MM), name);
        table.figure(canvas, &COLUMNS[NET], baseline_mm, net);
        table.figure(canvas, &COLUMNS[TAX], baseline_mm, tax);
    };
    if page_number.count > 1 {
        let (net, tax) = sums(rows);
        let above_mm = if page_number.is_last() { SUM_ROW_MM } else { 0.0 };
        row(baseline_mm - above_mm, "小计", &yuan(net), &yuan_of_tax(tax));
    }
    if page_number.is_last() {
        row(baseline_mm, "合计", &yuan(content.net), &yuan_of_tax(total_tax(content)));
    }
}

fn totals(canvas: &mut Canvas, subject: Subject) {
    let name = COLUMNS[0];
    let middle_mm = name.middle_mm();
    let style = label(3.2);
    canvas.text([middle_mm, GROSS_TOP_MM + 4.9], Align::Center, style, "价税合计（大写）");
    let area = Area::new(name.right_mm + 4.0, GROSS_TOP_MM, RIGHT_MM, REMARKS_TOP_MM);
    gross(canvas, area, subject.content, 145.0);
    let area = Area::new(LEFT_MM, REMARKS_TOP_MM, LEFT_MM + UPRIGHT_MM, BOTTOM_MM);
    canvas.upright(area.within(4.0), label(LABEL_MM), "备注");
    let area = Area::new(LEFT_MM + UPRIGHT_MM, REMARKS_TOP_MM, RIGHT_MM, BOTTOM_MM).within(1.2);
    canvas.wrapped(area, Align::Left, value(VALUE_MM), &remarks_with_contacts(subject));
}
