//! The losses of the reference cases as expressions of the language.

use super::Case;

/// A loss as text: the names of the parameters, where it uses them one by one, and the expression.
pub(crate) struct Text {
    pub(crate) parameters: Option<Vec<String>>,
    pub(crate) loss: String,
}

fn names(case: &Case, key: &str) -> Vec<String> {
    let names = case.json[key].as_array().unwrap();
    names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// `sum_k w_k x_k` over names.
fn inner(weights: &[String], features: &[String]) -> String {
    let terms: Vec<String> = weights.iter().zip(features).map(|(w, x)| format!("{w}*{x}")).collect();
    terms.join(" + ")
}

/// 1 where a column is `value`, 0 at the other whole numbers from `first` to `last`.
fn indicator(column: &str, value: i32, first: i32, last: i32) -> String {
    let others = (first..=last).filter(|&k| k != value);
    let factors: Vec<String> =
        others.map(|k| format!("({column} - {k})/{}", value - k).replace("/-", "*(-1)/")).collect();
    format!("({})", factors.join("*"))
}

impl Text {
    /// The loss of a case.
    pub(crate) fn of(case: &Case) -> Self {
        let constant = |name: &str| case.json["loss"]["constants"][name].as_str().unwrap().to_owned();
        let (parameters, columns) = (names(case, "parameters"), names(case, "columns"));
        let dot = "dot(theta, x)";
        let plain = |loss: String| Self { parameters: None, loss };
        match case.json["loss"]["name"].as_str().unwrap() {
            "linear_regression" => plain(format!("1/2*({dot} - y)^2")),
            "ridge_regression" => plain(format!("1/2*({dot} - y)^2 + {}/2*norm2(theta)", constant("lambda"))),
            "logistic_regression" => plain(format!("log(1 + exp({dot})) - y*{dot}")),
            "poisson_regression" => plain(format!("exp({dot}) - y*{dot}")),
            "phase_retrieval" => plain(format!("1/4*({dot}^2 - y)^2")),
            "cauchy_regression" => {
                let c = constant("c");
                plain(format!("{c}^2/2*log(1 + ({dot} - y)^2/{c}^2)"))
            }
            "student_t_regression" => {
                let (nu, sigma) = (constant("nu"), constant("sigma"));
                plain(format!("({nu} + 1)/2*log(1 + ({dot} - y)^2/({nu}*{sigma}^2))"))
            }
            "cos_wave" => plain(format!("1 - cos({dot} - y)")),
            other => Self { loss: by_names(other, &parameters, &columns), parameters: Some(parameters) },
        }
    }
}

fn by_names(name: &str, parameters: &[String], columns: &[String]) -> String {
    match name {
        "softmax_3" => {
            let features = &columns[..columns.len() - 1];
            let score = |k: usize| inner(&parameters[k * features.len()..(k + 1) * features.len()], features);
            let exps: Vec<String> = (0..3).map(|k| format!("exp({})", score(k))).collect();
            let chosen: Vec<String> = (0..3)
                .zip(0..)
                .map(|(k, value)| format!("{}*({})", indicator("y", value, 0, 2), score(k)))
                .collect();
            format!("log({}) - ({})", exps.join(" + "), chosen.join(" + "))
        }
        "mlp_2_3_1_tanh" => {
            let features = &columns[..2];
            let unit = |a: usize| {
                format!("{}*tanh({})", parameters[6 + a], inner(&parameters[2 * a..2 * a + 2], features))
            };
            format!("1/2*({} + {} + {} - y)^2", unit(0), unit(1), unit(2))
        }
        "two_layer_linear" => "1/2*(a*b*x - y)^2".to_owned(),
        "rank1_factorisation" => "1/2*(((2 - i)*p1 + (i - 1)*p2)*((2 - j)*q1 + (j - 1)*q2) - y)^2".to_owned(),
        "multiplicative_quadratic" => format!("x*{}^2/2", parameters[0]),
        "pollen_2d" => {
            let (t, y) = (&parameters[0], &parameters[1]);
            let f = [
                format!("sqrt({t})*cos({y})"),
                format!("sqrt({t})*sin({y})"),
                format!("sqrt(1/2)*(sqrt({t}*({t} - 1/2)) - 1/2*arsinh(sqrt(2*{t} - 1)))"),
                format!("2/3*({t} - 1/2)^(3/2)"),
            ];
            let chosen: Vec<String> =
                (0..).zip(f).map(|(k, f)| format!("{}*{f}", indicator("k", k, 0, 3))).collect();
            format!("2*s*({})", chosen.join(" + "))
        }
        other => panic!("no expression for {other}"),
    }
}
