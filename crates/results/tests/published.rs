//! The formulas against published worked examples, and against SciPy 1.17.1 and statsmodels, whose values stand here as
//! constants.
#![allow(missing_docs, reason = "tests")]

use tidegate_results::statistics::{
    Moments, Proportion, bonferroni, goodness_of_fit, holm, newcombe, same_proportions, t_quantile, two_proportions,
    welch, wilson, z_quantile,
};

#[track_caller]
fn close(found: f64, expected: f64, relative: f64) {
    let error = (found - expected).abs() / expected.abs().max(1e-12);
    assert!(error <= relative, "{found} is not {expected}: off by {error:e}");
}

fn of(successes: u64, of: u64) -> Proportion {
    Proportion { successes, of }
}

fn moments(values: &[f64]) -> Moments {
    let mut moments = Moments::default();
    moments.extend(values.iter().copied());
    moments
}

/// R. G. Newcombe, Statistics in Medicine 17 (1998), 873–890, Table II, method 10 (score, no continuity correction),
/// 95 %, to four decimals as printed; the longer values are statsmodels' `confint_proportions_2indep(method="newcomb")`.
#[test]
fn differences_of_proportions_have_newcombes_intervals() {
    let z = z_quantile(0.025);
    let check = |first: Proportion, second: Proportion, printed: (f64, f64), low: f64, high: f64| {
        let interval = newcombe(first, second, z);
        assert!((interval.low - printed.0).abs() < 0.000_051, "{first:?} {second:?}: {interval:?}");
        assert!((interval.high - printed.1).abs() < 0.000_051, "{first:?} {second:?}: {interval:?}");
        close(interval.low, low, 1e-12);
        close(interval.high, high, 1e-12);
    };
    check(of(56, 70), of(48, 80), (0.0524, 0.3339), 0.052_431_472_402_365_03, 0.333_872_654_036_906_3);
    check(of(9, 10), of(3, 10), (0.1705, 0.8090), 0.170_522_723_934_502_8, 0.809_017_973_535_488);
    check(of(6, 7), of(2, 7), (0.0582, 0.8062), 0.058_227_927_482_312_02, 0.806_249_637_524_227_8);
    check(of(5, 56), of(0, 29), (-0.0381, 0.1926), -0.038_137_147_903_536_84, 0.192_560_013_855_111_6);
    check(of(0, 10), of(0, 20), (-0.1611, 0.2775), -0.161_125_158_052_819_4, 0.277_532_799_862_889_3);
    check(of(0, 10), of(0, 10), (-0.2775, 0.2775), -0.277_532_799_862_889_3, 0.277_532_799_862_889_3);
    check(of(10, 10), of(0, 20), (0.6791, 1.0), 0.679_086_037_141_914_5, 1.0);
    check(of(10, 10), of(0, 10), (0.6075, 1.0), 0.607_509_350_430_524_1, 1.0);
    let interval = newcombe(of(56, 70), of(48, 80), z_quantile(0.005));
    close(interval.low, 0.005_370_869_250_078, 1e-12);
    close(interval.high, 0.371_808_431_775_773, 1e-12);
}

/// R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), 857–872,
/// Table I, method 3: 81/263, 15/148, 0/20, 1/29.
#[test]
fn proportions_have_wilsons_intervals() {
    let z = z_quantile(0.025);
    for (proportion, low, high) in [
        (of(81, 263), 0.2553, 0.3662),
        (of(15, 148), 0.0624, 0.1605),
        (of(0, 20), 0.0, 0.1611),
        (of(1, 29), 0.0061, 0.1718),
    ] {
        let interval = wilson(proportion, z);
        assert!((interval.low - low).abs() < 0.000_051 && (interval.high - high).abs() < 0.000_051, "{interval:?}");
    }
}

/// statsmodels' `proportions_ztest`.
#[test]
fn proportions_are_tested() {
    close(two_proportions(of(56, 70), of(48, 80)).unwrap(), 0.008_045_081_368_196_56, 1e-9);
    close(two_proportions(of(12, 200), of(20, 250)).unwrap(), 0.412_060_809_001_008_2, 1e-9);
    assert_eq!(two_proportions(of(0, 10), of(0, 20)), Some(1.0));
    assert_eq!(two_proportions(of(0, 10), of(0, 0)), None);
    // With two groups the chi-square test is the z-test.
    close(same_proportions(&[of(56, 70), of(48, 80)]).unwrap(), 0.008_045_081_368_196_56, 1e-9);
}

/// R's documentation of `t.test`, `t.test(extra ~ group, data = sleep)`: t = -1.8608, df = 17.776, p-value = 0.07939,
/// 95 percent confidence interval: -3.3654832 0.2054832; the data are Student's of 1908. The longer values are SciPy's.
#[test]
fn means_are_compared_as_welch_does() {
    let first = moments(&[0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]);
    let second = moments(&[1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]);
    let found = welch(&first, &second, 0.95).unwrap();
    close(found.t, -1.860_813_467_486_852_6, 1e-12);
    close(found.degrees_of_freedom, 17.776_473_516_178_488, 1e-12);
    close(found.p_value, 0.079_394_140_187_358_3, 1e-10);
    close(found.interval.low, -3.365_483_230_711_710_4, 1e-10);
    close(found.interval.high, 0.205_483_230_711_711_37, 1e-10);
    let wider = welch(&first, &second, 0.99).unwrap().interval;
    close(wider.low, -4.027_632_919_919_039, 1e-10);
    close(wider.high, 0.867_632_919_919_04, 1e-10);
}

