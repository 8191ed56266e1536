//! How many tests ran: read from what the test runners print at their ends.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

/// How many tests passed, failed, and did not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

impl Count {
    pub fn passed(passed: usize) -> Self {
        Self { passed, ..Self::default() }
    }

    pub fn failed(failed: usize) -> Self {
        Self { failed, ..Self::default() }
    }

    /// Reads `cargo test`: a line for each program of tests, and one for each crate's examples in its documentation.
    pub fn of_cargo(output: &str) -> Self {
        let lines = output.lines().filter(|line| line.starts_with("test result: "));
        let counts = lines.map(|line| Self {
            passed: before(line, "passed"),
            failed: before(line, "failed"),
            skipped: before(line, "ignored"),
        });
        counts.sum()
    }

    /// Reads pytest: its last line. An error in a test's set-up counts as a failure, and an expected failure as skipped.
    pub fn of_pytest(output: &str) -> Self {
        let is_last = |line: &&str| line.starts_with('=') && line.contains(" in ") && line.ends_with('=');
        let line = output.lines().rev().map(str::trim).find(is_last).unwrap_or_default();
        Self {
            passed: before(line, "passed") + before(line, "xpassed"),
            failed: before(line, "failed") + before(line, "error") + before(line, "errors"),
            skipped: before(line, "skipped") + before(line, "xfailed"),
        }
    }

    /// Reads Node's runner: a line for each number, marked by `#` in TAP and by `ℹ` elsewhere.
    pub fn of_node(output: &str) -> Self {
        let value = |name: &str| {
            let lines = output.lines().filter_map(|line| line.strip_prefix(['#', 'ℹ']));
            let mut values = lines.filter_map(|line| line.trim().strip_prefix(name)?.trim().parse::<usize>().ok());
            values.next_back().unwrap_or(0)
        };
        Self {
            passed: value("pass "),
            failed: value("fail ") + value("cancelled "),
            skipped: value("skipped ") + value("todo "),
        }
    }
}

/// Returns the number that stands before a word.
fn before(line: &str, word: &str) -> usize {
    let words: Vec<_> = line.split([' ', ',', ';', '.']).filter(|word| !word.is_empty()).collect();
    let pair = words.windows(2).find(|pair| pair[1] == word);
    pair.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

impl Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Count;

    const fn count(passed: usize, failed: usize, skipped: usize) -> Count {
        Count { passed, failed, skipped }
    }

    #[test]
    fn cargo_says_a_line_for_each_program() {
        let output = "running 2 tests\ntest a ... ok\n\
            test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.50s\n";
        assert_eq!(Count::of_cargo(output), count(15, 2, 1));
        assert_eq!(Count::of_cargo("error: could not compile"), count(0, 0, 0));
    }

    #[test]
    fn pytest_says_one_line() {
        #[track_caller]
        fn check(line: &str, expect: Count) {
            assert_eq!(Count::of_pytest(&format!("== short test summary info ==\n{line}\n")), expect, "{line}");
        }
        check("===== 120 passed in 12.34s =====", count(120, 0, 0));
        check(
            "== 3 failed, 120 passed, 2 skipped, 1 xfailed, 1 xpassed, 2 errors in 100.00s (0:01:40) ==",
            count(121, 5, 3),
        );
        check("= 1 error in 0.10s =", count(0, 1, 0));
        check("===== no tests ran in 0.01s =====", count(0, 0, 0));
        check("4 passed", count(0, 0, 0));
    }

    #[test]
    fn node_says_a_line_for_each_number() {
        let tap =
            "# tests 14\n# suites 2\n# pass 9\n# fail 1\n# cancelled 1\n# skipped 2\n# todo 1\n# duration_ms 80.5\n";
        assert_eq!(Count::of_node(tap), count(9, 2, 3));
        assert_eq!(Count::of_node(&tap.replace('#', "ℹ")), count(9, 2, 3));
    }

    #[test]
    fn nothing_skipped_is_not_mentioned() {
        assert_eq!(count(3, 0, 0).to_string(), "3 passed, 0 failed");
        assert_eq!(count(3, 1, 2).to_string(), "3 passed, 1 failed, 2 skipped");
    }
}
