//! What every Amazon client here has in common: whose keys, and how it speaks HTTP.

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError, future},
};
use aws_sdk_s3::config::SharedHttpClient;
use common::{Rotated, Secret, config::Env};

const IN_FILE: &str = "AWS_KEYS_FILE";

/// Keys of one machine user, who may change while the program runs. There is no chain of other places to look in: an origin uses
/// the keys it was given, or none.
#[derive(Clone, Debug)]
pub struct Keys(Rotated);

impl Keys {
    pub fn new(access_key_id: &str, secret_access_key: &Secret) -> Keys {
        Keys(Rotated::fixed(Secret::new(format!("{access_key_id} {}", secret_access_key.expose()))))
    }

    /// An id and its secret with a space or a line's end between them.
    ///
    /// # Errors
    /// If the file cannot be read, or holds something else.
    pub fn from_file(path: &str) -> Result<Keys, String> {
        let check = |text: &str| pair(text).map(drop).ok_or_else(|| "expected a key's id and its secret".to_owned());
        Rotated::from_file(path.into(), check).map(Keys)
    }

    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_KEYS_FILE`. Required as soon as something needs them: the
    /// caller asks only then.
    pub fn from_env(env: &mut Env) -> Keys {
        if let Some(keys) = env.read(IN_FILE, Keys::from_file) {
            for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
                if env.optional::<String>(name).is_some() {
                    env.mistake(IN_FILE, format!("{name} is set as well"));
                }
            }
            return keys;
        }
        env.require_one("AWS_ACCESS_KEY_ID", IN_FILE);
        env.require_one("AWS_SECRET_ACCESS_KEY", IN_FILE);
        let word = |text: &str| {
            let spaced = text.contains(char::is_whitespace);
            if spaced { Err("expected no spaces".to_owned()) } else { Ok(Secret::new(text)) }
        };
        let [id, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| env.read(name, word));
        let (id, secret) = (id.unwrap_or_else(|| Secret::new("")), secret.unwrap_or_else(|| Secret::new("")));
        Keys::new(id.expose(), &secret)
    }
}

fn pair(text: &str) -> Option<(&str, &str)> {
    let mut words = text.split_ascii_whitespace();
    let pair = words.next().zip(words.next());
    pair.filter(|_| words.next().is_none())
}

impl ProvideCredentials for Keys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let keys = self.0.current();
        let keys = pair(keys.expose()).map(|(id, secret)| Credentials::new(id, secret, None, None, "settings"));
        future::ProvideCredentials::ready(keys.ok_or_else(|| CredentialsError::not_loaded("an id and a secret were expected")))
    }
}

/// rustls with ring, as everything else here.
pub(crate) fn http_client() -> SharedHttpClient {
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}
