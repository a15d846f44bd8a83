//! The lines of the audit log, in words.

use std::collections::HashMap;

use domain::{ProductId, role::Permission};
use serde::Deserialize;
use server::{
    catalog,
    failure::Outcome,
    staff::{
        self,
        audit::{self, ACTIONS, AuditLine, Filter},
    },
};

use super::named::Names;
use crate::{
    rooms::{PAGE, paged, people::People, period, place::Place},
    web::Desk,
};

/// What the log is asked for: the state in its address, as it stands there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Who did it, as the log writes it.
    who: String,
    action: String,
    /// The id of an object.
    object: String,
    /// Days of the shop's zone, both included.
    from: String,
    until: String,
    before: String,
}

impl Asked {
    pub(super) fn place(&self) -> Place {
        let state = [
            ("who", &*self.who),
            ("action", &self.action),
            ("object", &self.object),
            ("from", &self.from),
            ("until", &self.until),
        ];
        Place::new(super::PATH, &state, &self.before)
    }

    fn filter(&self, offset_minutes: i32) -> Filter {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Filter {
            actor: some(&self.who),
            action: some(&self.action),
            subject: some(&self.object),
            within: period::moments(&self.from, &self.until, offset_minutes),
            before: self.before.parse().ok(),
        }
    }
}

pub(super) struct Line {
    pub(super) id: String,
    pub(super) what: String,
    pub(super) who: String,
    pub(super) when: String,
    /// The id of what was changed, and what that is called.
    pub(super) subject: String,
    pub(super) name: String,
    /// Where the thing that was changed can be seen.
    pub(super) href: Option<String>,
    pub(super) change: String,
}

pub(super) struct Found {
    pub(super) lines: Vec<Line>,
    pub(super) next: Option<String>,
    /// Who and what may be asked for: value, and how it is shown.
    pub(super) people: Vec<(String, String)>,
    pub(super) actions: Vec<(String, String)>,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    desk.must(Permission::SeeAudit)?;
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let lines = audit::list(db, merchant, &asked.filter(desk.offset()), PAGE as u64 + 1).await?;
    let (lines, next) = paged(lines, |line| line.id.to_string());
    let people = People::of(desk).await?;
    let subjects: Vec<&str> = lines.iter().map(|line| line.subject.as_str()).collect();
    let products = catalog::products_of(db, merchant, &subjects).await?;
    let names = Names::of(desk, &people, &lines, &products).await?;
    let members = staff::list(db, merchant).await?.into_iter().map(|member| (member.id.to_string(), member.name));
    let system = ("system".to_owned(), desk.say("actor.system"));
    Ok(Found {
        lines: lines.into_iter().map(|line| shown(desk, &people, &products, &names, line)).collect(),
        next,
        people: members.chain([system]).collect(),
        actions: actions(desk),
    })
}

/// In the order of the alphabet: nobody looks for a word by its key.
fn actions(desk: &Desk) -> Vec<(String, String)> {
    let word = |action: &&str| ((*action).to_owned(), desk.say(&["audit_action.", action].concat()));
    let mut all: Vec<_> = ACTIONS.iter().map(word).collect();
    all.sort_by(|one, other| one.1.cmp(&other.1));
    all
}

fn shown(desk: &Desk, people: &People, products: &HashMap<String, ProductId>, names: &Names, line: AuditLine) -> Line {
    let name = names.name(desk, &line);
    let json = |text: Option<String>| {
        let value = text.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
        value.and_then(|value| serde_json::to_string_pretty(&value).ok())
    };
    let before = json(line.before).map(|text| [&desk.say("audit.before"), "\n", &text, "\n\n"].concat());
    let after = json(line.after).map(|text| [&desk.say("audit.after"), "\n", &text].concat());
    Line {
        what: desk.say(&["audit_action.", &line.action].concat()),
        name,
        who: people.name(desk, &line.actor),
        when: desk.at(line.at),
        href: address(&line.action, &line.subject, products),
        change: before.into_iter().chain(after).collect(),
        subject: line.subject,
        id: line.id.to_string(),
    }
}

/// Where the thing that was changed can be seen. What is gone leads nowhere.
fn address(action: &str, subject: &str, products: &HashMap<String, ProductId>) -> Option<String> {
    let part = |room: &str| {
        let product = products.get(subject)?;
        Some(["/products/", product.as_str(), "/", room, "/", subject].concat())
    };
    let room = match subject.split('_').next()? {
        "pay" => "/payments/",
        "ord" => "/orders/",
        "lnk" => "/links/",
        "prd" => "/products/",
        "cus" => "/customers/",
        "rfd" => "/refunds/",
        "rec" => "/reconcile/",
        "evt" => "/webhooks/",
        "brc" => "/broadcasts/",
        "acc" => "/settings/methods/",
        "cat" if action != "category_removed" => "/categories/",
        "var" => return part("variants"),
        "qst" => return part("questions"),
        "bot" => return Some("/settings/bot".to_owned()),
        "stf" | "inv" => return Some("/team".to_owned()),
        _ if action == "day_closed" => "/days/",
        _ => return of_action(action).map(str::to_owned),
    };
    Some([room, subject].concat())
}

/// What is done to the shop as a whole is seen in the room where it is done.
fn of_action(action: &str) -> Option<&'static str> {
    Some(match action {
        "categories_ordered" => "/categories",
        "handover_changed" => "/settings/handover",
        "rules_changed" => "/settings/money",
        "schedules_changed" | "staff_chat_invited" | "staff_chat_set" => "/settings/notifications",
        "shop_changed" => "/settings",
        "two_factor_required" => "/team",
        "jobs_retried" => "/jobs",
        "payments_exported" => "/payments",
        "catalog_exported" | "catalog_imported" => "/products",
        "links_created" => "/links",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_can_be_seen() {
        let product: ProductId = "prd_00000000000000000000000000".parse().unwrap();
        let products = HashMap::from([("var_1".to_owned(), product)]);
        let to = |action, subject| address(action, subject, &products);
        assert_eq!(to("delivered_again", "ord_1").as_deref(), Some("/orders/ord_1"));
        assert_eq!(
            to("variant_changed", "var_1").as_deref(),
            Some("/products/prd_00000000000000000000000000/variants/var_1")
        );
        assert_eq!(to("variant_removed", "var_2"), None);
        assert_eq!(to("category_removed", "cat_1"), None);
        assert_eq!(to("day_closed", "2026-11-26").as_deref(), Some("/days/2026-11-26"));
        assert_eq!(to("rules_changed", "mer_1").as_deref(), Some("/settings/money"));
    }
}
