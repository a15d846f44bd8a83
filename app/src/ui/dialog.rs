//! Native dialogs: in the middle for a decision, at the side for a look. Escape, the cross and a press beside it close.

use super::{Button, Glyph, IconButton, Look, Text};
use leptos::{ev, html, prelude::*};

/// A dialog in the middle. It is open while `open` says so, and says so itself when the person closes it.
#[component]
pub fn Dialog(
    open: RwSignal<bool>,
    #[prop(into)] title: Text,
    #[prop(into)] close: Text,
    children: Children,
) -> impl IntoView {
    panel(open, title, close, false, children)
}

/// A dialog at the side: a row looked at without leaving the list.
#[component]
pub fn Drawer(
    open: RwSignal<bool>,
    #[prop(into)] title: Text,
    #[prop(into)] close: Text,
    children: Children,
) -> impl IntoView {
    panel(open, title, close, true, children)
}

/// Asks before a loss: `text` says the consequence, `verb` is what will be done ("Refund 5 000 ֏"). The children may ask for a reason.
#[component]
pub fn Confirm(
    open: RwSignal<bool>,
    #[prop(into)] title: Text,
    #[prop(into)] text: Text,
    #[prop(into)] verb: Text,
    #[prop(into)] cancel: Text,
    #[prop(default = Look::DangerNow)] look: Look,
    #[prop(optional, into)] busy: Signal<bool>,
    #[prop(into)] confirm: Callback<()>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let keep = cancel.clone();
    view! {
        <Dialog open=open title=title close=cancel>
            <p>{text}</p>
            {children.map(|children| children())}
            <div class="dialog-actions">
                <Button press=move |()| open.set(false)>{keep}</Button>
                <Button look=look busy=busy press=confirm>{verb}</Button>
            </div>
        </Dialog>
    }
}

fn panel(open: RwSignal<bool>, title: Text, close: Text, side: bool, children: Children) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        match (open.get(), dialog.open()) {
            // Fails only for a dialog that has left the page; then there is nothing to show.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    // A press on the backdrop reaches the dialog itself; a press inside reaches something in it.
    let beside = move |event: ev::MouseEvent| {
        if event.target() == event.current_target() {
            open.set(false);
        }
    };
    let heading = title.clone();
    view! {
        <dialog
            class="dialog"
            data-side=side
            node_ref=node
            aria-label=title
            on:close=move |_| open.set(false)
            on:click=beside
        >
            <div class="dialog-inner">
                <header class="dialog-head">
                    <h2 tabindex="-1" autofocus=true>{heading}</h2>
                    <IconButton glyph=Glyph::Cross label=close press=move |()| open.set(false)/>
                </header>
                {children()}
            </div>
        </dialog>
    }
}
