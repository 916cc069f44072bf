//! The mathematician's characters beside ASCII: what each of them stands for.

/// Greek letters and the names that they are read as; `η0` is the name `eta0`.
const GREEK: [(char, &str); 53] = [
    ('α', "alpha"),
    ('β', "beta"),
    ('γ', "gamma"),
    ('δ', "delta"),
    ('ε', "epsilon"),
    ('ϵ', "epsilon"),
    ('ζ', "zeta"),
    ('η', "eta"),
    ('θ', "theta"),
    ('ϑ', "theta"),
    ('ι', "iota"),
    ('κ', "kappa"),
    ('λ', "lambda"),
    ('μ', "mu"),
    ('µ', "mu"),
    ('ν', "nu"),
    ('ξ', "xi"),
    ('ο', "omicron"),
    ('π', "pi"),
    ('ρ', "rho"),
    ('σ', "sigma"),
    ('ς', "sigma"),
    ('τ', "tau"),
    ('υ', "upsilon"),
    ('φ', "phi"),
    ('ϕ', "phi"),
    ('χ', "chi"),
    ('ψ', "psi"),
    ('ω', "omega"),
    ('Α', "Alpha"),
    ('Β', "Beta"),
    ('Γ', "Gamma"),
    ('Δ', "Delta"),
    ('∆', "Delta"),
    ('Ε', "Epsilon"),
    ('Ζ', "Zeta"),
    ('Η', "Eta"),
    ('Θ', "Theta"),
    ('Ι', "Iota"),
    ('Κ', "Kappa"),
    ('Λ', "Lambda"),
    ('Μ', "Mu"),
    ('Ν', "Nu"),
    ('Ξ', "Xi"),
    ('Ο', "Omicron"),
    ('Π', "Pi"),
    ('Ρ', "Rho"),
    ('Σ', "Sigma"),
    ('Τ', "Tau"),
    ('Υ', "Upsilon"),
    ('Φ', "Phi"),
    ('Χ', "Chi"),
    ('Ψ', "Psi"),
];

/// The name of a Greek letter.
pub(super) fn greek(letter: char) -> Option<&'static str> {
    if matches!(letter, '\u{3a9}' | '\u{2126}') {
        return Some("Omega");
    }
    GREEK.iter().find(|(greek, _)| *greek == letter).map(|(_, name)| *name)
}

/// The digit that a superscript stands for.
pub(super) fn superscript(sign: char) -> Option<char> {
    "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().zip('0'..='9').find(|(raised, _)| *raised == sign).map(|(_, digit)| digit)
}

/// The ASCII sign of the same meaning.
pub(super) fn ascii(sign: char) -> Option<&'static str> {
    Some(match sign {
        'ᵀ' | '′' | '⊤' => "'",
        '·' | '⋅' | '∙' => "dot",
        '−' => "-",
        '≥' => ">=",
        '≤' => "<=",
        _ => return None,
    })
}

/// What to write instead of a character that is not read.
pub(super) fn instead(sign: char) -> Option<&'static str> {
    Some(match sign {
        '×' | '∗' => "write * for a product",
        '÷' | '∕' => "write / for a quotient",
        '√' => "write sqrt(...) for a root",
        '∫' => "write integral(...) for an integral",
        '∑' => {
            "write a repeated index, or sum(e, n) for a sum over a batch; the Greek capital Σ is the name Sigma"
        }
        '⟨' | '⟩' => "write E[...] for an expectation",
        '⊗' => "write outer(a, b) for a tensor product",
        '’' | '‘' => "write ' for a transpose or a derivative",
        '“' | '”' => "write \" around a text",
        '{' | '}' => "braces stand around the entries of an instance; group with ( and )",
        '\\' => "this is no TeX; write names without a backslash",
        '$' | '`' => "formulas stand bare in a drift block",
        '.' => "a number begins with a digit: 0.5",
        ';' => "statements end with the line",
        _ => return None,
    })
}
