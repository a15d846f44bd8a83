//! The Mini App: everybody looks, whom Telegram names orders, and the order is one like the bot's.

use domain::{
    BotId, Localized, ProductId,
    handover::Way,
    moment::{HOUR, SECOND},
    order::OrderStatus,
};
use sandbox::vpos::{Mischief, Status};
use server::{
    bots, carts, links, orders,
    shop::{self, HandingOver},
};

use crate::{
    buyer::{self, TOKEN},
    cart::named,
    on_both,
    person::{Answer, Person},
    stage::Stage,
};

on_both!(
    everybody_may_look,
    nothing_is_there_of_another_shop_or_of_a_bot_that_is_off,
    who_is_not_named_by_telegram_orders_nothing,
    an_order_is_placed_once_and_paid_as_any_other,
    what_is_sold_out_is_said,
    the_cart_is_the_bots,
    goods_are_handed_over_as_in_the_chat,
    what_a_form_says_of_prices_counts_for_nothing,
);

const ANI: i64 = 1001;
const KATE: i64 = 1003;

pub struct App {
    pub stage: Stage,
    bot: BotId,
    person: Person,
}

impl App {
    pub async fn open(stage: Stage) -> Self {
        stage.open_dashboard();
        let bot = buyer::bot(&stage).await;
        let person = Person::stranger(&stage);
        Self { stage, bot, person }
    }

    fn path(&self, tail: &str) -> String {
        format!("/tg/{}{tail}?lang=en", self.bot)
    }

    fn proof(&self, who: i64) -> String {
        self.proof_at(TOKEN, who, 0)
    }

    fn proof_at(&self, token: &str, who: i64, apart: i64) -> String {
        self.stage.telegram.init_data(token, who, self.stage.clock.now().plus(apart).0 / SECOND)
    }

    async fn send(&self, tail: &str, proof: &str, form: &[(&str, &str)]) -> Answer {
        let form: Vec<_> = form.iter().copied().chain([("init_data", proof)]).collect();
        seen(self.person.post(&self.path(tail), &form).await)
    }

    /// From the product's page to its summary.
    pub async fn buys(&self, who: i64, product: &ProductId, quantity: &str) -> Answer {
        let form = [("act", "buy"), ("once", "a"), ("quantity", quantity)];
        self.send(&format!("/{product}"), &self.proof(who), &form).await
    }

    async fn puts(&self, who: i64, product: &ProductId, once: &str) -> Answer {
        let form = [("act", "cart"), ("once", once), ("quantity", "1")];
        self.send(&format!("/{product}"), &self.proof(who), &form).await
    }

    /// The order of a summary.
    pub async fn orders(&self, who: i64, summary: &Answer, more: &[(&str, &str)]) -> Answer {
        let (basket, once) = (hidden(&summary.body, "basket"), hidden(&summary.body, "once"));
        let form: Vec<_> = more.iter().copied().chain([("basket", basket.as_str()), ("once", once.as_str())]).collect();
        self.send("/order", &self.proof(who), &form).await
    }

    async fn all_orders(&self) -> Vec<orders::Whole> {
        let filter = orders::Filter::default();
        orders::list(&self.stage.services.db, &self.stage.merchant, &filter, 100).await.unwrap()
    }

    pub async fn link(&self, placed: &Answer) -> links::Link {
        let code = placed.to.split("/placed/").nth(1).and_then(|rest| rest.split('?').next());
        let code = code.unwrap_or_else(|| panic!("{} {}", placed.status, placed.to));
        links::by_code(&self.stage.services.db, &self.stage.merchant, code).await.unwrap().unwrap()
    }
}

/// As it is read: without the marks between texts.
fn seen(answer: Answer) -> Answer {
    Answer { body: answer.body.replace("<!>", ""), ..answer }
}

/// The value of a hidden field.
fn hidden(body: &str, name: &str) -> String {
    let after = body.split(&format!("name=\"{name}\" value=\"")).nth(1);
    let value = after.unwrap_or_else(|| panic!("no field {name}: {body}")).split('"').next().unwrap();
    value.replace("&quot;", "\"").replace("&amp;", "&")
}

