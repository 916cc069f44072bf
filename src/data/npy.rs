//! Pairs of `NumPy` arrays: `X.npy` and `y.npy` to columns of numbers.
//!
//! Headers and elements are read by the crate `npyz`. It multiplies dimensions without a check and
//! reads nested brackets by recursion, so that a hostile header would overflow a number or the
//! stack; [`check_header`] refuses such headers beforehand.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use npyz::{DType, Deserialize, NpyFile, NpyHeader, Order, TypeChar};

use super::{Data, DataError, Place};

/// Longest header that is read, in bytes. One of a plain array has 118, whatever its shape.
const MAX_HEADER: u64 = 4096;

/// Reads two files. See [`Data::from_npy`].
pub(super) fn read(features: &Path, targets: &Path) -> Result<Data, DataError> {
    pair(open(features)?, open(targets)?)
}

fn open(path: &Path) -> Result<Array<BufReader<File>>, DataError> {
    let file = path.display().to_string();
    let handle = File::open(path).map_err(|source| super::unreadable(&file, source))?;
    let size = handle.metadata().map_err(|source| super::unreadable(&file, source))?.len();
    Array::new(file, BufReader::new(handle), size)
}

/// Columns `x`, `y` for one feature and one target, `x0`, `x1`, ... and `y0`, `y1`, ... for several.
fn pair<R: Read>(x: Array<R>, y: Array<R>) -> Result<Data, DataError> {
    if x.rows != y.rows {
        return Err(DataError::DifferentLengths {
            features: x.file,
            feature_rows: x.rows,
            targets: y.file,
            target_rows: y.rows,
        });
    }
    let (name, targets) = (x.file.clone(), y.width);
    let columns: Vec<String> = numbered("x", x.width).chain(numbered("y", y.width)).collect();
    // Both files hold at least one byte for each of these numbers, so that the product is small.
    let mut values = vec![0.0; x.length * columns.len()];
    let (width, start) = (columns.len(), x.width);
    x.fill(&mut values, width, 0)?;
    y.fill(&mut values, width, start)?;
    Data::new(name, columns, targets, values)
}

fn numbered(letter: &str, width: usize) -> impl Iterator<Item = String> {
    (0..width).map(move |index| if width == 1 { letter.to_owned() } else { format!("{letter}{index}") })
}

/// A vector or matrix whose header was read and whose size was found right.
struct Array<R: Read> {
    file: String,
    npy: NpyFile<R>,
    rows: u64,
    length: usize,
    width: usize,
}

impl<R: Read> Array<R> {
    /// Reads the header; `size` is the size of the whole file in bytes.
    fn new(file: String, mut reader: R, size: u64) -> Result<Self, DataError> {
        let (header, start) = read_header(&file, &mut reader)?;
        let shape = header.shape().to_vec();
        let (rows, columns) = match shape[..] {
            [rows] => (rows, 1),
            [rows, columns] if columns > 0 => (rows, columns),
            _ => return Err(DataError::Shape { data: file, shape }),
        };
        let item = item_size(&header.dtype())
            .ok_or_else(|| DataError::ElementType { data: file.clone(), found: header.dtype().descr() })?;
        let expected = header.len().checked_mul(item).and_then(|bytes| bytes.checked_add(start));
        let expected = expected.ok_or_else(|| not_npy(&file, "its shape is beyond any file"))?;
        if expected != size {
            return Err(DataError::WrongSize { data: file, shape, expected, found: size });
        }
        if rows == 0 {
            return Err(DataError::NoRows { data: file });
        }
        let (Ok(length), Ok(width)) = (usize::try_from(rows), usize::try_from(columns)) else {
            return Err(not_npy(&file, "its shape is beyond the memory"));
        };
        Ok(Self { npy: NpyFile::with_header(header, reader), file, rows, length, width })
    }

    /// Puts the array into columns `start..start + self.width` of row-major `values` of `width` columns.
    fn fill(self, values: &mut [f64], width: usize, start: usize) -> Result<(), DataError> {
        let Self { file, npy, length, width: own, .. } = self;
        let (order, vector) = (npy.order(), npy.shape().len() == 1);
        let mut position = 0;
        let mut put = |value: f64| {
            let (row, column) = match order {
                Order::C => (position / own, position % own),
                Order::Fortran => (position % length, position / length),
            };
            position += 1;
            if !value.is_finite() {
                let index = if vector { vec![row as u64] } else { vec![row as u64, column as u64] };
                let place = Place::Element { file: file.clone(), index };
                return Err(DataError::NotFinite { place, found: value.to_string() });
            }
            values[row * width + start + column] = value;
            Ok(())
        };
        elements(&file, npy, &mut put)
    }
}

/// Size in bytes of an element of a type that we read.
fn item_size(dtype: &DType) -> Option<u64> {
    let DType::Plain(name) = dtype else {
        return None;
    };
    let (kind, size) = (name.type_char(), name.size_field());
    let known = (kind == TypeChar::Float && (size == 4 || size == 8))
        || matches!(kind, TypeChar::Int | TypeChar::Uint | TypeChar::Bool);
    known.then_some(size)
}

