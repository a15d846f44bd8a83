//! Style sheets: imports put in place, comments left out, addresses of files exchanged for hashed ones.
//!
//! No preprocessor and no minifier: compression does what is left.

use std::{fs, path::Path};

use anyhow::{Context, bail};

pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// The sheets that pages link to: those at the top of `style` that no other one imports.
pub(crate) fn sheets(style: &Path) -> anyhow::Result<Vec<Sheet>> {
    let (mut names, mut imported) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(style).with_context(|| format!("cannot list {}", style.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".css") {
            let text = without_comments(&read(&style.join(&name))?);
            imported.extend(text.lines().filter_map(import).map(str::to_owned));
            names.push(name);
        }
    }
    names.sort();
    names.retain(|name| !imported.contains(&format!("./{name}")) && !imported.contains(name));
    names.into_iter().map(|name| Ok(Sheet { text: with_imports(&style.join(&name), 0)?, name })).collect()
}

/// The text of a sheet with every `@import "./other.css";` replaced by that sheet, in order.
fn with_imports(path: &Path, depth: u8) -> anyhow::Result<String> {
    if depth > 8 {
        bail!("{} imports itself", path.display());
    }
    let mut text = String::new();
    for line in without_comments(&read(path)?).lines().map(str::trim_end).filter(|line| !line.trim().is_empty()) {
        match import(line) {
            Some(other) => text.push_str(&with_imports(&path.with_file_name("").join(other), depth + 1)?),
            None => {
                text.push_str(line.trim_start());
                text.push('\n');
            }
        }
    }
    Ok(text)
}

/// Exchanges each `url(/name)` for the hashed address of the public file `name`.
pub(crate) fn with_hashed_urls<'a>(text: &str, hashed: impl Fn(&str) -> Option<&'a str>) -> anyhow::Result<String> {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("url(") {
        let (before, from) = rest.split_at(at + "url(".len());
        let Some(end) = from.find(')') else { bail!("an url( is never closed") };
        let address = from[..end].trim().trim_matches(['"', '\'']);
        done.push_str(before);
        match address.strip_prefix('/') {
            Some(name) => {
                let Some(name) = hashed(name) else { bail!("{address} is not a file of public/") };
                done.push_str("/assets/");
                done.push_str(name);
            }
            None => done.push_str(&from[..end]),
        }
        rest = &from[end..];
    }
    done.push_str(rest);
    Ok(done)
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn import(line: &str) -> Option<&str> {
    let quoted = line.trim().strip_prefix("@import")?.trim().strip_suffix(';')?.trim();
    Some(quoted.trim_matches(['"', '\'']))
}

fn without_comments(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\'', '/']) {
        let (before, from) = rest.split_at(at);
        done.push_str(before);
        let end = if let Some(comment) = from.strip_prefix("/*") {
            comment.find("*/").map_or(from.len(), |end| end + 4)
        } else {
            let end = if from.starts_with('/') { 1 } else { end_of_string(from) };
            done.push_str(&from[..end]);
            end
        };
        rest = &from[end..];
    }
    done.push_str(rest);
    done
}

/// Where the string that `text` starts with ends.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    let quote = text.chars().next();
    for (at, char) in text.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if Some(char) == quote => return at + char.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_strings_stay() {
        let text = "a/* x */{content:\"/* no */\\\"\"}/**/b{background:url('a/b')}";
        assert_eq!(without_comments(text), "a{content:\"/* no */\\\"\"}b{background:url('a/b')}");
    }

    #[test]
    fn addresses_become_hashed_ones() {
        let hashed = |name: &str| (name == "fonts/a.woff2").then_some("fonts/a.11.woff2");
        let text = r#"src:url("/fonts/a.woff2") x;b:url("data:image/svg+xml,%3Csvg%3E")"#;
        let wanted = r#"src:url(/assets/fonts/a.11.woff2) x;b:url("data:image/svg+xml,%3Csvg%3E")"#;
        assert_eq!(with_hashed_urls(text, hashed).unwrap(), wanted);
        assert!(with_hashed_urls("url(/absent.png)", hashed).is_err());
    }

    #[test]
    fn imports_are_put_in_place_in_order() {
        let style = std::env::temp_dir().join(format!("khanut-style-{}", std::process::id()));
        fs::create_dir_all(style.join("parts")).unwrap();
        fs::write(style.join("main.css"), "@layer a;\n@import \"./one.css\";\n@import './parts/two.css';\nlast{}")
            .unwrap();
        fs::write(style.join("one.css"), "one{}").unwrap();
        fs::write(style.join("parts/two.css"), "@import \"../one.css\";\n\n  two{}").unwrap();
        let sheets = sheets(&style).unwrap();
        assert_eq!(sheets.iter().map(|sheet| sheet.name.as_str()).collect::<Vec<_>>(), ["main.css"]);
        assert_eq!(sheets[0].text, "@layer a;\none{}\none{}\ntwo{}\nlast{}\n");
        fs::remove_dir_all(style).unwrap();
    }
}
