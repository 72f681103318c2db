//! Domain types as columns. A value that does not parse is a corrupt row, not a panic.

use common::{LogId, Seq, Tag, Timestamp};
use sqlx::{
    Decode, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgTypeInfo, PgValueRef},
};
use time::OffsetDateTime;

use crate::{
    domain::{
        CameraId, CameraKind, CameraState, Condition, Currency, EditorId, Locale, Market, OfferId, Rating, ReviewId, ReviewState,
        RevisionId, Role, Sha256, Slug, Version, id::ProcessId, offer::OfferUrl,
    },
    store::StoreError,
};

/// Types with a text form become `text`.
macro_rules! text {
    ($($name:ty),* $(,)?) => {$(
        impl Type<Postgres> for $name {
            fn type_info() -> PgTypeInfo {
                <String as Type<Postgres>>::type_info()
            }

            fn compatible(ty: &PgTypeInfo) -> bool {
                <String as Type<Postgres>>::compatible(ty)
            }
        }

        impl<'r> Decode<'r, Postgres> for $name {
            fn decode(value: PgValueRef<'r>) -> Result<$name, BoxDynError> {
                let text = <&str as Decode<Postgres>>::decode(value)?;
                text.parse().map_err(|error| format!("{}: {error}", stringify!($name)).into())
            }
        }

        impl Encode<'_, Postgres> for $name {
            fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
                <String as Encode<Postgres>>::encode(self.to_string(), buffer)
            }
        }
    )*};
}

text!(
    CameraId,
    CameraKind,
    CameraState,
    Condition,
    Currency,
    EditorId,
    Locale,
    Market,
    OfferId,
    OfferUrl,
    ProcessId,
    ReviewId,
    ReviewState,
    RevisionId,
    Role,
    Sha256,
    Slug
);

impl Type<Postgres> for Version {
    fn type_info() -> PgTypeInfo {
        <i64 as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for Version {
    fn decode(value: PgValueRef<'r>) -> Result<Version, BoxDynError> {
        <i64 as Decode<Postgres>>::decode(value).map(Version)
    }
}

impl Type<Postgres> for Rating {
    fn type_info() -> PgTypeInfo {
        <i16 as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for Rating {
    fn decode(value: PgValueRef<'r>) -> Result<Rating, BoxDynError> {
        let tenths = <i16 as Decode<Postgres>>::decode(value)?;
        Ok(Rating::try_from(u8::try_from(tenths)?)?)
    }
}

pub(crate) fn rating(rating: Option<Rating>) -> Option<i16> {
    rating.map(|rating| i16::from(u8::from(rating)))
}

/// A nullable time: `Option` is not ours to convert directly.
#[derive(Debug)]
pub(crate) struct MaybeAt(Option<OffsetDateTime>);

impl Type<Postgres> for MaybeAt {
    fn type_info() -> PgTypeInfo {
        <OffsetDateTime as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for MaybeAt {
    fn decode(value: PgValueRef<'r>) -> Result<MaybeAt, BoxDynError> {
        <Option<OffsetDateTime> as Decode<Postgres>>::decode(value).map(MaybeAt)
    }
}

impl From<MaybeAt> for Option<Timestamp> {
    fn from(at: MaybeAt) -> Option<Timestamp> {
        at.0.map(Timestamp::from)
    }
}

/// A time as a statement's argument. Columns keep milliseconds, so nothing is lost.
pub(crate) fn at(at: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.unix_ms()) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

pub(crate) fn seq(value: i64) -> Result<Seq, StoreError> {
    Seq::from_i64(value).ok_or_else(|| StoreError::Corrupt(format!("a number below zero: {value}")))
}

pub(crate) fn log(text: &str) -> Result<LogId, StoreError> {
    LogId::parse(text).map_err(|error| StoreError::Corrupt(format!("log: {error}")))
}

pub(crate) fn tags(texts: Vec<String>) -> Result<Vec<Tag>, StoreError> {
    texts.into_iter().map(|text| Tag::try_from(text).map_err(|error| StoreError::Corrupt(format!("tags: {error}")))).collect()
}

pub(crate) fn widths(widths: Vec<i32>) -> Vec<u32> {
    widths.into_iter().filter_map(|width| u32::try_from(width).ok()).collect()
}

pub(crate) fn pixels(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}
