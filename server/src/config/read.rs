//! Reading single settings: from the environment, else from the file, else the default; every one remembered.

use std::{collections::BTreeMap, str::FromStr};

/// A wrong setting, in one sentence with what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

pub(super) struct Problem;

impl Problem {
    pub(super) fn at(name: &str, what: String) -> ConfigError {
        ConfigError(format!("{name} {what}"))
    }
}

/// One setting as `khanut doctor` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub name: &'static str,
    pub value: String,
    pub source: &'static str,
}

pub(super) struct Reader {
    environment: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
    lines: Vec<Line>,
}

/// `KHANUT_PUBLIC_URL` is `public_url` in the file.
fn file_name(name: &str) -> String {
    name.trim_start_matches("KHANUT_").to_lowercase()
}

fn unreadable(file: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| file.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    ConfigError(format!("khanut.toml cannot be read at line {line}: {}", error.message().replace('\n', " ")))
}

impl Reader {
    pub(super) fn new(environment: BTreeMap<String, String>, file: Option<&str>) -> Result<Self, ConfigError> {
        let file = file.unwrap_or_default();
        let table: toml::Table = file.parse().map_err(|error| unreadable(file, &error))?;
        let text = |(name, value)| match value {
            toml::Value::String(text) => Ok((name, text)),
            toml::Value::Integer(number) => Ok((name, number.to_string())),
            _ => Err(ConfigError(format!("khanut.toml: {name} must be a text in quotes"))),
        };
        let file = table.into_iter().map(text).collect::<Result<_, _>>()?;
        Ok(Self { environment, file, lines: Vec::new() })
    }

    fn find(&mut self, name: &'static str, shown: impl Fn(&str) -> String, default: Option<&str>) -> Option<String> {
        let found = match (self.environment.get(name), self.file.get(&file_name(name))) {
            (Some(value), _) if !value.is_empty() => Some((value.clone(), "environment")),
            (_, Some(value)) => Some((value.clone(), "khanut.toml")),
            _ => default.map(|value| (value.to_owned(), "default")),
        };
        let (value, source) = found.as_ref().map_or(("—".to_owned(), "not set"), |(v, source)| (shown(v), *source));
        self.lines.push(Line { name, value, source });
        found.map(|(value, _)| value)
    }

    pub(super) fn maybe(&mut self, name: &'static str) -> Option<String> {
        self.find(name, str::to_owned, None)
    }

    pub(super) fn or(&mut self, name: &'static str, default: &str) -> String {
        self.find(name, str::to_owned, Some(default)).unwrap_or_default()
    }

    pub(super) fn secret(&mut self, name: &'static str) -> Option<String> {
        self.find(name, |_| "(set)".to_owned(), None)
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &'static str, wanted: &str) -> Result<Option<T>, ConfigError> {
        let value = self.maybe(name);
        value.map(|v| v.parse().map_err(|_| Problem::at(name, format!("must be {wanted}, not {v:?}")))).transpose()
    }

    pub(super) fn parsed_or<T: FromStr>(
        &mut self,
        name: &'static str,
        default: &str,
        wanted: &str,
    ) -> Result<T, ConfigError> {
        let value = self.or(name, default);
        value.parse().map_err(|_| Problem::at(name, format!("must be {wanted}, not {value:?}")))
    }

    pub(super) fn url(&mut self, name: &'static str) -> Result<Option<String>, ConfigError> {
        let Some(value) = self.maybe(name) else { return Ok(None) };
        let plain = |url: &reqwest::Url| {
            ["http", "https"].contains(&url.scheme())
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none()
        };
        if value.parse().is_ok_and(|url| plain(&url)) {
            return Ok(Some(value.trim_end_matches('/').to_owned()));
        }
        Err(Problem::at(name, format!("must be an address such as https://shop.example.am, not {value:?}")))
    }

    /// Shown without the password.
    pub(super) fn database_or(&mut self, name: &'static str, default: &str) -> Result<String, ConfigError> {
        let shown = |url: &str| match (url.split_once("://"), url.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
            _ => url.to_owned(),
        };
        let url = self.find(name, shown, Some(default)).unwrap_or_default();
        if ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
            Ok(url)
        } else {
            Err(Problem::at(name, "must begin with sqlite: or postgres:".to_owned()))
        }
    }

    pub(super) fn one_of(&mut self, name: &'static str, words: &[&str]) -> Result<String, ConfigError> {
        let value = self.or(name, words[0]);
        if words.contains(&value.as_str()) {
            Ok(value)
        } else {
            Err(Problem::at(name, format!("must be one of {}, not {value:?}", words.join(", "))))
        }
    }

    /// A name that nobody asked for is a slip of the hand.
    pub(super) fn refuse_unknown(&self) -> Result<(), ConfigError> {
        let known: Vec<&str> = self.lines.iter().map(|line| line.name).chain(["KHANUT_MASTER_KEY_FILE"]).collect();
        for name in self.environment.keys().filter(|name| !is_foreign(name)) {
            if !known.contains(&name.as_str()) {
                return Err(ConfigError(format!("{name} is not a setting; did you mean {}?", nearest(name, &known))));
            }
        }
        let in_file: Vec<String> = known.iter().map(|name| file_name(name)).collect();
        let in_file: Vec<&str> = in_file.iter().map(String::as_str).collect();
        for name in self.file.keys() {
            if !in_file.contains(&name.as_str()) {
                let near = nearest(name, &in_file);
                return Err(ConfigError(format!("khanut.toml: {name} is not a setting; did you mean {near}?")));
            }
        }
        Ok(())
    }

    pub(super) fn report(self) -> Vec<Line> {
        self.lines
    }
}

/// Of the project's own scripts and tests.
fn is_foreign(name: &str) -> bool {
    name == "KHANUT_CACHE" || name.starts_with("KHANUT_TEST_") || name.starts_with("KHANUT_POSTGRES_")
}

fn nearest<'a>(name: &str, known: &[&'a str]) -> &'a str {
    known.iter().copied().min_by_key(|other| distance(name, other)).unwrap_or_default()
}

/// Letters to change, add or take away to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let swap = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = swap.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}
