//! What comes after the money: codes, the steps of goods on their way, the register's receipts, and news for whoever wants them.

use domain::{Lang, Localized, Money, broadcast::Segment, handover::Way, moment::MINUTE, product::ProductKind};
use sandbox::vpos::Status;
use server::{
    broadcasts::{self, NewBroadcast},
    codes,
    orders::{self, HandOver},
};

use super::{Play, in_three, made};
use crate::receipts;

in_three!(told);

pub(super) async fn told(lang: Lang) -> String {
    let mut own = Play::new(lang).await;
    play(&mut own).await;
    own.written
}

pub(super) async fn play(play: &mut Play) {
    receipts::connect(&play.stage, &play.stage.merchant).await;
    play.is_given_a_code().await;
    play.follows_goods(Way::Delivery).await;
    play.follows_goods(Way::Pickup).await;
    play.is_written_to().await;
}

impl Play {
    async fn is_given_a_code(&mut self) {
        let product = made(&self.stage, "Pass", ProductKind::Digital, Some(450_000), None).await;
        let all = (1..=9).map(|number| format!("KEY-{number}")).collect();
        codes::add(&self.stage.services, &self.stage.owner(), &self.stage.merchant, &product, all).await.unwrap();
        self.buys(&product, "1").await;
        self.presses("ok:").await;
        let payment = self.pays("1", Status::Paid).await;
        self.later(5 * MINUTE, "five minutes later").await;
        self.is_given_back(&payment, Some(Money::amd(450_000))).await;
        self.later(5 * MINUTE, "five minutes later").await;
    }

    async fn follows_goods(&mut self, way: Way) {
        self.hands_over(|ways| ways.delivery_free_from_minor = Some(1_000)).await;
        let coffee = self.stage.product(500_000, Some(5)).await;
        self.buys(&coffee, "1").await;
        self.presses(&format!("z:{way}")).await;
        if way == Way::Delivery {
            self.says("Tumanyan 12, flat 5").await;
        }
        self.presses("ok:").await;
        self.pays("1", Status::Paid).await;
        for _ in 0..3 {
            let order = self.newest_order().await.order;
            let wanted = HandOver { orders: vec![(order.id.clone(), order.step.expect("goods"))], to: None };
            let (services, owner) = (&self.stage.services, self.stage.owner());
            assert_eq!(orders::hand_over(services, &owner, &self.stage.merchant, wanted).await.unwrap(), 1);
            self.turn("the shop takes the goods a step on").await;
            self.says("/orders").await;
        }
    }

    /// All customers of the shop are.
    async fn is_written_to(&mut self) {
        let news = NewBroadcast {
            texts: Localized::same("New cups & plates"),
            segment: Segment::default(),
            starts_at: None,
            once: None,
        };
        broadcasts::create(&self.stage.services, &self.stage.owner(), &self.stage.merchant, news).await.unwrap();
        self.later(MINUTE, "the shop writes to its customers").await;
        self.presses("e:0").await;
        self.presses("e:1").await;
    }
}
