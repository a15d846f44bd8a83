//! Leaving the chat, when the time and the grace are over.

use domain::{MembershipId, Moment};
use providers::telegram::{Api, club::Standing};
use serde::{Deserialize, Serialize};

use super::{Club, Membership, bot, closed, store, undone};
use crate::{
    failure::Outcome,
    jobs::{Job, JobEnd, NewJob},
    services::Services,
};

pub const LEAVE_CLUB: &str = "leave_club";

#[derive(Serialize, Deserialize)]
struct Payload {
    member: MembershipId,
}

/// The promise, once for each end.
pub(super) fn job(now: Moment, member: &Membership) -> Outcome<NewJob> {
    let until = member.until_at.map_or(0, |until| until.0);
    Ok(NewJob {
        payload: serde_json::to_string(&Payload { member: member.id.clone() })?,
        once_key: Some(format!("club:leave:{}:{until}", member.id)),
        order: Some(member.order_id.clone()),
        ..NewJob::new(member.merchant_id.clone(), LEAVE_CLUB, now)
    })
}

/// The job. Who has paid again meanwhile, is exempt, or runs the chat, stays.
pub async fn run_leave(services: Services, job: Job) -> JobEnd {
    let payload: Payload = match serde_json::from_str(&job.payload) {
        Ok(payload) => payload,
        Err(error) => return JobEnd::GiveUp(error.into()),
    };
    let found = async || -> Outcome<Option<(Membership, Club)>> {
        let db = services.db.read();
        let Some(member) = store::member(db, &job.merchant_id, &payload.member).await? else { return Ok(None) };
        let club = store::club(db, &job.merchant_id, &member.product_id).await?;
        Ok(club.map(|club| (member, club)))
    };
    match found().await {
        Ok(Some((member, club))) if !member.is_alive(&club, services.clock.now()) => {
            sent_away(&services, &member, &club).await.unwrap_or_else(|failure| JobEnd::Retry(failure.into()))
        }
        Ok(_) => JobEnd::Done,
        Err(failure) => JobEnd::Retry(failure.into()),
    }
}

/// From the chat that the membership was of, which may be another than the club's now.
async fn sent_away(services: &Services, member: &Membership, club: &Club) -> Outcome<JobEnd> {
    let bot = bot(services, club).await?;
    if let Some(end) = closed(services, &bot.id) {
        return Ok(end);
    }
    let api = Api::new(&services.telegram_api_url);
    let asked = async {
        match api.standing(&bot.token, member.chat_id, member.telegram_user_id).await? {
            Standing::Owner | Standing::Admin { .. } | Standing::Out => Ok(()),
            Standing::Member => api.send_away(&bot.token, member.chat_id, member.telegram_user_id).await,
        }
    };
    Ok(match asked.await {
        Ok(()) => JobEnd::Done,
        Err(fault) => undone(services, &bot.id, &fault),
    })
}
