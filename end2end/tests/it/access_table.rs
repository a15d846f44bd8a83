//! The one table of what people and keys may do: every address, and who is let through.
//!
//! A new address gets a line here. `{…}` in it stands for an object of the shop, made by `access_objects.rs`. What a
//! form must say for its action to be reached at all follows the line, as a browser would send it.

use domain::role::Permission as P;

/// Who is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// No sign-in: customers, or the door itself.
    Anyone,
    /// Every staff member who has signed in.
    Signed,
    May(P),
}

use Who::{Anyone, May, Signed};

#[derive(Clone, Copy, Debug)]
pub struct Action {
    pub method: &'static str,
    pub path: &'static str,
    pub who: Who,
    pub form: &'static str,
    /// Sent in parts, as forms with a file are.
    pub parts: bool,
}

const fn get(path: &'static str, who: Who) -> Action {
    Action { method: "GET", path, who, form: "", parts: false }
}

const fn post(path: &'static str, who: Who, form: &'static str) -> Action {
    Action { method: "POST", path, who, form, parts: false }
}

const fn send(path: &'static str, who: Who, form: &'static str) -> Action {
    Action { method: "POST", path, who, form, parts: true }
}

/// Everything `app` answers to.
pub const PAGES: &[Action] = &[
    // The door, and what every page needs.
    get("/sign-in", Anyone),
    post("/sign-in", Anyone, "email=nobody@shop.am&password=nothing"),
    get("/sign-in/code", Anyone),
    post("/sign-in/code", Anyone, "code=000000"),
    post("/sign-in/passkey/begin", Anyone, ""),
    post("/sign-in/passkey", Anyone, "credential={}"),
    post("/sign-in/code/passkey/begin", Anyone, ""),
    post("/sign-in/code/passkey", Anyone, "credential={}"),
    get("/invitation/{code}", Anyone),
    post("/invitation/{code}", Anyone, "name=Nobody&password=a-long-new-password"),
    post("/look", Anyone, "theme=dark"),
    get("/live", Signed),
    get("/find", Signed),
    // Customers.
    get("/files/{id}", Anyone),
    get("/files/{id}/small", Anyone),
    get("/pay/{code}", Anyone),
    post("/pay/{code}", Anyone, ""),
    get("/pay/{code}/return", Anyone),
    get("/pay/{code}/state", Anyone),
    // Sell.
    get("/", May(P::SeeMoney)),
    get("/orders", May(P::SeeMoney)),
    get("/orders/export.csv", May(P::ExportMoney)),
    get("/orders/export.xlsx", May(P::ExportMoney)),
    get("/orders/{id}", May(P::SeeMoney)),
    get("/customers", May(P::SeeMoney)),
    get("/customers/export.csv", May(P::ExportMoney)),
    get("/customers/export.xlsx", May(P::ExportMoney)),
    get("/customers/{id}", May(P::SeeMoney)),
    get("/messages", May(P::AnswerCustomers)),
    get("/messages/{id}", May(P::AnswerCustomers)),
    post("/messages/{id}", May(P::AnswerCustomers), "words=Good%20day"),
    get("/messages/{id}/photo/{message}", May(P::AnswerCustomers)),
    post("/messages/{id}/take", May(P::AnswerCustomers), ""),
    post("/messages/{id}/let-go", May(P::AnswerCustomers), ""),
    post("/messages/{id}/close", May(P::AnswerCustomers), ""),
    post("/messages/{id}/reopen", May(P::AnswerCustomers), ""),
    get("/broadcasts", May(P::Broadcast)),
    get("/broadcasts/new", May(P::Broadcast)),
    post("/broadcasts/new", May(P::Broadcast), "text_hy=Tea&who=all&when=now&step=send"),
    get("/broadcasts/{id}", May(P::Broadcast)),
    post("/broadcasts/{id}/cancel", May(P::Broadcast), ""),
    get("/links", May(P::SeeMoney)),
    get("/links/new", May(P::EditLinks)),
    post("/links/new", May(P::EditLinks), "kind=dynamic&title=Tea&amount=100"),
    get("/links/{id}", May(P::SeeMoney)),
    get("/links/{id}/{file}", May(P::SeeMoney)),
    post("/links/{id}/label", May(P::EditLinks), "label=Tea"),
    post("/links/{id}/on", May(P::EditLinks), ""),
    post("/links/{id}/off", May(P::EditLinks), ""),
    post("/links/{id}/cancel", May(P::EditLinks), ""),
    get("/products", May(P::SeeCatalog)),
    get("/products/new", May(P::EditCatalog)),
    send("/products/new", May(P::EditCatalog), "kind=goods&name_hy=Tea&price=100"),
    get("/products/{id}", May(P::SeeCatalog)),
    send("/products/{id}", May(P::EditCatalog), "kind=booking&name_hy=Lesson&price=100"),
    get("/products/order", May(P::SeeCatalog)),
    post("/products/order", May(P::EditCatalog), "order="),
    post("/products/{id}/copy", May(P::EditCatalog), ""),
    post("/products/{id}/remove", May(P::EditCatalog), ""),
    post("/links/many", May(P::EditLinks), "what=off&link=lnk_unknown"),
    get("/links/labels", May(P::SeeMoney)),
    get("/links/print", May(P::SeeMoney)),
    get("/links/import", May(P::EditLinks)),
    send("/links/import", May(P::EditLinks), "file=title,amount"),
    get("/links/import/{links}", May(P::EditLinks)),
    post("/links/import/{links}/apply", May(P::EditLinks), ""),
    get("/links/import/{links}/result.csv", May(P::EditLinks)),
    get("/products/export.csv", May(P::SeeCatalog)),
    get("/products/export.xlsx", May(P::SeeCatalog)),
    get("/products/import", May(P::EditCatalog)),
    send("/products/import", May(P::EditCatalog), "file=code,name_hy"),
    get("/products/import/{import}", May(P::EditCatalog)),
    post("/products/import/{import}/apply", May(P::EditCatalog), ""),
    get("/categories", May(P::SeeCatalog)),
    post("/categories", May(P::EditCatalog), "name_hy=Թեյ"),
    post("/categories/order", May(P::EditCatalog), "order="),
    get("/categories/{id}", May(P::SeeCatalog)),
    post("/categories/{id}", May(P::EditCatalog), "name_hy=Սուրճ"),
    post("/categories/{id}/remove", May(P::EditCatalog), ""),
    get("/products/{id}/variants", May(P::SeeCatalog)),
    post("/products/{id}/variants", May(P::EditCatalog), "name_hy=Փոքր&price=100"),
    post("/products/{id}/variants/order", May(P::EditCatalog), "order="),
    get("/products/{id}/variants/{variant}", May(P::SeeCatalog)),
    post("/products/{id}/variants/{variant}", May(P::EditCatalog), "name_hy=Փոքր&price=100"),
    post("/products/{id}/variants/{variant}/remove", May(P::EditCatalog), ""),
    get("/products/{id}/codes", May(P::SeeCatalog)),
    send("/products/{id}/codes", May(P::EditCatalog), "codes=A-1&step=look"),
    post("/products/{id}/codes/low", May(P::EditCatalog), "low_at=3"),
    post("/products/{id}/codes/withdraw", May(P::EditCatalog), ""),
    get("/products/{id}/questions", May(P::SeeCatalog)),
    post("/products/{id}/questions", May(P::EditCatalog), "kind=text&words_hy=Անուն"),
    post("/products/{id}/questions/order", May(P::EditCatalog), "order="),
    get("/products/{id}/questions/{question}", May(P::SeeCatalog)),
    post("/products/{id}/questions/{question}", May(P::EditCatalog), "kind=text&words_hy=Անուն"),
    post("/products/{id}/questions/{question}/remove", May(P::EditCatalog), ""),
    get("/products/{id}/times", May(P::SeeCatalog)),
    post(
        "/products/{id}/times",
        May(P::EditCatalog),
        "from=2100-01-04&until=2100-01-08&first=10:00&minutes=60&places=1&mon=on",
    ),
    get("/products/{id}/times/{slot}", May(P::EditCatalog)),
    post("/products/{id}/times/{slot}", May(P::EditCatalog), "minutes=60&places=4"),
    post("/products/{id}/times/{slot}/remove", May(P::EditCatalog), ""),
    // Money.
    get("/payments", May(P::SeeMoney)),
    get("/payments/export.csv", May(P::ExportMoney)),
    get("/payments/export.xlsx", May(P::ExportMoney)),
    get("/journal/export.csv", May(P::ExportMoney)),
    get("/journal/export.xlsx", May(P::ExportMoney)),
    get("/payments/{id}", May(P::SeeMoney)),
    post("/payments/{id}/check", May(P::CheckPayments), ""),
    post("/payments/{id}/close-review", May(P::ResolveReview), "comment=looked"),
    post("/payments/{id}/refund-duplicate", May(P::RequestRefund), ""),
    post("/payments/{id}/deliver", May(P::ResolveReview), "comment=looked"),
    get("/payments/{id}/refund", May(P::RequestRefund)),
    post("/payments/{id}/refund", May(P::RequestRefund), "how=sum&amount=1&reason=broken"),
    post("/orders/{id}/deliver-again", May(P::ResolveReview), "reason=lost"),
    post("/payments/{id}/say-again", May(P::AnswerCustomers), "reason=lost"),
    get("/review", May(P::SeeMoney)),
    get("/refunds", May(P::SeeMoney)),
    get("/refunds/{id}", May(P::SeeMoney)),
    get("/refunds/{id}/proof", May(P::SeeMoney)),
    post("/refunds/{id}/approve", May(P::ApproveRefund), ""),
    post("/refunds/{id}/reject", May(P::ApproveRefund), "note=no"),
    post("/refunds/{id}/give-up", May(P::ApproveRefund), "note=no"),
    send("/refunds/{id}/done", May(P::ApproveRefund), "proof=cash"),
    get("/reconcile", May(P::SeeMoney)),
    get("/reconcile/new", May(P::Reconcile)),
    send(
        "/reconcile/new",
        May(P::Reconcile),
        "account=acc_00000000000000000000000000&from=2026-01-01&until=2026-01-02&source=lookup",
    ),
    get("/reconcile/{id}", May(P::SeeMoney)),
    post("/reconcile/{id}/columns", May(P::Reconcile), "order_id=a&amount=b"),
    post("/reconcile/{id}/again", May(P::Reconcile), ""),
    post("/reconcile/{id}/resolve", May(P::Reconcile), "what=close&exception=1&comment=seen"),
    get("/days", May(P::SeeMoney)),
    get("/days/{day}", May(P::SeeMoney)),
    post("/days/{day}/close", May(P::CloseDay), ""),
    // Connect.
    get("/integrations", May(P::EditSettings)),
    get("/integrations/new", May(P::EditSettings)),
    post("/integrations/new", May(P::EditSettings), "name=Site&see_money=on"),
    post("/integrations/keys/{id}/revoke", May(P::EditSettings), ""),
    get("/webhooks", May(P::SeeWebhooks)),
    get("/webhooks/{id}", May(P::SeeWebhooks)),
    post("/webhooks/{id}/replay", May(P::ReplayWebhooks), ""),
    get("/jobs", May(P::SeeMoney)),
    post("/jobs/retry", May(P::RetryJobs), "job=all"),
    // Shop.
    get("/start", May(P::EditSettings)),
    get("/settings", Signed),
    send("/settings", May(P::EditSettings), "name_hy=Tea&language=hy&utc_offset=240&checkout_minutes=60"),
    get("/settings/bot", Signed),
    post("/settings/bot", May(P::EditSettings), "token=1:x"),
    post("/settings/bot/{bot}/disconnect", May(P::EditSettings), ""),
    get("/settings/methods", Signed),
    get("/settings/methods/new", May(P::EditSettings)),
    post("/settings/methods/new", May(P::EditSettings), "name=x"),
    get("/settings/methods/{account}", Signed),
    post("/settings/methods/{account}", May(P::EditSettings), "name=x"),
    post("/settings/methods/{account}/on", May(P::EditSettings), ""),
    post("/settings/methods/{account}/off", May(P::EditSettings), ""),
    get("/settings/money", Signed),
    post("/settings/money", May(P::EditSettings), "refund_alone=0&stuck_minutes=10"),
    get("/settings/notifications", Signed),
    post(
        "/settings/notifications",
        May(P::EditSettings),
        "remind_after=20&remind_at_most=1&digest_daily=on&digest_hour=9",
    ),
    post("/settings/staff-chat", May(P::EditSettings), ""),
    get("/audit", May(P::SeeAudit)),
    get("/team", Signed),
    get("/team/invite", Signed),
    post("/team/invite", May(P::EditTeam), "email=new@shop.am&role=support"),
    post("/team/two-factor", May(P::EditTeam), ""),
    post("/team/invitations/{id}/renew", May(P::EditTeam), ""),
    post("/team/invitations/{id}/withdraw", May(P::EditTeam), ""),
    post("/team/{id}/role", May(P::EditTeam), "role=accountant"),
    post("/team/{id}/disable", May(P::EditTeam), ""),
    post("/team/{id}/enable", May(P::EditTeam), ""),
    get("/account", Signed),
    post("/account/profile", Signed, "name=Ani&language=en"),
    post("/account/password", Signed, "old_password=wrong&password=a-long-new-password"),
    post("/account/sessions/end", Signed, "session=unknown"),
    post("/account/sessions/end-others", Signed, ""),
    post("/account/passkeys", Signed, "passkey_name=Phone&credential={}"),
    post("/account/passkeys/begin", Signed, "passkey_name=Phone&new_key_password=wrong"),
    get("/account/passkeys/{id}", Signed),
    post("/account/passkeys/{id}", Signed, "passkey_name=Phone"),
    post("/account/passkeys/{id}/remove", Signed, "old_password=wrong"),
    get("/account/two-factor", Signed),
    post("/account/two-factor/begin", Signed, ""),
    post("/account/two-factor/confirm", Signed, "code=0"),
    post("/account/two-factor/change", Signed, "what=off&old_password=wrong"),
    // Lists that one keeps.
    post("/views", May(P::SeeMoney), "room=payments&name=Mine&query=status%3Dpaid"),
    get("/views/{id}", May(P::SeeMoney)),
    post("/views/{id}", May(P::SeeMoney), "name=Ours"),
    post("/views/{id}/delete", May(P::SeeMoney), ""),
    // Last: whoever walks through has left.
    post("/sign-out", Anyone, ""),
];

