CREATE TABLE photographs (
    sha256       text PRIMARY KEY CONSTRAINT photographs_sha256_hex CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    width        integer NOT NULL CHECK (width > 0),
    height       integer NOT NULL CHECK (height > 0),
    content_type text NOT NULL,
    uploader_id  text NOT NULL REFERENCES editors,
    widths       integer[] NOT NULL CHECK (cardinality(widths) > 0),
    created_at   timestamptz(3) NOT NULL DEFAULT now()
);
COMMENT ON TABLE photographs IS 'Cleaned originals, by content. The bytes are in the photo store; a row never changes.';
COMMENT ON COLUMN photographs.sha256 IS 'Of the cleaned original, in lower-case hexadecimal: the public name.';
COMMENT ON COLUMN photographs.width IS 'Of the cleaned original, in pixels.';
COMMENT ON COLUMN photographs.height IS 'Of the cleaned original, in pixels.';
COMMENT ON COLUMN photographs.content_type IS 'As sniffed, not as claimed: image/jpeg.';
COMMENT ON COLUMN photographs.uploader_id IS 'Who uploaded these bytes first.';
COMMENT ON COLUMN photographs.widths IS 'The widths that exist as variants, in pixels, ascending.';
COMMENT ON COLUMN photographs.created_at IS 'When these bytes were uploaded first.';
