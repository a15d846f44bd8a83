//! What the checkout page says in three languages. Its buttons and switches keep their English names everywhere.

use domain::Lang;

/// One text per place of the page.
pub(super) struct Texts {
    pub stripe: &'static str,
    pub checkout: &'static str,
    pub order: &'static str,
    pub open_until: &'static str,
    pub pay: &'static str,
    pub decline: &'static str,
    pub expire: &'static str,
    pub close: &'static str,
    pub mischief: &'static str,
    pub mischief_help: &'static str,
    pub switches: [&'static str; 7],
    pub seconds: &'static str,
    pub paid_close: &'static str,
    pub paid: &'static str,
    pub failed: &'static str,
    pub expired: &'static str,
    pub refunded: &'static str,
    pub back: &'static str,
    pub unknown: &'static str,
}

pub(super) const fn texts(lang: Lang) -> &'static Texts {
    match lang {
        Lang::Hy => &HY,
        Lang::Ru => &RU,
        Lang::En => &EN,
    }
}

const EN: Texts = Texts {
    stripe: "Sandbox: no real money moves here",
    checkout: "Checkout",
    order: "Order",
    open_until: "Open until",
    pay: "The money is taken and you go back to the shop.",
    decline: "The bank says no.",
    expire: "The time to pay runs out.",
    close: "You pay and never go back: the shop must learn of it by itself.",
    mischief: "Mischief of the webhook",
    mischief_help: "What goes wrong when the shop is told.",
    switches: [
        "The same message comes again.",
        "The message comes after a while.",
        "After “paid” comes an old “pending”.",
        "The sum is a hundredth.",
        "Dollars instead of drams.",
        "The signature does not fit.",
        "No message comes at all.",
    ],
    seconds: "seconds",
    paid_close: "Paid. You may close this tab: the shop learns of it by itself.",
    paid: "This payment is paid.",
    failed: "This payment was declined.",
    expired: "The time to pay has run out.",
    refunded: "This payment was given back.",
    back: "Back to the shop",
    unknown: "There is no such payment here. Open the payment link of the shop again.",
};

const RU: Texts = Texts {
    stripe: "Песочница: настоящих денег здесь нет",
    checkout: "Оплата",
    order: "Заказ",
    open_until: "Можно оплатить до",
    pay: "Деньги списываются, вы возвращаетесь в магазин.",
    decline: "Банк отказывает.",
    expire: "Время на оплату выходит.",
    close: "Вы платите и не возвращаетесь: магазин должен узнать об этом сам.",
    mischief: "Что пойдёт не так",
    mischief_help: "Как испортить сообщение магазину об оплате.",
    switches: [
        "То же сообщение придёт ещё раз.",
        "Сообщение придёт не сразу.",
        "После «оплачено» придёт старое «ожидается».",
        "Сумма будет в сто раз меньше.",
        "Доллары вместо драмов.",
        "Подпись не подойдёт.",
        "Сообщения не будет совсем.",
    ],
    seconds: "секунд",
    paid_close: "Оплачено. Вкладку можно закрыть: магазин узнает об этом сам.",
    paid: "Этот платёж оплачен.",
    failed: "Этот платёж отклонён.",
    expired: "Время на оплату вышло.",
    refunded: "Деньги за этот платёж возвращены.",
    back: "Вернуться в магазин",
    unknown: "Здесь нет такого платежа. Откройте ссылку на оплату ещё раз.",
};

const HY: Texts = Texts {
    stripe: "Փորձադաշտ. իրական գումար այստեղ չկա",
    checkout: "Վճարում",
    order: "Պատվեր",
    open_until: "Կարելի է վճարել մինչև",
    pay: "Գումարը գանձվում է, և դուք վերադառնում եք խանութ։",
    decline: "Բանկը մերժում է։",
    expire: "Վճարման ժամանակը լրանում է։",
    close: "Վճարում եք և չեք վերադառնում. խանութն ինքը պետք է իմանա։",
    mischief: "Ինչը սխալ կգնա",
    mischief_help: "Ինչպես փչացնել խանութին ուղարկվող հաղորդագրությունը։",
    switches: [
        "Նույն հաղորդագրությունը կգա կրկին։",
        "Հաղորդագրությունը կգա ավելի ուշ։",
        "«Վճարված է»-ից հետո կգա հին «սպասվում է»։",
        "Գումարը կլինի հարյուր անգամ փոքր։",
        "Դոլար՝ դրամի փոխարեն։",
        "Ստորագրությունը չի համընկնի։",
        "Հաղորդագրություն ընդհանրապես չի գա։",
    ],
    seconds: "վայրկյան",
    paid_close: "Վճարված է։ Կարող եք փակել այս էջը. խանութն ինքը կիմանա։",
    paid: "Այս վճարումը կատարված է։",
    failed: "Այս վճարումը մերժվել է։",
    expired: "Վճարման ժամանակը լրացել է։",
    refunded: "Այս վճարման գումարը վերադարձված է։",
    back: "Վերադառնալ խանութ",
    unknown: "Այստեղ նման վճարում չկա։ Կրկին բացեք խանութի վճարման հղումը։",
};
