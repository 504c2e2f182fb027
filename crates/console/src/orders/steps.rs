//! The steps of a timeline, and how they are put in order.

use crate::frame::Frame;
use crate::parts::{Cell, Facts, Tone};
use crate::words;
use kaipiao_pages::china_day;

/// Drawings in a box of 24, one for each kind of step.
pub(crate) mod icon {
    pub(crate) const REQUEST: &str = "M8 9l-4 3 4 3M16 9l4 3-4 3M13 6l-2 12";
    pub(crate) const PAGE: &str =
        "M7 3h10a1 1 0 011 1v16a1 1 0 01-1 1H7a1 1 0 01-1-1V4a1 1 0 011-1zM11 18h2";
    pub(crate) const USER: &str = "M12 12a4 4 0 100-8 4 4 0 000 8zM5 20a7 7 0 0114 0";
    pub(crate) const MONEY: &str = "M12 3a9 9 0 100 18 9 9 0 000-18zM9 8l3 4 3-4M12 12v5M9 13h6";
    pub(crate) const INVOICE: &str = "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6";
    pub(crate) const CARD: &str =
        "M4 6h16a1 1 0 011 1v10a1 1 0 01-1 1H4a1 1 0 01-1-1V7a1 1 0 011-1zM3 10h18";
    pub(crate) const PUSH: &str = "M21 4L10 14M21 4l-7 17-4-7-7-4z";
    pub(crate) const MESSAGE: &str = "M4 5h16v11H9l-5 4z";
    pub(crate) const NO: &str = "M6 6l12 12M18 6L6 18";
}

/// Something that has happened to an order.
pub(crate) struct Step<'a> {
    /// The domain's milliseconds.
    pub(crate) at_ms: i64,
    /// Of two at the same moment the lower one caused the other.
    pub(crate) rank: u8,
    pub(crate) icon: &'static str,
    pub(crate) tone: Tone,
    /// Who has acted, in a word.
    pub(crate) who: &'a str,
    pub(crate) title: String,
    /// A mark beside the title.
    pub(crate) mark: Option<(String, Tone)>,
    /// A sentence below; empty: none.
    pub(crate) says: String,
    pub(crate) facts: Facts<'a>,
    /// Longer texts, folded: what each is called, and it.
    pub(crate) folds: Vec<(String, String)>,
    /// Where more is to be read: words and address.
    pub(crate) links: Vec<(&'a str, String)>,
}

impl<'a> Step<'a> {
    pub(crate) fn new(at_ms: i64, rank: u8, icon: &'static str, tone: Tone) -> Self {
        Self {
            at_ms,
            rank,
            icon,
            tone,
            who: "",
            title: String::new(),
            mark: None,
            says: String::new(),
            facts: Facts { rows: Vec::new() },
            folds: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Who has done what.
    pub(crate) fn titled(self, who: &'a str, title: impl Into<String>) -> Self {
        Self { who, title: title.into(), ..self }
    }

    pub(crate) fn fact(mut self, name: &'a str, cell: Cell) -> Self {
        self.facts.rows.push((name, cell));
        self
    }

    pub(crate) fn link(mut self, words: &'a str, address: String) -> Self {
        self.links.push((words, address));
        self
    }

    pub(crate) fn fold(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.folds.push((name.into(), text));
        }
        self
    }
}

/// A step as it is drawn.
pub(crate) struct Drawn<'a> {
    pub(crate) step: Step<'a>,
    /// The day, where it is the first of it.
    pub(crate) day: Option<String>,
    pub(crate) clock: String,
    /// How long after the one before; empty: at once, or it is the first.
    pub(crate) after: String,
    /// Whether so much time lies before it that the line is broken.
    pub(crate) is_later: bool,
}

/// From here on a pause is drawn as one.
const PAUSE_MS: i64 = 60_000;

/// In order of time.
pub(crate) fn in_order<'a>(frame: &Frame, mut steps: Vec<Step<'a>>) -> Vec<Drawn<'a>> {
    steps.sort_by_key(|step| (step.at_ms, step.rank));
    let mut drawn: Vec<Drawn<'a>> = Vec::with_capacity(steps.len());
    for step in steps {
        let day = china_day(step.at_ms.div_euclid(1000));
        let before = drawn.last().map(|last| last.step.at_ms);
        let is_new = before.is_none_or(|ms| china_day(ms.div_euclid(1000)) != day);
        let gap_ms = before.map_or(0, |before| step.at_ms - before);
        drawn.push(Drawn {
            day: is_new.then_some(day),
            clock: words::clock_ms(step.at_ms),
            after: if gap_ms > 0 {
                format!("+{}", words::span(frame, gap_ms))
            } else {
                String::new()
            },
            is_later: gap_ms >= PAUSE_MS,
            step,
        });
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_pages::Lang;

    #[test]
    fn causes_come_before_effects_and_pauses_are_told() {
        let frame = Frame {
            lang: Lang::En,
            here: String::new(),
            form_token: String::new(),
            who: None,
            name_space: None,
        };
        let step = |at_ms, rank| Step::new(at_ms, rank, icon::PAGE, Tone::Quiet);
        let day = 86_400_000;
        let drawn = in_order(&frame, vec![step(day, 0), step(5, 2), step(5, 1), step(1_505, 0)]);
        let told: Vec<_> = drawn
            .iter()
            .map(|one| (one.step.rank, &*one.after, one.day.is_some(), one.is_later))
            .collect();
        assert_eq!(
            told,
            [
                (1, "", true, false),
                (2, "", false, false),
                (0, "+1.5 s", false, false),
                (0, "+23 h 59 min", true, true)
            ]
        );
    }
}
