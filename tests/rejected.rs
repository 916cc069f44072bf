//! Every kind of error: one wrong input a file in `tests/rejected`, the message as it is shown in `snapshots`.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod snapshot;

use driftproof::language::parse;
use snapshot::settings;
use std::fs;
use std::path::{Path, PathBuf};

fn inputs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rejected");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_error_is_reported_at_its_place() {
    let files = inputs();
    assert!(files.len() > 100, "{} files: is the folder read at all?", files.len());
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let Err(errors) = parse(name, &text) else { panic!("{name} has a meaning") };
        let shown = errors.to_string();
        for error in &errors {
            let place = &text[error.place.span.clone()];
            assert!(
                place.len() < text.len() / 2
                    || name.starts_with("too_deep")
                    || name == "number_too_long.drift",
                "{name}: where?\n{shown}"
            );
        }
        let stem = file.file_stem().unwrap().to_str().unwrap();
        settings().bind(|| insta::assert_snapshot!(format!("rejected__{stem}"), shown));
    }
}

#[test]
fn independent_errors_are_all_reported_and_their_effects_are_not() {
    let text = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rejected/all_errors_at_once.drift"),
    );
    let errors = parse("all.drift", &text.unwrap()).unwrap_err();
    // One a statement, both sides of b; c uses a let that was reported, f is right.
    assert_eq!(errors.iter().count(), 6, "{errors}");
}
