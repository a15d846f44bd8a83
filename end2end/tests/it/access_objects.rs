//! One of everything a shop can have, to stand in the addresses of `access_table.rs`.

use std::collections::BTreeMap;

use domain::{
    AccountId, CustomerId, Lang, Localized, MerchantId, PaymentId, ProductId,
    link::LinkKind,
    message::Content,
    moment::{DAY, HOUR},
    product::ProductKind,
    question::{Choices, QuestionKind},
    role::{Actor, Permission, Role},
};
use sandbox::vpos::{Mischief, Status};
use sea_orm::ConnectionTrait;
use server::{
    api_keys,
    broadcasts::{self, NewBroadcast},
    catalog::{
        self, ProductInput, attachment, categories,
        questions::{self, QuestionInput},
        slots,
        variants::{self, VariantInput},
    },
    codes,
    customers::{self, Person},
    endpoints, fiscal,
    links::{self, NewLink, What},
    messages::{self, Received},
    payments::{self, Start},
    promos,
    reconcile::{self, Period},
    refunds::{self, NewRefund},
    staff::{self, invitations},
    views,
};

use crate::{
    catalog_edit::POINT,
    person::{PASSWORD, member},
    stage::Stage,
};

/// What stands for `{…}`, by the beginning of the address it stands in.
pub struct Objects(BTreeMap<&'static str, String>);

impl Objects {
    /// Everything a shop has, of this merchant.
    pub async fn of(stage: &Stage, merchant: &MerchantId, account: &AccountId) -> Self {
        let mut all = BTreeMap::new();
        let mut keep = |name, id: &str| drop(all.insert(name, id.to_owned()));
        let (product, slot) = lesson(stage, merchant).await;
        keep("products", product.as_str());
        keep("slots", &slot);
        let [category, variant, question] = shelf(stage, merchant, &product).await;
        keep("categories", &category);
        let sheet = b"code,name_hy,price\nA-1,\xd4\xb9\xd5\xa5\xd5\xb5,500\n".to_vec();
        let import = catalog::import::upload(&stage.services, &stage.owner(), merchant, sheet).await.unwrap();
        keep("imports", import.as_str());
        keep("promos", &promo(stage, merchant).await);
        let sheet = b"title,amount\nTea,500\n".to_vec();
        let many = links::batch::upload(&stage.services, &stage.owner(), merchant, sheet).await.unwrap();
        keep("batches", many.as_str());
        keep("variants", &variant);
        let photo = catalog::read_photo(POINT.to_vec()).await.unwrap();
        catalog::gallery::add(&stage.services, &stage.owner(), merchant, &product, photo).await.unwrap();
        let pictured = catalog::get(&stage.services.db, merchant, &product).await.unwrap();
        keep("photos", pictured.photo_id.unwrap().as_str());
        keep("questions", &question);
        let payment = paid(stage, merchant).await;
        keep("payments", payment.id.as_str());
        keep("orders", payment.order_id.as_str());
        keep("payment-links", payment.link_id.as_ref().unwrap().as_str());
        keep("links", payment.link_id.as_ref().unwrap().as_str());
        keep("refunds", &refund(stage, merchant, &payment.id).await);
        keep("receipts", &receipt(stage, merchant).await);
        let customer = customer(stage, merchant).await;
        keep("customers", &customer);
        keep("messages", &customer);
        keep("accounts", account.as_str());
        keep("bots", &bot(stage, merchant).await);
        let one = club_member(stage, merchant, &all).await;
        let mut keep = |name, id: &str| drop(all.insert(name, id.to_owned()));
        keep("members", &one);
        keep("broadcasts", &broadcast(stage, merchant).await);
        keep("message", &message(stage, merchant, &customer).await);
        keep("reconcile", &reconciliation(stage, merchant, account).await);
        let event = stage.event(&format!("evt_of_{merchant}"), &payment, "paid").to_string();
        assert_eq!(stage.post(account, event.into_bytes(), |_| ()).await, 200);
        let events =
            payments::events(&stage.services.db, merchant, &payments::EventFilter::default(), 1).await.unwrap();
        keep("webhook-events", events[0].id.as_str());
        keep("webhooks", events[0].id.as_str());
        let colleague = format!("colleague-{merchant}@shop.am");
        keep("team", member(stage, merchant, &colleague, Role::Support).await.as_str());
        let invited = format!("invited-{merchant}@shop.am");
        let owner = stage.owner();
        let made = invitations::invite(&stage.services, &owner, merchant, &invited, Role::Support).await.unwrap();
        keep("invitations", made.id.as_str());
        let key = api_keys::create(&stage.services, &owner, merchant, "key", vec![Permission::SeeMoney]).await;
        keep("keys", key.unwrap().0.as_str());
        keep("passkeys", &passkey(stage, merchant).await);
        keep("views", &view(stage, merchant).await);
        let (endpoint, delivery) = endpoint(stage, merchant).await;
        keep("endpoints", &endpoint);
        keep("deliveries", &delivery);
        keep("days", &domain::Day::of(stage.clock.now().plus(-DAY), 240).to_string());
        Self(all)
    }

    /// The address with this shop's objects in it: `{id}` is one of what stands before it.
    pub fn fill(&self, path: &str) -> String {
        let before = path.split("/{").next().unwrap_or_default();
        let kind = before.rsplit('/').next().unwrap_or_default();
        let own = |kind: &str| self.0.get(kind).map_or("unknown", String::as_str).to_owned();
        path.replace("{file}", "qr.svg")
            .replace("{*name}", "find")
            .replace("{product}", &own("products"))
            .replace("{slot}", &own("slots"))
            .replace("{bot}", &own("bots"))
            .replace("{account}", &own("accounts"))
            .replace("{message}", &own("message"))
            .replace("{import}", &own("imports"))
            .replace("{links}", &own("batches"))
            .replace("{photo}", &own("photos"))
            .replace("{variant}", &own("variants"))
            .replace("{question}", &own("questions"))
            .replace("{payment}", &own("payments"))
            .replace("{id}", &own(kind))
            .replace("{day}", &own(kind))
            .replace("{code}", &own(kind))
    }
}

/// An address that takes nothing, and what is promised to it.
async fn endpoint(stage: &Stage, merchant: &MerchantId) -> (String, String) {
    let new = endpoints::NewEndpoint { url: "http://127.0.0.1:1/hook".to_owned(), ..Default::default() };
    let made = endpoints::create(&stage.services, &stage.owner(), merchant, new).await.unwrap();
    let delivery = endpoints::test(&stage.services, &stage.owner(), merchant, &made.id).await.unwrap();
    (made.id.to_string(), delivery.to_string())
}

async fn promo(stage: &Stage, merchant: &MerchantId) -> String {
    let new = promos::NewPromo {
        code: "SPRING".to_owned(),
        off: domain::promo::Off::Percent(10),
        from: None,
        until: None,
        most_uses: None,
        most_each: None,
        least_minor: 0,
        products: Vec::new(),
    };
    promos::create(&stage.services, &stage.owner(), merchant, new).await.unwrap().id.into()
}

async fn bot(stage: &Stage, merchant: &MerchantId) -> String {
    let id = stage.clock.id::<domain::BotId>();
    let name = format!("bot_of_{merchant}");
    server::bots::add(&stage.services, merchant, id.clone(), &name, &name, "1:token").await.unwrap();
    id.to_string()
}

async fn lesson(stage: &Stage, merchant: &MerchantId) -> (ProductId, String) {
    let input = ProductInput {
        kind: ProductKind::Booking,
        name: Localized::same("Դաս"),
        text: Localized::default(),
        category: None,
        sku: None,
        delivery: Localized::same("Սպասում ենք"),
        price_minor: Some(500_000),
        compare_at_minor: None,
        donation: None,
        stock: None,
        digital_goods: false,
        visible: true,
    };
    let (services, actor) = (&stage.services, stage.owner());
    let product = catalog::create(services, &actor, merchant, input).await.unwrap().id;
    let now = stage.clock.now();
    let new = slots::NewSlots { starts_at: vec![now.plus(DAY)], minutes: 60, places: 3 };
    slots::add(services, &actor, merchant, &product, new).await.unwrap();
    let slot = slots::list(&services.db, merchant, &product, now, 1).await.unwrap().remove(0).id;
    let (name, media_type, body) = ("book.txt".to_owned(), "text/plain".to_owned(), b"Tea".to_vec());
    let file = attachment::NewFile { name, media_type, body };
    attachment::set(services, &actor, merchant, &product, file).await.unwrap();
    codes::add(services, &actor, merchant, &product, vec!["T-1".to_owned()]).await.unwrap();
    (product, slot.into())
}

/// A category, and a variant and a question of the product.
async fn shelf(stage: &Stage, merchant: &MerchantId, product: &ProductId) -> [String; 3] {
    let (services, actor, name) = (&stage.services, stage.owner(), Localized::same("Մեծ"));
    let category = categories::add(services, &actor, merchant, name.clone()).await.unwrap().id;
    let (price_minor, compare_at_minor, stock, hidden) = (100_000, None, None, false);
    let variant = VariantInput { name: name.clone(), price_minor, compare_at_minor, stock, hidden };
    let variant = variants::add(services, &actor, merchant, product, variant).await.unwrap().id;
    let (kind, choices, required) = (QuestionKind::Text, Choices::default(), false);
    let question = QuestionInput { kind, words: name, choices, required };
    let question = questions::add(services, &actor, merchant, product, question).await.unwrap().id;
    [category.into(), variant.into(), question.into()]
}

async fn paid(stage: &Stage, merchant: &MerchantId) -> payments::Payment {
    let (services, actor) = (&stage.services, stage.owner());
    let what = What::Free { title: "Սուրճ".to_owned(), amount: domain::Money::amd(500_000) };
    let link = links::create(services, &actor, merchant, NewLink::of(LinkKind::Dynamic, what)).await.unwrap();
    let start = Start::of(&link.code, Lang::Hy, "1");
    let id: PaymentId = payments::start(services, start).await.unwrap().payment;
    let begun = payments::get(&services.db, merchant, &id).await.unwrap();
    let quietly = Mischief { never_send: true, ..Mischief::default() };
    assert!(stage.vpos.end(begun.reference.as_ref().unwrap(), Status::Paid, quietly));
    payments::check(services, &actor, merchant, &id).await.unwrap()
}

/// Owed at a register that takes nothing.
async fn receipt(stage: &Stage, merchant: &MerchantId) -> String {
    crate::receipts::connect(stage, merchant).await;
    let payment = paid(stage, merchant).await;
    let receipts = fiscal::of_payments(&stage.services.db, merchant, vec![payment.id]).await.unwrap();
    receipts[0].id.to_string()
}

/// Asked for by support, so that it waits for another person.
async fn refund(stage: &Stage, merchant: &MerchantId, payment: &PaymentId) -> String {
    let support = Actor::Staff { id: stage.clock.id(), role: Role::Support };
    let new = NewRefund {
        payment: payment.clone(),
        amount: Some(domain::Money::amd(100_000)),
        lines: Vec::new(),
        reason: "The cup was broken".to_owned(),
        made_by: None,
    };
    refunds::ask(&stage.services, &support, merchant, new).await.unwrap().id.into()
}

/// A list that a staff member keeps.
async fn view(stage: &Stage, merchant: &MerchantId) -> String {
    let (services, email) = (&stage.services, format!("keeper@{merchant}.am"));
    let id = staff::create(services, merchant, &email, "Ani", Role::Owner, Lang::Hy, PASSWORD).await.unwrap();
    let keeper = Actor::Staff { id, role: Role::Owner };
    views::save(services, &keeper, merchant, "payments", "Mine", "status=paid").await.unwrap().id.into()
}

/// Of a member of its own; nothing can be signed with it.
async fn passkey(stage: &Stage, merchant: &MerchantId) -> String {
    let staff = member(stage, merchant, &format!("key@{merchant}.am"), Role::Support).await;
    let id = stage.clock.id::<domain::PasskeyId>();
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    let sql = format!(
        "INSERT INTO passkeys (id, merchant_id, staff_id, name, credential_id, credential, created_at)
         VALUES ('{id}', '{merchant}', '{staff}', 'Phone', '{id}', '{{}}', 0)"
    );
    raw.execute_unprepared(&sql).await.unwrap();
    id.to_string()
}

async fn customer(stage: &Stage, merchant: &MerchantId) -> String {
    let (services, merchant) = (stage.services.clone(), merchant.clone());
    let person = Person { telegram_user_id: 7, name: "Ani".to_owned(), username: None, language: Lang::Hy };
    let db = services.db.clone();
    let met = db.write(move |tx| async move { customers::meet(&tx, &services, &merchant, &person).await });
    met.await.unwrap().id.into()
}

/// A club of the product, and its member.
async fn club_member(stage: &Stage, merchant: &MerchantId, all: &BTreeMap<&'static str, String>) -> String {
    let id = stage.clock.id::<domain::MembershipId>();
    let raw = sea_orm::Database::connect(&stage.database_url).await.unwrap();
    let [product, bot, customer, order] = ["products", "bots", "customers", "orders"].map(|name| &all[name]);
    let club = format!(
        "INSERT INTO clubs (product_id, merchant_id, bot_id, chat_id, chat_title, days, grace_days, checked_at)
         VALUES ('{product}', '{merchant}', '{bot}', -1001, 'Club', 30, 2, 0)"
    );
    let member = format!(
        "INSERT INTO memberships (id, merchant_id, product_id, bot_id, chat_id, customer_id, telegram_user_id, order_id,
            position, from_at, until_at, reminded, exempt, exempt_reason)
         VALUES ('{id}', '{merchant}', '{product}', '{bot}', -1001, '{customer}', 7, '{order}', 0, 0, NULL, 0, FALSE, '')"
    );
    for sql in [club, member] {
        raw.execute_unprepared(&sql).await.unwrap();
    }
    id.to_string()
}

