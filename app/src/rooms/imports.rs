//! The catalog as a file: taken out as a table, brought in by way of a preview that says what each row would do.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Router,
    extract::{Multipart, Path, Query},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::{Day, FileId, Localized, Money, ProductId, role::Permission};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    catalog::{
        self, Filter, Product,
        categories::{self, Category},
        import::{self, COLUMNS, Change, Plan, Planned, Value, What},
        questions::{self, Question},
        variants::{self, Variant},
    },
    failure::{Failure, Outcome, Refusal},
    services::Services,
    shop::Merchant,
};

use super::{place::Place, products, shown::chips_counted, typed::typed};
use crate::{
    said::{Said, Wrong},
    texts::{t, t_with},
    ui::{
        Button, ButtonLink, Cell as Side, Column, Crumb, FilePicker, Glyph, Look, Notice, RoomHead, Row, StatusBadge,
        Table, Td, Text, Tone,
    },
    web::{Cell, Desk, Faces, Flash, Format, Rows, file, upload},
};

const PATH: &str = "/products/import";
const FIELDS: &[&str] = &["file"];
/// More rows than anybody reads on one page.
const SHOWN: usize = 300;
/// Products that are read at once for a file.
const PRODUCTS: u64 = 500;

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/products/export.csv", get(async |desk| export(desk, Format::Csv).await))
        .route("/products/export.xlsx", get(async |desk| export(desk, Format::Xlsx).await))
        .route(PATH, get(blank))
        .route("/products/import/{import}", get(preview))
        .route("/products/import/{import}/apply", post(apply))
}

pub(super) fn upload_routes() -> Router<Faces> {
    Router::new().route(PATH, post(send))
}

async fn blank(desk: Desk) -> Response {
    form(&desk, Wrong::default()).await
}

async fn form(desk: &Desk, wrong: Wrong) -> Response {
    let title = desk.say("imports.title");
    if let Err(refusal) = desk.must(Permission::EditCatalog) {
        return desk.failed(&title, &refusal.into()).await;
    }
    desk.form(&title, wrong, upload_form).await
}

fn upload_form(wrong: &Wrong) -> AnyView {
    let columns = COLUMNS.map(|name| view! { <code>{name}</code>" " });
    view! {
        <Crumb href=products::PATH text=t("room.products")/>
        <RoomHead title=t("imports.title")>
            <ButtonLink href="/products/export.csv" icon=Glyph::Download>"CSV"</ButtonLink>
            <ButtonLink href="/products/export.xlsx" icon=Glyph::Download>"XLSX"</ButtonLink>
        </RoomHead>
        <form class="form" method="post" action=PATH enctype="multipart/form-data" data-send=true>
            <div class="form-section">
                <p>{t("imports.lead")}</p>
                <FilePicker name="file" label=t("imports.file") note=t("imports.file_note") error=wrong.about("file") accept=".csv,.xlsx,text/csv" glyph=Glyph::Upload/>
                <p class="field-help">{t("imports.columns")}</p>
                <p class="field-help">{t("imports.parts")}</p>
                <p class="field-help">{columns.into_iter().collect_view()}</p>
            </div>
            {wrong.beside(FIELDS)}
            <div class="form-actions">
                <Button look=Look::Primary>{t("imports.look")}</Button>
                <ButtonLink href=products::PATH look=Look::Quiet>{t("common.cancel")}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}

async fn send(desk: Desk, sent: Multipart) -> Response {
    let kept = async {
        let bytes = upload(sent, "file").await.file?.ok_or_else(|| Refusal::field("file", "required"))?;
        import::upload(&desk.services, &desk.actor, desk.merchant(), bytes).await
    };
    let kept: Outcome<FileId> = kept.await;
    match kept {
        Ok(id) => desk.done(Ok(Flash::good(desk.say("imports.read"))), &[PATH, "/", id.as_str()].concat()),
        Err(failure) => form(&desk, desk.wrong(&failure)).await,
    }
}

/// Which rows are looked at.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    show: String,
}

