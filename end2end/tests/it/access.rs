//! Who may do what, over HTTP: every address and every role, every operation of the API and every scope; and of another
//! shop nothing is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use domain::role::{Permission, Role};
use reqwest::{Method, multipart};
use server::api_keys;

use crate::{
    access_objects::Objects,
    access_table::{API, Action, BESIDE, NOBODYS, PAGES, Who},
    on_both,
    person::{Answer, PASSWORD, Person, member, pairs},
    stage::Stage,
};

on_both!(
    every_role_may_what_the_table_says,
    a_stranger_is_asked_to_sign_in_everywhere,
    of_another_shop_nothing_is_there,
    an_address_answers_only_to_what_the_table_lists,
    every_scope_opens_what_the_table_says,
    a_key_finds_nothing_of_another_shop,
);

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

async fn act(person: &Person, action: &Action, address: &str) -> Answer {
    let method = Method::from_bytes(action.method.as_bytes()).unwrap();
    let fields = pairs(action.form);
    person
        .ask(method, address, |request| match (action.method, action.parts) {
            ("GET", _) => request,
            (_, true) => {
                let form =
                    fields.into_iter().fold(multipart::Form::new(), |form, (name, value)| form.text(name, value));
                request.multipart(form)
            }
            (_, false) => request.form(&fields),
        })
        .await
}

/// Streams never end: their answer is what their head says.
fn is_stream(action: &Action) -> bool {
    action.path == "/live"
}

async fn of_role(stage: &Stage, role: Role) -> Person {
    let email = format!("{role}@shop.am");
    member(stage, &stage.merchant, &email, role).await;
    Person::signed_in(stage, &email, PASSWORD).await
}

fn may(role: Role, who: Who) -> bool {
    match who {
        Who::Anyone | Who::Signed => true,
        Who::May(permission) => role.may(permission),
    }
}

/// Those who may least go first: nothing is changed before they have tried.
async fn every_role_may_what_the_table_says(stage: Stage) {
    stage.open_dashboard();
    let objects = Objects::of(&stage, &stage.merchant, &stage.account).await;
    for role in [Role::Accountant, Role::Support, Role::Manager, Role::Owner] {
        let person = of_role(&stage, role).await;
        for action in PAGES.iter().filter(|action| !is_stream(action)) {
            let answer = act(&person, action, &objects.fill(action.path)).await;
            let what = format!("{role}: {} {} answered {} {}", action.method, action.path, answer.status, answer.flash);
            assert_eq!(answer.forbidden(), !may(role, action.who), "{what}");
            assert!(answer.status < 500, "{what}");
            assert!(action.who == Who::Anyone || !answer.asks_to_sign_in(), "{what}");
        }
    }
}

async fn a_stranger_is_asked_to_sign_in_everywhere(stage: Stage) {
    stage.open_dashboard();
    let objects = Objects::of(&stage, &stage.merchant, &stage.account).await;
    let person = Person::stranger(&stage);
    for action in PAGES {
        let answer = act(&person, action, &objects.fill(action.path)).await;
        let what = format!("{} {} answered {} {}", action.method, action.path, answer.status, answer.to);
        let turned_away = answer.asks_to_sign_in() || matches!(answer.status, 401 | 404);
        assert!(action.who == Who::Anyone || turned_away, "{what}");
        assert!(answer.status < 500, "{what}");
    }
}

async fn of_another_shop_nothing_is_there(stage: Stage) {
    stage.open_dashboard();
    let other = stage.another_merchant().await;
    let account = stage.another_account(&other).await;
    let theirs = Objects::of(&stage, &other, &account).await;
    let person = of_role(&stage, Role::Owner).await;
    let walled =
        |action: &&Action| action.path.contains('{') && action.who != Who::Anyone && !NOBODYS.contains(&action.path);
    let before = stage.count(&format!("SELECT COUNT(*) FROM audit_log WHERE merchant_id = '{other}'")).await;
    for action in PAGES.iter().filter(walled) {
        let address = theirs.fill(action.path);
        assert!(!address.contains("unknown"), "{}: name such an object in access_objects.rs", action.path);
        let answer = act(&person, action, &address).await;
        assert!(answer.not_found(), "{} {address} answered {} {}", action.method, answer.status, answer.flash);
    }
    let after = stage.count(&format!("SELECT COUNT(*) FROM audit_log WHERE merchant_id = '{other}'")).await;
    assert_eq!(before, after, "nothing was done to the other shop");
}

