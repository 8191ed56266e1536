//! Every operation that reads, with what it is asked for: the table that `control` measures, and how it does so.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::account::{Account, Size};
use crate::answer::Answer;
use crate::api::{Api, expect_status};
use crate::drive::{Load, Pace, Script, Stop};
use crate::request::{Caller, encoded};
use crate::{Result, stats};

/// One row of the table.
pub struct Read {
    operation: &'static str,
    /// What is particular about the request, if anything.
    note: &'static str,
    kind: Kind,
}

enum Kind {
    /// One of these targets each time.
    Each(Vec<String>),
    /// A list from its first page to its last, again and again.
    Pages { target: String, items: Items },
}

/// How many items a list has.
#[derive(Clone, Copy, Debug)]
enum Items {
    Exactly(usize),
    /// The account's own, and some that every account has.
    MoreThan(usize),
}

/// What reading cost, in milliseconds.
#[derive(Debug, Serialize)]
pub struct Figures {
    pub operation: &'static str,
    pub note: &'static str,
    pub requests: usize,
    /// Of a list.
    pub pages: Option<usize>,
    /// Of an answer, on average.
    pub bytes: f64,
    pub median_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    /// The median of the page whose median is highest; of what has no pages, the median.
    pub slowest_page_ms: f64,
}

/// Lists every Get* and List* with what there is to be read in an account.
pub fn all(account: &Account, size: Size) -> Vec<Read> {
    let application = account.application();
    let profile = |id: &String| format!("{application}/configurationprofiles/{id}");
    let versions = |id: &String| format!("{}/hostedconfigurationversions", profile(id));
    let environment = |id: &String| format!("{application}/environments/{id}");
    let definition = |id: &String| format!("{application}/experimentdefinitions/{id}");
    let first_environment = environment(&account.environments[0]);
    let first_versions = versions(&account.profiles[0]);
    let deployments = format!("{first_environment}/deployments");
    let runs = format!("{}/experimentruns", definition(&account.definitions[0]));
    let events = format!("{runs}/{}/events", size.runs);
    let tags = format!("/tags/{}", encoded(&account.application_arn()));
    let of_first_profile = format!("?resource_identifier={}", encoded(&account.profile_arn(0)));
    let [per_profile, per_extension] = [size.profiles, size.extensions].map(|among| size.associations.div_ceil(among));

    let each = |operation, note, targets| Read { operation, note, kind: Kind::Each(targets) };
    let list = |operation, note, target: &str, items| {
        let target = target.to_owned();
        Read { operation, note, kind: Kind::Pages { target, items } }
    };
    let under = |path: &str, ids: &[String]| Vec::from_iter(ids.iter().map(|id| format!("{path}/{id}")));
    let numbered = |path: &str, count| Vec::from_iter((1..=count).map(|number| format!("{path}/{number}")));
    use Items::{Exactly, MoreThan};
    vec![
        each("GetAccountSettings", "", vec!["/settings".into()]),
        each("GetApplication", "", under("/applications", &account.applications)),
        each("GetConfiguration", "", {
            let deployed = account.profiles[..size.deployments_of_first().min(size.profiles - 1)].iter();
            deployed.map(|id| format!("{first_environment}/configurations/{id}?client_id=bench")).collect()
        }),
        each("GetConfigurationProfile", "", account.profiles.iter().map(profile).collect()),
        each("GetDeployment", "", numbered(&deployments, size.deployments_of_first())),
        each("GetDeploymentStrategy", "", under("/deploymentstrategies", &account.strategies)),
        each("GetEnvironment", "", account.environments.iter().map(environment).collect()),
        each("GetExperimentDefinition", "", account.definitions.iter().map(definition).collect()),
        each("GetExperimentRun", "", numbered(&runs, size.runs)),
        each("GetExtension", "", under("/extensions", &account.extensions)),
        each("GetExtensionAssociation", "", under("/extensionassociations", &account.associations)),
        each("GetHostedConfigurationVersion", "of one profile", numbered(&first_versions, size.versions_of_first())),
        each("GetHostedConfigurationVersion", "of all profiles", {
            account.profiles.iter().map(|id| format!("{}/1", versions(id))).collect()
        }),
        each("ListTagsForResource", "50 tags", vec![tags]),
        list("ListApplications", "", "/applications", Exactly(size.applications)),
        list("ListConfigurationProfiles", "", &format!("{application}/configurationprofiles"), Exactly(size.profiles)),
        list(
            "ListConfigurationProfiles",
            "type of one of them",
            &format!("{application}/configurationprofiles?type=AWS.AppConfig.FeatureFlags"),
            Exactly(1),
        ),
        list("ListDeployments", "", &deployments, Exactly(size.deployments_of_first())),
        list("ListDeploymentStrategies", "", "/deploymentstrategies", MoreThan(size.strategies)),
        list("ListEnvironments", "", &format!("{application}/environments"), Exactly(size.environments)),
        list("ListExperimentDefinitions", "", "/experimentdefinitions", Exactly(size.definitions)),
        list("ListExperimentDefinitions", "status of none", "/experimentdefinitions?status=ARCHIVED", Exactly(0)),
        list("ListExperimentRunEvents", "", &events, Exactly(size.events)),
        list("ListExperimentRuns", "", &runs, Exactly(size.runs)),
        list("ListExtensionAssociations", "", "/extensionassociations", Exactly(size.associations)),
        list(
            "ListExtensionAssociations",
            "of one resource",
            &format!("/extensionassociations{of_first_profile}"),
            Exactly(per_profile),
        ),
        list(
            "ListExtensionAssociations",
            "of one extension",
            &format!("/extensionassociations?extension_identifier={}", account.extensions[0]),
            Exactly(per_extension),
        ),
        list("ListExtensions", "", "/extensions", MoreThan(size.extensions)),
        list("ListExtensions", "by name", "/extensions?name=extension-00000", Exactly(1)),
        list("ListHostedConfigurationVersions", "", &first_versions, Exactly(size.versions_of_first())),
        list(
            "ListHostedConfigurationVersions",
            "label of the oldest",
            &format!("{first_versions}?version_label=build-0"),
            Exactly(1),
        ),
        list(
            "ListHostedConfigurationVersions",
            "label of none",
            &format!("{first_versions}?version_label=nothing*"),
            Exactly(0),
        ),
    ]
}

