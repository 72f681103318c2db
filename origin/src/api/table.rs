//! Every route, once. The router, OPTIONS and `Allow`, the roles test, the caching test and
//! the documentation test walk this list.

use http::Method;

use super::{
    body::Accepts::{Json, Nothing, SecretJson, Upload},
    editorial, internal,
    limits::{MANUSCRIPT_BODY_BYTES_MAX, REPORT_BODY_BYTES_MAX, SMALL_BODY_BYTES_MAX},
    policy::Policy,
    public,
    route::{Access, Needs, Route},
};
use crate::{domain::Action, photos::pipeline::UPLOAD_BYTES_MAX};

/// Lists of editors are read page by page too.
const PAGED: &[&str] = &["limit", "cursor"];

macro_rules! public {
    ($path:literal, $query:expr, $policy:ident, $run:path) => {
        Route {
            method: Method::GET,
            path: $path,
            query: $query,
            access: Access::Public { policy: Policy::$policy, run: |read| Box::pin($run(read)) },
        }
    };
}

macro_rules! editorial {
    ($method:ident $path:literal, $query:expr, $needs:expr, $accepts:expr, $run:path) => {
        Route {
            method: Method::$method,
            path: $path,
            query: $query,
            access: Access::Editorial { needs: $needs, accepts: $accepts, run: |call, actor| Box::pin($run(call, actor)) },
        }
    };
}

macro_rules! edge {
    ($method:ident $path:literal, $query:expr, $accepts:expr, $run:path) => {
        Route {
            method: Method::$method,
            path: $path,
            query: $query,
            access: Access::Edge { accepts: $accepts, run: |call| Box::pin($run(call)) },
        }
    };
}

const fn needs(action: Action) -> Needs {
    Needs::Action(action)
}

const SMALL: super::body::Accepts = Json(SMALL_BODY_BYTES_MAX);
const MANUSCRIPT: super::body::Accepts = Json(MANUSCRIPT_BODY_BYTES_MAX);

#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    public!("/v1/reviews", public::reviews::LIST_PARAMS, List, public::reviews::list),
    public!("/v1/reviews/{slug}", public::reviews::PAGE_PARAMS, Page, public::reviews::show),
    public!("/v1/cameras", public::cameras::LIST_PARAMS, List, public::cameras::list),
    public!("/v1/cameras/{slug}", public::cameras::PAGE_PARAMS, Page, public::cameras::show),
    public!("/v1/editors/{slug}", public::editors::PAGE_PARAMS, Page, public::editors::show),
    public!("/v1/search", public::search::PARAMS, List, public::search::run),
    public!("/v1/openapi.json", &[], Document, public::openapi::show),
    public!("/media/{sha256}/{width}", &[], Immutable, public::media::show),
    public!("/go/{offer}", &[], Redirect, public::go::redirect),

    Route {
        method: Method::POST,
        path: "/v1/editorial/sessions",
        query: &[],
        access: Access::SignIn { run: |call| Box::pin(editorial::sessions::open(call)) },
    },
    editorial!(DELETE "/v1/editorial/sessions/current", &[], needs(Action::RevokeSessions), Nothing, editorial::sessions::close),
    editorial!(GET "/v1/editorial/me", &[], Needs::Session, Nothing, editorial::me::show),

    editorial!(GET "/v1/editorial/editors", PAGED, needs(Action::ManageEditors), Nothing, editorial::editors::list),
    editorial!(POST "/v1/editorial/editors", &[], needs(Action::ManageEditors), SecretJson(SMALL_BODY_BYTES_MAX), editorial::editors::add),
    editorial!(GET "/v1/editorial/editors/{id}", &[], needs(Action::ManageEditors), Nothing, editorial::editors::show),
    editorial!(PATCH "/v1/editorial/editors/{id}", &[], needs(Action::ManageEditors), SMALL, editorial::editors::change),
    editorial!(POST "/v1/editorial/editors/{id}/suspension", &[], needs(Action::ManageEditors), Nothing, editorial::editors::suspend),
    editorial!(DELETE "/v1/editorial/editors/{id}/suspension", &[], needs(Action::ManageEditors), Nothing, editorial::editors::reinstate),
    editorial!(GET "/v1/editorial/audit", PAGED, needs(Action::ReadAuditLog), Nothing, editorial::audit::list),

    editorial!(POST "/v1/editorial/cameras", &[], needs(Action::ManageCameras), SMALL, editorial::cameras::add),
    editorial!(GET "/v1/editorial/cameras/{slug}", &[], needs(Action::ManageCameras), Nothing, editorial::cameras::show),
    editorial!(PATCH "/v1/editorial/cameras/{slug}", &[], needs(Action::ManageCameras), SMALL, editorial::cameras::change),
    editorial!(POST "/v1/editorial/cameras/{slug}/offers", &[], needs(Action::ManageOffers), SMALL, editorial::offers::add),
    editorial!(GET "/v1/editorial/offers/{id}", &[], needs(Action::ManageOffers), Nothing, editorial::offers::show),
    editorial!(PATCH "/v1/editorial/offers/{id}", &[], needs(Action::ManageOffers), SMALL, editorial::offers::change),
    editorial!(DELETE "/v1/editorial/offers/{id}", &[], needs(Action::ManageOffers), Nothing, editorial::offers::withdraw),

    editorial!(GET "/v1/editorial/reviews", PAGED, needs(Action::WriteDraft), Nothing, editorial::reviews::list),
    editorial!(POST "/v1/editorial/reviews", &[], needs(Action::WriteDraft), MANUSCRIPT, editorial::reviews::begin),
    editorial!(GET "/v1/editorial/reviews/{id}", &[], needs(Action::WriteDraft), Nothing, editorial::reviews::show),
    editorial!(PUT "/v1/editorial/reviews/{id}/locales/{locale}", &[], needs(Action::WriteDraft), MANUSCRIPT, editorial::locales::save),
    editorial!(POST "/v1/editorial/reviews/{id}/locales/{locale}/publish", &[], needs(Action::Publish), Nothing, editorial::locales::publish),
    editorial!(POST "/v1/editorial/reviews/{id}/locales/{locale}/archive", &[], needs(Action::Archive), Nothing, editorial::locales::archive),
    editorial!(POST "/v1/editorial/photographs", &[], needs(Action::UploadPhotograph), Upload(UPLOAD_BYTES_MAX), editorial::photographs::upload),
    editorial!(GET "/v1/editorial/changes/{seq}/receipts", &[], Needs::Session, Nothing, editorial::changes::receipts),

    edge!(GET "/internal/feed", internal::feed::PARAMS, Nothing, internal::feed::follow),
    edge!(GET "/internal/head", &[], Nothing, internal::head::show),
    edge!(GET "/internal/pages", internal::pages::PARAMS, Nothing, internal::pages::list),
    edge!(POST "/internal/receipts", &[], Json(REPORT_BODY_BYTES_MAX), internal::receipts::record),
];
