//! Sessions kept in a file, so that a demo that is started again still knows what was bought: a whole new file takes the
//! old one's place by renaming, so a torn one is never read.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{Vpos, state::Session};

/// Between two writings: under load many changes are written together.
const PAUSE: Duration = Duration::from_millis(100);

impl Vpos {
    /// Takes up the sessions kept in `file`, and keeps them there from now on. To be called before the first request,
    /// within a tokio runtime; answers how many were found.
    ///
    /// # Errors
    /// When the file is there and cannot be read, or is not ours.
    pub fn keep_in(&self, file: PathBuf) -> io::Result<usize> {
        let kept: Vec<Session> = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let found = kept.len();
        self.0.sessions.restore(kept);
        let (mut changes, parts) = (self.0.sessions.changes(), Arc::downgrade(&self.0));
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                let Some(parts) = parts.upgrade() else { return };
                let path = file.clone();
                let written = tokio::task::spawn_blocking(move || write(&path, &parts.sessions.all())).await;
                if let Ok(Err(error)) = written {
                    tracing::warn!(%error, file = %file.display(), "the sandbox provider's sessions could not be kept");
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
        Ok(found)
    }
}

fn write(file: &Path, sessions: &[Session]) -> io::Result<()> {
    let fresh = file.with_extension("new");
    fs::write(&fresh, serde_json::to_vec(sessions)?)?;
    fs::rename(&fresh, file)
}
