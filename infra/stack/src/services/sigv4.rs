//! AWS Signature Version 4 for requests with an empty query or a sorted one: what the runner asks S3 itself.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::error::{Error, Result};
use crate::random::hex;

pub(super) struct Signer<'a> {
    pub access_key: &'a str,
    pub secret_key: &'a str,
    pub region: &'a str,
    pub service: &'a str,
}

impl Signer<'_> {
    /// The headers to add. `query` must already be encoded and sorted by name.
    pub(super) fn sign(
        &self,
        method: &str,
        host: &str,
        path: &str,
        query: &str,
        body: &[u8],
        now: OffsetDateTime,
    ) -> Result<Vec<(&'static str, String)>> {
        let wrong_time = |error: time::error::Format| Error::failed(format!("formatting the time: {error}"));
        let stamp = now.format(format_description!("[year][month][day]T[hour][minute][second]Z")).map_err(wrong_time)?;
        let day = now.format(format_description!("[year][month][day]")).map_err(wrong_time)?;
        let body_hash = hex(&Sha256::digest(body));
        let signed = "host;x-amz-content-sha256;x-amz-date";
        let headers = format!("host:{host}\nx-amz-content-sha256:{body_hash}\nx-amz-date:{stamp}\n");
        let canonical = format!("{method}\n{path}\n{query}\n{headers}\n{signed}\n{body_hash}");
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let to_sign = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hex(&Sha256::digest(canonical)));

        let mut key = format!("AWS4{}", self.secret_key).into_bytes();
        for part in [&day, self.region, self.service, "aws4_request"] {
            key = keyed(&key, part)?;
        }
        let signature = hex(&keyed(&key, &to_sign)?);
        let credential = format!("{}/{scope}", self.access_key);
        Ok(vec![
            ("x-amz-date", stamp),
            ("x-amz-content-sha256", body_hash),
            ("authorization", format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={signature}")),
        ])
    }
}

fn keyed(key: &[u8], text: &str) -> Result<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|error| Error::failed(format!("signing: {error}")))?;
    mac.update(text.as_bytes());
    Ok(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_like_the_published_example() {
        // "GET Object"-style vector of the S3 documentation's list example: GET ?max-keys=2&prefix=J.
        let signer = Signer {
            access_key: "AKIAIOSFODNN7EXAMPLE",
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            region: "us-east-1",
            service: "s3",
        };
        let at = time::macros::datetime!(2013-05-24 00:00:00 UTC);
        let headers = signer.sign("GET", "examplebucket.s3.amazonaws.com", "/", "max-keys=2&prefix=J", b"", at).unwrap();
        let authorization = &headers[2].1;
        let expected = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
        assert!(authorization.ends_with(&format!("Signature={expected}")), "{authorization}");
    }
}
