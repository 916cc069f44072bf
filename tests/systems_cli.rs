//! The programs `driftproof systems` and `driftproof trace` as their users meet them: results, pages, exit codes, messages.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use driftproof::systems::gallery;
use driftproof::trace::Row;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_driftproof"));
    command.args(arguments).current_dir("tests/arguments");
    command
}

fn run(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

/// Standard output of a run that ends with this code.
fn printed(arguments: &[&str], code: i32) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    text(&output.stdout).to_owned()
}

/// Standard error of a run that ends as bad input does, with nothing printed.
fn refused(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    text(&output.stderr).to_owned()
}

fn file(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("systems_cli");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// What every page must be: alone, without scripts, with landmarks, each id once, every element closed.
fn check_page(page: &str) {
    for loads in
        ["http:", "https:", "<script", "<link", "<img", "<iframe", "src=", "url(", "@import", "javascript:"]
    {
        assert!(!page.contains(loads), "the page has {loads}");
    }
    for part in [
        "<!DOCTYPE html>",
        "<html lang=\"en\">",
        "<main",
        "<header>",
        "class=\"skip\"",
        "prefers-color-scheme: dark",
        "@media print",
    ] {
        assert!(page.contains(part), "the page lacks {part}");
    }
    let mut open: Vec<&str> = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    let (_, body) = page.split_once("</style>").unwrap();
    for piece in body.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').unwrap();
        ids.extend(tag.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()));
        let name = tag.split([' ', '\n']).next().unwrap();
        match name.strip_prefix('/') {
            Some("head" | "html") => {}
            Some(name) => assert_eq!(open.pop(), Some(name), "{piece}"),
            None if name == "br" || tag.ends_with('/') => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?} are not closed");
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id is there twice");
    let linked = page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next());
    for link in linked {
        assert!(ids.contains(&link), "a link to {link}, which is not there");
    }
}

#[test]
fn the_list_names_every_system() {
    let list = printed(&["systems"], 0);
    let document: Value = serde_json::from_str(&printed(&["systems", "--json"], 0)).unwrap();
    let entries = document["gallery"].as_array().unwrap();
    assert_eq!(entries.len(), gallery().len(), "all of them");
    for (system, entry) in gallery().iter().zip(entries) {
        assert!(list.lines().any(|line| line.starts_with(system.name)), "{}", system.name);
        assert_eq!(entry["name"], system.name, "in their order");
        assert_eq!(entry["parameters"].as_array().unwrap().len(), system.parameters.len(), "{}", system.name);
    }
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
}

#[test]
fn the_help_of_a_system_lists_its_parameters_with_ranges() {
    for system in gallery() {
        let help = printed(&["systems", system.name, "--help"], 0);
        for parameter in system.parameters {
            let (_, rest) = help.split_once(&format!("--{} VALUE", parameter.name)).unwrap();
            let own: String =
                rest.split("\n  --").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                own.contains(parameter.meaning) && own.contains(" to ") && own.contains("default"),
                "{own}"
            );
        }
    }
    assert!(printed(&["systems", "--help"], 0).contains("--quick"), "the options of all");
}

#[test]
fn what_is_asked_for_wrongly_is_said() {
    let wrong = refused(&["systems", "polen"]);
    assert!(wrong.contains("'pollen'"), "the nearest name: {wrong}");
    let wrong = refused(&["systems", "swarm", "--kapa", "1"]);
    assert!(wrong.contains("'--kappa'"), "the nearest parameter: {wrong}");
    let wrong = refused(&["systems", "pollen", "--kappa", "1"]);
    assert!(wrong.contains("\"pollen\" has no parameter \"kappa\"; it has"), "of another system: {wrong}");
    let wrong = refused(&["systems", "pollen", "rock-pile", "--kappa", "1"]);
    assert!(wrong.contains("none of these systems has this parameter"), "of none: {wrong}");
    let wrong = refused(&["systems", "--kappa", "1"]);
    assert!(wrong.contains("of which system?"), "of nothing: {wrong}");
    let wrong = refused(&["systems", "swarm", "--kappa", "-1"]);
    assert!(wrong.contains("kappa is -1; it is a number from"), "the range: {wrong}");
    let wrong = refused(&["systems", "swarm", "--R", "2.5"]);
    assert!(wrong.contains("R is 2.5; it is a whole number from"), "the kind: {wrong}");
    let wrong = refused(&["systems", "swarm", "--kappa", "NaN"]);
    assert!(wrong.contains("finite number"), "no number: {wrong}");
    let wrong = refused(&["systems", "--all", "swarm"]);
    assert!(wrong.contains("cannot be used with"), "one or all: {wrong}");
    let wrong = refused(&["trace", "--theta", "normal:1:1:2"]);
    assert!(wrong.contains("2 points are given, and a run has one start"), "several starts: {wrong}");
}