/// Times a read, one request at a time: at least so many, and a list whole as often as that takes.
///
/// # Errors
/// An answer is not a success, or a list has not as many items as were made, or not the same in each lap.
pub fn measure(api: &Api<'_>, read: &Read, requests: usize) -> Result<Figures> {
    let mut load = Load::open(api.address, 1)?;
    let (run, pages) = match &read.kind {
        Kind::Each(targets) => {
            let mut script = Each { caller: api.caller, targets, next: 0, left: requests / 10 };
            load.run(&mut script, Pace::BackToBack, Stop::WhenDone)?;
            script.left = requests;
            (load.run(&mut script, Pace::BackToBack, Stop::WhenDone)?, None)
        }
        Kind::Pages { target, items } => {
            // A lap to warm up, which also counts the pages.
            let mut script = Walk::new(api.caller, target, 1);
            load.run(&mut script, Pace::BackToBack, Stop::WhenDone)?;
            let (found, pages) = (script.found_in_lap, script.pages_in_lap);
            let is_right = match *items {
                Items::Exactly(count) => found == count,
                Items::MoreThan(count) => found > count,
            };
            if !is_right {
                return Err(format!("{}: {found} items instead of {items:?}", read.operation).into());
            }
            // A page's median needs a few laps, however many pages there are.
            let mut script = Walk::new(api.caller, target, requests.div_ceil(pages).max(5));
            let run = load.run(&mut script, Pace::BackToBack, Stop::WhenDone)?;
            if (script.found_in_lap, script.pages_in_lap) != (found, pages) {
                return Err(format!("{}: another list in another lap", read.operation).into());
            }
            (run, Some(pages))
        }
    };
    let bytes = run.answer_bytes as f64 / run.answers.max(1) as f64;
    Ok(figures(read, pages, bytes, run.latencies_ns))
}

