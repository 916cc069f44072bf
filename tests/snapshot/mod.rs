//! Where snapshots lie: all in the folder `snapshots` beside `src`, under the names they are given.

/// Settings for `insta`: `settings().bind(|| insta::assert_snapshot!("subject__case", text))`.
///
/// Names have no module before them, so they must differ over the whole package.
pub(crate) fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}
