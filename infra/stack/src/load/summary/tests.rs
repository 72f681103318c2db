use serde_json::{Value, json};

use super::*;
use crate::load::stats::Quantile;

#[test]
fn a_summary_survives_its_json() {
    let mut written = sample::summary();
    let asia = written.regions.last_mut().unwrap();
    (asia.applied_ms, asia.errors, asia.unconfirmed) = (None, 3, 2);
    let cold = What::Wait(Kind::ColdNew, Quantile::P95);
    written.checks.push(Check::judge(cold, Some("sa"), Limit::AtMost(9.5), Unit::Ms, None, 0));
    written.checks.push(Check::judge(What::Other("hits".to_owned()), None, Limit::AtLeast(0.9), Unit::Share, Some(0.5), 4));
    let text = format!("{:#}", written.to_json());
    let read = Summary::from_json(&serde_json::from_str(&text).unwrap()).unwrap();
    // The file has three decimals, so its own JSON is what must be the same.
    assert_eq!(format!("{:#}", read.to_json()), text);
    assert_eq!((&read.checks.len(), &read.spans, &read.notes), (&written.checks.len(), &written.spans, &written.notes));
    for (read, written) in read.checks.iter().zip(&written.checks) {
        assert_eq!((&read.what, &read.region, &read.verdict), (&written.what, &written.region, &written.verdict));
        assert_eq!((read.unit, read.n, read.limit.key()), (written.unit, written.n, written.limit.key()));
    }
    for (read, written) in read.regions.iter().zip(&written.regions) {
        assert_eq!(
            (read.errors, read.unconfirmed, &read.cache_status),
            (written.errors, written.unconfirmed, &written.cache_status)
        );
        assert_eq!((read.applied_ms.is_some(), read.series.len()), (written.applied_ms.is_some(), written.series.len()));
        for (kind, of) in &written.kinds {
            let back = read.kinds.get(kind).unwrap();
            let near = |one: f64, other: f64| (one - other).abs() <= 0.000_501;
            assert!(back.n == of.n && near(back.p50, of.p50) && near(back.p90, of.p90) && near(back.p95, of.p95));
            assert!(near(back.p99, of.p99) && near(back.max, of.max));
        }
    }
}

#[test]
fn what_does_not_fit_is_named_by_its_place() {
    let refused = |spoil: fn(&mut Value)| {
        let mut json = sample::summary().to_json();
        spoil(&mut json);
        Summary::from_json(&json).unwrap_err().to_string()
    };
    let said = refused(|json| json["regions"][2]["leg_ms"] = json!("near"));
    assert_eq!(said, "`regions[2].leg_ms` of the summary is not a number");
    let said = refused(|json| json["regions"][0]["kinds"]["warm_kept"]["n"] = json!(-1));
    assert_eq!(said, "`regions[0].kinds.warm_kept.n` of the summary is not a count");
    assert!(refused(|json| json["checks"][0]["verdict"] = json!("fine")).contains("`checks[0].verdict`"));
    assert!(refused(|json| drop(json.as_object_mut().unwrap().remove("busy"))).contains("no `busy`"));
    assert!(refused(|json| json["format"] = json!(9)).contains("format 9"));
}

#[test]
fn the_outcome_in_words() {
    let mut run = sample::summary();
    assert_eq!(run.outcome().to_string(), "Every promise held");
    assert!(run.outcome() == Outcome::Held);
    let of = run.checks.len();

    run.checks[3].verdict = Verdict::NotMet;
    assert_eq!(run.outcome().to_string(), format!("1 of {of} promises did not hold"));
    run.checks[4].verdict = Verdict::Invalid("why".to_owned());
    assert_eq!(run.outcome().to_string(), format!("1 of {of} promises did not hold, 1 could not be judged"));
    assert!(run.outcome() != Outcome::Held);
    run.checks[3].verdict = Verdict::Met;
    assert_eq!(run.outcome().to_string(), format!("1 of {of} promises could not be judged, the others held"));
    assert!(run.outcome() != Outcome::Held);

    run.busy = 0.82;
    assert_eq!(run.outcome().to_string(), "This run proves nothing: the machine was 82 % busy");
    run.busy = 0.752;
    assert_eq!(run.outcome().to_string(), "This run proves nothing: the machine was 75.2 % busy");
    run.busy = 0.5;
    run.checks.clear();
    assert!(run.outcome() != Outcome::Held);
}

#[test]
fn a_check_is_judged_by_its_limit_and_its_samples() {
    let judge = |limit, value, n| Check::judge(What::Applied(Quantile::P99), Some("eu"), limit, Unit::Ms, value, n).verdict;
    assert_eq!(judge(Limit::Below(100.0), Some(99.9), 1_000), Verdict::Met);
    assert_eq!(judge(Limit::Below(100.0), Some(100.0), 1_000), Verdict::NotMet);
    assert_eq!(judge(Limit::AtMost(100.0), Some(100.0), 1_000), Verdict::Met);
    assert_eq!(judge(Limit::AtLeast(100.0), Some(99.0), 1_000), Verdict::NotMet);
    assert_eq!(judge(Limit::Below(100.0), Some(1.0), 999), Verdict::Invalid("a p99 needs 1000 samples, this has 999".to_owned()));
    assert!(matches!(judge(Limit::Below(100.0), None, 0), Verdict::Invalid(_)));
}

#[test]
fn a_busy_machine_or_too_few_samples_undo_a_good_verdict() {
    let mut run = sample::summary();
    let time = run.checks[0].clone();
    let mut errors = run.checks.last().unwrap().clone();
    assert_eq!(run.verdict(&time), Verdict::Met);
    let few = Check { n: 999, ..time.clone() };
    assert!(matches!(run.verdict(&few), Verdict::Invalid(_)));

    run.busy = 0.9;
    assert!(matches!(run.verdict(&time), Verdict::Invalid(_)));
    assert!(matches!(run.verdict(&errors), Verdict::Invalid(_)));
    // A reader who got an error did get one.
    errors.verdict = Verdict::NotMet;
    assert_eq!(run.verdict(&errors), Verdict::NotMet);
}

#[test]
fn a_check_knows_what_it_is_about_by_its_key() {
    for what in [What::Wait(Kind::ColdNew, Quantile::P99), What::Applied(Quantile::P50), What::Visible(Quantile::P95)] {
        assert_eq!(What::from_key(&what.key()), what);
    }
    assert_eq!(What::from_key("errors"), What::Other("errors".to_owned()));
    assert_eq!(What::from_key("tepid.p99"), What::Other("tepid.p99".to_owned()));
}
