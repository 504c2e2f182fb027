//! Lenient reading: the bodies that real clients send (clients 2, wire_facts 1.5, wire_facts 6.4).
//!
//! Accepted: any Content-Type; a BOM; trailing commas; a JSON string that holds JSON; `null`;
//! form-encoded bodies; numbers as strings and strings as numbers; unknown members.

mod body_shape;
mod json_text;

use body_shape::{
    UTF_16, begins_like_json, check_form, foreign_format, is_form, is_utf16, known_wrapper,
    not_utf8,
};
use core::fmt;
use json_text::{check_size, not_json, read_json};
use kaipiao_domain::{Refusal, text};
use kaipiao_errcode::ErrorCode;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A JSON object and where it stands in the body, so that every complaint names the whole path.
///
/// An object within another borrows from it; only what was sent as JSON within a text is its own.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    path: Path<'a>,
    members: Cow<'a, Map<String, Value>>,
}

/// Where an object or a member stands: `invoicedetail_list[3].xmje`. Written out only for a
/// complaint.
#[derive(Clone, Copy, Debug)]
pub enum Path<'a> {
    /// The body itself.
    Body,
    /// A member of the object at a path.
    Member(&'a Path<'a>, &'a str),
    /// An item, counted from 0, of the list at a path.
    Item(&'a Path<'a>, &'a str, usize),
}

impl<'a> Path<'a> {
    const fn member(&'a self, name: &'a str) -> Self {
        Self::Member(self, name)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body => Ok(()),
            Self::Member(Path::Body, name) => f.write_str(name),
            Self::Member(of, name) => write!(f, "{of}.{name}"),
            Self::Item(of, list, index) => write!(f, "{}[{index}]", of.member(list)),
        }
    }
}

/// Most items of a list, and what they are called.
#[derive(Clone, Copy, Debug)]
pub struct AtMost(pub usize, pub &'static str);

impl Object<'static> {
    /// Reads a body that must hold an object.
    ///
    /// # Errors
    /// 44002 when it is empty, 47001 when it is not JSON, saying where.
    pub fn read(body: &[u8], content_type: Option<&str>) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(body).map_err(|error| not_utf8(body, &error))?;
        if is_utf16(body) {
            return Err(not_json(UTF_16.to_owned()));
        }
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            let detail = "the body is empty, send a JSON object";
            return Err(Refusal::new(ErrorCode::EmptyPostData, detail));
        }
        if !text.starts_with(['{', '[', '"']) && text != "null" {
            if is_form(content_type) {
                return Self::from_form(text);
            }
            if let Some(seen) = foreign_format(text, content_type) {
                return Err(not_json(seen));
            }
        }
        check_size(text)?;
        let value = match read_json(text)? {
            Value::String(inner) => {
                check_size(&inner)?;
                read_json(&inner)?
            }
            value => value,
        };
        match value {
            Value::Object(members) => match known_wrapper(&members) {
                Some(name) => Err(wrapped(name)),
                None => Ok(Self::body(members)),
            },
            Value::Null => Ok(Self::body(Map::new())),
            other => Err(not_json(format!("expected an object, got {}", kind(&other)))),
        }
    }

    fn from_form(text: &str) -> Result<Self, Refusal> {
        check_form(text)?;
        let pairs = form_urlencoded::parse(text.as_bytes());
        let members = pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into()));
        Ok(Self::body(members.collect()))
    }

    /// An object of texts, as the fields of a form are.
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let members = texts.into_iter().map(|(name, text)| (name.to_owned(), text.into()));
        Self::body(members.collect())
    }

    const fn body(members: Map<String, Value>) -> Self {
        Self { path: Path::Body, members: Cow::Owned(members) }
    }
}

