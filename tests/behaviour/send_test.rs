//! `menjin send-test`, and what `menjin doctor` says about carriers.

use rstest_reuse::apply;

use crate::support::receiver::Receiver;
use crate::support::{Backend, World, both_backends};

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const ACCEPTED: &str =
    r#"{"statusCode":"000000","templateSMS":{"smsMessageSid":"1290f4c9","dateCreated":"20240808140641"}}"#;

fn carriers(receiver: &Receiver) -> [(&'static str, String); 9] {
    [
        ("MENJIN_SMS_CARRIERS", "ronglian,webhook".into()),
        ("MENJIN_SMS_CARRIERS_INTERNATIONAL", "webhook".into()),
        ("MENJIN_SMS_RONGLIAN_ACCOUNT_SID", "8a216da8000000000000000000000001".into()),
        ("MENJIN_SMS_RONGLIAN_AUTH_TOKEN", "0123456789abcdef0123456789abcdef".into()),
        ("MENJIN_SMS_RONGLIAN_APP_ID", "8aEXAMPLE".into()),
        ("MENJIN_SMS_RONGLIAN_TEMPLATES", "code=1001,code.login=1002".into()),
        ("MENJIN_SMS_RONGLIAN_BASE_URL", receiver.origin().into()),
        ("MENJIN_SMS_WEBHOOK_URL", receiver.url.clone()),
        ("MENJIN_SMS_WEBHOOK_SECRET", SECRET.into()),
    ]
}

#[apply(both_backends)]
async fn the_operator_sends_one_message_by_a_carrier(#[case] backend: Backend) {
    let receiver = Receiver::start(&[]).await;
    let Some(world) = World::start(backend).await else { return };
    let owned = carriers(&receiver);
    let settings: Vec<(&str, &str)> = owned.iter().map(|(name, value)| (*name, value.as_str())).collect();
    receiver.respond_with(ACCEPTED);
    let sent = world.operator_with_settings(&settings, &["send-test", "--to", "+8613800138000"]).await;
    assert_eq!(sent.code, 0, "{sent:?}");
    assert!(
        sent.out.starts_with("accepted by ronglian for ") && sent.out.contains("reference 1290f4c9"),
        "{sent:?}"
    );
    assert!(!sent.out.contains("13800138000"), "{sent:?}");
    let body = receiver.wait_for(1).await[0].json();
    assert_eq!((&body["templateId"], &body["datas"][0]), (&"1002".into(), &"000000".into()));

    receiver.respond_with(r#"{"id":"42"}"#);
    let foreign = ["send-test", "--to", "+6591234567", "--kind", "register", "--language", "en"];
    let sent = world.operator_with_settings(&settings, &foreign).await;
    assert!(sent.code == 0 && sent.out.contains("accepted by webhook"), "{sent:?}");
    let body = receiver.wait_for(2).await[1].json();
    assert!(body["data"]["text"].as_str().is_some_and(|text| text.contains("000000")), "{body}");

    receiver.respond_with(r#"{"statusCode":"111109","statusMsg":"x"}"#);
    let refused = world.operator_with_settings(&settings, &["send-test", "--to", "+8613800138000"]).await;
    assert!(refused.code == 1 && refused.err.contains("ronglian: the gateway is refused"), "{refused:?}");
    for to in ["nobody", "+861", "a@"] {
        let invalid = world.operator_with_settings(&settings, &["send-test", "--to", to]).await;
        assert!(invalid.code == 1 && invalid.err.contains("--to is n"), "{to}: {invalid:?}");
    }
    let unknown = ["send-test", "--to", "+8613800138000", "--carrier", "twilio"];
    let unknown = world.operator_with_settings(&settings, &unknown).await;
    assert!(unknown.code == 1 && unknown.err.contains("twilio is not configured"), "{unknown:?}");
    assert_eq!(receiver.count(), 3);
}

#[apply(both_backends)]
async fn in_development_a_test_goes_to_the_inbox(#[case] backend: Backend) {
    let Some(world) = World::start(backend).await else { return };
    for to in ["+8613800138000", "lilei@example.com"] {
        let sent = world.operator(&["send-test", "--to", to]).await;
        assert!(sent.code == 0 && sent.out.starts_with("accepted by inbox for "), "{sent:?}");
        assert_eq!(world.code_for(to).await, "000000");
    }
}

#[apply(both_backends)]
async fn doctor_asks_each_carrier(#[case] backend: Backend) {
    let receiver = Receiver::start(&[]).await;
    let Some(world) = World::start(backend).await else { return };
    let owned = carriers(&receiver);
    let settings: Vec<(&str, &str)> = owned.iter().map(|(name, value)| (*name, value.as_str())).collect();
    receiver.respond_with(r#"{"statusCode":"000000","Account":{}}"#);
    let well = world.operator_with_settings(&settings, &["doctor"]).await;
    assert!(well.code == 0 && well.out.contains("ok      SMS: ronglian: the account exists"), "{well:?}");
    assert!(well.out.contains("ok      SMS: webhook: cannot be checked without a message"), "{well:?}");
    receiver.respond_with(r#"{"statusCode":"111109","statusMsg":"x"}"#);
    let refused = world.operator_with_settings(&settings, &["doctor"]).await;
    assert!(refused.code == 1 && refused.out.contains("FAILED  SMS: ronglian: code 111109"), "{refused:?}");
    assert!(receiver.wait_for(2).await.iter().all(|request| request.path.contains("/AccountInfo?sig=")));
    assert!(!refused.out.contains("0123456789abcdef") && !refused.err.contains("0123456789abcdef"));
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_says_what_does_not_work_without_a_carrier() {
    let Some(world) = World::start(Backend::Servers).await else { return };
    let settings = [
        ("MENJIN_MODE", "production"),
        ("MENJIN_HTTP_PUBLIC_URL", "https://auth.example.com"),
        ("MENJIN_ACCOUNTS_RESET_URL", "https://app.example.com/reset"),
        ("MENJIN_SMTP_HOST", "127.0.0.1"),
        ("MENJIN_SMTP_FROM", "no-reply@example.com"),
        ("MENJIN_SOCIAL_QQ_APP_ID", "101000001"),
        ("MENJIN_SOCIAL_QQ_APP_KEY", "0123456789abcdef0123456789abcdef"),
        ("MENJIN_SOCIAL_CALLBACK_URL", "https://app.example.com/callback/{provider}"),
    ];
    let doctor = world.operator_with_settings(&settings, &["doctor"]).await;
    assert!(doctor.out.contains("FAILED  SMS: no SMS carrier for numbers with +86"), "{doctor:?}");
    assert!(doctor.out.contains("cannot register with QQ"), "{doctor:?}");
}
