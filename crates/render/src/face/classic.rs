//! The classic face: 增值税电子普通发票.

use core::iter;

use hmac::{Hmac, KeyInit, Mac};
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_request::Colour;
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_domain::invoicing::party::Party;
use sha2::Sha256;

use super::canvas::{Align, Area, Canvas, fitted, label, value};
use super::parts::{Fields, PAGE_MM, date, gross, joined, qr_code, title};
use super::region::region;
use super::table::{
    Column, Row, TEXTS, Table, figures, shown_tax, total_tax, words, yuan, yuan_of_tax,
};
use super::{goods_list, seal, table};
use crate::drawing::Page;
use crate::font::DocumentFonts;
use crate::subject::Subject;

pub(super) const TITLE: &str = Face::Classic.title();

const LEFT_MM: f32 = 4.5;
const RIGHT_MM: f32 = 205.5;
const TOP_MM: f32 = 31.0;
const GOODS_TOP_MM: f32 = 54.0;
const ROWS_TOP_MM: f32 = 59.5;
const TOTAL_TOP_MM: f32 = 92.5;
const GROSS_TOP_MM: f32 = 98.5;
const SELLER_TOP_MM: f32 = 105.5;
const BOTTOM_MM: f32 = 128.5;

/// The narrow columns of upright labels end here, the outer one and the inner one.
const OUTER_LABEL_RIGHT_MM: f32 = 10.5;
const INNER_LABEL_LEFT_MM: f32 = 115.0;
const INNER_LABEL_RIGHT_MM: f32 = 121.0;

const LABEL_MM: f32 = 3.1;
const VALUE_MM: f32 = 3.1;
const TABLE_MM: f32 = 3.0;
const PADDING_MM: f32 = 0.9;

const COLUMNS: [Column; TEXTS] = [
    words("货物或应税劳务、服务名称", LEFT_MM, 58.5, Align::Left),
    words("规格型号", 58.5, 80.5, Align::Left),
    words("单位", 80.5, 91.0, Align::Center),
    figures("数 量", 91.0, 110.5, Align::Right),
    figures("单 价", 110.5, 132.0, Align::Right),
    figures("金 额", 132.0, 159.5, Align::Right),
    figures("税率", 159.5, 171.5, Align::Center),
    figures("税 额", 171.5, RIGHT_MM, Align::Right),
];
const NET: usize = 5;
const RATE: usize = 6;
const TAX: usize = 7;

/// Where the remarks stand.
const REMARKS: Area =
    Area::new(INNER_LABEL_RIGHT_MM, SELLER_TOP_MM, RIGHT_MM, BOTTOM_MM).within(1.2);

/// What stands for lines that are in the attached list.
const SEE_LIST: &str = "（详见销货清单）";

/// The cipher field: lines, characters of each, and the characters that there are.
const CIPHER_LINES: usize = 4;
const CIPHER_CHARACTERS: usize = 27;
const CIPHER_ALPHABET: &[u8; 16] = b"0123456789*+-/<>";

/// The pages: the invoice, and the list where the lines do not fit, which is laid out when its first
/// page is asked for.
pub(super) fn pages<'a>(
    fonts: &'a DocumentFonts<'a>,
    subject: Subject<'a>,
) -> impl Iterator<Item = Page> + use<'a> {
    let content = subject.content;
    let room_mm = TOTAL_TOP_MM - ROWS_TOP_MM;
    let table = Table {
        columns: &COLUMNS,
        size_mm: TABLE_MM,
        padding_mm: PADDING_MM,
        highest_row_mm: room_mm,
    };
    let fitting = fitting_rows(&table, fonts, content, room_mm);
    let has_list = fitting.is_none();
    let rows = fitting.unwrap_or_else(|| vec![list_row(&table, fonts, content)]);
    let remark_mm = remark_size_mm(fonts, &content.remark, has_list);
    let front = front(fonts, subject, &table, &rows, remark_mm);
    let list = has_list.then_some(());
    let list = list.into_iter().flat_map(move |()| goods_list::pages(fonts, subject, remark_mm));
    iter::once(front).chain(list)
}

/// The lines as rows, where all have room; one has in any case.
fn fitting_rows(
    table: &Table,
    fonts: &DocumentFonts,
    content: &Content,
    room_mm: f32,
) -> Option<Vec<Row>> {
    if content.lines.len() > table.most_rows(room_mm).max(1) {
        return None;
    }
    let rows = table.rows(fonts, content, &table::texts(content));
    let height_mm: f32 = rows.iter().map(Row::height_mm).sum();
    (rows.len() <= 1 || height_mm <= room_mm).then_some(rows)
}

/// The size of the remarks: one for the whole invoice, so that they fit the list's place, too.
fn remark_size_mm(fonts: &DocumentFonts, remark: &str, has_list: bool) -> f32 {
    let places = [Some(REMARKS), has_list.then_some(goods_list::REMARKS)];
    let size_mm =
        |area: Area| fitted(fonts, remark, VALUE_MM, [area.width_mm(), area.height_mm()]).size_mm;
    places.into_iter().flatten().map(size_mm).fold(VALUE_MM, f32::min)
}

