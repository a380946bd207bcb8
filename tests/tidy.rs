//! Holds what no compiler checks: the order of the layers, who may look at a clock, how long a file may be, what does not
//! belong in the repository. Reads the sources as text.
//!
//! Each check is a function from a path and a text to complaints, and is tried on a bad sample too: a check that cannot
//! fail is no check.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers, lowest first: a module uses modules of lower layers and itself. Modules of one layer know nothing of each
/// other, except in the last, which is the world outside.
const LAYERS: [&[&str]; 7] = [
    &["units", "geodesy"],
    &["feed", "chart", "register"],
    &["fusion", "coverage"],
    &["behaviour"],
    &["alert", "life"],
    &["engine", "cue"],
    &[
        "recording",
        "backtest",
        "decode",
        "replay",
        "plot",
        "serve",
        "store",
        "access",
        "config",
        "evidence",
        "api",
        "http",
        "demo",
        "client",
        "cli",
        "telemetry",
        "collect",
        "neighbours",
        "slew",
    ],
];

/// The layer of the outside world: files, sockets, threads, clocks.
const OUTSIDE: usize = LAYERS.len() - 1;

/// Uses of a module of the same layer that are meant: positions are in newtypes of `units`.
const SAME_LAYER: [(&str, &str); 1] = [("geodesy", "units")];

/// What the core may not touch: it is a function of its ordered input.
const WORLD: [&str; 9] =
    ["std::time", "std::thread", "std::net", "std::fs", "std::process", "std::env", "tokio::", "tonic::", "prost::"];

/// Lines of a source file. Longer ones are listed in [`LONG`].
const LINES_MAX: usize = 600;

/// Longer files, with their reason.
const LONG: [(&str, usize, &str); 0] = [];

/// Notes to oneself and debugging aids. Written in two parts so that this file does not hold them.
const UNFINISHED: [&str; 6] = [
    concat!("todo", "!("),
    concat!("dbg", "!("),
    concat!("unimplemented", "!("),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// Places that are on one machine only.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/tm", "p/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

type Complaints = Vec<String>;

#[test]
fn lower_layers_never_use_higher_ones() {
    let table = layer_table();
    let complaints = each_source(|path, text| match module_of(path) {
        Some(module) => layer_complaints(path, &module, text, &table),
        None => Vec::new(),
    });
    assert_none(&complaints);
}

#[test]
fn every_module_has_a_layer() {
    let table = layer_table();
    let unknown: Complaints = sources("src")
        .iter()
        .filter_map(|path| module_of(path))
        .filter(|module| !table.contains_key(module.as_str()))
        .map(|module| format!("module {module} stands in no layer of tests/tidy.rs"))
        .collect();
    assert_none(&unknown);
}

#[test]
fn the_core_touches_no_clock_thread_socket_or_file() {
    let table = layer_table();
    let complaints = each_source(|path, text| match module_of(path) {
        Some(module) if table.get(module.as_str()).is_some_and(|layer| *layer < OUTSIDE) => {
            world_complaints(path, text)
        }
        _ => Vec::new(),
    });
    assert_none(&complaints);
}

#[test]
fn files_are_short_enough_to_read_in_one_sitting() {
    assert_none(&each_source(length_complaints));
    for (path, _, reason) in LONG {
        assert!(root().join(path).is_file() && !reason.is_empty(), "{path} is listed as long, but is not there");
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    assert_none(&each_source(opening_complaints));
}

#[test]
fn outside_tests_nothing_unwraps_and_nothing_is_left_unfinished() {
    assert_none(&each_source(unfinished_complaints));
}

#[test]
fn no_file_names_a_place_on_one_machine() {
    let mut complaints = Vec::new();
    for path in tracked_texts() {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        complaints.extend(machine_complaints(&path, &text));
    }
    assert_none(&complaints);
}

#[test]
fn the_changelog_keeps_its_form() {
    let text = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    assert_none(&changelog_complaints(&text));
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut complaints = Vec::new();
    for path in tracked_texts().into_iter().filter(|path| path.extension().is_some_and(|it| it == "md")) {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        complaints.extend(link_complaints(&path, &text));
    }
    assert_none(&complaints);
}

// --- The checks ---------------------------------------------------------------------------------------------------

fn layer_complaints(path: &Path, module: &str, text: &str, table: &BTreeMap<&str, usize>) -> Complaints {
    let Some(own) = table.get(module) else { return Vec::new() };
    let mut complaints = Vec::new();
    for (number, line) in code_lines(text) {
        if line.contains("crate::{") && !line.contains('}') {
            complaints.push(format!(
                "{}:{number}: one `use crate::` a module, so that this test can read it",
                path.display()
            ));
        }
        for used in modules_used(line) {
            let Some(layer) = table.get(used) else { continue };
            let meant = used == module || *own == OUTSIDE || layer < own || SAME_LAYER.contains(&(module, used));
            if !meant || layer > own {
                complaints
                    .push(format!("{}:{number}: {module} (layer {own}) uses {used} (layer {layer})", path.display()));
            }
        }
    }
    complaints
}

/// The modules that a line names after `crate::`, those of `crate::{a::…, b::…}` too when they stand on one line.
fn modules_used(line: &str) -> Vec<&str> {
    let mut used = Vec::new();
    for (at, found) in line.match_indices("crate::") {
        // `mycrate::` is another one.
        if line[..at].chars().next_back().is_some_and(|before| before.is_alphanumeric() || before == '_') {
            continue;
        }
        let rest = &line[at + found.len()..];
        match rest.strip_prefix('{') {
            Some(list) => used.extend(top_level_names(list)),
            None => used.extend(leading_name(rest)),
        }
    }
    used
}

/// The first names of `a::{x, y}, b::c}`.
fn top_level_names(list: &str) -> Vec<&str> {
    let (mut names, mut depth, mut begins) = (Vec::new(), 0_usize, true);
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => begins = true,
            _ if begins && !character.is_whitespace() => {
                names.extend(leading_name(&list[at..]));
                begins = false;
            }
            _ => {}
        }
    }
    names
}

