-- On the primary, when the standby streams (pg_stat_replication): no write is acknowledged before the standby has it on disk.
ALTER SYSTEM SET synchronous_standby_names = 'standby';
SELECT pg_reload_conf();
