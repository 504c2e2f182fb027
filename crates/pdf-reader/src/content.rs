//! A page's text, put together by where its pieces stand.
//!
//! Nothing in a PDF says where a word ends: a number may be set in one piece, or digit by digit, and two numbers follow
//! each other with a move between them. So the walk keeps the place of the pen. A piece that begins on another line, or
//! more than a character's breadth away, begins a line of text; one that begins nearer follows a blank.

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Encoding, Object, ObjectId, Result};
use std::collections::HashMap;
use std::rc::Rc;

/// A page's forms, in all and one within another.
const MOST_FORMS: usize = 64;
const MOST_DEPTH: usize = 4;
/// How deep `q` saves; what is beyond is as it was.
const MOST_SAVED: usize = 256;

/// A transformation as PDFs write it: `[a b c d e f]`.
type Matrix = [f64; 6];
const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// First `a`, then `b`.
fn product(a: Matrix, b: Matrix) -> Matrix {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}

fn moved(x: f64, y: f64, then: Matrix) -> Matrix {
    product([1.0, 0.0, 0.0, 1.0, x, y], then)
}

/// What `q` saves.
#[derive(Clone)]
struct State<'a> {
    page: Matrix,
    encoding: Option<Rc<Encoding<'a>>>,
    size: f64,
    leading: f64,
    spacing: f64,
}

/// What stands between a piece and the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Break {
    Nothing,
    Blank,
    Line,
}

/// Reads pages into one text.
pub(crate) struct Walk<'a> {
    document: &'a Document,
    /// Encodings of fonts that were met.
    fonts: HashMap<*const Dictionary, Option<Rc<Encoding<'a>>>>,
    state: State<'a>,
    line: Matrix,
    /// Where the next piece begins.
    pen: Matrix,
    /// Where the last piece ended, and half of its breadth.
    end: (f64, f64),
    half: f64,
    between: Break,
    forms: usize,
    /// What may still be unpacked for this page.
    left: usize,
    most_text: usize,
    text: String,
}

impl<'a> Walk<'a> {
    /// A walk that ends when it has so many bytes of text.
    pub(crate) fn new(document: &'a Document, most_text: usize) -> Self {
        let state = State { page: IDENTITY, encoding: None, size: 0.0, leading: 0.0, spacing: 0.0 };
        Self {
            document,
            fonts: HashMap::new(),
            state,
            line: IDENTITY,
            pen: IDENTITY,
            end: (0.0, 0.0),
            half: 0.0,
            between: Break::Line,
            forms: 0,
            left: 0,
            most_text,
            text: String::new(),
        }
    }

    /// Whether there is as much text as is read.
    pub(crate) fn is_full(&self) -> bool {
        self.text.len() >= self.most_text
    }

    /// The text of the pages so far.
    pub(crate) fn into_text(mut self) -> String {
        self.text.truncate(self.text.floor_char_boundary(self.most_text));
        self.text
    }

    /// Reads a page whose streams unpack to so many bytes at most.
    pub(crate) fn page(&mut self, page: ObjectId, most_unpacked: usize) -> Result<()> {
        (self.forms, self.left, self.between) = (0, most_unpacked, Break::Line);
        self.state =
            State { page: IDENTITY, encoding: None, size: 0.0, leading: 0.0, spacing: 0.0 };
        let document = self.document;
        let (own, others) = document.get_page_resources(page)?;
        let others = others.into_iter().filter_map(|id| document.get_dictionary(id).ok());
        let resources: Vec<&Dictionary> = own.into_iter().chain(others).collect();
        let content = document.get_page_content_with_limit(page, self.left)?;
        self.left = self.left.saturating_sub(content.len());
        self.content(&content, &resources, 0)
    }