#[test]
fn a_system_gives_text_json_and_a_page_of_the_same_numbers() {
    let page = file("rock-pile.html");
    let arguments = ["systems", "rock-pile", "--quick", "--seed", "3", "--threads", "2"];
    let html = ["--html", page.to_str().unwrap()];
    let report = printed(&[&arguments[..], &html].concat(), 0);
    let document: Value = serde_json::from_str(&printed(&[&arguments[..], &["--json"]].concat(), 0)).unwrap();
    assert_eq!(document["format"], 1, "the schema's version");
    assert_eq!((&document["seed"], &document["quick"]), (&3.into(), &true.into()), "settings");
    assert_eq!((&document["verdict"], &document["as_claimed"]), (&"holds".into(), &true.into()), "verdict");
    let page = fs::read_to_string(page).unwrap();
    check_page(&page);
    let system = &document["systems"][0];
    let findings = system["findings"].as_array().unwrap();
    assert!(!findings.is_empty(), "it shows something");
    let flat: String = report.split_whitespace().collect::<Vec<_>>().join(" ");
    for finding in findings {
        let what = finding["what"].as_str().unwrap();
        assert!(flat.contains(what), "{what} in the text");
        let escaped =
            what.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;");
        assert!(page.contains(&escaped), "{what} in the page");
    }
    assert_eq!(
        page.matches("<svg").count(),
        system["figures"].as_array().unwrap().len(),
        "a picture a figure"
    );
    assert_eq!(page.matches("role=\"img\"").count(), page.matches("<desc").count(), "each told in words");
    assert!(report.lines().all(|line| line.chars().count() <= 80), "{report}");
}

#[test]
fn parameters_and_seeds_reach_the_system_and_threads_change_nothing() {
    let ask = |more: &[&str]| printed(&[&["systems", "rock-pile", "--quick", "--json"], more].concat(), 0);
    let plain = ask(&["--threads", "1"]);
    assert!(plain == ask(&["--threads", "2"]), "one thread and two");
    assert!(plain != ask(&["--seed", "2"]), "another seed");
    let other: Value = serde_json::from_str(&ask(&["--contrast", "0.7"])).unwrap();
    assert_eq!(other["systems"][0]["parameters"]["contrast"], 0.7, "the value given");
    let plain: Value = serde_json::from_str(&plain).unwrap();
    assert_ne!(plain["systems"][0]["findings"], other["systems"][0]["findings"], "other numbers");
}

#[cfg(unix)]
#[test]
fn what_is_finished_before_an_interrupt_is_printed() {
    let mut child =
        program(&["systems", "rock-pile", "training-run", "--runs", "200", "--steps", "200000", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
    // The second system takes minutes; the first is done by then, or is not reached.
    std::thread::sleep(std::time::Duration::from_secs(8));
    assert!(child.try_wait().unwrap().is_none(), "still running");
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(sent.success(), "the signal could be sent");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(130), ""), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&document["interrupted"], &document["systems_asked"]),
        (&true.into(), &2.into()),
        "{document}"
    );
    assert!(document["systems"].as_array().unwrap().len() < 2, "the second is not finished");
    assert_eq!(document["as_claimed"], false, "what was not reached is not claimed");
}

#[test]
fn a_run_is_followed_as_table_summary_json_and_page() {
    let (csv, page) = (file("run.csv"), file("run.html"));
    let run = ["trace", "--steps", "200", "--every", "50"];
    let table = printed(&run, 0);
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some(&*Row::COLUMNS.join(",")), "the header");
    let steps: Vec<&str> = lines.map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(steps, ["0", "50", "100", "150", "200"], "looks as asked for");
    let files = ["--csv", csv.to_str().unwrap(), "--html", page.to_str().unwrap()];
    let summary = printed(&[&run[..], &files].concat(), 0);
    assert!(summary.contains("mean gradient |G|") && !summary.contains("noise_induced,"), "{summary}");
    assert!(summary.lines().all(|line| line.chars().count() <= 80), "{summary}");
    assert_eq!(fs::read_to_string(csv).unwrap(), table, "the same table in the file");
    check_page(&fs::read_to_string(page).unwrap());
    let document: Value = serde_json::from_str(&printed(&[&run[..], &["--json"]].concat(), 0)).unwrap();
    let second = table.lines().nth(2).unwrap().split(',').nth(4).unwrap();
    assert_eq!(document["columns"]["noise_induced"][1], second.parse::<f64>().unwrap(), "all digits");
    assert_eq!(document["dominant"][0]["term"], "gradient", "at the start the mean gradient is the largest");
}

#[test]
fn a_file_that_cannot_be_written_is_an_error() {
    let output = run(&["trace", "--steps", "2", "--html", "no/such/folder/page.html"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(text(&output.stderr).contains("no/such/folder/page.html cannot be written"), "{output:?}");
}