/// One line for all: their sums, and their rate where they have one in common.
fn list_row(table: &Table, fonts: &DocumentFonts, content: &Content) -> Row {
    let all = table::texts(content);
    let mut texts: [String; TEXTS] = Default::default();
    texts[0] = SEE_LIST.to_owned();
    let tax = total_tax(content);
    (texts[NET], texts[TAX]) = (content.net.to_string(), shown_tax(tax));
    if let Some(rate) = all.first().map(|line| &line[RATE])
        && all.iter().all(|line| line[RATE] == *rate)
    {
        texts[RATE].clone_from(rate);
    }
    let sizes = table.sizes_mm(fonts, core::slice::from_ref(&texts));
    table.row(fonts, &sizes, &texts, content.net, tax)
}

fn front(
    fonts: &DocumentFonts,
    subject: Subject,
    table: &Table,
    rows: &[Row],
    remark_mm: f32,
) -> Page {
    let mut canvas = Canvas::new(fonts, PAGE_MM);
    let content = subject.content;
    seal::draw(&mut canvas, subject, [PAGE_MM[0] / 2.0, 20.2]);
    rules(&mut canvas);
    head(&mut canvas, subject);
    party(&mut canvas, "购买方", TOP_MM, &content.buyer);
    cipher(&mut canvas, subject.invoice);
    goods(&mut canvas, subject, table, rows);
    party(&mut canvas, "销售方", SELLER_TOP_MM, &content.seller);
    remarks(&mut canvas, &content.remark, remark_mm);
    people(&mut canvas, subject);
    canvas.finish()
}

fn rules(canvas: &mut Canvas) {
    canvas.frame(Area::new(LEFT_MM, TOP_MM, RIGHT_MM, BOTTOM_MM));
    for y_mm in [GOODS_TOP_MM, GROSS_TOP_MM, SELLER_TOP_MM] {
        canvas.horizontal([LEFT_MM, y_mm], RIGHT_MM);
    }
    for (top_mm, bottom_mm) in [(TOP_MM, GOODS_TOP_MM), (SELLER_TOP_MM, BOTTOM_MM)] {
        for x_mm in [OUTER_LABEL_RIGHT_MM, INNER_LABEL_LEFT_MM, INNER_LABEL_RIGHT_MM] {
            canvas.vertical([x_mm, top_mm], bottom_mm);
        }
    }
    for column in &COLUMNS[1..] {
        canvas.vertical([column.left_mm, GOODS_TOP_MM], GROSS_TOP_MM);
    }
    canvas.vertical([COLUMNS[0].right_mm, GROSS_TOP_MM], SELLER_TOP_MM);
}

fn head(canvas: &mut Canvas, subject: Subject) {
    qr_code(canvas, subject);
    if matches!(subject.request.colour, Colour::Red { .. }) {
        canvas.text([31.0, 10.0], Align::Left, value(3.6), "销项负数");
    }
    let name = format!("{}{TITLE}", region(subject.invoice.number.code()));
    title(canvas, &name, 6.2, 11.6, PAGE_MM[0] / 2.0);
    let machine_mm = [LEFT_MM + 1.5, TOP_MM - 1.5];
    canvas.text(machine_mm, Align::Left, label(LABEL_MM), "机器编号:");
    let value_mm = [machine_mm[0] + 15.0, machine_mm[1]];
    canvas.text(value_mm, Align::Left, value(LABEL_MM), &subject.invoice.machine_number);
    let number = &subject.invoice.number;
    let check_code = grouped(&subject.invoice.check_code);
    let fields = [
        ("发票代码:", number.code()),
        ("发票号码:", number.number()),
        ("开票日期:", &date(subject)),
        ("校验码:", &check_code),
    ];
    Fields {
        area: Area::new(149.0, 5.5, RIGHT_MM, 29.5),
        label_width_mm: 15.0,
        label_size_mm: LABEL_MM,
        value_size_mm: LABEL_MM,
        justified: true,
        fields: &fields,
    }
    .draw(canvas);
}