async fn everybody_may_look(stage: Stage) {
    let tea = named(&stage, "Mountain <tea>", 280_000, Some(3)).await;
    let app = App::open(stage).await;
    let shelf = seen(app.person.get(&app.path("")).await);
    assert_eq!(shelf.status, 200);
    assert!(shelf.body.contains("Mountain &lt;tea&gt;") && shelf.body.contains("2\u{202f}800"), "{}", shelf.body);
    assert!(shelf.body.contains(&app.path(&format!("/{tea}")).replace('&', "&amp;")), "{}", shelf.body);
    let card = seen(app.person.get(&app.path(&format!("/{tea}"))).await);
    assert!(card.body.contains("Add to cart") && card.body.contains("3 left"), "{}", card.body);
    assert!(card.body.contains("/test_bot?start=prd_"), "who is outside is shown the way in: {}", card.body);
    let raw = app.person.raw(reqwest::Method::GET, &app.path("")).await;
    let policy = raw.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors 'self' https://web.telegram.org;"), "{policy}");
    assert!(policy.contains("form-action 'self'") && !policy.contains("unsafe-inline"), "{policy}");
    // Whatever stands in the address, it is a page of the shop.
    for odd in ["&in=nothing", "&page=x", "&page=99999999999999999999", "&in=others", "&page=7"] {
        assert_eq!(app.person.get(&[&app.path(""), odd].concat()).await.status, 200, "{odd}");
    }
}

async fn nothing_is_there_of_another_shop_or_of_a_bot_that_is_off(stage: Stage) {
    let tea = named(&stage, "Tea", 280_000, None).await;
    let app = App::open(stage).await;
    let other = app.stage.another_merchant().await;
    let theirs = app.stage.clock.id::<BotId>();
    bots::add(&app.stage.services, &other, theirs.clone(), "other_bot", "Other", "2:other").await.unwrap();
    assert_eq!(app.person.get(&format!("/tg/{theirs}/{tea}")).await.status, 404);
    assert_eq!(app.person.get(&format!("/tg/{theirs}")).await.status, 200);
    let summary = app.buys(ANI, &tea, "1").await;
    let placed = app.orders(ANI, &summary, &[]).await;
    let code = app.link(&placed).await.code;
    assert_eq!(app.person.get(&format!("/tg/{theirs}/placed/{code}")).await.status, 404);
    assert_eq!(app.person.get(&placed.to).await.status, 200);
    // Their bot's word about a person orders nothing of ours.
    let proof = app.proof_at("2:other", ANI, 0);
    let (basket, form) = (hidden(&summary.body, "basket"), [("once", "z"), ("init_data", proof.as_str())]);
    let form: Vec<_> = form.into_iter().chain([("basket", basket.as_str())]).collect();
    let answer = app.person.post(&format!("/tg/{theirs}/order?lang=en"), &form).await;
    assert!(answer.body.contains("not there any more"), "{} {}", answer.status, answer.body);
    assert_eq!(app.stage.count("SELECT COUNT(*) FROM orders").await, 1);
    bots::disconnect(&app.stage.services, &app.stage.owner(), &app.stage.merchant, &app.bot).await.unwrap();
    for tail in ["", "/cart", &format!("/{tea}"), &format!("/placed/{code}")] {
        let answer = seen(app.person.get(&app.path(tail)).await);
        assert!(answer.status == 404 || tail == "/cart", "{tail} {}", answer.status);
    }
    assert_eq!(app.orders(ANI, &summary, &[]).await.status, 404);
    assert_eq!(app.send("/cart/count", &app.proof(ANI), &[]).await.status, 404);
    for odd in ["bot_nothing", "x", "..%2f"] {
        assert_eq!(app.person.get(&format!("/tg/{odd}")).await.status, 404, "{odd}");
    }
}

async fn who_is_not_named_by_telegram_orders_nothing(stage: Stage) {
    let tea = named(&stage, "Tea", 280_000, None).await;
    let app = App::open(stage).await;
    let summary = app.buys(KATE, &tea, "1").await;
    let basket = hidden(&summary.body, "basket");
    let good = app.proof(ANI);
    let bad = [
        String::new(),
        "hash=".to_owned(),
        good.replace("1001", "1003"),
        good.split("&hash=").next().unwrap().to_owned(),
        [&good, "&user=%7B%22id%22%3A1003%7D"].concat(),
        app.proof_at("1:another", ANI, 0),
        app.proof_at(TOKEN, ANI, -13 * HOUR),
        app.proof_at(TOKEN, ANI, HOUR),
    ];
    let before = app.stage.count("SELECT COUNT(*) FROM customers").await;
    for proof in &bad {
        for tail in ["/order", "/cart", "/summary", &format!("/{tea}")] {
            let form = [("basket", basket.as_str()), ("once", "b"), ("act", "cart"), ("quantity", "1")];
            let answer = app.send(tail, proof, &form).await;
            assert_eq!(answer.status, 401, "{tail} {proof}");
            assert!(answer.body.contains("/test_bot"), "{}", answer.body);
        }
        assert_eq!(app.send("/cart/count", proof, &[]).await.status, 401);
    }
    assert_eq!(app.stage.count("SELECT COUNT(*) FROM orders").await, 0);
    assert_eq!(app.stage.count("SELECT COUNT(*) FROM customers").await, before, "nobody new is known");
    let old = app.send("/order", &app.proof_at(TOKEN, ANI, -13 * HOUR), &[]).await;
    assert!(old.body.contains("too long ago"), "{}", old.body);
    assert_eq!(app.send("/order", &good, &[("basket", &basket), ("once", "b")]).await.status, 303);
}

