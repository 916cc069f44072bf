//! How large a text may be. Beyond a limit there is an error, never a stack overflow or minutes of work.

/// How deep expressions may stand in one another, as written and after every `let` is substituted. A reading may recurse so
/// deep: at 2 KiB a frame that is 400 KiB of stack.
pub(super) const DEPTH: usize = 200;

/// Nodes of an expression after every `let` is substituted, each counted as often as it occurs.
pub(super) const NODES: u64 = 50_000;

/// Bytes of a file.
pub(super) const BYTES: usize = 1 << 20;

/// Errors of one file that are reported.
pub(super) const ERRORS: usize = 50;
