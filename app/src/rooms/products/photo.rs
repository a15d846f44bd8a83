//! The photo chosen in the form, sent after the product itself is saved.

use leptos::{ev, prelude::*};

use crate::error::AppError;

#[cfg(feature = "hydrate")]
type File = web_sys::File;
#[cfg(not(feature = "hydrate"))]
type File = ();

/// The file of the picker, if one was chosen.
#[derive(Clone, Copy)]
pub(super) struct Chosen(StoredValue<Option<File>, LocalStorage>);

impl Chosen {
    pub(super) fn new() -> Self {
        Self(StoredValue::new_local(None))
    }

    #[cfg(feature = "hydrate")]
    pub(super) fn take(self, event: &ev::Event) {
        let input: web_sys::HtmlInputElement = event_target(event);
        self.0.set_value(input.files().and_then(|files| files.get(0)));
    }

    #[cfg(not(feature = "hydrate"))]
    #[expect(clippy::unused_self, reason = "the same signature as in the browser")]
    pub(super) fn take(self, _event: &ev::Event) {}

    /// # Errors
    /// The server's sentence about the file.
    #[cfg(feature = "hydrate")]
    pub(super) async fn send(self, product: &str) -> Result<(), AppError> {
        let Some(file) = self.0.get_value() else { return Ok(()) };
        let sent = post(product, &file).await.map_err(|_| AppError::new(crate::error::ErrorKind::Broken, "error.network"))?;
        if sent.ok() {
            self.0.set_value(None);
            return Ok(());
        }
        let text = match sent.text() {
            Ok(text) => wasm_bindgen_futures::JsFuture::from(text).await.ok().and_then(|text| text.as_string()),
            Err(_) => None,
        };
        let broken = || AppError::new(crate::error::ErrorKind::Broken, "error.broken").text;
        Err(AppError {
            kind: crate::error::ErrorKind::Refused,
            text: text.filter(|text| !text.is_empty()).unwrap_or_else(broken),
            field: Some("photo".to_owned()),
        })
    }

    #[cfg(not(feature = "hydrate"))]
    #[expect(clippy::unused_async, clippy::unused_self, reason = "the same signature as in the browser")]
    pub(super) async fn send(self, _product: &str) -> Result<(), AppError> {
        Ok(())
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
