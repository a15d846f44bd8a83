//! The photo chosen in the form, sent after the product itself is saved.

use leptos::ev;
#[cfg(feature = "hydrate")]
use leptos::prelude::*;

use crate::error::AppError;
#[cfg(feature = "hydrate")]
use crate::error::ErrorKind;

/// The file of the picker, if one was chosen.
#[cfg(feature = "hydrate")]
#[derive(Clone, Copy)]
pub(super) struct Chosen(StoredValue<Option<web_sys::File>, LocalStorage>);

/// On the server nobody chooses anything.
#[cfg(not(feature = "hydrate"))]
#[derive(Clone, Copy)]
pub(super) struct Chosen;

#[cfg(not(feature = "hydrate"))]
impl Chosen {
    pub(super) const fn new() -> Self {
        Self
    }

    pub(super) fn take(self, _event: &ev::Event) {}

    pub(super) async fn send(self, _product: &str) -> Result<(), AppError> {
        std::future::ready(Ok(())).await
    }
}

#[cfg(feature = "hydrate")]
impl Chosen {
    pub(super) fn new() -> Self {
        Self(StoredValue::new_local(None))
    }

    pub(super) fn take(self, event: &ev::Event) {
        let input: web_sys::HtmlInputElement = event_target(event);
        self.0.set_value(input.files().and_then(|files| files.get(0)));
    }

    /// # Errors
    /// The server's sentence about the file.
    pub(super) async fn send(self, product: &str) -> Result<(), AppError> {
        let Some(file) = self.0.get_value() else { return Ok(()) };
        let sent = post(product, &file).await.map_err(|_| AppError::new(ErrorKind::Broken, "error.network"))?;
        if sent.ok() {
            self.0.set_value(None);
            return Ok(());
        }
        let said = match sent.text() {
            Ok(text) => wasm_bindgen_futures::JsFuture::from(text).await.ok().and_then(|text| text.as_string()),
            Err(_) => None,
        };
        let broken = AppError::new(ErrorKind::Broken, "error.broken").text;
        let text = said.filter(|text| !text.is_empty()).unwrap_or(broken);
        Err(AppError { kind: ErrorKind::Refused, text, field: Some("photo".to_owned()) })
    }
}

#[cfg(feature = "hydrate")]
async fn post(product: &str, file: &web_sys::File) -> Result<web_sys::Response, wasm_bindgen::JsValue> {
    use wasm_bindgen::JsCast;
    let form = web_sys::FormData::new()?;
    form.append_with_blob("photo", file)?;
    let request = web_sys::RequestInit::new();
    request.set_method("POST");
    request.set_body(&form);
    let address = ["/products/", product, "/photo"].concat();
    let answer = wasm_bindgen_futures::JsFuture::from(window().fetch_with_str_and_init(&address, &request)).await?;
    answer.dyn_into()
}