async fn an_order_is_placed_once_and_paid_as_any_other(stage: Stage) {
    let tea = named(&stage, "Tea", 280_000, Some(5)).await;
    let mut app = App::open(stage).await;
    app.stage.telegram.send_text(TOKEN, KATE, "/start");
    app.stage.work_with_bot();
    let summary = app.buys(KATE, &tea, "2").await;
    assert!(summary.body.contains("Tea × 2") && summary.body.contains("5\u{202f}600"), "{}", summary.body);
    let (one, two, three) =
        tokio::join!(app.orders(KATE, &summary, &[]), app.orders(KATE, &summary, &[]), app.orders(KATE, &summary, &[]));
    assert!(one.to.contains("/placed/") && one.to == two.to && two.to == three.to, "{} {}", one.to, two.to);
    // The same words of another person are another order.
    assert_ne!(app.orders(ANI, &summary, &[]).await.to, one.to);
    let all = app.all_orders().await;
    assert_eq!(all.len(), 2);
    let own = all.iter().find(|whole| whole.order.telegram_user_id == Some(KATE)).unwrap();
    assert_eq!((own.order.bot_id.as_ref(), own.order.amount_minor), (Some(&app.bot), 560_000));
    assert_eq!(own.order.language, domain::Lang::En);
    let link = app.link(&one).await;
    let placed = seen(app.person.get(&one.to).await);
    assert!(
        placed.body.contains(&link.url(&app.stage.services)) && placed.body.contains("data-waits"),
        "{}",
        placed.body
    );
    let payment = app.stage.press_pay(&link, "1").await.unwrap();
    let reference = app.stage.payment(&payment).await.reference.unwrap();
    assert!(app.stage.vpos.end(&reference, Status::Paid, Mischief::default()));
    let id = own.order.id.clone();
    app.stage.until("it is given", || async { app.stage.order(&id).await.status == OrderStatus::Fulfilled }).await;
    app.stage.until("the chat hears of it", || async { buyer::heard(&app.stage, KATE, "Payment received") == 1 }).await;
    let placed = seen(app.person.get(&one.to).await);
    assert!(placed.body.contains("payment has arrived") && !placed.body.contains("data-waits"), "{}", placed.body);
    app.stage.audit().await;
}

async fn what_is_sold_out_is_said(stage: Stage) {
    let last = named(&stage, "Last", 280_000, Some(1)).await;
    let none = named(&stage, "None", 280_000, Some(0)).await;
    let app = App::open(stage).await;
    let card = seen(app.person.get(&app.path(&format!("/{none}"))).await);
    assert!(card.body.contains("Sold out") && !card.body.contains("Add to cart"), "{}", card.body);
    assert_ne!(app.buys(KATE, &none, "1").await.status, 200);
    let many = app.buys(KATE, &last, "2").await;
    assert_eq!(many.status, 422);
    assert!(many.body.contains("from 1 to 1"), "{}", many.body);
    let (kate, ani) = (app.buys(KATE, &last, "1").await, app.buys(ANI, &last, "1").await);
    let link = app.link(&app.orders(KATE, &kate, &[]).await).await;
    app.stage.press_pay(&link, "1").await.unwrap();
    let late = app.orders(ANI, &ani, &[]).await;
    assert!(late.status != 303 && late.body.contains("sold out"), "{} {}", late.status, late.body);
    assert_eq!(app.all_orders().await.len(), 1);
}

