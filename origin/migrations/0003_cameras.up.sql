CREATE TABLE cameras (
    id          text PRIMARY KEY,
    slug        text NOT NULL CONSTRAINT cameras_slug_key UNIQUE,
    maker       text NOT NULL,
    model       text NOT NULL,
    kind        text NOT NULL,
    mount       text,
    crop_factor double precision CHECK (crop_factor > 0),
    state       text NOT NULL CONSTRAINT cameras_state_known
                CHECK (state IN ('announced', 'available', 'discontinued')),
    picture     text REFERENCES photographs,
    version     bigint NOT NULL DEFAULT 1,
    updated_at  timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX cameras_maker ON cameras (maker, slug);
CREATE INDEX cameras_picture ON cameras (picture) WHERE picture IS NOT NULL;
COMMENT ON TABLE cameras IS 'What reviews are about.';
COMMENT ON COLUMN cameras.id IS 'ULID.';
COMMENT ON COLUMN cameras.slug IS 'The public name, also the order of the list. Never changes.';
COMMENT ON COLUMN cameras.maker IS 'Canon.';
COMMENT ON COLUMN cameras.model IS 'EOS R5: without the maker.';
COMMENT ON COLUMN cameras.kind IS 'slr, mirrorless, compact, action, …: domain/camera.rs.';
COMMENT ON COLUMN cameras.mount IS 'The lens mount; null for a fixed lens or when unknown.';
COMMENT ON COLUMN cameras.crop_factor IS 'Against 36 × 24 mm; null when unknown.';
COMMENT ON COLUMN cameras.state IS 'Where it stands in its life on the market.';
COMMENT ON COLUMN cameras.picture IS 'The photograph on the camera''s page; null when there is none.';
COMMENT ON COLUMN cameras.version IS 'Counts changes, for If-Match.';
COMMENT ON COLUMN cameras.updated_at IS 'The last change, for Last-Modified.';

CREATE TABLE offers (
    id          text PRIMARY KEY,
    camera_id   text NOT NULL REFERENCES cameras,
    market      text NOT NULL CHECK (market ~ '^[A-Z]{2}$'),
    store       text NOT NULL,
    price_minor bigint NOT NULL CHECK (price_minor >= 0),
    currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    condition   text NOT NULL CONSTRAINT offers_condition_known
                CHECK (condition IN ('new', 'used', 'refurbished')),
    url         text NOT NULL CONSTRAINT offers_url_https CHECK (url LIKE 'https://%'),
    active      boolean NOT NULL DEFAULT true,
    version     bigint NOT NULL DEFAULT 1,
    updated_at  timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX offers_of_camera ON offers (camera_id, market, price_minor, id) WHERE active;
COMMENT ON TABLE offers IS 'Where a camera can be bought. Withdrawn offers stay as rows, for the record.';
COMMENT ON COLUMN offers.id IS 'ULID; the buyer leaves through /go/{id}.';
COMMENT ON COLUMN offers.camera_id IS 'What is sold.';
COMMENT ON COLUMN offers.market IS 'ISO 3166-1 alpha-2: BR.';
COMMENT ON COLUMN offers.store IS 'The seller''s name, as shown.';
COMMENT ON COLUMN offers.price_minor IS 'In the currency''s minor unit: centavos, cents.';
COMMENT ON COLUMN offers.currency IS 'ISO 4217: BRL.';
COMMENT ON COLUMN offers.condition IS 'new, used or refurbished.';
COMMENT ON COLUMN offers.url IS 'Where /go/{id} leads: this column only, never a request''s parameter.';
COMMENT ON COLUMN offers.active IS 'False once withdrawn.';
COMMENT ON COLUMN offers.version IS 'Counts changes, for If-Match.';
COMMENT ON COLUMN offers.updated_at IS 'The last change, for Last-Modified.';
