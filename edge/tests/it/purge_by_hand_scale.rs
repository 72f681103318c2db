//! What a purge costs does not depend on how much it purges.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use common::{Clock as _, Seq, SystemClock, Tag};
use edge::{
    epoch::{Epoch, Mode},
    purge::{Order, purge},
    tags::{Purge, Strength, strongest_purge},
};

/// Entries that carry the tag.
const CARRIERS: usize = 1_000_000;
/// What is allowed for; what is measured is a few microseconds, unoptimised.
const ALLOWED: Duration = Duration::from_millis(2);

#[test]
fn a_tag_on_a_million_entries_is_purged_at_once() {
    let epochs = ArcSwap::new(Epoch::new(Mode::Plain, Seq::ZERO, 1, 1 << 20));
    let epoch = epochs.load_full();
    let tag = Tag::parse("everywhere").unwrap();
    // What an entry holds of its tags.
    let carriers: Vec<_> = (0..CARRIERS).map(|_| epoch.tags.cells(std::slice::from_ref(&tag))).collect();
    for (tags, everything) in [(vec![tag], false), (vec![], true)] {
        let before = epoch.tags.by_hand().applied();
        let order = Order { tags, everything, keys: Vec::new(), strength: Strength::Hard };
        // The best of a few: the machine has other things to do.
        let took = (0..5).map(|_| {
            let began = SystemClock.now();
            purge(&epochs, &order, began);
            SystemClock.now().saturating_sub(began)
        });
        let took = took.min().unwrap();
        println!("{CARRIERS} entries, everything={everything}: {took:?}");
        assert!(took < ALLOWED, "{took:?}");
        let purged = |cells: &[Arc<_>]| strongest_purge(cells.iter().map(|cell| &**cell), Seq::ZERO, before);
        assert!(carriers.iter().step_by(1000).all(|cells| purged(cells) == Some(Purge::Hard)));
    }
}
