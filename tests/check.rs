//! `driftproof check` and `driftproof new` as their users meet them.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const CODE_AS_CLAIMED: i32 = 0;
const CODE_NOT_AS_CLAIMED: i32 = 1;
const CODE_BAD_INPUT: i32 = 2;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A file of its own for one test.
fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path
}

fn driftproof(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_driftproof")).args(arguments).output().unwrap()
}

fn check(path: &Path, more: &[&str]) -> (i32, String) {
    let output = driftproof(&[&["check", path.to_str().unwrap()], more].concat());
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_lost_half_is_found_named_and_explained() {
    let text = fs::read_to_string(repository("derivations/sgd-bias.md")).unwrap();
    assert_eq!(check(&repository("derivations/sgd-bias.md"), &[]).0, CODE_AS_CLAIMED, "as it is shipped");
    let lost = text.replace("let v_noise = -1/2*eta/n*div(Sigma)", "let v_noise = -eta/n*div(Sigma)");
    assert_ne!(text, lost, "the half is there to be lost");
    // Its instance reads data by a path that begins at its folder.
    let data = repository("derivations/data/breast_cancer.csv");
    let lost = lost.replace("data/breast_cancer.csv", data.to_str().unwrap());
    let (code, said) = check(&file("lost-half.md", &lost), &[]);
    assert_eq!(code, CODE_NOT_AS_CLAIMED, "{said}");
    for expected in [
        "error: claim noise_induced is refuted",
        "lost-half.md:109:1",
        "│ claim  noise_induced:  -div(D) = v_noise",
        "^^^ the right side is twice the left",
        "= left less right: ",
        "= for example in dimension 1",
    ] {
        assert!(said.contains(expected), "{expected:?} is missing in\n{said}");
    }
}

#[test]
fn a_refute_that_holds_is_not_as_claimed() {
    let (code, said) =
        check(&file("holds.drift", "space x\nfield p: scalar\nrefute twice: p + p = 2*p\n"), &[]);
    assert_eq!(code, CODE_NOT_AS_CLAIMED, "{said}");
    assert!(
        said.contains("refute twice is proved") && said.contains("it is said to fail, and it holds"),
        "{said}"
    );
}

#[test]
fn errors_of_the_text_are_bad_input_and_other_files_are_checked_all_the_same() {
    let bad = file("bad.drift", "space x\nfield p: scalar\nclaim c: grad(q) = grad(p)\n");
    let good = file("good.drift", "space x\nfield p: scalar\nclaim fine: p = p\n");
    let output = driftproof(&["check", bad.to_str().unwrap(), good.to_str().unwrap()]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(CODE_BAD_INPUT), "{said}");
    assert!(said.contains("q is not declared") || said.contains("no name"), "{said}");
    assert!(said.contains("bad.drift:3:15") && said.contains("fine"), "{said}");
    let missing = driftproof(&["check", "no/such/file.md"]);
    assert_eq!(missing.status.code(), Some(CODE_BAD_INPUT), "a file that is not there");
    assert!(String::from_utf8_lossy(&missing.stdout).contains("no/such/file.md"), "its name");
}

#[test]
fn standard_input_is_read() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_driftproof"))
        .args(["check", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"# Title\n\n```drift\nspace x\nfield p: scalar\nclaim a: p = p\n```\n")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(CODE_AS_CLAIMED), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn json_does_not_depend_on_the_number_of_threads() {
    let path = repository("derivations/as-circulated.md");
    let (_, one) = check(&path, &["--json", "--why", "--threads", "1"]);
    let (_, two) = check(&path, &["--json", "--why", "--threads", "2"]);
    assert_eq!(one, two, "threads");
    let document: serde_json::Value = serde_json::from_str(&one).unwrap();
    assert_eq!(document["as_claimed"], true, "all as claimed");
    let statements = document["files"][0]["statements"].as_array().unwrap();
    let found = |name: &str| statements.iter().find(|s| s["name"] == name).unwrap();
    assert_eq!(found("mean_step")["verdict"], "proved", "a proof");
    assert_eq!(found("mean_step")["dimensions_tried"], serde_json::json!([1, 2, 3]), "its exact instances");
    assert_eq!(
        found("c_drift")["diagnoses"][0]["slip"],
        "factor",
        "the lost half of the third transcription"
    );
    assert_eq!(found("c_intended")["diagnoses"][0]["slip"], "grad_missing", "the lost gradient");
    assert!(
        statements.iter().all(|s| s["kind"] != "refute" || s["diagnoses"].is_array()),
        "every slip has a name"
    );
}

#[test]
fn a_verdict_is_explained_step_by_step() {
    let path = repository("derivations/sgd-bias.md");
    let (code, said) = check(&path, &["--explain", "two_halves"]);
    assert_eq!(code, CODE_AS_CLAIMED, "{said}");
    for expected in [
        "claim two_halves:",
        "Terms of the left side",
        "Left less right",
        "none",
        "proved: the sides are equal",
    ] {
        assert!(said.contains(expected), "{expected:?} is missing in\n{said}");
    }
    let (_, latex) = check(&path, &["--explain", "two_halves", "--form", "latex"]);
    assert!(latex.contains("\\begin{align*}") && latex.contains("\\nabla"), "{latex}");
    let output = driftproof(&["check", path.to_str().unwrap(), "--explain", "no_such_claim"]);
    assert_eq!(output.status.code(), Some(CODE_BAD_INPUT), "no such claim");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no_such_claim"), "its name");
}

#[test]
fn a_new_derivation_is_as_claimed_and_never_overwritten() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new.md");
    let _ = fs::remove_file(&path);
    assert_eq!(driftproof(&["new", path.to_str().unwrap()]).status.code(), Some(0), "written");
    assert_eq!(check(&path, &[]).0, CODE_AS_CLAIMED, "every claim of it");
    fs::write(&path, "mine").unwrap();
    let again = driftproof(&["new", path.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(CODE_BAD_INPUT), "it is there already");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine", "and left as it is");
}
