//! The life of a review, as editors lead it and as readers see it.

use origin::{
    domain::{EditorialReview, Limit, Locale, Page, PageRequest, PublishedSummary, Rating, ReviewState, Role, Version},
    store::{
        Snapshot, StoreError, WriteTx, editorial,
        published::{self, Found, ReviewFilter},
        reviews,
    },
};

use crate::support::{World, in_a_database, slug, text};

async fn found(world: &World, name: &str, locale: Option<Locale>) -> Found {
    let mut snapshot = Snapshot::begin(&world.db).await.unwrap();
    published::by_slug(&mut snapshot, &slug(name), locale).await.unwrap()
}

async fn title(world: &World, name: &str) -> Option<String> {
    match found(world, name, None).await {
        Found::Review(review) => Some(review.summary.title),
        _ => None,
    }
}

async fn one(world: &World) -> (origin::domain::Editor, EditorialReview) {
    let ana = world.editor("ana", Role::Author).await;
    let camera = world.camera("r5").await;
    let review = world.draft("one", &ana, &camera).await;
    (ana, review)
}

#[tokio::test]
async fn a_draft_shows_nowhere_and_purges_nothing_until_it_is_published() {
    in_a_database(|world| async move {
        let (ana, review) = one(&world).await;
        assert_eq!(found(&world, "one", None).await, Found::Nothing);
        let draft = origin::domain::Draft { rating: Rating::try_from(87).ok(), ..text(&ana, Locale::PtBr, "Primeira", "x", &[]) };
        let review = world.save(&review, &draft).await;
        let (review, write) = world.publish(&review, Locale::PtBr).await;
        let id = review.id;
        assert_eq!(
            world.tags(write).await,
            [vec![], vec![format!("review:{id}"), "slug:one".to_owned()], vec!["list:reviews".to_owned(), "search".to_owned()]]
        );
        assert_eq!(title(&world, "one").await.as_deref(), Some("Primeira"));

        // A draft beside the published text.
        let draft = origin::domain::Draft { rating: Rating::try_from(10).ok(), ..text(&ana, Locale::PtBr, "Segunda", "x", &[]) };
        let mut tx = world.write().await;
        let review = reviews::save_draft(&mut tx, id, review.version, &draft).await.unwrap();
        let write = tx.commit(None).await.unwrap();
        assert_eq!(world.tags(write).await, [const { Vec::<String>::new() }; 3]);
        let Found::Review(shown) = found(&world, "one", None).await else { panic!("it is published") };
        assert_eq!((shown.summary.title.as_str(), shown.summary.rating), ("Primeira", Rating::try_from(87).ok()));
        assert_eq!(review.locales[0].state, ReviewState::Published);
        assert_eq!(review.locales[0].draft.as_ref().unwrap().title, "Segunda");
        let first_published = review.locales[0].published_at;

        let (review, _) = world.publish(&review, Locale::PtBr).await;
        assert_eq!(title(&world, "one").await.as_deref(), Some("Segunda"));
        assert_eq!(review.rating, Rating::try_from(10).ok());
        assert_eq!(review.locales[0].published_at, first_published, "lists keep their order");
        assert_eq!(review.locales[0].draft, None);
    })
    .await;
}

#[tokio::test]
async fn of_two_publications_of_one_version_one_is_stale() {
    in_a_database(|world| async move {
        let (_, review) = one(&world).await;
        let publish = || async {
            let mut tx = WriteTx::begin(&world.db, None).await?;
            reviews::publish(&mut tx, review.id, Locale::PtBr, review.version).await?;
            tx.commit(None).await
        };
        let results = tokio::join!(publish(), publish());
        let stale = |result: &Result<_, StoreError>| matches!(result, Err(StoreError::Stale { current: Version(2) }));
        assert!((results.0.is_ok() && stale(&results.1)) || (stale(&results.0) && results.1.is_ok()), "{results:?}");
    })
    .await;
}

