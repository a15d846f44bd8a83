//! The form that asks for a refund: of all that is left, of a sum, or of lines of the order.

use domain::{Money, PaymentId};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    failure::{Outcome, Refusal},
    orders, payments,
    refunds::{self, NewRefund},
};

use crate::{
    rooms::sign,
    said::Wrong,
    texts::{t, t_with},
    ui::{Button, ButtonLink, Crumb, Look, MoneyInput, Notice, RoomHead, Segments, Text, TextArea, Tone},
    web::Desk,
};

const FIELDS: &[&str] = &["amount", "reason", "lines"];

/// As typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AskForm {
    /// `all`, `sum` or `lines`.
    how: String,
    amount: String,
    reason: String,
    #[serde(skip)]
    lines: Vec<i32>,
    /// Names this asking: sent twice, it asks once.
    once: String,
}

impl AskForm {
    pub(super) fn sent(fields: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "how" => form.how = value,
                "amount" => form.amount = value,
                "reason" => form.reason = value,
                "once" => form.once = value,
                "line" => form.lines.extend(value.parse::<i32>()),
                _ => {}
            }
        }
        form
    }

    pub(super) fn read(&self, desk: &Desk, payment: PaymentId) -> Result<NewRefund, Refusal> {
        let amount = match (self.how.as_str(), self.amount.trim()) {
            ("sum", "") => return Err(Refusal::field("amount", "required")),
            ("sum", text) => {
                Some(Money::parse_major(text, desk.shop.currency).map_err(|_| Refusal::field("amount", "not_a_sum"))?)
            }
            _ => None,
        };
        let lines = if self.how == "lines" { self.lines.clone() } else { Vec::new() };
        if self.how == "lines" && lines.is_empty() {
            return Err(Refusal::field("lines", "no_line_chosen"));
        }
        let once: String = self.once.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
        let made_by = (!once.is_empty()).then(|| [desk.merchant().as_str(), ":", &once].concat());
        Ok(NewRefund { payment, amount, lines, reason: self.reason.clone(), made_by })
    }
}

/// What the form must know of the payment.
pub(super) struct AskView {
    payment: String,
    order: String,
    sum: String,
    left: String,
    left_minor: i64,
    lines: Vec<(i32, String)>,
    alone: bool,
}

pub(super) async fn view(desk: &Desk, id: &str) -> Outcome<AskView> {
    let payment = payments::get(&desk.services.db, desk.merchant(), &PaymentId::parse(id)?).await?;
    let whole = orders::get(&desk.services.db, desk.merchant(), &payment.order_id).await?;
    let left_minor = payment.refundable_minor();
    let lines = whole.lines.iter().map(|line| {
        let words = [line.title.get(desk.lang), " × ", &line.quantity.to_string(), " · "].concat();
        (line.position, [words, line.sum(&whole.order).to_string()].concat())
    });
    Ok(AskView {
        payment: id.to_owned(),
        order: ["№ ", &whole.order.number.to_string(), " · ", whole.title().get(desk.lang)].concat(),
        sum: payment.amount().to_string(),
        left: desk.sum(left_minor),
        left_minor,
        lines: lines.collect(),
        // Refunded in whole: what is asked together is decided together.
        alone: refunds::may_do_alone(&desk.shop, &desk.actor, payment.amount_minor),
    })
}

pub(super) fn page(desk: &Desk, view: &AskView, form: &AskForm, wrong: &Wrong) -> AnyView {
    let back = ["/payments/", &view.payment].concat();
    let head = [&view.order, " · ", &view.sum].concat();
    let inside = if view.left_minor > 0 {
        ask_form(desk, view, form, wrong)
    } else {
        view! { <Notice tone=Tone::Ended text=t("refunds.nothing_left")/> }.into_any()
    };
    view! {
        <Crumb href=Text::from(back) text=Text::from(head)/>
        <RoomHead title=t("refunds.new")/>
        {inside}
    }
    .into_any()
}

fn ask_form(desk: &Desk, view: &AskView, form: &AskForm, wrong: &Wrong) -> AnyView {
    let mut how = vec![
        ("all".to_owned(), t_with("refunds.all_left", &[("sum", &view.left)])),
        ("sum".to_owned(), t("refunds.a_sum")),
    ];
    if view.lines.len() > 1 {
        how.push(("lines".to_owned(), t("refunds.lines")));
    }
    let chosen = if form.how.is_empty() { "all" } else { form.how.as_str() };
    let once = if form.once.is_empty() { desk.services.clock.code(20) } else { form.once.clone() };
    let action = ["/payments/", &view.payment, "/refund"].concat();
    let back = Text::from(["/payments/", &view.payment].concat());
    let note = if view.alone { t("refunds.goes_now") } else { t("refunds.waits_for_approval") };
    let ask_all = t_with("refunds.ask_all", &[("sum", &view.left)]);
    let help = t_with("refunds.up_to", &[("sum", &view.left)]);
    view! {
        <form class="form" method="post" action=action data-send=true>
            <input type="hidden" name="once" value=once/>
            <div class="form-section">
                <Segments name="how" label=t("refunds.how_much") options=how value=chosen/>
                <div class="when-a-sum">
                    <MoneyInput name="amount" label=t("refunds.sum") sign=sign(desk) value=form.amount.clone() help=help error=wrong.about("amount")/>
                </div>
                <div class="when-lines stack-tight">{lines(view, form)} <div id="lines-note">{wrong.about("lines")}</div></div>
                <TextArea name="reason" label=t("refunds.reason") value=form.reason.clone() help=t("refunds.reason_help") error=wrong.about("reason") max_length=300/>
            </div>
            {wrong.beside(FIELDS)}
            <p class="field-help">{note}</p>
            <div class="form-actions">
                <Button look=Look::DangerNow>
                    <span class="when-whole">{ask_all}</span>
                    <span class="when-part">{t("refunds.ask_part")}</span>
                </Button>
                <ButtonLink href=back look=Look::Quiet>{t("common.cancel")}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}

fn lines(view: &AskView, form: &AskForm) -> Vec<AnyView> {
    let line = |(position, words): &(i32, String)| {
        let (value, words, checked) = (position.to_string(), words.clone(), form.lines.contains(position));
        view! {
            <label class="check">
                <input type="checkbox" name="line" value=value checked=checked/>
                <span class="check-text"><span>{words}</span></span>
            </label>
        }
        .into_any()
    };
    view.lines.iter().map(line).collect()
}
