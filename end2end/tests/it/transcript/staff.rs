//! What the shop's people hear in their chat: each alert with each reason, the notes that a customer writes, and the digests.

use domain::{Day, Lang, Localized, Money, moment::DAY, payment::ReviewReason, schedule::DigestOf};
use sandbox::vpos::Status;
use serde_json::{Value, json};
use server::{
    alerts::{Alert, TELL_DIGEST, TELL_STAFF, Told, What},
    jobs::{self, NewJob},
    messages, shop,
};

use super::{GROUP, Play, in_three};
use crate::buyer::TOKEN;

in_three!(told);

async fn told(lang: Lang) -> String {
    let mut play = Play::new(lang).await;
    play.stage.settings(|settings| settings["words"]["reversed"] = "reversed".into()).await;
    play.meets_its_people().await;
    for what in What::ALL {
        let reasons = if what == What::Review { ReviewReason::ALL } else { &ReviewReason::ALL[..1] };
        for reason in reasons {
            play.alarms(what, *reason).await;
        }
    }
    play.customers_write().await;
    play.days_are_told().await;
    play.written
}

impl Play {
    /// The chat is made the staff's.
    pub(super) async fn meets_its_people(&mut self) {
        self.stage.telegram.open_chat(TOKEN, GROUP);
        self.stage.telegram.send_text_in(TOKEN, GROUP, self.person, "/start staff_of-yesterday");
        self.is_heard("in the group: a word of yesterday").await;
        let (services, owner) = (&self.stage.services, self.stage.owner());
        let word = shop::invite_to_staff_chat(services, &owner, &self.stage.merchant).await.unwrap();
        self.stage.telegram.send_text_in(TOKEN, GROUP, self.person, &format!("/start staff_{word}"));
        self.is_heard("in the group: the right word").await;
    }

    async fn promised(&self, kind: &'static str, payload: String) {
        let (services, now) = (&self.stage.services, self.stage.clock.now());
        let job = NewJob { payload, ..NewJob::new(self.stage.merchant.clone(), kind, now) };
        services.db.write(move |tx| async move { jobs::enqueue(&tx, now, vec![job]).await }).await.unwrap();
    }

    async fn alarms(&mut self, what: What, reason: ReviewReason) {
        let word = match what {
            What::DeadJob => "tell_customer",
            What::EndpointFailed => "https://crm.example/hooks",
            What::UnknownWord => "half_paid",
            What::StrayMoney => "ord-17",
            What::Books => "payment_paid",
            What::ToDeliver => "Tumanyan 12, flat 5",
            What::ClubRights => "Potters",
            What::CallRefused | What::DealRefused => "422: no such course",
            What::ReceiptRefused | What::RegisterTrouble => "wrong department",
            What::ReceiptUncertain => "time-out",
            What::CrmTrouble => "401",
            _ => "",
        };
        let alert = Alert {
            order: Some(1_007),
            amount: Some(Money::amd(1_500_000)),
            reason: Some(reason),
            word: Some(word.to_owned()),
            title: Some(Localized::same("Course")),
            count: Some(3),
            refund: (what == What::RefundRequested).then(|| self.stage.clock.id()),
            ..what.into()
        };
        self.promised(TELL_STAFF, serde_json::to_string(&alert).unwrap()).await;
        let name = if what == What::Review { reason.as_str() } else { what.word() };
        self.turn(&format!("it happens: {name}")).await;
    }

    /// Everything that a chat can bring.
    async fn customers_write(&mut self) {
        let file = |id: &str| json!({ "file_id": id, "file_unique_id": id });
        let all = [
            json!({ "text": "Do you have <blue> ones?" }),
            json!({ "photo": [{ "file_id": "p", "file_unique_id": "p", "width": 9, "height": 9 }], "caption": "This" }),
            json!({ "voice": file("v") }),
            json!({ "video": file("w") }),
            json!({ "document": file("d") }),
            json!({ "sticker": file("s") }),
            json!({ "location": { "latitude": 40.1, "longitude": 44.5 } }),
            json!({ "contact": { "phone_number": "+37491000000", "first_name": "Ani" } }),
            json!({ "dice": { "emoji": "🎲", "value": 3 } }),
        ];
        self.says("/ask").await;
        for (number, what) in (1_000..).zip(all) {
            let sort = what.as_object().unwrap().keys().next_back().unwrap().clone();
            self.is_brought(vec![message(number, self.person, self.lang, what)]).await;
            self.turn(&format!("the customer sends: {sort}")).await;
            let (customer, owner) = (self.customer().await, self.stage.owner());
            messages::close(&self.stage.services, &owner, &self.stage.merchant, &customer).await.unwrap();
        }
        let coffee = self.stage.product(500_000, None).await;
        self.buys(&coffee, "1").await;
        self.presses("ok:").await;
        self.presses("w:").await;
        self.says("When does it come?").await;
    }

    /// One day with all that a digest can tell of, and a week of nothing else.
    async fn days_are_told(&mut self) {
        let payment = self.pays("1", Status::Paid).await;
        self.is_given_back(&payment, Some(Money::amd(100_000))).await;
        let coffee = self.stage.product(700_000, None).await;
        for end in [Status::Failed, Status::Expired, Status::Paid] {
            self.buys(&coffee, "1").await;
            self.presses("ok:").await;
            let payment = self.pays("1", end).await;
            if end == Status::Paid {
                self.hears_of(&payment, "reversed").await;
            }
        }
        let today = Day::of(self.stage.clock.now(), 240);
        self.later(DAY, "the next day").await;
        let day = |first, last, of| Told { of, first, last };
        let mut all = Vec::new();
        for days in 1..7 {
            let other = Day::of(self.stage.clock.now().plus((days - 1) * DAY), 240);
            all.push(day(other, other, DigestOf::Day));
        }
        all.push(day(today, Day::of(self.stage.clock.now().plus(5 * DAY), 240), DigestOf::Week));
        for told in all {
            self.promised(TELL_DIGEST, serde_json::to_string(&told).unwrap()).await;
            self.turn(&format!("the digest: {}", told.of)).await;
        }
    }
}

fn message(update_id: i64, person: i64, lang: Lang, what: Value) -> Value {
    let mut message = json!({ "message_id": update_id, "date": 1_700_000_000,
        "chat": { "id": person, "type": "private", "first_name": "Ani" },
        "from": { "id": person, "is_bot": false, "first_name": "Ani", "language_code": lang.as_str() } });
    message.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    json!({ "update_id": update_id, "message": message })
}