/// Hands every element, in the order of the file, to `put`.
#[expect(
    clippy::cast_precision_loss,
    reason = "integers beyond 2^53 are rounded to the nearest f64, as documented"
)]
fn elements<R: Read>(
    file: &str,
    npy: NpyFile<R>,
    put: &mut dyn FnMut(f64) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let dtype = npy.dtype();
    let DType::Plain(name) = &dtype else {
        return Err(DataError::ElementType { data: file.to_owned(), found: dtype.descr() });
    };
    match (name.type_char(), name.size_field()) {
        (TypeChar::Float, 8) => each(file, npy, |value: f64| value, put),
        (TypeChar::Float, 4) => each(file, npy, |value: f32| f64::from(value), put),
        (TypeChar::Int, 8) => each(file, npy, |value: i64| value as f64, put),
        (TypeChar::Int, 4) => each(file, npy, |value: i32| f64::from(value), put),
        (TypeChar::Int, 2) => each(file, npy, |value: i16| f64::from(value), put),
        (TypeChar::Int, 1) => each(file, npy, |value: i8| f64::from(value), put),
        (TypeChar::Uint, 8) => each(file, npy, |value: u64| value as f64, put),
        (TypeChar::Uint, 4) => each(file, npy, |value: u32| f64::from(value), put),
        (TypeChar::Uint, 2) => each(file, npy, |value: u16| f64::from(value), put),
        (TypeChar::Uint, 1) => each(file, npy, |value: u8| f64::from(value), put),
        (TypeChar::Bool, 1) => each(file, npy, |value: bool| f64::from(u8::from(value)), put),
        _ => Err(DataError::ElementType { data: file.to_owned(), found: dtype.descr() }),
    }
}

fn each<T: Deserialize, R: Read>(
    file: &str,
    npy: NpyFile<R>,
    number: impl Fn(T) -> f64,
    put: &mut dyn FnMut(f64) -> Result<(), DataError>,
) -> Result<(), DataError> {
    for value in npy.data::<T>().map_err(|error| not_npy(file, error))? {
        put(number(value.map_err(|source| super::unreadable(file, source))?))?;
    }
    Ok(())
}

/// The header, and where the elements begin, in bytes from the beginning of the file.
fn read_header(file: &str, reader: &mut impl Read) -> Result<(NpyHeader, u64), DataError> {
    let mut bytes = Vec::new();
    let mut take = |bytes: &mut Vec<u8>, count: u64| match reader.by_ref().take(count).read_to_end(bytes) {
        Ok(read) if read as u64 == count => Ok(()),
        Ok(_) => Err(not_npy(file, "it ends within its header")),
        Err(source) => Err(super::unreadable(file, source)),
    };
    take(&mut bytes, 8)?;
    if !bytes.starts_with(b"\x93NUMPY") {
        return Err(not_npy(file, "it does not begin with NUMPY"));
    }
    // Version 1 states the length of the text in two bytes, later ones in four, lowest byte first.
    let version = bytes[6];
    take(&mut bytes, if version == 1 { 2 } else { 4 })?;
    let length = bytes[8..].iter().rev().fold(0, |length, &byte| length << 8 | u64::from(byte));
    if length > MAX_HEADER {
        return Err(not_npy(file, format_args!("its header has {length} bytes")));
    }
    let text = bytes.len();
    take(&mut bytes, length)?;
    check_header(file, &bytes[text..])?;
    let header = NpyHeader::from_reader(&bytes[..]).map_err(|error| not_npy(file, error))?;
    Ok((header, bytes.len() as u64))
}

/// Refuses every header but that of a plain array: one `{`, one `(` with decimal numbers whose
/// product is a `u64`, no `[` and no escapes. So the tuple seen here is the shape that `npyz` sees.
fn check_header(file: &str, text: &[u8]) -> Result<(), DataError> {
    let count = |byte| text.iter().filter(|&&other| other == byte).count();
    if count(b'[') > 0 {
        return Err(DataError::ElementType { data: file.to_owned(), found: "record".to_owned() });
    }
    if count(b'{') != 1 || count(b'(') != 1 || count(b'\\') > 0 {
        return Err(not_npy(file, "its header is not that of a plain array"));
    }
    let shape =
        text.split(|&byte| byte == b'(').nth(1).and_then(|rest| rest.split(|&byte| byte == b')').next());
    let shape = shape.and_then(|shape| str::from_utf8(shape).ok()).unwrap_or("?");
    let numbers = shape.split(',').map(str::trim).filter(|number| !number.is_empty());
    // Zeros count as ones: they must not hide an overflow of the other factors.
    let product = numbers.map(|number| number.parse().map(|size: u64| size.max(1)).ok());
    match product.reduce(|product, size| product?.checked_mul(size?)) {
        Some(None) => Err(not_npy(file, "its shape is not one of a file")),
        Some(Some(_)) | None => Ok(()),
    }
}

/// Only the first line of a reason, and not the excerpt of the header that some have after it.
fn not_npy(file: &str, reason: impl ToString) -> DataError {
    let reason = reason.to_string();
    let reason = reason.lines().next().unwrap_or_default();
    let reason = reason.split_once("-->").map_or(reason, |(before, _)| before);
    DataError::NotNpy { data: file.to_owned(), reason: reason.trim_end_matches([' ', ':']).to_owned() }
}

