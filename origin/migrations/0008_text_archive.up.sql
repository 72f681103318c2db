CREATE TABLE archived_texts (
    revision_id text PRIMARY KEY REFERENCES revisions,
    object      text NOT NULL
);
COMMENT ON TABLE archived_texts IS 'The backup of the manuscripts: which object of the archive holds a revision''s text. Texts never change, so objects are only added.';
COMMENT ON COLUMN archived_texts.revision_id IS 'Whose text.';
COMMENT ON COLUMN archived_texts.object IS 'The object''s name in the store of TEXT_ARCHIVE_URL: manuscripts/archive.rs.';
CREATE TRIGGER immutable BEFORE UPDATE ON archived_texts FOR EACH ROW EXECUTE FUNCTION refuse_change();