fn leading_name(text: &str) -> Option<&str> {
    let end = text.find(|it: char| !(it.is_alphanumeric() || it == '_')).unwrap_or(text.len());
    (end > 0).then(|| &text[..end])
}

fn world_complaints(path: &Path, text: &str) -> Complaints {
    before_tests(text)
        .flat_map(|(number, line)| {
            WORLD
                .iter()
                .filter(|name| line.contains(**name))
                .map(move |name| format!("{}:{number}: only the outermost layer may use {name}", path.display()))
        })
        .collect()
}

fn length_complaints(path: &Path, text: &str) -> Complaints {
    let lines = text.lines().count();
    let bound = LONG.iter().find(|(long, ..)| Path::new(long) == path).map_or(LINES_MAX, |(_, bound, _)| *bound);
    if lines > bound { vec![format!("{} has {lines} lines, more than {bound}", path.display())] } else { Vec::new() }
}

fn opening_complaints(path: &Path, text: &str) -> Complaints {
    if text.starts_with("//! ") { Vec::new() } else { vec![format!("{} does not begin with `//! `", path.display())] }
}

fn unfinished_complaints(path: &Path, text: &str) -> Complaints {
    let unwraps = before_tests(text)
        .filter(|(_, line)| line.contains(concat!(".unw", "rap()")))
        .map(|(number, _)| format!("{}:{number}: unwraps outside tests", path.display()));
    let notes = text.lines().zip(1..).filter_map(|(line, number)| {
        let word = UNFINISHED.iter().find(|word| line.contains(**word))?;
        Some(format!("{}:{number}: {word}", path.display()))
    });
    unwraps.chain(notes).collect()
}

fn machine_complaints(path: &Path, text: &str) -> Complaints {
    text.lines()
        .zip(1..)
        .filter_map(|(line, number): (&str, usize)| {
            let place = MACHINE_PATHS.iter().find(|place| line.contains(**place))?;
            Some(format!("{}:{number}: names {place}", path.display()))
        })
        .collect()
}

