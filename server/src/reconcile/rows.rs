//! Reconciliations and their exceptions.

use std::collections::BTreeMap;

use domain::{
    AccountId, FileId, MerchantId, Moment, PaymentId, ReconciliationId, StaffId,
    reconcile::{Exception, Theirs},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reconciliations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReconciliationId,
    pub merchant_id: MerchantId,
    pub account_id: AccountId,
    /// `lookup`: each payment asked for; `file`: lines of theirs.
    pub source: String,
    pub file_name: Option<String>,
    pub file_id: Option<FileId>,
    pub mapping: Option<Json>,
    pub from_ms: Moment,
    pub until_ms: Moment,
    /// `draft` (a file whose columns are not named yet), `running`, `done`.
    pub state: String,
    /// Payments on which both agree.
    pub matched: i64,
    /// The last payment that was looked up.
    pub reached: Option<PaymentId>,
    /// Why its last turn came to nothing: a [`Trouble`] as JSON.
    pub trouble: Option<String>,
    pub made_by: String,
    pub made_at: Moment,
    pub done_at: Option<Moment>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Why a turn came to nothing: the code of a refusal and its values; no code when the program itself failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub code: Option<String>,
    pub values: BTreeMap<String, String>,
}

impl From<&Failure> for Trouble {
    fn from(failure: &Failure) -> Self {
        let Failure::Refused(refusal) = failure else { return Self::default() };
        let values = refusal.values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Self { code: Some(refusal.code.to_owned()), values }
    }
}

impl Model {
    /// Set while it stands still; nobody compares before it is begun again or tries once more.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        let text = self.trouble.as_deref().filter(|_| self.state == "running")?;
        Some(serde_json::from_str(text).unwrap_or_default())
    }
}

pub mod exception {
    use super::*;

    /// One difference, and what came of it.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reconciliation_exceptions")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub merchant_id: MerchantId,
        pub reconciliation_id: ReconciliationId,
        pub kind: Exception,
        pub payment_id: Option<PaymentId>,
        pub theirs: Json,
        /// Who sees to it.
        pub owner_id: Option<StaffId>,
        pub comment: Option<String>,
        /// `accepted`: their word was settled; `closed`: by a person's word.
        pub resolution: Option<String>,
        pub resolved_by: Option<String>,
        pub resolved_at: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl Model {
        /// The lines of theirs it is seen in.
        #[must_use]
        pub fn lines(&self) -> Vec<Theirs> {
            serde_json::from_value(self.theirs.clone()).unwrap_or_default()
        }
    }
}
