//! Lists that staff members keep: a room with its filters, under a name of their own.
//!
//! Each is seen by its owner alone. No money and no access hangs on them, so they are not in the audit log.

mod rows;
pub(crate) mod store;

use domain::{
    MerchantId, StaffId, ViewId, limits,
    role::{Actor, Permission},
};
pub use rows::Model as View;

use crate::{
    db::{Db, Tx},
    failure::{Outcome, Refusal, RefusalKind, required},
    services::Services,
};

/// The rooms whose lists can be kept.
pub const ROOMS: [&str; 4] = ["payments", "orders", "customers", "links"];
/// Of one room: more tabs than anybody finds their way in.
pub const MOST: usize = 20;
/// Letters of an address after the question mark.
const QUERY: usize = 1_000;

/// Whose list it is.
fn owner(actor: &Actor) -> Result<StaffId, Refusal> {
    match actor {
        Actor::Staff { id, .. } if actor.may(Permission::SeeMoney) => Ok(id.clone()),
        _ => Err(Refusal::forbidden()),
    }
}

/// What a staff member keeps of a room, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_room(db: &Db, actor: &Actor, merchant: &MerchantId, room: &str) -> Outcome<Vec<View>> {
    match owner(actor) {
        Ok(staff) => store::of_room(db.read(), merchant, &staff, room).await,
        Err(_) => Ok(Vec::new()),
    }
}

/// # Errors
/// `not_found`, also for a list of somebody else.
pub async fn get(db: &Db, actor: &Actor, merchant: &MerchantId, id: &ViewId) -> Outcome<View> {
    let staff = owner(actor)?;
    store::get(db.read(), merchant, &staff, id).await?.ok_or_else(|| Refusal::not_found().into())
}

/// Keeps a room's list as it is filtered by `query`.
///
/// # Errors
/// `forbidden`, `required` or `too_long`, `view_name_taken`, `views_too_many`; `not_found` for a room that keeps none.
pub async fn save(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    room: &str,
    name: &str,
    query: &str,
) -> Outcome<View> {
    let staff_id = owner(actor)?;
    let room = ROOMS.into_iter().find(|own| *own == room).ok_or_else(Refusal::not_found)?;
    if query.chars().count() > QUERY {
        return Err(Refusal::not_found().into());
    }
    let view = View {
        id: services.clock.id(),
        merchant_id: merchant.clone(),
        staff_id,
        room: room.to_owned(),
        name: required("name", name, limits::NAME)?,
        query: query.to_owned(),
        created_at: services.clock.now(),
    };
    let write = move |tx: Tx| async move {
        let known = store::of_room(&*tx, &view.merchant_id, &view.staff_id, &view.room).await?;
        free(&known, &view)?;
        if known.len() >= MOST {
            return Err(Refusal::new(RefusalKind::Conflict, "views_too_many").with("most", MOST).into());
        }
        store::insert(&*tx, view.clone()).await?;
        Ok(view)
    };
    services.db.write_quietly(write).await
}

/// Gives it another name.
///
/// # Errors
/// `forbidden`, `not_found`, `required` or `too_long`, `view_name_taken`.
pub async fn rename(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    id: &ViewId,
    name: &str,
) -> Outcome<View> {
    let (staff, name) = (owner(actor)?, required("name", name, limits::NAME)?);
    let (merchant, id) = (merchant.clone(), id.clone());
    let write = move |tx: Tx| async move {
        let view = store::get(&*tx, &merchant, &staff, &id).await?.ok_or_else(Refusal::not_found)?;
        let view = View { name, ..view };
        free(&store::of_room(&*tx, &merchant, &staff, &view.room).await?, &view)?;
        store::rename(&*tx, &id, &view.name).await?;
        Ok(view)
    };
    services.db.write_quietly(write).await
}

/// Forgets it. Answers what it was.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn remove(services: &Services, actor: &Actor, merchant: &MerchantId, id: &ViewId) -> Outcome<View> {
    let (staff, merchant, id) = (owner(actor)?, merchant.clone(), id.clone());
    let write = move |tx: Tx| async move {
        let view = store::get(&*tx, &merchant, &staff, &id).await?.ok_or_else(Refusal::not_found)?;
        store::delete(&*tx, &id).await?;
        Ok(view)
    };
    services.db.write_quietly(write).await
}

