//! The page of a check: all that it owes its reader, and what a browser makes of it, where there is one.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod browser;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TEXT: &str = "
scalar eta > 0, n > 0
space theta
random X
field u(X): scalar
let step = -eta*mean(grad(u), n)
claim noise: Cov[step] = eta^2/n*Cov[grad(u)]
claim whole: midpoint(step - E[step]) = -eta^2/(2*n)*div(Cov[grad(u)]) + O(eta^3)
claim lost:  midpoint(step - E[step]) = -eta^2/n*div(Cov[grad(u)]) + O(eta^3)
instance toy {
    u     = 1/2*y*norm2(theta)
    data  = rows([[1, 1], [2, 3], [0, 2], [1, 0]], columns = [age, y])
    theta = [0.5, -1]
    eta   = 0.1
    n     = 2
}
";

/// The page of a check of this text, at full level.
fn page(name: &str, text: &str) -> (PathBuf, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (file, page) = (folder.join(name), folder.join(name).with_extension("html"));
    fs::write(&file, text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_driftproof"))
        .current_dir(folder)
        .args(["check", name, "--level", "full", "--seed", "3", "--draws", "20000", "--html"])
        .arg(&page)
        .output()
        .unwrap();
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(&page).unwrap();
    (page, text)
}

/// The part of a page about one claim.
fn card<'a>(page: &'a str, name: &str) -> &'a str {
    let begin = page.find(&format!("<h3>{name} ")).unwrap_or_else(|| panic!("no {name} in\n{page}"));
    page[begin..].split("</article>").next().unwrap()
}

#[test]
fn a_card_says_what_each_reading_found_and_with_which_power() {
    let (_, page) = page("pages-card.drift", TEXT);
    let noise = card(&page, "noise");
    for expected in [
        "proved</span>",
        "<math",
        "With instance toy",
        "the sides agree: they differ by at most",
        "no difference was seen",
        "would have been seen with probability 0.99",
        "wrong claims beside it: factor 2, p = ",
        "pairs of points, seed 3, in a window of standard deviation",
        "around (0.5, -1)",
        "<caption>Both sides by component</caption>",
        "<th scope=\"row\">2,1</th>",
        "both sides, exact in the middle of the window",
    ] {
        assert!(noise.contains(expected), "{expected:?} is missing in\n{noise}");
    }
    // 0.1^2/2 Var[y] theta_i theta_j with Var[y] = 5/4.
    let exact: Vec<&str> =
        noise.split("<td class=\"number\">").skip(1).filter_map(|t| t.split('<').next()).collect();
    assert_eq!(exact[..2], ["0.001563", "0.001563"], "the first component, exactly");
    let lost = card(&page, "lost");
    for expected in [
        "refuted: not as claimed</span>",
        "The right side is twice the left",
        "Proved instead",
        "the sides differ",
        "eta = 0.",
        "over eta^2",
        "the coefficients that differ first, of the power 2",
        "derivative and expectation may be exchanged",
    ] {
        assert!(lost.contains(expected), "{expected:?} is missing in\n{lost}");
    }
    for expected in [
        "Drifts of SGD at instance toy",
        "that chance refutes a true claim in any of them has a probability of at most 0.001 (Holm)",
        "<code>driftproof check --level full --seed 3 --draws 20000 pages-card.drift</code>",
    ] {
        assert!(page.contains(expected), "{expected:?} is missing in\n{page}");
    }
}

/// No console error, no request beside the page itself, every verdict can be heard, nothing is cut off at the side.
#[test]
fn a_browser_shows_it_without_help() {
    let (path, text) = page("pages-browser.drift", TEXT);
    for unwanted in ["<script", "<link", "<img", "src=", "url("] {
        assert!(!text.contains(unwanted), "{unwanted:?} is in the page");
    }
    let widths = [400, 1600];
    let Some(seen) = browser::look(&path, &widths) else {
        eprintln!("there is no chromium here: the page was not rendered");
        return;
    };
    for expected in ["noise proved", "whole proved", "lost refuted: not as claimed"] {
        assert!(seen.names.iter().any(|name| name == expected), "{expected:?} is not in {:?}", seen.names);
    }
    assert_eq!(seen.requests.len(), 1, "the page itself: {:?}", seen.requests);
    assert!(seen.console.is_empty(), "{:?}", seen.console);
    assert_eq!(seen.needed, widths, "the page is as wide as the screen");

    // What would be noticed.
    let wrong = path.with_file_name("pages-wrong.html");
    let lie =
        "<div style=\"width:5000px;height:9px\"></div><script src=\"http://localhost:1/x.js\"></script>";
    let spoilt = text
        .replace("default-src 'none'; ", "")
        .replace("<h2", &format!("{lie}<h2"))
        .replace("<article ", "<article aria-hidden=\"true\" ");
    fs::write(&wrong, spoilt).unwrap();
    let seen = browser::look(&wrong, &widths).unwrap();
    assert!(seen.requests.len() > 1, "a script is asked for: {:?}", seen.requests);
    assert!(!seen.console.is_empty(), "and does not come");
    assert!(
        !seen.names.iter().any(|name| name == "noise proved"),
        "no verdict can be heard: {:?}",
        seen.names
    );
    assert!(seen.needed[0] > 400, "and something is too wide: {:?}", seen.needed);
}
