//! Chinese and English. A text stands in both languages where it is used, so that neither is
//! forgotten and a translator finds it by what it says.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};

/// The language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// Browsers keep a cookie of such a name only if this host itself has set it, over TLS, for all of
/// its pages: no neighbour under the same domain can plant one.
pub const HOST_ONLY: &str = "__Host-";

/// The cookie that remembers a choice.
pub(crate) const LANG_COOKIE: &str = "kaipiao_lang";

impl Lang {
    /// The language that was chosen, or the first of the browser's that there is; Chinese otherwise.
    pub fn of(headers: &HeaderMap) -> Self {
        let chosen = [format!("{HOST_ONLY}{LANG_COOKIE}"), LANG_COOKIE.to_owned()]
            .iter()
            .find_map(|name| Self::from_code(&cookie(headers, name)?));
        if let Some(chosen) = chosen {
            return chosen;
        }
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let mut wanted: Vec<_> = accepted.unwrap_or("").split(',').filter_map(weighted).collect();
        wanted.sort_by(|one, other| other.0.total_cmp(&one.0));
        wanted.into_iter().find_map(|(_, tag)| Self::from_code(tag)).unwrap_or(Self::Zh)
    }

    /// `zh`, `zh-CN`, `en-GB` …
    pub(crate) fn from_code(tag: &str) -> Option<Self> {
        match tag.split('-').next().unwrap_or("").to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The code for HTML.
    pub fn code(self) -> &'static str {
        self.t("zh-CN", "en")
    }

    /// The text in this language.
    pub fn t<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// A language with its weight: `en;q=0.8`.
fn weighted(part: &str) -> Option<(f32, &str)> {
    let mut pieces = part.trim().split(';');
    let tag = pieces.next().filter(|tag| !tag.is_empty())?;
    let weight = pieces.find_map(|piece| piece.trim().strip_prefix("q=")?.parse().ok());
    Some((weight.unwrap_or(1.0), tag))
}

/// A cookie's value.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|text| text.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(accept: &str, cookies: &str) -> Lang {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, accept.parse().unwrap());
        headers.insert(COOKIE, cookies.parse().unwrap());
        Lang::of(&headers)
    }

    #[test]
    fn the_browsers_first_known_language_unless_one_was_chosen() {
        for (accept, expected) in [
            ("", Lang::Zh),
            ("en", Lang::En),
            ("en-GB,zh;q=0.9", Lang::En),
            ("zh-CN,en;q=0.5", Lang::Zh),
            ("en;q=0.5,zh-TW", Lang::Zh),
            ("fr,de;q=0.9,en;q=0.1", Lang::En),
            ("fr", Lang::Zh),
        ] {
            assert_eq!(of(accept, ""), expected, "{accept}");
        }
        assert_eq!(of("zh", "a=b; kaipiao_lang=en"), Lang::En);
        assert_eq!(of("en", "kaipiao_lang=xx"), Lang::En);
    }
}
