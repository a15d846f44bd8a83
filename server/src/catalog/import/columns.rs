//! The columns of the catalog as a file, and one row of it read against what the shop has.

use domain::{
    Currency, Lang, Localized, Money, ProductId,
    product::{DonationTerms, ProductKind},
};

use crate::{
    catalog::{ProductInput, input},
    failure::Refusal,
    sheet::{Row, Sheet},
};

/// As they stand in the head of a file that is exported. The id is for products without a code. A row of a variant or a
/// question names its product by id or code, and fills its own columns.
pub const COLUMNS: [&str; 34] = [
    "id",
    "code",
    "kind",
    "name_hy",
    "name_ru",
    "name_en",
    "category",
    "price",
    "compare_at",
    "donation_min",
    "donation_max",
    "donation_sums",
    "stock",
    "visible",
    "digital",
    "text_hy",
    "text_ru",
    "text_en",
    "delivery_hy",
    "delivery_ru",
    "delivery_en",
    "variant_id",
    "variant_hy",
    "variant_ru",
    "variant_en",
    "question_id",
    "question_hy",
    "question_ru",
    "question_en",
    "question_kind",
    "question_required",
    "choices_hy",
    "choices_ru",
    "choices_en",
];

/// Which column of the file holds what.
pub(super) struct Head(Vec<String>);

impl Head {
    /// # Errors
    /// `import_columns` when what names a product, or its name, has no column.
    pub(super) fn read(sheet: &Sheet) -> Result<Self, Refusal> {
        let head: Vec<_> = sheet.head.iter().map(|name| name.trim().to_lowercase()).collect();
        let has = |name: &str| head.iter().any(|own| own == name);
        if (has("code") || has("id")) && ["name_hy", "name_ru", "name_en"].into_iter().any(has) {
            Ok(Self(head))
        } else {
            Err(Refusal::field("file", "import_columns"))
        }
    }

    /// Those that say nothing to us.
    pub(super) fn unknown(&self) -> Vec<String> {
        self.0.iter().filter(|name| !name.is_empty() && !COLUMNS.contains(&name.as_str())).cloned().collect()
    }

    /// As [`Head::cell`], with the spaces and lines around what stands in it.
    pub(super) fn whole<'a>(&self, row: &'a Row, name: &str) -> Option<&'a str> {
        let place = self.0.iter().position(|own| own == name)?;
        Some(row.cells.get(place).map_or("", |cell| plain(&cell.text)))
    }

    /// The cell of a column; none when the file does not have the column.
    pub(super) fn cell<'a>(&self, row: &'a Row, name: &str) -> Option<&'a str> {
        let place = self.0.iter().position(|own| own == name)?;
        Some(row.cells.get(place).map_or("", |cell| plain(cell.text.trim())))
    }
}

/// Without the apostrophe that an export puts before what a spreadsheet would take for a formula.
fn plain(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) => rest,
        _ => text,
    }
}

/// Which product a row is about.
pub(super) enum Named<'a> {
    Id(&'a str),
    Code(&'a str),
}

/// # Errors
/// `required` where neither id nor code is written.
pub(super) fn named<'a>(head: &Head, row: &'a Row) -> Result<Named<'a>, Refusal> {
    let cell = |name: &str| head.cell(row, name).filter(|text| !text.is_empty());
    match (cell("id"), cell("code")) {
        (Some(id), _) => Ok(Named::Id(id)),
        (None, Some(code)) => Ok(Named::Code(code)),
        (None, None) => Err(Refusal::field("sku", "required")),
    }
}

/// Every code and id in the file.
pub(super) fn all_named(head: &Head, sheet: &Sheet) -> (Vec<String>, Vec<ProductId>) {
    let cells = |name: &'static str| sheet.rows.iter().filter_map(move |row| head.cell(row, name));
    let codes = cells("code").filter(|code| !code.is_empty()).map(str::to_owned);
    (codes.collect(), cells("id").filter_map(|id| id.parse().ok()).collect())
}

/// What a row wants its product to be, and the name of the category where the file has that column.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) input: ProductInput,
    pub(super) category: Option<String>,
}

