DROP INDEX sessions_device_digest_idx;
DROP TABLE sms_counters;
