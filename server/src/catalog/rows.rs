//! Products and files.

use domain::{
    FileId, Localized, MerchantId, Moment, ProductId, SlotId,
    product::{DonationTerms, ProductKind},
};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "products")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductId,
    pub merchant_id: MerchantId,
    pub kind: ProductKind,
    pub name: Localized,
    pub text: Localized,
    pub category: Localized,
    /// What the customer gets to read after paying.
    pub delivery: Localized,
    /// None for donations: the customer names the sum.
    pub price_minor: Option<i64>,
    pub compare_at_minor: Option<i64>,
    pub donation: Option<DonationTerms>,
    /// None: not counted.
    pub stock: Option<i64>,
    pub photo_id: Option<FileId>,
    pub digital_goods: bool,
    pub visible: bool,
    pub position: i64,
    pub created_at: Moment,
    pub updated_at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub mod slot {
    use super::*;

    /// A bookable time of a product.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "slots")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: SlotId,
        pub merchant_id: MerchantId,
        pub product_id: ProductId,
        pub starts_at: Moment,
        pub minutes: i64,
        pub places: i64,
        /// Places of orders that are paid or being paid.
        pub taken: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod file {
    use super::*;

    /// A picture or other file, kept in the database so that a backup holds everything.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "files")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: FileId,
        pub merchant_id: MerchantId,
        pub media_type: String,
        pub body: Vec<u8>,
        /// Seen by staff only.
        pub private: bool,
        pub created_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
