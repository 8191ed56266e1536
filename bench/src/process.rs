//! Child processes that cannot outlive the benchmark, and what the operating system says of them.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::time::ClockId;
use nix::unistd::{Pid, SysconfVar, sysconf};
use serde::Serialize;

use crate::{Failure, Result};

/// How long a server that was told to stop may take.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// A server under test; stopped when dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program whose output goes to `log`. The kernel ends it should the benchmark be killed.
    pub fn start(program: &Path, arguments: &[String], log: PathBuf) -> Result<Self> {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "--"]).arg(program).args(arguments);
        let output = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        Ok(Self { child, log })
    }

    /// Waits until the process accepts connections.
    pub fn wait_until_it_listens(&mut self, address: SocketAddr) -> Result<()> {
        let given_up = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
            self.check_that_it_runs()?;
            if Instant::now() > given_up {
                return Err(self.failure("does not listen"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Fails, with the last words of its log, if the process has ended.
    pub fn check_that_it_runs(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => Err(self.failure(&format!("ended with {status}"))),
            None => Ok(()),
        }
    }

    /// Tells the process to end, and waits until it has ended well. Returns how long that took.
    pub fn stop(mut self) -> Result<Duration> {
        let asked_at = Instant::now();
        kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM)?;
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(asked_at.elapsed()),
                Some(status) => return Err(self.failure(&format!("was told to stop and ended with {status}"))),
                None if asked_at.elapsed() > STOP_PATIENCE => return Err(self.failure("does not stop")),
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    fn failure(&self, state: &str) -> Failure {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let tail = Vec::from_iter(log.lines().rev().take(8)).into_iter().rev();
        format!("a server {state}; its last words:\n{}", Vec::from_iter(tail).join("\n")).into()
    }

    /// Lists the process and its children: together they are "the server".
    pub fn pids(&self) -> Result<Vec<Pid>> {
        let parent = Pid::from_raw(self.child.id().cast_signed());
        let mut pids = vec![parent];
        for entry in fs::read_dir("/proc")? {
            let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            if stat_fields(Pid::from_raw(pid)).is_ok_and(|fields| fields[1] == parent.to_string()) {
                pids.push(Pid::from_raw(pid));
            }
        }
        Ok(pids)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        let _ = kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM);
        let given_up = Instant::now() + STOP_PATIENCE;
        while let Ok(None) = self.child.try_wait() {
            if Instant::now() > given_up {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Finds a loopback address that nobody listens on.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Processor time that some processes have used so far.
#[derive(Clone, Copy, Default)]
pub struct CpuTime {
    /// From the processes' CPU clocks: nanoseconds, all threads, ended ones too.
    pub total: Duration,
    /// Of the clock ticks that `/proc/PID/stat` counts, those in the kernel and all. Coarse: only for the split.
    pub kernel_ticks: u64,
    pub all_ticks: u64,
}

impl CpuTime {
    /// Reads the clocks of all of a server's processes.
    pub fn of(pids: &[Pid]) -> Result<Self> {
        let mut sum = Self::default();
        for pid in pids {
            sum.total += Duration::from(ClockId::pid_cpu_clock_id(*pid)?.now()?);
            let fields = stat_fields(*pid)?;
            let [user, kernel] = [&fields[11], &fields[12]].map(|ticks| ticks.parse().unwrap_or(0));
            sum.kernel_ticks += kernel;
            sum.all_ticks += user + kernel;
        }
        Ok(sum)
    }

    /// Returns what was used since an earlier reading.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            total: self.total.saturating_sub(earlier.total),
            kernel_ticks: self.kernel_ticks.saturating_sub(earlier.kernel_ticks),
            all_ticks: self.all_ticks.saturating_sub(earlier.all_ticks),
        }
    }
}

/// Returns the processor time of the benchmark itself.
pub fn own_cpu_time() -> Result<Duration> {
    Ok(Duration::from(ClockId::CLOCK_PROCESS_CPUTIME_ID.now()?))
}

/// Returns how long all processors together have been busy, stolen time included, in clock ticks' precision.
pub fn machine_busy_time() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().unwrap_or_default();
    // user nice system idle iowait irq softirq steal; guest time is in user already.
    let ticks = Vec::from_iter(line.split_whitespace().skip(1).take(8).map(|tick| tick.parse::<u64>().unwrap_or(0)));
    let busy: u64 = ticks.iter().enumerate().filter(|(index, _)| !matches!(index, 3 | 4)).map(|(_, tick)| tick).sum();
    Ok(Duration::from_secs_f64(busy as f64 / ticks_per_second()))
}

/// Watches how much of the machine somebody else uses, server and benchmark aside.
pub struct Watch<'a> {
    pids: &'a [Pid],
    since: Instant,
    machine: Duration,
    ours: Duration,
}

impl<'a> Watch<'a> {
    /// Begins to watch; the processes are the server's.
    pub fn begin(pids: &'a [Pid]) -> Result<Self> {
        let ours = own_cpu_time()? + CpuTime::of(pids)?.total;
        Ok(Self { pids, since: Instant::now(), machine: machine_busy_time()?, ours })
    }

    /// Returns the share of all processors, 0 to 1, that others have used since the beginning.
    pub fn foreign_share(&self) -> Result<f64> {
        let machine = machine_busy_time()?.saturating_sub(self.machine);
        let ours = (own_cpu_time()? + CpuTime::of(self.pids)?.total).saturating_sub(self.ours);
        let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
        Ok(machine.saturating_sub(ours).as_secs_f64() / (self.since.elapsed().as_secs_f64() * cores))
    }
}

/// Returns the resolution of the figures that are counted in ticks.
pub fn ticks_per_second() -> f64 {
    sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100) as f64
}

