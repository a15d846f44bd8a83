//! One time: how long it lasts, for how many, and taking it back while nobody has booked it.

use axum::{Form, extract::Path, response::Response};
use domain::{ProductId, SlotId, role::Permission};
use leptos::prelude::*;
use server::{
    catalog::slots::{self, Slot},
    failure::{Outcome, Refusal},
};

use super::path;
use crate::{
    rooms::{categories::remove_dialog, typed::Typed},
    said::Wrong,
    texts::{t, t_with},
    ui::{Button, Crumb, Look, RoomHead, Text, TextInput},
    web::{Desk, Flash},
};

const FIELDS: &[&str] = &["minutes", "places"];

pub(super) async fn page(desk: Desk, Path((id, slot)): Path<(String, String)>) -> Response {
    show(&desk, (&id, &slot), None, Wrong::default()).await
}

async fn found(desk: &Desk, (id, slot): (&str, &str)) -> Outcome<Slot> {
    desk.must(Permission::EditCatalog)?;
    slots::get(&desk.services.db, desk.merchant(), &ProductId::parse(id)?, &SlotId::parse(slot)?).await
}

async fn show(desk: &Desk, ids: (&str, &str), form: Option<Typed>, wrong: Wrong) -> Response {
    let title = desk.say("times.title");
    match found(desk, ids).await {
        Ok(slot) => {
            let form = form.unwrap_or_else(|| {
                Typed::default().with("minutes", slot.minutes.to_string()).with("places", slot.places.to_string())
            });
            desk.form(&title, wrong, |wrong| draw(desk, &slot, &form, wrong)).await
        }
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

fn draw(desk: &Desk, slot: &Slot, form: &Typed, wrong: &Wrong) -> AnyView {
    let list = path(slot.product_id.as_str());
    let action = [&list, "/", slot.id.as_str()].concat();
    let remove = if slot.taken == 0 {
        remove_dialog(["times.remove_one", "times.remove_text"], [&action, "/remove"].concat())
    } else {
        ().into_any()
    };
    let taken = t_with("times.taken_of", &[("taken", &slot.taken.to_string()), ("places", &slot.places.to_string())]);
    view! {
        <Crumb href=Text::from(list) text=t("times.title")/>
        <RoomHead title=Text::from(desk.at(slot.starts_at))>{remove}</RoomHead>
        <p class="room-lead">{taken} " " {(slot.taken > 0).then(|| t("times.booked"))}</p>
        <form class="form" method="post" action=action data-send=true>
            <div class="form-section">
                <div class="form-pair">
                    <TextInput name="minutes" label=t("times.minutes") inputmode="numeric" value=form.get("minutes").to_owned() error=wrong.about("minutes") max_length=5 required=true/>
                    <TextInput name="places" label=t("times.places") inputmode="numeric" value=form.get("places").to_owned() help=t("times.places_fewer") error=wrong.about("places") max_length=4 required=true/>
                </div>
            </div>
            {wrong.beside(FIELDS)}
            <div class="form-actions"><Button look=Look::Primary>{t("common.save")}</Button></div>
        </form>
    }
    .into_any()
}

pub(super) async fn change(
    desk: Desk,
    Path((id, slot)): Path<(String, String)>,
    Form(sent): Form<Vec<(String, String)>>,
) -> Response {
    let form = Typed::from(sent);
    let changed = async || -> Outcome<()> {
        let slot = found(&desk, (&id, &slot)).await?;
        let number = |field| form.number(field)?.ok_or_else(|| Refusal::field(field, "required"));
        let wanted = (number("minutes")?, number("places")?);
        slots::change(&desk.services, &desk.actor, desk.merchant(), &slot.id, wanted).await?;
        Ok(())
    };
    match changed().await {
        Ok(()) => desk.done(Ok(Flash::good(desk.say("common.saved"))), &path(&id)),
        Err(failure) => show(&desk, (&id, &slot), Some(form), desk.wrong(&failure)).await,
    }
}
