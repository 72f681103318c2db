//! Rule R5 as readers meet it: whatever page a write changes, the event purges a tag that
//! the page carried before the write. Otherwise an edge would keep the old page.

use std::collections::{BTreeMap, BTreeSet};

use common::Event;
use origin::{
    domain::{
        Camera, Condition, Currency, Draft, Editor, Locale, Market, Money, OfferId, PageRequest, Rating, Role, Sha256,
        offer::{OfferFacts, OfferUrl},
        tags::{self, Tags},
    },
    store::{
        Snapshot, WriteTx, cameras, changes, editorial, editors, offers, photographs,
        published::{self, Found, ReviewFilter},
        reviews, search,
    },
};

use crate::support::{World, facts, in_a_database, new_ulid, slug, text};

/// Every public page there is in this small world, as its content and its tags.
async fn pages(world: &World, offer: OfferId) -> BTreeMap<String, (String, Tags)> {
    let mut pages = BTreeMap::new();
    let mut snapshot = Snapshot::begin(&world.db).await.unwrap();
    let mut put = |name: String, content: String, tags: Tags| drop(pages.insert(name, (content, tags)));
    for name in ["one", "two", "three", "four"] {
        for locale in [None, Some(Locale::PtBr), Some(Locale::En)] {
            let found = published::by_slug(&mut snapshot, &slug(name), locale).await.unwrap();
            let tags = match &found {
                Found::Review(review) => tags::of_review(review),
                Found::Moved { id, .. } | Found::OtherLocales { id, .. } => tags::of_review_elsewhere(&slug(name), *id),
                Found::Nothing => tags::of_review_absent(&slug(name)),
            };
            put(format!("review {name} {locale:?}"), format!("{found:?}"), tags);
        }
    }
    for author in [None, Some("ana"), Some("bia")] {
        for camera in [None, Some("r5"), Some("r6")] {
            let (author, camera) = (author.map(slug), camera.map(slug));
            let filter = ReviewFilter { author: author.clone(), camera: camera.clone(), locale: None };
            let page = published::list(&mut snapshot, &filter, &PageRequest::default()).await.unwrap();
            let tags = tags::of_review_list(&page.items, author.as_ref(), camera.as_ref());
            put(format!("list {author:?} {camera:?}"), format!("{page:?}"), tags);
        }
    }
    for name in ["ana", "bia"] {
        let profile = editors::profile(&mut snapshot, &slug(name)).await.unwrap();
        put(format!("author {name}"), format!("{profile:?}"), tags::of_author(&slug(name)));
    }
    for name in ["r5", "r6"] {
        let page = cameras::page(&mut snapshot, &slug(name), None).await.unwrap();
        let ids: Vec<OfferId> = page.iter().flat_map(|page| &page.offers).map(|offer| offer.id).collect();
        put(format!("camera {name}"), format!("{page:?}"), tags::of_camera(&slug(name)).and(tags::of_offers(&slug(name), &ids)));
    }
    let list = cameras::list(&mut snapshot, &cameras::CameraFilter::default(), &PageRequest::default()).await.unwrap();
    put("cameras".to_owned(), format!("{list:?}"), tags::of_camera_list(list.items.iter().map(|camera: &Camera| &camera.slug)));
    for query in ["canon", "kanone", "montanha", "mountain"] {
        for locale in [Locale::PtBr, Locale::En] {
            let page = search::search(&mut snapshot, query, locale, &PageRequest::default()).await.unwrap();
            let items: Vec<_> = page.items.iter().map(|hit| hit.review.clone()).collect();
            put(format!("search {query} {locale}"), format!("{page:?}"), tags::of_search(&items));
        }
    }
    let go = offers::active_by_id(&mut snapshot, offer).await.unwrap();
    put("go".to_owned(), format!("{go:?}"), tags::of_go(offer));
    for byte in [1, 2] {
        let photograph = photographs::public(&mut snapshot, Sha256([byte; 32])).await.unwrap();
        put(format!("media {byte}"), format!("{photograph:?}"), tags::of_media(Sha256([byte; 32])));
    }
    pages
}

struct Watched {
    world: World,
    offer: OfferId,
    before: BTreeMap<String, (String, Tags)>,
    kinds: BTreeSet<String>,
}