/// Addresses of pages in which `{…}` names nothing that belongs to one merchant.
pub const NOBODYS: &[&str] = &["/days/{day}", "/days/{day}/close"];

/// Addresses beside the pages and the API. Each has a guard of its own, or nothing to guard.
pub const BESIDE: &[(&str, &str)] = &[
    ("/hooks/pay/{account}", "the provider's signature"),
    ("/hooks/telegram/{bot}", "the bot's secret word"),
    ("/v1/openapi.json", "public"),
    ("/docs", "public"),
    ("/docs.css", "public"),
    ("/healthz", "public"),
    ("/readyz", "public"),
    ("/metrics", "an address of its own"),
    ("/sandbox/telegram/", "the demo only"),
    ("/assets/{*file}", "public"),
];

/// Every operation of the API, the scope it needs, and a body that reaches it.
pub const API: &[(&str, P, &str)] = &[
    ("get /journal", P::SeeMoney, ""),
    ("get /journal/verify", P::SeeMoney, ""),
    ("get /orders", P::SeeMoney, ""),
    ("get /orders/{id}", P::SeeMoney, ""),
    ("get /payment-links", P::SeeMoney, ""),
    ("get /payment-links/{id}", P::SeeMoney, ""),
    ("get /payments", P::SeeMoney, ""),
    ("get /payments/{id}", P::SeeMoney, ""),
    ("get /products", P::SeeCatalog, ""),
    ("get /products/{id}", P::SeeCatalog, ""),
    ("get /products/{id}/slots", P::SeeCatalog, ""),
    ("get /refunds/{id}", P::SeeMoney, ""),
    ("get /webhook-events", P::SeeWebhooks, ""),
    ("patch /payment-links/{id}", P::EditLinks, r#"{"label":"Tea"}"#),
    ("patch /products/{id}", P::EditCatalog, r#"{"visible":true}"#),
    (
        "post /payment-links",
        P::EditLinks,
        r#"{"kind":"dynamic","title":"Tea","amount":{"amount_minor":100000,"currency":"AMD"}}"#,
    ),
    ("post /payment-links/{id}/cancel", P::EditLinks, "{}"),
    ("post /payments/{id}/check", P::CheckPayments, "{}"),
    (
        "post /products",
        P::EditCatalog,
        r#"{"kind":"goods","name":{"hy":"Tea"},"price":{"amount_minor":100000,"currency":"AMD"}}"#,
    ),
    (
        "post /products/{id}/variants",
        P::EditCatalog,
        r#"{"name":{"hy":"Մեծ"},"price":{"amount_minor":100000,"currency":"AMD"}}"#,
    ),
    ("post /products/{id}/slots", P::EditCatalog, r#"{"starts_at":["2100-01-15T10:00:00Z"],"minutes":60,"places":4}"#),
    ("post /refunds", P::RequestRefund, r#"{"payment_id":"{payment}","reason":"broken"}"#),
    ("post /slots/{id}/remove", P::EditCatalog, "{}"),
    ("post /webhook-events/{id}/replay", P::ReplayWebhooks, "{}"),
];
