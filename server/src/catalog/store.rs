//! Every query of products and files.

use std::collections::BTreeSet;

use domain::{CategoryId, FileId, MerchantId, Moment, ProductId};
use sea_orm::{
    Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, ExprTrait, Func, LikeExpr},
};

use super::{
    gallery_store,
    rows::{Column, Entity, Model, file, smaller},
    search::{Filter, patterns},
};
use crate::{
    failure::Outcome,
    sabotage::{Defence, broken},
};

/// Rows of one statement: below what either database binds at most.
const ROWS: usize = 500;

pub(crate) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &ProductId) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

pub(crate) async fn by_ids(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    ids: BTreeSet<ProductId>,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::Id.is_in(ids)).all(db).await?)
}

pub(crate) async fn by_sku(db: &impl ConnectionTrait, merchant: &MerchantId, sku: &str) -> Outcome<Option<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::Sku.eq(sku)).one(db).await?)
}

pub(crate) async fn by_skus(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    skus: Vec<String>,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::Sku.is_in(skus)).all(db).await?)
}

/// The products that these codes or ids name, in the order in which all lock them; nobody changes them or takes of their
/// stock before the transaction ends.
pub(crate) async fn lock_named(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    skus: Vec<String>,
    ids: Vec<ProductId>,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    let named = own.filter(Column::Sku.is_in(skus).or(Column::Id.is_in(ids)));
    Ok(named.order_by_asc(Column::Id).lock_exclusive().all(db).await?)
}

/// As [`lock_named`], to be looked at only.
pub(crate) async fn named_by(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    skus: Vec<String>,
    ids: Vec<ProductId>,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::Sku.is_in(skus).or(Column::Id.is_in(ids))).all(db).await?)
}

/// The categories of visible products; none is that of those outside of all.
pub(crate) async fn held_categories(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
) -> Outcome<Vec<Option<CategoryId>>> {
    let visible = Entity::find()
        .select_only()
        .column(Column::CategoryId)
        .distinct()
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Visible.eq(true));
    Ok(visible.into_tuple().all(db).await?)
}

/// Its products stand outside of all categories.
pub(crate) async fn leave_category(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    category: &CategoryId,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::CategoryId, Expr::value(None::<String>))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::CategoryId.eq(category.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// As [`get`], and nobody else changes it before the transaction ends.
pub(crate) async fn lock(db: &impl ConnectionTrait, merchant: &MerchantId, id: &ProductId) -> Outcome<Option<Model>> {
    let one = Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone()));
    Ok(one.lock_exclusive().one(db).await?)
}