impl Object<'_> {
    /// The same object, borrowed.
    pub fn borrowed(&self) -> Object<'_> {
        Object { path: self.path, members: Cow::Borrowed(&*self.members) }
    }

    /// The members as they were read.
    pub fn into_members(self) -> Map<String, Value> {
        self.members.into_owned()
    }

    /// The path of a member, as complaints name it.
    pub const fn path_of<'b>(&'b self, name: &'b str) -> Path<'b> {
        self.path.member(name)
    }

    /// Refuses what a call does not take: 72031 with the names that came, at most eight of them, and those that are known.
    /// `kind` is what they are: a member, or a parameter; `ignored` is a name that nobody minds; None: there is none.
    pub fn check_known(
        &self,
        kind: &str,
        known: &[String],
        ignored: Option<&str>,
    ) -> Result<(), Refusal> {
        let is_known = |name: &String| Some(&**name) == ignored || known.contains(name);
        let unknown = self.members.keys().filter(|name| !is_known(name));
        let unknown: Vec<_> = unknown.take(8).map(|name| text::quoted(name)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let taken = match known {
            [] => format!("this call takes no {kind}"),
            known => format!("the {kind}s of this call are {}", known.join(", ")),
        };
        Err(Refusal::invalid(unknown.join(", "), format!("is unknown: {taken}")))
    }

    /// Whether the object holds a member of this name that is not null.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// Whether there is a text of this name with nothing in it; null is not there.
    pub fn is_blank(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::String(text)) if text.trim().is_empty())
    }

    /// The object that a body wraps its members into, or the body itself where it has no wrapper
    /// (D-56); `first` is a member that must be there. Complaints name the members without the wrapper.
    pub fn unwrapped(&self, wrapper: &str, first: &str) -> Result<Object<'_>, Refusal> {
        if !self.has(wrapper) {
            self.check_not_within(&[first])?;
        }
        let members = match self.get(wrapper) {
            None => Cow::Borrowed(&*self.members),
            Some(Value::Object(members)) => Cow::Borrowed(members),
            Some(text @ Value::String(json)) => match read_json(json) {
                Ok(Value::Object(members)) => Cow::Owned(members),
                _ => return Err(self.wrong(wrapper, "must be an object", text)),
            },
            Some(other) => return Err(self.wrong(wrapper, "must be an object", other)),
        };
        Ok(Object { path: Path::Body, members })
    }

    /// Refuses a body that has none of these members itself but holds one of them within another
    /// member: what was meant stands a level too deep.
    pub fn check_not_within(&self, names: &[&str]) -> Result<(), Refusal> {
        if !matches!(self.path, Path::Body) || names.iter().any(|name| self.has(name)) {
            return Ok(());
        }
        let holds_one = |members: &Map<String, Value>| {
            names.iter().any(|name| members.get(*name).is_some_and(|value| !value.is_null()))
        };
        let wrapper = self.members.iter().find(|(_, value)| match value {
            Value::Object(members) => holds_one(members),
            Value::String(text) if begins_like_json(text) => {
                let within = read_json(text).ok();
                within.as_ref().and_then(Value::as_object).is_some_and(holds_one)
            }
            _ => false,
        });
        wrapper.map_or(Ok(()), |(name, _)| Err(wrapped(name)))
    }

    /// A text that may be absent: absent, null and `""` all read as empty. Numbers read as the
    /// digits that were sent, however many.
    pub fn text(&self, name: &str) -> Result<Cow<'_, str>, Refusal> {
        match self.get(name) {
            None => Ok(Cow::Borrowed("")),
            Some(Value::String(text)) => Ok(Cow::Borrowed(text)),
            Some(Value::Number(number)) => Ok(Cow::Owned(number.to_string())),
            Some(other) => Err(self.wrong(name, "must be a string", other)),
        }
    }

    /// A text that may be absent; None tells that from one that is empty.
    pub fn optional_text(&self, name: &str) -> Result<Option<String>, Refusal> {
        Ok(if self.has(name) { Some(self.text(name)?.into_owned()) } else { None })
    }

    /// A list of texts that may be absent; a single text is a list of one.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let wrong = |got| self.wrong(name, "must be a list of strings", got);
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(vec![text.clone()])),
            Some(Value::Array(items)) => {
                let texts = items.iter().map(|item| match item {
                    Value::String(text) => Ok(text.clone()),
                    other => Err(wrong(other)),
                });
                texts.collect::<Result<_, _>>().map(Some)
            }
            Some(other) => Err(wrong(other)),
        }
    }

    /// A text known by two names (clients A8, clients A9): the contract's first.
    pub fn text_or(&self, name: &str, alias: &str) -> Result<Cow<'_, str>, Refusal> {
        let text = self.text(name)?;
        if text.is_empty() { self.text(alias) } else { Ok(text) }
    }

    /// A text that must be there and not empty.
    pub fn required_text(&self, name: &str) -> Result<Cow<'_, str>, Refusal> {
        let text = self.text(name)?;
        if text.is_empty() {
            return Err(self.missing(name, "is empty"));
        }
        Ok(text)
    }

    /// The complaint of a member that is not there.
    fn missing(&self, name: &str, problem: &str) -> Refusal {
        let elsewhere = self.check_not_within(&[name]).err();
        elsewhere.unwrap_or_else(|| Refusal::invalid(self.path_of(name), problem))
    }

    /// A whole number that may be absent. Strings of digits read as their number. What 64 bits do not
    /// hold is refused: nobody means the largest number there is. So is a decimal point, also before
    /// zeros: who writes one means another unit.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let digits = match value {
            Value::String(text) if text.trim().is_empty() => return Ok(None),
            value => whole(value),
        };
        let number = digits.as_deref().map(str::parse);
        if let Some(Ok(number)) = number {
            return Ok(Some(number));
        }
        let size = if number.is_some() { " that fits into 64 bits" } else { "" };
        let problem = format!("must be a whole number{size}, not {}", self.shown(name));
        Err(Refusal::invalid(self.path_of(name), problem))
    }

    /// Whether a whole number stands there, be it too large for [`Object::integer`].
    pub fn has_digits(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| whole(value).is_some())
    }

    /// A member as a complaint shows it: a number as it was read (of an exponent with its sign: `1e30`
    /// is `1e+30`), another text in quotes, of everything else the kind.
    pub fn shown(&self, name: &str) -> String {
        let value = self.get(name).unwrap_or(&Value::Null);
        match value {
            Value::String(text) if whole(value).is_none() => text::quoted(text),
            Value::String(digits) => text::quoted(digits.trim()).replace('"', ""),
            Value::Number(number) => text::quoted(&number.to_string()).replace('"', ""),
            other => kind(other).to_owned(),
        }
    }

    /// A whole number that must be there.
    pub fn required_integer(&self, name: &str) -> Result<i64, Refusal> {
        self.integer(name)?.ok_or_else(|| self.missing(name, "is empty"))
    }

    /// A 0/1 flag; absent is 0. Clients also send true and false, and the words.
    pub fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.get(name) {
            Some(Value::Bool(flag)) => return Ok(*flag),
            Some(Value::String(word)) if word.trim() == "true" => return Ok(true),
            Some(Value::String(word)) if word.trim() == "false" => return Ok(false),
            _ => {}
        }
        match self.integer(name) {
            Ok(None | Some(0)) => Ok(false),
            Ok(Some(1)) => Ok(true),
            Ok(Some(_)) | Err(_) => {
                let problem = format!("must be 0 or 1, not {}", self.shown(name));
                Err(Refusal::invalid(self.path_of(name), problem))
            }
        }
    }

    /// An object that may be absent. An empty list is an empty object: PHP writes it so.
    pub fn object<'b>(&'b self, name: &'b str) -> Result<Option<Object<'b>>, Refusal> {
        let members = match self.get(name) {
            None => return Ok(None),
            Some(Value::Object(members)) => Cow::Borrowed(members),
            Some(Value::Array(items)) if items.is_empty() => Cow::Owned(Map::new()),
            Some(other) => return Err(self.wrong(name, "must be an object", other)),
        };
        Ok(Some(Object { path: self.path_of(name), members }))
    }

    /// An object that must be there.
    pub fn required_object<'b>(&'b self, name: &'b str) -> Result<Object<'b>, Refusal> {
        self.object(name)?.ok_or_else(|| self.missing(name, "is missing, it must be an object"))
    }

    /// A list of objects, counted before it is looked into; absent is empty, a single
    /// object is a list of one (D-21), and a text is the JSON that it holds (D-56).
    pub fn objects<'b>(&'b self, name: &'b str, limit: AtMost) -> Result<Vec<Object<'b>>, Refusal> {
        let is_wrong = |other: &Value| self.wrong(name, "must be a list of objects", other);
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(text @ Value::String(json)) => {
                check_size(json)?;
                match read_json(json).map_err(|_| is_wrong(text))? {
                    Value::Array(items) => {
                        self.items(name, limit, items.into_iter().map(Cow::Owned))
                    }
                    single @ Value::Object(_) => {
                        self.items(name, limit, std::iter::once(Cow::Owned(single)))
                    }
                    other => Err(is_wrong(&other)),
                }
            }
            Some(Value::Array(items)) => self.items(name, limit, items.iter().map(Cow::Borrowed)),
            Some(single @ Value::Object(_)) => {
                self.items(name, limit, std::iter::once(Cow::Borrowed(single)))
            }
            Some(other) => Err(is_wrong(other)),
        }
    }

    fn items<'b>(
        &'b self,
        name: &'b str,
        AtMost(most, what): AtMost,
        items: impl ExactSizeIterator<Item = Cow<'b, Value>>,
    ) -> Result<Vec<Object<'b>>, Refusal> {
        if items.len() > most {
            let problem = format!("has {} {what}, at most {most} are allowed", items.len());
            return Err(Refusal::invalid(self.path_of(name), problem));
        }
        let to_object = |(index, item)| {
            let path = Path::Item(&self.path, name, index);
            let members = match item {
                Cow::Borrowed(Value::Object(members)) => Cow::Borrowed(members),
                Cow::Owned(Value::Object(members)) => Cow::Owned(members),
                other => {
                    let problem = format!("must be an object, not {}", kind(&other));
                    return Err(Refusal::invalid(path, problem));
                }
            };
            Ok(Object { path, members })
        };
        items.enumerate().map(to_object).collect()
    }

    fn wrong(&self, name: &str, expected: &str, got: &Value) -> Refusal {
        Refusal::invalid(self.path_of(name), format!("{expected}, not {}", kind(got)))
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The digits of a number, or of a text that is one, behind an optional sign.
fn whole(value: &Value) -> Option<Cow<'_, str>> {
    let text = match value {
        Value::Number(number) => Cow::Owned(number.to_string()),
        Value::String(text) => Cow::Borrowed(text.trim()),
        _ => return None,
    };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let is_whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_whole.then_some(text)
}

