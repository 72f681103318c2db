//! One contract, two stores: a folder, and the real S3 server of TEST_S3_ENDPOINT.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests are tests")]

#[expect(dead_code, reason = "no database here")]
mod real;

use std::sync::Arc;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use bytes::Bytes;
use common::{Clock as _, Secret, SystemClock};
use origin::photos::{DiskPhotos, PhotoKey, Photos, S3Config, S3Photos, StoreError, Variant};
use origin::{aws::Keys, domain::Sha256};
use real::{new_id, variable};

const TYPE: &str = "image/jpeg";

/// A key nobody has used before, for content that no other test has.
fn fresh(variant: Variant) -> (PhotoKey, Bytes) {
    let bytes = Bytes::from(new_id().to_string());
    (PhotoKey { id: Sha256::of(&bytes), variant }, bytes)
}

async fn keeps_the_contract(photos: Arc<dyn Photos>) {
    photos.ping().await.unwrap();

    let (missing, _) = fresh(Variant::W960);
    assert!(matches!(photos.get(&missing).await, Err(StoreError::NotFound(key)) if key == missing));

    let (key, bytes) = fresh(Variant::W960);
    photos.put(&key, bytes.clone(), TYPE).await.unwrap();
    let stored = photos.get(&key).await.unwrap();
    assert_eq!((stored.bytes, stored.content_type.as_str()), (bytes.clone(), TYPE));

    photos.put(&key, bytes.clone(), TYPE).await.expect("storing again is the same as having stored");
    photos.put(&key, Bytes::from_static(b"other"), TYPE).await.expect("and never replaces");
    assert_eq!(photos.get(&key).await.unwrap().bytes, bytes);

    let other = PhotoKey { id: key.id, variant: Variant::W480 };
    assert!(matches!(photos.get(&other).await, Err(StoreError::NotFound(_))), "variants are apart");

    let large = Bytes::from(vec![7; 6 * 1024 * 1024]);
    let key = PhotoKey { id: fresh(Variant::Original).0.id, variant: Variant::Original };
    photos.put(&key, large.clone(), TYPE).await.unwrap();
    assert_eq!(photos.get(&key).await.unwrap().bytes, large);

    let (key, bytes) = fresh(Variant::W1920);
    let racing = (0..8).map(|_| {
        let (photos, bytes) = (Arc::clone(&photos), bytes.clone());
        tokio::spawn(async move { photos.put(&key, bytes, TYPE).await })
    });
    for outcome in futures_util::future::join_all(racing).await {
        outcome.unwrap().expect("eight uploads of the same photograph all succeed");
    }
    assert_eq!(photos.get(&key).await.unwrap().bytes, bytes);
}

struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Folder {
        Folder(std::env::temp_dir().join(format!("rcr-photos-{}", new_id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn the_folder_keeps_the_contract() {
    let folder = Folder::new();
    keeps_the_contract(Arc::new(DiskPhotos::open(&folder.0).unwrap())).await;
    let left: Vec<_> = std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".new")), "no temporary files stay: {left:?}");
}

/// Containers that share a folder share process ids too: nobody's unfinished file is taken
/// for one's own.
#[tokio::test]
async fn leaves_the_unfinished_files_of_others_alone() {
    let folder = Folder::new();
    let photos = DiskPhotos::open(&folder.0).unwrap();
    let theirs = folder.0.join(format!(".new-{}-0", std::process::id()));
    std::fs::write(&theirs, "half of a photograph").unwrap();
    let (key, bytes) = fresh(Variant::W480);
    photos.put(&key, bytes.clone(), TYPE).await.unwrap();
    assert_eq!(photos.get(&key).await.unwrap().bytes, bytes);
    assert_eq!(std::fs::read(&theirs).unwrap(), b"half of a photograph");
}

#[tokio::test]
async fn a_folder_that_went_away_is_unavailable() {
    let folder = Folder::new();
    let photos = DiskPhotos::open(&folder.0).unwrap();
    std::fs::remove_dir_all(&folder.0).unwrap();
    std::fs::write(&folder.0, "a file now").unwrap();
    assert!(matches!(photos.ping().await, Err(StoreError::Unavailable(_))));
    let (key, bytes) = fresh(Variant::W480);
    assert!(matches!(photos.put(&key, bytes, TYPE).await, Err(StoreError::Unavailable(_))));
    std::fs::remove_file(&folder.0).unwrap();
}

fn s3_config(endpoint: &str, bucket: &str) -> S3Config {
    let url = format!("s3://{bucket}?endpoint={endpoint}&region=us-east-1");
    let keys =
        Keys { access_key_id: variable("AWS_ACCESS_KEY_ID"), secret_access_key: Secret::new(variable("AWS_SECRET_ACCESS_KEY")) };
    S3Config::parse(&url, keys).unwrap()
}

/// Makes the bucket, which production finds made.
async fn make_bucket(config: &S3Config) {
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
    let keys = Credentials::new(&config.keys.access_key_id, config.keys.secret_access_key.expose(), None, None, "test");
    let client = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(config.region.clone()))
            .endpoint_url(config.endpoint.as_deref().unwrap())
            .credentials_provider(keys)
            .force_path_style(true)
            .http_client(aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
            .build(),
    );
    if let Err(error) = client.create_bucket().bucket(&config.bucket).send().await {
        let known = error
            .as_service_error()
            .is_some_and(|error| error.is_bucket_already_exists() || error.is_bucket_already_owned_by_you());
        assert!(known, "{error:?}");
    }
}

#[tokio::test]
async fn s3_keeps_the_contract() {
    let config = s3_config(&variable("TEST_S3_ENDPOINT"), &variable("TEST_S3_BUCKET"));
    make_bucket(&config).await;
    keeps_the_contract(Arc::new(S3Photos::new(&config))).await;
}

#[tokio::test]
async fn a_missing_bucket_is_unavailable_and_not_a_missing_photograph() {
    let photos = S3Photos::new(&s3_config(&variable("TEST_S3_ENDPOINT"), "rcr-there-is-no-such-bucket"));
    let (key, _) = fresh(Variant::W480);
    assert!(matches!(photos.ping().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(photos.get(&key).await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn an_s3_that_cannot_be_reached_is_unavailable_within_the_limit() {
    // Nothing listens on port 9 of the loopback.
    let photos = S3Photos::new(&s3_config("http://127.0.0.1:9", "rcr-test"));
    let (key, bytes) = fresh(Variant::W480);
    let started = SystemClock.now();
    assert!(matches!(photos.put(&key, bytes, TYPE).await, Err(StoreError::Unavailable(_))));
    assert!(SystemClock.now() - started < origin::photos::OPERATION_WAIT_MAX * 2);
}
