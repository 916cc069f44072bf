use super::*;

fn series(name: &str, style: Style, points: &[(f64, f64)], errors: &[f64]) -> Series {
    Series { name: name.to_owned(), style, points: points.to_vec(), errors: errors.to_vec() }
}

fn figure(logarithmic: (bool, bool), series: Vec<Series>) -> Figure {
    Figure {
        title: "title <&>".to_owned(),
        x_axis: "x".to_owned(),
        y_axis: "y".to_owned(),
        logarithmic,
        series,
    }
}

/// All numbers of the paths and places of a picture.
fn coordinates(svg: &str) -> Vec<f64> {
    let mut found = Vec::new();
    for attribute in [" d=\"", " x=\"", " y=\""] {
        for piece in svg.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()) {
            let numbers = piece.split(|c: char| c.is_ascii_alphabetic() || c == ' ');
            found.extend(numbers.filter(|n| !n.is_empty()).map(|n| n.parse::<f64>().unwrap()));
        }
    }
    found
}

fn height(svg: &str) -> f64 {
    let (_, rest) = svg.split_once("viewBox=\"0 0 480 ").unwrap();
    rest.split('"').next().unwrap().parse().unwrap()
}

#[test]
fn whatever_the_numbers_the_picture_stays_in_its_box() {
    let numbers = [f64::NAN, f64::INFINITY, -f64::MAX, -1.0, -1e-300, 0.0, 5e-324, 1e-9, 1.0, 1e6, f64::MAX];
    let mut cases: Vec<Vec<(f64, f64)>> = vec![Vec::new(), vec![(1.0, 2.0)], vec![(0.0, 3.0), (1.0, 3.0)]];
    cases.extend(numbers.map(|y| numbers.map(|x| (x, y)).to_vec()));
    cases.push(numbers.iter().flat_map(|x| numbers.map(|y| (*x, y))).collect());
    for points in cases {
        for logarithmic in [(false, false), (true, false), (false, true), (true, true)] {
            let errors: Vec<f64> = (0..points.len()).map(|k| numbers[k % numbers.len()]).collect();
            let all = vec![
                series("line", Style::Line, &points, &[]),
                series("other line", Style::Line, &points, &[]),
                series("dashed", Style::Dashed, &points, &[]),
                series("points", Style::Points, &points, &errors),
            ];
            let drawing = draw(&figure(logarithmic, all), "x");
            let svg = drawing.svg.as_str();
            let tall = height(svg);
            assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{points:?}: {svg}");
            for number in coordinates(svg) {
                assert!(
                    number.is_finite() && number.abs() <= tall.max(WIDTH),
                    "{number} in {points:?} {svg}"
                );
            }
        }
    }
}

