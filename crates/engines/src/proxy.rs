//! A network that can be hurt: a TCP proxy on loopback.
//!
//! What passes it is not understood, only counted, so that it is for any protocol. A connection through it may be held
//! (a partition: nothing arrives, nobody is told), cut (a reset), or cut in the middle of what the server says.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

/// A proxy in front of one server. Dropping it cuts everything.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    target: SocketAddr,
    mode: Mode,
    /// How many bytes of replies still pass; then everything is cut, once.
    replies_left: Option<usize>,
    /// Both ends of each connection, with its number.
    open: Vec<(u64, TcpStream, TcpStream)>,
    accepted: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Pass,
    Hold,
    Cut,
    Closed,
}

impl Proxy {
    /// Listens on a free port, and passes on to the target.
    pub fn start(target: SocketAddr) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there are free ports");
        let address = listener.local_addr().expect("a listener has an address");
        let state = State { target, mode: Mode::Pass, replies_left: None, open: Vec::new(), accepted: 0 };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let of_listener = Arc::clone(&shared);
        thread::spawn(move || of_listener.listen(&listener));
        Proxy { address, shared }
    }

    /// Where to connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends new connections to another server.
    pub fn set_target(&self, target: SocketAddr) {
        self.set(|state| state.target = target);
    }

    /// Lets everything pass again, also what was held; new connections go to the target.
    pub fn pass(&self) {
        self.set(|state| (state.mode, state.replies_left) = (Mode::Pass, None));
    }

    /// Lets nothing pass in either direction, and closes nothing: a partition.
    pub fn hold(&self) {
        self.set(|state| state.mode = Mode::Hold);
    }

    /// Cuts all connections, and new ones as soon as they are there.
    pub fn cut(&self) {
        self.set(|state| {
            state.mode = Mode::Cut;
            state.cut();
        });
    }

    /// Cuts the connections that there are now; new ones pass.
    pub fn cut_once(&self) {
        self.set(State::cut);
    }

    /// Lets so many more bytes of replies pass, on whichever connection, and then cuts the connection that has more, once.
    pub fn cut_after_replies_of(&self, bytes: usize) {
        self.set(|state| state.replies_left = Some(bytes));
    }

    /// Whether the cut that was ordered last has not happened yet.
    pub fn is_cut_pending(&self) -> bool {
        self.shared.state().replies_left.is_some()
    }

    /// How many connections there have been.
    pub fn accepted(&self) -> u64 {
        self.shared.state().accepted
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.state());
        self.shared.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.set(|state| {
            state.mode = Mode::Closed;
            state.cut();
        });
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    fn cut(&mut self) {
        for (_, client, server) in self.open.drain(..) {
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the state of a proxy")
    }

    fn listen(self: Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            let (mode, target) = {
                let state = self.state();
                (state.mode, state.target)
            };
            let (Ok(client), Mode::Pass | Mode::Hold) = (client, mode) else {
                if mode == Mode::Closed {
                    return;
                }
                continue;
            };
            // A server that is not there closes the connection, as it would itself.
            let Ok(server) = TcpStream::connect(target) else { continue };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            self.join(client, server);
        }
    }

    fn join(self: &Arc<Self>, client: TcpStream, server: TcpStream) {
        let copy = |stream: &TcpStream| stream.try_clone().expect("there are descriptors left");
        let number = {
            let mut state = self.state();
            state.accepted += 1;
            let number = state.accepted;
            state.open.push((number, copy(&client), copy(&server)));
            number
        };
        let (requests, replies) = (Arc::clone(self), Arc::clone(self));
        let (client_too, server_too) = (copy(&client), copy(&server));
        thread::spawn(move || requests.pump(number, client_too, server_too, false));
        thread::spawn(move || replies.pump(number, server, client, true));
    }

    fn pump(&self, number: u64, mut from: TcpStream, mut to: TcpStream, is_reply: bool) {
        let mut buffer = [0; 16 * 1024];
        loop {
            let count = match from.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Ok(0) | Err(_) => break,
                Ok(count) => count,
            };
            let passing = self.pass(count, is_reply);
            if to.write_all(&buffer[..passing]).is_err() || passing < count {
                break;
            }
        }
        // Held connections do not hear of the other side's end either.
        drop(self.unheld());
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
        self.state().open.retain(|(open, _, _)| *open != number);
    }

    /// Waits while everything is held, and then says how many of the bytes may pass.
    fn pass(&self, count: usize, is_reply: bool) -> usize {
        let mut state = self.unheld();
        match state.replies_left {
            Some(left) if is_reply && left < count => {
                state.replies_left = None;
                left
            }
            Some(left) if is_reply => {
                state.replies_left = Some(left - count);
                count
            }
            _ => count,
        }
    }

    fn unheld(&self) -> MutexGuard<'_, State> {
        let state = self.state();
        self.changed.wait_while(state, |state| state.mode == Mode::Hold).expect("nothing panics in here")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                thread::spawn(move || {
                    let mut copy = stream.try_clone().unwrap();
                    let _ = std::io::copy(&mut stream, &mut copy);
                });
            }
        });
        address
    }

    #[test]
    fn replies_are_cut_where_it_was_said() {
        let proxy = Proxy::start(echo());
        let mut stream = TcpStream::connect(proxy.address()).unwrap();
        let mut answer = [0; 4];
        stream.write_all(b"once").unwrap();
        stream.read_exact(&mut answer).unwrap();
        proxy.cut_after_replies_of(3);
        stream.write_all(b"more").unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert_eq!(rest, b"mor");
        assert!(!proxy.is_cut_pending());
    }

    #[test]
    fn what_is_held_arrives_when_it_may_pass() {
        let proxy = Proxy::start(echo());
        let mut stream = TcpStream::connect(proxy.address()).unwrap();
        stream.write_all(b"a").unwrap();
        stream.read_exact(&mut [0]).unwrap();
        proxy.hold();
        stream.write_all(b"b").unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        assert!(stream.read_exact(&mut [0]).is_err());
        proxy.pass();
        stream.set_read_timeout(Some(crate::HANG)).unwrap();
        let mut answer = [0];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"b");
        proxy.cut();
        assert!(matches!(stream.read(&mut answer), Ok(0) | Err(_)));
    }
}
