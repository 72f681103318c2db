use super::wellformed::check;
use crate::load::report::plot_for_readme;
use crate::load::summary::{Kind, sample};

#[test]
fn the_plot_for_the_readme_stands_alone() {
    let run = sample::summary();
    let svg = plot_for_readme(&run);
    check(&svg);
    assert!(svg.starts_with("<svg xmlns=") && svg.contains("<style>") && !svg.contains("var("));
    for wanted in ["South America", "Asia", "warm, connection kept", "cold, new connection", "the promise", "p99"] {
        assert!(svg.contains(wanted), "{wanted}");
    }
    // Three rows a region, each with its three signs, and the keys below.
    assert_eq!(svg.matches("class=\"range\"").count(), 12);
    assert_eq!(svg.matches("class=\"mark ink full\"").count(), 12 * 3 + 3);
    assert!(!svg.contains("class=\"wrong\""));
}

#[test]
fn it_does_not_hide_what_is_invalid() {
    let mut run = sample::summary();
    run.regions[0].kinds.get_mut(&Kind::ColdNew).unwrap().n = 40;
    run.regions[1].kinds.remove(&Kind::ColdNew);
    let svg = plot_for_readme(&run);
    check(&svg);
    // One beside the figures and three as the marks' titles.
    assert_eq!(svg.matches(" ms, invalid").count(), 4);
    assert_eq!(svg.matches("not measured").count(), 1);
    run.busy = 0.9;
    let svg = plot_for_readme(&run);
    assert!(svg.contains("This run proves nothing: the machine was 90 % busy"));
    assert_eq!(svg.matches(" ms, invalid").count(), 11 * 4);
}
