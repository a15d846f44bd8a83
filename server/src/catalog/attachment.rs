//! The file that a product is delivered as: kept as it came, seen by staff and by those who have paid.

use domain::{FileId, MerchantId, ProductId, limits, role::Actor};
use serde_json::json;

pub use super::rows::attachment::Model as Attachment;
use super::{
    File, attachment_store,
    edit::{alone, may_edit},
    rows::file,
    store,
};
use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    fulfilment,
    services::Services,
    staff::audit,
};

/// A file as it was sent.
#[derive(Clone)]
pub struct NewFile {
    pub name: String,
    pub media_type: String,
    pub body: Vec<u8>,
}

impl NewFile {
    /// The name without a way to other folders, and a media type that is one.
    fn checked(self) -> Result<Self, Refusal> {
        if self.body.is_empty() {
            return Err(Refusal::field("attachment", "required"));
        }
        if self.body.len() > limits::ATTACHMENT_BYTES {
            let max = limits::ATTACHMENT_BYTES / 1024 / 1024;
            return Err(Refusal::field("attachment", "upload_too_large").with("max", max));
        }
        let name = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = name.chars().filter(|sign| !sign.is_control() && *sign != '"').take(limits::LABEL).collect();
        let name = if name.trim().is_empty() { "file".to_owned() } else { name.trim().to_owned() };
        let sound = |sign: char| sign.is_ascii_alphanumeric() || "/+-._".contains(sign);
        let is_type = self.media_type.contains('/') && self.media_type.chars().all(sound);
        let media_type = if is_type { self.media_type } else { "application/octet-stream".to_owned() };
        Ok(Self { name, media_type, body: self.body })
    }
}

/// # Errors
/// `not_found`, also for another merchant's product.
pub async fn get(db: &Db, merchant: &MerchantId, product: &ProductId) -> Outcome<Option<Attachment>> {
    super::get(db, merchant, product).await?;
    attachment_store::get(db.read(), merchant, product).await
}

/// A file of the merchant with its body, for who may have it.
///
/// # Errors
/// When the database does not answer.
pub async fn body(db: &Db, merchant: &MerchantId, file: &FileId) -> Outcome<Option<File>> {
    store::own_file(db.read(), merchant, file).await
}

/// From now on the product is delivered with this file; those who have another one keep it.
///
/// # Errors
/// `forbidden`, `not_found`, `required`, `upload_too_large`.
pub async fn set(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
    new: NewFile,
) -> Outcome<()> {
    may_edit(actor)?;
    let new = new.checked()?;
    let (own, actor, merchant, product) = (services.clone(), actor.clone(), merchant.clone(), product.clone());
    services
        .db
        .write(move |tx| async move {
            alone(&tx, &merchant).await?;
            store::lock(&*tx, &merchant, &product).await?.ok_or_else(Refusal::not_found)?;
            let old = let_go(&tx, &merchant, &product).await?;
            let row = Attachment {
                product_id: product.clone(),
                merchant_id: merchant.clone(),
                file_id: own.clock.id(),
                name: new.name.clone(),
                bytes: i64::try_from(new.body.len()).unwrap_or_default(),
            };
            let file = file::Model {
                id: row.file_id.clone(),
                merchant_id: merchant.clone(),
                media_type: new.media_type,
                body: new.body,
                private: true,
                created_at: own.clock.now(),
            };
            store::insert_file(&*tx, file).await?;
            let after = json!({ "name": row.name, "bytes": row.bytes });
            attachment_store::insert(&*tx, row).await?;
            let (subject, before) = (product.as_str(), old.map(|old| json!({ "name": old.name, "bytes": old.bytes })));
            audit::record(&tx, &own.clock, &merchant, &actor, "product_file_set", subject, before, Some(after)).await
        })
        .await
}

/// The product is delivered without a file; those who have it keep it.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn remove(services: &Services, actor: &Actor, merchant: &MerchantId, product: &ProductId) -> Outcome<()> {
    may_edit(actor)?;
    let (own, actor, merchant, product) = (services.clone(), actor.clone(), merchant.clone(), product.clone());
    services
        .db
        .write(move |tx| async move {
            alone(&tx, &merchant).await?;
            let old = let_go(&tx, &merchant, &product).await?.ok_or_else(Refusal::not_found)?;
            let (subject, before) = (product.as_str(), Some(json!({ "name": old.name, "bytes": old.bytes })));
            audit::record(&tx, &own.clock, &merchant, &actor, "product_file_removed", subject, before, None).await
        })
        .await
}

/// Parts the product from its file; one that nobody was given goes.
pub(super) async fn let_go(tx: &Tx, merchant: &MerchantId, product: &ProductId) -> Outcome<Option<Attachment>> {
    let Some(old) = attachment_store::get(&**tx, merchant, product).await? else { return Ok(None) };
    attachment_store::remove(&**tx, merchant, product).await?;
    if !fulfilment::store::names_file(&**tx, merchant, &old.file_id).await? {
        store::remove_file(&**tx, merchant, &old.file_id).await?;
    }
    Ok(Some(old))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_and_a_type_is_one() {
        let file = |name: &str, kind: &str| {
            let checked = NewFile { name: name.into(), media_type: kind.into(), body: vec![1] }.checked().unwrap();
            (checked.name, checked.media_type)
        };
        assert_eq!(file("../a/book\".pdf", "application/pdf"), ("book.pdf".into(), "application/pdf".into()));
        assert_eq!(file("C:\\x\\\n", "text/html; <b>"), ("file".into(), "application/octet-stream".into()));
        let empty = NewFile { name: "a".into(), media_type: "a/b".into(), body: Vec::new() }.checked();
        assert_eq!(empty.err().map(|refusal| refusal.code), Some("required"));
    }
}
