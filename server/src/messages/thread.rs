//! Whose conversation it is, and whether it is done with.

use domain::{
    CustomerId, MerchantId,
    message::ThreadState,
    role::{Actor, Permission},
};

use super::{Thread, answer::staff_of, store};
use crate::{
    failure::{Outcome, Refusal},
    news,
    services::Services,
};

/// Done with: it comes back by itself when the customer writes again.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn close(services: &Services, actor: &Actor, merchant: &MerchantId, customer: &CustomerId) -> Outcome<()> {
    change(services, actor, merchant, customer, |thread| thread.state = ThreadState::Closed).await
}

/// Not done with after all.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn reopen(services: &Services, actor: &Actor, merchant: &MerchantId, customer: &CustomerId) -> Outcome<()> {
    let open = |thread: &mut Thread| {
        if thread.state == ThreadState::Closed {
            let theirs = thread.last_author == super::CUSTOMER;
            thread.state = if theirs { ThreadState::Waiting } else { ThreadState::Answered };
        }
    };
    change(services, actor, merchant, customer, open).await
}

/// Makes the conversation the actor's own.
///
/// # Errors
/// `forbidden`, also for those who are no staff; `not_found`.
pub async fn take(services: &Services, actor: &Actor, merchant: &MerchantId, customer: &CustomerId) -> Outcome<()> {
    let who = staff_of(actor).ok_or_else(Refusal::forbidden)?;
    change(services, actor, merchant, customer, |thread| thread.owner_id = Some(who)).await
}

/// Nobody's conversation again.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn let_go(services: &Services, actor: &Actor, merchant: &MerchantId, customer: &CustomerId) -> Outcome<()> {
    change(services, actor, merchant, customer, |thread| thread.owner_id = None).await
}

async fn change(
    services: &Services,
    actor: &Actor,
    merchant: &MerchantId,
    customer: &CustomerId,
    change: impl FnOnce(&mut Thread) + Send + 'static,
) -> Outcome<()> {
    if !actor.may(Permission::AnswerCustomers) {
        return Err(Refusal::forbidden().into());
    }
    let (merchant, customer) = (merchant.clone(), customer.clone());
    services
        .db
        .write(move |tx| async move {
            let mut thread = store::lock_thread(&*tx, &merchant, &customer).await?.ok_or_else(Refusal::not_found)?;
            change(&mut thread);
            store::save_thread(&*tx, thread).await?;
            news::tell(&tx, &merchant).await
        })
        .await
}
