//! The built-in functions.

/// The functions of one real variable that are built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Function {
    /// `exp(x)`
    Exp,
    /// `log(x)`, natural
    Log,
    /// `sin(x)`
    Sin,
    /// `cos(x)`
    Cos,
    /// `tan(x)`
    Tan,
    /// `sinh(x)`
    Sinh,
    /// `cosh(x)`
    Cosh,
    /// `tanh(x)`
    Tanh,
    /// `1/(1 + exp(-x))`
    Logistic,
    /// `log(1 + exp(x))`
    Softplus,
    /// `arsinh(x)`
    Arsinh,
    /// `arctan(x)`
    Arctan,
    /// `abs(x)`
    Abs,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Exp,
        Self::Log,
        Self::Sin,
        Self::Cos,
        Self::Tan,
        Self::Sinh,
        Self::Cosh,
        Self::Tanh,
        Self::Logistic,
        Self::Softplus,
        Self::Arsinh,
        Self::Arctan,
        Self::Abs,
    ];

    /// The name in the language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exp => "exp",
            Self::Log => "log",
            Self::Sin => "sin",
            Self::Cos => "cos",
            Self::Tan => "tan",
            Self::Sinh => "sinh",
            Self::Cosh => "cosh",
            Self::Tanh => "tanh",
            Self::Logistic => "logistic",
            Self::Softplus => "softplus",
            Self::Arsinh => "arsinh",
            Self::Arctan => "arctan",
            Self::Abs => "abs",
        }
    }
}
