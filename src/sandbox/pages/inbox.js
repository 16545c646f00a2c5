"use strict";

const texts = {
  zh: {
    title: "收件箱", tag: "开发模式", sandbox: "登录沙盒", filter: "按渠道筛选", all: "全部", sms: "短信", email: "邮件",
    emptyTitle: "还没有消息",
    emptyText: "开发模式下，短信和邮件不会真正发出，而是显示在这里。可在 GraphiQL 中请求一个验证码：",
    open: "打开 GraphiQL", none: "该渠道没有消息", copy: "点击复制", copied: "已复制", failed: "请手动复制",
    show: "预览邮件", hide: "收起预览", preview: "邮件预览", live: "自动更新中", down: "连接中断，正在重试",
    arrived: (n) => `收到 ${n} 条新消息`, copyCode: (code) => `复制验证码 ${code}`,
  },
  en: {
    title: "Inbox", tag: "development", sandbox: "Sign-in sandbox", filter: "Filter by channel", all: "All", sms: "SMS", email: "E-mail",
    emptyTitle: "No messages yet",
    emptyText: "In development mode, SMS messages and e-mails are not sent; they are shown here. Request a code in GraphiQL:",
    open: "Open GraphiQL", none: "No messages of this channel", copy: "Click to copy", copied: "Copied",
    failed: "Copy it manually", show: "Preview e-mail", hide: "Hide preview", preview: "E-mail preview",
    live: "Updates automatically", down: "Connection lost, retrying",
    arrived: (n) => (n === 1 ? "1 new message" : `${n} new messages`), copyCode: (code) => `Copy code ${code}`,
  },
};
const chinese = navigator.language.toLowerCase().startsWith("zh");
const t = chinese ? texts.zh : texts.en;
const KEPT = 500;
// Messages of the same moment can be stored in another order than their ids, so each poll includes an overlap.
const OVERLAP_MS = 10_000;

const find = (id) => document.getElementById(id);
const list = find("messages");
const rows = new Map();
let newest = [];
let filter = "all";
let first = true;

document.documentElement.lang = chinese ? "zh-CN" : "en";
document.title = `${t.title} · Menjin`;
for (const element of document.querySelectorAll("[data-text]")) element.textContent = t[element.dataset.text];
for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t[element.dataset.label]);

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

async function copy(button, hint, code) {
  button.classList.remove("copied", "failed");
  try {
    await navigator.clipboard.writeText(code);
    button.classList.add("copied");
  } catch {
    // Without a secure context there is no clipboard API: select the digits, so that Ctrl+C copies them.
    getSelection().selectAllChildren(button.querySelector(".digits"));
    button.classList.add("failed");
  }
  const text = button.classList.contains("copied") ? t.copied : t.failed;
  hint.textContent = text;
  find("spoken").textContent = text;
  clearTimeout(button.timer);
  button.timer = setTimeout(() => {
    button.classList.remove("copied", "failed");
    hint.textContent = t.copy;
  }, 1500);
}

function togglePreview(message, toggle, preview) {
  const open = preview.hidden;
  if (open && !preview.firstChild) {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "");
    frame.title = t.preview;
    frame.src = `/dev/inbox/mail/${encodeURIComponent(message.id)}`;
    preview.append(frame);
  }
  preview.hidden = !open;
  toggle.setAttribute("aria-expanded", String(open));
  toggle.textContent = open ? t.hide : t.show;
}

function build(message) {
  const row = find("row").content.firstElementChild.cloneNode(true);
  const part = (name) => row.querySelector(`.${name}`);
  row.className = message.channel;
  part("channel").textContent = t[message.channel] ?? message.channel;
  part("destination").textContent = message.destination;
  part("body").textContent = message.body;
  const received = new Date(message.receivedAt);
  const time = row.querySelector("time");
  const sameDay = received.toDateString() === new Date().toDateString();
  time.dateTime = message.receivedAt;
  time.title = received.toLocaleString();
  time.textContent = sameDay ? received.toLocaleTimeString() : received.toLocaleString();
  if (message.subject) part("subject").textContent = message.subject;
  else part("subject").remove();
  const code = part("code");
  if (message.code) {
    part("digits").textContent = message.code;
    part("hint").textContent = t.copy;
    code.setAttribute("aria-label", t.copyCode(message.code));
    code.addEventListener("click", () => copy(code, part("hint"), message.code));
  } else code.remove();
  const toggle = part("toggle");
  const preview = part("preview");
  if (message.html) {
    toggle.textContent = t.show;
    toggle.addEventListener("click", () => togglePreview(message, toggle, preview));
  } else {
    toggle.remove();
    preview.remove();
  }
  return row;
}

function show() {
  let visible = 0;
  for (const row of rows.values()) {
    const hidden = filter !== "all" && !row.classList.contains(filter);
    if (row.hidden !== hidden) row.hidden = hidden;
    if (!hidden) visible += 1;
  }
  find("empty").hidden = rows.size > 0;
  find("none").hidden = rows.size === 0 || visible > 0;
}

// `messages` is newest first; existing rows are not changed.
function add(messages) {
  const fresh = messages.filter((message) => !rows.has(message.id)).reverse();
  for (const message of fresh) {
    const row = build(message);
    row.dataset.id = message.id;
    if (!first) row.classList.add("fresh");
    // Ids sort by age.
    let before = list.firstElementChild;
    while (before && before.dataset.id > message.id) before = before.nextElementSibling;
    list.insertBefore(row, before);
    rows.set(message.id, row);
    newest.push({ id: message.id, at: Date.parse(message.receivedAt) });
  }
  while (list.children.length > KEPT) {
    rows.delete(list.lastElementChild.dataset.id);
    list.lastElementChild.remove();
  }
  if (fresh.length > 0 && !first) find("spoken").textContent = t.arrived(fresh.length);
  newest.sort((a, b) => (a.id < b.id ? 1 : -1));
  const old = newest.findIndex((entry) => entry.at < newest[0].at - OVERLAP_MS);
  if (old >= 0) newest.length = old + 1;
  if (fresh.length > 0 || first) show();
  first = false;
}

function state(down) {
  document.body.classList.toggle("down", down);
  setText(find("state"), down ? t.down : t.live);
}

async function poll() {
  const last = newest[newest.length - 1];
  const settled = last && last.at < newest[0].at - OVERLAP_MS ? last.id : null;
  const query = settled ? `?after=${encodeURIComponent(settled)}` : "";
  try {
    const response = await fetch(`/dev/inbox.json${query}`, { cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    add((await response.json()).messages);
    state(false);
  } catch {
    state(true);
  }
}

async function run() {
  for (;;) {
    if (document.hidden) {
      await new Promise((resume) => document.addEventListener("visibilitychange", resume, { once: true }));
      continue;
    }
    await poll();
    await new Promise((resume) => setTimeout(resume, 1000));
  }
}

for (const button of document.querySelectorAll("[data-filter]")) {
  button.addEventListener("click", () => {
    filter = button.dataset.filter;
    for (const other of document.querySelectorAll("[data-filter]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    show();
  });
}

run();
