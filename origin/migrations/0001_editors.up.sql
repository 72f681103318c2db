CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS unaccent;

CREATE TABLE editors (
    id            text PRIMARY KEY,
    email         citext NOT NULL CONSTRAINT editors_email_key UNIQUE,
    name          text NOT NULL,
    slug          text NOT NULL CONSTRAINT editors_slug_key UNIQUE,
    bio           text NOT NULL DEFAULT '',
    role          text NOT NULL CONSTRAINT editors_role_known
                  CHECK (role IN ('contributor', 'author', 'editor', 'admin')),
    suspended_at  timestamptz(3),
    password_hash text NOT NULL,
    version       bigint NOT NULL DEFAULT 1,
    created_at    timestamptz(3) NOT NULL DEFAULT now()
);
COMMENT ON TABLE editors IS 'Everybody who can sign in. Name, slug and bio are public: they are the author''s page.';
COMMENT ON COLUMN editors.id IS 'ULID.';
COMMENT ON COLUMN editors.email IS 'Sign-in name, compared without case. Never public.';
COMMENT ON COLUMN editors.name IS 'As printed under a review.';
COMMENT ON COLUMN editors.slug IS 'The author''s page: /v1/editors/{slug}. Never changes.';
COMMENT ON COLUMN editors.bio IS 'Public, plain text.';
COMMENT ON COLUMN editors.role IS 'What the editor may do: see domain/role.rs.';
COMMENT ON COLUMN editors.suspended_at IS 'Since when sign-in is refused; null: active. Published reviews stay.';
COMMENT ON COLUMN editors.password_hash IS 'argon2id in PHC format.';
COMMENT ON COLUMN editors.version IS 'Counts changes, for If-Match.';
COMMENT ON COLUMN editors.created_at IS 'When the row was made, by the database''s clock.';

CREATE TABLE sessions (
    token_hash   bytea PRIMARY KEY,
    editor_id    text NOT NULL REFERENCES editors ON DELETE CASCADE,
    created_at   timestamptz(3) NOT NULL DEFAULT now(),
    expires_at   timestamptz(3) NOT NULL,
    last_used_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX sessions_editor ON sessions (editor_id, created_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);
COMMENT ON TABLE sessions IS 'Open sign-ins. Not public: a change needs no event.';
COMMENT ON COLUMN sessions.token_hash IS 'SHA-256 of the token, so that a copy of the database opens no session.';
COMMENT ON COLUMN sessions.editor_id IS 'Whose session it is.';
COMMENT ON COLUMN sessions.created_at IS 'When the editor signed in.';
COMMENT ON COLUMN sessions.expires_at IS 'Not valid from here on, used or not.';
COMMENT ON COLUMN sessions.last_used_at IS 'Coarse: written at most once in a named time.';
