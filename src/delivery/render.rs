//! Renders the content of messages: an SMS is a text, a mail fills two templates.

use minijinja::{AutoEscape, Environment, Value, context};
use zeroize::Zeroizing;

use super::content::{Content, Topic};
use super::texts::{self, MailText};
use crate::core::language::Language;
use crate::core::secret::ExposeSecret as _;

/// A rendered mail. It has no `Debug` because it contains a code.
pub struct Mail {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Renders messages in the name of one product.
pub(super) struct Renderer {
    templates: Environment<'static>,
    product: String,
}

impl Renderer {
    pub(super) fn new(product: &str) -> Self {
        let mut templates = Environment::new();
        templates.set_auto_escape_callback(|name| match name.rsplit_once('.') {
            Some((_, "txt")) => AutoEscape::None,
            _ => AutoEscape::Html,
        });
        for (name, source) in [
            ("code.html", include_str!("templates/code.html")),
            ("code.txt", include_str!("templates/code.txt")),
            ("message.html", include_str!("templates/message.html")),
            ("message.txt", include_str!("templates/message.txt")),
        ] {
            let added = templates.add_template(name, source);
            added.expect("the embedded templates are valid");
        }
        Self { templates, product: product.to_owned() }
    }

    /// Returns the text of an SMS. It starts with the signature in brackets, which mainland Chinese carriers require.
    pub(super) fn sms(&self, content: &Content, language: Language) -> Zeroizing<String> {
        let product = &self.product;
        Zeroizing::new(match content {
            Content::Code { topic, code, minutes } => {
                texts::code_sms(product, *topic, code.expose_secret(), *minutes, language)
            }
            Content::ResetLink { url, minutes } => {
                texts::reset_link_sms(product, url.expose_secret(), *minutes, language)
            }
            Content::Notice { topic } => texts::notice_sms(product, topic, language),
        })
    }

    /// Returns a mail as plain text and HTML.
    pub(super) fn mail(&self, content: &Content, language: Language) -> Mail {
        let product = &self.product;
        match content {
            Content::Code { topic, code, minutes } => {
                self.code_mail(*topic, code.expose_secret(), *minutes, language)
            }
            Content::ResetLink { url, minutes } => {
                let text = texts::reset_link_mail(product, *minutes, language);
                self.message_mail(text, Some(url.expose_secret()), language)
            }
            Content::Notice { topic } => {
                self.message_mail(texts::notice_mail(product, topic, language), None, language)
            }
        }
    }

    fn message_mail(&self, mail: MailText, url: Option<&str>, language: Language) -> Mail {
        let values = context! {
            lang => language.tag(),
            product => &self.product,
            subject => &mail.subject,
            greeting => mail.greeting,
            message => &mail.message,
            link => url,
            button => mail.link.as_ref().map(|link| link.button),
            validity => mail.link.as_ref().map(|link| &link.validity),
            advice => mail.advice,
            footer => &mail.footer,
        };
        let (text, html) = (self.fill("message.txt", &values), self.fill("message.html", &values));
        Mail { subject: mail.subject, text, html }
    }

    fn fill(&self, name: &str, values: &Value) -> String {
        let template = self.templates.get_template(name);
        let text = template.and_then(|template| template.render(values));
        text.expect("the embedded templates use only values that are provided")
    }

    fn code_mail(&self, topic: Topic, code: &str, minutes: u32, language: Language) -> Mail {
        let mail = texts::code_mail(&self.product, topic, minutes, language);
        let values = context! {
            lang => language.tag(),
            product => &self.product,
            subject => &mail.subject,
            greeting => mail.greeting,
            intro => mail.intro,
            code => code,
            validity => mail.validity,
            secrecy => mail.secrecy,
            unrequested => mail.unrequested,
            footer => mail.footer,
        };
        let (text, html) = (self.fill("code.txt", &values), self.fill("code.html", &values));
        Mail { text, html, subject: mail.subject }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::delivery::content::NoticeTopic;
    use crate::delivery::testing::notice_topics;

    const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];

    fn content(topic: Topic, minutes: u32) -> Content {
        Content::Code { topic, code: "004217".into(), minutes }
    }

