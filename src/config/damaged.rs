//! Reads a file that cannot be parsed, line by line.

/// The lines of a damaged file that belong to a section and its subsections, at their line numbers; all other lines
/// are empty. To the parser, an unclosed quote or bracket elsewhere may extend over sections that are intact; here it
/// does not extend past a line that begins with `[`.
pub(super) fn lines_of(text: &str, section: &str) -> String {
    let belongs = |name: &str| name == section || name.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
    // Dotted keys such as `store.path` may precede the first header.
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
