//! Configuration: environment variables over an optional `khanut.toml`, one struct per concern, each value with its source.

mod read;

use std::{ffi::OsString, net::SocketAddr, num::NonZeroU16, path::PathBuf};

pub use read::{ConfigError, Line};
use read::{Problem, Reader};

const FILE: &str = "khanut.toml";

/// Where the program listens and how it is reached.
#[derive(Clone, Debug)]
pub struct Web {
    /// `KHANUT_LISTEN`: address and port of pages, hooks and API. Default 127.0.0.1:3000.
    pub listen: SocketAddr,
    /// `KHANUT_PUBLIC_URL`: the address that customers, providers and Telegram reach; https in production.
    pub public_url: Option<String>,
    /// `KHANUT_METRICS_LISTEN`: address of `/metrics`; without it there are no metrics.
    pub metrics_listen: Option<SocketAddr>,
    /// `KHANUT_PRIVATE_ENDPOINTS`: `no`, or `yes` where webhooks and CRMs of merchants may lie in this network too.
    pub private_endpoints: bool,
    /// `KHANUT_SITE_DIR`: the browser's files, beside the program by default.
    pub site_dir: Option<PathBuf>,
}

/// What is kept and how it is sealed.
#[derive(Clone, Debug)]
pub struct Storage {
    /// `KHANUT_DATABASE_URL`: `sqlite:///…` or `postgres://…`. Default: a SQLite file in the data folder.
    pub database_url: String,
    /// `KHANUT_DATA_DIR`. Default `./khanut-data`.
    pub data_dir: PathBuf,
    /// `KHANUT_MASTER_KEY` or the content of `KHANUT_MASTER_KEY_FILE`: 32 bytes in base64.
    pub master_key: Option<String>,
}

/// Telegram.
#[derive(Clone, Debug)]
pub struct Telegram {
    /// `KHANUT_TELEGRAM_API_URL`. Default `https://api.telegram.org`.
    pub api_url: String,
    /// `KHANUT_INSTANCES`: how many of this program run on the same database; each sends its part of what a bot may. Default 1.
    pub instances: NonZeroU16,
    /// `KHANUT_DEMO_TELEGRAM_API_URL` and `KHANUT_DEMO_BOT_TOKEN`: a foreign Bot API server for the demo's bot.
    pub demo: Option<(String, String)>,
}

/// What is written to the log.
#[derive(Clone, Debug)]
pub struct Logs {
    /// `KHANUT_LOG`: a filter such as `info` or `server=debug`.
    pub filter: String,
    /// `KHANUT_LOG_FORMAT`: `text` or `json`.
    pub json: bool,
}

#[derive(Clone, Debug)]
pub struct Config {
    pub web: Web,
    pub storage: Storage,
    pub telegram: Telegram,
    pub logs: Logs,
    /// Every setting with its value (secrets masked) and source, for `khanut doctor`.
    pub report: Vec<Line>,
}

impl Config {
    /// Reads the environment of this process and `khanut.toml` in its folder.
    ///
    /// # Errors
    /// One sentence that names the setting and says what to do.
    pub fn load() -> Result<Self, ConfigError> {
        let ours = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let ours = ours.filter(|(name, _)| name.starts_with("KHANUT_"));
        let text = |(name, value): (String, OsString)| match value.into_string() {
            Ok(value) => Ok((name, value)),
            Err(_) => Err(Problem::at(&name, "is not text in UTF-8: write it anew".to_owned())),
        };
        let environment = ours.map(text).collect::<Result<_, _>>()?;
        let file = match std::fs::read_to_string(FILE) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(Problem::at(FILE, format!("is there but cannot be read ({error})"))),
        };
        Self::read(Reader::new(environment, file.as_deref())?)
    }

    fn read(mut reader: Reader) -> Result<Self, ConfigError> {
        let data_dir = PathBuf::from(reader.or("KHANUT_DATA_DIR", "khanut-data"));
        let default_database = format!("sqlite://{}/khanut.db", data_dir.display());
        let demo_url = reader.maybe("KHANUT_DEMO_TELEGRAM_API_URL");
        let demo_token = reader.secret("KHANUT_DEMO_BOT_TOKEN");
        let config = Self {
            web: Web {
                listen: reader.parsed_or(
                    "KHANUT_LISTEN",
                    "127.0.0.1:3000",
                    "an address and port such as 127.0.0.1:3000",
                )?,
                public_url: reader.url("KHANUT_PUBLIC_URL")?,
                metrics_listen: reader.parsed("KHANUT_METRICS_LISTEN", "an address and port such as 127.0.0.1:9100")?,
                private_endpoints: reader.one_of("KHANUT_PRIVATE_ENDPOINTS", &["no", "yes"])? == "yes",
                site_dir: reader.maybe("KHANUT_SITE_DIR").map(PathBuf::from),
            },
            storage: Storage {
                database_url: reader.database_or("KHANUT_DATABASE_URL", &default_database)?,
                data_dir,
                master_key: master_key(&mut reader)?,
            },
            telegram: Telegram {
                api_url: reader
                    .url("KHANUT_TELEGRAM_API_URL")?
                    .unwrap_or_else(|| "https://api.telegram.org".to_owned()),
                instances: reader.parsed_or("KHANUT_INSTANCES", "1", "a number from 1 on")?,
                demo: both(demo_url, demo_token)?,
            },
            logs: Logs {
                filter: reader.or("KHANUT_LOG", "info,sea_orm_migration=warn"),
                json: reader.one_of("KHANUT_LOG_FORMAT", &["text", "json"])? == "json",
            },
            report: Vec::new(),
        };
        reader.refuse_unknown()?;
        Ok(Self { report: reader.report(), ..config })
    }
}

