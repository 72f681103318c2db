//! Passwords: argon2id, on threads of their own and a few at a time.

use std::sync::Arc;

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use common::{Problem, Secret, entropy::Entropy};

use super::{
    limits::{PASSWORD_HASHES_MAX, PASSWORD_WAITERS_MAX},
    places::Places,
    problem,
};
use crate::domain::Sha256;

const SALT_BYTES: usize = 16;

/// argon2id in PHC format. Takes tens of milliseconds and 19 MiB: not for a thread that
/// serves requests.
///
/// # Errors
/// When the password cannot be hashed, as for one of gigabytes.
pub fn hash_blocking(password: &str, entropy: &dyn Entropy) -> Result<Secret, argon2::password_hash::Error> {
    let mut salt = [0; SALT_BYTES];
    entropy.fill(&mut salt);
    let hash: argon2::PasswordHash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt)?;
    Ok(Secret::new(hash.to_string()))
}

/// The bounded workers.
pub struct Passwords {
    places: Places,
    /// Compared when there is no such account, so that it takes the same time.
    nobody: Secret,
}

impl Passwords {
    /// Hashes once: the hash of nobody's password must cost what a real one does.
    ///
    /// # Errors
    /// When hashing does not work at all.
    pub fn new(entropy: &dyn Entropy) -> Result<Passwords, argon2::password_hash::Error> {
        Ok(Passwords {
            places: Places::new(PASSWORD_HASHES_MAX, PASSWORD_WAITERS_MAX),
            nobody: hash_blocking("nobody's password", entropy)?,
        })
    }

    /// Whether `password` is the one that `hash` was made of. Never, without a hash.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn verify(&self, password: String, hash: Option<Secret>) -> Result<bool, Problem> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let matches =
            self.places.run(move || Argon2::default().verify_password(password.as_bytes(), hash.expose()).is_ok()).await?;
        Ok(matches && known)
    }

    /// # Errors
    /// 503 when too many wait.
    pub async fn hash(&self, password: String, entropy: Arc<dyn Entropy>) -> Result<Secret, Problem> {
        let hash = self.places.run(move || hash_blocking(&password, &*entropy)).await?;
        hash.map_err(|error| problem::internal(&error))
    }

    /// A digest of something that holds a password, made as slow to try out as the password's
    /// own hash. The same digest and salt give the same result; `salt` must be long and used
    /// for nothing else.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn stretch(&self, digest: Sha256, salt: Sha256) -> Result<Sha256, Problem> {
        let stretched = self.places.run(move || {
            let mut out = [0; 32];
            Argon2::default().hash_password_into(&digest.0, &salt.0, &mut out).map(|()| Sha256(out))
        });
        stretched.await?.map_err(|error| problem::internal(&error))
    }
}

#[cfg(test)]
mod tests {
    use common::entropy::SystemEntropy;

    use super::*;

    #[tokio::test]
    async fn accepts_the_password_and_nothing_else() {
        let passwords = Passwords::new(&SystemEntropy).unwrap();
        let hash = passwords.hash("correct horse".to_owned(), Arc::new(SystemEntropy)).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$"));
        assert!(passwords.verify("correct horse".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("battery staple".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("nobody's password".to_owned(), None).await.unwrap());
    }
}