/// Keep a Changelog 1.1: a title, `## [Unreleased]` first, versions with dates, only its six kinds of change, each with a
/// line at least.
fn changelog_complaints(text: &str) -> Complaints {
    const KINDS: [&str; 6] = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
    let mut complaints = Vec::new();
    if !text.starts_with("# Changelog\n") {
        complaints.push("CHANGELOG.md does not begin with `# Changelog`".to_owned());
    }
    let versions: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    if versions.first() != Some(&"[Unreleased]") {
        complaints.push("the first version of CHANGELOG.md is not [Unreleased]".to_owned());
    }
    for version in versions.iter().skip(1) {
        let dated = version.split_once("] - ").is_some_and(|(name, date)| {
            name.starts_with('[') && date.len() == 10 && date.chars().all(|it| it.is_ascii_digit() || it == '-')
        });
        if !dated {
            complaints.push(format!("CHANGELOG.md: `{version}` is not `[version] - YYYY-MM-DD`"));
        }
    }
    let mut open: Option<&str> = None;
    for line in text.lines().chain(["## end"]) {
        if line.starts_with('#')
            && let Some(kind) = open.take()
        {
            complaints.push(format!("CHANGELOG.md: nothing under {kind}"));
        }
        if let Some(kind) = line.strip_prefix("### ") {
            if !KINDS.contains(&kind) {
                complaints.push(format!("CHANGELOG.md: {kind} is no kind of change"));
            }
            open = Some(kind);
        } else if line.starts_with("- ") {
            open = None;
        }
    }
    complaints
}

/// Relative links of Markdown, and their targets from the file's own folder.
fn link_complaints(path: &Path, text: &str) -> Complaints {
    let folder = root().join(path.parent().unwrap_or(Path::new("")));
    text.match_indices("](")
        .filter_map(|(at, _)| text[at + 2..].split(')').next())
        .filter(|link| !link.contains("://") && !link.starts_with('#') && !link.is_empty())
        .map(|link| link.split('#').next().unwrap_or(link))
        .filter(|link| !folder.join(link).exists())
        .map(|link| format!("{}: link to {link} leads nowhere", path.display()))
        .collect()
}

// --- Each check on a bad sample -----------------------------------------------------------------------------------

#[test]
fn a_layer_that_looks_up_is_found() {
    let table = layer_table();
    let found = |module: &str, text: &str| layer_complaints(Path::new("x.rs"), module, text, &table).len();
    assert_eq!(found("feed", "use crate::fusion::Track;"), 1);
    assert_eq!(found("fusion", "    let x = crate::engine::Engine::new();"), 1);
    assert_eq!(found("fusion", "use crate::{\n    engine::Engine,\n};"), 1);
    assert_eq!(found("fusion", "use crate::{units::{EventTime, Mmsi}, serve::Core, feed};"), 1);
    assert_eq!(found("chart", "use crate::feed::Observation;"), 1, "feed and chart do not know each other");
    assert_eq!(found("units", "use crate::geodesy::LatLon;"), 1);
    assert_eq!(
        found("engine", "#[cfg(test)]\nmod tests {\n    use crate::replay::replay;\n}"),
        1,
        "tests keep to it too"
    );
    assert_eq!(found("engine", "use crate::fusion::Fusion; // as crate::replay does"), 0);
    assert_eq!(found("fusion", "use crate::feed::Observation;\nuse mycrate::engine;"), 0);
    assert_eq!(found("serve", "use crate::api::proto;"), 0);
    assert_eq!(found("geodesy", "use crate::units::Bearing;"), 0);
}

#[test]
fn a_clock_in_the_core_is_found() {
    let found = |text: &str| world_complaints(Path::new("x.rs"), text).len();
    assert_eq!(found("use std::time::Instant;"), 1);
    assert_eq!(found("let file = std::fs::read(path);"), 1);
    assert_eq!(found("use tokio::sync::mpsc;"), 1);
    assert_eq!(found("/// Unlike `std::thread`, this is a word.\nfn f() {}"), 0);
    assert_eq!(found("fn f() {}\n#[cfg(test)]\nmod tests { use std::fs; }"), 0);
}

#[test]
fn a_long_file_is_found() {
    assert_eq!(length_complaints(Path::new("x.rs"), &"\n".repeat(LINES_MAX)).len(), 0);
    assert_eq!(length_complaints(Path::new("x.rs"), &"\n".repeat(LINES_MAX + 1)).len(), 1);
}

#[test]
fn a_file_without_a_word_is_found() {
    assert_eq!(opening_complaints(Path::new("x.rs"), "use std::fmt;\n").len(), 1);
    assert_eq!(opening_complaints(Path::new("x.rs"), "//! Says it.\n").len(), 0);
}

