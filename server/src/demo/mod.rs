//! The demo shop: a seeded merchant with catalog, staff, links and some history. Never called in production.

pub(crate) mod content;
mod deals;
mod ends;
mod history;
mod talks;

use std::collections::BTreeMap;

use domain::{
    AccountId, BotId, CodeId, Day, Lang, MerchantId, Moment, ProductId,
    hours::Hours,
    link::LinkKind,
    moment::DAY,
    product::ProductKind,
    promo::Off,
    receipt::PartialReturn,
    role::{Actor, Permission, Role},
    timetable::Timetable,
};

use content::SeedTimes;

use crate::{
    api_keys, bots,
    catalog::{
        self, categories, questions,
        slots::{self, NewSlots},
        variants,
    },
    clubs, codes, crm,
    endpoints::{self, NewEndpoint},
    failure::Outcome,
    fiscal,
    links::{self, NewLink, What},
    payments::{self, NewAccount},
    promos::{self, NewPromo},
    services::Services,
    shop, staff,
};

pub const OWNER: &str = "owner@demo.khanut";
pub const SUPPORT: &str = "support@demo.khanut";
pub const PASSWORD: &str = "demo-demo-demo";
pub const API_KEY: &str = "kh_demo_key";
/// The path of the program that stands in for the shop's own.
pub const RECEIVER: &str = "/sandbox/receiver";
/// The path of the program that stands in for the tax service, and the register that the shop has there.
pub const REGISTER_PATH: &str = "/sandbox/ehdm";
pub const REGISTER: &str = "53227232";
pub const TAXPAYER: &str = "01234567";
/// The path of the program that stands in for a CRM, and the secret of the shop's webhook there.
pub const CRM_PATH: &str = "/sandbox/bitrix24";
pub const CRM_SECRET: &str = "k7sandboxq2";
pub const WEBHOOK_SECRET: &str = "whsec_ZGVtby1kZW1vLWRlbW8tZGVtby1kZW1vLWRlbW8h";
/// The bearer token between the demo account and the sandbox provider.
pub const PROVIDER_TOKEN: &str = "sandbox-merchant-token";

/// What differs from one demo to another.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Settings of the sandbox provider's account.
    pub provider_settings: serde_json::Value,
    pub bot_token: String,
    pub bot_username: String,
    /// Where the shop's own program takes webhooks.
    pub receiver_url: String,
    /// Where the shop's cash register is reached, if it has one.
    pub register_url: Option<String>,
    /// Where the shop's CRM is reached, if it has one.
    pub crm_url: Option<String>,
    /// The group of the sandbox's Telegram that the club lets into.
    pub club_chat: Option<i64>,
    /// Past sales too, so that no page is empty.
    pub with_history: bool,
}

/// What was seeded, or was there from the last time.
#[derive(Clone, Debug)]
pub struct Seeded {
    pub merchant: MerchantId,
    pub account: AccountId,
    pub bot: BotId,
}

/// When the seeded history begins: two weeks before `now`.
#[must_use]
pub const fn first_day(now: Moment) -> Moment {
    now.plus(-14 * DAY)
}

