//! What is particular to etcd: sizes, leases, compaction, quotas, logins, and answers that get lost.

use super::*;
use tidegate_engines::Etcd;

/// An address on the cluster that these tests share, with nothing there yet.
pub(super) fn fresh_address() -> EtcdAddress {
    Etcd::shared().url("", &[], &Etcd::fresh_prefix()).parse().unwrap()
}
