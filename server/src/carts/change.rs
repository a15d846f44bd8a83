//! Putting in, changing how many, taking out, emptying. Each says where the cart is to end, so that a press repeated, or a
//! message handled again, changes nothing more.

use domain::{limits, product::ProductKind};

use super::{
    Owner,
    rows::{CartLine, Lines, Model},
    store,
};
use crate::{
    catalog::{self, variants},
    db::Tx,
    failure::{Failure, Outcome, Refusal, RefusalKind},
    orders::Piece,
    services::Services,
};

/// Puts a piece in, to others of the same kind where there are any; once for one `cause`.
///
/// # Errors
/// `product_gone`, `variant_gone`, `variant_required`; `not_for_a_cart`; `cart_full`.
pub async fn put(services: &Services, owner: &Owner, piece: Piece, cause: &str) -> Outcome<()> {
    let (own, owner, cause) = (services.clone(), owner.clone(), cause.to_owned());
    services
        .db
        .write(move |tx| async move {
            let mut cart = store::lock(&*tx, &owner, own.clock.now()).await?;
            if cart.cause.as_ref() == Some(&cause) {
                return Ok(());
            }
            put_in(&tx, &owner, &mut cart, piece).await?;
            cart.cause = Some(cause);
            save(&tx, &own, cart).await
        })
        .await
}

/// As [`put`], of several at once. What is not sold any more, or not so, is left out.
///
/// # Errors
/// `cart_full`: then none is put in.
pub async fn put_all(services: &Services, owner: &Owner, pieces: Vec<Piece>, cause: &str) -> Outcome<()> {
    let (own, owner, cause) = (services.clone(), owner.clone(), cause.to_owned());
    services
        .db
        .write(move |tx| async move {
            let mut cart = store::lock(&*tx, &owner, own.clock.now()).await?;
            if cart.cause.as_ref() == Some(&cause) {
                return Ok(());
            }
            for piece in pieces {
                match put_in(&tx, &owner, &mut cart, piece).await {
                    Err(Failure::Refused(refusal)) if refusal.code != "cart_full" => {}
                    put => put?,
                }
            }
            cart.cause = Some(cause);
            save(&tx, &own, cart).await
        })
        .await
}

async fn put_in(tx: &Tx, owner: &Owner, cart: &mut Model, piece: Piece) -> Outcome<()> {
    let gone = || Refusal::field("product_id", "product_gone");
    let product = catalog::store::get(&**tx, &owner.merchant, &piece.product).await?;
    let product = product.filter(|product| product.visible).ok_or_else(gone)?;
    if !product.kind.fits_a_cart() {
        return Err(Refusal::new(RefusalKind::Conflict, "not_for_a_cart").into());
    }
    let variant = variants::sold(tx, &product, piece.variant.as_ref()).await?;
    let same = |line: &&mut CartLine| Piece { quantity: line.piece.quantity, ..piece.clone() } == line.piece;
    if let Some(line) = cart.lines.0.iter_mut().find(same) {
        line.piece.quantity = at_most(product.kind, line.piece.quantity.saturating_add(piece.quantity));
        return Ok(());
    }
    if cart.lines.0.len() >= limits::CART_LINES {
        return Err(Refusal::new(RefusalKind::Conflict, "cart_full").into());
    }
    let title = variant.map_or_else(|| product.name.clone(), |variant| product.name.and(", ", &variant.name));
    let quantity = at_most(product.kind, piece.quantity);
    cart.lines.0.push(CartLine { number: cart.next_line, title, piece: Piece { quantity, ..piece } });
    cart.next_line += 1;
    Ok(())
}

fn at_most(kind: ProductKind, quantity: i64) -> i64 {
    quantity.clamp(1, domain::product::max_quantity(kind, None))
}

async fn save(tx: &Tx, services: &Services, cart: Model) -> Outcome<()> {
    store::save(&**tx, Model { version: cart.version + 1, updated_at: services.clock.now(), ..cart }).await
}

/// So many of a line from now on; of none the line is taken out. A line that is not there any more stays so.
///
/// # Errors
/// `quantity_out_of_range`.
pub async fn set(services: &Services, owner: &Owner, number: i64, quantity: i64) -> Outcome<()> {
    if !(0..=limits::QUANTITY).contains(&quantity) {
        return Err(Refusal::field("quantity", "quantity_out_of_range").with("max", limits::QUANTITY).into());
    }
    change(services, owner, move |cart| {
        cart.lines.0.retain(|line| line.number != number || quantity > 0);
        cart.lines.0.iter_mut().filter(|line| line.number == number).for_each(|line| line.piece.quantity = quantity);
    })
    .await
}

/// Empties the cart that was seen; one that has changed since is left alone.
///
/// # Errors
/// When the database does not answer.
pub async fn clear(services: &Services, owner: &Owner, version: i64) -> Outcome<()> {
    change(services, owner, move |cart| {
        if cart.version == version {
            cart.lines = Lines::default();
        }
    })
    .await
}

async fn change(services: &Services, owner: &Owner, to: impl FnOnce(&mut Model) + Send + 'static) -> Outcome<()> {
    let (own, owner) = (services.clone(), owner.clone());
    services
        .db
        .write(move |tx| async move {
            let before = store::lock(&*tx, &owner, own.clock.now()).await?;
            let mut after = before.clone();
            to(&mut after);
            if after == before { Ok(()) } else { save(&tx, &own, after).await }
        })
        .await
}
