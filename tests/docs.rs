//! README.md, CONTRIBUTING.md and docs: every session is typed anew, every link resolves, every command line parses, every file
//! that they name exists.
//!
//! `CXME_TEST_BLESS=1 cargo test --test docs` writes what the sessions print now into the pages.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

#[path = "docs/command_lines.rs"]
mod command_lines;
#[path = "pty/harness.rs"]
#[expect(dead_code, reason = "the tests of the prompt need more of it")]
mod harness;
#[path = "docs/links.rs"]
mod links;
#[path = "docs/pages.rs"]
mod pages;
#[path = "docs/sessions.rs"]
mod sessions;

use cxme_admin::cli::failure;

use pages::Page;

#[test]
fn the_readme_has_at_most_200_lines() {
    let lines = Page::read("README.md").text.lines().count();
    assert!(lines <= 200, "{lines}: move something to docs");
}

#[test]
fn the_readme_links_every_page() {
    let readme = Page::read("README.md").text;
    let missing: Vec<String> = pages::all()
        .into_iter()
        .map(|page| page.name)
        .filter(|name| name != "README.md" && !readme.contains(&format!("]({name})")))
        .collect();
    assert!(missing.is_empty(), "README.md does not link {missing:?}");
}

#[test]
fn the_map_has_every_layer() {
    let map = Page::read("docs/architecture.md").text;
    let layers = std::fs::read_dir(pages::top().join("src")).unwrap().map(|entry| entry.unwrap().file_name());
    let names = layers.map(|name| name.into_string().unwrap()).filter(|name| !["lib.rs", "main.rs"].contains(&&**name));
    let missing: Vec<String> = names.filter(|name| !map.contains(&format!("[{name}](../src/{name})"))).collect();
    assert!(missing.is_empty(), "docs/architecture.md lacks {missing:?}");
}

#[test]
fn the_table_of_exit_codes_is_complete() {
    let text = Page::read("docs/reference/output.md").text;
    let (_, table) = text.split_once("## Exit codes\n").unwrap();
    let documented: Vec<&str> =
        table.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next()).skip(1).collect();
    let codes = [
        failure::OK,
        failure::NOT_VERIFIED,
        failure::USAGE,
        failure::PARTLY,
        failure::DATA,
        failure::NO_USER,
        failure::RELAY,
        failure::BUG,
        failure::IO,
        failure::LATER,
        failure::NOT_PERMITTED,
        failure::CONFIGURATION,
    ];
    let codes = codes.iter().map(u8::to_string).chain(["128+n".to_owned()]);
    assert_eq!(documented, codes.collect::<Vec<_>>());
}
