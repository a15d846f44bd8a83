//! The questions of a product: what its customers are asked before paying.

use axum::{
    Form, Router,
    extract::{Path, Query},
    response::Response,
    routing::{get, post},
};
use domain::{
    Lang, Localized, ProductId, QuestionId,
    question::{Choices, QuestionKind},
    role::Permission,
};
use leptos::prelude::*;
use server::{
    catalog::{
        self, Product,
        questions::{self, Question, QuestionInput},
    },
    failure::{Outcome, Refusal},
};

use super::{
    arrange::{self, Item, Just, Moved},
    categories::remove_dialog,
    typed::{Typed, in_language},
    variants::crumb,
};
use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, Crumb, Empty, Glyph, Look, RoomHead, Segments, Switch, Text, TextArea, TextInput},
    web::{Desk, Faces, Flash},
};

const FIELDS: &[&str] = &["words", "choices"];

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/products/{id}/questions", get(list).post(add))
        .route("/products/{id}/questions/order", post(order))
        .route("/products/{id}/questions/{question}", get(one).post(update))
        .route("/products/{id}/questions/{question}/remove", post(remove))
}

fn path(product: &str) -> String {
    ["/products/", product, "/questions"].concat()
}

async fn found(desk: &Desk, id: &str) -> Outcome<(Product, Vec<Question>)> {
    let product = catalog::get(&desk.services.db, desk.merchant(), &ProductId::parse(id)?).await?;
    let all = questions::list(&desk.services.db, desk.merchant(), &product.id).await?;
    Ok((product, all))
}

async fn list(desk: Desk, Path(id): Path<String>, Query(just): Query<Just>) -> Response {
    show(&desk, &id, &just, &blank(), Wrong::default()).await
}

fn blank() -> Typed {
    Typed::default().with("kind", "text").with("required", "on")
}

