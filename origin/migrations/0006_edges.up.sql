CREATE TABLE edge_processes (
    process     text PRIMARY KEY,
    region      text NOT NULL,
    log         text NOT NULL,
    applied_seq bigint,
    rtt_ms      double precision NOT NULL,
    first_seen  timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    last_seen   timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX edge_processes_last_seen ON edge_processes (last_seen);
COMMENT ON TABLE edge_processes IS 'Edges that have reported; the live ones are those seen within a named time. Not public.';
COMMENT ON COLUMN edge_processes.process IS 'ULID that the process took at its start.';
COMMENT ON COLUMN edge_processes.region IS 'Where it runs: sa, na, eu, asia.';
COMMENT ON COLUMN edge_processes.log IS 'The log that applied_seq counts in.';
COMMENT ON COLUMN edge_processes.applied_seq IS 'The highest number it has reported; null before the first.';
COMMENT ON COLUMN edge_processes.rtt_ms IS 'Its round trip to this origin, as it measured it last.';
COMMENT ON COLUMN edge_processes.first_seen IS 'Its first report.';
COMMENT ON COLUMN edge_processes.last_seen IS 'Its last report, by the database''s clock.';

CREATE TABLE receipts (
    seq        bigint NOT NULL,
    process    text NOT NULL,
    region     text NOT NULL,
    applied_ms double precision NOT NULL CHECK (applied_ms >= 0),
    arrived_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (seq, process)
);
CREATE INDEX receipts_arrived ON receipts (arrived_at);
COMMENT ON TABLE receipts IS 'Which process had applied which write after how long. Pruned by number.';
COMMENT ON COLUMN receipts.seq IS 'The write.';
COMMENT ON COLUMN receipts.process IS 'Who applied it. Not a foreign key: processes are pruned on their own.';
COMMENT ON COLUMN receipts.region IS 'Where it ran.';
COMMENT ON COLUMN receipts.applied_ms IS 'From the writer''s number to the edge having applied it, without comparing clocks of two machines.';
COMMENT ON COLUMN receipts.arrived_at IS 'When the report arrived here.';

CREATE TABLE cdn_invalidations (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state            text NOT NULL DEFAULT 'queued' CONSTRAINT cdn_invalidations_state_known
                     CHECK (state IN ('queued', 'submitted', 'confirmed', 'dead')),
    from_seq         bigint NOT NULL,
    to_seq           bigint NOT NULL CHECK (to_seq >= from_seq),
    tags             text[] NOT NULL,
    caller_reference text NOT NULL UNIQUE,
    provider_id      text,
    created_at       timestamptz(3) NOT NULL DEFAULT now(),
    submitted_at     timestamptz(3),
    attempts         integer NOT NULL DEFAULT 0
);
CREATE INDEX cdn_invalidations_open ON cdn_invalidations (id) WHERE state IN ('queued', 'submitted');
COMMENT ON TABLE cdn_invalidations IS 'Batches of tags for CloudFront to forget, and how far each has come.';
COMMENT ON COLUMN cdn_invalidations.id IS 'In the order of making.';
COMMENT ON COLUMN cdn_invalidations.state IS 'queued, submitted, confirmed, or dead when given up for the TTLs.';
COMMENT ON COLUMN cdn_invalidations.from_seq IS 'The first write of the batch.';
COMMENT ON COLUMN cdn_invalidations.to_seq IS 'The last write of the batch.';
COMMENT ON COLUMN cdn_invalidations.tags IS 'What to forget, without repetition.';
COMMENT ON COLUMN cdn_invalidations.caller_reference IS 'Derived from the batch, so that a crash cannot submit it twice.';
COMMENT ON COLUMN cdn_invalidations.provider_id IS 'CloudFront''s id, once submitted.';
COMMENT ON COLUMN cdn_invalidations.created_at IS 'When the batch was closed.';
COMMENT ON COLUMN cdn_invalidations.submitted_at IS 'When CloudFront took it.';
COMMENT ON COLUMN cdn_invalidations.attempts IS 'How often it was tried.';

CREATE TABLE cdn_progress (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq bigint NOT NULL CHECK (seq >= 0)
);
COMMENT ON TABLE cdn_progress IS 'One row: up to where the change log has been turned into invalidations.';
COMMENT ON COLUMN cdn_progress.one IS 'Always true: there is one row.';
COMMENT ON COLUMN cdn_progress.seq IS 'The last write that a batch covers.';
INSERT INTO cdn_progress (seq) VALUES (0);

CREATE TABLE cdn_budget (
    month date PRIMARY KEY CHECK (extract(day FROM month) = 1),
    used  integer NOT NULL DEFAULT 0 CHECK (used >= 0)
);
COMMENT ON TABLE cdn_budget IS 'How many invalidation paths each month has used.';
COMMENT ON COLUMN cdn_budget.month IS 'The first of the month, UTC.';
COMMENT ON COLUMN cdn_budget.used IS 'Submitted so far, tags and paths alike.';