/// Digits in groups of five.
fn grouped(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    digits.chunks(5).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

fn party(canvas: &mut Canvas, name: &str, top_mm: f32, party: &Party) {
    let bottom_mm = top_mm + (GOODS_TOP_MM - TOP_MM);
    let area = Area::new(LEFT_MM, top_mm, OUTER_LABEL_RIGHT_MM, bottom_mm);
    canvas.upright(area.within(1.0), label(LABEL_MM), name);
    let address = joined(&party.address, &party.phone);
    let bank = joined(&party.bank, &party.bank_account);
    let fields = [
        ("名称:", &*party.name),
        ("纳税人识别号:", &party.tax_id),
        ("地址、电话:", &address),
        ("开户行及账号:", &bank),
    ];
    Fields {
        area: Area::new(
            OUTER_LABEL_RIGHT_MM + 0.9,
            top_mm + 0.5,
            INNER_LABEL_LEFT_MM - 0.9,
            bottom_mm - 0.5,
        ),
        label_width_mm: 21.1,
        label_size_mm: LABEL_MM,
        value_size_mm: VALUE_MM,
        justified: true,
        fields: &fields,
    }
    .draw(canvas);
}

fn cipher(canvas: &mut Canvas, invoice: &IssuedInvoice) {
    let area = Area::new(INNER_LABEL_LEFT_MM, TOP_MM, INNER_LABEL_RIGHT_MM, GOODS_TOP_MM);
    canvas.upright(area.within(1.0), label(LABEL_MM), "密码区");
    let left_mm = INNER_LABEL_RIGHT_MM + 4.0;
    let width_mm = RIGHT_MM - 4.0 - left_mm;
    let mut baseline_mm = TOP_MM + 5.4;
    for line in cipher_lines(invoice) {
        canvas.spread([left_mm, baseline_mm], width_mm, value(3.7), &line);
        baseline_mm += 4.9;
    }
}

/// Characters that depend on the check code, as the tax machine's cipher would fill the field. They
/// encrypt nothing.
fn cipher_lines(invoice: &IssuedInvoice) -> Vec<String> {
    let mut stream = Vec::new();
    for block in 0_u8.. {
        let key = invoice.check_code.as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length fits");
        mac.update(invoice.number.code().as_bytes());
        mac.update(invoice.number.number().as_bytes());
        mac.update(&[block]);
        stream.extend(mac.finalize().into_bytes());
        if stream.len() >= CIPHER_LINES * CIPHER_CHARACTERS {
            break;
        }
    }
    let character = |byte: &u8| char::from(CIPHER_ALPHABET[usize::from(byte % 16)]);
    let lines = stream.chunks_exact(CIPHER_CHARACTERS).take(CIPHER_LINES);
    lines.map(|line| line.iter().map(character).collect()).collect()
}

fn goods(canvas: &mut Canvas, subject: Subject, table: &Table, rows: &[Row]) {
    let content = subject.content;
    for column in &COLUMNS {
        let middle_mm = column.middle_mm();
        let style = label(LABEL_MM);
        canvas.text([middle_mm, GOODS_TOP_MM + 3.9], Align::Center, style, column.title);
    }
    table.draw(canvas, ROWS_TOP_MM, rows);
    let baseline_mm = GROSS_TOP_MM - 2.0;
    let name = COLUMNS[0];
    canvas.spread([name.left_mm + 17.0, baseline_mm], 20.0, label(LABEL_MM), "合计");
    table.figure(canvas, &COLUMNS[NET], baseline_mm, &yuan(content.net));
    table.figure(canvas, &COLUMNS[TAX], baseline_mm, &yuan_of_tax(total_tax(content)));
    let middle_mm = name.middle_mm();
    let style = label(3.2);
    canvas.text([middle_mm, GROSS_TOP_MM + 4.7], Align::Center, style, "价税合计（大写）");
    let area = Area::new(name.right_mm + 5.0, GROSS_TOP_MM, RIGHT_MM, SELLER_TOP_MM);
    gross(canvas, area, content, 150.0);
}

fn remarks(canvas: &mut Canvas, remark: &str, size_mm: f32) {
    let area = Area::new(INNER_LABEL_LEFT_MM, SELLER_TOP_MM, INNER_LABEL_RIGHT_MM, BOTTOM_MM);
    canvas.upright(area.within(3.0), label(LABEL_MM), "备注");
    canvas.wrapped(REMARKS, Align::Left, value(size_mm), remark);
}

fn people(canvas: &mut Canvas, subject: Subject) {
    let content = subject.content;
    let baseline_mm = BOTTOM_MM + 4.4;
    let style = label(LABEL_MM);
    for (x_mm, name, text, width_mm) in [
        (LEFT_MM + 4.0, "收款人:", &content.payee, 36.0),
        (58.5, "复核:", &content.reviewer, 36.0),
        (106.0, "开票人:", &content.drawer, 36.0),
    ] {
        canvas.text([x_mm, baseline_mm], Align::Left, style, name);
        let left_mm = x_mm + LABEL_MM * name.chars().count() as f32;
        canvas.narrowed([left_mm, baseline_mm], width_mm - 2.0, Align::Left, value(VALUE_MM), text);
    }
    canvas.text([160.0, baseline_mm], Align::Left, style, "销售方:（章）");
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::Timestamp;
    use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;

    #[test]
    fn the_cipher_field_has_four_lines_that_depend_on_the_check_code() {
        let of = |check_code: &str| {
            cipher_lines(&IssuedInvoice {
                number: InvoiceNumber::parse("050003521100", "30329969").unwrap(),
                check_code: check_code.into(),
                at: Timestamp::from_unix_millis(0),
                specimen: true,
                machine_number: String::new(),
                from_outside: false,
                documents: Vec::new(),
            })
        };
        let lines = of("63205347819001756240");
        assert_eq!(lines.iter().map(|line| line.chars().count()).collect::<Vec<_>>(), [27; 4]);
        assert!(lines == of("63205347819001756240") && lines != of("63205347819001756241"));
    }

    #[test]
    fn a_check_code_is_read_in_groups() {
        assert_eq!(grouped("63205347819001756240"), "63205 34781 90017 56240");
    }
}
