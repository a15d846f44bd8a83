//! Staff members, their sessions, invitations, passkeys and recovery codes, and what they did.

use domain::{Lang, MerchantId, Moment, StaffId, role::Role};
use sea_orm::entity::prelude::*;

use crate::{clock::Clock, shop::rows as shop};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StaffId,
    pub merchant_id: MerchantId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub language: Lang,
    pub password_hash: String,
    pub disabled_at: Option<Moment>,
    pub created_at: Moment,
    /// When a session of theirs was last used, to some minutes.
    pub seen_at: Option<Moment>,
    /// What their authenticator app holds, sealed; before [`Self::totp_on_at`] it is only being set up.
    pub totp_sealed: Option<String>,
    pub totp_on_at: Option<Moment>,
    /// The newest step whose code was accepted: it and those before it are used up.
    pub totp_step: Option<i64>,
    /// How many passkeys they have.
    pub passkeys: i64,
}

impl Model {
    /// A member who has never signed in; without a password hash nobody signs in as them.
    pub(crate) fn new(
        clock: &Clock,
        merchant: &MerchantId,
        email: &str,
        name: &str,
        role: Role,
        language: Lang,
    ) -> Self {
        Self {
            id: clock.id(),
            merchant_id: merchant.clone(),
            email: email.to_owned(),
            name: name.to_owned(),
            role,
            language,
            password_hash: String::new(),
            disabled_at: None,
            created_at: clock.now(),
            seen_at: None,
            totp_sealed: None,
            totp_on_at: None,
            totp_step: None,
            passkeys: 0,
        }
    }

    /// Whether the password alone does not let them in.
    #[must_use]
    pub const fn has_two_factor(&self) -> bool {
        self.has_app() || self.passkeys > 0
    }

    /// Whether an app gives them codes.
    #[must_use]
    pub const fn has_app(&self) -> bool {
        self.totp_on_at.is_some()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "shop::Entity", from = "Column::MerchantId", to = "shop::Column::Id")]
    Shop,
}

impl Related<shop::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Shop.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

pub(crate) mod session {
    use super::*;

    /// A browser session: its data is the session library's, its merchant is known after sign-in.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub merchant_id: Option<MerchantId>,
        pub staff_id: Option<StaffId>,
        pub data: String,
        pub expires_at: Moment,
        /// In words: `Firefox, Windows`.
        pub device: String,
        pub opened_at: Moment,
        pub seen_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::Entity", from = "Column::StaffId", to = "super::Column::Id")]
        Member,
    }

    impl Related<super::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Member.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod invitation {
    use domain::InvitationId;

    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "invitations")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: InvitationId,
        pub merchant_id: MerchantId,
        pub email: String,
        pub role: Role,
        pub code_hash: String,
        pub made_by: String,
        pub made_at: Moment,
        pub expires_at: Moment,
        pub used_at: Option<Moment>,
        pub withdrawn_at: Option<Moment>,
        /// Who came in by it.
        pub staff_id: Option<StaffId>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod passkey {
    use domain::PasskeyId;

    use super::*;

    /// The public half of a key that a member's device keeps.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "passkeys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PasskeyId,
        pub merchant_id: MerchantId,
        pub staff_id: StaffId,
        pub name: String,
        pub credential_id: String,
        pub credential: String,
        /// The newest challenge that it let somebody in by.
        pub last_turn: Option<String>,
        pub used_at: Option<Moment>,
        pub created_at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod telegram {
    use super::*;

    /// The Telegram account of a member, and the code that is to bind one.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_telegram")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub staff_id: StaffId,
        pub merchant_id: MerchantId,
        pub telegram_user_id: Option<i64>,
        /// What Telegram called them.
        pub name: Option<String>,
        pub bound_at: Option<Moment>,
        pub code_hash: Option<String>,
        pub code_until: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod recovery {
    use super::*;

    /// A code that lets a member in without their app, once.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "recovery_codes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub staff_id: StaffId,
        pub merchant_id: MerchantId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub code_mac: String,
        pub used_at: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod audit {
    use domain::AuditId;

    use super::*;

    /// Who did what, with before and after as JSON.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_log")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AuditId,
        pub merchant_id: MerchantId,
        pub actor: String,
        pub action: String,
        pub subject: String,
        pub before: Option<String>,
        pub after: Option<String>,
        pub at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
