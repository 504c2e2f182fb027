//! People: titles that accounts offer, ask for and scan (wire_facts 1.3).

pub(crate) mod title_links;
