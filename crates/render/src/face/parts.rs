//! What the faces have in common.

use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::invoice_request::Colour;
use kaipiao_domain::invoicing::party::Party;

use super::canvas::{Align, Area, BASELINE, Canvas, Fitted, SMALLEST_MM, label, value};
use super::lines::{Line, paragraphs, visible_width_mm, wrap};
use super::table::yuan;
use crate::capitals::capitals;
use crate::dates::in_china;
use crate::drawing::{Ink, Operation};
use crate::qr;
use crate::subject::Subject;

/// The size of every invoice, in millimetres.
pub(super) const PAGE_MM: [f32; 2] = [210.0, 140.0];

/// The side of the QR code.
const QR_SIDE_MM: f32 = 20.0;
const QR_CORNER_MM: [f32; 2] = [7.0, 5.5];
/// The distance of a value's baselines, in sizes of the text: there is much to say in little room.
const VALUE_PITCH: f32 = 1.1;
/// Between a label and its value, and between a value and the next one, in sizes of the text at least:
/// a value that fills its place touches neither.
const LABEL_GAP: f32 = 0.3;
const VALUE_GAP: f32 = 0.1;
/// Values that do not fit are set smaller by this much, again and again.
const SMALLER: f32 = 0.98;
/// The two rules beneath a title.
const TITLE_RULES_MM: [f32; 2] = [0.0, 1.0];

/// The QR code at the top left.
pub(super) fn qr_code(canvas: &mut Canvas, subject: Subject) {
    let rows = qr::modules(&qr::text(subject.content, subject.invoice));
    let side_mm = QR_SIDE_MM / rows.len() as f32;
    canvas.push(Operation::Squares { corner_mm: QR_CORNER_MM, side_mm, rows });
}

/// The title in the middle of the page over a double rule.
pub(super) fn title(
    canvas: &mut Canvas,
    text: &str,
    size_mm: f32,
    baseline_mm: f32,
    middle_mm: f32,
) {
    canvas.text([middle_mm, baseline_mm], Align::Center, label(size_mm), text);
    let half_mm = size_mm * text.chars().count() as f32 / 2.0 + 2.0;
    for below_mm in TITLE_RULES_MM {
        let y_mm = baseline_mm + 2.6 + below_mm;
        canvas.horizontal([middle_mm - half_mm, y_mm], middle_mm + half_mm);
    }
}

/// The day of issue: `2017年12月04日`.
pub(super) fn date(subject: Subject) -> String {
    in_china(subject.invoice.at).strftime("%Y年%m月%d日").to_string()
}

/// Values below each other, each behind its label: all in one size, as large as the place allows.
/// Labels are no higher than a line of values, so that none reaches into the next.
pub(super) struct Fields<'a> {
    pub(super) area: Area,
    /// How wide the labels are, with the colon.
    pub(super) label_width_mm: f32,
    pub(super) label_size_mm: f32,
    pub(super) value_size_mm: f32,
    /// Whether the characters of short labels stand apart, so that all colons are in line.
    pub(super) justified: bool,
    pub(super) fields: &'a [(&'a str, &'a str)],
}

