//! What the faces have in common.

use kaipiao_domain::invoice::Content;
use kaipiao_domain::invoice_request::Colour;
use kaipiao_domain::taxpayer::Party;

use super::canvas::{Align, Area, BASELINE, Canvas, Fitted, PITCH, SMALLEST_MM, label, value};
use super::lines::wrap;
use super::{Ink, Operation, Subject};
use crate::{in_china, qr};

/// The side of the QR code.
const QR_SIDE_MM: f32 = 20.0;
const QR_CORNER_MM: [f32; 2] = [7.0, 5.5];
/// Between a value and the next one.
const LEAST_GAP_MM: f32 = 0.5;
/// The two rules beneath a title.
const TITLE_RULES_MM: [f32; 2] = [0.0, 1.0];

/// The QR code at the top left.
pub(super) fn qr_code(canvas: &mut Canvas, subject: Subject) {
    let rows = qr::modules(&qr::text(&subject.request.content, subject.invoice));
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
        let values = self.fitted_values(canvas);
        let taken_mm: f32 = values.iter().map(Fitted::height_mm).sum();
        let spare_mm = (self.area.height_mm() - taken_mm).max(0.0);
        let gap_mm = spare_mm / self.fields.len() as f32;
        let mut top_mm = self.area.top_mm + gap_mm / 2.0;
        for ((label_text, _), fitted) in self.fields.iter().zip(&values) {
            let baseline_mm = top_mm + fitted.size_mm * BASELINE;
            self.draw_label(canvas, baseline_mm, label_text);
            let left_mm = self.value_left_mm(canvas, label_text);
            let area = Area { left_mm, top_mm, ..self.area };
            canvas.lines(area, Align::Left, Ink::Black, fitted);
            top_mm += fitted.height_mm() + gap_mm;
        }
    }

    fn value_left_mm(&self, canvas: &Canvas, label_text: &str) -> f32 {
        let width_mm = match self.justified {
            true => self.label_width_mm,
            false => {
                let glyphs = canvas.set(label(self.label_size_mm), label_text);
                super::lines::visible_width_mm(&glyphs, self.label_size_mm) + 0.4
            }
        };
        self.area.left_mm + width_mm
    }

    fn draw_label(&self, canvas: &mut Canvas, baseline_mm: f32, text: &str) {
        let at_mm = [self.area.left_mm, baseline_mm];
        let style = label(self.label_size_mm);
        let Some(words) = text.strip_suffix(':').filter(|_| self.justified) else {
            return canvas.text(at_mm, Align::Left, style, text);
        };
        let width_mm = self.label_width_mm - self.label_size_mm * 0.6;
        canvas.spread(at_mm, width_mm, style, words);
        canvas.text([at_mm[0] + width_mm, baseline_mm], Align::Left, style, ":");
    }

    fn fitted_values(&self, canvas: &Canvas) -> Vec<Fitted> {
        let mut size_mm = self.value_size_mm;
        loop {
            let wrapped = |(label_text, text): &(&str, &str)| {
                let width_mm = self.area.right_mm - self.value_left_mm(canvas, label_text);
                Fitted { lines: wrap(canvas.fonts, text, size_mm, width_mm), size_mm }
            };
            let values: Vec<Fitted> = self.fields.iter().map(wrapped).collect();
            let count: usize = values.iter().map(|value| value.lines.len()).sum();
            let gaps_mm = self.fields.len() as f32 * LEAST_GAP_MM;
            let height_mm = count as f32 * size_mm * PITCH + gaps_mm;
            if height_mm <= self.area.height_mm() || size_mm < SMALLEST_MM {
                return values;
            }
            size_mm *= 0.96;
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
    let content = &subject.request.content;
    let mut parts = vec![format!("{}{}", content.remark, sample_confirmation(subject))];
    parts.extend(contacts("购", &content.buyer));
    parts.extend(contacts("销", &content.seller));
    let people = [("收款人", &content.payee), ("复核人", &content.reviewer)];
    parts.push(labelled(&people.map(|(name, value)| (name.to_owned(), &**value))));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// The number of the confirmation that a red invoice needs, on a sample. The tax platform gives real
/// ones and no request carries them, so on invoices that are no samples none is made up.
fn sample_confirmation(subject: Subject) -> String {
    let Subject { request, invoice } = subject;
    if request.colour == Colour::Blue || !invoice.specimen {
        return String::new();
    }
    let number = invoice.number.number();
    let (region, sequence) = (&number[2..4], &number[10..]);
    let month = in_china(invoice.at).strftime("%y%m");
    format!(" 红字发票信息确认单编号：{region}0000{month}{sequence}")
}

fn contacts(side: &str, party: &Party) -> Vec<String> {
    let fields = [
        (format!("{side}方地址"), &*party.address),
        (format!("{side}方电话"), &*party.phone),
        (format!("{side}方开户银行"), &*party.bank),
        (format!("{side}方银行账号"), &*party.bank_account),
    ];
    vec![labelled(&fields)]
}

fn labelled(fields: &[(String, &str)]) -> String {
    let there = fields.iter().filter(|(_, value)| !value.is_empty());
    there.map(|(name, value)| format!("{name}：{value}；")).collect()
}

/// The total with tax, in capital numerals and in figures, on one line.
pub(super) fn gross(canvas: &mut Canvas, area: Area, content: &Content, figure_left_mm: f32) {
    let capitals = format!("⊗{}", crate::capitals::capitals(content.gross));
    let baseline_mm = f32::midpoint(area.top_mm, area.bottom_mm) + 1.25;
    let width_mm = figure_left_mm - area.left_mm - 2.0;
    let style = value(3.4);
    canvas.narrowed([area.left_mm, baseline_mm], width_mm, Align::Left, style, &capitals);
    canvas.text([figure_left_mm, baseline_mm], Align::Left, label(3.2), "（小写）");
    let left_mm = figure_left_mm + 13.4;
    let width_mm = area.right_mm - left_mm - 1.0;
    let figure = super::table::yuan(content.gross);
    canvas.narrowed([left_mm, baseline_mm], width_mm, Align::Left, style, &figure);
}