impl Watched {
    /// Commits, and looks at every page again.
    async fn commit(&mut self, tx: WriteTx) -> Event {
        let write = tx.commit(None).await.unwrap();
        let event = changes::find(&self.world.db, write.seq).await.unwrap().unwrap();
        let purged: BTreeSet<&str> = event.gone.iter().chain(&event.hard).chain(&event.soft).map(common::Tag::as_str).collect();
        let after = pages(&self.world, self.offer).await;
        for (name, (content, tags)) in &self.before {
            let (now, _) = &after[name];
            let hit = tags.iter().any(|tag| purged.contains(tag.as_str()));
            assert!(
                hit || content == now,
                "{}: {name} changed and keeps its place\nwas {content}\nis {now}\npurged {purged:?}",
                event.kind
            );
        }
        if purged.is_empty() {
            assert!(self.before.iter().all(|(name, (content, _))| *content == after[name].0), "{} is seen", event.kind);
        }
        self.before = after;
        self.kinds.insert(event.kind.clone());
        event
    }

    async fn version(&self, id: origin::domain::ReviewId) -> origin::domain::Version {
        let mut snapshot = self.world.snapshot().await;
        editorial::view(&mut snapshot, id).await.unwrap().version
    }

    async fn save(&mut self, id: origin::domain::ReviewId, draft: &Draft) {
        let version = self.version(id).await;
        let mut tx = self.world.write().await;
        reviews::save_draft(&mut tx, id, version, draft).await.unwrap();
        self.commit(tx).await;
    }

    async fn publish(&mut self, id: origin::domain::ReviewId, locale: Locale) {
        let version = self.version(id).await;
        let mut tx = self.world.write().await;
        reviews::publish(&mut tx, id, locale, version).await.unwrap();
        self.commit(tx).await;
    }

    async fn rename(&mut self, id: origin::domain::ReviewId, name: &str) {
        let version = self.version(id).await;
        let mut tx = self.world.write().await;
        reviews::change_slug(&mut tx, id, version, &slug(name)).await.unwrap();
        self.commit(tx).await;
    }

    async fn archive(&mut self, id: origin::domain::ReviewId, locale: Locale) {
        let version = self.version(id).await;
        let mut tx = self.world.write().await;
        reviews::archive(&mut tx, id, locale, version).await.unwrap();
        let shown: Vec<String> = self
            .before
            .iter()
            .filter(|(_, (content, _))| content.contains(&id.to_string()))
            .map(|(name, _)| name.clone())
            .collect();
        let before = self.before.clone();
        let event = self.commit(tx).await;
        for name in shown {
            let gone = before[&name].1.iter().any(|tag| event.gone.contains(tag));
            assert!(gone, "{name} shows what was withdrawn and may come back");
        }
    }
}

fn offer_facts(minor: i64) -> OfferFacts {
    OfferFacts {
        market: Market::parse("BR").unwrap(),
        store: "Loja".to_owned(),
        price: Money::new(minor, Currency::parse("BRL").unwrap()).unwrap(),
        condition: Condition::New,
        url: OfferUrl::parse("https://loja.example/r5").unwrap(),
    }
}

