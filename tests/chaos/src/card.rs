//! The card of an inserted invoice as its platform and two companies know it: every course that their answers leave possible.

use crate::uploads::Upload;
use fastrand::Rng;
use kaipiao_tests::card_model::{Standing, Wish};
use kaipiao_tests::company_client::COMPANIES;
use kaipiao_tests::{MERCHANT, PLATFORM};

/// An invoice as the platform wants it to be inserted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its number.
    pub number: String,
    /// Its PDF.
    pub pdf: Upload,
}

/// An inserted invoice and its card as they were found.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The card's code.
    pub code: &'a str,
    /// The invoice's number.
    pub number: &'a str,
    /// Its PDF's name.
    pub media_id: &'a str,
    /// Where the card stands.
    pub standing: Standing,
}

/// An inserted invoice and its card.
#[derive(Clone, Debug)]
pub struct Card {
    /// Its template.
    pub card_id: String,
    /// What insert was asked for, one or two at once: an order takes one of them.
    pub wanted: Vec<Wanted>,
    /// The one that it took.
    pub taken: Option<usize>,
    /// The card's code, once it was seen.
    pub code: Option<String>,
    /// What the companies name it by, once its user has chosen it for them.
    pub encrypt_codes: Option<[String; 2]>,
    /// The user has too many newer cards to choose it.
    pub is_out_of_reach: bool,
    /// What can have been granted so far, oldest first.
    courses: Vec<Vec<Wish>>,
    /// Where it was seen last.
    pub standing: Standing,
}

impl Card {
    /// One that is going to be inserted.
    pub fn new(card_id: String, wanted: Vec<Wanted>) -> Self {
        Self {
            card_id,
            wanted,
            taken: None,
            code: None,
            encrypt_codes: None,
            is_out_of_reach: false,
            courses: vec![Vec::new()],
            standing: Standing::Init,
        }
    }

    /// Wishes of the same time were answered like that; None: not at all. Panics where no order of them explains it.
    pub fn answered(&mut self, wishes: &[(Wish, Option<i64>)]) {
        let now = self.standing.courses(wishes);
        assert!(!now.is_empty(), "no order explains {wishes:?}: {self:?}");
        let before = std::mem::take(&mut self.courses);
        for course in &now {
            let with = |known: &Vec<Wish>| [&**known, &*course.granted].concat();
            self.courses.extend(before.iter().map(with));
        }
        if !self.is_in_doubt() {
            self.standing = now[0].end;
        }
    }

    /// Whether it may stand elsewhere than where it was seen.
    pub fn is_in_doubt(&self) -> bool {
        let mut ends = self.courses.iter().map(|course| end(course));
        let first = ends.next().expect("there is one");
        ends.any(|end| end != first)
    }

    /// It was seen there, and must never be found elsewhere again but by what was asked for.
    pub fn seen(&mut self, found: Found<'_>) {
        let is_it = |wanted: &Wanted| {
            (&*wanted.pdf.media_id, &*wanted.number) == (found.media_id, found.number)
        };
        let taken = self.wanted.iter().position(is_it);
        assert!(taken.is_some(), "is {found:?}: {self:?}");
        assert!(self.taken.is_none() || self.taken == taken, "is {found:?}: {self:?}");
        self.taken = taken;
        self.has_code(found.code);
        let possible = self.courses.iter().filter(|course| end(course) == found.standing);
        let possible: Vec<_> = possible.cloned().collect();
        assert!(!possible.is_empty(), "is {found:?}: {self:?}");
        (self.courses, self.standing) = (possible, found.standing);
    }

    /// Its code was seen; it never changes.
    pub fn has_code(&mut self, code: &str) {
        assert!(self.code.as_deref().is_none_or(|known| known == code), "now {code}: {self:?}");
        self.code = Some(code.to_owned());
    }

    /// Its invoice, once that is known.
    pub fn invoice(&self) -> Option<&Wanted> {
        self.taken.map(|taken| &self.wanted[taken])
    }

