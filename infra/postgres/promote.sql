-- On the standby, when the primary is dead or cut off for good. It was copied with the primary's settings, and would wait
-- for a standby that it has not.
ALTER SYSTEM SET synchronous_standby_names = '';
SELECT pg_reload_conf();
SELECT pg_promote(wait => true, wait_seconds => 60);
