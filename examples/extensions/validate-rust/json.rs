//! A strict JSON reader (RFC 8259, nothing more) that keeps two members and only checks the rest.

use alloc::{string::String, vec::Vec};

/// Stops a payload of nothing but brackets from costing more memory than this, one byte a level.
const MAX_DEPTH: usize = 1_000;

/// Why reading stops early is of no interest to the caller.
type Read<T> = Option<T>;

/// The members wanted; of several of one name the last.
#[derive(Default)]
pub struct Record<'a> {
    pub email: Option<Value<'a>>,
    pub age: Option<Value<'a>>,
}

/// A value; what containers hold is checked and dropped.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    Text(Text<'a>),
    /// As it is written.
    Number(&'a str),
    Literal,
    Container,
}

/// A string as it stands between its quotes.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    raw: &'a str,
    escaped: bool,
}

/// Reads the payload; nothing when it is not UTF-8, not JSON, or neither object nor array.
pub fn read(payload: &[u8]) -> Read<Record<'_>> {
    let text = core::str::from_utf8(payload).ok()?;
    let mut reader = Reader { text, at: 0 };
    let mut record = Record::default();
    let top = reader.document(&mut record)?;
    reader.skip_space();
    (reader.at == text.len() && matches!(top, Value::Container)).then_some(record)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.at += taken as usize;
        taken
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// The text from `start` to here; both are at characters of ASCII.
    fn since(&self, start: usize) -> Read<&'a str> {
        self.text.get(start..self.at)
    }

    /// Reads one value of any depth. No recursion: a guest's stack is small.
    fn document(&mut self, record: &mut Record<'a>) -> Read<Value<'a>> {
        let mut open: Vec<u8> = Vec::new(); // the closing brackets awaited
        let mut top = None;
        let mut name = "";
        loop {
            self.skip_space();
            let first = self.peek()?;
            let container = matches!(first, b'{' | b'[');
            let value = if container { Value::Container } else { self.scalar(first)? };
            if open.is_empty() {
                top = Some(value);
            } else if open.len() == 1 {
                match name {
                    "email" => record.email = Some(value),
                    "age" => record.age = Some(value),
                    _ => {}
                }
            }
            if container {
                if open.len() == MAX_DEPTH {
                    return None;
                }
                self.at += 1;
                open.push(first + 2); // in ASCII the closing bracket is the byte after the next
                self.skip_space();
            }
            if !container || self.peek() == open.last().copied() {
                self.close(&mut open)?;
            }
            let Some(&closing) = open.last() else { return top };
            name = "";
            if closing == b'}' {
                self.skip_space();
                let key = self.key()?;
                if open.len() == 1 {
                    name = key;
                }
            }
        }
    }

    /// Behind a value: takes the brackets that end here, and the comma before the next value.
    fn close(&mut self, open: &mut Vec<u8>) -> Read<()> {
        while let Some(&closing) = open.last() {
            self.skip_space();
            if self.take(b',') {
                break;
            }
            if !self.take(closing) {
                return None;
            }
            open.pop();
        }
        Some(())
    }

    /// Reads a key and its colon; gives the wanted name that it is, or "".
    fn key(&mut self) -> Read<&'static str> {
        if !self.take(b'"') {
            return None;
        }
        let key = self.string()?;
        self.skip_space();
        if !self.take(b':') {
            return None;
        }
        // A key may be written with escapes, too; decoding is left to those.
        let decoded = if key.escaped { key.decode() } else { String::new() };
        let plain = if key.escaped { &decoded } else { key.raw };
        Some(["email", "age"].into_iter().find(|name| *name == plain).unwrap_or(""))
    }

    fn scalar(&mut self, first: u8) -> Read<Value<'a>> {
        match first {
            b'"' => {
                self.at += 1;
                self.string().map(Value::Text)
            }
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => self.number().map(Value::Number),
        }
    }

    fn literal(&mut self, word: &str) -> Read<Value<'a>> {
        self.text.get(self.at..)?.strip_prefix(word)?;
        self.at += word.len();
        Some(Value::Literal)
    }

    /// The opening quote is taken already.
    fn string(&mut self) -> Read<Text<'a>> {
        let start = self.at;
        let mut escaped = false;
        loop {
            match self.peek()? {
                b'"' => break,
                0..=0x1f => return None,
                b'\\' => {
                    escaped = true;
                    self.at += 1;
                    match self.peek()? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                        b'u' => {
                            hex4(self.text.get(self.at + 1..self.at + 5)?)?;
                            self.at += 4;
                        }
                        _ => return None,
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        let raw = self.since(start)?;
        self.at += 1;
        Some(Text { raw, escaped })
    }

    fn number(&mut self) -> Read<&'a str> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        self.since(start)
    }

    fn digits(&mut self) -> Read<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

impl Text<'_> {
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The text without its escapes. Half a surrogate pair has no place in UTF-8: it becomes U+FFFD.
    pub fn decode(&self) -> String {
        let mut out = String::with_capacity(self.raw.len());
        let mut rest = self.raw;
        while let Some((plain, escape)) = rest.split_once('\\') {
            out.push_str(plain);
            let mut characters = escape.chars();
            let letter = characters.next().unwrap_or('\\');
            rest = characters.as_str();
            match letter {
                'b' => out.push('\u{8}'),
                'f' => out.push('\u{c}'),
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push('\t'),
                'u' => out.push(unicode(&mut rest)),
                itself => out.push(itself),
            }
        }
        out.push_str(rest);
        out
    }
}

/// The character of the escape whose `\u` is taken, and of the second half of a pair.
fn unicode(rest: &mut &str) -> char {
    let high = unit(rest, "").unwrap_or(0);
    let mut behind = *rest;
    let point = match unit(&mut behind, "\\u") {
        Some(low @ 0xdc00..=0xdfff) if (0xd800..0xdc00).contains(&high) => {
            *rest = behind;
            0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
        }
        _ => high,
    };
    char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn unit(rest: &mut &str, before: &str) -> Option<u32> {
    let digits = rest.strip_prefix(before)?;
    let unit = hex4(digits.get(..4)?)?;
    *rest = &digits[4..];
    Some(unit)
}

fn hex4(digits: &str) -> Option<u32> {
    digits.bytes().try_fold(0, |unit, byte| Some(unit << 4 | (byte as char).to_digit(16)?))
}