    #[test]
    fn every_code_message_contains_the_code_the_product_and_the_validity() {
        let renderer = Renderer::new("Menjin");
        let mut seen = BTreeSet::new();
        for language in LANGUAGES {
            for topic in Topic::ALL {
                let content = content(topic, 12);
                let sms = renderer.sms(&content, language);
                let mail = renderer.mail(&content, language);
                for text in [sms.as_str(), &mail.text, &mail.html] {
                    for part in ["004217", "Menjin", "12"] {
                        assert!(text.contains(part), "{part} in {text}");
                    }
                    let warning = text.contains("泄露") || text.contains("Do not share");
                    assert!(warning, "{text}");
                    assert!(!text.contains("{{") && !text.contains("{%"), "{text}");
                }
                assert!(mail.subject.contains("Menjin") && !mail.subject.contains("004217"));
                assert!(mail.html.contains(&format!("lang=\"{}\"", language.tag())));
                assert!(seen.insert(sms.to_string()), "each topic has its own text: {}", *sms);
                assert!(seen.insert(mail.subject), "each topic has its own subject");
            }
        }
    }

    #[test]
    fn an_sms_with_a_code_fits_into_one_part() {
        let renderer = Renderer::new("Menjin");
        for topic in Topic::ALL {
            // A single part holds 70 UCS-2 characters or 160 GSM 7-bit characters.
            assert!(renderer.sms(&content(topic, 10), Language::Chinese).chars().count() <= 70);
            let english = renderer.sms(&content(topic, 10), Language::English);
            assert!(english.len() <= 160 && english.is_ascii());
        }
    }

    #[test]
    fn notices_name_the_product_and_contain_no_link() {
        let renderer = Renderer::new("Menjin");
        let mut seen = BTreeSet::new();
        for language in LANGUAGES {
            for topic in notice_topics() {
                let content = Content::Notice { topic };
                let (sms, mail) = (renderer.sms(&content, language), renderer.mail(&content, language));
                for text in [sms.as_str(), &mail.text, &mail.html, &mail.subject] {
                    assert!(text.contains("Menjin"), "{text}");
                    assert!(!text.contains("://") && !text.contains("{{") && !text.contains("{}"), "{text}");
                }
                let longest = if language == Language::Chinese { 70 } else { 160 };
                assert!(sms.chars().count() <= longest, "more than one part: {}", *sms);
                assert!(seen.insert(sms.to_string()), "each notice has its own text: {}", *sms);
            }
        }
    }

    #[test]
    fn notices_name_the_provider_and_the_date() {
        let renderer = Renderer::new("Menjin");
        let sms = |topic, language| renderer.sms(&Content::Notice { topic }, language).to_string();
        let linked = |provider: &str| NoticeTopic::ProviderLinked { provider: Some(provider.into()) };
        assert!(sms(linked("QQ"), Language::Chinese).contains("您的账号已绑定 QQ 账号"));
        assert!(sms(linked("微信"), Language::Chinese).contains("您的账号已绑定微信账号"));
        assert!(sms(linked("QQ"), Language::English).contains("A QQ account was linked to your account"));
        let purge_at = "2026-03-01T20:00:00Z".parse().unwrap();
        for language in LANGUAGES {
            assert!(sms(NoticeTopic::AccountDeleted { purge_at }, language).contains("2026-03-01"));
        }
    }

    #[test]
    fn a_reset_link_appears_complete_in_every_message() {
        let renderer = Renderer::new("Menjin");
        let url = "https://a.example/reset?x=1&token=abc-_";
        let content = Content::ResetLink { url: url.into(), minutes: 30 };
        for language in LANGUAGES {
            let mail = renderer.mail(&content, language);
            assert!(mail.text.contains(url) && mail.text.contains("30"), "{}", mail.text);
            assert!(mail.html.contains("&amp;token=abc-_"), "{}", mail.html);
            assert!(!mail.subject.contains("abc"));
            assert!(renderer.sms(&content, language).contains(url));
        }
    }

    #[test]
    fn the_product_name_is_escaped_in_html() {
        let renderer = Renderer::new("<b>A & B</b>");
        let mail = renderer.mail(&content(Topic::Login, 1), Language::English);
        assert!(!mail.html.contains("<b>") && mail.html.contains("&lt;b&gt;A &amp; B"));
        assert!(mail.text.contains("<b>A & B</b>"));
        assert!(mail.text.contains("1 minute ") && !mail.text.contains("minutes"));
    }
}
