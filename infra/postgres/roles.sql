-- Once, on the machine that leads. Passwords follow, by \password: a statement with one would stand in the log.
CREATE ROLE origin LOGIN;
-- The other of two logins, for when the first is rotated: it acts as the first.
CREATE ROLE origin_b NOLOGIN IN ROLE origin;
ALTER ROLE origin_b SET role = 'origin';
CREATE DATABASE reviews OWNER origin TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
CREATE ROLE standby LOGIN REPLICATION;
-- What pg_rewind asks for.
GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text, boolean, boolean) TO standby;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_stat_file(text, boolean) TO standby;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(text) TO standby;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean) TO standby;
