//! Where the person is and who they are: written into the page by the server, read once by the browser.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the signed-in person may do. Only a hint for the page: every verb asks again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct May {
    pub edit_catalog: bool,
    pub edit_links: bool,
    pub check_payments: bool,
    pub replay_webhooks: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    pub shop: String,
    pub person: String,
    pub email: String,
    /// The role in the language of the page.
    pub role: String,
    pub lang: String,
    /// `light`, `dark`, or empty: as the system says.
    pub theme: String,
    pub demo: bool,
    /// The sign after a sum of the shop's currency.
    pub sign: String,
    /// The last number of the journal when the page was rendered.
    pub number: i64,
    /// Payments that wait for a person.
    pub review: u32,
    pub may: May,
}

/// The element that carries it.
pub const ELEMENT: &str = "here";

impl Here {
    /// As provided by the server, or as read from the page; `None` where nobody is signed in.
    #[must_use]
    pub fn read() -> Option<Self> {
        use_context().or_else(from_page)
    }

    /// Provided by the app to all its pages.
    #[must_use]
    pub fn get() -> Self {
        use_context().unwrap_or_default()
    }

    /// The first letters of the person's names.
    #[must_use]
    pub fn initials(&self) -> String {
        self.person.split_whitespace().take(2).filter_map(|word| word.chars().next()).collect()
    }
}

#[cfg(feature = "hydrate")]
fn from_page() -> Option<Here> {
    let json = document().get_element_by_id(ELEMENT)?.text_content()?;
    serde_json::from_str(&json).ok()
}

#[cfg(not(feature = "hydrate"))]
fn from_page() -> Option<Here> {
    None
}
