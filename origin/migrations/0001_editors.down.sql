DROP TABLE sessions;
DROP TABLE editors;
DROP EXTENSION unaccent;
DROP EXTENSION citext;
