//! Sending: what must arrive fails loudly, what is best effort never does.
//!
//! Telegram knows no idempotency key: where no answer came, what must arrive is sent again, for twice is better than never;
//! a broadcast is not.

use domain::{BotId, FileId, Moment, sending::Class};
use providers::telegram::{self, Api, Sending, describe};
use server::{
    bots::{Bot, Pass},
    catalog, sabotage,
    services::Services,
};
use teloxide::{
    RequestError,
    payloads::{EditMessageTextSetters, SendMessageSetters, SendPhotoSetters},
    prelude::Requester,
    types::{ChatId, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, MessageId, ParseMode, WebAppInfo},
};

use crate::screens::{Key, Screen};

/// Captions are shorter than texts.
const CAPTION: usize = 1_000;

/// A bot's voice in one chat. Whatever it says anew passes the gate (`server::bots::Pace`) first.
pub(crate) struct Voice {
    services: Services,
    bot: teloxide::Bot,
    id: BotId,
    token: String,
    chat: ChatId,
    class: Class,
}

/// Why a message was not sent.
#[derive(Debug)]
pub(crate) enum Unsent {
    /// It may be sent from then on; Telegram was not asked.
    Later(Moment),
    Failed(RequestError),
}

impl From<RequestError> for Unsent {
    fn from(error: RequestError) -> Self {
        Self::Failed(error)
    }
}

/// What it means for the sender.
pub(crate) fn weigh(unsent: &Unsent) -> Sending {
    match unsent {
        Unsent::Later(at) => Sending::Later(*at),
        Unsent::Failed(error) => telegram::weigh(error),
    }
}

/// Whether it may have been sent all the same.
pub(crate) fn may_be_done(unsent: &Unsent) -> bool {
    match unsent {
        Unsent::Later(_) => false,
        Unsent::Failed(error) => telegram::may_be_done(error),
    }
}

/// Where a screen goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    New,
    /// In the place of the message whose button was pressed.
    Instead {
        message_id: i32,
        on_photo: bool,
    },
}

impl Voice {
    pub(crate) fn new(services: &Services, api: &Api, bot: &Bot, chat_id: i64, class: Class) -> Self {
        Self {
            services: services.clone(),
            bot: api.bot(&bot.token),
            id: bot.id.clone(),
            token: bot.token.clone(),
            chat: ChatId(chat_id),
            class,
        }
    }

    /// The bot, and the chat it speaks in.
    pub(crate) fn place(&self) -> (&BotId, i64) {
        (&self.id, self.chat.0)
    }

    /// What went wrong, in words without the token.
    pub(crate) fn describe(&self, unsent: &Unsent) -> String {
        match unsent {
            Unsent::Later(_) => "too many messages at once".to_owned(),
            Unsent::Failed(error) => describe(error, &self.token),
        }
    }

    /// Shows a screen; edits in place where that is possible.
    pub(crate) async fn show(&self, screen: Screen, place: Place) -> Result<(), Unsent> {
        sabotage::point("telegram:show:before");
        let shown = self.put(screen, place).await;
        sabotage::point("telegram:show:after");
        self.heard(shown)
    }

    /// A pause that Telegram asks for holds for everybody who speaks through this bot.
    fn heard(&self, shown: Result<(), Unsent>) -> Result<(), Unsent> {
        if let Err(unsent) = &shown
            && let Sending::Wait(seconds) = weigh(unsent)
        {
            self.services.pace.close(&self.services.clock, &self.id, Some(self.chat.0), seconds);
        }
        shown
    }

    /// The right to say something new, or to change what was said.
    async fn pass(&self, new: bool) -> Result<Pass, Unsent> {
        let chat = new.then_some(self.chat.0);
        self.services.pace.pass(&self.services.clock, &self.id, chat, self.class).await.map_err(Unsent::Later)
    }

    async fn put(&self, screen: Screen, place: Place) -> Result<(), Unsent> {
        let keys = keyboard(&screen.keys);
        if let (Place::Instead { message_id, on_photo: false }, None) = (place, &screen.photo) {
            let _pass = self.pass(false).await?;
            let edit = self.bot.edit_message_text(self.chat, MessageId(message_id), &screen.html);
            match edit.parse_mode(ParseMode::Html).reply_markup(keys.clone()).await {
                Ok(_) => return Ok(()),
                Err(error) => match telegram::weigh(&error) {
                    Sending::Harmless => return Ok(()),
                    // It cannot be edited (any more): say it anew.
                    Sending::Refused => {}
                    _ => return Err(error.into()),
                },
            }
        }
        let pass = self.pass(true).await?;
        self.send(&screen, keys).await?;
        drop(pass);
        if let Place::Instead { message_id, .. } = place {
            self.forget(message_id).await;
        }
        Ok(())
    }

