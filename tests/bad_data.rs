//! Every kind of bad data is refused with a message that says what, where, and what to do.
//!
//! Each file of `tests/bad_data` has one fault, and its message is the snapshot of the same name.
//! Binary arrays, and a file that does not exist, are made here.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod snapshot;

use std::fs;
use std::path::{MAIN_SEPARATOR, Path};

use driftproof::data::{Columns, Data, DataError};

/// The message must be one line, and is kept as a snapshot.
fn assert_message(name: &str, error: &DataError) {
    let message = error.to_string();
    assert_eq!(message.lines().count(), 1, "{name}: one line expected, found {message}");
    snapshot::settings().bind(|| insta::assert_snapshot!(format!("bad_data__{name}"), message));
}

/// What each file is asked for: all columns as features, unless its fault needs more.
fn columns_for(name: &str) -> Columns {
    let columns = Columns::default();
    match name {
        "no_such_target" => columns.with_target("taget"),
        "no_such_feature" => columns.with_features(["Mean Radius", "colour"]),
        "target_among_features" => columns.with_features(["a", "b"]).with_target("b"),
        "chosen_twice" => columns.with_features(["a", "b", "a"]),
        "no_columns" => columns.with_features(Vec::<String>::new()),
        _ => columns,
    }
}

#[test]
fn every_bad_file_is_refused() {
    // The folder is named relative to the package, so that messages hold no path of this machine.
    let folder = Path::new("tests/bad_data");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 20, "found only {} files", files.len());
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        // With `/` on every system.
        let shown = format!("tests/bad_data/{}", file.file_name().unwrap().to_str().unwrap());
        let read = Data::from_csv(shown, &columns_for(name));
        let read = if name == "constant" { read.and_then(Data::standardized) } else { read };
        match read {
            Ok(data) => panic!("{name}: expected an error, found {data:?}"),
            Err(error) => assert_message(name, &error),
        }
    }
}

#[test]
fn a_file_that_does_not_exist_is_refused() {
    let error = Data::from_csv("tests/nowhere.csv", &Columns::default()).unwrap_err();
    assert_message("missing_file", &error);
}

#[test]
fn a_folder_is_refused() {
    // No snapshot: systems name the reason differently.
    let error = Data::from_csv("tests", &Columns::default()).unwrap_err();
    assert!(matches!(error, DataError::Unreadable { .. }), "found {error:?}");
}

#[test]
fn bad_rows_in_memory_are_refused() {
    let ragged = Data::from_rows(&["a", "b"], &[vec![1.0, 2.0], vec![3.0]]).unwrap_err();
    assert_message("rows_ragged", &ragged);
    let infinite = Data::from_rows(&["a", "b"], &[[1.0, f64::NEG_INFINITY]]).unwrap_err();
    assert_message("rows_infinity", &infinite);
    let targets = Data::wine().with_targets(15).unwrap_err();
    assert_message("too_many_targets", &targets);
    let range = Data::from_rows(&["a"], &[[f64::MAX], [f64::MIN]]).unwrap().standardized().unwrap_err();
    assert_message("out_of_range", &range);
}

/// An `.npy` file of format 1.0: magic, length of the header, header, elements.
fn npy(descr: &str, shape: &str, elements: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), elements].concat()
}

fn doubles(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn matrix(shape: &str, values: &[f64]) -> Vec<u8> {
    npy("'<f8'", shape, &doubles(values))
}

/// The error of reading this pair, its files named without their folder.
fn npy_error(name: &str, x: &[u8], y: &[u8]) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bad_data").join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("X.npy"), x).unwrap();
    fs::write(folder.join("y.npy"), y).unwrap();
    let error = Data::from_npy(folder.join("X.npy"), folder.join("y.npy")).unwrap_err();
    error.to_string().replace(&format!("{}{MAIN_SEPARATOR}", folder.display()), "")
}

#[test]
fn every_bad_array_is_refused() {
    let x = matrix("(2, 2)", &[1.0, 2.0, 3.0, 4.0]);
    let y = matrix("(2,)", &[0.0, 1.0]);
    let plain = ["'<f8'", "(2, 2)"];
    let cases = [
        ("npy_nan", matrix("(2, 2)", &[1.0, 2.0, f64::NAN, 4.0]), y.clone()),
        ("npy_infinity", x.clone(), matrix("(2,)", &[0.0, f64::INFINITY])),
        ("npy_three_dimensions", matrix("(2, 1, 1)", &[1.0, 2.0]), y.clone()),
        ("npy_no_dimension", x.clone(), matrix("()", &[1.0])),
        ("npy_no_columns", matrix("(2, 0)", &[]), y.clone()),
        ("npy_no_rows", matrix("(0, 2)", &[]), matrix("(0,)", &[])),
        ("npy_complex", npy("'<c16'", "(2,)", &[0; 32]), y.clone()),
        ("npy_text", x.clone(), npy("'<U3'", "(2,)", &[0; 24])),
        ("npy_half", npy("'<f2'", "(2,)", &[0; 4]), y.clone()),
        ("npy_record", npy("[('a', '<f8')]", "(2,)", &[0; 16]), y.clone()),
        ("npy_different_lengths", x.clone(), matrix("(3,)", &[0.0, 1.0, 0.0])),
        ("npy_cut", npy(plain[0], plain[1], &doubles(&[1.0, 2.0, 3.0])), y.clone()),
        ("npy_too_long", npy(plain[0], plain[1], &[0; 33]), y.clone()),
        ("npy_cut_header", x[..40].to_vec(), y.clone()),
        ("npy_not_npy", b"PK\x03\x04 an archive".to_vec(), y.clone()),
        ("npy_huge", npy("'<f8'", "(99999999999, 99999999999)", &[]), y.clone()),
    ];
    for (name, x, y) in cases {
        let message = npy_error(name, &x, &y);
        assert_eq!(message.lines().count(), 1, "{name}: one line expected, found {message}");
        snapshot::settings().bind(|| insta::assert_snapshot!(format!("bad_data__{name}"), message));
    }
}