/// Seeds the demo shop into an empty database; one that is there already is left as it is. `services` run on a manual
/// clock that stands at [`first_day`]; history is played up to `until`.
///
/// # Errors
/// When the database refuses.
pub async fn seed(services: &Services, plan: &Plan, until: Moment) -> Outcome<Seeded> {
    if let Some(merchant) = shop::all(&services.db).await?.into_iter().next() {
        return found(services, merchant).await;
    }
    let content = content::read()?;
    let merchant = shop::create(services, content.shop.as_new()).await?;
    let owner = people(services, &merchant).await?;
    let picture = catalog::read_photo(content::SHOP_PICTURE.to_vec()).await?;
    let picture = catalog::keep_picture(services, &merchant, picture).await?;
    shop::set_picture(services, &owner, &merchant, picture).await?;
    hours(services, &owner, &merchant).await?;
    let account = account(services, &merchant, plan).await?;
    let bot: BotId = services.clock.id();
    bots::add(services, &merchant, bot.clone(), &plan.bot_username, content.shop.name.get(Lang::Hy), &plan.bot_token)
        .await?;
    let products = products(services, &owner, &merchant, &content).await?;
    if let Some(chat) = plan.club_chat {
        club(services, &bot, &products, chat).await?;
    }
    fixed_links(services, &owner, &merchant, &content, &products).await?;
    codes_of_the_shop(services, &owner, &merchant).await?;
    if plan.with_history {
        let stage = history::Stage { services, merchant: &merchant, account: &account, bot: &bot, until };
        history::play(&stage, &products, &content.customers).await?;
        talks::play(&stage, &owner).await?;
        let mut by_hand = plan.provider_settings.clone();
        by_hand["refund_path"] = serde_json::Value::Null;
        ends::play(&stage, &owner, &products, &content.customers, by_hand).await?;
    }
    shop::know_stars(services, &owner, &merchant).await?;
    shop::set_handing_over(services, &owner, &merchant, content.shop.handing_over()).await?;
    if plan.with_history {
        let stage = history::Stage { services, merchant: &merchant, account: &account, bot: &bot, until };
        ends::on_their_way(&stage, &owner, &products, &content.customers).await?;
    }
    staff::invitations::invite(services, &owner, &merchant, "davit@example.am", Role::Manager).await?;
    receiver(services, &owner, &merchant, plan).await?;
    if let Some(url) = &plan.register_url {
        fiscal::adopt_past(services, &merchant, &register(url)).await?;
    }
    if let Some(url) = &plan.crm_url {
        crm::adopt_past(services, &merchant, deals::past(url)).await?;
    }
    Ok(Seeded { merchant, account, bot })
}

/// The shop's own program, and a first event to try it.
async fn receiver(services: &Services, owner: &Actor, merchant: &MerchantId, plan: &Plan) -> Outcome<()> {
    let new = NewEndpoint { url: plan.receiver_url.clone(), label: "CRM".to_owned(), ..NewEndpoint::default() };
    let made = endpoints::create(services, owner, merchant, new).await?;
    endpoints::test(services, owner, merchant, &made.id).await?;
    Ok(())
}

/// The cash register, as the tax service would have registered it.
fn register(url: &str) -> fiscal::EhdmSettings {
    fiscal::EhdmSettings {
        base_url: url.to_owned(),
        crn: REGISTER.to_owned(),
        tin: TAXPAYER.to_owned(),
        cashier: 1,
        department: 1,
        tax_regime: 3,
        adg_code: "0902".to_owned(),
        unit: "հատ".to_owned(),
        numbered: true,
        partial: PartialReturn::Nearest,
    }
}

/// Open on weekdays and for half of Saturday.
async fn hours(services: &Services, owner: &Actor, merchant: &MerchantId) -> Outcome<()> {
    let shop = shop::get(&services.db, merchant).await?;
    let hours = Hours::read("600-1200,600-1200,600-1200,600-1200,600-1200,660-960,");
    shop::set_profile(services, owner, merchant, shop::Profile { hours, ..shop::Profile::from(&shop) }).await
}

