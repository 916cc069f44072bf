//! The program `driftproof drift` as its users meet it: results, exit codes, messages.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

mod oracle;
mod snapshot;

use driftproof::loss::Builtin;
use driftproof::snapshot::{Tolerance, stored};
use oracle::{Case, Scale, cases, root_scale, scale};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// `driftproof drift` in the folder of input files, so that no message holds a path of this machine.
fn drift() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_driftproof"));
    command.arg("drift").current_dir("tests/arguments");
    command
}

fn run(arguments: &[&str]) -> Output {
    drift().args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

/// The document printed, whatever the verdict.
fn json(output: &Output) -> Value {
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A folder of its own for the files of one test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(test);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What is asked for wrongly, one line a mistake; files lie in `tests/arguments`.
#[rustfmt::skip]
const MISTAKES: [(&str, &[&str]); 39] = [
    ("unknown_loss", &["--loss", "logistic_regresion"]),
    ("unknown_option", &["--learning-rate", "1"]),
    ("option_of_another_loss", &["--lambda", "2"]),
    ("option_of_another_loss_with_options", &["--loss", "student_t_regression", "--delta", "2"]),
    ("classes_in_the_name", &["--loss", "softmax_2", "--classes", "2"]),
    ("activation_in_the_name", &["--loss", "mlp_30_2_1_tanh", "--activation", "sine"]),
    ("classes_missing", &["--loss", "softmax"]),
    ("layers_missing", &["--loss", "mlp"]),
    ("layers_do_not_fit", &["--loss", "mlp", "--layers", "3,2,1"]),
    ("layers_not_numbers", &["--loss", "mlp", "--layers", "3,x,1"]),
    ("activation_unknown", &["--loss", "mlp_30_2_1", "--activation", "relu"]),
    ("lambda_negative", &["--loss", "ridge_regression", "--lambda", "-1"]),
    ("lambda_not_a_number", &["--loss", "ridge_regression", "--lambda", "NaN"]),
    ("nu_zero", &["--loss", "student_t_regression", "--nu", "0"]),
    ("file_missing", &["--data", "dogs.csv", "--target", "weight"]),
    ("target_missing", &["--data", "cats.csv"]),
    ("target_unknown", &["--data", "cats.csv", "--target", "wieght"]),
    ("target_of_nothing", &["--loss", "multiplicative_quadratic", "--target", "weight"]),
    ("target_among_features", &["--data", "cats.csv", "--target", "sex", "--features", "age,sex"]),
    ("targets_too_many", &["--data", "cats.csv", "--target", "sex,age"]),
    ("feature_unknown", &["--features", "mean_radius,colour"]),
    ("features_too_many", &["--loss", "multiplicative_quadratic"]),
    ("npy_alone", &["--data", "X.npy"]),
    ("value_out_of_domain", &["--data", "cats.csv", "--target", "weight"]),
    ("theta_too_short", &["--theta", "0.1,0.2,0.3"]),
    ("theta_word_in_list", &["--theta", "0.1,much"]),
    ("theta_no_file", &["--theta", "points.txt"]),
    ("theta_normal_without_seed", &["--theta", "normal:0.5"]),
    ("theta_header_in_file", &["--data", "cats.csv", "--target", "sex", "--features", "age,length", "--theta", "header.txt"]),
    ("theta_word_in_file", &["--data", "cats.csv", "--target", "sex", "--features", "age,length", "--theta", "word.txt"]),
    ("theta_blank_file", &["--data", "cats.csv", "--target", "sex", "--features", "age,length", "--theta", "blank.txt"]),
    ("theta_longer_in_file", &["--data", "cats.csv", "--target", "sex", "--features", "age,length", "--theta", "longer.txt"]),
    ("eta_zero", &["--eta", "0"]),
    ("batch_zero", &["--batch", "0"]),
    ("batch_too_large", &["--without-replacement", "--batch", "570"]),
    ("draws_zero", &["--draws", "0"]),
    ("window_not_a_number", &["--window", "NaN"]),
    ("seed_negative", &["--seed", "-1"]),
    ("threads_zero", &["--threads", "0"]),
];

#[test]
fn every_mistake_is_said_on_standard_error() {
    for (name, arguments) in MISTAKES {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{name}: {output:?}");
        assert!(output.stdout.is_empty(), "{name}: {output:?}");
        let message = text(&output.stderr);
        assert!(message.starts_with("error: "), "{name}: {message}");
        snapshot::settings().bind(|| insta::assert_snapshot!(format!("cli__{name}"), message));
    }
}

/// The arguments that ask for a reference case, its rows written as CSV and its point as a file.
fn arguments(case: &Case) -> Vec<String> {
    let strings = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
    };
    let columns = strings(&case.json["columns"]);
    let rows: Vec<String> =
        case.json["rows"].as_array().unwrap().iter().map(|r| strings(r).join(",")).collect();
    let folder = folder("cases");
    let (data, theta) = (folder.join(format!("{}.csv", case.id)), folder.join(format!("{}.txt", case.id)));
    fs::write(&data, format!("{}\n{}\n", columns.join(","), rows.join("\n"))).unwrap();
    fs::write(&theta, strings(&case.json["theta"]).join(" ")).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let mut arguments: Vec<String> = ["--json", "--draws", "16", "--data"].map(str::to_owned).to_vec();
    arguments.extend([path(&data), "--theta".to_owned(), path(&theta)]);
    for (option, value) in [("--loss", &case.json["loss"]["name"]), ("--eta", &case.json["eta"])] {
        arguments.extend([option.to_owned(), value.as_str().unwrap().to_owned()]);
    }
    arguments.extend(["--batch".to_owned(), case.sgd.batch().to_string()]);
    for (constant, value) in case.json["loss"]["constants"].as_object().unwrap() {
        arguments.extend([format!("--{constant}"), value.as_str().unwrap().to_owned()]);
    }
    if columns.iter().any(|column| column == "y") {
        arguments.extend(["--target", "y"].map(str::to_owned));
    }
    arguments
}

/// All numbers of a field, however deeply nested.
fn numbers(value: &Value, found: &mut Vec<f64>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| numbers(value, found)),
        Value::String(text) => found.push(text.parse().unwrap()),
        Value::Number(number) => found.push(number.as_f64().unwrap()),
        Value::Null | Value::Bool(_) | Value::Object(_) => panic!("{value} among numbers"),
    }
}