#[test]
fn points_stand_where_their_numbers_are() {
    let points = [(0.0, 0.0), (1.0, 10.0), (2.0, 5.0)];
    let svg = draw(&figure((false, false), vec![series("p", Style::Line, &points, &[])]), "x").svg;
    let path = svg.as_str().split("class=\"line\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    let numbers: Vec<f64> = path.split(['M', 'L', ' ']).filter_map(|n| n.parse().ok()).collect();
    let [x0, y0, x1, y1, x2, y2] = numbers[..] else { panic!("three points: {path}") };
    // Written with one decimal.
    assert!((x1 - 0.5 * (x0 + x2)).abs() <= 0.11, "halfway along: {path}");
    assert!((y2 - 0.5 * (y0 + y1)).abs() <= 0.11 && y1 < y0, "halfway up, and up is up: {path}");
}

#[test]
fn bars_reach_two_standard_errors() {
    let all = vec![series("p", Style::Points, &[(0.0, 0.0), (1.0, 10.0)], &[1.0, 2.5])];
    let svg = draw(&figure((false, false), all), "x").svg;
    let lengths: Vec<f64> = svg
        .as_str()
        .split("class=\"bar\" d=\"M")
        .skip(1)
        .filter_map(|bar| {
            let up: f64 = bar.split([' ', 'h']).nth(1)?.parse().ok()?;
            let down: f64 = bar.split('V').nth(1)?.split('m').next()?.parse().ok()?;
            Some(down - up)
        })
        .collect();
    assert_eq!(lengths.len(), 2, "both: {lengths:?}");
    assert!((lengths[1] / lengths[0] - 2.5).abs() < 0.02, "in proportion: {lengths:?}");
}

#[test]
fn what_is_left_out_is_said() {
    let points = [(1.0, f64::NAN), (f64::INFINITY, 1.0), (1.0, 0.0), (2.0, -1.0), (3.0, 1.0)];
    let drawing = draw(
        &figure((false, true), vec![series("p", Style::Points, &points, &[1.0, 1.0, 1.0, 1.0, f64::NAN])]),
        "x",
    );
    let notes = drawing.notes.join("\n");
    for said in [
        "2 points are left out: not finite",
        "2 points are left out: not positive",
        "1 point is without a bar",
    ] {
        assert!(notes.contains(said), "{notes}");
    }
    let nothing = draw(&figure((false, false), vec![series("p", Style::Line, &[(0.0, 1.0)], &[])]), "x");
    assert!(nothing.notes.is_empty(), "{:?}", nothing.notes);
}

#[test]
fn the_legend_is_below_the_axes_and_names_every_series() {
    let names = [
        "short",
        "also short",
        "a name that is so long that it must be broken into several lines to fit in at all",
    ];
    let all: Vec<Series> =
        names.iter().map(|name| series(name, Style::Line, &[(0.0, 0.0), (1.0, 1.0)], &[])).collect();
    let drawing = draw(&figure((false, false), all), "x");
    let svg = drawing.svg.as_str();
    let axis = svg.split("<path class=\"axis\" d=\"M").last().unwrap();
    let bottom: f64 = axis.split('V').nth(1).unwrap().split('H').next().unwrap().parse().unwrap();
    for name in ["short<", "also short<", "a name that"] {
        let text = svg.split("<text").skip(1).find(|text| text.contains(name)).unwrap();
        let y: f64 = text.split(" y=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
        assert!(y > bottom + 40.0 && y < height(svg), "{name} at {y}, axes down to {bottom}");
    }
}

#[test]
fn a_reader_who_does_not_see_is_told_the_numbers() {
    let all = vec![
        series("exact", Style::Line, &[(0.0, 0.0), (1.0, 4.0), (2.0, 2.0)], &[]),
        series("seen", Style::Points, &[(1.0, 3.9)], &[0.05]),
    ];
    let svg = draw(&figure((false, false), all), "A b").svg;
    let svg = svg.as_str();
    assert!(svg.contains("role=\"img\"") && svg.contains("aria-labelledby=\"a-b-title\""), "{svg}");
    assert!(svg.contains("<title id=\"a-b-title\">title &lt;&amp;&gt;</title>"), "{svg}");
    assert!(svg.contains("from 0 at 0 to 2.000 at 2.000, least 0, greatest 4.000"), "{svg}");
    assert!(svg.contains("3.900 ± 0.05000 at 1.000"), "{svg}");
}

#[test]
fn places_with_names_have_their_points_side_by_side() {
    let points = |y: f64| [(1.0, y), (2.0, 2.0 * y), (3.0, 0.5 * y)];
    let all = vec![
        series("left", Style::Points, &points(1.0), &[0.1; 3]),
        series("right", Style::Points, &points(1.0), &[]),
    ];
    let figure = figure((false, false), all);
    let short = ["bias", "age", "height"].map(str::to_owned);
    let drawing = draw_by_name(&figure, &short, "x");
    let svg = drawing.svg.as_str();
    assert!(short.iter().all(|name| svg.contains(&format!(">{name}</text>"))), "{svg}");
    assert!(svg.contains("2.000 ± 0.1000 at age") && svg.contains("0.5000 at height"), "{svg}");
    assert_eq!(drawing.notes.len(), 1, "bars alone: {:?}", drawing.notes);
    let squares = svg.matches("class=\"mark\"").count();
    assert_eq!((squares, svg.matches("class=\"bar\"").count()), (8, 4), "six points, two in the legend");
    let xs: Vec<f64> = svg
        .split("class=\"mark\" d=\"M")
        .skip(1)
        .filter_map(|path| path.split([' ', 'L']).next()?.parse().ok())
        .collect();
    assert!(xs[0] + 8.0 < xs[3] && xs[3] + 8.0 < xs[1], "each place has room for both: {xs:?}");

    let long: Vec<String> = (1..=30).map(|k| format!("mean of the feature number {k}")).collect();
    let drawing = draw_by_name(&figure, &long, "x");
    let labels: Vec<&str> =
        drawing.svg.as_str().split("<text ").filter_map(|t| t.split('>').nth(1)).collect();
    assert!(labels.contains(&"10</text") && !labels.contains(&"7</text"), "some numbers: {labels:?}");
    let told = drawing.notes.iter().find(|note| note.starts_with("Places: ")).unwrap();
    assert!(told.contains("7 mean of the feature number 7,"), "and all names below: {told}");
}
