//! Every query of causes.

use domain::MerchantId;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};

use super::rows::{Entity, Model};
use crate::failure::Outcome;

pub(super) async fn made(db: &impl ConnectionTrait, merchant: &MerchantId, cause: &str) -> Outcome<Option<String>> {
    let row = Entity::find_by_id((merchant.clone(), cause.to_owned())).one(db).await?;
    Ok(row.map(|row| row.made))
}

/// Two copies of one request at once: the second is refused by the key of the table, and makes nothing.
pub(super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Outcome<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}