/// A method that is not in the table has no handler: what the sources hide from the scan below shows itself here.
async fn an_address_answers_only_to_what_the_table_lists(stage: Stage) {
    stage.open_dashboard();
    let objects = Objects::of(&stage, &stage.merchant, &stage.account).await;
    let person = of_role(&stage, Role::Owner).await;
    let mut listed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for action in PAGES {
        listed.entry(action.path).or_default().insert(action.method);
    }
    for (path, methods) in listed {
        for method in METHODS.into_iter().filter(|method| !methods.contains(method)) {
            let action = Action { method: "GET", path, who: Who::Anyone, form: "", parts: false };
            let answer = person.ask(method.parse().unwrap(), &objects.fill(action.path), |request| request).await;
            assert_eq!(answer.status, 405, "{method} {path} is served, and access_table.rs has no line for it");
        }
    }
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

/// Every address that a source routes: a literal, or a constant of the same file.
fn addresses(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (name, source) in sources(folder) {
        for rest in source.split(".route(").skip(1).map(str::trim_start) {
            let first = rest.split([',', '(']).next().unwrap_or_default().trim();
            let literal = first.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            let constant = || {
                let value = source.split_once(&format!("const {first}: &str = \""))?.1;
                value.split('"').next()
            };
            let address = literal.or_else(constant);
            found.push(address.unwrap_or_else(|| panic!("{name}: the scan cannot read .route({first}")).to_owned());
        }
    }
    found
}

#[test]
fn every_address_has_a_line_in_the_table() {
    let listed: BTreeSet<&str> = PAGES.iter().map(|action| action.path).collect();
    let served: BTreeSet<String> = addresses("app/src").into_iter().collect();
    for path in &served {
        assert!(listed.contains(path.as_str()), "{path}: say in access_table.rs, PAGES, who may open it");
    }
    for path in listed {
        assert!(served.contains(path), "{path} stands in access_table.rs and is not served");
    }
    for (name, source) in sources("app/src") {
        for way in [".nest(", ".nest_service(", ".route_service("] {
            assert!(!source.contains(way), "{name}: addresses behind {way} would escape the table");
        }
    }
}

#[test]
fn every_other_address_is_known() {
    let beside: BTreeSet<&str> = BESIDE.iter().map(|(path, _)| *path).collect();
    // Of site.rs, the files at the root have computed names.
    for folder in ["server/src", "server/bot/src", "src/program"] {
        for path in addresses(folder) {
            assert!(beside.contains(path.as_str()), "{path}: say in access_table.rs, BESIDE, what guards it");
        }
    }
    for (name, source) in sources("app/src") {
        assert!(!source.contains("#[server"), "{name}: what a page asks for is an address with a line in the table");
    }
}

struct Key {
    word: String,
    http: reqwest::Client,
    url: String,
}

impl Key {
    async fn with(stage: &Stage, permissions: Vec<Permission>) -> Self {
        let made = api_keys::create(&stage.services, &stage.owner(), &stage.merchant, "key", permissions).await;
        Self { word: made.unwrap().1, http: stage.http.clone(), url: stage.url.clone() }
    }

    async fn ask(&self, operation: &str, objects: &Objects, body: &str) -> (u16, String) {
        let (method, path) = operation.split_once(' ').unwrap();
        let method: Method = method.to_uppercase().parse().unwrap();
        let request = self.http.request(method, format!("{}/api/v1{}", self.url, objects.fill(path)));
        let request = request.bearer_auth(&self.word);
        let request = match body {
            "" | "{}" => request,
            body => request.header("content-type", "application/json").body(objects.fill(body)),
        };
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

#[test]
fn every_operation_of_the_api_has_a_line_in_the_table() {
    let document = serde_json::to_value(server::api::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let served: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}")))
        .collect();
    let listed: BTreeSet<String> = API.iter().map(|(operation, ..)| (*operation).to_owned()).collect();
    assert_eq!(served, listed, "say in access_table.rs, API, which scope it needs");
}

async fn every_scope_opens_what_the_table_says(stage: Stage) {
    let objects = Objects::of(&stage, &stage.merchant, &stage.account).await;
    for permission in Permission::ALL {
        let key = Key::with(&stage, vec![*permission]).await;
        for (operation, needed, body) in API {
            let (status, answer) = key.ask(operation, &objects, body).await;
            assert_eq!(status == 403, needed != permission, "{permission}: {operation} answered {status} {answer}");
            assert!(status < 500, "{operation} answered {status} {answer}");
        }
    }
    let none = Key { word: "kh_nobodys".to_owned(), http: stage.http.clone(), url: stage.url.clone() };
    for (operation, _, body) in API {
        assert_eq!(none.ask(operation, &objects, body).await.0, 401, "{operation} without a key");
    }
}

async fn a_key_finds_nothing_of_another_shop(stage: Stage) {
    let other = stage.another_merchant().await;
    let account = stage.another_account(&other).await;
    let theirs = Objects::of(&stage, &other, &account).await;
    let key = Key::with(&stage, Permission::ALL.to_vec()).await;
    let names_one = |text: &str| text.contains("{id}") || text.contains("{payment}");
    for (operation, _, body) in API.iter().filter(|(operation, _, body)| names_one(operation) || names_one(body)) {
        let (status, answer) = key.ask(operation, &theirs, body).await;
        assert_eq!(status, 404, "{operation} answered {answer}");
    }
}
