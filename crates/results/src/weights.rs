//! The shares in which a run hands out its treatments.

use crate::broken::{Broken, shown};

/// Treatments with their weights, as the experiment definition has them.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights(pub(crate) Vec<(String, f64)>);

impl Weights {
    /// Reads weights such as `c=50,t1=25,t2=25`. They need not add up to anything in particular.
    ///
    /// # Errors
    /// Something is not `KEY=NUMBER`, a key is there twice, a number is negative, or all are 0.
    pub fn parse(text: &str) -> Result<Self, Broken> {
        let mut weights: Vec<(String, f64)> = Vec::new();
        for part in text.split(',') {
            let broken = || {
                Broken::new(format!("'{}' is not a treatment with its weight", shown(part)))
                    .hint("write weights as c=50,t1=25,t2=25")
            };
            let (key, weight) = part.trim().split_once('=').ok_or_else(broken)?;
            let key = key.trim().trim_start_matches("__").trim_end_matches("__");
            let weight: f64 = weight.trim().parse().map_err(|_| broken())?;
            if key.is_empty() || !weight.is_finite() || weight < 0.0 {
                return Err(broken());
            }
            if weights.iter().any(|(known, _)| known == key) {
                return Err(Broken::new(format!("treatment '{}' has two weights", shown(key))));
            }
            weights.push((key.to_owned(), weight));
        }
        let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
        match sum > 0.0 && sum.is_finite() {
            true => Ok(Self(weights)),
            false => Err(Broken::new("the weights add up to nothing")),
        }
    }

    pub(crate) fn of(&self, key: &str) -> Option<f64> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, weight)| *weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read() {
        let weights = Weights::parse("c=50, __t1__=25.5,t2=0").expect("they are right");
        assert_eq!(weights.0, [("c".to_owned(), 50.0), ("t1".to_owned(), 25.5), ("t2".to_owned(), 0.0)]);
    }

    #[test]
    fn other_things_are_not() {
        for text in ["", "c", "c=", "c=x", "c=-1", "c=nan", "c=inf", "c=1,c=1", "c=0,t1=0", "=1", "c=1e308,t1=1e308"] {
            assert!(Weights::parse(text).is_err(), "{text}");
        }
    }
}
