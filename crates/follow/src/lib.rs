//! A client of streams, as `docs/stream.md` has them: for agents, and for whoever wants to hear of changes at once.
//!
//! A [`Follower`] holds one stream to a node for many sessions. What it hands out it has received whole and checked
//! against its hash. While there is no stream a session is [`Standing::Waiting`], and its user polls with the session's
//! token; the follower comes back by itself.
//!
//! ```no_run
//! # async fn example(token: String) -> Result<(), Box<dyn std::error::Error>> {
//! use tidegate_follow::{Follower, Settings, Standing};
//!
//! let (follower, driver) = Follower::new(Settings::new("http://127.0.0.1:8787"))?;
//! let driving = tokio::spawn(driver.run());
//! let mut session = follower.watch(token);
//! loop {
//!     let told = session.told();
//!     match (told.standing, &told.state) {
//!         (Standing::Streaming, Some(state)) => println!("{:?}", state.served().map(|version| &version.content)),
//!         (Standing::Waiting, _) => { /* poll with told.token, and session.renew(...) */ }
//!         _ => { /* refused or gone: start a new session */ }
//!     }
//!     if !session.changed().await {
//!         break;
//!     }
//! }
//! # driving.await?;
//! # Ok(())
//! # }
//! ```

mod client;
mod driver;
mod events;
mod follower;
mod state;

pub use client::{BadSettings, Settings};
pub use driver::Driver;
pub use events::{Event, Events, TooLong};
pub use follower::{Follower, Session, Standing, Told};
pub use state::{Problem, Side, State, Version, place};
