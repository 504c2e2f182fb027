//! What invoices are printed on.

use super::error::SettingsError;
use kaipiao_render::{Categories, FontFile};
use serde::Deserialize;
use std::path::PathBuf;

/// `[render]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Render {
    /// Paths, each with `#` and the number of a font within it where it is a collection.
    pub fonts: Vec<String>,
    /// A file of short names of tax codes; empty: the built-in ones alone.
    pub categories: PathBuf,
}

impl Render {
    /// The operator's short names of tax codes.
    pub fn category_table(&self) -> Result<Categories, SettingsError> {
        let path = &self.categories;
        if path.as_os_str().is_empty() {
            return Ok(Categories::EMPTY);
        }
        let wrong = |problem| SettingsError::Malformed(path.clone(), problem);
        let table = std::fs::read(path);
        let table = table.map_err(|error| SettingsError::Unreadable(path.clone(), error))?;
        Categories::read(&table).map_err(wrong)
    }

    /// The fonts beside the embedded one.
    pub fn font_files(&self) -> Result<Vec<FontFile>, SettingsError> {
        let file = |text: &String| {
            let (path, number) = text.rsplit_once('#').unwrap_or((text, "0"));
            let wrong = || SettingsError::Value(format!("render.fonts: {text} is no path#number"));
            let face_index = number.parse().map_err(|_| wrong())?;
            Ok(FontFile { path: PathBuf::from(path), face_index })
        };
        self.fonts.iter().map(file).collect()
    }
}
