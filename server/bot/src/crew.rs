//! The shop's own people in the chat: they look orders up and approve refunds, as the member they are known as.
//!
//! Who they are is `server::staff::telegram`'s; what they may do is asked of the same verbs as in the dashboard, so the rules,
//! the second person and the audit log are the same. Nobody else is told anything about the shop.

use domain::{Lang, RefundId, role::Actor, role::Permission, sending::Class};
use providers::telegram::Api;
use server::{
    bots::Bot,
    clubs, customers,
    failure::{Failure, Outcome},
    jobs::JobEnd,
    orders::{self, Whole},
    refunds,
    services::Services,
    shop,
    staff::{StaffMember, telegram},
};

use crate::{
    event::{Act, CREW, Event, ME, STAFF},
    screens::Screen,
    speak::{Place, Voice},
    tap::Tap,
    tell::not_sent,
    texts::{escape, texts},
};

/// Orders that one search shows.
const SHOWN: usize = 5;

struct Crew<'a> {
    services: &'a Services,
    bot: &'a Bot,
    event: &'a Event,
    voice: Voice,
}

/// What one of the shop's people wants; `None`: it is a customer's matter.
pub(crate) async fn hear(services: &Services, api: &Api, bot: &Bot, event: &Event) -> Outcome<Option<JobEnd>> {
    let voice = Voice::new(services, api, bot, event.chat_id, Class::Answer);
    let crew = Crew { services, bot, event, voice };
    let in_group = event.chat_id < 0;
    match &event.act {
        Act::Command { name, argument } if name == "start" && !in_group && argument.starts_with(ME) => {
            crew.bind(argument.trim_start_matches(ME)).await.map(Some)
        }
        Act::Command { name, argument } if CREW.contains(&&**name) => {
            crew.look(name == "order", argument, in_group).await
        }
        Act::Tap { query, message_id, tap: Some(Tap::Approve(refund)), .. } => {
            crew.approve(refund, query, *message_id).await.map(Some)
        }
        Act::Removed(gone) => {
            if *gone {
                shop::lose_staff_chat(services, &bot.merchant, &bot.id, event.chat_id).await?;
            }
            clubs::look_at_chat(services, bot, event.chat_id).await.map(Some)
        }
        // In a group customers are not talked to: only the word that makes it the staff's chat is heard.
        Act::Command { argument, .. } if argument.starts_with(STAFF) => Ok(None),
        _ => Ok(in_group.then_some(JobEnd::Done)),
    }
}

