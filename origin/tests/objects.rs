//! One contract, two stores: a folder, and the real S3 server of TEST_S3_ENDPOINT.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests are tests")]

#[expect(dead_code, reason = "no database here")]
mod real;

use std::{sync::Arc, time::Duration};

use aws_sdk_s3::config::{BehaviorVersion, Region};
use bytes::Bytes;
use common::{Clock as _, Secret, SystemClock};
use origin::{
    aws::Keys,
    objects::{Bucket, Folder, Label, ObjectError, Objects, S3Config},
};
use real::{new_id, variable};

const LABEL: Label = Label { content_type: "image/jpeg", cache_control: "public, max-age=31536000, immutable" };

/// A name nobody has used before, and something to store under it.
fn fresh() -> (String, Bytes) {
    let id = new_id().to_string();
    (format!("{id}/480"), id.into())
}

async fn keeps_the_contract(objects: Arc<dyn Objects>) {
    objects.ping().await.unwrap();

    let (missing, _) = fresh();
    assert!(matches!(objects.get(&missing).await, Err(ObjectError::NotFound(name)) if name == missing));

    let (name, bytes) = fresh();
    objects.put(&name, bytes.clone(), LABEL).await.unwrap();
    assert_eq!(objects.get(&name).await.unwrap(), bytes);

    objects.put(&name, bytes.clone(), LABEL).await.expect("storing again is the same as having stored");
    objects.put(&name, Bytes::from_static(b"other"), LABEL).await.expect("and never replaces");
    assert_eq!(objects.get(&name).await.unwrap(), bytes);

    let beside = name.replace("/480", "/960");
    assert!(matches!(objects.get(&beside).await, Err(ObjectError::NotFound(_))), "names are apart");

    let (name, _) = fresh();
    let large = Bytes::from(vec![7; 6 * 1024 * 1024]);
    objects.put(&name, large.clone(), LABEL).await.unwrap();
    assert_eq!(objects.get(&name).await.unwrap(), large);

    let (name, bytes) = fresh();
    let racing = (0..8).map(|_| {
        let (objects, name, bytes) = (Arc::clone(&objects), name.clone(), bytes.clone());
        tokio::spawn(async move { objects.put(&name, bytes, LABEL).await })
    });
    for outcome in futures_util::future::join_all(racing).await {
        outcome.unwrap().expect("eight uploads of the same object all succeed");
    }
    assert_eq!(objects.get(&name).await.unwrap(), bytes);
}

struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new() -> Scratch {
        Scratch(std::env::temp_dir().join(format!("rcr-objects-{}", new_id())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn the_folder_keeps_the_contract() {
    let folder = Scratch::new();
    keeps_the_contract(Arc::new(Folder::open(&folder.0).unwrap())).await;
    let left: Vec<_> = std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".new")), "no temporary files stay: {left:?}");
}

/// Containers that share a folder share process ids too: nobody's unfinished file is taken
/// for one's own.
#[tokio::test]
async fn leaves_the_unfinished_files_of_others_alone() {
    let folder = Scratch::new();
    let objects = Folder::open(&folder.0).unwrap();
    let theirs = folder.0.join(format!(".new-{}-0", std::process::id()));
    std::fs::write(&theirs, "half of an object").unwrap();
    let (name, bytes) = fresh();
    objects.put(&name, bytes.clone(), LABEL).await.unwrap();
    assert_eq!(objects.get(&name).await.unwrap(), bytes);
    assert_eq!(std::fs::read(&theirs).unwrap(), b"half of an object");
}

#[tokio::test]
async fn a_folder_that_went_away_is_unavailable() {
    let folder = Scratch::new();
    let objects = Folder::open(&folder.0).unwrap();
    std::fs::remove_dir_all(&folder.0).unwrap();
    std::fs::write(&folder.0, "a file now").unwrap();
    assert!(matches!(objects.ping().await, Err(ObjectError::Unavailable(_))));
    let (name, bytes) = fresh();
    assert!(matches!(objects.put(&name, bytes, LABEL).await, Err(ObjectError::Unavailable(_))));
    std::fs::remove_file(&folder.0).unwrap();
}

fn s3_config(endpoint: &str, bucket: &str) -> S3Config {
    let url = format!("s3://{bucket}?endpoint={endpoint}&region=us-east-1");
    let keys = Keys::new(&variable("AWS_ACCESS_KEY_ID"), &Secret::new(variable("AWS_SECRET_ACCESS_KEY")));
    S3Config::parse(&url, keys).unwrap()
}

/// Makes the bucket, which production finds made.
async fn make_bucket(config: &S3Config) {
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
    let client = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(config.region.clone()))
            .endpoint_url(config.endpoint.as_deref().unwrap())
            .credentials_provider(config.keys.clone())
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

/// Of a machine user: replaced while the store is used, as an operator does it.
#[tokio::test]
async fn s3_keys_are_rotated_without_another_client() {
    let (id, secret) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"));
    let scratch = Scratch::new();
    std::fs::create_dir(&scratch.0).unwrap();
    let file = scratch.0.join("keys");
    let replace = |text: &str| {
        std::fs::write(scratch.0.join("beside"), text).unwrap();
        std::fs::rename(scratch.0.join("beside"), &file).unwrap();
    };
    replace(&format!("{id} {secret}"));
    let config = s3_config(&variable("TEST_S3_ENDPOINT"), &variable("TEST_S3_BUCKET"));
    make_bucket(&config).await;
    let keys = Keys::from_file(file.to_str().unwrap()).unwrap();
    let objects = Bucket::new(&S3Config { keys, ..config });
    let (name, bytes) = fresh();
    objects.put(&name, bytes.clone(), LABEL).await.unwrap();

    // A file is looked at once a second.
    let until = async |opens: bool| {
        let seen = async {
            while objects.get(&name).await.is_ok() != opens {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), seen).await.expect("the other keys are used");
    };
    replace(&format!("{id} taken-away"));
    until(false).await;
    replace(&format!("{id}\n{secret}\n"));
    until(true).await;
    replace("half a fi le");
    let written = SystemClock.now();
    while SystemClock.now() < written + Duration::from_millis(1_500) {
        assert_eq!(objects.get(&name).await.unwrap(), bytes, "what is of no use changes nothing");
    }
    assert!(Keys::from_file(file.to_str().unwrap()).is_err());
}

#[tokio::test]
async fn s3_keeps_the_contract() {
    let config = s3_config(&variable("TEST_S3_ENDPOINT"), &variable("TEST_S3_BUCKET"));
    make_bucket(&config).await;
    keeps_the_contract(Arc::new(Bucket::new(&config))).await;
}

#[tokio::test]
async fn a_missing_bucket_is_unavailable_and_not_a_missing_object() {
    let objects = Bucket::new(&s3_config(&variable("TEST_S3_ENDPOINT"), "rcr-there-is-no-such-bucket"));
    let (name, _) = fresh();
    assert!(matches!(objects.ping().await, Err(ObjectError::Unavailable(_))));
    assert!(matches!(objects.get(&name).await, Err(ObjectError::Unavailable(_))));
}

#[tokio::test]
async fn an_s3_that_cannot_be_reached_is_unavailable_within_the_limit() {
    // Nothing listens on port 9 of the loopback.
    let objects = Bucket::new(&s3_config("http://127.0.0.1:9", "rcr-test"));
    let (name, bytes) = fresh();
    let started = SystemClock.now();
    assert!(matches!(objects.put(&name, bytes, LABEL).await, Err(ObjectError::Unavailable(_))));
    assert!(SystemClock.now() - started < origin::objects::OPERATION_WAIT_MAX * 2);
}
