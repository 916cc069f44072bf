//! Results as text for people, as JSON for programs, and as pages with pictures. Nothing is computed here but means and
//! maxima of what is shown.
//!
//! [`DriftReport`] is what `driftproof drift` found; [`CheckReport`], [`SystemsReport`] and [`TraceReport`] are those of the
//! other subcommands. Text has no line over 80 columns, or over the width that is asked for, and colours only where a
//! [`Style`] asks for them. A page of HTML is one file without scripts that loads nothing.
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
//! | `p_value`, `p_value_adjusted` | its p-value, with an allowance for skew draws; the same adjusted for all points (Holm) |
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
//! | `files` | each with `name`, `as_claimed`, how far it went and how that is repeated (`level`, `seed`, `draws_at_most` at a point, `null` where nothing is drawn), `wrong_instances` (what is wrong with those that cannot be used), and its `statements`, or the `error` in its text |
//!
//! Each of the `statements`:
//!
//! | field | meaning |
//! |---|---|
//! | `name`, `kind`, `text`, `line`, `column` | as it stands in the file; the kind is `claim`, `refute` or `assume` |
//! | `verdict` | of all readings: `proved`, `refuted`, `consistent`, `undecided`, `inconclusive`, `contradiction` (a bug of the program) or `assumed` |
//! | `proof` | of the proof alone: `proved`, `refuted`, `undecided` or `contradiction` |
//! | `as_claimed` | whether the verdict is what the author says |
//! | `assumptions` | what the verdict rests on |
//! | `dimensions_tried`, `instances_tried` | of a proof: random exact instances at which the sides agree as well |
//! | `difference` | of a refuted equation: left side less right side, as `text` in the language and as `latex` |
//! | `first_order` | the first order at which the sides differ, where the claim has a remainder |
//! | `counterexample` | an instance at which the sides differ, in exact rationals |
//! | `shapes` | of both sides, where they differ |
//! | `diagnoses` | the slips that explain it, each with its `slip`, a `message` and the claim `proved_instead`, null where that is `a = a` |
//! | `missing` | what an undecided proof wants for a decision |
//! | `trials` | what the claim comes to at instances: each with the name of the `instance` (`null`: random functions) and what the `exact` reading found, and the `sampled` one (`null` below `--level full`); its `p_value`, of all points of the instance together, and `p_value_adjusted`, for all trials of the file (Holm): at most 0.001 counts as a difference |
//!
//! Of the `exact` reading:
//!
//! | field | meaning |
//! |---|---|
//! | `outcome` | `holds`, `vanishes` (both sides are 0 to rounding), `differs` or `unable` |
//! | `reason` | why it is unable |
//! | `scale`, `error`, `bound` | largest component of a side; largest difference; what rounding can make of it |
//! | `points` | points, and outcomes of what is random outside expectations, that were compared |
//! | `theta`, `power` | the first point, or the one where the sides differ; in the coefficient of which power of the small parameter they do |
//! | `components` | each with its `indices` from 1, `left`, `right`, and the `bound` of rounding; with a remainder, of the coefficients that are compared last |
//! | `order` | with a remainder: the `claimed` order, the `leading` order of the difference if it was seen, the order up to which coefficients are `known`, the `fitted` exponent |
//! | `notes` | what was drawn at random and left out |
//!
//! Of the `sampled` reading:
//!
//! | field | meaning |
//! |---|---|
//! | `outcome`, `reason` | `consistent`, `refuted`, `inconclusive` or `unable`, and why the last two |
//! | `p_value`, `false_alarm_rate`, `dimensions` | of all components together, at one point; at most so much refutes by itself, without the other trials; dimensions of the test |
//! | `draws`, `seed` | pairs of points with everything drawn there; the seed that gives them again |
//! | `detectable` | relative error of the right side that would have been seen with probability 0.99 |
//! | `window`, `theta` | standard deviation of the window of points, and its middle |
//! | `plants` | wrong claims put to the same draws: the `factor` of the right side, and its `p_value` |
//! | `ladder` | with a remainder: the `symbol`, its `values`, the `power` divided by, the relative `leftover` of the extrapolation |
//! | `tails` | how well the error bars are known |
//! | `components` | each with its `indices`, and `left`, `right`, `difference` as `value` and `standard_error`, and `z` |
//! | `notes` | what was drawn at random, and how derivatives were taken |
//!
//! # The JSON of `driftproof systems`
//!
//! One document, the same for the same systems, parameters and seed. Without a system, the `gallery`: each with its `name`,
//! `title`, `claim`, `teaches`, and `parameters` with `name`, `meaning`, `unit`, `default`, `least`, `greatest`, `whole`. Else:
//!
//! | field | meaning |
//! |---|---|
//! | `format`, `program`, `version`, `command` | as above; the command is `systems` |
//! | `seed`, `quick` | of everything random; whether fewer draws were made |
//! | `systems_asked`, `interrupted` | how many were asked for, and whether some of them were not reached |
//! | `verdict` | the worst of all: `measured`, `holds`, `inconclusive`, `fails` |
//! | `as_claimed` | whether nothing fails and nothing is open, the statements included |
//! | `systems` | each with `name`, `title`, `claim`, `teaches`, its `parameters` by name, its `verdict`, and what follows |
//! | `systems[].findings` | `what`, `unit`, `kind`, `verdict`, and the evidence of the kind |
//! | `systems[].statements` | what it says of a statement: `id`, `verdict` in words, numbers of its `findings` from 0 |
//! | `systems[].figures` | `title`, `x_axis`, `y_axis`, `logarithmic` (horizontal, vertical), `series` |
//! | `statements` | with `--statements`: a row each, see below |
//!
//! The `kind` of a finding is `identity` (two exact routes: `left`, `right`, `bound`), `simulated` (`exact`, `estimate`,
//! `matters`: the smallest error that matters), `misreading` (`wrong`, `estimate`; it holds if the estimate refutes the wrong
//! value), `order` (`claimed`, `fitted`, `bound`) or `measured` (`estimate`). An estimate has `value`, `standard_error`, `draws`,
//! `seed`, and `detectable`, the smallest error that it would have caught. A series has a `name`, a `style` (`line`, `dashed`,
//! `points`), `points` as pairs, and the standard `errors` of the points, or none.
//!
//! Each of the `statements`: `id`, the `statement`, its `verdict` (`true`, `true under conditions`, `false`, `measured`,
//! `conjecture`, or `undecided`), how it is `settled` (`proved`, `simulated`, `proved and simulated`, `undecided`), its
//! `conditions`, the `evidence` (of `kind` `system` with its `words` and `findings`, or `claim` with its `verdict`), and what is
//! `missing`.
//!
//! # The JSON and CSV of `driftproof trace`
//!
//! The CSV has a line a look at the run, under the names of [`Row::COLUMNS`](crate::trace::Row::COLUMNS); sizes are per unit
//! of time. The JSON document:
//!
//! | field | meaning |
//! |---|---|
//! | `format`, `program`, `version`, `command` | as above; the command is `trace` |
//! | `loss`, `data`, `eta`, `n`, `replacement`, `seed` | as of `drift` |
//! | `start`, `steps_asked` | the first point; steps of the run |
//! | `interrupted` | whether the run was ended before its last step |
//! | `columns` | by the names of the CSV: a list with a number a look |
//! | `dominant` | stretches of the run in which one `term` is the largest (`gradient`, `noise_induced`, `finite_step`, or `null`): steps `from` and `to`, and the number of `looks` |
//! | `ratios` | `noise_over_gradient`, `noise_over_finite_step`: at the `first` look, the `last`, and `late`, the geometric mean over the second half of the steps |

mod check;
mod drift;
mod figure;
mod json;
mod layout;
mod page;
mod statements;
mod systems;
mod trace;

pub use check::{CheckReport, CheckedFile, Explanation};
pub use drift::DriftReport;
pub use layout::Style;
pub use systems::{SystemRun, SystemsReport, write_gallery, write_gallery_json, write_system};
pub use trace::TraceReport;
