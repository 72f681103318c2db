CREATE TABLE feed_head (
    one               boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq               bigint NOT NULL CHECK (seq >= 0),
    log               text NOT NULL CHECK (length(log) = 26),
    system_identifier bigint NOT NULL,
    timeline          integer NOT NULL
) WITH (fillfactor = 10);
COMMENT ON TABLE feed_head IS 'One row: how far the change log has come. Every write transaction updates it as its last statement, so numbers are contiguous and in commit order.';
COMMENT ON COLUMN feed_head.one IS 'Always true: there is one row.';
COMMENT ON COLUMN feed_head.seq IS 'The number of the last committed write; 0 before the first.';
COMMENT ON COLUMN feed_head.log IS 'ULID of the log that seq counts in; renewed when history may have been rewound.';
COMMENT ON COLUMN feed_head.system_identifier IS 'Of the cluster that the log was last seen on: a restored copy elsewhere is another log.';
COMMENT ON COLUMN feed_head.timeline IS 'Of that cluster''s WAL: a promoted standby or a point-in-time recovery is another log.';
-- No cluster has these, so the first start takes a log of its own.
INSERT INTO feed_head (seq, log, system_identifier, timeline) VALUES (0, repeat('0', 26), 0, 0);

CREATE TABLE idempotency_keys (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope        text NOT NULL,
    key          text NOT NULL,
    fingerprint  bytea NOT NULL,
    attempt      text NOT NULL,
    started_at   timestamptz(3) NOT NULL DEFAULT now(),
    status       smallint,
    headers      jsonb,
    body         bytea,
    seq          bigint,
    UNIQUE (scope, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (started_at);
COMMENT ON TABLE idempotency_keys IS 'Answers to POSTs, so that a repeated one is answered and not done again. Not public.';
COMMENT ON COLUMN idempotency_keys.id IS 'Referred to by the change it made.';
COMMENT ON COLUMN idempotency_keys.scope IS 'Whose key it is: an editor''s id.';
COMMENT ON COLUMN idempotency_keys.key IS 'As the client sent it.';
COMMENT ON COLUMN idempotency_keys.fingerprint IS 'SHA-256 of the request: another body under the same key is refused.';
COMMENT ON COLUMN idempotency_keys.attempt IS 'ULID of the request that works on it: one that was given up for dead cannot answer after all.';
COMMENT ON COLUMN idempotency_keys.started_at IS 'When that request began; rows expire by it.';
COMMENT ON COLUMN idempotency_keys.status IS 'The answer''s status; null while the request is in flight.';
COMMENT ON COLUMN idempotency_keys.headers IS 'The answer''s headers that are not derived, as an object of strings.';
COMMENT ON COLUMN idempotency_keys.body IS 'The answer''s body.';
COMMENT ON COLUMN idempotency_keys.seq IS 'The number of the write, for Rcr-Seq; null if the request wrote nothing public.';

CREATE TABLE changes (
    seq            bigint PRIMARY KEY CHECK (seq > 0),
    at             timestamptz(3) NOT NULL,
    kind           text NOT NULL,
    gone           text[] NOT NULL,
    hard           text[] NOT NULL,
    soft           text[] NOT NULL,
    actor          text,
    txid           xid8 NOT NULL DEFAULT pg_current_xact_id(),
    idempotency_id bigint
);
CREATE UNIQUE INDEX changes_txid ON changes (txid);
COMMENT ON TABLE changes IS 'The change log: one row per committed write. What the feed sends.';
COMMENT ON COLUMN changes.seq IS 'Contiguous from 1, in commit order.';
COMMENT ON COLUMN changes.at IS 'When the writer took the number, by the database''s clock.';
COMMENT ON COLUMN changes.kind IS 'What happened: review.published.';
COMMENT ON COLUMN changes.gone IS 'Tags never to be used again.';
COMMENT ON COLUMN changes.hard IS 'Tags not to be used, unless the origin cannot be reached.';
COMMENT ON COLUMN changes.soft IS 'Tags that are stale from now on.';
COMMENT ON COLUMN changes.actor IS 'The editor''s id; null for the system itself.';
COMMENT ON COLUMN changes.txid IS 'The writing transaction. Unique: a transaction is one event.';
COMMENT ON COLUMN changes.idempotency_id IS 'The idempotency key that the write answered, if any. Not a foreign key: keys expire.';

CREATE TABLE audit_entries (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    actor   text,
    action  text NOT NULL,
    subject text,
    detail  jsonb NOT NULL DEFAULT '{}',
    seq     bigint
);
COMMENT ON TABLE audit_entries IS 'Who did what. Every numbered write has one, made by the same statement.';
COMMENT ON COLUMN audit_entries.id IS 'In the order of writing.';
COMMENT ON COLUMN audit_entries.at IS 'When, by the database''s clock.';
COMMENT ON COLUMN audit_entries.actor IS 'The editor''s id; null for the system itself.';
COMMENT ON COLUMN audit_entries.action IS 'review.published, session.opened, ….';
COMMENT ON COLUMN audit_entries.subject IS 'The id of what was acted on.';
COMMENT ON COLUMN audit_entries.detail IS 'What else is worth knowing. No secrets, no texts.';
COMMENT ON COLUMN audit_entries.seq IS 'The number of the write; null for what changes nothing public.';

-- R2: a commit that touched a public table without an event of the same transaction fails.
CREATE FUNCTION require_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM changes WHERE txid = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'the transaction changed % without an event in the change log', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'event_required', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION require_event IS 'Deferred to the commit: refuses a public change without a number.';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% refuses %', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'immutable', TABLE = TG_TABLE_NAME;
END
$$;
COMMENT ON FUNCTION refuse_change IS 'For rows that never change, and tables that are never emptied unseen.';

DO $$
DECLARE
    public_table text;
BEGIN
    FOREACH public_table IN ARRAY ARRAY['editors', 'photographs', 'cameras', 'offers', 'reviews', 'review_slugs',
                                        'revisions', 'review_locales', 'review_photographs'] LOOP
        EXECUTE format('CREATE CONSTRAINT TRIGGER event_required AFTER INSERT OR UPDATE OR DELETE ON %I
                        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_event()', public_table);
        -- TRUNCATE fires no row trigger, so it could not be noticed at the commit.
        EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', public_table);
    END LOOP;
END
$$;
CREATE TRIGGER immutable BEFORE UPDATE ON revisions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER immutable BEFORE UPDATE ON changes FOR EACH ROW EXECUTE FUNCTION refuse_change();