async fn preview(desk: Desk, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response {
    let place = Place::new([PATH, "/", &id].concat(), &[("show", &asked.show)], "");
    let found = async || -> Outcome<Plan> {
        import::preview(&desk.services, &desk.actor, desk.merchant(), &FileId::parse(&id)?).await
    };
    desk.room(&desk.say("imports.title"), found().await, |plan| room(&desk, &id, &plan, &place)).await
}

const fn word(what: &What) -> &'static str {
    match what {
        What::New => "new",
        What::Changed(_) => "changed",
        What::Same => "same",
        What::Wrong(_) => "wrong",
    }
}

fn room(desk: &Desk, id: &str, plan: &Plan, place: &Place) -> AnyView {
    let count = |kind: &str| plan.rows.iter().filter(|row| word(&row.what) == kind).count();
    let shelves = [
        ("", "imports.all", plan.rows.len()),
        ("new", "imports.new", count("new")),
        ("changed", "imports.changed", count("changed")),
        ("same", "imports.same", count("same")),
        ("wrong", "imports.wrong", count("wrong")),
    ];
    let show = place.value("show");
    let shown = plan.rows.iter().filter(|row| show.is_empty() || word(&row.what) == show);
    let rows = shown.take(SHOWN).map(|row| line(desk, row)).collect_view();
    let columns = vec![
        Column::new(Side::Meta, t("imports.row")),
        Column::new(Side::Main, t("imports.product")),
        Column::new(Side::Status, t("imports.what")),
    ];
    let unknown = (!plan.unknown.is_empty()).then(|| {
        let names = plan.unknown.join(", ");
        view! { <Notice tone=Tone::Info text=t_with("imports.unknown", &[("names", &names)])/> }
    });
    view! {
        <Crumb href=PATH text=t("imports.title")/>
        <RoomHead title=t("imports.preview")/>
        {unknown}
        <div class="toolbar"><div class="chips">{chips_counted(place, "show", &shelves)}</div></div>
        <Table label=t("imports.preview") columns=columns>{rows}</Table>
        {button(id, plan.count())}
    }
    .into_any()
}

/// The only thing on the page that writes.
fn button(id: &str, count: usize) -> AnyView {
    if count == 0 {
        return view! { <Notice tone=Tone::Info text=t("imports.nothing")/> }.into_any();
    }
    let action = [PATH, "/", id, "/apply"].concat();
    view! {
        <form method="post" action=action class="form-actions">
            <Button look=Look::Primary>{t_with("imports.apply", &[("count", &count.to_string())])}</Button>
            <ButtonLink href=PATH look=Look::Quiet>{t("common.cancel")}</ButtonLink>
        </form>
    }
    .into_any()
}

fn line(desk: &Desk, row: &Planned) -> AnyView {
    let (tone, why) = match &row.what {
        What::New => (Tone::Good, Vec::new()),
        What::Changed(changes) => (Tone::Waiting, changes.iter().map(|change| told(desk, change)).collect()),
        What::Same => (Tone::Ended, Vec::new()),
        What::Wrong(refusal) => (Tone::Bad, vec![said(desk, refusal)]),
    };
    let status = desk.say(&["imports.", word(&row.what)].concat());
    let (number, name, code) = (row.line, row.name.get(desk.lang).to_owned(), row.code.clone());
    let why = why.into_iter().map(|why| view! { <small>{why}</small><br/> }).collect_view();
    view! {
        <Row>
            <Td cell=Side::Meta label=t("imports.row")>{number}</Td>
            <Td cell=Side::Main>
                <div>{name}" "<small class="quiet mono">{code}</small></div>
                {why}
            </Td>
            <Td cell=Side::Status><StatusBadge tone=tone text=Text::from(status)/></Td>
        </Row>
    }
    .into_any()
}

/// `price: 1 000 ֏ → 1 200 ֏`
fn told(desk: &Desk, change: &Change) -> String {
    let column = desk.say(&["column.", change.column].concat());
    let lang = change.lang.map(|lang| [" (", lang.own_name(), ")"].concat()).unwrap_or_default();
    [&column, &*lang, ": ", &written(desk, &change.old), " → ", &written(desk, &change.new)].concat()
}

