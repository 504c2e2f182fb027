//! Refusals in the page's language. The domain says them in English, as they stand on the wire; `words/refusals.tsv` has
//! them in Chinese. A tidy rule sees that each sentence there is still one of the program's.

use crate::lang::Lang;
use kaipiao_domain::Refusal;
use std::sync::LazyLock;

/// A hole of a sentence, which stays as it is where it is no sentence itself.
const HOLE: &str = "{}";
/// A hole that must be a sentence.
const SENTENCE: &str = "{!}";

/// A sentence of the program in both languages, with holes in the same order.
struct Sentence {
    en: Vec<Piece>,
    zh: Vec<Piece>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Piece {
    Text(&'static str),
    Hole { is_sentence: bool },
}

static SENTENCES: LazyLock<Vec<Sentence>> = LazyLock::new(|| {
    let lines = include_str!("../words/refusals.tsv").lines().skip(1);
    let pair = |line: &'static str| line.split_once('\t').expect("English and Chinese");
    lines.map(pair).map(|(en, zh)| Sentence { en: pieces(en), zh: pieces(zh) }).collect()
});

fn pieces(mut text: &'static str) -> Vec<Piece> {
    let mut found = Vec::new();
    while let Some((at, hole)) =
        [HOLE, SENTENCE].into_iter().filter_map(|hole| Some((text.find(hole)?, hole))).min()
    {
        found.push(Piece::Text(&text[..at]));
        found.push(Piece::Hole { is_sentence: hole == SENTENCE });
        text = &text[at + hole.len()..];
    }
    found.push(Piece::Text(text));
    found
}

/// What a form was refused with. What has no Chinese sentence stands as on the wire, behind what its code means.
pub fn refused(lang: Lang, refusal: &Refusal) -> String {
    let detail = &*refusal.detail;
    match lang {
        Lang::En => refusal.to_string(),
        Lang::Zh if detail.is_empty() => refusal.code.guide().meaning.zh.to_owned(),
        Lang::Zh => in_chinese(detail).map_or_else(
            || format!("{}（{refusal}）", refusal.code.guide().meaning.zh.trim_end_matches('。')),
            |said| format!("{said}。"),
        ),
    }
}

/// What the program says of something that went wrong, or as it is, where it has no Chinese sentence.
pub fn told(lang: Lang, text: &str) -> String {
    match lang {
        Lang::En => text.to_owned(),
        Lang::Zh => in_chinese(text).map_or_else(|| text.to_owned(), |said| format!("{said}。")),
    }
}

fn in_chinese(text: &str) -> Option<String> {
    SENTENCES.iter().find_map(|sentence| sentence.translated(text))
}

impl Sentence {
    fn translated(&self, text: &str) -> Option<String> {
        let mut filled = Vec::new();
        let (Piece::Text(begins), mut pieces) = (self.en[0], &self.en[1..]) else { return None };
        let mut rest = text.strip_prefix(begins)?;
        while let [Piece::Hole { is_sentence }, Piece::Text(behind), further @ ..] = pieces {
            let at = match further {
                [] => rest.len().checked_sub(behind.len()).filter(|_| rest.ends_with(behind))?,
                _ => rest.find(behind)?,
            };
            let held = in_chinese(&rest[..at]);
            filled.push(if *is_sentence {
                held?
            } else {
                held.unwrap_or_else(|| rest[..at].to_owned())
            });
            rest = &rest[at + behind.len()..];
            pieces = further;
        }
        let mut filled = filled.into_iter();
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => Some((*text).to_owned()),
            Piece::Hole { .. } => filled.next(),
        };
        rest.is_empty().then(|| self.zh.iter().filter_map(piece).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::authorization::contact::Contact;
    use kaipiao_errcode::ErrorCode;

    #[test]
    fn both_languages_have_the_same_holes() {
        for sentence in SENTENCES.iter() {
            let holes = |pieces: &[Piece]| -> Vec<Piece> {
                pieces.iter().filter(|piece| matches!(piece, Piece::Hole { .. })).copied().collect()
            };
            assert_eq!(holes(&sentence.en), holes(&sentence.zh), "{:?}", sentence.en);
        }
    }

    #[test]
    fn what_is_wrong_with_a_field_is_said_in_the_pages_language() {
        let refused_in = |lang, phone: &str, time_out| {
            let contact = Contact { phone: phone.to_owned(), time_out };
            refused(lang, &contact.check().unwrap_err())
        };
        assert_eq!(refused_in(Lang::Zh, "", 0), "联系电话不能为空。");
        assert_eq!(refused_in(Lang::En, "", 0), "invalid params, contact.phone is empty");
        assert_eq!(refused_in(Lang::Zh, &"1".repeat(65), 0), "联系电话有 65 个字符，最多 64 个。");
        assert_eq!(refused_in(Lang::Zh, "1", -1), "开票超时时间应为 0 至 4294967295，而不是 -1。");
    }

    #[test]
    fn a_sentence_that_nobody_has_translated_stands_behind_what_its_code_means() {
        let refusal = Refusal::invalid("name", "is a name that nobody foresaw");
        assert_eq!(
            refused(Lang::Zh, &refusal),
            "参数缺失或有误，返回信息会指出参数与要求（invalid params, name is a name that nobody foresaw）"
        );
        let plain = Refusal::plain(ErrorCode::InvoiceBusy);
        assert_eq!(refused(Lang::Zh, &plain), "记录正在被其他请求修改，或发票正在开具、冲红。");
        assert_eq!(told(Lang::Zh, "nobody foresaw it"), "nobody foresaw it");
    }

    #[test]
    fn a_sentence_within_a_sentence_is_said_too_and_what_was_typed_stays() {
        assert_eq!(
            told(Lang::Zh, "url was not verified: no whole answer within 5000 ms"),
            "回调地址未通过验证：5000 毫秒内没有收到完整的应答。"
        );
        let typed =
            Refusal::invalid("name", "must have 1 to 64 characters of A-Za-z0-9_-.@, not \"a b\"");
        assert_eq!(
            refused(Lang::Zh, &typed),
            "名称应为 1 至 64 个字母、数字或 _-.@，而不是 \"a b\"。"
        );
        // A body that a callback has answered is no sentence of the program's.
        let body = "url was not verified: it must answer GET with status 200 and the echostr 7; it answered 200 and \"is empty\"";
        assert!(told(Lang::Zh, body).ends_with("实际返回 200 和 \"is empty\"。"));
    }
}