async fn show(desk: &Desk, id: &str, just: &Just, form: &Typed, wrong: Wrong) -> Response {
    let title = desk.say("questions.title");
    match found(desk, id).await {
        Ok((product, all)) => desk.form(&title, wrong, |wrong| room(desk, &product, all, just, form, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

fn item(desk: &Desk, product: &Product, question: Question) -> Item {
    let kind = desk.say(&["question.", question.kind.as_str()].concat());
    let must = (!question.required).then(|| desk.say("common.optional"));
    Item {
        href: [&path(product.id.as_str()), "/", question.id.as_str()].concat(),
        name: question.words.get(desk.lang).to_owned(),
        note: [Some(kind), must].into_iter().flatten().collect::<Vec<_>>().join(" · "),
        badge: None,
        picture: None,
        id: question.id.to_string(),
    }
}

fn room(desk: &Desk, product: &Product, all: Vec<Question>, just: &Just, form: &Typed, wrong: &Wrong) -> AnyView {
    let may_edit = desk.may(Permission::EditCatalog);
    let here = path(product.id.as_str());
    let list = if all.is_empty() {
        view! { <Empty glyph=Glyph::Messages title=t("questions.none") text=t("questions.none_text")/> }.into_any()
    } else {
        let items = all.into_iter().map(|question| item(desk, product, question)).collect();
        arrange::list([&here, "/order"].concat(), items, just, may_edit)
    };
    let add = may_edit.then(|| {
        view! {
            <form class="card form" method="post" action=here data-send=true>
                <div class="card-head"><h2>{t("questions.new")}</h2></div>
                <div class="card-body stack">
                    {fields(form, wrong)}
                    {wrong.beside(FIELDS)}
                    <div><Button look=Look::Primary icon=Glyph::Plus>{t("questions.add")}</Button></div>
                </div>
            </form>
        }
    });
    view! {
        {crumb(desk, product)}
        <RoomHead title=t("questions.title")/>
        <p class="room-lead">{t("questions.lead")}</p>
        <div class="side"><section>{list}</section><aside>{add}</aside></div>
    }
    .into_any()
}

fn fields(form: &Typed, wrong: &Wrong) -> AnyView {
    let kinds =
        QuestionKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), t(&["question.", kind.as_str()].concat())));
    let words = Lang::ALL.iter().zip(["words_hy", "words_ru", "words_en"]).map(|(lang, name)| {
        let (aside, value) = (Text::from(lang.own_name()), form.get(name).to_owned());
        view! { <TextInput name=name label=t("questions.words") aside=aside value=value error=wrong.about("words") max_length=300/> }
    });
    let choices = Lang::ALL.iter().zip(["choices_hy", "choices_ru", "choices_en"]).map(|(lang, name)| {
        let (aside, value) = (Text::from(lang.own_name()), form.get(name).to_owned());
        view! { <TextArea name=name label=t("questions.choices") aside=aside value=value error=wrong.about("choices") max_length=1000/> }
    });
    view! {
        <Segments name="kind" label=t("questions.kind") options=kinds.collect() value=form.get("kind").to_owned()/>
        {words.collect_view()}
        <div class="stack when-choice">
            {choices.collect_view()}
            <p class="field-help">{t("questions.choices_help")}</p>
        </div>
        <Switch name="required" label=t("questions.required") value=form.on("required")/>
    }
    .into_any()
}

fn filled(question: &Question) -> Typed {
    let mut form = Typed::default().with("kind", question.kind.as_str());
    form.set_localized("words", &question.words);
    let own =
        |pick: fn(&Localized) -> &String| question.choices.0.iter().map(pick).cloned().collect::<Vec<_>>().join("\n");
    form.set("choices_hy", own(|choice| &choice.hy));
    form.set("choices_ru", own(|choice| &choice.ru));
    form.set("choices_en", own(|choice| &choice.en));
    form.with("required", if question.required { "on" } else { "" })
}

fn read(form: &Typed) -> Result<QuestionInput, Refusal> {
    Ok(QuestionInput {
        kind: form.get("kind").parse().map_err(|_| Refusal::field("kind", "required"))?,
        words: form.localized("words"),
        choices: choices(form),
        required: form.on("required"),
    })
}

/// Line by line: the same line of each language is the same choice.
fn choices(form: &Typed) -> Choices {
    let lines = |lang| form.get(&in_language("choices", lang)).lines().map(str::to_owned).collect::<Vec<_>>();
    let [hy, ru, en] = [Lang::Hy, Lang::Ru, Lang::En].map(lines);
    let most = hy.len().max(ru.len()).max(en.len());
    let line = |of: &[String], place: usize| of.get(place).cloned().unwrap_or_default();
    Choices(
        (0..most).map(|place| Localized { hy: line(&hy, place), ru: line(&ru, place), en: line(&en, place) }).collect(),
    )
}

async fn add(desk: Desk, Path(id): Path<String>, Form(sent): Form<Vec<(String, String)>>) -> Response {
    let form = Typed::from(sent);
    let added = async || -> Outcome<Question> {
        let (product, input) = (ProductId::parse(&id)?, read(&form)?);
        questions::add(&desk.services, &desk.actor, desk.merchant(), &product, input).await
    };
    match added().await {
        Ok(_) => desk.done(Ok(Flash::good(desk.say("common.saved"))), &path(&id)),
        Err(failure) => show(&desk, &id, &Just::default(), &form, desk.wrong(&failure)).await,
    }
}

async fn order(desk: Desk, Path(id): Path<String>, Form(moved): Form<Moved>) -> Response {
    let placed = async || -> Outcome<Flash> {
        let product = ProductId::parse(&id)?;
        questions::order(&desk.services, &desk.actor, desk.merchant(), &product, moved.read()?).await?;
        Ok(Flash::good(desk.say("arrange.done")))
    };
    desk.done(placed().await, &moved.back(&path(&id)))
}

async fn one(desk: Desk, Path((id, question)): Path<(String, String)>) -> Response {
    show_one(&desk, (&id, &question), None, Wrong::default()).await
}

async fn show_one(desk: &Desk, (id, question): (&str, &str), form: Option<Typed>, wrong: Wrong) -> Response {
    let title = desk.say("questions.title");
    let found = async || -> Outcome<(Product, Question)> {
        let (product, all) = found(desk, id).await?;
        let one = all.into_iter().find(|one| one.id.as_str() == question).ok_or_else(Refusal::not_found)?;
        Ok((product, one))
    };
    match found().await {
        Ok((product, question)) => {
            let form = form.unwrap_or_else(|| filled(&question));
            desk.form(&title, wrong, |wrong| page(desk, &product, &question, &form, wrong)).await
        }
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

fn page(desk: &Desk, product: &Product, question: &Question, form: &Typed, wrong: &Wrong) -> AnyView {
    let here = path(product.id.as_str());
    let action = [&here, "/", question.id.as_str()].concat();
    let may_edit = desk.may(Permission::EditCatalog);
    let remove =
        may_edit.then(|| remove_dialog(["questions.remove", "questions.remove_text"], [&action, "/remove"].concat()));
    view! {
        <Crumb href=Text::from(here) text=t("questions.title")/>
        <RoomHead title=Text::from(question.words.get(desk.lang).to_owned())>{remove}</RoomHead>
        <form class="form" method="post" action=action data-send=true>
            <div class="form-section">{fields(form, wrong)}</div>
            {wrong.beside(FIELDS)}
            {may_edit.then(|| view! { <div class="form-actions"><Button look=Look::Primary>{t("common.save")}</Button></div> })}
        </form>
    }
    .into_any()
}

async fn update(
    desk: Desk,
    Path((id, question)): Path<(String, String)>,
    Form(sent): Form<Vec<(String, String)>>,
) -> Response {
    let form = Typed::from(sent);
    let updated = async || -> Outcome<()> {
        let (product, one) = (ProductId::parse(&id)?, QuestionId::parse(&question)?);
        questions::update(&desk.services, &desk.actor, desk.merchant(), (&product, &one), read(&form)?).await
    };
    match updated().await {
        Ok(()) => desk.done(Ok(Flash::good(desk.say("common.saved"))), &path(&id)),
        Err(failure) => show_one(&desk, (&id, &question), Some(form), desk.wrong(&failure)).await,
    }
}

async fn remove(desk: Desk, Path((id, question)): Path<(String, String)>) -> Response {
    let removed = async || -> Outcome<Flash> {
        let (product, one) = (ProductId::parse(&id)?, QuestionId::parse(&question)?);
        questions::remove(&desk.services, &desk.actor, desk.merchant(), (&product, &one)).await?;
        Ok(Flash::good(desk.say("questions.removed")))
    };
    desk.done(removed().await, &path(&id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_line_of_each_language_is_one_choice() {
        let form = Typed::default().with("choices_hy", "Փոքր\nՄեծ").with("choices_en", "Small\r\nLarge\nHuge");
        let read = choices(&form);
        assert_eq!(read.0[1], Localized { hy: "Մեծ".into(), en: "Large".into(), ..Localized::default() });
        assert_eq!((read.0.len(), read.0[2].get(Lang::Hy)), (3, "Huge"));
    }
}
