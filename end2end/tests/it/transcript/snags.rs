//! What stands in the way: of a cart, of a promo code, of a time, of an answer, of money that comes late; each said so that one
//! knows what to do.

use domain::{
    Lang, Localized, ProductId,
    handover::Way,
    moment::{DAY, HOUR},
    product::ProductKind,
    promo::Off,
    question::QuestionKind,
};
use sandbox::vpos::Status;
use server::{
    carts::{self, Owner},
    catalog::{
        questions,
        slots::{self, NewSlots},
    },
    orders::Piece,
    promos::{self, NewPromo},
};

use super::{Play, asked, changed, in_three, made};
use crate::{slots::lesson, stage::Stage};

in_three!(told);

pub(super) async fn told(lang: Lang) -> String {
    let mut own = Play::new(lang).await;
    play(&mut own).await;
    own.written
}

pub(super) async fn play(play: &mut Play) {
    play.says("/start").await;
    play.loses_what_is_in_the_cart().await;
    play.fills_the_cart_to_the_brim().await;
    play.writes_codes_that_take_nothing_off().await;
    play.comes_too_late_for_a_time().await;
    play.answers_too_little_and_too_much().await;
    play.sees_the_shop_change_its_ways().await;
    play.chooses_among_ways_to_pay().await;
    play.pays_too_late().await;
    play.orders_several_again().await;
    play.sees_a_draft().await;
}

async fn cup(stage: &Stage, name: &str, price_minor: i64, stock: Option<i64>) -> ProductId {
    let id = stage.product(price_minor, stock).await;
    changed(stage, &id, |input| input.name = Localized::same(name)).await;
    id
}

fn promo(code: &str, off: Off) -> NewPromo {
    NewPromo {
        code: code.to_owned(),
        off,
        from: None,
        until: None,
        most_uses: None,
        most_each: None,
        least_minor: 0,
        products: Vec::new(),
    }
}

impl Play {
    async fn owner(&self) -> Owner {
        Owner { merchant: self.stage.merchant.clone(), customer: self.customer().await }
    }

    async fn puts(&mut self, product: &ProductId, quantity: &str) {
        self.opens(product).await;
        self.presses("i:").await;
        self.says(quantity).await;
    }

    async fn loses_what_is_in_the_cart(&mut self) {
        let [gone, fewer, out, more] = [
            cup(&self.stage, "Bowl", 100_000, Some(9)).await,
            cup(&self.stage, "Vase", 200_000, Some(9)).await,
            cup(&self.stage, "Jug", 300_000, Some(9)).await,
            cup(&self.stage, "Plate", 400_000, Some(9)).await,
        ];
        for product in [&gone, &fewer, &out] {
            self.puts(product, "3").await;
        }
        self.buys(&more, "3").await;
        self.presses("ic:").await;
        let (time, slot, _) = lesson(&self.stage, 1).await;
        let piece = Piece { slot: Some(slot), ..Piece::one(time) };
        carts::put(&self.stage.services, &self.owner().await, piece, "a lesson").await.unwrap();
        changed(&self.stage, &gone, |input| input.visible = false).await;
        changed(&self.stage, &fewer, |input| input.stock = Some(2)).await;
        changed(&self.stage, &out, |input| input.stock = Some(0)).await;
        asked(&self.stage, &more, QuestionKind::Text, "Which colour?", true).await;
        self.sql("UPDATE slots SET taken = places").await;
        self.says("/cart").await;
        self.presses_data("goes on all the same", "yo").await;
        for line in [1, 2, 3, 4, 5] {
            carts::set(&self.stage.services, &self.owner().await, line, 0).await.unwrap();
        }
        self.puts(&fewer, "1").await;
        self.presses("yo").await;
        // Changed elsewhere, in the Mini App, while the chat shows the summary.
        carts::set(&self.stage.services, &self.owner().await, 6, 2).await.unwrap();
        self.presses("ok:").await;
    }

    async fn fills_the_cart_to_the_brim(&mut self) {
        let owner = self.owner().await;
        for number in 0..19 {
            let one = Piece::one(self.stage.product(100_000, None).await);
            carts::put(&self.stage.services, &owner, one, &format!("brim {number}")).await.unwrap();
        }
        let dear = cup(&self.stage, "Piano", 150_000_000, None).await;
        self.puts(&dear, "99").await;
        let version = carts::look(&self.stage.services, &owner).await.unwrap().version;
        carts::clear(&self.stage.services, &owner, version).await.unwrap();
        self.buys(&dear, "99").await;
        self.presses("ok:").await;
    }

