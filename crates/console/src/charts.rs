//! Charts of values over time: SVG that stands in the page and takes its colours from the style, and words that say the
//! same.

use crate::frame::Frame;
use askama::Template;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// A line of a chart.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) ink: Ink,
    /// A value for each moment; None: there is none then.
    pub(crate) values: Vec<Option<f64>>,
    /// What is said of the whole time, such as "120 in all".
    pub(crate) says: String,
}

/// What a line is drawn with. The style gives each its colour, for light and dark.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Main,
    Good,
    Bad,
    Wait,
}

impl Ink {
    /// Stands for the ink in the SVG; the style knows it by this.
    const fn color(self) -> RGBColor {
        match self {
            Self::Main => RGBColor(1, 1, 1),
            Self::Good => RGBColor(2, 2, 2),
            Self::Bad => RGBColor(3, 3, 3),
            Self::Wait => RGBColor(4, 4, 4),
        }
    }

    /// The class of its mark in the legend.
    const fn class(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Wait => "wait",
        }
    }
}

/// Stand for the colours of the grid and of the words.
const GRID: RGBColor = RGBColor(5, 5, 5);
const WORDS: RGBColor = RGBColor(6, 6, 6);

/// Pixels of a drawing; the page gives it what room there is.
const SIZE: (u32, u32) = (420, 170);
const X_LABELS: usize = 5;
const Y_LABELS: usize = 4;

/// A chart as the page shows it.
#[derive(Template)]
#[template(path = "parts/chart.html")]
pub(crate) struct Chart {
    title: &'static str,
    lines: Vec<Line>,
    /// The drawing, as SVG of this file's own making.
    svg: String,
    /// Why there is no drawing; empty: there is one.
    nothing: &'static str,
}

impl Chart {
    /// `moments` are the names of the values' moments, and `unit` that of the values.
    pub(crate) fn new(
        frame: &Frame,
        title: &'static str,
        moments: &[String],
        unit: &str,
        lines: Vec<Line>,
    ) -> Self {
        let is_empty = lines.iter().all(|line| line.values.iter().all(|v| v.is_none_or(is_zero)));
        let nothing = if is_empty {
            frame.lang.t("这段时间没有数据。", "Nothing in this time.")
        } else {
            ""
        };
        let svg = if is_empty { String::new() } else { draw(moments, unit, &lines) };
        Self { title, lines, svg, nothing }
    }
}

fn is_zero(value: f64) -> bool {
    value <= 0.0
}

fn draw(moments: &[String], unit: &str, lines: &[Line]) -> String {
    let mut svg = String::new();
    draw_into(&mut svg, moments, unit, lines).expect("a text takes every drawing");
    // It is as wide as its place, and says nothing by itself.
    svg.replacen("<svg ", "<svg aria-hidden=\"true\" focusable=\"false\" ", 1)
}

fn draw_into(
    svg: &mut String,
    moments: &[String],
    unit: &str,
    lines: &[Line],
) -> Result<(), Box<dyn core::error::Error>> {
    let most = lines.iter().flat_map(|line| &line.values).flatten().copied().fold(1.0, f64::max);
    let last = moments.len().saturating_sub(1).max(1);
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin_top(10)
        .margin_right(16)
        .x_label_area_size(24)
        .y_label_area_size(58)
        .build_cartesian_2d(0..last, 0.0..most * 1.08)?;
    let words = ("sans-serif", 12).into_font().color(&WORDS);
    let y_words = words.clone().pos(Pos::new(HPos::Right, VPos::Center));
    let moment = |index: &usize| moments.get(*index).cloned().unwrap_or_default();
    let value = |value: &f64| format!("{}{unit}", short(*value));
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .x_labels(X_LABELS)
        .y_labels(Y_LABELS)
        .x_label_style(words)
        .y_label_style(y_words)
        .x_label_formatter(&moment)
        .y_label_formatter(&value)
        .draw()?;
    // What was never there is told by the legend: a line along the ground would hide the others.
    let is_there = |line: &&Line| line.values.iter().any(|v| v.is_some_and(|value| value > 0.0));
    for line in lines.iter().filter(is_there) {
        let style = ShapeStyle::from(line.ink.color()).stroke_width(2);
        // A gap in the values is one in the line.
        for run in line.values.iter().enumerate().collect::<Vec<_>>().split(|(_, v)| v.is_none()) {
            let points: Vec<_> =
                run.iter().filter_map(|(index, value)| Some((*index, (**value)?))).collect();
            if let [(index, value)] = points[..] {
                chart.draw_series([Circle::new((index, value), 2, style.filled())])?;
            } else {
                chart.draw_series(LineSeries::new(points, style))?;
            }
        }
    }
    root.present()?;
    drop(chart);
    drop(root);
    Ok(())
}

/// A value with two or three digits: `1.5k`.
pub(crate) fn short(value: f64) -> String {
    let (value, unit) = match value {
        value if value >= 1e6 => (value / 1e6, "M"),
        value if value >= 1e4 => (value / 1e3, "k"),
        value => (value, ""),
    };
    let digits = usize::from(value < 10.0 && value.fract().abs() > 1e-9);
    format!("{value:.digits$}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short() {
        for (value, said) in [
            (0.0, "0"),
            (2.5, "2.5"),
            (12.4, "12"),
            (1200.0, "1200"),
            (15_000.0, "15k"),
            (2.5e6, "2.5M"),
        ] {
            assert_eq!(short(value), said);
        }
    }

    #[test]
    fn a_chart_is_svg_without_styles_or_scripts_and_with_gaps() {
        let moments: Vec<_> = (0..60).map(|minute| format!("10:{minute:02}")).collect();
        let mut values: Vec<_> = (0..60).map(|v| Some(f64::from(v))).collect();
        values[30] = None;
        let line = Line { name: "p50", ink: Ink::Main, values, says: String::new() };
        let never = vec![Some(0.0); 60];
        let never = Line { name: "faults", ink: Ink::Bad, values: never, says: String::new() };
        let svg = draw(&moments, " ms", &[line, never]);
        assert!(svg.starts_with("<svg aria-hidden") && svg.contains("viewBox"), "{svg}");
        assert!(svg.matches("<polyline").count() >= 2, "{svg}");
        assert!(svg.contains("#010101") && svg.contains("10:"), "{svg}");
        assert!(!svg.contains("#030303"), "a line along the ground: {svg}");
        for forbidden in ["style=", "<style", "<script", "href"] {
            assert!(!svg.contains(forbidden), "{svg}");
        }
    }
}
