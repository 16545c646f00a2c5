//! The tables of both backends. They are written by hand: the diesel CLI prints types that only one backend has.
//! `tests/behaviour/database.rs` selects every column of every table on both.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::db::types::{DbUuid, UtcTimestamp};

    users (id) {
        id -> DbUuid,
        username -> Text,
        username_key -> Text,
        nickname -> Text,
        nickname_key -> Text,
        avatar_url -> Nullable<Text>,
        mobile -> Nullable<Text>,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        roles -> Text,
        status -> Text,
        terms_version -> Nullable<Text>,
        created_at -> UtcTimestamp,
        updated_at -> UtcTimestamp,
        delete_at -> Nullable<UtcTimestamp>,
    }
}

table! {
    use diesel::sql_types::{Binary, Bool, Integer, Nullable, Text};
    use crate::db::types::{DbUuid, UtcTimestamp};

    sessions (id) {
        id -> DbUuid,
        user_id -> DbUuid,
        method -> Text,
        remember -> Bool,
        device_digest -> Nullable<Binary>,
        user_agent -> Nullable<Text>,
        address -> Nullable<Text>,
        created_at -> UtcTimestamp,
        last_used_at -> UtcTimestamp,
        idle_expires_at -> UtcTimestamp,
        expires_at -> UtcTimestamp,
        revoked_at -> Nullable<UtcTimestamp>,
        refresh_salt -> Nullable<Binary>,
        refresh_generation -> Integer,
        end_reason -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::{Binary, Integer, Nullable, Text};
    use crate::db::types::{DbUuid, UtcTimestamp};

    messages (id) {
        id -> DbUuid,
        channel -> Text,
        kind -> Text,
        language -> Text,
        destination -> Binary,
        masked -> Text,
        payload -> Binary,
        status -> Text,
        attempts -> Integer,
        next_attempt_at -> UtcTimestamp,
        lease -> Nullable<DbUuid>,
        leased_until -> Nullable<UtcTimestamp>,
        expires_at -> UtcTimestamp,
        provider -> Nullable<Text>,
        provider_ref -> Nullable<Text>,
        last_error -> Nullable<Text>,
        created_at -> UtcTimestamp,
        updated_at -> UtcTimestamp,
        sending -> Nullable<Text>,
        sending_at -> Nullable<UtcTimestamp>,
        tried -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::db::types::{DbUuid, UtcTimestamp};

    audit_events (id) {
        id -> DbUuid,
        at -> UtcTimestamp,
        kind -> Text,
        user_id -> Nullable<DbUuid>,
        session_id -> Nullable<DbUuid>,
        address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        detail -> Text,
        publication -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::{Integer, Nullable, Text};
    use crate::db::types::{DbUuid, UtcTimestamp};

    webhook_deliveries (id) {
        id -> DbUuid,
        event_id -> DbUuid,
        endpoint -> Text,
        event_type -> Text,
        body -> Text,
        status -> Text,
        attempts -> Integer,
        next_attempt_at -> UtcTimestamp,
        lease -> Nullable<DbUuid>,
        leased_until -> Nullable<UtcTimestamp>,
        last_error -> Nullable<Text>,
        created_at -> UtcTimestamp,
        updated_at -> UtcTimestamp,
    }
}

table! {
    use diesel::sql_types::{Binary, Nullable, Text};
    use crate::db::types::UtcTimestamp;

    signing_keys (kid) {
        kid -> Text,
        algorithm -> Text,
        state -> Text,
        private_key -> Binary,
        public_jwk -> Text,
        created_at -> UtcTimestamp,
        activates_at -> UtcTimestamp,
        retires_at -> Nullable<UtcTimestamp>,
    }
}

table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::db::types::{DbUuid, UtcTimestamp};

    inbox (id) {
        id -> DbUuid,
        message_id -> DbUuid,
        channel -> Text,
        destination -> Text,
        subject -> Nullable<Text>,
        body -> Text,
        html -> Nullable<Text>,
        code -> Nullable<Text>,
        received_at -> UtcTimestamp,
    }
}

table! {
    use diesel::sql_types::{Binary, Nullable};
    use crate::db::types::{DbUuid, UtcTimestamp};

    reset_links (digest) {
        digest -> Binary,
        user_id -> Nullable<DbUuid>,
        expires_at -> UtcTimestamp,
        used_at -> Nullable<UtcTimestamp>,
        created_at -> UtcTimestamp,
    }
}

table! {
    use diesel::sql_types::{Binary, Nullable, Text};
    use crate::db::types::{DbUuid, UtcTimestamp};

    identities (id) {
        id -> DbUuid,
        user_id -> DbUuid,
        provider -> Text,
        subject -> Text,
        union_id -> Nullable<Text>,
        nickname -> Nullable<Text>,
        avatar_url -> Nullable<Text>,
        email -> Nullable<Text>,
        tokens -> Nullable<Binary>,
        linked_at -> UtcTimestamp,
        last_used_at -> UtcTimestamp,
    }
}

table! {
    use diesel::sql_types::{Binary, Nullable};
    use crate::db::types::{DbUuid, UtcTimestamp};

    merges (id) {
        id -> DbUuid,
        kept_user_id -> DbUuid,
        merged_user_id -> DbUuid,
        at -> UtcTimestamp,
        undo_until -> UtcTimestamp,
        undone_at -> Nullable<UtcTimestamp>,
        record -> Binary,
    }
}

table! {
    use diesel::sql_types::{BigInt, Text};
    use crate::db::types::UtcTimestamp;

    sms_counters (bucket, scope) {
        bucket -> UtcTimestamp,
        scope -> Text,
        messages -> BigInt,
        money -> BigInt,
        used -> BigInt,
    }
}

joinable!(sessions -> users (user_id));
allow_tables_to_appear_in_same_query!(users, sessions);
allow_tables_to_appear_in_same_query!(users, merges);
