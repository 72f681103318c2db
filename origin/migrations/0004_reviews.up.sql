-- Accents are folded before stemming, so that "camara" finds "câmara".
CREATE TEXT SEARCH CONFIGURATION rcr_pt (COPY = portuguese);
ALTER TEXT SEARCH CONFIGURATION rcr_pt ALTER MAPPING FOR hword, hword_part, word WITH unaccent, portuguese_stem;
CREATE TEXT SEARCH CONFIGURATION rcr_es (COPY = spanish);
ALTER TEXT SEARCH CONFIGURATION rcr_es ALTER MAPPING FOR hword, hword_part, word WITH unaccent, spanish_stem;
CREATE TEXT SEARCH CONFIGURATION rcr_en (COPY = english);
ALTER TEXT SEARCH CONFIGURATION rcr_en ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;

CREATE FUNCTION search_config(locale text) RETURNS regconfig
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE locale
        WHEN 'pt-BR' THEN 'rcr_pt'::regconfig
        WHEN 'es' THEN 'rcr_es'::regconfig
        WHEN 'en' THEN 'rcr_en'::regconfig
    END
$$;
COMMENT ON FUNCTION search_config IS 'The text search configuration of a locale.';

CREATE FUNCTION search_vector(locale text, camera text, title text, summary text, body text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT setweight(to_tsvector(search_config(locale), title), 'A')
        || setweight(to_tsvector(search_config(locale), camera), 'A')
        || setweight(to_tsvector(search_config(locale), summary), 'B')
        || setweight(to_tsvector(search_config(locale), body), 'D')
$$;
COMMENT ON FUNCTION search_vector IS 'What search finds a published text by; made when it is published or its camera renamed.';

CREATE TABLE reviews (
    id           text PRIMARY KEY,
    slug         text NOT NULL CONSTRAINT reviews_slug_key UNIQUE,
    camera_id    text NOT NULL REFERENCES cameras,
    author_id    text NOT NULL REFERENCES editors,
    first_locale text NOT NULL CHECK (first_locale IN ('pt-BR', 'es', 'en')),
    rating       smallint CHECK (rating BETWEEN 0 AND 100),
    draft_rating smallint CHECK (draft_rating BETWEEN 0 AND 100),
    version      bigint NOT NULL DEFAULT 1,
    created_at   timestamptz(3) NOT NULL DEFAULT now(),
    updated_at   timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX reviews_author ON reviews (author_id, id);
CREATE INDEX reviews_camera ON reviews (camera_id, id);
COMMENT ON TABLE reviews IS 'What all languages of a review share. The texts are revisions, pointed at by review_locales.';
COMMENT ON COLUMN reviews.id IS 'ULID.';
COMMENT ON COLUMN reviews.slug IS 'The current public name; earlier ones are in review_slugs.';
COMMENT ON COLUMN reviews.camera_id IS 'What is reviewed.';
COMMENT ON COLUMN reviews.author_id IS 'Whose review it is: decides who may change it.';
COMMENT ON COLUMN reviews.first_locale IS 'BCP 47; what a reader gets who asks for no language.';
COMMENT ON COLUMN reviews.rating IS 'In tenths, 0 to 100, as readers see it; null before the first publication.';
COMMENT ON COLUMN reviews.draft_rating IS 'The rating that the next publication takes over.';
COMMENT ON COLUMN reviews.version IS 'Counts every change of the review in any language, for If-Match.';
COMMENT ON COLUMN reviews.created_at IS 'When the first draft was made.';
COMMENT ON COLUMN reviews.updated_at IS 'The last change, drafts included.';

CREATE TABLE review_slugs (
    slug      text PRIMARY KEY,
    review_id text NOT NULL REFERENCES reviews ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX review_slugs_review ON review_slugs (review_id);
COMMENT ON TABLE review_slugs IS 'Every slug a review ever had, the current one too: an old one redirects for ever and is nobody else''s.';
COMMENT ON COLUMN review_slugs.slug IS 'The name.';
COMMENT ON COLUMN review_slugs.review_id IS 'Whose it is; if it is not reviews.slug, it redirects there.';

CREATE TABLE revisions (
    id         text PRIMARY KEY,
    review_id  text NOT NULL REFERENCES reviews,
    locale     text NOT NULL CHECK (locale IN ('pt-BR', 'es', 'en')),
    title      text NOT NULL,
    summary    text NOT NULL,
    plain_text text NOT NULL,
    created_by text NOT NULL REFERENCES editors,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    UNIQUE (id, review_id, locale)
);
CREATE INDEX revisions_review ON revisions (review_id, locale, id);
COMMENT ON TABLE revisions IS 'Every saved text of a review, immutable. The Markdown and HTML are the manuscript of the same id.';
COMMENT ON COLUMN revisions.id IS 'ULID; also the id of the manuscript, which exists before this row does.';
COMMENT ON COLUMN revisions.review_id IS 'Which review.';
COMMENT ON COLUMN revisions.locale IS 'In which language.';
COMMENT ON COLUMN revisions.title IS 'Plain text.';
COMMENT ON COLUMN revisions.summary IS 'Plain text, for lists and search results.';
COMMENT ON COLUMN revisions.plain_text IS 'The text without markup, for search.';
COMMENT ON COLUMN revisions.created_by IS 'Who saved it.';
COMMENT ON COLUMN revisions.created_at IS 'When it was saved.';

CREATE TABLE review_locales (
    review_id          text NOT NULL REFERENCES reviews,
    locale             text NOT NULL CHECK (locale IN ('pt-BR', 'es', 'en')),
    state              text NOT NULL CONSTRAINT review_locales_state_known
                       CHECK (state IN ('draft', 'in_review', 'scheduled', 'published', 'archived')),
    draft_revision     text,
    published_revision text,
    scheduled_at       timestamptz(3),
    published_at       timestamptz(3),
    updated_at         timestamptz(3) NOT NULL DEFAULT now(),
    search             tsvector,
    PRIMARY KEY (review_id, locale),
    FOREIGN KEY (draft_revision, review_id, locale) REFERENCES revisions (id, review_id, locale),
    FOREIGN KEY (published_revision, review_id, locale) REFERENCES revisions (id, review_id, locale),
    CONSTRAINT review_locales_published_whole CHECK ((state = 'published')
        = (published_revision IS NOT NULL AND published_at IS NOT NULL AND search IS NOT NULL)),
    CONSTRAINT review_locales_unpublished_hidden CHECK (state = 'published' OR (published_revision IS NULL AND search IS NULL)),
    CONSTRAINT review_locales_scheduled_when CHECK ((state = 'scheduled') = (scheduled_at IS NOT NULL))
);
CREATE INDEX review_locales_listed ON review_locales (published_at DESC, review_id DESC, locale) WHERE state = 'published';
CREATE INDEX review_locales_revision ON review_locales (published_revision) WHERE published_revision IS NOT NULL;
CREATE INDEX review_locales_search ON review_locales USING gin (search);
COMMENT ON TABLE review_locales IS 'A review in one language: its state, and which revision is the draft and which one readers see.';
COMMENT ON COLUMN review_locales.review_id IS 'Which review.';
COMMENT ON COLUMN review_locales.locale IS 'In which language.';
COMMENT ON COLUMN review_locales.state IS 'domain/review_state.rs. Public if and only if published.';
COMMENT ON COLUMN review_locales.draft_revision IS 'What the editor works on; null when it is the published one.';
COMMENT ON COLUMN review_locales.published_revision IS 'What readers see; null unless published.';
COMMENT ON COLUMN review_locales.scheduled_at IS 'When the scheduler is to publish it; null unless scheduled.';
COMMENT ON COLUMN review_locales.published_at IS 'The first publication: the order of the lists. Kept through archiving.';
COMMENT ON COLUMN review_locales.updated_at IS 'The last publication, for Last-Modified.';
COMMENT ON COLUMN review_locales.search IS 'The published text for search; null unless published.';

CREATE TABLE review_photographs (
    revision_id text NOT NULL REFERENCES revisions,
    position    smallint NOT NULL CHECK (position >= 0),
    sha256      text NOT NULL CONSTRAINT review_photographs_photograph REFERENCES photographs,
    alt         text NOT NULL,
    PRIMARY KEY (revision_id, position)
);
CREATE INDEX review_photographs_photograph ON review_photographs (sha256);
COMMENT ON TABLE review_photographs IS 'The photographs of a revision: part of it, so a draft''s pictures show nowhere before publication.';
COMMENT ON COLUMN review_photographs.revision_id IS 'The revision, and through it the language of alt.';
COMMENT ON COLUMN review_photographs.position IS 'From 0, in the order shown.';
COMMENT ON COLUMN review_photographs.sha256 IS 'Which photograph.';
COMMENT ON COLUMN review_photographs.alt IS 'What it shows, for those who cannot see it.';
