//! Reads CSV and JSON lines row by row, so that a file of any length needs the memory of one row.

use std::io::{BufRead, BufReader, Chain, Read};

use serde_json::{Map, Value};

use super::record::{BadField, COLUMNS, Record, column};

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180 with a header line, in UTF-8.
    Csv,
    /// One JSON object per line, in UTF-8.
    Jsonl,
}

/// Why a file, or the rest of it, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("the first line must name the columns: {}", COLUMNS.join(", "))]
    NoHeader,
    /// The names of all unknown columns.
    #[error("{columns} of the first line: none of {}", COLUMNS.join(", "))]
    UnknownColumns { columns: String },
    #[error("column {0} stands twice in the first line")]
    RepeatedColumn(&'static str),
    /// The error of the CSV reader names positions and no values.
    #[error("{0}")]
    Csv(String),
}

/// A row, or its errors.
pub type Row = Result<Record, Vec<BadField>>;

/// The rows of a file, in order.
pub struct Rows<R: Read>(Lines<R>);

enum Lines<R: Read> {
    /// A line end is appended to the file, so that every row has one.
    Csv {
        reader: csv::Reader<Chain<R, &'static [u8]>>,
        columns: Vec<&'static str>,
        record: csv::ByteRecord,
    },
    Jsonl {
        reader: BufReader<R>,
        line: u64,
        bytes: u64,
        buffer: Vec<u8>,
    },
}

