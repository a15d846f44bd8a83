//! Tables that were uploaded to be looked at before anything is made of them: kept with their kind, read again at each
//! look, and forgotten after a while when nothing was made of them.

use domain::{FileId, MerchantId, limits, moment::DAY};

use super::{photo::private_sheet, store};
use crate::{
    db::Db,
    failure::{Outcome, Refusal},
    services::Services,
    sheet::Sheet,
};

/// How long a table is kept that nothing was made of, in milliseconds.
const LIFE: i64 = 7 * DAY;

/// Keeps a table that `sound` finds sound; nothing else is written.
///
/// # Errors
/// `sheet_too_large`, why the file cannot be read, and what `sound` says.
pub(crate) async fn keep(
    services: &Services,
    merchant: &MerchantId,
    kind: &str,
    bytes: Vec<u8>,
    sound: impl FnOnce(&Sheet) -> Result<(), Refusal>,
) -> Outcome<FileId> {
    if bytes.len() > limits::SHEET_BYTES {
        return Err(Refusal::field("file", "sheet_too_large").with("max", limits::SHEET_BYTES / 1024 / 1024).into());
    }
    sound(&Sheet::read_aside(bytes.clone()).await?)?;
    let mut file = private_sheet(services, merchant, bytes);
    kind.clone_into(&mut file.media_type);
    let long_ago = services.clock.now().plus(-LIFE);
    services
        .db
        .write(move |tx| async move {
            store::forget_sheets(&*tx, &file.merchant_id, &file.media_type, long_ago).await?;
            let id = file.id.clone();
            store::insert_file(&*tx, file).await?;
            Ok(id)
        })
        .await
}

/// The table again.
///
/// # Errors
/// `not_found`, also for one of another kind.
pub(crate) async fn kept(db: &Db, merchant: &MerchantId, kind: &str, id: &FileId) -> Outcome<Sheet> {
    let file = store::own_file(db.read(), merchant, id).await?.filter(|file| file.media_type == kind);
    Sheet::read_aside(file.ok_or_else(Refusal::not_found)?.body).await
}
