import type { Component } from 'vue';

/**
 * The captchas that these pages can show, by the slug that `CaptchaRequired.provider` names.
 *
 * A captcha is a component with the property `siteKey`, which emits `answer` with `{ ticket, randstr? }`. The gateway
 * offers none yet, so this list is empty. A script of another site also has to be named in the Content-Security-Policy.
 */
export const captchas: Record<string, Component> = {};
