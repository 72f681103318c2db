//! Loading the sample data into a real PostgreSQL and a folder.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests are tests")]

mod real;

use std::sync::Arc;

use common::{Clock as _, Secret, SystemClock};
use origin::{
    manuscripts::{PgManuscripts, Renderer},
    objects::Folder,
    photos::{Photos, Pipeline},
    sample::{Loaded, REVIEWS, SEED, SamplePlan, Sinks, load},
};
use real::{TestDatabase, new_id};

/// Anything in PHC format: nobody signs in here.
const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA";

#[tokio::test]
async fn loads_everything_once_and_search_finds_it_in_each_language() {
    let database = TestDatabase::create().await;
    let folder = std::env::temp_dir().join(format!("rcr-sample-{}", new_id()));
    let (manuscripts, photos) =
        (PgManuscripts::new(database.pool.clone()), Photos::new(Arc::new(Folder::open(&folder).unwrap())));
    let (pipeline, renderer) = (Pipeline::default(), Renderer::new(None));
    let sinks = Sinks { db: &database.db, manuscripts: &manuscripts, photos: &photos, pipeline: &pipeline, renderer: &renderer };
    let plan = SamplePlan::new(SEED, REVIEWS).unwrap();

    let started = SystemClock.now();
    // A first attempt that ended early, inside of what is a batch of the second.
    let cut = SamplePlan::new(SEED, 110).unwrap();
    let first = load(&cut, sinks, &Secret::new(HASH), |_| {}).await.unwrap();
    let second = load(&plan, sinks, &Secret::new(HASH), |_| {}).await.unwrap();
    println!("{} rows, {first:?}, {second:?} in {:?}", plan.rows_read, SystemClock.now() - started);
    assert_eq!(Loaded { reviews: 490, texts: plan.text_count() - first.texts, ..Loaded::default() }, second);
    let loaded = Loaded { reviews: first.reviews + second.reviews, texts: first.texts + second.texts, ..first };
    let expected = Loaded {
        editors: 8,
        pictures: 12,
        cameras: plan.cameras.len(),
        offers: plan.offer_count(),
        reviews: REVIEWS,
        texts: plan.text_count(),
    };
    assert_eq!(loaded, expected);
    assert_eq!(load(&plan, sinks, &Secret::new(HASH), |_| {}).await.unwrap(), Loaded::default(), "nothing twice");

    let count = |sql: &'static str| {
        let pool = database.pool.clone();
        async move { sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap() }
    };
    assert_eq!(
        count("SELECT count(*) FROM review_locales WHERE state = 'published'").await,
        i64::try_from(plan.text_count()).unwrap()
    );
    assert_eq!(
        count("SELECT count(*) FROM revisions r WHERE NOT EXISTS (SELECT FROM manuscripts m WHERE m.id = r.id)").await,
        0,
        "every revision has its manuscript"
    );
    for sql in [
        "SELECT count(*) FROM review_locales WHERE locale = 'pt-BR' AND search @@ websearch_to_tsquery('rcr_pt', 'câmeras nitidez')",
        "SELECT count(*) FROM review_locales WHERE locale = 'es' AND search @@ websearch_to_tsquery('rcr_es', 'baterias enfoque')",
        "SELECT count(*) FROM review_locales WHERE locale = 'en' AND search @@ websearch_to_tsquery('rcr_en', 'colour autofocus')",
    ] {
        assert!(count(sql).await > 50, "{sql}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
    database.drop().await;
}
