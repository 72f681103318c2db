CREATE TABLE manuscripts (
    id         text PRIMARY KEY,
    review_id  text NOT NULL,
    locale     text NOT NULL,
    author_id  text NOT NULL,
    markdown   text NOT NULL,
    created_at timestamptz(3) NOT NULL
);
COMMENT ON TABLE manuscripts IS 'The texts of revisions when no MongoDB is configured. Not public by itself: a revision must point here.';
COMMENT ON COLUMN manuscripts.id IS 'ULID that has never been used; the revision that points here has the same.';
COMMENT ON COLUMN manuscripts.review_id IS 'Which review. Not a foreign key: the text is stored before the review is.';
COMMENT ON COLUMN manuscripts.locale IS 'In which language, BCP 47.';
COMMENT ON COLUMN manuscripts.author_id IS 'Who wrote it. Not a foreign key: the other store has none either.';
COMMENT ON COLUMN manuscripts.markdown IS 'As it was typed; rendered when it is read.';
COMMENT ON COLUMN manuscripts.created_at IS 'When it was stored, by the origin''s clock.';
CREATE TRIGGER immutable BEFORE UPDATE ON manuscripts FOR EACH ROW EXECUTE FUNCTION refuse_change();
