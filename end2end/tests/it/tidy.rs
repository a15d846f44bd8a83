//! The repository tests itself: what discipline alone would forget.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Longer files are cut up; the two long lists of plain words and drawings may stay whole.
const LINES: usize = 480;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

fn all() -> Vec<(String, String)> {
    ["domain", "migrations", "server", "app", "src", "end2end", "bench"].into_iter().flat_map(sources).collect()
}

#[test]
fn every_module_opens_with_its_promise_and_none_is_too_long() {
    for (name, text) in all() {
        assert!(text.starts_with("//! "), "{name} does not say what it promises");
        assert!(text.lines().count() <= LINES, "{name} is longer than {LINES} lines");
    }
}

#[test]
fn every_point_to_die_at_is_wanted_by_a_story() {
    let stories = sources("end2end/tests/it").into_iter().filter(|(name, _)| name.contains("/crash_"));
    let stories: String = stories.map(|(_, text)| text).collect();
    let mut count = 0;
    for (name, text) in sources("server") {
        for point in text.split("sabotage::point(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(stories.contains(&format!("\"{point}\"")), "{name}: no story wants {point}");
            count += 1;
        }
    }
    assert!(count > 15, "the points are found: {count}");
}

#[test]
fn only_a_store_writes_tables_and_only_settle_moves_payments() {
    for (name, text) in sources("server/src") {
        let writes = ["Entity::insert(", "Entity::insert_many(", "Entity::update(", "update_many()", "delete_many()"];
        let writes = writes.iter().any(|call| text.contains(call));
        assert!(!writes || name.ends_with("store.rs"), "{name} writes a table; queries belong to store.rs");
        let in_payments = name.contains("/payments/") && text.replace("orders::store::", "").contains("store::change(");
        let moves = in_payments || text.contains("payments::store::change");
        assert!(!moves || name.ends_with("payments/book.rs"), "{name} changes a payment's state beside settle");
    }
}

#[test]
fn the_browser_side_is_free_of_the_database() {
    let tree = std::process::Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "-p",
            "khanut",
            "--no-default-features",
            "--features",
            "hydrate",
            "-e",
            "normal",
            "--prefix",
            "none",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("leptos"), "the tree was not read: {tree}");
    for foreign in ["sea-orm", "sqlx", "tokio ", "axum", "teloxide", "reqwest"] {
        assert!(!tree.lines().any(|line| line.starts_with(foreign)), "{foreign} would be sent to browsers");
    }
}

#[test]
fn no_float_stands_near_money() {
    for (name, text) in sources("domain").into_iter().chain(sources("server/src")).chain(sources("server/providers")) {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            assert!(!line.contains("f64") && !line.contains("f32"), "{name}: {line}");
        }
    }
}

#[test]
fn nothing_unfinished_is_left_in_words() {
    for (name, text) in all() {
        for mark in ["TODO", "FIXME", "unimplemented!", "coming soon"] {
            let here = name.ends_with("tidy.rs");
            assert!(here || !text.contains(mark), "{name} says {mark}");
        }
    }
}
