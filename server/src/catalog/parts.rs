//! Where the parts of a product are: a variant or a question is shown on a page of its product.

use std::collections::HashMap;

use domain::{MerchantId, ProductId, QuestionId, VariantId};

use super::{question_store, variant_store};
use crate::{db::Db, failure::Outcome};

/// The products of the variants and questions among `ids` that are still there.
///
/// # Errors
/// When the database does not answer.
pub async fn products_of(db: &Db, merchant: &MerchantId, ids: &[&str]) -> Outcome<HashMap<String, ProductId>> {
    let variants: Vec<VariantId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    let questions: Vec<QuestionId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    let mut found = HashMap::new();
    if !variants.is_empty() {
        let rows = variant_store::by_ids(db.read(), merchant, variants).await?;
        found.extend(rows.into_iter().map(|row| (row.id.to_string(), row.product_id)));
    }
    if !questions.is_empty() {
        let rows = question_store::by_ids(db.read(), merchant, questions).await?;
        found.extend(rows.into_iter().map(|row| (row.id.to_string(), row.product_id)));
    }
    Ok(found)
}
