//! The face of an invoice as drawing operations: classic or digital, with the goods list, the seal
//! and the mark of a sample.

mod canvas;
mod classic;
mod digital;
mod goods_list;
mod lines;
mod outline;
mod pages;
mod parts;
mod region;
mod seal;
mod specimen;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use pages::pages;
