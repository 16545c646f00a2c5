DROP TABLE reset_links;
DROP INDEX users_delete_at_idx;
ALTER TABLE users DROP COLUMN delete_at;
