//! The shop's own questions, one by one, before the summary. An answer that is not sound is asked for again, with why.

use domain::{Lang, QuestionId, question::QuestionKind};
use server::{
    catalog::questions::{self, Question},
    failure::{Outcome, Refusal},
};

use crate::{
    booking::{self, Wanted},
    checkout::all_chosen,
    dialogue::{Reply, Talk},
    screens::{Key, Screen, key},
    state::{Choice, State},
    tap::Tap,
    texts::{escape, texts},
};

/// What was chosen, and what was answered so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asking {
    pub(crate) quantity: i64,
    pub(crate) sum_minor: Option<i64>,
    pub(crate) answers: Vec<(QuestionId, String)>,
}

/// The next question, or the summary when nothing is left to ask.
pub(crate) async fn onward(talk: &Talk<'_>, wanted: Wanted, asking: Asking) -> Outcome<Reply> {
    let all = questions::list(&talk.services.db, &talk.bot.merchant, &wanted.product.id).await?;
    match next(&all, &asking.answers) {
        Some(question) => {
            let screen = screen(talk.lang, &wanted, question, None);
            Ok(Reply::show(screen).then(state(wanted.choice(), asking)))
        }
        None => all_chosen(talk, wanted, asking).await,
    }
}

fn state(choice: Choice, asking: Asking) -> State {
    let Asking { quantity, sum_minor, answers } = asking;
    State::Question { choice, quantity, sum_minor, answers }
}

fn next<'a>(all: &'a [Question], answers: &[(QuestionId, String)]) -> Option<&'a Question> {
    all.iter().find(|question| !answers.iter().any(|(id, _)| *id == question.id))
}

/// An answer that was typed.
pub(crate) async fn typed(talk: &Talk<'_>, text: &str) -> Outcome<Reply> {
    answered(talk, None, |_| Some(text.to_owned())).await
}

/// An answer that was pressed: one of the choices, or none at all.
pub(crate) async fn pressed(talk: &Talk<'_>, id: &QuestionId, choice: Option<usize>) -> Outcome<Reply> {
    let words = |question: &Question| match choice {
        Some(place) => question.choices.0.get(place).map(|choice| choice.get(talk.lang).to_owned()),
        None => Some(String::new()),
    };
    answered(talk, Some(id), words).await
}

async fn answered(
    talk: &Talk<'_>,
    asked: Option<&QuestionId>,
    words: impl Fn(&Question) -> Option<String>,
) -> Outcome<Reply> {
    let stale = || Ok(Reply::toast(texts(talk.lang).get("stale_button"), talk.state.clone()));
    let State::Question { choice, quantity, sum_minor, answers } = &talk.state else { return stale() };
    let Some(wanted) = booking::wanted(talk, choice).await? else {
        return Ok(Reply::toast(texts(talk.lang).get("product_gone"), State::Start));
    };
    let mut asking = Asking { quantity: *quantity, sum_minor: *sum_minor, answers: answers.clone() };
    let all = questions::list(&talk.services.db, &talk.bot.merchant, &wanted.product.id).await?;
    // The last question was taken away meanwhile: nothing is left to answer.
    let Some(question) = next(&all, &asking.answers) else { return all_chosen(talk, wanted, asking).await };
    if asked.is_some_and(|asked| *asked != question.id) {
        return stale();
    }
    let Some(words) = words(question) else { return stale() };
    match question.read(&words) {
        Ok(_) => {
            asking.answers.push((question.id.clone(), words));
            onward(talk, wanted, asking).await
        }
        Err(refusal) => {
            let screen = screen(talk.lang, &wanted, question, Some(&refusal));
            Ok(Reply::show(screen).then(talk.state.clone()))
        }
    }
}

fn screen(lang: Lang, wanted: &Wanted, question: &Question, wrong: Option<&Refusal>) -> Screen {
    let mut lines = vec![format!("<b>{}</b>", escape(wanted.title().get(lang))), escape(question.words.get(lang))];
    lines.extend(wrong.map(|refusal| why(lang, refusal)));
    let choice = |(place, words): (usize, &domain::Localized)| {
        let tap = Tap::Answer { question: question.id.clone(), choice: Some(place) };
        vec![Key::Tap(words.get(lang).to_owned(), tap)]
    };
    let mut keys: Vec<_> = question.choices.0.iter().enumerate().map(choice).collect();
    if question.kind != QuestionKind::Choice {
        lines.push(format!("<i>{}</i>", texts(lang).get(hint(question.kind))));
    }
    if !question.required {
        keys.push(vec![key(lang, "skip", Tap::Answer { question: question.id.clone(), choice: None })]);
    }
    keys.push(vec![key(lang, "cancel", Tap::Cancel)]);
    Screen::text(lines.join("\n\n"), keys)
}

const fn hint(kind: QuestionKind) -> &'static str {
    match kind {
        QuestionKind::Phone => "answer_phone",
        QuestionKind::Email => "answer_email",
        QuestionKind::Text | QuestionKind::Choice => "answer_text",
    }
}

fn why(lang: Lang, refusal: &Refusal) -> String {
    let key = match refusal.code {
        "answer_too_long" => "answer_too_long",
        "answer_not_offered" => "answer_not_offered",
        "answer_not_a_phone" => "answer_not_a_phone",
        "answer_not_an_email" => "answer_not_an_email",
        _ => "answer_missing",
    };
    let values: Vec<_> = refusal.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    texts(lang).with(key, &values)
}

/// Whether something is asked about this product.
pub(crate) async fn any(talk: &Talk<'_>, product: &domain::ProductId) -> Outcome<bool> {
    Ok(!questions::list(&talk.services.db, &talk.bot.merchant, product).await?.is_empty())
}
