import { defineStore } from 'pinia';
import { ref, watchEffect } from 'vue';

import { loadLanguage, type Language } from '@/i18n/index.ts';

export type Theme = 'system' | 'light' | 'dark';

// The names are those of public/first-paint.js.
const THEME = 'menjin.theme';
const LANGUAGE = 'menjin.language';

/** The look and the language of the pages, kept in the browser. */
export const usePreferences = defineStore('preferences', () => {
  const theme = ref<Theme>(readTheme());
  const language = ref<Language>(document.documentElement.lang === 'en' ? 'en' : 'zh-CN');
  const systemDark = window.matchMedia('(prefers-color-scheme: dark)');
  const dark = ref(systemDark.matches);
  systemDark.addEventListener('change', (event) => {
    dark.value = event.matches;
  });

  watchEffect(() => {
    const isDark = theme.value === 'dark' || (theme.value === 'system' && dark.value);
    document.documentElement.classList.toggle('dark', isDark);
  });

  function setTheme(next: Theme): void {
    theme.value = next;
    keep(THEME, next);
  }

  async function setLanguage(next: Language): Promise<void> {
    await loadLanguage(next);
    language.value = next;
    keep(LANGUAGE, next);
  }

  return { theme, language, setTheme, setLanguage };
});

function readTheme(): Theme {
  try {
    const theme = localStorage.getItem(THEME);
    return theme === 'light' || theme === 'dark' ? theme : 'system';
  } catch {
    return 'system';
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice then holds until the page is left.
  }
}
