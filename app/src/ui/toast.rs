//! Short answers to what was just done. They leave by themselves; nothing that must be read is said here only.

use super::{Icon, Text, Tone};
use leptos::prelude::*;
use std::time::Duration;

const STAYS: Duration = Duration::from_secs(6);
/// More than this at once is noise: the oldest leaves.
const AT_ONCE: usize = 3;

#[derive(Clone)]
struct Toast {
    id: u32,
    tone: Tone,
    text: Text,
}

/// The place where toasts are said; one per page, found by context.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    last: StoredValue<u32>,
}

impl Toasts {
    /// Called once, by the frame of the dashboard.
    pub fn provide() -> Self {
        let toasts = Self { shown: RwSignal::default(), last: StoredValue::new(0) };
        provide_context(toasts);
        toasts
    }

    /// The page's toasts; `None` outside the dashboard.
    #[must_use]
    pub fn here() -> Option<Self> {
        use_context()
    }

    /// Says a sentence, for six seconds. Call it in the browser only: from a press or an effect.
    pub fn say(self, tone: Tone, text: impl Into<Text>) {
        let id = self.last.get_value().wrapping_add(1);
        self.last.set_value(id);
        let toast = Toast { id, tone, text: text.into() };
        self.shown.update(|shown| {
            if shown.len() >= AT_ONCE {
                shown.remove(0);
            }
            shown.push(toast);
        });
        // The page may be gone by then.
        let leave = move || {
            let _ = self.shown.try_update(|shown| shown.retain(|toast| toast.id != id));
        };
        set_timeout(leave, STAYS);
    }
}

/// Where they appear: above the phone's bar, read aloud politely.
#[component]
pub fn ToastArea(toasts: Toasts) -> impl IntoView {
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.shown.get() key=|toast| toast.id let:toast>
                <div class="toast"><Icon glyph=toast.tone.glyph()/><p>{toast.text}</p></div>
            </For>
        </div>
    }
}