/// One for later.
async fn broadcast(stage: &Stage, merchant: &MerchantId) -> String {
    let (services, starts_at) = (&stage.services, Some(stage.clock.now().plus(DAY)));
    let new = NewBroadcast {
        texts: Localized::same("Նոր գավաթներ"),
        segment: domain::broadcast::Segment::default(),
        starts_at,
        once: None,
    };
    broadcasts::create(services, &stage.owner(), merchant, new).await.unwrap().into()
}

async fn message(stage: &Stage, merchant: &MerchantId, customer: &str) -> String {
    let customer = customer.parse::<CustomerId>().unwrap();
    let received = Received {
        phone: None,
        bot: stage.clock.id(),
        update_id: 1,
        customer: customer.clone(),
        content: Content::Text,
        words: "Hello".to_owned(),
        file: None,
        order: None,
    };
    messages::receive(&stage.services, merchant, received).await.unwrap();
    let written = messages::of_customer(&stage.services.db, merchant, &customer, None, 1).await.unwrap();
    written[0].id.to_string()
}

async fn reconciliation(stage: &Stage, merchant: &MerchantId, account: &AccountId) -> String {
    let now = stage.clock.now();
    let period = Period { from: now.plus(-HOUR), until: now.plus(HOUR) };
    reconcile::begin_lookup(&stage.services, &stage.owner(), merchant, account, period).await.unwrap().into()
}
