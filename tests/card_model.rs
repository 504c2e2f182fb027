//! Where a card stands, by the rules' words alone (wire_facts 1.1): one company has it at most, and the ends are for good.

/// The companies of the tests, by their place.
pub type Company = usize;

/// Where a card stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has it.
    Init,
    /// This company has it.
    Locked(Company),
    /// This company has written it off.
    Closed(Company),
    /// Its platform has taken it back.
    Cancelled,
}

/// What somebody wants of it: a company, or the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Keep the others out.
    Lock(Company),
    /// Let go of it.
    Unlock(Company),
    /// Write it off.
    Close(Company),
    /// Take it back.
    Cancel,
}

/// One way in which wishes of the same time can have come one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// Where the card stands behind it.
    pub end: Standing,
    /// Those that were granted, in their order.
    pub granted: Vec<Wish>,
}

impl Standing {
    /// Where it stands behind a wish, and the code of the answer.
    pub fn after(self, wish: Wish) -> (Self, i64) {
        match (self, wish) {
            (Self::Closed(_), _) => (self, 72061),
            (Self::Cancelled, _) => (self, 72060),
            (_, Wish::Cancel) => (Self::Cancelled, 0),
            (Self::Init, Wish::Lock(company)) => (Self::Locked(company), 0),
            (Self::Init, Wish::Unlock(_)) => (self, 72024),
            (Self::Init, Wish::Close(_)) => (self, 72039),
            (Self::Locked(by), Wish::Lock(other) | Wish::Unlock(other) | Wish::Close(other))
                if by != other =>
            {
                (self, 72023)
            }
            (Self::Locked(_), Wish::Lock(_)) => (self, 72024),
            (Self::Locked(_), Wish::Unlock(_)) => (Self::Init, 0),
            (Self::Locked(by), Wish::Close(_)) => (Self::Closed(by), 0),
        }
    }

    /// The end of its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Init => "INIT",
            Self::Locked(_) => "LOCK",
            Self::Closed(_) => "CLOSURE",
            Self::Cancelled => "CANCEL",
        }
    }

    /// Whether nothing more can happen to it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Closed(_) | Self::Cancelled)
    }

    /// Every course that explains the codes with which wishes of the same time were answered; None: it was not answered,
    /// so it was carried out or not.
    pub fn courses(self, wishes: &[(Wish, Option<i64>)]) -> Vec<Course> {
        if wishes.is_empty() {
            return vec![Course { end: self, granted: Vec::new() }];
        }
        let mut all: Vec<Course> = Vec::new();
        let mut add = |course: Course| {
            if !all.contains(&course) {
                all.push(course);
            }
        };
        for (first, (wish, answered)) in wishes.iter().enumerate() {
            let mut others = wishes.to_vec();
            others.remove(first);
            let (next, code) = self.after(*wish);
            if answered.is_none_or(|answered| answered == code) {
                for mut course in next.courses(&others) {
                    if code == 0 {
                        course.granted.insert(0, *wish);
                    }
                    add(course);
                }
            }
            if answered.is_none() {
                self.courses(&others).into_iter().for_each(&mut add);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_explained_by_the_orders_in_which_they_can_have_come() {
        let (mine, theirs) = (Wish::Lock(0), Wish::Lock(1));
        let ends = |answers: &[(Wish, Option<i64>)]| -> Vec<Standing> {
            Standing::Init.courses(answers).iter().map(|course| course.end).collect()
        };
        assert_eq!(ends(&[(mine, Some(0)), (theirs, Some(72023))]), [Standing::Locked(0)]);
        assert_eq!(ends(&[(mine, Some(0)), (theirs, Some(0))]), [], "never two locks");
        assert_eq!(ends(&[(mine, Some(72023)), (theirs, None)]), [Standing::Locked(1)]);
        assert_eq!(ends(&[(mine, None)]), [Standing::Locked(0), Standing::Init]);
        let cancelled = Standing::Init.courses(&[(mine, None), (Wish::Cancel, Some(0))]);
        let granted: Vec<_> = cancelled.iter().map(|course| &*course.granted).collect();
        assert_eq!(granted, [&[mine, Wish::Cancel][..], &[Wish::Cancel]]);
        assert!(cancelled.iter().all(|course| course.end == Standing::Cancelled));
        let closed =
            Standing::Locked(1).courses(&[(Wish::Close(0), Some(72061)), (Wish::Close(1), None)]);
        let granted = vec![Wish::Close(1)];
        assert_eq!(closed, [Course { end: Standing::Closed(1), granted }]);
    }
}