/// What a row says of a product: of the one the shop has, or of a new one. What the file has no column for stays.
pub(super) fn wanted(head: &Head, row: &Row, old: Option<ProductInput>, currency: Currency) -> Result<Wanted, Refusal> {
    let fresh = old.is_none();
    let mut input = old.unwrap_or_else(blank);
    let cell = |name: &str| head.cell(row, name);
    if let Some(word) = cell("kind").filter(|word| !word.is_empty()) {
        let kind = word.to_lowercase().parse().map_err(|_| Refusal::field("kind", "kind_unknown"))?;
        if !fresh && kind != input.kind {
            return Err(Refusal::field("kind", "import_kind_changes"));
        }
        input.kind = kind;
    }
    texts(head, row, "name", &mut input.name);
    texts(head, row, "text", &mut input.text);
    texts(head, row, "delivery", &mut input.delivery);
    let priced = input.kind != ProductKind::Donation;
    for (name, to) in [("price", &mut input.price_minor), ("compare_at", &mut input.compare_at_minor)] {
        if let Some(text) = cell(name).filter(|_| priced) {
            *to = sum(name, text, currency)?;
        }
    }
    if !priced {
        input.donation = Some(donation(head, row, input.donation.take(), currency)?);
    }
    if let Some(text) = cell("stock").filter(|_| input.kind == ProductKind::Goods) {
        input.stock = number(text)?;
    }
    for (name, to) in [("visible", &mut input.visible), ("digital", &mut input.digital_goods)] {
        if let Some(text) = cell(name).filter(|text| !text.is_empty()) {
            *to = yes_or_no(name, text)?;
        }
    }
    input.digital_goods |= input.kind.is_digital();
    if let Some(code) = cell("code") {
        input.sku = Some(code.to_owned()).filter(|code| !code.is_empty());
    }
    Ok(Wanted { input, category: cell("category").map(str::to_owned) })
}

fn blank() -> ProductInput {
    ProductInput {
        kind: ProductKind::Goods,
        name: Localized::default(),
        text: Localized::default(),
        category: None,
        sku: None,
        delivery: Localized::default(),
        price_minor: None,
        compare_at_minor: None,
        donation: None::<DonationTerms>,
        stock: None,
        digital_goods: false,
        visible: true,
    }
}

pub(super) fn texts(head: &Head, row: &Row, name: &str, to: &mut Localized) {
    for (lang, own) in Lang::ALL.iter().zip([&mut to.hy, &mut to.ru, &mut to.en]) {
        if let Some(text) = head.cell(row, &[name, "_", lang.as_str()].concat()) {
            text.clone_into(own);
        }
    }
}

pub(super) fn sum(field: &'static str, text: &str, currency: Currency) -> Result<Option<i64>, Refusal> {
    match text {
        "" => Ok(None),
        text => match Money::parse_major(text, currency) {
            Ok(money) => Ok(Some(money.amount_minor)),
            Err(_) => Err(Refusal::field(field, "import_not_a_sum").with("text", text)),
        },
    }
}

pub(super) fn number(text: &str) -> Result<Option<i64>, Refusal> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Refusal::field("stock", "import_not_a_number").with("text", text)),
    }
}

/// The terms of a donation; what the file has no column for stays.
fn donation(head: &Head, row: &Row, old: Option<DonationTerms>, currency: Currency) -> Result<DonationTerms, Refusal> {
    let mut terms = old.unwrap_or(DonationTerms { suggested_minor: Vec::new(), min_minor: 0, max_minor: 0 });
    for (name, to) in [("donation_min", &mut terms.min_minor), ("donation_max", &mut terms.max_minor)] {
        if let Some(text) = head.cell(row, name) {
            *to = sum("donation", text, currency)?.unwrap_or_default();
        }
    }
    if let Some(text) = head.cell(row, "donation_sums") {
        let parts = text.split(';').filter_map(|part| sum("donation", part.trim(), currency).transpose());
        terms.suggested_minor = parts.collect::<Result<_, _>>()?;
    }
    Ok(terms)
}