#[tokio::test]
async fn every_page_that_a_write_changes_carried_a_tag_that_it_purges() {
    in_a_database(|world| async move {
        let offer = OfferId(new_ulid());
        let before = pages(&world, offer).await;
        let mut watched = Watched { world: world.clone(), offer, before, kinds: BTreeSet::new() };

        let mut people: Vec<Editor> = Vec::new();
        for name in ["ana", "bia"] {
            let mut tx = world.write().await;
            let new = origin::domain::editor::NewEditor {
                id: origin::domain::EditorId(new_ulid()),
                email: format!("{name}@example.org"),
                name: name.to_owned(),
                slug: slug(name),
                bio: String::new(),
                role: Role::Author,
                password_hash: common::Secret::new("x"),
            };
            people.push(editors::add(&mut tx, &new).await.unwrap());
            watched.commit(tx).await;
        }
        let [ana, bia]: [Editor; 2] = people.try_into().unwrap();
        let mut known: Vec<Camera> = Vec::new();
        for name in ["r5", "r6"] {
            let mut tx = world.write().await;
            let id = origin::domain::CameraId(new_ulid());
            known.push(cameras::upsert(&mut tx, id, &slug(name), &facts("Canon", name), None).await.unwrap());
            watched.commit(tx).await;
        }
        let pictures = [1, 2].map(|byte| Sha256([byte; 32]));
        for sha256 in pictures {
            let mut tx = world.write().await;
            let photograph = origin::domain::Photograph {
                sha256,
                width: 10,
                height: 10,
                content_type: "image/jpeg".to_owned(),
                uploader: ana.id,
                widths: vec![640],
            };
            photographs::add(&mut tx, &photograph).await.unwrap();
            watched.commit(tx).await;
        }

        // Reviews: drafts, publications, edits, languages, slugs, withdrawals.
        let mut ids = Vec::new();
        for (name, author, camera) in [("one", &ana, "r5"), ("two", &bia, "r6")] {
            let mut tx = world.write().await;
            let id = origin::domain::ReviewId(new_ulid());
            let new = origin::domain::review::NewReview { id, slug: slug(name), camera: slug(camera), author: author.id };
            let draft = text(author, Locale::PtBr, name, "montanha", &pictures[..1]);
            reviews::create(&mut tx, &new, &draft).await.unwrap();
            watched.commit(tx).await;
            ids.push(id);
        }
        let [one, two]: [origin::domain::ReviewId; 2] = ids.try_into().unwrap();
        watched.publish(one, Locale::PtBr).await;
        watched.publish(two, Locale::PtBr).await;
        let english = Draft { rating: Rating::try_from(90).ok(), ..text(&ana, Locale::En, "In English", "mountain", &pictures) };
        watched.save(one, &english).await;
        watched.publish(one, Locale::En).await;
        watched.save(one, &text(&ana, Locale::PtBr, "Outra", "praia", &pictures[1..])).await;
        watched.publish(one, Locale::PtBr).await;
        watched.rename(one, "three").await;
        watched.rename(one, "one").await;

        // Cameras and offers.
        let mut tx = world.write().await;
        let renamed = origin::domain::camera::CameraFacts { picture: Some(pictures[0]), ..facts("Kanone", "R5") };
        let camera = cameras::upsert(&mut tx, known[0].id, &slug("r5"), &renamed, Some(known[0].version)).await.unwrap();
        watched.commit(tx).await;
        let mut tx = world.write().await;
        let discontinued = origin::domain::camera::CameraFacts { state: origin::domain::CameraState::Discontinued, ..renamed };
        let camera = cameras::upsert(&mut tx, camera.id, &slug("r5"), &discontinued, Some(camera.version)).await.unwrap();
        watched.commit(tx).await;
        let mut tx = world.write().await;
        cameras::upsert(&mut tx, camera.id, &slug("r5"), &facts("Canon", "R5"), Some(camera.version)).await.unwrap();
        watched.commit(tx).await;
        let mut tx = world.write().await;
        let added = offers::add(&mut tx, offer, &slug("r5"), &offer_facts(100)).await.unwrap();
        watched.commit(tx).await;
        let mut tx = world.write().await;
        let changed = offers::change(&mut tx, offer, added.version, &offer_facts(90)).await.unwrap();
        watched.commit(tx).await;
        let mut tx = world.write().await;
        offers::withdraw(&mut tx, offer, changed.version).await.unwrap();
        watched.commit(tx).await;

        // People.
        let mut tx = world.write().await;
        let ana = editors::change_profile(&mut tx, ana.id, ana.version, "Ana Maria", "bio").await.unwrap();
        watched.commit(tx).await;
        let mut tx = world.write().await;
        let ana = editors::change_role(&mut tx, ana.id, ana.version, Role::Editor).await.unwrap();
        watched.commit(tx).await;
        let mut tx = world.write().await;
        let ana = editors::suspend(&mut tx, ana.id, ana.version).await.unwrap();
        watched.commit(tx).await;
        let mut tx = world.write().await;
        editors::reinstate(&mut tx, ana.id, ana.version).await.unwrap();
        watched.commit(tx).await;
        let mut tx = world.write().await;
        editors::change_password(&mut tx, ana.id, &common::Secret::new("y")).await.unwrap();
        watched.commit(tx).await;

        watched.archive(one, Locale::PtBr).await;
        watched.archive(one, Locale::En).await;
        watched.archive(two, Locale::PtBr).await;
        watched.rename(two, "four").await;

        let kinds: Vec<&str> = watched.kinds.iter().map(String::as_str).collect();
        assert_eq!(kinds, EVERY_KIND, "a new kind of write belongs into this test");
    })
    .await;
}

const EVERY_KIND: [&str; 17] = [
    "camera.added",
    "camera.changed",
    "editor.added",
    "editor.password_changed",
    "editor.profile_changed",
    "editor.reinstated",
    "editor.role_changed",
    "editor.suspended",
    "offer.added",
    "offer.changed",
    "offer.withdrawn",
    "photograph.uploaded",
    "review.archived",
    "review.created",
    "review.draft_saved",
    "review.published",
    "review.slug_changed",
];
