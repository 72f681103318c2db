DO $$
DECLARE
    public_table text;
BEGIN
    FOREACH public_table IN ARRAY ARRAY['editors', 'photographs', 'cameras', 'offers', 'reviews', 'review_slugs',
                                        'revisions', 'review_locales', 'review_photographs'] LOOP
        EXECUTE format('DROP TRIGGER event_required ON %I', public_table);
        EXECUTE format('DROP TRIGGER refuse_truncate ON %I', public_table);
    END LOOP;
END
$$;
DROP TRIGGER immutable ON revisions;
DROP TABLE audit_entries;
DROP TABLE changes;
DROP TABLE idempotency_keys;
DROP TABLE feed_head;
DROP FUNCTION refuse_change;
DROP FUNCTION require_event;
