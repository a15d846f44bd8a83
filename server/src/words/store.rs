//! Every query of words.

use std::collections::BTreeSet;

use domain::{MerchantId, search};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, QueryTrait,
    prelude::*,
    sea_query::{ExprTrait, OnConflict, SelectStatement},
};

use super::rows::{Column, Entity, Model};
use crate::failure::Outcome;

/// Rows of one statement: below what either database binds at most.
const ROWS: usize = 5_000;

/// The kind of words that were said in a conversation.
pub(crate) const SAID: &str = "said";

/// The kind of a word: the prefix of the ids it leads to.
fn kind(id: &str) -> &str {
    id.split('_').next().unwrap_or_default()
}

/// The rows of something's words.
fn named<'a>(merchant: &MerchantId, id: &str, texts: impl IntoIterator<Item = &'a str>) -> Vec<Model> {
    let words: BTreeSet<String> = texts.into_iter().flat_map(search::words).collect();
    let row = |word| Model { merchant_id: merchant.clone(), kind: kind(id).to_owned(), word, id: id.to_owned() };
    words.into_iter().map(row).collect()
}

/// Something is called so from now on, and no longer as before.
pub(crate) async fn rename<'a>(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &str,
    texts: impl IntoIterator<Item = &'a str>,
) -> Outcome<()> {
    let wanted = named(merchant, id, texts);
    let is_name = || Column::Id.eq(id).and(Column::Kind.eq(kind(id)));
    let known = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(is_name()).all(db).await?;
    // Most names stay as they are.
    if known.iter().map(|row| &row.word).collect::<BTreeSet<_>>() == wanted.iter().map(|row| &row.word).collect() {
        return Ok(());
    }
    if !known.is_empty() {
        let own = Entity::delete_many().filter(Column::MerchantId.eq(merchant.clone())).filter(is_name());
        own.exec(db).await?;
    }
    insert(db, wanted).await
}

/// New things and what they are called.
pub(crate) async fn name_new<'a, T: IntoIterator<Item = &'a str>>(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    all: impl IntoIterator<Item = (&'a str, T)>,
) -> Outcome<()> {
    insert(db, all.into_iter().flat_map(|(id, texts)| named(merchant, id, texts)).collect()).await
}

/// Something was said in the conversation with this id; what was said there before stays.
pub(crate) async fn say(db: &impl ConnectionTrait, merchant: &MerchantId, id: &str, text: &str) -> Outcome<()> {
    let row = |word| Model { merchant_id: merchant.clone(), kind: SAID.to_owned(), word, id: id.to_owned() };
    let rows: Vec<_> = search::words(text).into_iter().map(row).map(IntoActiveModel::into_active_model).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let once = OnConflict::new().do_nothing().to_owned();
    Entity::insert_many(rows).on_conflict(once).exec_without_returning(db).await?;
    Ok(())
}

async fn insert(db: &impl ConnectionTrait, rows: Vec<Model>) -> Outcome<()> {
    for some in rows.chunks(ROWS) {
        let some = some.iter().cloned().map(IntoActiveModel::into_active_model);
        Entity::insert_many(some).exec_without_returning(db).await?;
    }
    Ok(())
}

/// The ids of what has a word that begins so for each typed word. None where nothing was typed that could be a word.
pub(crate) fn beginning(merchant: &MerchantId, kind: &str, typed: &str) -> Option<SelectStatement> {
    among(merchant, &[kind], typed)
}

/// As [`beginning`], where the words may be of several kinds.
pub(crate) fn among(merchant: &MerchantId, kinds: &[&str], typed: &str) -> Option<SelectStatement> {
    let words = search::words(typed);
    let ids = |word: &String| {
        let own = Entity::find().select_only().column(Column::Id).filter(Column::MerchantId.eq(merchant.clone()));
        let own = own.filter(Column::Kind.is_in(kinds.iter().copied())).filter(Column::Word.gte(word.as_str()));
        own.filter(Column::Word.lt(search::end_of(word))).into_query()
    };
    let (first, rest) = words.split_first()?;
    let mut all = ids(first);
    for word in rest {
        all.and_where(Column::Id.in_subquery(ids(word)));
    }
    Some(all)
}
