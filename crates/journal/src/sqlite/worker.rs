//! A thread that owns a connection and does one job after the other.
//!
//! There is no limit on how many wait: whoever calls has one write under way and its reads, and waits for the answers.

use super::explain::Reason;
use rusqlite::Connection;
use std::io;
use std::sync::{Mutex, MutexGuard, mpsc};
use std::thread::{self, JoinHandle};
use tokio::sync::{oneshot, watch};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

pub(super) struct Worker {
    inbox: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Option<JoinHandle<()>>,
    /// Never changes; it closes when the thread has closed its connection.
    ended: watch::Receiver<()>,
}

impl Worker {
    pub(super) fn start(name: &str, mut connection: Connection) -> io::Result<Worker> {
        let (inbox, jobs) = mpsc::channel::<Job>();
        let (end, ended) = watch::channel(());
        let work = move || {
            while let Ok(job) = jobs.recv() {
                job(&mut connection);
            }
            if let Err((_, error)) = connection.close() {
                tracing::warn!(%error, "closing a connection to the journal failed");
            }
            drop(end);
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(work)?;
        Ok(Worker { inbox: Mutex::new(Some(inbox)), thread: Some(thread), ended })
    }

    /// Does the job after those that came before it. A job that nobody waits for any more when its turn comes is
    /// skipped; one that has begun is finished.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, Reason> + Send + 'static,
    ) -> Result<T, Reason> {
        let (tell, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            if !tell.is_closed() {
                // Nobody to tell is a caller that gave up in the meantime.
                let _ = tell.send(job(connection));
            }
        });
        let is_sent = self.inbox().as_ref().is_some_and(|inbox| inbox.send(job).is_ok());
        if !is_sent {
            return Err(Reason::new("it is closed"));
        }
        answer.await.unwrap_or_else(|_| Err(Reason::new("its thread ended in the middle of the work")))
    }

    pub(super) fn is_running(&self) -> bool {
        self.inbox().is_some()
    }

    /// Takes no more jobs, and resolves when those that came before are done and the connection is closed.
    pub(super) async fn stop(&self) {
        self.inbox().take();
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }

    fn inbox(&self) -> MutexGuard<'_, Option<mpsc::Sender<Job>>> {
        self.inbox.lock().expect("nothing panics while it holds the inbox of a worker")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.inbox().take();
        let Some(thread) = self.thread.take() else {
            return;
        };
        if thread.join().is_err() {
            tracing::error!("a thread of the journal panicked");
        }
    }
}
