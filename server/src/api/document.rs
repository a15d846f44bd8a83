//! The OpenAPI document: what the handlers say of themselves, and what is true of all of them, said once here.

use domain::{
    endpoint::{DeliveryState, event_type},
    handover::{Step, Way},
    journal::EntryKind,
    limits,
    link::LinkKind,
    order::OrderStatus,
    payment::{Decision, PaymentStatus, ReviewReason},
    product::ProductKind,
    receipt::ReceiptState,
    refund::RefundStatus,
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Array, Content, Object, ObjectBuilder, OpenApi as Doc, PathItem, Ref, RefOr, Required, Response,
        ResponseBuilder,
        path::{Operation, ParameterBuilder, ParameterIn},
        schema::{SchemaType, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

const PROBLEM: &str = "application/problem+json";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Khanut merchant API",
        version = "1",
        description = "Payment links, orders, payments and the journal of one merchant. Money is an integer of minor units with an ISO 4217 currency; times are RFC 3339 in UTC; lists are keyset pages.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/api/v1")),
    modifiers(&Bearer),
    security(("api_key" = [])),
)]
pub(super) struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Doc) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key of the merchant: `Authorization: Bearer kh_…`"))
            .build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// Adds what the guard and the readers of requests do for every operation.
pub(super) fn completed(mut document: Doc) -> Doc {
    for path in document.paths.paths.values_mut() {
        let PathItem { get, post, patch, .. } = path;
        for operation in [get.as_mut(), post.as_mut(), patch.as_mut()].into_iter().flatten() {
            answers(operation);
        }
        if let Some(operation) = post {
            repeatable(operation);
        }
    }
    document
}

/// Errors are problems, and some may come from every operation.
fn answers(operation: &mut Operation) {
    let reads_a_body = operation.request_body.is_some();
    let always = [("401", "No key, or none of ours"), ("403", "The key lacks the scope"), ("429", "Too many requests")];
    let of_bodies = [("400", "Not JSON"), ("413", "Larger than 64 KiB"), ("415", "Not application/json")];
    let all = &mut operation.responses.responses;
    for (status, what) in always.into_iter().chain(of_bodies.into_iter().filter(|_| reads_a_body)) {
        all.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(what)));
    }
    for (status, response) in all {
        let RefOr::T(response) = response else { continue };
        if status.starts_with(['4', '5']) {
            let what = if response.description.is_empty() { meaning(status) } else { &response.description };
            *response = problem(what);
        } else if response.description.is_empty() {
            "Done".clone_into(&mut response.description);
        }
    }
}

fn meaning(status: &str) -> &'static str {
    match status {
        "401" => "No key, or none of ours",
        "403" => "The key lacks the scope",
        "404" => "No such object of this merchant",
        "409" => "The state of the object does not allow it",
        "422" => "A field is wrong",
        "503" => "The payment provider does not answer now",
        _ => "Refused",
    }
}

fn problem(what: &str) -> Response {
    let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
    ResponseBuilder::new().description(what).content(PROBLEM, Content::new(Some(schema))).build()
}

/// Every POST takes an idempotency key.
fn repeatable(operation: &mut Operation) {
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The same key and request give the first answer again, for at least 72 hours."))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
                .max_length(Some(limits::IDEMPOTENCY_KEY))
                .build(),
        ))
        .build();
    operation.parameters.get_or_insert_default().push(RefOr::T(key));
    let answers = &mut operation.responses.responses;
    let known = |what: &str| RefOr::T(problem(what));
    answers.entry("409".to_owned()).or_insert_with(|| known("A request with this Idempotency-Key is being done"));
    answers.entry("422".to_owned()).or_insert_with(|| known("This Idempotency-Key was used for another request"));
}

fn words(all: impl IntoIterator<Item = &'static str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(all)).build()
}

pub(super) fn product_kinds() -> Object {
    words(ProductKind::ALL.iter().map(|word| word.as_str()))
}

pub(super) fn link_kinds() -> Object {
    words(LinkKind::ALL.iter().map(|word| word.as_str()))
}

