//! The texts. Every topic has one in every language, or this file does not compile.

use minijinja::{AutoEscape, Environment, Value, context};
use zeroize::Zeroizing;

use super::content::{Content, Topic};
use super::letters::{self, Letter};
use crate::core::language::Language;
use crate::core::secret::ExposeSecret as _;

/// A finished mail. No `Debug`: it holds a code.
pub struct Mail {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Makes texts of contents.
pub(super) struct Renderer {
    templates: Environment<'static>,
    product: String,
}

/// The sentences of a mail around its code.
struct Phrases {
    subject: String,
    greeting: &'static str,
    /// What the code is for; stands before it.
    intro: String,
    validity: String,
    secrecy: &'static str,
    /// What to do when it was not you.
    stranger: &'static str,
    footer: String,
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
            ("letter.html", include_str!("templates/letter.html")),
            ("letter.txt", include_str!("templates/letter.txt")),
        ] {
            let added = templates.add_template(name, source);
            added.expect("the embedded templates are well formed");
        }
        Self { templates, product: product.to_owned() }
    }

    /// The text message. The signature in brackets comes first: mainland carriers require it.
    pub(super) fn sms(&self, content: &Content, language: Language) -> Zeroizing<String> {
        let product = &self.product;
        Zeroizing::new(match content {
            Content::Code { topic, code, minutes } => {
                self.code_sms(*topic, code.expose_secret(), *minutes, language)
            }
            Content::ResetLink { url, minutes } => {
                letters::reset_link_sms(product, url.expose_secret(), *minutes, language)
            }
            Content::Notice { topic } => letters::notice_sms(product, *topic, language),
        })
    }

    fn code_sms(&self, topic: Topic, code: &str, minutes: u32, language: Language) -> String {
        let product = &self.product;
        match language {
            Language::Chinese => {
                let action = chinese_action(topic);
                format!(
                    "【{product}】验证码 {code}，{minutes} 分钟内有效，用于{action}。请勿将验证码告诉任何人。"
                )
            }
            Language::English => {
                let action = english_action(topic);
                let valid = english_minutes(minutes);
                format!(
                    "[{product}] {code} is your code to {action}. Valid for {valid}. Never tell it to anybody."
                )
            }
        }
    }

    /// The mail.
    pub(super) fn mail(&self, content: &Content, language: Language) -> Mail {
        match content {
            Content::Code { topic, code, minutes } => {
                self.code_mail(*topic, code.expose_secret(), *minutes, language)
            }
            Content::ResetLink { url, minutes } => {
                let letter = letters::reset_link(&self.product, *minutes, language);
                self.letter_mail(letter, Some(url.expose_secret()), language)
            }
            Content::Notice { topic } => {
                self.letter_mail(letters::notice(&self.product, *topic, language), None, language)
            }
        }
    }

    fn letter_mail(&self, letter: Letter, url: Option<&str>, language: Language) -> Mail {
        let values = context! {
            lang => language.tag(),
            product => &self.product,
            subject => &letter.subject,
            greeting => letter.greeting,
            message => &letter.message,
            link => url,
            button => letter.link.as_ref().map(|link| link.button),
            validity => letter.link.as_ref().map(|link| &link.validity),
            advice => letter.advice,
            footer => &letter.footer,
        };
        let (text, html) = (self.rendered("letter.txt", &values), self.rendered("letter.html", &values));
        Mail { subject: letter.subject, text, html }
    }

    fn rendered(&self, name: &str, values: &Value) -> String {
        let template = self.templates.get_template(name);
        let text = template.and_then(|template| template.render(values));
        text.expect("the embedded templates use only the values that they are given")
    }

    fn code_mail(&self, topic: Topic, code: &str, minutes: u32, language: Language) -> Mail {
        let phrases = phrases(&self.product, topic, minutes, language);
        let values = context! {
            lang => language.tag(),
            product => &self.product,
            subject => &phrases.subject,
            greeting => phrases.greeting,
            intro => phrases.intro,
            code => code,
            validity => phrases.validity,
            secrecy => phrases.secrecy,
            stranger => phrases.stranger,
            footer => phrases.footer,
        };
        let (text, html) = (self.rendered("code.txt", &values), self.rendered("code.html", &values));
        Mail { text, html, subject: phrases.subject }
    }
}

fn chinese_action(topic: Topic) -> &'static str {
    match topic {
        Topic::Register => "注册账号",
        Topic::Login => "登录",
        Topic::ResetPassword => "重置密码",
        Topic::Bind => "绑定账号",
        Topic::ChangeContact => "更换联系方式",
    }
}

fn english_action(topic: Topic) -> &'static str {
    match topic {
        Topic::Register => "create your account",
        Topic::Login => "sign in",
        Topic::ResetPassword => "reset your password",
        Topic::Bind => "link your account",
        Topic::ChangeContact => "change your contact details",
    }
}

fn english_minutes(minutes: u32) -> String {
    if minutes == 1 { "1 minute".into() } else { format!("{minutes} minutes") }
}