    /// The name of its invoice among the merchant's.
    pub fn serial(&self) -> Option<String> {
        self.code.as_ref().map(|code| format!("+{code}"))
    }

    /// What companies and platform want of it next, at the same time.
    pub fn next_wishes(&self, rng: &mut Rng) -> Vec<Wish> {
        let (both, dice) = ([0, 1], rng.u32(0..10));
        match self.standing {
            _ if self.is_out_of_reach => vec![Wish::Cancel],
            Standing::Init if dice == 0 => vec![Wish::Lock(0), Wish::Cancel, Wish::Lock(1)],
            Standing::Init => both.map(Wish::Lock).to_vec(),
            Standing::Locked(by) => match dice {
                0 => vec![Wish::Cancel],
                1 => vec![Wish::Close(by), Wish::Cancel],
                2..5 => both.map(Wish::Unlock).to_vec(),
                _ => both.map(Wish::Close).to_vec(),
            },
            Standing::Closed(by) => vec![Wish::Unlock(by), Wish::Lock(1 - by), Wish::Cancel],
            Standing::Cancelled => both.map(Wish::Lock).to_vec(),
        }
    }

    /// Whether these are the statuses that every account can have been told, in their order.
    pub fn explains(&self, told: impl Fn(&str) -> Vec<String>) -> bool {
        self.courses.iter().any(|course| {
            let of_all: Vec<_> = statuses(course).map(|(status, _)| status).collect();
            let of_owners = [MERCHANT, PLATFORM].into_iter().all(|owner| told(owner) == of_all);
            let of_company = |company: usize| {
                let cancelled = statuses(course).filter(|(_, holder)| *holder == Some(company));
                let cancelled: Vec<_> = cancelled.map(|(status, _)| status).collect();
                told(COMPANIES[company]) == cancelled
            };
            of_owners && (0..COMPANIES.len()).all(of_company)
        })
    }
}

/// Where a card stands behind these.
fn end(course: &[Wish]) -> Standing {
    course.iter().fold(Standing::Init, |standing, wish| standing.after(*wish).0)
}

/// The statuses that these make known, each with the company that had the card when it was cancelled.
fn statuses(course: &[Wish]) -> impl Iterator<Item = (String, Option<usize>)> {
    let mut standing = Standing::Init;
    course.iter().map(move |wish| {
        let holder = match (standing, wish) {
            (Standing::Locked(by), Wish::Cancel) => Some(by),
            _ => None,
        };
        standing = standing.after(*wish).0;
        (format!("INVOICE_REIMBURSE_{}", standing.name()), holder)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Card {
        Card { code: Some("1".into()), ..Card::new(String::new(), Vec::new()) }
    }

    fn told(owners: &[&str], first_company: &[&str]) -> impl Fn(&str) -> Vec<String> {
        let of = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| format!("INVOICE_REIMBURSE_{name}")).collect()
        };
        let (owners, first_company) = (of(owners), of(first_company));
        move |account| match account {
            MERCHANT | PLATFORM => owners.clone(),
            _ if account == COMPANIES[0] => first_company.clone(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn what_was_not_answered_was_carried_out_or_not() {
        let mut card = card();
        card.answered(&[(Wish::Lock(0), Some(0)), (Wish::Lock(1), Some(72023))]);
        assert_eq!((card.standing, card.is_in_doubt()), (Standing::Locked(0), false));
        card.answered(&[(Wish::Cancel, None)]);
        assert_eq!((card.standing, card.is_in_doubt()), (Standing::Locked(0), true));
        assert!(card.explains(told(&["LOCK"], &[])));
        assert!(card.explains(told(&["LOCK", "CANCEL"], &["CANCEL"])));
        assert!(!card.explains(told(&["LOCK", "CANCEL"], &[])), "who has it is told");
        assert!(!card.explains(told(&["CANCEL"], &["CANCEL"])), "the lock is lost");
    }

    #[test]
    #[should_panic = "no order explains"]
    fn two_locks_are_no_course() {
        card().answered(&[(Wish::Lock(0), Some(0)), (Wish::Lock(1), Some(0))]);
    }
}