impl<R: Read> Rows<R> {
    /// Starts reading. The header of a CSV file is read at once.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn new(file: R, format: Format) -> Result<Self, ReadError> {
        let lines = match format {
            Format::Csv => {
                // With its default, the reader leaves the LF of CR LF to the next row and counts one line too few. With LF
                // alone, the CR stays at the end of the last field, where blanks are dropped.
                let mut reader = csv::ReaderBuilder::new()
                    .flexible(true)
                    .terminator(csv::Terminator::Any(b'\n'))
                    .from_reader(file.chain(&b"\n"[..]));
                let columns = header(reader.byte_headers().map_err(csv_error)?)?;
                Lines::Csv { reader, columns, record: csv::ByteRecord::new() }
            }
            Format::Jsonl => {
                Lines::Jsonl { reader: BufReader::new(file), line: 0, bytes: 0, buffer: Vec::new() }
            }
        };
        Ok(Self(lines))
    }

    /// Returns the next row; `None` at the end.
    ///
    /// # Errors
    /// [`ReadError`] when the rest of the file cannot be read.
    pub fn next_row(&mut self) -> Result<Option<Row>, ReadError> {
        match &mut self.0 {
            Lines::Csv { reader, columns, record } => {
                while reader.read_byte_record(record).map_err(csv_error)? {
                    if record.len() == 1 && record[0].trim_ascii().is_empty() {
                        continue;
                    }
                    // The position of the record itself is that of the empty lines before it.
                    let inside = record.as_slice().split(|&byte| byte == b'\n').count() as u64;
                    let line = reader.position().line().saturating_sub(inside);
                    return Ok(Some(from_csv(record, columns, line)));
                }
                Ok(None)
            }
            Lines::Jsonl { reader, line, bytes, buffer } => loop {
                buffer.clear();
                let read = reader.read_until(b'\n', buffer)?;
                if read == 0 {
                    return Ok(None);
                }
                *line += 1;
                *bytes += read as u64;
                let text = match *line {
                    1 => buffer.strip_prefix(b"\xef\xbb\xbf").unwrap_or(buffer),
                    _ => buffer,
                };
                if !text.trim_ascii().is_empty() {
                    return Ok(Some(from_json(text, *line)));
                }
            },
        }
    }

    /// Returns the number of bytes that were read. At the end it can be one more than the length of the file.
    #[must_use]
    pub fn position(&self) -> u64 {
        match &self.0 {
            Lines::Csv { reader, .. } => reader.position().byte(),
            Lines::Jsonl { bytes, .. } => *bytes,
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn csv_error(error: csv::Error) -> ReadError {
    ReadError::Csv(error.to_string())
}

fn header(names: &csv::ByteRecord) -> Result<Vec<&'static str>, ReadError> {
    let (mut columns, mut unknown) = (Vec::new(), Vec::new());
    for (index, name) in names.iter().enumerate() {
        let name = std::str::from_utf8(name).unwrap_or_default().trim();
        match column(name) {
            Some(known) if columns.contains(&known) => return Err(ReadError::RepeatedColumn(known)),
            Some(known) => columns.push(known),
            None => unknown.push((index + 1, name)),
        }
    }
    if !unknown.is_empty() {
        // Without a single known name the first line may be a row of somebody: it is not repeated.
        let shown = |name: &str| !columns.is_empty() && is_plain(name);
        let told = unknown.iter().map(|(number, name)| {
            if shown(name) { format!("column {number} ({name})") } else { format!("column {number}") }
        });
        return Err(ReadError::UnknownColumns { columns: told.collect::<Vec<_>>().join(", ") });
    }
    if columns.is_empty() { Err(ReadError::NoHeader) } else { Ok(columns) }
}

/// Whether a text looks like the name of a column, and not like a value.
fn is_plain(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

fn from_csv(record: &csv::ByteRecord, columns: &[&'static str], line: u64) -> Row {
    if record.len() != columns.len() {
        let reason = format!("has {} fields where the first line has {}", record.len(), columns.len());
        return Err(vec![BadField::new(line, "row", reason)]);
    }
    let (mut out, mut bad) = (Record::at(line), Vec::new());
    for (column, value) in columns.iter().zip(record) {
        match std::str::from_utf8(value) {
            Ok(value) => out.set(column, value),
            Err(_) => bad.push(BadField::new(line, column, "is not UTF-8")),
        }
    }
    if bad.is_empty() { Ok(out) } else { Err(bad) }
}

/// The reader of JSON quotes values in what it says, so its words stay behind.
fn from_json(text: &[u8], line: u64) -> Row {
    let object: Map<String, Value> = serde_json::from_slice(text)
        .map_err(|_| vec![BadField::new(line, "row", "is not a JSON object in UTF-8")])?;
    let (mut out, mut bad) = (Record::at(line), Vec::new());
    for (name, value) in &object {
        let Some(column) = column(name) else {
            let member = if is_plain(name) { format!("the member {name}") } else { "a member".into() };
            bad.push(BadField::new(line, "row", format!("has {member}, which is none of the columns")));
            continue;
        };
        match value {
            Value::Null => {}
            Value::String(text) => out.set(column, text),
            Value::Array(words) if column == "roles" => {
                let words: Option<Vec<String>> =
                    words.iter().map(|word| word.as_str().map(str::to_owned)).collect();
                match words {
                    Some(words) => out.roles = words,
                    None => bad.push(BadField::new(line, column, "must be a list of strings")),
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                bad.push(BadField::new(line, column, "must be a string"));
            }
        }
    }
    if bad.is_empty() { Ok(out) } else { Err(bad) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &[u8], format: Format) -> Result<Vec<Row>, ReadError> {
        let mut rows = Rows::new(text, format)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next_row()? {
            out.push(row);
        }
        assert!(rows.position() >= text.len() as u64, "all of it was read");
        Ok(out)
    }

    fn errors(row: &Row) -> Vec<(u64, &'static str, &str)> {
        let bad = row.as_ref().err().map(Vec::as_slice).unwrap_or_default();
        bad.iter().map(|bad| (bad.line, bad.field, bad.reason.as_str())).collect()
    }

    #[test]
    fn csv_in_any_order_of_columns() {
        let text = "\u{feff}email, username,roles\r\n a@example.com ,\"li \"\"lei\"\"\",\"a, b;c d\"\r\n,\"two\nlines\",\r\nx,y,\r\n";
        let rows = rows(text.as_bytes(), Format::Csv).unwrap();
        let first = rows[0].as_ref().ok().unwrap();
        assert_eq!((first.line, first.email.as_deref()), (2, Some("a@example.com")));
        assert_eq!(first.username.as_deref(), Some("li \"lei\""));
        assert_eq!(first.roles, ["a", "b", "c", "d"]);
        let second = rows[1].as_ref().ok().unwrap();
        assert_eq!((second.line, second.email.as_deref()), (3, None));
        assert!(second.roles.is_empty() && second.mobile.is_none());
        assert_eq!(rows[2].as_ref().ok().unwrap().line, 5, "lines are counted, not rows");
    }

    #[test]
    fn lines_are_those_that_an_editor_shows() {
        let lines = |text: &str| -> Vec<u64> {
            let rows = rows(text.as_bytes(), Format::Csv).unwrap();
            rows.iter().map(|row| row.as_ref().map_or_else(|bad| bad[0].line, |row| row.line)).collect()
        };
        for end in ["\n", "\r\n"] {
            let text = ["username,email", "a,b", "", "", "\"c", "d\",e", "f", "g,h"].join(end);
            assert_eq!(lines(&text), [2, 5, 7, 8], "{end:?}");
            assert_eq!(lines(&(text + end)), [2, 5, 7, 8], "{end:?}");
        }
    }

    #[test]
    fn csv_rows_that_do_not_fit_are_told_and_the_next_is_read() {
        let rows = rows(b"username,email\na\nb,c,d\n\xff,e\nf,g\n", Format::Csv).unwrap();
        assert_eq!(errors(&rows[0]), [(2, "row", "has 1 fields where the first line has 2")]);
        assert_eq!(errors(&rows[1]), [(3, "row", "has 3 fields where the first line has 2")]);
        assert_eq!(errors(&rows[2]), [(4, "username", "is not UTF-8")]);
        assert!(rows[3].is_ok());
    }

    #[test]
    fn a_header_that_cannot_stand_stops_everything() {
        let error = |text: &str| rows(text.as_bytes(), Format::Csv).err().unwrap().to_string();
        assert!(error("").starts_with("the first line must name the columns: username, nickname"));
        assert!(
            error("username,e-mail\n").starts_with("column 2 (e-mail) of the first line: none of username")
        );
        let django = "id,username,is_active,Zhang San,email\n";
        assert!(
            error(django).starts_with("column 1 (id), column 3 (is_active), column 4 of the first line:")
        );
        assert_eq!(error("email,username,email\n"), "column email stands twice in the first line");
        assert!(!error("13800138000\n").contains("138"), "a row in place of the header is not shown");
    }

    #[test]
    fn json_lines() {
        let text = "\u{feff}{\"username\":\"li\",\"roles\":[\"a\",\"b c\"],\"email\":null}\r\n\n{\"mobile\":13800138000}\n\
                    {\"mobile\":\"1380013\n[]\n{\"phone\":\"x\",\"roles\":[1]}\n{\"roles\":\"a b\",\"nickname\":\"  \"}";
        let rows = rows(text.as_bytes(), Format::Jsonl).unwrap();
        let first = rows[0].as_ref().ok().unwrap();
        assert_eq!(first.roles, ["a", "b c"], "a role in a list is taken as it stands");
        assert_eq!(errors(&rows[1]), [(3, "mobile", "must be a string")]);
        assert_eq!(errors(&rows[2]), [(4, "row", "is not a JSON object in UTF-8")]);
        assert_eq!(errors(&rows[3]), [(5, "row", "is not a JSON object in UTF-8")]);
        assert_eq!(
            errors(&rows[4]),
            [
                (6, "row", "has the member phone, which is none of the columns"),
                (6, "roles", "must be a list of strings")
            ]
        );
        let last = rows[5].as_ref().ok().unwrap();
        assert_eq!((last.line, last.nickname.as_deref()), (7, None));
        assert_eq!(last.roles, ["a", "b"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut csv = b"username,email\n".to_vec();
            csv.extend(&bytes);
            let _ = rows(&csv, Format::Csv);
            let _ = rows(&bytes, Format::Jsonl);
        }

        #[test]
        fn what_was_written_is_read(values in prop::collection::vec("\\PC{0,20}", 1..20)) {
            let mut csv = csv::Writer::from_writer(Vec::new());
            csv.write_record(["nickname", "email"]).unwrap();
            let mut json = String::new();
            for value in &values {
                csv.write_record([value.as_str(), "x"]).unwrap();
                json.push_str(&serde_json::json!({ "nickname": value, "email": "x" }).to_string());
                json.push('\n');
            }
            let expected: Vec<Option<String>> =
                values.iter().map(|value| Some(value.trim().to_owned()).filter(|value| !value.is_empty())).collect();
            for (text, format) in [(csv.into_inner().unwrap(), Format::Csv), (json.into_bytes(), Format::Jsonl)] {
                let read = rows(&text, format).unwrap();
                let read: Vec<_> = read.into_iter().map(|row| row.ok().unwrap().nickname).collect();
                prop_assert_eq!(&read, &expected);
            }
        }
    }
}
