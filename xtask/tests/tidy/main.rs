//! Rules of the workspace, one module each.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod alarms;
mod anchors;
mod circles;
mod citations;
mod commands;
mod dependencies;
mod documentation;
mod languages;
mod layers;
mod links;
mod pay_codes;
mod refusals;
mod rulings;
mod sections;
mod sources;
mod stages;
mod workspace;