    fn content(&mut self, content: &[u8], from: &[&'a Dictionary], depth: usize) -> Result<()> {
        let mut saved = Vec::new();
        for operation in Content::decode(content)?.operations {
            if self.is_full() {
                break;
            }
            match operation.operator.as_str() {
                "q" if saved.len() < MOST_SAVED => saved.push(self.state.clone()),
                "Q" => self.state = saved.pop().unwrap_or_else(|| self.state.clone()),
                "Do" => self.form(name(&operation), from, depth)?,
                "Tf" => self.font(&operation, from)?,
                _ => self.operation(&operation),
            }
        }
        Ok(())
    }

    /// Sets a font; the piece ends with the one before.
    fn font(&mut self, operation: &Operation, from: &[&'a Dictionary]) -> Result<()> {
        self.between = self.between.max(Break::Blank);
        self.state.size = number(operation, 1);
        let Some(font) = self.resource(from, b"Font", name(operation)) else {
            self.state.encoding = None;
            return Ok(());
        };
        let Ok(font) = font.as_dict() else { return Ok(()) };
        let key = std::ptr::from_ref(font);
        if !self.fonts.contains_key(&key) {
            let encoding = match font.get_font_encoding_with_limit(self.document, self.left) {
                Err(error @ lopdf::Error::Decompress(_)) => return Err(error),
                // Of an encoding that is not known; other pieces may be in others.
                other => other.ok().map(Rc::new),
            };
            self.fonts.insert(key, encoding);
        }
        self.state.encoding = self.fonts.get(&key).cloned().flatten();
        Ok(())
    }

    /// Reads a form within the page, which may have fonts of its own.
    fn form(&mut self, name: &[u8], from: &[&'a Dictionary], depth: usize) -> Result<()> {
        let form = self.resource(from, b"XObject", name).and_then(|form| form.as_stream().ok());
        let is_form = |dict: &Dictionary| {
            dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|kind| kind == b"Form")
        };
        let Some(form) = form.filter(|form| is_form(&form.dict)) else { return Ok(()) };
        if depth == MOST_DEPTH || self.forms == MOST_FORMS {
            return Ok(());
        }
        self.forms += 1;
        let content = form.decompressed_content_with_limit(self.left)?;
        self.left = self.left.saturating_sub(content.len());
        let own = form.dict.get_deref(b"Resources", self.document).and_then(Object::as_dict);
        let own = own.map(|own| vec![own]);
        let before = self.state.clone();
        let matrix = form.dict.get_deref(b"Matrix", self.document).and_then(Object::as_array);
        if let Some(matrix) = matrix.ok().and_then(|numbers| matrix_of(numbers)) {
            self.state.page = product(matrix, self.state.page);
        }
        let read = self.content(&content, own.as_deref().unwrap_or(from), depth + 1);
        self.state = before;
        read
    }

    /// What a name stands for in the nearest resources that have it.
    fn resource(&self, from: &[&'a Dictionary], kind: &[u8], name: &[u8]) -> Option<&'a Object> {
        let document = self.document;
        from.iter().find_map(|resources| {
            let named = resources.get_deref(kind, document).and_then(Object::as_dict).ok()?;
            named.get_deref(name, document).ok()
        })
    }

    fn operation(&mut self, operation: &Operation) {
        let at = |nth| number(operation, nth);
        match operation.operator.as_str() {
            "cm" => {
                if let Some(matrix) = matrix_of(&operation.operands) {
                    self.state.page = product(matrix, self.state.page);
                }
            }
            "BT" => self.goes_to(IDENTITY),
            "Tm" => {
                if let Some(matrix) = matrix_of(&operation.operands) {
                    self.goes_to(matrix);
                }
            }
            "Td" => self.goes_to(moved(at(0), at(1), self.line)),
            "TD" => {
                self.state.leading = -at(1);
                self.goes_to(moved(at(0), at(1), self.line));
            }
            "TL" => self.state.leading = at(0),
            "Tc" => self.state.spacing = at(0),
            "T*" => self.next_line(),
            "'" => {
                self.next_line();
                self.show(operation.operands.first());
            }
            "\"" => {
                self.state.spacing = at(1);
                self.next_line();
                self.show(operation.operands.get(2));
            }
            "Tj" | "TJ" => self.show(operation.operands.first()),
            _ => {}
        }
    }

    fn goes_to(&mut self, line: Matrix) {
        (self.line, self.pen) = (line, line);
    }

    fn next_line(&mut self) {
        self.between = Break::Line;
        self.goes_to(moved(0.0, -self.state.leading, self.line));
    }

    fn show(&mut self, shown: Option<&Object>) {
        match shown {
            Some(Object::String(bytes, _)) => self.piece(bytes),
            Some(Object::Array(parts)) => {
                for part in parts {
                    match part {
                        Object::String(bytes, _) => self.piece(bytes),
                        other => {
                            let back = f64::from(other.as_float().unwrap_or(0.0)) / 1000.0;
                            self.pen = moved(-back * self.state.size, 0.0, self.pen);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn piece(&mut self, bytes: &[u8]) {
        let Some(encoding) = self.state.encoding.clone() else { return };
        let Ok(piece) = encoding.bytes_to_string(bytes) else { return };
        if piece.is_empty() {
            return;
        }
        let begin = product(self.pen, self.state.page);
        match self.between.max(self.gap(begin)) {
            Break::Nothing => {}
            Break::Blank => self.text.push(' '),
            Break::Line => self.text.push('\n'),
        }
        self.text.push_str(&piece);
        let breadth: f64 = piece.chars().map(|c| breadth(c) * self.state.size).sum();
        let spaces = u32::try_from(piece.chars().count()).map_or(0.0, f64::from);
        let breadth = breadth + spaces * self.state.spacing;
        self.pen = moved(breadth, 0.0, self.pen);
        let end = product(self.pen, self.state.page);
        self.end = (end[4], end[5]);
        self.half = breadth * begin[0].hypot(begin[1]) / 2.0;
        self.between = Break::Nothing;
    }

    /// What stands between the last piece and one that begins here: by the distance along the line and across it, in
    /// the font's size.
    fn gap(&self, begin: Matrix) -> Break {
        let scale = begin[0].hypot(begin[1]);
        let size = scale * self.state.size.abs();
        let (x, y) = (begin[4] - self.end.0, begin[5] - self.end.1);
        let along = (x * begin[0] + y * begin[1]) / scale;
        let across = (y * begin[0] - x * begin[1]) / scale;
        // Nor is a number that is none: the comparisons fail.
        let is_on_line = across.abs() < 0.3 * size;
        let is_near = along < size && along > -self.half.max(0.1 * size);
        match (is_on_line && is_near, along.abs() < 0.02 * size) {
            (true, true) => Break::Nothing,
            (true, false) => Break::Blank,
            (false, _) => Break::Line,
        }
    }
}

/// About how broad a character is, in the font's size; the font's own table is not read.
fn breadth(character: char) -> f64 {
    if character.is_ascii() { 0.55 } else { 1.0 }
}

fn name(operation: &Operation) -> &[u8] {
    operation.operands.first().and_then(|name| name.as_name().ok()).unwrap_or_default()
}

fn number(operation: &Operation, nth: usize) -> f64 {
    let number = operation.operands.get(nth).and_then(|number| number.as_float().ok());
    number.map_or(0.0, f64::from)
}

fn matrix_of(numbers: &[Object]) -> Option<Matrix> {
    let numbers: Option<Vec<f64>> =
        numbers.iter().map(|number| number.as_float().ok().map(f64::from)).collect();
    numbers?.try_into().ok()
}
