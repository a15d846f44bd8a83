//! Cash registers, and receipts.

use domain::{
    Currency, MerchantId, Moment, Money, OrderId, PaymentId, ReceiptId,
    receipt::{ReceiptKind, ReceiptState},
};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReceiptId,
    pub merchant_id: MerchantId,
    pub kind: ReceiptKind,
    pub state: ReceiptState,
    pub order_id: OrderId,
    pub payment_id: PaymentId,
    /// The entry of the journal that owes it: receipts are registered in this order.
    pub entry_number: i64,
    pub amount_minor: i64,
    pub currency: Currency,
    /// What was sent: of a sale its lines, of a return what goes back of them.
    pub pieces: Json,
    /// How often the register was asked about it.
    pub tries: i64,
    /// When it was sent, while no answer is noted.
    pub sent_at: Option<Moment>,
    /// Why a person has to look, and what the register said.
    pub problem: Option<String>,
    pub problem_words: Option<String>,
    /// As registered.
    pub crn: Option<String>,
    pub number: Option<i64>,
    pub fiscal: Option<String>,
    pub qr: Option<String>,
    pub printed_at: Option<Moment>,
    pub registered_at: Option<Moment>,
    pub created_at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    #[must_use]
    pub const fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }
}

pub mod register {
    use super::*;

    /// A merchant's cash register. Its certificate and key are sealed.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "registers")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub merchant_id: MerchantId,
        pub settings: Json,
        pub secrets: String,
        pub active: bool,
        /// The last number of a request that the register has certainly taken, and how many after it it may have taken.
        pub seq: i64,
        pub doubt: i64,
        /// The last receipt that is known.
        pub last_number: i64,
        /// Why it takes nothing now: the code and the words of its answer.
        pub trouble: Option<String>,
        pub trouble_words: Option<String>,
        pub trouble_at: Option<Moment>,
        pub created_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