/// Counts of users from R. Kohavi, D. Tang, Y. Xu, Trustworthy Online Controlled Experiments (2020), chapter 21: 821,588
/// and 815,482 of a split in halves have p = 1.8E-6. Mendel's peas, 9 : 3 : 3 : 1, are the textbooks' example of no
/// mismatch (chi-square 0.47 with 3 degrees of freedom). The longer values are SciPy's `chisquare`.
#[test]
fn counts_are_held_against_weights() {
    let test = goodness_of_fit(&[(821_588, 50.0), (815_482, 50.0)]).unwrap();
    close(test.statistic, 22.774_368_841_894_36, 1e-12);
    close(test.p_value, 1.821_792_872_619_185_8e-6, 1e-9);
    assert_eq!(format!("{:.1e}", test.p_value), "1.8e-6");
    let peas = goodness_of_fit(&[(315, 9.0), (101, 3.0), (108, 3.0), (32, 1.0)]).unwrap();
    assert_eq!(peas.degrees_of_freedom, 3);
    close(peas.statistic, 0.470_023_980_815_347_7, 1e-12);
    close(peas.p_value, 0.925_425_895_103_616, 1e-10);
    // What has no weight cannot be there; what nobody expects does not count.
    assert_eq!(goodness_of_fit(&[(5, 1.0), (1, 0.0)]).unwrap().p_value, 0.0);
    assert_eq!(goodness_of_fit(&[(5, 1.0), (5, 1.0), (0, 0.0)]).unwrap().degrees_of_freedom, 1);
    assert_eq!(goodness_of_fit(&[(5, 1.0)]), None);
    assert_eq!(goodness_of_fit(&[(0, 1.0), (0, 1.0)]), None);
}

/// SciPy's `t.ppf` and `norm.ppf`. statrs's own inverse is far off, or does not return, on the last lines.
#[test]
fn quantiles_are_right_for_few_and_many_entities() {
    for (degrees, tail, expected) in [
        (1.0, 0.25, 1.0),
        (1.0, 0.025, 12.706_204_736_174_694),
        (1.5, 0.005, 17.820_310_514_462_804),
        (2.0, 0.000_05, 99.992_499_843_750_04),
        (3.0, 0.05, 2.353_363_434_801_823_3),
        (10.0, 0.025, 2.228_138_851_986_274),
        (30.0, 0.0005, 3.645_958_635_042_062_7),
        (137.2, 0.025, 1.977_405_528_071_174),
        (1e3, 0.025, 1.962_339_080_826_408_3),
        (1e3, 5e-9, 5.779_568_005_060_499),
        (1e5, 0.025, 1.959_987_707_534_609_5),
        (1e6, 0.025, 1.959_966_356_814_107),
        (1e6, 0.005, 2.575_834_220_105_334_4),
        (1e7, 0.025, 1.959_964_221_767_205),
        (1e9, 0.025, 1.959_963_986_912_325),
    ] {
        close(t_quantile(tail, degrees), expected, 3e-7);
    }
    close(z_quantile(0.025), 1.959_963_984_540_054, 1e-12);
    close(z_quantile(0.2), 0.841_621_233_572_914_3, 1e-12);
    close(z_quantile(5e-7), 4.891_638_475_714_78, 1e-9);
}

/// SciPy's `skew` and `var`; and values that a sum of squares would lose.
#[test]
fn moments_are_exact() {
    let lopsided = moments(&[1.0, 2.0, 3.0, 4.0, 100.0]);
    close(lopsided.skewness().unwrap(), 1.497_536_703_333_52, 1e-12);
    close(lopsided.variance().unwrap(), 1902.5, 1e-12);
    let far = moments(&[1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]);
    assert_eq!(far.variance(), Some(30.0));
    let mut one_by_one = moments(&[3.0, -1.0, 8.0]);
    let mut at_once = one_by_one;
    one_by_one.extend([0.0; 17]);
    at_once.push_many(0.0, 17);
    assert_eq!(one_by_one.count(), at_once.count());
    close(at_once.mean(), one_by_one.mean(), 1e-12);
    close(at_once.variance().unwrap(), one_by_one.variance().unwrap(), 1e-12);
    close(at_once.skewness().unwrap(), one_by_one.skewness().unwrap(), 1e-12);
    let mut zeros = Moments::default();
    zeros.push_many(0.0, 5);
    zeros.push(5.0);
    close(zeros.variance().unwrap(), moments(&[0.0, 0.0, 0.0, 0.0, 0.0, 5.0]).variance().unwrap(), 1e-12);
    assert_eq!(moments(&[2.0]).variance(), None);
    assert_eq!(moments(&[2.0, 2.0]).skewness(), None);
}

/// statsmodels' `multipletests`; the p-values are those of many textbooks' example of Holm's method.
#[test]
fn p_values_are_corrected() {
    let p = [0.01, 0.04, 0.03, 0.005];
    for (found, expected) in holm(&p).into_iter().zip([0.03, 0.06, 0.06, 0.02]) {
        close(found, expected, 1e-12);
    }
    for (found, expected) in bonferroni(&p).into_iter().zip([0.04, 0.16, 0.12, 0.02]) {
        close(found, expected, 1e-12);
    }
    assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
    assert_eq!(holm(&[]), [] as [f64; 0]);
}
