//! The sandbox's e-HDM: a stand-in for the tax service's cash registers that speaks its protocol over HTTP, with the mischief
//! that makes an outcome unknown. Registers are numbered and count strictly, as the service's manual says. For demos and
//! tests; never mounted in production.

mod state;

use std::{
    collections::VecDeque,
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use domain::Moment;
use serde_json::{Value, json};

pub use state::{Line, Register, Registered, Standing};

use state::{No, Registers};

const REQUEST: usize = 64 * 1024;

/// What goes wrong with a request on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// It is registered, and the answer is lost on the way.
    DropAfter,
    /// Nothing is registered, and no answer comes either.
    DropBefore,
    /// It is registered, and the answer comes late.
    Slow(Duration),
    /// This code, and nothing is done.
    Code(i64),
    /// Nothing goes wrong: for the place between two mischiefs.
    Fine,
}

/// The service; clones are the same one.
#[derive(Clone)]
pub struct Ehdm(Arc<Parts>);

struct Parts {
    registers: Registers,
    mischief: Mutex<VecDeque<Mischief>>,
    kept: Mutex<Option<PathBuf>>,
    now: Box<dyn Fn() -> Moment + Send + Sync>,
}

impl Ehdm {
    #[must_use]
    pub fn new(now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self(Arc::new(Parts {
            registers: Registers::default(),
            mischief: Mutex::default(),
            kept: Mutex::default(),
            now: Box::new(now),
        }))
    }

    /// To be nested under `/sandbox/ehdm`.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/api/v1.0/{method}", post(call))
            .layer(DefaultBodyLimit::max(REQUEST))
            .with_state(self.clone())
    }

    /// A register that counts from `seq` on, or does not look at numbers.
    pub fn add(&self, crn: &str, tin: &str, seq: Option<i64>) {
        let register = Register { tin: tin.to_owned(), seq, ..Register::default() };
        self.0.registers.all().entry(crn.to_owned()).or_insert(register);
    }

    /// Takes up what was kept in `file`, and keeps it there from now on.
    ///
    /// # Errors
    /// When the file is there and cannot be read, or is not ours.
    pub fn keep_in(&self, file: PathBuf) -> io::Result<()> {
        match fs::read(&file) {
            Ok(bytes) => *self.0.registers.all() = serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        *self.0.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        Ok(())
    }

    /// Knows a receipt from before, as if it had been registered here.
    pub fn remember(&self, crn: &str, past: Registered) {
        if let Some(register) = self.0.registers.all().get_mut(crn) {
            register.seq = register.seq.map(|seq| seq + 1);
            register.receipts.push(past);
        }
    }

    /// The next requests go wrong, one after the other; what came before is forgotten.
    pub fn mischief(&self, mischief: impl IntoIterator<Item = Mischief>) {
        *self.0.mischief.lock().unwrap_or_else(PoisonError::into_inner) = mischief.into_iter().collect();
    }

    pub fn stand(&self, crn: &str, standing: Standing) {
        if let Some(register) = self.0.registers.all().get_mut(crn) {
            register.standing = standing;
        }
    }

    /// Another program prints at the same register: its number is taken, and its counter counts.
    pub fn print_elsewhere(&self, crn: &str, total: i64) {
        let now = (self.0.now)();
        if let Some(register) = self.0.registers.all().get_mut(crn) {
            let number = register.receipts.last().map_or(1, |last| last.number + 1);
            let fiscal = "1".to_owned();
            register.receipts.push(Registered { number, total, of: None, at: now, fiscal, lines: Vec::new() });
            register.seq = register.seq.map(|seq| seq + 1);
        }
    }

    /// What was registered, oldest first.
    #[must_use]
    pub fn receipts(&self, crn: &str) -> Vec<Registered> {
        self.0.registers.all().get(crn).map(|register| register.receipts.clone()).unwrap_or_default()
    }

    fn answer(&self, method: &str, body: &Value) -> Result<Value, No> {
        let crn = body["crn"].as_str().unwrap_or_default();
        let now = (self.0.now)();
        let mut all = self.0.registers.all();
        let register = all.get_mut(crn).ok_or(No(403, "UNAUTHORIZED_CONNECTION"))?;
        let answer = match method {
            "checkConnection" => Ok(json!("OK")),
            "configureDepartments" => register.configure(body),
            "print" => register.print(body, crn, now),
            "printCopy" => register.copy(body, crn),
            "printReturnReceipt" => register.give_back(body, crn, now),
            _ => Err(No(105, "WRONG_JSON")),
        };
        let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let (Ok(_), Some(file)) = (&answer, kept)
            && let Err(error) = write(&file, &*all)
        {
            tracing::warn!(%error, "the sandbox's registers could not be kept");
        }
        answer
    }
}

fn write(file: &std::path::Path, all: &impl serde::Serialize) -> io::Result<()> {
    let fresh = file.with_extension("new");
    fs::write(&fresh, serde_json::to_vec(all)?)?;
    fs::rename(&fresh, file)
}

async fn call(State(ehdm): State<Ehdm>, Path(method): Path<String>, Json(body): Json<Value>) -> Response {
    let next = ehdm.0.mischief.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    match next {
        None | Some(Mischief::Fine) => said(ehdm.answer(&method, &body)),
        Some(Mischief::DropBefore) => StatusCode::GATEWAY_TIMEOUT.into_response(),
        Some(Mischief::DropAfter) => {
            // What it says is what nobody hears.
            drop(ehdm.answer(&method, &body));
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Some(Mischief::Slow(wait)) => {
            let answer = ehdm.answer(&method, &body);
            tokio::time::sleep(wait).await;
            said(answer)
        }
        Some(Mischief::Code(code)) => said(Err(No(code, "ON_DEMAND"))),
    }
}

fn said(answer: Result<Value, No>) -> Response {
    let body = match answer {
        Ok(result) => json!({ "code": 0, "message": "OK", "errorMessage": null, "result": result }),
        Err(No(code, word)) => {
            json!({ "code": code, "message": word, "errorMessage": format!("{word} ({code})"), "result": null })
        }
    };
    Json(body).into_response()
}