async fn the_cart_is_the_bots(stage: Stage) {
    let tea = named(&stage, "Tea", 280_000, Some(9)).await;
    let cup = named(&stage, "Cup", 120_000, Some(9)).await;
    let app = App::open(stage).await;
    app.puts(KATE, &tea, "one").await;
    let twice = app.puts(KATE, &tea, "one").await;
    assert!(twice.body.contains("2\u{202f}800"), "pressed twice is put in once: {}", twice.body);
    app.puts(KATE, &cup, "two").await;
    let count = || async { app.send("/cart/count", &app.proof(KATE), &[]).await.body };
    assert_eq!(count().await, "2");
    let customer = server::customers::by_telegram(&app.stage.services.db, &app.stage.merchant, KATE).await;
    let owner = carts::Owner { merchant: app.stage.merchant.clone(), customer: customer.unwrap().unwrap().id };
    assert_eq!(carts::count(&app.stage.services.db, &owner).await.unwrap(), 2, "the chat shows the same");
    let cart = app.send("/cart", &app.proof(KATE), &[("line", "1"), ("quantity", "3")]).await;
    assert!(cart.body.contains("9\u{202f}600"), "{}", cart.body);
    let version = hidden(&cart.body, "version");
    let summary = app.send("/summary", &app.proof(KATE), &[("version", &version)]).await;
    assert!(summary.body.contains("Tea × 3"), "{}", summary.body);
    // It changes in the chat meanwhile.
    carts::set(&app.stage.services, &owner, 2, 0).await.unwrap();
    let late = app.orders(KATE, &summary, &[]).await;
    assert_eq!(late.status, 409);
    assert!(late.body.contains("The cart has changed") && late.body.contains("8\u{202f}400"), "{}", late.body);
    let version = hidden(&late.body, "version");
    let summary = app.send("/summary", &app.proof(KATE), &[("version", &version)]).await;
    let placed = app.orders(KATE, &summary, &[]).await;
    assert_eq!(placed.to, app.orders(KATE, &summary, &[]).await.to);
    assert_eq!(app.all_orders().await.len(), 1);
    assert_eq!(count().await, "0");
    let empty = app.send("/cart", &app.proof(KATE), &[]).await;
    assert!(empty.body.contains("The cart is empty"), "{}", empty.body);
}

async fn goods_are_handed_over_as_in_the_chat(stage: Stage) {
    let tea = named(&stage, "Tea", 280_000, None).await;
    let how = HandingOver {
        pickup: true,
        pickup_address: Localized::same("Abovyan 18"),
        delivery: true,
        delivery_minor: 100_000,
        delivery_free_from_minor: None,
        delivery_note: Localized::same("Within a day"),
    };
    shop::set_handing_over(&stage.services, &stage.owner(), &stage.merchant, how).await.unwrap();
    let app = App::open(stage).await;
    let summary = app.buys(KATE, &tea, "1").await;
    assert!(summary.body.contains("Abovyan 18") && summary.body.contains("Within a day"), "{}", summary.body);
    let unsaid = app.orders(KATE, &summary, &[]).await;
    assert_eq!(unsaid.status, 422);
    let short = app.orders(KATE, &summary, &[("way", "delivery"), ("address", "x<y")]).await;
    assert_eq!(short.status, 422);
    assert!(short.body.contains("5 to 300 characters") && short.body.contains("x&lt;y"), "{}", short.body);
    let placed = app.orders(KATE, &short, &[("way", "delivery"), ("address", "Tumanyan 12, flat 5")]).await;
    let shown = seen(app.person.get(&placed.to).await);
    assert!(shown.body.contains("3\u{202f}800"), "{}", shown.body);
    let whole = app.all_orders().await.remove(0);
    assert_eq!(
        (whole.order.handover, whole.order.address.as_deref()),
        (Some(Way::Delivery), Some("Tumanyan 12, flat 5"))
    );
    let again = app.buys(KATE, &tea, "1").await;
    assert!(again.body.contains("Tumanyan 12, flat 5"), "where it was brought the last time is offered");
}

async fn what_a_form_says_of_prices_counts_for_nothing(stage: Stage) {
    let tea = named(&stage, "Tea", 280_000, Some(5)).await;
    let app = App::open(stage).await;
    let basket = |rest: &str| {
        format!("{{\"piece\":{{\"product\":\"{tea}\",\"variant\":null,\"slot\":null,\"answers\":[],{rest}}}}}")
    };
    let ordered = |basket: String, once: &'static str| {
        let app = &app;
        async move { app.send("/order", &app.proof(KATE), &[("basket", &basket), ("once", once)]).await.status }
    };
    assert_eq!(ordered(basket("\"quantity\":1,\"sum_minor\":1"), "z").await, 422);
    assert_eq!(ordered(basket("\"quantity\":1,\"sum_minor\":null,\"unit_minor\":1"), "a").await, 303);
    assert_eq!(app.all_orders().await.remove(0).order.amount_minor, 280_000);
    for (rest, once) in [
        ("\"quantity\":0,\"sum_minor\":null", "b"),
        ("\"quantity\":-5,\"sum_minor\":null", "c"),
        ("\"quantity\":6,\"sum_minor\":null", "d"),
    ] {
        assert_ne!(ordered(basket(rest), once).await, 303, "{rest}");
    }
    for (odd, once) in [("", "e"), ("{", "f"), ("{\"cart\":7}", "g"), ("{\"cart\":-1}", "h"), ("null", "i")] {
        let status = ordered(odd.to_owned(), once).await;
        assert!((400..500).contains(&status), "{odd} {status}");
    }
    assert_eq!(app.all_orders().await.len(), 1);
}
