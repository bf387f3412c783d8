//! Links and names of files.

use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use crate::pages;
use crate::pages::Page;
use crate::pages::Place;
use crate::pages::top;

/// The targets of the links in a text, `[text](target)`, outside of code.
fn targets(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("](") {
        let target = &text[at + 2..];
        let in_code = text[..at].matches('`').count() % 2 == 1;
        if !in_code && let Some(end) = target.find(')') {
            found.push(&target[..end]);
        }
    }
    found
}

/// The anchors of a page, as GitHub derives them from headings.
fn anchors(page: &Page) -> Vec<String> {
    let lines = page.lines();
    let headings = lines.iter().filter(|line| line.place == Place::Prose && line.text.starts_with('#'));
    headings
        .map(|line| {
            let heading = line.text.trim_start_matches('#').trim().to_lowercase();
            let kept = |c: &char| c.is_alphanumeric() || ['-', '_', ' '].contains(c);
            heading.chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(normal.pop(), "{}: leaves the repository", path.display()),
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

/// Why a link of a page leads nowhere.
fn fault(page: &Page, target: &str) -> Option<String> {
    if target.starts_with("https://") {
        return None;
    }
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let name = match file {
        "" => PathBuf::from(&page.name),
        file => normal(&Path::new(&page.name).parent().unwrap().join(file)),
    };
    if !top().join(&name).exists() {
        return Some(format!("{}: no such file: {target}", page.name));
    }
    let anchor = anchor?;
    let anchors = anchors(&Page::read(name.to_str().unwrap()));
    let is_there = anchors.iter().any(|known| known == anchor);
    (!is_there).then(|| format!("{}: no such heading: {target}; there are {anchors:?}", page.name))
}

#[test]
fn every_link_resolves() {
    let (mut faults, mut count) = (Vec::new(), 0);
    for page in pages::all().into_iter().chain([Page::read("CHANGELOG.md")]) {
        for line in page.lines().iter().filter(|line| line.place == Place::Prose) {
            for target in targets(line.text) {
                count += 1;
                faults.extend(fault(&page, target).map(|fault| format!("line {}: {fault}", line.number)));
            }
        }
    }
    assert!(count > 50, "{count}: the test looks past them");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let page = Page { name: "docs/new.md".to_owned(), text: "# One heading, with `code`\n".to_owned() };
    assert_eq!(anchors(&page), ["one-heading-with-code"]);
    assert_eq!(targets("[a](b.md#c), `[no](link)` and [d](https://example.com)"), ["b.md#c", "https://example.com"]);
    assert_eq!(fault(&page, "../README.md#five-minutes"), None);
    assert!(fault(&page, "../README.md#six-minutes").is_some());
    assert!(fault(&page, "absent.md").is_some());
}

/// Files that only an installed program or a user has.
fn is_ours(word: &str) -> bool {
    let directories = ["src/", "tests/", "docs/", "benches/", "completions/", ".ci/"];
    directories.iter().any(|directory| word.starts_with(directory)) && !word.contains([' ', '*', '<'])
}

#[test]
fn every_file_of_the_repository_that_a_page_names_exists() {
    let (mut faults, mut count) = (Vec::new(), 0);
    for page in pages::all() {
        for line in page.lines().iter().filter(|line| line.place == Place::Prose) {
            for word in line.text.split('`').skip(1).step_by(2).filter(|word| is_ours(word)) {
                count += 1;
                if !top().join(word).exists() {
                    faults.push(format!("{}:{}: {word}", page.name, line.number));
                }
            }
        }
    }
    assert!(count > 30, "{count}: the test looks past them");
    assert!(faults.is_empty(), "no such files:\n{}", faults.join("\n"));
}
