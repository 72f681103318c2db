//! What every Amazon client here has in common: whose keys, and how it speaks HTTP.

use aws_credential_types::Credentials;
use aws_sdk_s3::config::SharedHttpClient;
use common::{Secret, config::Env};

/// Keys of one machine user. There is no chain of other places to look in: an origin uses
/// the keys it was given, or none.
#[derive(Clone, Debug)]
pub struct Keys {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: Secret,
}

impl Keys {
    /// Required as soon as something needs them: the caller asks only then.
    pub fn from_env(env: &mut Env) -> Keys {
        env.require("AWS_ACCESS_KEY_ID");
        env.require("AWS_SECRET_ACCESS_KEY");
        let secret = env.read("AWS_SECRET_ACCESS_KEY", |text| Ok(Secret::new(text)));
        Keys {
            access_key_id: env.optional("AWS_ACCESS_KEY_ID").unwrap_or_default(),
            secret_access_key: secret.unwrap_or_else(|| Secret::new("")),
        }
    }

    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::new(&self.access_key_id, self.secret_access_key.expose(), None, None, "environment")
    }
}

/// rustls with ring, as everything else here.
pub(crate) fn http_client() -> SharedHttpClient {
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}
