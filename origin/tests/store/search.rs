//! Full text in three languages.

use origin::{
    domain::{Limit, Locale, PageRequest, Role},
    store::{Snapshot, cameras, search},
};

use crate::support::{World, facts, in_a_database, slug, text};

async fn find(world: &World, query: &str, locale: Locale) -> Vec<String> {
    let mut snapshot = Snapshot::begin(&world.db).await.unwrap();
    let page = search::search(&mut snapshot, query, locale, &PageRequest::default()).await.unwrap();
    page.items.into_iter().map(|hit| hit.review.slug.to_string()).collect()
}

#[tokio::test]
async fn finds_published_texts_in_their_language_without_accents_and_by_stem() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        let camera = world.camera("r5").await;
        let texts = [
            ("pt", Locale::PtBr, "A câmara das montanhas", "fotografias noturnas"),
            ("es", Locale::Es, "La cámara de las montañas", "fotografías nocturnas"),
            ("en", Locale::En, "The camera of the mountains", "photographing nights"),
        ];
        for (name, locale, title, body) in texts {
            let review = world.draft(name, &ana, &camera).await;
            let review = world.save(&review, &text(&ana, locale, title, body, &[])).await;
            world.publish(&review, locale).await;
        }
        let draft = world.draft("hidden", &ana, &camera).await;
        world.save(&draft, &text(&ana, Locale::PtBr, "A câmara secreta", "x", &[])).await;
        for (query, locale, expected) in [
            ("camara montanha", Locale::PtBr, "pt"),
            ("fotografia", Locale::PtBr, "pt"),
            ("camara montana", Locale::Es, "es"),
            ("mountain photographs", Locale::En, "en"),
            ("\"camera of the mountains\"", Locale::En, "en"),
            ("camera -tripod", Locale::En, "en"),
            ("canon", Locale::En, "en"),
        ] {
            assert_eq!(find(&world, query, locale).await, [expected], "{query}");
        }
        for (query, locale) in
            [("secreta", Locale::PtBr), ("mountain", Locale::PtBr), ("camera -mountain", Locale::En), ("", Locale::En)]
        {
            assert!(find(&world, query, locale).await.is_empty(), "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_title_counts_more_and_pages_neither_skip_nor_repeat() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        let camera = world.camera("r5").await;
        for n in 0..5 {
            // Equal ranks, to be told apart by the id.
            let review = world.draft(&format!("r{n}"), &ana, &camera).await;
            let review = world.save(&review, &text(&ana, Locale::En, "A body", "a lens, once", &[])).await;
            world.publish(&review, Locale::En).await;
        }
        let best = world.draft("best", &ana, &camera).await;
        let best = world.save(&best, &text(&ana, Locale::En, "The lens", "nothing else", &[])).await;
        world.publish(&best, Locale::En).await;
        let mut seen = Vec::new();
        let mut cursor = None;
        let mut snapshot = world.snapshot().await;
        loop {
            let request = PageRequest { limit: Limit::new(2).unwrap(), cursor };
            let page = search::search(&mut snapshot, "lens", Locale::En, &request).await.unwrap();
            seen.extend(page.items.iter().map(|hit| hit.review.slug.to_string()));
            if page.next.is_none() {
                let back = PageRequest { limit: Limit::new(2).unwrap(), cursor: page.prev };
                let back = search::search(&mut snapshot, "lens", Locale::En, &back).await.unwrap();
                assert_eq!(back.items.iter().map(|hit| hit.review.slug.to_string()).collect::<Vec<_>>(), seen[2..4]);
                break;
            }
            cursor = page.next;
        }
        assert_eq!(seen, ["best", "r4", "r3", "r2", "r1", "r0"]);
    })
    .await;
}

#[tokio::test]
async fn a_renamed_camera_is_found_by_its_new_name() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        let camera = world.camera("r5").await;
        let review = world.draft("one", &ana, &camera).await;
        world.publish(&review, Locale::PtBr).await;
        let mut snapshot = world.snapshot().await;
        let before = cameras::by_slug(&mut snapshot, &camera).await.unwrap().unwrap();
        let mut tx = world.write().await;
        cameras::upsert(&mut tx, before.id, &camera, &facts("Kanone", "R5"), Some(before.version)).await.unwrap();
        let write = tx.commit(None).await.unwrap();
        assert_eq!(
            world.tags(write).await[1..],
            [vec!["camera:r5".to_owned()], vec!["list:cameras".to_owned(), "search".to_owned()]]
        );
        assert_eq!(find(&world, "kanone", Locale::PtBr).await, ["one"]);
        assert!(find(&world, "canon", Locale::PtBr).await.is_empty());
        assert_eq!(before.slug, slug("r5"));
    })
    .await;
}
