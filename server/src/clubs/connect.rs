//! Which chat a product lets into: asked about at Telegram before it is kept, and looked at once a day.

use domain::{
    Day, MerchantId, Moment, ProductId,
    club::WinBack,
    role::{Actor, Permission},
};
use providers::telegram::{Api, PollFault, club::Standing};
use serde_json::json;

use super::{Club, bot, closed, store, undone};
use crate::{
    alerts::{self, Alert, What},
    bots::{self, Bot},
    catalog,
    failure::{Outcome, Refusal, RefusalKind},
    jobs::{self, Job, JobEnd, NewJob},
    services::Services,
    staff::audit,
};

pub const CHECK_CLUB: &str = "check_club";

const MOST_DAYS: i64 = 3_660;
const MOST_GRACE: i64 = 90;

/// What the form of a club says.
#[derive(Clone, Debug)]
pub struct NewClub {
    /// A number, or `@name`.
    pub chat: String,
    /// None: for ever.
    pub days: Option<i64>,
    pub grace_days: i64,
    /// How those who left are asked to come back.
    pub back: WinBack,
}

impl NewClub {
    fn checked(&self) -> Result<(), Refusal> {
        if self.chat.trim().is_empty() {
            return Err(Refusal::field("chat", "required"));
        }
        if self.days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
            return Err(Refusal::field("days", "club_days").with("max", MOST_DAYS));
        }
        if !(0..=MOST_GRACE).contains(&self.grace_days) {
            return Err(Refusal::field("grace_days", "club_grace").with("max", MOST_GRACE));
        }
        if !(1..=WinBack::MOST_AFTER).contains(&self.back.after_days) {
            let refusal = Refusal::field("back_after", "out_of_range").with("min", 1);
            return Err(refusal.with("max", WinBack::MOST_AFTER));
        }
        if !(0..=WinBack::MOST).contains(&self.back.at_most) {
            return Err(Refusal::field("back_at_most", "out_of_range").with("min", 0).with("max", WinBack::MOST));
        }
        Ok(())
    }
}

/// Lets a product into a chat. What the bot lacks there is kept beside it, and shown until it has it.
///
/// # Errors
/// `forbidden`, `not_found`, `required`, `club_days`, `club_grace`, `out_of_range`, `club_no_bot`, `club_chat_unknown`, `telegram_away`.
pub async fn connect(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
    new: NewClub,
) -> Outcome<()> {
    may_edit(actor)?;
    new.checked()?;
    catalog::get(&services.db, merchant, product).await?;
    let own = bots::of_merchant(services, merchant).await?.into_iter().find(|bot| bot.active);
    let own = own.ok_or_else(|| Refusal::field("chat", "club_no_bot"))?;
    let bot = bots::get(services, &own.id).await?;
    let api = Api::new(&services.telegram_api_url);
    let chat = api.chat(&bot.token, new.chat.trim()).await.map_err(|fault| unknown(&fault))?;
    if !chat.is_group {
        return Err(Refusal::field("chat", "club_chat_unknown").into());
    }
    let trouble = lacks(&api, &bot.token, chat.id).await.map_err(|fault| unknown(&fault))?;
    let club = Club {
        product_id: product.clone(),
        merchant_id: merchant.clone(),
        bot_id: own.id,
        chat_id: chat.id,
        chat_title: chat.title,
        days: new.days,
        grace_days: new.grace_days,
        trouble: trouble.map(str::to_owned),
        checked_at: services.clock.now(),
        back_after_days: new.back.after_days,
        back_at_most: new.back.at_most,
    };
    let (own, actor) = (services.clone(), actor.clone());
    services
        .db
        .write(move |tx| async move {
            catalog::store::lock(&*tx, &club.merchant_id, &club.product_id).await?.ok_or_else(Refusal::not_found)?;
            let old = store::club(&*tx, &club.merchant_id, &club.product_id).await?;
            let written = |club: &Club| {
                let back = json!({ "after_days": club.back_after_days, "at_most": club.back_at_most });
                json!({ "chat": club.chat_title, "days": club.days, "grace": club.grace_days, "win_back": back })
            };
            let (before, after) = (old.as_ref().map(written), Some(written(&club)));
            let (merchant, product) = (club.merchant_id.clone(), club.product_id.clone());
            if old.is_some() {
                store::save_club(&*tx, club).await?
            } else {
                store::insert_club(&*tx, club).await?
            }
            audit::record(&tx, &own.clock, &merchant, &actor, "club_set", product.as_str(), before, after).await
        })
        .await
}

/// A club whose chat nobody is asked about: for the demo, whose Telegram is not there yet.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn adopt(services: &Services, club: Club) -> Outcome<()> {
    services.db.write(move |tx| async move { store::insert_club(&*tx, club).await }).await
}

fn may_edit(actor: &Actor) -> Result<(), Refusal> {
    if actor.may(Permission::EditCatalog) { Ok(()) } else { Err(Refusal::forbidden()) }
}

fn unknown(fault: &PollFault) -> Refusal {
    match fault {
        PollFault::Refused { code: 400..=403, .. } => Refusal::field("chat", "club_chat_unknown"),
        _ => Refusal::new(RefusalKind::Unavailable, "telegram_away"),
    }
}