/// A demo may start again on another port or with another bot: its account, its bot and its endpoint follow.
///
/// # Errors
/// When the database refuses.
pub async fn reach(services: &Services, seeded: &Seeded, plan: &Plan) -> Outcome<()> {
    payments::set_account_settings(services, &seeded.account, plan.provider_settings.clone()).await?;
    for endpoint in endpoints::list(services, &Actor::System, &seeded.merchant).await? {
        let elsewhere = endpoint.url != plan.receiver_url && endpoint.url.ends_with(RECEIVER);
        if elsewhere {
            let to = endpoints::Changes { url: Some(plan.receiver_url.clone()), ..endpoints::Changes::default() };
            endpoints::change(services, &Actor::System, &seeded.merchant, &endpoint.id, to).await?;
        }
    }
    if let (Some(url), Some(known)) =
        (&plan.register_url, fiscal::register(services, &Actor::System, &seeded.merchant).await?)
    {
        let elsewhere = known.settings.base_url != *url && known.settings.base_url.ends_with(REGISTER_PATH);
        if elsewhere {
            let settings = fiscal::EhdmSettings { base_url: url.clone(), ..known.settings };
            let input = fiscal::RegisterInput::of(settings);
            fiscal::change(services, &Actor::System, &seeded.merchant, input).await?;
        }
    }
    if let Some(url) = &plan.crm_url {
        crm::reach(services, &seeded.merchant, deals::webhook(url), CRM_PATH).await?;
    }
    bots::set_token(services, &seeded.bot, &plan.bot_username, &plan.bot_token).await
}

async fn found(services: &Services, merchant: MerchantId) -> Outcome<Seeded> {
    let missing = || anyhow::anyhow!("this data folder holds another shop than the demo's: give an empty folder");
    let account = payments::methods(&services.db, &merchant).await?.into_iter().next().ok_or_else(missing)?.account;
    let bot = bots::of_merchant(services, &merchant).await?.into_iter().next().ok_or_else(missing)?.id;
    Ok(Seeded { merchant, account, bot })
}

async fn people(services: &Services, merchant: &MerchantId) -> Outcome<Actor> {
    let owner = staff::create(services, merchant, OWNER, "Նարե Սարգսյան", Role::Owner, Lang::En, PASSWORD).await?;
    staff::create(services, merchant, SUPPORT, "Արամ Պետրոսյան", Role::Support, Lang::En, PASSWORD).await?;
    let accountant = "accountant@demo.khanut";
    staff::create(services, merchant, accountant, "Լիլիթ Գրիգորյան", Role::Accountant, Lang::En, PASSWORD).await?;
    let actor = Actor::Staff { id: owner.clone(), role: Role::Owner };
    keys(services, merchant, &actor).await?;
    Ok(actor)
}

/// One that everybody knows, one that reads, one of the past.
async fn keys(services: &Services, merchant: &MerchantId, owner: &Actor) -> Outcome<()> {
    use Permission as P;
    api_keys::adopt(services, merchant, "Demo", API_KEY, P::ALL.to_vec()).await?;
    api_keys::create(services, owner, merchant, "Հաշվապահություն, 1C", vec![P::SeeMoney, P::SeeCatalog]).await?;
    let site = vec![P::SeeCatalog, P::EditLinks, P::CheckPayments];
    let (old, _) = api_keys::create(services, owner, merchant, "Հին կայքը", site).await?;
    api_keys::revoke(services, owner, merchant, &old).await
}

async fn account(services: &Services, merchant: &MerchantId, plan: &Plan) -> Outcome<AccountId> {
    let id: AccountId = services.clock.id();
    let secrets = BTreeMap::from([
        ("token".to_owned(), PROVIDER_TOKEN.to_owned()),
        ("webhook_secret".to_owned(), WEBHOOK_SECRET.to_owned()),
    ]);
    let account = NewAccount {
        id: id.clone(),
        provider: "vpos".to_owned(),
        name: "VPOS.am (sandbox)".to_owned(),
        settings: plan.provider_settings.clone(),
        secrets,
    };
    payments::add_account(services, merchant, account).await?;
    Ok(id)
}

