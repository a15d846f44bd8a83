//! Promo codes and their uses.

use domain::{CustomerId, MerchantId, Moment, OrderId, ProductId, PromoId, promo::Off};
use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// The products a code is for; none: all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Products(pub Vec<ProductId>);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "promos")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PromoId,
    pub merchant_id: MerchantId,
    /// As it was written, and as it is compared.
    pub code: String,
    pub code_key: String,
    /// Exactly one of the two.
    pub percent: Option<i64>,
    pub off_minor: Option<i64>,
    pub from_at: Option<Moment>,
    pub until_at: Option<Moment>,
    pub most_uses: Option<i64>,
    pub most_each: Option<i64>,
    pub least_minor: i64,
    pub products: Products,
    pub active: bool,
    /// Uses that are held or done.
    pub used: i64,
    pub created_at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    #[must_use]
    pub fn off(&self) -> Off {
        self.percent.map_or_else(|| Off::Sum(self.off_minor.unwrap_or_default()), Off::Percent)
    }

    /// It is on, and its time has come and not passed.
    #[must_use]
    pub fn is_on(&self, now: Moment) -> bool {
        self.active && self.from_at.is_none_or(|from| from <= now) && self.until_at.is_none_or(|until| now < until)
    }

    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.most_uses.is_some_and(|most| self.used >= most)
    }
}

pub mod promo_use {
    use super::*;

    /// An order that was made with a code.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "promo_uses")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: OrderId,
        pub merchant_id: MerchantId,
        pub promo_id: PromoId,
        pub customer_id: CustomerId,
        pub off_minor: i64,
        /// It counts: its goods are reserved, or it is paid.
        pub counted: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