impl Fields<'_> {
    pub(super) fn draw(&self, canvas: &mut Canvas) {
        let (values, label_size_mm) = self.fitted_values(canvas);
        let taken_mm: f32 = values.iter().map(Fitted::height_mm).sum();
        let spare_mm = (self.area.height_mm() - taken_mm).max(0.0);
        let gap_mm = spare_mm / self.fields.len() as f32;
        let mut top_mm = self.area.top_mm + gap_mm / 2.0;
        for ((label_text, _), fitted) in self.fields.iter().zip(&values) {
            let baseline_mm = top_mm + fitted.size_mm * BASELINE;
            self.draw_label(canvas, baseline_mm, label_size_mm, label_text);
            let left_mm = self.value_left_mm(canvas, label_size_mm, label_text);
            let area = Area { left_mm, top_mm, ..self.area };
            canvas.lines(area, Align::Left, Ink::Black, fitted);
            top_mm += fitted.height_mm() + gap_mm;
        }
    }

    /// The labels' width where they are of this size.
    fn justified_width_mm(&self, label_size_mm: f32) -> f32 {
        self.label_width_mm * label_size_mm / self.label_size_mm
    }

    fn value_left_mm(&self, canvas: &Canvas, label_size_mm: f32, label_text: &str) -> f32 {
        let width_mm = match self.justified {
            true => self.justified_width_mm(label_size_mm),
            false => {
                let glyphs = canvas.set(label(label_size_mm), label_text);
                visible_width_mm(&glyphs, label_size_mm)
            }
        };
        self.area.left_mm + width_mm + label_size_mm * LABEL_GAP
    }

    fn draw_label(&self, canvas: &mut Canvas, baseline_mm: f32, size_mm: f32, text: &str) {
        let at_mm = [self.area.left_mm, baseline_mm];
        let style = label(size_mm);
        let Some(words) = text.strip_suffix(':').filter(|_| self.justified) else {
            return canvas.text(at_mm, Align::Left, style, text);
        };
        let width_mm = self.justified_width_mm(size_mm) - size_mm * 0.6;
        canvas.spread(at_mm, width_mm, style, words);
        canvas.text([at_mm[0] + width_mm, baseline_mm], Align::Left, style, ":");
    }

    /// The values in lines, and the size of their labels.
    fn fitted_values(&self, canvas: &Canvas) -> (Vec<Fitted>, f32) {
        let texts = self.fields.iter().map(|(_, text)| paragraphs(canvas.fonts, text));
        let texts: Vec<Vec<Line>> = texts.collect();
        let mut size_mm = self.value_size_mm;
        loop {
            let label_size_mm = self.label_size_mm.min(size_mm * VALUE_PITCH);
            let wrapped = |((label_text, _), text): (&(&str, &str), &Vec<Line>)| {
                let left_mm = self.value_left_mm(canvas, label_size_mm, label_text);
                let lines = wrap(text, size_mm, self.area.right_mm - left_mm);
                Fitted { lines, size_mm, pitch: VALUE_PITCH }
            };
            let values: Vec<Fitted> = self.fields.iter().zip(&texts).map(wrapped).collect();
            let gaps_mm = self.fields.len() as f32 * size_mm * VALUE_GAP;
            let height_mm = gaps_mm + values.iter().map(Fitted::height_mm).sum::<f32>();
            if height_mm <= self.area.height_mm() || size_mm < SMALLEST_MM {
                return (values, label_size_mm);
            }
            size_mm *= SMALLER;
        }
    }
}

/// Two texts beside each other, or the one that is there.
pub(super) fn joined(one: &str, other: &str) -> String {
    if one.is_empty() || other.is_empty() {
        return format!("{one}{other}");
    }
    format!("{one} {other}")
}

/// What the digital face has no field for, as practice puts it into the remarks.
pub(super) fn remarks_with_contacts(subject: Subject) -> String {
    let content = subject.content;
    let people = [("收款人", &content.payee), ("复核人", &content.reviewer)];
    let mut parts = vec![
        format!("{}{}", content.remark, sample_confirmation(subject)),
        contacts("购", &content.buyer),
        contacts("销", &content.seller),
        labelled(&people.map(|(name, value)| (name.to_owned(), &**value))),
    ];
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// The number of the confirmation that a red invoice needs, on a sample. The tax platform gives real
/// ones and no request carries them, so on invoices that are no samples none is made up.
fn sample_confirmation(subject: Subject) -> String {
    let Subject { request, invoice, .. } = subject;
    if request.colour == Colour::Blue || !invoice.specimen {
        return String::new();
    }
    let number = invoice.number.number();
    let (region, sequence) = (&number[2..4], &number[10..]);
    let month = in_china(invoice.at).strftime("%y%m");
    format!(" 红字发票信息确认单编号：{region}0000{month}{sequence}")
}

fn contacts(side: &str, party: &Party) -> String {
    let fields = [
        (format!("{side}方地址"), &*party.address),
        (format!("{side}方电话"), &*party.phone),
        (format!("{side}方开户银行"), &*party.bank),
        (format!("{side}方银行账号"), &*party.bank_account),
    ];
    labelled(&fields)
}

fn labelled(fields: &[(String, &str)]) -> String {
    let there = fields.iter().filter(|(_, value)| !value.is_empty());
    there.map(|(name, value)| format!("{name}：{value}；")).collect()
}

/// The total with tax, in capital numerals and in figures, on one line.
pub(super) fn gross(canvas: &mut Canvas, area: Area, content: &Content, figure_left_mm: f32) {
    let words = format!("⊗{}", capitals(content.gross));
    let baseline_mm = f32::midpoint(area.top_mm, area.bottom_mm) + 1.25;
    let width_mm = figure_left_mm - area.left_mm - 2.0;
    let style = value(3.4);
    canvas.narrowed([area.left_mm, baseline_mm], width_mm, Align::Left, style, &words);
    canvas.text([figure_left_mm, baseline_mm], Align::Left, label(3.2), "（小写）");
    let left_mm = figure_left_mm + 13.4;
    let width_mm = area.right_mm - left_mm - 1.0;
    let figure = yuan(content.gross);
    canvas.narrowed([left_mm, baseline_mm], width_mm, Align::Left, style, &figure);
}
