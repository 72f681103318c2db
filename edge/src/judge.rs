//! May this entry answer this reader, now?

use std::time::Duration;

use crate::{entry::Entry, tags::Purge};

/// What an entry is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Answers as it is.
    Fresh { left: Duration },
    /// Answers at once; to be refreshed behind.
    Stale,
    /// Answers only if the origin cannot be reached.
    Revalidate { purged: bool },
    /// Answers nobody, ever, and is no validator either.
    Gone,
}

/// Judges an entry found in memory or in Redis. `strict` is for a reader who named a number:
/// soft counts as hard, and stale answers do not apply.
pub fn judge(entry: &Entry, now: Duration, strict: bool) -> Verdict {
    // R11: the purge test precedes every freshness rule.
    let soft_since = match entry.purge() {
        Some(Purge::Gone) => return Verdict::Gone,
        Some(Purge::Hard) => return Verdict::Revalidate { purged: true },
        Some(Purge::Soft { since }) => Some(since),
        None => None,
    };
    let stale_for = match (soft_since, entry.fresh_for(now)) {
        (None, Some(left)) => return Verdict::Fresh { left },
        (None, None) => entry.stale_for(now),
        // Past its window, soft counts as hard.
        (Some(since), _) => now.saturating_sub(since).max(entry.stale_for(now)),
    };
    let inside_window = entry.lifetime.may_be_stale && stale_for < entry.lifetime.stale_while_revalidate();
    if inside_window && !strict {
        return Verdict::Stale;
    }
    Verdict::Revalidate { purged: soft_since.is_some() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use common::Seq;

    use super::*;
    use crate::{
        policy::Lifetime,
        tags::{Cell, Hand, Strength},
    };

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn entry(cell: &Arc<Cell>) -> Entry {
        Entry {
            as_of: Seq::new(5).unwrap(),
            cells: [Arc::clone(cell)].into_iter().collect(),
            lifetime: Lifetime { fresh_s: 60, stale_while_revalidate_s: 30, stale_if_error_s: 600, may_be_stale: true },
            born: s(100),
            ..Entry::of(&[], "")
        }
    }

    #[test]
    fn without_a_purge_the_headers_decide() {
        let entry = entry(&Arc::default());
        assert_eq!(judge(&entry, s(150), false), Verdict::Fresh { left: s(10) });
        assert_eq!(judge(&entry, s(160), false), Verdict::Stale);
        assert_eq!(judge(&entry, s(189), false), Verdict::Stale);
        assert_eq!(judge(&entry, s(190), false), Verdict::Revalidate { purged: false });
    }

    /// R11.
    #[test]
    fn the_purge_test_precedes_every_freshness_rule() {
        let cell = Arc::<Cell>::default();
        let entry = entry(&cell);
        cell.raise_hard(Seq::new(6).unwrap());
        assert_eq!(judge(&entry, s(101), false), Verdict::Revalidate { purged: true });
        cell.raise_gone(Seq::new(7).unwrap());
        assert_eq!(judge(&entry, s(101), false), Verdict::Gone);
    }

    #[test]
    fn a_soft_purge_is_stale_inside_its_window_and_hard_after() {
        let cell = Arc::<Cell>::default();
        let entry = entry(&cell);
        cell.raise_soft(Seq::new(6).unwrap(), s(110));
        assert_eq!(judge(&entry, s(111), false), Verdict::Stale);
        assert_eq!(judge(&entry, s(139), false), Verdict::Stale);
        assert_eq!(judge(&entry, s(140), false), Verdict::Revalidate { purged: true });
    }

    #[test]
    fn a_reader_who_named_a_number_gets_nothing_stale() {
        let cell = Arc::<Cell>::default();
        let entry = entry(&cell);
        assert_eq!(judge(&entry, s(165), true), Verdict::Revalidate { purged: false });
        cell.raise_soft(Seq::new(6).unwrap(), s(110));
        assert_eq!(judge(&entry, s(111), true), Verdict::Revalidate { purged: true });
    }

    #[test]
    fn a_purge_by_hand_counts_as_the_feeds_of_its_strength() {
        let cell = Arc::<Cell>::default();
        let entry = entry(&cell);
        cell.raise_by_hand(Strength::Soft, Hand::new(1), s(110));
        assert_eq!(judge(&entry, s(111), false), Verdict::Stale);
        assert_eq!(judge(&entry, s(140), false), Verdict::Revalidate { purged: true });
        entry.hand.raise(Strength::Hard, Hand::new(2), s(111));
        assert_eq!(judge(&entry, s(111), false), Verdict::Revalidate { purged: true });
    }
}