impl Crew<'_> {
    async fn member(&self) -> Outcome<Option<StaffMember>> {
        telegram::who(&self.services.db, &self.bot.merchant, self.event.person.telegram_user_id).await
    }

    /// The language of who is no member.
    fn lang(&self) -> Lang {
        self.event.told_language.unwrap_or(Lang::Hy)
    }

    async fn say(&self, html: String) -> JobEnd {
        match self.voice.show(Screen::text(html, Vec::new()), Place::New).await {
            Ok(()) => JobEnd::Done,
            Err(unsent) => not_sent(self.services, &self.voice, &unsent),
        }
    }

    async fn bind(&self, code: &str) -> Outcome<JobEnd> {
        let (person, merchant) = (&self.event.person, &self.bot.merchant);
        let name = person.username.as_ref().map_or_else(|| person.name.clone(), |own| ["@", own].concat());
        let bound = telegram::bind(self.services, merchant, person.telegram_user_id, &name, code).await?;
        // Handled again after the code was used up: it is theirs already.
        let member = match bound {
            Some(member) => Some(member),
            None => self.member().await?,
        };
        Ok(match member {
            Some(member) => {
                let values = [("name", &*escape(&member.name))];
                self.say(texts(member.language).with("crew_bound", &values)).await
            }
            None => self.say(texts(self.lang()).get("crew_code_unknown")).await,
        })
    }

    /// Orders by number, or by whatever the search of the dashboard knows.
    async fn look(&self, by_number: bool, words: &str, in_group: bool) -> Outcome<Option<JobEnd>> {
        let member = self.member().await?;
        if in_group {
            let shop = shop::get(&self.services.db, &self.bot.merchant).await?;
            let here =
                shop.staff_chat_id == Some(self.event.chat_id) && shop.staff_bot_id.as_ref() == Some(&self.bot.id);
            if !here {
                return Ok(Some(JobEnd::Done));
            }
        }
        let Some(member) = member else {
            // In their own chat they are a customer like any other.
            let stranger = in_group.then(|| self.ask_to_bind("crew_stranger"));
            return Ok(match stranger {
                Some(html) => Some(self.say(html).await),
                None => None,
            });
        };
        let lang = member.language;
        if !member.role.may(Permission::SeeMoney) {
            return Ok(Some(self.say(texts(lang).get("crew_forbidden")).await));
        }
        let words = words.trim();
        if words.is_empty() {
            let key = if by_number { "crew_order_usage" } else { "crew_find_usage" };
            return Ok(Some(self.say(texts(lang).get(key)).await));
        }
        let number = by_number.then(|| words.trim_start_matches(['#', '№', ' ']).parse::<i64>().ok());
        let asked = match number {
            Some(None) => return Ok(Some(self.say(texts(lang).get("crew_order_usage")).await)),
            Some(Some(number)) => number.to_string(),
            None => words.chars().take(100).collect(),
        };
        let filter = orders::Filter { search: Some(asked), ..orders::Filter::default() };
        let mut found = orders::list(&self.services.db, &self.bot.merchant, &filter, SHOWN as u64 + 1).await?;
        if let Some(Some(number)) = number {
            found.retain(|whole| whole.order.number == number);
        }
        let more = found.len() > SHOWN;
        found.truncate(SHOWN);
        let mut said = Vec::new();
        for whole in &found {
            said.push(self.order(lang, whole).await?);
        }
        match (said.is_empty(), more) {
            (true, _) => said.push(texts(lang).get("crew_nothing")),
            (false, true) => said.push(texts(lang).get("crew_more")),
            (false, false) => {}
        }
        Ok(Some(self.say(said.join("\n\n")).await))
    }

    fn ask_to_bind(&self, key: &str) -> String {
        texts(self.lang()).with(key, &[("url", &self.services.url("/account"))])
    }

    async fn order(&self, lang: Lang, whole: &Whole) -> Outcome<String> {
        let order = &whole.order;
        let status = if order.needs_review {
            "status_needs_review".to_owned()
        } else {
            ["status_", order.status.as_str()].concat()
        };
        let number = order.number.to_string();
        let values =
            [("number", &*number), ("sum", &*order.amount().to_string()), ("status", &*texts(lang).get(&status))];
        let mut lines = vec![texts(lang).with("crew_order", &values)];
        if let Some(id) = &order.customer_id {
            let customer = customers::get(&self.services.db, &self.bot.merchant, id).await?;
            let username = customer.username.as_ref().map(|own| [" @", own].concat()).unwrap_or_default();
            lines.push(escape(&[&*customer.name, &*username].concat()));
        }
        lines.extend(whole.lines.iter().map(|line| {
            let title = escape(line.title.get(lang));
            format!("{title} × {}", line.quantity)
        }));
        lines.push(self.services.url(&["/orders/", order.id.as_str()].concat()));
        Ok(lines.join("\n"))
    }

    /// The same approval as in the dashboard, by the member whose account pressed.
    async fn approve(&self, id: &RefundId, query: &str, message: Option<i32>) -> Outcome<JobEnd> {
        let Some(member) = self.member().await? else {
            let toast = texts(self.lang()).get("crew_stranger_pressed");
            self.voice.answer(query, Some(&toast)).await;
            return Ok(JobEnd::Done);
        };
        let (own, merchant) = (texts(member.language), &self.bot.merchant);
        let actor = Actor::Staff { id: member.id.clone(), role: member.role };
        let (refund, toast) = match refunds::approve(self.services, &actor, merchant, id).await {
            Ok(refund) => (refund, "crew_approved"),
            Err(Failure::Refused(refusal)) => match refusal.code {
                "refund_moved_on" => {
                    let refund = refunds::get(&self.services.db, merchant, id).await?;
                    // The press may be handled a second time.
                    let mine = refund.decided_by.as_deref() == Some(&*actor.label());
                    (refund, if mine { "crew_approved" } else { "crew_moved_on" })
                }
                code => {
                    let key = match code {
                        "forbidden" => "crew_forbidden",
                        "refund_own_approval" => "crew_second_person",
                        _ => "crew_not_now",
                    };
                    self.voice.answer(query, Some(&own.get(key))).await;
                    return Ok(JobEnd::Done);
                }
            },
            Err(failure) => return Err(failure),
        };
        self.voice.answer(query, Some(&own.get(toast))).await;
        self.close(&refund, (toast == "crew_approved").then_some(&member), message).await
    }

    /// The announcement says what became of it, and has no button any more.
    async fn close(&self, refund: &refunds::Refund, by: Option<&StaffMember>, message: Option<i32>) -> Outcome<JobEnd> {
        let Some(message_id) = message else { return Ok(JobEnd::Done) };
        let shop = shop::get(&self.services.db, &self.bot.merchant).await?;
        let order = orders::get(&self.services.db, &self.bot.merchant, &refund.order_id).await?.order;
        let (number, sum) = (order.number.to_string(), refund.amount().to_string());
        let name = by.map(|member| escape(&member.name)).unwrap_or_default();
        let values = [("number", &*number), ("sum", &*sum), ("name", &*name)];
        let key = if by.is_some() { "crew_refund_approved" } else { "crew_refund_decided" };
        let said = texts(shop.language).with(key, &values[..if by.is_some() { 3 } else { 2 }]);
        let html = [said, self.services.url(&["/refunds/", refund.id.as_str()].concat())].join("\n");
        let place = Place::Instead { message_id, on_photo: false };
        Ok(match self.voice.show(Screen::text(html, Vec::new()), place).await {
            Ok(()) => JobEnd::Done,
            Err(unsent) => not_sent(self.services, &self.voice, &unsent),
        })
    }
}