/// A long text is known by its beginning.
fn written(desk: &Desk, value: &Value) -> String {
    const SEEN: usize = 60;
    let text = match value {
        Value::Nothing => "—".to_owned(),
        Value::Text(text) => text.replace('\n', " "),
        Value::Words(words) => words.get(desk.lang).to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Sum(money) => money.to_string(),
        Value::Flag(on) => desk.say(if *on { "common.yes" } else { "common.no" }),
    };
    if text.chars().count() <= SEEN {
        return text;
    }
    [&text.chars().take(SEEN).collect::<String>(), "…"].concat()
}

/// What is wrong with a row: the column, and why.
pub(super) fn said(desk: &Desk, refusal: &Refusal) -> String {
    let text = Said::of(desk.lang, &Failure::Refused(refusal.clone())).text;
    match refusal.field {
        Some(field) if field != "file" => [&desk.say(&["column.", field].concat()), ": ", &text].concat(),
        _ => text,
    }
}

async fn apply(desk: Desk, Path(id): Path<String>) -> Response {
    let applied = async || -> Outcome<Flash> {
        let count = import::apply(&desk.services, &desk.actor, desk.merchant(), &FileId::parse(&id)?).await?;
        Ok(Flash::good(desk.say_with("imports.done", &[("count", &count.to_string())])))
    };
    desk.done(applied().await, products::PATH)
}

async fn export(desk: Desk, format: Format) -> Response {
    let made = async || -> Outcome<Response> {
        import::export(&desk.services, &desk.actor, desk.merchant()).await?;
        let shop = desk.shop.clone();
        let categories = categories::list(&desk.services.db, &shop.id).await?;
        let rows = Pages { services: desk.services.clone(), shop, categories, after: None };
        let name = ["catalog-", &Day::of(desk.now(), desk.offset()).to_string()].concat();
        file(format, &name, COLUMNS.map(str::to_owned).to_vec(), rows).await
    };
    match made().await {
        Ok(response) => response.into_response(),
        Err(failure) => desk.failed(&desk.say("room.products"), &failure).await,
    }
}

/// Rows that are there already, in one page.
pub(super) struct AtOnce(pub(super) Option<Vec<Vec<Cell>>>);

impl Rows for AtOnce {
    async fn next(&mut self) -> Outcome<Vec<Vec<Cell>>> {
        Ok(self.0.take().unwrap_or_default())
    }
}

/// The whole catalog, page by page.
struct Pages {
    services: Services,
    shop: Arc<Merchant>,
    categories: Vec<Category>,
    after: Option<(i64, ProductId)>,
}

impl Rows for Pages {
    async fn next(&mut self) -> Outcome<Vec<Vec<Cell>>> {
        let filter = Filter { after: self.after.take(), ..Filter::default() };
        let (db, shop) = (&self.services.db, &self.shop);
        let page = catalog::list(db, &shop.id, &filter, PRODUCTS).await?;
        self.after = page.last().map(|last| (last.position, last.id.clone()));
        let ids: BTreeSet<ProductId> = page.iter().map(|product| product.id.clone()).collect();
        let variants = variants::of_products(db, &shop.id, ids.clone()).await?;
        let questions = questions::of_products(db, &shop.id, ids).await?;
        let mut rows = Vec::new();
        for product in page {
            let own = variants.iter().filter(|variant| variant.product_id == product.id);
            let own: Vec<_> = own.map(|variant| of_variant(shop, &product, variant)).collect();
            let asked = questions.iter().filter(|question| question.product_id == product.id);
            let asked: Vec<_> = asked.map(|question| of_question(&product, question)).collect();
            rows.push(cells(shop, product, &self.categories));
            rows.extend(own.into_iter().chain(asked));
        }
        Ok(rows)
    }
}

