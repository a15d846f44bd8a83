//! What is asked before something is done: why, or whether at all. Asked in a dialog of the page; a refusal is drawn as a
//! page of its own, where what was typed still stands.

use axum::response::Response;
use leptos::prelude::*;
use server::failure::Failure;

use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, ButtonLink, Crumb, Dialog, DialogButton, Glyph, Look, RoomHead, Size, Text, TextArea, close_button},
    web::Desk,
};

/// A button that asks why before it is done.
pub(super) struct Why {
    /// Names the dialog on its page.
    pub(super) id: String,
    pub(super) action: String,
    pub(super) verb: &'static str,
    pub(super) title: &'static str,
    /// What will happen, in a sentence.
    pub(super) text: Option<&'static str>,
    /// The name of the field, and what stands above and below it.
    pub(super) field: &'static str,
    pub(super) label: &'static str,
    pub(super) help: Option<&'static str>,
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) look: Look,
    pub(super) size: Size,
    pub(super) icon: Option<Glyph>,
}

impl Why {
    /// The button and its dialog.
    pub(super) fn button(&self) -> AnyView {
        let form = self.form("", &Wrong::default(), close_button(&self.id, t("common.cancel")));
        let (id, verb) = (Text::from(self.id.clone()), self.verb);
        let (look, size, icon) = (self.look, self.size, self.icon);
        view! {
            <DialogButton dialog=id.clone() look=look size=size nostrip:icon=icon>{t(verb)}</DialogButton>
            <Dialog id=id title=t(self.title)>{form}</Dialog>
        }
        .into_any()
    }

    /// The same as a page, with what was typed and what is wrong with it. `back` is where the person came from.
    pub(super) async fn refused(&self, desk: &Desk, back: &str, typed: &str, failure: &Failure) -> Response {
        let title = desk.say(self.title);
        let draw = |wrong: &Wrong| {
            let back = Text::from(back.to_owned());
            let away = view! { <ButtonLink href=back.clone() look=Look::Quiet>{t("common.cancel")}</ButtonLink> };
            let form = self.form(typed, wrong, away.into_any());
            view! {
                <Crumb href=back text=t("why.back")/>
                <RoomHead title=t(self.title)/>
                {form}
            }
            .into_any()
        };
        desk.form(&title, desk.wrong(failure), draw).await
    }

    fn form(&self, typed: &str, wrong: &Wrong, away: AnyView) -> AnyView {
        let look = if matches!(self.look, Look::Danger) { Look::DangerNow } else { Look::Primary };
        let (verb, help) = (self.verb, self.help.map(t));
        view! {
            <form method="post" action=self.action.clone() class="form" data-send=true>
                {fields(self.hidden.clone())}
                {self.text.map(|text| view! { <p>{t(text)}</p> })}
                <TextArea
                    name=self.field
                    id=[&self.id, "-", self.field].concat()
                    label=t(self.label)
                    value=typed.to_owned()
                    nostrip:help=help
                    error=wrong.about(self.field)
                    max_length=300
                />
                {wrong.beside_in(&self.id, &[self.field])}
                <div class="dialog-actions">{away}<Button look=look>{t(verb)}</Button></div>
            </form>
        }
        .into_any()
    }
}

/// A button that asks whether, before it does what hurts: what will happen stands in the dialog, in words.
pub(super) struct Whether {
    pub(super) id: String,
    pub(super) action: String,
    pub(super) verb: Text,
    pub(super) text: Text,
    pub(super) look: Look,
    pub(super) size: Size,
    pub(super) icon: Option<Glyph>,
}

impl Whether {
    pub(super) fn new(id: impl Into<String>, action: impl Into<String>, verb: Text, text: Text) -> Self {
        let (id, action) = (id.into(), action.into());
        Self { id, action, verb, text, look: Look::Danger, size: Size::Normal, icon: None }
    }

    pub(super) fn button(self) -> AnyView {
        let Self { id, action, verb, text, look, size, icon } = self;
        let close = close_button(&id, t("common.cancel"));
        let (id, title, face) = (Text::from(id), verb.clone(), verb.clone());
        let sure = if matches!(look, Look::Primary) { Look::Primary } else { Look::DangerNow };
        view! {
            <DialogButton dialog=id.clone() look=look size=size nostrip:icon=icon>{face}</DialogButton>
            <Dialog id=id title=title>
                <form method="post" action=action class="stack">
                    <p>{text}</p>
                    <div class="dialog-actions">{close}<Button look=sure>{verb}</Button></div>
                </form>
            </Dialog>
        }
        .into_any()
    }
}

fn fields(hidden: Vec<(&'static str, String)>) -> AnyView {
    let field = |(name, value): (&'static str, String)| view! { <input type="hidden" name=name value=value/> };
    hidden.into_iter().map(field).collect_view().into_any()
}
