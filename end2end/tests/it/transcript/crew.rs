//! The shop's people in their chat: they become known, look orders up, and approve a refund, each as they may.

use domain::{
    Lang, Money, ProductId, StaffId,
    role::{Actor, Role},
};
use sandbox::{telegram::PEOPLE, vpos::Status};
use server::{
    refunds::{self, NewRefund, Refund},
    shop::{self, Rules},
    staff::{self, telegram},
};

use super::{GROUP, Play, in_three};
use crate::{buyer::TOKEN, person::PASSWORD};

in_three!(told);

const BORIS: i64 = 7_001;
const CLARA: i64 = 7_002;
const DAVID: i64 = 7_003;

async fn told(lang: Lang) -> String {
    let mut play = Play::new(lang).await;
    play.meets_its_people().await;
    play.says("/start me_of-yesterday").await;
    play.chats.extend([BORIS, CLARA, DAVID]);
    let coffee = play.stage.product(500_000, None).await;
    for _ in 0..6 {
        play.buys(&coffee, "1").await;
        play.presses("ok:").await;
    }
    play.looks_orders_up().await;
    play.decides_on_refunds(&coffee).await;
    play.written
}

impl Play {
    /// A member of the staff, whose Telegram account this is.
    async fn known(&mut self, person: i64, name: &str, role: Role) -> StaffId {
        let (services, merchant) = (&self.stage.services, &self.stage.merchant);
        let email = format!("{name}@shop.am").to_lowercase();
        let id = staff::create(services, merchant, &email, name, role, self.lang, PASSWORD).await.unwrap();
        let actor = Actor::Staff { id: id.clone(), role };
        let code = telegram::invite(services, &actor, merchant).await.unwrap();
        self.stage.telegram.send_text(TOKEN, person, &format!("/start me_{code}"));
        self.is_heard(&format!("{name}, {role}, becomes known")).await;
        id
    }

    async fn asks_in_the_group(&mut self, person: i64, text: &str) {
        self.stage.telegram.send_text_in(TOKEN, GROUP, person, text);
        self.is_heard(&format!("in the group: {text}")).await;
    }

    async fn looks_orders_up(&mut self) {
        self.known(DAVID, "David", Role::Support).await;
        let number = self.newest_order().await.order.number;
        self.asks_in_the_group(DAVID, &format!("/order {number}")).await;
        for text in ["/order", "/order one", "/order 9", "/find"] {
            self.stage.telegram.send_text(TOKEN, DAVID, text);
            self.is_heard(&format!("David: {text}")).await;
        }
        let name = PEOPLE.iter().find(|one| one.id == self.person).unwrap().first_name;
        self.asks_in_the_group(DAVID, &format!("/find {name}")).await;
        // Who is no member of the staff learns nothing of the shop.
        self.asks_in_the_group(self.person, &format!("/find {name}")).await;
    }

    async fn refund(&mut self, coffee: &ProductId, actor: &Actor) -> Refund {
        self.buys(coffee, "1").await;
        self.presses("ok:").await;
        let payment = self.pays("1", Status::Paid).await;
        let new = NewRefund {
            payment,
            amount: Some(Money::amd(100_000)),
            lines: Vec::new(),
            reason: "cold".to_owned(),
            made_by: None,
        };
        let refund = refunds::ask(&self.stage.services, actor, &self.stage.merchant, new).await.unwrap();
        self.turn("a refund is asked for").await;
        refund
    }

    async fn decides(&mut self, person: i64, who: &str) {
        let (message, label, data) = self.button(GROUP, "f:");
        self.stage.telegram.press_in(TOKEN, GROUP, person, message, &data);
        self.is_heard(&format!("{who} presses [{label}]")).await;
    }

    async fn decides_on_refunds(&mut self, coffee: &ProductId) {
        let pair = Rules { refund_alone_minor: 0, refund_pair_minor: Some(0), stuck_minutes: 10 };
        shop::set_rules(&self.stage.services, &self.stage.owner(), &self.stage.merchant, pair).await.unwrap();
        let boris = self.known(BORIS, "Boris", Role::Manager).await;
        self.known(CLARA, "Clara", Role::Owner).await;
        let boris = Actor::Staff { id: boris, role: Role::Manager };
        self.refund(coffee, &boris).await;
        self.decides(self.person, "a stranger").await;
        self.decides(DAVID, "David").await;
        self.decides(BORIS, "Boris").await;
        let (message, _, data) = self.button(GROUP, "f:");
        let unknown = format!("{}0000", &data[..data.len() - 4]);
        self.stage.telegram.press_in(TOKEN, GROUP, CLARA, message, &unknown);
        self.is_heard("Clara presses a button of nothing").await;
        self.decides(CLARA, "Clara").await;
        let second = self.refund(coffee, &boris).await;
        let (services, owner) = (&self.stage.services, self.stage.owner());
        refunds::reject(services, &owner, &self.stage.merchant, &second.id, "It is not").await.unwrap();
        self.turn("somebody says no in the dashboard").await;
        self.decides(CLARA, "Clara").await;
    }
}