/// Summarises times in the order in which they were taken.
fn figures(read: &Read, pages: Option<usize>, bytes: f64, mut times_ns: Vec<u64>) -> Figures {
    let ms = |time_ns: u64| time_ns as f64 / 1e6;
    let medians_ms = (0..pages.unwrap_or(1)).filter_map(|page| {
        let of_page = times_ns.iter().skip(page).step_by(pages.unwrap_or(1));
        stats::median(of_page.map(|time_ns| ms(*time_ns)))
    });
    let slowest_page_ms = medians_ms.max_by(f64::total_cmp).unwrap_or(0.0);
    let mut percentile_ms = |per_mille| ms(stats::percentile(&mut times_ns, per_mille).unwrap_or(0));
    Figures {
        operation: read.operation,
        note: read.note,
        pages,
        bytes,
        median_ms: percentile_ms(500),
        p99_ms: percentile_ms(990),
        max_ms: percentile_ms(1_000),
        slowest_page_ms,
        requests: times_ns.len(),
    }
}

/// Asks for one target after another, in leaps, so that neighbours do not follow one another.
struct Each<'a> {
    caller: &'a Caller,
    targets: &'a [String],
    next: usize,
    left: usize,
}

impl Script for Each<'_> {
    fn ask(&mut self, _: usize, out: &mut Vec<u8>) -> bool {
        const LEAP: usize = 7_919;
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        self.caller.get(&self.targets[self.next], out);
        self.next = (self.next + LEAP) % self.targets.len();
        true
    }

    fn hear(&mut self, _: usize, answer: &Answer<'_>) -> Result<()> {
        expect_status(answer, 200)
    }
}

/// Walks through a list, page after page.
struct Walk<'a> {
    caller: &'a Caller,
    target: &'a str,
    laps_left: usize,
    next_token: Option<String>,
    found_in_lap: usize,
    pages_in_lap: usize,
}

impl<'a> Walk<'a> {
    fn new(caller: &'a Caller, target: &'a str, laps: usize) -> Self {
        Self { caller, target, laps_left: laps, next_token: None, found_in_lap: 0, pages_in_lap: 0 }
    }
}

impl Script for Walk<'_> {
    fn ask(&mut self, _: usize, out: &mut Vec<u8>) -> bool {
        match &self.next_token {
            Some(token) => {
                let separator = if self.target.contains('?') { '&' } else { '?' };
                let target = format!("{}{separator}next_token={}", self.target, encoded(token));
                self.caller.get(&target, out);
            }
            None if self.laps_left == 0 => return false,
            None => {
                (self.found_in_lap, self.pages_in_lap) = (0, 0);
                self.caller.get(self.target, out);
            }
        }
        true
    }

    fn hear(&mut self, _: usize, answer: &Answer<'_>) -> Result<()> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Page {
            items: Vec<IgnoredAny>,
            next_token: Option<String>,
        }
        expect_status(answer, 200)?;
        let page: Page = serde_json::from_slice(answer.body)?;
        self.found_in_lap += page.items.len();
        self.pages_in_lap += 1;
        if page.next_token.is_none() {
            self.laps_left -= 1;
        }
        self.next_token = page.next_token;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_page_is_found_by_its_median() {
        let read = Read { operation: "List", note: "", kind: Kind::Each(Vec::new()) };
        // Three laps of two pages; the first page was slow once.
        let figures =
            figures(&read, Some(2), 0.0, vec![9_000_000, 2_000_000, 1_000_000, 3_000_000, 1_000_000, 2_000_000]);
        assert_eq!(figures.slowest_page_ms, 2.0);
        assert_eq!((figures.max_ms, figures.median_ms, figures.requests), (9.0, 2.0, 6));
    }
}
