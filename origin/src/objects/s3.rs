//! Objects in S3, or in anything that speaks it: `s3://bucket?endpoint=…&region=…`.

use std::time::Duration;

use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, IdentityCache, Region, RequestChecksumCalculation, ResponseChecksumValidation, retry::RetryConfig,
        timeout::TimeoutConfig,
    },
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    primitives::ByteStream,
};
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;

use super::{Label, OBJECT_BYTES_MAX, ObjectError, Objects, bounded, check_size};

use crate::aws::{self, Keys};

const CONNECT_WAIT_MAX: Duration = Duration::from_secs(2);
const READ_WAIT_MAX: Duration = Duration::from_secs(5);
const ATTEMPT_WAIT_MAX: Duration = Duration::from_secs(8);
const ATTEMPTS_MAX: u32 = 3;
/// How often a conflict with another upload of the same object is tried again.
const CONFLICTS_MAX: u32 = 5;
const REGION_DEFAULT: &str = "us-east-1";

/// Where and with whose keys.
#[derive(Clone, Debug)]
pub struct S3Config {
    pub bucket: String,
    /// `None`: Amazon's own.
    pub endpoint: Option<String>,
    pub region: String,
    pub keys: Keys,
}

impl S3Config {
    /// `url` is `s3://bucket?endpoint=http://127.0.0.1:8333&region=us-east-1`; both parameters
    /// may be left out. The values are taken as they stand, without percent-decoding.
    ///
    /// # Errors
    /// With what was expected, for [`common::config::Env`].
    pub fn parse(url: &str, keys: Keys) -> Result<S3Config, String> {
        let rest = url.strip_prefix("s3://").ok_or("expected s3://bucket?endpoint=…&region=…")?;
        let (bucket, query) = rest.split_once('?').unwrap_or((rest, ""));
        let bucket = bucket.trim_end_matches('/');
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(plain) {
            return Err("expected a bucket's name: 3 to 63 of a-z, 0-9, '-' and '.'".to_owned());
        }
        let mut config = S3Config { bucket: bucket.to_owned(), endpoint: None, region: REGION_DEFAULT.to_owned(), keys };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("endpoint", endpoint)) if endpoint.starts_with("http://") || endpoint.starts_with("https://") => {
                    config.endpoint = Some(endpoint.to_owned());
                }
                Some(("region", region)) if !region.is_empty() => region.clone_into(&mut config.region),
                _ => return Err("expected endpoint=http(s)://… or region=… after the '?'".to_owned()),
            }
        }
        Ok(config)
    }
}

pub struct Bucket {
    client: Client,
    bucket: String,
}

impl Bucket {
    /// Connects when first used.
    pub fn new(config: &S3Config) -> Bucket {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_WAIT_MAX)
            .read_timeout(READ_WAIT_MAX)
            .operation_attempt_timeout(ATTEMPT_WAIT_MAX)
            .build();
        let mut builder = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(config.region.clone()))
            // Looked up for each request: they may have been rotated.
            .credentials_provider(config.keys.clone())
            .identity_cache(IdentityCache::no_cache())
            .force_path_style(true)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            // The newer checksum trailers are not understood by every server.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .http_client(aws::http_client());
        if let Some(endpoint) = &config.endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        Bucket { client: Client::from_conf(builder.build()), bucket: config.bucket.clone() }
    }
}

impl Objects for Bucket {
    fn put<'a>(&'a self, name: &'a str, bytes: Bytes, label: Label) -> BoxFuture<'a, Result<(), ObjectError>> {
        Box::pin(bounded(async move {
            check_size(&bytes)?;
            for attempt in 1.. {
                let request = self.client.put_object().bucket(&self.bucket).key(name).if_none_match("*");
                let request = request.content_type(label.content_type).cache_control(label.cache_control);
                match request.body(ByteStream::from(bytes.clone())).send().await {
                    Ok(_) => break,
                    // There already, and nothing is stored twice under one name.
                    Err(error) if status(&error) == Some(412) => break,
                    // Another upload of the same object is under way, and nobody knows its
                    // outcome: ask again.
                    Err(error) if status(&error) == Some(409) && attempt < CONFLICTS_MAX => {}
                    Err(error) => return Err(unavailable(error)),
                }
            }
            Ok(())
        }))
    }

    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Bytes, ObjectError>> {
        Box::pin(bounded(async move {
            let mut found = match self.client.get_object().bucket(&self.bucket).key(name).send().await {
                Ok(found) => found,
                // A missing bucket is a 404 too, and a mistake of the operator's.
                Err(error) if status(&error) == Some(404) && error.code() != Some("NoSuchBucket") => {
                    return Err(ObjectError::NotFound(name.to_owned()));
                }
                Err(error) => return Err(unavailable(error)),
            };
            let mut bytes = BytesMut::new();
            while let Some(chunk) = found.body.next().await {
                bytes.extend_from_slice(&chunk.map_err(|error| ObjectError::Unavailable(error.to_string()))?);
                if bytes.len() > OBJECT_BYTES_MAX {
                    let why = format!("longer than {OBJECT_BYTES_MAX} bytes");
                    return Err(ObjectError::Damaged { name: name.to_owned(), why });
                }
            }
            Ok(bytes.freeze())
        }))
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), ObjectError>> {
        Box::pin(bounded(
            async move { self.client.head_bucket().bucket(&self.bucket).send().await.map(drop).map_err(unavailable) },
        ))
    }
}

fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

fn unavailable<E: std::error::Error + 'static>(error: SdkError<E>) -> ObjectError {
    ObjectError::Unavailable(DisplayErrorContext(error).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<S3Config, String> {
        S3Config::parse(url, Keys::new("id", &common::Secret::new("key")))
    }

    #[test]
    fn reads_the_url() {
        let config = parse("s3://rcr-photos?endpoint=http://127.0.0.1:8333&region=sa-east-1").unwrap();
        assert_eq!((config.bucket.as_str(), config.region.as_str()), ("rcr-photos", "sa-east-1"));
        assert_eq!(config.endpoint.as_deref(), Some("http://127.0.0.1:8333"));
        assert_eq!(parse("s3://rcr-photos").unwrap().endpoint, None);
        for bad in ["", "http://x", "s3://", "s3://Bad_Name", "s3://abc?endpoint=ftp://x", "s3://abc?colour=red", "s3://../etc"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
