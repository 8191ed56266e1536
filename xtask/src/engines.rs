//! The engines that tests start: Debian's packages of the programs in `tidegate-engines`' table.

use anyhow::Result;
use tidegate_engines::programs::PROGRAMS;

use crate::debian;

/// Installs the packages whose programs are missing, where that is possible; fails with what to do where it is not.
pub fn ready() -> Result<()> {
    for program in PROGRAMS {
        debian::ensure_that(|| program.find().is_some(), program.package)?;
    }
    Ok(())
}