#[test]
fn an_unwrap_and_an_unfinished_place_are_found() {
    let found = |text: &str| unfinished_complaints(Path::new("x.rs"), text).len();
    let unwraps = concat!("let x = y.unw", "rap();");
    assert_eq!(found(unwraps), 1);
    assert_eq!(found(&format!("#[cfg(test)]\nmod tests {{\n{unwraps}\n}}")), 0);
    assert_eq!(found(&format!("// {}: later", UNFINISHED[3])), 1);
    assert_eq!(found(&format!("    {}x);", UNFINISHED[1])), 1);
}

#[test]
fn a_machine_path_is_found() {
    let sample = format!("let path = \"{}x\";", MACHINE_PATHS[1]);
    assert_eq!(machine_complaints(Path::new("x.rs"), &sample).len(), 1);
    assert_eq!(machine_complaints(Path::new("x.rs"), "see data/README.md").len(), 0);
}

#[test]
fn a_changelog_out_of_form_is_found() {
    let good =
        "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n\n## [0.1.0] - 2026-01-01\n\n### Fixed\n\n- B.\n";
    assert_none(&changelog_complaints(good));
    for (from, to) in [
        ("# Changelog", "# News"),
        ("[Unreleased]", "[Next]"),
        ("### Added", "### Improved"),
        ("- A thing.\n", "\n"),
        ("[0.1.0] - 2026-01-01", "0.1.0"),
    ] {
        assert_eq!(changelog_complaints(&good.replacen(from, to, 1)).len(), 1, "{from} -> {to}");
    }
}

#[test]
fn a_dead_link_is_found() {
    assert_eq!(link_complaints(Path::new("x.md"), "[a](Cargo.toml) [b](https://x.y) [c](#here)").len(), 0);
    assert_eq!(link_complaints(Path::new("x.md"), "[a](no/such/file.md#part)").len(), 1);
}

// --- Reading ------------------------------------------------------------------------------------------------------

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn layer_table() -> BTreeMap<&'static str, usize> {
    LAYERS.iter().zip(0..).flat_map(|(modules, layer)| modules.iter().map(move |module| (*module, layer))).collect()
}

/// The top module of a file under `src`; none for the roots of library and program.
fn module_of(path: &Path) -> Option<String> {
    let first = path.strip_prefix("src").ok()?.iter().next()?.to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (!["lib", "main"].contains(&name)).then(|| name.to_owned())
}

/// Lines of code without comments, numbered.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines().map(|line| line.split("//").next().unwrap_or("")))
}

/// Lines of code before the tests at the file's end, without comments.
fn before_tests(text: &str) -> impl Iterator<Item = (usize, &str)> {
    code_lines(text).take_while(|(_, line)| line.trim() != "#[cfg(test)]")
}

/// Runs a check on each file under `src`, with its path from the root.
fn each_source(check: impl Fn(&Path, &str) -> Complaints) -> Complaints {
    let sources = sources("src");
    assert!(sources.len() > 50, "the sources were not found");
    sources.iter().flat_map(|path| check(path, &fs::read_to_string(root().join(path)).unwrap())).collect()
}

fn sources(folder: &str) -> Vec<PathBuf> {
    let mut paths = files_below(folder);
    paths.retain(|path| path.extension().is_some_and(|it| it == "rs"));
    paths
}

/// The texts that people write: sources, documents, interfaces, settings, scripts.
fn tracked_texts() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        ["src", "tests", "benches", "proto", "docs", "scripts", ".ci"].into_iter().flat_map(files_below).collect();
    paths.retain(|path| {
        path.extension().is_none_or(|it| ["rs", "md", "proto", "toml", "py", "yaml"].iter().any(|e| it == *e))
    });
    for entry in fs::read_dir(root()).unwrap() {
        let path = PathBuf::from(entry.unwrap().file_name());
        if path.extension().is_some_and(|it| ["md", "toml", "rs"].iter().any(|e| it == *e)) {
            paths.push(path);
        }
    }
    assert!(paths.contains(&PathBuf::from("Cargo.toml")));
    paths
}

/// All files below a folder, in order, with their paths from the root; nothing when the folder is not there.
fn files_below(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(root().join(&folder)) else { continue };
        for entry in entries {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}