pub(super) fn order_statuses() -> Object {
    words(OrderStatus::ALL.iter().map(|word| word.as_str()))
}

pub(super) fn handovers() -> Object {
    words(Way::ALL.iter().map(|word| word.as_str()))
}

pub(super) fn handover_steps() -> Object {
    words(Step::ALL.iter().map(|word| word.as_str()))
}

pub(super) fn payment_statuses() -> Object {
    words(PaymentStatus::ALL.iter().map(|word| word.as_str()))
}

pub(super) fn receipt_states() -> Object {
    words(ReceiptState::ALL.iter().map(|word| word.as_str()))
}

pub(super) fn refund_statuses() -> Object {
    words(RefundStatus::ALL.iter().map(|word| word.as_str()))
}

pub(super) fn event_types() -> Array {
    let types = EntryKind::ALL.iter().map(|kind| event_type(*kind));
    Array::new(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(types)))
}

pub(super) fn delivery_states() -> Object {
    words(DeliveryState::ALL.iter().map(|word| word.as_str()))
}

pub(super) fn decisions() -> Object {
    words(Decision::ALL.iter().map(|word| word.as_str()))
}

pub(super) fn entry_kinds() -> Object {
    words(EntryKind::ALL.iter().map(|word| word.as_str()))
}

/// Or null.
pub(super) fn review_reasons() -> Object {
    let all = ReviewReason::ALL.iter().map(|word| serde_json::Value::from(word.as_str()));
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .enum_values(Some(all.chain([serde_json::Value::Null])))
        .build()
}

/// A page is as long as this at most.
pub(super) fn page_limit() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(limits::PAGE as usize))
        .default(Some(limits::PAGE_DEFAULT.into()))
        .build()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    /// The contract's list: what is served, no more and no less.
    const SERVED: [&str; 34] = [
        "get /deliveries",
        "get /deliveries/{id}",
        "get /endpoints",
        "get /endpoints/{id}",
        "get /journal",
        "get /journal/verify",
        "get /orders",
        "get /orders/{id}",
        "get /payment-links",
        "get /payment-links/{id}",
        "get /payments",
        "get /payments/{id}",
        "get /products",
        "get /products/{id}",
        "get /products/{id}/slots",
        "get /refunds/{id}",
        "get /webhook-events",
        "patch /endpoints/{id}",
        "patch /payment-links/{id}",
        "patch /products/{id}",
        "post /deliveries/{id}/resend",
        "post /endpoints",
        "post /endpoints/{id}/remove",
        "post /endpoints/{id}/renew-secret",
        "post /endpoints/{id}/test",
        "post /payment-links",
        "post /payment-links/{id}/cancel",
        "post /payments/{id}/check",
        "post /products",
        "post /products/{id}/slots",
        "post /products/{id}/variants",
        "post /refunds",
        "post /slots/{id}/remove",
        "post /webhook-events/{id}/replay",
    ];

    fn operations(document: &Value) -> Vec<(String, &Value)> {
        let paths = document["paths"].as_object().unwrap();
        let all = paths.iter().flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
        });
        let mut all: Vec<_> = all.collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    #[test]
    fn the_document_is_the_contract() {
        let document = serde_json::to_value(crate::api::openapi()).unwrap();
        let all = operations(&document);
        assert_eq!(all.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), SERVED);
        for (name, operation) in all {
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let kind = if status.starts_with('2') { "application/json" } else { super::PROBLEM };
                assert!(answer["content"].get(kind).is_some(), "{name} {status}: {answer}");
                assert_ne!(answer["description"], "", "{name} {status}");
            }
            for status in ["401", "403", "429"] {
                assert!(operation["responses"].get(status).is_some(), "{name} {status}");
            }
            let none = Vec::new();
            let parameters = operation["parameters"].as_array().unwrap_or(&none);
            let takes_key = parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key");
            assert_eq!(takes_key, name.starts_with("post"), "{name}");
            assert_ne!(operation["summary"], Value::Null, "{name} says what it does");
        }
    }

    #[test]
    fn every_name_that_is_referred_to_is_there() {
        let text = crate::api::openapi().to_json().unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
        }
    }
}