    async fn writes_codes_that_take_nothing_off(&mut self) {
        let (tea, other) = (cup(&self.stage, "Tea", 300_000, None).await, cup(&self.stage, "Jam", 90_000, None).await);
        let ten = Off::Percent(10);
        for new in [
            NewPromo { most_uses: Some(1), ..promo("FIRST", ten) },
            NewPromo { most_each: Some(1), ..promo("ONCE", ten) },
            NewPromo { products: vec![other], ..promo("JAM", ten) },
            NewPromo { least_minor: 1_000_000, ..promo("LARGE", ten) },
            promo("WHOLE", Off::Sum(50_000_000)),
        ] {
            promos::create(&self.stage.services, &self.stage.owner(), &self.stage.merchant, new).await.unwrap();
        }
        for code in ["FIRST", "ONCE"] {
            self.buys(&tea, "1").await;
            self.presses("zp:1").await;
            self.says(code).await;
            self.presses("ok:").await;
            self.pays("1", Status::Paid).await;
        }
        self.buys(&tea, "1").await;
        for code in ["FIRST", "ONCE", "JAM", "LARGE", "WHOLE"] {
            self.presses("zp:1").await;
            self.says(code).await;
        }
        self.presses("zp:1").await;
        self.presses("zp:0").await;
        self.presses("x").await;
    }

    async fn comes_too_late_for_a_time(&mut self) {
        let (product, slot, start) = lesson(&self.stage, 1).await;
        let every_day = (1..7).map(|days| start.plus(days * DAY).plus(HOUR)).collect();
        let new = NewSlots { starts_at: every_day, minutes: 60, places: 1 };
        slots::add(&self.stage.services, &self.stage.owner(), &self.stage.merchant, &product, new).await.unwrap();
        self.opens(&product).await;
        self.presses("b:").await;
        self.presses("d:").await;
        self.sql(&format!("UPDATE slots SET taken = places WHERE id = '{slot}'")).await;
        self.presses(&format!("t:{slot}")).await;
        self.sql(&format!("UPDATE slots SET taken = places WHERE product_id = '{product}'")).await;
        self.opens(&product).await;
        self.presses("b:").await;
    }

    async fn answers_too_little_and_too_much(&mut self) {
        let product = made(&self.stage, "Engraving", ProductKind::Service, Some(300_000), None).await;
        asked(&self.stage, &product, QuestionKind::Text, "What shall it say?", false).await;
        self.buys(&product, "1").await;
        self.says(&"x".repeat(301)).await;
        let all = questions::list(&self.stage.services.db, &self.stage.merchant, &product).await.unwrap();
        let one = &all[0];
        let must = questions::QuestionInput {
            kind: one.kind,
            words: one.words.clone(),
            choices: one.choices.clone(),
            required: true,
        };
        questions::update(&self.stage.services, &self.stage.owner(), &self.stage.merchant, (&product, &one.id), must)
            .await
            .unwrap();
        self.presses("n:").await;
        self.says("Ani").await;
        asked(&self.stage, &product, QuestionKind::Text, "And below?", true).await;
        self.presses("ok:").await;
    }

    async fn sees_the_shop_change_its_ways(&mut self) {
        self.hands_over(|ways| (ways.delivery, ways.delivery_free_from_minor) = (true, Some(1_000_000))).await;
        let pot = cup(&self.stage, "Pot", 600_000, None).await;
        self.buys(&pot, "2").await;
        self.presses(&format!("z:{}", Way::Pickup)).await;
        self.hands_over(|ways| ways.pickup = false).await;
        self.presses("ok:").await;
    }

    async fn chooses_among_ways_to_pay(&mut self) {
        self.hands_over(|ways| (ways.pickup, ways.delivery) = (false, false)).await;
        self.stage.another_account(&self.stage.merchant).await;
        let pot = cup(&self.stage, "Pot", 600_000, Some(1)).await;
        self.opens(&pot).await;
        self.presses("b:").await;
        self.presses("zm:").await;
        self.presses("ok:").await;
    }

    /// The time to pay was over, somebody else has it, and then the money comes.
    async fn pays_too_late(&mut self) {
        let payment = self.pays("1", Status::Expired).await;
        self.presses("k:").await;
        self.sql("UPDATE products SET stock = 0 WHERE stock IS NOT NULL").await;
        self.hears_of(&payment, "paid").await;
        self.presses("k:").await;
        self.says("/orders").await;
        let again = self.button(self.person, "a:").2;
        self.presses_data("orders the same again", &again).await;
    }

    /// A cup that is there, and a lesson whose time has to be chosen anew.
    async fn orders_several_again(&mut self) {
        let saucer = cup(&self.stage, "Saucer", 120_000, Some(9)).await;
        let (time, slot, _) = lesson(&self.stage, 3).await;
        self.puts(&saucer, "2").await;
        let piece = Piece { slot: Some(slot), ..Piece::one(time) };
        carts::put(&self.stage.services, &self.owner().await, piece, "another lesson").await.unwrap();
        self.says("/cart").await;
        self.presses("yo").await;
        self.presses("ok:").await;
        self.pays("1", Status::Expired).await;
        let again = self.button(self.person, "a:").2;
        self.presses("a:").await;
        self.presses_data("the same button once more", &again).await;
        self.presses("i:").await;
        self.presses("d:").await;
        self.presses("t:").await;
        self.says("1").await;
    }

    /// A word of the state that no order of ours stays in.
    async fn sees_a_draft(&mut self) {
        self.sql("UPDATE orders SET status = 'draft', needs_review = FALSE").await;
        self.says("/orders").await;
    }
}
