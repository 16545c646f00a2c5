import { createI18n } from 'vue-i18n';

import zhCN, { type Messages } from './zh-CN.ts';

export type Language = 'zh-CN' | 'en';

export const i18n = createI18n<[Messages], Language, false>({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zhCN } as Record<Language, Messages>,
});

/** Shows the pages in this language. English is loaded when it is needed. */
export async function loadLanguage(language: Language): Promise<void> {
  if (language === 'en' && !i18n.global.availableLocales.includes('en')) {
    i18n.global.setLocaleMessage('en', (await import('./en.ts')).default);
  }
  i18n.global.locale.value = language;
  document.documentElement.lang = language;
}