    /// What is refused is no message, so what is tried in its place needs no pass of its own.
    async fn send(&self, screen: &Screen, keys: InlineKeyboardMarkup) -> Result<(), RequestError> {
        if let Some(photo) = screen.photo.as_ref().filter(|_| screen.html.chars().count() <= CAPTION) {
            match self.send_photo(photo, &screen.html, keys.clone()).await {
                None => {}
                Some(Ok(())) => return Ok(()),
                Some(Err(error)) if telegram::weigh(&error) != Sending::Refused => return Err(error),
                // A server without pictures still sells.
                Some(Err(error)) => {
                    tracing::debug!(error = %describe(&error, &self.token), "a picture could not be sent");
                }
            }
        }
        let message = self.bot.send_message(self.chat, &screen.html).parse_mode(ParseMode::Html);
        message.reply_markup(keys).await.map(|_| ())
    }

    async fn send_photo(
        &self,
        photo: &FileId,
        html: &str,
        keys: InlineKeyboardMarkup,
    ) -> Option<Result<(), RequestError>> {
        let file = catalog::file(&self.services.db, photo).await.ok().flatten()?;
        let name = format!("photo.{}", file.media_type.rsplit('/').next().unwrap_or("jpeg"));
        let photo = InputFile::memory(file.body).file_name(name);
        let message = self.bot.send_photo(self.chat, photo).caption(html).parse_mode(ParseMode::Html);
        Some(message.reply_markup(keys).await.map(|_| ()))
    }

    /// Words under a picture; without the picture where there is none, or where it is not taken.
    pub(crate) async fn picture(&self, html: String, png: Option<Vec<u8>>) -> Result<(), Unsent> {
        let Some(png) = png else { return self.show(Screen::text(html, Vec::new()), Place::New).await };
        let _pass = self.pass(true).await?;
        let photo = InputFile::memory(png).file_name("qr.png");
        let sent = self.bot.send_photo(self.chat, photo).caption(&html).parse_mode(ParseMode::Html).await;
        let sent = match sent.map(|_| ()) {
            Err(error) if telegram::weigh(&error) == Sending::Refused => {
                tracing::debug!(error = %describe(&error, &self.token), "a picture could not be sent");
                self.send(&Screen::text(html, Vec::new()), keyboard(&[])).await
            }
            sent => sent,
        };
        self.heard(sent.map_err(Unsent::from))
    }

    /// Sends a file under its name.
    pub(crate) async fn document(&self, name: String, body: Vec<u8>) -> Result<(), Unsent> {
        let _pass = self.pass(true).await?;
        let file = InputFile::memory(body).file_name(name);
        self.heard(self.bot.send_document(self.chat, file).await.map(|_| ()).map_err(Unsent::from))
    }

    /// Whether Telegram wants to hear nothing of this bot just now.
    fn is_closed(&self) -> bool {
        self.services.pace.closed(&self.services.clock, &self.id).is_some()
    }

    /// The button's spinner ends; best effort.
    pub(crate) async fn answer(&self, query: &str, text: Option<&str>) {
        if self.is_closed() {
            return;
        }
        use teloxide::payloads::AnswerCallbackQuerySetters;
        let answer = self.bot.answer_callback_query(query.to_owned().into());
        let answer = match text {
            Some(text) => answer.text(text.chars().take(200).collect::<String>()),
            None => answer,
        };
        sabotage::point("telegram:answer:before");
        let answered = answer.await;
        sabotage::point("telegram:answer:after");
        if let Err(error) = answered {
            tracing::debug!(error = %describe(&error, &self.token), "a button's press could not be answered");
        }
    }

    /// Takes an outdated message away; best effort.
    async fn forget(&self, message_id: i32) {
        if self.is_closed() {
            return;
        }
        sabotage::point("telegram:delete:before");
        let forgotten = self.bot.delete_message(self.chat, MessageId(message_id)).await;
        sabotage::point("telegram:delete:after");
        if let Err(error) = forgotten {
            tracing::debug!(error = %describe(&error, &self.token), "an old message could not be removed");
        }
    }
}

fn keyboard(rows: &[Vec<Key>]) -> InlineKeyboardMarkup {
    let button = |key: &Key| match key {
        Key::Tap(label, tap) => Some(InlineKeyboardButton::callback(label, tap.encode())),
        Key::Url(label, url) => Some(InlineKeyboardButton::url(label, url.parse().ok()?)),
        Key::App(label, url) => Some(InlineKeyboardButton::web_app(label, WebAppInfo { url: url.parse().ok()? })),
    };
    InlineKeyboardMarkup::new(rows.iter().map(|row| row.iter().filter_map(button).collect::<Vec<_>>()))
}