#[tokio::test]
async fn what_the_state_does_not_allow_is_refused() {
    in_a_database(|world| async move {
        let (_, review) = one(&world).await;
        let mut tx = world.write().await;
        let error = reviews::archive(&mut tx, review.id, Locale::PtBr, review.version).await.unwrap_err();
        assert!(matches!(error, StoreError::IllegalStep(_)), "{error}");
        drop(tx);
        let (review, _) = world.publish(&review, Locale::PtBr).await;
        let mut tx = world.write().await;
        let error = reviews::publish(&mut tx, review.id, Locale::PtBr, review.version).await.unwrap_err();
        assert!(matches!(error, StoreError::Incomplete("a draft")), "{error}");
        drop(tx);
        let mut tx = world.write().await;
        let error = reviews::publish(&mut tx, review.id, Locale::En, review.version).await.unwrap_err();
        assert!(matches!(error, StoreError::NotFound(_)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn an_archived_language_is_gone_and_can_be_taken_up_again() {
    in_a_database(|world| async move {
        let (ana, review) = one(&world).await;
        let (review, _) = world.publish(&review, Locale::PtBr).await;
        let write = world.archive(review.id, Locale::PtBr, review.version).await;
        let [gone, hard, soft] = world.tags(write).await;
        assert_eq!(gone, [format!("review:{}", review.id), "slug:one".to_owned()]);
        assert_eq!((hard, soft), (vec![], vec!["list:reviews".to_owned(), "search".to_owned()]));
        assert_eq!(found(&world, "one", None).await, Found::Nothing);
        let mut snapshot = world.snapshot().await;
        let review = editorial::view(&mut snapshot, review.id).await.unwrap();
        assert_eq!(review.locales[0].state, ReviewState::Archived);
        assert_eq!(review.locales[0].draft.as_ref().unwrap().title, "one", "the text stays with the editors");
        let review = world.save(&review, &text(&ana, Locale::PtBr, "again", "x", &[])).await;
        world.publish(&review, Locale::PtBr).await;
        assert_eq!(title(&world, "one").await.as_deref(), Some("again"));
    })
    .await;
}

#[tokio::test]
async fn languages_are_published_one_by_one() {
    in_a_database(|world| async move {
        let (ana, review) = one(&world).await;
        let review = world.save(&review, &text(&ana, Locale::En, "In English", "x", &[])).await;
        let (review, _) = world.publish(&review, Locale::En).await;
        let Found::Review(shown) = found(&world, "one", None).await else { panic!("it is published") };
        assert_eq!((shown.summary.locale, shown.first_locale), (Locale::En, Locale::PtBr), "the first one is not published");
        assert!(
            matches!(found(&world, "one", Some(Locale::Es)).await, Found::OtherLocales { locales, .. } if locales == [Locale::En])
        );
        world.publish(&review, Locale::PtBr).await;
        let Found::Review(shown) = found(&world, "one", None).await else { panic!("it is published") };
        assert_eq!((shown.summary.locale, shown.locales), (Locale::PtBr, vec![Locale::PtBr, Locale::En]));
    })
    .await;
}

#[tokio::test]
async fn an_old_slug_redirects_for_ever_and_is_nobody_elses() {
    in_a_database(|world| async move {
        let (ana, review) = one(&world).await;
        let change = async |review: &EditorialReview, name: &str| {
            let mut tx = world.write().await;
            let review = reviews::change_slug(&mut tx, review.id, review.version, &slug(name)).await?;
            Ok::<_, StoreError>((review, tx.commit(None).await?))
        };
        let (review, write) = change(&review, "two").await.unwrap();
        assert_eq!(world.tags(write).await, [const { Vec::<String>::new() }; 3], "nobody has seen it yet");
        let (review, write) = world.publish(&review, Locale::PtBr).await;
        let hard = &world.tags(write).await[1];
        assert!(hard.contains(&"slug:one".to_owned()) && hard.contains(&"slug:two".to_owned()), "{hard:?}");
        assert_eq!(found(&world, "one", None).await, Found::Moved { id: review.id, to: slug("two") });
        let (review, write) = change(&review, "three").await.unwrap();
        assert_eq!(world.tags(write).await[1].len(), 4, "the review and every slug it ever had");
        let other = world.draft("other", &ana, &slug("r5")).await;
        let error = change(&other, "one").await.unwrap_err();
        assert!(matches!(error, StoreError::Taken { field: "slug" }), "{error}");
        change(&review, "one").await.unwrap();
        assert_eq!(found(&world, "three", None).await, Found::Moved { id: review.id, to: slug("one") });
    })
    .await;
}

#[tokio::test]
async fn the_list_shows_each_review_once_filtered_and_in_both_directions() {
    in_a_database(|world| async move {
        let (ana, bia) = (world.editor("ana", Role::Author).await, world.editor("bia", Role::Author).await);
        let camera = world.camera("r5").await;
        for n in 0..7 {
            let author = if n % 2 == 0 { &ana } else { &bia };
            let review = world.draft(&format!("r{n}"), author, &camera).await;
            let review = world.save(&review, &text(author, Locale::En, &format!("r{n}"), "x", &[])).await;
            let (review, _) = world.publish(&review, Locale::PtBr).await;
            world.publish(&review, Locale::En).await;
        }
        world.draft("unpublished", &ana, &camera).await;
        let list = async |filter: &ReviewFilter, cursor| -> Page<PublishedSummary> {
            let mut snapshot = world.snapshot().await;
            let request = PageRequest { limit: Limit::new(3).unwrap(), cursor };
            published::list(&mut snapshot, filter, &request).await.unwrap()
        };
        let names = |page: &Page<PublishedSummary>| page.items.iter().map(|item| item.slug.to_string()).collect::<Vec<_>>();
        let all = ReviewFilter::default();
        let first = list(&all, None).await;
        let second = list(&all, first.next.clone()).await;
        let third = list(&all, second.next.clone()).await;
        assert_eq!([names(&first), names(&second), names(&third)].concat(), ["r6", "r5", "r4", "r3", "r2", "r1", "r0"]);
        assert!(first.prev.is_none() && third.next.is_none());
        let back = list(&all, third.prev).await;
        assert_eq!(names(&back), names(&second));
        assert_eq!(names(&list(&all, back.prev).await), names(&first));
        assert!(first.items.iter().all(|item| item.locale == Locale::PtBr));

        let of_bia = ReviewFilter { author: Some(slug("bia")), locale: Some(Locale::En), ..ReviewFilter::default() };
        let page = list(&of_bia, None).await;
        assert_eq!(names(&page), ["r5", "r3", "r1"]);
        assert!(page.items.iter().all(|item| item.locale == Locale::En));
        let nothing = ReviewFilter { camera: Some(slug("unknown")), ..ReviewFilter::default() };
        assert!(list(&nothing, None).await.items.is_empty());
    })
    .await;
}

#[tokio::test]
async fn editors_list_their_own_or_all() {
    in_a_database(|world| async move {
        let (ana, review) = one(&world).await;
        let bia = world.editor("bia", Role::Author).await;
        world.draft("two", &bia, &slug("r5")).await;
        let mut snapshot = world.snapshot().await;
        let own = editorial::list(&mut snapshot, Some(ana.id), &PageRequest::default()).await.unwrap();
        assert_eq!(own.items.iter().map(|line| line.id).collect::<Vec<_>>(), [review.id]);
        assert_eq!(own.items[0].states, [(Locale::PtBr, ReviewState::Draft)]);
        let request = PageRequest { limit: Limit::new(1).unwrap(), cursor: None };
        let all = editorial::list(&mut snapshot, None, &request).await.unwrap();
        assert_eq!((all.items[0].title.as_str(), all.next.is_some()), ("two", true));
    })
    .await;
}