pub(super) fn yes_or_no(field: &'static str, text: &str) -> Result<bool, Refusal> {
    match text.to_lowercase().as_str() {
        "yes" | "1" | "true" | "այո" | "да" => Ok(true),
        "no" | "0" | "false" | "ոչ" | "нет" => Ok(false),
        _ => Err(Refusal::field(field, "import_yes_or_no").with("text", text)),
    }
}

/// What a row would change of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub column: &'static str,
    /// Of texts: in which language.
    pub lang: Option<Lang>,
    pub old: Value,
    pub new: Value,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Nothing,
    Text(String),
    /// In the reader's language.
    Words(Localized),
    Number(i64),
    Sum(Money),
    Flag(bool),
}

pub(super) fn text(value: Option<&String>) -> Value {
    value.filter(|text| !text.is_empty()).map_or(Value::Nothing, |text| Value::Text(text.clone()))
}

/// What differs, for the eye.
pub(super) fn differences(old: &ProductInput, new: &ProductInput, currency: Currency) -> Vec<Change> {
    let money = |minor: Option<i64>| minor.map_or(Value::Nothing, |minor| Value::Sum(Money::new(minor, currency)));
    let terms = |input: &ProductInput| input.donation.as_ref().map_or(Value::Nothing, |terms| said(terms, currency));
    let number = |stock: Option<i64>| stock.map_or(Value::Nothing, Value::Number);
    let mut all = vec![("sku", None, text(old.sku.as_ref()), text(new.sku.as_ref()))];
    all.extend(told("name", &old.name, &new.name));
    all.extend([
        ("price", None, money(old.price_minor), money(new.price_minor)),
        ("compare_at", None, money(old.compare_at_minor), money(new.compare_at_minor)),
        ("donation", None, terms(old), terms(new)),
        ("stock", None, number(old.stock), number(new.stock)),
        ("visible", None, Value::Flag(old.visible), Value::Flag(new.visible)),
        ("digital", None, Value::Flag(old.digital_goods), Value::Flag(new.digital_goods)),
    ]);
    all.extend(told("text", &old.text, &new.text));
    all.extend(told("delivery", &old.delivery, &new.delivery));
    let differing = all.into_iter().filter(|(_, _, old, new)| old != new);
    differing.map(|(column, lang, old, new)| Change { column, lang, old, new }).collect()
}

