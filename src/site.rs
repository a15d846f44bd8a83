//! The browser's files: found once, kept in memory, served under names that change with their content.
//!
//! Reads no file after `load`. Every answer under `/assets/` may be kept for ever; a name that is not in the folder is a 404.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use axum::{
    Router,
    body::Bytes,
    extract::{Path as UrlPath, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

/// A hashed name never changes its content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Files at well-known addresses keep their name when they change.
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");
/// Files of `public/` that browsers and robots ask for at the root.
const AT_THE_ROOT: [&str; 3] = ["favicon.ico", "favicon.svg", "robots.txt"];

/// Everything that a browser may fetch besides pages.
#[derive(Debug)]
pub struct Site {
    /// Logical name (`main.css`) → URL (`/assets/main.1a2b3c4d.css`).
    urls: HashMap<String, String>,
    /// Hashed name → file.
    files: HashMap<String, Asset>,
}

#[derive(Debug)]
struct Asset {
    kind: HeaderValue,
    plain: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
}

impl Site {
    /// The folder of the browser's files: `KHANUT_SITE_DIR`, or `site` beside the executable.
    ///
    /// # Errors
    /// When neither holds a built site; the sentence says what to do.
    pub fn find() -> anyhow::Result<PathBuf> {
        let given = std::env::var_os("KHANUT_SITE_DIR").map(PathBuf::from);
        if let Some(folder) = given {
            if !folder.join("manifest.json").is_file() {
                bail!(
                    "KHANUT_SITE_DIR is {}, which holds no manifest.json; set it to the `site` folder of a build",
                    folder.display()
                );
            }
            return Ok(folder);
        }
        let program = std::env::current_exe().context("cannot tell where this program lies; set KHANUT_SITE_DIR")?;
        let beside = program.with_file_name("site");
        if !beside.join("manifest.json").is_file() {
            bail!(
                "the browser's files are missing: expected them in {}; build them with `make build`, or set KHANUT_SITE_DIR",
                beside.display()
            );
        }
        Ok(beside)
    }

    /// Reads `manifest.json` of `folder` and every file it names.
    ///
    /// # Errors
    /// When the manifest cannot be read or a file it names is missing.
    pub fn load(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("manifest.json");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let names: HashMap<String, String> =
            serde_json::from_str(&text).with_context(|| format!("{} is not a list of assets", path.display()))?;
        let (mut urls, mut files) = (HashMap::new(), HashMap::new());
        for (name, hashed) in names {
            files.insert(hashed.clone(), Asset::load(&folder.join("assets"), &hashed)?);
            urls.insert(name, format!("/assets/{hashed}"));
        }
        Ok(Self { urls, files })
    }

    /// Where a browser finds the file called `name` in the sources (`main.css`, `fonts/inter-latin.woff2`).
    #[must_use]
    pub fn url(&self, name: &str) -> &str {
        self.urls.get(name).map_or_else(
            || {
                tracing::error!(name, "a page asks for a browser file that the build did not make");
                "/assets/missing"
            },
            String::as_str,
        )
    }

    /// `/assets/…`, and the few files with fixed addresses.
    pub fn routes(self: &Arc<Self>) -> Router {
        let mut router = Router::new().route("/assets/{*file}", get(asset));
        for name in AT_THE_ROOT.into_iter().filter(|name| self.urls.contains_key(*name)) {
            let answer = move |State(site): State<Arc<Self>>, headers: HeaderMap| async move {
                let hashed = site.url(name).trim_start_matches("/assets/");
                site.answer(hashed, &headers, AN_HOUR)
            };
            router = router.route(&format!("/{name}"), get(answer));
        }
        router.with_state(self.clone())
    }

    fn answer(&self, hashed: &str, asked: &HeaderMap, keep: HeaderValue) -> Response {
        let Some(asset) = self.files.get(hashed) else { return StatusCode::NOT_FOUND.into_response() };
        let (body, encoding) = asset.for_browser(&accepted(asked));
        let mut response = body.clone().into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, asset.kind.clone());
        headers.insert(header::CACHE_CONTROL, keep);
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }
}

async fn asset(State(site): State<Arc<Site>>, UrlPath(file): UrlPath<String>, headers: HeaderMap) -> Response {
    site.answer(&file, &headers, FOR_EVER)
}

impl Asset {
    fn load(assets: &Path, hashed: &str) -> anyhow::Result<Self> {
        let path = assets.join(hashed);
        let plain =
            fs::read(&path).with_context(|| format!("the manifest names {}, which is missing", path.display()))?;
        let packed = |ending: &str| fs::read(assets.join(format!("{hashed}.{ending}"))).ok().map(Bytes::from);
        Ok(Self { kind: content_type(hashed), plain: plain.into(), gzip: packed("gz"), brotli: packed("br") })
    }