fn master_key(reader: &mut Reader) -> Result<Option<String>, ConfigError> {
    if let Some(key) = reader.secret("KHANUT_MASTER_KEY") {
        return Ok(Some(key));
    }
    let Some(path) = reader.maybe("KHANUT_MASTER_KEY_FILE") else { return Ok(None) };
    let key = std::fs::read_to_string(&path)
        .map_err(|error| Problem::at("KHANUT_MASTER_KEY_FILE", format!("{path} cannot be read ({error})")))?;
    Ok(Some(key.trim().to_owned()))
}

fn both(url: Option<String>, token: Option<String>) -> Result<Option<(String, String)>, ConfigError> {
    match (url, token) {
        (Some(url), Some(token)) => Ok(Some((url.trim_end_matches('/').to_owned(), token))),
        (None, None) => Ok(None),
        (Some(_), None) => {
            Err(Problem::at("KHANUT_DEMO_BOT_TOKEN", "must be set together with KHANUT_DEMO_TELEGRAM_API_URL".into()))
        }
        (None, Some(_)) => {
            Err(Problem::at("KHANUT_DEMO_TELEGRAM_API_URL", "must be set together with KHANUT_DEMO_BOT_TOKEN".into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(environment: &[(&str, &str)], file: &str) -> Result<Config, ConfigError> {
        let environment: BTreeMap<_, _> = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Config::read(Reader::new(environment, Some(file))?)
    }

    #[test]
    fn environment_over_file_over_default() {
        let config =
            read(&[("KHANUT_LISTEN", "127.0.0.1:4000")], "listen = \"127.0.0.1:5000\"\nlog = \"debug\"").unwrap();
        assert_eq!(config.web.listen.port(), 4000);
        assert_eq!(config.logs.filter, "debug");
        assert!(config.storage.database_url.starts_with("sqlite://"));
        let source = |name: &str| config.report.iter().find(|line| line.name == name).map(|line| line.source);
        assert_eq!(source("KHANUT_LISTEN"), Some("environment"));
        assert_eq!(source("KHANUT_LOG"), Some("khanut.toml"));
        assert_eq!(source("KHANUT_DATA_DIR"), Some("default"));
    }

    #[test]
    fn wrong_values_are_named_and_secrets_are_not_shown() {
        let table = [
            (vec![("KHANUT_LISTEN", "here")], "", "KHANUT_LISTEN"),
            (vec![("KHANUT_PUBLIC_URL", "shop.am")], "", "KHANUT_PUBLIC_URL"),
            (vec![("KHANUT_PUBLIC_URL", "https://")], "", "KHANUT_PUBLIC_URL"),
            (vec![("KHANUT_PUBLIC_URL", "https://shop.am/?a=1")], "", "KHANUT_PUBLIC_URL"),
            (vec![("KHANUT_PUBLIC_URL", "https://me:pass@shop.am")], "", "KHANUT_PUBLIC_URL"),
            (vec![], "log = true", "log"),
            (vec![], "listen = ", "line 1"),
            (vec![("KHANUT_DATABASE_URL", "mysql://x")], "", "KHANUT_DATABASE_URL"),
            (vec![("KHANUT_LOG_FORMAT", "xml")], "", "KHANUT_LOG_FORMAT"),
            (vec![("KHANUT_INSTANCES", "0")], "", "KHANUT_INSTANCES"),
            (vec![("KHANUT_LISTN", "x")], "", "KHANUT_LISTEN"),
            (vec![], "lisen = \"x\"", "listen"),
            (vec![("KHANUT_DEMO_BOT_TOKEN", "1:a")], "", "KHANUT_DEMO_TELEGRAM_API_URL"),
        ];
        for (environment, file, says) in table {
            let error = read(&environment, file).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains('\n'), "{error}");
        }
        let config =
            read(&[("KHANUT_MASTER_KEY", "very-secret"), ("KHANUT_DATABASE_URL", "postgres://u:hidden@h/d")], "")
                .unwrap();
        let shown = format!("{:?}", config.report);
        assert!(!shown.contains("very-secret") && !shown.contains("hidden"), "{shown}");
    }
}
