//! No circles between files: what a file needs can be read before it, and changed without it.
//!
//! Modules below one parent must not need each other in a circle, and what is inside a module counts as the module: an import
//! of `a::d::e` in `a::b::c` is an arrow from `b` to `d` below `a`. So no circle is hidden by cutting a file into a directory, and
//! there is none between files either: all of its files would be below one parent, in two children of it or more.
//!
//! A module's own file is what its children share, and it consists of them: it names them, and they use what is in it, as Rust's
//! privacy is built for. So between a file and one above it there is no arrow. A re-export is followed to the file that defines
//! the name: a facade hides no circle. Tests may use everything.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::Source;
use super::assert_none;
use super::sources;

/// The names of a path, from the crate's root.
type ModulePath = Vec<String>;

/// From one child of a parent to another, with the arrows between what is inside of them.
type Siblings<'a> = BTreeMap<(&'a str, &'a str), Vec<String>>;

/// How many re-exports of re-exports are followed.
const MOST_REEXPORTS: usize = 8;

/// The modules that are files.
struct Modules<'a> {
    sources: BTreeMap<ModulePath, &'a Source>,
    /// What each of them names as its own that is defined elsewhere.
    reexports: BTreeMap<ModulePath, BTreeMap<String, ModulePath>>,
}

impl<'a> Modules<'a> {
    fn new(sources: &'a [Source]) -> Self {
        let named = sources.iter().filter_map(|source| Some((module_of(&source.name)?, source)));
        let mut modules = Self { sources: named.collect(), reexports: BTreeMap::new() };
        for (module, source) in &modules.sources {
            let exported = reexported(&code_of(source)).into_iter().filter_map(|path| {
                let target = modules.absolute(module, &path)?;
                Some((target.last()?.clone(), target))
            });
            modules.reexports.insert(module.clone(), exported.collect());
        }
        modules
    }

    /// A path as it is written in a module, from the crate's root; `None`: it begins with a name that is imported, or of another
    /// crate.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<ModulePath> {
        let (first, mut rest) = path.split_first()?;
        let mut from = match first.as_str() {
            "crate" => &[],
            "self" => module,
            "super" => &module[..module.len().checked_sub(1)?],
            child if self.sources.contains_key(&[module, &[child.to_owned()]].concat()) => {
                rest = path;
                module
            }
            _ => return None,
        };
        while let Some((_, after)) = rest.split_first().filter(|(name, _)| *name == "super") {
            (from, rest) = (&from[..from.len().checked_sub(1)?], after);
        }
        Some([from, rest].concat())
    }

    /// The module whose file defines what a path from the crate's root leads to.
    fn defining(&self, path: &[String]) -> Option<ModulePath> {
        let mut path = path.to_vec();
        for _ in 0..MOST_REEXPORTS {
            let length = (1..=path.len()).rev().find(|length| self.sources.contains_key(&path[..*length]))?;
            let (module, rest) = path.split_at(length);
            let reexport = rest.first().and_then(|name| self.reexports[module].get(name));
            let Some(target) = reexport else { return Some(module.to_vec()) };
            path = [target.as_slice(), &rest[1..]].concat();
        }
        None
    }

    /// From each module to those that it needs and that are neither above nor below it.
    fn arrows(&self) -> BTreeSet<(ModulePath, ModulePath)> {
        let mut arrows = BTreeSet::new();
        for (module, source) in &self.sources {
            for path in paths(&code_of(source)) {
                let target = self.absolute(module, &path).and_then(|path| self.defining(&path));
                arrows.extend(target.filter(|target| !is_one_above(module, target)).map(|to| (module.clone(), to)));
            }
        }
        arrows
    }
}

/// The module that a file is; `None`: the root of the crate, or tests.
fn module_of(name: &str) -> Option<ModulePath> {
    let path = name.strip_prefix("src/")?.strip_suffix(".rs")?;
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let module: ModulePath = path.split('/').map(str::to_owned).collect();
    (!["lib", "main"].contains(&path) && !module.iter().any(|name| name == "tests")).then_some(module)
}

/// The code of a file without comments and the tests at its end.
fn code_of(source: &Source) -> String {
    let code: Vec<&str> = source.code().map(|(_, line)| line.split(" // ").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
}

/// Every path of some code, those in the braces of an import one by one.
fn paths(code: &str) -> Vec<ModulePath> {
    let is_of_word = |character: char| character.is_alphanumeric() || character == '_';
    let (mut paths, mut rest) = (Vec::new(), code);
    // The path before each brace that is open.
    let (mut before, mut path): (Vec<ModulePath>, ModulePath) = (Vec::new(), Vec::new());
    // Whether the next name continues the path.
    let mut goes_on = false;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|character| !is_of_word(character)).unwrap_or(rest.len());
        if word > 0 {
            if !goes_on {
                paths.push(std::mem::replace(&mut path, before.last().cloned().unwrap_or_default()));
            }
            path.push(rest[..word].to_owned());
            (goes_on, rest) = (false, &rest[word..]);
        } else if let Some(after) = rest.strip_prefix("::") {
            (goes_on, rest) = (true, after);
        } else {
            match first {
                '{' if goes_on => before.push(std::mem::take(&mut path)),
                '{' => before.push(Vec::new()),
                '}' => drop(before.pop()),
                _ => {}
            }
            (goes_on, rest) = (false, &rest[first.len_utf8()..]);
        }
    }
    paths.push(path);
    paths.retain(|path| path.len() > 1);
    paths
}