    fn for_browser(&self, accepted: &Accepted) -> (&Bytes, Option<&'static str>) {
        match (&self.brotli, &self.gzip) {
            (Some(brotli), _) if accepted.brotli => (brotli, Some("br")),
            (_, Some(gzip)) if accepted.gzip => (gzip, Some("gzip")),
            _ => (&self.plain, None),
        }
    }
}

/// The encodings a browser takes. A weight of zero is a refusal; other weights do not change our preference.
#[derive(Debug, Default, PartialEq, Eq)]
struct Accepted {
    brotli: bool,
    gzip: bool,
}

fn accepted(headers: &HeaderMap) -> Accepted {
    let mut accepted = Accepted::default();
    for value in headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()) {
        for item in value.split(',') {
            let (coding, parameters) = item.split_once(';').unwrap_or((item, ""));
            let refused = parameters.trim().strip_prefix("q=").is_some_and(is_zero);
            match coding.trim() {
                "br" => accepted.brotli = !refused,
                "gzip" => accepted.gzip = !refused,
                _ => {}
            }
        }
    }
    accepted
}

/// `0`, `0.0` … `0.000`.
fn is_zero(weight: &str) -> bool {
    let weight = weight.trim();
    weight.starts_with('0') && weight.chars().all(|c| matches!(c, '0' | '.'))
}

fn content_type(name: &str) -> HeaderValue {
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    HeaderValue::from_static(kind)
}

#[cfg(test)]
mod tests {
    use axum::{body::to_bytes, http::Request};
    use tower::ServiceExt;

    use super::*;

    /// A small built site in a folder of its own.
    fn site(test: &str) -> (PathBuf, Arc<Site>) {
        let folder = std::env::temp_dir().join(format!("khanut-site-{}-{test}", std::process::id()));
        fs::create_dir_all(folder.join("assets/fonts")).unwrap();
        let names = r#"{"main.css":"main.11.css","robots.txt":"robots.22.txt","fonts/a.woff2":"fonts/a.33.woff2"}"#;
        fs::write(folder.join("manifest.json"), names).unwrap();
        for (file, text) in [("main.11.css", "plain"), ("main.11.css.br", "brotli"), ("main.11.css.gz", "gzip")] {
            fs::write(folder.join("assets").join(file), text).unwrap();
        }
        fs::write(folder.join("assets/robots.22.txt"), "robots").unwrap();
        fs::write(folder.join("assets/fonts/a.33.woff2"), "font").unwrap();
        let site = Arc::new(Site::load(&folder).unwrap());
        (folder, site)
    }

    async fn ask(site: &Arc<Site>, method: &str, path: &str, encodings: &str) -> (StatusCode, HeaderMap, String) {
        let request = Request::builder().method(method).uri(path).header("accept-encoding", encodings);
        let response = site.routes().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        (head.status, head.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn serves_the_best_encoding_a_browser_takes() {
        let (folder, site) = site("encoding");
        assert_eq!(site.url("main.css"), "/assets/main.11.css");
        for (encodings, body, coding) in [
            ("gzip, br", "brotli", Some("br")),
            ("gzip;q=1.0, br;q=0", "gzip", Some("gzip")),
            ("gzip;q=0.000", "plain", None),
            ("", "plain", None),
        ] {
            let (status, headers, text) = ask(&site, "GET", "/assets/main.11.css", encodings).await;
            assert_eq!((status, text.as_str()), (StatusCode::OK, body), "{encodings}");
            assert_eq!(headers.get("content-encoding").map(|v| v.to_str().unwrap()), coding);
            assert_eq!(headers["content-type"], "text/css; charset=utf-8");
            assert_eq!(headers["cache-control"], FOR_EVER);
            assert_eq!(headers["vary"], "accept-encoding");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn knows_only_what_the_manifest_names() {
        let (folder, site) = site("manifest");
        assert_eq!(ask(&site, "GET", "/assets/fonts/a.33.woff2", "br").await.2, "font");
        assert_eq!(ask(&site, "GET", "/robots.txt", "br").await.1["cache-control"], AN_HOUR);
        assert_eq!(ask(&site, "GET", "/favicon.ico", "").await.0, StatusCode::NOT_FOUND);
        for path in ["/assets/main.css", "/assets/main.11.css.br", "/assets/..%2Fmanifest.json", "/assets/"] {
            assert_eq!(ask(&site, "GET", path, "br").await.0, StatusCode::NOT_FOUND, "{path}");
        }
        let (status, _, body) = ask(&site, "HEAD", "/assets/main.11.css", "br").await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, ""));
        assert_eq!(site.url("absent.css"), "/assets/missing");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_broken_folder_is_a_sentence() {
        let error = Site::load(Path::new("/nonexistent")).unwrap_err();
        assert_eq!(error.to_string(), "cannot read /nonexistent/manifest.json");
    }
}