/// The fields of `/proc/PID/stat` from the third one (the state) on: what stands before may contain spaces.
fn stat_fields(pid: Pid) -> Result<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("an odd /proc/PID/stat")?;
    let fields = Vec::from_iter(fields.split(' ').map(str::to_owned));
    if fields.len() < 20 { Err("a short /proc/PID/stat".into()) } else { Ok(fields) }
}

/// Memory of a server's processes, in KiB.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Memory {
    pub rss_kib: u64,
    pub pss_kib: u64,
    pub anonymous_kib: u64,
}

impl Memory {
    /// Reads `/proc/PID/smaps_rollup`.
    pub fn of(pids: &[Pid]) -> Result<Self> {
        let mut sum = Self::default();
        for pid in pids {
            let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
            sum.rss_kib += rollup_field(&rollup, "Rss:")?;
            sum.pss_kib += rollup_field(&rollup, "Pss:")?;
            sum.anonymous_kib += rollup_field(&rollup, "Anonymous:")?;
        }
        Ok(sum)
    }
}

fn rollup_field(rollup: &str, name: &str) -> Result<u64> {
    rollup
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok())
        .ok_or_else(|| format!("no {name} in smaps_rollup").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_and_memory_of_this_process_can_be_read() {
        let pids = [Pid::this()];
        let earlier = CpuTime::of(&pids).unwrap();
        let busy_until = Instant::now() + Duration::from_millis(2);
        while Instant::now() < busy_until {}
        assert!(CpuTime::of(&pids).unwrap().since(earlier).total > Duration::ZERO);
        let memory = Memory::of(&pids).unwrap();
        assert!(memory.rss_kib >= memory.anonymous_kib && memory.pss_kib > 0);
        assert!(machine_busy_time().unwrap() > Duration::ZERO);
    }

    #[test]
    fn a_rollup_field_is_found_by_its_whole_name() {
        let rollup = "Pss:                 120 kB\nPss_Anon:     7 kB\n";
        assert_eq!(rollup_field(rollup, "Pss:").unwrap(), 120);
        assert!(rollup_field(rollup, "Rss:").is_err());
    }
}