/// The paths that some code exports as its own.
fn reexported(code: &str) -> Vec<ModulePath> {
    let is_export = |line: &str| line.starts_with("pub use ") || line.starts_with("pub(") && line.contains(") use ");
    let starts = code.match_indices("pub").filter(|(at, _)| {
        let line = code[*at..].lines().next().unwrap_or_default();
        (*at == 0 || code[..*at].ends_with('\n')) && is_export(line)
    });
    starts.flat_map(|(at, _)| paths(code[at..].split_once("use ").unwrap().1.split(';').next().unwrap())).collect()
}

fn is_one_above(one: &[String], other: &[String]) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// The arrows that are part of a circle, a line each.
fn circles(sources: &[Source]) -> (usize, Vec<String>) {
    let arrows = Modules::new(sources).arrows();
    // By parent.
    let mut levels: BTreeMap<&[String], Siblings<'_>> = BTreeMap::new();
    for (from, to) in &arrows {
        let shared = from.iter().zip(to).take_while(|(one, other)| one == other).count();
        let ends = levels.entry(&from[..shared]).or_default().entry((&from[shared], &to[shared])).or_default();
        ends.push(format!("{} -> {}", from.join("::"), to.join("::")));
    }
    let mut wrong = Vec::new();
    for between in levels.values() {
        for ((from, to), ends) in between {
            // All that `to` leads to.
            let (mut reached, mut left) = (BTreeSet::from([*to]), vec![*to]);
            while let Some(next) = left.pop() {
                let onward = between.keys().filter(|(from, _)| *from == next).map(|(_, to)| *to);
                left.extend(onward.filter(|to| reached.insert(to)));
            }
            if reached.contains(from) {
                wrong.extend(ends.iter().cloned());
            }
        }
    }
    (arrows.len(), wrong)
}

#[test]
fn files_need_each_other_in_no_circle() {
    let (arrows, wrong) = circles(&sources("src"));
    assert!(arrows > 1_000, "only {arrows} arrows were seen: the test looks past them");
    assert_none(&wrong, "a circle: move what both need to a file of its own");
}

/// The circles among files of these names and texts.
fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
    let source = |(name, text): &(&str, &str)| Source { name: (*name).to_owned(), text: (*text).to_owned() };
    circles(&files.iter().map(source).collect::<Vec<_>>()).1
}

#[test]
fn a_circle_is_found_wherever_it_runs() {
    let siblings = [("src/a/x.rs", "use super::y::Y;"), ("src/a/y.rs", "fn f() { crate::a::x::g() }")];
    assert_eq!(circles_of(&siblings), ["a::x -> a::y", "a::y -> a::x"]);
    let three = [
        ("src/a.rs", "use crate::{b::B, c};"),
        ("src/b.rs", "use crate::c::{\n    d::{D, E},\n    F,\n};"),
        ("src/c.rs", "mod d;"),
        ("src/c/d.rs", "use crate::a::A;"),
    ];
    assert_eq!(circles_of(&three), ["a -> b", "a -> c", "b -> c", "b -> c::d", "c::d -> a"]);
    // A directory for each: no two files need each other, and the directories do.
    let directories =
        [("src/a/x.rs", "use crate::b::y::Y;"), ("src/b/y.rs", ""), ("src/b/z.rs", "use crate::a::w::W;")];
    let with_w = [directories.as_slice(), &[("src/a/w.rs", "")]].concat();
    assert_eq!(circles_of(&with_w), ["a::x -> b::y", "b::z -> a::w"]);
    // Through the name that the parent gives what another child defines.
    let facade = [
        ("src/a/mod.rs", "mod x;\nmod y;\npub use x::X;\npub(crate) use self::y::{Y, Z};"),
        ("src/a/x.rs", "use super::Y;"),
        ("src/a/y.rs", "use crate::a::X;"),
    ];
    assert_eq!(circles_of(&facade), ["a::x -> a::y", "a::y -> a::x"]);
}

#[test]
fn a_module_and_what_is_inside_it_are_no_circle_and_neither_are_tests_and_comments() {
    let files = [
        ("src/a/mod.rs", "mod x;\nmod y;\npub struct A;\nfn f() { x::g(); y::h() }"),
        ("src/a/x.rs", "use super::A;\n// crate::a::y::h\n#[cfg(test)]\nmod tests {\n    use crate::a::y;\n}"),
        ("src/a/y.rs", "use crate::a::A;\nuse super::x::X; // crate::b"),
        ("src/a/x/tests.rs", "use crate::a::y;"),
        ("src/b.rs", "use crate::a::A;\nuse super::a::x::X;\nfn x() { a.b::<crate::a::Y>() }"),
    ];
    assert_eq!(circles_of(&files), [""; 0]);
}

#[test]
fn what_a_path_is() {
    let seen = |code| paths(code).into_iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(
        seen("use crate::a::{self, b::C, d::{e, F}};"),
        ["crate::a::self", "crate::a::b::C", "crate::a::d::e", "crate::a::d::F"]
    );
    assert_eq!(seen("fn f(a: super::b::C) -> d::E { g::<h::I>(j) }"), ["super::b::C", "d::E", "h::I"]);
    assert_eq!(seen("a::b.c::d\n{ e::f }"), ["a::b", "c::d", "e::f"]);
}