pub(crate) async fn insert(db: &impl ConnectionTrait, product: Model) -> Outcome<()> {
    Entity::insert(product.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes every field of the product, which the caller has locked as the merchant's.
pub(crate) async fn save(db: &impl ConnectionTrait, product: Model) -> Outcome<()> {
    Entity::update(product.into_active_model().reset_all()).exec(db).await?;
    Ok(())
}

/// New products, all at once.
pub(crate) async fn insert_all(db: &impl ConnectionTrait, products: Vec<Model>) -> Outcome<()> {
    for some in products.chunks(ROWS) {
        let some = some.iter().cloned().map(IntoActiveModel::into_active_model);
        Entity::insert_many(some).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Removes a product that nothing names any more.
pub(crate) async fn remove(db: &impl ConnectionTrait, merchant: &MerchantId, id: &ProductId) -> Outcome<()> {
    let own = Entity::delete_many().filter(Column::MerchantId.eq(merchant.clone()));
    own.filter(Column::Id.eq(id.clone())).exec(db).await?;
    Ok(())
}

pub(crate) async fn count(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<u64> {
    Ok(Entity::find().filter(Column::MerchantId.eq(merchant.clone())).count(db).await?)
}

/// Every product's place, in the merchant's order.
pub(crate) async fn places(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
) -> Outcome<Vec<(ProductId, i64, Option<CategoryId>)>> {
    let all = Entity::find().select_only().columns([Column::Id, Column::Position, Column::CategoryId]);
    let all = all.filter(Column::MerchantId.eq(merchant.clone()));
    Ok(all.order_by_asc(Column::Position).order_by_asc(Column::Id).into_tuple().all(db).await?)
}

pub(crate) async fn place(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &ProductId,
    position: i64,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Position, Expr::value(position))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn last_position(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<i64> {
    let last = Entity::find()
        .select_only()
        .column_as(Column::Position.max(), "last")
        .filter(Column::MerchantId.eq(merchant.clone()))
        .into_tuple::<Option<i64>>();
    Ok(last.one(db).await?.flatten().unwrap_or(0))
}

/// Whether something digital is on sale.
pub(super) async fn sells_digital(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<bool> {
    let one = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Visible.eq(true))
        .filter(Column::DigitalGoods.eq(true))
        .limit(1);
    Ok(one.into_tuple::<String>().one(db).await?.is_some())
}

/// In the merchant's order.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let mut query = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    if let Some(words) = &filter.search {
        query = query.filter(called(words));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(Column::Kind.eq(kind));
    }
    match &filter.category {
        Some(Some(category)) => query = query.filter(Column::CategoryId.eq(category.clone())),
        Some(None) => query = query.filter(Column::CategoryId.is_null()),
        None => {}
    }
    query = match filter.visible {
        Some(true) => query.filter(Column::Visible.eq(true)),
        // In the words of the partial index: a bound value would hide that it fits.
        Some(false) => query.filter(Expr::cust("NOT visible")),
        None => query,
    };
    if let Some((position, id)) = &filter.after {
        let behind = Column::Position.gt(*position);
        let beside = Column::Position.eq(*position).and(Column::Id.gt(id.clone()));
        // The first is what an index is entered by.
        query = query.filter(Column::Position.gte(*position)).filter(behind.or(beside));
    }
    Ok(query.order_by_asc(Column::Position).order_by_asc(Column::Id).limit(limit).all(db).await?)
}

/// Whose name in any language, or whose code, holds the words.
fn called(words: &str) -> Condition {
    let mut any = Condition::any();
    for name in ["name ->> 'hy'", "name ->> 'ru'", "name ->> 'en'", "sku"] {
        for pattern in patterns(words) {
            any = any.add(Expr::expr(Func::lower(Expr::cust(name))).like(LikeExpr::new(pattern).escape('\\')));
        }
    }
    any
}

/// Takes `quantity` from the stock; false when there is not enough. What is not counted is always enough.
pub(crate) async fn take(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &ProductId,
    quantity: i64,
) -> Outcome<bool> {
    let enough = Column::Stock.is_null().or(Column::Stock.gte(quantity));
    if broken(Defence::StockCondition) {
        return Ok(true);
    }
    let taken = Entity::update_many()
        .col_expr(Column::Stock, Expr::col(Column::Stock).sub(quantity))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .filter(enough)
        .exec(db)
        .await?;
    Ok(taken.rows_affected == 1)
}

pub(crate) async fn give_back(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &ProductId,
    quantity: i64,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Stock, Expr::col(Column::Stock).add(quantity))
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// Removes a picture that no product shows any more.
pub(crate) async fn let_go(db: &impl ConnectionTrait, merchant: &MerchantId, photo: &FileId) -> Outcome<()> {
    let shown = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    if shown.filter(Column::PhotoId.eq(photo.clone())).limit(1).one(db).await?.is_some() {
        return Ok(());
    }
    if gallery_store::shows(db, merchant, photo).await? {
        return Ok(());
    }
    let own = smaller::Entity::delete_many().filter(smaller::Column::MerchantId.eq(merchant.clone()));
    own.filter(smaller::Column::FileId.eq(photo.clone())).exec(db).await?;
    let own = file::Entity::delete_many().filter(file::Column::MerchantId.eq(merchant.clone()));
    own.filter(file::Column::Id.eq(photo.clone())).exec(db).await?;
    Ok(())
}

pub(crate) async fn insert_file(db: &impl ConnectionTrait, row: file::Model) -> Outcome<()> {
    file::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub(crate) async fn insert_picture(
    db: &impl ConnectionTrait,
    picture: file::Model,
    small: smaller::Model,
) -> Outcome<()> {
    insert_file(db, picture).await?;
    smaller::Entity::insert(small.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// The smaller self of a picture, by id alone as the picture itself.
pub(crate) async fn smaller(db: &impl ConnectionTrait, id: &FileId) -> Outcome<Option<smaller::Model>> {
    Ok(smaller::Entity::find_by_id(id.clone()).one(db).await?)
}

/// Removes tables of this kind from before `since` that nothing was made of.
pub(crate) async fn forget_sheets(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    media_type: &str,
    since: Moment,
) -> Outcome<()> {
    let named = crate::links::store::batches(merchant);
    file::Entity::delete_many()
        .filter(file::Column::MerchantId.eq(merchant.clone()))
        .filter(file::Column::MediaType.eq(media_type))
        .filter(file::Column::CreatedAt.lt(since))
        .filter(file::Column::Id.not_in_subquery(named))
        .exec(db)
        .await?;
    Ok(())
}

/// Removes a file that nothing names any more.
pub(crate) async fn remove_file(db: &impl ConnectionTrait, merchant: &MerchantId, id: &FileId) -> Outcome<()> {
    let own = file::Entity::delete_many().filter(file::Column::MerchantId.eq(merchant.clone()));
    own.filter(file::Column::Id.eq(id.clone())).exec(db).await?;
    Ok(())
}

/// By id alone: pictures are shown to customers, and the id cannot be guessed.
pub(crate) async fn file(db: &impl ConnectionTrait, id: &FileId) -> Outcome<Option<file::Model>> {
    Ok(file::Entity::find_by_id(id.clone()).filter(file::Column::Private.eq(false)).one(db).await?)
}

/// As [`own_file`], without its body, and nobody else holds it before the transaction ends.
pub(crate) async fn lock_file(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &FileId,
) -> Outcome<Option<FileId>> {
    let own = file::Entity::find_by_id(id.clone()).filter(file::Column::MerchantId.eq(merchant.clone()));
    Ok(own.select_only().column(file::Column::Id).lock_exclusive().into_tuple().one(db).await?)
}

/// A file of the merchant, also one that only its staff may see.
pub(crate) async fn own_file(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &FileId,
) -> Outcome<Option<file::Model>> {
    Ok(file::Entity::find_by_id(id.clone()).filter(file::Column::MerchantId.eq(merchant.clone())).one(db).await?)
}