fn free(known: &[View], view: &View) -> Result<(), Refusal> {
    let taken = known.iter().any(|other| other.id != view.id && other.name == view.name);
    if taken { Err(Refusal::field("name", "view_name_taken")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use domain::{Lang, role::Role};

    use super::*;
    use crate::{
        api::testing::{Shop, shops},
        failure::Failure,
        shop, staff,
    };

    async fn member(shop: &Shop, email: &str, role: Role) -> Actor {
        let (services, merchant) = (&shop.services, &shop.merchant);
        let id = staff::create(services, merchant, email, "Ani", role, Lang::Hy, "demo-demo-demo").await.unwrap();
        Actor::Staff { id, role }
    }

    fn code<T: std::fmt::Debug>(outcome: Outcome<T>) -> &'static str {
        match outcome {
            Err(Failure::Refused(refusal)) => refusal.code,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_list_is_kept_renamed_and_forgotten_by_its_owner_alone() {
        for shop in shops().await {
            let (services, merchant, db) = (&shop.services, &shop.merchant, &shop.services.db);
            let ani = member(&shop, "ani@shop.am", Role::Owner).await;
            let aram = member(&shop, "aram@shop.am", Role::Support).await;
            let query = "status=paid&q=%D4%B1%D5%B6%D5%AB";
            let kept = save(services, &ani, merchant, "payments", " Անի ", query).await.unwrap();
            assert_eq!((kept.name.as_str(), kept.query.as_str()), ("Անի", query));
            assert_eq!(of_room(db, &ani, merchant, "payments").await.unwrap(), std::slice::from_ref(&kept));
            assert_eq!(of_room(db, &ani, merchant, "orders").await.unwrap(), []);
            assert_eq!(code(save(services, &ani, merchant, "payments", "Անի", "").await), "view_name_taken");
            assert_eq!(code(save(services, &ani, merchant, "payments", "  ", "").await), "required");
            assert_eq!(code(save(services, &ani, merchant, "settings", "x", "").await), "not_found");
            assert_eq!(code(save(services, &Actor::System, merchant, "orders", "x", "").await), "forbidden");
            // Nobody else sees it or can touch it: not a colleague, not another shop.
            assert_eq!(of_room(db, &aram, merchant, "payments").await.unwrap(), []);
            assert_eq!(code(rename(services, &aram, merchant, &kept.id, "x").await), "not_found");
            assert_eq!(code(remove(services, &aram, merchant, &kept.id).await), "not_found");
            let whole = shop::get(db, merchant).await.unwrap();
            let new = shop::NewMerchant {
                name: whole.name.clone(),
                about: whole.about.clone(),
                policy: whole.policy.clone(),
                currency: whole.currency,
                utc_offset_minutes: 240,
                language: Lang::Hy,
                checkout_minutes: 60,
            };
            let stranger = shop::create(services, new).await.unwrap();
            assert_eq!(code(get(db, &ani, &stranger, &kept.id).await), "not_found");
            let other = save(services, &ani, merchant, "payments", "Երկրորդ", "").await.unwrap();
            assert_eq!(code(rename(services, &ani, merchant, &other.id, "Անի").await), "view_name_taken");
            assert_eq!(rename(services, &ani, merchant, &other.id, "Երկրորդ").await.unwrap().name, "Երկրորդ");
            assert_eq!(rename(services, &ani, merchant, &kept.id, "Անահիտ").await.unwrap().query, query);
            remove(services, &ani, merchant, &kept.id).await.unwrap();
            assert_eq!(code(get(db, &ani, merchant, &kept.id).await), "not_found");
            for number in 1..MOST {
                save(services, &ani, merchant, "payments", &number.to_string(), "").await.unwrap();
            }
            assert_eq!(code(save(services, &ani, merchant, "payments", "one more", "").await), "views_too_many");
        }
    }
}
