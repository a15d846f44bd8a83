//! Who did it, in words: the names behind the labels that journal and audit log keep.

use std::collections::HashMap;

use server::{failure::Outcome, staff};

use crate::web::Desk;

pub(super) struct People(HashMap<String, String>);

impl People {
    pub(super) async fn of(desk: &Desk) -> Outcome<Self> {
        let all = staff::list(&desk.services.db, desk.merchant()).await?;
        Ok(Self(all.into_iter().map(|member| (member.id.to_string(), member.name)).collect()))
    }

    pub(super) fn name(&self, desk: &Desk, label: &str) -> String {
        match label {
            "customer" => desk.say("actor.customer"),
            "provider" => desk.say("actor.provider"),
            "system" => desk.say("actor.system"),
            key if key.starts_with("key_") => desk.say("actor.api"),
            id => self.0.get(id).cloned().unwrap_or_else(|| id.to_owned()),
        }
    }
}