async fn products(
    services: &Services,
    owner: &Actor,
    merchant: &MerchantId,
    content: &content::Content,
) -> Outcome<Vec<catalog::Product>> {
    let mut made = Vec::new();
    for product in &content.products {
        let category = categories::called(services, owner, merchant, &product.category).await?;
        let id = catalog::create(services, owner, merchant, product.as_input(category)).await?.id;
        for variant in &product.variants {
            variants::add(services, owner, merchant, &id, variant.as_input()).await?;
        }
        for question in &product.questions {
            questions::add(services, owner, merchant, &id, question.as_input()).await?;
        }
        if let Some(picture) = content::picture(&product.picture) {
            let photo = catalog::read_photo(picture.to_vec()).await?;
            catalog::set_photo(services, owner, merchant, &id, photo).await?;
        }
        if let Some(week) = &product.times {
            times(services, owner, merchant, &id, week).await?;
        }
        if product.codes > 0 {
            let code = |_| ["KAV-", &services.clock.id::<CodeId>().as_str()[20..].to_uppercase()].concat();
            codes::add(services, owner, merchant, &id, (0..product.codes).map(code).collect()).await?;
        }
        made.push(catalog::get(&services.db, merchant, &id).await?);
    }
    Ok(made)
}

/// What customers of the history write.
const CODE: &str = "KAV10";

/// A code that is used, one that is for a large order, and one that is over.
async fn codes_of_the_shop(services: &Services, owner: &Actor, merchant: &MerchantId) -> Outcome<()> {
    let now = services.clock.now();
    let code = NewPromo {
        code: CODE.to_owned(),
        off: Off::Percent(10),
        from: None,
        until: None,
        most_uses: Some(100),
        most_each: None,
        least_minor: 0,
        products: Vec::new(),
    };
    let large = NewPromo {
        code: "BIG-2000".to_owned(),
        off: Off::Sum(200_000),
        most_uses: None,
        most_each: Some(1),
        least_minor: 2_000_000,
        ..code.clone()
    };
    let over =
        NewPromo { code: "ԱՇՈՒՆ".to_owned(), off: Off::Percent(15), until: Some(now.plus(DAY)), ..code.clone() };
    for new in [code, large, over] {
        promos::create(services, owner, merchant, new).await?;
    }
    Ok(())
}

/// The name of the group.
pub const CLUB: &str = "Խեցեգործների ակումբ";

/// What is sold as a club lets into the group for a month.
async fn club(services: &Services, bot: &BotId, products: &[catalog::Product], chat: i64) -> Outcome<()> {
    let Some(product) = products.iter().find(|product| product.kind == ProductKind::Club) else { return Ok(()) };
    let club = clubs::Club {
        product_id: product.id.clone(),
        merchant_id: product.merchant_id.clone(),
        bot_id: bot.clone(),
        chat_id: chat,
        chat_title: CLUB.to_owned(),
        days: Some(30),
        grace_days: 2,
        trouble: None,
        checked_at: services.clock.now(),
        back_after_days: 7,
        back_at_most: 1,
    };
    clubs::adopt(services, club).await
}

/// Four weeks from the demo's first day on, two of them past.
async fn times(
    services: &Services,
    owner: &Actor,
    merchant: &MerchantId,
    product: &ProductId,
    week: &SeedTimes,
) -> Outcome<()> {
    const ZONE: i32 = 240;
    let from = Day::of(services.clock.now(), ZONE).plus(1);
    let SeedTimes { weekdays, first, last, every, minutes, places } = *week;
    let week = Timetable { from, until: from.plus(27), weekdays, first, last, every };
    let new = NewSlots { starts_at: week.starts(ZONE), minutes, places };
    slots::add(services, owner, merchant, product, new).await.map(drop)
}

async fn fixed_links(
    services: &Services,
    owner: &Actor,
    merchant: &MerchantId,
    content: &content::Content,
    products: &[catalog::Product],
) -> Outcome<()> {
    for (label, product) in content.links.iter().zip(products.iter().filter(|p| p.visible)) {
        let link = NewLink { label: label.clone(), ..NewLink::of(LinkKind::Fixed, What::Product(product.id.clone())) };
        links::create(services, owner, merchant, link).await?;
    }
    Ok(())
}
