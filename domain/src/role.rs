//! Roles of staff, scopes of API keys, and the one table of who may do what.

use serde::{Deserialize, Serialize};

use crate::ids::{ApiKeyId, StaffId};

words! {
    /// What a staff member is in the shop.
    Role { Owner = "owner", Manager = "manager", Support = "support", Accountant = "accountant" }
}

words! {
    /// Something a staff member or an API key may be allowed to do.
    Permission {
        SeeMoney = "see_money",
        SeeCatalog = "see_catalog",
        EditCatalog = "edit_catalog",
        EditLinks = "edit_links",
        CheckPayments = "check_payments",
        SeeWebhooks = "see_webhooks",
        ReplayWebhooks = "replay_webhooks",
        /// Ask for a refund; up to the shop's limit it is then done.
        RequestRefund = "request_refund",
        ApproveRefund = "approve_refund",
        /// Close what needs review, deliver again.
        ResolveReview = "resolve_review",
        RetryJobs = "retry_jobs",
        Reconcile = "reconcile",
        SeeAudit = "see_audit",
        EditSettings = "edit_settings",
        /// The shop's own addresses that receive our webhooks, and their secrets.
        EditEndpoints = "edit_endpoints",
        EditTeam = "edit_team",
        CloseDay = "close_day",
        ExportMoney = "export_money",
        /// Read what customers write, and answer.
        AnswerCustomers = "answer_customers",
        /// Write to many customers at once.
        Broadcast = "broadcast",
    }
}

impl Role {
    #[must_use]
    pub const fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Owner => true,
            Self::Manager => !matches!(permission, P::EditTeam),
            Self::Support => matches!(
                permission,
                P::SeeMoney
                    | P::SeeCatalog
                    | P::EditLinks
                    | P::CheckPayments
                    | P::SeeWebhooks
                    | P::ReplayWebhooks
                    | P::RequestRefund
                    | P::ResolveReview
                    | P::RetryJobs
                    | P::AnswerCustomers
            ),
            Self::Accountant => {
                matches!(
                    permission,
                    P::SeeMoney
                        | P::SeeCatalog
                        | P::SeeWebhooks
                        | P::SeeAudit
                        | P::Reconcile
                        | P::CloseDay
                        | P::ExportMoney
                )
            }
        }
    }
}

/// Who acts: the first argument of every verb that a face may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    Staff {
        id: StaffId,
        role: Role,
    },
    ApiKey {
        id: ApiKeyId,
        permissions: Vec<Permission>,
    },
    Customer,
    Provider,
    /// A job or a schedule of Khanut itself.
    System,
}

impl Actor {
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        match self {
            Self::Staff { role, .. } => role.may(permission),
            Self::ApiKey { permissions, .. } => permissions.contains(&permission),
            Self::System => true,
            Self::Customer | Self::Provider => false,
        }
    }

    /// Nobody gives a role that may do what they themselves may not.
    #[must_use]
    pub fn may_give(&self, role: Role) -> bool {
        Permission::ALL.iter().all(|permission| !role.may(*permission) || self.may(*permission))
    }

    /// As written in the journal and the audit log.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Staff { id, .. } => id.to_string(),
            Self::ApiKey { id, .. } => id.to_string(),
            Self::Customer => "customer".to_owned(),
            Self::Provider => "provider".to_owned(),
            Self::System => "system".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_and_the_books_for_accountants_and_nothing_for_strangers() {
        for permission in Permission::ALL {
            let reads = permission.as_str().starts_with("see_");
            let books = matches!(permission, Permission::CloseDay | Permission::ExportMoney | Permission::Reconcile);
            assert_eq!(Role::Accountant.may(*permission), reads || books);
            assert!(!books || (Role::Owner.may(*permission) && Role::Manager.may(*permission)));
            assert!(!books || !Role::Support.may(*permission));
            assert!(!Actor::Customer.may(*permission) && !Actor::Provider.may(*permission));
        }
        assert!(!Role::Support.may(Permission::EditCatalog));
        assert!(Role::Support.may(Permission::AnswerCustomers) && !Role::Support.may(Permission::Broadcast));
    }

    #[test]
    fn nobody_gives_more_than_they_have() {
        let staff = |role| Actor::Staff { id: StaffId::make(1, [1; 10]), role };
        for role in Role::ALL {
            assert!(staff(Role::Owner).may_give(*role) && staff(*role).may_give(*role));
            assert_eq!(staff(Role::Manager).may_give(*role), *role != Role::Owner);
            assert!(!Actor::Customer.may_give(*role));
        }
        assert!(!staff(Role::Support).may_give(Role::Accountant) && !staff(Role::Accountant).may_give(Role::Support));
        let key = |permissions| Actor::ApiKey { id: ApiKeyId::make(1, [1; 10]), permissions };
        assert!(!key(vec![Permission::EditTeam]).may_give(Role::Accountant));
        assert!(key(Permission::ALL.to_vec()).may_give(Role::Owner));
    }
}
