//! The customers of the past: first names and family names of the three languages, most of them with a user name.

use domain::{CustomerId, Lang, MerchantId, Moment, ids::MakeId};

use super::Dice;
use crate::{customers::Customer, demo::content, failure::Outcome};

const HY: [&str; 12] = [
    "Սարգսյան",
    "Հովհաննիսյան",
    "Գրիգորյան",
    "Պետրոսյան",
    "Հակոբյան",
    "Կարապետյան",
    "Մկրտչյան",
    "Վարդանյան",
    "Ավագյան",
    "Ղազարյան",
    "Թորոսյան",
    "Մարտիրոսյան",
];
const RU: [&str; 10] = [
    "Иваненко",
    "Соколовских",
    "Кузьменко",
    "Черных",
    "Долгих",
    "Шевченко",
    "Бондаренко",
    "Романенко",
    "Белых",
    "Ткаченко",
];
const EN: [&str; 8] = ["Miller", "Baker", "Novak", "Keller", "Rossi", "Martin", "Lopez", "Larsen"];

pub(super) fn customers(dice: &mut Dice, merchant: &MerchantId, start: Moment, count: usize) -> Outcome<Vec<Customer>> {
    let people = content::read()?.customers;
    let one = |place: usize| {
        let who = &people[place % people.len()];
        let family = match who.language {
            Lang::Hy => dice.pick(&HY),
            Lang::Ru => dice.pick(&RU),
            Lang::En => dice.pick(&EN),
        };
        let at = start.plus(i64::try_from(place).unwrap_or(0));
        Customer {
            id: CustomerId::make_id(at.0.unsigned_abs(), dice.bytes()),
            merchant_id: merchant.clone(),
            telegram_user_id: 5_000_000_000 + i64::try_from(place).unwrap_or(0),
            name: format!("{} {}", who.name, family.copied().unwrap_or_default()),
            username: (!place.is_multiple_of(3)).then(|| format!("{}{place}", dice.code(5))),
            language: who.language,
            blocked_at: (place % 40 == 39).then_some(at),
            ads_stopped_at: None,
            reminders_off_at: None,
            created_at: at,
        }
    };
    Ok((0..count).map(one).collect())
}
