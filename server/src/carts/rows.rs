//! Carts with their lines.

use domain::{CustomerId, Localized, MerchantId, Moment};
use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::orders::Piece;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "carts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: CustomerId,
    pub merchant_id: MerchantId,
    /// Grows with every change.
    pub version: i64,
    /// The number of the next line; none is given twice.
    pub next_line: i64,
    pub lines: Lines,
    /// What brought the last line: the same again brings nothing.
    pub cause: Option<String>,
    pub updated_at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Lines(pub Vec<CartLine>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    pub number: i64,
    /// As it was called when it was put in: what is gone can still be named.
    pub title: Localized,
    pub piece: Piece,
}
