//! CloudFront's control plane, as far as it is needed, behind a trait: failures that the real
//! one cannot be asked for are tested with another.

use std::time::Duration;

use aws_sdk_cloudfront::{
    Client,
    config::{BehaviorVersion, IdentityCache, Region, retry::RetryConfig, timeout::TimeoutConfig},
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    types::{InvalidationBatch, Paths},
};
use common::Tag;
use futures_util::future::BoxFuture;

use crate::aws::{self, Keys};

const CONNECT_WAIT_MAX: Duration = Duration::from_secs(3);
/// For one call. The worker tries again itself, with its own patience.
const CALL_WAIT_MAX: Duration = Duration::from_secs(10);
const ATTEMPTS_MAX: u32 = 1;

#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// Too much at once: come again later, and later still.
    #[error("throttled: {0}")]
    Throttled(String),
    /// No answer, or an answer that promises nothing. The call may have had its effect.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// Keys or distribution are wrong: an operator can put it right.
    #[error("misconfigured: {0}")]
    Misconfigured(String),
    /// The request itself: it will never be taken.
    #[error("refused: {0}")]
    Refused(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    InProgress,
    Completed,
    /// The provider knows nothing of it any more.
    Unknown,
}

pub trait Provider: Send + Sync + 'static {
    /// Asks to forget `tags`; answers with the provider's id. The same reference with the
    /// same tags again is the same invalidation.
    fn create<'a>(&'a self, caller_reference: &'a str, tags: &'a [Tag]) -> BoxFuture<'a, Result<String, ProviderError>>;

    fn progress<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Progress, ProviderError>>;
}

/// One distribution.
pub struct CloudFront {
    client: Client,
    distribution_id: String,
}

impl CloudFront {
    /// `endpoint` is `None` for Amazon's own.
    pub fn new(distribution_id: &str, endpoint: Option<&str>, region: &str, keys: &Keys) -> CloudFront {
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_WAIT_MAX).operation_timeout(CALL_WAIT_MAX).build();
        let mut builder = aws_sdk_cloudfront::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(keys.clone())
            .identity_cache(IdentityCache::no_cache())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
            .http_client(aws::http_client());
        if let Some(endpoint) = endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        CloudFront { client: Client::from_conf(builder.build()), distribution_id: distribution_id.to_owned() }
    }
}

impl Provider for CloudFront {
    fn create<'a>(&'a self, caller_reference: &'a str, tags: &'a [Tag]) -> BoxFuture<'a, Result<String, ProviderError>> {
        Box::pin(async move {
            let quantity = i32::try_from(tags.len()).unwrap_or(i32::MAX);
            // A leading '#' makes an item a tag; without it, it would be a path.
            let items = tags.iter().map(|tag| format!("#{tag}")).collect();
            let refused = |error: aws_sdk_cloudfront::error::BuildError| ProviderError::Refused(error.to_string());
            let paths = Paths::builder().quantity(quantity).set_items(Some(items)).build().map_err(refused)?;
            let batch = InvalidationBatch::builder().paths(paths).caller_reference(caller_reference).build().map_err(refused)?;
            let call = self.client.create_invalidation().distribution_id(&self.distribution_id).invalidation_batch(batch);
            let made = call.send().await.map_err(judge)?;
            let made =
                made.invalidation.ok_or_else(|| ProviderError::Unreachable("an answer without an invalidation".to_owned()))?;
            Ok(made.id)
        })
    }

    fn progress<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Progress, ProviderError>> {
        Box::pin(async move {
            match self.client.get_invalidation().distribution_id(&self.distribution_id).id(id).send().await {
                Ok(found) => {
                    let done = found.invalidation.is_some_and(|found| found.status.eq_ignore_ascii_case("completed"));
                    Ok(if done { Progress::Completed } else { Progress::InProgress })
                }
                Err(error) if error.code() == Some("NoSuchInvalidation") => Ok(Progress::Unknown),
                Err(error) => Err(judge(error)),
            }
        })
    }
}

fn judge<E: ProvideErrorMetadata + std::error::Error + 'static>(error: SdkError<E>) -> ProviderError {
    let code = error.code().map(str::to_owned);
    let status = error.raw_response().map(|response| response.status().as_u16());
    let words = DisplayErrorContext(error).to_string();
    match (code.as_deref(), status) {
        (Some("Throttling" | "ThrottlingException" | "TooManyRequestsException" | "TooManyInvalidationsInProgress"), _)
        | (_, Some(429)) => ProviderError::Throttled(words),
        (Some("BatchTooLarge" | "InvalidArgument" | "InconsistentQuantities" | "MalformedXML"), _) => {
            ProviderError::Refused(words)
        }
        // Keys, clock skew, a distribution that is not there: all may come right.
        (_, Some(400..=499)) => ProviderError::Misconfigured(words),
        _ => ProviderError::Unreachable(words),
    }
}
