//! Retention periods.

use std::time::Duration;

use super::reader::Reader;

/// How long rows are kept after their use.
#[derive(Clone, Copy, Debug)]
pub struct RetentionSettings {
    pub audit: Duration,
    /// The time since a message was created. Its address and text are deleted as soon as it is sent or given up.
    pub messages: Duration,
    /// The time since a session has ended.
    pub sessions: Duration,
}

impl RetentionSettings {
    /// Reads the section.
    pub fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            audit: reader.duration("retention.audit", "180d", "How long entries of the audit log are kept."),
            messages: reader.duration("retention.messages", "7d", "How long the outbox keeps a message. Its address and text are deleted as soon as it is sent or given up."),
            sessions: reader.duration("retention.sessions", "30d", "How long a session is kept after its end."),
        };
        let day = Duration::from_secs(86_400);
        for (key, length) in [
            ("retention.audit", settings.audit),
            ("retention.messages", settings.messages),
            ("retention.sessions", settings.sessions),
        ] {
            if length < day {
                reader.error(key, "must be at least 1d");
            }
        }
        settings
    }
}
