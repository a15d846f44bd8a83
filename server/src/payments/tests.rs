//! What a batch of evidence must keep apart.

use std::collections::BTreeMap;

use domain::{
    AccountId, Lang, Money,
    link::LinkKind,
    payment::{Decision, Reported},
    role::Actor,
};
use providers::vpos::VposSettings;

use super::{
    NewAccount, Payment, Start, add_account,
    settle::{Evidence, settle},
    start::{open_unbegun, ours, own_evidence},
    store,
};
use crate::{
    api::testing::{Shop, shops},
    links::{self, NewLink, What},
};

async fn account(shop: &Shop) -> AccountId {
    let id: AccountId = shop.services.clock.id();
    let secrets = [("token", "t"), ("webhook_secret", "whsec_ZGVtbw==")];
    let new = NewAccount {
        id: id.clone(),
        provider: "vpos".to_owned(),
        name: "VPOS".to_owned(),
        settings: serde_json::to_value(VposSettings::assumed("http://127.0.0.1:1")).unwrap(),
        secrets: secrets
            .map(|(name, secret)| (name.to_owned(), secret.to_owned()))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
    };
    add_account(&shop.services, &shop.merchant, new).await.unwrap();
    id
}

/// Open at an account that calls it `reference`.
async fn payment(shop: &Shop, account: &AccountId, reference: &str) -> Payment {
    let what = What::Free { title: "Cup".to_owned(), amount: Money::amd(500_000) };
    let link = links::create(&shop.services, &Actor::System, &shop.merchant, NewLink::of(LinkKind::Dynamic, what));
    let start = Start { account: Some(account.clone()), ..Start::of(&link.await.unwrap().code, Lang::Hy, "1") };
    let payment = open_unbegun(&shop.services, start).await.unwrap();
    let (id, named) = (payment.id.clone(), reference.to_owned());
    let named = shop.services.db.write(move |tx| async move { store::set_reference(&*tx, &id, &named).await });
    named.await.unwrap();
    Payment { reference: Some(reference.to_owned()), ..payment }
}

/// As a provider tells it who names nothing but its own reference.
fn by_reference(payment: &Payment, reported: Reported) -> Evidence {
    let mut seen = ours(payment, reported, "failed");
    (seen.merchant_order_id, seen.amount_minor, seen.currency) = (None, None, None);
    own_evidence(payment, "webhook", "provider".to_owned(), seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_providers_may_call_two_payments_the_same() {
    for shop in shops().await {
        let (one, other) = (account(&shop).await, account(&shop).await);
        let (one, other) = (payment(&shop, &one, "1001").await, payment(&shop, &other, "1001").await);
        let first = own_evidence(&one, "webhook", "provider".to_owned(), ours(&one, Reported::Paid, "paid"));
        let batch = [first, by_reference(&other, Reported::Failed)];
        let clock = shop.services.clock.clone();
        let settled = shop.services.db.write(move |tx| async move {
            let settled = settle(&tx, &clock, &batch).await;
            drop(tx);
            settled
        });
        let settled = settled.await.unwrap();
        let told: Vec<_> = settled.iter().map(|one| (one.decision, one.payment.clone())).collect();
        assert_eq!(told, [(Decision::Applied, Some(one.id)), (Decision::Applied, Some(other.id))]);
    }
}
