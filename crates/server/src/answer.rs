//! The body of an answer: whole, or a stream.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};

use crate::paced::Held;
use crate::stream::StreamBody;

/// See the module.
pub(crate) enum Answer {
    Whole(Full<Bytes>),
    /// Boxed, so that a connection's memory is that of a poll.
    Stream(Pin<Box<StreamBody>>, #[expect(dead_code, reason = "dropped with the stream")] Held),
}

impl From<Bytes> for Answer {
    fn from(body: Bytes) -> Self {
        Self::Whole(Full::new(body))
    }
}

impl Answer {
    /// A stream, whose connection is not idle for as long as it lasts.
    pub(crate) fn stream(body: StreamBody, held: Held) -> Self {
        Self::Stream(Box::pin(body), held)
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Stream(body, _) => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Stream(body, _) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Stream(body, _) => body.size_hint(),
        }
    }
}
