//! An app opens the page with its kit.

mod ios;