#[cfg(test)]
mod tests {
    use npyz::{AutoSerialize, WriteOptions, WriterBuilder};
    use proptest::prelude::*;

    use super::*;

    fn file<T: AutoSerialize + Copy>(shape: &[u64], order: Order, elements: &[T]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let options = WriteOptions::new().default_dtype().shape(shape).order(order);
        let mut writer = options.writer(&mut bytes).begin_nd().unwrap();
        writer.extend(elements.iter().copied()).unwrap();
        writer.finish().unwrap();
        bytes
    }

    /// A file whose header is this text.
    fn with_header(text: &str, elements: &[u8]) -> Vec<u8> {
        let length = u16::try_from(text.len()).unwrap().to_le_bytes();
        [b"\x93NUMPY\x01\x00", &length[..], text.as_bytes(), elements].concat()
    }

    fn array(bytes: &[u8]) -> Result<Array<&[u8]>, DataError> {
        Array::new("X.npy".to_owned(), bytes, bytes.len() as u64)
    }

    fn read_pair(x: &[u8], y: &[u8]) -> Result<Data, DataError> {
        let y = Array::new("y.npy".to_owned(), y, y.len() as u64)?;
        pair(array(x)?, y)
    }

    #[test]
    fn both_orders_give_the_same_rows() {
        let y = file(&[2], Order::C, &[7.0, 8.0]);
        for x in [
            file(&[2, 3], Order::C, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            file(&[2, 3], Order::Fortran, &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]),
        ] {
            let data = read_pair(&x, &y).unwrap();
            assert_eq!(data.columns(), ["x0", "x1", "x2", "y"]);
            assert_eq!((data.targets(), data.name()), (1, "X.npy"));
            assert_eq!(data.values(), [1.0, 2.0, 3.0, 7.0, 4.0, 5.0, 6.0, 8.0]);
        }
    }

    #[test]
    fn vectors_and_several_targets() {
        let x = file(&[2], Order::C, &[1.5_f32, 2.5]);
        let y = file(&[2, 2], Order::Fortran, &[3.0, 5.0, 4.0, 6.0]);
        let data = read_pair(&x, &y).unwrap();
        assert_eq!(data.columns(), ["x", "y0", "y1"]);
        assert_eq!((data.targets(), data.values()), (2, &[1.5, 3.0, 4.0, 2.5, 5.0, 6.0][..]));
    }

    #[test]
    fn every_integer_type_is_read() {
        let y = file(&[2], Order::C, &[false, true]);
        for x in [
            file(&[2], Order::C, &[0_i8, 3]),
            file(&[2], Order::C, &[0_i16, 3]),
            file(&[2], Order::C, &[0_i32, 3]),
            file(&[2], Order::C, &[0_i64, 3]),
            file(&[2], Order::C, &[0_u8, 3]),
            file(&[2], Order::C, &[0_u16, 3]),
            file(&[2], Order::C, &[0_u32, 3]),
            file(&[2], Order::C, &[0_u64, 3]),
        ] {
            assert_eq!(read_pair(&x, &y).unwrap().values(), [0.0, 0.0, 3.0, 1.0]);
        }
        let big_endian =
            with_header("{'descr': '>f8', 'fortran_order': False, 'shape': (1,)}", &1.5_f64.to_be_bytes());
        assert_eq!(read_pair(&big_endian, &file(&[1], Order::C, &[2.0])).unwrap().values(), [1.5, 2.0]);
    }

    #[test]
    fn hostile_headers_are_errors() {
        let nested = "(".repeat(3000);
        for (text, why) in [
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "product"),
            (
                "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 4294967296, 4294967296)}",
                "hidden by zero",
            ),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (0xffffffffffffffff, 9)}", "hexadecimal"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,)}", "bytes"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", "negative"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': 5}", "not a tuple"),
            ("{'descr': '<f8', 'shape': (5,)}", "no order"),
            ("{'descr': '<f8', 'fortran_order': False, '\\x73hape': (5,)}", "escape"),
            // What npyz says of this one has six lines.
            ("{'descr': '<f8', 'fortran_order': False, 'shape': ()", "open"),
            ("", "empty"),
            (nested.as_str(), "nested"),
        ] {
            let error = array(&with_header(text, &[])).err();
            assert!(matches!(error, Some(DataError::NotNpy { .. })), "{why}: {error:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_cause_a_panic(
            bytes: Vec<u8>,
            text in "[{(]?'descr': ?'[<>|=][fiubUO][1248]', ?'fortran_order': (True|False), ?'shape': ?\\([0-9, x]{0,24}\\)[}),]{0,3}",
            any_text in "\\PC{0,60}",
            cut in 0_usize..200,
        ) {
            let whole = with_header(&text, &bytes);
            let part = &whole[..cut.min(whole.len())];
            for input in [&bytes[..], &whole, part, &with_header(&any_text, &bytes)] {
                if let Err(error) = read_pair(input, input) {
                    prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error);
                }
            }
        }
    }
}
