-- On the primary, when the standby will not be back soon: writes are acknowledged by this machine alone from now on.
-- Until then none is: an editor gets a 503, and nothing acknowledged can be lost with this machine.
ALTER SYSTEM SET synchronous_standby_names = '';
SELECT pg_reload_conf();
