//! Streams from a Tidegate node, as many as there have to be: one carries a bounded number of sessions.

use std::sync::{Arc, Mutex, PoisonError};

use tidegate_follow::{Driver, Follower, Session};

use crate::settings::Settings;
use crate::version::LARGEST;

/// Sessions that one stream may carry.
const MOST_SESSIONS: usize = 256;

/// All followers of one node.
#[derive(Debug)]
pub(crate) struct Followers {
    settings: tidegate_follow::Settings,
    list: Mutex<Vec<(Follower, Arc<()>)>>,
}

/// A session that is followed.
#[derive(Debug)]
pub(crate) struct Watched {
    pub session: Session,
    /// Taken from its follower; given back when this is dropped.
    _place: Arc<()>,
}

impl Followers {
    /// Makes ready; none if upstream is AWS, or can only be reached through a proxy, or streams are not wanted.
    pub(crate) fn new(settings: &Settings) -> Result<Option<Self>, String> {
        let Some(url) = settings.upstream.as_ref().filter(|_| settings.stream && settings.proxy_url.is_none()) else {
            return Ok(None);
        };
        let settings = tidegate_follow::Settings {
            accepts_ion: true,
            connect_timeout: settings.request_timeout,
            max_content_bytes: LARGEST as u64,
            ..tidegate_follow::Settings::new(url)
        };
        // Whether they can be used is known now, and not only when the first one is.
        Follower::new(settings.clone()).map_err(|error| error.to_string())?;
        Ok(Some(Self { settings, list: Mutex::default() }))
    }

    /// Follows a session; `run` is given the driver of a follower that this takes anew.
    pub(crate) fn watch(&self, token: String, run: impl FnOnce(Driver)) -> Option<Watched> {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let free = list.iter().position(|(_, places)| Arc::strong_count(places) <= MOST_SESSIONS);
        let index = match free {
            Some(index) => index,
            None => {
                let (follower, driver) = Follower::new(self.settings.clone()).ok()?;
                run(driver);
                list.push((follower, Arc::new(())));
                list.len() - 1
            }
        };
        let (follower, places) = &list[index];
        Some(Watched { session: follower.watch(token), _place: places.clone() })
    }
}
