//! The database goes away in the middle of the day: restarted, or fallen silent. Nobody hears "yes" for what is not
//! committed, and when it is back everything goes on without a restart of the program.
//!
//! A switch stands between the program and its PostgreSQL; whoever asks what is true asks the database itself.

use std::{sync::Arc, time::Duration};

use domain::payment::PaymentStatus;
use sea_orm::{Database, DatabaseConnection};
use server::{db::Db, payments::Payment};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use crate::{
    bank::Bank,
    stage::{On, Stage, fresh_database, number},
};

/// What the switch does with connections.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Open,
    /// All are cut, and new ones refused.
    Cut,
    /// All are held, and nothing comes through.
    Silent,
}

struct Switch {
    address: String,
    line: watch::Sender<Line>,
}

impl Switch {
    async fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (line, state) = watch::channel(Line::Open);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *state.borrow() != Line::Cut {
                    tokio::spawn(carry(client, server.clone(), state.clone()));
                }
            }
        });
        Self { address, line }
    }

    fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

/// Carries one connection for as long as the line is open; a silent one is held until the line changes again, then cut.
async fn carry(mut client: TcpStream, server: String, mut state: watch::Receiver<Line>) {
    let carried = async {
        let Ok(mut server) = TcpStream::connect(server).await else { return };
        let _ = copy_bidirectional(&mut client, &mut server).await;
    };
    tokio::select! {
        () = carried => return,
        _ = state.wait_for(|line| *line != Line::Open) => {}
    }
    let _ = state.wait_for(|line| *line != Line::Silent).await;
}

/// Posts a webhook for each payment, all at once, and gives the answers.
async fn tell_all(stage: &Arc<Stage>, payments: &[Payment]) -> Vec<u16> {
    let mut posts = JoinSet::new();
    for (i, payment) in payments.iter().cloned().enumerate() {
        let stage = stage.clone();
        posts.spawn(async move {
            (i, stage.post_event(&stage.event(&format!("evt_{}", payment.id), &payment, "paid")).await)
        });
    }
    let mut answers = posts.join_all().await;
    answers.sort_unstable();
    answers.into_iter().map(|(_, answer)| answer).collect()
}

pub async fn is_paid(direct: &DatabaseConnection, payment: &Payment) -> bool {
    number(direct, &format!("SELECT COUNT(*) FROM payments WHERE id = '{}' AND status = 'paid'", payment.id)).await == 1
}

/// Nobody was told "yes" of what the database does not have; the rest heard "come again".
async fn honest(direct: &DatabaseConnection, payments: &[Payment], answers: &[u16]) {
    for (payment, answer) in payments.iter().zip(answers) {
        match answer {
            200 => assert!(is_paid(direct, payment).await, "told yes, and it is not there: {payment:?}"),
            other => assert_eq!(*other, 503, "what is not committed is for later"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_vanishes_takes_nothing_with_it() {
    let (url, _) = fresh_database(On::Postgres).await;
    let (user, rest) = url.split_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let switch = Switch::before(server.to_owned()).await;
    let through = format!("{user}@{}/{name}", switch.address);
    let db = Db::open_with(&through, Duration::from_secs(1)).await.unwrap();
    let stage = Arc::new(Stage::on(db, url.clone(), None).await);
    let direct = Database::connect(&url).await.unwrap();
    let bank = Bank::watch(&stage).await;

    for line in [Line::Cut, Line::Silent] {
        let mut payments = Vec::new();
        for _ in 0..24 {
            payments.push(stage.begun_and_ended().await);
        }
        let (before, rest) = payments.split_at(8);
        assert_eq!(tell_all(&stage, before).await, [200; 8]);
        let racing = tokio::spawn({
            let (stage, racing) = (stage.clone(), rest[..8].to_vec());
            async move { tell_all(&stage, &racing).await }
        });
        tokio::time::sleep(Duration::from_millis(2)).await;
        switch.set(line);
        let away = tell_all(&stage, &rest[8..]).await;
        assert_eq!(away, [503; 8], "nothing is promised while it is away");
        honest(&direct, &rest[..8], &racing.await.unwrap()).await;

        switch.set(Line::Open);
        stage.until("the database is back", || async { stage.services.db.ping().await.is_ok() }).await;
        assert_eq!(tell_all(&stage, &payments).await, [200; 24], "sent again, as providers do");
        for payment in &payments {
            assert_eq!(stage.payment(&payment.id).await.status, PaymentStatus::Paid);
        }
        stage.audit().await;
    }
    bank.close().await;
}
