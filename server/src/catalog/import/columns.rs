//! The columns of the catalog as a file, and one row of it read against what the shop has.

use domain::{
    Currency, Lang, Localized, Money,
    product::{DonationTerms, ProductKind},
};

use crate::{
    catalog::{ProductInput, input},
    failure::Refusal,
    sheet::{Row, Sheet},
};

/// As they stand in the head of a file that is exported.
pub const COLUMNS: [&str; 16] = [
    "code",
    "kind",
    "name_hy",
    "name_ru",
    "name_en",
    "category",
    "price",
    "compare_at",
    "stock",
    "visible",
    "text_hy",
    "text_ru",
    "text_en",
    "delivery_hy",
    "delivery_ru",
    "delivery_en",
];

/// Which column of the file holds what.
pub(super) struct Head(Vec<String>);

impl Head {
    /// # Errors
    /// `import_columns` when the code or a name has no column.
    pub(super) fn read(sheet: &Sheet) -> Result<Self, Refusal> {
        let head: Vec<_> = sheet.head.iter().map(|name| name.trim().to_lowercase()).collect();
        let has = |name: &str| head.iter().any(|own| own == name);
        if has("code") && ["name_hy", "name_ru", "name_en"].into_iter().any(has) {
            Ok(Self(head))
        } else {
            Err(Refusal::field("file", "import_columns"))
        }
    }

    /// Those that say nothing to us.
    pub(super) fn unknown(&self) -> Vec<String> {
        self.0.iter().filter(|name| !name.is_empty() && !COLUMNS.contains(&name.as_str())).cloned().collect()
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

/// What a row wants its product to be, and the name of the category where the file has that column.
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
    if let Some(text) = cell("stock").filter(|_| input.kind == ProductKind::Goods) {
        input.stock = number(text)?;
    }
    if let Some(text) = cell("visible").filter(|text| !text.is_empty()) {
        input.visible = yes_or_no(text)?;
    }
    input.sku = cell("code").map(str::to_owned);
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

fn texts(head: &Head, row: &Row, name: &str, to: &mut Localized) {
    for (lang, own) in Lang::ALL.iter().zip([&mut to.hy, &mut to.ru, &mut to.en]) {
        if let Some(text) = head.cell(row, &[name, "_", lang.as_str()].concat()) {
            text.clone_into(own);
        }
    }
}

fn sum(field: &'static str, text: &str, currency: Currency) -> Result<Option<i64>, Refusal> {
    match text {
        "" => Ok(None),
        text => match Money::parse_major(text, currency) {
            Ok(money) => Ok(Some(money.amount_minor)),
            Err(_) => Err(Refusal::field(field, "import_not_a_sum").with("text", text)),
        },
    }
}

fn number(text: &str) -> Result<Option<i64>, Refusal> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Refusal::field("stock", "import_not_a_number").with("text", text)),
    }
}

fn yes_or_no(text: &str) -> Result<bool, Refusal> {
    match text.to_lowercase().as_str() {
        "yes" | "1" | "true" | "այո" | "да" => Ok(true),
        "no" | "0" | "false" | "ոչ" | "нет" => Ok(false),
        _ => Err(Refusal::field("visible", "import_yes_or_no").with("text", text)),
    }
}

/// The names of what differs, for the eye.
pub(super) fn differences(old: &ProductInput, new: &ProductInput) -> Vec<&'static str> {
    let all = [
        ("name", old.name != new.name),
        ("price", old.price_minor != new.price_minor),
        ("compare_at", old.compare_at_minor != new.compare_at_minor),
        ("stock", old.stock != new.stock),
        ("visible", old.visible != new.visible),
        ("text", old.text != new.text),
        ("delivery", old.delivery != new.delivery),
    ];
    all.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// # Errors
/// The first thing that is wrong with what the row wants.
pub(super) fn sound(wanted: Wanted) -> Result<Wanted, Refusal> {
    if let Some(name) = &wanted.category {
        input::within("category", &Localized::same(name), domain::limits::NAME)?;
    }
    Ok(Wanted { input: wanted.input.checked()?, ..wanted })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, old: Option<ProductInput>) -> Result<Wanted, Refusal> {
        let sheet = Sheet::read(file.as_bytes()).unwrap();
        let head = Head::read(&sheet)?;
        wanted(&head, &sheet.rows[0], old, Currency::Amd).and_then(sound)
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
        assert_eq!(differences(&old, &changed.input), ["name", "visible"]);
        assert_eq!((changed.input.stock, changed.category), (Some(3), None));
        let bare = read("code,name_en,stock\nA-1,Tea,\n", Some(old.clone())).unwrap();
        assert_eq!(bare.input.stock, None, "an empty cell takes away");
        assert_eq!(read("code,name_en\n'-1,'+Tea\n", Some(old)).unwrap().input.name.en, "+Tea");
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
            ("name_hy,price\nԹեյ,5\n", "import_columns"),
            ("code,price\nA,5\n", "import_columns"),
        ];
        for (file, code) in table {
            assert_eq!(read(file, None).err().map(|refusal| refusal.code), Some(code), "{file}");
        }
    }
}
