//! Which flags are in experiments, and who thereby got which treatment.
//!
//! Upstream says it in the header `Experiment-Flags`: `flag=ARN|t1=__t1__,c=__c__`, several separated by `;`.

/// More is not read: a run has at most six arms, and a document a bounded number of flags.
const LONGEST_HEADER: usize = 64 * 1_024;

/// The running experiments of one version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Experiments(Box<[Experiment]>);

/// An experiment's run on one flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Experiment {
    /// The flag's key.
    pub flag: Box<str>,
    /// Where the run is.
    pub region: Box<str>,
    /// The account's number.
    pub account: Box<str>,
    /// The application's id.
    pub application: Box<str>,
    /// The definition's id.
    pub definition: Box<str>,
    /// The run's number.
    pub run: Box<str>,
    /// Treatments' keys with the variants that stand for them.
    arms: Box<[(Box<str>, Box<str>)]>,
}

impl Experiments {
    /// Reads the header. What cannot be read of it is left out, and counted.
    pub fn of_header(header: &str) -> (Self, usize) {
        if header.len() > LONGEST_HEADER {
            return (Self::default(), 1);
        }
        let (mut experiments, mut unread) = (Vec::new(), 0);
        for part in header.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            match Experiment::of_part(part) {
                Some(experiment) => experiments.push(experiment),
                None => unread += 1,
            }
        }
        (Self(experiments.into()), unread)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The run on a flag, and the key of the treatment that its variant is, if it is one. For a treatment that an
    /// override gave, the key is the variant's own name, so that analyses can tell it from one that was drawn.
    pub fn treatment<'a>(&'a self, flag: &str, variant: &'a str) -> Option<(&'a Experiment, &'a str)> {
        let experiment = self.0.iter().find(|experiment| &*experiment.flag == flag)?;
        if let Some((key, _)) = experiment.arms.iter().find(|(_, name)| &**name == variant) {
            return Some((experiment, key));
        }
        let overridden = variant.strip_prefix("__")?.strip_suffix("_override__")?;
        experiment.arms.iter().any(|(key, _)| &**key == overridden).then_some((experiment, variant))
    }
}

impl Experiment {
    fn of_part(part: &str) -> Option<Self> {
        let (flag, rest) = part.split_once('=')?;
        let (arn, arms) = rest.split_once('|')?;
        let mut fields = arn.splitn(6, ':');
        let (_, _, _, region, account) =
            (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let mut path = fields.next()?.split('/');
        let mut after = |word: &str| (path.next()? == word).then(|| path.next()).flatten();
        let (application, definition, run) =
            (after("application")?, after("experimentdefinition")?, after("experimentrun")?);
        let arms = arms.split(',').map(|arm| arm.split_once('=').map(|(key, name)| (key.into(), name.into())));
        // They become names of directories.
        let is_name = |text: &str| {
            !text.is_empty()
                && text.len() <= 64
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        [region, account, application, definition, run].iter().all(|text| is_name(text)).then_some(())?;
        Some(Self {
            flag: flag.into(),
            region: region.into(),
            account: account.into(),
            application: application.into(),
            definition: definition.into(),
            run: run.into(),
            arms: arms.collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str =
        "arn:aws:appconfig:eu-west-1:111122223333:application/abc1234/experimentdefinition/def5678/experimentrun/2";

    #[test]
    fn a_treatment_is_found_by_its_variant() {
        let (experiments, unread) = Experiments::of_header(&format!("checkout={ARN}|t1=__t1__,c=__c__;other=x"));
        assert_eq!(unread, 1);
        let (run, key) = experiments.treatment("checkout", "__t1__").unwrap();
        assert_eq!((&*run.region, &*run.account, &*run.application), ("eu-west-1", "111122223333", "abc1234"));
        assert_eq!((&*run.definition, &*run.run, key), ("def5678", "2", "t1"));
        assert_eq!(experiments.treatment("checkout", "__c_override__").unwrap().1, "__c_override__");
        for (flag, variant) in [("checkout", "__default__"), ("checkout", "__t2_override__"), ("other", "__t1__")] {
            assert!(experiments.treatment(flag, variant).is_none(), "{flag} {variant}");
        }
    }

    #[test]
    fn what_leads_out_of_a_directory_is_no_name() {
        let hostile = ARN.replace("abc1234", "..");
        let (experiments, unread) = Experiments::of_header(&format!("checkout={hostile}|t1=__t1__"));
        assert_eq!((experiments.is_empty(), unread), (true, 1));
    }
}