/// A row of what belongs to a product: cells by the names of their columns.
fn part(product: &Product, mut own: Vec<(&'static str, Cell)>) -> Vec<Cell> {
    own.extend([("id", Cell::text(product.id.as_str())), ("code", Cell::maybe(product.sku.clone()))]);
    let mut cell = |name: &str| {
        let place = own.iter().position(|(column, _)| *column == name);
        place.map_or(Cell::Nothing, |place| own.swap_remove(place).1)
    };
    COLUMNS.iter().map(|name| cell(name)).collect()
}

fn of_variant(shop: &Merchant, product: &Product, variant: &Variant) -> Vec<Cell> {
    let sum = |minor: i64| Cell::Sum(Money::new(minor, shop.currency));
    let name = variant.name.clone();
    let own = vec![
        ("variant_id", Cell::text(variant.id.as_str())),
        ("variant_hy", Cell::text(name.hy)),
        ("variant_ru", Cell::text(name.ru)),
        ("variant_en", Cell::text(name.en)),
        ("price", sum(variant.price_minor)),
        ("compare_at", variant.compare_at_minor.map_or(Cell::Nothing, sum)),
        ("stock", variant.stock.map_or(Cell::Nothing, Cell::Number)),
        ("visible", Cell::text(if variant.hidden { "no" } else { "yes" })),
    ];
    part(product, own)
}

fn of_question(product: &Product, question: &Question) -> Vec<Cell> {
    // A space where a language has no words: a cell that began with a line of nothing would be disarmed like a formula.
    let line = |own: &String| if own.is_empty() { " ".to_owned() } else { own.clone() };
    let choices = |pick: fn(&Localized) -> &String| {
        Cell::text(question.choices.0.iter().map(pick).map(line).collect::<Vec<_>>().join("\n"))
    };
    let words = question.words.clone();
    let own = vec![
        ("question_id", Cell::text(question.id.as_str())),
        ("question_hy", Cell::text(words.hy)),
        ("question_ru", Cell::text(words.ru)),
        ("question_en", Cell::text(words.en)),
        ("question_kind", Cell::text(question.kind.as_str())),
        ("question_required", Cell::text(if question.required { "yes" } else { "no" })),
        ("choices_hy", choices(|choice| &choice.hy)),
        ("choices_ru", choices(|choice| &choice.ru)),
        ("choices_en", choices(|choice| &choice.en)),
    ];
    part(product, own)
}

/// In the order of [`COLUMNS`].
fn cells(shop: &Merchant, product: Product, categories: &[Category]) -> Vec<Cell> {
    let sum = |minor: i64| Cell::Sum(Money::new(minor, shop.currency));
    let money = |minor: Option<i64>| minor.map_or(Cell::Nothing, sum);
    let flag = |on: bool| Cell::text(if on { "yes" } else { "no" });
    let category = categories.iter().find(|one| Some(&one.id) == product.category_id.as_ref());
    let terms = product.donation.as_ref();
    let sums = terms.map(|terms| {
        let sums = terms.suggested_minor.iter().map(|minor| typed(Money::new(*minor, shop.currency)));
        sums.collect::<Vec<_>>().join("; ")
    });
    let [name, text, delivery] = [product.name, product.text, product.delivery];
    vec![
        Cell::text(product.id.as_str()),
        Cell::maybe(product.sku),
        Cell::text(product.kind.as_str()),
        Cell::text(name.hy),
        Cell::text(name.ru),
        Cell::text(name.en),
        Cell::maybe(category.map(|one| one.name.get(shop.language))),
        money(product.price_minor),
        money(product.compare_at_minor),
        money(terms.map(|terms| terms.min_minor)),
        money(terms.map(|terms| terms.max_minor)),
        Cell::maybe(sums),
        product.stock.map_or(Cell::Nothing, Cell::Number),
        flag(product.visible),
        flag(product.digital_goods),
        Cell::text(text.hy),
        Cell::text(text.ru),
        Cell::text(text.en),
        Cell::text(delivery.hy),
        Cell::text(delivery.ru),
        Cell::text(delivery.en),
    ]
    .into_iter()
    .chain(std::iter::repeat_with(|| Cell::Nothing))
    .take(COLUMNS.len())
    .collect()
}