/// What the bot lacks in a chat to run its door, if anything.
async fn lacks(api: &Api, token: &str, chat: i64) -> Result<Option<&'static str>, PollFault> {
    Ok(match api.own_standing(token, chat).await {
        Ok(Standing::Owner | Standing::Admin { may_invite: true, may_remove: true }) => None,
        Ok(Standing::Admin { may_invite: false, .. }) => Some("no_invite"),
        Ok(Standing::Admin { .. }) => Some("no_remove"),
        Ok(Standing::Member) => Some("no_admin"),
        Ok(Standing::Out) | Err(PollFault::Refused { code: 400..=403, .. }) => Some("not_there"),
        Err(fault) => return Err(fault),
    })
}

/// Looks now whether the bot may do what a club needs.
///
/// # Errors
/// `forbidden`, `not_found`, `telegram_away`.
pub async fn look(services: &Services, actor: &Actor, merchant: &MerchantId, product: &ProductId) -> Outcome<()> {
    may_edit(actor)?;
    let club = super::of_product(&services.db, merchant, product).await?.ok_or_else(Refusal::not_found)?;
    let away = |_| Refusal::new(RefusalKind::Unavailable, "telegram_away");
    checked(services, club).await?.map_err(away)?;
    Ok(())
}

/// Telegram says that what the bot is in a chat has changed: the clubs of it are looked at now.
///
/// # Errors
/// When the database does not answer.
pub async fn look_at_chat(services: &Services, bot: &Bot, chat: i64) -> Outcome<JobEnd> {
    if let Some(end) = closed(services, &bot.id) {
        return Ok(end);
    }
    for club in store::clubs_of_chat(services.db.read(), &bot.merchant, chat).await? {
        if let Err(fault) = checked(services, club).await? {
            return Ok(undone(services, &bot.id, &fault));
        }
    }
    Ok(JobEnd::Done)
}

/// Looks, and notes what was seen; of what is lacking since, staff are told.
async fn checked(services: &Services, club: Club) -> Outcome<Result<(), PollFault>> {
    let bot = bot(services, &club).await?;
    let seen = match lacks(&Api::new(&services.telegram_api_url), &bot.token, club.chat_id).await {
        Ok(seen) => seen,
        Err(fault) => return Ok(Err(fault)),
    };
    let now = services.clock.now();
    let noted = move |tx: crate::db::Tx| async move {
        let Some(old) = store::club(&*tx, &club.merchant_id, &club.product_id).await? else { return Ok(()) };
        if let (None, Some(lack)) = (&old.trouble, seen) {
            let word = Some(old.chat_title.clone());
            let alert = Alert { word, ..What::ClubRights.into() };
            let key = format!("club_rights:{}:{lack}:{}", old.product_id, now.0);
            jobs::enqueue(&tx, now, vec![alerts::job(now, &old.merchant_id, &key, &alert)?]).await?;
        }
        store::save_club(&*tx, Club { trouble: seen.map(str::to_owned), checked_at: now, ..old }).await
    };
    services.db.write(noted).await.map(Ok)
}

pub(super) async fn promise_check(services: &Services, club: &Club, now: Moment) -> Outcome<()> {
    let job = NewJob {
        payload: serde_json::to_string(&club.product_id)?,
        once_key: Some(format!("club:check:{}:{}", club.product_id, Day::of(now, 0))),
        ..NewJob::new(club.merchant_id.clone(), CHECK_CLUB, now)
    };
    services.db.write(move |tx| async move { jobs::enqueue(&tx, now, vec![job]).await }).await
}

/// The job.
pub async fn run_check(services: Services, job: Job) -> JobEnd {
    let product: ProductId = match serde_json::from_str(&job.payload) {
        Ok(product) => product,
        Err(error) => return JobEnd::GiveUp(error.into()),
    };
    let looked = async || -> Outcome<JobEnd> {
        let Some(club) = store::club(services.db.read(), &job.merchant_id, &product).await? else {
            return Ok(JobEnd::Done);
        };
        let bot = club.bot_id.clone();
        if let Some(end) = closed(&services, &bot) {
            return Ok(end);
        }
        let seen = checked(&services, club).await?;
        Ok(seen.map_or_else(|fault| undone(&services, &bot, &fault), |()| JobEnd::Done))
    };
    looked().await.unwrap_or_else(|failure| JobEnd::Retry(failure.into()))
}

/// The product lets into no chat any more. Members stay what they are; their end is kept no more.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn disconnect(services: &Services, actor: &Actor, merchant: &MerchantId, product: &ProductId) -> Outcome<()> {
    may_edit(actor)?;
    let old = super::of_product(&services.db, merchant, product).await?.ok_or_else(Refusal::not_found)?;
    let (own, actor) = (services.clone(), actor.clone());
    services
        .db
        .write(move |tx| async move {
            store::remove_club(&*tx, &old.merchant_id, &old.product_id).await?;
            let (subject, before) = (old.product_id.as_str(), Some(json!({ "chat": old.chat_title })));
            audit::record(&tx, &own.clock, &old.merchant_id, &actor, "club_removed", subject, before, None).await
        })
        .await
}
