//! The demo's CRM: what it is connected by, and what was chosen of what it offers.

use domain::deal::{CrmKind, Stage, Stages};

use super::CRM_SECRET;
use crate::crm::{ConnectInput, Ends, Offer, Past, Pipeline, StageOffer};

pub(super) fn webhook(url: &str) -> ConnectInput {
    ConnectInput { kind: CrmKind::Bitrix24, address: format!("{url}/rest/1/{CRM_SECRET}/"), token: String::new() }
}

/// As the sandbox's CRM offers it.
pub(super) fn past(url: &str) -> Past {
    let stage = |id: &str, name: &str, ends| StageOffer { id: id.to_owned(), name: name.to_owned(), ends };
    let stages = vec![
        stage("NEW", "Новая", None),
        stage("PREPARATION", "Подготовка документов", None),
        stage("EXECUTING", "В работе", None),
        stage("WON", "Сделка успешна", Some(Ends::Won)),
        stage("LOSE", "Сделка провалена", Some(Ends::Lost)),
    ];
    let pipelines = vec![Pipeline { id: "0".to_owned(), name: "Продажи".to_owned(), stages }];
    let own = |stage: &str| Stage { pipeline: "0".to_owned(), stage: stage.to_owned() };
    Past {
        input: webhook(url),
        offer: Offer { pipelines, currencies: vec!["AMD".to_owned(), "USD".to_owned()] },
        stages: Stages {
            ordered: None,
            paid: own("EXECUTING"),
            partly_refunded: None,
            refunded: Some(own("LOSE")),
            lost: None,
        },
        link: [format!("{url}/crm/deal/details/"), "/".to_owned()],
    }
}
