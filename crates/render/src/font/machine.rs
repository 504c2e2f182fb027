//! The machine's fonts, as far as they are kept in memory.

use super::characters::{CharacterSet, Mapping};
use super::file::FontFile;

/// A font of the machine.
#[derive(Debug)]
pub(super) struct MachineFont {
    pub(super) file: FontFile,
    characters: CharacterSet,
}

impl MachineFont {
    /// The font of a file; nothing, and a line in the log, where there is none.
    pub(super) fn read(file: FontFile) -> Option<Self> {
        match file.read_cmap() {
            Ok(cmap) => {
                let characters =
                    Mapping::of(&cmap).map(|mapping| mapping.characters()).unwrap_or_default();
                Some(Self { file, characters })
            }
            Err(error) => {
                let path = file.path.display();
                tracing::warn!(%path, %error, "not a font that can be read: its characters are refused");
                None
            }
        }
    }

    /// Whether the font has a glyph for this character.
    pub(super) fn has(&self, character: char) -> bool {
        self.characters.contains(character)
    }
}
