//! A file that no parser reads, by its lines.

/// The lines of a damaged file that belong to a section and those below it, each in its place; all others are empty. A
/// quote or a bracket that is not closed elsewhere reaches as far as the parser looks, and so hides sections that are
/// sound; it does not reach past a line that begins with `[`.
pub(super) fn lines_of(text: &str, section: &str) -> String {
    let belongs = |name: &str| name == section || name.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
    // Above the first header stand keys such as `store.path`.
    let (mut is_inside, mut is_above) = (false, true);
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        let start = line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if let Some(header) = start.strip_prefix('[') {
            let name = header.trim_start_matches('[').split([']', '#']).next().unwrap_or_default();
            is_inside = belongs(&bare(name));
            is_above = false;
        }
        let key = is_above.then(|| start.split('=').next().unwrap_or_default());
        if is_inside || key.is_some_and(|key| belongs(&bare(key))) {
            kept.push_str(line);
        }
        kept.push('\n');
    }
    kept
}

/// A dotted name without blanks and quotes.
pub(super) fn bare(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'')).collect()
}