/// The subject does not hold the code: it shows on locked screens and in logs of mail servers.
fn phrases(product: &str, topic: Topic, minutes: u32, language: Language) -> Phrases {
    match language {
        Language::Chinese => {
            let action = chinese_action(topic);
            Phrases {
                subject: format!("{product} 验证码：{action}"),
                greeting: "您好：",
                intro: format!("您正在{action}，验证码是："),
                validity: format!("{minutes} 分钟内有效，仅可使用一次。"),
                secrecy: "请勿将验证码告诉任何人，我们的工作人员也不会向您索要。",
                stranger: chinese_stranger(topic),
                footer: format!("此邮件由 {product} 自动发送，请勿回复。"),
            }
        }
        Language::English => Phrases {
            subject: english_subject(product, topic),
            greeting: "Hello,",
            intro: format!("here is your code to {}:", english_action(topic)),
            validity: format!("It is valid for {} and works once.", english_minutes(minutes)),
            secrecy: "Never tell it to anybody. Our staff will not ask for it.",
            stranger: english_stranger(topic),
            footer: format!("{product} sent this mail automatically. Please do not reply."),
        },
    }
}

fn english_subject(product: &str, topic: Topic) -> String {
    let what = match topic {
        Topic::Register => "sign-up",
        Topic::Login => "sign-in",
        Topic::ResetPassword => "password reset",
        Topic::Bind => "account linking",
        Topic::ChangeContact => "contact change",
    };
    format!("Your {product} {what} code")
}

fn chinese_stranger(topic: Topic) -> &'static str {
    match topic {
        Topic::Register => "如果这不是您本人的操作，请忽略此邮件，不会为您创建账号。",
        Topic::Login => "如果这不是您本人的操作，请忽略此邮件；没有验证码，他人无法登录。",
        Topic::ResetPassword => "如果这不是您本人的操作，请忽略此邮件，您的密码不会改变。",
        Topic::Bind => "如果这不是您本人的操作，请忽略此邮件，不会绑定任何账号。",
        Topic::ChangeContact => "如果这不是您本人的操作，请忽略此邮件，联系方式不会改变。",
    }
}

fn english_stranger(topic: Topic) -> &'static str {
    match topic {
        Topic::Register => "If this was not you, ignore this mail: no account will be made.",
        Topic::Login => "If this was not you, ignore this mail: nobody can sign in without the code.",
        Topic::ResetPassword => "If this was not you, ignore this mail: your password stays as it is.",
        Topic::Bind => "If this was not you, ignore this mail: no account will be linked.",
        Topic::ChangeContact => "If this was not you, ignore this mail: your details stay as they are.",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::content::NoticeTopic;
    use super::*;

    const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];

    fn content(topic: Topic, minutes: u32) -> Content {
        Content::Code { topic, code: "004217".into(), minutes }
    }

    #[test]
    fn every_text_has_the_code_the_product_and_the_time() {
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
                    let warning = text.contains("告诉任何人") || text.contains("Never tell");
                    assert!(warning, "{text}");
                    assert!(!text.contains("{{") && !text.contains("{%"), "{text}");
                }
                assert!(mail.subject.contains("Menjin") && !mail.subject.contains("004217"));
                assert!(mail.html.contains(&format!("lang=\"{}\"", language.tag())));
                assert!(seen.insert(sms.to_string()), "each topic reads differently: {}", *sms);
                assert!(seen.insert(mail.subject), "each topic has its own subject");
            }
        }
    }

    #[test]
    fn a_text_message_is_one_or_two_parts_long() {
        let renderer = Renderer::new("Menjin");
        for topic in Topic::ALL {
            // UCS-2: 67 characters a part. GSM 7-bit: 160 in one.
            assert!(renderer.sms(&content(topic, 10), Language::Chinese).chars().count() <= 67);
            let english = renderer.sms(&content(topic, 10), Language::English);
            assert!(english.len() <= 160 && english.is_ascii());
        }
    }

    #[test]
    fn notices_name_the_product_and_hold_no_link() {
        let renderer = Renderer::new("Menjin");
        let mut seen = BTreeSet::new();
        for language in LANGUAGES {
            for topic in NoticeTopic::ALL {
                let content = Content::Notice { topic };
                let (sms, mail) = (renderer.sms(&content, language), renderer.mail(&content, language));
                for text in [sms.as_str(), &mail.text, &mail.html, &mail.subject] {
                    assert!(text.contains("Menjin"), "{text}");
                    assert!(!text.contains("://") && !text.contains("{{") && !text.contains("{}"), "{text}");
                }
                let longest = if language == Language::Chinese { 67 } else { 160 };
                assert!(sms.chars().count() <= longest, "one part: {}", *sms);
                assert!(seen.insert(sms.to_string()) && seen.insert(mail.subject));
            }
        }
    }

    #[test]
    fn a_reset_link_stands_whole_in_the_mail() {
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
    fn the_name_of_the_product_is_no_markup() {
        let renderer = Renderer::new("<b>A & B</b>");
        let mail = renderer.mail(&content(Topic::Login, 1), Language::English);
        assert!(!mail.html.contains("<b>") && mail.html.contains("&lt;b&gt;A &amp; B"));
        assert!(mail.text.contains("<b>A & B</b>"));
        assert!(mail.text.contains("1 minute ") && !mail.text.contains("minutes"));
    }
}
