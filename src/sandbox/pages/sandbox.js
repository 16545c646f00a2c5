"use strict";

const texts = {
  "zh-CN": {
    signedIn: (who) => `已登录：${who}`, bindRequired: "登录成功，但尚未绑定账号。请绑定已有账号，或注册新账号。",
    user: "用户", username: "用户名", newAccount: "新账号", next: "登录后前往", yes: "是", no: "否", nobody: "未获取到昵称",
    cancelled: "您已取消授权", refused: "身份提供商未返回授权码", missing: "地址中缺少 code 和 state 参数。", failed: "网关响应异常",
    already: (who) => `当前已登录：${who}`, retry: (when) => `请于 ${when} 后重试`, sent: (where) => `验证码已发送至 ${where}`,
  },
  en: {
    signedIn: (who) => `Signed in: ${who}`,
    bindRequired: "You signed in with the provider, but no account is linked yet. Bind an existing account, or register.",
    user: "User", username: "User name", newAccount: "New account", next: "Continues to", yes: "yes", no: "no",
    nobody: "no nickname", cancelled: "You denied access", refused: "The provider returned no code", missing: "The URL has no code and state.",
    failed: "The gateway's response is invalid", already: (who) => `Already signed in: ${who}`,
    retry: (when) => `Try again after ${when}`, sent: (where) => `The code was sent to ${where}`,
  },
};
const t = texts[document.documentElement.lang] ?? texts.en;
const find = (id) => document.getElementById(id);

// Tokens are not selected: the page only shows who signed in, and the session is in a cookie.
const SIGNED_IN = "... on SignedIn { user { id username nickname } next newAccount }";
const PROBLEM = "... on Problem { code message }";
// Every mutation can return this refusal.
const LATER = "... on RateLimited { retryAt }";
const REJECTED = "... on ProviderRejected { providerCode }";
const TAKEN = "... on IdentifierTaken { field }";
const FIELDS = "... on InvalidInput { fields { path message } }";
const BIND_REQUIRED = "... on BindRequired { ticket nickname avatarUrl next }";

