//! Values that must not be printed.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{SystemClock, clock::Clock as _};

/// A secret string. `Debug` and `Display` show nothing of it; comparing takes the same time
/// wherever the first difference is.
#[derive(Clone)]
pub struct Secret(Box<str>);

impl Secret {
    pub fn new(value: impl Into<String>) -> Secret {
        Secret(value.into().into_boxed_str())
    }

    /// The secret itself: for handing to the service it opens, never to a log.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `candidate` is this secret. Leaks the length, nothing else.
    pub fn matches(&self, candidate: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), candidate.as_bytes());
        if own.len() != other.len() {
            return false;
        }
        let difference = own.iter().zip(other).fold(0u8, |sum, (a, b)| sum | (a ^ b));
        std::hint::black_box(difference) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a secret's text must be; the error says what was expected, and repeats nothing of it.
pub type Check = fn(&str) -> Result<(), String>;

/// How often the file of a secret is looked at, at most: whoever knocks must not make the disk work.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A secret that may change while the program runs: if it lies in a file, who replaces the file has rotated it, within a second.
#[derive(Clone)]
pub struct Rotated {
    /// `None`: it came from the environment, and stays.
    file: Option<PathBuf>,
    check: Check,
    known: Arc<Mutex<Known>>,
}

struct Known {
    secret: Secret,
    looked_at: Duration,
    /// Why the file is of no use now, as it was last said.
    wrong: Option<String>,
}

impl Rotated {
    pub fn fixed(secret: Secret) -> Rotated {
        Rotated::new(None, |_| Ok(()), secret)
    }

    /// # Errors
    /// If the file cannot be read, or holds none.
    pub fn from_file(file: PathBuf, check: Check) -> Result<Rotated, String> {
        let secret = read(&file, check)?;
        Ok(Rotated::new(Some(file), check, secret))
    }

    fn new(file: Option<PathBuf>, check: Check, secret: Secret) -> Rotated {
        let known = Known { secret, looked_at: SystemClock.now(), wrong: None };
        Rotated { file, check, known: Arc::new(Mutex::new(known)) }
    }

    /// As it is now, or was within the last second. A file that is of no use changes nothing, and is complained of.
    pub fn current(&self) -> Secret {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let now = SystemClock.now();
        if let Some(file) = self.file.as_deref().filter(|_| now.saturating_sub(known.looked_at) >= LOOK_EVERY) {
            known.looked_at = now;
            known.take(file, self.check);
        }
        known.secret.clone()
    }
}

impl Known {
    fn take(&mut self, file: &Path, check: Check) {
        match read(file, check) {
            Ok(secret) => {
                if !self.secret.matches(secret.expose()) {
                    tracing::info!(file = %file.display(), "a secret was rotated");
                }
                (self.secret, self.wrong) = (secret, None);
            }
            Err(why) => {
                if self.wrong.as_ref() != Some(&why) {
                    tracing::error!(file = %file.display(), %why, "a secret's file is of no use; the secret before it stays valid");
                }
                self.wrong = Some(why);
            }
        }
    }
}

fn read(file: &Path, check: Check) -> Result<Secret, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    check(text.trim()).map(|()| Secret::new(text.trim()))
}

impl fmt::Debug for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rotated({})", self.file.as_ref().map_or("…".into(), |file| file.display().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_prints_itself() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }

    #[test]
    fn matches_only_itself() {
        let secret = Secret::new("hunter2");
        assert!(secret.matches("hunter2"));
        assert!(!secret.matches("hunter3"));
        assert!(!secret.matches("hunter"));
    }

    #[test]
    fn a_replaced_file_is_another_secret_and_a_broken_one_none() {
        let file = std::env::temp_dir().join(format!("rcr-secret-{}", std::process::id()));
        let check: Check = |text| if text.len() < 4 { Err("expected at least 4 characters".to_owned()) } else { Ok(()) };
        std::fs::write(&file, "first\n").unwrap();
        let rotated = Rotated::from_file(file.clone(), check).unwrap();
        assert!(rotated.current().matches("first"));
        let mut known = Known { secret: rotated.current(), looked_at: Duration::ZERO, wrong: None };
        std::fs::write(&file, "second").unwrap();
        known.take(&file, check);
        assert!(known.secret.matches("second") && known.wrong.is_none());
        std::fs::write(&file, "x").unwrap();
        known.take(&file, check);
        assert!(known.secret.matches("second") && known.wrong.as_deref() == Some("expected at least 4 characters"));
        std::fs::remove_file(&file).unwrap();
        known.take(&file, check);
        assert!(known.secret.matches("second") && known.wrong.is_some());
        assert!(Rotated::from_file(file, check).is_err());
        let secret = rotated;
        assert!(!format!("{secret:?}").contains("first"));
    }
}
