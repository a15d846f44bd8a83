//! Native dialogs, opened and closed by buttons without scripts where the browser knows how (`command`), and by the awake
//! page elsewhere. Escape, the cross and a press beside it close.

use super::{Glyph, Icon, Look, Size, Text, field::Within};
use crate::texts::t;
use leptos::prelude::*;

/// A dialog in the middle; a drawer at the side, and at the bottom of a phone, where what it is about stays in sight. The
/// children are mostly a form whose last line is `dialog-actions`.
#[component]
pub fn Dialog(
    #[prop(into)] id: Text,
    #[prop(into)] title: Text,
    #[prop(optional)] drawer: bool,
    children: Children,
) -> impl IntoView {
    let (heading, own) = (title.clone(), id.clone());
    let inside = Owner::new().with(|| {
        provide_context(Within(id.to_string()));
        children()
    });
    view! {
        <dialog class="dialog" id=id aria-label=title data-side=drawer closedby="any">
            <div class="dialog-inner">
                <header class="dialog-head">
                    <h2>{heading}</h2>
                    <button
                        type="button"
                        class="button"
                        data-icon-only=true
                        data-look="quiet"
                        commandfor=own
                        command="close"
                        aria-label=t("common.close")
                    >
                        <Icon glyph=Glyph::Cross/>
                    </button>
                </header>
                {inside}
            </div>
        </dialog>
    }
}

/// The button that opens the dialog `dialog`.
#[component]
pub fn DialogButton(
    #[prop(into)] dialog: Text,
    #[prop(optional)] look: Look,
    #[prop(optional)] size: Size,
    #[prop(optional)] icon: Option<Glyph>,
    children: Children,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="button"
            data-look=look.name()
            data-size=size.name()
            commandfor=dialog
            command="show-modal"
            aria-haspopup="dialog"
        >
            {icon.map(|glyph| view! { <Icon glyph=glyph/> })}
            <span>{children()}</span>
        </button>
    }
}

/// As [`DialogButton`], among the chips of a list.
#[component]
pub fn DialogChip(#[prop(into)] dialog: Text, icon: Glyph, #[prop(into)] text: Text) -> impl IntoView {
    view! {
        <button type="button" class="chip" commandfor=dialog command="show-modal" aria-haspopup="dialog">
            <Icon glyph=icon size="small"/>
            <span>{text}</span>
        </button>
    }
}

/// The way out of a dialog that changes nothing.
#[must_use]
pub fn close_button(dialog: &str, text: Text) -> AnyView {
    let dialog = dialog.to_owned();
    view! { <button type="button" class="button" commandfor=dialog command="close">{text}</button> }.into_any()
}