async function ask(query, variables) {
  const response = await fetch("/graphql", {
    method: "POST",
    credentials: "include",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors.map((error) => error.message).join("\n"));
  return data.outcome;
}

function say(element, text, good) {
  element.textContent = text;
  element.classList.toggle("good", good === true);
  element.classList.toggle("bad", good === false);
}

// Names a field by its label if the form has one.
function explain(problem, form) {
  const name = (path) => form?.elements.namedItem(path.split(".").pop())?.labels?.[0].textContent ?? path;
  const fields = (problem.fields ?? []).map((field) => `${name(field.path)}: ${field.message}`);
  const taken = problem.field ? `${name(problem.field)}: ` : "";
  const code = problem.providerCode ? ` (${problem.providerCode})` : "";
  const later = problem.retryAt ? [t.retry(new Date(problem.retryAt).toLocaleTimeString(document.documentElement.lang))] : [];
  return [`${taken}${problem.message ?? t.failed}${code}`, ...later, ...fields].join("\n");
}

async function attempt(element, work) {
  try {
    await work();
  } catch (error) {
    say(element, `${t.failed}: ${error.message}`, false);
  }
}

async function leave(provider, status) {
  const input = { next: "/sandbox" };
  const outcome = provider === "qq"
    ? await ask("mutation Start($input: AuthorizeUrlInput) { outcome: qqAuthorizeUrl(input: $input) { url } }", { input })
    : await ask(
      `mutation Start($provider: String!, $input: AuthorizeUrlInput) {
        outcome: socialAuthorizeUrl(provider: $provider, input: $input) { __typename ... on AuthorizeUrl { url } ${PROBLEM} ${LATER} ${FIELDS} } }`,
      { provider, input },
    );
  if (outcome.url) location.assign(outcome.url);
  else say(status, explain(outcome), false);
}

// After a reload the state is used up, but the user is signed in.
async function explainUsed(status, problem) {
  const outcome = await ask(`mutation Refresh { outcome: refreshSession { __typename ${SIGNED_IN} } }`);
  if (outcome.__typename !== "SignedIn") return say(status, explain(problem), false);
  const { user } = outcome;
  say(status, [explain(problem), t.already(user.nickname ?? user.username)].join("\n"));
}

function showSignedIn(outcome) {
  const { user, newAccount, next } = outcome;
  find("choose").hidden = true;
  say(find("status"), t.signedIn(user.nickname ?? user.username), true);
  const facts = find("facts");
  const rows = [[t.user, user.id], [t.username, user.username], [t.newAccount, newAccount ? t.yes : t.no], [t.next, next ?? "/"]];
  for (const [name, value] of rows) {
    const term = document.createElement("dt");
    const description = document.createElement("dd");
    term.textContent = name;
    description.textContent = value;
    facts.append(term, description);
  }
  facts.hidden = false;
  // The pressed button is hidden, so the focus would return to the top of the page.
  find("status").focus();
}

function showChoice(outcome) {
  say(find("status"), t.bindRequired);
  find("nickname").textContent = outcome.nickname ?? t.nobody;
  if (outcome.avatarUrl) {
    find("avatar").src = outcome.avatarUrl;
    find("avatar").hidden = false;
  }
  find("choose").hidden = false;
}

function handleForm(form, mutation, type, refusals, input) {
  const result = form.querySelector(".result");
  const field = (name) => form.elements.namedItem(name);
  form.querySelector("[data-send]").addEventListener("click", () => attempt(result, async () => {
    if (!field("mobile").reportValidity()) return;
    const outcome = await ask(
      `mutation Send($input: SendSmsInput!) { outcome: sendSms(input: $input) {
        __typename ... on CodeSent { destination } ${PROBLEM} ${LATER} ${FIELDS} } }`,
      { input: { mobile: field("mobile").value, purpose: "BIND" } },
    );
    if (outcome.__typename === "CodeSent") say(result, t.sent(outcome.destination), true);
    else say(result, explain(outcome, form), false);
  }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(result, async () => {
      const outcome = await ask(
        `mutation Finish($input: ${type}!) { outcome: ${mutation}(input: $input) { __typename ${SIGNED_IN} ${PROBLEM} ${refusals} ${LATER} ${FIELDS} } }`,
        { input: input(field) },
      );
      if (outcome.__typename === "SignedIn") showSignedIn(outcome);
      else say(result, explain(outcome, form), false);
    });
  });
}

function offer(provider, outcome) {
  const { ticket } = outcome;
  const suffix = provider === "qq" ? "Qq" : "Social";
  const mobile = (field) => ({ mobile: field("mobile").value, code: field("code").value });
  handleForm(find("bind"), `bind${suffix}`, "BindInput", "", (field) => {
    const account = field("proof").value === "password"
      ? { password: { account: field("account").value, password: field("password").value } }
      : { mobile: mobile(field) };
    return { ticket, account };
  });
  handleForm(find("register"), `registerWith${suffix}`, "RegisterWithInput", TAKEN, (field) => (
    { ticket, mobile: mobile(field), acceptTerms: field("terms").checked }
  ));
  for (const choice of find("bind").querySelectorAll("[name=proof]")) {
    choice.addEventListener("change", () => {
      for (const part of find("bind").querySelectorAll("[data-proof]")) {
        part.hidden = part.dataset.proof !== choice.value;
        // Hidden fields must not be required.
        for (const input of part.querySelectorAll("input")) input.disabled = part.hidden;
      }
    });
  }
  showChoice(outcome);
}

async function comeBack(provider, status) {
  const query = new URLSearchParams(location.search);
  const code = query.get("code");
  const state = query.get("state");
  if (query.has("usercancel") || query.get("error") === "access_denied") return say(status, t.cancelled, false);
  // QQ returns errors in `msg`; `code` is then the number of the error.
  if (query.has("error") || query.has("msg")) {
    const words = [query.get("error") ?? code, query.get("error_description") ?? query.get("msg")];
    return say(status, [t.refused, ...words].filter(Boolean).join(": "), false);
  }
  // The complete response of WeChat if the user denies access.
  if (!code && state) return say(status, t.cancelled, false);
  if (!code || !state) return say(status, t.missing, false);
  const outcome = provider === "qq"
    ? await ask(
      `mutation Return($input: QqAuthorizeInput!) { outcome: qqAuthorize(input: $input) {
        __typename ${SIGNED_IN} ${BIND_REQUIRED} ${PROBLEM} ${REJECTED} ${LATER} ${FIELDS} } }`,
      { input: { code, state } },
    )
    : await ask(
      `mutation Return($provider: String!, $input: SocialAuthorizeInput!) {
        outcome: socialAuthorize(provider: $provider, input: $input) { __typename ${SIGNED_IN} ${BIND_REQUIRED} ${PROBLEM} ${REJECTED} ${LATER} ${FIELDS} } }`,
      { provider, input: { code, state } },
    );
  if (outcome.__typename === "SignedIn") showSignedIn(outcome);
  else if (outcome.__typename === "BindRequired") offer(provider, outcome);
  else if (outcome.__typename === "TicketRejected") await explainUsed(status, outcome);
  else say(status, explain(outcome), false);
}

const status = find("status");
for (const button of document.querySelectorAll("#ways [data-provider]")) {
  button.addEventListener("click", () => attempt(status, () => leave(button.dataset.provider, status)));
}
const callback = find("callback");
if (callback) attempt(status, () => comeBack(callback.dataset.provider, status));
