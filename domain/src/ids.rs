//! Ids: a prefix that says what they name, and 26 characters that sort by time of making (`ord_01jd…`).

use serde::{Deserialize, Serialize};

/// Crockford's base 32, lower case: no i, l, o, u, so that an id can be read aloud.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A text that is not an id of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {0}_…")]
pub struct BadId(pub &'static str);

/// 48 bits of milliseconds and 80 random bits, as 26 characters.
fn encode(unix_ms: u64, random: [u8; 10]) -> String {
    let mut value = u128::from(unix_ms & 0xffff_ffff_ffff) << 80;
    for (i, byte) in random.iter().enumerate() {
        value |= u128::from(*byte) << (72 - 8 * i);
    }
    (0..26).map(|i| char::from(ALPHABET[((value >> (5 * (25 - i))) & 31) as usize])).collect()
}

fn well_formed(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .is_some_and(|body| body.len() == 26 && body.bytes().all(|b| ALPHABET.contains(&b)))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "orm", derive(sea_orm::DeriveValueType))]
        pub struct $name(String);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            /// Made of the time (Unix milliseconds) and ten random bytes, both given by the caller.
            #[must_use]
            pub fn make(unix_ms: u64, random: [u8; 10]) -> Self {
                Self(format!("{}_{}", $prefix, encode(unix_ms, random)))
            }

            /// The smallest of a time: ids sort by the time of their making, so a span of time is a range of ids.
            #[must_use]
            pub fn first_of(at: crate::moment::Moment) -> Self {
                Self::make(u64::try_from(at.0).unwrap_or(0), [0; 10])
            }

            /// The only way in from outside.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                if well_formed(text, $prefix) { Ok(Self(text.to_owned())) } else { Err(BadId($prefix)) }
            }

            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }
        impl std::str::FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> { Self::parse(text) }
        }
        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> { Self::parse(&text) }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self { id.0 }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str { &self.0 }
        }
        #[cfg(feature = "orm")]
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64($prefix))
            }
        }
        impl MakeId for $name {
            fn make_id(unix_ms: u64, random: [u8; 10]) -> Self { Self::make(unix_ms, random) }
        }
    )+ };
}

/// Lets one clock-and-randomness source mint every kind of id.
pub trait MakeId {
    fn make_id(unix_ms: u64, random: [u8; 10]) -> Self;
}

ids! {
    /// A shop.
    MerchantId = "mer",
    StaffId = "stf",
    InvitationId = "inv",
    PasskeyId = "psk",
    ApiKeyId = "key",
    ProductId = "prd",
    /// A group of products on the shelf.
    CategoryId = "cat",
    /// A promo code.
    PromoId = "pro",
    /// One of the forms a product is sold in: a size, a taste, a tariff.
    VariantId = "var",
    /// Something the customer is asked before paying.
    QuestionId = "qst",
    /// A bookable time of a product.
    SlotId = "slt",
    FileId = "fil",
    LinkId = "lnk",
    CustomerId = "cus",
    OrderId = "ord",
    PaymentId = "pay",
    /// A provider account: one contract of a merchant with a payment provider.
    AccountId = "acc",
    /// An address of the merchant that receives our webhooks, and one delivery to it.
    EndpointId = "end",
    DeliveryId = "dlv",
    /// One line of an order, asked of the merchant's own program.
    CallId = "cal",
    /// A fiscal receipt.
    ReceiptId = "rcp",
    /// A webhook event: one delivery from a provider.
    EventId = "evt",
    EntryId = "jrn",
    RefundId = "rfd",
    ReconciliationId = "rec",
    BotId = "bot",
    BroadcastId = "brc",
    FulfilmentId = "ful",
    /// Somebody's membership of a club.
    MembershipId = "mbr",
    /// An access code of a pool.
    CodeId = "cod",
    AuditId = "aud",
    /// A list that a staff member keeps.
    ViewId = "viw",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_sorts_by_time() {
        let early = OrderId::make(1_700_000_000_000, [255; 10]);
        let late = OrderId::make(1_700_000_000_001, [0; 10]);
        assert!(early < late);
        assert_eq!(OrderId::parse(early.as_str()), Ok(early.clone()));
        assert_eq!(early.as_str().len(), 30);
    }

    #[test]
    fn foreign_prefixes_and_letters_are_refused() {
        let order = OrderId::make(1, [1; 10]).to_string();
        assert_eq!(PaymentId::parse(&order), Err(BadId("pay")));
        for bad in ["", "ord", "ord_", "ord_123", &order.to_uppercase(), &order.replace('_', "-")] {
            assert!(OrderId::parse(bad).is_err(), "{bad}");
        }
    }
}
