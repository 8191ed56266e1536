//! The few statistics that the tables need.

/// Returns the median; of an even number of values, the mean of the two in the middle. `None` of none.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values = Vec::from_iter(values);
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

/// Returns the value that `per_mille` of the values do not exceed (nearest rank). Sorts what it is given. `None` of none.
pub fn percentile(values: &mut [u64], per_mille: usize) -> Option<u64> {
    values.sort_unstable();
    let rank = (values.len() * per_mille).div_ceil(1000).max(1);
    values.get(rank - 1).copied()
}

/// A median with the range that it came from.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Spread {
    pub median: f64,
    pub lowest: f64,
    pub highest: f64,
}

/// Summarises the rounds of one figure. `None` of none.
pub fn spread(values: impl IntoIterator<Item = f64>) -> Option<Spread> {
    let values = Vec::from_iter(values);
    Some(Spread {
        median: median(values.iter().copied())?,
        lowest: values.iter().copied().min_by(f64::total_cmp)?,
        highest: values.iter().copied().max_by(f64::total_cmp)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_or_between_the_two_middles() {
        assert_eq!(median([]), None);
        assert_eq!(median([3.0]), Some(3.0));
        assert_eq!(median([9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(median([4.0, 1.0, 2.0, 100.0]), Some(3.0));
    }

    #[test]
    fn a_percentile_is_a_value_that_occurred() {
        let mut values = Vec::from_iter((1..=1000).rev());
        assert_eq!(percentile(&mut values, 500), Some(500));
        assert_eq!(percentile(&mut values, 990), Some(990));
        assert_eq!(percentile(&mut values, 999), Some(999));
        assert_eq!(percentile(&mut values, 1000), Some(1000));
        assert_eq!(percentile(&mut [7, 9], 500), Some(7));
        assert_eq!(percentile(&mut [7, 9], 501), Some(9));
        assert_eq!(percentile(&mut [7], 1), Some(7));
        assert_eq!(percentile(&mut [], 500), None);
    }

    #[test]
    fn a_spread_keeps_the_extremes() {
        assert_eq!(spread([2.0, 8.0, 4.0]), Some(Spread { median: 4.0, lowest: 2.0, highest: 8.0 }));
        assert_eq!(spread([]), None);
    }
}