fn wrapped(name: &str) -> Refusal {
    let name = text::quoted(name);
    not_json(format!("its members stand within {name}, send them without it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Object<'static> {
        Object::read(body.as_bytes(), None).unwrap()
    }

    fn code(body: &[u8]) -> ErrorCode {
        Object::read(body, None).unwrap_err().code
    }

    #[test]
    fn what_clients_send_is_read() {
        let bodies = [
            r#"{"a":"b"}"#,
            "\u{feff}{\"a\":\"b\"}",
            "{ \"a\" : \"b\" ,\n}\n",
            r#""{\"a\":\"b\"}""#,
            r#"{"a":"\u0062","unknown":[1,{"deep":null}]}"#,
        ];
        for body in bodies {
            assert_eq!(read(body).text("a").unwrap(), "b", "{body}");
        }
        for body in ["null", "{}", "\"{}\"\n", "\"null\""] {
            assert!(!read(body).has("a"), "{body}");
        }
    }

    #[test]
    fn a_form_is_read_where_the_content_type_says_so() {
        let form = Some("application/x-www-form-urlencoded; charset=utf-8");
        let object = Object::read(b"order_id=12%2B3&s_appid=x+y", form).unwrap();
        assert_eq!(object.text("order_id").unwrap(), "12+3");
        assert_eq!(object.text_or("s_pappid", "s_appid").unwrap(), "x y");
        let object = Object::read(b"nonce=1&order_id=2", form).unwrap();
        assert_eq!(object.text("order_id").unwrap(), "2");
        assert_eq!(Object::read(br#"{"a":1}"#, form).unwrap().text("a").unwrap(), "1");
        assert_eq!(code(b"order_id=1"), ErrorCode::DataFormatError);
    }

    #[test]
    fn what_is_not_json_says_where() {
        assert_eq!(code(b""), ErrorCode::EmptyPostData);
        assert_eq!(code(b" \n"), ErrorCode::EmptyPostData);
        assert_eq!(code(b"[1]"), ErrorCode::DataFormatError);
        assert_eq!(code(b"\xff\xfe{}"), ErrorCode::DataFormatError);
        let refusal = Object::read(b"{\"a\":1,\n \"b\" 2}", None).unwrap_err();
        assert!(refusal.to_string().contains("line 2 column 6"), "{refusal}");
        let deep = "[".repeat(100_000);
        assert_eq!(code(deep.as_bytes()), ErrorCode::DataFormatError);
    }

    #[test]
    fn commas_inside_strings_stay() {
        let object = read(r#"{"a":",}","b":"\",]",}"#);
        assert_eq!(object.text("a").unwrap(), ",}");
        assert_eq!(object.text("b").unwrap(), "\",]");
    }

    #[test]
    fn numbers_and_strings_stand_for_each_other() {
        let object =
            read(r#"{"n":" 12","t":3.50,"f":11,"big":9223372036854775807,"e":"","x":null}"#);
        assert_eq!(object.integer("n").unwrap(), Some(12));
        assert_eq!(object.integer("f").unwrap(), Some(11));
        assert_eq!(object.integer("big").unwrap(), Some(i64::MAX));
        assert_eq!(object.text("t").unwrap(), "3.50");
        assert_eq!(object.integer("e").unwrap(), None);
        assert_eq!(object.integer("x").unwrap(), None);
        let object =
            read(r#"{"o":18050610074402878502300701525769754,"m":"-11","f":"true","l":[]}"#);
        assert_eq!(object.text("o").unwrap(), "18050610074402878502300701525769754");
        assert_eq!(object.integer("m").unwrap(), Some(-11));
        assert_eq!(object.flag("f"), Ok(true));
        assert!(object.object("l").unwrap().is_some());
    }

    #[test]
    fn a_complaint_names_the_whole_path() {
        let object = read(r#"{"contact":{"time_out":"soon"},"list":[{},7]}"#);
        let refusal = object.object("contact").unwrap().unwrap().integer("time_out").unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "invalid params, contact.time_out must be a whole number, not \"soon\""
        );
        let refusal = object.objects("list", AtMost(9, "items")).unwrap_err();
        assert_eq!(refusal.to_string(), "invalid params, list[1] must be an object, not a number");
    }

    #[test]
    fn a_list_is_counted_before_it_is_looked_into() {
        let many = format!("{{\"l\":[{}7]}}", "{\"a\":1},".repeat(20));
        let object = read(&many);
        let refusal = object.objects("l", AtMost(20, "items")).unwrap_err();
        assert_eq!(refusal.detail, "l has 21 items, at most 20 are allowed");
        assert_eq!(
            object.objects("l", AtMost(21, "items")).unwrap_err().detail,
            "l[20] must be an object, not a number"
        );
        let endless = format!("{{\"l\":[{}7]}}", "{\"a\":1},".repeat(100_000));
        for body in [endless.clone(), Value::String(endless).to_string()] {
            let refusal = Object::read(body.as_bytes(), None).unwrap_err();
            assert!(refusal.detail.ends_with("holds more than 65536 values"), "{refusal}");
        }
    }

    #[test]
    fn an_integer_with_a_point_or_an_exponent_is_refused_and_shown() {
        for (sent, shown) in [
            ("11.0", "11.0"),
            ("110.00000000000001", "110.00000000000001"),
            ("1e30", "1e+30"),
            ("\"9.95\"", "\"9.95\""),
            ("\"1e3\"", "\"1e3\""),
            ("\"1 000\"", "\"1 000\""),
            ("\"-\"", "\"-\""),
            ("true", "true or false"),
            ("[1]", "a list"),
        ] {
            let body = format!("{{\"n\":{sent}}}");
            let detail = read(&body).integer("n").unwrap_err().detail;
            assert_eq!(detail, format!("n must be a whole number, not {shown}"), "{sent}");
        }
        for (sent, shown) in
            [("99999999999999999999", "99999999999999999999"), ("2", "2"), ("\"no\"", "\"no\"")]
        {
            let detail = read(&format!("{{\"f\":{sent}}}")).flag("f").unwrap_err().detail;
            assert_eq!(detail, format!("f must be 0 or 1, not {shown}"));
        }
    }

    #[test]
    fn an_integer_of_more_than_64_bits_is_refused_and_shown() {
        for sent in ["9223372036854775808", "-9223372036854775809", "\"+99999999999999999999\""] {
            let object = read(&format!("{{\"n\":{sent}}}"));
            let shown = sent.replace('"', "");
            assert_eq!(
                object.integer("n").unwrap_err().detail,
                format!("n must be a whole number that fits into 64 bits, not {shown}")
            );
            assert!(object.has_digits("n"));
        }
    }

    #[test]
    fn a_single_object_is_a_list_of_one_and_a_text_the_list_that_it_holds() {
        for body in [r#"{"l":{"key":"a"}}"#, r#"{"l":"[{\"key\":\"a\"},]"}"#] {
            let object = read(body);
            let list = object.objects("l", AtMost(9, "items")).unwrap();
            assert_eq!((list.len(), &*list[0].text("key").unwrap()), (1, "a"), "{body}");
        }
        let refusal = read(r#"{"l":"a, b"}"#).objects("l", AtMost(9, "items")).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "invalid params, l must be a list of objects, not a string"
        );
    }

    #[test]
    fn a_wrapper_is_taken_off_and_not_named() {
        for body in [r#"{"w":{"n":"x"}}"#, r#"{"n":"x"}"#, r#"{"w":"{\"n\":\"x\"}"}"#] {
            let object = read(body);
            let inner = object.unwrapped("w", "n").unwrap();
            assert_eq!(
                inner.integer("n").unwrap_err().detail,
                "n must be a whole number, not \"x\""
            );
        }
        for name in ["W", "w_"] {
            let body = format!("{{\"{name}\":{{\"n\":1}}}}");
            let refusal = read(&body).unwrapped("w", "n").unwrap_err();
            assert!(refusal.detail.contains(&format!("within \"{name}\"")), "{refusal}");
        }
        for body in [r#"{"w":[]}"#, r#"{"w":"abc"}"#] {
            let refusal = read(body).unwrapped("w", "n").unwrap_err();
            assert!(refusal.detail.starts_with("w must be an object"), "{refusal}");
        }
        let blank = read(r#"{"a":" ","b":null,"c":"x"}"#);
        assert_eq!(
            ["a", "b", "c", "d"].map(|name| blank.is_blank(name)),
            [true, false, false, false]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_the_reader_panic(body: Vec<u8>, form: bool) {
            let content_type = form.then_some("application/x-www-form-urlencoded");
            let _ = Object::read(&body, content_type);
        }

        #[test]
        fn stripping_never_changes_what_is_already_json(text in "[\\[\\]{},:\"\\\\ a1]{0,40}") {
            if let Ok(strict) = serde_json::from_str::<Value>(&text) {
                proptest::prop_assert_eq!(read_json(&text).unwrap(), strict);
            }
        }
    }
}
