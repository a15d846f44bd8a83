//! Products, what they are sorted into and sold as, and files.

use domain::{
    CategoryId, FileId, Localized, MerchantId, Moment, ProductId, QuestionId, SlotId, VariantId,
    product::{DonationTerms, ProductKind},
    question::{Choices, QuestionKind},
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
    pub category_id: Option<CategoryId>,
    /// The shop's own code, unique in it.
    pub sku: Option<String>,
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

pub mod category {
    use super::*;

    /// A group of products on the shelf.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "categories")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: CategoryId,
        pub merchant_id: MerchantId,
        pub name: Localized,
        pub position: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod variant {
    use super::*;

    /// One of the forms a product is sold in, with a price and a stock of its own.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "variants")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: VariantId,
        pub merchant_id: MerchantId,
        pub product_id: ProductId,
        pub name: Localized,
        pub price_minor: i64,
        pub compare_at_minor: Option<i64>,
        /// None: not counted.
        pub stock: Option<i64>,
        pub hidden: bool,
        pub position: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod question {
    use super::*;

    /// Something the customer is asked before paying.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "questions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: QuestionId,
        pub merchant_id: MerchantId,
        pub product_id: ProductId,
        pub kind: QuestionKind,
        pub words: Localized,
        pub choices: Choices,
        pub required: bool,
        pub position: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

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

pub mod photo {
    use super::*;

    /// A picture of a product beside its first one.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "product_photos")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub product_id: ProductId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub file_id: FileId,
        pub merchant_id: MerchantId,
        pub position: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod attachment {
    use super::*;

    /// The file that a product is delivered as.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "attachments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub product_id: ProductId,
        pub merchant_id: MerchantId,
        pub file_id: FileId,
        pub name: String,
        pub bytes: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod smaller {
    use super::*;

    /// The same picture for lists and small screens.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "smaller_files")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub file_id: FileId,
        pub merchant_id: MerchantId,
        pub media_type: String,
        pub body: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
