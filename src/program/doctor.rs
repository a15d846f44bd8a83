//! `khanut doctor`: every setting with its source, and whether the parts are well.

use anyhow::bail;
use server::{config::Config, db::Db, journal, secrets::Sealer};

use super::command::print;
use crate::site::Site;

pub(super) async fn run(config: &Config) -> anyhow::Result<()> {
    for line in &config.report {
        print(&format!("{:<30} {:<40} ({})", line.name, line.value, line.source))?;
    }
    let mut troubles = 0;
    let mut say = |what: &str, result: anyhow::Result<String>| match result {
        Ok(text) => print(&format!("well     {what}: {text}")),
        Err(error) => {
            troubles += 1;
            print(&format!("TROUBLE  {what}: {error:#}"))
        }
    };
    say("browser files", Site::find().and_then(|dir| Site::load(&dir)).map(|_| "found".to_owned()))?;
    let key = config.storage.master_key.as_deref();
    let key = key.ok_or_else(|| anyhow::anyhow!("KHANUT_MASTER_KEY is not set"));
    say("master key", key.and_then(Sealer::from_base64).map(|_| "32 bytes".to_owned()))?;
    match Db::open(&config.storage.database_url).await {
        Ok(db) => {
            say("database", db.ping().await.map(|()| "answers".to_owned()))?;
            say("commits", db.durability().await)?;
            say("schema", schema(&db).await)?;
            say("journal", whole(&db).await)?;
            db.close().await;
        }
        Err(error) => say("database", Err(error))?,
    }
    if troubles > 0 {
        bail!("{troubles} thing(s) are not well: see the lines that begin with TROUBLE");
    }
    Ok(())
}

async fn schema(db: &Db) -> anyhow::Result<String> {
    if db.is_migrated().await? {
        Ok("up to date".to_owned())
    } else {
        bail!("not this program's: run `khanut migrate`")
    }
}

async fn whole(db: &Db) -> anyhow::Result<String> {
    let verdicts = journal::verify_all(db).await?;
    match verdicts.iter().find(|(_, verdict)| matches!(verdict, journal::Verdict::Broken { .. })) {
        Some((merchant, verdict)) => bail!("{merchant}: {verdict:?}"),
        None => Ok(format!("{} whole", verdicts.len())),
    }
}
