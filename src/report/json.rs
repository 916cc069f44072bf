//! JSON for programs: one document, every number in all its digits, numbers that are not finite as `null`.

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};

/// Writes a value as JSON, an object's fields on lines of their own and lists on one line.
pub(super) fn write(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Lines { depth: 0 }))?;
    writeln!(out)
}

/// Objects over lines, lists on one line.
struct Lines {
    depth: usize,
}

impl Lines {
    fn new_line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Lines {
    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        self.new_line(out)?;
        out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        self.new_line(out)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_take_lines_and_lists_do_not() {
        let value = serde_json::json!({"a": [[1.0, -0.1], [f64::NAN, 1e300]], "b": {"c": [{"d": "x\n"}]}});
        let mut text = Vec::new();
        write(&mut text, &value).unwrap();
        let text = String::from_utf8(text).unwrap();
        let expected = "{\n  \"a\": [[1.0,-0.1],[null,1e+300]],\n  \"b\": {\n    \"c\": [{\n      \"d\": \"x\\n\"\n    }]\n  }\n}\n";
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value, "and can be read");
    }
}
