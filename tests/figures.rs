//! Pictures in pages: whatever the numbers of a figure, its page is well formed, says what is left out, and tells the numbers
//! to who does not see.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use driftproof::report::{SystemRun, SystemsReport};
use driftproof::systems::{Figure, Outcome, Series, Style, gallery};

fn series(name: &str, style: Style, points: &[(f64, f64)], errors: &[f64]) -> Series {
    Series { name: name.to_owned(), style, points: points.to_vec(), errors: errors.to_vec() }
}

fn figure(logarithmic: (bool, bool), series: Vec<Series>) -> Figure {
    let text = |text: &str| text.to_owned();
    Figure { title: text("a < b & c"), x_axis: text("x_1"), y_axis: text("p(x)"), logarithmic, series }
}

/// The page of a run that shows these figures.
fn page(figures: Vec<Figure>) -> String {
    let outcome = Outcome { findings: Vec::new(), figures, statements: Vec::new() };
    let runs = [SystemRun { system: &gallery()[0], parameters: Vec::new(), outcome }];
    let report = SystemsReport { runs: &runs, asked: 1, seed: 1, quick: true, statements: None };
    let mut out = Vec::new();
    report.write_html(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The texts between these two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from).skip(1).map(|rest| rest.split(to).next().unwrap()).collect()
}

#[test]
fn awkward_numbers_give_sound_pictures() {
    let awkward = [f64::NAN, f64::NEG_INFINITY, -1e300, -1.0, 0.0, 5e-324, 1e-12, 1.0, 1e12, f64::MAX];
    let mut figures = Vec::new();
    for logarithmic in [(false, false), (true, false), (false, true), (true, true)] {
        let shapes: Vec<Vec<(f64, f64)>> = vec![
            Vec::new(),
            vec![(1.0, 1.0)],
            vec![(1.0, 3.0), (2.0, 3.0)],
            awkward.iter().flat_map(|x| awkward.map(|y| (*x, y))).collect(),
        ];
        for points in shapes {
            let errors: Vec<f64> = points.iter().map(|(_, y)| y.abs()).collect();
            figures.push(figure(
                logarithmic,
                vec![
                    series("line", Style::Line, &points, &[]),
                    series("dashed", Style::Dashed, &points, &[]),
                    series("points", Style::Points, &points, &errors),
                ],
            ));
        }
    }
    let count = figures.len();
    let page = page(figures);
    assert_eq!(between(&page, "<svg", "</svg>").len(), count, "a picture each");
    for picture in between(&page, "<svg", "</svg>") {
        for path in between(picture, " d=\"", "\"") {
            assert!(!path.contains("NaN") && !path.contains("inf"), "{path}");
        }
    }
    assert!(
        page.contains("are left out: not finite") && page.contains("not positive, on a logarithmic axis")
    );
    assert!(page.contains("a &lt; b &amp; c") && !page.contains("a < b"), "titles are escaped");
}

#[test]
fn six_series_of_a_kind_look_different_without_colour() {
    let all = |style| {
        (0..6_u8)
            .map(|k| {
                series(&format!("series {k}"), style, &[(0.0, f64::from(k)), (1.0, f64::from(k) + 1.0)], &[])
            })
            .collect::<Vec<_>>()
    };
    let page = page(vec![
        figure((false, false), all(Style::Points)),
        figure((false, false), all(Style::Line)),
        figure((false, false), all(Style::Dashed)),
    ]);
    let pictures = between(&page, "<svg", "</svg>");
    for (picture, class) in [(pictures[0], "mark"), (pictures[1], "open")] {
        let groups: Vec<&str> =
            between(picture, "<g class=", "</g>").into_iter().filter(|g| g.contains(class)).collect();
        // The commands of a path without its numbers, and how many corners it has.
        let shape = |group: &&str| {
            let path = between(group, &format!("class=\"{class}\" d=\""), "\"")[0];
            let numbers: Vec<f64> = path
                .split(|c: char| c.is_ascii_alphabetic() || c == ' ')
                .filter_map(|n| n.parse().ok())
                .collect();
            let commands: String = path.chars().filter(char::is_ascii_alphabetic).collect();
            let (x, y) = (numbers[0], numbers[1]);
            let from_first: Vec<String> =
                numbers.chunks(2).map(|p| format!("{:.0},{:.0}", p[0] - x, p[1] - y)).collect();
            if commands.contains('a') { commands } else { from_first.join(" ") }
        };
        let mut shapes: Vec<String> = groups.iter().take(6).map(shape).collect();
        shapes.sort();
        shapes.dedup();
        assert_eq!(shapes.len(), 6, "{class}: {shapes:?}");
    }
    let dashes = (1..=6).filter(|k| pictures[2].contains(&format!(" d{k}\""))).count();
    assert_eq!(dashes, 6, "six kinds of dashes");
}

#[test]
fn a_picture_says_its_numbers_and_what_its_bars_are() {
    let page = page(vec![figure(
        (false, false),
        vec![
            series("exact", Style::Line, &[(0.0, 0.5), (1.0, 0.25)], &[]),
            series("simulated", Style::Points, &[(0.5, 0.375)], &[0.0125]),
        ],
    )]);
    let told = between(&page, "<desc", "</desc>")[0];
    for words in ["from 0.5000 at 0 to 0.2500 at 1.000", "0.3750 ± 0.01250 at 0.5000", "Horizontal axis: x_1"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(page.contains("Bars: 2 standard errors"), "what bars are");
}
