//! The cart in the chat: what lies in it, as it can be had now, and the buttons that change it.

use domain::{Lang, Money, product::ProductKind};
use server::{
    carts::{self, Cart, Owner, Seen, Trouble},
    failure::Outcome,
    orders::Piece,
    shop::Merchant,
};

use crate::{
    dialogue::{Reply, Talk},
    screens::{Key, Screen, key, said, time_words},
    state::State,
    tap::Tap,
    texts::{escape, texts},
};

pub(crate) fn owner(talk: &Talk<'_>) -> Owner {
    Owner { merchant: talk.bot.merchant.clone(), customer: talk.customer.id.clone() }
}

/// Puts a piece in and shows the cart; once for one `cause`.
pub(crate) async fn put(talk: &Talk<'_>, piece: Piece, cause: &str) -> Outcome<Reply> {
    carts::put(talk.services, &owner(talk), piece, cause).await?;
    show_and_say(talk, "cart_added").await
}

pub(crate) async fn set(talk: &Talk<'_>, line: i64, quantity: i64) -> Outcome<Reply> {
    carts::set(talk.services, &owner(talk), line, quantity).await?;
    show(talk).await
}

pub(crate) async fn clear(talk: &Talk<'_>, version: i64) -> Outcome<Reply> {
    carts::clear(talk.services, &owner(talk), version).await?;
    show(talk).await
}

pub(crate) async fn show(talk: &Talk<'_>) -> Outcome<Reply> {
    let cart = carts::look(talk.services, &owner(talk)).await?;
    Ok(Reply::show(screen(talk.lang, &talk.shop, &cart)))
}

/// The cart, and a word about why it is shown.
pub(crate) async fn show_and_say(talk: &Talk<'_>, said: &str) -> Outcome<Reply> {
    let shown = show(talk).await?;
    Ok(Reply { toast: Some(texts(talk.lang).get(said)), state: State::Start, ..shown })
}

/// How much lies in the cart is written on the buttons that lead to it.
pub(crate) async fn count_in(talk: &Talk<'_>, screen: &mut Screen) -> Outcome<()> {
    let mut leading = screen.keys.iter_mut().flatten().filter_map(|key| match key {
        Key::Tap(label, Tap::Cart) => Some(label),
        _ => None,
    });
    let Some(label) = leading.next() else { return Ok(()) };
    let count = carts::count(&talk.services.db, &owner(talk)).await?;
    if count > 0 {
        *label = format!("{label} ({count})");
    }
    Ok(())
}

fn screen(lang: Lang, shop: &Merchant, cart: &Cart) -> Screen {
    if cart.lines.is_empty() {
        return said(lang, "cart_empty");
    }
    let mut html = vec![format!("<b>{}</b>", texts(lang).get("cart_title"))];
    html.extend((1..).zip(&cart.lines).map(|(place, line)| words(lang, shop, place, line)));
    let had = cart.lines.iter().filter(|line| line.trouble.is_none());
    let total = had.map(|line| line.unit_minor.saturating_mul(line.quantity)).fold(0_i64, i64::saturating_add);
    html.push(texts(lang).with("summary_total", &[("sum", &Money::new(total, shop.currency).to_string())]));
    let mut keys: Vec<_> = (1..).zip(&cart.lines).map(|(place, line)| line_keys(place, line)).collect();
    if cart.is_well() {
        keys.push(vec![key(lang, "cart_check_out", Tap::CheckOut)]);
    } else {
        html.push(texts(lang).get("cart_trouble"));
    }
    keys.push(vec![key(lang, "to_catalog", Tap::Catalog), key(lang, "cart_clear", Tap::CartClear(cart.version))]);
    Screen::text(html.join("\n\n"), keys)
}

fn words(lang: Lang, shop: &Merchant, place: usize, line: &Seen) -> String {
    let sum = Money::new(line.unit_minor.saturating_mul(line.quantity), shop.currency).to_string();
    let (place, quantity) = (place.to_string(), line.quantity.to_string());
    let name = escape(line.title.get(lang));
    let values = [("place", place.as_str()), ("name", &name), ("quantity", &quantity), ("sum", &sum)];
    let head = if line.kind.is_some() { "cart_line" } else { "cart_line_gone" };
    let mut lines = vec![texts(lang).with(head, &values)];
    lines.extend(line.slot_at.map(|at| time_words(lang, at, shop.utc_offset_minutes)));
    lines.extend(line.answers.iter().map(|(_, answer)| format!("<i>{}</i>", escape(answer.get(lang)))));
    lines.extend(line.trouble.map(|trouble| ["⚠️ ", &why(lang, trouble)].concat()));
    lines.join("\n")
}

pub(crate) fn why(lang: Lang, trouble: Trouble) -> String {
    match trouble {
        Trouble::Gone => texts(lang).get("product_gone"),
        Trouble::SoldOut => texts(lang).get("sold_out"),
        Trouble::Fewer(left) => texts(lang).with("in_stock", &[("count", &left.to_string())]),
        Trouble::TimeTaken => texts(lang).get("slot_taken"),
        Trouble::Asked => texts(lang).get("cart_asked"),
    }
}

/// Fewer, which one, more, out of the cart: each says how many there are to be then, so that a press twice is one step.
fn line_keys(place: usize, line: &Seen) -> Vec<Key> {
    let to = |label: &str, quantity: i64| Key::Tap(label.to_owned(), Tap::CartSet { line: line.number, quantity });
    let fewer = (line.quantity - 1).min(line.most);
    let mut keys = Vec::new();
    keys.extend((fewer >= 1).then(|| to("−", fewer)));
    keys.push(Key::Tap(format!("{place}. × {}", line.quantity), Tap::Product(line.product.clone())));
    let counted = line.kind.is_some_and(ProductKind::has_quantity);
    keys.extend((counted && line.quantity < line.most).then(|| to("+", line.quantity + 1)));
    keys.push(to("✕", 0));
    keys
}