/// A text in each of its languages.
pub(super) fn told(
    column: &'static str,
    old: &Localized,
    new: &Localized,
) -> [(&'static str, Option<Lang>, Value, Value); 3] {
    let own = |lang, old, new| (column, Some(lang), text(Some(old)), text(Some(new)));
    [own(Lang::Hy, &old.hy, &new.hy), own(Lang::Ru, &old.ru, &new.ru), own(Lang::En, &old.en, &new.en)]
}

/// `500 ֏ – 10 000 ֏: 1 000 ֏; 2 000 ֏`
fn said(terms: &DonationTerms, currency: Currency) -> Value {
    let sum = |minor: &i64| Money::new(*minor, currency).to_string();
    let within = [&sum(&terms.min_minor), " – ", &sum(&terms.max_minor)].concat();
    let some: Vec<_> = terms.suggested_minor.iter().map(sum).collect();
    Value::Text(if some.is_empty() { within } else { [&within, ": ", &some.join("; ")].concat() })
}

/// # Errors
/// The first thing that is wrong with what the row wants.
pub(super) fn sound(wanted: Wanted, currency: Currency) -> Result<Wanted, Refusal> {
    if let Some(name) = &wanted.category {
        input::within("category", &Localized::same(name), domain::limits::NAME)?;
    }
    Ok(Wanted { input: wanted.input.checked(currency)?, ..wanted })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, old: Option<ProductInput>) -> Result<Wanted, Refusal> {
        let sheet = Sheet::read(file.as_bytes()).unwrap();
        let head = Head::read(&sheet)?;
        wanted(&head, &sheet.rows[0], old, Currency::Amd).and_then(|wanted| sound(wanted, Currency::Amd))
    }

    #[test]
    fn a_row_says_what_its_columns_say_and_the_rest_stays() {
        let new = read("code;name_hy;price;stock;category\nA-1;Թեյ;2 800,50;12;Թեյեր\n", None).unwrap();
        let ProductInput { price_minor, stock, visible, .. } = new.input;
        assert_eq!(
            (price_minor, stock, visible, new.category.as_deref()),
            (Some(280_050), Some(12), true, Some("Թեյեր"))
        );
        let old = ProductInput { stock: Some(3), ..read("code,name_en,price\nA-1,Tea,100\n", None).unwrap().input };
        let changed = read("code,name_en,visible\nA-1,Green tea,no\n", Some(old.clone())).unwrap();
        let changes = differences(&old, &changed.input, Currency::Amd);
        let column = |change: &Change| (change.column, change.old.clone(), change.new.clone());
        let words = |text: &str| Value::Text(text.to_owned());
        let wanted = [("name", words("Tea"), words("Green tea")), ("visible", Value::Flag(true), Value::Flag(false))];
        assert_eq!(changes.iter().map(column).collect::<Vec<_>>(), wanted);
        assert_eq!((changed.input.stock, changed.category), (Some(3), None));
        let bare = read("code,name_en,stock\nA-1,Tea,\n", Some(old.clone())).unwrap();
        assert_eq!(bare.input.stock, None, "an empty cell takes away");
        assert_eq!(read("code,name_en\n'-1,'+Tea\n", Some(old)).unwrap().input.name.en, "+Tea");
    }

    #[test]
    fn a_donation_has_its_terms_in_the_file() {
        let head = "code,name_en,kind,donation_min,donation_max,donation_sums,price\n";
        let new = read(&format!("{head}D,Tip,donation,100,5000,500; 1000,7\n"), None).unwrap().input;
        let terms = DonationTerms { suggested_minor: vec![50_000, 100_000], min_minor: 10_000, max_minor: 500_000 };
        assert_eq!((new.donation.as_ref(), new.price_minor), (Some(&terms), None));
        let kept = read("code,name_en\nD,Tip\n", Some(new.clone())).unwrap().input;
        assert_eq!(kept, new, "what has no column stays");
        let wrong = read(&format!("{head}D,Tip,donation,100,50,,\n"), None).map(drop).unwrap_err();
        assert_eq!(wrong.code, "donation_terms_wrong");
        let digital = read("code,name_en,price,kind,digital\nA,File,5,digital,no\n", None).unwrap().input;
        assert!(digital.digital_goods, "a file cannot be anything else");
    }

    #[test]
    fn each_wrong_cell_is_named() {
        let table = [
            ("code,name_hy,price\nA,Թեյ,abc\n", "import_not_a_sum"),
            ("code,name_hy,price\nA,Թեյ,\"1,000\"\n", "import_not_a_sum"),
            ("code,name_hy,price\nA,Թեյ,-5\n", "import_not_a_sum"),
            ("code,name_hy,price\nA,Թեյ,0\n", "amount_out_of_range"),
            ("code,name_hy,price,stock\nA,Թեյ,5,many\n", "import_not_a_number"),
            ("code,name_hy,price,stock\nA,Թեյ,5,-1\n", "out_of_range"),
            ("code,name_hy,price,visible\nA,Թեյ,5,maybe\n", "import_yes_or_no"),
            ("code,name_hy,price,kind\nA,Թեյ,5,thing\n", "kind_unknown"),
            ("code,name_hy,price\nA,,5\n", "required"),
            ("code,name_hy\nA,Թեյ\n", "required"),
            ("code,name_hy,price,digital\nA,Թեյ,5,maybe\n", "import_yes_or_no"),
            ("name_hy,price\nԹեյ,5\n", "import_columns"),
            ("code,price\nA,5\n", "import_columns"),
        ];
        for (file, code) in table {
            assert_eq!(read(file, None).err().map(|refusal| refusal.code), Some(code), "{file}");
        }
    }
}
