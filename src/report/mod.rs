//! Results as text for people and as JSON for programs. Nothing is computed here.
//!
//! [`DriftReport`] is what `driftproof drift` found. Its text has no line over 80 columns, and colours only where a
//! [`Style`] asks for them.
//!
//! # The JSON of `driftproof drift`
//!
//! One document. Numbers have all their digits (the shortest decimal that gives the same `f64`); a number that is not
//! known or not finite is `null`. Vectors are lists of `d` numbers, matrices lists of rows, `dB` is a list of `d`
//! matrices, `dB[k][i][j] = d B_ij / d theta_k`. There is nothing in it that depends on the time, the machine or the
//! number of threads: the same command with the same seed gives the same bytes.
//!
//! | field | meaning |
//! |---|---|
//! | `format` | 1; raised when a field changes its meaning or goes away |
//! | `program`, `version`, `command` | `driftproof`, its version, `drift` |
//! | `loss` | `name`, `formula`, `constants` (by name; sizes too) |
//! | `data` | `name`, `standardized`, names of the `features` and `targets` |
//! | `parameters` | names of the components of `theta`, in their order |
//! | `eta`, `n`, `N`, `d` | learning rate, batch size, rows, parameters |
//! | `replacement` | `with` or `without`: how the rows of a batch are drawn |
//! | `seed`, `draws_at_most` | of everything random; cap on the draws at a point |
//! | `points_asked` | more than there are `points` only if the run was interrupted |
//! | `points` | see below |
//! | `verdict`, `reason` | `consistent`, `refuted` or `inconclusive`, and why the last; of all points together |
//!
//! Each of the `points`:
//!
//! | field | definition | shape |
//! |---|---|---|
//! | `theta` | the point | d |
//! | `f` | `E[u]` | number |
//! | `G`, `Hbar` | `E[g]`, `E[H]` | d; d x d |
//! | `Sigma` | `E[g g^T] - G G^T`, normalised by 1/N | d x d |
//! | `div_Sigma` | `d_j Sigma_ij` | d |
//! | `half_grad_tr_Sigma`, `cov_g_trH` | its halves, `1/2 grad tr Sigma` and `Cov(g, tr H)` | d |
//! | `v_noise` | `-div D = -(eta/2n) c div Sigma`, `c = 1` with replacement, `(N-n)/(N-1)` without | d |
//! | `modified_term` | `-(eta/2) Hbar G` | d |
//! | `regulariser_force` | `-(eta/4n) (N-n)/(N-1) grad tr Sigma`; `null` if a batch has more rows than there are | d |
//! | `D` | `(eta/2n) c Sigma` | d x d |
//! | `square_root` | of `2D`: `full_rank`, `constant_rank`, `rank_drop` (it has no derivative), or the `kind` of another error | text |
//! | `rank`, `condition_on_range` | of `D`; the latter `null` where `D = 0` | number |
//! | `B`, `dB` | symmetric root of `2D`, its derivatives | d x d; d x d x d |
//! | `S`, `R` | `B_jk d_j B_ik` and `B_ik d_j B_jk` of the symmetric root | d |
//! | `S_rectangular`, `R_rectangular` | the same for the root `sqrt(eta c/(n N)) [g_1 - G, ..., g_N - G]` | d |
//! | `omitted` | names of fields that are left out because of their size or on request | list |
//! | `monte_carlo` | see below | |
//! | `verdict`, `reason` | of this point | text |
//!
//! Where a root or its derivative does not exist, its field is `{"error": {"kind": "rank_drop", "message": "..."}}`; all
//! other fields are given.
//!
//! `monte_carlo` holds what real steps showed, per unit of time (one step takes time `eta`), at the midpoint of a step:
//!
//! | field | meaning |
//! |---|---|
//! | `viewpoint` | the point of a step that its mean is conditioned on |
//! | `window` | standard deviation of the normal distribution around `theta` that points are drawn from |
//! | `draws`, `batches_a_draw`, `steps` | pairs of points; batches looked at from both; their product |
//! | `seed`, `stopped` | the seed; `power` (enough was seen), `cap`, or `cancelled` |
//! | `false_alarm_rate` | probability of refuting any of several true claims |
//! | `noise_rms` | root mean square of the noise of a step |
//! | `exact` | the exact drift averaged over the points drawn |
//! | `estimate`, `standard_error` | the Monte Carlo estimate of it |
//! | `difference`, `difference_standard_error`, `z` | estimate less exact, draw by draw; in standard errors |
//! | `detectable` | error of one component that would have been seen with probability 0.99 |
//! | `conditional_mean`, `conditional_mean_standard_error` | mean noise of a step seen from the viewpoint, all orders in the noise |
//! | `higher_orders`, `higher_orders_standard_error` | what of it is not first order, measured |
//! | `statistic`, `dimensions` | Hotelling's `T^2` of all components (of as many directions, where there are over 64) |
//! | `p_value`, `p_value_adjusted` | its p-value; the same adjusted for all points (Holm) |
//! | `tails` | relative variance of the variances that the test rests on |
//! | `smallest_detectable` | `relative_error` of the vector; where the drift is zero, `added_drift` and the `needed` size; with `probability` |
//! | `caution` | what limits the meaning of the numbers, or `null` |
//!
//! `statistic` to `smallest_detectable` are `null` if there were too few draws.
//!
//! # The JSON of `driftproof check`
//!
//! One document, the same for the same files and seed.
//!
//! | field | meaning |
//! |---|---|
//! | `format`, `program`, `version`, `command` | as above; the command is `check` |
//! | `as_claimed` | whether every statement of every file is as its author says |
//! | `interrupted` | whether some statements were not reached |
//! | `files` | each with `name`, `as_claimed`, and its `statements`, or the `error` in its text |
//!
//! Each of the `statements`:
//!
//! | field | meaning |
//! |---|---|
//! | `name`, `kind`, `text`, `line`, `column` | as it stands in the file; the kind is `claim`, `refute` or `assume` |
//! | `verdict` | `proved`, `refuted`, `undecided`, `contradiction` (a bug of the program) or `assumed` |
//! | `as_claimed` | whether the verdict is what the author says |
//! | `assumptions` | what the verdict rests on |
//! | `dimensions_tried`, `instances_tried` | of a proof: random exact instances at which the sides agree as well |
//! | `difference` | of a refuted equation: left side less right side, as `text` in the language and as `latex` |
//! | `first_order` | the first order at which the sides differ, where the claim has a remainder |
//! | `counterexample` | an instance at which the sides differ, in exact rationals |
//! | `shapes` | of both sides, where they differ |
//! | `diagnoses` | the slips that explain it, each with its `slip`, a `message` and the claim `proved_instead`, null where that is `a = a` |
//! | `missing` | what an undecided claim wants for a decision |

mod check;
mod drift;
mod json;
mod layout;

pub use check::{CheckReport, CheckedFile, Explanation};
pub use drift::DriftReport;
pub use layout::Style;