/// `|found - expected| / terms`, normwise.
fn error(found: &Value, expected: &Value, terms: f64) -> f64 {
    let [mut a, mut b] = [Vec::new(), Vec::new()];
    numbers(found, &mut a);
    numbers(expected, &mut b);
    assert_eq!(a.len(), b.len(), "{found} instead of {expected}");
    let distance = a.iter().zip(&b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    if distance > 0.0 { distance / terms } else { 0.0 }
}

/// The fields of a case, each with the sum of the absolute values of the terms that it is made of.
fn fields(case: &Case) -> Vec<(&'static str, f64)> {
    let Scale { gradient, hessian, sigma, div_sigma } = scale(&case.problem, &case.theta);
    let (b, db) = root_scale(case);
    let (eta, n, d) = (case.sgd.learning_rate(), case.sgd.batch() as f64, case.theta.len() as f64);
    // B, dB, S and R are promised to sqrt(condition) times as much.
    let root = case.condition.sqrt();
    vec![
        ("f", case.scalar("f").abs()),
        ("G", gradient),
        ("Hbar", hessian),
        ("Sigma", sigma),
        ("D", eta * sigma),
        ("div_Sigma", div_sigma),
        ("half_grad_tr_Sigma", div_sigma),
        ("cov_g_trH", div_sigma),
        ("v_noise", eta / n * div_sigma),
        ("modified_term", eta * hessian * gradient),
        ("B", root * b),
        ("dB", root * db * d.sqrt()),
        ("S", root * b * db),
        ("R", root * b * db),
        ("S_rectangular", b * db * d.sqrt()),
        ("R_rectangular", b * db * d.sqrt()),
    ]
}

#[test]
fn every_reference_case_can_be_asked_for() {
    for case in cases() {
        let document = json(&drift().args(arguments(&case)).output().unwrap());
        let point = &document["points"][0];
        assert_eq!(point["square_root"], case.square_root, "{}", case.id);
        assert_eq!(point["rank"], case.rank, "{}", case.id);
        assert_eq!(document["n"], case.sgd.batch(), "{}", case.id);
        for (field, terms) in fields(&case) {
            let (found, expected) = (&point[field], &case.json["outputs"][field]);
            if expected.is_null() {
                assert_eq!(case.square_root, "rank_drop", "{} {field}", case.id);
                assert_eq!(found["error"]["kind"], "rank_drop", "{} {field}", case.id);
                assert!(found["error"]["message"].as_str().unwrap().contains("kink"), "{} {field}", case.id);
                continue;
            }
            let error = error(found, expected, terms);
            assert!(error <= 1e-12, "{} {field}: error {error:e}, terms {terms:e}, {found}", case.id);
        }
        assert!(point["omitted"].as_array().unwrap().is_empty(), "{}: {point}", case.id);
    }
}

/// The comparison above sees `eta/n` for `eta/2n`.
#[test]
fn the_comparison_with_a_case_sees_a_factor_of_two() {
    let case = cases().into_iter().find(|case| case.id == "logistic-d2-N5").unwrap();
    let doubled: Vec<f64> = case.vector("v_noise").iter().map(|v| 2.0 * v).collect();
    let terms = fields(&case).into_iter().find(|(field, _)| *field == "v_noise").unwrap().1;
    assert!(error(&doubled.into(), &case.json["outputs"]["v_noise"], terms) > 1e-3, "eta/n for eta/2n");
}

#[test]
fn the_example_is_consistent_and_sharp() {
    let output = run(&[]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{output:?}");
    let shown = text(&output.stdout);
    assert!(shown.is_ascii() && !shown.contains('\x1b'), "plain text where there is no terminal");
    assert!(shown.lines().all(|line| line.len() <= 80 && line.trim_end() == line), "{shown}");
    let document = json(&run(&["--json"]));
    let point = &document["points"][0];
    assert_eq!((&document["verdict"], &document["d"]), (&"consistent".into(), &30.into()), "the example");
    let detectable = point["monte_carlo"]["smallest_detectable"]["relative_error"].as_f64().unwrap();
    assert!(detectable < 0.3, "an error of {detectable} would have been seen");
    for name in document["parameters"].as_array().unwrap() {
        let name = name.as_str().unwrap();
        let line = shown.lines().find(|line| line.split_whitespace().next() == Some(name));
        let numbers = line.unwrap().split_whitespace().skip(1).filter(|n| n.parse::<f64>().is_ok()).count();
        assert_eq!(numbers, 5, "{line:?}");
    }
}

/// The text with its numbers settled: libraries of other systems differ in last digits, and so do draws by a little.
fn assert_text(name: &str, arguments: &[&str]) {
    let output = run(arguments);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("snapshots/cli__{name}.snap"));
    let settled =
        Tolerance::new(1e-9, 1e-2).unwrap().settle(stored(path).unwrap().as_deref(), text(&output.stdout));
    snapshot::settings().bind(|| insta::assert_snapshot!(format!("cli__{name}"), settled));
}

#[test]
fn reports_are_as_reviewed() {
    let cats = ["--data", "cats.csv", "--target", "sex", "--features", "age"];
    assert_text("report_example", &[]);
    assert_text(
        "report_two_points",
        &[&cats[..], &["--theta", "0.1", "--theta", "-0.2", "--batch", "1"]].concat(),
    );
    assert_text(
        "report_rank_drop",
        &["--loss", "multiplicative_quadratic", "--data", "cats.csv", "--features", "age", "--draws", "200"],
    );
    assert_text("report_long", &["--loss", "softmax_2", "--draws", "16", "--theta", "normal:0.1:2:3"]);
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let outputs = ["1", "2"].map(|threads| run(&["--json", "--threads", threads]).stdout);
    assert!(outputs[0] == outputs[1], "one thread and two threads differ");
    let other = run(&["--json", "--seed", "2"]).stdout;
    assert!(outputs[0] != other, "another seed gives other draws");
}

#[test]
fn matrices_are_given_as_asked() {
    let omitted = |arguments: &[&str]| {
        let document = json(&run(&[arguments, &["--json", "--draws", "16"]].concat()));
        let names = document["points"][0]["omitted"].as_array().unwrap().len();
        assert!(names == 12 || document["points"][0]["Sigma"].is_array(), "{names} fields are left out");
        names
    };
    assert_eq!(omitted(&[]), 0, "30 parameters");
    assert_eq!(omitted(&["--matrices", "none"]), 12, "none");
    assert_eq!(omitted(&["--loss", "softmax_2"]), 1, "dB of 60 parameters");
    let large = ["--loss", "softmax_7", "--features", "mean_radius"];
    assert_eq!(omitted(&large), 0, "7 parameters");
}

#[test]
fn several_targets_and_arrays_are_read() {
    let network =
        ["--loss", "mlp", "--layers", "2,2,2", "--activation", "sine", "--bias", "--theta", "normal:0.5:3"];
    let ask = |data: &[&str]| json(&run(&[&network[..], data, &["--json", "--draws", "16"]].concat()));
    let csv = ask(&["--data", "cats.csv", "--target", "weight, sex", "--features", "length,age"]);
    let folder = folder("arrays");
    let array = |name: &str, columns: [f64; 8]| {
        let header = format!("{:<117}\n", "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2), }");
        let bytes = columns.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        let path = folder.join(name);
        fs::write(&path, [b"\x93NUMPY\x01\x00\x76\x00", header.as_bytes(), &bytes].concat()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let x = array("X.npy", [46.0, 3.0, 49.0, 7.0, 42.0, 1.0, 47.0, 5.0]);
    let y = array("y.npy", [4.1, 0.0, 5.0, 1.0, 3.2, 1.0, 4.6, 0.0]);
    let npy = ask(&["--data", &x, "--target", &y]);
    assert_eq!(csv["d"], 12, "2 x 2 + 2 + 2 x 2 + 2 parameters");
    assert_eq!(csv["points"], npy["points"], "the same numbers from CSV and from arrays");
    assert_eq!(npy["data"]["features"], serde_json::json!(["x0", "x1"]), "names of columns");
    assert_eq!(csv["loss"]["constants"]["bias"], true, "constants");
}

#[test]
fn points_are_taken_from_lists_files_and_chance() {
    let file = folder("points").join("points.txt");
    fs::write(&file, "0.5, -0.25\n\n1 2\n").unwrap();
    let cats =
        ["--data", "cats.csv", "--target", "sex", "--features", "age,length", "--standardize", "--json"];
    let points =
        ["--theta", file.to_str().unwrap(), "--theta", "-1,1e-3", "--theta", "normal:2:5:2", "--draws", "16"];
    let document = json(&run(&[&cats[..], &points].concat()));
    let theta = |k: usize| &document["points"][k]["theta"];
    assert_eq!(document["points"].as_array().unwrap().len(), 5, "all points");
    let given = serde_json::json!([[0.5, -0.25], [1.0, 2.0], [-1.0, 1e-3]]);
    assert!((0..3).all(|k| theta(k) == &given[k]), "{document}");
    assert_ne!(theta(3), theta(4), "two random points");
    assert_eq!(document["data"]["standardized"], true, "as asked");
}

#[test]
fn help_names_every_loss_and_option() {
    let help = run(&["--help"]).stdout;
    for line in Builtin::catalogue() {
        assert!(text(&help).contains(line.name) && text(&help).contains(line.formula), "{}", line.name);
        for option in line.options {
            assert!(text(&help).contains(&format!("--{option}")), "--{option}");
        }
    }
    for default in ["[default: 0.05]", "[default: 8]", "[default: zeros]", "[default: logistic_regression]"] {
        assert!(text(&help).contains(default), "{default}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    for arguments in [&["--help"][..], &[], &["--json"]] {
        let mut child =
            drift().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{arguments:?}");
    }
}

/// Within a window of 2.5 the drift of a cosine wave averages out to some 1e-6 of its noise, so that 1e11 draws would be
/// needed to see it.
#[cfg(unix)]
#[test]
fn what_is_found_before_an_interrupt_is_printed() {
    let endless = ["--theta", "0.5", "--theta", "1", "--window", "2.5", "--draws", "40000000000", "--json"];
    let loss =
        ["--loss", "cos_wave", "--data", "cats.csv", "--features", "sex", "--target", "age", "--batch", "1"];
    let child =
        drift().args(loss).args(endless).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(sent.success(), "the signal could be sent");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(130), ""), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&document["verdict"], &document["points_asked"]),
        (&"inconclusive".into(), &2.into()),
        "verdict"
    );
    assert_eq!(document["points"].as_array().unwrap().len(), 1, "the second point is never reached");
    let point = &document["points"][0];
    assert_eq!(point["monte_carlo"]["stopped"], "cancelled", "why it stopped");
    assert!(point["v_noise"][0].is_f64(), "the exact drift is known before the first draw");
}
