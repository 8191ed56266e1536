//! The line between a node and the store.
//!
//! A write that has left its sender is delivered whatever becomes of the sender, unless the line loses it.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tidegate_journal::{AppendError, BlobId, BlobInfo, BoxFuture, Entry, EntryId, Journal, Snapshot, Unavailable};
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::life::Life;
use super::stage::{Plant, Stage, Weather};

/// One process's end of its machine's line.
pub struct Line {
    stage: Arc<Stage>,
    life: Arc<Life>,
}

impl Line {
    pub fn new(stage: Arc<Stage>, life: Arc<Life>) -> Self {
        Self { stage, life }
    }

    fn weather(&self) -> Weather {
        self.stage.weather(self.life.machine)
    }

    /// The way there: it takes time, and may end nowhere.
    async fn send(&self, doing: &str) -> Result<(), Unavailable> {
        self.life.deal().await;
        self.travel(doing).await
    }

    /// The way back; then the process goes on, or dies.
    async fn receive(&self, doing: &str) -> Result<(), Unavailable> {
        let travelled = self.travel(doing).await;
        self.life.deal().await;
        travelled
    }

    async fn travel(&self, doing: &str) -> Result<(), Unavailable> {
        let weather = self.weather();
        let (pause, is_lost, is_told) = {
            let mut chance = self.stage.chance();
            (chance.pause(weather.slowest), chance.strikes(weather.lost_per_mille), chance.strikes(700))
        };
        sleep(pause).await;
        let is_cut = self.weather().is_cut;
        if !is_cut && !is_lost {
            return Ok(());
        }
        self.stage.saw(|seen| seen.lost += 1);
        if is_told {
            return Err(Unavailable::new(doing, "the connection broke"));
        }
        pending().await
    }

    async fn ask<T>(
        &self,
        doing: &str,
        question: impl Future<Output = Result<T, Unavailable>>,
    ) -> Result<T, Unavailable> {
        self.send(doing).await?;
        let answer = question.await?;
        self.receive(doing).await?;
        Ok(answer)
    }
}

impl Journal for Line {
    fn append<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(async move {
            self.send("append").await?;
            let (deliver, delivered) = oneshot::channel();
            let (stage, machine, entry) = (self.stage.clone(), self.life.machine, entry.clone());
            let plant = stage.plant;
            let pause = {
                let slowest = self.weather().slowest;
                stage.chance().pause(slowest)
            };
            if plant == Plant::AcknowledgeUnwritten && stage.chance().strikes(20) {
                return Ok(());
            }
            tokio::spawn(async move {
                sleep(pause).await;
                // Nobody waits any more, if the sender is dead.
                let _ = deliver.send(stage.append(machine, entry).await);
            });
            let outcome = delivered.await.expect("what was sent is delivered");
            match self.receive("append").await {
                Ok(()) => outcome,
                Err(lost) if plant == Plant::ForgetLostAnswers => {
                    let entries = self.stage.journal.read(0, usize::MAX).await?;
                    let last = entries.last().map_or(EntryId::NONE, |last| last.id);
                    let body = entries.last().map_or(String::new(), |last| last.body.clone());
                    let id = EntryId(u128::from(self.stage.chance().number()));
                    let again = Entry { number: entries.len() as u64 + 1, id, prev: last, at_ms: 0, body };
                    self.stage.append(machine, again).await?;
                    Err(lost.into())
                }
                Err(lost) => Err(lost.into()),
            }
        })
    }

    fn read(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, Unavailable>> {
        Box::pin(async move {
            let mut entries = self.ask("read", self.stage.journal.read(after, limit)).await?;
            if self.stage.plant == Plant::ActWithoutClaim {
                entries.iter_mut().for_each(hide_claims);
            }
            Ok(entries)
        })
    }

    fn last(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        if self.stage.plant == Plant::ReadWithoutLook
            && let Some(node) = self.stage.node(self.life.machine)
        {
            let number = node.published().state.number;
            return Box::pin(std::future::ready(Ok(number)));
        }
        Box::pin(self.ask("read the last number", self.stage.journal.last()))
    }

    fn wait(&self, after: u64) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.stage.wait(after).await;
            let (pause, is_lost) = {
                let slowest = self.weather().slowest;
                let mut chance = self.stage.chance();
                (chance.pause(slowest), chance.strikes(100))
            };
            sleep(pause).await;
            if is_lost || self.weather().is_cut {
                pending::<()>().await;
            }
            self.life.deal().await;
        })
    }

    fn put_blob<'a>(&'a self, content: &'a Bytes) -> BoxFuture<'a, Result<BlobId, Unavailable>> {
        Box::pin(self.ask("store a blob", self.stage.journal.put_blob(content)))
    }

    fn get_blob(&self, id: BlobId) -> BoxFuture<'_, Result<Option<Bytes>, Unavailable>> {
        Box::pin(self.ask("read a blob", self.stage.journal.get_blob(id)))
    }

    fn save_snapshot<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(self.ask("save a snapshot", self.stage.journal.save_snapshot(snapshot)))
    }

    fn load_snapshot(&self) -> BoxFuture<'_, Result<Option<Snapshot>, Unavailable>> {
        Box::pin(self.ask("load the snapshot", self.stage.journal.load_snapshot()))
    }

    fn first(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(self.ask("read the first number", self.stage.journal.first()))
    }

    fn forget(&self, through: u64) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(self.ask("forget", self.stage.journal.forget(through)))
    }

    fn begin<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<(), AppendError>> {
        self.stage.journal.begin(entry)
    }

    fn list_blobs(&self, after: Option<BlobId>, limit: usize) -> BoxFuture<'_, Result<Vec<BlobInfo>, Unavailable>> {
        Box::pin(self.ask("list the blobs", self.stage.journal.list_blobs(after, limit)))
    }

    fn delete_blob(&self, id: BlobId) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(self.ask("delete a blob", self.stage.journal.delete_blob(id)))
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(self.ask("probe", self.stage.journal.probe()))
    }
}

fn hide_claims(entry: &mut Entry) {
    let mut decision: serde_json::Value = serde_json::from_str(&entry.body).expect("an entry is JSON");
    if let Some(events) = decision["events"].as_array_mut() {
        events.retain(|event| event.get("WorkClaimed").is_none());
    }
    entry.body = decision.to_string();
}

/// Calm weather.
pub const CALM: Weather = Weather { is_cut: false, slowest: Duration::from_millis(20), lost_per_mille: 0 };
