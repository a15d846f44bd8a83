//! What customers and the people of the shop write to each other.

words! {
    /// What a customer sent.
    Content {
        Text = "text",
        Photo = "photo",
        Voice = "voice",
        Video = "video",
        Document = "document",
        Sticker = "sticker",
        Location = "location",
        Contact = "contact",
        Other = "other",
    }
}

words! {
    /// Where a conversation stands.
    ThreadState {
        /// The customer wrote last, and nobody has answered.
        Waiting = "waiting",
        Answered = "answered",
        /// Done with, until somebody writes again.
        Closed = "closed",
    }
}

words! {
    /// How far a message of the shop has come.
    Delivery { Queued = "queued", Sent = "sent", Failed = "failed" }
}

words! {
    /// Why a message did not reach the customer.
    NotSent {
        /// The customer has blocked the bot, or is gone from Telegram.
        Blocked = "blocked",
        /// Telegram does not take this message.
        Refused = "refused",
        /// Telegram did not answer, however often it was tried.
        Unreachable = "unreachable",
    }
}
