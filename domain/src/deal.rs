//! Deals of a shop's CRM: which CRMs there are, how far a deal has come, and where an order's deal is to stand.

use serde::{Deserialize, Serialize};

use crate::{moment::SECOND, order::OrderStatus};

words! {
    CrmKind { Bitrix24 = "bitrix24", AmoCrm = "amocrm" }
}

words! {
    /// How far a deal has come.
    DealState {
        /// Promised, and not made yet.
        Owed = "owed",
        /// It is in the CRM.
        Made = "made",
        /// The CRM said no: a person has to look.
        Refused = "refused",
    }
}

words! {
    /// Where an order stands, as a CRM counts: each step may have a stage of its own.
    DealStep {
        Ordered = "ordered",
        Paid = "paid",
        PartlyRefunded = "partly_refunded",
        Refunded = "refunded",
        /// It expired or was cancelled without being paid.
        Lost = "lost",
    }
}

impl CrmKind {
    /// Milliseconds from one deal to the next, so that the CRM's limits hold: a deal takes up to five requests of Bitrix24
    /// (two a second, fifty in store) and up to three of amoCRM (seven a second).
    #[must_use]
    pub const fn pace(self) -> i64 {
        match self {
            Self::Bitrix24 => 2 * SECOND,
            Self::AmoCrm => SECOND,
        }
    }
}

impl DealStep {
    #[must_use]
    pub const fn of(status: OrderStatus) -> Option<Self> {
        use OrderStatus as O;
        match status {
            O::Draft => None,
            O::AwaitingPayment => Some(Self::Ordered),
            O::Paid | O::Fulfilled => Some(Self::Paid),
            O::PartiallyRefunded => Some(Self::PartlyRefunded),
            O::Refunded => Some(Self::Refunded),
            O::Expired | O::Cancelled | O::Failed => Some(Self::Lost),
        }
    }

    /// Such an order is to have a deal, also if it has none yet.
    #[must_use]
    pub const fn makes(self, also_unpaid: bool) -> bool {
        match self {
            Self::Ordered => also_unpaid,
            Self::Paid | Self::PartlyRefunded | Self::Refunded => true,
            Self::Lost => false,
        }
    }
}

/// A stage of a pipeline, by the CRM's own ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    pub pipeline: String,
    pub stage: String,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}|{}", self.pipeline, self.stage)
    }
}

impl Stage {
    /// As it is displayed.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (pipeline, stage) =
            text.split_once('|').filter(|(pipeline, stage)| !pipeline.is_empty() && !stage.is_empty())?;
        Some(Self { pipeline: pipeline.to_owned(), stage: stage.to_owned() })
    }
}

/// Which stage each step leads to. Without one of its own a deal stays where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stages {
    /// Set: orders have a deal before they are paid.
    pub ordered: Option<Stage>,
    pub paid: Stage,
    pub partly_refunded: Option<Stage>,
    pub refunded: Option<Stage>,
    pub lost: Option<Stage>,
}

impl Stages {
    #[must_use]
    pub const fn own(&self, step: DealStep) -> Option<&Stage> {
        match step {
            DealStep::Ordered => self.ordered.as_ref(),
            DealStep::Paid => Some(&self.paid),
            DealStep::PartlyRefunded => self.partly_refunded.as_ref(),
            DealStep::Refunded => self.refunded.as_ref(),
            DealStep::Lost => self.lost.as_ref(),
        }
    }

    /// Where a new deal begins.
    #[must_use]
    pub fn first(&self, step: DealStep) -> &Stage {
        self.own(step).unwrap_or(&self.paid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_leads_its_deal_and_what_was_never_paid_makes_none() {
        use OrderStatus as O;
        let made =
            |also| O::ALL.iter().filter(move |status| DealStep::of(**status).is_some_and(|step| step.makes(also)));
        let paid = [O::Paid, O::Fulfilled, O::PartiallyRefunded, O::Refunded];
        assert!(made(false).copied().eq(paid));
        assert!(made(true).copied().eq([[O::AwaitingPayment].as_slice(), &paid].concat()));
    }

    #[test]
    fn a_stage_is_read_as_it_is_displayed() {
        let stage = Stage { pipeline: "1".to_owned(), stage: "C1:WON".to_owned() };
        assert_eq!(Stage::read(&stage.to_string()), Some(stage.clone()));
        assert_eq!([Stage::read(""), Stage::read("1|"), Stage::read("|NEW"), Stage::read("1")], [const { None }; 4]);
        let stages = Stages { ordered: None, paid: stage.clone(), partly_refunded: None, refunded: None, lost: None };
        assert_eq!(stages.own(DealStep::Refunded), None);
        assert_eq!(stages.first(DealStep::Refunded), &stage);
    }
}
