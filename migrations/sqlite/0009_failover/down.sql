ALTER TABLE messages DROP COLUMN tried;
ALTER TABLE messages DROP COLUMN sending_at;
ALTER TABLE messages DROP COLUMN sending;
